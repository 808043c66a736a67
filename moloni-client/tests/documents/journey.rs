//! What a user writes, from the invoice to the PDF.

use std::future::ready;

use moloni_client::types::{NewAssociation, NewCreditNote, NewLine, NewPayment, NewReceipt};
use moloni_client::{Decimal, DocumentQuery, DocumentStatus, Expect, TryStreamExt};

use crate::shop::{DAY, Shop, euros};

#[tokio::test]
async fn an_invoice_is_issued_paid_credited_and_printed() {
    let shop = Shop::open().await;
    let client = &shop.client;

    // Issue it safely.
    let issued =
        client.invoices().issue(&shop.invoice("order-1"), Expect::total(euros(246_00))).await.unwrap();
    assert!(!issued.found);
    assert_eq!(issued.detail.document.human_reference().as_deref(), Some("FT 2026/1"));
    assert!(issued.detail.atcud.ends_with("-1"));

    // List what is unpaid of a year.
    let unpaid = async || -> Vec<_> {
        let year = client.invoices().get_all(DocumentQuery::new().year(2026)).items();
        year.try_filter(|invoice| ready(invoice.is_unpaid())).try_collect().await.unwrap()
    };
    let invoice = unpaid().await.remove(0);
    assert_eq!(invoice.open_value(), euros(246_00));

    // Read it with its lines.
    let detail = client.invoices().get_detail(invoice.document_id).await.unwrap();
    let line = &detail.products[0];
    assert_eq!((line.qty, line.price), (Decimal::from(4).into(), euros(50_00)));
    assert_eq!((line.taxes[0].rate, line.taxes[0].amount), (Decimal::from(23).into(), euros(46_00)));

    // Credit one of the four.
    let credit = NewCreditNote::new(DAY, shop.set, shop.customer)
        .your_reference("return-1")
        .associated(NewAssociation::new(invoice.document_id, euros(61_50)))
        .line(NewLine::crediting(line, Decimal::ONE).unwrap());
    let credit = client.credit_notes().issue(&credit, Expect::total(euros(61_50))).await.unwrap();
    assert_eq!(credit.detail.products[0].related_id, Some(line.document_product_id));

    // Make a receipt for the rest.
    let invoice = unpaid().await.remove(0);
    let open = invoice.open_value();
    assert_eq!(open, euros(184_50));
    let receipt = NewReceipt::new(DAY, shop.set, shop.customer, open)
        .associated(NewAssociation::all_of(&invoice))
        .payment(NewPayment::new(shop.method, DAY.at(12, 0, 0, 0), open));
    let receipt = client.receipts().issue(&receipt, Expect::total(open)).await.unwrap();
    assert_eq!(receipt.detail.payments[0].value, open);
    assert!(receipt.detail.products.is_empty());
    assert!(unpaid().await.is_empty());

    // Fetch the PDF.
    let pdf = client.documents().pdf(invoice.document_id).await.unwrap();
    assert!(pdf.starts_with(b"%PDF"));

    // Cancel: what is settled is not, and its receipt is.
    let error = client.documents().cancel(invoice.document_id, "engano").await.unwrap_err();
    assert_eq!(error.kind(), moloni_client::ErrorKind::Refused);
    client.documents().cancel(receipt.id(), "engano").await.unwrap();
    let receipt = client.receipts().get_one(receipt.id()).await.unwrap();
    assert_eq!(receipt.status, DocumentStatus::Annulled);
    assert_eq!(unpaid().await[0].open_value(), euros(184_50));
}

#[tokio::test]
async fn a_draft_is_changed_closed_reopened_and_deleted() {
    let shop = Shop::open().await;
    let invoices = shop.client.invoices();
    let id = invoices.insert(&shop.invoice("order-2")).await.unwrap();
    invoices.update(id, &shop.invoice("order-2").line(shop.line(1, 1_00))).await.unwrap();
    let draft = invoices.get_detail(id).await.unwrap();
    assert_eq!((draft.products.len(), draft.document.net_value), (2, euros(247_23)));
    invoices.close(&draft).await.unwrap();
    let error = invoices.update(id, &shop.invoice("order-2")).await.unwrap_err();
    assert_eq!(error.kind(), moloni_client::ErrorKind::Refused);
    let closed = invoices.get_detail(id).await.unwrap();
    let error = invoices.close(&closed).await.unwrap_err();
    assert_eq!(error.to_string(), "invoices.update: the document is no draft (nothing was sent)");
    assert!(invoices.delete(id).await.is_err());

    shop.client.documents().reopen(id, true).await.unwrap();
    let again = invoices.get_detail(id).await.unwrap();
    assert_eq!((again.document.number, again.atcud.as_str()), (None, ""));
    invoices.delete(id).await.unwrap();
    assert_eq!(invoices.find_one(id).await.unwrap(), None);
    assert!(invoices.find_detail(id).await.unwrap().is_none());
    assert!(shop.client.documents().find_detail(id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_document_reopened_without_its_conciliations_forgets_them() {
    let shop = Shop::open().await;
    let order = moloni_client::types::NewPurchaseOrder::new(DAY, DAY, shop.set, shop.customer)
        .our_reference("order-3")
        .line(shop.line(4, 50_00));
    let total = Expect::total(euros(246_00));
    let order = shop.client.purchase_orders().issue(&order, total).await.unwrap();
    let of = NewAssociation::new(order.id(), euros(246_00));
    let invoice = shop.client.invoices().issue(&shop.invoice("order-3").associated(of), total).await.unwrap();
    assert_eq!(invoice.detail.document.associated_documents[0].associated_id, order.id());
    for (keep, left) in [(true, 1), (false, 0)] {
        shop.client.documents().reopen(invoice.id(), keep).await.unwrap();
        let draft = shop.client.invoices().get_detail(invoice.id()).await.unwrap();
        assert_eq!(draft.document.associated_documents.len(), left);
        shop.client.invoices().close(&draft).await.unwrap();
    }
}
