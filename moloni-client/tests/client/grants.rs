//! The token endpoint and the page before it.

use std::sync::Arc;
use std::time::Duration;

use moloni_client::{
    Client, CompanyId, ErrorKind, HttpSettings, ManualEnv, MemoryTokenStore, MoloniOAuth, OAuthApp, Refresh,
    RefreshError, Timestamp, TokenManager, TokenSet,
};
use serde_json::json;
use wiremock::matchers::{method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate};

use crate::{call, ok, settings};

fn oauth(server: &MockServer, settings: &HttpSettings) -> MoloniOAuth {
    let app = OAuthApp::new("dev", "s3cr3t-client").redirect("https://app.example.com/back".parse().unwrap());
    MoloniOAuth::at(&format!("{}/v1/", server.uri()), app, settings).unwrap()
}

fn grant(kind: &str) -> MockBuilder {
    Mock::given(method("GET"))
        .and(path("/v1/grant/"))
        .and(query_param("grant_type", kind))
        .and(query_param("client_id", "dev"))
        .and(query_param("client_secret", "s3cr3t-client"))
        .and(query_param_is_missing("access_token"))
}

fn pair(access: &str, refresh: &str) -> ResponseTemplate {
    ok(json!({
        "access_token": access, "expires_in": 3600, "token_type": "bearer", "scope": null, "refresh_token": refresh,
    }))
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_and_the_call_sent_once_more() {
    // The refusal comes with either status.
    for status in [400, 200] {
        let server = MockServer::start().await;
        let refusal = json!({ "error": "invalid_grant", "error_description": "Token is no longer valid" });
        call("customers/count")
            .and(query_param("access_token", "s3cr3t-old"))
            .respond_with(ResponseTemplate::new(status).set_body_json(refusal))
            .expect(1)
            .mount(&server)
            .await;
        call("customers/count")
            .and(query_param("access_token", "s3cr3t-new"))
            .respond_with(ok(json!({ "count": 3 })))
            .expect(1)
            .mount(&server)
            .await;
        grant("refresh_token")
            .and(query_param("refresh_token", "s3cr3t-r1"))
            .respond_with(pair("s3cr3t-new", "s3cr3t-r2"))
            .expect(1)
            .mount(&server)
            .await;

        let env = Arc::new(ManualEnv::new(1));
        let settings = HttpSettings::new().env(env.clone());
        let store = Arc::new(MemoryTokenStore::new(env.clone()));
        let account = Client::account_key(CompanyId::from(5));
        let oauth = Arc::new(oauth(&server, &settings));
        let manager = TokenManager::builder(account, store, oauth).env(env).build();
        let old = TokenSet::new("s3cr3t-old".into(), Timestamp::UNIX_EPOCH).refresh_token("s3cr3t-r1".into());
        manager.connect(old).await.unwrap();
        let builder = Client::builder().tokens(Arc::new(manager)).company(CompanyId::from(5)).http(settings);
        let client = builder.base_url(format!("{}/v1/", server.uri())).build().unwrap();
        assert_eq!(client.customers().count().await.unwrap(), 3, "HTTP {status}");
    }
}

#[tokio::test]
async fn a_code_buys_a_pair_with_both_ends_of_life() {
    let server = MockServer::start().await;
    grant("authorization_code")
        .and(query_param("code", "s3cr3t-code"))
        .and(query_param("redirect_uri", "https://app.example.com/back"))
        .respond_with(pair("s3cr3t-a1", "s3cr3t-r1"))
        .expect(1)
        .mount(&server)
        .await;
    let tokens = oauth(&server, &settings()).exchange_code("s3cr3t-code").await.unwrap();
    assert_eq!(tokens.access_expires_at.unwrap() - tokens.obtained_at, jiff_seconds(3600));
    assert_eq!(tokens.refresh_expires_at.unwrap() - tokens.obtained_at, jiff_seconds(14 * 24 * 3600));
}

fn jiff_seconds(seconds: i64) -> moloni_client::jiff::SignedDuration {
    moloni_client::jiff::SignedDuration::from_secs(seconds)
}

#[tokio::test]
async fn a_refresh_is_sent_again_and_a_dead_one_is_not() {
    let server = MockServer::start().await;
    let dead = json!({ "error": "invalid_grant", "error_description": "Refresh token has expired" });
    let asked = |token| grant("refresh_token").and(query_param("refresh_token", token));
    asked("s3cr3t-r1")
        .respond_with(ResponseTemplate::new(502))
        .up_to_n_times(1)
        .expect(1)
        .mount(&server)
        .await;
    asked("s3cr3t-r1").respond_with(pair("s3cr3t-a2", "s3cr3t-r2")).expect(1).mount(&server).await;
    asked("s3cr3t-r0")
        .respond_with(ResponseTemplate::new(400).set_body_json(dead))
        .expect(1)
        .mount(&server)
        .await;

    let oauth = oauth(&server, &settings());
    let old =
        |token: &str| TokenSet::new("s3cr3t-a".into(), Timestamp::UNIX_EPOCH).refresh_token(token.into());
    assert!(oauth.refresh(&old("s3cr3t-r1")).await.unwrap().refresh_expires_at.is_some());
    let error = oauth.refresh(&old("s3cr3t-r0")).await.unwrap_err();
    assert!(matches!(error, RefreshError::Rejected(reason) if reason == "Refresh token has expired"));
}

#[tokio::test]
async fn a_password_is_sent_once_whatever_happens() {
    let server = MockServer::start().await;
    grant("password")
        .and(query_param("username", "ana@example.com"))
        .and(query_param("password", "s3cr3t&p+w#rd"))
        .respond_with(ResponseTemplate::new(503))
        .expect(1)
        .mount(&server)
        .await;
    let error = oauth(&server, &settings()).password("ana@example.com", "s3cr3t&p+w#rd").await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Server, Some(503)));
    for shown in [format!("{error}"), format!("{error:?}")] {
        assert!(!shown.contains("s3cr3t"), "{shown}");
    }
}

