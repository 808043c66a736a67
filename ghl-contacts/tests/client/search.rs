//! Searching: the body, the cursor, and where a walk ends.

use futures_util::{StreamExt, TryStreamExt};
use ghl_contacts::{Contact, ErrorKind, SearchContacts, SearchCursor, SearchPage};
use serde_json::{Value, json};
use wiremock::MockServer;

use crate::service::{Ask, answer, ask, client, takes};

/// A search in pages of two: the first one without, the others with a cursor.
fn ask_page(after: Option<Value>) -> Ask {
    let mut body = json!({ "locationId": "loc_1", "pageLimit": 2,
        "sort": [{ "field": "dateAdded", "direction": "asc" }] });
    match after {
        Some(cursor) => body["searchAfter"] = cursor,
        None => body["page"] = json!(1),
    }
    ask("POST", "/contacts/search").json(body)
}

fn cursor(id: &str) -> Value {
    json!([1_767_225_600_123_i64, id])
}

fn found(ids: &[&str]) -> Value {
    let contacts: Vec<_> = ids.iter().map(|id| json!({ "id": id, "searchAfter": cursor(id) })).collect();
    json!({ "contacts": contacts, "total": 5, "traceId": "t" })
}

fn by_twos() -> SearchContacts {
    SearchContacts::new().page_size(2)
}

async fn pages(server: &MockServer) -> Vec<SearchPage> {
    client(server).contacts().search(by_twos()).pages().try_collect().await.unwrap()
}

fn ids(contacts: &[Contact]) -> Vec<&str> {
    contacts.iter().map(|contact| contact.id.as_str()).collect()
}

#[tokio::test]
async fn items_walk_three_pages_by_the_cursor_of_each_last_contact() {
    let server = MockServer::start().await;
    takes(&server, ask_page(None), answer(200, &found(&["a", "b"])), 1).await;
    takes(&server, ask_page(Some(cursor("b"))), answer(200, &found(&["c", "d"])), 1).await;
    takes(&server, ask_page(Some(cursor("d"))), answer(200, &found(&["e"])), 1).await;
    let items = client(&server).contacts().search(by_twos()).items();
    let contacts: Vec<Contact> = items.try_collect().await.unwrap();
    assert_eq!(ids(&contacts), ["a", "b", "c", "d", "e"]);
    assert!(contacts.iter().all(|contact| contact.extra.is_empty()), "the cursor is no part of a contact");
}

#[tokio::test]
async fn a_short_page_is_the_last_where_the_total_says_so() {
    let server = MockServer::start().await;
    let mut body = found(&["a"]);
    body["total"] = json!(1);
    takes(&server, ask_page(None), answer(200, &body), 1).await;
    let pages = pages(&server).await;
    assert_eq!((pages.len(), pages[0].total, &pages[0].next), (1, Some(1), &None));
}

#[tokio::test]
async fn a_page_that_the_service_cut_down_is_not_the_last() {
    let server = MockServer::start().await;
    let uncounted = json!({ "contacts": [{ "id": "b", "searchAfter": cursor("b") }] });
    takes(&server, ask_page(None), answer(200, &found(&["a"])), 1).await;
    takes(&server, ask_page(Some(cursor("a"))), answer(200, &uncounted), 1).await;
    takes(&server, ask_page(Some(cursor("b"))), answer(200, &found(&[])), 1).await;
    let pages = pages(&server).await;
    assert_eq!(pages.iter().map(|page| page.contacts.len()).collect::<Vec<_>>(), [1, 1, 0]);
}

#[tokio::test]
async fn a_page_that_gives_the_cursor_it_was_asked_with_is_an_error() {
    let server = MockServer::start().await;
    takes(&server, ask_page(Some(cursor("a"))), answer(200, &found(&["a"])), 1).await;
    let after: SearchCursor = serde_json::from_value(cursor("a")).unwrap();
    let error = client(&server).contacts().search(by_twos().after(after)).page().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("a cursor came a second time"), "{error}");
}

