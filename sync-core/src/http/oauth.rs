//! OAuth 2 grants over the HTTP layer, for the clients' token endpoints.
//!
//! The `oauth2` crate builds the requests and reads the answers; it stays behind this module, because its parse
//! error keeps the raw answer, tokens included.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    ExtraTokenFields, RedirectUrl, RefreshToken, RequestTokenError, ResourceOwnerPassword,
    ResourceOwnerUsername, Scope, StandardRevocableToken, StandardTokenResponse, TokenResponse, TokenUrl,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::{HeaderMap, HttpClient, HttpError, Operation, Reply, Request, Verdict};
use crate::{RefreshError, TokenSet};

/// An application as it is registered with a service.
#[derive(Debug, Clone)]
pub struct OAuthApp {
    client_id: String,
    client_secret: SecretString,
    redirect: Option<Url>,
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

    /// The address of `page` to send a person to, and the `state` in it.
    ///
    /// Keep the state with the person's session, and take only a callback that belongs to it.
    ///
    /// # Errors
    ///
    /// [`GrantError::Set`] if there is no redirect address.
    pub fn authorize_url(&self, page: &Url, scopes: &[&str]) -> Result<(Url, SecretString), GrantError> {
        let redirect = self.redirect.as_ref().ok_or(GrantError::Set("the redirect address is missing"))?;
        let client = oauth2::basic::BasicClient::new(ClientId::new(self.client_id.clone()))
            .set_auth_uri(AuthUrl::from_url(page.clone()))
            .set_redirect_uri(RedirectUrl::from_url(redirect.clone()));
        let scopes = scopes.iter().map(|s| Scope::new((*s).to_owned()));
        let (url, state) = client.authorize_url(CsrfToken::new_random).add_scopes(scopes).url();
        Ok((url, state.into_secret().into()))
    }
}

/// What a token is asked for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Grant {
    /// The code of a callback; works once.
    Code(SecretString),
    /// A refresh token.
    Refresh(SecretString),
    /// A person's name and password.
    Password {
        /// The name.
        username: String,
        /// The password.
        password: SecretString,
    },
}

/// Where a token endpoint wants its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carry {
    /// In a form body, as the standard says.
    Form,
    /// In the query.
    Query,
}

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    /// The request could not be made up.
    #[error("{0}")]
    Set(&'static str),
    /// No whole answer.
    #[error(transparent)]
    Http(HttpError),
    /// The service said no.
    #[error("the token endpoint answered HTTP {status}: {}{description}", prefix(code))]
    #[non_exhaustive]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The OAuth error code, such as `invalid_grant`, or empty.
        code: String,
        /// The service's own words.
        description: String,
        /// How long the service asks to be left alone.
        retry_after: Option<Duration>,
        /// The answer's headers: a service may say more there, such as how long a login is locked.
        headers: Box<HeaderMap>,
    },
    /// The service said yes, but gave nothing usable.
    #[error("the token endpoint answered HTTP {status} without usable tokens")]
    #[non_exhaustive]
    Malformed {
        /// The HTTP status.
        status: u16,
    },
}

fn prefix(code: &str) -> String {
    if code.is_empty() { String::new() } else { format!("{code}: ") }
}

impl GrantError {
    /// Whether the code, the password or the refresh token is dead.
    pub fn is_invalid_grant(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == "invalid_grant")
    }
}

