//! Those of the way to a token.

use std::sync::Arc;
use std::time::Duration;

use moloni_client::sandbox::{Config, Sandbox};
use moloni_client::secrecy::ExposeSecret;
use moloni_client::{
    CompanyId, Env, ErrorKind, HttpSettings, ManualEnv, MemoryTokenStore, MoloniOAuth, OAuthApp, Refresh,
    TokenSource, TokenStore,
};

const REDIRECT: &str = "https://app.example.com/moloni";
const HOUR: Duration = Duration::from_secs(3600);

struct World {
    sandbox: Sandbox,
    oauth: MoloniOAuth,
    store: Arc<dyn TokenStore>,
    env: Arc<ManualEnv>,
}

impl World {
    async fn new() -> Self {
        crate::trace::on();
        let config = Config { redirect_uri: Some(REDIRECT.to_owned()), ..Config::default() };
        let sandbox = Sandbox::start(config).await.unwrap();
        let env = Arc::new(ManualEnv::new(1));
        let oauth = oauth(&sandbox, &env, REDIRECT);
        let store = Arc::new(MemoryTokenStore::new(env.clone()));
        Self { sandbox, oauth, store, env }
    }

    fn company(&self) -> CompanyId {
        self.sandbox.credentials().company_id.into()
    }

    fn grants(&self) -> usize {
        self.sandbox.calls().iter().filter(|call| call.operation.as_deref() == Some("grant")).count()
    }

    /// Both clocks, the client's and the service's.
    fn advance(&self, by: Duration) {
        self.env.advance(by);
        self.sandbox.advance(by);
    }
}

fn oauth(sandbox: &Sandbox, env: &Arc<ManualEnv>, redirect: &str) -> MoloniOAuth {
    let credentials = sandbox.credentials();
    let app = OAuthApp::new(credentials.client_id.clone(), credentials.client_secret.clone());
    let app = app.redirect(redirect.parse().unwrap());
    let settings = HttpSettings::new().env(env.clone());
    let oauth = MoloniOAuth::at(&format!("{}/v1/", sandbox.url()), app, &settings).unwrap();
    oauth.page(format!("{}/ac/root/oauth/", sandbox.url()).parse().unwrap())
}

/// Where the browser is sent.
async fn follow(address: &str) -> String {
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = browser.get(address).send().await.unwrap();
    answer.headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn p06_a_refresh_token_works_once_and_many_callers_spend_it_once() {
    let w = World::new().await;
    let pair = w.oauth.exchange_code(w.sandbox.credentials().code.clone()).await.unwrap();
    let next = w.oauth.refresh(&pair).await.unwrap();
    let (old, new) = (pair.refresh.clone().unwrap(), next.refresh.clone().unwrap());
    assert_ne!(old.expose_secret(), new.expose_secret(), "it rotates");
    w.oauth.refresh(&pair).await.unwrap_err();

    let tokens = w.oauth.tokens(w.company(), w.store.clone());
    tokens.connect(next).await.unwrap();
    // Another process, with the same store.
    let others = w.oauth.tokens(w.company(), w.store.clone());
    w.advance(HOUR * 2);
    let before = w.grants();
    let callers = (0..20).map(|caller| if caller % 2 == 0 { tokens.clone() } else { others.clone() });
    let callers = callers.map(|tokens| tokio::spawn(async move { tokens.access().await.map(drop) }));
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap().unwrap();
    }
    assert_eq!(w.grants(), before + 1, "one of them refreshed, and the others took what it got");
}

#[tokio::test]
async fn p06_a_connection_that_nobody_uses_for_14_days_is_dead() {
    let w = World::new().await;
    let code = w.sandbox.credentials().code.clone();
    let tokens = w.oauth.connect(code, w.company(), w.store.clone()).await.unwrap();
    w.advance(HOUR * 24 * 13);
    tokens.access().await.unwrap();
    w.advance(HOUR * 24 * 14 + Duration::from_secs(1));
    let error = tokens.access().await.unwrap_err();
    assert!(error.needs_reconnect(), "{error}");
}

#[tokio::test]
async fn p07_the_page_gives_no_state_back_and_the_code_is_taken_all_the_same() {
    let w = World::new().await;
    let sent = w.oauth.authorize().unwrap();
    assert!(sent.url.query().unwrap().contains("state="), "it is sent, for the day that it comes back");
    let callback = follow(sent.url.as_str()).await;
    assert!(!callback.contains("state="), "{callback}");
    let code = sent.pending.accept(&callback, w.env.now()).unwrap();
    w.oauth.connect(code, w.company(), w.store.clone()).await.unwrap();
}

#[tokio::test]
async fn p07_a_redirect_address_is_another_one_by_a_single_byte() {
    let w = World::new().await;
    for other in
        [format!("{REDIRECT}/"), format!("{REDIRECT}?from=crm"), REDIRECT.replace("moloni", "Moloni")]
    {
        let sent = w.oauth.authorize().unwrap();
        let callback = follow(sent.url.as_str()).await;
        let code = sent.pending.accept(&callback, w.env.now()).unwrap();
        let error = oauth(&w.sandbox, &w.env, &other).exchange_code(code).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Auth, Some("redirect_uri_mismatch")), "{other}");
    }
}

#[test]
fn p07_the_page_is_where_it_moved_to() {
    let app = OAuthApp::new("developer", "s3cr3t-client").redirect(REDIRECT.parse().unwrap());
    let sent = MoloniOAuth::new(app, &HttpSettings::new()).unwrap().authorize().unwrap();
    assert!(sent.url.as_str().starts_with("https://www.moloni.pt/ac/root/oauth/?"), "{:?}", sent.url.path());
}

#[tokio::test]
async fn p08_a_third_wrong_password_locks_the_login_and_none_is_sent_twice() {
    let w = World::new().await;
    let (name, password) = (&w.sandbox.credentials().username, &w.sandbox.credentials().password);
    for attempt in 1..=3 {
        let error = w.oauth.password(name, "s3cr3t-wrong").await.unwrap_err();
        assert_eq!((error.kind(), w.grants()), (ErrorKind::Auth, attempt), "{error}");
        assert!(!error.is_retryable(), "nothing sends it again by itself");
    }
    // The right one does not help any more, until the time is over that the headers tell.
    let error = w.oauth.password(name, password.clone()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::LoginLocked, Some(403)), "{error}");
    assert_eq!((error.failed_logins(), w.grants()), (Some(3), 4));
    w.advance(error.retry_after().unwrap());
    w.oauth.password(name, password.clone()).await.unwrap();
}
