//! Contacts against the suite.

use ghl_contacts::DataType;
use ghl_contacts::sandbox::Edit;
use serde_json::json;
use sync_core::SystemEnv;
use sync_core::conformance::collection::{Fixture, check};
use sync_core::engine::{Collection, FaultKind, normalise};

use crate::scene::{Clerk, contacts, records, scene};

#[tokio::test]
async fn contacts_conform() {
    let (sandbox, client) = scene().await;
    let options =
        json!({ "name": "Interests", "dataType": "MULTIPLE_OPTIONS", "picklistOptions": ["wine", "bread"] });
    let created = Edit::Create { collection: "custom_fields".to_owned(), fields: options };
    sandbox.human(created).unwrap();
    let user = sandbox.credentials().user_id.clone();
    let contacts = contacts(&client)
        .marker_field("Our id")
        .custom_field("NIF", DataType::Text)
        .custom_field("Points", DataType::Numerical)
        .custom_field("Since", DataType::Date)
        .searched_by("vat", "NIF");
    let (clerk, env) = (Clerk { sandbox, collection: "contacts" }, SystemEnv::new());
    let fixture = Fixture::new(&contacts, &env)
        .record(json!({
            "name": "Beatriz Quintela",
            "email": "beatriz@example.pt",
            "phone": "+351912345678",
            "companyName": "Quintela e Filhos",
            "address1": "Rua Um 1",
            "city": "Lisboa",
            "state": "Estremadura",
            "postalCode": "1000-001",
            "country": "PT",
            "website": "https://beatriz.example.pt",
            "source": "Catalogue",
            "timezone": "Europe/Lisbon",
            "dateOfBirth": "1990-09-25",
            "assignedTo": user,
            "dnd": "true",
            "tags": ["regular"],
            "customFields": { "NIF": "123456789", "Points": "120", "Since": "2024-05-01" },
        }))
        .record(json!({ "name": "Rui Costa", "email": "rui@example.pt", "phone": "+351912345679" }))
        .record(json!({ "name": "Eva Reis", "email": "eva@example.pt", "phone": "+351912345670" }))
        .change(json!({
            "name": "Beatriz Sarmento",
            "companyName": null,
            "address1": "Rua Dois 22",
            "city": null,
            "state": null,
            "postalCode": "1000-002",
            "website": null,
            "source": null,
            "timezone": null,
            "dateOfBirth": null,
            "assignedTo": null,
            "dnd": false,
            "customFields": { "NIF": "987654321", "Points": null, "Since": null },
        }))
        .stored_otherwise(json!({ "phone": "+351 912 345 671" }))
        .refused(json!({ "name": "Ivo Nunes", "email": "half an address" }))
        .key_normalised("email", "email", normalise::email)
        .key_normalised("phone", "phone", normalise::phone)
        .key_normalised("vat", "customFields.NIF", normalise::nif)
        .set("tags", ["golden", "silver"])
        .set("followers", ["user_one", "user_two"])
        .set("customFields.Interests", ["wine", "bread"])
        .person(&clerk);
    check(&fixture).await;
}

#[tokio::test]
async fn fields_that_are_missing_are_created_once_and_one_of_another_type_is_told() {
    let (sandbox, client) = scene().await;
    sandbox.add_custom_field("Plan", "TEXT").unwrap();
    let ours = contacts(&client)
        .custom_field("Points", DataType::Text)
        .custom_field("Points", DataType::Numerical)
        .custom_field("Sync id", DataType::Text);
    let found = ours.set_up().await.unwrap();
    assert_eq!(found.missing, ["custom field \"Points\" of the type NUMERICAL", "custom field \"Sync id\""]);
    assert!(found.untouched, "nothing carries a marker yet");
    for _ in 0..2 {
        ours.complete_set_up().await.unwrap();
    }
    let found = ours.set_up().await.unwrap();
    assert!(found.missing.is_empty() && !found.untouched);
    assert_eq!(records(&sandbox, "customFields").len(), 3, "each of them once");

    let fault = contacts(&client).custom_field("Plan", DataType::Numerical).set_up().await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Broken);
    assert!(fault.to_string().contains("\"Plan\" is of the type TEXT, and NUMERICAL is wanted"), "{fault}");

    let choice = contacts(&client).custom_field("Colour", DataType::Radio);
    assert_eq!(choice.set_up().await.unwrap().missing, ["custom field \"Colour\" of the type RADIO"]);
    let fault = choice.complete_set_up().await.unwrap_err();
    assert!(fault.to_string().contains("must be created in HighLevel itself"), "{fault}");
}
