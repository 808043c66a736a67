//! A sandbox, a client of it that does not wait between calls, and a person who works there.

use std::time::Duration;

use moloni_client::sandbox::{Config, Edit, Sandbox};
use moloni_client::sync::CustomerCollection;
use moloni_client::{Client, CompanyId, CountryId, HttpSettings, LanguageId, RateLimit, async_trait};
use serde_json::{Value, json};
use sync_core::conformance::collection::Person;
use sync_core::engine::{Raw, RecordId, RecordRef};

use crate::trace;

/// Valid tax numbers.
pub(crate) const NIFS: [&str; 3] = ["123456789", "501964843", "503504564"];
/// What stands for an address that nobody knows.
pub(crate) const UNKNOWN: &str = "Desconhecido";

pub(crate) async fn scene() -> (Sandbox, Client) {
    trace::on();
    let sandbox = Sandbox::start(Config::default()).await.unwrap();
    let credentials = sandbox.credentials();
    let client = Client::builder()
        .token(credentials.access_token.clone())
        .company(CompanyId::from(credentials.company_id))
        .base_url(format!("{}/v1/", sandbox.url()))
        .http(HttpSettings::new().rate_limit(RateLimit::new(10_000, Duration::from_secs(1))))
        .build()
        .unwrap();
    (sandbox, client)
}

pub(crate) fn customers(client: &Client) -> CustomerCollection {
    CustomerCollection::new(client.clone())
        .country(CountryId::from(1))
        .language(LanguageId::from(1))
        .unknown_address(UNKNOWN)
        .unknown_city(UNKNOWN)
}

pub(crate) fn at(id: u64) -> RecordRef {
    RecordRef::top(RecordId::new(id))
}

pub(crate) fn raw(fields: Value) -> Raw {
    match fields {
        Value::Object(raw) => raw,
        _ => panic!("fields are an object"),
    }
}

/// How often an operation was called.
pub(crate) fn called(sandbox: &Sandbox, operation: &str) -> usize {
    sandbox.calls().iter().filter(|call| call.operation.as_deref() == Some(operation)).count()
}

/// Somebody in Moloni's web application, which writes something of its own for nothing.
#[derive(Debug)]
pub(crate) struct Clerk {
    pub(crate) sandbox: Sandbox,
    pub(crate) collection: &'static str,
}

#[async_trait]
impl Person for Clerk {
    async fn edit(&self, at: &RecordRef, fields: &Raw) -> bool {
        let typed = fields.iter().map(|(field, value)| {
            let value = match field.as_str() {
                "address" | "city" if value.is_null() => json!(UNKNOWN),
                "discount" | "credit_limit" | "payment_day" if value.is_null() => json!(0),
                field if field.ends_with("_id") && value.is_null() => json!(0),
                _ => value.clone(),
            };
            (field.clone(), value)
        });
        let fields = Value::Object(typed.collect());
        let edit = Edit::Update { collection: self.collection.to_owned(), id: at.id.to_string(), fields };
        self.sandbox.human(edit).is_ok()
    }

    async fn delete(&self, at: &RecordRef) -> bool {
        let edit = Edit::Delete { collection: self.collection.to_owned(), id: at.id.to_string() };
        self.sandbox.human(edit).is_ok()
    }
}
