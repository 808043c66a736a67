//! What fails while the service runs: it says what to do, goes on by itself, and nothing is lost or done twice.

use serde_json::json;
use sync_core::sandbox_kit::{Edit, Fault, FaultKind};

use crate::ana;
use crate::scene::{Scene, ready, terminated, until};

pub fn bruno() -> serde_json::Value {
    json!({
        "name": "Bruno Dias", "vat": "502757191", "email": "bruno@example.pt", "address": "Rua Nova, 2",
        "city": "Faro", "zip_code": "8000-100", "country_id": 1,
    })
}

/// An answer of HighLevel that refuses because of a limit.
pub fn throttled(headers: &[(&str, &str)]) -> Fault {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Fault::new(FaultKind::Status {
        status: 429,
        body: r#"{"message":"Too Many Requests"}"#.to_owned(),
        headers,
    })
}

impl Scene {
    /// Changes the city of Ana's contact by hand.
    pub fn ana_moves(&self, pair: &str, city: &str) {
        let id = self.contact(pair, "ana@example.pt").unwrap()["id"].as_str().unwrap().to_owned();
        let fields = json!({ "city": city });
        self.pair(pair).ghl.human(Edit::Update { collection: "contacts".into(), id, fields }).unwrap();
    }

    /// Whether Ana's customer has that city.
    pub fn ana_lives_in(&self, pair: &str, city: &str) -> bool {
        let customers = self.pair(pair).moloni.state()["customers"].as_array().unwrap().clone();
        customers.iter().any(|customer| customer["email"] == "ana@example.pt" && customer["city"] == city)
    }

    /// How often HighLevel was asked for new tokens.
    fn token_calls(&self, pair: &str) -> usize {
        let calls = self.pair(pair).ghl.calls();
        calls.iter().filter(|call| call.operation.as_deref() == Some("oauth.token")).count()
    }
}

#[tokio::test]
async fn an_expired_connection_is_told_with_the_command_and_goes_on_once_a_person_has_connected_again() {
    let mut scene = Scene::new("expired", &[("shop", 0)]).await;
    let (inbox, address) = scene.serves().await;
    scene.uses_an_app("shop");
    scene.connects("shop").await;
    scene.pair("shop").moloni.add_customer(ana()).unwrap();
    scene.approved("shop").await;
    let child = scene.started();
    ready(&address, "it runs", |status, _| status == 200).await;

    // As if a person had removed the app.
    let dead = r#"{"error":"invalid_grant","error_description":"This refresh token is invalid"}"#;
    let invalid = r#"{"statusCode":401,"message":"Invalid token: access token is invalid"}"#;
    scene.pair("shop").ghl.fault(Fault::status(400, dead).on("oauth.token"));
    scene.pair("shop").ghl.fault(Fault::status(401, invalid));
    until("an alert", || inbox.has("connection_lost", "shop")).await;
    let told = inbox.of("connection_lost", "shop");
    assert!(told[0].contains("`sync-service connect ghl --pair shop`"), "{told:?}");
    let why = ready(&address, "it is not in sync", |status, _| status == 503).await;
    assert!(why.contains("connect ghl --pair shop"), "{why}");

    scene.ana_moves("shop", "Tavira");
    scene.pair("shop").moloni.add_customer(bruno()).unwrap();
    let asked = scene.token_calls("shop");
    // Several polls, each of which finds the connection lost.
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    assert_eq!(scene.token_calls("shop"), asked, "a dead token is sent once");
    assert_eq!(inbox.of("connection_lost", "shop").len(), 1, "it is told once");

    scene.pair("shop").ghl.clear_faults();
    scene.connects("shop").await;
    ready(&address, "it goes on by itself", |status, _| status == 200).await;
    until("the edit made meanwhile", || scene.ana_lives_in("shop", "Tavira")).await;
    until("the customer made meanwhile", || scene.contact("shop", "bruno@example.pt").is_some()).await;
    assert_eq!(scene.contacts_of_moloni("shop"), 2);
    let said = terminated(child).await;
    assert!(said.code == Some(0), "{}", said.text);
    assert_eq!(scene.says(&["apply"]).await.code, Some(0), "nothing is left to do");
}

