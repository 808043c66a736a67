//! What the sandbox starts with: its seed or recorded answers.

use std::fs;
use std::path::PathBuf;

use moloni_client::sandbox::{Config, Sandbox};
use serde_json::{Value, json};

use crate::wire::{ask, start_with};

/// Every id in the credentials with the list that must have it.
fn lists(sandbox: &Sandbox) -> [(&'static str, &'static str, u64); 11] {
    let keys = sandbox.credentials();
    [
        ("companies", "company_id", keys.company_id),
        ("languages", "language_id", keys.language_id),
        ("countries", "country_id", keys.country_id),
        ("maturityDates", "maturity_date_id", keys.maturity_date_id),
        ("paymentMethods", "payment_method_id", keys.payment_method_id),
        ("deliveryMethods", "delivery_method_id", keys.delivery_method_id),
        ("documentSets", "document_set_id", keys.document_set_id),
        ("products", "product_id", keys.product_id),
        ("taxes", "tax_id", keys.tax_id),
        ("productCategories", "category_id", keys.category_id),
        ("measurementUnits", "unit_id", keys.unit_id),
    ]
}

fn secrets(sandbox: &Sandbox) -> [&str; 5] {
    let keys = sandbox.credentials();
    [&keys.client_secret, &keys.password, &keys.code, &keys.access_token, &keys.refresh_token]
}

async fn every_id_is_listed(sandbox: &Sandbox) {
    for (entity, key, id) in lists(sandbox) {
        let rows = ask(sandbox, &format!("{entity}/getAll"), json!({})).await;
        assert!(rows.as_array().unwrap().iter().any(|r| r[key] == id), "{entity} has no {key} {id}");
    }
}

