//! What became of a write, and what is refused before it is sent.

use std::time::Duration;

use moloni_client::sandbox::{Edit, Fault, FaultKind as Sandboxed};
use moloni_client::sync::CustomerCollection;
use moloni_client::{ErrorKind, MaturityDateId, PaymentMethodId};
use serde_json::{Value, json};
use sync_core::engine::{Collection, FaultKind, Marker, MarkerKind, Part, Read, Scope, Snapshot, WriteError};

use crate::scene::{NIFS, at, called, customers, raw, scene};

async fn marker(customers: &CustomerCollection, suggested: &str) -> Marker {
    customers.marker(&Marker::new(suggested)).await.unwrap()
}

async fn seen(customers: &CustomerCollection, id: u64) -> Snapshot {
    customers.get(&at(id)).await.unwrap().found().unwrap()
}

fn part(fields: Value) -> Part {
    Part::Fields(raw(fields))
}

#[track_caller]
fn not_applied(error: &WriteError) -> (FaultKind, String) {
    match error {
        WriteError::NotApplied(fault) => (fault.kind(), fault.to_string()),
        _ => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_sent_again_and_names_the_first() {
    let (sandbox, client) = scene().await;
    let customers = customers(&client);
    let marker = marker(&customers, "crm:customers:41").await;
    let fields = raw(json!({ "name": "Rui", "vat": NIFS[0] }));
    sandbox.fault(Fault::new(Sandboxed::LoseReply).on("customers.insert").times(1));
    let error = customers.create(&Scope::All, &fields, &marker).await.unwrap_err();
    assert!(matches!(error, WriteError::Unknown(_)), "{error}");
    let error = customers.create(&Scope::All, &fields, &marker).await.unwrap_err();
    let WriteError::Exists(id) = error else { panic!("{error}") };
    let found = customers.get(&at(id.as_str().parse().unwrap())).await.unwrap().found().unwrap();
    assert_eq!((found.marker.as_ref(), found.text("name")), (Some(&marker), "Rui"));
    assert_eq!(sandbox.state()["customers"].as_array().unwrap().len(), 1, "it is there once");
}

#[tokio::test]
async fn a_number_that_people_gave_is_no_marker() {
    let (sandbox, client) = scene().await;
    let customers = customers(&client);
    let theirs = sandbox.add_customer(json!({ "name": "Berta" })).unwrap();
    assert_eq!(seen(&customers, theirs).await.marker, None);
    let marker = marker(&customers, "crm:customers:41").await;
    let written = customers.create(&Scope::All, &raw(json!({ "name": "Rui" })), &marker).await.unwrap();
    assert_eq!(written.stored.unwrap().marker, Some(marker));
    // People's sequence goes on as if nothing had been between.
    assert_eq!(client.customers().get_next_number().await.unwrap(), "2");
}

#[tokio::test]
async fn in_sequence_a_number_that_somebody_took_is_drawn_again_and_one_that_was_given_is_told() {
    let (sandbox, client) = scene().await;
    let customers = customers(&client).in_sequence();
    let marker = Marker::new("crm:customers:41");
    let create = async |fields: Value| customers.create(&Scope::All, &raw(fields), &marker).await;
    let taken = Fault::status(200, r#"["4 number"]"#).on("customers.insert");
    sandbox.fault(taken.times(1));
    let rui = create(json!({ "name": "Rui" })).await.unwrap();
    assert_eq!(called(&sandbox, "customers.getNextNumber"), 2);
    let stored = rui.stored.unwrap();
    assert_eq!(stored.marker, None);
    let given = stored.text("number").to_owned();
    let error = create(json!({ "name": "Eva", "number": given })).await.unwrap_err();
    assert!(matches!(&error, WriteError::Exists(id) if *id == rui.id), "{error}");

    sandbox.fault(Fault::status(200, r#"["4 number"]"#).on("customers.insert"));
    let error = create(json!({ "name": "Eva" })).await.unwrap_err();
    assert_eq!(not_applied(&error).0, FaultKind::Transient);
    sandbox.clear_faults();
    sandbox.fault(Fault::new(Sandboxed::LoseReply).on("customers.insert").times(1));
    let error = create(json!({ "name": "Eva" })).await.unwrap_err();
    assert!(matches!(error, WriteError::Unknown(_)), "what may have arrived is not sent again: {error}");
}

#[tokio::test]
async fn what_moloni_ignores_shows_in_what_is_stored() {
    let (sandbox, client) = scene().await;
    let customers = customers(&client).in_sequence();
    let rui = sandbox.add_customer(json!({ "name": "Rui", "vat": NIFS[0], "number": "0007" })).unwrap();
    sandbox.add_document(json!({ "customer_id": rui, "net_value": "12.30" })).unwrap();
    let change = part(json!({ "name": "Rui Figueira", "vat": NIFS[1], "number": "0008" }));
    let written = customers.update(&seen(&customers, rui).await, &change, &Marker::new("m")).await.unwrap();
    let stored = written.stored.unwrap();
    assert_eq!(
        (stored.text("name"), stored.text("vat"), stored.text("number")),
        ("Rui Figueira", NIFS[0], "0007")
    );
}

#[tokio::test]
async fn an_update_keeps_what_others_wrote_since_it_was_read_and_writes_nothing_for_nothing() {
    let (sandbox, client) = scene().await;
    let customers = customers(&client);
    let rui = sandbox.add_customer(json!({ "name": "Rui", "email": "rui@example.pt" })).unwrap();
    let before = seen(&customers, rui).await;
    let fields = json!({ "phone": "281000001" });
    sandbox.human(Edit::Update { collection: "customers".to_owned(), id: rui.to_string(), fields }).unwrap();
    let marker = Marker::new("m");
    let written = customers.update(&before, &part(json!({ "email": null })), &marker).await.unwrap();
    let stored = written.stored.unwrap();
    assert_eq!((stored.text("email"), stored.text("phone")), ("", "281000001"));
    customers.update(&before, &part(json!({ "email": "" })), &marker).await.unwrap();
    assert_eq!(called(&sandbox, "customers.update"), 1);
}

#[tokio::test]
async fn a_lost_answer_proves_nothing_and_a_refusal_names_the_field() {
    let (sandbox, client) = scene().await;
    let customers = customers(&client);
    let rui = sandbox.add_customer(json!({ "name": "Rui" })).unwrap();
    let before = seen(&customers, rui).await;
    let marker = Marker::new("m");
    let update = async |fields: Value| customers.update(&before, &part(fields), &marker).await;
    let (kind, says) = not_applied(&update(json!({ "zip_code": "88" })).await.unwrap_err());
    assert!(kind == FaultKind::Invalid && says.contains("zip_code"), "{says}");
    for fault in
        [Fault::status(502, "<html>"), Fault::new(Sandboxed::LoseReply), Fault::new(Sandboxed::CutBody)]
    {
        sandbox.fault(fault.on("customers.update").times(1));
        let error = update(json!({ "notes": format!("{:?}", sandbox.calls().len()) })).await.unwrap_err();
        assert!(matches!(error, WriteError::Unknown(_)), "{error}");
    }
    // The write was done, and only the look at it failed.
    sandbox.fault(Fault::status(500, "").on("customers.getOne").after(1));
    let written = update(json!({ "notes": "done" })).await.unwrap();
    assert_eq!(written.stored, None);
    sandbox.clear_faults();
    assert_eq!(seen(&customers, rui).await.text("notes"), "done");
}

#[tokio::test]
async fn a_customer_who_is_used_stays_and_one_who_is_gone_is_gone() {
    let (sandbox, client) = scene().await;
    let customers = customers(&client);
    let rui = sandbox.add_customer(json!({ "name": "Rui" })).unwrap();
    sandbox.add_document(json!({ "customer_id": rui, "net_value": "12.30" })).unwrap();
    let used = seen(&customers, rui).await;
    let (kind, says) = not_applied(&customers.remove(&used).await.unwrap_err());
    assert_eq!(kind, FaultKind::Invalid);
    assert!(says.contains("is used in documents"), "{says}");

    let eva = sandbox.add_customer(json!({ "name": "Eva" })).unwrap();
    let before = seen(&customers, eva).await;
    customers.remove(&before).await.unwrap();
    assert_eq!(customers.get(&at(eva)).await.unwrap(), Read::Gone);
    assert_eq!(not_applied(&customers.remove(&before).await.unwrap_err()).0, FaultKind::Gone);
    // Deleted between the read and the write.
    sandbox.fault(Fault::status(200, r#"{"valid":0}"#).on("customers.update").times(1));
    let used = seen(&customers, rui).await;
    let error =
        customers.update(&used, &part(json!({ "name": "Ivo" })), &Marker::new("m")).await.unwrap_err();
    assert_eq!(not_applied(&error).0, FaultKind::Invalid, "they are there");
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_with_its_name_and_a_way_out() {
    let (sandbox, client) = scene().await;
    let bare = CustomerCollection::new(client.clone());
    let ours = customers(&client);
    let full = |fields: Value| {
        let mut all = raw(json!({
            "name": "Rui", "address": "Rua Um", "city": "Faro", "country_id": 1, "language_id": 1,
        }));
        all.extend(raw(fields));
        all
    };
    let before = sandbox.calls().len();
    let table = [
        (&ours, raw(json!({ "vat": NIFS[0] })), "name is what Moloni enters no customer without"),
        (
            &bare,
            full(json!({ "address": "" })),
            "address is what Moloni enters no customer without: map it, or set with `unknown_address`",
        ),
        (&bare, full(json!({ "city": null })), "city is what Moloni enters no customer without"),
        (&bare, full(json!({ "country_id": null })), "country_id is what Moloni enters no customer without"),
        (
            &bare,
            full(json!({ "language_id": null })),
            "language_id is what Moloni enters no customer without",
        ),
        (&ours, full(json!({ "number": "0041" })), "number is the marker"),
        (&ours, full(json!({ "discount": "much" })), "discount must be a number above 0"),
        (&ours, full(json!({ "payment_day": 0 })), "payment_day must be a whole number from 1 to 255"),
        (&ours, full(json!({ "salesman_id": "Ana" })), "salesman_id must be the id of a record"),
        (&ours, full(json!({ "email": 5 })), "email must be a text"),
        (
            &ours,
            full(json!({ "mail": "a" })),
            "customers have no field mail that can be written, but number, name",
        ),
        (&ours, full(json!({ "mail": null })), "customers have no field mail that can be written"),
    ];
    for (collection, fields, says) in table {
        let marker = marker(collection, "crm:1").await;
        let error = collection.create(&Scope::All, &fields, &marker).await.unwrap_err();
        let told = not_applied(&error).1;
        assert!(told.starts_with(says), "{told}");
    }
    assert_eq!(sandbox.calls().len(), before, "nothing was sent");

    let rui = sandbox.add_customer(json!({ "name": "Rui" })).unwrap();
    let row = seen(&bare, rui).await;
    let cleared = [
        (json!({ "name": null }), "name must be a text, and cannot be cleared"),
        (
            json!({ "country_id": null }),
            "country_id must be the id of a record at Moloni, and cannot be cleared",
        ),
        (json!({ "city": null }), "city cannot be cleared at Moloni"),
        (json!({ "qty_copies_document": null }), "qty_copies_document cannot be cleared at Moloni"),
    ];
    for (fields, says) in cleared {
        let told = not_applied(&bare.update(&row, &part(fields), &Marker::new("m")).await.unwrap_err()).1;
        assert!(told.starts_with(says), "{told}");
    }
    let set = Part::AddTo { field: "name".to_owned(), members: vec!["a".to_owned()] };
    assert_eq!(
        not_applied(&bare.update(&row, &set, &Marker::new("m")).await.unwrap_err()).0,
        FaultKind::Broken
    );
    assert_eq!(called(&sandbox, "customers.update"), 0);
    let fault = bare.number_prefix("100%").set_up().await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Broken);
}

#[tokio::test]
async fn defaults_stand_in_for_what_a_mapping_does_not_give() {
    let (sandbox, client) = scene().await;
    let ids = sandbox.credentials();
    let customers = customers(&client)
        .maturity_date(MaturityDateId::from(ids.maturity_date_id))
        .payment_method(PaymentMethodId::from(ids.payment_method_id))
        .number_prefix("CRM-");
    customers.set_up().await.unwrap();
    let marker = marker(&customers, "crm:1").await;
    let written =
        customers.create(&Scope::All, &raw(json!({ "name": "Rui", "vat": "" })), &marker).await.unwrap();
    let id: u64 = written.id.as_str().parse().unwrap();
    let customer = client.customers().get_one(id.into()).await.unwrap();
    assert!(customer.number.starts_with("CRM-") && customer.number.len() == 20);
    assert_eq!(customer.vat, "999999990");
    assert_eq!((customer.address.as_str(), customer.city.as_str()), ("Desconhecido", "Desconhecido"));
    assert_eq!(customer.maturity_date_id.unwrap().get(), ids.maturity_date_id);
    assert_eq!(customer.payment_method_id.unwrap().get(), ids.payment_method_id);
    let stored = written.stored.unwrap();
    assert_eq!((stored.get("address"), stored.get("salesman_id")), (Some(&Value::Null), Some(&Value::Null)));
}

#[tokio::test]
async fn what_can_be_done_follows_from_the_numbers_and_lasts_as_long_as_all_calls() {
    let (_sandbox, client) = scene().await;
    let call = Duration::from_secs(10);
    let unique = customers(&client).request_timeout(call);
    assert_eq!((unique.caps().marker, unique.caps().request_timeout), (MarkerKind::Unique, call * 2));
    let sequence = customers(&client).request_timeout(call).in_sequence();
    let keys = MarkerKind::Keys { resend: false };
    assert_eq!((sequence.caps().marker, sequence.caps().request_timeout), (keys, call * 6));
    assert_eq!(sequence.caps().unique, ["number"]);
    assert_eq!(sequence.number_prefix("S-").caps(), unique.caps());
}

#[tokio::test]
async fn another_company_is_told_before_anything_is_written() {
    let (_sandbox, client) = scene().await;
    let ours = customers(&client).identity().await.unwrap();
    assert_eq!(Some(ours), client.company().map(moloni_client::Client::account_key));
    let other = customers(&client.for_company(77_777.into()));
    let fault = other.identity().await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Auth);
    let source = std::error::Error::source(&fault).and_then(|e| e.downcast_ref::<moloni_client::Error>());
    assert_eq!(source.map(moloni_client::Error::kind), Some(ErrorKind::WrongAccount));
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_passes() {
    let (sandbox, client) = scene().await;
    let customers = customers(&client);
    let id = sandbox.add_customer(json!({ "name": "Berta" })).unwrap();
    sandbox.fault(Fault::status(200, "OK").on("customers.getOne"));
    assert_eq!(customers.get(&at(id)).await.unwrap_err().kind(), FaultKind::Transient);
}
