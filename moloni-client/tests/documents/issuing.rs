//! Nothing is issued twice, and nothing is closed that was not verified.

use moloni_client::sandbox::{Edit, Fault, FaultKind};
use std::sync::Arc;

use moloni_client::types::{NewAssociation, NewInvoice, NewLine, NewReceipt};
use moloni_client::{
    Amount, Client, CompanyId, Decimal, DocumentStatus, ErrorKind, Expect, HttpSettings, IssueError,
    ManualEnv,
};
use serde_json::json;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::shop::{DAY, Shop, euros};

const INVOICE: u64 = 1;
const RECEIPT: u64 = 2;

fn expected() -> Expect {
    Expect::total(euros(246_00))
}

fn reference() -> &'static str {
    "order-7"
}

impl Shop {
    async fn issue(&self) -> Result<moloni_client::Issued, IssueError> {
        self.client.invoices().issue(&self.invoice(reference()), expected()).await
    }

    /// One invoice, closed, whatever happened before.
    #[track_caller]
    fn has_one_closed_invoice(&self) {
        let invoices = self.documents(INVOICE);
        let shape: Vec<_> =
            invoices.iter().map(|row| (row["status"].clone(), row["number"].clone())).collect();
        assert_eq!(shape, [(json!(1), json!(1))]);
    }
}

#[tokio::test]
async fn six_requests_issue_a_document_and_two_find_it() {
    let shop = Shop::open().await;
    let issued = shop.issue().await.unwrap();
    let steps =
        ["getAll", "insert", "getAll", "getOne", "update", "getOne"].map(|step| format!("invoices.{step}"));
    assert_eq!(shop.calls(), steps);
    let again = shop.issue().await.unwrap();
    assert!(again.found && !issued.found);
    assert_eq!(again.detail, issued.detail);
    assert_eq!(shop.calls()[6..], ["invoices.getAll", "invoices.getOne"]);
    shop.has_one_closed_invoice();
}

#[tokio::test]
async fn a_lost_answer_at_any_step_issues_nothing_twice() {
    for operation in ["invoices.getAll", "invoices.insert", "invoices.getOne", "invoices.update"] {
        for kind in [FaultKind::LoseReply, FaultKind::CutBody, FaultKind::Drop] {
            for after in [0, 1] {
                let shop = Shop::open().await;
                shop.fault(kind.clone(), operation, after);
                let first = shop.issue().await;
                let case = format!("{kind:?} at {operation} after {after}: {first:?}");
                // What was done is found out; what never arrived at the service is not sent again by itself.
                let unknown = kind == FaultKind::Drop && after == 0;
                match (operation, &first) {
                    ("invoices.insert", Err(IssueError::InsertUnknown { error })) if unknown => {
                        assert!(error.outcome_unknown(), "{case}");
                        assert_eq!(shop.documents(INVOICE).len(), 0, "{case}");
                    }
                    ("invoices.update", Err(IssueError::CloseUnknown { document, .. })) if unknown => {
                        assert_eq!(shop.status(*document), 0, "{case}");
                    }
                    (_, Ok(_)) if !(unknown && operation.ends_with("te")) => {}
                    _ => panic!("{case}"),
                }
                if let Err(error) = &first {
                    assert!(error.is_retryable(), "{case}");
                }
                shop.sandbox.clear_faults();
                let second = shop.issue().await.unwrap();
                assert_eq!(second.detail.document.status, DocumentStatus::Closed, "{case}");
                shop.has_one_closed_invoice();
            }
        }
    }
}

#[tokio::test]
async fn a_document_that_cannot_be_read_is_not_closed() {
    let shop = Shop::open().await;
    shop.sandbox.fault(Fault::status(503, "").on("invoices.getOne"));
    let Err(IssueError::NotVerified { document, error }) = shop.issue().await else {
        panic!("it was verified")
    };
    assert_eq!((error.kind(), shop.status(document)), (ErrorKind::Server, 0));
    shop.sandbox.clear_faults();
    let issued = shop.issue().await.unwrap();
    assert!(issued.found && issued.id() == document);
    shop.has_one_closed_invoice();
}

#[tokio::test]
async fn a_closed_document_that_cannot_be_read_is_said_to_be_closed() {
    let shop = Shop::open().await;
    shop.sandbox.fault(Fault::status(503, "").on("invoices.getOne").after(1));
    let Err(IssueError::ClosedUnread { document, .. }) = shop.issue().await else { panic!("it was read") };
    assert_eq!(shop.status(document), 1);
    shop.sandbox.clear_faults();
    assert!(shop.issue().await.unwrap().found);
    shop.has_one_closed_invoice();
}

