//! HighLevel's OAuth: from the page where a person chooses to tokens that stay fresh.

mod bound;
mod derived;
mod granted;
mod installed;
mod scope;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sync_core::http::oauth::{self, Authorization, Carry, Grant, GrantError, OAuthApp};
use sync_core::http::{CallOptions, HttpClient, HttpSettings, Method, Operation, Url};
use sync_core::secrecy::ExposeSecret;
use sync_core::{
    AccountKey, Idempotency, Refresh, RefreshError, SecretString, TokenManager, TokenSet, TokenStore,
};

pub use granted::{Granted, UserType};
pub use installed::{InstalledCursor, InstalledLocation, InstalledLocations, InstalledPage};
pub use scope::Scope;

use crate::client::{BASE_URL, Client, RATE_LIMIT, parse_base};
use crate::error::Error;
use crate::ids::{CompanyId, LocationId};
use crate::service::{GRANT, HighLevel};
use bound::{Bound, for_location};
use derived::Derived;

const EXCHANGE: Operation = Operation::new(GRANT, Method::POST, "/oauth/token", Idempotency::NotIdempotent);
/// Within 30 seconds the same refresh token yields the same pair, so a lost answer is fetched by asking again.
const REFRESH: Operation = Operation::new(GRANT, Method::POST, "/oauth/token", Idempotency::Idempotent);

/// The longest that a grant takes. A process that dies over a refresh holds the others up for twice as long and 4
/// seconds; that is less than the 30 seconds for which HighLevel gives the same pair again, so nothing is lost.
const GRANT_TIME: Duration = Duration::from_secs(12);

/// How long a refresh token lives if it is not used. The answer does not say.
const REFRESH_LIFE: Duration = Duration::from_secs(365 * 24 * 3600);

/// The page where a person chooses the location to connect.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AuthorizePage {
    /// The marketplace under HighLevel's own name.
    #[default]
    Standard,
    /// The marketplace of white-label agencies. An app registered under one does not work on the other.
    WhiteLabel,
    /// Another page, such as a sandbox's.
    At(Url),
}

impl AuthorizePage {
    fn url(&self) -> Result<Url, Error> {
        match self {
            Self::Standard => parse_base("https://marketplace.gohighlevel.com/v2/oauth/chooselocation"),
            Self::WhiteLabel => parse_base("https://marketplace.leadconnectorhq.com/v2/oauth/chooselocation"),
            Self::At(url) => Ok(url.clone()),
        }
    }
}

