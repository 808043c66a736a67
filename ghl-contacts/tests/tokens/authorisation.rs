//! From the page where a person chooses to the first call, against the sandbox.

use std::sync::Arc;
use std::time::Duration;

use ghl_contacts::sandbox::{Config, Sandbox};
use ghl_contacts::{
    AuthorizePage, CallbackError, Client, CompanyId, Env, Error, ErrorKind, GhlOAuth, Granted, HttpSettings,
    LocationId, Loopback, MemoryTokenStore, NewContact, OAuthApp, Pending, Refresh, RefreshError, Scope,
    TokenError, TokenManager, TokenSet, TokenSource, TokenStore, UnauthorizedReason, UserType, async_trait,
};
use sync_core::ManualEnv;
use sync_core::secrecy::ExposeSecret;

const SCOPES: [Scope; 3] = [Scope::ContactsRead, Scope::ContactsWrite, Scope::LocationsRead];
const DAY: Duration = Duration::from_secs(24 * 3600);

struct World {
    sandbox: Sandbox,
    oauth: GhlOAuth,
    store: Arc<dyn TokenStore>,
    env: Arc<ManualEnv>,
    settings: HttpSettings,
}

impl World {
    async fn new() -> Self {
        crate::trace::on();
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let env = Arc::new(ManualEnv::new(1));
        let settings = HttpSettings::new().env(env.clone());
        let oauth = oauth(&sandbox, &settings, "https://app.example.pt/callback?from=crm").scopes(SCOPES);
        let store = Arc::new(MemoryTokenStore::new(env.clone()));
        Self { sandbox, oauth, store, env, settings }
    }

    fn location(&self) -> LocationId {
        self.sandbox.credentials().location_id.as_str().into()
    }

    fn other_location(&self) -> LocationId {
        self.sandbox.credentials().other_location_id.as_str().into()
    }

    fn company(&self) -> CompanyId {
        self.sandbox.credentials().company_id.as_str().into()
    }

    fn client(&self, location: LocationId, tokens: impl TokenSource + 'static) -> Client {
        let builder = Client::builder(location).base_url(self.sandbox.url()).http(self.settings.clone());
        builder.tokens(tokens).build().unwrap()
    }

    /// What comes back after a person has been to the page with `more` behind its address.
    async fn visit(&self, oauth: &GhlOAuth, more: &str) -> (Pending, String) {
        let sent = oauth.authorize().unwrap();
        let callback = follow(&format!("{}{more}", sent.url)).await;
        (sent.pending, callback)
    }

    async fn code(&self, oauth: &GhlOAuth, more: &str) -> String {
        let (pending, callback) = self.visit(oauth, more).await;
        pending.accept(&callback, self.env.now()).unwrap().expose_secret().to_owned()
    }

    fn grants(&self) -> usize {
        self.sandbox.calls().iter().filter(|c| c.operation.as_deref() == Some("oauth.token")).count()
    }

    /// Both clocks, the client's and the service's.
    fn advance(&self, by: Duration) {
        self.env.advance(by);
        self.sandbox.advance(by);
    }
}

fn oauth(sandbox: &Sandbox, settings: &HttpSettings, redirect: &str) -> GhlOAuth {
    let credentials = sandbox.credentials();
    let app = OAuthApp::new(credentials.client_id.clone(), credentials.client_secret.clone());
    let page = format!("{}/v2/oauth/chooselocation", sandbox.url()).parse().unwrap();
    let oauth = GhlOAuth::at(&sandbox.url(), app.redirect(redirect.parse().unwrap()), settings).unwrap();
    oauth.page(AuthorizePage::At(page))
}

