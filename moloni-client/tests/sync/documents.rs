//! Documents against the suite, and payments, which leave what they pay as it was.

use moloni_client::sandbox::Sandbox;
use moloni_client::sync::DocumentFacts;
use serde_json::{Value, json};
use sync_core::SystemEnv;
use sync_core::conformance::collection::{Fixture, check_read_only};
use sync_core::engine::{Collection, Cursor};

use crate::scene::{Clerk, at, called, scene};

fn enter(sandbox: &Sandbox, fields: Value) -> u64 {
    sandbox.add_document(fields).unwrap()
}

/// A receipt of the whole of an invoice.
fn receipt(sandbox: &Sandbox, customer: u64, invoice: u64) -> u64 {
    let associated = json!([{ "associated_id": invoice, "value": "12.30" }]);
    let receipt = json!({
        "customer_id": customer, "document_type_id": 2, "net_value": "12.30", "associated_documents": associated,
    });
    enter(sandbox, receipt)
}

#[tokio::test]
async fn documents_conform() {
    let (sandbox, client) = scene().await;
    for number in 1..=30 {
        let customer = sandbox.add_customer(json!({ "name": format!("Freguês {number}") })).unwrap();
        let invoice = enter(&sandbox, json!({ "customer_id": customer, "net_value": "12.30" }));
        receipt(&sandbox, customer, invoice);
    }
    let documents = DocumentFacts::new(client);
    let (clerk, env) = (Clerk { sandbox, collection: "documents" }, SystemEnv::new());
    check_read_only(&Fixture::new(&documents, &env).person(&clerk)).await;
}

#[tokio::test]
async fn a_receipt_brings_the_invoice_that_it_pays() {
    let (sandbox, client) = scene().await;
    let customer = sandbox.add_customer(json!({ "name": "Rui" })).unwrap();
    let invoice = enter(&sandbox, json!({ "customer_id": customer, "net_value": "12.30" }));
    let other = enter(&sandbox, json!({ "customer_id": customer, "net_value": "4.00" }));
    sandbox.advance(std::time::Duration::from_secs(10));
    let begun = sandbox.server().now();
    let receipt = receipt(&sandbox, customer, invoice);

    let documents = DocumentFacts::new(client);
    let since = Cursor::Time(begun);
    let page = documents.changes(Some(&since), None).await.unwrap().unwrap();
    let ids: Vec<_> = page.records.iter().map(|row| row.at.clone()).collect();
    assert_eq!(ids, [at(receipt), at(invoice)], "and not {other}");
    let paid = &page.records[1];
    assert_eq!(paid.get("reconciled_value"), Some(&json!(12.3)));
    assert!(paid.modified_at.unwrap() < begun, "the payment did not touch it");
    let listed = documents.list(&sync_core::engine::Scope::All, None).await.unwrap();
    assert!(listed.records.contains(paid), "it is the same however it was read");

    // One that is on the page is not read again.
    let before = called(&sandbox, "documents.getOne");
    let all = documents
        .changes(Some(&Cursor::Time(moloni_client::Timestamp::UNIX_EPOCH)), None)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(all.records.len(), 3);
    assert_eq!(called(&sandbox, "documents.getOne"), before);
}
