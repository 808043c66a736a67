//! The collections against the suite that every collection must pass, each at its service's sandbox.
#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::sync::Arc;
use std::time::Duration;

use ghl_contacts::sandbox::Sandbox as Ghl;
use moloni_client::sandbox::Sandbox as Moloni;
use moloni_ghl::collections::{GhlContacts, GhlNotes, GhlTasks, MoloniCustomers, MoloniDocuments};
use moloni_ghl::{ContactFields, Timing};
use serde_json::{Value, json};
use sync_core::conformance::collection::{Fixture, Person, check, check_read_only};
use sync_core::engine::{Marker, RecordId, RecordRef, normalise};
use sync_core::http::{HttpSettings, RateLimit};
use sync_core::sandbox_kit::Edit;
use sync_core::{StaticToken, SystemEnv, async_trait};

/// Somebody in HighLevel's web application.
#[derive(Debug)]
struct Clerk {
    sandbox: Ghl,
    collection: &'static str,
}

#[async_trait]
impl Person for Clerk {
    async fn delete(&self, at: &RecordRef) -> bool {
        let edit = Edit::Delete { collection: self.collection.to_owned(), id: at.id.to_string() };
        self.sandbox.human(edit).is_ok()
    }
}

/// A HighLevel whose index is soon up to date, and a client of it.
async fn ghl() -> (Ghl, ghl_contacts::Client) {
    let config = ghl_contacts::sandbox::Config {
        index_lag: Duration::from_millis(50),
        speed: 100.0,
        ..Default::default()
    };
    let sandbox = Ghl::start(config).await.unwrap();
    let credentials = sandbox.credentials();
    let client = ghl_contacts::Client::builder(credentials.location_id.as_str())
        .token(credentials.pit.clone())
        .base_url(sandbox.url())
        .build()
        .unwrap();
    (sandbox, client)
}

fn timing() -> Timing {
    Timing { index_lag: Duration::from_millis(100), ..Timing::default() }
}

/// A contact for others to be under.
fn ana(sandbox: &Ghl) -> RecordId {
    RecordId::new(sandbox.add_contact(json!({ "firstName": "Ana", "email": "ana@example.pt" })).unwrap())
}

fn task(title: &str) -> Value {
    json!({ "title": title, "body": "Call them", "dueDate": "2026-01-05T10:00:00Z", "completed": false })
}

#[tokio::test]
async fn contacts_conform() {
    let (sandbox, client) = ghl().await;
    let contacts = GhlContacts::new(client, ContactFields::default(), timing());
    let (clerk, env) = (Clerk { sandbox, collection: "contacts" }, SystemEnv::new());
    let fixture = Fixture::new(&contacts, &env)
        .record(json!({
            "name": "Ana Silva",
            "email": "ana@example.pt",
            "phone": "+351912345678",
            "address1": "Rua Um 1",
            "postalCode": "1000-001",
            "city": "Lisboa",
            "country": "PT",
            "website": "https://ana.example.pt",
            "customFields": { "NIF": "123456789", "Moloni number": "17" },
        }))
        .record(json!({ "name": "Rui Costa", "email": "rui@example.pt", "phone": "+351912345679" }))
        .record(json!({ "name": "Eva Reis", "email": "eva@example.pt", "phone": "+351912345670" }))
        .change(json!({
            "name": "Ana Sousa",
            "city": null,
            "postalCode": "1000-002",
            "website": null,
            "customFields": { "NIF": "987654321", "Moloni number": null },
        }))
        .stored_otherwise(json!({ "phone": "+351 912 345 671" }))
        .refused(json!({ "name": "Ivo Nunes", "email": "half an address" }))
        .key_normalised("email", "email", normalise::email)
        .key_normalised("phone", "phone", normalise::phone)
        .key_normalised("vat", "customFields.NIF", normalise::nif)
        .never_removes()
        .person(&clerk);
    check(&fixture).await;
}

#[tokio::test]
async fn notes_conform() {
    let (sandbox, client) = ghl().await;
    let ana = ana(&sandbox);
    let notes = GhlNotes::new(client, timing());
    let (clerk, env) = (Clerk { sandbox, collection: "notes" }, SystemEnv::new());
    let fixture = Fixture::new(&notes, &env)
        .under(ana)
        .record(json!({ "body": "Invoice of today\nin two lines" }))
        .record(json!({ "body": "Invoice of yesterday" }))
        .record(json!({ "body": "Invoice of long ago" }))
        .change(json!({ "body": "Invoice of today, paid" }))
        .markers(|number| Marker::new(format!("moloni:5:doc:{number}:issued")))
        .never_removes()
        .person(&clerk);
    check(&fixture).await;
}

#[tokio::test]
async fn tasks_conform() {
    let (sandbox, client) = ghl().await;
    let ana = ana(&sandbox);
    let tasks = GhlTasks::new(client, timing());
    let (clerk, env) = (Clerk { sandbox, collection: "tasks" }, SystemEnv::new());
    for change in [
        json!({ "title": "Collect it soon" }),
        json!({ "body": "Write to them", "dueDate": "2026-02-05T10:00:00Z" }),
        json!({ "completed": true }),
    ] {
        let fixture = Fixture::new(&tasks, &env)
            .under(ana.clone())
            .record(task("Collect invoice 1"))
            .record(task("Collect invoice 2"))
            .record(task("Collect invoice 3"))
            .change(change)
            .markers(|number| Marker::new(format!("moloni:5:doc:{number}:collect")))
            .never_removes()
            .person(&clerk);
        check(&fixture).await;
    }
}

/// A Moloni with more records than a page has, and a client that does not wait between calls.
async fn moloni() -> (Moloni, moloni_client::Client) {
    let sandbox = Moloni::start(moloni_client::sandbox::Config::default()).await.unwrap();
    for number in 1..=60 {
        let customer =
            json!({ "name": format!("Customer {number}"), "email": format!("{number}@example.pt") });
        let customer = sandbox.add_customer(customer).unwrap();
        sandbox.add_document(json!({ "customer_id": customer, "net_value": "12.30" })).unwrap();
    }
    let credentials = sandbox.credentials();
    let client = moloni_client::Client::builder()
        .tokens(Arc::new(StaticToken::new(credentials.access_token.clone())))
        .base_url(format!("{}/v1/", sandbox.url()))
        .http(HttpSettings::new().rate_limit(RateLimit::new(1000, Duration::from_secs(1))))
        .build()
        .unwrap();
    let company = credentials.company_id;
    (sandbox, client.for_company(company.into()))
}

#[tokio::test]
async fn customers_conform() {
    let (sandbox, client) = moloni().await;
    let customers = MoloniCustomers::new(client, sandbox.credentials().company_id.into());
    check_read_only(&Fixture::new(&customers, &SystemEnv::new())).await;
}

#[tokio::test]
async fn documents_conform() {
    let (sandbox, client) = moloni().await;
    let documents = MoloniDocuments::new(client, sandbox.credentials().company_id.into());
    check_read_only(&Fixture::new(&documents, &SystemEnv::new())).await;
}
