//! The connection to HighLevel, by OAuth, with tokens that are kept by a store of yours.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use ghl_contacts::{CallOptions, Client, GhlOAuth, HttpSettings, LocationId, OAuthApp, Scope};
use sync_core::{Observer, SecretString, TokenStore};

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// One request.
    pub request: Duration,
    /// One whole call, all its attempts and pauses included: the time within which an announced write is sent or never.
    pub send_within: Duration,
    /// Until HighLevel's search sees a write.
    pub index_lag: Duration,
}

impl Timing {
    /// Reads `SYNC_REQUEST_SECONDS` (30 if it is not set), `SYNC_SEND_WITHIN_SECONDS` (60) and `SYNC_INDEX_LAG_SECONDS`
    /// (15).
    ///
    /// # Errors
    ///
    /// One of them is no whole number.
    pub fn from_env() -> Result<Self, Box<dyn Error>> {
        let seconds = |name: &str, default| match variable(name) {
            None => Ok(Duration::from_secs(default)),
            Some(text) => {
                text.parse().map(Duration::from_secs).map_err(|_| format!("{name} must be a whole number"))
            }
        };
        Ok(Self {
            request: seconds("SYNC_REQUEST_SECONDS", 30)?,
            send_within: seconds("SYNC_SEND_WITHIN_SECONDS", 60)?,
            index_lag: seconds("SYNC_INDEX_LAG_SECONDS", 15)?,
        })
    }
}

/// Connects a location.
///
/// | variable | what |
/// |---|---|
/// | `GHL_LOCATION_ID` | the location |
/// | `GHL_CLIENT_ID`, `GHL_CLIENT_SECRET` | the keys of your app at the marketplace |
/// | `GHL_REDIRECT_URL` | the redirect address, if the app has one |
/// | `GHL_CODE` | the `code` in the address that HighLevel sends a person back to; needed where `tokens` has none of the location, or with `reconnect`, and not looked at otherwise |
/// | `GHL_URL` | another address than the real one, such as a sandbox's |
///
/// A code works once. What it buys is stored before it is used, and from then on renewed: each refresh token works once as
/// well, and its successor is in `tokens` and nowhere else.
///
/// # Errors
///
/// A variable that is missing, a code that is used up, another location than the one that was authorised, scopes that are
/// missing, or a store that fails.
pub async fn connect(
    tokens: Arc<dyn TokenStore>,
    observer: Arc<dyn Observer>,
    timing: Timing,
    reconnect: bool,
) -> Result<Client, Box<dyn Error>> {
    let location = LocationId::new(needed("GHL_LOCATION_ID")?);
    let mut app = OAuthApp::new(needed("GHL_CLIENT_ID")?, needed("GHL_CLIENT_SECRET")?);
    if let Some(url) = variable("GHL_REDIRECT_URL") {
        app = app.redirect(url.parse().map_err(|_| "GHL_REDIRECT_URL is no address")?);
    }
    let url = variable("GHL_URL");
    // A write that is announced must be over, one way or the other, when the engine looks for it.
    let options = CallOptions::new().timeout(timing.request).deadline(timing.send_within);
    let http = HttpSettings::new()
        .user_agent(concat!("embed-your-own/", env!("CARGO_PKG_VERSION")))
        .observer(observer)
        .options(options);
    let oauth = match &url {
        Some(url) => GhlOAuth::at(url, app, &http),
        None => GhlOAuth::new(app, &http),
    };
    let oauth = oauth?.scopes([
        Scope::ContactsRead,
        Scope::ContactsWrite,
        Scope::CustomFieldsRead,
        Scope::CustomFieldsWrite,
    ]);
    let manager = if reconnect || tokens.load(&Client::account_key(&location)).await?.is_none() {
        oauth.connect(SecretString::from(needed("GHL_CODE")?), &location, tokens).await?
    } else {
        oauth.tokens(&location, tokens)
    };
    let client = Client::builder(location).tokens(manager).http(http);
    let client = match url {
        Some(url) => client.base_url(url),
        None => client,
    };
    Ok(client.build()?)
}

fn needed(name: &str) -> Result<String, String> {
    variable(name).ok_or_else(|| format!("set the environment variable {name}"))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}