#[tokio::test]
async fn a_refused_closing_leaves_the_verified_draft() {
    let shop = Shop::open().await;
    // Another document of the series is of a later day.
    let later = json!({ "customer_id": shop.customer.get(), "net_value": 1, "date": "2026-07-02" });
    shop.sandbox.add_document(later).unwrap();
    let error = shop.issue().await.unwrap_err();
    let IssueError::NotClosed { document, error } = &error else { panic!("{error}") };
    assert_eq!((error.kind(), shop.status(*document)), (ErrorKind::Validation, 0));
    assert_eq!(error.field_errors()[0].to_string(), "12 date >= 2026-07-02 00:00:00");
}

#[tokio::test]
async fn another_total_leaves_the_draft_and_names_both() {
    let shop = Shop::open().await;
    let new = shop.invoice(reference());
    let error = shop.client.invoices().issue(&new, Expect::total(euros(246_01))).await.unwrap_err();
    let IssueError::OtherTotal { document, status, expected, found } = error else { panic!("{error}") };
    assert_eq!((expected, found, status), (euros(246_01), euros(246_00), DocumentStatus::Draft));
    assert_eq!(shop.status(document), 0);
    let line = format!("document {document} comes to 246 in place of 246.01 (Draft)");
    let error = shop.client.invoices().issue(&new, Expect::total(euros(246_01))).await.unwrap_err();
    assert_eq!(error.to_string(), line);
    assert!(!error.is_retryable());
    assert!(!shop.calls().contains(&"invoices.update".to_owned()), "nothing was closed");
    assert_eq!(shop.issue().await.unwrap().id(), document);
    shop.has_one_closed_invoice();
    // What is closed and comes to something else is not called issued.
    let error = shop.client.invoices().issue(&new, Expect::total(euros(1_00))).await.unwrap_err();
    assert!(matches!(error, IssueError::OtherTotal { status: DocumentStatus::Closed, .. }), "{error}");
}

#[tokio::test]
async fn a_total_in_another_currency_is_compared_in_it() {
    let shop = Shop::open().await;
    let rate = moloni_client::Decimal::new(11, 1);
    let new = shop.invoice(reference()).exchange(2.into(), rate);
    let error = shop.client.invoices().issue(&new, Expect::exchange_total(euros(246_00))).await.unwrap_err();
    assert!(matches!(error, IssueError::OtherTotal { .. }), "{error}");
    shop.client.invoices().issue(&new, Expect::exchange_total(euros(270_60))).await.unwrap();
}

#[tokio::test]
async fn a_reference_of_somebody_else_is_not_closed() {
    let shop = Shop::open().await;
    let other = shop.client.invoices().insert(&shop.invoice_for(shop.other, reference())).await.unwrap();
    let error = shop.issue().await.unwrap_err();
    let line =
        format!("document {other} is for customer {} in place of customer {}", shop.other, shop.customer);
    assert_eq!(error.to_string(), line);
    let IssueError::OtherCustomer { document, expected, found } = error else { panic!("{error}") };
    assert_eq!((document, expected, found), (other, Some(shop.customer), Some(shop.other)));
    assert_eq!((shop.status(other), shop.documents(INVOICE).len()), (0, 1));
}

#[tokio::test]
async fn a_draft_that_lost_what_it_settles_is_not_closed() {
    let shop = Shop::open().await;
    let order = json!({ "customer_id": shop.customer.get(), "document_type_id": 28, "net_value": 246, "date": "2026-07-01" });
    let order = shop.sandbox.add_document(order).unwrap().into();
    let left = shop.client.invoices().insert(&shop.invoice(reference())).await.unwrap();
    let new = shop.invoice(reference()).associated(NewAssociation::new(order, euros(246_00)));
    let error = shop.client.invoices().issue(&new, expected()).await.unwrap_err();
    let line = format!("document {left} is not associated with {order} (Draft)");
    assert_eq!((error.to_string(), shop.status(left)), (line, 0));
    shop.client.invoices().update(left, &new).await.unwrap();
    assert_eq!(shop.client.invoices().issue(&new, expected()).await.unwrap().id(), left);
}

