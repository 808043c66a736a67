//! Documents against the suite, and payments, which leave what they pay as it was.

use moloni_client::sandbox::{Edit, Sandbox};
use moloni_client::sync::DocumentFacts;
use serde_json::{Value, json};
use sync_core::SystemEnv;
use sync_core::conformance::collection::{Fixture, check_read_only};
use sync_core::engine::{Collection, Cursor, Read, Scope, Snapshot};

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

#[tokio::test]
async fn documents_conform_with_what_can_be_added_to_them() {
    let (sandbox, client) = scene().await;
    for number in 1..=30 {
        let customer = sandbox.add_customer(json!({ "name": format!("Freguês {number}") })).unwrap();
        let invoice = enter(&sandbox, json!({ "customer_id": customer, "net_value": "12.30" }));
        receipt(&sandbox, customer, invoice);
        delivery(&sandbox, customer);
    }
    let documents = DocumentFacts::new(client).settled_references().deliveries(["GT"], 60);
    let (clerk, env) = (Clerk { sandbox, collection: "documents" }, SystemEnv::new());
    check_read_only(&Fixture::new(&documents, &env).person(&clerk)).await;
}

/// A bill of lading.
fn delivery(sandbox: &Sandbox, customer: u64) -> u64 {
    let bill = json!({
        "customer_id": customer, "document_type_id": 15, "delivery_datetime": "2026-07-02 09:00:00",
        "delivery_destination_address": "Rua do Cais 4", "delivery_destination_city": "Faro",
        "delivery_destination_zip_code": "8000-100",
    });
    enter(sandbox, bill)
}

#[tokio::test]
async fn a_receipt_names_what_it_settles_and_no_page_is_read_twice() {
    let (sandbox, client) = scene().await;
    let customer = sandbox.add_customer(json!({ "name": "Rui" })).unwrap();
    let invoice = enter(&sandbox, json!({ "customer_id": customer, "net_value": "12.30" }));
    for _ in 0..120 {
        enter(&sandbox, json!({ "customer_id": customer, "net_value": "1.00" }));
    }
    let receipt = receipt(&sandbox, customer, invoice);
    let documents = DocumentFacts::new(client.clone()).settled_references();
    let plain = DocumentFacts::new(client).list(&Scope::All, None).await.unwrap();
    assert!(plain.records[0].get("settled_references").is_none(), "only if it is asked for");

    let (reads, pages) = (called(&sandbox, "documents.getOne"), called(&sandbox, "documents.getAll"));
    let (mut rows, mut page) = (Vec::new(), None);
    loop {
        let listed = documents.list(&Scope::All, page.as_ref()).await.unwrap();
        rows.extend(listed.records);
        let Some(next) = listed.next else { break };
        page = Some(next);
    }
    assert_eq!(rows.len(), 122);
    let listed = rows.iter().find(|row| row.at == at(receipt)).unwrap();
    let names = listed.get("settled_references").unwrap().as_array().unwrap();
    assert!(names[0].as_str().unwrap().starts_with("FT ") && names.len() == 1, "{names:?}");
    assert!(rows.iter().filter(|row| row.get("settled_references").is_some()).count() == 1, "receipts alone");
    assert_eq!(called(&sandbox, "documents.getOne"), reads);
    assert_eq!(called(&sandbox, "documents.getAll"), pages + 3);

    // A listing that begins anew reads anew.
    documents.list(&Scope::All, None).await.unwrap();
    assert_eq!(called(&sandbox, "documents.getAll"), pages + 4, "what is named is known now");
    let Read::Found(alone) = documents.get(&at(receipt)).await.unwrap() else { panic!("it is there") };
    assert_eq!(&alone, listed, "it is the same however it was read");
    assert_eq!(called(&sandbox, "documents.getOne"), reads + 1);
}

#[tokio::test]
async fn a_receipt_that_is_read_alone_reads_what_it_settles_once() {
    let (sandbox, client) = scene().await;
    let customer = sandbox.add_customer(json!({ "name": "Rui" })).unwrap();
    let invoice = enter(&sandbox, json!({ "customer_id": customer, "net_value": "12.30" }));
    let receipt = receipt(&sandbox, customer, invoice);
    let documents = DocumentFacts::new(client).settled_references();
    for reads in [2, 3] {
        let Read::Found(found) = documents.get(&at(receipt)).await.unwrap() else { panic!("it is there") };
        assert_eq!(found.get("settled_references").unwrap().as_array().unwrap().len(), 1);
        assert_eq!(called(&sandbox, "documents.getOne"), reads);
    }
}

#[tokio::test]
async fn a_delivery_is_read_once_for_each_time_that_its_document_is_issued() {
    let (sandbox, client) = scene().await;
    let customer = sandbox.add_customer(json!({ "name": "Rui" })).unwrap();
    let bill = delivery(&sandbox, customer);
    let invoice = enter(&sandbox, json!({ "customer_id": customer, "net_value": "12.30" }));
    let documents = DocumentFacts::new(client).deliveries(["GT"], 60);
    let row = |rows: Vec<Snapshot>, id| rows.into_iter().find(|row| row.at == at(id)).unwrap();
    let list = async || documents.list(&Scope::All, None).await.unwrap().records;

    let listed = row(list().await, bill);
    assert_eq!(listed.get("delivery_datetime"), Some(&json!("2026-07-02T09:00:00+0100")));
    assert_eq!(listed.get("delivery_destination_city"), Some(&json!("Faro")));
    assert!(row(list().await, invoice).get("delivery_datetime").is_none(), "not of other types");
    assert_eq!(called(&sandbox, "documents.getOne"), 1, "listed twice, read once");
    let Read::Found(alone) = documents.get(&at(bill)).await.unwrap() else { panic!("it is there") };
    assert_eq!(alone, listed, "it is the same however it was read");

    // Taken back, moved and issued again.
    let edit = |fields| Edit::Update { collection: "documents".into(), id: bill.to_string(), fields };
    sandbox.advance(std::time::Duration::from_secs(60));
    sandbox.human(edit(json!({ "status": 0 }))).unwrap();
    assert!(row(list().await, bill).get("delivery_datetime").is_none(), "a draft delivers nothing");
    sandbox.human(edit(json!({ "delivery_datetime": "2026-07-03 10:00:00", "status": 1 }))).unwrap();
    assert_eq!(row(list().await, bill).get("delivery_datetime"), Some(&json!("2026-07-03T10:00:00+0100")));

    let past = json!({ "customer_id": customer, "document_type_id": 15, "date": "2020-01-01" });
    let past = enter(&sandbox, past);
    assert!(row(list().await, past).get("delivery_datetime").is_none(), "too old to be read");
}
