//! What is sent has the names that the service documents. The descriptions are not part of this repository:
//! `SYNC_SHARED_DIR` says where they are.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use moloni_client::types::{
    Delivery, LineTax, NewAssociation, NewBillOfLading, NewCreditNote, NewCustomerReturnNote, NewDebitNote,
    NewDeliveryNote, NewEstimate, NewInvoice, NewInvoiceReceipt, NewLine, NewOwnAssetsMovementGuide,
    NewPayment, NewReceipt, NewSimplifiedInvoice, NewWaybill,
};
use moloni_client::{
    Client, CompanyId, CountryId, CustomerId, Decimal, DeductionId, DeliveryMethodId, DocumentId,
    DocumentLineId, DocumentSetId, HttpSettings, ManualEnv, PaymentMethodId, ProductId, RateLimit,
    SalesmanId, TaxId, VehicleId,
};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::shop::DAY;

/// What the list of names leaves out for some types, and other clients, Moloni's own plugins among them, send.
const OF_OTHERS: [&str; 7] = [
    "maturity_date_id",
    "alternate_address_id",
    "eac_id",
    "exchange_currency_id",
    "exchange_rate",
    "generate_mb_reference",
    "rappel",
];

/// The documented parameters of inserts, `None` if there are no descriptions and none are asked for.
fn descriptions() -> Option<Value> {
    let file =
        std::env::var_os("SYNC_SHARED_DIR").map(|dir| PathBuf::from(dir).join("specs/moloni/methods.json"));
    let text = file.and_then(|file| std::fs::read_to_string(file).ok());
    let required = std::env::var_os("SYNC_REQUIRE_SHARED").is_some_and(|value| value == "1");
    assert!(
        text.is_some() || !required,
        "SYNC_REQUIRE_SHARED is 1, and SYNC_SHARED_DIR names no descriptions"
    );
    Some(serde_json::from_str::<Value>(&text?).unwrap()["documented"].clone())
}

#[tokio::test]
#[allow(clippy::print_stderr, reason = "a skipped test must say so")]
async fn bodies_have_the_documented_names() {
    let Some(documented) = descriptions() else {
        eprintln!("SKIPPED: SYNC_SHARED_DIR names no descriptions");
        return;
    };
    crate::trace::on();
    let server = MockServer::start().await;
    let done = ResponseTemplate::new(200).set_body_json(json!({ "valid": 1, "document_id": 1 }));
    Mock::given(any()).respond_with(done).mount(&server).await;
    let many = RateLimit::new(100_000, std::time::Duration::from_secs(1));
    let settings = HttpSettings::new().env(Arc::new(ManualEnv::new(1))).rate_limit(many);
    let builder = Client::builder().token("s3cr3t-access").company(CompanyId::from(5)).http(settings);
    let client = builder.base_url(format!("{}/v1/", server.uri())).build().unwrap();

    let (set, customer, one) = (DocumentSetId::from(1), CustomerId::from(1), Decimal::ONE);
    let line = || {
        let line = NewLine::new(ProductId::from(1), "x", one, one).tax(LineTax::new(TaxId::from(1), one));
        line.related_id(DocumentLineId::from(1))
    };
    let of = || NewAssociation::new(DocumentId::from(1), one);
    let paid = || NewPayment::new(PaymentMethodId::from(1), DAY.at(0, 0, 0, 0), one);
    let travel = Delivery::at(DAY.at(0, 0, 0, 0))
        .method(DeliveryMethodId::from(1))
        .vehicle(VehicleId::from(1))
        .from("a", "1000-001", "b", CountryId::from(1))
        .to("a", "1000-001", "b", CountryId::from(1));
    macro_rules! whole {
        ($name:ident $($more:tt)*) => {
            $name::new(DAY, DAY, set, customer)
                .line(line())
                .our_reference("a")
                .your_reference("b")
                .associated(of())
                .related_documents_notes("c")
                .notes("d")
                .financial_discount(one)
                .special_discount(one)
                .salesman(SalesmanId::from(1), one)
                .deduction_id(DeductionId::from(1))
                .delivery(&travel)
                .maturity_date_id(1.into())
                .alternate_address_id(1.into())
                .eac_id(1.into())
                .exchange(2.into(), one)
                .generate_mb_reference()
                $($more)*
        };
    }
    client.invoices().insert(&whole!(NewInvoice)).await.unwrap();
    client.invoice_receipts().insert(&whole!(NewInvoiceReceipt.payment(paid()))).await.unwrap();
    client.simplified_invoices().insert(&whole!(NewSimplifiedInvoice.payment(paid()))).await.unwrap();
    let debit = NewDebitNote::new(DAY, DAY, set, customer).line(line()).your_reference("b").notes("d");
    client.debit_notes().insert(&debit.salesman(1.into(), one)).await.unwrap();
    let estimate = NewEstimate::new(DAY, DAY, set, customer).line(line()).your_reference("b").notes("d");
    let estimate = estimate.financial_discount(one).special_discount(one).salesman(1.into(), one);
    client.estimates().insert(&estimate.deduction_id(1.into()).delivery(&travel)).await.unwrap();
    let receipt = NewReceipt::new(DAY, set, customer, one).associated(of()).payment(paid());
    client.receipts().insert(&receipt.notes("d").related_documents_notes("c")).await.unwrap();
    let credit = NewCreditNote::new(DAY, set, customer).line(line()).associated(of()).your_reference("b");
    let credit =
        credit.financial_discount(one).salesman(1.into(), one).deduction_id(1.into()).rappel(DAY, DAY, "");
    client.credit_notes().insert(&credit.notes("d").related_documents_notes("c")).await.unwrap();
    let note = NewDeliveryNote::new(DAY, set, customer, &travel).line(line()).your_reference("b").notes("d");
    client.delivery_notes().insert(&note.associated(of()).salesman(1.into(), one)).await.unwrap();
    let guide = NewBillOfLading::new(DAY, set, customer, &travel).line(line()).your_reference("b").notes("d");
    client.bills_of_lading().insert(&guide.associated(of())).await.unwrap();
    let guide = NewWaybill::new(DAY, set, customer, &travel).line(line()).your_reference("b").notes("d");
    client.waybills().insert(&guide.associated(of()).financial_discount(one)).await.unwrap();
    let note = NewCustomerReturnNote::new(DAY, set, customer, &travel).line(line()).your_reference("b");
    client.customer_return_notes().insert(&note.associated(of()).financial_discount(one)).await.unwrap();
    let guide = NewOwnAssetsMovementGuide::new(DAY, set, customer, &travel).line(line()).your_reference("b");
    client.own_assets_movement_guides().insert(&guide.notes("d")).await.unwrap();

    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 12);
    for request in requests {
        let entity = request.url.path_segments().unwrap().nth(1).unwrap().to_owned();
        let names =
            documented[&entity]["insert"].as_array().unwrap_or_else(|| panic!("{entity} is not described"));
        let mut known: BTreeSet<&str> = names.iter().filter_map(Value::as_str).collect();
        if entity != "debitNotes" && entity != "estimates" {
            known.extend(OF_OTHERS);
        }
        let body: Value = request.body_json().unwrap();
        let unknown: Vec<_> =
            body.as_object().unwrap().keys().filter(|name| !known.contains(name.as_str())).collect();
        assert!(unknown.is_empty(), "{entity}: {unknown:?}");
    }
}
