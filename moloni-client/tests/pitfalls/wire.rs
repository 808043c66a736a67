//! How requests and answers are written.

use std::sync::Arc;

use moloni_client::jiff::civil::date;
use moloni_client::types::NewPaymentMethod;
use moloni_client::{
    Client, CompanyId, CustomerId, DocumentId, DocumentQuery, Encoding, Error, ErrorKind, HttpSettings,
    Idempotency, ManualEnv, PaymentMethodId, Timestamp, TryStreamExt, ValidationCode,
};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

const TOKEN: &str = "s3cr3t-access";

/// A service that answers everything alike.
async fn answers(answer: impl Respond + 'static) -> MockServer {
    crate::trace::on();
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

async fn says(body: Value) -> MockServer {
    answers(ResponseTemplate::new(200).set_body_json(body)).await
}

fn client(server: &MockServer, encoding: Encoding) -> Client {
    let settings = HttpSettings::new().env(Arc::new(ManualEnv::new(1)));
    let builder = Client::builder().token(TOKEN).company(CompanyId::from(5)).http(settings);
    builder.encoding(encoding).base_url(format!("{}/v1/", server.uri())).build().unwrap()
}

fn json_client(server: &MockServer) -> Client {
    client(server, Encoding::Json)
}

async fn bodies(server: &MockServer) -> Vec<Value> {
    let requests = server.received_requests().await.unwrap();
    requests.iter().map(|request| request.body_json().unwrap()).collect()
}

async fn insert(server: &MockServer) -> Error {
    let client = json_client(server);
    client.call::<Value>("invoices", "insert", &json!({}), Idempotency::NotIdempotent).await.unwrap_err()
}

#[tokio::test]
async fn p01_a_refusal_is_a_list_in_a_success_nested_for_lines_and_of_unknown_forms() {
    let head = insert(&says(json!(["1 name"])).await).await;
    assert_eq!((head.kind(), head.status()), (ErrorKind::Validation, Some(200)));
    let line =
        json!([[], [{ "code": "2 qty 0 0", "description": "Field 'qty' must be float, greater than 0" }]]);
    let line = insert(&says(line).await).await;
    let field = &line.field_errors()[0];
    assert_eq!((field.code, field.field.as_str(), &*field.path), (ValidationCode::Number, "qty", &[1][..]));
    let unknown = insert(&says(json!([{ "line": 2, "why": "…" }])).await).await;
    assert_eq!((unknown.kind(), unknown.field_errors()), (ErrorKind::Validation, &[][..]));
    assert_eq!(unknown.body().unwrap().as_str(), r#"[{"line":2,"why":"…"}]"#);

    // Reads are refused the same way, and rows that look like errors are none.
    let server = says(json!([{ "code": "2 qty 1 0", "description": "" }])).await;
    let error = json_client(&server).customers().get_all().page(0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
    for rows in [
        json!([{ "code": "M01", "description": "Artigo 16.º, n.º 6 do CIVA" }]),
        json!([{ "eac_id": 3, "code": "62 01", "description": "Programação" }]),
    ] {
        let client = json_client(&says(rows.clone()).await);
        let read: Value =
            client.call("taxExemptions", "getAll", &json!({}), Idempotency::Safe).await.unwrap();
        assert_eq!(read, rows);
    }
}

#[tokio::test]
async fn p02_what_is_not_there_is_an_empty_list() {
    let server = says(json!([])).await;
    let client = json_client(&server);
    let error = client.documents().get_one(DocumentId::from(7)).await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!((error.kind(), error.status()), (ErrorKind::NotFound, Some(200)));
    assert_eq!(client.documents().find_one(DocumentId::from(7)).await.unwrap(), None);
    assert_eq!(client.customers().find_one(CustomerId::from(7)).await.unwrap(), None);
    assert!(client.customers().get_all().page(0).await.unwrap().items.is_empty(), "a list may be empty");
    // And a write is not done by it.
    assert_eq!(insert(&server).await.kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn p03_counts_and_some_ids_are_texts() {
    for count in [json!("187383"), json!(187_383)] {
        let server = says(json!({ "count": count })).await;
        assert_eq!(json_client(&server).customers().count().await.unwrap(), 187_383);
    }
    for id in [json!("89407140"), json!(89_407_140)] {
        let server = says(json!({ "valid": 1, "payment_method_id": id, "customer_id": id })).await;
        let client = json_client(&server);
        let made = client.payment_methods().insert(&NewPaymentMethod::new("Cheque")).await.unwrap();
        assert_eq!(made, PaymentMethodId::from(89_407_140));
        let read = client.customers().get_one(CustomerId::from(89_407_140)).await.unwrap();
        assert_eq!(read.customer_id, CustomerId::from(89_407_140));
    }
}

#[tokio::test]
async fn p04_offsets_have_no_colon_and_days_are_cut_not_converted() {
    let server = says(json!({
        "document_id": 9, "company_id": 5, "document_type_id": 1, "document_set_id": 3,
        "date": "2026-07-01T00:00:00+0100", "expiration_date": "2026-12-01T00:00:00+0000",
        "lastmodified": "2026-07-01T00:30:00+0100",
    }))
    .await;
    let document = json_client(&server).documents().get_one(DocumentId::from(9)).await.unwrap();
    assert_eq!(document.date, date(2026, 7, 1), "in UTC it is the day before");
    assert_eq!(document.expiration_date, Some(date(2026, 12, 1)));
    assert_eq!(document.lastmodified, "2026-06-30T23:30:00Z".parse::<Timestamp>().unwrap());
    let written = serde_json::to_value(&document).unwrap();
    assert_eq!(written["date"], "2026-07-01T00:00:00+0100");
    assert_eq!(written["lastmodified"], "2026-07-01T00:30:00+0100");
}

#[tokio::test]
async fn p05_flags_and_token_are_in_the_query_and_nowhere_else() {
    for (encoding, flags) in
        [(Encoding::Json, "human_errors=true&json=true"), (Encoding::Form, "human_errors=true")]
    {
        let server = says(json!([])).await;
        client(&server, encoding).customers().get_all().page(0).await.unwrap();
        let request = &server.received_requests().await.unwrap()[0];
        let expected = format!("{flags}&access_token={TOKEN}");
        assert_eq!((request.method.as_str(), request.url.query()), ("POST", Some(expected.as_str())));
        assert_eq!(request.url.path(), "/v1/customers/getAll/");
        assert!(!request.headers.contains_key("authorization"));
        let body = String::from_utf8(request.body.clone()).unwrap();
        for name in ["access_token", "human_errors", "json", TOKEN] {
            assert!(!body.contains(name), "{name} is in the body: {body}");
        }
    }
}

/// A gateway that is proud of what it was asked.
fn echo(request: &Request) -> ResponseTemplate {
    ResponseTemplate::new(404).set_body_string(format!("<html>no {}</html>", request.url))
}

#[tokio::test]
async fn p05_a_url_that_is_repeated_shows_no_token() {
    let server = answers(echo).await;
    let error = insert(&server).await;
    let body = error.body().unwrap().as_str();
    assert!(body.contains("access_token=…"), "{body}");
    let client = json_client(&server);
    for shown in [format!("{error} {error:?} {error:#?}"), body.to_owned(), format!("{client:?} {client:#?}")]
    {
        assert!(!shown.contains(TOKEN), "{shown}");
    }
}

/// Rows as the service gives them: never more than 50, whatever it is asked for.
fn rows(request: &Request) -> ResponseTemplate {
    let asked: Value = request.body_json().unwrap();
    let (qty, offset) = (asked["qty"].as_u64().unwrap_or(50).min(50), asked["offset"].as_u64().unwrap_or(0));
    let row = |at: u64| json!({ "customer_id": 120 - at, "name": "Rita" });
    let page: Vec<_> = (offset..(offset + qty).min(120)).map(row).collect();
    ResponseTemplate::new(200).set_body_json(page)
}

#[tokio::test]
async fn p09_pages_are_asked_for_by_qty_and_offset_and_never_have_more_than_50_rows() {
    let server = answers(rows).await;
    let all: Vec<_> = json_client(&server).customers().get_all().items().try_collect().await.unwrap();
    assert_eq!(all.len(), 120);
    let asked = bodies(&server).await;
    let expected: Vec<_> =
        [0, 50, 100].map(|offset| json!({ "company_id": 5, "qty": 50, "offset": offset })).into();
    assert_eq!(asked, expected, "no other spelling is sent, because it would be ignored");
}

#[tokio::test]
async fn p26_filters_by_date_and_reference_are_texts() {
    let server = answers(|request: &Request| {
        let counts = request.url.path().ends_with("/count/");
        ResponseTemplate::new(200).set_body_json(if counts { json!({ "count": "0" }) } else { json!([]) })
    })
    .await;
    let query = DocumentQuery::new()
        .date(date(2026, 7, 1))
        .expiration_date(date(2026, 12, 1))
        .your_reference("00110")
        .our_reference("7");
    let client = json_client(&server);
    client.documents().count(query.clone()).await.unwrap();
    client.documents().get_all(query).page(0).await.unwrap();
    for body in bodies(&server).await {
        assert_eq!(body["date"], "2026-07-01");
        assert_eq!(body["expiration_date"], "2026-12-01");
        assert_eq!((&body["your_reference"], &body["our_reference"]), (&json!("00110"), &json!("7")));
    }
}