#[tokio::test]
async fn credentials_follow_from_the_seed_and_exist() {
    let seeded = async |seed| start_with(Config { seed, ..Config::default() }).await;
    let (one, same, other) = (seeded(1).await, seeded(1).await, seeded(2).await);
    assert!(secrets(&one) == secrets(&same), "the same seed, the same secrets");
    assert_eq!(lists(&one), lists(&same));
    assert_eq!(one.state(), same.state());
    assert!(secrets(&one).iter().zip(secrets(&other)).all(|(one, other)| *one != other));
    assert_ne!(one.credentials().company_id, other.credentials().company_id);
    every_id_is_listed(&one).await;

    let keys = one.credentials();
    let shown = format!("{keys:?} {one:?} {:?}", one.server()) + &one.state().to_string();
    for secret in secrets(&one) {
        assert!(!shown.contains(secret), "a secret is shown");
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, Value)]) -> Self {
        let path = std::env::temp_dir().join(format!("moloni-sandbox-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        for (file, body) in files {
            let text = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
            fs::write(path.join(file), text).unwrap();
        }
        Self(path)
    }

    async fn start(&self) -> std::io::Result<Sandbox> {
        crate::trace::on();
        Sandbox::start(Config { fixtures: Some(self.0.clone()), ..Config::default() }).await
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn recorded_document(id: u64, kind: u64, customer: u64) -> Value {
    json!({
        "document_id": id, "company_id": 77, "document_type_id": kind, "customer_id": customer,
        "document_set_id": 3, "number": 12, "date": "2025-08-02T00:00:00+0100", "status": 1,
        "lastmodified": "2025-08-02T10:00:00+0100", "net_value": 12.3, "reconciled_value": 0,
        "entity_number": "00041", "entity_name": "Loja Inventada", "entity_vat": "900000001",
        "entity_address": "Rua Dois", "entity_city": "Faro", "entity_zip_code": "8000-001",
        "entity_country": "Portugal", "entity_country_id": 1, "associated_documents": [],
        "reverse_associated_documents": [],
    })
}

#[tokio::test]
async fn recorded_answers_become_the_state() {
    let folder = Folder::new(
        "recorded",
        &[
            ("companies.getAll.json", json!([{ "company_id": 77, "name": "Gravada, Lda" }])),
            (
                "customers.getAll.json",
                json!([{ "customer_id": 41, "name": "Loja Um", "number": "00040", "vat": "1" }]),
            ),
            ("invoices.getAll.json", json!([recorded_document(900, 1, 42), recorded_document(901, 1, 41)])),
            ("creditNotes.getAll.json", json!([recorded_document(902, 3, 42)])),
            ("documents.count.json", json!({ "count": "187" })),
            ("paymentMethods.getAll.json", json!([{ "payment_method_id": 8, "name": "Cheque" }])),
            ("productCategories.getAll.json", json!([])),
            ("warehouses.getAll.json", json!([{ "warehouse_id": 6, "title": "Central" }])),
            ("README.md", json!("not an answer")),
        ],
    );
    let sandbox = folder.start().await.unwrap();
    assert_eq!(sandbox.credentials().company_id, 77);
    assert_eq!(sandbox.credentials().payment_method_id, 8);
    every_id_is_listed(&sandbox).await;
    assert_eq!(ask(&sandbox, "documents/count", json!({})).await, json!({ "count": "3" }));
    assert_eq!(ask(&sandbox, "invoices/count", json!({})).await, json!({ "count": "2" }));
    assert_eq!(ask(&sandbox, "warehouses/getAll", json!({})).await[0]["title"], "Central");
    let made = ask(&sandbox, "customers/getOne", json!({ "customer_id": 42 })).await;
    assert_eq!((&made["name"], &made["number"]), (&json!("Loja Inventada"), &json!("00041")));
    assert_eq!(ask(&sandbox, "customers/getOne", json!({ "customer_id": 41 })).await["name"], "Loja Um");
    assert_eq!(ask(&sandbox, "customers/getNextNumber", json!({})).await, json!({ "number": "00042" }));
    let added = sandbox.add_document(json!({ "customer_id": 42, "net_value": 1 })).unwrap();
    assert!(added > 902, "fresh ids are above recorded ones");
}

#[tokio::test]
async fn a_bad_recording_is_named() {
    let rows = [
        ("invoices.getAll.json", json!("<html>"), "not JSON"),
        ("customers.getAll.json", json!([{ "name": "Ana" }]), "a row without customer_id"),
        ("documents.count.json", json!({ "total": 3 }), "not of the form"),
        ("invoices.getAll.json", json!([recorded_document(1, 999, 1)]), "unknown document_type_id"),
        ("invoices.json", json!([]), "not named {entity}.{method}.json"),
        ("stockMovements.getAll.json", json!(7), "neither a list nor an object"),
    ];
    for (n, (file, body, why)) in rows.into_iter().enumerate() {
        let folder = Folder::new(&format!("bad{n}"), &[(file, body)]);
        let error = folder.start().await.unwrap_err().to_string();
        assert!(error.contains(file) && error.contains(why), "{error}");
    }
}

/// Real recordings are not part of the repository; the variable says where they are.
#[tokio::test]
async fn real_recordings_are_served_as_they_were() {
    let Some(folder) = std::env::var_os("SYNC_SHARED_DIR") else { return };
    let folder = PathBuf::from(folder).join("fixtures/moloni");
    let sandbox = start_with(Config { fixtures: Some(folder.clone()), ..Config::default() }).await;
    every_id_is_listed(&sandbox).await;
    let recorded = |file: &str| -> Value {
        serde_json::from_slice(&fs::read(folder.join(format!("{file}.json"))).unwrap()).unwrap()
    };
    let sort = |rows: &Value| {
        let mut rows: Vec<String> = rows.as_array().unwrap().iter().map(Value::to_string).collect();
        rows.sort();
        rows
    };
    for entity in [
        "invoices",
        "creditNotes",
        "billsOfLading",
        "purchaseOrder",
        "supplierPurchaseOrder",
        "taxes",
        "warehouses",
    ] {
        let served = ask(&sandbox, &format!("{entity}/getAll"), json!({})).await;
        assert_eq!(sort(&served), sort(&recorded(&format!("{entity}.getAll"))), "{entity}");
    }
    let first = &recorded("customers.getAll")[0];
    let served = ask(&sandbox, "customers/getOne", json!({ "customer_id": first["customer_id"] })).await;
    assert_eq!(served, *first);
    let invoice = &recorded("invoices.getAll")[0];
    let party = ask(&sandbox, "customers/getOne", json!({ "customer_id": invoice["customer_id"] })).await;
    assert_eq!(party["name"], invoice["entity_name"]);
}
