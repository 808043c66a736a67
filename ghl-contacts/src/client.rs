use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sync_core::http::header::ACCEPT;
use sync_core::http::{
    CallOptions, HttpClient, HttpError, HttpSettings, Operation, RateLimit, Reply, Request, Url, Verdict,
};
use sync_core::secrecy::ExposeSecret;
use sync_core::{AccountKey, Env, SecretString, StaticToken, TokenSource};

use crate::error::Error;
use crate::ids::{AppointmentId, ContactId, LocationId};
use crate::resources::{
    AppointmentNotes, Appointments, Bulk, Businesses, Campaigns, ContactAppointments, Contacts, CustomFields,
    Followers, LocationTags, LocationTasks, Locations, Notes, Tags, Tasks, Users, Workflows,
};
use crate::service::HighLevel;
use crate::spelling::spelled;
use crate::types::{Done, Location};
use crate::version::{ApiVersion, VERSION};

/// HighLevel's API as one location sees it.
///
/// Cheap to clone; clones share connections, tokens and the rate limit.
///
/// ```no_run
/// use ghl_contacts::{Client, NewContact};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder("ve9EPM428h8vShlRW1KT").token(std::env::var("GHL_ACCESS_TOKEN")?).build()?;
/// let contact = client.contacts().create(&NewContact::new().name("Ana Sousa").email("ana@example.pt")).await?;
/// client.tags(&contact.id).add(["customer"]).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    http: HttpClient,
    location: LocationId,
    version: Option<ApiVersion>,
}

const USER_AGENT: &str = concat!("ghl-contacts/", env!("CARGO_PKG_VERSION"));
/// Where HighLevel is.
pub(crate) const BASE_URL: &str = "https://services.leadconnectorhq.com";
/// The documented allowance; the headers of each answer correct it.
pub(crate) const RATE_LIMIT: RateLimit = RateLimit::new(100, Duration::from_secs(10));

impl Client {
    /// Starts a client for `location`.
    pub fn builder(location: impl Into<LocationId>) -> ClientBuilder {
        ClientBuilder {
            location: location.into(),
            tokens: None,
            base: BASE_URL.into(),
            http: HttpSettings::new(),
            version: None,
        }
    }

    /// The location it is for.
    pub fn location(&self) -> &LocationId {
        &self.location
    }

    /// The name under which tokens and limits of `location` are kept: `ghl:{location}`.
    pub fn account_key(location: &LocationId) -> AccountKey {
        AccountKey::new("ghl", location)
    }

    /// The same client with other options for its calls.
    #[must_use]
    pub fn with(&self, options: CallOptions) -> Self {
        Self { http: self.http.with(options), ..self.clone() }
    }

    /// The same client with another API version for its calls, in place of the one each operation is described for.
    #[must_use]
    pub fn with_version(&self, version: ApiVersion) -> Self {
        Self { version: Some(version), ..self.clone() }
    }

