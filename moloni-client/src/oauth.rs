use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sync_core::http::oauth::{self, Authorization, Carry, Grant, GrantError, OAuthApp};
use sync_core::http::{CallOptions, HttpClient, HttpSettings, Method, Operation, Url};
use sync_core::{
    AccountKey, Idempotency, Refresh, RefreshError, SecretString, TokenManager, TokenSet, TokenStore,
};

use crate::client::{BASE_URL, parse_url};
use crate::service::{GRANT, Moloni, RATE_LIMIT};
use crate::types::Company;
use crate::{Client, CompanyId, Error};

/// The page that asks a person for access. It moved here in March 2026; the old one redirects.
const AUTHORIZE_URL: &str = "https://www.moloni.pt/ac/root/oauth/";

/// A code works once, and three wrong passwords lock the login.
static GRANT_ONCE: Operation = Operation::new(GRANT, Method::GET, "/grant/", Idempotency::NotIdempotent);

/// A refresh token works once as well, but asking again does no harm: if the first request arrived, its answer and
/// the rotated pair in it are lost either way; if it did not, the repetition saves the connection.
static GRANT_REFRESH: Operation = Operation::new(GRANT, Method::GET, "/grant/", Idempotency::Idempotent);

/// The longest that a grant takes, its retries included.
const GRANT_TIME: Duration = Duration::from_secs(40);

/// How long a refresh token lives. The answer does not say.
const REFRESH_LIFE: Duration = Duration::from_secs(14 * 24 * 3600);

/// Gets tokens for an application that is registered with Moloni.
///
/// `GET /grant/`, with everything in the query. As a [`Refresh`] it keeps a
/// [`TokenManager`](crate::TokenManager) going: each refresh gives a new pair and ends the old one, so store pairs
/// where every process that uses them finds them.
///
/// A refresh token dies after 14 days. For companies that may lie idle so long there is
/// [`KeepAlive`](crate::KeepAlive).
///
/// ```no_run
/// use std::sync::Arc;
/// use moloni_client::{Client, CompanyId, Env, HttpSettings, MoloniOAuth, OAuthApp, SystemEnv, TokenStore};
///
/// # async fn example(query: String, store: Arc<dyn TokenStore>) -> Result<(), Box<dyn std::error::Error>> {
/// let app = OAuthApp::new("my-developer-id", "my-client-secret").redirect("https://app.example.com/moloni".parse()?);
/// let oauth = MoloniOAuth::new(app, &HttpSettings::new())?;
///
/// let sent = oauth.authorize()?;
/// // Keep `sent.pending` in the person's session and redirect them to `sent.url`. When they are back:
/// let code = sent.pending.accept(&query, SystemEnv::new().now())?;
/// let company = CompanyId::from(5);
/// let tokens = oauth.connect(code, company, store).await?;
/// let client = Client::builder().tokens(tokens).company(company).build()?;
/// # let _ = client;
/// # Ok(())
/// # }
/// ```
///
/// Later runs take `oauth.tokens(company, store)`.
#[derive(Debug, Clone)]
pub struct MoloniOAuth {
    app: OAuthApp,
    authorize: Url,
    base: String,
    settings: HttpSettings,
    http: HttpClient,
}

impl MoloniOAuth {
    /// Gets tokens for `app` from the production service.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Request`](crate::ErrorKind::Request) if the settings do not make an HTTP client.
    pub fn new(app: OAuthApp, settings: &HttpSettings) -> Result<Self, Error> {
        Self::at(BASE_URL, app, settings)
    }

    /// Gets tokens for `app` from another place, such as a sandbox.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and if the address is no URL or neither `https` nor on this machine.
    pub fn at(base_url: &str, app: OAuthApp, settings: &HttpSettings) -> Result<Self, Error> {
        let (base, authorize) = (parse_url(base_url)?, parse_url(AUTHORIZE_URL)?);
        let http = client(&app, settings, &base)?;
        Ok(Self { app, authorize, base: base_url.to_owned(), settings: settings.clone(), http })
    }

    /// Sets the page that asks a person for access. Default: `https://www.moloni.pt/ac/root/oauth/`, where it is since
    /// March 2026; the one before, `https://api.moloni.pt/v1/authorize/`, redirects there.
    #[must_use]
    pub fn page(mut self, page: Url) -> Self {
        self.authorize = page;
        self
    }

    /// Makes an address to send a person to.
    ///
    /// Moloni does not send the `state` back, so a callback without it is accepted: what tells the person's own return
    /// from a stranger's is that their session holds the pending record.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Request`](crate::ErrorKind::Request) if the application has no redirect address.
    pub fn authorize(&self) -> Result<Authorization, Error> {
        let sent = self.app.authorize(&self.authorize, &[], false, self.http.env().now());
        sent.map_err(|error| Error::from_grant("authorize", error))
    }

    /// Buys tokens for a code, checks that they reach `company`, and stores them.
    ///
    /// If the person does not know the company's id beforehand, take [`exchange_code`](Self::exchange_code),
    /// [`companies`](Self::companies) and [`TokenManager::connect`] one by one.
    ///
    /// # Errors
    ///
    /// As [`exchange_code`](Self::exchange_code); [`ErrorKind::WrongAccount`](crate::ErrorKind::WrongAccount) if the
    /// login does not reach the company; [`ErrorKind::Auth`](crate::ErrorKind::Auth) if the store fails. Nothing is
    /// stored then, and the person must authorise again.
    pub async fn connect(
        &self,
        code: impl Into<SecretString> + Send,
        company: CompanyId,
        store: Arc<dyn TokenStore>,
    ) -> Result<TokenManager, Error> {
        self.save(self.exchange_code(code).await?, company, store).await
    }

