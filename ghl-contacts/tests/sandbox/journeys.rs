//! What takes more than one call: faults, time, limits, pages.

use std::time::Duration;

use ghl_contacts::sandbox::{Config, Edit, Fault, FaultKind, Sandbox};
use serde_json::{Value, json};

use crate::ask::{Ask, delete, get, post, put};
use crate::grants::grant;

async fn empty(config: Config) -> Sandbox {
    crate::trace::on();
    Sandbox::start(config).await.unwrap()
}

fn new_contact(sandbox: &Sandbox, email: &str) -> Ask {
    post("/contacts/", json!({ "locationId": sandbox.credentials().location_id, "email": email }))
}

fn contacts(sandbox: &Sandbox) -> usize {
    sandbox.state()["contacts"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_lost_reply_has_its_effect() {
    let sandbox = empty(Config::default()).await;
    sandbox.fault(Fault::new(FaultKind::LoseReply).on("contacts.create").times(1));
    new_contact(&sandbox, "ana@example.pt").try_send(&sandbox).await.unwrap_err();
    assert_eq!(contacts(&sandbox), 1);
    let (status, body) = new_contact(&sandbox, "ana@example.pt").send(&sandbox).await;
    assert_eq!((status, &body["meta"]["matchingField"]), (400, &json!("email")));
    let call = &sandbox.calls()[0];
    assert_eq!((call.operation.as_deref(), call.status, call.effect), (Some("contacts.create"), None, true));
}

#[tokio::test]
async fn a_dropped_call_has_none() {
    let sandbox = empty(Config::default()).await;
    sandbox.fault(Fault::new(FaultKind::Drop).times(1));
    new_contact(&sandbox, "ana@example.pt").try_send(&sandbox).await.unwrap_err();
    assert_eq!(contacts(&sandbox), 0);
}

#[tokio::test]
async fn a_cut_body_comes_with_its_status() {
    let sandbox = empty(Config::default()).await;
    sandbox.fault(Fault::new(FaultKind::CutBody).times(1));
    let reply = new_contact(&sandbox, "ana@example.pt").try_send(&sandbox).await.unwrap();
    assert_eq!(reply.status(), 201);
    reply.bytes().await.unwrap_err();
    assert_eq!(contacts(&sandbox), 1);
}

#[tokio::test]
async fn faults_are_set_over_http() {
    let sandbox = empty(Config::default()).await;
    let fault = json!({ "kind": "status", "status": 503, "body": "{\"message\":\"down\"}", "times": 1 });
    let (status, body) = post("/__sandbox/faults", fault).send(&sandbox).await;
    assert_eq!((status, body), (200, json!({ "added": 1 })));
    let (status, body) = new_contact(&sandbox, "ana@example.pt").send(&sandbox).await;
    assert_eq!((status, body), (503, json!({ "message": "down" })));
    assert_eq!(contacts(&sandbox), 0);
    let (status, _) = new_contact(&sandbox, "ana@example.pt").send(&sandbox).await;
    assert_eq!(status, 201);
}

fn refresh(sandbox: &Sandbox, token: &str) -> Ask {
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token), ("user_type", "Location")];
    grant(sandbox.credentials(), &fields)
}

#[tokio::test]
async fn a_used_refresh_token_repeats_its_pair_for_half_a_minute() {
    let sandbox = empty(Config::default()).await;
    let old = refresh(&sandbox, &sandbox.credentials().refresh_token);
    let (access, next) = (old.id(&sandbox, "/access_token").await, old.id(&sandbox, "/refresh_token").await);
    sandbox.advance(Duration::from_secs(25));
    assert_eq!(old.id(&sandbox, "/access_token").await, access);
    sandbox.advance(Duration::from_secs(6));
    let (status, body) = old.send(&sandbox).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
    assert_eq!(refresh(&sandbox, &next).send(&sandbox).await.0, 200);
}

#[tokio::test]
async fn access_tokens_expire_and_are_revoked() {
    let sandbox = empty(Config::default()).await;
    let c = sandbox.credentials().clone();
    let location = get(format!("/locations/{}", c.location_id));
    sandbox.advance(Duration::from_secs(86_400));
    let (status, body) = location.send(&sandbox).await;
    assert_eq!((status, &body["message"]), (401, &json!("Invalid token: access token is expired")));
    let new = refresh(&sandbox, &c.refresh_token).id(&sandbox, "/access_token").await;
    assert_eq!(location.clone().token(&new).send(&sandbox).await.0, 200);

    assert_eq!(location.clone().token(&c.pit).send(&sandbox).await.0, 200);
    sandbox.human(Edit::Delete { collection: "tokens".to_owned(), id: c.pit.clone() }).unwrap();
    let (status, body) = location.clone().token(&c.pit).send(&sandbox).await;
    assert_eq!((status, &body["message"]), (401, &json!("Invalid Private Integration token")));
}