impl From<GrantError> for RefreshError {
    fn from(error: GrantError) -> Self {
        match &error {
            GrantError::Refused { description, .. } if error.is_invalid_grant() => {
                Self::Rejected(description.clone())
            }
            GrantError::Set(_) => Self::Misconfigured(error.to_string()),
            GrantError::Refused { status: 400..=403, code, .. } if !code.is_empty() => {
                Self::Misconfigured(error.to_string())
            }
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

/// What a token answer holds besides the standard fields.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Details(BTreeMap<String, Value>);

impl ExtraTokenFields for Details {}

type Tokens = StandardTokenResponse<Details, BasicTokenType>;
type Client = oauth2::Client<
    BasicErrorResponse,
    Tokens,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
>;

/// Asks the token endpoint `operation` for tokens. A reply without a refresh token keeps the one that was sent.
///
/// `extra` are the service's own parameters. Text and numbers that the answer holds beside the standard fields
/// come back in [`TokenSet::details`].
///
/// # Errors
///
/// [`GrantError`]; nothing in it holds a token.
pub async fn request(
    http: &HttpClient,
    operation: &Operation,
    carry: Carry,
    app: &OAuthApp,
    grant: &Grant,
    extra: &[(&str, &str)],
) -> Result<TokenSet, GrantError> {
    // The address is the HTTP layer's affair; the crate wants one to build a request.
    let nowhere =
        TokenUrl::new("https://token.invalid/".to_owned()).map_err(|_| GrantError::Set("token URL"))?;
    let mut client = Client::new(ClientId::new(app.client_id.clone()))
        .set_client_secret(ClientSecret::new(app.client_secret.expose_secret().to_owned()))
        .set_auth_type(AuthType::RequestBody)
        .set_token_uri(nowhere);
    if let Some(redirect) = &app.redirect {
        client = client.set_redirect_uri(RedirectUrl::from_url(redirect.clone()));
    }
    let extra: Vec<_> = extra.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let send =
        |request: oauth2::HttpRequest| send(http.clone(), operation.clone(), carry, extra.clone(), request);
    let result = match grant {
        Grant::Code(code) => {
            let code = AuthorizationCode::new(code.expose_secret().to_owned());
            client.exchange_code(code).request_async(&send).await
        }
        Grant::Refresh(token) => {
            let token = RefreshToken::new(token.expose_secret().to_owned());
            client.exchange_refresh_token(&token).request_async(&send).await
        }
        Grant::Password { username, password } => {
            let username = ResourceOwnerUsername::new(username.clone());
            let password = ResourceOwnerPassword::new(password.expose_secret().to_owned());
            client.exchange_password(&username, &password).request_async(&send).await
        }
    };
    let tokens = result.map_err(|error| match error {
        RequestTokenError::Request(SendError(error)) => error,
        // The adapter lets only successes through; what the crate cannot read it would show, tokens included.
        _ => GrantError::Malformed { status: 200 },
    })?;
    Ok(token_set(&tokens, grant, http.env().now()))
}

fn token_set(tokens: &Tokens, grant: &Grant, now: jiff::Timestamp) -> TokenSet {
    let mut set = TokenSet::new(tokens.access_token().secret().clone().into(), now);
    if let Some(life) = tokens.expires_in() {
        set = set.expires_in(life);
    }
    set.refresh = match (tokens.refresh_token(), grant) {
        (Some(new), _) => Some(new.secret().clone().into()),
        (None, Grant::Refresh(old)) => Some(old.clone()),
        (None, _) => None,
    };
    for (name, value) in &tokens.extra_fields().0 {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            _ => continue,
        };
        set.details.insert(name.clone(), text);
    }
    if let Some(scopes) = tokens.scopes() {
        let scopes: Vec<_> = scopes.iter().map(|s| s.as_str()).collect();
        set.details.insert("scope".to_owned(), scopes.join(" "));
    }
    set
}

/// Carries our error through the `oauth2` crate.
#[derive(Debug)]
struct SendError(GrantError);

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for SendError {}

async fn send(
    http: HttpClient,
    operation: Operation,
    carry: Carry,
    extra: Vec<(String, String)>,
    request: oauth2::HttpRequest,
) -> Result<oauth2::HttpResponse, SendError> {
    let fields: Vec<_> = url::form_urlencoded::parse(request.body()).into_owned().chain(extra).collect();
    let ours = Request::new(&operation).anonymous();
    let ours = match carry {
        Carry::Form => ours.form(fields.iter().map(|(n, v)| (n.as_str(), v.as_str()))),
        Carry::Query => fields.into_iter().fold(ours, |r, (name, value)| r.query(name, value)),
    };
    let reply = http.send(ours).await.map_err(|error| SendError(GrantError::Http(error)))?;
    if let Some(refused) = refusal(&reply) {
        return Err(SendError(refused));
    }
    let status = reply.status;
    // Only the crate's own requirements: what the service sent as headers does not matter to it.
    oauth2::http::Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(reply.body.to_vec())
        .map_err(|_| SendError(GrantError::Malformed { status }))
}

/// What an answer refuses, `None` if it should hold tokens.
fn refusal(reply: &Reply) -> Option<GrantError> {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let code = text("error");
    if reply.verdict == Verdict::Success && code.is_empty() {
        return None;
    }
    let description = [text("error_description"), text("message"), text("msg")];
    Some(GrantError::Refused {
        status: reply.status,
        code,
        description: description
            .into_iter()
            .find(|d| !d.is_empty())
            .unwrap_or_else(|| "no reason given".to_owned()),
        retry_after: reply.retry_after,
        headers: Box::new(reply.headers.clone()),
    })
}
