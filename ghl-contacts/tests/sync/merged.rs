//! Where a contact went that a person merged into another one.

use ghl_contacts::Client;
use ghl_contacts::sandbox::{Edit, Sandbox};
use serde_json::{Value, json};
use sync_core::engine::{Collection, Marker, Read, Scope};

use crate::scene::{LAG, at, contacts, raw, records, scene};

fn add(sandbox: &Sandbox, name: &str, email: &str, phone: &str) -> String {
    let mut fields = raw(json!({ "name": name }));
    for (field, value) in [("email", email), ("phone", phone)] {
        if !value.is_empty() {
            fields.insert(field.to_owned(), value.into());
        }
    }
    sandbox.add_contact(Value::Object(fields)).unwrap()
}

fn edit(sandbox: &Sandbox, id: &str, fields: Value) {
    let edit = Edit::Update { collection: "contacts".to_owned(), id: id.to_owned(), fields };
    sandbox.human(edit).unwrap();
}

fn delete(sandbox: &Sandbox, id: &str) {
    sandbox.human(Edit::Delete { collection: "contacts".to_owned(), id: id.to_owned() }).unwrap();
}

/// Ana and Eva, each with an address of her own, seen by a collection.
async fn seen() -> (Sandbox, Client, impl Collection, String, String) {
    let (sandbox, client) = scene().await;
    let ana = add(&sandbox, "Ana Lopes", "ana@example.pt", "+351910000001");
    let eva = add(&sandbox, "Eva Reis", "eva@example.pt", "");
    let contacts = contacts(&client);
    assert_eq!(contacts.list(&Scope::All, None).await.unwrap().records.len(), 2);
    (sandbox, client, contacts, ana, eva)
}

#[tokio::test]
async fn a_contact_is_followed_to_the_one_that_has_its_addresses() {
    let (sandbox, _, contacts, ana, eva) = seen().await;
    sandbox.merge_contacts(&eva, &[&ana]).unwrap();
    let survivor = &records(&sandbox, "contacts")[0];
    assert_eq!(survivor["additionalEmails"], json!([{ "email": "ana@example.pt" }]));
    assert_eq!(survivor["phone"], "+351910000001", "what she lacked");
    for _ in 0..2 {
        assert_eq!(contacts.get(&at(&ana)).await.unwrap(), Read::MovedTo(at(&eva)));
    }
    // A listing that shows the survivor first changes nothing.
    tokio::time::sleep(LAG * 2).await;
    contacts.list(&Scope::All, None).await.unwrap();
    assert_eq!(contacts.get(&at(&ana)).await.unwrap(), Read::MovedTo(at(&eva)));
}

#[tokio::test]
async fn a_contact_is_followed_by_its_marker() {
    let (sandbox, client) = scene().await;
    let contacts = contacts(&client);
    contacts.complete_set_up().await.unwrap();
    let eva = add(&sandbox, "Eva Reis", "eva@example.pt", "");
    let marker = Marker::new("link-1");
    let ana = contacts.create(&Scope::All, &raw(json!({ "name": "Ana" })), &marker).await.unwrap().id;
    tokio::time::sleep(LAG * 2).await;
    contacts.list(&Scope::All, None).await.unwrap();
    sandbox.merge_contacts(&eva, &[ana.as_str()]).unwrap();
    tokio::time::sleep(LAG * 2).await;
    assert_eq!(contacts.get(&at(ana.as_str())).await.unwrap(), Read::MovedTo(at(&eva)));
}