#[tokio::test]
async fn an_inactive_location_gets_no_new_token() {
    let sandbox = empty(Config::default()).await;
    let c = sandbox.credentials().clone();
    let edit = Edit::Update {
        collection: "locations".to_owned(),
        id: c.location_id.clone(),
        fields: json!({ "active": false }),
    };
    sandbox.human(edit).unwrap();
    let (status, body) = refresh(&sandbox, &c.refresh_token).send(&sandbox).await;
    assert_eq!((status, &body["message"]), (400, &json!("Location is not active")));
}

#[tokio::test]
async fn the_burst_limit_holds_for_one_interval() {
    let sandbox = empty(Config { burst_limit: 2, speed: 10.0, ..Config::default() }).await;
    let location = get(format!("/locations/{}", sandbox.credentials().location_id));
    for left in ["1", "0"] {
        let reply = location.try_send(&sandbox).await.unwrap();
        assert_eq!(
            (reply.status().as_u16(), &reply.headers()["x-ratelimit-remaining"]),
            (200, &left.parse().unwrap())
        );
    }
    let reply = location.try_send(&sandbox).await.unwrap();
    assert_eq!(reply.status(), 429);
    assert_eq!(reply.headers()["x-ratelimit-max"], "2");
    assert_eq!(reply.headers()["x-ratelimit-interval-milliseconds"], "1000");
    assert_eq!(reply.headers()["x-ratelimit-daily-remaining"], "199998");
    // Another app has a limit of its own.
    assert_eq!(location.clone().token(&sandbox.credentials().pit).send(&sandbox).await.0, 200);
    sandbox.advance(Duration::from_secs(1));
    assert_eq!(location.send(&sandbox).await.0, 200);
}

#[tokio::test]
async fn the_daily_limit_outlasts_the_interval() {
    let sandbox = empty(Config { daily_limit: 1, ..Config::default() }).await;
    let location = get(format!("/locations/{}", sandbox.credentials().location_id));
    assert_eq!(location.send(&sandbox).await.0, 200);
    sandbox.advance(Duration::from_secs(11));
    let reply = location.try_send(&sandbox).await.unwrap();
    assert_eq!(
        (reply.status().as_u16(), &reply.headers()["x-ratelimit-daily-remaining"]),
        (429, &"0".parse().unwrap())
    );
}

async fn found(sandbox: &Sandbox) -> Vec<Value> {
    let body = json!({ "locationId": sandbox.credentials().location_id, "pageLimit": 10 });
    let (_, body) = post("/contacts/search", body).send(sandbox).await;
    body["contacts"].as_array().unwrap().iter().map(|contact| contact["city"].clone()).collect()
}

#[tokio::test]
async fn searches_lag_behind_and_reads_do_not() {
    let sandbox = empty(Config { index_lag: Duration::from_secs(60), ..Config::default() }).await;
    let id = new_contact(&sandbox, "ana@example.pt").id(&sandbox, "/contact/id").await;
    let ana = format!("/contacts/{id}");
    assert!(found(&sandbox).await.is_empty());
    sandbox.advance(Duration::from_secs(61));
    assert_eq!(found(&sandbox).await, [Value::Null]);

    put(&ana, json!({ "city": "Faro" })).send(&sandbox).await;
    assert_eq!(get(&ana).send(&sandbox).await.1["contact"]["city"], "Faro");
    assert_eq!(found(&sandbox).await, [Value::Null]);
    sandbox.advance(Duration::from_secs(61));
    assert_eq!(found(&sandbox).await, [json!("Faro")]);

    delete(&ana).send(&sandbox).await;
    assert_eq!(found(&sandbox).await, [json!("Faro")]);
    sandbox.advance(Duration::from_secs(61));
    assert!(found(&sandbox).await.is_empty());
}

#[tokio::test]
async fn the_search_is_walked_by_the_last_cursor() {
    let sandbox = empty(Config::default()).await;
    for n in 0..7 {
        sandbox.add_contact(json!({ "email": format!("n{n}@example.pt"), "tags": ["x"] })).unwrap();
    }
    let mut body = json!({ "locationId": sandbox.credentials().location_id, "pageLimit": 3,
        "sort": [{ "field": "dateAdded", "direction": "asc" }] });
    let mut ids = Vec::new();
    loop {
        let (_, page) = post("/contacts/search", body.clone()).send(&sandbox).await;
        assert_eq!(page["total"], 7);
        let contacts = page["contacts"].as_array().unwrap().clone();
        let Some(last) = contacts.last() else { break };
        body["searchAfter"] = last["searchAfter"].clone();
        ids.extend(contacts.iter().map(|contact| contact["id"].to_string()));
    }
    assert_eq!(ids.len(), 7);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 7);
}

