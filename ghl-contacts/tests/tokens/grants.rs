//! Every refusal of the token endpoint: how many requests it costs, who must act, what they read.

use std::sync::Arc;

use ghl_contacts::{
    Client, Env, GhlOAuth, HttpSettings, LocationId, MemoryTokenStore, OAuthApp, TokenSet, TokenSource,
};
use serde_json::{Value, json};
use sync_core::ManualEnv;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Then {
    /// A person authorises again; until then nothing is sent.
    Reconnect,
    /// Somebody changes the set-up; meanwhile one request a minute is sent.
    SetUp,
    /// It is tried again by itself, after 1, 2, 4 ... 60 seconds.
    Later,
}
use Then::{Later, Reconnect, SetUp};

/// What ten callers, one after the other, read when an expired pair meets `answer`, and what they cost.
async fn refused(answer: ResponseTemplate, label: &str, then: Then, requests: usize, words: &str) {
    crate::trace::on();
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path("/oauth/token")).respond_with(answer).mount(&server).await;
    let env = Arc::new(ManualEnv::new(1));
    let settings = HttpSettings::new().env(env.clone());
    let oauth = GhlOAuth::at(&server.uri(), OAuthApp::new("app-1", "s3cr3t-client"), &settings).unwrap();
    let location = LocationId::from("loc_1");
    let manager = oauth.tokens(&location, Arc::new(MemoryTokenStore::new(env.clone())));
    assert_eq!(manager.account(), &Client::account_key(&location));
    let expired = TokenSet::new("s3cr3t-access".into(), env.now()).expires_in(std::time::Duration::ZERO);
    manager.connect(expired.refresh_token("s3cr3t-refresh".into())).await.unwrap();

    for caller in 0..10 {
        let error = manager.access().await.unwrap_err();
        let acts = match (error.needs_reconnect(), error.is_transient()) {
            (true, false) => Reconnect,
            (false, false) => SetUp,
            (false, true) => Later,
            both => panic!("{label}: {both:?}"),
        };
        assert_eq!(acts, then, "{label}: {error}");
        assert!(
            error.to_string().contains("ghl:loc_1") && error.to_string().contains(words),
            "{label}: {error}"
        );
        assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{label}: {error:?}");
        let sent = server.received_requests().await.unwrap().len();
        assert_eq!(sent, requests, "{label}: after caller {caller}");
    }
}

#[tokio::test]
async fn every_known_refusal_has_its_consequence() {
    let oauth = |code: &str, description: &str| json!({ "error": code, "error_description": description });
    let plain = |status: u16, message: &str| json!({ "statusCode": status, "message": message });
    let many =
        |message: &str| json!({ "statusCode": 422, "message": [message], "error": "Unprocessable Entity" });
    let table: [(u16, Value, Then, &str); 12] = [
        (
            400,
            oauth("invalid_grant", "This refresh token is invalid"),
            Reconnect,
            "This refresh token is invalid",
        ),
        (
            401,
            oauth("invalid_grant", "This refresh token is invalid"),
            Reconnect,
            "This refresh token is invalid",
        ),
        (
            200,
            oauth("invalid_grant", "This refresh token is invalid"),
            Reconnect,
            "This refresh token is invalid",
        ),
        (401, oauth("invalid_client", "Invalid client credentials!"), SetUp, "Invalid client credentials!"),
        (400, oauth("unsupported_grant_type", "Unsupported grant type"), SetUp, "Unsupported grant type"),
        (400, plain(400, "Location is not active"), SetUp, "Location is not active"),
        (400, plain(400, "API endpoint has been removed"), SetUp, "has been removed"),
        (401, plain(401, "User type mismatch"), SetUp, "User type mismatch"),
        (403, plain(403, "Forbidden resource"), SetUp, "Forbidden resource"),
        (404, plain(404, "Cannot POST /oauth/token"), SetUp, "Cannot POST /oauth/token"),
        (422, many("refresh_token should not be empty"), SetUp, "refresh_token should not be empty"),
        (400, json!("Bad Request"), SetUp, "HTTP 400"),
    ];
    for (status, body, then, words) in table {
        let answer = ResponseTemplate::new(status).set_body_json(&body);
        refused(answer, &format!("{status} {body}"), then, 1, words).await;
    }
}

#[tokio::test]
async fn what_is_no_refusal_is_tried_again() {
    let html = "<html><body>Bad gateway</body></html>";
    let throttled = |wait: &str| ResponseTemplate::new(429).insert_header("retry-after", wait);
    let table = [
        ("502, a page", ResponseTemplate::new(502).set_body_string(html), 4, "HTTP 502"),
        ("503, empty", ResponseTemplate::new(503), 4, "HTTP 503"),
        ("429 for a second", throttled("1"), 4, "HTTP 429"),
        ("429 for longer than a renewal may take", throttled("15"), 1, "429"),
        ("429 for an hour", throttled("3600"), 1, "HTTP 429"),
        ("200, a page", ResponseTemplate::new(200).set_body_string(html), 4, "HTTP 200"),
        ("200, empty", ResponseTemplate::new(200), 1, "without usable tokens"),
    ];
    for (label, answer, requests, words) in table {
        refused(answer, label, Later, requests, words).await;
    }
}