#[tokio::test]
async fn a_contact_that_was_deleted_is_gone_whoever_looks_like_it() {
    // Nobody has her addresses now.
    let (sandbox, _, contacts, ana, _) = seen().await;
    delete(&sandbox, &ana);
    assert_eq!(contacts.get(&at(&ana)).await.unwrap(), Read::Gone);

    // Somebody typed her in anew.
    let (sandbox, _, contacts, ana, _) = seen().await;
    delete(&sandbox, &ana);
    add(&sandbox, "Ana Lopes", "ana@example.pt", "+351910000001");
    assert_eq!(contacts.get(&at(&ana)).await.unwrap(), Read::Gone);

    // Another has one of her two addresses.
    let (sandbox, _, contacts, ana, eva) = seen().await;
    delete(&sandbox, &ana);
    edit(&sandbox, &eva, json!({ "additionalEmails": ["ana@example.pt"] }));
    assert_eq!(contacts.get(&at(&ana)).await.unwrap(), Read::Gone);

    // We deleted her ourselves.
    let (sandbox, _, contacts, ana, eva) = seen().await;
    let seen = contacts.get(&at(&ana)).await.unwrap().found().unwrap();
    contacts.remove(&seen).await.unwrap();
    edit(&sandbox, &eva, json!({ "additionalEmails": ["ana@example.pt"], "phone": "+351910000001" }));
    assert_eq!(contacts.get(&at(&ana)).await.unwrap(), Read::Gone);
}

#[tokio::test]
async fn who_saw_nothing_before_knows_nothing_and_asks_nobody() {
    let (sandbox, client, _, ana, eva) = seen().await;
    sandbox.merge_contacts(&eva, &[&ana]).unwrap();
    let newcomer = contacts(&client);
    let before = sandbox.calls().len();
    assert_eq!(newcomer.get(&at(&ana)).await.unwrap(), Read::Gone);
    assert_eq!(sandbox.calls().len(), before + 1, "one request, for the contact itself");
}

#[tokio::test]
async fn a_merge_unites_what_both_have() {
    let (sandbox, _) = scene().await;
    let points = sandbox.add_custom_field("Points", "NUMERICAL").unwrap();
    let add = |fields: Value| sandbox.add_contact(fields).unwrap();
    let eva = add(json!({ "firstName": "Eva", "email": "eva@example.pt", "tags": ["vip"], "city": "Faro" }));
    let ana = add(json!({
        "firstName": "Ana", "email": "ana@example.pt", "tags": ["vip", "old"], "city": "Porto", "website": "ana.example.pt",
        "customFields": [{ "id": points, "field_value": 5 }],
    }));
    let rui =
        add(json!({ "firstName": "Rui", "phone": "+351910000002", "additionalEmails": ["ana2@example.pt"] }));
    let child = |kind: &str, fields: Value| {
        sandbox.human(Edit::Create { collection: kind.to_owned(), fields }).unwrap();
    };
    child("notes", json!({ "contactId": ana, "body": "Called." }));
    child(
        "tasks",
        json!({ "contactId": rui, "title": "Call", "dueDate": "2026-01-05T10:00:00Z", "completed": false }),
    );
    let one = sandbox.merge_contacts(&eva, &[&ana, &rui]).unwrap();
    let mut tags = one["tags"].as_array().unwrap().clone();
    tags.sort_by_key(ToString::to_string);
    assert_eq!(tags, ["old", "vip"]);
    assert_eq!(
        (&one["firstName"], &one["city"], &one["website"]),
        (&json!("Eva"), &json!("Faro"), &json!("ana.example.pt"))
    );
    assert_eq!((&one["email"], &one["phone"]), (&json!("eva@example.pt"), &json!("+351910000002")));
    assert_eq!(
        one["additionalEmails"],
        json!([{ "email": "ana@example.pt" }, { "email": "ana2@example.pt" }])
    );
    assert_eq!(one["customFields"], json!([{ "id": points, "value": 5 }]));
    for kind in ["notes", "tasks"] {
        assert_eq!(records(&sandbox, kind)[0]["contactId"], json!(eva), "{kind}");
    }
    assert_eq!(records(&sandbox, "contacts").len(), 1);
    for wrong in [vec![], vec![eva.as_str()], vec![ana.as_str()], vec!["nobody"]] {
        assert!(sandbox.merge_contacts(&eva, &wrong).is_err(), "{wrong:?}");
    }
}
