use std::sync::Arc;

use async_trait::async_trait;
use sync_core::http::oauth::{self, Carry, Grant, GrantError, OAuthApp};
use sync_core::http::{HttpClient, HttpSettings, Method, Operation, Url};
use sync_core::{AccountKey, Idempotency, Refresh, RefreshError, SecretString, TokenSet};

use crate::client::{BASE_URL, RATE_LIMIT, parse_base};
use crate::error::Error;
use crate::service::HighLevel;

const EXCHANGE: Operation =
    Operation::new("oauth.token", Method::POST, "/oauth/token", Idempotency::NotIdempotent);
/// Within 30 seconds the same refresh token yields the same pair, so a lost answer is fetched by asking again.
const REFRESH: Operation =
    Operation::new("oauth.token", Method::POST, "/oauth/token", Idempotency::Idempotent);

/// The page where a person chooses the location to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AuthorizePage {
    /// The marketplace under HighLevel's own name.
    #[default]
    Standard,
    /// The marketplace of white-label agencies. An app registered under one does not work on the other.
    WhiteLabel,
}

impl AuthorizePage {
    const fn url(self) -> &'static str {
        match self {
            Self::Standard => "https://marketplace.gohighlevel.com/v2/oauth/chooselocation",
            Self::WhiteLabel => "https://marketplace.leadconnectorhq.com/v2/oauth/chooselocation",
        }
    }
}

/// HighLevel's OAuth for location tokens: the page, the code, the refresh.
///
/// Source: `apps/oauth.json` in the vendor's public description of the API, `GoHighLevel/highlevel-api-docs`, June 2026.
///
/// Give it to a [`TokenManager`](crate::TokenManager) as its [`Refresh`]:
///
/// ```no_run
/// use std::sync::Arc;
/// use ghl_contacts::{Client, GhlOAuth, HttpSettings, LocationId, MemoryTokenStore, OAuthApp, SystemEnv, TokenManager};
///
/// # async fn run(code: String, location: LocationId) -> Result<(), Box<dyn std::error::Error>> {
/// let app = OAuthApp::new("6-abc", "secret").redirect("https://app.example.pt/callback".parse()?);
/// let oauth = GhlOAuth::new(app, &HttpSettings::new())?;
/// let tokens = oauth.exchange_code(code).await?;
///
/// let store = Arc::new(MemoryTokenStore::new(Arc::new(SystemEnv::new())));
/// let manager = TokenManager::new(Client::account_key(&location), store, Arc::new(oauth));
/// manager.connect(tokens).await?;
/// let client = Client::builder(location).tokens(manager).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct GhlOAuth {
    app: OAuthApp,
    http: HttpClient,
}

impl GhlOAuth {
    /// OAuth for `app` at HighLevel itself.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Transport`](crate::ErrorKind::Transport) if the settings do not make a client.
    pub fn new(app: OAuthApp, settings: &HttpSettings) -> Result<Self, Error> {
        Self::at(BASE_URL, app, settings)
    }

    /// OAuth for `app` at another place, such as a sandbox.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and for a base URL that is not `https` or a loopback address.
    pub fn at(base_url: &str, app: OAuthApp, settings: &HttpSettings) -> Result<Self, Error> {
        let account = AccountKey::new("ghl-app", app.client_id());
        let base = parse_base(base_url)?;
        let http = HttpClient::new(settings, Arc::new(HighLevel), account, base, None, RATE_LIMIT);
        Ok(Self { app, http: http.map_err(Error::transport)? })
    }

    /// Where to send a person, and the `state` that must come back with the code.
    ///
    /// # Errors
    ///
    /// [`GrantError::Set`] if the app has no redirect address.
    pub fn authorize_url(
        &self,
        page: AuthorizePage,
        scopes: &[&str],
    ) -> Result<(Url, SecretString), GrantError> {
        let page = Url::parse(page.url()).map_err(|_| GrantError::Set("authorize URL"))?;
        self.app.authorize_url(&page, scopes)
    }

    /// Buys tokens for the code of a callback. `POST /oauth/token`.
    ///
    /// The details of the result hold `locationId`, `companyId`, `userId` and what else the answer says.
    ///
    /// Idempotency: none. A code works once, so this is sent once.
    ///
    /// # Errors
    ///
    /// [`GrantError`]; [`is_invalid_grant`](GrantError::is_invalid_grant) for a code that is used up or wrong.
    pub async fn exchange_code(&self, code: impl Into<SecretString> + Send) -> Result<TokenSet, GrantError> {
        self.grant(&EXCHANGE, Grant::Code(code.into())).await
    }

    async fn grant(&self, operation: &Operation, grant: Grant) -> Result<TokenSet, GrantError> {
        let extra = [("user_type", "Location")];
        oauth::request(&self.http, operation, Carry::Form, &self.app, &grant, &extra).await
    }
}

#[async_trait]
impl Refresh for GhlOAuth {
    async fn refresh(&self, current: &TokenSet) -> Result<TokenSet, RefreshError> {
        let token =
            current.refresh.clone().ok_or_else(|| RefreshError::Rejected("no refresh token".to_owned()))?;
        Ok(self.grant(&REFRESH, Grant::Refresh(token)).await?)
    }
}
