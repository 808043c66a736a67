use std::sync::Arc;

use ghl_contacts::{Client, HttpSettings};
use sync_core::Observer;

use super::BridgeError;
use crate::settings::{GhlLogin, GhlSettings};

impl GhlSettings {
    /// A client of the location, to look at HighLevel alone. Sends nothing yet.
    ///
    /// # Errors
    ///
    /// [`BridgeError::Ghl`] if the address or the token cannot be used.
    pub fn client(&self, observer: Arc<dyn Observer>) -> Result<Client, BridgeError> {
        connect(self, HttpSettings::new().observer(observer))
    }
}

pub(super) fn connect(ghl: &GhlSettings, http: HttpSettings) -> Result<Client, BridgeError> {
    let client = Client::builder(ghl.location.as_str()).http(http);
    let mut client = match &ghl.login {
        GhlLogin::Token(token) => client.token(token.clone()),
        GhlLogin::Source(tokens) => client.tokens(tokens.clone()),
    };
    if let Some(url) = &ghl.url {
        client = client.base_url(url);
    }
    Ok(client.build()?)
}
