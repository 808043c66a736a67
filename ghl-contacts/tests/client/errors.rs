//! Every shape of refusal, and answers that are none.

use std::time::Duration;

use ghl_contacts::{ContactId, Error, ErrorKind, NewContact, RetryPolicy};
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use crate::service::{TOKEN, answer, ask, builder, client, settings, takes};

fn ana() -> ContactId {
    ContactId::new("c_ana")
}

/// The error that one `answer` to a read leads to.
async fn refused(answer: ResponseTemplate) -> Error {
    let server = MockServer::start().await;
    takes(&server, ask("GET", "/contacts/c_ana"), answer, 1).await;
    let once = settings().0.retry(RetryPolicy::never());
    let client = builder(&server).http(once).token(TOKEN).build().unwrap();
    client.contacts().get(&ana()).await.unwrap_err()
}

type Row = (u16, &'static str, ErrorKind, &'static [&'static str]);

/// Status and body of a refusal, what kind it is, and its messages.
const REFUSALS: [Row; 21] = [
    (400, r#"{"statusCode":400,"message":"Bad Request"}"#, ErrorKind::BadRequest, &["Bad Request"]),
    (
        400,
        r#"{"message":"No a","error":"Bad Request","statusCode":400,"traceId":"t"}"#,
        ErrorKind::BadRequest,
        &["No a"],
    ),
    (400, r#"{"message":"Invalid field id_number"}"#, ErrorKind::BadRequest, &["Invalid field id_number"]),
    (400, r#"{"message":"Invalid identity"}"#, ErrorKind::BadRequest, &["Invalid identity"]),
    (400, r#"{"message":"Contact id is invalid"}"#, ErrorKind::NotFound, &["Contact id is invalid"]),
    (400, r#"{"message":"Contact not found"}"#, ErrorKind::NotFound, &["Contact not found"]),
    (
        400,
        r#"{"message":"A","meta":{"contactId":"c","matchingField":"phone"},"traceId":"t"}"#,
        ErrorKind::Duplicate,
        &["A"],
    ),
    (400, r#"{"message":"A","meta":{"contactId":"c"}}"#, ErrorKind::BadRequest, &["A"]),
    (
        400,
        r#"{"error":"invalid_grant","error_description":"Used up."}"#,
        ErrorKind::BadRequest,
        &["Used up."],
    ),
    (
        400,
        r#"{"error":{"code":400,"message":"A","details":[],"resolution":"B"}}"#,
        ErrorKind::BadRequest,
        &["A"],
    ),
    (
        403,
        r#"{"message":"The token does not","error":"Forbidden"}"#,
        ErrorKind::Forbidden,
        &["The token does not"],
    ),
    (404, r#"{"message":"Contact not found","traceId":"t"}"#, ErrorKind::NotFound, &["Contact not found"]),
    (404, r#"{"message":"Cannot GET /contact/c"}"#, ErrorKind::RouteNotFound, &["Cannot GET /contact/c"]),
    (404, "{}", ErrorKind::RouteNotFound, &[]),
    (404, r#"{"message":"Not Found"}"#, ErrorKind::RouteNotFound, &["Not Found"]),
    (404, r#"{"message":"User not found"}"#, ErrorKind::BadRequest, &["User not found"]),
    (400, r#"{"message":"Location not found"}"#, ErrorKind::Forbidden, &["Location not found"]),
    (
        422,
        r#"{"statusCode":422,"message":["a must be","b must be"],"error":"U"}"#,
        ErrorKind::Validation,
        &["a must be", "b must be"],
    ),
    (
        429,
        r#"{"statusCode":429,"message":"Too Many Requests"}"#,
        ErrorKind::RateLimited,
        &["Too Many Requests"],
    ),
    (500, r#"{"message":"Oh.","traceId":"t"}"#, ErrorKind::Server, &["Oh."]),
    (409, r#"{"message":"New."}"#, ErrorKind::Other, &["New."]),
];

#[tokio::test]
async fn every_shape_of_refusal_gives_kind_messages_and_trace() {
    for (status, body, kind, messages) in REFUSALS {
        let sent: Value = serde_json::from_str(body).unwrap();
        let error = refused(answer(status, &sent)).await;
        assert_eq!((error.kind(), error.status()), (kind, Some(status)), "{body}");
        assert_eq!(error.messages(), messages, "{body}");
        assert_eq!(error.trace_id(), sent["traceId"].as_str(), "{body}");
        assert_eq!((error.operation(), error.attempts()), ("contacts.get", 1), "{body}");
        let kept: Value = serde_json::from_str(error.body().unwrap().as_str()).unwrap();
        assert_eq!(kept, sent, "the body is kept");
    }
}

#[tokio::test]
async fn a_bad_id_in_the_body_is_no_missing_record() {
    let server = MockServer::start().await;
    let refusal = json!({ "message": "Invalid custom field id" });
    let create = ask("POST", "/contacts/").json(json!({ "locationId": "loc_1" }));
    takes(&server, create, answer(400, &refusal), 1).await;
    let error = client(&server).contacts().create(&NewContact::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadRequest, "a create has no record that could be missing");
}

#[tokio::test]
async fn only_what_may_pass_by_itself_is_retryable() {
    for (status, retryable, unknown) in [
        (400, false, false),
        (403, false, false),
        (404, false, false),
        (422, false, false),
        (500, true, true),
    ] {
        let error = refused(answer(status, &json!({ "message": "No." }))).await;
        assert_eq!((error.is_retryable(), error.outcome_unknown()), (retryable, unknown), "{status}");
    }
    assert!(refused(answer(403, &json!({ "message": "No." }))).await.is_auth());
    assert!(!refused(answer(404, &json!({ "message": "No." }))).await.is_auth());
}

#[tokio::test]
async fn the_rate_headers_come_with_an_error() {
    let reply = answer(422, &json!({ "message": ["x"] }))
        .insert_header("X-RateLimit-Max", "100")
        .insert_header("X-RateLimit-Remaining", "41")
        .insert_header("X-RateLimit-Interval-Milliseconds", "10000")
        .insert_header("X-RateLimit-Limit-Daily", "200000")
        .insert_header("X-RateLimit-Daily-Remaining", "199123");
    let error = refused(reply).await;
    let rate = error.rate().unwrap();
    assert_eq!(
        (rate.limit, rate.remaining, rate.interval),
        (Some(100), Some(41), Some(Duration::from_secs(10)))
    );
    assert_eq!((rate.daily_limit, rate.daily_remaining), (Some(200_000), Some(199_123)));
    assert!(refused(answer(422, &json!({}))).await.rate().is_none());
}

#[tokio::test]
async fn html_with_a_good_status_is_a_service_that_fails() {
    let server = MockServer::start().await;
    let page = format!("\n<!DOCTYPE html><p>Sign in. You sent Bearer {TOKEN}</p>");
    let page = ResponseTemplate::new(200).set_body_string(page);
    takes(&server, ask("GET", "/contacts/c_ana"), page, 4).await;
    let error = client(&server).contacts().get(&ana()).await.unwrap_err();
    assert_eq!((error.kind(), error.status(), error.attempts()), (ErrorKind::Server, Some(200), 4));
    assert!(error.to_string().contains("HTML"), "{error}");
    assert!(error.is_retryable());
    let body = error.body().unwrap().as_str();
    assert!(body.contains("Sign in") && !body.contains(TOKEN), "{body}");
}

#[tokio::test]
async fn what_is_no_data_shows_no_token() {
    for body in [format!("OK, Bearer {TOKEN}"), format!("Bearer {TOKEN}, not allowed")] {
        let error = refused(ResponseTemplate::new(200).set_body_string(body)).await;
        assert_eq!((error.kind(), error.status()), (ErrorKind::Decode, Some(200)));
        let body = error.body().unwrap().as_str();
        assert!(!body.contains(TOKEN), "{body}");
    }
}

#[tokio::test]
async fn an_answer_of_the_wrong_shape_is_named_by_its_path() {
    for (body, told) in [
        (json!({ "contact": { "id": "c_ana", "tags": ["a", { "name": "Ana" }] } }), "`contact.tags[1]`"),
        (json!({ "contact": {} }), "missing field `id`"),
        (json!([]), "invalid"),
    ] {
        let error = refused(answer(200, &body)).await;
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains(told), "{error}");
    }
    let error = refused(ResponseTemplate::new(200)).await;
    assert!(error.to_string().contains("the answer is empty"), "{error}");
}

#[tokio::test]
async fn html_from_a_gateway_is_retried_and_then_kept() {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(502).set_body_string("<html>Bad gateway</html>");
    takes(&server, ask("GET", "/contacts/c_ana"), page, 4).await;
    let error = client(&server).contacts().get(&ana()).await.unwrap_err();
    assert_eq!((error.kind(), error.status(), error.attempts()), (ErrorKind::Server, Some(502), 4));
    assert!(error.messages().is_empty());
    assert_eq!(error.body().unwrap().as_str(), "<html>Bad gateway</html>");
    assert_eq!(error.to_string(), "contacts.get: HTTP 502");
}