#[tokio::test]
async fn an_empty_page_is_the_last() {
    let server = MockServer::start().await;
    takes(&server, ask_page(None), answer(200, &found(&["a", "b"])), 1).await;
    takes(&server, ask_page(Some(cursor("b"))), answer(200, &json!({ "contacts": [] })), 1).await;
    let pages = pages(&server).await;
    assert_eq!(pages.iter().map(|page| page.contacts.len()).collect::<Vec<_>>(), [2, 0]);
    assert_eq!((pages[1].total, &pages[1].next), (None, &None));
}

#[tokio::test]
async fn a_full_page_whose_last_contact_has_no_cursor_is_the_last() {
    for last in [json!({ "id": "b" }), json!({ "id": "b", "searchAfter": null })] {
        let server = MockServer::start().await;
        let body = json!({ "contacts": [{ "id": "a", "searchAfter": cursor("a") }, last] });
        takes(&server, ask_page(None), answer(200, &body), 1).await;
        let pages = pages(&server).await;
        assert_eq!((pages.len(), &pages[0].next), (1, &None));
    }
}

#[tokio::test]
async fn one_odd_contact_spoils_no_page() {
    let server = MockServer::start().await;
    let odd = json!({ "id": "b", "postalCode": 4000, "searchAfter": cursor("b") });
    let body = json!({ "contacts": [{ "id": "a", "searchAfter": cursor("a") }, odd], "total": 2 });
    takes(&server, ask_page(None), answer(200, &body), 1).await;
    let page = client(&server).contacts().search(by_twos()).page().await.unwrap();
    assert_eq!(page.contacts[1].postal_code.as_deref(), Some("4000"));
}

#[tokio::test]
async fn a_cursor_that_comes_again_is_an_error_and_no_loop() {
    let server = MockServer::start().await;
    takes(&server, ask_page(None), answer(200, &found(&["a", "b"])), 1).await;
    takes(&server, ask_page(Some(cursor("b"))), answer(200, &found(&["c", "d"])), 1).await;
    takes(&server, ask_page(Some(cursor("d"))), answer(200, &found(&["a", "b"])), 1).await;
    let search = client(&server).contacts().search(by_twos());
    let error = search.items().try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("a cursor came a second time"), "{error}");
}

#[tokio::test]
async fn a_walk_is_resumed_from_a_stored_cursor() {
    let server = MockServer::start().await;
    takes(&server, ask_page(None), answer(200, &found(&["a", "b"])), 1).await;
    takes(&server, ask_page(Some(cursor("b"))), answer(200, &found(&["c"])), 1).await;
    takes(&server, ask_page(Some(cursor("c"))), answer(200, &found(&[])), 1).await;
    let first = client(&server).contacts().search(by_twos()).page().await.unwrap();
    let stored = serde_json::to_string(&first.next).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&stored).unwrap(), cursor("b"), "as it came");

    let after: SearchCursor = serde_json::from_str(&stored).unwrap();
    let rest = client(&server).contacts().search(by_twos().after(after)).items();
    assert_eq!(ids(&rest.try_collect::<Vec<_>>().await.unwrap()), ["c"]);
}

#[tokio::test]
async fn a_walk_ends_with_its_error() {
    let server = MockServer::start().await;
    takes(&server, ask_page(None), answer(200, &found(&["a", "b"])), 1).await;
    let refusal = json!({ "statusCode": 400, "message": "Invalid searchAfter" });
    takes(&server, ask_page(Some(cursor("b"))), answer(400, &refusal), 1).await;
    let items: Vec<_> = client(&server).contacts().search(by_twos()).items().collect().await;
    assert_eq!(items.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false]);
    let error = items[2].as_ref().unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::BadRequest, "contacts.search"));
}

#[tokio::test]
async fn a_search_is_sent_again_after_a_failure() {
    let server = MockServer::start().await;
    crate::service::takes_first(&server, ask_page(None), answer(500, &json!({})), 1).await;
    takes(&server, ask_page(None), answer(200, &found(&["a"])), 1).await;
    client(&server).contacts().search(by_twos()).page().await.unwrap();
}
