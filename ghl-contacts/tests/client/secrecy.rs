//! No token, no secret and no person's data in what may end up in a log.

use std::error::Error as StdError;
use std::fmt::{Debug, Write};

use ghl_contacts::{ContactUpdate, GhlOAuth, NewContact, OAuthApp, SearchContacts};
use serde_json::json;
use wiremock::matchers::{any, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::service::{TOKEN, answer, builder, client, settings};
use crate::unauthorized::manager;

/// Everything that the tests of this file send or receive and nobody may read.
const PRIVATE: [&str; 9] = [
    TOKEN,
    "access-token-2",
    "refresh-token-1",
    "refresh-token-2",
    "client-secret-1",
    "code-1",
    "ana@example.pt",
    "+351910000001",
    "Reis",
];

/// All that an error says of itself and its causes.
fn told(error: &(impl StdError + 'static)) -> String {
    let mut all = String::new();
    let mut next: Option<&dyn StdError> = Some(error);
    while let Some(error) = next {
        write!(all, "{error} {error:?} {error:#?} ").unwrap();
        next = error.source();
    }
    all
}

#[track_caller]
fn tells_nothing_private(text: &str) {
    assert!(text.len() > 10, "there is something to look at: {text}");
    for private in PRIVATE {
        assert!(!text.contains(private), "{private} is in {text}");
    }
}

fn ana() -> NewContact {
    NewContact::new().last_name("Reis").email("ana@example.pt").phone("+351910000001")
}

#[tokio::test]
async fn errors_tell_nothing_private() {
    let echo = format!("<html>{TOKEN} ana@example.pt</html>");
    let answers = [
        answer(
            400,
            &json!({ "message": "Taken.", "meta": { "contactId": "c", "matchingField": "email",
            "contactName": "Ana Reis" }, "email": "ana@example.pt" }),
        ),
        answer(401, &json!({ "message": "Invalid JWT", "token": TOKEN })),
        answer(422, &json!({ "message": ["email must be an email"], "value": "ana@example.pt" })),
        answer(429, &json!({ "message": "Too Many Requests" })),
        ResponseTemplate::new(502).set_body_string(echo.clone()),
        ResponseTemplate::new(200).set_body_string(echo),
        answer(200, &json!({ "contact": { "id": "c", "email": ["ana@example.pt"] } })),
        answer(200, &json!({ "contact": { "id": "c", "dnd": "Reis" } })),
        answer(200, &json!({ "contact": "Reis" })),
    ];
    for reply in answers {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(reply).mount(&server).await;
        let client = client(&server);
        tells_nothing_private(&told(&client.contacts().create(&ana()).await.unwrap_err()));
        let update = ContactUpdate::new().email("ana@example.pt").last_name("Reis");
        tells_nothing_private(&told(&client.contacts().update(&"c".into(), &update).await.unwrap_err()));
    }
}

#[tokio::test]
async fn errors_without_an_answer_tell_nothing_private() {
    let server = MockServer::start().await;
    let late = answer(201, &json!({})).set_delay(std::time::Duration::from_millis(500));
    Mock::given(any()).respond_with(late).mount(&server).await;
    let soon = ghl_contacts::CallOptions::new().timeout(std::time::Duration::from_millis(50));
    let hasty = client(&server).with(soon);
    let error = hasty.contacts().create(&ana()).await.unwrap_err();
    assert!(error.is_timeout() && error.outcome_unknown());
    tells_nothing_private(&told(&error));

    let base = server.uri();
    drop(server);
    let client =
        ghl_contacts::Client::builder("loc_1").base_url(base).http(settings().0).token(TOKEN).build();
    let error =
        client.unwrap().contacts().search(SearchContacts::new().query("Reis")).page().await.unwrap_err();
    tells_nothing_private(&told(&error));
    let unsendable = builder(&MockServer::start().await).token(format!("{TOKEN}\n")).build().unwrap();
    tells_nothing_private(&told(&unsendable.contacts().create(&ana()).await.unwrap_err()));
}

#[tokio::test]
async fn failed_grants_tell_nothing_private() {
    let answers = [
        answer(400, &json!({ "error": "invalid_grant", "error_description": "Used up.", "code": "code-1" })),
        answer(200, &json!({ "access_token": 5, "refresh_token": "refresh-token-2" })),
        answer(200, &json!({ "access_token": "access-token-2", "refresh_token": "refresh-token-2" })),
        answer(500, &json!({ "refresh_token": "refresh-token-2" })),
        ResponseTemplate::new(200).set_body_string("access-token-2"),
    ];
    for reply in answers {
        let server = MockServer::start().await;
        Mock::given(method("POST")).and(path("/oauth/token")).respond_with(reply).mount(&server).await;
        let expired = answer(401, &json!({ "message": "Invalid JWT" }));
        Mock::given(method("GET")).respond_with(expired).mount(&server).await;
        let app = OAuthApp::new("app-1", "client-secret-1");
        let oauth = GhlOAuth::at(&server.uri(), app, &settings().0).unwrap();
        tells_nothing_private(&told(&oauth.exchange_code("code-1").await.unwrap_err()));
        let (manager, _) = manager(&server).await;
        let client = builder(&server).tokens(manager).build().unwrap();
        tells_nothing_private(&told(&client.contacts().get(&"c".into()).await.unwrap_err()));
    }
}

fn shown(things: &[&dyn Debug]) -> String {
    things.iter().fold(String::new(), |mut all, thing| {
        write!(all, "{thing:?} {thing:#?} ").unwrap();
        all
    })
}

#[tokio::test]
async fn clients_show_no_secret() {
    let server = MockServer::start().await;
    let app = OAuthApp::new("app-1", "client-secret-1");
    let oauth = GhlOAuth::at(&server.uri(), app.clone(), &settings().0).unwrap();
    let (source, _) = manager(&server).await;
    let managed = builder(&server).tokens(source.clone());
    let fixed = builder(&server).token(TOKEN);
    let (with_manager, with_token) = (managed.clone().build().unwrap(), fixed.clone().build().unwrap());
    let contacts = with_token.contacts();
    tells_nothing_private(&shown(&[
        &managed,
        &fixed,
        &with_manager,
        &with_token,
        &contacts,
        &oauth,
        &app,
        &source,
    ]));
}

#[tokio::test]
async fn a_pair_shows_no_secret() {
    let server = MockServer::start().await;
    let pair = json!({ "access_token": "access-token-2", "token_type": "Bearer", "expires_in": 86399,
        "refresh_token": "refresh-token-2" });
    Mock::given(method("POST")).respond_with(answer(200, &pair)).mount(&server).await;
    let app = OAuthApp::new("app-1", "client-secret-1");
    let oauth = GhlOAuth::at(&server.uri(), app, &settings().0).unwrap();
    tells_nothing_private(&shown(&[&oauth.exchange_code("code-1").await.unwrap()]));
}

#[tokio::test]
async fn the_wrong_base_url_is_told_without_its_password() {
    let error = ghl_contacts::Client::builder("loc_1")
        .base_url("https://someone:client-secret-1@crm.example.pt")
        .token(TOKEN)
        .build()
        .unwrap_err();
    tells_nothing_private(&told(&error));
}
