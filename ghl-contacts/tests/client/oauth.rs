//! Codes, renewals, and what a dead refresh token means.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use ghl_contacts::{
    AuthorizePage, Client, ContactId, Env, ErrorKind, GhlOAuth, HttpError, HttpErrorKind, OAuthApp, Scope,
    TokenError,
};
use serde_json::{Value, json};
use sync_core::secrecy::ExposeSecret;
use wiremock::{Match, MockServer, Request, ResponseTemplate};

use crate::service::{answer, ask, builder, settings, takes, takes_first};
use crate::unauthorized::manager;

const CALLBACK: &str = "https://app.example.pt/callback?from=crm";

/// A request for tokens with these fields and no other, no token and no version.
pub(crate) struct Form(BTreeMap<String, String>);

pub(crate) fn form(fields: &[(&str, &str)]) -> Form {
    Form(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

impl Match for Form {
    fn matches(&self, request: &Request) -> bool {
        let sent: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let kind = request.headers.get("content-type").and_then(|value| value.to_str().ok());
        request.method.as_str() == "POST"
            && request.url.path() == "/oauth/token"
            && request.url.query().is_none()
            && kind == Some("application/x-www-form-urlencoded")
            && !request.headers.contains_key("authorization")
            && sent.len() == self.0.len()
            && sent.into_iter().collect::<BTreeMap<_, _>>() == self.0
    }
}

fn renewal(refresh: &str) -> Form {
    form(&[
        ("client_id", "app-1"),
        ("client_secret", "s3cr3t-client"),
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh),
        ("user_type", "Location"),
    ])
}

fn pair(number: u32) -> Value {
    json!({ "access_token": format!("s3cr3t-access-{number}"), "token_type": "Bearer", "expires_in": 86399,
        "refresh_token": format!("s3cr3t-refresh-{number}"), "userType": "Location", "locationId": "loc_1" })
}

fn expired() -> ResponseTemplate {
    answer(401, &json!({ "statusCode": 401, "message": "Invalid token: access token is expired" }))
}

fn read() -> ResponseTemplate {
    answer(200, &json!({ "contact": { "id": "c_ana" } }))
}

fn ana() -> ContactId {
    ContactId::new("c_ana")
}

fn oauth(server: &MockServer) -> GhlOAuth {
    let app = OAuthApp::new("app-1", "s3cr3t-client").redirect(CALLBACK.parse().unwrap());
    GhlOAuth::at(&server.uri(), app, &settings().0).unwrap()
}

fn exchange(code: &str) -> Form {
    form(&[
        ("client_id", "app-1"),
        ("client_secret", "s3cr3t-client"),
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("user_type", "Location"),
    ])
}

#[tokio::test]
async fn a_code_buys_a_pair_with_its_details() {
    let server = MockServer::start().await;
    let mut body = pair(1);
    body["scope"] = json!("contacts.readonly contacts.write");
    body["companyId"] = json!("comp_1");
    body["isBulkInstallation"] = json!(false);
    body["approvedLocations"] = json!(["loc_1"]);
    body["planId"] = Value::Null;
    takes(&server, exchange("s3cr3t-code"), answer(200, &body), 1).await;
    let tokens = oauth(&server).exchange_code("s3cr3t-code").await.unwrap();
    assert_eq!(tokens.access.expose_secret(), "s3cr3t-access-1");
    assert_eq!(tokens.refresh.as_ref().map(ExposeSecret::expose_secret), Some("s3cr3t-refresh-1"));
    let life = tokens.access_expires_at.unwrap().duration_since(tokens.obtained_at);
    assert_eq!(life.as_secs(), 86_399);
    let detail = |name: &str| tokens.details.get(name).map(String::as_str);
    assert_eq!((detail("locationId"), detail("companyId")), (Some("loc_1"), Some("comp_1")));
    assert_eq!(detail("scope"), Some("contacts.readonly contacts.write"));
    assert_eq!((detail("access_token"), detail("refresh_token")), (None, None));
}

#[tokio::test]
async fn a_used_code_is_told_and_tried_once() {
    let server = MockServer::start().await;
    let refusal = json!({ "error": "invalid_grant", "error_description": "This code is used up" });
    takes(&server, exchange("s3cr3t-code"), answer(400, &refusal), 1).await;
    let error = oauth(&server).exchange_code("s3cr3t-code").await.unwrap_err();
    assert!(error.is_invalid_grant());
    assert!(error.to_string().contains("This code is used up"), "{error}");
}

#[tokio::test]
async fn a_code_is_sent_once_although_the_service_fails() {
    let server = MockServer::start().await;
    takes(&server, exchange("s3cr3t-code"), ResponseTemplate::new(503), 1).await;
    let error = oauth(&server).exchange_code("s3cr3t-code").await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Server, Some(503)));
    let words = "oauth.token: the token endpoint answered HTTP 503: no reason given";
    assert_eq!(error.to_string(), words, "the status once");
    assert!(!error.is_invalid_grant());
}

