//! Changing a customer, and being told what was not changed.

use std::sync::Arc;
use std::time::Duration;

use moloni_client::ErrorKind;
use moloni_client::sandbox::{Edit, Fault, FaultKind};
use moloni_client::types::NewCustomer;
use serde_json::json;

use crate::stage::{NIF, OTHER_NIF, Stage, invalid};

#[tokio::test]
async fn what_is_not_changed_stays() {
    let stage = Stage::new().await;
    let customers = stage.client.customers();
    let new = NewCustomer::new("0041", "Berta", NIF).email("berta@example.pt").notes("a").payment_day(8);
    let id = customers.insert(&new).await.unwrap();
    let edited = customers.edit(id, |_, fields| fields.phone("210000000")).await.unwrap();
    assert_eq!(edited.ignored, []);
    assert_eq!(NewCustomer::of(&edited.customer), new.phone("210000000"));
}

#[tokio::test]
async fn a_used_customer_s_number_and_tax_number_are_reported_as_kept() {
    let stage = Stage::new().await;
    let id = stage.customer("0007", "Ana Lda", NIF);
    stage.invoice(id);
    let change = |_: &_, fields: NewCustomer| fields.vat(OTHER_NIF).number("0008").name("Ana & Cª");
    let edited = stage.client.customers().edit(id, change).await.unwrap();
    assert_eq!(edited.customer.name, "Ana & Cª", "the rest is done");
    let told: Vec<_> =
        edited.ignored.iter().map(|i| (i.field.as_str(), i.sent.clone(), i.kept.clone())).collect();
    assert_eq!(told, [("number", json!("0008"), json!("0007")), ("vat", json!(OTHER_NIF), json!(NIF)),]);
}

#[tokio::test]
async fn nothing_is_written_if_nothing_changes() {
    let stage = Stage::new().await;
    let id = stage.customer("1", "Ana", NIF);
    let edited = stage.client.customers().edit(id, |now, fields| fields.name(&now.name)).await.unwrap();
    assert_eq!((edited.customer.name.as_str(), edited.ignored.len()), ("Ana", 0));
    assert_eq!(stage.called(), ["customers.getOne"]);
}

#[tokio::test]
async fn nobody_and_nonsense_are_errors() {
    let stage = Stage::new().await;
    let customers = stage.client.customers();
    assert!(customers.edit(7.into(), |_, fields| fields.name("x")).await.unwrap_err().is_not_found());
    let id = stage.customer("1", "Ana", NIF);
    assert_eq!(invalid(customers.edit(id, |_, fields| fields.email("nobody")).await), ["3 email"]);
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_looked_up() {
    let stage = Stage::new().await;
    let customers = stage.client.customers();
    let id = stage.customer("1", "Ana", NIF);
    stage.sandbox.fault(Fault::new(FaultKind::LoseReply).on("customers.update").times(1));
    let edited = customers.edit(id, |_, fields| fields.name("Ana Maria")).await.unwrap();
    assert_eq!((edited.customer.name.as_str(), edited.ignored.len()), ("Ana Maria", 0));
    let updates = stage.called().iter().filter(|call| *call == "customers.update").count();
    assert_eq!(updates, 1, "nothing is sent twice");

    stage.sandbox.fault(Fault::new(FaultKind::Drop).on("customers.update").times(1));
    let error = customers.edit(id, |_, fields| fields.name("Ana Rita")).await.unwrap_err();
    assert!(error.outcome_unknown(), "{error}");
    assert_eq!(customers.get_one(id).await.unwrap().name, "Ana Maria");
}

#[tokio::test]
async fn the_second_read_shows_what_somebody_else_wrote() {
    let stage = Arc::new(Stage::new().await);
    let id = stage.customer("1", "Ana", NIF);
    // The read after the update is held up: before it, a person changes the phone number.
    stage
        .sandbox
        .fault(Fault::new(FaultKind::Delay { millis: 400 }).on("customers.getOne").after(1).times(1));
    let editing = tokio::spawn({
        let stage = stage.clone();
        async move { stage.client.customers().edit(id, |_, fields| fields.phone("210000000")).await }
    });
    let phone = || {
        let held = stage.sandbox.state();
        held["customers"][0]["phone"].as_str().unwrap().to_owned()
    };
    while phone().is_empty() {
        assert!(!editing.is_finished(), "nothing was written");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let fields = json!({ "phone": "220000000" });
    let person = Edit::Update { collection: "customers".to_owned(), id: id.to_string(), fields };
    stage.sandbox.human(person).unwrap();
    let edited = editing.await.unwrap().unwrap();
    assert_eq!(edited.customer.phone, "220000000");
    let [ignored] = &edited.ignored[..] else { panic!("{:?}", edited.ignored) };
    assert_eq!((&ignored.sent, &ignored.kept), (&json!("210000000"), &json!("220000000")));
}

#[tokio::test]
async fn a_failed_second_read_does_not_hide_that_the_write_was_done() {
    let stage = Stage::new().await;
    let id = stage.customer("1", "Ana", NIF);
    let broken = Fault::status(403, "no").on("customers.getOne").after(1).times(1);
    stage.sandbox.fault(broken);
    let error = stage.client.customers().edit(id, |_, fields| fields.name("Eva")).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Refused, "customers.getOne"));
    assert_eq!(stage.client.customers().get_one(id).await.unwrap().name, "Eva");
}
