//! Collections in memory against the suite that every collection must pass.
#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

mod careful;
mod careless;
mod mistakes;
mod service;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sync_core::ManualEnv;
use sync_core::conformance::collection::{Fixture, check, check_read_only};
use sync_core::engine::{Caps, Collection, MarkerKind, RecordId, normalise};

use careful::Shelf;
use service::Service;

/// People, as the service takes them.
pub(crate) fn people<'a>(collection: &'a dyn Collection, env: &'a ManualEnv) -> Fixture<'a> {
    Fixture::new(collection, env)
        .record(json!({
            "name": "Ana Silva",
            "email": "Ana@example.com",
            "city": "Lisboa",
            "tags": ["regular"],
            "custom": { "nif": "123456789", "remark": "calls back" },
        }))
        .record(json!({ "name": "Rui Costa", "email": "rui@example.com", "custom": { "nif": "234567899" } }))
        .record(json!({ "name": "Eva Reis", "email": "eva@example.com", "city": "Porto" }))
        .record(json!({ "name": "Leo Dias", "email": "leo@example.com", "custom": { "nif": "345678909" } }))
        .change(json!({ "name": "Ana Sousa", "city": null, "custom": { "remark": "calls never" } }))
        .stored_otherwise(json!({ "name": "Maria da Conceição de Albuquerque" }))
        .refused(json!({ "name": "Ivo Nunes", "email": "half an address" }))
        .key_normalised("email", "email", normalise::email)
        .key_normalised("vat", "custom.nif", normalise::nif)
        .set("tags", ["golden", "silver"])
}

/// What the service can do, with lags.
pub(crate) fn caps() -> Caps {
    Caps::new()
        .unique(["email"])
        .member_writes()
        .modified_at(Duration::from_secs(1))
        .read_lag(Duration::from_secs(2))
        .index_lag(Duration::from_secs(30))
        .overlap(Duration::from_secs(60))
}

#[tokio::test]
async fn a_careful_collection_conforms() {
    let env = Arc::new(ManualEnv::new(1));
    let service = Service::new(&env);
    let shelf = Shelf::new(&service, caps());
    check(&people(&shelf, &env).person(&*service)).await;
    assert!(service.is_empty(), "the suite removes what it has created");
}

#[tokio::test]
async fn an_account_with_records_conforms() {
    let env = Arc::new(ManualEnv::new(2));
    let service = Service::new(&env);
    for number in 0..5 {
        service.seed(None, &json!({ "name": format!("Somebody {number}") }));
    }
    let shelf = Shelf::new(&service, caps()).never_removes();
    check(&people(&shelf, &env).never_removes().person(&*service)).await;
}

#[tokio::test]
async fn without_lags_and_with_unique_markers_it_conforms() {
    let env = Arc::new(ManualEnv::new(3));
    let service = Service::new(&env);
    let shelf = Shelf::new(&service, Caps::new().unique(["email"]).marker(MarkerKind::Unique));
    check(&people(&shelf, &env)).await;
}

#[tokio::test]
async fn without_markers_it_conforms() {
    let env = Arc::new(ManualEnv::new(4));
    let service = Service::new(&env);
    let shelf = Shelf::new(&service, caps().marker(MarkerKind::Keys { resend: false }));
    check(&people(&shelf, &env)).await;
}

#[tokio::test]
async fn what_is_missing_is_set_up() {
    let env = Arc::new(ManualEnv::new(7));
    let shelf = Shelf::new(&Service::new(&env), caps()).not_set_up();
    check(&people(&shelf, &env)).await;
}

#[tokio::test]
async fn a_collection_under_a_parent_conforms() {
    let env = Arc::new(ManualEnv::new(5));
    let service = Service::new(&env);
    service.seed(Some(RecordId::new("other")), &json!({ "name": "Of another" }));
    let notes = Shelf::new(&service, caps().unique([""; 0]).under_parent());
    let fixture = Fixture::new(&notes, &*env)
        .under(RecordId::new("ana"))
        .record(json!({ "name": "Ordered", "city": "Faro" }))
        .record(json!({ "name": "Delivered" }))
        .record(json!({ "name": "Complained" }))
        .change(json!({ "city": "Beja" }))
        .set("tags", ["open", "late"])
        .key("name", "name");
    check(&fixture).await;
}

#[tokio::test]
async fn a_collection_that_only_reads_conforms() {
    let env = Arc::new(ManualEnv::new(6));
    let service = Service::new(&env);
    for number in 0..5 {
        service.seed(
            None,
            &json!({ "name": format!("Somebody {number}"), "email": format!("{number}@example.com") }),
        );
    }
    let shelf = Shelf::new(&service, caps()).read_only();
    let fixture = Fixture::new(&shelf, &*env)
        .change(json!({ "city": "Tavira", "custom": { "remark": "has moved" } }))
        .key("email", "email")
        .person(&*service);
    check_read_only(&fixture).await;
}
