use jiff::Timestamp;
use oauth2::{AuthUrl, ClientId, CsrfToken, RedirectUrl, Scope};
use secrecy::SecretString;
use url::Url;

use super::{Authorization, GrantError, Pending};

/// An application as it is registered with a service.
#[derive(Debug, Clone)]
pub struct OAuthApp {
    pub(super) client_id: String,
    pub(super) client_secret: SecretString,
    pub(super) redirect: Option<Url>,
}

impl OAuthApp {
    /// An application with these credentials.
    pub fn new(client_id: impl Into<String>, client_secret: impl Into<SecretString>) -> Self {
        Self { client_id: client_id.into(), client_secret: client_secret.into(), redirect: None }
    }

    /// Sets the registered redirect address; it must equal the registered one byte for byte.
    #[must_use]
    pub fn redirect(mut self, url: Url) -> Self {
        self.redirect = Some(url);
        self
    }

    /// The public half of the credentials.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The registered redirect address, where a person comes back to.
    pub fn redirect_url(&self) -> Option<&Url> {
        self.redirect.as_ref()
    }

    /// Sends a person to `page` to grant `scopes`.
    ///
    /// `echoes_state` says whether the service sends the `state` back, as the standard demands; where it does not, a
    /// callback without it is accepted.
    ///
    /// # Errors
    ///
    /// [`GrantError::Set`] if there is no redirect address.
    pub fn authorize(
        &self,
        page: &Url,
        scopes: &[&str],
        echoes_state: bool,
        now: Timestamp,
    ) -> Result<Authorization, GrantError> {
        let redirect = self.redirect.as_ref().ok_or(GrantError::Set("the redirect address is missing"))?;
        let client = oauth2::basic::BasicClient::new(ClientId::new(self.client_id.clone()))
            .set_auth_uri(AuthUrl::from_url(page.clone()))
            .set_redirect_uri(RedirectUrl::from_url(redirect.clone()));
        let scopes = scopes.iter().map(|s| Scope::new((*s).to_owned()));
        let (url, state) = client.authorize_url(CsrfToken::new_random).add_scopes(scopes).url();
        let state = SecretString::from(state.into_secret());
        Ok(Authorization { url, pending: Pending::new(state, echoes_state, now) })
    }
}
