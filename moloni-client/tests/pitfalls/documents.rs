//! Documents.

use std::sync::Arc;
use std::time::Duration;

use moloni_client::jiff::civil::date;
use moloni_client::sandbox::{Config, Fault, FaultKind, Sandbox};
use moloni_client::types::{LineTax, NewAssociation, NewInvoice, NewLine};
use moloni_client::{
    Amount, Client, CompanyId, CustomerId, Date, Decimal, DocumentDetail, DocumentId, DocumentKind,
    DocumentQuery, DocumentSetId, DocumentStatus, ErrorKind, Expect, HttpSettings, LanguageId, ManualEnv,
    ProductId, TaxId, TryStreamExt,
};
use serde_json::{Map, Value, json};

const DAY: Date = date(2026, 7, 1);

struct Stage {
    sandbox: Sandbox,
    client: Client,
    customer: CustomerId,
}

impl Stage {
    async fn new() -> Self {
        crate::trace::on();
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let keys = sandbox.credentials();
        let customer =
            sandbox.add_customer(json!({ "name": "Oficina Inventada", "vat": "123456789" })).unwrap();
        let builder =
            Client::builder().token(keys.access_token.as_str()).company(CompanyId::from(keys.company_id));
        let builder = builder.http(HttpSettings::new().env(Arc::new(ManualEnv::new(1))));
        let client = builder.base_url(format!("{}/v1/", sandbox.url())).build().unwrap();
        Self { sandbox, client, customer: CustomerId::from(customer) }
    }

    fn line(&self) -> NewLine {
        let product = ProductId::from(self.sandbox.credentials().product_id);
        NewLine::new(product, "Revisão", Decimal::ONE, Decimal::from(100))
    }

    fn vat(&self, rate: i64) -> LineTax {
        LineTax::new(TaxId::from(self.sandbox.credentials().tax_id), Decimal::from(rate))
    }

    /// An invoice of 123.00.
    fn invoice(&self, reference: &str) -> NewInvoice {
        self.bare_invoice(reference).line(self.line().tax(self.vat(23)))
    }

    fn bare_invoice(&self, reference: &str) -> NewInvoice {
        let set = DocumentSetId::from(self.sandbox.credentials().document_set_id);
        NewInvoice::new(DAY, DAY, set, self.customer).our_reference(reference)
    }

    fn enter(&self, fields: &Value) -> DocumentId {
        let mut all = json!({ "customer_id": self.customer.get(), "net_value": 123, "date": "2026-07-01" });
        all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        DocumentId::from(self.sandbox.add_document(all).unwrap())
    }

    async fn read(&self, id: DocumentId) -> DocumentDetail {
        self.client.documents().get_detail(id).await.unwrap()
    }

    fn calls_of(&self, operation: &str) -> usize {
        self.sandbox.calls().iter().filter(|call| call.operation.as_deref() == Some(operation)).count()
    }
}

#[tokio::test]
async fn p14_a_payment_does_not_touch_the_invoice_and_its_receipt_names_it() {
    let stage = Stage::new().await;
    let invoice = stage.enter(&json!({}));
    let before = stage.read(invoice).await.document;
    stage.sandbox.advance(Duration::from_secs(1800));
    let since = stage.sandbox.server().now();
    stage.enter(&json!({
        "document_type_id": 2, "net_value": null,
        "associated_documents": [{ "associated_id": invoice.get(), "value": 123 }],
    }));
    let after = stage.read(invoice).await.document;
    assert_eq!((after.open_value(), after.lastmodified), (Amount::ZERO, before.lastmodified));
    let all = DocumentQuery::new;
    let invoices: Vec<_> =
        stage.client.invoices().get_modified_since(since, all()).items().try_collect().await.unwrap();
    assert!(invoices.is_empty(), "invoices alone do not tell that one is paid");
    let changed: Vec<_> =
        stage.client.documents().get_modified_since(since, all()).items().try_collect().await.unwrap();
    let named: Vec<_> = changed.iter().flat_map(|row| &row.associated_documents).collect();
    assert_eq!(named.iter().map(|link| link.associated_id).collect::<Vec<_>>(), [invoice]);
}

