//! The collections against the suite that every collection must pass, at Moloni's sandbox.
#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::sync::Arc;
use std::time::Duration;

use moloni_client::sandbox::Sandbox as Moloni;
use moloni_ghl::collections::{MoloniCustomers, MoloniDocuments};
use serde_json::json;
use sync_core::conformance::collection::{Fixture, check_read_only};
use sync_core::http::{HttpSettings, RateLimit};
use sync_core::{StaticToken, SystemEnv};

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
