//! Locations: themselves, their custom fields, their tags, and the tasks of all their contacts.

use futures_util::TryStreamExt;
use ghl_contacts::{
    CustomFieldId, CustomFieldUpdate, DataType, Direction, Location, LocationSettings, LocationTag,
    NewCustomField, SearchLocations, SearchTasks, TagId, TextBox,
};
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use crate::service::{answer, ask, client, takes, takes_first};

#[tokio::test]
async fn a_location_is_read_with_its_settings() {
    let wire = json!({
        "id": "loc_1", "companyId": "comp_1", "name": "Oficina", "domain": "oficina.example", "address": "Rua 1",
        "city": "Porto", "state": "Porto", "country": "PT", "postalCode": "4050-001",
        "website": "https://oficina.example", "timezone": "Europe/Lisbon", "firstName": "Rita",
        "lastName": "Lopes", "email": "rita@example.pt", "phone": "+351220000000", "logoUrl": "https://l.example",
        "settings": { "allowDuplicateContact": false, "allowDuplicateOpportunity": true,
            "allowFacebookNameMerge": false, "disableContactTimezone": false,
            "contactUniqueIdentifiers": ["email", "phone"], "crmSettings": { "deSyncOwners": true } },
        "business": { "name": "Oficina" }, "social": {}, "reseller": {},
    });
    let server = MockServer::start().await;
    takes(&server, ask("GET", "/locations/loc_1"), answer(200, &json!({ "location": wire })), 1).await;
    let found = client(&server).locations().get(&"loc_1".into()).await.unwrap();
    let settings = found.settings.as_ref().unwrap();
    assert_eq!(settings.allow_duplicate_contact, Some(false));
    assert_eq!(settings.contact_unique_identifiers, ["email", "phone"]);
    assert_eq!((found.extra.len(), settings.extra.len()), (3, 1), "everything else has a field");
    assert_eq!(serde_json::to_value(&found).unwrap(), wire, "nothing is lost");
}

#[test]
fn null_is_the_same_as_absent_in_locations_and_odd_settings_cost_nothing() {
    let null = json!({ "id": "loc_1", "companyId": null, "name": null, "domain": null, "address": null,
        "city": null, "state": null, "country": null, "postalCode": null, "website": null, "timezone": null,
        "firstName": null, "lastName": null, "email": null, "phone": null, "logoUrl": null, "settings": null });
    assert_eq!(serde_json::from_value::<Location>(null).unwrap(), Location::new("loc_1"));
    for odd in [json!(null), json!("email"), json!([]), json!([1, null]), json!({ "email": true })] {
        let settings = json!({ "allowDuplicateContact": null, "contactUniqueIdentifiers": odd });
        assert_eq!(
            serde_json::from_value::<LocationSettings>(settings).unwrap(),
            LocationSettings::new(),
            "{odd}"
        );
    }
    let tag = json!({ "id": "tag_1", "name": null, "locationId": null });
    assert_eq!(serde_json::from_value::<LocationTag>(tag).unwrap(), LocationTag::new("tag_1", ""));
}

#[tokio::test]
async fn locations_of_an_agency_are_searched() {
    let server = MockServer::start().await;
    let page = |range: std::ops::Range<u32>| {
        let all: Vec<_> = range.map(|n| json!({ "id": format!("loc_{n}"), "settings": {} })).collect();
        answer(200, &json!({ "locations": all }))
    };
    let all = "/locations/search?companyId=comp_1&email=ola%40oficina.example&order=desc&limit=3&skip=0";
    takes(&server, ask("GET", all), page(0..1), 1).await;
    takes(&server, ask("GET", "/locations/search?limit=10&skip=0"), page(0..10), 1).await;
    takes(&server, ask("GET", "/locations/search?limit=10&skip=10"), page(10..12), 1).await;
    let client = client(&server);
    let search =
        SearchLocations::new().company("comp_1").email("ola@oficina.example").order(Direction::Descending);
    assert_eq!(client.locations().search(search).page_size(3).page().await.unwrap().items.len(), 1);
    let walk = client.locations().search(SearchLocations::new()).items();
    assert_eq!(walk.try_collect::<Vec<_>>().await.unwrap().len(), 12);
}

