//! What the sandbox does, over HTTP. It knows nothing of the client.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests fail by panic"
)]

#[path = "sandbox/access.rs"]
mod access;
#[path = "sandbox/behaviours.rs"]
mod behaviours;
#[path = "sandbox/connecting.rs"]
mod connecting;
#[path = "sandbox/documents.rs"]
mod documents;
#[path = "sandbox/recordings.rs"]
mod recordings;
#[path = "sandbox/settings.rs"]
mod settings;
#[path = "sandbox/table.rs"]
mod table;
#[path = "../../sync-core/tests/trace/mod.rs"]
mod trace;
#[path = "sandbox/wire.rs"]
mod wire;

use std::time::Duration;

use moloni_client::sandbox::{Config, Edit, Fault, FaultKind};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use wire::{ask, by_code, call, customer, login, refresh, start, start_with};

async fn pair(answer: Response) -> (String, String) {
    let body: Value = answer.json().await.unwrap();
    let text = |key: &str| body[key].as_str().unwrap_or_else(|| panic!("no {key} in {body}")).to_owned();
    (text("access_token"), text("refresh_token"))
}

async fn description(answer: Response) -> String {
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    answer.json::<Value>().await.unwrap()["error_description"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn refresh_tokens_work_once_and_tokens_expire() {
    const HOUR: Duration = Duration::from_secs(3600);
    let sandbox = start().await;
    let first = sandbox.credentials().refresh_token.clone();
    let (access, second) = pair(refresh(&sandbox, &first).send(&sandbox).await).await;
    assert_eq!(access.len(), 40);
    assert_eq!(description(refresh(&sandbox, &first).send(&sandbox).await).await, "Invalid refresh token");

    let count = call(&sandbox, "customers/count", json!({}));
    let with_new = count.clone().with("access_token", &access);
    assert_eq!(with_new.send(&sandbox).await.status(), StatusCode::OK);
    sandbox.advance(HOUR);
    assert_eq!(description(with_new.send(&sandbox).await).await, "Token is no longer valid");

    let (_, third) = pair(refresh(&sandbox, &second).send(&sandbox).await).await;
    sandbox.advance(HOUR * 24 * 14);
    assert_eq!(
        description(refresh(&sandbox, &third).send(&sandbox).await).await,
        "Refresh token has expired"
    );
}

#[tokio::test]
async fn three_wrong_passwords_lock_the_login() {
    let sandbox = start().await;
    let right = sandbox.credentials().password.clone();
    for _ in 0..3 {
        let answer = login(&sandbox, "wrong").send(&sandbox).await;
        assert_eq!(description(answer).await, "Invalid username and password combination");
    }
    let locked = login(&sandbox, &right).send(&sandbox).await;
    assert_eq!(locked.status(), StatusCode::FORBIDDEN);
    let header = |name: &str| locked.headers()[name].to_str().unwrap().parse::<u64>().unwrap();
    let cooldown = header("moloni-login-cooldown-seconds");
    assert!(cooldown > 0);
    assert_eq!(header("moloni-login-attempts"), 3);
    assert_eq!(locked.text().await.unwrap(), "Too many failed login attempts");

    let other = refresh(&sandbox, &sandbox.credentials().refresh_token).send(&sandbox).await;
    assert_eq!(other.status(), StatusCode::OK, "other grants stay open");
    sandbox.advance(Duration::from_secs(cooldown));
    assert_eq!(login(&sandbox, &right).send(&sandbox).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn pages_end_at_fifty_rows() {
    let sandbox = start().await;
    for n in 0..60 {
        sandbox.add_customer(json!({ "name": format!("Cliente {n}") })).unwrap();
    }
    let page =
        async |fields: Value| ask(&sandbox, "customers/getAll", fields).await.as_array().unwrap().clone();
    let first = page(json!({ "qty": 100 })).await;
    let second = page(json!({ "qty": 50, "offset": 50 })).await;
    assert_eq!((first.len(), second.len()), (50, 10));
    assert_eq!(page(json!({})).await.len(), 50);
    assert_eq!(page(json!({ "qty": 7 })).await.len(), 7);
    assert_eq!(page(json!({ "offset": 60 })).await.len(), 0);
    let mut ids: Vec<u64> = first.iter().chain(&second).map(|r| r["customer_id"].as_u64().unwrap()).collect();
    assert!(ids.is_sorted_by(|a, b| a > b), "newest first");
    ids.dedup();
    assert_eq!(ids.len(), 60);
}

#[tokio::test]
async fn a_receipt_does_not_touch_the_invoice() {
    let sandbox = start().await;
    let customer = sandbox.add_customer(json!({ "name": "Ana Lda" })).unwrap();
    let invoice = sandbox.add_document(json!({ "customer_id": customer, "net_value": "12.30" })).unwrap();
    let read = async || ask(&sandbox, "documents/getOne", json!({ "document_id": invoice })).await;
    let before = read().await;
    sandbox.advance(Duration::from_secs(1800));
    let pay = |value: &str| {
        sandbox.add_document(json!({
            "customer_id": customer, "document_type_id": 2,
            "associated_documents": [{ "associated_id": invoice, "value": value }],
        }))
    };
    let receipt = pay("5.30").unwrap();
    let after = read().await;
    assert_eq!(before["reconciled_value"], 0);
    assert_eq!(after["reconciled_value"], 5.3);
    assert_eq!(after["reverse_associated_documents"], json!([{ "document_id": receipt }]));
    assert_eq!(after["lastmodified"], before["lastmodified"]);
    assert_eq!(pay("7.01").unwrap_err(), "2 value 0 null null 0 7: what is open");

    let since = sandbox.server().now() - Duration::from_secs(900);
    let since = since.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let changed = ask(&sandbox, "documents/getModifiedSince", json!({ "lastmodified": since })).await;
    let ids: Vec<&Value> = changed.as_array().unwrap().iter().map(|d| &d["document_id"]).collect();
    assert_eq!(ids, [&json!(receipt)]);
    let row = &changed[0];
    assert_eq!(row["associated_documents"], json!([{ "associated_id": invoice }]), "a list names no value");
    assert_eq!(row["net_value"], 5.3);

    let edit = |id: u64| Edit::Update {
        collection: "documents".to_owned(),
        id: id.to_string(),
        fields: json!({ "status": 2 }),
    };
    sandbox.human(edit(invoice)).expect_err("a receipt derives from it");
    assert_eq!(sandbox.human(edit(receipt)).unwrap()["status"], 2);
    assert_eq!(read().await["reconciled_value"], 0, "an annulled receipt settles nothing");
    assert_eq!(sandbox.human(edit(invoice)).unwrap()["status"], 2);
}

#[tokio::test]
async fn people_follow_the_rules_too() {
    let sandbox = start().await;
    let customer = sandbox.add_customer(json!({ "name": "Ana Lda" })).unwrap();
    assert_eq!(sandbox.add_customer(json!({ "name": "B", "vat": "123456780" })).unwrap_err(), "8 vat");
    assert_eq!(
        sandbox.add_customer(json!({ "nome": "B" })).unwrap_err(),
        "nome: not a field that can be entered"
    );
    let add = |fields: Value| {
        let mut all = json!({ "customer_id": customer });
        all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        sandbox.add_document(all)
    };
    let draft = add(json!({ "net_value": 10, "status": 0 })).unwrap();
    let closed = add(json!({ "net_value": 10 })).unwrap();
    add(json!({ "net_value": 1, "taxes_value": 1, "gross_value": 1 })).expect_err("it does not add up");
    add(json!({ "document_type_id": 2, "net_value": 1 })).expect_err("it settles nothing");
    let half = json!({ "associated_id": closed, "value": 6 });
    add(json!({ "document_type_id": 2, "associated_documents": [half, half] }))
        .expect_err("together too much");
    add(json!({ "date": "2026-02-02", "expiration_date": "2026-02-01" }))
        .expect_err("due before it is issued");
    assert_eq!(sandbox.state()["documents"].as_array().unwrap().len(), 2, "a refused entry leaves nothing");

    let update = |id: u64, fields: Value| {
        let edit = Edit::Update { collection: "documents".to_owned(), id: id.to_string(), fields };
        sandbox.human(edit)
    };
    let delete = |collection: &str, id: u64| {
        sandbox.human(Edit::Delete { collection: collection.to_owned(), id: id.to_string() })
    };
    update(closed, json!({ "net_value": 11 })).expect_err("a closed document stays");
    assert_eq!(update(draft, json!({ "net_value": 24.6 })).unwrap()["gross_value"], 20);
    let with_discount = update(draft, json!({ "comercial_discount_value": 10 })).unwrap();
    assert_eq!(with_discount["net_value"], 12.3, "the gross value stays");
    assert_eq!(update(draft, json!({ "status": 1 })).unwrap()["number"], 2);
    delete("documents", closed).expect_err("only drafts are deleted");
    assert_eq!(update(draft, json!({ "status": 0 })).unwrap()["number"], -1);
    assert_eq!(delete("documents", draft).unwrap(), Value::Null);
    delete("customers", customer).expect_err("a document names it");
}

#[tokio::test]
async fn a_lost_reply_has_its_effect_and_a_dropped_call_has_none() {
    let sandbox = start().await;
    let insert = |number: &str| {
        let ask = call(&sandbox, "customers/insert", customer(&sandbox, json!({ "number": number })));
        let url = format!("{}/{}", sandbox.url(), ask.path);
        reqwest::Client::new().post(url).query(&ask.query).json(&ask.json).send()
    };
    sandbox.fault(Fault::new(FaultKind::LoseReply).on("customers.insert").times(1));
    insert("1").await.expect_err("no answer");
    assert_eq!(ask(&sandbox, "customers/count", json!({})).await, json!({ "count": "1" }));
    sandbox.clear_faults();
    sandbox.fault(Fault::new(FaultKind::Drop).on("customers.insert"));
    insert("2").await.expect_err("no answer");
    assert_eq!(ask(&sandbox, "customers/count", json!({})).await, json!({ "count": "1" }));
    let effects: Vec<bool> = sandbox
        .calls()
        .iter()
        .filter(|c| c.operation.as_deref() == Some("customers.insert"))
        .map(|c| c.effect)
        .collect();
    assert_eq!(effects, [true, false]);
}

#[tokio::test]
async fn a_quota_answers_429_until_its_interval_is_over() {
    let config = Config { requests: Some(2), speed: 6.0, ..Config::default() };
    let sandbox = start_with(config).await;
    let count = call(&sandbox, "customers/count", json!({}));
    let status = async || count.send(&sandbox).await.status().as_u16();
    assert_eq!([status().await, status().await, status().await], [200, 200, 429]);
    sandbox.advance(Duration::from_secs(10));
    assert_eq!(status().await, 200);
}

#[tokio::test]
async fn the_registered_redirect_address_is_compared_as_it_is() {
    let config =
        Config { redirect_uri: Some("https://app.example.com/back".to_owned()), ..Config::default() };
    let sandbox = start_with(config).await;
    let longer = by_code(&sandbox).with("redirect_uri", "https://app.example.com/back?state=1");
    let expected = "The redirect URI provided is missing or does not match";
    assert_eq!(description(longer.send(&sandbox).await).await, expected);
    let same = by_code(&sandbox).with("redirect_uri", "https://app.example.com/back");
    assert_eq!(same.send(&sandbox).await.status(), StatusCode::OK);
}
