//! Answers are read leniently, and nothing in them is lost.

use ghl_contacts::{
    Contact, ContactEvent, CreatedBy, CustomFieldDefinition, DndChannel, Note, SearchContacts, Task,
    jiff::civil::Date,
};
use serde_json::{Value, json};
use wiremock::MockServer;

use crate::service::{answer, ask, client, takes};

async fn got(contact: Value) -> Contact {
    let server = MockServer::start().await;
    takes(&server, ask("GET", "/contacts/c_ana"), answer(200, &json!({ "contact": contact })), 1).await;
    client(&server).contacts().get(&"c_ana".into()).await.unwrap()
}

async fn found(contact: Value) -> Contact {
    let server = MockServer::start().await;
    let body = json!({ "locationId": "loc_1", "pageLimit": 100, "page": 1,
        "sort": [{ "field": "dateAdded", "direction": "asc" }] });
    let page = answer(200, &json!({ "contacts": [contact], "total": 1 }));
    takes(&server, ask("POST", "/contacts/search").json(body), page, 1).await;
    client(&server).contacts().search(SearchContacts::new()).page().await.unwrap().contacts.remove(0)
}

#[tokio::test]
async fn unknown_fields_are_kept_and_written_again() {
    let wire = json!({
        "id": "c_ana", "locationId": "loc_1", "firstName": "Ana", "lastName": "Reis", "name": "Ana Reis",
        "email": "ana@example.pt", "phone": "+351910000001", "companyName": "Reis Lda", "businessId": "b_1",
        "address1": "Rua da Prata 1", "city": "Lisboa", "state": "Lisboa", "country": "PT",
        "postalCode": "1100-414", "website": "https://reis.example", "timezone": "Europe/Lisbon",
        "source": "import", "assignedTo": "u_1", "dnd": false, "tags": ["vip"], "type": "lead",
        "additionalEmails": [{ "email": "reis@example.pt", "validEmail": true }],
        "additionalPhones": [{ "phone": "+351910000002" }], "followers": ["u_2"],
        "inboundDndSettings": { "all": { "status": "inactive", "message": "" } },
        "lastAttributionSource": { "url": "https://reis.example", "fbclid": "f" },
        "attributions": [{ "medium": "form" }], "visitorId": "v_1", "attachments": ["a"],
        "createdBy": { "source": "INTEGRATION", "channel": "OAUTH", "sourceId": "s_1",
            "timestamp": "2026-03-01T10:00:00Z", "sourceName": "shop" },
        "lastActivity": "2026-03-01T10:00:02Z",
        "customFields": [{ "id": "cf_1", "value": "x" }],
        "dateOfBirth": "1990-09-25", "dateAdded": "2026-03-01T10:00:00.123Z",
        "dateUpdated": "2026-03-01T10:00:01Z",
        "dndSettings": { "RCS": { "status": "active" } }, "attributionSource": { "sessionSource": "CRM" },
        "somethingNew": [1, { "a": null }], "ssn": null, "keyword": "k",
    });
    let contact = got(wire.clone()).await;
    assert_eq!(contact.extra.get("somethingNew"), Some(&json!([1, { "a": null }])));
    assert_eq!(contact.extra.len(), 3, "everything else has a field: {:?}", contact.extra.keys());
    assert_eq!(serde_json::to_value(&contact).unwrap(), wire);
}

#[tokio::test]
async fn custom_field_values_are_of_any_kind() {
    let values =
        [json!("x"), json!(7), json!(12.5), json!(true), json!(["a", "b"]), json!({ "a": "b" }), json!(null)];
    let fields: Vec<_> = values.iter().map(|value| json!({ "id": "cf_1", "value": value })).collect();
    let contact = got(json!({ "id": "c_ana", "customFields": fields })).await;
    assert_eq!(contact.custom_fields.iter().map(|field| field.value.clone()).collect::<Vec<_>>(), values);
    assert_eq!(serde_json::to_value(&contact.custom_fields).unwrap(), Value::Array(fields));

    let spellings = json!([{ "id": "a", "fieldValue": 1 }, { "id": "b", "field_value": 2 }, { "id": "c" }]);
    let contact = got(json!({ "id": "c_ana", "customFields": spellings })).await;
    let values: Vec<_> = contact.custom_fields.into_iter().map(|field| field.value).collect();
    assert_eq!(values, [json!(1), json!(2), Value::Null]);
}

#[tokio::test]
async fn null_is_the_same_as_absent() {
    let absent = got(json!({ "id": "c_ana" })).await;
    let null = got(json!({
        "id": "c_ana", "locationId": null, "firstName": null, "lastName": null, "name": null, "email": null,
        "phone": null, "companyName": null, "businessId": null, "address1": null, "city": null, "state": null,
        "country": null, "postalCode": null, "website": null, "timezone": null, "source": null,
        "assignedTo": null, "dnd": null, "tags": null, "customFields": null, "dateOfBirth": null,
        "dateAdded": null, "dateUpdated": null, "type": null, "additionalEmails": null,
        "additionalPhones": null, "followers": null, "dndSettings": null, "inboundDndSettings": null,
        "attributionSource": null, "lastAttributionSource": null, "attributions": null, "createdBy": null,
        "visitorId": null, "attachments": null, "lastActivity": null,
    }))
    .await;
    assert_eq!(null, absent);
    assert_eq!(absent, Contact::new("c_ana"));
}

