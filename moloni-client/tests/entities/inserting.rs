//! Entering a customer once, whatever happens.

use moloni_client::CustomerId;
use moloni_client::sandbox::{Fault, FaultKind};
use moloni_client::types::NewCustomer;
use moloni_client::writing::{InsertOrFindError, Placed};
use serde_json::json;

use crate::stage::{NIF, OTHER_NIF, Stage, invalid};

fn berta() -> NewCustomer {
    NewCustomer::unnumbered("Berta Inventada", NIF).email("berta@example.pt")
}

/// A final consumer.
fn eva() -> NewCustomer {
    NewCustomer::unnumbered("Eva", NewCustomer::FINAL_CONSUMER).email("eva@example.pt")
}

fn inserts(stage: &Stage) -> usize {
    stage.called().iter().filter(|call| *call == "customers.insert").count()
}

/// Insists that the customer was not there before.
#[track_caller]
fn inserted(result: Result<Placed, InsertOrFindError>) -> CustomerId {
    match result.unwrap() {
        Placed::Inserted(id) => id,
        Placed::Found(customer) => panic!("they were found: {}", customer.customer_id),
    }
}

#[tokio::test]
async fn a_customer_is_entered_once() {
    let stage = Stage::new().await;
    stage.customer("0041", "Ana", OTHER_NIF);
    let customers = stage.client.customers();
    let id = inserted(customers.insert_or_find(&berta()).await);
    assert_eq!(customers.get_one(id).await.unwrap().number, "0042");

    // Whatever the name, and however the number is written.
    let again = berta().name("B. Inventada").vat(" PT 123 456 789");
    let found = customers.insert_or_find(&again).await.unwrap();
    assert_eq!(found.customer_id(), id);
    let Placed::Found(customer) = found else { panic!("they were entered again") };
    assert_eq!((customer.name.as_str(), inserts(&stage)), ("Berta Inventada", 1));
}

#[tokio::test]
async fn part_of_a_tax_number_is_nobody_s() {
    let stage = Stage::new().await;
    stage.sandbox.add_customer(json!({ "name": "Longe", "vat": "1234567890", "country_id": 70 })).unwrap();
    inserted(stage.client.customers().insert_or_find(&berta()).await);
}

#[tokio::test]
async fn final_consumers_are_found_by_e_mail_among_themselves() {
    let stage = Stage::new().await;
    let customers = stage.client.customers();
    let shop = NewCustomer::new("1", "Loja", NIF).email("eva@example.pt");
    customers.insert(&shop).await.unwrap();
    let id = inserted(customers.insert_or_find(&eva()).await);
    for vat in ["999999990", "", "999999999", "000000000", "111111111"] {
        let found = customers.insert_or_find(&eva().vat(vat).email("EVA@example.pt")).await.unwrap();
        assert_eq!(found.customer_id(), id, "{vat}");
    }
    assert_eq!(customers.get_one(id).await.unwrap().vat, NewCustomer::FINAL_CONSUMER);

    let nameless = NewCustomer::unnumbered("Consumidor Final", "");
    let first = inserted(customers.insert_or_find(&nameless).await);
    let second = inserted(customers.insert_or_find(&nameless).await);
    assert_ne!(first, second, "without an e-mail address nobody can be found");
}

#[tokio::test]
async fn several_with_the_same_tax_number_are_listed_and_none_is_guessed() {
    let stage = Stage::new().await;
    let (one, two) = (stage.customer("1", "Berta", NIF), stage.customer("2", "Berta", NIF));
    let error = stage.client.customers().insert_or_find(&berta()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("customers.getByVat: 2 customers have what was looked for: {two}, {one}")
    );
    let InsertOrFindError::Ambiguous { customers, .. } = error else { panic!("{error}") };
    assert_eq!((customers, inserts(&stage)), (vec![two, one], 0));
}

