//! Businesses against the suite, and who is assigned to them.

use std::time::Duration;

use ghl_contacts::sandbox::{Edit, Fault, FaultKind as Sandboxed, Sandbox};
use ghl_contacts::sync::BusinessCollection;
use ghl_contacts::{BusinessId, Client, ContactId};
use serde_json::{Value, json};
use sync_core::SystemEnv;
use sync_core::conformance::collection::{Fixture, check};
use sync_core::engine::{
    Collection, FaultKind, Marker, Part, Probe, Read, RecordRef, Scope, Snapshot, WriteError,
};

use crate::scene::{Clerk, LAG, at, raw, records, scene};

fn businesses(client: &Client) -> BusinessCollection {
    BusinessCollection::new(client.clone(), "erp:").index_lag(LAG * 2)
}

fn marker(number: u32) -> Marker {
    Marker::new(format!("erp:5:company:{number}"))
}

/// So many new contacts.
fn people(sandbox: &Sandbox, count: usize) -> Vec<String> {
    (0..count).map(|n| sandbox.add_contact(json!({ "firstName": format!("Ana {n}") })).unwrap()).collect()
}

fn add(members: &[String]) -> Part {
    Part::AddTo { field: "contacts".to_owned(), members: members.to_vec() }
}

fn remove(members: &[String]) -> Part {
    Part::RemoveFrom { field: "contacts".to_owned(), members: members.to_vec() }
}

/// A new business with these contacts, as it is read once reads show them.
async fn founded(businesses: &BusinessCollection, contacts: &[String]) -> Snapshot {
    let fields = raw(json!({ "name": "Sousa e Reis", "contacts": contacts }));
    let written = businesses.create(&Scope::All, &fields, &marker(1)).await.unwrap();
    read(businesses, &RecordRef::top(written.id)).await
}

async fn read(businesses: &BusinessCollection, at: &RecordRef) -> Snapshot {
    tokio::time::sleep(LAG * 2).await;
    businesses.get(at).await.unwrap().found().unwrap()
}

fn assigned(business: &Snapshot) -> Vec<&str> {
    business.get("contacts").unwrap().as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect()
}

/// The business of a contact, as the service has it.
async fn business_of(client: &Client, contact: &str) -> Option<String> {
    let contact = client.contacts().get(&ContactId::new(contact)).await.unwrap();
    contact.business_id.map(|id| id.to_string())
}

/// How often an operation was asked for since `from`.
fn asked(sandbox: &Sandbox, from: usize, operation: &str) -> usize {
    let calls = sandbox.calls();
    calls.iter().skip(from).filter(|call| call.operation.as_deref() == Some(operation)).count()
}

#[tokio::test]
async fn businesses_conform() {
    let (sandbox, client) = scene().await;
    let ids = people(&sandbox, 3);
    let businesses = businesses(&client);
    let (clerk, env) = (Clerk { sandbox, collection: "businesses" }, SystemEnv::new());
    for change in [
        json!({ "name": "Sousa e Filhos", "website": null, "address": "Rua Dois 22", "state": null, "country": null }),
        json!({ "email": "novo@example.pt", "phone": null, "city": null, "postalCode": null, "description": null }),
        json!({ "description": "Moved to Braga\nin spring" }),
    ] {
        let fixture = Fixture::new(&businesses, &env)
            .record(json!({
                "name": "Sousa e Reis",
                "email": "geral@example.pt",
                "phone": "+351912345678",
                "website": "https://sousa.example.pt",
                "address": "Rua Primeira 11",
                "city": "Lisboa",
                "state": "Estremadura",
                "postalCode": "1000-001",
                "country": "PT",
                "description": "Buys on Mondays\nand pays on time",
                "contacts": [ids[2]],
            }))
            .record(json!({ "name": "Padaria Costa", "description": "Bakery of the corner" }))
            .record(json!({ "name": "Oficina Lopes" }))
            .change(change)
            .refused(json!({ "name": "Carpintaria Nunes", "email": "half an address" }))
            .key("name", "name")
            .set("contacts", [ids[0].as_str(), ids[1].as_str()])
            .markers(marker)
            .person(&clerk);
        check(&fixture).await;
    }
}