#[test]
fn null_is_the_same_as_absent_in_what_belongs_to_a_contact() {
    let note = json!({ "id": "n_1", "body": null, "userId": null, "contactId": null, "dateAdded": null,
        "title": null, "color": null, "pinned": null });
    assert_eq!(serde_json::from_value::<Note>(note).unwrap(), Note::new("n_1", ""));
    let event = json!({ "id": "a_1", "calendarId": null, "status": null, "title": null, "startTime": null,
        "endTime": null, "address": null, "notes": null, "contactId": null, "locationId": null, "groupId": null,
        "assignedUserId": null, "users": null, "assignedResources": null, "appointmentStatus": null,
        "dateAdded": null, "dateUpdated": null });
    assert_eq!(serde_json::from_value::<ContactEvent>(event).unwrap(), ContactEvent::new("a_1"));
    let task = json!({ "id": "t_1", "title": null, "body": null, "assignedTo": null, "dueDate": null,
        "completed": null, "contactId": null });
    assert_eq!(serde_json::from_value::<Task>(task).unwrap(), Task::new("t_1", ""));
    let field = json!({ "id": "cf_1", "name": null, "fieldKey": null, "dataType": null,
        "picklistOptions": null, "locationId": null, "model": null });
    assert_eq!(
        serde_json::from_value::<CustomFieldDefinition>(field).unwrap(),
        CustomFieldDefinition::new("cf_1", "")
    );
}

#[tokio::test]
async fn lists_may_be_null_or_absent() {
    for body in [json!({}), json!({ "notes": null, "tasks": null, "customFields": null, "tags": null })] {
        let server = MockServer::start().await;
        let ana = "c_ana".into();
        let tags = ask("POST", "/contacts/c_ana/tags").json(json!({ "tags": ["a"] }));
        for ask in [
            ask("GET", "/contacts/c_ana/notes"),
            ask("GET", "/contacts/c_ana/tasks"),
            ask("GET", "/locations/loc_1/customFields?model=contact"),
            tags,
        ] {
            takes(&server, ask, answer(200, &body), 1).await;
        }
        let client = client(&server);
        assert_eq!(client.notes(&ana).list().await.unwrap(), []);
        assert_eq!(client.tasks(&ana).list().await.unwrap(), []);
        assert_eq!(client.custom_fields().list().await.unwrap(), []);
        assert_eq!(client.tags(&ana).add(["a"]).await.unwrap(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_birthday_has_three_shapes() {
    for shape in [json!("1990-09-25T00:00:00.000Z"), json!("1990-09-25"), json!(654_220_800_000_i64)] {
        let contact = found(json!({ "id": "c_ana", "dateOfBirth": shape })).await;
        assert_eq!(contact.date_of_birth, Some(Date::constant(1990, 9, 25)), "{shape}");
    }
    let odd = got(json!({ "id": "c_ana", "dateOfBirth": "soon", "dateAdded": "" })).await;
    assert_eq!((odd.date_of_birth, odd.date_added), (None, None), "one odd date costs no contact");
}

#[tokio::test]
async fn a_search_names_address_and_name_differently() {
    let contact =
        found(json!({ "id": "c_ana", "contactName": "ana reis", "address": "Rua da Prata 1" })).await;
    assert_eq!(contact.name.as_deref(), Some("ana reis"));
    assert_eq!(contact.address1.as_deref(), Some("Rua da Prata 1"));
    assert!(contact.extra.is_empty());
}

#[tokio::test]
async fn a_search_may_give_both_names_of_a_field() {
    let contact = found(json!({ "id": "c_ana", "contactName": "ana reis", "name": "Ana Reis",
        "address": "Rua da Prata 1", "address1": "Rua da Prata 1, 2.º" }))
    .await;
    assert_eq!(contact.name.as_deref(), Some("Ana Reis"));
    assert_eq!(contact.address1.as_deref(), Some("Rua da Prata 1, 2.º"));
    let contact = found(json!({ "id": "c_ana", "contactName": "ana reis", "name": null,
        "address": null, "address1": null }))
    .await;
    assert_eq!((contact.name.as_deref(), contact.address1), (Some("ana reis"), None));
}

#[tokio::test]
async fn odd_shapes_inside_a_contact_cost_no_contact() {
    let contact = got(json!({
        "id": "c_ana",
        "additionalEmails": ["reis@example.pt", { "email": 5, "x": 1 }],
        "attributionSource": { "mediumId": 7, "medium": {}, "ip": null },
        "createdBy": { "timestamp": "soon" },
        "dndSettings": { "sms": { "status": "active", "code": 101 }, "Call": null },
        "attachments": "a.pdf",
    }))
    .await;
    assert_eq!(contact.additional_emails[0].email.as_deref(), Some("reis@example.pt"));
    assert_eq!(contact.additional_emails[1].extra.get("x"), Some(&json!(1)));
    let attribution = contact.attribution_source.unwrap();
    assert_eq!(
        (attribution.medium_id.as_deref(), attribution.medium, attribution.url),
        (Some("7"), None, None)
    );
    assert_eq!(contact.created_by, Some(CreatedBy::new()));
    let settings = contact.dnd_settings.unwrap();
    assert_eq!(settings.get(&DndChannel::Sms).unwrap().code.as_deref(), Some("101"));
    assert!(settings.blocks(&DndChannel::Sms) && !settings.blocks(&DndChannel::Call));
    assert_eq!(contact.attachments, Some(json!("a.pdf")));
}
