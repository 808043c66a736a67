//! Lists of contacts that are not searches.

#![allow(deprecated, reason = "the old list is tested as long as it is there")]

use futures_util::{StreamExt, TryStreamExt};
use ghl_contacts::{ApiVersion, BusinessContacts, Contact, ErrorKind, ListContacts, ListCursor};
use serde_json::{Value, json};
use wiremock::MockServer;

use crate::service::{Ask, answer, ask, client, takes, takes_first};

fn contacts(ids: &[&str]) -> Vec<Value> {
    ids.iter().map(|id| json!({ "id": id })).collect()
}

fn ids(contacts: &[Contact]) -> Vec<&str> {
    contacts.iter().map(|contact| contact.id.as_str()).collect()
}

fn ask_list(rest: &str) -> Ask {
    ask("GET", &format!("/contacts/?locationId=loc_1&limit=2{rest}"))
}

fn listed(ids: &[&str], next: Option<(i64, &str)>) -> Value {
    let mut meta = json!({ "total": 5, "nextPageUrl": "http://inner.example/contacts/?page=2" });
    if let Some((at, id)) = next {
        meta["startAfter"] = json!(at);
        meta["startAfterId"] = json!(id);
    }
    json!({ "contacts": contacts(ids), "meta": meta, "traceId": "t" })
}

fn by_twos() -> ListContacts {
    ListContacts::new().page_size(2)
}

#[tokio::test]
async fn the_old_list_goes_on_by_both_parts_of_the_cursor() {
    let server = MockServer::start().await;
    takes(&server, ask_list(""), answer(200, &listed(&["a", "b"], Some((7, "b")))), 1).await;
    takes_first(&server, ask_list("&startAfter=7&startAfterId=b"), answer(502, &json!({})), 1).await;
    let second = answer(200, &listed(&["c", "d"], Some((5, "d"))));
    takes(&server, ask_list("&startAfter=7&startAfterId=b"), second, 1).await;
    takes(&server, ask_list("&startAfter=5&startAfterId=d"), answer(200, &listed(&["e"], None)), 1).await;
    let all: Vec<_> = client(&server).contacts().list(by_twos()).items().try_collect().await.unwrap();
    assert_eq!(ids(&all), ["a", "b", "c", "d", "e"]);
}

#[tokio::test]
async fn a_page_of_the_old_list_is_the_last_if_it_is_empty_or_half_a_cursor_is_missing() {
    let half = json!({ "contacts": contacts(&["a"]), "meta": { "startAfter": 7, "startAfterId": null } });
    let other_half = json!({ "contacts": contacts(&["a"]), "meta": { "startAfterId": "a" } });
    let described = json!({ "contacts": contacts(&["a", "b"]), "count": 2 });
    let nothing = json!({ "meta": null });
    for body in [listed(&[], Some((7, "b"))), half, other_half, described, nothing, json!({})] {
        let server = MockServer::start().await;
        takes(&server, ask_list(""), answer(200, &body), 1).await;
        let pages: Vec<_> = client(&server).contacts().list(by_twos()).pages().try_collect().await.unwrap();
        assert_eq!((pages.len(), &pages[0].next), (1, &None), "{body}");
    }
}

#[tokio::test]
async fn the_old_list_is_resumed_from_a_stored_cursor() {
    let server = MockServer::start().await;
    takes(&server, ask_list("&query=ana+reis"), answer(200, &listed(&["a"], Some((7, "a")))), 1).await;
    let target = "/contacts/?locationId=loc_1&limit=100&startAfter=7&startAfterId=a";
    takes(&server, ask("GET", target), answer(200, &listed(&["b"], None)), 1).await;
    let client = client(&server);
    let first = client.contacts().list(by_twos().query("ana reis")).page().await.unwrap();
    assert_eq!(first.total, Some(5));
    let stored = serde_json::to_string(&first.next).unwrap();
    let after: ListCursor = serde_json::from_str(&stored).unwrap();
    let rest = client.contacts().list(ListContacts::new().page_size(999).after(after));
    assert_eq!(ids(&rest.page().await.unwrap().contacts), ["b"]);
}

#[tokio::test]
async fn the_old_list_does_not_go_round_in_circles() {
    let server = MockServer::start().await;
    takes(&server, ask_list(""), answer(200, &listed(&["a"], Some((7, "a")))), 1).await;
    let same = answer(200, &listed(&["a"], Some((7, "a"))));
    takes(&server, ask_list("&startAfter=7&startAfterId=a"), same, 1).await;
    let walk: Vec<_> = client(&server).contacts().list(by_twos()).pages().collect().await;
    assert_eq!(walk.len(), 2);
    assert_eq!(walk[1].as_ref().unwrap_err().kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn v3_has_no_old_list_and_is_not_asked_for_it() {
    let server = MockServer::start().await;
    let v3 = client(&server).with_version(ApiVersion::V3);
    let error = v3.contacts().list(ListContacts::new()).page().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.status()), (ErrorKind::NotInVersion, 0, None));
    assert_eq!(error.to_string(), "contacts.list: API version v3 does not have this call: use a search");
    assert!(!error.is_retryable() && !error.outcome_unknown());
    assert!(server.received_requests().await.unwrap().is_empty());
}

