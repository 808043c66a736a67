//! What a client of HighLevel gets wrong when it trusts the description, or its own habits.
//!
//! The numbers are those of the list that this crate goes by. Here are all that are not of searches and custom fields
//! (3, 8, 19, 20, 21: `pitfalls_search`), of tokens (2: `unauthorized`; 15, 16, 18: `pitfalls_tokens`) or of webhooks (17:
//! `pitfalls_webhooks`).

#![allow(deprecated, reason = "the old list is tested as long as it is there")]

use futures_util::TryStreamExt;
use ghl_contacts::jiff::tz::{TimeZone, offset};
use ghl_contacts::{
    ContactId, ContactUpdate, ErrorKind, ListContacts, NewContact, NewNote, NewTask, Patch, TagChange,
    UpsertContact,
};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::service::{answer, ask, client, takes};

fn ana() -> ContactId {
    ContactId::new("c_ana")
}

/// A service that takes everything and answers it with `body`.
async fn takes_all(status: u16, body: &Value) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer(status, body)).mount(&server).await;
    server
}

async fn bodies(server: &MockServer) -> Vec<Value> {
    let requests = server.received_requests().await.unwrap();
    requests.iter().map(|request| request.body_json().unwrap()).collect()
}

fn one() -> Value {
    json!({ "contact": { "id": "c_ana" } })
}

#[tokio::test]
async fn p01_the_path_of_all_contacts_ends_with_a_slash_and_no_other_does() {
    let server = takes_all(200, &one()).await;
    let client = client(&server);
    client.contacts().create(&NewContact::new()).await.unwrap();
    client.contacts().list(ListContacts::new()).page().await.unwrap();
    client.contacts().get(&ana()).await.unwrap();
    client.contacts().upsert(&UpsertContact::by_email("ana@example.pt")).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    let paths: Vec<_> = requests.iter().map(|request| request.url.path()).collect();
    assert_eq!(paths, ["/contacts/", "/contacts/", "/contacts/c_ana", "/contacts/upsert"]);
}

#[tokio::test]
async fn p04_tags_are_replaced_only_by_the_method_that_says_so() {
    let server = takes_all(200, &one()).await;
    let client = client(&server);
    client.contacts().update(&ana(), &ContactUpdate::new().city("Faro")).await.unwrap();
    client.contacts().upsert(&UpsertContact::by_email("ana@example.pt").city("Faro")).await.unwrap();
    client.contacts().update(&ana(), &ContactUpdate::new().replace_all_tags(["vip"])).await.unwrap();
    let tags: Vec<_> = bodies(&server).await.iter().map(|body| body.get("tags").cloned()).collect();
    assert_eq!(tags, [None, None, Some(json!(["vip"]))]);
}

#[tokio::test]
async fn p05_an_empty_email_is_refused_and_clearing_sends_null() {
    let server = MockServer::start().await;
    let refusal = json!({ "statusCode": 422, "message": ["email must be an email"] });
    takes(&server, ask("PUT", "/contacts/c_ana").json(json!({ "email": "" })), answer(422, &refusal), 1)
        .await;
    takes(&server, ask("PUT", "/contacts/c_ana").json(json!({ "email": null })), answer(200, &one()), 1)
        .await;
    let (client, ana) = (client(&server), ana());
    let error = client.contacts().update(&ana, &ContactUpdate::new().email("")).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.messages()),
        (ErrorKind::Validation, &["email must be an email".to_owned()][..])
    );
    client.contacts().update(&ana, &ContactUpdate::new().email(Patch::Clear)).await.unwrap();
}

