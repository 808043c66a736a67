//! What the HTTP layer does about everything that can go wrong, and how many requests it makes of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a test says what is wrong by failing"
)]

mod server;
#[path = "../trace/mod.rs"]
mod trace;

use std::error::Error as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use server::{Act, Script};
use sync_core::http::{
    CallOptions, HeaderMap, HttpClient, HttpError, HttpErrorKind, HttpSettings, Limiter, Method, Operation,
    Outgoing, RateInfo, RateLimit, Reply, Request, Service, Url, Verdict,
};
use sync_core::{
    AccessToken, AccountKey, Env, Event, Idempotency, ManualEnv, MemoryTokenStore, Observer, Refresh,
    RefreshError, RetryPolicy, Rev, StaticToken, TokenError, TokenManager, TokenSet, TokenSource,
};

const READ: Operation = Operation::new("things.get", Method::GET, "/things/{id}", Idempotency::Safe);
const PUT: Operation = Operation::new("things.put", Method::PUT, "/things/{id}", Idempotency::Idempotent);
const CREATE: Operation =
    Operation::new("things.create", Method::POST, "/things/{id}", Idempotency::NotIdempotent);

const TOKEN: &str = "s3cr3t-token";

/// Carries its token in the query, the worst place there is.
#[derive(Debug)]
struct Things;

impl Service for Things {
    fn authorize(&self, token: &AccessToken, request: &mut Outgoing) -> Result<(), String> {
        use sync_core::secrecy::ExposeSecret;
        request.url.query_pairs_mut().append_pair("access_token", token.secret.expose_secret());
        Ok(())
    }

    fn judge(&self, _: &Operation, status: u16, headers: &HeaderMap, _: &[u8]) -> Verdict {
        match status {
            200..=299 => Verdict::Success,
            401 => Verdict::TokenRejected,
            429 => Verdict::Throttled { daily: headers.contains_key("x-day-spent") },
            500..=599 => Verdict::Faulty,
            _ => Verdict::Refused,
        }
    }

    fn rate(&self, headers: &HeaderMap) -> Option<RateInfo> {
        let number = |name| headers.get(name)?.to_str().ok()?.parse().ok();
        let mut rate = RateInfo::default();
        (rate.daily_limit, rate.daily_remaining) = (number("x-day"), number("x-day-left"));
        rate.daily_reset = number("x-day-reset").map(|seconds| Duration::from_secs(seconds.into()));
        rate.limit = number("x-limit");
        rate.interval = rate.limit.map(|_| Duration::from_secs(10));
        (rate.daily_limit.is_some() || rate.limit.is_some()).then_some(rate)
    }
}

/// Counts up: `…-1`, `…-2`.
#[derive(Debug, Default)]
struct Renewing(AtomicU64);

#[sync_core::async_trait]
impl TokenSource for Renewing {
    async fn access(&self) -> Result<AccessToken, TokenError> {
        let rev = self.0.load(Ordering::SeqCst);
        Ok(AccessToken::new(Rev::from(rev), format!("{TOKEN}-{rev}")))
    }

    async fn renew(&self, _: Rev) -> Result<AccessToken, TokenError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        self.access().await
    }
}

#[derive(Debug, Default)]
struct Attempts(Mutex<Vec<Option<u16>>>, Mutex<Vec<(u32, u32, Duration)>>);

impl Observer for Attempts {
    fn on_event(&self, event: &Event<'_>) {
        if let Event::Attempt { status, .. } = event {
            self.0.lock().unwrap().push(*status);
        }
        if let Event::Quota { account, limit, remaining, resets_at, .. } = event {
            assert_eq!(**account, AccountKey::new("things", 1));
            let from_now = Duration::try_from(resets_at.duration_since(ManualEnv::new(1).now())).unwrap();
            self.1.lock().unwrap().push((*limit, *remaining, from_now));
        }
    }
}

struct Bench {
    client: HttpClient,
    env: Arc<ManualEnv>,
    attempts: Arc<Attempts>,
    script: Script,
}

async fn bench(acts: Vec<Act>) -> Bench {
    bench_with(acts, Arc::new(Renewing::default())).await
}

async fn bench_with(acts: Vec<Act>, tokens: Arc<dyn TokenSource>) -> Bench {
    bench_on(Arc::new(ManualEnv::new(1)), acts, tokens).await
}

