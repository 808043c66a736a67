//! Calls: what is sent, what an answer means, what is sent again.

use std::sync::Arc;
use std::time::Duration;

use moloni_client::types::{DocumentQuery, DocumentStatus};
use moloni_client::{
    CallOptions, Client, CompanyId, CustomerId, DocumentId, Encoding, Error, ErrorKind, Excerpt,
    HttpSettings, Idempotency, ManualEnv, MoloniOAuth, RetryPolicy, Timestamp, TryStreamExt, ValidationCode,
};
use serde_json::{Value, json};
use wiremock::matchers::{body_json, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{TOKEN, call, client, customers, fail_get_one, get_one_answers, ok, page_at, settings, trace};

#[tokio::test]
async fn a_call_carries_flags_and_token_in_the_query_and_the_rest_as_json() {
    let server = MockServer::start().await;
    call("customers/getOne")
        .and(query_param("access_token", TOKEN))
        .and(body_json(json!({ "company_id": 5, "customer_id": 7 })))
        .and(wiremock::matchers::header("content-type", "application/json"))
        .respond_with(ok(json!({ "customer_id": "7", "number": "00007", "salesman_id": 0, "discount": 2.5 })))
        .expect(1)
        .mount(&server)
        .await;
    let customer = client(&server).customers().get_one(CustomerId::from(7)).await.unwrap();
    assert_eq!((customer.number.as_str(), customer.salesman_id), ("00007", None));
    assert_eq!(customer.discount.to_string(), "2.5");
}

#[tokio::test]
async fn a_form_says_so_and_nothing_of_json() {
    trace::on();
    let server = MockServer::start().await;
    let text = "active=1&company_id=5&name=&number=007&products%5B0%5D%5Bprice%5D=67.5\
        &products%5B0%5D%5Btaxes%5D%5B0%5D%5Btax_id%5D=2";
    Mock::given(method("POST"))
        .and(path("/v1/invoices/insert/"))
        .and(query_param_is_missing("json"))
        .and(query_param("human_errors", "true"))
        .and(query_param("access_token", TOKEN))
        .and(wiremock::matchers::header("content-type", "application/x-www-form-urlencoded"))
        .and(wiremock::matchers::body_string(text))
        .respond_with(ok(json!({ "valid": 1, "document_id": 7 })))
        .expect(1)
        .mount(&server)
        .await;
    let builder = Client::builder().token(TOKEN).company(CompanyId::from(5)).http(settings());
    let builder = builder.base_url(format!("{}/v1/", server.uri())).encoding(Encoding::Form);
    let params = json!({
        "number": "007", "name": null, "active": true, "copies": [],
        "products": [{ "price": 67.5, "taxes": [{ "tax_id": 2 }] }],
    });
    let client = builder.build().unwrap();
    client.call::<Value>("invoices", "insert", &params, Idempotency::NotIdempotent).await.unwrap();
}

#[tokio::test]
async fn companies_and_countries_need_no_company() {
    let server = MockServer::start().await;
    for to in ["companies/getAll", "countries/getAll"] {
        let rows =
            json!([{ "company_id": 5, "country_id": 1, "name": "Loja", "iso_3166_1": "pt", "confirmed": 1 }]);
        call(to).and(body_json(json!({}))).respond_with(ok(rows)).expect(1).mount(&server).await;
    }
    call("companies/getOne")
        .and(body_json(json!({ "company_id": 6 })))
        .respond_with(ok(json!([])))
        .expect(1)
        .mount(&server)
        .await;
    let builder = Client::builder().token(TOKEN).http(settings());
    let client = builder.base_url(format!("{}/v1/", server.uri())).build().unwrap();
    let companies = client.companies().get_all().await.unwrap();
    assert_eq!(
        (companies.len(), companies[0].company_id, companies[0].confirmed),
        (1, CompanyId::from(5), true)
    );
    assert_eq!(client.countries().get_all().await.unwrap()[0].iso_3166_1, "pt");
    assert_eq!(client.companies().find_one(CompanyId::from(6)).await.unwrap(), None);

    let error = client.customers().count().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
    assert!(error.to_string().ends_with("or `for_company` (nothing was sent)"), "{error}");
}

#[tokio::test]
async fn an_exact_multiple_of_fifty_costs_an_empty_page() {
    let server = MockServer::start().await;
    for (offset, rows) in [(0, customers(51..101)), (50, customers(1..51)), (100, json!([]))] {
        page_at(offset).respond_with(ok(rows)).expect(1).mount(&server).await;
    }
    let listing = client(&server).customers().get_all();
    // A stream can outlive the client and move to another task.
    let all: Vec<_> = tokio::spawn(listing.items().try_collect()).await.unwrap().unwrap();
    assert_eq!(all.len(), 100);
}

#[tokio::test]
async fn a_row_that_moved_to_the_next_page_comes_once() {
    let server = MockServer::start().await;
    // Two customers were created between the requests: the last two of the first page come again.
    page_at(0).respond_with(ok(customers((51..101).rev()))).expect(2).mount(&server).await;
    page_at(50).respond_with(ok(customers((30..53).rev()))).expect(2).mount(&server).await;
    let listing = client(&server).customers().get_all();
    let items: Vec<_> = listing.clone().items().try_collect().await.unwrap();
    let ids: Vec<_> = items.iter().map(|customer| customer.customer_id.get()).collect();
    assert_eq!(ids, (30..101).rev().collect::<Vec<_>>());

    let pages: Vec<_> = listing.pages().try_collect().await.unwrap();
    let shape: Vec<_> = pages.iter().map(|page| (page.offset, page.items.len(), page.next)).collect();
    assert_eq!(shape, [(0, 50, Some(50)), (50, 23, None)]);
}

#[tokio::test]
async fn reading_starts_where_it_is_told_and_a_page_has_the_server_s_time() {
    let server = MockServer::start().await;
    let dated = ok(customers([1, 2])).insert_header("date", "Thu, 29 Jan 2026 17:48:31 GMT");
    page_at(100).respond_with(dated).expect(2).mount(&server).await;
    let listing = client(&server).customers().get_all();
    assert_eq!(listing.clone().from_offset(100).items().try_collect::<Vec<_>>().await.unwrap().len(), 2);
    let page = listing.page(100).await.unwrap();
    assert_eq!(page.next, None);
    assert_eq!(page.served_at, Some("2026-01-29T17:48:31Z".parse().unwrap()));
}

#[tokio::test]
async fn a_list_that_does_not_move_on_is_an_error() {
    let server = MockServer::start().await;
    call("customers/getAll")
        .respond_with(ok(customers(1..51)))
        .up_to_n_times(2)
        .expect(2)
        .mount(&server)
        .await;
    let mut items = client(&server).customers().get_all().items();
    let mut count = 0;
    let error = loop {
        match items.try_next().await {
            Ok(Some(_)) => count += 1,
            Ok(None) => panic!("the stream ended without an error"),
            Err(error) => break error,
        }
    };
    assert_eq!((count, error.kind()), (50, ErrorKind::Decode));
    assert!(items.try_next().await.unwrap().is_none(), "after an error the stream ends");
}

#[tokio::test]
async fn documents_are_filtered_and_counted() {
    let server = MockServer::start().await;
    let row = json!({
        "document_id": 9, "company_id": 5, "document_type_id": 1, "document_set_id": 3, "number": 12, "status": 1,
        "date": "2026-07-01T00:00:00+0100", "lastmodified": "2026-07-01T10:00:00+0100", "net_value": 123,
        "reconciled_value": 23.5, "expiration_date": null,
    });
    let year = json!({ "company_id": 5, "year": 2026, "qty": 50, "offset": 0 });
    call("documents/getAll")
        .and(body_json(year))
        .respond_with(ok(json!([row])))
        .expect(1)
        .mount(&server)
        .await;
    let since = json!({
        "company_id": 5, "status": 1, "lastmodified": "2026-07-01 08:30:00", "qty": 50, "offset": 0,
    });
    call("documents/getModifiedSince")
        .and(body_json(since))
        .respond_with(ok(json!([])))
        .expect(1)
        .mount(&server)
        .await;
    call("documents/count")
        .and(body_json(json!({ "company_id": 5, "year": 2026 })))
        .respond_with(ok(json!({ "count": "187383" })))
        .expect(1)
        .mount(&server)
        .await;
    call("documents/getOne")
        .and(body_json(json!({ "company_id": 6, "document_id": 9 })))
        .respond_with(ok(row))
        .expect(1)
        .mount(&server)
        .await;

    let client = client(&server);
    let query = DocumentQuery::new().year(2026);
    let documents: Vec<_> = client.documents().get_all(query.clone()).items().try_collect().await.unwrap();
    assert_eq!((documents[0].net_value - documents[0].reconciled_value).to_string(), "99.5");
    let moment: Timestamp = "2026-07-01T08:30:00Z".parse().unwrap();
    let closed = DocumentQuery::new().status(DocumentStatus::Closed);
    let changed: Vec<_> =
        client.documents().get_modified_since(moment, closed).items().try_collect().await.unwrap();
    assert!(changed.is_empty());
    assert_eq!(client.documents().count(query).await.unwrap(), 187_383);
    let other = client.for_company(CompanyId::from(6));
    assert_eq!(other.documents().get_one(DocumentId::from(9)).await.unwrap(), documents[0]);
}

#[tokio::test]
async fn an_empty_list_is_no_such_record() {
    let server = MockServer::start().await;
    get_one_answers(&server, ok(json!([])), 2).await;
    let error = fail_get_one(&server).await;
    assert!(error.is_not_found());
    assert_eq!(error.to_string(), "customers.getOne: there is no such record (HTTP 200, 1 request)");
    assert_eq!(client(&server).customers().find_one(CustomerId::from(7)).await.unwrap(), None);
}

#[tokio::test]
async fn a_list_of_errors_in_a_success_is_an_error() {
    let server = MockServer::start().await;
    let errors =
        json!([{ "code": "2 customer_id 1 0", "description": "Field 'customer_id' must be integer" }]);
    get_one_answers(&server, ok(errors), 1).await;
    let error = fail_get_one(&server).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::Validation, Some(200)));
    let field = &error.field_errors()[0];
    assert_eq!((field.code, field.field.as_str()), (ValidationCode::Number, "customer_id"));
    let shown = "customers.getOne: invalid fields: 2 customer_id 1 0 (HTTP 200, 1 request)";
    assert_eq!(error.to_string(), shown);
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_named_and_not_shown() {
    let server = MockServer::start().await;
    let rows = json!([{ "customer_id": 1 }, { "customer_id": 2, "discount": "Ana" }]);
    call("customers/getAll").respond_with(ok(rows)).expect(1).mount(&server).await;
    let error = client(&server).customers().get_all().page(0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let shown = "customers.getAll: unexpected answer: `[1].discount`: expected an amount";
    assert!(error.to_string().starts_with(shown), "{error}");
}

#[tokio::test]
async fn too_many_requests_are_sent_again_after_the_pause_asked_for() {
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(429).insert_header("retry-after", "3");
    call("customers/getOne").respond_with(busy).up_to_n_times(1).expect(1).mount(&server).await;
    get_one_answers(&server, ok(json!({ "customer_id": 7 })), 1).await;
    let env = Arc::new(ManualEnv::new(1));
    let builder = Client::builder().token(TOKEN).company(CompanyId::from(5));
    let builder = builder.http(HttpSettings::new().env(env.clone()));
    let client = builder.base_url(format!("{}/v1", server.uri())).build().unwrap();
    client.customers().get_one(CustomerId::from(7)).await.unwrap();
    assert!(env.sleeps().iter().sum::<Duration>() >= Duration::from_secs(3), "{:?}", env.sleeps());
}

#[tokio::test]
async fn too_many_requests_for_too_long_are_an_error() {
    let server = MockServer::start().await;
    get_one_answers(&server, ResponseTemplate::new(429), 4).await;
    let error = fail_get_one(&server).await;
    assert!(error.is_rate_limited() && error.is_retryable());
    assert_eq!(error.to_string(), "customers.getOne: too many requests (HTTP 429, 4 requests)");
}

#[tokio::test]
async fn a_proxy_s_page_is_tried_again_and_then_reported_without_the_token_in_it() {
    for status in [502, 200] {
        let server = MockServer::start().await;
        let page = format!("<html>Bad gateway: /v1/customers/getOne/?json=true&access_token={TOKEN}</html>");
        get_one_answers(&server, ResponseTemplate::new(status).set_body_raw(page, "text/html"), 4).await;
        let error = fail_get_one(&server).await;
        assert_eq!((error.kind(), error.status(), error.attempts()), (ErrorKind::Server, Some(status), 4));
        assert!(error.is_retryable() && !error.outcome_unknown());
        assert_eq!(
            error.body().map(Excerpt::as_str),
            Some("<html>Bad gateway: /v1/customers/getOne/?json=true&access_token=…</html>")
        );
    }
}

#[tokio::test]
async fn a_refused_token_without_a_successor_is_an_error() {
    let server = MockServer::start().await;
    let refusal = json!({ "error": "invalid_grant", "error_description": "Token is no longer valid" });
    get_one_answers(&server, ResponseTemplate::new(400).set_body_json(refusal), 1).await;
    let error = fail_get_one(&server).await;
    assert!(error.is_auth() && !error.is_retryable());
    assert_eq!(error.code(), Some("invalid_grant"));
    let shown = "customers.getOne: invalid_grant: Token is no longer valid (HTTP 400, 1 request)";
    assert_eq!(error.to_string(), shown);
}

#[tokio::test]
async fn any_method_can_be_called() {
    let server = MockServer::start().await;
    call("customers/getByVat")
        .and(body_json(json!({ "vat": "999999990", "exact": 1, "company_id": 5 })))
        .respond_with(ok(json!([])))
        .expect(1)
        .mount(&server)
        .await;
    let client = client(&server);
    let params = json!({ "vat": "999999990", "exact": 1 });
    let rows: Value = client.call("customers", "getByVat", &params, Idempotency::Safe).await.unwrap();
    assert_eq!(rows, json!([]));
    for (entity, method, params) in
        [("a/b", "getAll", json!({})), ("a", "", json!({})), ("a", "b", json!([1]))]
    {
        let error = client.call::<Value>(entity, method, &params, Idempotency::Safe).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request, "{entity}/{method}");
    }
}

