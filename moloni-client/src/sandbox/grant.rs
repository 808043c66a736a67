use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use sync_core::sandbox_kit::{Answer, Request};

const ACCESS_LIFE: Duration = Duration::from_secs(3600);
const REFRESH_LIFE: Duration = Duration::from_secs(14 * 24 * 3600);
/// How long a locked login stays locked. Moloni publishes no figure.
const COOLDOWN: Duration = Duration::from_secs(300);
const FAILURES: u32 = 3;
/// What every secret begins with. It is hexadecimal, as they are.
const MARK: &str = "5ec2e7";

/// The developer's key pair, the user's login and every token issued. All of it secret, so no `Debug`.
#[derive(Clone)]
pub(super) struct Auth {
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) redirect_uri: Option<String>,
    pub(super) username: String,
    pub(super) password: String,
    /// The page's part in each code; `None` if no page gave it.
    codes: BTreeMap<String, Option<Origin>>,
    access: BTreeMap<String, Timestamp>,
    refresh: BTreeMap<String, Timestamp>,
    failures: u32,
    locked_until: Option<Timestamp>,
    random: Rng,
}

/// What the page keeps with a code.
#[derive(Clone)]
pub(super) struct Origin {
    /// Where the code was sent, which the exchange must repeat.
    pub(super) redirect: String,
    pub(super) expires: Timestamp,
}

/// An access token and its refresh token.
pub(super) struct Pair {
    pub(super) access: String,
    pub(super) refresh: String,
}