#[tokio::test]
async fn a_pair_that_is_throttled_for_long_says_so_and_the_other_one_runs_on() {
    let mut scene = Scene::new("throttled", &[("shop", 0), ("office", 0)]).await;
    let (inbox, address) = scene.serves().await;
    for pair in ["shop", "office"] {
        scene.pair(pair).moloni.add_customer(ana()).unwrap();
        scene.approved(pair).await;
    }
    let child = scene.started();
    ready(&address, "it runs", |status, _| status == 200).await;
    scene.pair("shop").ghl.fault(throttled(&[("retry-after", "3600")]));
    until("an alert", || inbox.has("quota_low", "shop")).await;
    scene.ana_moves("shop", "Tavira");
    scene.ana_moves("office", "Tavira");
    until("the office's edit", || scene.ana_lives_in("office", "Tavira")).await;
    let why = ready(&address, "it is told", |status, _| status == 503).await;
    let in_sync = r#""pair":"office","state":"in_sync""#;
    assert!(why.contains("asks to be left alone") && why.contains(in_sync), "{why}");
    assert!(!scene.ana_lives_in("shop", "Tavira"));
    assert!(!inbox.has("quota_low", "office"));

    // Within the hour nothing is sent that would be refused: a restart asks anew.
    let calls = scene.pair("shop").ghl.calls().len();
    scene.ana_moves("office", "Loulé");
    until("the office's next edit", || scene.ana_lives_in("office", "Loulé")).await;
    assert_eq!(scene.pair("shop").ghl.calls().len(), calls, "it is left alone");
    assert_eq!(inbox.of("quota_low", "shop").len(), 1, "it is told once");
    assert!(!inbox.has("pair_stopped", "shop"), "it is told once");
    scene.pair("shop").ghl.clear_faults();
    assert_eq!(terminated(child).await.code, Some(0));
    let child = scene.started();
    until("the shop's edit", || scene.ana_lives_in("shop", "Tavira")).await;
    terminated(child).await;
    assert_eq!(scene.contacts_of_moloni("shop") + scene.contacts_of_moloni("office"), 2);
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_told_once_and_goes_on_by_itself() {
    let mut scene = Scene::new("silent", &[("shop", 0)]).await;
    let (inbox, address) = scene.serves().await;
    scene.pair("shop").moloni.add_customer(ana()).unwrap();
    scene.approved("shop").await;
    let child = scene.started();
    ready(&address, "it runs", |status, _| status == 200).await;
    scene.pair("shop").ghl.fault(Fault::new(FaultKind::Drop));
    until("an alert", || inbox.has("pair_stopped", "shop")).await;
    ready(&address, "it is told", |status, why| status == 503 && why.contains("until the service answers"))
        .await;
    scene.ana_moves("shop", "Tavira");
    scene.pair("shop").ghl.clear_faults();
    until("the edit made meanwhile", || scene.ana_lives_in("shop", "Tavira")).await;
    ready(&address, "it goes on by itself", |status, _| status == 200).await;
    assert_eq!(inbox.of("pair_stopped", "shop").len(), 1, "it is told once");
    terminated(child).await;
}

/// What a token is refused with that lacks a scope.
const NO_SCOPE: &str = r#"{"statusCode":401,"message":"The token is not authorized for this scope."}"#;

#[tokio::test]
async fn a_token_that_may_not_write_is_told_with_the_scope_and_nothing_is_lost_after_it_is_granted() {
    let mut scene = Scene::new("scopes", &[("shop", 0)]).await;
    let (inbox, address) = scene.serves().await;
    scene.pair("shop").moloni.add_customer(ana()).unwrap();
    scene.approved("shop").await;
    let child = scene.started();
    ready(&address, "it runs", |status, _| status == 200).await;
    for operation in ["contacts.create", "contacts.update", "contacts.upsert"] {
        scene.pair("shop").ghl.fault(Fault::status(401, NO_SCOPE).on(operation));
    }
    scene.pair("shop").moloni.add_customer(bruno()).unwrap();
    until("an alert", || inbox.has("connection_lost", "shop")).await;
    let told = inbox.of("connection_lost", "shop");
    for part in ["with the scope contacts.write", "Settings and Private Integrations"] {
        assert!(told[0].contains(part), "{told:?}");
    }
    // What it may do it goes on with.
    scene.ana_moves("shop", "Tavira");
    until("the other way", || scene.ana_lives_in("shop", "Tavira")).await;
    ready(&address, "it is told", |status, why| status == 503 && why.contains("contacts.write")).await;
    assert!(scene.contact("shop", "bruno@example.pt").is_none());
    assert_eq!(inbox.of("connection_lost", "shop").len(), 1, "it is told once");

    scene.pair("shop").ghl.clear_faults();
    until("the customer made meanwhile", || scene.contact("shop", "bruno@example.pt").is_some()).await;
    ready(&address, "it goes on by itself", |status, _| status == 200).await;
    terminated(child).await;
    assert_eq!(scene.contacts_of_moloni("shop"), 2);
    assert_eq!(scene.says(&["apply"]).await.code, Some(0), "nothing is left to do");
}

#[tokio::test]
async fn a_token_that_may_not_read_contacts_is_told_with_the_scope() {
    let mut scene = Scene::new("reading", &[("shop", 0)]).await;
    let (inbox, address) = scene.serves().await;
    scene.pair("shop").moloni.add_customer(ana()).unwrap();
    for operation in ["contacts.get", "contacts.search", "contacts.list", "contacts.duplicate"] {
        scene.pair("shop").ghl.fault(Fault::status(401, NO_SCOPE).on(operation));
    }
    let said = scene.says(&["plan"]).await;
    assert!(said.code == Some(1) && said.text.contains("with the scope contacts.readonly"), "{}", said.text);
    scene.pair("shop").ghl.clear_faults();
    scene.approved("shop").await;
    let child = scene.started();
    ready(&address, "it runs", |status, _| status == 200).await;
    for operation in ["contacts.get", "contacts.search", "contacts.list", "contacts.duplicate"] {
        scene.pair("shop").ghl.fault(Fault::status(401, NO_SCOPE).on(operation));
    }
    until("an alert", || inbox.has("connection_lost", "shop")).await;
    scene.ana_moves("shop", "Tavira");
    let told = inbox.of("connection_lost", "shop");
    assert!(told[0].contains("with the scope contacts.readonly"), "{told:?}");
    ready(&address, "it is told", |status, _| status == 503).await;
    scene.pair("shop").ghl.clear_faults();
    until("the edit made meanwhile", || scene.ana_lives_in("shop", "Tavira")).await;
    ready(&address, "it goes on by itself", |status, _| status == 200).await;
    assert_eq!(inbox.of("connection_lost", "shop").len(), 1, "it is told once");
    terminated(child).await;
}

#[tokio::test]
async fn an_app_that_is_given_too_little_is_not_connected() {
    let mut scene = Scene::new("too-little", &[("shop", 0)]).await;
    scene.uses_an_app("shop");
    let said = scene.visits("shop", |page| page.replace("contacts.write+", "")).await;
    assert!(said.code == Some(1) && said.text.contains("the tokens lack contacts.write"), "{}", said.text);
    let said = scene.says(&["plan"]).await;
    assert!(said.code == Some(1) && said.text.contains("is not connected"), "{}", said.text);
}

#[tokio::test]
async fn a_new_private_integration_is_taken_up_while_it_runs() {
    let mut scene = Scene::new("token", &[("shop", 0)]).await;
    let (inbox, address) = scene.serves().await;
    scene.pair("shop").moloni.add_customer(ana()).unwrap();
    scene.approved("shop").await;
    // As if it had been taken back, and another one made: the sandbox has one alone.
    let file = scene.directory.join("shop.ghl");
    let good = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, "pit-s3cr3t-taken-back").unwrap();
    let child = scene.started();
    until("an alert", || inbox.has("connection_lost", "shop")).await;
    let told = inbox.of("connection_lost", "shop");
    assert!(told[0].contains("create a new private integration token"), "{told:?}");
    scene.ana_moves("shop", "Tavira");
    std::fs::write(&file, good).unwrap();
    until("the edit made meanwhile", || scene.ana_lives_in("shop", "Tavira")).await;
    ready(&address, "it goes on by itself", |status, _| status == 200).await;
    assert_eq!(inbox.of("connection_lost", "shop").len(), 1, "it is told once");
    terminated(child).await;
}