#[tokio::test]
async fn a_reference_that_the_service_rewrites_is_not_closed_under() {
    crate::trace::on();
    let server = MockServer::start().await;
    let answers = [
        ("getAll", json!([])),
        ("insert", json!({ "valid": 1, "document_id": 9 })),
        (
            "getOne",
            json!({
                "document_id": 9, "company_id": 5, "document_type_id": 1, "document_set_id": 3, "number": -1,
                "customer_id": 7, "date": "2026-07-01T00:00:00+0100", "lastmodified": "2026-07-01T10:00:00+0100",
                "status": 0, "net_value": 246, "our_reference": "a&amp;b",
            }),
        ),
    ];
    for (method, body) in answers {
        let answer = ResponseTemplate::new(200).set_body_json(body);
        Mock::given(path(format!("/v1/invoices/{method}/"))).respond_with(answer).mount(&server).await;
    }
    let settings = HttpSettings::new().env(Arc::new(ManualEnv::new(1)));
    let builder = Client::builder().token("s3cr3t-access").company(CompanyId::from(5)).http(settings);
    let client = builder.base_url(format!("{}/v1/", server.uri())).build().unwrap();
    let line = NewLine::new(1.into(), "x", Decimal::ONE, Decimal::ONE).exempt("M07");
    let new = NewInvoice::new(DAY, DAY, 3.into(), 7.into()).our_reference(" a&b ").line(line);
    let error = client.invoices().issue(&new, expected()).await.unwrap_err();
    assert_eq!(error.to_string(), "document 9 has another reference than was sent (Draft)");
    let sent = server.received_requests().await.unwrap();
    assert!(sent[0].body_json::<serde_json::Value>().unwrap()["our_reference"] == "a&b");
    assert!(sent.iter().all(|request| !request.url.path().contains("update")));
}

#[tokio::test]
async fn several_documents_with_the_reference_are_listed_and_none_is_closed() {
    let shop = Shop::open().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(shop.client.invoices().insert(&shop.invoice(reference())).await.unwrap());
    }
    let error = shop.issue().await.unwrap_err();
    assert!(matches!(&error, IssueError::Several { documents } if *documents == ids), "{error}");
    assert!(error.document().is_none() && error.error().is_none());
    assert!(ids.iter().all(|id| shop.status(*id) == 0));
    shop.client.invoices().delete(ids[0]).await.unwrap();
    assert_eq!(shop.issue().await.unwrap().id(), ids[1]);
}

#[tokio::test]
async fn an_annulled_document_keeps_its_reference() {
    let shop = Shop::open().await;
    let first = shop.issue().await.unwrap().id();
    shop.client.documents().cancel(first, "").await.unwrap();
    let error = shop.issue().await.unwrap_err();
    assert!(matches!(error, IssueError::Annulled { document } if document == first), "{error}");
    assert_eq!(shop.documents(INVOICE).len(), 1);
}

#[tokio::test]
async fn two_calls_at_once_close_at_most_one() {
    let shop = Shop::open().await;
    for _ in 0..8 {
        shop.sandbox.reset();
        let customer =
            shop.sandbox.add_customer(json!({ "name": "Nova Inventada", "number": "900" })).unwrap();
        let new = shop.invoice_for(customer.into(), reference());
        let invoices = shop.client.invoices();
        let (one, other) = tokio::join!(invoices.issue(&new, expected()), invoices.issue(&new, expected()));
        let closed = shop.documents(INVOICE).iter().filter(|row| row["status"] == 1).count();
        assert!(closed <= 1, "{one:?} {other:?}");
        for result in [one, other] {
            assert!(matches!(result, Ok(_) | Err(IssueError::Several { .. })), "{result:?}");
        }
    }
}

#[tokio::test]
async fn a_document_without_its_reference_or_with_a_wrong_line_is_not_sent() {
    let shop = Shop::open().await;
    let bare = moloni_client::types::NewInvoice::new(DAY, DAY, shop.set, shop.customer);
    let cases = [
        (bare.clone().line(shop.line(1, 1_00)), "the document has no our_reference to be found again by"),
        (bare.clone().your_reference("x").line(shop.line(1, 1_00)), "no our_reference"),
        (bare.our_reference("x"), "it has no lines"),
    ];
    for (new, why) in cases {
        let error = shop.client.invoices().issue(&new, expected()).await.unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
        assert_eq!(error.error().unwrap().kind(), ErrorKind::Request);
    }
    assert!(shop.calls().is_empty());
}

