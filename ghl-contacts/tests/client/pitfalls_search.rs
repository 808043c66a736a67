//! What a naive client gets wrong about searching and custom fields, by the numbers of the list that this crate goes by.

use futures_util::TryStreamExt;
use ghl_contacts::{Contact, CustomFieldBook, SearchContacts, SearchField};
use serde_json::{Value, json};
use wiremock::{Match, MockServer, Request};

use crate::service::{answer, ask, client, takes};

fn body(parts: &Value) -> Value {
    let mut body = json!({ "locationId": "loc_1", "pageLimit": 100, "page": 1,
        "sort": [{ "field": "dateAdded", "direction": "asc" }] });
    body.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
    body
}

async fn found(contact: Value) -> Contact {
    let server = MockServer::start().await;
    let page = answer(200, &json!({ "contacts": [contact], "total": 1 }));
    takes(&server, ask("POST", "/contacts/search").json(body(&json!({}))), page, 1).await;
    client(&server).contacts().search(SearchContacts::new()).page().await.unwrap().contacts.remove(0)
}

#[tokio::test]
async fn p03_values_of_custom_fields_are_not_all_text() {
    let values = [json!(7), json!(true), json!(["a", "b"]), json!({ "b_1": "x" }), json!(null), json!("x")];
    let fields: Vec<_> = values.iter().map(|value| json!({ "id": "cf_1", "value": value })).collect();
    let contact = found(json!({ "id": "c_ana", "customFields": fields })).await;
    let read: Vec<_> = contact.custom_fields.into_iter().map(|field| field.value).collect();
    assert_eq!(read, values);

    let server = MockServer::start().await;
    let definitions = json!({ "customFields": [{ "id": "cf_1", "name": "Any", "dataType": "TEXT" }] });
    let list = ask("GET", "/locations/loc_1/customFields?model=contact");
    takes(&server, list, answer(200, &definitions), 1).await;
    let any = CustomFieldBook::new(&client(&server)).field("Any").await.unwrap();
    let texts = values.map(|value| {
        let mut contact = Contact::new("c_ana");
        contact.custom_fields = vec![ghl_contacts::CustomField::new("cf_1", value)];
        any.text(&contact).ok().flatten()
    });
    assert_eq!(
        texts.each_ref().map(Option::as_deref),
        [Some("7"), Some("true"), None, None, None, Some("x")]
    );
}

/// A page of a search that goes by a cursor and by no page number.
struct After(u64);

impl Match for After {
    fn matches(&self, request: &Request) -> bool {
        let body: Value = request.body_json().unwrap();
        body["searchAfter"] == json!([self.0, "c"]) && body.get("page").is_none()
    }
}

#[tokio::test]
async fn p08_the_cursor_is_on_the_last_contact_and_leads_past_ten_thousand() {
    const PAGES: u64 = 22;
    let server = MockServer::start().await;
    for page in 0..PAGES {
        let full = if page == PAGES - 1 { 499 } else { 500 };
        let contacts: Vec<_> =
            (0..full).map(|n| json!({ "id": format!("c_{page}_{n}"), "searchAfter": [page, "c"] })).collect();
        // What is beside the contacts leads nowhere.
        let body = json!({ "contacts": contacts, "total": 10_999, "searchAfter": ["wrong"] });
        if page == 0 {
            let first = json!({ "locationId": "loc_1", "pageLimit": 500, "page": 1,
                "sort": [{ "field": "dateAdded", "direction": "asc" }] });
            takes(&server, ask("POST", "/contacts/search").json(first), answer(200, &body), 1).await;
        } else {
            takes(&server, After(page - 1), answer(200, &body), 1).await;
        }
    }
    let search = client(&server).contacts().search(SearchContacts::new().page_size(500));
    let count = search.items().try_fold(0, |count, _| async move { Ok(count + 1) }).await.unwrap();
    assert_eq!(count, 10_999);
}

#[tokio::test]
async fn p19_tags_are_compared_in_any_case() {
    let server = MockServer::start().await;
    let filters = json!({ "filters": [
        { "field": "tags", "operator": "eq", "value": ["vip", "loja"] },
        { "field": "tags", "operator": "not_eq", "value": "former" },
        { "field": "tags", "operator": "contains", "value": "vi" },
    ] });
    let page = answer(200, &json!({ "contacts": [{ "id": "c_ana", "tags": ["vip"] }] }));
    takes(&server, ask("POST", "/contacts/search").json(body(&filters)), page, 1).await;
    let search = SearchContacts::new()
        .filter(SearchField::TAGS.eq(["VIP", " Loja "]))
        .filter(SearchField::TAGS.not_eq("Former"))
        .filter(SearchField::TAGS.contains("Vi"));
    let ana = client(&server).contacts().search(search).page().await.unwrap().contacts.remove(0);
    assert!(ana.has_tag("VIP") && ana.has_tag(" vip") && !ana.has_tag("vi"));
}

#[tokio::test]
async fn p20_the_address_of_a_search_is_not_lost() {
    let ana = found(json!({ "id": "c_ana", "address": "Rua da Prata 1" })).await;
    assert_eq!(ana.address1.as_deref(), Some("Rua da Prata 1"));
    assert!(ana.extra.is_empty());
    let filter = json!({ "field": "address", "operator": "contains", "value": "Prata" });
    let server = MockServer::start().await;
    let page = answer(200, &json!({ "contacts": [] }));
    takes(&server, ask("POST", "/contacts/search").json(body(&json!({ "filters": [filter] }))), page, 1)
        .await;
    let search = SearchContacts::new().filter(SearchField::ADDRESS.contains("Prata"));
    client(&server).contacts().search(search).page().await.unwrap();
}

#[tokio::test]
async fn p20_what_only_a_search_gives_is_kept() {
    let opportunity = json!({ "id": "o_1", "pipelineId": "p_1", "monetaryValue": 5, "status": "open" });
    let ana =
        found(json!({ "id": "c_ana", "validEmail": true, "phoneLabel": null, "businessName": "Reis Lda",
        "opportunities": [opportunity] }))
        .await;
    assert_eq!(ana.extra.get("validEmail"), Some(&json!(true)));
    assert_eq!(ana.extra.get("businessName"), Some(&json!("Reis Lda")));
    assert_eq!(ana.extra.get("opportunities"), Some(&json!([opportunity])));
}

#[tokio::test]
async fn p21_what_was_just_written_is_read_by_id_and_not_through_the_search() {
    let server = MockServer::start().await;
    let ana = json!({ "contact": { "id": "c_ana", "city": "Porto" } });
    let empty = answer(200, &json!({ "contacts": [], "total": 0 }));
    takes(&server, ask("GET", "/contacts/c_ana"), answer(200, &ana), 1).await;
    takes(&server, ask("POST", "/contacts/search").json(body(&json!({}))), empty, 1).await;
    let client = client(&server);
    // The index lags behind: the search finds nothing, is not asked again, and reports no error.
    let items = client.contacts().search(SearchContacts::new()).items();
    assert_eq!(items.try_collect::<Vec<_>>().await.unwrap(), []);
    let read = client.contacts().get(&"c_ana".into()).await.unwrap();
    assert_eq!(read.city.as_deref(), Some("Porto"));
}
