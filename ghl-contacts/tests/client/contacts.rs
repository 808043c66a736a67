//! Creating, reading and changing contacts.

use ghl_contacts::{
    ApiVersion, ContactId, ContactUpdate, CustomFieldValue, ErrorKind, HttpSettings, NewContact, Patch,
};
use serde_json::json;
use wiremock::{MockServer, ResponseTemplate};

use crate::service::{answer, ask, builder, client, takes, takes_first};

fn ana() -> ContactId {
    ContactId::new("c_ana")
}

#[tokio::test]
async fn create_sends_the_location_and_only_what_is_set() {
    let server = MockServer::start().await;
    let body = json!({ "locationId": "loc_1", "name": "Ana Reis", "email": "ana@example.pt" });
    let created = json!({ "contact": { "id": "c_ana", "locationId": "loc_1", "firstName": "Ana",
        "lastName": "Reis", "email": "ana@example.pt" } });
    takes(&server, ask("POST", "/contacts/").json(body), answer(201, &created), 1).await;
    let new = NewContact::new().name("Ana Reis").email("ana@example.pt");
    let contact = client(&server).contacts().create(&new).await.unwrap();
    assert_eq!((&contact.id, contact.full_name().as_deref()), (&ana(), Some("Ana Reis")));
    assert_eq!(contact.email.as_deref(), Some("ana@example.pt"));
}

#[tokio::test]
async fn create_sends_every_field_under_its_own_name() {
    let server = MockServer::start().await;
    let body = json!({
        "locationId": "loc_1", "firstName": "Ana", "lastName": "Reis", "name": "Ana Reis",
        "email": "ana@example.pt", "phone": "+351910000001", "companyName": "Reis Lda",
        "address1": "Rua da Prata 1", "city": "Lisboa", "state": "Lisboa", "country": "PT",
        "postalCode": "1100-414", "website": "https://reis.example", "source": "import",
        "tags": ["vip", "customer"],
        "customFields": [
            { "id": "cf_nif", "field_value": "123456789" },
            { "id": "cf_debt", "field_value": 12.5 },
            { "id": "cf_plans", "field_value": ["a", "b"] },
        ],
    });
    takes(
        &server,
        ask("POST", "/contacts/").json(body),
        answer(201, &json!({ "contact": { "id": "c_ana" } })),
        1,
    )
    .await;
    let new = NewContact::new()
        .first_name("Ana")
        .last_name("Reis")
        .name("Ana Reis")
        .email("ana@example.pt")
        .phone("+351910000001")
        .company_name("Reis Lda")
        .address1("Rua da Prata 1")
        .city("Lisboa")
        .state("Lisboa")
        .country("PT")
        .postal_code("1100-414")
        .website("https://reis.example")
        .source("import")
        .tags(["vip", "customer"])
        .custom_field(CustomFieldValue::new("cf_nif", "123456789"))
        .custom_field(CustomFieldValue::new("cf_debt", 12.5))
        .custom_field(CustomFieldValue::new("cf_plans", vec!["a", "b"]));
    client(&server).contacts().create(&new).await.unwrap();
}

#[tokio::test]
async fn create_is_sent_once_although_the_service_fails() {
    let server = MockServer::start().await;
    let body = json!({ "locationId": "loc_1", "firstName": "Ana" });
    takes(&server, ask("POST", "/contacts/").json(body), ResponseTemplate::new(503), 1).await;
    let error = client(&server).contacts().create(&NewContact::new().first_name("Ana")).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts(), error.operation()),
        (ErrorKind::Server, 1, "contacts.create")
    );
    assert!(error.outcome_unknown() && error.is_retryable());
}

