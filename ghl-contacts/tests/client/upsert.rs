//! Upserts, and looking for duplicates.

use ghl_contacts::jiff::civil::Date;
use ghl_contacts::{
    ContactId, CustomFieldValue, DndChannel, DndSetting, DndSettings, DndStatus, ErrorKind, FindDuplicate,
    InboundDndSetting, InboundDndSettings, Patch, UpsertContact, Upserted,
};
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use crate::service::{Ask, answer, ask, client, takes, takes_first};

fn ask_upsert(body: &Value) -> Ask {
    let mut body = body.clone();
    body["locationId"] = json!("loc_1");
    ask("POST", "/contacts/upsert").json(body)
}

fn done(is_new: bool) -> Value {
    json!({ "succeded": true, "new": is_new, "contact": { "id": "c_ana", "name": "Ana Reis" }, "traceId": "t-1" })
}

async fn upserted(upsert: &UpsertContact, body: Value, reply: Value) -> Upserted {
    let server = MockServer::start().await;
    takes(&server, ask_upsert(&body), answer(200, &reply), 1).await;
    client(&server).contacts().upsert(upsert).await.unwrap()
}

#[tokio::test]
async fn an_upsert_says_whether_the_contact_is_new() {
    for is_new in [true, false] {
        let body = json!({ "email": "ana@example.pt" });
        let upserted = upserted(&UpsertContact::by_email("ana@example.pt"), body, done(is_new)).await;
        assert_eq!((upserted.is_new, &upserted.contact.id), (is_new, &ContactId::new("c_ana")));
        assert_eq!(upserted.trace_id.as_deref(), Some("t-1"));
    }
    let body = json!({ "phone": "+351910000001" });
    for new in [json!({ "contact": { "id": "c_ana" } }), json!({ "contact": { "id": "c_ana" }, "new": null })]
    {
        let upserted = upserted(&UpsertContact::by_phone("+351910000001"), body.clone(), new).await;
        assert_eq!((upserted.is_new, upserted.trace_id), (false, None));
    }
}

#[tokio::test]
async fn an_upsert_has_all_that_the_service_takes() {
    let body = json!({
        "email": "ana@example.pt", "phone": "+351910000001", "firstName": "Ana", "lastName": null,
        "name": "Ana Reis", "companyName": "Reis Lda", "address1": "Rua da Prata 1", "city": "Lisboa",
        "state": null, "country": "PT", "postalCode": "1100-414", "website": "https://reis.example",
        "timezone": "Europe/Lisbon", "dateOfBirth": "1990-09-25", "dnd": true,
        "dndSettings": { "Email": { "status": "active" } },
        "inboundDndSettings": { "all": { "status": "active" } },
        "tags": ["vip"], "customFields": [{ "id": "cf_1", "field_value": 1 }],
        "gender": "female", "source": "import", "assignedTo": "u_1", "createNewIfDuplicateAllowed": false,
    });
    let upsert = UpsertContact::by_email("ana@example.pt")
        .phone("+351910000001")
        .first_name("Ana")
        .last_name(Patch::Clear)
        .name("Ana Reis")
        .company_name("Reis Lda")
        .address1("Rua da Prata 1")
        .city("Lisboa")
        .state(Patch::Clear)
        .country("PT")
        .postal_code("1100-414")
        .website("https://reis.example")
        .timezone("Europe/Lisbon")
        .date_of_birth(Date::constant(1990, 9, 25))
        .dnd(true)
        .dnd_settings(DndSettings::new().set(DndChannel::Email, DndSetting::new(DndStatus::Active)))
        .inbound_dnd_settings(InboundDndSettings::all(InboundDndSetting::new(DndStatus::Active)))
        .replace_all_tags(["vip"])
        .custom_field(CustomFieldValue::new("cf_1", 1))
        .gender("female")
        .source("import")
        .assigned_to("u_1")
        .create_new_if_duplicate_allowed(false);
    upserted(&upsert, body, done(false)).await;
}

