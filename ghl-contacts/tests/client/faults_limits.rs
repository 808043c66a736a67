//! 429: a burst is waited out, a day that is spent is not.

use std::time::Duration;

use ghl_contacts::{ErrorKind, HttpErrorKind};

use crate::faults::{Act, Bench, IDEMPOTENT, ONCE, SAFE, good, shows_nothing};

fn throttled(more: &[(&str, &str)]) -> Act {
    let mut headers = vec![("x-ratelimit-max", "100"), ("x-ratelimit-interval-milliseconds", "10000")];
    headers.extend(more);
    Act::answer(429, &headers, r#"{"statusCode":429,"message":"Too Many Requests"}"#)
}

fn spent(more: &[(&str, &str)]) -> Act {
    throttled(&[&[("x-ratelimit-daily-remaining", "0")], more].concat())
}

#[tokio::test]
async fn a_burst_is_waited_out_even_for_a_create() {
    let table: [(&[_], u64); 4] = [
        (&[("x-ratelimit-daily-remaining", "1000")], 10),
        (&[("retry-after", "3")], 3),
        (&[("retry-after", "Thu, 01 Jan 2026 00:00:05 GMT")], 5),
        (&[("retry-after", "soon")], 10),
    ];
    for (headers, least) in table {
        let bench = Bench::new(vec![throttled(headers), good()]).await;
        (ONCE[0].1)(&bench.client).await.unwrap();
        let (least, waited) = (Duration::from_secs(least), bench.slept());
        assert!(waited >= least && waited < least + Duration::from_secs(1), "{headers:?}: {waited:?}");
        assert_eq!(bench.service.requests(), 2);
    }
}

#[tokio::test]
async fn a_long_pause_is_the_callers_to_make() {
    let bench = Bench::new(vec![throttled(&[("retry-after", "60")]), good()]).await;
    let error = (SAFE[0].1)(&bench.client).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(60))));
    assert!(error.is_rate_limited() && !error.is_quota_spent());
    assert_eq!(
        (error.to_string().as_str(), bench.slept()),
        ("contacts.by_business: HTTP 429: Too Many Requests", Duration::ZERO)
    );
}

#[tokio::test]
async fn a_spent_day_fails_at_once_whatever_the_call_and_says_until_when() {
    let reset = ("x-ratelimit-daily-reset", "7200000");
    let anew = "; the quota of the day is spent, and starts anew in";
    // What comes with it, when it starts anew, what is said, and when the next call may be made.
    let table: [(&[_], Option<u64>, String, u64); 4] = [
        (&[reset], Some(7200), format!("{anew} 7200 s"), 7200),
        (&[reset, ("retry-after", "3")], Some(7200), format!("{anew} 7200 s"), 7200),
        (&[("retry-after", "60")], Some(60), format!("{anew} 60 s"), 60),
        (&[], None, "; the quota of the day is spent".to_owned(), 900),
    ];
    for (headers, after, words, until) in table {
        for (operation, call) in SAFE.iter().chain(&IDEMPOTENT).chain(&ONCE) {
            let bench = Bench::new(vec![spent(headers), good()]).await;
            let error = call(&bench.client).await.unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::RateLimited, 1), "{operation}");
            assert_eq!(error.retry_after(), after.map(Duration::from_secs), "{operation}");
            assert_eq!(error.to_string(), format!("{operation}: HTTP 429: Too Many Requests{words}"));
            assert!(error.is_rate_limited() && error.is_quota_spent() && !error.outcome_unknown());
            shows_nothing(&error, operation);

            // Nothing more is sent until then, and nobody waits for it.
            let error = call(&bench.client).await.unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport(HttpErrorKind::Quota), 0));
            assert_eq!(error.retry_after(), Some(Duration::from_secs(until)), "{operation}, {headers:?}");
            assert!(error.is_rate_limited() && error.is_quota_spent() && !error.outcome_unknown());
            shows_nothing(&error, operation);
            assert_eq!((bench.service.requests(), bench.slept()), (1, Duration::ZERO), "{operation}");

            bench.env.advance(Duration::from_secs(until));
            call(&bench.client).await.unwrap();
            assert_eq!(bench.service.requests(), 2, "{operation}");
        }
    }
}