#[tokio::test]
async fn a_duplicate_is_data() {
    let server = MockServer::start().await;
    let body = json!({ "locationId": "loc_1", "email": "ana@example.pt" });
    let refusal = json!({
        "statusCode": 400,
        "message": "This location does not allow duplicated contacts.",
        "meta": { "contactId": "c_old", "matchingField": "email", "contactName": "Ana Reis" },
        "traceId": "trace-7",
    });
    takes(&server, ask("POST", "/contacts/").json(body), answer(400, &refusal), 1).await;
    let new = NewContact::new().email("ana@example.pt");
    let error = client(&server).contacts().create(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Duplicate);
    let duplicate = error.duplicate().unwrap();
    assert_eq!((duplicate.contact_id.as_str(), duplicate.matching_field.as_str()), ("c_old", "email"));
    assert_eq!(error.trace_id(), Some("trace-7"));
    assert!(!error.is_retryable() && !error.outcome_unknown() && !error.is_not_found());
    assert_eq!(
        error.to_string(),
        "contacts.create: HTTP 400: This location does not allow duplicated contacts. \
         (same email as contact c_old) [trace trace-7]"
    );
}

#[tokio::test]
async fn an_update_may_meet_a_duplicate_too() {
    let server = MockServer::start().await;
    let refusal = json!({ "statusCode": 400, "message": "New words.",
        "meta": { "contactId": "c_rui", "matchingField": "phone" } });
    let body = json!({ "phone": "+351910000002" });
    takes(&server, ask("PUT", "/contacts/c_ana").json(body), answer(400, &refusal), 1).await;
    let update = ContactUpdate::new().phone("+351910000002");
    let error = client(&server).contacts().update(&ana(), &update).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Duplicate, "told by the data, not by the text");
    assert_eq!(error.duplicate().unwrap().matching_field, "phone");
}

#[tokio::test]
async fn get_and_find_read_the_same() {
    let server = MockServer::start().await;
    let body = json!({ "contact": { "id": "c_ana", "name": "Ana Reis", "tags": ["vip"] }, "traceId": "t" });
    takes(&server, ask("GET", "/contacts/c_ana"), answer(200, &body), 2).await;
    let client = client(&server);
    let got = client.contacts().get(&ana()).await.unwrap();
    assert_eq!((got.name.as_deref(), got.tags.as_slice()), (Some("Ana Reis"), &["vip".to_owned()][..]));
    assert_eq!(client.contacts().find(&ana()).await.unwrap(), Some(got));
}

#[tokio::test]
async fn find_gives_none_for_either_status_of_a_missing_contact() {
    for (status, message) in
        [(404, "Contact not found"), (400, "Contact not found for id: c_ana"), (400, "Contact id is invalid")]
    {
        let server = MockServer::start().await;
        let body = json!({ "statusCode": status, "message": message });
        takes(&server, ask("GET", "/contacts/c_ana"), answer(status, &body), 2).await;
        let client = client(&server);
        assert_eq!(client.contacts().find(&ana()).await.unwrap(), None, "{status} {message}");
        let error = client.contacts().get(&ana()).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::NotFound, Some(status)), "{message}");
    }
}

