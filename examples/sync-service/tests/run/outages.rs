//! What fails while the service runs: it says what to do, goes on by itself, and nothing is lost or done twice.

use serde_json::json;
use sync_core::sandbox_kit::{Edit, Fault};

use crate::ana;
use crate::scene::{Scene, ready, terminated, until};

pub fn bruno() -> serde_json::Value {
    json!({
        "name": "Bruno Dias", "vat": "502757191", "email": "bruno@example.pt", "address": "Rua Nova, 2",
        "city": "Faro", "zip_code": "8000-100", "country_id": 1,
    })
}

impl Scene {
    /// Changes the city of Ana's contact by hand.
    fn ana_moves(&self, pair: &str, city: &str) {
        let id = self.contact(pair, "ana@example.pt").unwrap()["id"].as_str().unwrap().to_owned();
        let fields = json!({ "city": city });
        self.pair(pair).ghl.human(Edit::Update { collection: "contacts".into(), id, fields }).unwrap();
    }

    /// Whether Ana's customer has that city.
    fn ana_lives_in(&self, pair: &str, city: &str) -> bool {
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