    /// Like [`connect`](Self::connect), with a person's name and password.
    ///
    /// # Errors
    ///
    /// As [`password`](Self::password) and [`connect`](Self::connect).
    pub async fn connect_with_password(
        &self,
        username: impl Into<String> + Send,
        password: impl Into<SecretString> + Send,
        company: CompanyId,
        store: Arc<dyn TokenStore>,
    ) -> Result<TokenManager, Error> {
        self.save(self.password(username, password).await?, company, store).await
    }

    /// The tokens of a company that was connected before, or whose tokens were stored otherwise.
    pub fn tokens(&self, company: CompanyId, store: Arc<dyn TokenStore>) -> TokenManager {
        let builder = TokenManager::builder(Client::account_key(company), store, Arc::new(self.clone()));
        builder.env(self.http.env().clone()).observer(self.http.observer().clone()).build()
    }

    /// Lists the companies that fresh tokens reach, for a person to choose from.
    ///
    /// # Errors
    ///
    /// As [`Companies::get_all`](crate::resources::Companies::get_all).
    pub async fn companies(&self, tokens: &TokenSet) -> Result<Vec<Company>, Error> {
        self.client(tokens)?.companies().get_all().await
    }

    fn client(&self, tokens: &TokenSet) -> Result<Client, Error> {
        let builder = Client::builder().token(tokens.access.clone()).http(self.settings.clone());
        builder.base_url(&self.base).build()
    }

    async fn save(
        &self,
        tokens: TokenSet,
        company: CompanyId,
        store: Arc<dyn TokenStore>,
    ) -> Result<TokenManager, Error> {
        self.client(&tokens)?.for_company(company).identity().await?;
        let manager = self.tokens(company, store);
        manager.connect(tokens).await.map_err(|error| Error::not_stored(&error))?;
        Ok(manager)
    }

    /// Buys tokens for the code of a callback. Sent once: a code works once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`](crate::ErrorKind::Auth) if the service refuses the code or the application; other kinds
    /// if there is no usable answer.
    pub async fn exchange_code(&self, code: impl Into<SecretString> + Send) -> Result<TokenSet, Error> {
        self.ask(&GRANT_ONCE, Grant::Code(code.into())).await.map_err(grant_error)
    }

    /// Buys tokens for a person's name and password. Sent once, because three wrong ones lock the login.
    ///
    /// Moloni asks not to store the password: the tokens are enough.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`](crate::ErrorKind::Auth) if the service refuses the password or the application;
    /// [`ErrorKind::LoginLocked`](crate::ErrorKind::LoginLocked) after too many wrong ones, with the time to wait in
    /// [`Error::retry_after`]; other kinds if there is no usable answer.
    pub async fn password(
        &self,
        username: impl Into<String> + Send,
        password: impl Into<SecretString> + Send,
    ) -> Result<TokenSet, Error> {
        let grant = Grant::Password { username: username.into(), password: password.into() };
        self.ask(&GRANT_ONCE, grant).await.map_err(|error| match Lock::of(&error) {
            Some(lock) => Error::locked(GRANT, lock.cooldown, lock.attempts),
            None => grant_error(error),
        })
    }

    async fn ask(&self, operation: &Operation, grant: Grant) -> Result<TokenSet, GrantError> {
        let tokens = oauth::request(&self.http, operation, Carry::Query, &self.app, &grant, &[]).await?;
        Ok(tokens.refresh_expires_in(REFRESH_LIFE))
    }
}

#[async_trait]
impl Refresh for MoloniOAuth {
    async fn refresh(&self, current: &TokenSet) -> Result<TokenSet, RefreshError> {
        let Some(token) = current.refresh.clone() else {
            return Err(RefreshError::Rejected("there is no refresh token".to_owned()));
        };
        self.ask(&GRANT_REFRESH, Grant::Refresh(token)).await.map_err(RefreshError::from)
    }

    fn time_limit(&self) -> Duration {
        GRANT_TIME
    }
}

fn grant_error(error: GrantError) -> Error {
    Error::from_grant(GRANT, error)
}

fn client(app: &OAuthApp, settings: &HttpSettings, base: &Url) -> Result<HttpClient, Error> {
    let account = AccountKey::new("moloni-app", app.client_id());
    let http = HttpClient::new(settings, Arc::new(Moloni), account, base.clone(), None, RATE_LIMIT);
    let options = CallOptions::new().timeout(Duration::from_secs(20)).deadline(GRANT_TIME);
    Ok(http.map_err(Error::from_layer)?.with(options))
}

/// A login that is locked, as far as the service says.
#[derive(Debug, PartialEq, Eq)]
struct Lock {
    cooldown: Option<Duration>,
    attempts: Option<u32>,
}

impl Lock {
    fn of(error: &GrantError) -> Option<Self> {
        let GrantError::Refused { status: 403, headers, description, .. } = error else { return None };
        let number = |name| headers.get(name)?.to_str().ok()?.trim().parse::<u32>().ok();
        let cooldown =
            number("moloni-login-cooldown-seconds").map(|seconds| Duration::from_secs(seconds.into()));
        let locked = cooldown.is_some() || description.contains("Too many failed login attempts");
        locked.then(|| Self { cooldown, attempts: number("moloni-login-attempts") })
    }
}
