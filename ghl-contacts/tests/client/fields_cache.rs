//! When custom fields are read anew, and how often.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use ghl_contacts::{CustomFieldBook, ErrorKind, FieldErrorKind};
use serde_json::{Value, json};
use sync_core::ManualEnv;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::service::{Ask, TOKEN, answer, ask, builder, settings, takes, takes_first};

fn list() -> Ask {
    ask("GET", "/locations/loc_1/customFields?model=contact")
}

fn fields(names: &[&str]) -> Value {
    let all = names.iter().map(|name| {
        json!({ "id": format!("cf_{name}"), "name": name, "dataType": "RADIO", "picklistOptions": [name] })
    });
    json!({ "customFields": all.collect::<Vec<_>>() })
}

/// A book and the clock that it goes by.
fn book(server: &MockServer) -> (CustomFieldBook, Arc<ManualEnv>) {
    let (settings, env) = settings();
    let client = builder(server).http(settings).token(TOKEN).build().unwrap();
    (CustomFieldBook::new(&client), env)
}

async fn requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

#[tokio::test]
async fn definitions_are_read_once_for_all_tasks_and_clones() {
    let server = MockServer::start().await;
    takes(&server, list(), answer(200, &fields(&["nif"])).set_delay(Duration::from_millis(50)), 1).await;
    let (book, _) = book(&server);
    let found = join_all((0..100).map(|_| {
        let book = book.clone();
        async move { book.value("nif", "nif").await }
    }));
    assert!(found.await.iter().all(Result::is_ok));
    book.field("nif").await.unwrap();
}

#[tokio::test]
async fn an_unknown_name_is_looked_for_again_once_a_minute() {
    let server = MockServer::start().await;
    takes_first(&server, list(), answer(200, &fields(&["a"])), 2).await;
    takes(&server, list(), answer(200, &fields(&["a", "b"])), 1).await;
    let (book, env) = book(&server);
    for _ in 0..5 {
        assert_eq!(book.field("b").await.unwrap_err().kind(), FieldErrorKind::Unknown);
    }
    assert_eq!(requests(&server).await, 1, "what was just read is not read again");
    env.advance(Duration::from_secs(60));
    for _ in 0..5 {
        assert_eq!(book.field("b").await.unwrap_err().kind(), FieldErrorKind::Unknown);
    }
    assert_eq!(requests(&server).await, 2);
    env.advance(Duration::from_secs(60));
    book.field("b").await.unwrap();
    assert_eq!(requests(&server).await, 3);
    assert_eq!(env.sleeps(), []);
}

#[tokio::test]
async fn an_option_that_somebody_added_is_found() {
    let server = MockServer::start().await;
    takes_first(&server, list(), answer(200, &fields(&["a"])), 1).await;
    let mut wider = fields(&["a"]);
    wider["customFields"][0]["picklistOptions"] = json!(["a", "b"]);
    takes(&server, list(), answer(200, &wider), 1).await;
    let (book, env) = book(&server);
    assert_eq!(book.value("a", "b").await.unwrap_err().kind(), FieldErrorKind::NoSuchOption);
    env.advance(Duration::from_secs(61));
    book.value("a", "b").await.unwrap();
}

#[tokio::test]
async fn many_tasks_that_look_for_what_is_new_send_one_request() {
    let server = MockServer::start().await;
    takes_first(&server, list(), answer(200, &fields(&["a"])), 1).await;
    let late = answer(200, &fields(&["a", "b"])).set_delay(Duration::from_millis(50));
    takes(&server, list(), late, 1).await;
    let (book, env) = book(&server);
    book.field("a").await.unwrap();
    env.advance(Duration::from_secs(60));
    let found = join_all((0..50).map(|_| book.field("b"))).await;
    assert!(found.iter().all(Result::is_ok));
}

