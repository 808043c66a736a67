use std::fmt;
use std::time::Duration;

use oauth2::basic::BasicClient;
use oauth2::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, RedirectUrl, RefreshToken, RequestTokenError,
    ResourceOwnerPassword, ResourceOwnerUsername, TokenUrl,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::OAuthApp;
use super::answer::{granted, may_be_secret};
use crate::http::{HeaderMap, HttpClient, HttpError, Operation, Reply, Request, Verdict};
use crate::{RefreshError, TokenSet};

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
        /// The answer's headers: a service may say more there, such as how long a login is locked. Marked as sensitive.
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
            // The service has no time: Request Timeout, Too Early, Too Many Requests.
            GrantError::Refused { status: 408 | 425 | 429, .. } => Self::Unavailable(error.to_string()),
            GrantError::Refused { status, code, .. }
                if (400..=499).contains(status) || (!code.is_empty() && *status < 500) =>
            {
                Self::Misconfigured(error.to_string())
            }
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

/// Asks the token endpoint `operation` for tokens.
///
/// `extra` are the service's own parameters. Text, numbers and flags that the answer holds beside the standard fields
/// come back in [`TokenSet::details`], except those whose name speaks of a token or a secret.
///
/// A success is read as leniently as can be, because a refresh token in it exists nowhere else: all that it must have is
/// an access token. Names may be in `snake_case` or in `camelCase`, a life may be a number or text, and the scope a text
/// or a list. An empty token is none, and a life of nothing is not known.
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
    let mut client = BasicClient::new(ClientId::new(app.client_id.clone()))
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
    let brought = match result {
        Err(RequestTokenError::Request(Brought(reply))) => reply,
        // It was never asked to send, or reads an answer that it was not given.
        _ => Err(GrantError::Set("token request")),
    };
    let reply = brought?;
    granted(&reply.body, http.env().now()).ok_or(GrantError::Malformed { status: reply.status })
}

/// What the endpoint answered. It goes past the `oauth2` crate as the error of its request: the crate makes requests up,
/// and would lose the tokens of an answer that it finds wanting.
struct Brought(Result<Reply, GrantError>);

impl fmt::Debug for Brought {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Brought {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what the token endpoint answered")
    }
}

impl std::error::Error for Brought {}

async fn send(
    http: HttpClient,
    operation: Operation,
    carry: Carry,
    extra: Vec<(String, String)>,
    request: oauth2::HttpRequest,
) -> Result<oauth2::HttpResponse, Brought> {
    let fields: Vec<_> = url::form_urlencoded::parse(request.body()).into_owned().chain(extra).collect();
    let ours = Request::new(&operation).anonymous();
    let ours = match carry {
        Carry::Form => ours.form(fields.iter().map(|(n, v)| (n.as_str(), v.as_str()))),
        Carry::Query => fields.iter().fold(ours, |r, (name, value)| r.query(name.clone(), value)),
    };
    let reply = http.send(ours).await.map_err(GrantError::Http);
    Err(Brought(reply.and_then(|reply| match refusal(&reply, &fields) {
        Some(refused) => Err(refused),
        None => Ok(reply),
    })))
}

/// Takes what was sent and is secret out of what came back: a gateway may repeat the request in its own words.
fn without_secrets(text: &str, sent: &[(String, String)]) -> String {
    let secrets =
        sent.iter().filter(|(name, value)| (name == "code" || may_be_secret(name)) && !value.is_empty());
    secrets.fold(text.to_owned(), |text, (_, secret)| {
        let in_url: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        text.replace(secret, "…").replace(&in_url, "…")
    })
}

/// The first words of a body that is neither JSON nor a page for people.
fn plain_text(body: &[u8]) -> Option<String> {
    const WORDS: usize = 200;
    let text = std::str::from_utf8(body).ok()?.trim();
    let is_text = !text.is_empty() && !text.starts_with(['<', '{', '[', '"']);
    is_text.then(|| text.chars().take(WORDS).map(|c| if c.is_control() { ' ' } else { c }).collect())
}

/// What an answer refuses, `None` if it should hold tokens.
fn refusal(reply: &Reply, sent: &[(String, String)]) -> Option<GrantError> {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let text = |name: &str| match body.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(several)) => {
            several.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; ")
        }
        _ => String::new(),
    };
    let code = text("error");
    if reply.verdict == Verdict::Success && code.is_empty() {
        return None;
    }
    // A word of the standard is what it is, whatever was sent.
    let is_word = code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let code = if is_word { code } else { without_secrets(&code, sent) };
    let description = [text("error_description"), text("message"), text("msg")];
    let description = description.into_iter().find(|d| !d.is_empty()).or_else(|| plain_text(&reply.body));
    let mut headers = reply.headers.clone();
    // There may be a session among them: `Debug` shows no value.
    headers.values_mut().for_each(|value| value.set_sensitive(true));
    Some(GrantError::Refused {
        status: reply.status,
        code,
        description: without_secrets(description.as_deref().unwrap_or("no reason given"), sent),
        retry_after: reply.retry_after,
        headers: Box::new(headers),
    })
}