#[tokio::test]
async fn p15_drafts_have_no_number_and_several_share_that() {
    let stage = Stage::new().await;
    for reference in ["a", "b"] {
        stage.client.invoices().insert(&stage.invoice(reference)).await.unwrap();
    }
    let rows: Vec<_> =
        stage.client.invoices().get_all(DocumentQuery::new()).items().try_collect().await.unwrap();
    assert!(rows.iter().all(|row| row.number.is_none() && row.human_reference().is_none()));
    assert_ne!(rows[0].document_id, rows[1].document_id);
    assert_eq!(serde_json::to_value(&rows[0]).unwrap()["number"], -1);
}

#[tokio::test]
async fn p16_net_is_with_tax_and_gross_is_before_discounts() {
    let stage = Stage::new().await;
    let line = stage.line().tax(stage.vat(23)).discount(Decimal::TEN);
    let new = stage.bare_invoice("a").line(line);
    let net = Decimal::new(110_70, 2);
    let issued = stage.client.invoices().issue(&new, Expect::total(net)).await.unwrap();
    let document = issued.detail.document;
    assert_eq!(document.gross_value, Decimal::from(100).into());
    assert_eq!(document.comercial_discount_value, Decimal::TEN.into());
    assert_eq!(document.taxes_value, Decimal::new(20_70, 2).into());
    assert_eq!(document.net_value, net.into());
}

#[tokio::test]
async fn p19_a_line_bears_a_tax_with_its_rate_or_says_why_not_and_is_not_sent_otherwise() {
    let stage = Stage::new().await;
    let wrong = [
        (stage.line(), "line 2: it has neither"),
        (stage.line().tax(stage.vat(0)), "line 2: a tax has no rate"),
        (stage.line().tax(stage.vat(23)).exempt("M07"), "line 2: it has both"),
    ];
    for (line, why) in wrong {
        let new = stage.invoice("a").line(line);
        let error = stage.client.invoices().insert(&new).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request);
        assert!(error.to_string().contains(why), "{error}");
    }
    assert_eq!(stage.calls_of("invoices.insert"), 0, "nothing was sent");
    let new = stage.invoice("a").line(stage.line().exempt("M07"));
    let id = stage.client.invoices().insert(&new).await.unwrap();
    let lines = stage.read(id).await.products;
    assert_eq!((lines[0].taxes[0].rate, lines[0].exemption_reason.as_str()), (Decimal::from(23).into(), ""));
    assert_eq!((lines[1].taxes.len(), lines[1].exemption_reason.as_str()), (0, "M07"));
}

#[tokio::test]
async fn p20_associated_documents_are_sent_again_when_a_draft_is_closed() {
    let stage = Stage::new().await;
    let order = stage.enter(&json!({ "document_type_id": 28 }));
    let new = stage.invoice("a").associated(NewAssociation::new(order, Decimal::from(123)));
    let issued = stage.client.invoices().issue(&new, Expect::total(Decimal::from(123))).await.unwrap();
    let links = &issued.detail.document.associated_documents;
    assert_eq!(links.iter().map(|link| link.associated_id).collect::<Vec<_>>(), [order]);
    assert_eq!(links[0].value, Some(Decimal::from(123).into()));

    // What happens to who does not.
    let new = stage.invoice("b");
    let id = stage.client.invoices().insert(&new.associated(NewAssociation::new(order, Decimal::ZERO))).await;
    let body = json!({ "document_id": id.unwrap().get(), "status": 1 });
    let write = moloni_client::Idempotency::NotIdempotent;
    let closed: Value = stage.client.call("invoices", "update", &body, write).await.unwrap();
    let id = DocumentId::from(closed["document_id"].as_u64().unwrap());
    assert!(stage.read(id).await.document.associated_documents.is_empty());
}

