use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sync_core::http::oauth::{self, Carry, Grant, GrantError, OAuthApp};
use sync_core::http::{CallOptions, HttpClient, HttpSettings, Method, Operation, Url};
use sync_core::{AccountKey, Idempotency, Refresh, RefreshError, SecretString, TokenSet};

use crate::Error;
use crate::client::{BASE_URL, parse_url};
use crate::service::{GRANT, Moloni, RATE_LIMIT};

/// The page that asks a person for access. It moved here in March 2026; the old one redirects.
const AUTHORIZE_URL: &str = "https://www.moloni.pt/ac/root/oauth/";

/// A code works once, and three wrong passwords lock the login.
static GRANT_ONCE: Operation = Operation::new(GRANT, Method::GET, "/grant/", Idempotency::NotIdempotent);

/// A refresh token works once as well, but asking again does no harm: if the first request arrived, its answer and
/// the rotated pair in it are lost either way; if it did not, the repetition saves the connection.
static GRANT_REFRESH: Operation = Operation::new(GRANT, Method::GET, "/grant/", Idempotency::Idempotent);

/// How long a refresh token lives. The answer does not say.
const REFRESH_LIFE: Duration = Duration::from_secs(14 * 24 * 3600);

/// Gets tokens for an application that is registered with Moloni.
///
/// `GET /grant/`, with everything in the query. As a [`Refresh`] it keeps a
/// [`TokenManager`](crate::TokenManager) going: each refresh gives a new pair and ends the old one, so store pairs
/// where every process that uses them finds them.
///
/// A refresh token dies after 14 days. Where nothing calls for longer, refresh every ten days or so.
///
/// ```no_run
/// use std::sync::Arc;
/// use moloni_client::{
///     Client, CompanyId, HttpSettings, MemoryTokenStore, MoloniOAuth, OAuthApp, SystemEnv, TokenManager,
/// };
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let app = OAuthApp::new("my-developer-id", "my-client-secret").redirect("https://app.example.com/moloni".parse()?);
/// let oauth = MoloniOAuth::new(app, &HttpSettings::new())?;
///
/// let (url, state) = oauth.authorize_url()?;
/// // Send the person to `url`, keep `state` in their session; the callback brings a code.
/// let tokens = oauth.exchange_code("code-of-the-callback").await?;
///
/// let store = Arc::new(MemoryTokenStore::new(Arc::new(SystemEnv::new())));
/// let company = CompanyId::from(5);
/// let manager = TokenManager::new(Client::account_key(company), store, Arc::new(oauth));
/// manager.connect(tokens).await?;
/// let client = Client::builder().tokens(Arc::new(manager)).company(company).build()?;
/// # let _ = (url, state, client);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct MoloniOAuth {
    app: OAuthApp,
    authorize: Url,
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
        Ok(Self { app, authorize, http })
    }

    /// Sets the page that asks a person for access. Default: `https://www.moloni.pt/ac/root/oauth/`.
    #[must_use]
    pub fn authorize_page(mut self, page: Url) -> Self {
        self.authorize = page;
        self
    }

    /// Makes the address to send a person to, and the `state` in it.
    ///
    /// Moloni does not send the state back. Keep it with the person's session all the same, accept a callback
    /// without it, and take a code only from a session that was just sent there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Request`](crate::ErrorKind::Request) if the application has no redirect address.
    pub fn authorize_url(&self) -> Result<(Url, SecretString), Error> {
        self.app.authorize_url(&self.authorize, &[]).map_err(|error| Error::from_grant("authorize", error))
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
        let mut tokens = oauth::request(&self.http, operation, Carry::Query, &self.app, &grant, &[]).await?;
        tokens.refresh_expires_at =
            tokens.refresh.as_ref().and(tokens.obtained_at.checked_add(REFRESH_LIFE).ok());
        Ok(tokens)
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
}

fn grant_error(error: GrantError) -> Error {
    Error::from_grant(GRANT, error)
}

fn client(app: &OAuthApp, settings: &HttpSettings, base: &Url) -> Result<HttpClient, Error> {
    let account = AccountKey::new("moloni-app", app.client_id());
    let http = HttpClient::new(settings, Arc::new(Moloni), account, base.clone(), None, RATE_LIMIT);
    // A refresh must be over before the lease on its account is.
    let options = CallOptions::new().timeout(Duration::from_secs(20)).deadline(Duration::from_secs(40));
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