/// Where the browser is sent.
async fn follow(address: &str) -> String {
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = browser.get(address).send().await.unwrap();
    assert_eq!(answer.status(), 302, "{}", answer.status());
    answer.headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_location_is_connected_from_the_page_to_the_first_call() {
    let w = World::new().await;
    let (pending, callback) = w.visit(&w.oauth, "").await;
    assert!(callback.starts_with("https://app.example.pt/callback?from=crm&code="));
    // The session holds it meanwhile.
    let pending = Pending::from_secret_json(&pending.to_secret_json()).unwrap();
    let code = pending.accept(&callback, w.env.now()).unwrap();

    let location = w.location();
    let tokens = w.oauth.connect(code, &location, w.store.clone()).await.unwrap();
    let client = w.client(location.clone(), tokens);
    assert_eq!(client.identity().await.unwrap().id, location);
    let contact = client.contacts().create(&NewContact::new().name("Ana Prova")).await.unwrap();

    // Another run of the program, days later: what was stored goes on, and so do its details.
    w.advance(DAY * 3);
    let tokens = w.oauth.tokens(&location, w.store.clone());
    let client = w.client(location.clone(), tokens);
    assert_eq!(client.contacts().get(&contact.id).await.unwrap().id, contact.id);
    assert_eq!(w.grants(), 2);
    let stored = w.store.load(&Client::account_key(&location)).await.unwrap().unwrap();
    let granted = Granted::of(&stored.value);
    assert_eq!((granted.user_type, granted.location), (Some(UserType::Location), Some(location)));
    assert_eq!(granted.scopes.unwrap(), SCOPES.into_iter().collect());
}

#[tokio::test]
async fn another_location_than_the_wanted_one_is_not_connected() {
    let w = World::new().await;
    let code = w.code(&w.oauth, &format!("&location_id={}", w.other_location())).await;
    let error = w.oauth.connect(code, &w.location(), w.store.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongAccount);
    let wanted = format!("for location {}, not for {}", w.other_location(), w.location());
    assert!(error.is_auth() && error.to_string().contains(&wanted), "{error}");
    assert!(w.store.load(&Client::account_key(&w.location())).await.unwrap().is_none());

    // A token that somebody put in by hand, for the wrong location.
    let client =
        w.client(w.other_location(), ghl_contacts::StaticToken::new(w.sandbox.credentials().pit.clone()));
    let error = client.identity().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert!(error.to_string().contains("check the location id"), "{error}");
}

#[tokio::test]
async fn missing_scopes_are_named_and_burn_no_refresh_token() {
    let w = World::new().await;
    // The app lost two scopes at the marketplace.
    let reduced = w.oauth.clone().scopes([Scope::ContactsRead]);
    let code = w.code(&reduced, "").await;
    let error = w.oauth.connect(code, &w.location(), w.store.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingScopes);
    assert!(error.to_string().contains("lack contacts.write, locations.readonly"), "{error}");

    // Connected all the same, calls beyond the scope are refused, and renewing is not tried.
    let code = w.code(&reduced, "").await;
    let tokens = reduced.connect(code, &w.location(), w.store.clone()).await.unwrap();
    let before = w.grants();
    let client = w.client(w.location(), tokens);
    let error = client.contacts().create(&NewContact::new().name("Ana Prova")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized(UnauthorizedReason::Scope));
    assert!(error.to_string().contains("authorise the app again with the scope contacts.write,"), "{error}");
    assert_eq!((error.attempts(), w.grants()), (1, before));
}

#[tokio::test]
async fn a_person_who_says_no_and_a_callback_of_somebody_else_connect_nothing() {
    let w = World::new().await;
    let (pending, callback) = w.visit(&w.oauth, "&deny=1").await;
    let error = pending.accept(&callback, w.env.now()).unwrap_err();
    assert!(matches!(&error, CallbackError::Refused { code, .. } if code == "access_denied"), "{error}");

    let (_, theirs) = w.visit(&w.oauth, "").await;
    let (ours, _) = w.visit(&w.oauth, "").await;
    assert_eq!(ours.accept(&theirs, w.env.now()).unwrap_err(), CallbackError::OtherState);
}

#[tokio::test]
async fn a_code_works_once() {
    let w = World::new().await;
    let code = w.code(&w.oauth, "").await;
    w.oauth.connect(code.clone(), &w.location(), w.store.clone()).await.unwrap();
    let error = w.oauth.connect(code, &w.location(), w.store.clone()).await.unwrap_err();
    assert!(error.is_invalid_grant() && error.kind() == ErrorKind::Grant, "{error}");
    assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error:?}");
}

