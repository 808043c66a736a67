//! What some types of document can do, and others cannot. That each is written and read is in the table of
//! `tests/catalogue/sandbox`.

use moloni_client::types::{Delivery, NewBillOfLading};
use moloni_client::{DocumentQuery, ErrorKind, Expect, LanguageId};

use crate::shop::{DAY, Shop, euros};

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
