//! The client against the sandbox, in both encodings: the same calls bring the same.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

#[path = "../../sync-core/tests/trace/mod.rs"]
mod trace;

use std::sync::Arc;
use std::time::Duration;

use moloni_client::sandbox::{Config, Sandbox};
use moloni_client::types::DocumentStatus;
use moloni_client::{
    Client, CompanyId, CustomerId, DocumentId, DocumentQuery, Encoding, Error, ErrorKind, HttpSettings,
    Idempotency, ManualEnv, TryStreamExt,
};
use serde::Serialize;
use serde_json::{Value, json};

const BOTH: [Encoding; 2] = [Encoding::Json, Encoding::Form];

async fn start() -> Sandbox {
    trace::on();
    Sandbox::start(Config::default()).await.unwrap()
}

fn client(sandbox: &Sandbox, encoding: Encoding) -> Client {
    let keys = sandbox.credentials();
    let builder = Client::builder().token(keys.access_token.as_str()).encoding(encoding);
    let builder = builder.company(CompanyId::from(keys.company_id));
    let builder = builder.http(HttpSettings::new().env(Arc::new(ManualEnv::new(1))));
    builder.base_url(format!("{}/v1/", sandbox.url())).build().unwrap()
}

/// What a journey found on its way.
#[derive(Debug, Default, PartialEq)]
struct Found(Vec<(&'static str, Value)>);

impl Found {
    fn add(&mut self, what: &'static str, found: impl Serialize) {
        self.0.push((what, to_the_day(serde_json::to_value(found).unwrap())));
    }

    fn refused(&mut self, what: &'static str, error: &Error, kind: ErrorKind) {
        assert_eq!(error.kind(), kind, "{what}: {error}");
        self.add(what, format!("{error} {:?}", error.field_errors()));
    }
}

/// Cuts moments to their day: the journeys are a moment apart.
fn to_the_day(value: Value) -> Value {
    match value {
        Value::String(text) if text.get(10..).is_some_and(|rest| rest.matches(':').count() == 2) => {
            text.get(..10).into()
        }
        Value::Array(items) => items.into_iter().map(to_the_day).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, to_the_day(value))).collect(),
        other => other,
    }
}

/// A customer as `insert` takes it.
fn customer(sandbox: &Sandbox) -> Value {
    let keys = sandbox.credentials();
    json!({
        "number": "00900", "name": "Chá & Mel, Lda = \"boa\" + 100%", "vat": "501964843", "address": "Rua [Um]",
        "city": "Évora", "zip_code": "7000-001", "country_id": 1, "language_id": 1, "maturity_date_id": 0,
        "payment_method_id": keys.payment_method_id, "delivery_method_id": 0, "salesman_id": 0, "payment_day": 0,
        "discount": 2.5, "credit_limit": 1234.56, "notes": "uma linha\r\noutra; mais uma", "email": null,
        "copies": [], "print_document_notes": true,
    })
}

async fn reads(sandbox: &Sandbox, client: &Client, found: &mut Found) {
    found.add("identity", client.identity().await.unwrap());
    found.add("countries", client.countries().get_all().await.unwrap());
    let ana = sandbox.add_customer(json!({ "name": "Ana Lda", "number": "0007" })).unwrap();
    let invoice = sandbox.add_document(json!({
        "customer_id": ana, "net_value": "12.30", "date": "2026-07-01", "expiration_date": "2026-12-01",
    }));
    let invoice = invoice.unwrap();
    let draft = json!({
        "customer_id": ana, "net_value": 246, "status": 0, "date": "2026-07-02", "expiration_date": "2026-07-02",
    });
    sandbox.add_document(draft).unwrap();
    found.add("customer", client.customers().get_one(CustomerId::from(ana)).await.unwrap());
    let customers: Vec<_> = client.customers().get_all().items().try_collect().await.unwrap();
    assert_eq!(customers.len(), 1);
    found.add("customers", customers);
    let drafts = DocumentQuery::new().status(DocumentStatus::Draft);
    let drafts: Vec<_> = client.documents().get_all(drafts).items().try_collect().await.unwrap();
    assert_eq!(drafts.len(), 1, "the filter is seen");
    found.add("drafts", drafts);
    let since = sandbox.server().now() - Duration::from_secs(3600);
    let changed = client.documents().get_modified_since(since, DocumentQuery::new());
    found.add("changed", changed.items().try_collect::<Vec<_>>().await.unwrap());
    found.add("count", client.documents().count(DocumentQuery::new().year(2026)).await.unwrap());
    found.add("document", client.documents().get_one(DocumentId::from(invoice)).await.unwrap());
    assert_eq!(client.documents().find_one(DocumentId::from(1)).await.unwrap(), None);
    found.add("methods", client.payment_methods().get_all().await.unwrap());
}