#[tokio::test]
async fn a_refused_insert_makes_nothing() {
    let shop = Shop::open().await;
    let error = shop.client.invoices().issue(&shop.invoice_for(1.into(), "x"), expected()).await.unwrap_err();
    let IssueError::NotMade { error } = &error else { panic!("{error}") };
    assert_eq!(error.field_errors()[0].field, "customer_id");
    assert!(shop.documents(INVOICE).is_empty());
}

#[tokio::test]
async fn a_receipt_is_found_again_by_what_it_settles() {
    let shop = Shop::open().await;
    let invoice = shop.issue().await.unwrap().id();
    let pay = async |cents: i64| {
        let value: Amount = euros(cents);
        let receipt = NewReceipt::new(DAY, shop.set, shop.customer, value)
            .associated(NewAssociation::new(invoice, value));
        shop.client.receipts().issue(&receipt, Expect::total(value)).await
    };
    shop.fault(FaultKind::LoseReply, "receipts.insert", 0);
    shop.fault(FaultKind::LoseReply, "receipts.update", 0);
    let first = pay(100_00).await.unwrap();
    assert!(pay(100_00).await.unwrap().found);
    assert_eq!(shop.documents(RECEIPT).len(), 1, "nothing twice");
    assert!(!pay(46_00).await.unwrap().found, "another amount is another receipt");
    shop.client.documents().cancel(first.id(), "").await.unwrap();
    let again = pay(100_00).await.unwrap();
    assert!(!again.found && again.id() != first.id(), "what was annulled settles nothing");
    let paid = shop.client.invoices().get_one(invoice).await.unwrap();
    assert_eq!(paid.open_value(), euros(100_00));
}

#[tokio::test]
async fn a_draft_that_a_person_changed_is_verified_as_it_is_now() {
    let shop = Shop::open().await;
    let made = shop.client.invoices().insert_or_find(&shop.invoice(reference()), expected()).await.unwrap();
    assert_eq!(shop.status(made.id()), 0, "it closes nothing");
    let edit = Edit::Update {
        collection: "documents".to_owned(),
        id: made.id().to_string(),
        fields: json!({ "net_value": 100 }),
    };
    shop.sandbox.human(edit).unwrap();
    let error = shop.issue().await.unwrap_err();
    assert!(matches!(error, IssueError::OtherTotal { .. }), "{error}");
    assert_eq!(shop.status(made.id()), 0);
}

impl Shop {
    /// Changes the total of a document as the service's own rounding would.
    fn comes_to(&self, document: moloni_client::DocumentId, total: f64) {
        let fields = json!({ "net_value": total });
        let (collection, id) = ("documents".to_owned(), document.to_string());
        self.sandbox.human(Edit::Update { collection, id, fields }).unwrap();
    }
}

#[tokio::test]
async fn a_total_that_is_off_by_less_than_half_a_cent_is_the_expected_one() {
    for (total, same) in [(246.000_000_1, true), (245.996, true), (246.005, false), (245.995, false)] {
        let shop = Shop::open().await;
        let new = shop.invoice(reference());
        let made = shop.client.invoices().insert_or_find(&new, expected()).await.unwrap().id();
        shop.comes_to(made, total);
        let issued = shop.issue().await;
        assert_eq!(issued.as_ref().ok().map(moloni_client::Issued::id), same.then_some(made), "{total}");
        if let Err(error) = issued {
            assert!(matches!(error, IssueError::OtherTotal { .. }), "{total}: {error}");
        }
        assert_eq!(shop.documents(INVOICE).len(), 1, "{total}");
    }
}

#[tokio::test]
async fn a_receipt_whose_total_is_off_by_less_than_half_a_cent_is_found_again() {
    let shop = Shop::open().await;
    let invoice = shop.issue().await.unwrap().id();
    let value: Amount = euros(100_00);
    let receipt =
        NewReceipt::new(DAY, shop.set, shop.customer, value).associated(NewAssociation::new(invoice, value));
    let pay = async || shop.client.receipts().insert_or_find(&receipt, Expect::total(value)).await;
    let first = pay().await.unwrap().id();
    shop.comes_to(first, 99.999_999_9);
    let again = pay().await.unwrap();
    assert!(again.found && again.id() == first);
    assert_eq!(shop.documents(RECEIPT).len(), 1);
}

#[test]
fn issuing_can_be_spawned() {
    fn is_send<T: Future + Send>(_: fn(Shop) -> T) {}
    async fn with(shop: Shop) {
        shop.issue().await.ok();
        shop.client.documents().pdf(1.into()).await.ok();
    }
    is_send(with);
}