fn ask_business(rest: &str) -> Ask {
    ask("GET", &format!("/contacts/business/b_1?locationId=loc_1&{rest}"))
}

#[tokio::test]
async fn contacts_of_a_business_are_paged_by_skipping() {
    let server = MockServer::start().await;
    let page = |ids| answer(200, &json!({ "contacts": contacts(ids), "count": 3 }));
    takes(&server, ask_business("limit=2&skip=0"), page(&["a", "b"]), 1).await;
    takes_first(&server, ask_business("limit=2&skip=2"), answer(500, &json!({})), 1).await;
    takes(&server, ask_business("limit=2&skip=2"), page(&["c"]), 1).await;
    let list = client(&server).contacts().by_business(BusinessContacts::new("b_1").page_size(2));
    let all: Vec<_> = list.items().try_collect().await.unwrap();
    assert_eq!(ids(&all), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_page_of_a_business_that_the_service_cut_down_is_not_the_last() {
    let names: Vec<_> = (0..30).map(|n| format!("c_{n}")).collect();
    let all: Vec<_> = names.iter().map(String::as_str).collect();
    for counts in [[json!(30), json!(30)], [json!(25), json!(5)], [Value::Null, Value::Null]] {
        let server = MockServer::start().await;
        let page = |ids, count| answer(200, &json!({ "contacts": contacts(ids), "count": count }));
        takes(&server, ask_business("limit=100&skip=0"), page(&all[..25], &counts[0]), 1).await;
        takes(&server, ask_business("limit=100&skip=25"), page(&all[25..], &counts[1]), 1).await;
        let list = client(&server).contacts().by_business(BusinessContacts::new("b_1"));
        assert_eq!(ids(&list.items().try_collect::<Vec<_>>().await.unwrap()), all, "{counts:?}");
    }
    // Fewer than the service gives unasked, and counted.
    let server = MockServer::start().await;
    let page = |ids| answer(200, &json!({ "contacts": contacts(ids), "count": 3 }));
    takes(&server, ask_business("limit=100&skip=0"), page(&["a", "b"]), 1).await;
    takes(&server, ask_business("limit=100&skip=2"), page(&["c"]), 1).await;
    let list = client(&server).contacts().by_business(BusinessContacts::new("b_1"));
    assert_eq!(ids(&list.items().try_collect::<Vec<_>>().await.unwrap()), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_page_of_a_business_starts_where_it_is_told() {
    let server = MockServer::start().await;
    let body =
        json!({ "contacts": [{ "id": "a", "contactName": "ana reis", "followers": ["u_1"], "new": 1 }] });
    takes(&server, ask_business("limit=1&skip=7&query=reis"), answer(200, &body), 1).await;
    let list = BusinessContacts::new("b_1").query("reis").page_size(0).skip(7);
    let page = client(&server).contacts().by_business(list).page().await.unwrap();
    assert_eq!((page.count, page.next), (None, Some(8)));
    let ana = &page.contacts[0];
    assert_eq!((ana.name.as_deref(), ana.followers[0].as_str()), (Some("ana reis"), "u_1"));
    assert_eq!(ana.extra.keys().collect::<Vec<_>>(), ["new"]);
}

#[tokio::test]
async fn a_business_without_contacts_has_one_empty_page() {
    for body in
        [json!({}), json!({ "contacts": null, "count": null }), json!({ "contacts": [], "count": "0" })]
    {
        let server = MockServer::start().await;
        takes(&server, ask_business("limit=100&skip=0"), answer(200, &body), 1).await;
        let list = client(&server).contacts().by_business(BusinessContacts::new("b_1"));
        let pages: Vec<_> = list.pages().try_collect().await.unwrap();
        assert_eq!((pages.len(), pages[0].contacts.len(), pages[0].count), (1, 0, None), "{body}");
    }
}

#[tokio::test]
async fn a_business_whose_pages_do_not_move_on_is_an_error() {
    let server = MockServer::start().await;
    let same = || answer(200, &json!({ "contacts": contacts(&["a"]) }));
    takes(&server, ask_business("limit=1&skip=0"), same(), 1).await;
    takes(&server, ask_business("limit=1&skip=1"), same(), 1).await;
    let list = client(&server).contacts().by_business(BusinessContacts::new("b_1").page_size(1));
    let error = list.items().try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, "contacts.by_business"));
}

#[tokio::test]
async fn a_list_may_give_both_names_of_a_field() {
    let server = MockServer::start().await;
    let ana =
        json!({ "id": "a", "contactName": "ana reis", "name": "Ana Reis", "address": "Rua da Prata 1" });
    let rui = json!({ "id": "b", "contactName": null, "name": "Rui Reis" });
    takes(&server, ask_list(""), answer(200, &json!({ "contacts": [ana, rui] })), 1).await;
    let page = client(&server).contacts().list(by_twos()).page().await.unwrap();
    let names: Vec<_> = page.contacts.iter().map(|contact| contact.name.as_deref()).collect();
    assert_eq!(names, [Some("Ana Reis"), Some("Rui Reis")]);
    assert_eq!(page.contacts[0].address1.as_deref(), Some("Rua da Prata 1"));
}