#[tokio::test]
async fn find_does_not_hide_other_errors() {
    for (status, message, kind) in [
        (403, "The token does not have access to this location.", ErrorKind::Forbidden),
        (404, "Cannot GET /contacts/c_ana", ErrorKind::RouteNotFound),
        (400, "Bad Request", ErrorKind::BadRequest),
        (404, "Not Found", ErrorKind::RouteNotFound),
        (404, "no Route matched with those values", ErrorKind::RouteNotFound),
        (404, "Location not found", ErrorKind::Forbidden),
        (400, "Location not found", ErrorKind::Forbidden),
        (404, "Location is not active", ErrorKind::Forbidden),
        (400, "Location is not active", ErrorKind::Forbidden),
    ] {
        let server = MockServer::start().await;
        let body = json!({ "statusCode": status, "message": message });
        takes(&server, ask("GET", "/contacts/c_ana"), answer(status, &body), 1).await;
        let error = client(&server).contacts().find(&ana()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{message}");
    }
}

#[tokio::test]
async fn an_id_stays_one_segment_of_the_path() {
    let server = MockServer::start().await;
    let body = json!({ "contact": { "id": "a/b?c" } });
    takes(&server, ask("GET", "/contacts/a%2Fb%3Fc"), answer(200, &body), 1).await;
    let client = client(&server);
    client.contacts().get(&"a/b?c".into()).await.unwrap();
    let error = client.contacts().get(&"".into()).await.unwrap_err();
    assert_eq!(error.attempts(), 0, "{error}");
}

#[tokio::test]
async fn update_tells_absent_null_and_value_apart() {
    let server = MockServer::start().await;
    let body = json!({ "phone": null, "city": "Faro",
        "customFields": [{ "id": "cf_nif", "field_value": "123456789" }] });
    let updated = json!({ "succeded": true, "contact": { "id": "c_ana", "city": "Faro" } });
    takes(&server, ask("PUT", "/contacts/c_ana").json(body), answer(200, &updated), 1).await;
    let update = ContactUpdate::new()
        .email(Patch::Keep)
        .phone(Patch::Clear)
        .city(Patch::Set("Faro".to_owned()))
        .custom_field(CustomFieldValue::new("cf_nif", "123456789"));
    let contact = client(&server).contacts().update(&ana(), &update).await.unwrap();
    assert_eq!((contact.city.as_deref(), contact.phone), (Some("Faro"), None));
}

#[tokio::test]
async fn update_never_sends_what_the_service_refuses_or_replaces() {
    let server = MockServer::start().await;
    let updated = json!({ "contact": { "id": "c_ana" } });
    takes(&server, ask("PUT", "/contacts/c_ana").json(json!({})), answer(200, &updated), 1).await;
    let contact = client(&server).contacts().update(&ana(), &ContactUpdate::new()).await.unwrap();
    assert_eq!(contact.id, ana(), "neither locationId nor tags were in the body");
}

#[tokio::test]
async fn update_is_sent_again_after_a_failure() {
    let server = MockServer::start().await;
    let put = || ask("PUT", "/contacts/c_ana").json(json!({ "city": "Faro" }));
    takes_first(&server, put(), ResponseTemplate::new(502).set_body_string("<html>"), 2).await;
    takes(&server, put(), answer(200, &json!({ "contact": { "id": "c_ana" } })), 1).await;
    client(&server).contacts().update(&ana(), &ContactUpdate::new().city("Faro")).await.unwrap();
}

#[tokio::test]
async fn every_2xx_is_a_success() {
    for status in [200, 201, 202] {
        let server = MockServer::start().await;
        let body = json!({ "locationId": "loc_1" });
        let created = answer(status, &json!({ "contact": { "id": "c_ana" } }));
        takes(&server, ask("POST", "/contacts/").json(body), created, 1).await;
        client(&server).contacts().create(&NewContact::new()).await.unwrap();
    }
}

#[tokio::test]
async fn another_api_version_can_be_asked_for() {
    let server = MockServer::start().await;
    let one = answer(200, &json!({ "contact": { "id": "c_ana" } }));
    takes(&server, ask("GET", "/contacts/c_ana"), one.clone(), 1).await;
    takes(&server, ask("GET", "/contacts/c_ana").version("2021-04-15"), one, 2).await;
    let plain = client(&server);
    plain.contacts().get(&ana()).await.unwrap();
    plain.with_version(ApiVersion::V2021_04_15).contacts().get(&ana()).await.unwrap();
    let built = builder(&server).token(crate::service::TOKEN).version(ApiVersion::V2021_04_15).build();
    built.unwrap().contacts().get(&ana()).await.unwrap();
}

#[tokio::test]
async fn a_token_leaves_the_machine_over_tls_only() {
    let plain = ghl_contacts::Client::builder("loc_1")
        .base_url("http://crm.example.com")
        .http(HttpSettings::new())
        .token("s3cr3t-access-1")
        .build();
    let error = plain.unwrap_err();
    assert_eq!((error.attempts(), error.status()), (0, None));
    assert!(error.to_string().contains("must be https"), "{error}");
}