#[tokio::test]
async fn a_contact_that_people_moved_is_not_taken_out_of_where_it_is() {
    let (sandbox, client) = scene().await;
    let ids = people(&sandbox, 3);
    let businesses = businesses(&client);
    let ours = founded(&businesses, &ids).await;
    assert_eq!(assigned(&ours).len(), 3);
    let theirs = sandbox.credentials().business_id.clone();
    client.bulk().business(&[ContactId::new(&ids[0])], Some(&BusinessId::new(&theirs))).await.unwrap();
    let human = Edit::Delete { collection: "contacts".to_owned(), id: ids[1].clone() };
    sandbox.human(human).unwrap();

    let from = sandbox.calls().len();
    businesses.update(&ours, &remove(&ids), &marker(1)).await.unwrap();
    assert_eq!(business_of(&client, &ids[0]).await, Some(theirs.clone()));
    assert_eq!(business_of(&client, &ids[2]).await, None);
    assert_eq!(assigned(&read(&businesses, &ours.at).await), Vec::<&str>::new());
    assert_eq!(asked(&sandbox, from, "contacts.bulk_business"), 1);

    let from = sandbox.calls().len();
    businesses.update(&ours, &remove(&ids), &marker(1)).await.unwrap();
    assert_eq!(asked(&sandbox, from, "contacts.bulk_business"), 0, "there is nobody left to take out");
}

#[tokio::test]
async fn contacts_are_assigned_fifty_a_request_and_all_of_them_are_read() {
    let (sandbox, client) = scene().await;
    let ids = people(&sandbox, 120);
    let businesses = businesses(&client);
    let from = sandbox.calls().len();
    let business = founded(&businesses, &ids).await;
    assert_eq!(assigned(&business).len(), 120);
    assert_eq!(asked(&sandbox, from, "contacts.bulk_business"), 3);
    assert_eq!(asked(&sandbox, from, "contacts.by_business"), 2);
}