#[tokio::test]
async fn a_locked_login_says_for_how_long() {
    let server = MockServer::start().await;
    let locked = ResponseTemplate::new(403)
        .set_body_string("Too many failed login attempts")
        .insert_header("moloni-login-cooldown-seconds", "300")
        .insert_header("moloni-login-attempts", "3");
    grant("password").respond_with(locked).expect(1).mount(&server).await;
    let error = oauth(&server, &settings()).password("ana@example.com", "s3cr3t-wrong").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoginLocked);
    assert_eq!((error.retry_after(), error.failed_logins()), (Some(Duration::from_secs(300)), Some(3)));
    assert_eq!(error.to_string(), "grant: the login is locked for 300 s after 3 failed attempts (HTTP 403)");

    // A gateway may keep the headers to itself.
    let server = MockServer::start().await;
    let locked = ResponseTemplate::new(403).set_body_string("Too many failed login attempts\n");
    grant("password").respond_with(locked).expect(1).mount(&server).await;
    let error = oauth(&server, &settings()).password("ana@example.com", "s3cr3t-wrong").await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::LoginLocked, None));
}

#[tokio::test]
async fn a_wrong_password_is_told_from_a_wrong_application() {
    let server = MockServer::start().await;
    let refusal =
        json!({ "error": "invalid_grant", "error_description": "Invalid username and password combination" });
    grant("password")
        .respond_with(ResponseTemplate::new(400).set_body_json(refusal))
        .expect(1)
        .mount(&server)
        .await;
    let error = oauth(&server, &settings()).password("ana@example.com", "s3cr3t-wrong").await.unwrap_err();
    assert!(error.is_auth());
    let shown = "grant: invalid_grant: Invalid username and password combination (HTTP 400)";
    assert_eq!((error.code(), error.to_string().as_str()), (Some("invalid_grant"), shown));
}

#[tokio::test]
async fn a_person_is_sent_to_the_new_page() {
    let server = MockServer::start().await;
    let oauth = oauth(&server, &settings());
    let sent = oauth.authorize().unwrap();
    let url = &sent.url;
    assert!(
        url.as_str().starts_with("https://www.moloni.pt/ac/root/oauth/?response_type=code&client_id=dev&")
    );
    let pairs: std::collections::HashMap<_, _> = url.query_pairs().collect();
    assert_eq!(pairs["redirect_uri"], "https://app.example.com/back");
    assert!(!pairs["state"].is_empty());
    // Moloni keeps the state to itself.
    let code = sent.pending.accept("code=s3cr3t-code", Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(moloni_client::secrecy::ExposeSecret::expose_secret(&code), "s3cr3t-code");

    let bare = MoloniOAuth::new(OAuthApp::new("dev", "s3cr3t-client"), &settings()).unwrap();
    assert_eq!(bare.authorize().unwrap_err().kind(), ErrorKind::Request);
}
