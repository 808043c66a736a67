//! Businesses and users, and the walk through lists that both share.

use futures_util::TryStreamExt;
use ghl_contacts::{
    Business, BusinessId, BusinessUpdate, ErrorKind, NewBusiness, SearchUsers, User, UserRoles,
};
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use crate::service::{answer, ask, client, takes, takes_first};

fn reis(number: usize) -> Value {
    json!({ "id": format!("b_{number}"), "name": "Reis Lda", "locationId": "loc_1" })
}

fn id() -> BusinessId {
    BusinessId::new("b_1")
}

#[tokio::test]
async fn a_business_is_created_with_all_that_can_be_set() {
    let server = MockServer::start().await;
    let body = json!({
        "locationId": "loc_1", "name": "Reis Lda", "phone": "+351220000001", "email": "geral@reis.example",
        "website": "https://reis.example", "address": "Rua da Prata 1", "city": "Lisboa", "state": "Lisboa",
        "postalCode": "1100-414", "country": "PT", "description": "Roofs",
    });
    let mut full = body.clone();
    full["id"] = json!("b_1");
    full["createdAt"] = json!("2026-03-01T12:00:00Z");
    full["updatedAt"] = json!("2026-03-01T12:00:00Z");
    full["createdBy"] = json!({ "source": "INTEGRATION" });
    let created = answer(201, &json!({ "success": true, "buiseness": full }));
    takes(&server, ask("POST", "/businesses/").json(body), created, 1).await;
    let bare = ask("POST", "/businesses/").json(json!({ "locationId": "loc_1", "name": "Reis Lda" }));
    takes(&server, bare, ResponseTemplate::new(503), 1).await;
    let client = client(&server);
    let new = NewBusiness::new("Reis Lda")
        .phone("+351220000001")
        .email("geral@reis.example")
        .website("https://reis.example")
        .address("Rua da Prata 1")
        .city("Lisboa")
        .state("Lisboa")
        .postal_code("1100-414")
        .country("PT")
        .description("Roofs");
    let reis = client.businesses().create(&new).await.unwrap();
    assert_eq!(serde_json::to_value(&reis).unwrap(), full, "nothing is lost");
    let error = client.businesses().create(&NewBusiness::new("Reis Lda")).await.unwrap_err();
    assert!(error.outcome_unknown() && error.attempts() == 1, "{error}");
}

