//! Fields of contacts: what is written in which shape, and what is refused.

use ghl_contacts::DataType;
use ghl_contacts::sandbox::{Edit, Sandbox};
use serde_json::{Value, json};
use sync_core::engine::{Collection, Fault, FaultKind, Marker, Part, Raw, Scope, Snapshot, WriteError};

use crate::scene::{at, contacts, raw, records, scene};

fn define(sandbox: &Sandbox, name: &str, data_type: &str) {
    let mut fields = json!({ "name": name, "dataType": data_type });
    if ["SINGLE_OPTIONS", "RADIO", "CHECKBOX", "MULTIPLE_OPTIONS"].contains(&data_type) {
        fields["picklistOptions"] = json!(["Gold", "Silver"]);
    }
    sandbox.human(Edit::Create { collection: "custom_fields".to_owned(), fields }).unwrap();
}

fn refused(result: Result<impl std::fmt::Debug, WriteError>) -> Fault {
    match result {
        Err(WriteError::NotApplied(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

fn marker() -> Marker {
    Marker::new("link-1")
}

async fn create(contacts: &dyn Collection, fields: Value) -> Snapshot {
    contacts.complete_set_up().await.unwrap();
    let written = contacts.create(&Scope::All, &raw(fields), &marker()).await.unwrap();
    contacts.get(&at(written.id.as_str())).await.unwrap().found().unwrap()
}

/// Changes fields and reads the contact again.
async fn change(contacts: &dyn Collection, seen: &Snapshot, fields: Value) -> Snapshot {
    contacts.update(seen, &Part::Fields(raw(fields)), &marker()).await.unwrap();
    contacts.get(&seen.at).await.unwrap().found().unwrap()
}

#[tokio::test]
async fn custom_fields_of_every_type_are_written_and_cleared() {
    let (sandbox, client) = scene().await;
    let types = [
        ("TEXT", json!("a"), json!("a")),
        ("LARGE_TEXT", json!("a\nb"), json!("a\nb")),
        ("PHONE", json!("+351910000001"), json!("+351910000001")),
        ("NUMERICAL", json!("12.5"), json!(12.5)),
        ("MONETORY", json!("7"), json!(7)),
        ("DATE", json!("2026-12-31"), json!("2026-12-31")),
        ("SINGLE_OPTIONS", json!("gold"), json!("Gold")),
        ("RADIO", json!("Silver"), json!("Silver")),
        ("CHECKBOX", json!(["Gold"]), json!(["Gold"])),
        ("MULTIPLE_OPTIONS", json!(["gold", "Silver"]), json!(["Gold", "Silver"])),
        ("TEXTBOX_LIST", json!({ "b_1": "42" }), json!({ "b_1": "42" })),
    ];
    let values = |pick: fn(&(&str, Value, Value)) -> Value| {
        let named = types.iter().map(|row| (row.0.to_lowercase(), pick(row)));
        Value::Object(named.collect::<Raw>())
    };
    for (data_type, ..) in &types {
        define(&sandbox, &data_type.to_lowercase(), data_type);
    }
    let contacts = contacts(&client);
    let sent = json!({ "name": "Eva", "customFields": values(|row| row.1.clone()) });
    let seen = create(&contacts, sent).await;
    for (data_type, _, want) in &types {
        let path = format!("customFields.{}", data_type.to_lowercase());
        assert_eq!(seen.get(&path), Some(want), "{data_type}");
    }
    let cleared = change(&contacts, &seen, json!({ "customFields": values(|_| Value::Null) })).await;
    for (data_type, ..) in &types {
        let path = format!("customFields.{}", data_type.to_lowercase());
        assert_eq!(cleared.get(&path), Some(&Value::Null), "{data_type}");
    }
    assert_eq!(cleared.marker, Some(marker()));
}

#[tokio::test]
async fn what_the_service_would_drop_is_refused_before_it_is_sent() {
    let (sandbox, client) = scene().await;
    define(&sandbox, "Plan", "RADIO");
    define(&sandbox, "Points", "NUMERICAL");
    define(&sandbox, "Papers", "FILE_UPLOAD");
    let contacts = contacts(&client);
    let seen = create(&contacts, json!({ "name": "Eva" })).await;
    let puts =
        || sandbox.calls().iter().filter(|call| call.operation.as_deref() == Some("contacts.update")).count();
    let table = [
        (
            json!({ "customFields": { "Plan": "Iron" } }),
            FaultKind::Invalid,
            "\"Plan\" (RADIO) has no such option",
        ),
        (
            json!({ "customFields": { "Points": "many" } }),
            FaultKind::Invalid,
            "customFields.Points must be a number",
        ),
        (json!({ "customFields": { "Papers": "a" } }), FaultKind::Broken, "\"Papers\" (FILE_UPLOAD)"),
        (
            json!({ "customFields": { "Nobody's": "a" } }),
            FaultKind::Broken,
            "no custom field has the id, key or name",
        ),
        (
            json!({ "customFields": { "plan": "Gold" } }),
            FaultKind::Broken,
            "\"plan\" is the custom field \"Plan\"",
        ),
        (json!({ "customFields": "a" }), FaultKind::Broken, "customFields are written each by its name"),
        (json!({ "country": null }), FaultKind::Invalid, "country cannot be cleared"),
        (json!({ "gender": "female" }), FaultKind::Broken, "with a new contact only"),
        (json!({ "tags": ["a"] }), FaultKind::Broken, "tags are written by their members"),
        (
            json!({ "additionalEmails": ["a@example.pt"] }),
            FaultKind::Broken,
            "gives additionalEmails and takes none",
        ),
        (
            json!({ "shoeSize": "42" }),
            FaultKind::Broken,
            "no field shoeSize that can be written, but firstName",
        ),
        (json!({ "dateOfBirth": "25.9.1990" }), FaultKind::Invalid, "dateOfBirth must be a date"),
        (json!({ "city": 5 }), FaultKind::Invalid, "city must be a text"),
        (json!({ "dnd": "perhaps" }), FaultKind::Invalid, "dnd must be true or false"),
    ];
    for (fields, kind, says) in table {
        let fault = refused(contacts.update(&seen, &Part::Fields(raw(fields)), &marker()).await);
        assert_eq!(fault.kind(), kind, "{fault}");
        assert!(fault.to_string().contains(says), "{fault}");
    }
    for field in ["city", "additionalPhones"] {
        let part = Part::AddTo { field: field.to_owned(), members: vec!["a".to_owned()] };
        let fault = refused(contacts.update(&seen, &part, &marker()).await);
        assert!(fault.to_string().contains("is no set"), "{fault}");
    }
    assert_eq!(puts(), 0);
}

#[tokio::test]
async fn a_field_that_somebody_defines_later_is_found_without_a_restart() {
    let (sandbox, client) = scene().await;
    let contacts = contacts(&client);
    let seen = create(&contacts, json!({ "name": "Eva" })).await;
    define(&sandbox, "Cust. no.", "TEXT");
    // The names that are known are not looked up again for a minute.
    let fault = refused(
        contacts
            .update(&seen, &Part::Fields(raw(json!({ "customFields": { "cust__no_": "17" } }))), &marker())
            .await,
    );
    assert_eq!(fault.kind(), FaultKind::Broken);
    assert!(contacts.set_up().await.unwrap().missing.is_empty());
    let key = records(&sandbox, "customFields").iter().find(|field| field["name"] == "Cust. no.").unwrap()["fieldKey"].clone();
    let key = key.as_str().unwrap().trim_start_matches("contact.").to_owned();
    let changed = change(&contacts, &seen, json!({ "customFields": { key.as_str(): "17" } })).await;
    assert_eq!(
        changed.get(&format!("customFields.{key}")),
        Some(&json!("17")),
        "a name with a dot goes by its key"
    );
}

#[tokio::test]
async fn a_new_contact_gets_its_gender_tags_and_followers() {
    let (sandbox, client) = scene().await;
    let user = sandbox.credentials().user_id.clone();
    let contacts = contacts(&client).custom_field("NIF", DataType::Text);
    let fields = json!({
        "name": "Eva Reis", "gender": "female", "tags": ["vip"], "followers": [user], "phone": null, "city": "",
        "customFields": { "NIF": null },
    });
    let seen = create(&contacts, fields).await;
    assert_eq!(seen.get("tags"), Some(&json!(["vip"])));
    assert_eq!(seen.get("followers"), Some(&json!([user])));
    assert_eq!(seen.get("gender"), None, "nobody is told");
    assert_eq!((seen.get("firstName"), seen.get("lastName")), (Some(&json!("Eva")), Some(&json!("Reis"))));
    let changed = change(&contacts, &seen, json!({ "firstName": "Eva Maria", "lastName": null })).await;
    assert_eq!(changed.get("name"), Some(&json!("Eva Maria")));
    let nobody = change(&contacts, &changed, json!({ "name": null })).await;
    assert_eq!((nobody.get("name"), nobody.get("firstName")), (Some(&Value::Null), Some(&Value::Null)));
    for empty in ["phone", "city", "customFields.NIF", "email", "timezone"] {
        assert_eq!(seen.get(empty), Some(&Value::Null), "{empty} is known to be empty");
    }
}

#[tokio::test]
async fn followers_that_cannot_be_written_cost_no_contact() {
    use ghl_contacts::sandbox::Fault;
    let (sandbox, client) = scene().await;
    let contacts = contacts(&client);
    contacts.complete_set_up().await.unwrap();
    sandbox.fault(Fault::status(422, r#"{"message":["followers is invalid"]}"#).on("followers.add"));
    let fields = raw(json!({ "name": "Eva", "followers": ["user_one"] }));
    let written = contacts.create(&Scope::All, &fields, &marker()).await.unwrap();
    let stored = written.stored.unwrap();
    assert_eq!(stored.get("followers"), None, "not known, so looked at again");
    assert_eq!(stored.marker, Some(marker()));
}