async fn bench_on(env: Arc<ManualEnv>, acts: Vec<Act>, tokens: Arc<dyn TokenSource>) -> Bench {
    let (script, attempts) = (Script::start(acts).await, Arc::new(Attempts::default()));
    let settings = HttpSettings::new()
        .env(env.clone())
        .observer(attempts.clone())
        .options(CallOptions::new().timeout(Duration::from_millis(300)));
    let limit = RateLimit::new(1000, Duration::from_secs(1));
    let base = Url::parse(&script.url()).unwrap();
    let account = AccountKey::new("things", 1);
    let client = HttpClient::new(&settings, Arc::new(Things), account, base, Some(tokens), limit).unwrap();
    Bench { client, env, attempts, script }
}

impl Bench {
    async fn send(&self, operation: &Operation) -> Result<Reply, HttpError> {
        self.client.send(Request::new(operation).arg("id", 7).json(&"body-that-must-not-show")).await
    }
}

/// Everything an error shows, with its whole chain of causes.
fn shown(error: &HttpError) -> String {
    let mut parts = vec![format!("{error} {error:?} {error:#?}")];
    let mut source = error.source();
    while let Some(cause) = source {
        parts.push(format!("{cause} {cause:?}"));
        source = cause.source();
    }
    parts.join(" ")
}

const HTML: &str = "<html><body>Bad gateway</body></html>";

