//! What a naive client gets wrong about tokens, by the numbers of the list that this crate goes by.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use ghl_contacts::sandbox::{Config, Sandbox};
use ghl_contacts::{
    Client, CompanyId, ErrorKind, GhlOAuth, HttpSettings, LocationId, MemoryTokenStore, NewContact, OAuthApp,
    Scope, TokenManager, TokenSource, TokenStore, UnauthorizedReason,
};
use sync_core::ManualEnv;
use sync_core::secrecy::ExposeSecret;

use crate::service::settings;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A service, and programs that share one store and one clock.
struct World {
    sandbox: Sandbox,
    store: Arc<dyn TokenStore>,
    env: Arc<ManualEnv>,
    settings: HttpSettings,
}

impl World {
    async fn new() -> Self {
        let (settings, env) = settings();
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        Self { sandbox, store: Arc::new(MemoryTokenStore::new(env.clone())), env, settings }
    }

    fn oauth(&self) -> GhlOAuth {
        let c = self.sandbox.credentials();
        let app = OAuthApp::new(c.client_id.as_str(), c.client_secret.as_str());
        let app = app.redirect("https://app.example.pt/callback".parse().unwrap());
        GhlOAuth::at(&self.sandbox.url(), app, &self.settings).unwrap()
    }

    fn location(&self) -> LocationId {
        self.sandbox.credentials().location_id.as_str().into()
    }

    fn company(&self) -> CompanyId {
        self.sandbox.credentials().company_id.as_str().into()
    }

    fn client(&self, tokens: impl TokenSource + 'static) -> Client {
        let builder = Client::builder(self.location()).base_url(self.sandbox.url());
        builder.http(self.settings.clone()).tokens(tokens).build().unwrap()
    }

    async fn connect(&self) -> TokenManager {
        let code = self.sandbox.credentials().code.as_str();
        self.oauth().connect(code, &self.location(), self.store.clone()).await.unwrap()
    }

    async fn connect_company(&self) -> TokenManager {
        let code = self.sandbox.credentials().code.as_str();
        self.oauth().connect_company(code, &self.company(), self.store.clone()).await.unwrap()
    }

    /// A further program that was connected before.
    fn another(&self) -> TokenManager {
        self.oauth().tokens(&self.location(), self.store.clone())
    }

    fn advance(&self, by: Duration) {
        self.env.advance(by);
        self.sandbox.advance(by);
    }

    fn asked(&self, operation: &str) -> usize {
        self.sandbox.calls().iter().filter(|call| call.operation.as_deref() == Some(operation)).count()
    }
}

#[tokio::test]
async fn p15_a_program_that_comes_later_than_the_window_takes_the_pair_that_is_stored() {
    let w = World::new().await;
    let (first, second) = (w.client(w.connect().await), w.client(w.another()));
    let id = w.sandbox.add_contact(serde_json::json!({ "firstName": "Ana" })).unwrap().into();
    for client in [&first, &second] {
        client.contacts().get(&id).await.unwrap();
    }
    assert_eq!(w.asked("oauth.token"), 1, "the code");

    // Both have the pair that is over. One renews it; the other comes when the old refresh token is dead for good.
    w.advance(DAY);
    first.contacts().get(&id).await.unwrap();
    w.advance(Duration::from_secs(31));
    let calls = join_all((0..10).map(|_| async { second.contacts().get(&id).await })).await;
    assert!(calls.iter().all(Result::is_ok), "{calls:?}");
    assert_eq!(w.asked("oauth.token"), 2, "the code and one renewal");

    // And the other way round, a day later: each goes on from what the other has stored.
    w.advance(DAY);
    second.contacts().get(&id).await.unwrap();
    w.advance(Duration::from_secs(31));
    first.contacts().get(&id).await.unwrap();
    assert_eq!(w.asked("oauth.token"), 3);
}

#[tokio::test]
async fn p15_a_call_whose_401_comes_later_than_the_window_renews_nothing() {
    let w = World::new().await;
    let tokens = w.connect().await;
    let slow = tokens.access().await.unwrap();
    w.advance(DAY);
    let renewed = tokens.access().await.unwrap();
    w.advance(Duration::from_secs(31));
    // What was sent with the old token is refused only now.
    let after = tokens.renew(slow.rev).await.unwrap();
    assert_eq!((after.rev, after.secret.expose_secret()), (renewed.rev, renewed.secret.expose_secret()));
    assert_eq!(w.asked("oauth.token"), 2, "the code and one renewal");
}

#[tokio::test]
async fn p16_the_fields_of_a_locations_token_are_in_camel_case() {
    let w = World::new().await;
    let agency = w.connect_company().await;
    let access = agency.access().await.unwrap();
    let (company, location) = (w.company(), w.location());
    let snake = [("company_id", company.as_str()), ("location_id", location.as_str())];
    let naive = reqwest::Client::new().post(format!("{}/oauth/locationToken", w.sandbox.url()));
    let naive = naive.bearer_auth(access.secret.expose_secret()).header("version", "2021-07-28").form(&snake);
    assert_eq!(naive.send().await.unwrap().status(), 422);

    let tokens = w.oauth().location_tokens(agency, &company, &location, w.store.clone()).unwrap();
    w.client(tokens).identity().await.unwrap();
    let calls = w.sandbox.calls().into_iter().filter(|call| call.path == "/oauth/locationToken");
    assert_eq!(calls.map(|call| call.status).collect::<Vec<_>>(), [Some(422), Some(200)]);
}

#[tokio::test]
async fn p18_an_agencys_token_is_told_from_a_locations_and_leads_to_one() {
    let w = World::new().await;
    let agency = w.connect_company().await;
    let error = w.client(agency.clone()).contacts().create(&NewContact::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized(UnauthorizedReason::Scope));
    assert!(error.to_string().contains("use a location token: an agency's does not reach this"), "{error}");
    assert_eq!(
        (error.attempts(), w.asked("oauth.token")),
        (1, 1),
        "a renewal would bring another of its class"
    );

    let tokens = w.oauth().location_tokens(agency, &w.company(), &w.location(), w.store.clone()).unwrap();
    w.client(tokens).contacts().create(&NewContact::new().first_name("Ana")).await.unwrap();

    // Nor is it taken for a location's when it is granted.
    let w = World::new().await;
    let agency = w.connect_company().await;
    let granted = ghl_contacts::Granted::of(&w.store.load(agency.account()).await.unwrap().unwrap().value);
    assert_eq!(
        granted.check(&w.location(), &[Scope::ContactsRead]).unwrap_err().kind(),
        ErrorKind::WrongAccount
    );
}
