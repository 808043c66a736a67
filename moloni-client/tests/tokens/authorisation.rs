//! From the page where a person says yes to the first call, against the sandbox.

use std::sync::Arc;
use std::time::Duration;

use moloni_client::sandbox::{Config, Sandbox};
use moloni_client::secrecy::ExposeSecret;
use moloni_client::{
    CallbackError, Client, CompanyId, Env, ErrorKind, HttpSettings, KeepAlive, Loopback, ManualEnv,
    MemoryTokenStore, MoloniOAuth, OAuthApp, StaticToken, TokenSource, TokenStore,
};

const REDIRECT: &str = "https://app.example.com/moloni";
const DAY: Duration = Duration::from_secs(24 * 3600);

struct World {
    sandbox: Sandbox,
    oauth: MoloniOAuth,
    store: Arc<dyn TokenStore>,
    env: Arc<ManualEnv>,
    settings: HttpSettings,
}

impl World {
    async fn new() -> Self {
        crate::trace::on();
        let config = Config { redirect_uri: Some(REDIRECT.to_owned()), ..Config::default() };
        let sandbox = Sandbox::start(config).await.unwrap();
        let env = Arc::new(ManualEnv::new(1));
        let settings = HttpSettings::new().env(env.clone());
        let oauth = oauth(&sandbox, &settings, REDIRECT);
        let store = Arc::new(MemoryTokenStore::new(env.clone()));
        Self { sandbox, oauth, store, env, settings }
    }

    fn company(&self) -> CompanyId {
        self.sandbox.credentials().company_id.into()
    }

    fn client(&self, tokens: impl TokenSource + 'static) -> Client {
        let builder = Client::builder().tokens(tokens).company(self.company()).http(self.settings.clone());
        builder.base_url(format!("{}/v1/", self.sandbox.url())).build().unwrap()
    }

    async fn code(&self) -> String {
        let sent = self.oauth.authorize().unwrap();
        let callback = follow(sent.url.as_str()).await;
        sent.pending.accept(&callback, self.env.now()).unwrap().expose_secret().to_owned()
    }

    fn grants(&self) -> usize {
        self.sandbox.calls().iter().filter(|c| c.operation.as_deref() == Some("grant")).count()
    }

    /// Both clocks, the client's and the service's.
    fn advance(&self, by: Duration) {
        self.env.advance(by);
        self.sandbox.advance(by);
    }
}

fn oauth(sandbox: &Sandbox, settings: &HttpSettings, redirect: &str) -> MoloniOAuth {
    let credentials = sandbox.credentials();
    let app = OAuthApp::new(credentials.client_id.clone(), credentials.client_secret.clone());
    let app = app.redirect(redirect.parse().unwrap());
    let oauth = MoloniOAuth::at(&format!("{}/v1/", sandbox.url()), app, settings).unwrap();
    oauth.page(format!("{}/ac/root/oauth/", sandbox.url()).parse().unwrap())
}

/// Where the browser is sent.
async fn follow(address: &str) -> String {
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = browser.get(address).send().await.unwrap();
    assert_eq!(answer.status(), 302, "{}", answer.status());
    answer.headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_company_is_connected_from_the_page_to_the_first_call() {
    let w = World::new().await;
    let sent = w.oauth.authorize().unwrap();
    let callback = follow(sent.url.as_str()).await;
    assert!(callback.starts_with(&format!("{REDIRECT}?code=")) && !callback.contains("state"), "{callback}");
    let code = sent.pending.accept(&callback, w.env.now()).unwrap();

    let tokens = w.oauth.connect(code, w.company(), w.store.clone()).await.unwrap();
    assert_eq!(tokens.account(), &Client::account_key(w.company()));
    assert_eq!(w.client(tokens).identity().await.unwrap().company_id, w.company());

    // Another run of the program, days later.
    w.advance(DAY * 3);
    let tokens = w.oauth.tokens(w.company(), w.store.clone());
    assert_eq!(w.client(tokens).customers().count().await.unwrap(), 0);
    assert_eq!(w.grants(), 2);
}

#[tokio::test]
async fn the_old_page_leads_to_the_new_one() {
    let w = World::new().await;
    let old = format!("{}/v1/authorize/", w.sandbox.url()).parse().unwrap();
    let sent = w.oauth.clone().page(old).authorize().unwrap();
    let new = follow(sent.url.as_str()).await;
    assert!(new.starts_with("/ac/root/oauth/?"), "{new}");
    let callback = follow(&format!("{}{new}", w.sandbox.url())).await;
    let code = sent.pending.accept(&callback, w.env.now()).unwrap();
    w.oauth.connect(code, w.company(), w.store.clone()).await.unwrap();
}

#[tokio::test]
async fn another_company_than_those_of_the_login_is_not_connected() {
    let w = World::new().await;
    let foreign = CompanyId::from(987_654);
    let error = w.oauth.connect(w.code().await, foreign, w.store.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongAccount);
    let words = format!("does not reach company 987654; it reaches {}", w.company());
    assert!(error.is_auth() && error.to_string().contains(&words), "{error}");
    assert!(w.store.load(&Client::account_key(foreign)).await.unwrap().is_none());

    // Whoever does not know the company's id asks.
    let tokens = w.oauth.exchange_code(w.code().await).await.unwrap();
    let companies = w.oauth.companies(&tokens).await.unwrap();
    assert!(companies.iter().any(|company| company.company_id == w.company()));
}

#[tokio::test]
async fn a_person_who_says_no_connects_nothing() {
    let w = World::new().await;
    let sent = w.oauth.authorize().unwrap();
    let callback = follow(&format!("{}&deny=1", sent.url)).await;
    let error = sent.pending.accept(&callback, w.env.now()).unwrap_err();
    assert!(matches!(&error, CallbackError::Refused { code, .. } if code == "access_denied"), "{error}");
}

#[tokio::test]
async fn another_redirect_address_than_the_registered_one_is_told() {
    let w = World::new().await;
    let code = w.code().await;
    let other = oauth(&w.sandbox, &w.settings, "https://app.example.com/moloni?from=crm");
    let error = other.connect(code, w.company(), w.store.clone()).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Auth, Some("redirect_uri_mismatch")));
}