async fn writes(sandbox: &Sandbox, client: &Client, found: &mut Found) {
    let write = async |method: &str, params: &Value| {
        client.call::<Value>("customers", method, params, Idempotency::NotIdempotent).await
    };
    let new = customer(sandbox);
    let answer = write("insert", &new).await.unwrap();
    found.add("inserted", &answer);
    let id = CustomerId::from(answer["customer_id"].as_u64().unwrap());
    let read = client.customers().get_one(id).await.unwrap();
    assert_eq!((read.name.as_str(), read.number.as_str()), (new["name"].as_str().unwrap(), "00900"));
    assert_eq!(
        (read.discount.to_string(), read.notes.as_str()),
        ("2.5".to_owned(), new["notes"].as_str().unwrap())
    );
    found.add("as read", read);

    let twice = write("insert", &new).await.unwrap_err();
    found.refused("twice", &twice, ErrorKind::Validation);
    let mut wrong = new.clone();
    for (field, value) in [
        ("vat", json!("501964840")),
        ("country_id", json!(1)),
        ("discount", json!(101)),
        ("email", json!("a@")),
    ] {
        wrong[field] = value;
    }
    found.refused("wrong", &write("insert", &wrong).await.unwrap_err(), ErrorKind::Validation);
    let mut update = new;
    update["customer_id"] = json!(id.get());
    update["name"] = json!("Outra");
    found.add("updated", write("update", &update).await.unwrap());
    found.add("as updated", client.customers().get_one(id).await.unwrap());
    found.add("deleted", write("delete", &json!({ "customer_id": id.get() })).await.unwrap());
    assert_eq!(client.customers().find_one(id).await.unwrap(), None);
    let gone = write("delete", &json!({ "customer_id": id.get() })).await.unwrap_err();
    found.refused("gone", &gone, ErrorKind::Refused);
}

#[tokio::test]
async fn both_encodings_bring_the_same() {
    let mut journeys = Vec::new();
    for encoding in BOTH {
        let sandbox = start().await;
        let (client, mut found) = (client(&sandbox, encoding), Found::default());
        reads(&sandbox, &client, &mut found).await;
        writes(&sandbox, &client, &mut found).await;
        journeys.push((found, to_the_day(sandbox.state())));
    }
    let (json, form) = (&journeys[0], &journeys[1]);
    for (json, form) in json.0.0.iter().zip(&form.0.0) {
        assert_eq!(json, form);
    }
    assert_eq!(json.0.0.len(), form.0.0.len());
    assert_eq!(json.1, form.1, "the same is stored");
}

#[tokio::test]
async fn options_and_companies_keep_the_encoding() {
    let sandbox = start().await;
    let company = CompanyId::from(sandbox.credentials().company_id);
    for encoding in BOTH {
        let other = client(&sandbox, encoding).with(moloni_client::CallOptions::new()).for_company(company);
        assert_eq!(other.customers().count().await.unwrap(), 0);
        assert!(format!("{other:?}").contains(&format!("{encoding:?}")), "{other:?}");
    }
}

#[tokio::test]
async fn what_a_form_cannot_say_is_not_sent() {
    let sandbox = start().await;
    let params = json!({ "products": [{ "a[b]": 1 }] });
    let client = client(&sandbox, Encoding::Form);
    let error =
        client.call::<Value>("products", "insert", &params, Idempotency::NotIdempotent).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Request, false));
    assert_eq!(error.to_string(), "products.insert: a form has no name \"a[b]\" (nothing was sent)");
    assert!(sandbox.calls().is_empty());
}