#[tokio::test]
async fn known_fields_are_read_again_after_their_age() {
    let server = MockServer::start().await;
    takes_first(&server, list(), answer(200, &fields(&["a"])), 1).await;
    takes(&server, list(), answer(200, &fields(&["b"])), 1).await;
    let (book, env) = book(&server);
    book.field("a").await.unwrap();
    env.advance(Duration::from_secs(15 * 60 - 1));
    book.field("a").await.unwrap();
    env.advance(Duration::from_secs(1));
    let error = book.field("a").await.unwrap_err();
    assert_eq!(error.kind(), FieldErrorKind::Unknown, "it was deleted in the meantime");
}

#[tokio::test]
async fn both_times_can_be_set() {
    let server = MockServer::start().await;
    takes(&server, list(), answer(200, &fields(&["a"])), 3).await;
    let (book, env) = book(&server);
    let book = book.max_age(Duration::from_secs(30)).pause(Duration::from_secs(5));
    book.field("a").await.unwrap();
    env.advance(Duration::from_secs(5));
    book.field("b").await.unwrap_err();
    env.advance(Duration::from_secs(29));
    book.field("a").await.unwrap();
    env.advance(Duration::from_secs(1));
    book.field("a").await.unwrap();
}

#[tokio::test]
async fn a_refresh_reads_whatever_is_known() {
    let server = MockServer::start().await;
    takes_first(&server, list(), answer(200, &fields(&["a"])), 1).await;
    takes(&server, list(), answer(200, &fields(&["a", "b"])), 1).await;
    let (book, _) = book(&server);
    book.field("b").await.unwrap_err();
    book.refresh().await.unwrap();
    book.field("b").await.unwrap();
}

#[tokio::test]
async fn a_refresh_does_not_take_the_outcome_of_an_earlier_request() {
    let server = MockServer::start().await;
    let late = |names: &[&str]| answer(200, &fields(names)).set_delay(Duration::from_millis(50));
    takes_first(&server, list(), late(&["a"]), 1).await;
    takes(&server, list(), late(&["a", "b"]), 1).await;
    let (book, _) = book(&server);
    // The first is under way when fifty others ask, and may have missed what they want to see. One more has not.
    let (first, others) = futures_util::join!(book.field("a"), join_all((0..50).map(|_| book.refresh())));
    first.unwrap();
    assert!(others.iter().all(Result::is_ok));
    book.field("b").await.unwrap();
}

#[tokio::test]
async fn a_failure_is_shared_by_those_who_wait_and_not_kept() {
    let server = MockServer::start().await;
    let refusal = answer(403, &json!({ "message": "Forbidden" })).set_delay(Duration::from_millis(50));
    takes_first(&server, list(), refusal, 1).await;
    takes(&server, list(), answer(200, &fields(&["a"])), 1).await;
    let (book, _) = book(&server);
    let errors = join_all((0..50).map(|_| book.field("a"))).await;
    for error in errors {
        let error = error.unwrap_err();
        assert_eq!((error.kind(), error.field()), (FieldErrorKind::Unavailable, "a"));
        assert!(error.to_string().contains("HTTP 403"), "{error}");
        let error = ghl_contacts::Error::from(error);
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Forbidden, "custom_fields.list"));
        assert!(error.is_auth());
    }
    book.field("a").await.unwrap();
}

#[tokio::test]
async fn a_caller_who_gives_up_leaves_the_next_one_unharmed() {
    let server = MockServer::start().await;
    let slow = answer(200, &fields(&["a"])).set_delay(Duration::from_millis(200));
    takes_first(&server, list(), slow, 1).await;
    takes(&server, list(), answer(200, &fields(&["a"])), 1).await;
    let (book, _) = book(&server);
    let hasty = tokio::time::timeout(Duration::from_millis(50), book.field("a"));
    let (hasty, patient) = futures_util::join!(hasty, book.field("a"));
    assert!(hasty.is_err());
    patient.unwrap();
}

#[tokio::test]
async fn a_failure_that_may_pass_stays_one() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(503)).mount(&server).await;
    let error: ghl_contacts::Error = book(&server).0.field("a").await.unwrap_err().into();
    assert!(error.is_retryable(), "{error}");
    assert!(requests(&server).await > 1, "reading definitions is safe to repeat");
}