#[tokio::test]
async fn a_command_line_tool_receives_the_callback_itself() {
    let w = World::new().await;
    // Any free port: somebody else could take it in between, but nobody here does.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let redirect = format!("http://127.0.0.1:{port}/callback");
    let oauth = oauth(&w.sandbox, &HttpSettings::new(), &redirect).scopes(SCOPES);
    let app = OAuthApp::new("id", "s3cr3t-client").redirect(redirect.parse().unwrap());
    let receiver = Loopback::bind(&app).await.unwrap();
    let sent = oauth.authorize().unwrap();
    let env = sync_core::SystemEnv::new();
    let browser = async { reqwest::get(sent.url.clone()).await.unwrap().text().await.unwrap() };
    let (code, page) = tokio::join!(receiver.receive(sent.pending, &env), browser);
    assert!(page.contains("Access is granted"), "{page}");
    oauth.connect(code.unwrap(), &w.location(), w.store.clone()).await.unwrap();
}

#[tokio::test]
async fn a_location_s_tokens_derive_from_the_agency_s_and_outlive_them() {
    let w = World::new().await;
    let agency_scopes = [Scope::OAuthWrite, Scope::OAuthRead, Scope::LocationsRead];
    let oauth = w.oauth.clone().scopes(agency_scopes);
    let code = w.code(&oauth, "").await;
    let agency = oauth.connect_company(code, &w.company(), w.store.clone()).await.unwrap();
    assert_eq!(agency.account(), &GhlOAuth::company_key(&w.company()));

    let tokens = |location: &LocationId| {
        oauth.location_tokens(agency.clone(), &w.company(), location, w.store.clone()).unwrap()
    };
    for location in [w.location(), w.other_location()] {
        let client = w.client(location.clone(), tokens(&location));
        assert_eq!(client.identity().await.unwrap().id, location);
        // A second run finds what is stored.
        let client = w.client(location.clone(), tokens(&location));
        client.identity().await.unwrap();
    }
    let derived = || w.sandbox.calls().iter().filter(|c| c.path == "/oauth/locationToken").count();
    assert_eq!(derived(), 2);

    // The undocumented refresh token renews, without the agency.
    let location = w.other_location();
    let key = Client::account_key(&location);
    let stored = w.store.load(&key).await.unwrap().unwrap();
    let granted = Granted::of(&stored.value);
    assert!(stored.value.refresh.is_some());
    assert_eq!((granted.company, granted.location), (Some(w.company()), Some(location.clone())));
    agency.disconnect().await.unwrap();
    w.advance(DAY * 2);
    w.client(location.clone(), tokens(&location)).identity().await.unwrap();
    assert_eq!(derived(), 2);
}

#[tokio::test]
async fn a_location_whose_refresh_token_is_dead_asks_the_agency_again() {
    let w = World::new().await;
    let oauth = w.oauth.clone().scopes([Scope::OAuthWrite, Scope::LocationsRead]);
    let code = w.code(&oauth, "").await;
    let agency = oauth.connect_company(code, &w.company(), w.store.clone()).await.unwrap();
    let location = w.other_location();
    let derive = || oauth.location_tokens(agency.clone(), &w.company(), &location, w.store.clone()).unwrap();
    derive().access().await.unwrap();

    let key = Client::account_key(&location);
    let stored = w.store.load(&key).await.unwrap().unwrap();
    let dead = stored.value.refresh_token("s3cr3t-dead".into());
    w.store.swap(&key, Some(stored.rev), dead.clone()).await.unwrap();
    w.advance(DAY * 2);
    w.client(location.clone(), derive()).identity().await.unwrap();

    // With the agency lost as well, the person learns which connection to mend.
    let stored = w.store.load(&key).await.unwrap().unwrap();
    w.store.swap(&key, Some(stored.rev), dead).await.unwrap();
    agency.disconnect().await.unwrap();
    w.advance(DAY * 2);
    let error = derive().access().await.unwrap_err();
    assert!(error.needs_reconnect() && matches!(error, TokenError::Refresh { .. }), "{error}");
    assert!(
        error.to_string().contains(&format!("account ghl-company:{} is not connected", w.company())),
        "{error}"
    );
}