fn ok() -> Act {
    Act::answer(200, &[], r#"{"ok":true}"#)
}

/// What a call ends with: a status, or the kind of an error and whether it may have taken effect.
#[derive(Debug, PartialEq)]
enum End {
    Status(u16),
    Failed(HttpErrorKind, bool),
}

/// Name, what the server does request by request, and for each kind of operation the number of requests and the end.
type Row = (&'static str, Vec<Act>, [(usize, End); 3]);

#[tokio::test]
async fn every_fault_makes_the_right_number_of_requests() {
    use End::{Failed, Status};
    use HttpErrorKind::{Interrupted, Timeout};
    let html = || Act::answer(502, &[("content-type", "text/html")], HTML);
    let limited = |after: Option<&'static str>| {
        let headers: Vec<_> = after.map(|a| ("retry-after", a)).into_iter().collect();
        Act::answer(429, &headers, "{}")
    };
    let lost = |kind| [(2, Status(200)), (2, Status(200)), (1, Failed(kind, true))];
    let all = |requests, status| {
        [(requests, Status(status)), (requests, Status(status)), (requests, Status(status))]
    };
    let table: Vec<Row> = vec![
        ("all is well", vec![ok()], all(1, 200)),
        ("HTML 502, then good", vec![html(), ok()], [(2, Status(200)), (2, Status(200)), (1, Status(502))]),
        (
            "HTML 502 for ever",
            vec![html(), html(), html(), html(), html()],
            [(4, Status(502)), (4, Status(502)), (1, Status(502))],
        ),
        ("empty 200", vec![Act::answer(200, &[], ""), ok()], all(1, 200)),
        ("cut body", vec![Act::CutBody, ok()], lost(Interrupted)),
        ("reset before reading", vec![Act::CloseUnread, ok()], lost(Interrupted)),
        ("reset after reading", vec![Act::Close, ok()], lost(Interrupted)),
        ("stall", vec![Act::Stall, ok()], lost(Timeout)),
        ("429 without Retry-After", vec![limited(None), ok()], all(2, 200)),
        ("429 with seconds", vec![limited(Some("3")), ok()], all(2, 200)),
        ("429 with a date", vec![limited(Some("Thu, 01 Jan 2026 00:00:05 GMT")), ok()], all(2, 200)),
        ("429 with an hour", vec![limited(Some("3600")), ok()], all(1, 429)),
        ("429 for the day", vec![Act::answer(429, &[("x-day-spent", "1")], "{}"), ok()], all(1, 429)),
        ("401, then good", vec![Act::answer(401, &[], "{}"), ok()], all(2, 200)),
        ("401 twice", vec![Act::answer(401, &[], "{}"), Act::answer(401, &[], "{}"), ok()], all(2, 401)),
        ("404", vec![Act::answer(404, &[], "{}"), ok()], all(1, 404)),
        (
            "a redirect is not followed",
            vec![Act::answer(302, &[("location", "http://127.0.0.1:1/")], ""), ok()],
            all(1, 302),
        ),
        (
            "503 with Retry-After",
            vec![Act::answer(503, &[("retry-after", "2")], ""), ok()],
            [(2, Status(200)), (2, Status(200)), (1, Status(503))],
        ),
    ];
    for (name, acts, ends) in table {
        for (operation, (requests, end)) in [READ, PUT, CREATE].iter().zip(ends) {
            let bench = bench(acts.clone()).await;
            let result = bench.send(operation).await;
            let got = match &result {
                Ok(reply) => Status(reply.status),
                Err(error) => Failed(error.kind(), error.outcome_unknown()),
            };
            let case = format!("{name}, {:?}", operation.idempotency());
            assert_eq!(got, end, "{case}");
            assert_eq!(bench.script.requests(), requests, "{case}: requests at the server");
            assert_eq!(bench.attempts.0.lock().unwrap().len(), requests, "{case}: attempts observed");
            if let Err(error) = &result {
                assert_eq!(error.attempts() as usize, requests, "{case}");
                let text = shown(error);
                assert!(
                    !["must-not-show", "s3cr3t", "127.0.0.1"].iter().any(|part| text.contains(part)),
                    "{case}: {text}"
                );
            }
            if let Ok(reply) = &result {
                assert_eq!(reply.attempts as usize, requests, "{case}");
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_tells_nothing_of_what_was_lost_before_it() {
    let refused = || Act::answer(422, &[], "{}");
    let table = [
        ("refused at once", vec![refused()], false),
        ("429 first", vec![Act::answer(429, &[], "{}"), refused()], false),
        ("503 first", vec![Act::answer(503, &[], ""), refused()], true),
        ("lost first", vec![Act::Close, refused()], true),
        ("lost, then 429", vec![Act::Close, Act::answer(429, &[], "{}"), refused()], true),
    ];
    for (name, acts, in_doubt) in table {
        let reply = bench(acts.clone()).await.send(&PUT).await.unwrap();
        assert_eq!((reply.status, reply.in_doubt), (422, in_doubt), "{name}");
        let reply = bench(acts).await.send(&READ).await.unwrap();
        assert!(!reply.in_doubt, "{name}: a read does nothing");
    }
}

#[tokio::test]
async fn nothing_listening_is_tried_again_whatever_the_operation() {
    for operation in [READ, PUT, CREATE] {
        let bench = bench(vec![]).await;
        bench.script.stop().await;
        let error = bench.send(&operation).await.unwrap_err();
        assert_eq!(error.kind(), HttpErrorKind::Connect);
        assert!(!error.outcome_unknown());
        assert_eq!(error.attempts(), 4);
    }
}

#[tokio::test]
async fn each_attempt_carries_a_fresh_token() {
    let bench = bench(vec![Act::answer(401, &[], "{}"), ok()]).await;
    bench.send(&READ).await.unwrap();
    let paths = bench.script.paths();
    assert_eq!(
        paths,
        [format!("/things/7?access_token={TOKEN}-0"), format!("/things/7?access_token={TOKEN}-1")]
    );
}

#[tokio::test]
async fn a_token_that_cannot_be_renewed_leaves_the_services_own_answer() {
    let static_token = Arc::new(StaticToken::new(TOKEN));
    let bench = bench_with(vec![Act::answer(401, &[], "{}"), ok()], static_token).await;
    assert_eq!(bench.send(&READ).await.unwrap().status, 401);
    assert_eq!(bench.script.requests(), 1);
}

/// Gives pairs for a day, and counts them.
#[derive(Debug)]
struct Selling(Arc<ManualEnv>, AtomicU64);

const DAY: Duration = Duration::from_secs(24 * 3600);

#[sync_core::async_trait]
impl Refresh for Selling {
    async fn refresh(&self, _: &TokenSet) -> Result<TokenSet, RefreshError> {
        let number = self.1.fetch_add(1, Ordering::SeqCst) + 1;
        let set = TokenSet::new(format!("{TOKEN}-{number}").into(), self.0.now()).expires_in(DAY);
        Ok(set.refresh_token(format!("{TOKEN}-r{number}").into()))
    }
}

/// A client whose tokens a manager keeps, and who sells them.
async fn managed(acts: Vec<Act>) -> (Bench, Arc<Selling>) {
    let env = Arc::new(ManualEnv::new(1));
    let seller = Arc::new(Selling(env.clone(), AtomicU64::new(0)));
    let (account, store) = (AccountKey::new("things", 1), Arc::new(MemoryTokenStore::new(env.clone())));
    let manager = TokenManager::builder(account, store, seller.clone()).env(env.clone()).build();
    let first = TokenSet::new(format!("{TOKEN}-0").into(), env.now()).expires_in(DAY * 2);
    manager.connect(first.refresh_token(format!("{TOKEN}-r0").into())).await.unwrap();
    (bench_on(env, acts, Arc::new(manager)).await, seller)
}

#[tokio::test]
async fn a_401_that_no_token_mends_is_the_service_s_own_answer_and_buys_one_pair() {
    let no_plan = r#"{"message":"your plan does not include this"}"#;
    let (bench, seller) = managed(vec![Act::answer(401, &[("x-trace", "t-1")], no_plan); 30]).await;
    for call in 0..12 {
        let reply = bench.send(&CREATE).await.unwrap();
        assert_eq!((reply.status, reply.excerpt().as_str()), (401, no_plan), "{call}");
        assert_eq!(reply.headers["x-trace"], "t-1");
        bench.env.advance(Duration::from_secs(if call % 2 == 0 { 5 } else { 31 }));
        assert_eq!(seller.1.load(Ordering::SeqCst), 1, "{call}");
    }
    // The next day's pair is bought because the old one is over, and not because it is refused.
    bench.env.advance(DAY);
    for _ in 0..3 {
        assert_eq!(bench.send(&CREATE).await.unwrap().status, 401);
        bench.env.advance(Duration::from_secs(31));
    }
    assert_eq!(seller.1.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_one_operation_is_refused_keeps_no_other_from_a_new_pair() {
    let no = || Act::answer(401, &[], "{}");
    let acts = vec![no(), no(), no(), no(), ok(), no(), ok(), no(), ok()];
    let (bench, seller) = managed(acts).await;
    let bought = || seller.1.load(Ordering::SeqCst);
    assert_eq!((bench.send(&CREATE).await.unwrap().status, bought()), (401, 1));
    bench.env.advance(Duration::from_secs(31));
    assert_eq!((bench.send(&CREATE).await.unwrap().status, bought()), (401, 1));
    // Revoked early: another operation finds out, and is served.
    assert_eq!((bench.send(&READ).await.unwrap().status, bought()), (200, 2));
    bench.env.advance(Duration::from_secs(31));
    let reply = bench.send(&PUT).await.unwrap();
    assert_eq!((reply.status, bought()), (200, 3));
    bench.env.advance(Duration::from_secs(31));
    let reply = bench.send(&PUT).await.unwrap();
    assert_eq!((reply.status, bought()), (200, 4), "after a success it may be the token again");
}

#[tokio::test]
async fn pauses_follow_the_server() {
    for (after, least, most) in [("3", 3000, 3250), ("Thu, 01 Jan 2026 00:00:05 GMT", 4900, 5250)] {
        let bench = bench(vec![Act::answer(429, &[("retry-after", after)], "{}"), ok()]).await;
        bench.send(&CREATE).await.unwrap();
        let slept: Duration = bench.env.sleeps().iter().sum();
        assert!((least..=most).contains(&slept.as_millis()), "{after}: {slept:?}");
    }
}

#[tokio::test]
async fn a_pause_that_a_call_cannot_wait_for_ends_it_as_throttled_and_is_over_in_ten_minutes() {
    for after in ["31536000", "18446744073709549568"] {
        let bench = bench(vec![Act::answer(429, &[("retry-after", after)], "{}"), ok()]).await;
        bench.env.advance(Duration::from_secs(3000));
        let reply = bench.send(&CREATE).await.unwrap();
        assert_eq!((reply.status, reply.retry_after), (429, Some(Duration::from_secs(31_536_000))));
        let error = bench.send(&CREATE).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (HttpErrorKind::Throttled, 0));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(600)));
        assert!(error.is_transient() && !error.outcome_unknown());
        bench.env.advance(Duration::from_secs(600));
        assert_eq!(bench.send(&CREATE).await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn a_day_spent_holds_back_the_next_call_too() {
    let bench = bench(vec![Act::answer(429, &[("x-day-spent", "1")], "{}"), ok()]).await;
    assert_eq!(bench.send(&READ).await.unwrap().status, 429);
    let error = bench.send(&READ).await.unwrap_err();
    assert_eq!(error.kind(), HttpErrorKind::Quota);
    assert!(error.retry_after().is_some());
    assert_eq!(bench.script.requests(), 1);
}

#[tokio::test]
async fn the_deadline_ends_the_retries() {
    let html = || Act::answer(502, &[], HTML);
    let bench = bench(vec![html(), html(), html(), html()]).await;
    let policy = RetryPolicy::default().base(Duration::from_secs(10)).cap(Duration::from_secs(10));
    let options = CallOptions::new().deadline(Duration::from_millis(1)).retry(policy);
    let reply = bench.client.with(options).send(Request::new(&READ).arg("id", 7)).await;
    // Either the one attempt was answered, or it ran into the deadline itself; no second one in any case.
    assert!(reply.is_err() || reply.is_ok_and(|r| r.status == 502));
    assert_eq!(bench.attempts.0.lock().unwrap().len(), 1);
    assert_eq!(bench.env.sleeps(), []);
}

#[tokio::test]
async fn a_call_without_a_turn_before_its_deadline_sends_nothing() {
    let env = Arc::new(ManualEnv::new(1));
    let limiter = Limiter::new(RateLimit::new(1, Duration::from_secs(600)), env.clone());
    let script = Script::start(vec![ok(), ok()]).await;
    let settings = HttpSettings::new().env(env).limiter(limiter);
    let base = Url::parse(&script.url()).unwrap();
    let limit = RateLimit::new(1, Duration::from_secs(1));
    let client =
        HttpClient::new(&settings, Arc::new(Things), AccountKey::new("things", 1), base, None, limit)
            .unwrap();
    client.send(Request::new(&READ).arg("id", 1)).await.unwrap();
    let error = client.send(Request::new(&READ).arg("id", 1)).await.unwrap_err();
    assert_eq!(error.kind(), HttpErrorKind::Deadline);
    assert_eq!(error.attempts(), 0);
    assert_eq!(script.requests(), 1);
}

/// Takes its time, by the clock.
#[derive(Debug)]
struct Slow(Arc<ManualEnv>, Duration);

#[sync_core::async_trait]
impl TokenSource for Slow {
    async fn access(&self) -> Result<AccessToken, TokenError> {
        self.0.advance(self.1);
        Ok(AccessToken::new(Rev::FIRST, TOKEN))
    }

    async fn renew(&self, _: Rev) -> Result<AccessToken, TokenError> {
        Err(TokenError::Rejected)
    }
}

#[tokio::test]
async fn what_is_not_sent_before_the_deadline_is_not_sent_and_not_in_doubt() {
    for (seconds, requests) in [(168, 0), (120, 0), (119, 0), (118, 1)] {
        let script = Script::start(vec![ok()]).await;
        let env = Arc::new(ManualEnv::new(1));
        let tokens = Arc::new(Slow(env.clone(), Duration::from_secs(seconds)));
        let (settings, base) = (HttpSettings::new().env(env), Url::parse(&script.url()).unwrap());
        let (account, limit) = (AccountKey::new("things", 1), RateLimit::new(1, Duration::from_secs(1)));
        let client =
            HttpClient::new(&settings, Arc::new(Things), account, base, Some(tokens), limit).unwrap();
        let result = client.send(Request::new(&CREATE).arg("id", 7)).await;
        assert_eq!(script.requests(), requests, "{seconds}");
        if let Err(error) = result {
            assert_eq!((error.kind(), error.outcome_unknown()), (HttpErrorKind::Deadline, false));
            let words = "the wait for an access token left no time before the deadline (nothing was sent)";
            assert!(error.to_string().ends_with(words), "{error}");
        }
    }
}

/// Never has a token.
#[derive(Debug)]
struct Stuck;

#[sync_core::async_trait]
impl TokenSource for Stuck {
    async fn access(&self) -> Result<AccessToken, TokenError> {
        std::future::pending().await
    }

    async fn renew(&self, _: Rev) -> Result<AccessToken, TokenError> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_token_past_the_deadline() {
    let bench = bench_with(vec![], Arc::new(Stuck)).await;
    let error = bench.send(&CREATE).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (HttpErrorKind::Deadline, 0));
    assert!(error.is_transient() && !error.outcome_unknown());
}

#[tokio::test]
async fn a_rate_limit_of_ones_own_is_kept_to_whatever_the_service_allows() {
    for (told, seconds) in [("100", 20), ("5", 110)] {
        let script = Script::start(vec![Act::answer(200, &[("x-limit", told)], "{}"); 60]).await;
        let (env, own) = (Arc::new(ManualEnv::new(1)), RateLimit::new(20, Duration::from_secs(10)));
        let (settings, base) =
            (HttpSettings::new().env(env.clone()).rate_limit(own), Url::parse(&script.url()).unwrap());
        let known = RateLimit::new(100, Duration::from_secs(10));
        let account = AccountKey::new("things", 1);
        let client = HttpClient::new(&settings, Arc::new(Things), account, base, None, known).unwrap();
        for _ in 0..60 {
            client.send(Request::new(&READ).arg("id", 7)).await.unwrap();
        }
        assert_eq!(env.monotonic(), Duration::from_secs(seconds), "{told}");
    }
}

#[tokio::test]
async fn a_broken_service_is_not_hit_by_everybodys_retries() {
    let bench = bench(vec![Act::answer(502, &[], HTML); 1000]).await;
    for _ in 0..150 {
        assert_eq!(bench.send(&READ).await.unwrap().status, 502);
    }
    assert_eq!(bench.script.requests(), 150 + 100, "the shared budget allows a hundred retries");
    assert!(bench.env.now() > ManualEnv::new(1).now());
}

#[tokio::test]
async fn a_bad_argument_sends_nothing() {
    let bench = bench(vec![ok()]).await;
    let error = bench.client.send(Request::new(&READ).arg("id", "")).await.unwrap_err();
    assert_eq!(error.kind(), HttpErrorKind::Request);
    assert_eq!(error.to_string(), "things.get: id: empty (nothing was sent)");
    assert_eq!(bench.script.requests(), 0);
}

#[test]
fn calls_can_be_spawned() {
    fn send<T: Send>(_: T) {}
    let _ = |client: &HttpClient| send(client.send(Request::new(&READ)));
}

#[tokio::test]
async fn a_proxy_gets_the_request_and_not_the_service() {
    let (proxy, service) = (Script::start(vec![ok()]).await, Script::start(vec![ok()]).await);
    let settings = HttpSettings::new().proxy(&proxy.url()).unwrap();
    let base = Url::parse(&service.url()).unwrap();
    let limit = RateLimit::new(10, Duration::from_secs(1));
    let account = AccountKey::new("things", 1);
    let client = HttpClient::new(&settings, Arc::new(Things), account, base, None, limit).unwrap();
    client.send(Request::new(&READ).arg("id", 7)).await.unwrap();
    assert_eq!(proxy.paths(), [format!("{}/things/7", service.url())]);
    assert_eq!(service.requests(), 0);
}

#[tokio::test]
async fn the_callers_own_client_is_used() {
    let script = Script::start(vec![ok()]).await;
    // Nothing listens at port 1, so only a client that goes through this proxy fails.
    let nowhere = sync_core::http::reqwest::Proxy::all("http://127.0.0.1:1").unwrap();
    let own = sync_core::http::reqwest::Client::builder().proxy(nowhere).build().unwrap();
    let settings = HttpSettings::new().client(own).env(Arc::new(ManualEnv::new(1)));
    let base = Url::parse(&script.url()).unwrap();
    let limit = RateLimit::new(10, Duration::from_secs(1));
    let account = AccountKey::new("things", 1);
    let client = HttpClient::new(&settings, Arc::new(Things), account, base, None, limit).unwrap();
    let error = client.send(Request::new(&READ).arg("id", 7)).await.unwrap_err();
    assert_eq!(error.kind(), HttpErrorKind::Connect);
    assert_eq!(script.requests(), 0);
}

#[test]
fn proxies_and_certificates_are_checked_when_they_are_given() {
    let proxy = HttpSettings::new().proxy("not a url").unwrap_err();
    assert_eq!(proxy.to_string(), "proxy: the address is not a URL (nothing was sent)");
    #[cfg(any(feature = "rustls", feature = "rustls-no-provider"))]
    {
        let pem = b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
        let certificate = HttpSettings::new().certificate(pem).unwrap_err();
        assert_eq!(certificate.to_string(), "certificate: this is no certificate in PEM (nothing was sent)");
    }
}

#[tokio::test]
async fn what_a_service_tells_of_its_quota_is_passed_on() {
    let answer = |headers: &[(&str, &str)]| Act::answer(200, headers, "{}");
    let bench = bench(vec![
        answer(&[]),
        answer(&[("x-day", "1000")]),
        answer(&[("x-day", "1000"), ("x-day-left", "17"), ("x-day-reset", "60")]),
        // It does not say when: it is asked again in a quarter of an hour.
        answer(&[("x-day", "1000"), ("x-day-left", "16")]),
    ])
    .await;
    for _ in 0..4 {
        bench.send(&READ).await.unwrap();
    }
    let heard = bench.attempts.1.lock().unwrap().clone();
    assert_eq!(heard, [(1000, 17, Duration::from_secs(60)), (1000, 16, Duration::from_secs(900))]);
}