#[tokio::test]
async fn the_answer_of_any_method_is_read_as_what_is_wanted() {
    use moloni_client::types::Tax;
    let read = async |method: &'static str, body: Value| {
        let server = MockServer::start().await;
        call(&format!("taxes/{method}")).respond_with(ok(body)).mount(&server).await;
        let client = client(&server);
        let (params, safe) = (json!({}), Idempotency::Safe);
        let one = client.call::<Tax>("taxes", method, &params, safe).await;
        (one, client.call::<Vec<Tax>>("taxes", method, &params, safe).await)
    };
    let tax = json!({ "tax_id": 9, "name": "IVA" });
    let (one, all) = read("getOne", tax.clone()).await;
    assert_eq!((one.unwrap().tax_id.get(), all.unwrap_err().kind()), (9, ErrorKind::Decode));
    let (one, all) = read("getOne", json!([])).await;
    assert!(one.unwrap_err().is_not_found() && all.unwrap_err().is_not_found());
    let (one, all) = read("getAll", json!([tax])).await;
    assert_eq!((one.unwrap_err().kind(), all.unwrap().len()), (ErrorKind::Decode, 1));
    for nothing in [json!([]), Value::Null, json!(false)] {
        let (one, all) = read("getAll", nothing).await;
        assert_eq!((one.unwrap_err().kind(), all.unwrap().len()), (ErrorKind::Decode, 0));
    }
    // What is not known to bring rows or a record may bring either.
    let (one, all) = read("searchByName", tax.clone()).await;
    assert!(one.is_ok() && all.is_err());
    let (_, all) = read("searchByName", json!([tax])).await;
    assert_eq!(all.unwrap()[0].name, "IVA");
    let (one, _) = read("searchByName", json!(["1 name"])).await;
    assert_eq!(one.unwrap_err().kind(), ErrorKind::Validation);
}