/// HighLevel's OAuth: the page, the code, the tokens of locations and agencies.
///
/// Source: `apps/oauth.json` in the vendor's public description of the API, `GoHighLevel/highlevel-api-docs`, June 2026.
///
/// ```no_run
/// use std::sync::Arc;
/// use ghl_contacts::{Client, GhlOAuth, HttpSettings, LocationId, OAuthApp, Scope, SystemEnv, TokenStore, Env};
///
/// # async fn run(query: String, store: Arc<dyn TokenStore>) -> Result<(), Box<dyn std::error::Error>> {
/// let app = OAuthApp::new("6-abc", "secret").redirect("https://app.example.pt/callback".parse()?);
/// let oauth = GhlOAuth::new(app, &HttpSettings::new())?.scopes([Scope::ContactsRead, Scope::ContactsWrite]);
///
/// let sent = oauth.authorize()?;
/// // Keep `sent.pending` in the person's session and redirect them to `sent.url`. When they are back:
/// let code = sent.pending.accept(&query, SystemEnv::new().now())?;
/// let location = LocationId::from("ve9EPM428h8vShlRW1KT");
/// let tokens = oauth.connect(code, &location, store).await?;
/// let client = Client::builder(location).tokens(tokens).build()?;
/// # Ok(())
/// # }
/// ```
///
/// Later runs take `oauth.tokens(&location, store)`. As a [`Refresh`] it serves any [`TokenManager`].
#[derive(Debug, Clone)]
pub struct GhlOAuth {
    app: OAuthApp,
    page: AuthorizePage,
    scopes: Vec<Scope>,
    version_id: Option<String>,
    base: Url,
    settings: HttpSettings,
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
        let http = HttpClient::new(settings, Arc::new(HighLevel), account, base.clone(), None, RATE_LIMIT);
        // Short enough that a refresh ends within the 30 seconds, see `GRANT_TIME`.
        let options = CallOptions::new().timeout(Duration::from_secs(8)).deadline(GRANT_TIME);
        Ok(Self {
            app,
            page: AuthorizePage::Standard,
            scopes: Vec::new(),
            version_id: None,
            base,
            settings: settings.clone(),
            http: http.map_err(Error::transport)?.with(options),
        })
    }

    /// Sets the page that [`authorize`](Self::authorize) sends people to. Default: [`AuthorizePage::Standard`].
    #[must_use]
    pub fn page(mut self, page: AuthorizePage) -> Self {
        self.page = page;
        self
    }

    /// Sets what [`authorize`](Self::authorize) asks for and [`connect`](Self::connect) insists on. The app must have
    /// these scopes at the marketplace. Default: none.
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = Scope>) -> Self {
        self.scopes = scopes.into_iter().collect();
        self
    }

    /// Names the version of the app to install, which some apps need.
    #[must_use]
    pub fn version_id(mut self, id: impl Into<String>) -> Self {
        self.version_id = Some(id.into());
        self
    }

    /// Makes an address to send a person to. The service sends its `state` back, and the pending record checks it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Grant`](crate::ErrorKind::Grant) if the app has no redirect address.
    pub fn authorize(&self) -> Result<Authorization, Error> {
        let scopes: Vec<_> = self.scopes.iter().map(Scope::as_str).collect();
        let sent = self.app.authorize(&self.page.url()?, &scopes, true, self.http.env().now());
        let mut sent = sent.map_err(|error| Error::grant(&EXCHANGE, error))?;
        if let Some(version) = &self.version_id {
            sent.url.query_pairs_mut().append_pair("version_id", version);
        }
        Ok(sent)
    }

    /// Buys a location's tokens for a code, checks that they are for `location` and have the [`scopes`](Self::scopes),
    /// and stores them.
    ///
    /// `POST /oauth/token` with `user_type=Location`, without a token. Not idempotent: a code works once, so this is sent
    /// once.
    ///
    /// If the person does not know the location's id beforehand, take [`exchange_code`](Self::exchange_code),
    /// [`Granted::of`] and [`TokenManager::connect`] one by one.
    ///
    /// # Errors
    ///
    /// As [`exchange_code`](Self::exchange_code);
    /// [`ErrorKind::WrongAccount`](crate::ErrorKind::WrongAccount) and
    /// [`ErrorKind::MissingScopes`](crate::ErrorKind::MissingScopes) if something else was granted;
    /// [`ErrorKind::Transport`](crate::ErrorKind::Transport) if the store fails. Nothing is stored then, and the
    /// person must authorise again.
    pub async fn connect(
        &self,
        code: impl Into<SecretString> + Send,
        location: &LocationId,
        store: Arc<dyn TokenStore>,
    ) -> Result<TokenManager, Error> {
        let tokens = self.exchange_code(code).await?;
        Granted::of(&tokens).check(location, &self.scopes)?;
        self.save(self.tokens(location, store), tokens).await
    }

    /// The tokens of a location that was connected before, or whose tokens were stored otherwise.
    pub fn tokens(&self, location: &LocationId, store: Arc<dyn TokenStore>) -> TokenManager {
        let refresh = Bound { oauth: self.clone(), location: location.clone() };
        self.manager(Client::account_key(location), store, Arc::new(refresh))
    }

    /// Buys an agency's tokens for a code, checks the [`scopes`](Self::scopes), and stores them under
    /// [`company_key`](Self::company_key). To be given such tokens, the app must be distributed to agencies with bulk
    /// installation.
    ///
    /// `POST /oauth/token` with `user_type=Company`, without a token. Not idempotent: a code works once, so this is sent
    /// once.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect); [`ErrorKind::WrongAccount`](crate::ErrorKind::WrongAccount) if another agency's
    /// tokens, or a location's, were granted.
    pub async fn connect_company(
        &self,
        code: impl Into<SecretString> + Send,
        company: &CompanyId,
        store: Arc<dyn TokenStore>,
    ) -> Result<TokenManager, Error> {
        let tokens = self.exchange(code.into(), &UserType::Company).await?;
        let granted = Granted::of(&tokens);
        if granted.company.as_ref() != Some(company) || granted.location.is_some() {
            let whose = granted.company.map_or_else(|| "no agency".to_owned(), |id| format!("agency {id}"));
            let class = if granted.location.is_some() { " (one location's only)" } else { "" };
            let why = format!("the tokens are for {whose}{class}, not for agency {company}: authorise again");
            return Err(Error::wrong_account(why));
        }
        granted.check_scopes(&self.scopes)?;
        self.save(self.company_tokens(company, store), tokens).await
    }

    /// The tokens of an agency that was connected before.
    pub fn company_tokens(&self, company: &CompanyId, store: Arc<dyn TokenStore>) -> TokenManager {
        self.manager(Self::company_key(company), store, Arc::new(self.clone()))
    }

    /// The tokens of one of an agency's locations. They need nobody's consent: they are got with the agency's, by
    /// `POST /oauth/locationToken` (scope `oauth.write`), when they are first asked for.
    ///
    /// They are kept under the location's own key. The answer holds a refresh token as well, although the description
    /// of v2 does not say so; it is kept and used, so that the location goes on when the agency's connection is lost.
    /// If there is none or the location cannot be renewed with it, new tokens are got with the agency's. Tokens that name
    /// another location are refused and not stored.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Transport`](crate::ErrorKind::Transport) if the settings do not make a client.
    pub fn location_tokens(
        &self,
        agency: TokenManager,
        company: &CompanyId,
        location: &LocationId,
        store: Arc<dyn TokenStore>,
    ) -> Result<TokenManager, Error> {
        let http = self.agency_client(agency, company)?;
        let derived = Derived::new(self.clone(), &http, company.clone(), location.clone());
        Ok(self.manager(Client::account_key(location), store, Arc::new(derived)))
    }

    /// The locations in which the app is installed, of an agency whose tokens `agency` has. Sends nothing yet.
    ///
    /// `GET /oauth/installedLocations`, in v3 `GET /oauth/installed-locations`; scope `oauth.readonly`. Safe. 20 a page
    /// unless [`page_size`](InstalledLocations::page_size) says otherwise, at most 100. A private integration token of the
    /// agency does not do.
    ///
    /// ```no_run
    /// # use ghl_contacts::{CompanyId, Error, GhlOAuth, TokenManager};
    /// use futures_util::TryStreamExt;
    ///
    /// # async fn run(oauth: GhlOAuth, agency: TokenManager, company: CompanyId) -> Result<(), Error> {
    /// let installed: Vec<_> = oauth.installed_locations(agency, &company)?.installed(true).items().try_collect().await?;
    /// # let _ = installed;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Transport`](crate::ErrorKind::Transport) if the settings do not make a client.
    pub fn installed_locations(
        &self,
        agency: TokenManager,
        company: &CompanyId,
    ) -> Result<InstalledLocations, Error> {
        let http = self.agency_client(agency, company)?;
        Ok(InstalledLocations::new(http, company.clone(), self.app.client_id()))
    }

    /// A client that sends an agency's tokens.
    fn agency_client(&self, agency: TokenManager, company: &CompanyId) -> Result<HttpClient, Error> {
        let http = HttpClient::new(
            &self.settings,
            Arc::new(HighLevel),
            Self::company_key(company),
            self.base.clone(),
            Some(Arc::new(agency)),
            RATE_LIMIT,
        );
        http.map_err(Error::transport)
    }

    /// The name under which an agency's tokens are kept: `ghl-company:{company}`.
    pub fn company_key(company: &CompanyId) -> AccountKey {
        AccountKey::new("ghl-company", company)
    }

    /// Buys a location's tokens for the code of a callback, and neither checks nor stores them.
    ///
    /// `POST /oauth/token` with `user_type=Location`, without a token. Not idempotent: a code works once, so this is sent
    /// once. [`Granted::of`] reads what was granted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Grant`](crate::ErrorKind::Grant) if the service refuses the code or the app;
    /// [`is_invalid_grant`](Error::is_invalid_grant) tells that the code is used up or wrong. Other kinds if there is
    /// no usable answer.
    pub async fn exchange_code(&self, code: impl Into<SecretString> + Send) -> Result<TokenSet, Error> {
        self.exchange(code.into(), &UserType::Location).await
    }

    async fn exchange(&self, code: SecretString, class: &UserType) -> Result<TokenSet, Error> {
        let tokens = self.grant(&EXCHANGE, Grant::Code(code), class).await;
        tokens.map_err(|error| Error::grant(&EXCHANGE, error))
    }

    async fn grant(
        &self,
        operation: &Operation,
        grant: Grant,
        class: &UserType,
    ) -> Result<TokenSet, GrantError> {
        let extra = [("user_type", class.as_str())];
        let tokens = oauth::request(&self.http, operation, Carry::Form, &self.app, &grant, &extra).await?;
        Ok(tokens.refresh_expires_in(REFRESH_LIFE))
    }

    fn manager(
        &self,
        key: AccountKey,
        store: Arc<dyn TokenStore>,
        refresh: Arc<dyn Refresh>,
    ) -> TokenManager {
        let builder = TokenManager::builder(key, store, refresh).env(self.http.env().clone());
        builder.observer(self.http.observer().clone()).build()
    }

    async fn save(&self, manager: TokenManager, tokens: TokenSet) -> Result<TokenManager, Error> {
        manager.connect(tokens).await.map_err(|error| Error::not_stored(&error))?;
        Ok(manager)
    }
}

#[async_trait]
impl Refresh for GhlOAuth {
    async fn refresh(&self, current: &TokenSet) -> Result<TokenSet, RefreshError> {
        let token = current.refresh.clone().filter(|token| !token.expose_secret().is_empty());
        let token = token.ok_or_else(|| {
            RefreshError::Rejected("no refresh token came with the access token".to_owned())
        })?;
        let granted = Granted::of(current);
        // The class must be the one the pair was granted for.
        let class = granted.user_type.unwrap_or(UserType::Location);
        let tokens = self.grant(&REFRESH, Grant::Refresh(token), &class).await?;
        match &granted.location {
            Some(location) => for_location(tokens, location),
            None => Ok(tokens),
        }
    }

    fn time_limit(&self) -> Duration {
        GRANT_TIME
    }
}