#[tokio::test]
async fn a_number_that_somebody_else_took_is_asked_for_again() {
    let stage = Stage::new().await;
    stage.customer("0007", "Ana", OTHER_NIF);
    let taken = |times| Fault::status(200, r#"{"number":"0007"}"#).on("customers.getNextNumber").times(times);
    stage.sandbox.fault(taken(2));
    let customers = stage.client.customers();
    let id = inserted(customers.insert_or_find(&berta()).await);
    assert_eq!((customers.get_one(id).await.unwrap().number.as_str(), inserts(&stage)), ("0008", 3));

    stage.sandbox.fault(taken(3));
    let InsertOrFindError::Call(error) = customers.insert_or_find(&eva()).await.unwrap_err() else {
        panic!("nobody was found")
    };
    assert_eq!(invalid::<()>(Err(error)), ["4 number"]);
    assert_eq!(inserts(&stage), 6, "three tries, no more");
}

#[tokio::test]
async fn a_number_of_one_s_own_is_tried_once() {
    let stage = Stage::new().await;
    stage.customer("0007", "Ana", OTHER_NIF);
    let customers = stage.client.customers();
    let error = customers.insert_or_find(&berta().number("0007")).await.unwrap_err();
    let InsertOrFindError::Call(error) = error else { panic!("nobody was found") };
    assert_eq!(invalid::<()>(Err(error)), ["4 number"]);
    assert_eq!(inserts(&stage), 1);
    let id = inserted(customers.insert_or_find(&berta().number("B-1")).await);
    assert_eq!(customers.get_one(id).await.unwrap().number, "B-1");
}

#[tokio::test]
async fn other_errors_are_not_tried_again() {
    let stage = Stage::new().await;
    let error = stage.client.customers().insert_or_find(&berta().zip_code("4700")).await.unwrap_err();
    let InsertOrFindError::Call(error) = error else { panic!("nobody was found") };
    assert_eq!(invalid::<()>(Err(error)), ["7 zip_code"]);
    assert_eq!(inserts(&stage), 1);
}

#[tokio::test]
async fn an_insert_whose_answer_is_lost_is_looked_up_before_anything_else_is_sent() {
    for new in [berta(), NewCustomer::unnumbered("Consumidor Final", "")] {
        let stage = Stage::new().await;
        stage.sandbox.fault(Fault::new(FaultKind::LoseReply).on("customers.insert").times(1));
        let id = inserted(stage.client.customers().insert_or_find(&new).await);
        assert_eq!((stage.client.customers().count().await.unwrap(), inserts(&stage)), (1, 1));
        let calls = stage.called();
        let at = calls.iter().position(|call| call == "customers.insert").unwrap();
        assert_eq!(calls[at + 1], "customers.getByNumber");
        assert!(stage.client.customers().find_one(id).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn an_insert_that_may_still_arrive_is_not_sent_again() {
    let stage = Stage::new().await;
    stage.sandbox.fault(Fault::new(FaultKind::Drop).on("customers.insert").times(1));
    let error = stage.client.customers().insert_or_find(&berta()).await.unwrap_err();
    let InsertOrFindError::Call(error) = error else { panic!("nobody was found") };
    assert!(error.outcome_unknown(), "{error}");
    assert_eq!((stage.client.customers().count().await.unwrap(), inserts(&stage)), (0, 1));
    inserted(stage.client.customers().insert_or_find(&berta()).await);
}

#[tokio::test]
async fn a_lost_insert_under_a_number_that_is_another_s_is_repeated_under_the_next() {
    let stage = Stage::new().await;
    stage.customer("0007", "Ana", OTHER_NIF);
    stage.sandbox.fault(Fault::status(200, r#"{"number":"0007"}"#).on("customers.getNextNumber").times(1));
    stage.sandbox.fault(Fault::new(FaultKind::LoseReply).on("customers.insert").times(1));
    let customers = stage.client.customers();
    let id = inserted(customers.insert_or_find(&berta()).await);
    assert_eq!((customers.get_one(id).await.unwrap().number.as_str(), inserts(&stage)), ("0008", 2));
}

#[tokio::test]
async fn calls_can_move_between_threads() {
    fn moves<T: Send>(future: T) -> T {
        future
    }
    let stage = Stage::new().await;
    let new = berta();
    let customers = stage.client.customers();
    let id = inserted(moves(customers.insert_or_find(&new)).await);
    moves(customers.edit(id, |_, fields| fields.city("Faro"))).await.unwrap();
    moves(stage.client.products().count(None)).await.unwrap();
    moves(stage.client.document_sets().get_all()).await.unwrap();
}