#[tokio::test]
async fn the_list_is_walked_by_both_cursors() {
    let sandbox = empty(Config::default()).await;
    for n in 0..5 {
        sandbox.add_contact(json!({ "email": format!("n{n}@example.pt") })).unwrap();
    }
    let first = format!("/contacts/?locationId={}&limit=2", sandbox.credentials().location_id);
    let (mut path, mut pages) = (first.clone(), Vec::new());
    loop {
        let (_, page) = get(&path).send(&sandbox).await;
        pages.push(page["contacts"].as_array().unwrap().len());
        let (Some(after), Some(id)) =
            (page["meta"]["startAfter"].as_i64(), page["meta"]["startAfterId"].as_str())
        else {
            break;
        };
        path = format!("{first}&startAfter={after}&startAfterId={id}");
    }
    assert_eq!(pages, [2, 2, 1]);
}

#[tokio::test]
async fn locations_may_allow_duplicates() {
    let sandbox = empty(Config { allow_duplicates: true, ..Config::default() }).await;
    for _ in 0..2 {
        assert_eq!(new_contact(&sandbox, "ana@example.pt").send(&sandbox).await.0, 201);
    }
    let mut body = json!({ "locationId": sandbox.credentials().location_id, "email": "ana@example.pt" });
    assert_eq!(post("/contacts/upsert", body.clone()).send(&sandbox).await.1["new"], false);
    body["createNewIfDuplicateAllowed"] = json!(true);
    assert_eq!(post("/contacts/upsert", body).send(&sandbox).await.1["new"], true);
    assert_eq!(contacts(&sandbox), 3);
}

#[tokio::test]
async fn a_freed_e_mail_may_be_taken() {
    let sandbox = empty(Config::default()).await;
    let first = new_contact(&sandbox, "ana@example.pt").id(&sandbox, "/contact/id").await;
    put(format!("/contacts/{first}"), json!({ "email": "ana.reis@example.pt" })).send(&sandbox).await;
    let second = new_contact(&sandbox, "ana@example.pt").id(&sandbox, "/contact/id").await;
    assert_eq!(new_contact(&sandbox, "ANA@example.pt").send(&sandbox).await.1["meta"]["contactId"], second);
    delete(format!("/contacts/{second}")).send(&sandbox).await;
    assert_eq!(new_contact(&sandbox, "ana@example.pt").send(&sandbox).await.0, 201);
}

#[tokio::test]
async fn a_reset_returns_to_the_checkpoint() {
    let sandbox = empty(Config::default()).await;
    sandbox.add_contact(json!({ "firstName": "Ana" })).unwrap();
    sandbox.checkpoint();
    sandbox.add_contact(json!({ "firstName": "Rui" })).unwrap();
    sandbox.fault(Fault::new(FaultKind::Drop));
    sandbox.reset();
    assert_eq!(contacts(&sandbox), 1);
    assert_eq!(found(&sandbox).await.len(), 1);
    assert_eq!(sandbox.calls().len(), 1);
}

#[tokio::test]
async fn ids_and_tokens_follow_from_the_seed() {
    let mut runs = Vec::new();
    for seed in [5, 5, 6] {
        let sandbox = empty(Config { seed, ..Config::default() }).await;
        let id = new_contact(&sandbox, "ana@example.pt").id(&sandbox, "/contact/id").await;
        let pair =
            refresh(&sandbox, &sandbox.credentials().refresh_token).id(&sandbox, "/access_token").await;
        runs.push((id, pair, sandbox.credentials().pit.clone()));
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}

#[tokio::test]
async fn seeding_follows_the_rules_of_the_service() {
    let sandbox = empty(Config::default()).await;
    sandbox.add_contact(json!({ "email": "ana@example.pt" })).unwrap();
    let taken = sandbox.add_contact(json!({ "email": "ana@example.pt" })).unwrap_err();
    assert_eq!(taken, "This location does not allow duplicated contacts.");
    let unknown = sandbox.add_contact(json!({ "surname": "Reis" })).unwrap_err();
    assert_eq!(unknown, "property surname should not exist");
    sandbox.add_custom_field("Plan", "NUMBER").unwrap_err();
}
