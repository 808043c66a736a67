//! Every type of document reads alike; each writes what it can.

use moloni_client::resources::{DocumentsOf, OfDocument};
use moloni_client::types::{
    Delivery, NewBillOfLading, NewCustomerReturnNote, NewDebitNote, NewDeliveryNote, NewEstimate,
    NewGlobalGuide, NewInvoiceReceipt, NewOwnAssetsMovementGuide, NewPaymentReturn, NewPurchaseOrder,
    NewSimplifiedInvoice, NewWaybill,
};
use moloni_client::{
    CountryId, DocumentId, DocumentQuery, DocumentTypeId, ErrorKind, Expect, LanguageId, Timestamp,
    TryStreamExt,
};
use serde_json::{Map, Value, json};

use crate::shop::{DAY, Shop, euros};

/// Reads by every read, and finds `made` and nothing else.
async fn reads<T: OfDocument + std::fmt::Debug>(handle: DocumentsOf<'_, T>, made: DocumentId) {
    let all = DocumentQuery::new;
    let rows: Vec<_> = handle.get_all(all()).items().try_collect().await.unwrap();
    assert_eq!(rows.iter().map(|row| row.document_id).collect::<Vec<_>>(), [made], "{handle:?}");
    assert_eq!(handle.count(all()).await.unwrap(), 1);
    let detail = handle.get_detail(made).await.unwrap();
    assert_eq!(detail.document.associated_documents.len(), rows[0].associated_documents.len());
    assert_eq!(handle.find_one(made).await.unwrap().unwrap().document_id, made);
    let since: Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(handle.count_modified_since(since, all()).await.unwrap(), 1);
    let changed: Vec<_> = handle.get_modified_since(since, all()).items().try_collect().await.unwrap();
    assert_eq!(changed, rows);
    assert!(handle.find_one(DocumentId::from(1)).await.unwrap().is_none());
    handle.delete(made).await.unwrap();
    assert_eq!(handle.count(all()).await.unwrap(), 0);
}

#[tokio::test]
async fn each_customers_type_is_written_and_read() {
    let shop = Shop::open().await;
    let (client, set, customer) = (&shop.client, shop.set, shop.customer);
    let line = || shop.line(1, 10_00);
    let travel = Delivery::at(DAY.at(9, 0, 0, 0)).from("Rua A", "1000-001", "Lisboa", CountryId::from(1)).to(
        "Rua B",
        "4000-001",
        "Porto",
        CountryId::from(1),
    );
    macro_rules! check {
        ($($handle:ident: $new:expr;)+) => {$(
            let made = client.$handle().insert(&$new).await.unwrap();
            reads(client.$handle(), made).await;
        )+};
    }
    check! {
        invoices: shop.invoice("a");
        invoice_receipts: NewInvoiceReceipt::new(DAY, DAY, set, customer).line(line());
        simplified_invoices: NewSimplifiedInvoice::new(DAY, DAY, set, customer).line(line());
        debit_notes: NewDebitNote::new(DAY, DAY, set, customer).line(line());
        estimates: NewEstimate::new(DAY, DAY, set, customer).line(line());
        purchase_orders: NewPurchaseOrder::new(DAY, DAY, set, customer).line(line());
        delivery_notes: NewDeliveryNote::new(DAY, set, customer, &travel).line(line());
        bills_of_lading: NewBillOfLading::new(DAY, set, customer, &travel).line(line());
        waybills: NewWaybill::new(DAY, set, customer, &travel).line(line());
        customer_return_notes: NewCustomerReturnNote::new(DAY, set, customer, &travel).line(line());
        own_assets_movement_guides: NewOwnAssetsMovementGuide::new(DAY, set, customer, &travel).line(line());
        global_guides: NewGlobalGuide::new(DAY, set, DocumentTypeId::from(15), &travel).line(line());
    }
}

/// A body by the service's own names.
fn raw(shop: &Shop, party: &str, id: u64) -> Map<String, Value> {
    let line = json!(shop.line(1, 10_00));
    let fields = json!({
        "date": "2026-07-01", "expiration_date": "2026-07-31", "document_set_id": shop.set, party: id,
        "products": [line],
    });
    fields.as_object().unwrap().clone()
}