#[tokio::test]
async fn an_agency_cannot_give_what_it_does_not_have() {
    let w = World::new().await;
    // Without `oauth.write` there are no locations' tokens.
    let oauth = w.oauth.clone().scopes([Scope::OAuthRead]);
    let code = w.code(&oauth, "").await;
    let agency = oauth.connect_company(code, &w.company(), w.store.clone()).await.unwrap();
    let derive = |location: &LocationId| {
        oauth.location_tokens(agency.clone(), &w.company(), location, w.store.clone()).unwrap()
    };
    let error = derive(&w.location()).access().await.unwrap_err();
    assert!(!error.is_transient() && error.to_string().contains("not authorized for this scope"), "{error}");

    // A code of one agency does not connect another.
    let code = w.code(&oauth, "").await;
    let error: Error = oauth.connect_company(code, &"other".into(), w.store.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongAccount);
    assert!(error.to_string().contains("not for agency other"), "{error}");

    let oauth = w.oauth.clone().scopes([Scope::OAuthWrite, Scope::LocationsRead]);
    let code = w.code(&oauth, "").await;
    let agency = oauth.connect_company(code, &w.company(), w.store.clone()).await.unwrap();
    let unknown = LocationId::from("unknown");
    let tokens = oauth.location_tokens(agency, &w.company(), &unknown, w.store.clone()).unwrap();
    let error = tokens.access().await.unwrap_err();
    assert!(error.to_string().contains("Location not found"), "{error}");
}

/// Refreshes, and dies before the pair is stored.
#[derive(Debug)]
struct Dies(GhlOAuth);

#[async_trait]
impl Refresh for Dies {
    async fn refresh(&self, current: &TokenSet) -> Result<TokenSet, RefreshError> {
        self.0.refresh(current).await?;
        std::future::pending().await
    }

    fn time_limit(&self) -> Duration {
        self.0.time_limit()
    }
}

/// Moves the service's clock as far as the client's has moved, before it asks.
#[derive(Debug)]
struct InStep(GhlOAuth, Sandbox, Arc<ManualEnv>, Duration);

#[async_trait]
impl Refresh for InStep {
    async fn refresh(&self, current: &TokenSet) -> Result<TokenSet, RefreshError> {
        let Self(oauth, sandbox, env, since) = self;
        sandbox.advance(env.monotonic().saturating_sub(*since));
        oauth.refresh(current).await
    }

    fn time_limit(&self) -> Duration {
        self.0.time_limit()
    }
}

#[tokio::test]
async fn a_process_that_dies_before_it_stores_the_pair_loses_nothing() {
    let w = World::new().await;
    let code = w.code(&w.oauth, "").await;
    w.oauth.connect(code, &w.location(), w.store.clone()).await.unwrap();
    w.advance(DAY);
    let builder = |refresh: Arc<dyn Refresh>| {
        TokenManager::builder(Client::account_key(&w.location()), w.store.clone(), refresh).env(w.env.clone())
    };
    let before = w.grants();
    let dead = builder(Arc::new(Dies(w.oauth.clone()))).build();
    let lost = tokio::spawn(async move { dead.access().await });
    while w.grants() == before {
        tokio::task::yield_now().await;
    }
    lost.abort();

    let since = w.env.monotonic();
    let in_step = InStep(w.oauth.clone(), w.sandbox.clone(), w.env.clone(), since);
    let next = builder(Arc::new(in_step)).build();
    w.client(w.location(), next).identity().await.unwrap();
    let waited = w.env.monotonic().saturating_sub(since).as_secs();
    assert!((27..30).contains(&waited), "within HighLevel's 30 seconds: {waited}");
    assert_eq!(w.grants(), before + 2);
}
