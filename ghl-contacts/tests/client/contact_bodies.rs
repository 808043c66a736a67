//! Every field that a contact is written with.

use ghl_contacts::jiff::civil::Date;
use ghl_contacts::{
    ApiVersion, ContactUpdate, CustomFieldValue, DndChannel, DndSetting, DndSettings, DndStatus,
    InboundDndSetting, InboundDndSettings, NewContact, Patch, UserId,
};
use serde_json::{Value, json};
use wiremock::MockServer;

use crate::service::{answer, ask, client, takes};

fn birthday() -> Date {
    Date::constant(1990, 9, 25)
}

fn quiet() -> DndSettings {
    DndSettings::new()
        .set(DndChannel::Sms, DndSetting::new(DndStatus::Active).message("asked us to").code("101"))
        .set(DndChannel::Rcs, DndSetting::new(DndStatus::Permanent))
}

fn inbound() -> InboundDndSettings {
    InboundDndSettings::all(InboundDndSetting::new(DndStatus::Inactive).message("back again"))
}

fn new() -> NewContact {
    NewContact::new()
        .gender("female")
        .timezone("Europe/Lisbon")
        .assigned_to("u_1")
        .date_of_birth(birthday())
        .dnd(true)
        .dnd_settings(quiet())
        .inbound_dnd_settings(inbound())
        .custom_field(CustomFieldValue::new("cf_1", "x"))
}

fn update() -> ContactUpdate {
    ContactUpdate::new()
        .timezone("Europe/Lisbon")
        .assigned_to("u_1")
        .source("import")
        .company_name("Reis Lda")
        .date_of_birth(birthday())
        .dnd(false)
        .dnd_settings(quiet())
        .inbound_dnd_settings(inbound())
        .country("PT")
        .postal_code("")
        .replace_all_tags(["vip"])
}

fn settings(sms: &str, rcs: &str) -> Value {
    json!({
        sms: { "status": "active", "message": "asked us to", "code": "101" },
        rcs: { "status": "permanent" },
    })
}

async fn takes_body(method: &'static str, target: &str, version: &'static str, body: Value) -> MockServer {
    let server = MockServer::start().await;
    let one = answer(200, &json!({ "contact": { "id": "c_ana" } }));
    takes(&server, ask(method, target).version(version).json(body), one, 1).await;
    server
}

fn new_body(sms: &str, rcs: &str, field_value: &str) -> Value {
    json!({
        "locationId": "loc_1", "gender": "female", "timezone": "Europe/Lisbon", "assignedTo": "u_1",
        "dateOfBirth": "1990-09-25", "dnd": true, "dndSettings": settings(sms, rcs),
        "inboundDndSettings": { "all": { "status": "inactive", "message": "back again" } },
        "customFields": [{ "id": "cf_1", field_value: "x" }],
    })
}

#[tokio::test]
async fn a_new_contact_has_all_that_the_service_takes() {
    let body = new_body("SMS", "RCS", "field_value");
    let server = takes_body("POST", "/contacts/", "2021-07-28", body).await;
    client(&server).contacts().create(&new()).await.unwrap();
}

#[tokio::test]
async fn v3_gets_its_own_spelling() {
    let server = takes_body("POST", "/contacts/", "v3", new_body("sms", "rcs", "fieldValue")).await;
    client(&server).with_version(ApiVersion::V3).contacts().create(&new()).await.unwrap();
}

#[tokio::test]
async fn an_update_has_all_that_the_service_takes() {
    let body = json!({
        "timezone": "Europe/Lisbon", "assignedTo": "u_1", "source": "import", "companyName": "Reis Lda",
        "dateOfBirth": "1990-09-25", "dnd": false, "dndSettings": settings("SMS", "RCS"),
        "inboundDndSettings": { "all": { "status": "inactive", "message": "back again" } },
        "country": "PT", "postalCode": "", "tags": ["vip"],
    });
    let server = takes_body("PUT", "/contacts/c_ana", "2021-07-28", body).await;
    client(&server).contacts().update(&"c_ana".into(), &update()).await.unwrap();
}

#[tokio::test]
async fn an_update_clears_what_can_be_cleared() {
    let names = [
        "firstName",
        "lastName",
        "name",
        "email",
        "phone",
        "companyName",
        "address1",
        "city",
        "state",
        "website",
        "timezone",
        "dateOfBirth",
        "source",
        "assignedTo",
    ];
    let mut body: serde_json::Map<_, _> =
        names.map(|name| (name.to_owned(), Value::Null)).into_iter().collect();
    body.insert("tags".to_owned(), json!([]));
    let server = takes_body("PUT", "/contacts/c_ana", "2021-07-28", Value::Object(body)).await;
    let update = ContactUpdate::new()
        .first_name(Patch::Clear)
        .last_name(Patch::Clear)
        .name(Patch::Clear)
        .email(Patch::Clear)
        .phone(Patch::Clear)
        .company_name(Patch::Clear)
        .address1(Patch::Clear)
        .city(Patch::Clear)
        .state(Patch::Clear)
        .website(Patch::Clear)
        .timezone(Patch::Clear)
        .date_of_birth(Patch::Clear)
        .source(Patch::Clear)
        .assigned_to(Patch::<UserId>::Clear)
        .replace_all_tags(Vec::<String>::new());
    client(&server).contacts().update(&"c_ana".into(), &update).await.unwrap();
}