#[tokio::test]
async fn a_write_that_may_have_worked_says_so_and_is_not_repeated() {
    let table = [
        (ResponseTemplate::new(502), ErrorKind::Server, true),
        (ok(json!({ "valid": 0 })), ErrorKind::Refused, false),
        (ok(json!([{ "line": 1 }])), ErrorKind::Validation, false),
        (ok(json!({ "name": "x" })), ErrorKind::Decode, true),
        (ResponseTemplate::new(200).set_delay(Duration::from_millis(400)), ErrorKind::Timeout, true),
    ];
    for (answer, kind, in_doubt) in table {
        let server = MockServer::start().await;
        call("customers/insert").respond_with(answer).expect(1).mount(&server).await;
        let client = client(&server).with(CallOptions::new().timeout(Duration::from_millis(200)));
        let params = json!({});
        let write = client.call::<Value>("customers", "insert", &params, Idempotency::NotIdempotent);
        let error = write.await.unwrap_err();
        assert_eq!((error.kind(), error.outcome_unknown()), (kind, in_doubt), "{error}");
    }
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_millis(400));
    get_one_answers(&server, slow, 2).await;
    let options =
        CallOptions::new().timeout(Duration::from_millis(100)).retry(RetryPolicy::default().max_attempts(2));
    let error = client(&server).with(options).customers().get_one(CustomerId::from(7)).await.unwrap_err();
    assert!(error.is_timeout() && error.is_retryable() && !error.outcome_unknown());
}

