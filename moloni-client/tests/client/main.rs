//! The client against a server that answers as told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

mod calls;
mod grants;
#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;

use std::sync::Arc;

use moloni_client::{Client, CompanyId, CustomerId, Error, HttpSettings, ManualEnv};
use serde_json::{Value, json};
use wiremock::matchers::{body_json, method, path, query_param};
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate};

pub(crate) const TOKEN: &str = "s3cr3t-access";

/// What every call looks like.
pub(crate) fn call(to: &str) -> MockBuilder {
    trace::on();
    Mock::given(method("POST"))
        .and(path(format!("/v1/{to}/")))
        .and(query_param("json", "true"))
        .and(query_param("human_errors", "true"))
}

pub(crate) fn settings() -> HttpSettings {
    trace::on();
    HttpSettings::new().env(Arc::new(ManualEnv::new(1)))
}

pub(crate) fn client(server: &MockServer) -> Client {
    let builder = Client::builder().token(TOKEN).company(CompanyId::from(5)).http(settings());
    builder.base_url(format!("{}/v1/", server.uri())).build().unwrap()
}

pub(crate) fn ok(body: impl Into<Value>) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body.into())
}

pub(crate) fn customers(ids: impl IntoIterator<Item = u64>) -> Value {
    ids.into_iter()
        .map(|id| json!({ "customer_id": id, "number": format!("{id:05}"), "name": "Rita" }))
        .collect()
}

pub(crate) fn page_at(offset: u64) -> MockBuilder {
    call("customers/getAll").and(body_json(json!({ "company_id": 5, "qty": 50, "offset": offset })))
}

/// Answers `answer` to `customers/getOne`, `times` times.
pub(crate) async fn get_one_answers(server: &MockServer, answer: ResponseTemplate, times: u64) {
    call("customers/getOne").respond_with(answer).expect(times).mount(server).await;
}

pub(crate) async fn fail_get_one(server: &MockServer) -> Error {
    let error = client(server).customers().get_one(CustomerId::from(7)).await.unwrap_err();
    for shown in [
        format!("{error}"),
        format!("{error:?}"),
        format!("{error:#?}"),
        error.body().map(|body| body.as_str().to_owned()).unwrap_or_default(),
    ] {
        assert!(!shown.contains(TOKEN), "{shown}");
        assert!(!shown.contains(&server.uri()), "{shown}");
    }
    error
}