#[tokio::test]
async fn a_business_is_read_under_either_spelling() {
    for body in [
        json!({ "business": reis(1) }),
        json!({ "buiseness": reis(1) }),
        json!({ "success": true, "business": reis(1), "buiseness": reis(1) }),
    ] {
        let server = MockServer::start().await;
        takes(&server, ask("GET", "/businesses/b_1"), answer(200, &body), 1).await;
        let put = ask("PUT", "/businesses/b_1").json(json!({}));
        takes(&server, put, answer(200, &body), 1).await;
        let client = client(&server);
        assert_eq!(client.businesses().get(&id()).await.unwrap().name, "Reis Lda");
        assert_eq!(client.businesses().update(&id(), &BusinessUpdate::new()).await.unwrap().id, id());
    }
    let server = MockServer::start().await;
    takes(&server, ask("GET", "/businesses/b_1"), answer(200, &json!({ "success": true })), 1).await;
    assert_eq!(client(&server).businesses().get(&id()).await.unwrap_err().kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn a_business_is_changed_and_deleted() {
    let server = MockServer::start().await;
    let body = json!({
        "name": "Reis e Filhos", "phone": "1", "email": "a@reis.example", "website": "w", "address": "a",
        "city": "c", "state": "s", "postalCode": "p", "country": "PT", "description": "d",
    });
    let put = || ask("PUT", "/businesses/b_1").json(body.clone());
    takes_first(&server, put(), ResponseTemplate::new(503), 1).await;
    takes(&server, put(), answer(200, &json!({ "buiseness": reis(1) })), 1).await;
    takes_first(&server, ask("DELETE", "/businesses/b_1"), ResponseTemplate::new(503), 1).await;
    let gone = answer(404, &json!({ "message": "Business not found" }));
    takes_first(&server, ask("DELETE", "/businesses/b_1"), gone.clone(), 1).await;
    takes_first(&server, ask("DELETE", "/businesses/b_1"), answer(200, &json!({ "success": true })), 1).await;
    takes(&server, ask("DELETE", "/businesses/b_1"), gone, 1).await;
    let client = client(&server);
    let update = BusinessUpdate::new()
        .name("Reis e Filhos")
        .phone("1")
        .email("a@reis.example")
        .website("w")
        .address("a")
        .city("c")
        .state("s")
        .postal_code("p")
        .country("PT")
        .description("d");
    client.businesses().update(&id(), &update).await.unwrap();
    client.businesses().delete(&id()).await.expect("the lost first request did it");
    client.businesses().delete(&id()).await.unwrap();
    assert!(client.businesses().delete(&id()).await.unwrap_err().is_not_found());
}

#[test]
fn null_is_the_same_as_absent_in_businesses_and_users() {
    let null = json!({ "id": "b_1", "name": null, "locationId": null, "phone": null, "email": null, "website": null,
        "address": null, "city": null, "state": null, "postalCode": null, "country": null, "description": null,
        "createdAt": null, "updatedAt": null });
    assert_eq!(serde_json::from_value::<Business>(null).unwrap(), Business::new("b_1", ""));
    let null = json!({ "id": "u_1", "name": null, "firstName": null, "lastName": null, "email": null, "phone": null,
        "extension": null, "deleted": null, "roles": null });
    assert_eq!(serde_json::from_value::<User>(null).unwrap(), User::new("u_1"));
    let roles = json!({ "type": null, "role": null, "locationIds": null });
    assert_eq!(serde_json::from_value::<UserRoles>(roles).unwrap(), UserRoles::new());
}

fn list(size: usize, skip: usize) -> crate::service::Ask {
    ask("GET", &format!("/businesses/?locationId=loc_1&limit={size}&skip={skip}"))
}

fn page(range: std::ops::Range<usize>) -> ResponseTemplate {
    answer(200, &json!({ "businesses": range.map(reis).collect::<Vec<_>>() }))
}

#[tokio::test]
async fn a_walk_ends_with_a_page_that_is_not_full() {
    let server = MockServer::start().await;
    takes(&server, list(2, 0), page(0..2), 1).await;
    takes(&server, list(2, 2), page(2..4), 1).await;
    takes(&server, list(2, 4), page(4..5), 1).await;
    let walk = client(&server).businesses().list().page_size(2).items();
    let ids: Vec<_> = walk.map_ok(|business| business.id.to_string()).try_collect().await.unwrap();
    assert_eq!(ids, ["b_0", "b_1", "b_2", "b_3", "b_4"]);
}

#[tokio::test]
async fn a_walk_is_resumed_where_a_page_said() {
    let server = MockServer::start().await;
    takes(&server, list(2, 0), page(0..2), 1).await;
    takes(&server, list(2, 2), page(2..2), 1).await;
    let client = client(&server);
    let listing = client.businesses().list().page_size(2);
    let first = listing.page().await.unwrap();
    assert_eq!((first.items.len(), first.count, first.next), (2, None, Some(2)));
    let rest: Vec<_> = listing.skip(first.next.unwrap()).pages().try_collect().await.unwrap();
    assert_eq!(rest, [ghl_contacts::Page::new([])], "an empty page is the last");
}

#[tokio::test]
async fn sizes_are_brought_into_the_bounds_of_the_service() {
    let server = MockServer::start().await;
    takes(&server, list(1, 0), page(0..0), 1).await;
    takes(&server, list(100, 0), page(0..0), 2).await;
    let client = client(&server);
    for size in [0, 1000] {
        client.businesses().list().page_size(size).page().await.unwrap();
    }
    client.businesses().list().page().await.unwrap();
}

#[tokio::test]
async fn a_walk_that_does_not_advance_is_an_error() {
    let server = MockServer::start().await;
    takes(&server, list(2, 0), page(0..2), 1).await;
    takes(&server, list(2, 2), page(0..2), 1).await;
    let walk = client(&server).businesses().list().page_size(2).pages();
    let error = walk.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, "businesses.list"));
    assert!(error.to_string().contains("a page came a second time"), "{error}");
}