#[tokio::test]
async fn an_answer_without_tokens_is_no_pair() {
    let server = MockServer::start().await;
    takes(&server, exchange("s3cr3t-code"), answer(200, &json!({ "token_type": "Bearer" })), 1).await;
    let error = oauth(&server).exchange_code("s3cr3t-code").await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Decode, Some(200)));
}

#[tokio::test]
async fn the_authorize_page_carries_what_must_come_back() {
    let server = MockServer::start().await;
    let oauth = oauth(&server);
    for (page, host) in [
        (AuthorizePage::Standard, "marketplace.gohighlevel.com"),
        (AuthorizePage::WhiteLabel, "marketplace.leadconnectorhq.com"),
    ] {
        let scopes = [Scope::ContactsRead, Scope::ContactsWrite];
        let sent = oauth.clone().page(page).scopes(scopes).authorize().unwrap();
        let url = &sent.url;
        assert_eq!((url.host_str(), url.path()), (Some(host), "/v2/oauth/chooselocation"));
        let query: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        let state = query["state"].clone();
        let expected = [
            ("client_id", "app-1"),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "contacts.readonly contacts.write"),
            ("state", &state),
        ];
        assert_eq!(query, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        assert!(!format!("{sent:?}").contains(&state));
        let callback = format!("code=s3cr3t-code&state={state}");
        let code = sent.pending.accept(&callback, settings().1.now()).unwrap();
        assert_eq!(code.expose_secret(), "s3cr3t-code");
    }
    let versioned = oauth.version_id("v1").authorize().unwrap();
    assert!(versioned.url.query_pairs().any(|(name, value)| name == "version_id" && value == "v1"));
    let without =
        GhlOAuth::at(&server.uri(), OAuthApp::new("app-1", "s3cr3t-client"), &settings().0).unwrap();
    assert_eq!(without.authorize().unwrap_err().kind(), ErrorKind::Grant);
}

#[tokio::test]
async fn each_renewal_uses_the_refresh_token_of_the_last() {
    let server = MockServer::start().await;
    takes(&server, ask("GET", "/contacts/c_ana"), expired(), 1).await;
    takes(&server, renewal("s3cr3t-refresh-1"), answer(200, &pair(2)), 1).await;
    takes_first(&server, ask("GET", "/contacts/c_ana").token("s3cr3t-access-2"), read(), 1).await;
    takes(&server, ask("GET", "/contacts/c_ana").token("s3cr3t-access-2"), expired(), 1).await;
    takes(&server, renewal("s3cr3t-refresh-2"), answer(200, &pair(3)), 1).await;
    takes(&server, ask("GET", "/contacts/c_ana").token("s3cr3t-access-3"), read(), 1).await;
    let (manager, env) = manager(&server).await;
    let client = builder(&server).tokens(manager).build().unwrap();
    client.contacts().get(&ana()).await.unwrap();
    env.advance(Duration::from_secs(31));
    client.contacts().get(&ana()).await.unwrap();
}

#[tokio::test]
async fn an_expired_pair_is_renewed_before_anything_is_sent() {
    let server = MockServer::start().await;
    takes(&server, renewal("s3cr3t-refresh-1"), answer(200, &pair(2)), 1).await;
    takes(&server, ask("GET", "/contacts/c_ana").token("s3cr3t-access-2"), read(), 1).await;
    let (manager, env) = manager(&server).await;
    env.advance(Duration::from_secs(86_400));
    let client = builder(&server).tokens(manager).build().unwrap();
    client.contacts().get(&ana()).await.unwrap();
}