    /// Contacts: create, read, update, delete, list, search.
    pub fn contacts(&self) -> Contacts<'_> {
        Contacts { client: self }
    }

    /// The notes of a contact.
    pub fn notes<'a>(&'a self, contact: &'a ContactId) -> Notes<'a> {
        Notes { client: self, contact }
    }

    /// The tasks of a contact.
    pub fn tasks<'a>(&'a self, contact: &'a ContactId) -> Tasks<'a> {
        Tasks { client: self, contact }
    }

    /// The tags of a contact.
    pub fn tags<'a>(&'a self, contact: &'a ContactId) -> Tags<'a> {
        Tags { client: self, contact }
    }

    /// The users who follow a contact.
    pub fn followers<'a>(&'a self, contact: &'a ContactId) -> Followers<'a> {
        Followers { client: self, contact }
    }

    /// The campaigns of a contact.
    pub fn campaigns<'a>(&'a self, contact: &'a ContactId) -> Campaigns<'a> {
        Campaigns { client: self, contact }
    }

    /// The workflows of a contact.
    pub fn workflows<'a>(&'a self, contact: &'a ContactId) -> Workflows<'a> {
        Workflows { client: self, contact }
    }

    /// The appointments of a contact.
    pub fn contact_appointments<'a>(&'a self, contact: &'a ContactId) -> ContactAppointments<'a> {
        ContactAppointments { client: self, contact }
    }

    /// Changes of many contacts at once.
    pub fn bulk(&self) -> Bulk<'_> {
        Bulk::new(self)
    }

    /// Locations themselves.
    pub fn locations(&self) -> Locations<'_> {
        Locations { client: self }
    }

    /// Reads the location that the tokens work for, and makes sure that it is [this one](Self::location).
    ///
    /// `GET /locations/{locationId}`, scope `locations.readonly`. Safe. The cheapest call that proves tokens and
    /// location right; made once a month, it keeps a private integration token from dying of disuse, which takes 90
    /// days:
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use ghl_contacts::{Client, KeepAlive};
    /// # fn run(client: Client) {
    /// let account = Client::account_key(client.location());
    /// let call = move || {
    ///     let client = client.clone();
    ///     async move { client.identity().await.map(drop) }
    /// };
    /// tokio::spawn(KeepAlive::new().call(account, Duration::from_secs(30 * 86_400), call).run());
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_auth`](Error::is_auth): the token lacks the scope, or is for another location.
    pub async fn identity(&self) -> Result<Location, Error> {
        let found = self.locations().get(&self.location).await?;
        if found.id == self.location {
            return Ok(found);
        }
        Err(Error::wrong_account(format!(
            "asked for location {}, the service gave {}",
            self.location, found.id
        )))
    }

    /// The custom fields of the location.
    pub fn custom_fields(&self) -> CustomFields<'_> {
        CustomFields { client: self }
    }

    /// The clock that its calls go by.
    pub(crate) fn env(&self) -> &Arc<dyn Env> {
        self.http.env()
    }

    /// The appointments in the calendars of the location.
    pub fn appointments(&self) -> Appointments<'_> {
        Appointments { client: self }
    }

    /// The notes of an appointment.
    pub fn appointment_notes<'a>(&'a self, appointment: &'a AppointmentId) -> AppointmentNotes<'a> {
        AppointmentNotes { client: self, appointment }
    }

    /// The businesses of the location, which group its contacts.
    pub fn businesses(&self) -> Businesses<'_> {
        Businesses { client: self }
    }

    /// The tags that the location knows.
    pub fn location_tags(&self) -> LocationTags<'_> {
        LocationTags { client: self }
    }

    /// The tasks of all contacts of the location.
    pub fn location_tasks(&self) -> LocationTasks<'_> {
        LocationTasks { client: self }
    }

    /// The users of the agency and its locations.
    pub fn users(&self) -> Users<'_> {
        Users { client: self }
    }

    /// The API version that a call of `operation` asks for.
    pub(crate) fn version_of(&self, operation: &Operation) -> ApiVersion {
        self.version.unwrap_or_else(|| ApiVersion::described_for(operation))
    }

    /// A request of `operation` with a body, spelled as the version that is asked for spells it.
    pub(crate) fn request(&self, operation: &Operation, body: &(impl Serialize + ?Sized)) -> Request {
        Request::new(operation).json(&spelled(self.version_of(operation), body))
    }

    /// Sends a request of `operation` and decodes its answer.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        operation: &Operation,
        request: Request,
    ) -> Result<T, Error> {
        let reply = self.exchange(operation, request).await?;
        reply.json().map_err(|error| Error::decode(operation, &reply, error))
    }

    /// Sends a request and decodes its answer, which may also say that it was not done.
    pub(crate) async fn send_if_done<T: DeserializeOwned>(
        &self,
        operation: &Operation,
        request: Request,
    ) -> Result<T, Error> {
        let reply = self.exchange_if_done(operation, request).await?;
        reply.json().map_err(|error| Error::decode(operation, &reply, error))
    }

    /// Sends a request of `operation` and takes its record out of the answer, which may have none.
    pub(crate) async fn send_part<T: DeserializeOwned, R>(
        &self,
        operation: &Operation,
        request: Request,
        part: impl FnOnce(T) -> Option<R> + Send,
    ) -> Result<R, Error> {
        let reply = self.exchange(operation, request).await?;
        let whole = reply.json().map_err(|error| Error::decode(operation, &reply, error))?;
        part(whole).ok_or_else(|| Error::incomplete(operation, &reply))
    }

    /// Sends a request whose answer only says whether it was done.
    pub(crate) async fn send_done(&self, operation: &Operation, request: Request) -> Result<(), Error> {
        self.exchange_if_done(operation, request).await.map(drop)
    }

    /// Deletes a record. That it is gone when a request before may have taken effect is a success: that one did it. One
    /// that was throttled or not authorised did nothing.
    pub(crate) async fn delete(&self, operation: &Operation, request: Request) -> Result<(), Error> {
        match self.send_done(operation, request).await {
            Err(error) if error.is_not_found() && error.is_in_doubt() => Ok(()),
            result => result,
        }
    }

    async fn exchange_if_done(&self, operation: &Operation, request: Request) -> Result<Reply, Error> {
        let reply = self.exchange(operation, request).await?;
        if reply.body.is_empty() {
            return Ok(reply);
        }
        let done: Done = reply.json().map_err(|error| Error::decode(operation, &reply, error))?;
        if done.is_refused() { Err(Error::not_done(operation, &reply)) } else { Ok(reply) }
    }

    async fn exchange(&self, operation: &Operation, request: Request) -> Result<Reply, Error> {
        let version = self.version_of(operation);
        let request = request.header(VERSION, version.as_str()).header(ACCEPT, "application/json");
        let reply = self.http.send(request).await.map_err(Error::transport)?;
        match reply.verdict {
            Verdict::Success => Ok(reply),
            _ => Err(Error::refused(operation, &reply)),
        }
    }
}

/// Sets up a [`Client`].
#[derive(Debug, Clone)]
pub struct ClientBuilder {
    location: LocationId,
    tokens: Option<Arc<dyn TokenSource>>,
    /// Checked when the client is made; until then it may hold a password.
    base: SecretString,
    http: HttpSettings,
    version: Option<ApiVersion>,
}

impl ClientBuilder {
    /// Uses one token for ever: a private integration token, or an access token for its day.
    #[must_use]
    pub fn token(self, token: impl Into<SecretString>) -> Self {
        self.tokens(StaticToken::new(token))
    }

    /// Takes tokens from `source`, such as a [`TokenManager`](crate::TokenManager) that refreshes them.
    #[must_use]
    pub fn tokens(mut self, source: impl TokenSource + 'static) -> Self {
        self.tokens = Some(Arc::new(source));
        self
    }

    /// Sends to another place, such as a sandbox. Default: `https://services.leadconnectorhq.com`.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base = url.into().into();
        self
    }

    /// Sets how calls are sent: timeouts, retries, proxy, limiter, observer. The rate limit starts at 100 requests
    /// per 10 s unless the settings say otherwise, and follows the answers' headers.
    #[must_use]
    pub fn http(mut self, settings: HttpSettings) -> Self {
        self.http = settings;
        self
    }

    /// Asks for this API version with every call. Default: for each operation the one it is described for.
    #[must_use]
    pub fn version(mut self, version: ApiVersion) -> Self {
        self.version = Some(version);
        self
    }

    /// Makes the client. Sends nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Transport`](crate::ErrorKind::Transport) if the base URL is not `https` (or a loopback
    /// address), or if the HTTP settings do not make a client.
    pub fn build(self) -> Result<Client, Error> {
        let base = parse_base(self.base.expose_secret())?;
        let account = Client::account_key(&self.location);
        let http = HttpClient::new(
            &self.http.or_user_agent(USER_AGENT),
            Arc::new(HighLevel),
            account,
            base,
            self.tokens,
            RATE_LIMIT,
        );
        Ok(Client { http: http.map_err(Error::transport)?, location: self.location, version: self.version })
    }
}

/// Reads a base URL.
pub(crate) fn parse_base(text: &str) -> Result<Url, Error> {
    Url::parse(text).map_err(|why| Error::transport(HttpError::invalid("base URL", why.to_string())))
}