#[tokio::test]
async fn a_walk_ends_after_an_error() {
    let server = MockServer::start().await;
    let refused = answer(401, &json!({ "message": "The token is not authorized for this scope." }));
    takes(&server, list(100, 0), refused, 1).await;
    let mut walk = std::pin::pin!(client(&server).businesses().list().items());
    assert!(walk.try_next().await.unwrap_err().is_auth());
    assert_eq!(walk.try_next().await.unwrap(), None);
}

#[tokio::test]
async fn a_list_may_be_null_and_names_the_record_that_does_not_fit() {
    let server = MockServer::start().await;
    takes_first(&server, list(100, 0), answer(200, &json!({ "businesses": null })), 1).await;
    takes_first(&server, list(100, 0), answer(200, &json!({})), 1).await;
    takes(&server, list(100, 0), answer(200, &json!({ "businesses": [reis(1), { "name": "x" }] })), 1).await;
    let client = client(&server);
    for _ in 0..2 {
        assert_eq!(client.businesses().list().page().await.unwrap().items, []);
    }
    let error = client.businesses().list().page().await.unwrap_err().to_string();
    assert!(error.contains("businesses[1]"), "{error}");
}

#[tokio::test]
async fn users_are_searched_by_all_that_can_be_set_or_by_nothing() {
    let server = MockServer::start().await;
    let rita = json!({
        "id": "u_1", "name": "Rita Lopes", "firstName": "Rita", "lastName": "Lopes", "email": "rita@example.pt",
        "phone": "+351910000009", "extension": "7", "deleted": false, "permissions": { "contactsEnabled": true },
        "roles": { "type": "account", "role": "admin", "locationIds": ["loc_1"], "restrictSubAccount": false },
    });
    let all = "/users/search?companyId=comp_1&locationId=loc_1&query=rita&type=account&role=admin&ids=u_1%2Cu_2\
               &limit=5&skip=10";
    takes(&server, ask("GET", all), answer(200, &json!({ "users": [rita], "count": 11 })), 1).await;
    let bare = ask("GET", "/users/search?companyId=comp_1&limit=25&skip=0");
    takes(&server, bare, answer(200, &json!({ "users": null })), 1).await;
    let client = client(&server);
    let search = SearchUsers::new("comp_1").location("loc_1").query("rita").kind("account").role("admin");
    let page = client.users().search(search.ids(["u_1", "u_2"])).page_size(5).skip(10).page().await.unwrap();
    assert_eq!((page.count, page.next), (Some(11), None));
    assert_eq!(serde_json::to_value(&page.items[0]).unwrap(), rita, "nothing is lost");
    assert_eq!(client.users().search(SearchUsers::new("comp_1")).page().await.unwrap().items, []);
}

#[tokio::test]
async fn a_page_size_that_the_service_cuts_down_loses_nobody() {
    let server = MockServer::start().await;
    let users = |range: std::ops::Range<u32>| {
        let users: Vec<_> = range.map(|n| json!({ "id": format!("u_{n}") })).collect();
        answer(200, &json!({ "users": users, "count": "40" }))
    };
    let search = |skip: u32| ask("GET", &format!("/users/search?companyId=comp_1&limit=100&skip={skip}"));
    takes(&server, search(0), users(0..25), 1).await;
    takes(&server, search(25), users(25..40), 1).await;
    let walk = client(&server).users().search(SearchUsers::new("comp_1")).page_size(100).items();
    assert_eq!(walk.try_collect::<Vec<_>>().await.unwrap().len(), 40);
}