#[tokio::test]
async fn a_login_of_moloni_that_has_expired_is_made_anew_once() {
    let mut scene = Scene::new("relogin", &[("shop", 0)]).await;
    let (inbox, address) = scene.serves().await;
    scene.pair("shop").moloni.add_customer(ana()).unwrap();
    scene.approved("shop").await;
    let child = scene.started();
    ready(&address, "it runs", |status, _| status == 200).await;
    let logins = || {
        let calls = scene.pair("shop").moloni.calls();
        calls.iter().filter(|call| call.operation.as_deref() == Some("grant")).count()
    };
    let before = logins();
    let expired = r#"{"error":"invalid_grant","error_description":"Refresh token has expired"}"#;
    scene.pair("shop").moloni.fault(Fault::status(400, expired).on("grant").times(1));
    scene.pair("shop").moloni.fault(Fault::status(401, "").on("customers.*").times(1));
    until("another login", || logins() == before + 2).await;
    scene.pair("shop").moloni.add_customer(bruno()).unwrap();
    until("a customer", || scene.contact("shop", "bruno@example.pt").is_some()).await;
    ready(&address, "it goes on by itself", |status, _| status == 200).await;
    assert_eq!(logins(), before + 2, "it is refused once, and logs in once");
    assert!(!inbox.has("connection_lost", "shop"), "it needs nobody");
    terminated(child).await;
}