#[tokio::test]
async fn p06_only_calls_for_the_whole_location_name_it() {
    let server =
        takes_all(200, &json!({ "contact": { "id": "c" }, "note": { "id": "n" }, "task": { "id": "t" } }))
            .await;
    let (client, ana) = (client(&server), ana());
    client.contacts().update(&ana, &ContactUpdate::new().city("Faro")).await.unwrap();
    client.notes(&ana).create(&NewNote::new("…")).await.unwrap();
    let due = "2026-03-01T12:00:00Z".parse().unwrap();
    client.tasks(&ana).create(&NewTask::new("…", due)).await.unwrap();
    client.tags(&ana).add(["vip"]).await.unwrap();
    client.followers(&ana).add(["u_1"]).await.unwrap();
    assert!(bodies(&server).await.iter().all(|body| body.get("locationId").is_none()));
    client.contacts().create(&NewContact::new()).await.unwrap();
    assert_eq!(bodies(&server).await.last().unwrap()["locationId"], "loc_1");
}

#[tokio::test]
async fn p07_absent_and_null_are_different() {
    let server = takes_all(200, &json!({ "contact": { "id": "c" }, "success": true, "ids": [] })).await;
    let client = client(&server);
    let update = ContactUpdate::new().phone(Patch::Clear).date_of_birth(Patch::Clear).city(Patch::Keep);
    client.contacts().update(&ana(), &update).await.unwrap();
    client.bulk().business(&[ana()], None).await.unwrap();
    let bodies = bodies(&server).await;
    assert_eq!(bodies[0], json!({ "phone": null, "dateOfBirth": null }));
    assert_eq!(bodies[1]["businessId"], Value::Null);
    assert!(bodies[1].as_object().unwrap().contains_key("businessId"));
}

#[tokio::test]
async fn p09_a_duplicate_is_a_400_that_names_the_contact() {
    let refusal = json!({ "statusCode": 400, "message": "No.",
        "meta": { "contactId": "c_old", "matchingField": "email" } });
    let server = takes_all(400, &refusal).await;
    let error =
        client(&server).contacts().create(&NewContact::new().email("ana@example.pt")).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Duplicate, Some(400)));
    assert_eq!(error.duplicate().unwrap().contact_id.as_str(), "c_old");
}

#[tokio::test]
async fn p10_a_bulk_201_is_not_the_success_of_all() {
    let body = json!({ "succeded": true, "errorCount": 1, "responses": [
        { "contactId": "c_ana", "type": "success", "message": "Tags updated" },
        { "contactId": "c_rui", "type": "error", "message": "contact is deleted" },
    ] });
    let server = takes_all(201, &body).await;
    let contacts = [ana(), ContactId::new("c_rui")];
    let tagged = client(&server).bulk().tags(&contacts, &TagChange::add(["vip"])).await.unwrap();
    assert!(!tagged.is_complete());
    assert_eq!(tagged.failures().next().unwrap().contact_id, Some(ContactId::new("c_rui")));
}

#[tokio::test]
async fn p11_not_every_time_is_rfc_3339() {
    let events = json!({ "events": [{ "id": "a_1", "startTime": "2026-07-16 11:00:00" }] });
    let server = takes_all(200, &events).await;
    let event = client(&server).contact_appointments(&ana()).list().await.unwrap().remove(0);
    let here = TimeZone::fixed(offset(1));
    assert_eq!(event.starts_at(&here), Some("2026-07-16T10:00:00Z".parse().unwrap()));

    let contact =
        json!({ "contact": { "id": "c_ana", "dateOfBirth": 654_220_800_000_i64, "dateAdded": "" } });
    let server = takes_all(200, &contact).await;
    let contact = client(&server).contacts().get(&ana()).await.unwrap();
    assert_eq!(contact.date_of_birth.unwrap().to_string(), "1990-09-25");
    assert_eq!(contact.date_added, None);
}