#[tokio::test]
async fn what_has_no_typed_body_is_written_as_it_is_given() {
    let shop = Shop::open().await;
    let client = &shop.client;
    macro_rules! check {
        ($($handle:ident)+) => {$(
            let mut fields = raw(&shop, "supplier_id", 4);
            let made = client.$handle().insert_raw(fields.clone()).await.unwrap();
            fields.insert("notes".to_owned(), "x".into());
            client.$handle().update_raw(made, fields).await.unwrap();
            assert_eq!(client.$handle().get_detail(made).await.unwrap().notes, "x");
            reads(client.$handle(), made).await;
        )+};
    }
    check! {
        supplier_purchase_orders supplier_invoices supplier_simplified_invoices supplier_credit_notes
        supplier_debit_notes supplier_return_notes supplier_warranty_requests
    }
    let made =
        client.internal_documents().insert_raw(raw(&shop, "customer_id", shop.customer.get())).await.unwrap();
    reads(client.internal_documents(), made).await;
    let error = client.supplier_receipts().insert_raw(Map::new()).await.unwrap_err();
    let shown = "supplierReceipts.insert: date: expected a day as YYYY-MM-DD (nothing was sent)";
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Request, shown));
}

#[tokio::test]
async fn money_is_returned_by_a_type_of_its_own() {
    let shop = Shop::open().await;
    let total = Expect::total(euros(246_00));
    let invoice = shop.client.invoices().issue(&shop.invoice("a"), total).await.unwrap();
    let back = NewPaymentReturn::new(DAY, shop.set, shop.customer, euros(5_00))
        .associated(moloni_client::types::NewAssociation::new(invoice.id(), euros(5_00)));
    let made = shop.client.payment_returns().insert(&back).await.unwrap();
    reads(shop.client.payment_returns(), made).await;
    assert_eq!(shop.client.supplier_receipts().count(DocumentQuery::new()).await.unwrap(), 0);
}

#[tokio::test]
async fn a_transport_gets_its_code_and_is_not_cancelled_then() {
    let shop = Shop::open().await;
    let guide = NewBillOfLading::new(DAY, shop.set, shop.customer, &Delivery::at(DAY.at(9, 0, 0, 0)))
        .your_reference("carga-1")
        .line(shop.line(1, 10_00));
    let guide = shop.client.bills_of_lading().issue(&guide, Expect::total(euros(12_30))).await.unwrap();
    shop.client.bills_of_lading().set_transport_code(guide.id(), "AT-1").await.unwrap();
    let read = shop.client.bills_of_lading().get_detail(guide.id()).await.unwrap();
    assert_eq!(read.document.transport_code, "AT-1");
    assert_eq!(read.delivery_datetime.as_deref(), Some("2026-07-01 09:00:00"));
    assert_eq!(shop.client.documents().cancel(guide.id(), "").await.unwrap_err().kind(), ErrorKind::Refused);
}

#[tokio::test]
async fn a_reference_of_multibanco_is_made_found_paid_and_deleted() {
    let shop = Shop::open().await;
    let total = Expect::total(euros(246_00));
    let invoice = shop.client.invoices().issue(&shop.invoice("a"), total).await.unwrap().id();
    let made = shop.client.invoices().generate_mb_reference(invoice, euros(246_00)).await.unwrap();
    assert_eq!(made.value, Some(euros(246_00)));
    let documents = shop.client.documents();
    let found = documents.get_by_mb_reference(&made.entity, &made.reference).await.unwrap();
    assert_eq!(found.iter().map(|row| row.document_id).collect::<Vec<_>>(), [invoice]);
    assert!(documents.get_by_mb_reference(&made.entity, "0").await.unwrap().is_empty());
    let reference = made.reference_id.unwrap();
    documents.set_mb_reference_as_paid(invoice, reference).await.unwrap();
    let detail = documents.get_detail(invoice).await.unwrap();
    assert_eq!(detail.mb_references[0].extra["paid"], 1);
    documents.delete_mb_reference(invoice, reference).await.unwrap();
    assert!(documents.get_detail(invoice).await.unwrap().mb_references.is_empty());
    assert!(documents.delete_mb_reference(invoice, reference).await.is_err());
}

#[tokio::test]
async fn types_have_names_and_all_documents_are_counted() {
    let shop = Shop::open().await;
    let types = shop.client.documents().get_all_document_types(LanguageId::from(1)).await.unwrap();
    let invoice = types.iter().find(|kind| kind.saft_code == "FT").unwrap();
    assert_eq!((invoice.label(), invoice.kind()), ("Fatura", moloni_client::DocumentKind::Invoice));
    shop.client.invoices().insert(&shop.invoice("a")).await.unwrap();
    let since = "2020-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(shop.client.documents().count_modified_since(since, DocumentQuery::new()).await.unwrap(), 1);
}