#[tokio::test]
async fn many_callers_share_one_renewal() {
    let server = MockServer::start().await;
    takes(&server, ask("GET", "/contacts/c_ana"), expired(), 10).await;
    let slow = answer(200, &pair(2)).set_delay(Duration::from_millis(50));
    takes(&server, renewal("s3cr3t-refresh-1"), slow, 1).await;
    takes(&server, ask("GET", "/contacts/c_ana").token("s3cr3t-access-2"), read(), 10).await;
    let (manager, _) = manager(&server).await;
    let client = builder(&server).tokens(manager).build().unwrap();
    let id = ana();
    let calls = (0..10).map(|_| async { client.contacts().get(&id).await });
    assert!(join_all(calls).await.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_lost_renewal_is_fetched_by_asking_again() {
    let server = MockServer::start().await;
    takes(&server, ask("GET", "/contacts/c_ana"), expired(), 1).await;
    crate::service::takes(&server, ask("GET", "/contacts/c_ana").token("s3cr3t-access-2"), read(), 1).await;
    let failed = wiremock::Mock::given(renewal("s3cr3t-refresh-1")).respond_with(ResponseTemplate::new(502));
    failed.up_to_n_times(1).expect(1).mount(&server).await;
    takes(&server, renewal("s3cr3t-refresh-1"), answer(200, &pair(2)), 1).await;
    let (manager, _) = manager(&server).await;
    let client = builder(&server).tokens(manager).build().unwrap();
    client.contacts().get(&ana()).await.unwrap();
}

/// The reason why there is no token, out of the chain of causes.
fn token_error(error: &ghl_contacts::Error) -> TokenError {
    let source = std::error::Error::source(error).unwrap();
    source.downcast_ref::<HttpError>().unwrap().token_error().unwrap().clone()
}

#[tokio::test]
async fn a_dead_refresh_token_is_tried_once_and_then_never_again() {
    let server = MockServer::start().await;
    takes(&server, ask("GET", "/contacts/c_ana"), expired(), 1).await;
    let refusal = json!({ "error": "invalid_grant", "error_description": "This refresh token is invalid" });
    takes(&server, renewal("s3cr3t-refresh-1"), answer(400, &refusal), 1).await;
    let (manager, _) = manager(&server).await;
    let client = builder(&server).tokens(manager).build().unwrap();
    for requests in [1, 0, 0] {
        let error = client.contacts().get(&ana()).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport(HttpErrorKind::Token), requests));
        assert!(error.is_auth() && !error.is_retryable() && !error.outcome_unknown());
        assert!(
            error.to_string().contains("must be authorised again: This refresh token is invalid"),
            "{error}"
        );
        assert!(matches!(token_error(&error), TokenError::ReconnectNeeded { .. }));
    }
}

#[tokio::test]
async fn a_paused_location_is_not_taken_for_a_dead_refresh_token() {
    for paused in [
        json!({ "statusCode": 400, "message": "Location is not active" }),
        json!({ "statusCode": 400, "message": "Location is not active", "error": "Bad Request" }),
    ] {
        let server = MockServer::start().await;
        takes(&server, ask("GET", "/contacts/c_ana"), expired(), 3).await;
        let refused = wiremock::Mock::given(renewal("s3cr3t-refresh-1")).respond_with(answer(400, &paused));
        refused.up_to_n_times(1).expect(1).mount(&server).await;
        takes(&server, renewal("s3cr3t-refresh-1"), answer(200, &pair(2)), 1).await;
        takes(&server, ask("GET", "/contacts/c_ana").token("s3cr3t-access-2"), read(), 1).await;
        let (manager, env) = manager(&server).await;
        let client: Client = builder(&server).tokens(manager).build().unwrap();
        // The second time, the token endpoint is left alone.
        for _ in 0..2 {
            let error = client.contacts().get(&ana()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Transport(HttpErrorKind::Token));
            assert!(error.to_string().contains("Location is not active"), "{error}");
            assert!(!token_error(&error).needs_reconnect());
        }
        // Somebody has activated the location again: the same refresh token serves.
        env.advance(Duration::from_secs(60));
        client.contacts().get(&ana()).await.unwrap();
        server.verify().await;
    }
}
