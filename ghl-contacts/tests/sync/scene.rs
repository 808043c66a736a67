//! A sandbox whose index is soon up to date, a client of it, and a person who works there.

use std::time::Duration;

use ghl_contacts::sandbox::{Config, Edit, Sandbox};
use ghl_contacts::sync::ContactCollection;
use ghl_contacts::{Client, HttpSettings, RateLimit, async_trait};
use serde_json::{Value, json};
use sync_core::conformance::collection::Person;
use sync_core::engine::{Raw, RecordId, RecordRef};

use crate::trace;

/// How long the sandbox's index lags.
pub(crate) const LAG: Duration = Duration::from_millis(50);

pub(crate) async fn scene() -> (Sandbox, Client) {
    trace::on();
    let config = Config { index_lag: LAG, burst_limit: 10_000, ..Config::default() };
    let sandbox = Sandbox::start(config).await.unwrap();
    let credentials = sandbox.credentials();
    let client = Client::builder(credentials.location_id.as_str())
        .token(credentials.pit.clone())
        .base_url(sandbox.url())
        .http(HttpSettings::new().rate_limit(RateLimit::new(10_000, Duration::from_secs(1))))
        .build()
        .unwrap();
    (sandbox, client)
}

pub(crate) fn contacts(client: &Client) -> ContactCollection {
    ContactCollection::new(client.clone()).index_lag(LAG * 2)
}

pub(crate) fn at(id: &str) -> RecordRef {
    RecordRef::top(RecordId::new(id))
}

pub(crate) fn raw(fields: Value) -> Raw {
    match fields {
        Value::Object(raw) => raw,
        _ => panic!("fields are an object"),
    }
}

/// The records of a kind as the sandbox has them.
pub(crate) fn records(sandbox: &Sandbox, kind: &str) -> Vec<Value> {
    sandbox.state()[kind].as_array().unwrap().clone()
}

/// Somebody in HighLevel's web application.
#[derive(Debug)]
pub(crate) struct Clerk {
    pub(crate) sandbox: Sandbox,
    pub(crate) collection: &'static str,
}

impl Clerk {
    /// Custom fields as the web application sends them.
    fn typed(&self, fields: &Raw) -> Value {
        let mut fields = fields.clone();
        if let Some(custom) = fields.get("customFields").and_then(Value::as_object) {
            let defined = records(&self.sandbox, "customFields");
            let id = |name: &str| defined.iter().find(|field| field["name"] == name).unwrap()["id"].clone();
            let values = custom.iter().map(|(name, value)| json!({ "id": id(name), "field_value": value }));
            let values: Value = values.collect();
            fields.insert("customFields".to_owned(), values);
        }
        if fields.get("postalCode").is_some_and(Value::is_null) {
            fields.insert("postalCode".to_owned(), json!(""));
        }
        Value::Object(fields)
    }
}

#[async_trait]
impl Person for Clerk {
    async fn edit(&self, at: &RecordRef, fields: &Raw) -> bool {
        let (collection, id) = (self.collection.to_owned(), at.id.to_string());
        let fields = self.typed(fields);
        self.sandbox.human(Edit::Update { collection, id, fields }).is_ok()
    }

    async fn delete(&self, at: &RecordRef) -> bool {
        let edit = Edit::Delete { collection: self.collection.to_owned(), id: at.id.to_string() };
        self.sandbox.human(edit).is_ok()
    }

    async fn merge(&self, from: &RecordRef, into: &RecordRef) -> bool {
        let is_contact = self.collection == "contacts";
        is_contact && self.sandbox.merge_contacts(into.id.as_str(), &[from.id.as_str()]).is_ok()
    }
}