#[tokio::test]
async fn a_write_that_fails_on_its_way_is_not_said_to_have_done_nothing() {
    let (sandbox, client) = scene().await;
    let ids = people(&sandbox, 60);
    let businesses = businesses(&client);
    let business = founded(&businesses, &[]).await;
    let refusal = || Fault::status(422, r#"{"message":["ids is invalid"]}"#).on("contacts.bulk_business");
    sandbox.fault(refusal().after(1));
    let error = businesses.update(&business, &add(&ids), &marker(1)).await.unwrap_err();
    assert!(matches!(&error, WriteError::Unknown(fault) if fault.kind() == FaultKind::Invalid), "{error}");
    sandbox.clear_faults();
    assert_eq!(assigned(&read(&businesses, &business.at).await).len(), 50);

    sandbox.fault(refusal());
    let error = businesses.update(&business, &add(&ids), &marker(1)).await.unwrap_err();
    assert!(matches!(&error, WriteError::NotApplied(fault) if fault.kind() == FaultKind::Invalid), "{error}");
    sandbox.clear_faults();

    // What cannot end in the time that a write may take is not begun.
    let hasty = businesses.clone().request_timeout(Duration::from_millis(200));
    sandbox.fault(Fault::new(Sandboxed::Delay { millis: 500 }).on("contacts.bulk_business"));
    let from = sandbox.calls().len();
    let error = hasty.update(&business, &add(&ids), &marker(1)).await.unwrap_err();
    assert!(matches!(&error, WriteError::Unknown(fault) if fault.kind() == FaultKind::Transient), "{error}");
    assert_eq!(asked(&sandbox, from, "contacts.bulk_business"), 1);
}

#[tokio::test]
async fn a_business_whose_contacts_cannot_be_assigned_is_there_without_them() {
    let (sandbox, client) = scene().await;
    let ids = people(&sandbox, 1);
    let businesses = businesses(&client);
    sandbox.fault(Fault::status(422, r#"{"message":["ids is invalid"]}"#).on("contacts.bulk_business"));
    let fields = raw(json!({ "name": "Sousa e Reis", "contacts": ids }));
    let written = businesses.create(&Scope::All, &fields, &marker(1)).await.unwrap();
    let stored = written.stored.unwrap();
    assert_eq!((stored.text("name"), stored.get("contacts")), ("Sousa e Reis", None), "nobody has said");
    let business = read(&businesses, &RecordRef::top(written.id)).await;
    assert_eq!(assigned(&business), Vec::<&str>::new());
}

#[tokio::test]
async fn what_is_gone_is_gone_for_every_write_and_what_is_unknown_is_said_to_be() {
    let (sandbox, client) = scene().await;
    let ids = people(&sandbox, 1);
    let businesses = businesses(&client);
    let business = founded(&businesses, &ids).await;
    for fault in [Fault::status(502, "<html>"), Fault::new(Sandboxed::LoseReply), Fault::new(Sandboxed::Drop)]
    {
        sandbox.fault(fault.on("businesses.create").times(1));
        let lost = businesses.create(&Scope::All, &raw(json!({ "name": "Padaria" })), &marker(2)).await;
        assert!(matches!(lost, Err(WriteError::Unknown(_))));
        sandbox.clear_faults();
    }
    businesses.remove(&business).await.unwrap();
    let is_gone = |error: &WriteError| matches!(error, WriteError::NotApplied(fault) if fault.kind() == FaultKind::Gone);
    let name = Part::Fields(raw(json!({ "name": "Padaria" })));
    for part in [name, add(&ids), remove(&ids)] {
        let error = businesses.update(&business, &part, &marker(1)).await.unwrap_err();
        assert!(is_gone(&error), "{part:?}: {error}");
    }
    assert!(is_gone(&businesses.remove(&business).await.unwrap_err()));
    assert_eq!(businesses.get(&business.at).await.unwrap(), Read::Gone);
    assert_eq!(business_of(&client, &ids[0]).await, None);
}

#[tokio::test]
async fn a_name_is_found_however_it_is_spelt_and_a_look_costs_the_whole_list() {
    let (sandbox, client) = scene().await;
    let businesses = businesses(&client);
    for n in 0..150 {
        let fields = json!({ "name": format!("Loja {n:03}"), "description": format!("erp:5:company:{n}") });
        sandbox.human(Edit::Create { collection: "businesses".to_owned(), fields }).unwrap();
    }
    let by_name = |value: &str| Probe::Field { name: "name".to_owned(), value: value.to_owned() };
    let from = sandbox.calls().len();
    for probe in [by_name("  LOJA   149 "), Probe::Marker(marker(149))] {
        let found = businesses.find(&Scope::All, &probe, 5).await.unwrap();
        assert_eq!(found.iter().map(|hit| hit.text("name")).collect::<Vec<_>>(), ["Loja 149"]);
    }
    assert_eq!(asked(&sandbox, from, "businesses.list"), 4);
    assert_eq!(businesses.find(&Scope::All, &by_name("Loja"), 5).await.unwrap(), []);
    let by_phone = Probe::Field { name: "phone".to_owned(), value: "1".to_owned() };
    let fault = businesses.find(&Scope::All, &by_phone, 5).await.unwrap_err();
    assert!(fault.to_string().contains("cannot be looked for by phone, but by"), "{fault}");
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_with_its_name_and_a_way_out() {
    let (sandbox, client) = scene().await;
    let businesses = businesses(&client);
    let business = founded(&businesses, &[]).await;
    let before = sandbox.calls().len();
    let table: [(Value, &str); 5] = [
        (json!({ "email": "geral@example.pt" }), "name must be a text, and cannot be cleared"),
        (
            json!({ "name": "Padaria", "vat": "1" }),
            "businesses have no field vat that can be written, but name",
        ),
        (json!({ "name": "Padaria", "contacts": "c_1" }), "contacts must be a list of texts"),
        (json!({ "name": "Padaria", "city": 5 }), "city must be a text"),
        (json!({ "name": "Padaria", "phone": " " }), "phone must be a text"),
    ];
    for (fields, says) in table {
        let refused = businesses.create(&Scope::All, &raw(fields), &marker(1)).await.unwrap_err();
        let WriteError::NotApplied(fault) = &refused else { panic!("{refused}") };
        assert!(fault.to_string().starts_with(says), "{fault}");
    }
    let whole = Part::Fields(raw(json!({ "contacts": ["c_1"] })));
    let tags = Part::AddTo { field: "tags".to_owned(), members: vec!["gold".to_owned()] };
    for (part, says) in
        [(whole, "contacts is a set"), (tags, "tags is no set: the set of a business is contacts")]
    {
        let refused = businesses.update(&business, &part, &marker(1)).await.unwrap_err();
        let WriteError::NotApplied(fault) = &refused else { panic!("{refused}") };
        assert!(fault.to_string().starts_with(says), "{fault}");
    }
    let stranger = Marker::new("shop:1");
    let refused = businesses.create(&Scope::All, &raw(json!({ "name": "Padaria" })), &stranger).await;
    assert!(matches!(&refused, Err(WriteError::NotApplied(fault)) if fault.kind() == FaultKind::Broken));
    assert_eq!(sandbox.calls().len(), before, "nothing of it was sent");
    assert_eq!(records(&sandbox, "businesses").len(), 2, "ours, and the one that is always there");
    assert_eq!(businesses.get(&at("nobody")).await.unwrap(), Read::Gone);
}
