//! What each text of a 401 leads to: whether the token is renewed, and how often the call is sent.

use std::sync::Arc;

use ghl_contacts::{
    Client, ContactId, ErrorKind, GhlOAuth, LocationId, MemoryTokenStore, OAuthApp, TokenManager, TokenSet,
    UnauthorizedReason,
};
use serde_json::json;
use sync_core::{Env, ManualEnv};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer};

use crate::service::{LOCATION, TOKEN, answer, ask, builder, settings, takes};

/// A manager that holds `s3cr3t-access-1` with `s3cr3t-refresh-1`, and renews at `server`.
pub(crate) async fn manager(server: &MockServer) -> (TokenManager, Arc<ManualEnv>) {
    let (settings, env) = settings();
    let oauth = GhlOAuth::at(&server.uri(), OAuthApp::new("app-1", "s3cr3t-client"), &settings).unwrap();
    let store = Arc::new(MemoryTokenStore::new(env.clone()));
    let account = Client::account_key(&LocationId::new(LOCATION));
    let manager = TokenManager::builder(account, store, Arc::new(oauth)).env(env.clone()).build();
    let day = std::time::Duration::from_secs(86_399);
    let tokens =
        TokenSet::new(TOKEN.into(), env.now()).expires_in(day).refresh_token("s3cr3t-refresh-1".into());
    manager.connect(tokens).await.unwrap();
    (manager, env)
}

#[tokio::test]
async fn each_text_has_its_kind_its_renewals_and_its_requests() {
    use UnauthorizedReason::{PrivateIntegration, Scope, Token, TokenClass, Unknown, Version};
    let table = [
        ("Invalid token: access token is invalid", Token, true),
        ("Invalid JWT", Token, true),
        ("Invalid token: access token is expired", Token, true),
        ("Something new", Unknown, true),
        ("Invalid Private Integration token", PrivateIntegration, false),
        ("The token is not authorized for this scope.", Scope, false),
        ("This authClass type is not allowed to access this scope.", Scope, false),
        ("User type mismatch", TokenClass, false),
        ("This user type is not yet supported!", TokenClass, false),
        ("version header was not found.", Version, false),
        ("version header is invalid", Version, false),
    ];
    for (text, reason, renews) in table {
        let server = MockServer::start().await;
        let refusal = json!({ "statusCode": 401, "message": text, "error": "Unauthorized", "traceId": "t" });
        takes(&server, ask("GET", "/contacts/c_ana"), answer(401, &refusal), 1).await;
        // With the new token the call is sent once more, and believed.
        let again = ask("GET", "/contacts/c_ana").token("s3cr3t-access-2");
        takes(&server, again, answer(401, &refusal), renews.into()).await;
        let pair = json!({ "access_token": "s3cr3t-access-2", "token_type": "Bearer", "expires_in": 86399,
            "refresh_token": "s3cr3t-refresh-2" });
        let renewal = Mock::given(method("POST")).and(path("/oauth/token"));
        renewal.respond_with(answer(200, &pair)).expect(u64::from(renews)).mount(&server).await;

        let (manager, _) = manager(&server).await;
        let client = builder(&server).tokens(manager).build().unwrap();
        let error = client.contacts().get(&ContactId::new("c_ana")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized(reason), "{text}");
        assert_eq!(error.attempts(), 1 + u32::from(renews), "{text}");
        assert_eq!((error.messages(), error.trace_id()), (&[text.to_owned()][..], Some("t")));
        assert!(error.is_auth() && !error.is_retryable() && !error.outcome_unknown());
        server.verify().await;
    }
}

#[tokio::test]
async fn a_token_for_ever_is_not_renewed() {
    let server = MockServer::start().await;
    let refusal = json!({ "message": "Invalid JWT" });
    takes(&server, ask("GET", "/contacts/c_ana"), answer(401, &refusal), 1).await;
    let client = builder(&server).token(TOKEN).build().unwrap();
    let error = client.contacts().get(&ContactId::new("c_ana")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized(UnauthorizedReason::Token));
    assert_eq!(error.to_string(), "contacts.get: HTTP 401: Invalid JWT; get a new access token");
}