fn nif() -> Value {
    json!({ "id": "cf_1", "name": "NIF", "fieldKey": "contact.nif", "placeholder": "9 digits", "dataType": "TEXT",
        "position": 50, "picklistOptions": ["a"], "isAllowedCustomOption": false, "isMultiFileAllowed": true,
        "maxFileLimit": 2, "locationId": "loc_1", "model": "contact", "picklistImageOptions": [] })
}

#[tokio::test]
async fn a_custom_field_is_found_by_its_id_or_its_key() {
    let server = MockServer::start().await;
    let one = answer(200, &json!({ "customField": nif() }));
    takes(&server, ask("GET", "/locations/loc_1/customFields/cf_1"), one.clone(), 1).await;
    takes(&server, ask("GET", "/locations/loc_1/customFields/contact.nif"), one.clone(), 1).await;
    takes(&server, ask("GET", "/locations/loc_1/customFields/contact.a%2Fb%20c"), one, 1).await;
    let client = client(&server);
    let found = client.custom_fields().get(CustomFieldId::new("cf_1")).await.unwrap();
    assert_eq!(serde_json::to_value(&found).unwrap(), nif(), "nothing is lost");
    assert_eq!(found.extra.len(), 1, "everything else has a field");
    client.custom_fields().get("contact.nif").await.unwrap();
    client.custom_fields().get("contact.a/b c".to_owned()).await.unwrap();
}

#[tokio::test]
async fn a_custom_field_is_created_with_all_that_can_be_set() {
    let server = MockServer::start().await;
    let body = json!({
        "name": "Proofs", "dataType": "TEXTBOX_LIST", "model": "opportunity", "placeholder": "x",
        "acceptedFormat": [".pdf"], "isMultipleFile": true, "maxNumberOfFiles": 3,
        "textBoxListOptions": [{ "label": "First", "prefillValue": "" }, { "label": "Second", "prefillValue": "2" }],
        "position": 7, "fieldKey": "proofs", "parentId": "folder_1", "description": "All of them",
    });
    let created = answer(201, &json!({ "customField": nif() }));
    takes(&server, ask("POST", "/locations/loc_1/customFields").json(body), created, 1).await;
    let new = NewCustomField::new("Proofs", DataType::TextboxList)
        .of_opportunities()
        .placeholder("x")
        .accepted_formats([".pdf"])
        .multiple_files(true)
        .max_files(3)
        .text_boxes([TextBox::new("First"), TextBox::new("Second").prefill("2")])
        .position(7)
        .field_key("proofs")
        .parent_id("folder_1")
        .description("All of them");
    client(&server).custom_fields().create(&new).await.unwrap();
}

