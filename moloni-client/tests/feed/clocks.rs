//! Which moment the next poll asks from, whatever the clocks say.

use std::time::Duration;

use crate::scripted::{NOW, Scripted, customer};
use crate::stage::{DAY, polled, restarted};

const ASK: &str = "customers/getModifiedSince";

/// Polls at each of these times of the service, and gives the moments that were asked for.
async fn asked(dates: &[&str]) -> Vec<String> {
    let scripted = Scripted::new().await;
    let mut feed = scripted.feed().without_documents();
    for date in dates {
        (*date).clone_into(&mut scripted.script().date);
        polled(&mut feed).await;
        feed = restarted(&scripted.client, feed).without_documents();
    }
    polled(&mut feed).await;
    scripted.script().moments(ASK)
}

#[tokio::test]
async fn the_next_poll_asks_from_two_hours_before_the_first_page() {
    let dates = ["Wed, 31 Dec 2025 10:00:00 GMT", "Wed, 31 Dec 2025 12:30:05 GMT"];
    assert_eq!(asked(&dates).await, ["2025-12-31 08:00:00", "2025-12-31 10:30:05"]);
}

#[tokio::test]
async fn a_date_in_the_future_is_not_believed() {
    let dates = ["Wed, 31 Dec 2025 23:00:00 GMT", "Fri, 01 Jan 2027 00:00:00 GMT"];
    assert_eq!(asked(&dates).await, ["2025-12-31 21:00:00", "2025-12-31 22:00:00"]);
}

#[tokio::test]
async fn a_clock_that_goes_back_is_followed_a_day_at_once() {
    let dates =
        ["Wed, 31 Dec 2025 23:00:00 GMT", "Wed, 31 Dec 2025 20:00:00 GMT", "Mon, 01 Dec 2025 00:00:00 GMT"];
    let expected = ["2025-12-31 21:00:00", "2025-12-31 18:00:00", "2025-12-30 18:00:00"];
    assert_eq!(asked(&dates).await, expected);
}

#[tokio::test]
async fn without_a_date_it_is_this_machine_s_clock_less_a_day() {
    assert_eq!(asked(&["none"]).await, ["2025-12-30 22:00:00"]);
    assert_eq!(asked(&[NOW, "none"]).await, ["2025-12-31 22:00:00", "2025-12-31 22:00:00"], "and never back");
}

#[tokio::test]
async fn the_overlap_is_two_hours_or_more() {
    for (hours, expected) in
        [(0, "2025-12-31 22:00:00"), (6, "2025-12-31 18:00:00"), (u64::MAX / 3600, "1926-01-01 00:00:00")]
    {
        let scripted = Scripted::new().await;
        let overlap = Duration::from_secs(hours * 3600);
        let mut feed = scripted.feed().without_documents().overlap(overlap);
        polled(&mut feed).await;
        polled(&mut feed).await;
        assert_eq!(scripted.script().moments(ASK), [expected]);
    }
}

#[tokio::test]
async fn the_clock_of_the_first_page_counts_and_only_when_all_are_read() {
    let scripted = Scripted::new().await;
    scripted.customers(1..=120);
    let first = "Wed, 31 Dec 2025 12:00:00 GMT";
    first.clone_into(&mut scripted.script().date);
    let mut feed = scripted.feed().without_documents();
    feed.poll().await.unwrap().unwrap();
    scripted.env.advance(DAY);
    "Thu, 01 Jan 2026 12:00:00 GMT".clone_into(&mut scripted.script().date);
    feed = restarted(&scripted.client, feed).without_documents();
    polled(&mut feed).await;
    assert_eq!(scripted.script().moments(ASK), [""; 0], "it goes on with the list that it had begun");
    polled(&mut feed).await;
    // A list of three pages is counted, and asked for from the same moment each time.
    assert_eq!(scripted.script().moments(ASK), ["2025-12-31 10:00:00"; 4]);
}

#[tokio::test]
async fn a_poll_that_lacks_rows_is_begun_again_and_then_holds_its_moment() {
    let scripted = Scripted::new().await;
    scripted.customers(1..=60);
    let mut feed = scripted.feed().without_documents();
    polled(&mut feed).await;
    scripted.script().overcount = 1;
    scripted.env.advance(DAY);
    "Fri, 02 Jan 2026 00:00:00 GMT".clone_into(&mut scripted.script().date);
    for poll in 1..=3 {
        scripted.script().asked.clear();
        feed = restarted(&scripted.client, feed).without_documents();
        let told = polled(&mut feed).await;
        let expected = if poll < 3 { vec![] } else { vec!["missed customers: 60 of 61".to_owned()] };
        assert_eq!(told, expected, "poll {poll}");
        // Three rounds, each of a first page, a count, the first page again and the second.
        assert_eq!(scripted.script().moments(ASK), ["2025-12-31 22:00:00"; 9]);
        assert_eq!(scripted.script().count("customers/countModifiedSince"), 3);
    }
    scripted.script().asked.clear();
    scripted.script().overcount = 0;
    assert_eq!(polled(&mut feed).await, [""; 0]);
    assert_eq!(scripted.script().moments(ASK)[0], "2026-01-01 22:00:00", "it went on");
}

#[tokio::test]
async fn a_row_that_slips_between_two_pages_is_found_at_once() {
    let scripted = Scripted::new().await;
    scripted.customers(1..=10);
    let mut feed = scripted.feed().without_documents();
    polled(&mut feed).await;
    scripted.customers(1..=120);
    // When the second page is asked for, a row of the first is gone, and the rest moves up.
    let mut gone = false;
    scripted.script().hook = Some(Box::new(move |script, operation, offset| {
        if operation == ASK && offset == 50 && !gone {
            gone = true;
            script.customers.remove(3);
        }
    }));
    let mut told = polled(&mut feed).await;
    let mut expected: Vec<_> = (11..=120).map(|id| format!("created {id}")).collect();
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_list_that_never_ends_ends() {
    let scripted = Scripted::new().await;
    scripted.customers(1..=50);
    // Whatever page is asked for, fifty new rows come.
    scripted.script().hook = Some(Box::new(|script, operation, offset| {
        if operation == "customers/getAll" {
            let rows = (0..offset + 50).map(|n| customer(n + 1));
            script.customers = rows.collect();
        }
    }));
    let mut feed = scripted.feed().without_documents();
    let told = polled(&mut feed).await;
    assert!(told.len() < 3000, "{}", told.len());
}