/// `error` and `error_description`.
struct Refusal(&'static str, String);

fn refuse<T>(error: &'static str, description: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal(error, description.into()))
}

impl Auth {
    pub(super) fn new(mut random: Rng, redirect_uri: Option<String>) -> Self {
        let number = random.u32(100_000..1_000_000);
        Self {
            client_id: format!("sandbox{number}"),
            client_secret: secret(&mut random),
            redirect_uri,
            username: format!("user{number}@example.com"),
            password: secret(&mut random),
            codes: BTreeMap::new(),
            access: BTreeMap::new(),
            refresh: BTreeMap::new(),
            failures: 0,
            locked_until: None,
            random,
        }
    }

    /// A new authorization code, as a browser would bring it.
    pub(super) fn new_code(&mut self, origin: Option<Origin>) -> String {
        let code = secret(&mut self.random);
        self.codes.insert(code.clone(), origin);
        code
    }

    /// A new pair of tokens. The older ones keep their lives.
    pub(super) fn new_pair(&mut self, now: Timestamp) -> Pair {
        let pair = Pair { access: secret(&mut self.random), refresh: secret(&mut self.random) };
        self.access.insert(pair.access.clone(), now + ACCESS_LIFE);
        self.refresh.insert(pair.refresh.clone(), now + REFRESH_LIFE);
        pair
    }

    /// Why a call with this access token is refused.
    pub(super) fn refuses(&self, token: Option<&str>, now: Timestamp) -> Option<Answer> {
        let Some(token) = token.filter(|t| !t.is_empty()) else {
            return Some(error("invalid_request", "The access token was not found"));
        };
        let alive = self.access.get(token).is_some_and(|until| now < *until);
        (!alive).then(|| error("invalid_grant", "Token is no longer valid"))
    }

    /// Answers the token endpoint.
    pub(super) fn grant(&mut self, request: &Request, now: Timestamp) -> Answer {
        let fields = Fields::read(request);
        if fields.get("grant_type") == Some("password") && self.locked_until.is_some_and(|until| now < until)
        {
            return self.locked(now);
        }
        match self.issue(&fields, now) {
            Ok(pair) => Answer::json(
                200,
                json!({
                    "access_token": pair.access,
                    "expires_in": ACCESS_LIFE.as_secs(),
                    "token_type": "bearer",
                    "scope": null,
                    "refresh_token": pair.refresh,
                }),
            )
            .with_effect(),
            Err(Refusal(code, description)) => error(code, &description),
        }
    }

    fn issue(&mut self, fields: &Fields, now: Timestamp) -> Result<Pair, Refusal> {
        let Some(kind) = fields.get("grant_type") else {
            return refuse("invalid_request", "The grant type was not specified in the request");
        };
        if !["authorization_code", "password", "refresh_token"].contains(&kind) {
            return refuse("unsupported_grant_type", format!("Grant type \"{kind}\" not supported"));
        }
        match (fields.get("client_id"), fields.get("client_secret")) {
            (None, _) => return refuse("invalid_client", "No client id supplied"),
            (Some(id), _) if id != self.client_id => {
                return refuse("invalid_client", "The client id supplied is invalid");
            }
            (_, None) => {
                return refuse("invalid_client", "Client credentials were not found in the headers or body");
            }
            (_, Some(secret)) if secret != self.client_secret => {
                return refuse("invalid_client", "The client credentials are invalid");
            }
            _ => {}
        }
        match kind {
            "authorization_code" => self.spend_code(fields, now)?,
            "password" => self.log_in(fields, now)?,
            _ => self.spend_refresh(fields, now)?,
        }
        Ok(self.new_pair(now))
    }

    fn spend_code(&mut self, fields: &Fields, now: Timestamp) -> Result<(), Refusal> {
        let Some(code) = fields.get("code") else {
            return refuse("invalid_request", "Missing parameter: \"code\" is required");
        };
        let Some(redirect) = fields.get("redirect_uri") else {
            return refuse("redirect_uri_mismatch", "The redirect URI is mandatory and was not supplied");
        };
        if redirect.contains('#') {
            return refuse("invalid_uri", "The redirect URI must not contain a fragment");
        }
        if self.redirect_uri.as_deref().is_some_and(|registered| registered != redirect) {
            return refuse("redirect_uri_mismatch", "The redirect URI provided is missing or does not match");
        }
        let Some(origin) = self.codes.get(code) else {
            let why = "Authorization code doesn't exist or is invalid for the client";
            return refuse("invalid_grant", why);
        };
        if let Some(Origin { redirect: sent_to, expires }) = origin {
            if sent_to != redirect {
                return refuse("redirect_uri_mismatch", "The redirect URI is missing or do not match");
            }
            if now >= *expires {
                return refuse("invalid_grant", "The authorization code has expired");
            }
        }
        self.codes.remove(code);
        Ok(())
    }

    fn log_in(&mut self, fields: &Fields, now: Timestamp) -> Result<(), Refusal> {
        let (Some(username), Some(password)) = (fields.get("username"), fields.get("password")) else {
            return refuse("invalid_request", "Missing parameters: \"username\" and \"password\" required");
        };
        if username == self.username && password == self.password {
            self.failures = 0;
            return Ok(());
        }
        self.failures += 1;
        if self.failures >= FAILURES {
            self.failures = 0;
            self.locked_until = Some(now + COOLDOWN);
        }
        refuse("invalid_grant", "Invalid username and password combination")
    }

    fn locked(&self, now: Timestamp) -> Answer {
        // Rounded up: whoever waits that long gets in.
        let left = self.locked_until.map_or(0, |until| until.duration_since(now).as_secs() + 1);
        Answer::text(403, "text/plain; charset=utf-8", "Too many failed login attempts")
            .header("moloni-login-cooldown-seconds", left)
            .header("moloni-login-attempts", FAILURES)
    }

    fn spend_refresh(&mut self, fields: &Fields, now: Timestamp) -> Result<(), Refusal> {
        let Some(token) = fields.get("refresh_token") else {
            return refuse("invalid_request", "Missing parameter: \"refresh_token\" is required");
        };
        match self.refresh.remove(token) {
            Some(until) if now < until => Ok(()),
            Some(_) => refuse("invalid_grant", "Refresh token has expired"),
            None => refuse("invalid_grant", "Invalid refresh token"),
        }
    }
}

/// The parameters of a grant, from the query and, in a POST, the body.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn read(request: &Request) -> Self {
        let mut fields = request.query.clone();
        if request.method == Method::POST {
            match request.json() {
                Some(Value::Object(body)) => {
                    fields.extend(body.into_iter().filter_map(|(k, v)| Some((k, v.as_str()?.to_owned()))));
                }
                _ => fields.extend(request.form()),
            }
        }
        Self(fields)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }
}

pub(super) fn error(code: &str, description: &str) -> Answer {
    Answer::json(400, json!({ "error": code, "error_description": description }))
}

/// 40 hexadecimal digits.
fn secret(random: &mut Rng) -> String {
    let digits = random.u128(..);
    let digits = format!("{digits:032x}{:08x}", random.u32(..));
    format!("{MARK}{}", digits.get(MARK.len()..).unwrap_or_default())
}
