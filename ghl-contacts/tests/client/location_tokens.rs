//! Tokens of a location that are another's, and what an agency mends.

use std::sync::Arc;
use std::time::Duration;

use ghl_contacts::{
    Client, CompanyId, Env, GhlOAuth, LocationId, MemoryTokenStore, OAuthApp, TokenManager, TokenSet,
    TokenSource, TokenStore,
};
use serde_json::{Value, json};
use sync_core::ManualEnv;
use sync_core::secrecy::ExposeSecret;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::service::{LOCATION, answer, settings};

struct Scene {
    server: MockServer,
    oauth: GhlOAuth,
    store: Arc<MemoryTokenStore>,
    env: Arc<ManualEnv>,
}

impl Scene {
    async fn new() -> Self {
        let server = MockServer::start().await;
        let (settings, env) = settings();
        let oauth = GhlOAuth::at(&server.uri(), OAuthApp::new("app-1", "s3cr3t-client"), &settings).unwrap();
        let store = Arc::new(MemoryTokenStore::new(env.clone()));
        Self { server, oauth, store, env }
    }

    async fn answers(&self, at: &str, reply: ResponseTemplate, times: u64) {
        Mock::given(path(at)).respond_with(reply).expect(times).mount(&self.server).await;
    }

    /// The location's tokens as they derive from an agency that is connected.
    async fn derived(&self) -> TokenManager {
        let company = CompanyId::new("comp_1");
        let agency = self.oauth.company_tokens(&company, self.store.clone());
        agency.connect(TokenSet::new("s3cr3t-agency".into(), self.env.now())).await.unwrap();
        self.oauth.location_tokens(agency, &company, &location(), self.store.clone()).unwrap()
    }

    /// What is stored for the location.
    async fn stored(&self) -> Option<String> {
        let stored = self.store.load(&Client::account_key(&location())).await.unwrap();
        stored.map(|stored| stored.value.access.expose_secret().to_owned())
    }

    /// A pair that expires within a day.
    fn pair(&self, refresh: &str) -> TokenSet {
        let set = TokenSet::new("s3cr3t-access-1".into(), self.env.now());
        set.expires_in(Duration::from_secs(86_399)).refresh_token(refresh.into())
    }

    fn expire(&self) {
        self.env.advance(Duration::from_secs(86_400));
    }
}

fn location() -> LocationId {
    LocationId::new(LOCATION)
}

fn tokens_of(location: &str) -> Value {
    json!({ "access_token": "s3cr3t-access-2", "token_type": "Bearer", "expires_in": 86399,
        "refresh_token": "", "userType": "Location", "locationId": location })
}

#[tokio::test]
async fn an_agency_that_gives_another_locations_tokens_gives_none() {
    let scene = Scene::new().await;
    scene.answers("/oauth/locationToken", answer(200, &tokens_of("loc_2")), 1).await;
    let error = scene.derived().await.access().await.unwrap_err();
    assert!(error.to_string().contains("tokens for location loc_2, not for loc_1"), "{error}");
    assert!(!error.is_transient());
    assert_eq!(scene.stored().await, None);
}

#[tokio::test]
async fn a_renewal_that_gives_another_locations_tokens_changes_nothing() {
    for named in [true, false] {
        let scene = Scene::new().await;
        scene.answers("/oauth/token", answer(200, &tokens_of("loc_2")), 1).await;
        let manager = scene.oauth.tokens(&location(), scene.store.clone());
        let pair = scene.pair("s3cr3t-refresh-1");
        manager.connect(if named { pair.detail("locationId", LOCATION) } else { pair }).await.unwrap();
        scene.expire();
        let error = manager.access().await.unwrap_err();
        assert!(error.to_string().contains("tokens for location loc_2, not for loc_1"), "{error}");
        assert_eq!(scene.stored().await.as_deref(), Some("s3cr3t-access-1"));
    }
}

#[tokio::test]
async fn an_empty_refresh_token_does_not_take_the_place_of_the_old_one() {
    let scene = Scene::new().await;
    scene.answers("/oauth/token", answer(200, &tokens_of(LOCATION)), 1).await;
    let manager = scene.oauth.tokens(&location(), scene.store.clone());
    manager.connect(scene.pair("s3cr3t-refresh-1")).await.unwrap();
    scene.expire();
    manager.access().await.unwrap();
    let stored = scene.store.load(&Client::account_key(&location())).await.unwrap().unwrap();
    assert_eq!(stored.value.refresh.unwrap().expose_secret(), "s3cr3t-refresh-1");
}

#[tokio::test]
async fn the_agency_gives_new_tokens_where_the_locations_own_are_of_no_use() {
    let refused = |body: Value| Some(answer(400, &body));
    let cases = [
        (
            "s3cr3t-refresh-1",
            refused(json!({ "error": "invalid_client", "error_description": "No such app" })),
        ),
        ("s3cr3t-refresh-1", refused(json!({ "message": "Bad Request" }))),
        ("s3cr3t-refresh-1", Some(answer(200, &tokens_of("loc_2")))),
        ("", None),
    ];
    for (refresh, renewal) in cases {
        let scene = Scene::new().await;
        scene.answers("/oauth/locationToken", answer(200, &tokens_of(LOCATION)), 1).await;
        if let Some(renewal) = renewal {
            scene.answers("/oauth/token", renewal, 1).await;
        }
        let manager = scene.derived().await;
        manager.connect(scene.pair(refresh)).await.unwrap();
        scene.expire();
        assert_eq!(manager.access().await.unwrap().secret.expose_secret(), "s3cr3t-access-2");
        assert_eq!(scene.stored().await.as_deref(), Some("s3cr3t-access-2"));
    }
}
