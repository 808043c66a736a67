//! What became of a write that failed: provably nothing, somebody is in the way, or nobody knows.

use ghl_contacts::sandbox::{Fault, FaultKind as Sandboxed};
use ghl_contacts::sync::NoteCollection;
use serde_json::json;
use sync_core::engine::{Collection, FaultKind, Marker, Part, RecordId, RecordRef, Scope, WriteError};

use crate::scene::{at, contacts, raw, scene};

fn marker() -> Marker {
    Marker::new("link-1")
}

#[tokio::test]
async fn a_create_is_judged_by_what_the_service_can_have_done() {
    let (sandbox, client) = scene().await;
    let contacts = contacts(&client);
    contacts.complete_set_up().await.unwrap();
    let ana = sandbox.add_contact(json!({ "firstName": "Ana", "email": "ana@example.pt" })).unwrap();
    let create = async |email: &str| {
        let fields = raw(json!({ "name": "Eva", "email": email }));
        contacts.create(&Scope::All, &fields, &marker()).await.unwrap_err()
    };
    let error = create("ana@example.pt").await;
    assert!(matches!(&error, WriteError::Exists(id) if id.as_str() == ana), "{error}");
    let error = create("half an address").await;
    assert!(matches!(&error, WriteError::NotApplied(fault) if fault.kind() == FaultKind::Invalid), "{error}");

    let unknown = [
        Fault::status(502, "<html>"),
        Fault::new(Sandboxed::LoseReply),
        Fault::new(Sandboxed::CutBody),
        Fault::new(Sandboxed::Drop),
    ];
    for fault in unknown {
        sandbox.fault(fault.on("contacts.create").times(1));
        let error = create("eva@example.pt").await;
        assert!(matches!(error, WriteError::Unknown(_)), "{error}");
        sandbox.reset();
        contacts.set_up().await.unwrap();
        contacts.complete_set_up().await.unwrap();
    }
    for (status, kind) in [(401, FaultKind::Auth), (403, FaultKind::Auth), (409, FaultKind::Broken)] {
        sandbox.fault(Fault::status(status, r#"{"message":"Invalid JWT"}"#).on("contacts.create"));
        let error = create("eva@example.pt").await;
        assert!(matches!(&error, WriteError::NotApplied(fault) if fault.kind() == kind), "{error}");
        sandbox.clear_faults();
    }
}

#[tokio::test]
async fn a_refusal_after_a_lost_answer_proves_nothing() {
    let (sandbox, client) = scene().await;
    let contacts = contacts(&client);
    let ana = sandbox.add_contact(json!({ "firstName": "Ana" })).unwrap();
    let seen = contacts.get(&at(&ana)).await.unwrap().found().unwrap();
    let part = Part::Fields(raw(json!({ "city": "Faro" })));
    let refusal = || Fault::status(422, r#"{"message":["city is invalid"]}"#).on("contacts.update").times(1);

    sandbox.fault(refusal());
    let error = contacts.update(&seen, &part, &marker()).await.unwrap_err();
    assert!(matches!(&error, WriteError::NotApplied(fault) if fault.kind() == FaultKind::Invalid), "{error}");

    sandbox.fault(Fault::new(Sandboxed::LoseReply).on("contacts.update").times(1));
    sandbox.fault(refusal());
    let error = contacts.update(&seen, &part, &marker()).await.unwrap_err();
    assert!(matches!(error, WriteError::Unknown(_)), "{error}");
    let now = contacts.get(&at(&ana)).await.unwrap().found().unwrap();
    assert_eq!(now.get("city"), Some(&json!("Faro")), "the one that was lost was done");
}

#[tokio::test]
async fn what_is_gone_is_gone_for_every_write() {
    let (sandbox, client) = scene().await;
    let (contacts, notes) = (contacts(&client), NoteCollection::new(client, "erp:"));
    let ana = sandbox.add_contact(json!({ "firstName": "Ana" })).unwrap();
    let seen = contacts.get(&at(&ana)).await.unwrap().found().unwrap();
    contacts.remove(&seen).await.unwrap();
    let is_gone = |error: &WriteError| matches!(error, WriteError::NotApplied(fault) if fault.kind() == FaultKind::Gone);
    assert!(is_gone(&contacts.remove(&seen).await.unwrap_err()));
    let tags = Part::AddTo { field: "tags".to_owned(), members: vec!["a".to_owned()] };
    for part in [Part::Fields(raw(json!({ "city": "Faro" }))), tags] {
        assert!(is_gone(&contacts.update(&seen, &part, &marker()).await.unwrap_err()));
    }
    let under = Scope::Under(RecordId::new(&ana));
    let note = raw(json!({ "body": "Text" }));
    assert!(is_gone(&notes.create(&under, &note, &Marker::new("erp:1")).await.unwrap_err()));
    assert_eq!(notes.list(&under, None).await.unwrap_err().kind(), FaultKind::Gone);
}

#[tokio::test]
async fn what_a_gateway_or_the_location_says_makes_no_record_gone() {
    let (sandbox, client) = scene().await;
    let (contacts, notes) = (contacts(&client), NoteCollection::new(client, "erp:"));
    let ana = at(&sandbox.add_contact(json!({ "firstName": "Ana" })).unwrap());
    let note = RecordRef::under(ana.id.clone(), RecordId::new("n_1"));
    for (status, text, kind) in [
        (404, "Not Found", FaultKind::Transient),
        (404, "no Route matched with those values", FaultKind::Transient),
        (200, "OK", FaultKind::Transient),
        (404, "Location not found", FaultKind::Auth),
        (400, "Location is not active", FaultKind::Auth),
    ] {
        // A gateway that says yes says it in a word of its own.
        let said = if status == 200 { text.to_owned() } else { json!({ "message": text }).to_string() };
        sandbox.fault(Fault::status(status, said));
        assert_eq!(contacts.get(&ana).await.unwrap_err().kind(), kind, "{status} {text}");
        assert_eq!(notes.get(&note).await.unwrap_err().kind(), kind, "{status} {text}");
        sandbox.clear_faults();
    }
}