#[tokio::test]
async fn a_refusal_after_a_lost_request_does_not_tell_what_the_first_one_did() {
    for (first, in_doubt) in [(502, true), (429, false)] {
        let server = MockServer::start().await;
        let lost = ResponseTemplate::new(first);
        call("customers/update").respond_with(lost).up_to_n_times(1).expect(1).mount(&server).await;
        call("customers/update").respond_with(ok(json!({ "valid": 0 }))).expect(1).mount(&server).await;
        let params = json!({});
        let client = client(&server);
        let write = client.call::<Value>("customers", "update", &params, Idempotency::Idempotent);
        let error = write.await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Refused, 2), "{first}: {error}");
        assert_eq!(error.outcome_unknown(), in_doubt, "{first}: {error}");
    }
}

#[tokio::test]
async fn nobody_listens() {
    let builder = Client::builder().token(TOKEN).company(CompanyId::from(5)).http(settings());
    let client = builder.base_url("http://127.0.0.1:9/v1/").build().unwrap();
    let error = client.customers().count().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 4));
    assert_eq!(error.to_string(), "customers.count: no connection to the service (4 requests)");
    for shown in [format!("{error:?}"), format!("{client:?}")] {
        assert!(!shown.contains(TOKEN), "{shown}");
    }
}

#[test]
fn a_client_needs_tokens_and_a_safe_address() {
    let error = Client::builder().build().unwrap_err();
    assert_eq!(error.to_string(), "client: no tokens are set (nothing was sent)");
    for address in ["moloni", "http://api.moloni.pt/v1/", "https://user:s3cr3t@api.moloni.pt/v1/"] {
        let built = Client::builder().token(TOKEN).base_url(address).build();
        assert_eq!(built.unwrap_err().kind(), ErrorKind::Request, "{address}");
    }
}

#[test]
fn clients_streams_and_errors_can_move_between_threads() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Client>();
    check::<Error>();
    check::<MoloniOAuth>();
    check::<moloni_client::Listing<moloni_client::types::Document>>();
    check::<moloni_client::resources::DocumentsOf<'static, moloni_client::resources::of::Invoices>>();
    check::<moloni_client::resources::PdfLink>();
    check::<moloni_client::IssueError>();
    check::<moloni_client::Issued>();
}