#[tokio::test]
async fn an_upsert_is_sent_again_unless_it_always_creates() {
    let server = MockServer::start().await;
    let body = json!({ "email": "ana@example.pt" });
    takes_first(&server, ask_upsert(&body), ResponseTemplate::new(503), 1).await;
    takes(&server, ask_upsert(&body), answer(200, &done(false)), 1).await;
    let always = json!({ "email": "ana@example.pt", "createNewIfDuplicateAllowed": true });
    takes(&server, ask_upsert(&always), ResponseTemplate::new(503), 1).await;
    let client = client(&server);
    let upsert = UpsertContact::by_email("ana@example.pt");
    client.contacts().upsert(&upsert).await.unwrap();
    let always = upsert.create_new_if_duplicate_allowed(true);
    let error = client.contacts().upsert(&always).await.unwrap_err();
    assert_eq!((error.attempts(), error.operation()), (1, "contacts.upsert"));
    assert!(error.outcome_unknown());
}

#[tokio::test]
async fn an_upsert_that_was_not_done_is_an_error() {
    let server = MockServer::start().await;
    let body = json!({ "email": "ana@example.pt" });
    let no = json!({ "succeded": false, "contact": { "id": "c_ana" } });
    takes(&server, ask_upsert(&body), answer(200, &no), 1).await;
    let error =
        client(&server).contacts().upsert(&UpsertContact::by_email("ana@example.pt")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Other);
}

#[tokio::test]
async fn a_duplicate_is_looked_for_with_a_plus_that_stays_one() {
    let table = [
        (FindDuplicate::by_phone("+351910000001"), "number=%2B351910000001"),
        (FindDuplicate::by_email("ana+x@example.pt"), "email=ana%2Bx%40example.pt"),
        (FindDuplicate::by_phone("+1").email("a@b.pt"), "email=a%40b.pt&number=%2B1"),
        (FindDuplicate::by_email("a@b.pt").phone("+1"), "email=a%40b.pt&number=%2B1"),
    ];
    for (same, query) in table {
        let server = MockServer::start().await;
        let target = format!("/contacts/search/duplicate?locationId=loc_1&{query}");
        let found = json!({ "contact": { "id": "c_ana" }, "traceId": "t" });
        takes(&server, ask("GET", &target), answer(200, &found), 1).await;
        let contact = client(&server).contacts().find_duplicate(&same).await.unwrap();
        assert_eq!(contact.unwrap().id.as_str(), "c_ana", "{query}");
    }
}

#[tokio::test]
async fn no_duplicate_is_told_in_three_ways() {
    for (status, body) in [
        (200, json!({ "contact": null })),
        (200, json!({ "traceId": "t" })),
        (404, json!({ "statusCode": 404, "message": "Contact not found" })),
    ] {
        let server = MockServer::start().await;
        let target = "/contacts/search/duplicate?locationId=loc_1&email=a%40b.pt";
        takes(&server, ask("GET", target), answer(status, &body), 1).await;
        let found = client(&server).contacts().find_duplicate(&FindDuplicate::by_email("a@b.pt")).await;
        assert_eq!(found.unwrap(), None, "{body}");
    }
}

#[tokio::test]
async fn a_failed_look_for_a_duplicate_is_no_absence() {
    for (status, message, kind) in [
        (404, "Cannot GET /contacts/search/duplicate", ErrorKind::RouteNotFound),
        (404, "Not Found", ErrorKind::RouteNotFound),
        (404, "Location not found", ErrorKind::Forbidden),
        (400, "Bad Request", ErrorKind::BadRequest),
    ] {
        let server = MockServer::start().await;
        let target = "/contacts/search/duplicate?locationId=loc_1&email=a%40b.pt";
        let body = json!({ "statusCode": status, "message": message });
        takes(&server, ask("GET", target), answer(status, &body), 1).await;
        let error =
            client(&server).contacts().find_duplicate(&FindDuplicate::by_email("a@b.pt")).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}