#[tokio::test]
async fn a_command_line_tool_receives_the_callback_itself() {
    crate::trace::on();
    let sandbox = Sandbox::start(Config::default()).await.unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let redirect = format!("http://127.0.0.1:{port}/callback");
    let oauth = oauth(&sandbox, &HttpSettings::new(), &redirect);
    let app = OAuthApp::new("id", "s3cr3t-client").redirect(redirect.parse().unwrap());
    let receiver = Loopback::bind(&app).await.unwrap();
    let sent = oauth.authorize().unwrap();
    let env = moloni_client::SystemEnv::new();
    let browser = async { reqwest::get(sent.url.clone()).await.unwrap().text().await.unwrap() };
    let (code, page) = tokio::join!(receiver.receive(sent.pending, &env), browser);
    assert!(page.contains("Access is granted"), "{page}");
    let store = Arc::new(MemoryTokenStore::new(Arc::new(env)));
    let company = sandbox.credentials().company_id.into();
    oauth.connect(code.unwrap(), company, store).await.unwrap();
}

#[tokio::test]
async fn a_password_connects_and_three_wrong_ones_tell_how_long_to_wait() {
    let w = World::new().await;
    let (name, password) = (&w.sandbox.credentials().username, &w.sandbox.credentials().password);
    let connect = |password: String| {
        w.oauth.connect_with_password(name.clone(), password, w.company(), w.store.clone())
    };
    let tokens = connect(password.clone()).await.unwrap();
    w.client(tokens).identity().await.unwrap();

    for attempt in 1..=4 {
        let before = w.grants();
        let error = connect("s3cr3t-wrong".to_owned()).await.unwrap_err();
        assert_eq!(w.grants(), before + 1, "sent once, whatever comes of it");
        assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error:?}");
        if attempt < 4 {
            assert_eq!((error.kind(), error.code()), (ErrorKind::Auth, Some("invalid_grant")), "{error}");
        } else {
            assert_eq!(error.kind(), ErrorKind::LoginLocked);
            assert!(error.retry_after().is_some_and(|wait| wait > Duration::from_secs(60)), "{error}");
        }
    }
}

#[tokio::test]
async fn a_company_that_lies_idle_for_a_season_stays_connected() {
    let w = World::new().await;
    let tokens = w.oauth.connect(w.code().await, w.company(), w.store.clone()).await.unwrap();
    let mut keep_alive = KeepAlive::with_env(w.env.clone()).account(tokens.clone());
    for _ in 0..180 {
        keep_alive.tend().await;
        w.advance(DAY / 2);
    }
    w.client(tokens).identity().await.unwrap();
    // One for the code, one for the last hour, and one every ten days or so.
    assert!((9..=13).contains(&w.grants()), "{}", w.grants());

    // Without, it is lost.
    let forgotten = w.oauth.connect(w.code().await, w.company(), w.store.clone()).await.unwrap();
    w.advance(DAY * 14 + Duration::from_secs(1));
    let error = forgotten.access().await.unwrap_err();
    assert!(error.needs_reconnect() && error.to_string().contains("Refresh token has expired"), "{error}");
}

#[tokio::test]
async fn a_token_of_nobody_is_told_apart_from_a_wrong_company() {
    let w = World::new().await;
    let client = w.client(StaticToken::new("5ec2e70000000000000000000000000000000000"));
    let error = client.identity().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth, "{error}");
    assert!(!format!("{error} {error:?}").contains("5ec2e7"), "{error:?}");
}
