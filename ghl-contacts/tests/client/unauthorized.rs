//! What each text of a 401 leads to: whether the token is renewed, and how often the call is sent.

use std::sync::Arc;
use std::time::Duration;

use ghl_contacts::{
    Client, ContactId, Error, ErrorKind, GhlOAuth, LocationId, MemoryTokenStore, OAuthApp, TokenManager,
    TokenSet, UnauthorizedReason,
};
use serde_json::json;
use sync_core::{Env, ManualEnv};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer};

use crate::faults::{Act, Bench, IDEMPOTENT, ONCE, SAFE, good, shows_nothing};
use crate::service::{LOCATION, TOKEN, answer, ask, builder, settings, takes};

/// A manager that holds `s3cr3t-access-1` with `s3cr3t-refresh-1`, and renews at `server`.
pub(crate) async fn manager(server: &MockServer) -> (TokenManager, Arc<ManualEnv>) {
    let (settings, env) = settings();
    let oauth = GhlOAuth::at(&server.uri(), OAuthApp::new("app-1", "s3cr3t-client"), &settings).unwrap();
    let store = Arc::new(MemoryTokenStore::new(env.clone()));
    let account = Client::account_key(&LocationId::new(LOCATION));
    let manager = TokenManager::builder(account, store, Arc::new(oauth)).env(env.clone()).build();
    let day = Duration::from_secs(86_399);
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

fn refusal(text: &str) -> Act {
    let body = json!({ "statusCode": 401, "message": text, "error": "Unauthorized", "traceId": "t_1",
        "must-not-show": format!("Bearer {TOKEN}") });
    Act::answer(401, &[], &body.to_string())
}

fn pair() -> Act {
    let pair = json!({ "access_token": "s3cr3t-access-2", "token_type": "Bearer", "expires_in": 86399,
        "refresh_token": "s3cr3t-refresh-2" });
    Act::answer(200, &[], &pair.to_string())
}

/// Every text that is known, as it comes and as it might, a v3 body, and bodies that tell nothing.
fn every_401() -> Vec<(Act, UnauthorizedReason, bool)> {
    use UnauthorizedReason::{PrivateIntegration, Scope, Token, TokenClass, Unknown, Version};
    let texts = [
        ("Invalid token: access token is invalid", Token),
        ("Access Token Is Invalid.", Token),
        ("Invalid JWT", Token),
        ("invalid jwt: malformed", Token),
        ("Invalid token: access token is expired", Token),
        ("jwt expired", Token),
        ("Invalid Private Integration token", PrivateIntegration),
        ("invalid private integration token: it has expired", PrivateIntegration),
        ("The token is not authorized for this scope.", Scope),
        ("This authClass type is not allowed to access this scope.", Scope),
        ("User type mismatch", TokenClass),
        ("This user type is not yet supported!", TokenClass),
        ("version header was not found.", Version),
        ("version header is invalid", Version),
        ("Unauthorized", Unknown),
        ("", Unknown),
    ];
    let renews = |reason| [Token, Unknown].contains(&reason);
    let mut all: Vec<_> =
        texts.into_iter().map(|(text, reason)| (refusal(text), reason, renews(reason))).collect();
    let v3 = r#"{"error":{"code":401,"message":"The token is not authorized for this scope.","details":[]}}"#;
    let many = r#"{"message":["version header is invalid","jwt expired"],"statusCode":401}"#;
    all.push((Act::answer(401, &[], v3), Scope, false));
    all.push((Act::answer(401, &[], many), Version, false));
    all.push((Act::answer(401, &[], "<html>must-not-show</html>"), Unknown, true));
    all.push((Act::answer(401, &[], ""), Unknown, true));
    all
}

#[tokio::test]
async fn every_401_costs_what_may_help_and_no_more_whatever_the_call() {
    for (act, reason, renews) in every_401() {
        for (operation, call) in SAFE.iter().chain(&IDEMPOTENT).chain(&ONCE) {
            let case = format!("{act:?}, {operation}");
            // A new token that is refused as well is believed, and a 401 was never carried out: even a create is sent again.
            for (again, end) in [(good(), renews), (act.clone(), false)] {
                let bench =
                    Bench::with_renewals(vec![act.clone(), again, good()], vec![pair(), pair()]).await;
                let result = call(&bench.client).await;
                let sent = 1 + usize::from(renews);
                let cost = (bench.service.requests(), bench.renewals.requests());
                assert_eq!(cost, (sent, usize::from(renews)), "{case}: requests and renewals");
                assert_eq!(result.is_ok(), end, "{case}");
                if let Err(error) = result {
                    is_refused_for(&error, reason, sent, &case);
                }
                assert_eq!(bench.slept(), Duration::ZERO, "{case}");
            }

            let bench = Bench::with_renewals(vec![act.clone(), good()], vec![pair()]).await;
            let error = call(&bench.private).await.unwrap_err();
            assert_eq!((bench.service.requests(), bench.renewals.requests()), (1, 0), "{case}: private");
            is_refused_for(&error, reason, 1, &case);
        }
    }
}

#[track_caller]
fn is_refused_for(error: &Error, reason: UnauthorizedReason, requests: usize, case: &str) {
    assert_eq!((error.kind(), error.status()), (ErrorKind::Unauthorized(reason), Some(401)), "{case}");
    assert_eq!(error.attempts() as usize, requests, "{case}");
    assert!(error.is_auth() && !error.is_retryable() && !error.outcome_unknown(), "{case}");
    shows_nothing(error, case);
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

#[tokio::test]
async fn p02_no_401_but_the_tokens_own_is_taken_for_its_end() {
    // A version, a scope, a class and a token that a person must mend burn no refresh token, however often they come.
    for (act, reason, _) in every_401().into_iter().filter(|(_, _, renews)| !renews) {
        let bench = Bench::with_renewals(vec![act.clone(); 5], vec![pair()]).await;
        for _ in 0..5 {
            let error = (SAFE[0].1)(&bench.client).await.unwrap_err();
            is_refused_for(&error, reason, 1, &format!("{act:?}"));
            bench.env.advance(Duration::from_secs(60));
        }
        assert_eq!((bench.service.requests(), bench.renewals.requests()), (5, 0), "{act:?}");
    }
}

#[tokio::test]
async fn p02_a_401_that_no_new_token_mends_ends_in_no_loop() {
    for text in ["Invalid JWT", "Something new"] {
        let bench = Bench::with_renewals(vec![refusal(text); 20], vec![pair(), pair()]).await;
        for _ in 0..10 {
            let error = (ONCE[0].1)(&bench.client).await.unwrap_err();
            assert!(error.attempts() <= 2, "{error}");
            shows_nothing(&error, text);
        }
        // The first call renews and sends again; what follows leaves the new pair alone.
        assert_eq!((bench.service.requests(), bench.renewals.requests()), (11, 1), "{text}");
    }
}