#[tokio::test]
async fn p21_a_link_to_a_pdf_is_a_page_and_the_file_is_fetched_from_there_unsigned() {
    let stage = Stage::new().await;
    let invoice = stage.enter(&json!({}));
    let link = stage.client.documents().get_pdf_link(invoice).await.unwrap();
    assert!(!link.expose().contains("signed"));
    let page = moloni_client::reqwest::get(link.expose()).await.unwrap().text().await.unwrap();
    assert!(page.starts_with("<!DOCTYPE html>"), "not the file");
    let pdf = stage.client.documents().pdf(invoice).await.unwrap();
    assert!(pdf.starts_with(b"%PDF"));
    let names: Vec<_> = stage.sandbox.calls().into_iter().filter_map(|call| call.operation).collect();
    assert_eq!(names[names.len() - 3..], ["documents.getPDFLink", "documents.preview", "documents.file"]);
}

#[tokio::test]
async fn p22_an_insert_whose_answer_is_lost_is_not_sent_again_but_looked_for() {
    let stage = Stage::new().await;
    let lose = || stage.sandbox.fault(Fault::new(FaultKind::LoseReply).on("invoices.insert").times(1));
    lose();
    let error = stage.client.invoices().insert(&stage.invoice("a")).await.unwrap_err();
    assert!(error.outcome_unknown() && error.attempts() == 1, "{error}");
    assert_eq!(stage.calls_of("invoices.insert"), 1);

    let total = Expect::total(Decimal::from(123));
    let issued = stage.client.invoices().issue(&stage.invoice("a"), total).await.unwrap();
    assert!(issued.found, "what the lost insert made is used");
    lose();
    stage.client.invoices().issue(&stage.invoice("b"), total).await.unwrap();
    assert_eq!(stage.calls_of("invoices.insert"), 2);
    assert_eq!(stage.client.invoices().count(DocumentQuery::new()).await.unwrap(), 2);
}

#[tokio::test]
async fn p23_a_type_has_no_name_in_a_row_and_is_looked_up() {
    let stage = Stage::new().await;
    let guide = stage.enter(&json!({ "document_type_id": 904 }));
    let row = stage.read(guide).await.document;
    assert_eq!(row.kind(), DocumentKind::Other(904.into()), "this crate does not know its number");
    let named = row.document_type.as_ref().unwrap();
    assert!(serde_json::to_value(named).unwrap().get("title").is_none());
    let types = stage.client.documents().get_all_document_types(LanguageId::from(1)).await.unwrap();
    let label = types.iter().find(|kind| kind.document_type_id == row.document_type_id).unwrap().label();
    assert_eq!((label, named.saft_code.as_str()), ("Guia de Remessa", "GR"));
}

#[tokio::test]
async fn p28_suppliers_documents_have_no_typed_body_and_their_raw_one_is_checked() {
    let stage = Stage::new().await;
    let set = stage.sandbox.credentials().document_set_id;
    let line = json!(stage.line().tax(stage.vat(23)));
    let fields = |changes: Value| -> Map<String, Value> {
        let mut all = json!({
            "date": "2026-07-01", "expiration_date": "2026-07-01", "document_set_id": set, "supplier_id": 6,
            "products": [line],
        });
        all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        all.as_object().unwrap().clone()
    };
    let invoices = stage.client.supplier_invoices();
    for wrong in [json!({ "supplier_id": 0 }), json!({ "status": 1 }), json!({ "date": "today" })] {
        let error = invoices.insert_raw(fields(wrong)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request, "{error}");
    }
    assert_eq!(stage.calls_of("supplierInvoices.insert"), 0);
    let id = invoices.insert_raw(fields(json!({}))).await.unwrap();
    let made = invoices.get_detail(id).await.unwrap();
    assert_eq!((made.document.status, made.document.supplier_id), (DocumentStatus::Draft, Some(6.into())));
}