#[tokio::test]
async fn a_custom_field_is_changed_and_deleted() {
    let server = MockServer::start().await;
    let one = answer(200, &json!({ "customField": nif() }));
    let path = "/locations/loc_1/customFields/cf_1";
    let all = json!({ "name": "NIF", "placeholder": "x", "acceptedFormat": [".pdf"], "isMultipleFile": false,
        "maxNumberOfFiles": 1, "textBoxListOptions": [{ "label": "First", "prefillValue": "" }], "position": 7 });
    takes_first(&server, ask("PUT", path).json(all.clone()), ResponseTemplate::new(503), 1).await;
    takes(&server, ask("PUT", path).json(all), one.clone(), 1).await;
    takes(&server, ask("PUT", path).json(json!({ "name": "Tax number" })), one, 1).await;
    takes_first(&server, ask("DELETE", path), answer(200, &json!({ "succeded": true })), 1).await;
    takes(&server, ask("DELETE", path), answer(404, &json!({ "message": "Custom field not found" })), 1)
        .await;
    let (client, id) = (client(&server), CustomFieldId::new("cf_1"));
    let update = CustomFieldUpdate::new("NIF")
        .placeholder("x")
        .accepted_formats([".pdf"])
        .multiple_files(false)
        .max_files(1)
        .text_boxes([TextBox::new("First")])
        .position(7);
    client.custom_fields().update(&id, &update).await.unwrap();
    client.custom_fields().update(&id, &CustomFieldUpdate::new("Tax number")).await.unwrap();
    client.custom_fields().delete(&id).await.unwrap();
    assert!(client.custom_fields().delete(&id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn tags_of_the_location_are_listed_read_written_and_deleted() {
    let server = MockServer::start().await;
    let vip = json!({ "id": "tag_1", "name": "vip", "locationId": "loc_1", "color": "red" });
    let one = answer(200, &json!({ "tag": vip }));
    let (tags, tag) = ("/locations/loc_1/tags", "/locations/loc_1/tags/tag_1");
    takes_first(&server, ask("GET", tags), answer(200, &json!({ "tags": [vip] })), 1).await;
    takes(&server, ask("GET", tags), answer(200, &json!({ "tags": null })), 1).await;
    takes(&server, ask("POST", tags).json(json!({ "name": "VIP" })), one.clone(), 1).await;
    takes(&server, ask("POST", tags).json(json!({ "name": "lead" })), ResponseTemplate::new(503), 1).await;
    takes(&server, ask("GET", tag), one.clone(), 1).await;
    let put = || ask("PUT", tag).json(json!({ "name": "vip" }));
    takes_first(&server, put(), ResponseTemplate::new(503), 1).await;
    takes(&server, put(), one, 1).await;
    takes(&server, ask("DELETE", tag), answer(200, &json!({ "succeded": true })), 1).await;

    let (client, id) = (client(&server), TagId::new("tag_1"));
    let list = client.location_tags().list().await.unwrap();
    assert_eq!(serde_json::to_value(&list[0]).unwrap(), vip, "nothing is lost");
    assert_eq!(client.location_tags().list().await.unwrap(), []);
    assert_eq!(client.location_tags().create("VIP").await.unwrap().name, "vip");
    assert_eq!(
        client.location_tags().create("lead").await.unwrap_err().attempts(),
        1,
        "a tag is created once"
    );
    assert_eq!(client.location_tags().get(&id).await.unwrap(), list[0]);
    assert_eq!(client.location_tags().update(&id, "vip").await.unwrap(), list[0]);
    client.location_tags().delete(&id).await.unwrap();
}

#[tokio::test]
async fn tasks_of_all_contacts_are_searched_with_the_page_in_the_body() {
    let server = MockServer::start().await;
    let search = |body: Value| ask("POST", "/locations/loc_1/tasks/search").json(body);
    let all = json!({ "contactId": ["c_ana", "c_rui"], "completed": false, "assignedTo": ["u_1"], "query": "roof",
        "businessId": "b_1", "limit": 2, "skip": 4 });
    let task = json!({ "_id": "t_1", "contactId": "c_ana", "title": "Call", "completed": false,
        "searchAfter": [1_772_359_200_000_i64, "t_1"], "isRecurring": false });
    takes_first(&server, search(all.clone()), ResponseTemplate::new(503), 1).await;
    takes(&server, search(all), answer(200, &json!({ "tasks": [task], "traceId": "x" })), 1).await;
    let none = search(json!({ "limit": 25, "skip": 0 }));
    takes(&server, none, answer(200, &json!({ "tasks": null })), 1).await;

    let client = client(&server);
    let only = SearchTasks::new()
        .contacts(["c_ana", "c_rui"])
        .completed(false)
        .assigned_to(["u_1"])
        .query("roof")
        .business_id("b_1");
    let page = client.location_tasks().search(&only).page_size(2).skip(4).page().await.unwrap();
    assert_eq!((page.items[0].id.as_str(), page.next), ("t_1", None));
    assert_eq!(page.items[0].extra.get("isRecurring"), Some(&json!(false)));
    let all: Vec<_> =
        client.location_tasks().search(&SearchTasks::new()).items().try_collect().await.unwrap();
    assert_eq!(all, []);
}