#[tokio::test]
async fn p12_the_link_to_the_next_page_is_never_followed() {
    let (server, elsewhere) = (MockServer::start().await, MockServer::start().await);
    let first = json!({ "contacts": [{ "id": "a" }], "meta": { "startAfter": 7, "startAfterId": "a",
        "nextPageUrl": format!("{}/contacts/?locationId=loc_1", elsewhere.uri()) } });
    let target = "/contacts/?locationId=loc_1&limit=100";
    takes(&server, ask("GET", target), answer(200, &first), 1).await;
    let target = "/contacts/?locationId=loc_1&limit=100&startAfter=7&startAfterId=a";
    takes(&server, ask("GET", target), answer(200, &json!({ "contacts": [{ "id": "b" }] })), 1).await;
    let all: Vec<_> =
        client(&server).contacts().list(ListContacts::new()).items().try_collect().await.unwrap();
    assert_eq!(all.len(), 2);
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn p13_a_delete_has_the_body_that_it_needs() {
    let server = takes_all(200, &json!({ "succeded": true })).await;
    let (client, ana) = (client(&server), ana());
    client.tags(&ana).remove(["vip"]).await.unwrap();
    client.followers(&ana).remove(["u_1"]).await.unwrap();
    client.workflows(&ana).remove(&"w_1".into()).await.unwrap();
    let wanted = [json!({ "tags": ["vip"] }), json!({ "followers": ["u_1"] }), json!({})];
    assert_eq!(bodies(&server).await, wanted);
    let requests = server.received_requests().await.unwrap();
    assert!(requests.iter().all(|request| request.method.as_str() == "DELETE"));
}

#[tokio::test]
async fn p14_what_creates_is_not_sent_again() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(503)).mount(&server).await;
    let (client, ana) = (client(&server), ana());
    let due = "2026-03-01T12:00:00Z".parse().unwrap();
    let always = UpsertContact::by_email("ana@example.pt").create_new_if_duplicate_allowed(true);
    let errors = [
        client.contacts().create(&NewContact::new()).await.unwrap_err(),
        client.contacts().upsert(&always).await.unwrap_err(),
        client.notes(&ana).create(&NewNote::new("…")).await.unwrap_err(),
        client.tasks(&ana).create(&NewTask::new("…", due)).await.unwrap_err(),
        client.campaigns(&ana).add(&"k_1".into()).await.unwrap_err(),
        client.workflows(&ana).add(&"w_1".into()).await.unwrap_err(),
    ];
    assert!(errors.iter().all(|error| error.attempts() == 1 && error.outcome_unknown()), "{errors:?}");
    assert_eq!(server.received_requests().await.unwrap().len(), errors.len());
}

#[tokio::test]
async fn p22_what_an_error_says_beside_its_message_is_not_lost() {
    let taken = json!({ "statusCode": 400, "message": "This location does not allow that.",
        "meta": { "contactId": "c_old", "matchingField": "phone", "contactName": "Ana Reis" }, "traceId": "t_1" });
    let server = takes_all(400, &taken).await;
    let error =
        client(&server).contacts().update(&ana(), &ContactUpdate::new().city("Faro")).await.unwrap_err();
    let duplicate = error.duplicate().unwrap();
    assert_eq!((duplicate.contact_id.as_str(), duplicate.matching_field.as_str()), ("c_old", "phone"));
    assert_eq!(error.trace_id(), Some("t_1"));
    let words = "contacts.update: HTTP 400: This location does not allow that. (same phone as contact c_old) [trace t_1]";
    assert_eq!(error.to_string(), words);
    let kept: Value = serde_json::from_str(error.body().unwrap().as_str()).unwrap();
    assert_eq!(kept["meta"], taken["meta"], "what has no accessor is in the body");

    let several = json!({ "statusCode": 422, "message": ["city must be a string", "phone must be valid"],
        "error": "Unprocessable Entity", "traceId": "t_2" });
    let server = takes_all(422, &several).await;
    let error = client(&server).contacts().create(&NewContact::new()).await.unwrap_err();
    assert_eq!(error.messages(), ["city must be a string", "phone must be valid"]);
    let words = "contacts.create: HTTP 422: city must be a string; phone must be valid [trace t_2]";
    assert_eq!((error.trace_id(), error.to_string().as_str()), (Some("t_2"), words));
}
