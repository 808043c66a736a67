//! Codes and tokens: what they grant, how long they live, how refresh tokens rotate.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sync_core::sandbox_kit::Request;

use super::refuse::Refusal;
use super::scopes::Scopes;

/// What the token endpoint advertises, in seconds.
pub(super) const ACCESS_LIFE: i64 = 86_399;
const REFRESH_LIFE: SignedDuration = SignedDuration::from_hours(365 * 24);
/// For so long a used refresh token still yields the pair that its first use yielded.
const ROTATION_WINDOW: SignedDuration = SignedDuration::from_secs(30);

/// What a token gives access to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Holder {
    /// One location.
    Location(String),
    /// The agency: the OAuth calls and the locations' own records, but nothing inside a location.
    Company,
}

/// What a person granted. A pair of tokens has it from its code or its predecessor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) holder: Holder,
    pub(super) scopes: Scopes,
}

impl Grant {
    /// Everything that can be granted in a location.
    pub(super) fn of_location(id: &str) -> Self {
        Self { holder: Holder::Location(id.to_owned()), scopes: Scopes::all() }
    }

    /// Everything that can be granted by the agency.
    pub(super) fn of_company() -> Self {
        Self { holder: Holder::Company, scopes: Scopes::all() }
    }
}

/// A valid access token.
#[derive(Debug, Clone)]
pub(super) struct Access {
    pub(super) grant: Grant,
    private: bool,
    expires: Option<Timestamp>,
}

impl Access {
    /// Calls are counted per app and per location or company.
    pub(super) fn rate_key(&self) -> String {
        let app = if self.private { "private" } else { "oauth" };
        match &self.grant.holder {
            Holder::Location(id) => format!("{app}:{id}"),
            Holder::Company => format!("{app}:company"),
        }
    }

    pub(super) fn location(&self) -> Option<&str> {
        match &self.grant.holder {
            Holder::Location(id) => Some(id),
            Holder::Company => None,
        }
    }
}

/// No `Debug`: the answer holds tokens.
#[derive(Clone)]
struct Refresh {
    grant: Grant,
    expires: Timestamp,
    /// When it was first used, and the answer to that.
    used: Option<(Timestamp, Value)>,
}

/// What presenting a refresh token leads to.
pub(super) enum Presented {
    /// It may be exchanged for a new pair.
    Fresh(Grant),
    /// It has been exchanged a moment ago: the answer of that time.
    Again(Value),
    /// Unknown, used or expired.
    Dead,
}

/// An authorization code.
#[derive(Clone)]
pub(super) struct Code {
    /// The location that the person chose.
    pub(super) location: String,
    pub(super) scopes: Scopes,
    /// Where the page sent it, which the exchange must repeat. `None` if no page gave it.
    pub(super) redirect: Option<String>,
    pub(super) expires: Option<Timestamp>,
}

/// All tokens and codes.
#[derive(Clone, Default)]
pub(super) struct Tokens {
    access: BTreeMap<String, Access>,
    refresh: BTreeMap<String, Refresh>,
    codes: BTreeMap<String, Code>,
}

impl Tokens {
    pub(super) fn add_access(&mut self, token: &str, grant: Grant, now: Timestamp) {
        let expires = Some(now + SignedDuration::from_secs(ACCESS_LIFE));
        self.access.insert(token.to_owned(), Access { grant, private: false, expires });
    }

    pub(super) fn add_private(&mut self, token: &str, grant: Grant) {
        self.access.insert(token.to_owned(), Access { grant, private: true, expires: None });
    }

    pub(super) fn add_refresh(&mut self, token: &str, grant: Grant, now: Timestamp) {
        self.refresh.insert(token.to_owned(), Refresh { grant, expires: now + REFRESH_LIFE, used: None });
    }

    pub(super) fn add_code(&mut self, code: &str, what: Code) {
        self.codes.insert(code.to_owned(), what);
    }

    /// What the code stands for, or a sentence that says why it cannot be exchanged. It stays as it is.
    pub(super) fn present_code(
        &self,
        code: &str,
        redirect: Option<&str>,
        now: Timestamp,
    ) -> Result<Code, &'static str> {
        let found = self.codes.get(code).ok_or("Invalid grant: authorization code is invalid")?;
        if found.expires.is_some_and(|expires| now >= expires) {
            return Err("Invalid grant: authorization code has expired");
        }
        if found.redirect.is_some() && found.redirect.as_deref() != redirect {
            return Err("Invalid grant: redirect_uri is invalid");
        }
        Ok(found.clone())
    }

    pub(super) fn spend_code(&mut self, code: &str) {
        self.codes.remove(code);
    }

    pub(super) fn present_refresh(&self, token: &str, now: Timestamp) -> Presented {
        match self.refresh.get(token) {
            Some(Refresh { used: Some((at, answer)), .. }) if now < *at + ROTATION_WINDOW => {
                Presented::Again(answer.clone())
            }
            Some(Refresh { used: None, expires, grant }) if now < *expires => Presented::Fresh(grant.clone()),
            _ => Presented::Dead,
        }
    }

    pub(super) fn mark_used(&mut self, token: &str, now: Timestamp, answer: Value) {
        if let Some(refresh) = self.refresh.get_mut(token) {
            refresh.used = Some((now, answer));
        }
    }

    /// Forgets an access token, a refresh token or a private integration token.
    pub(super) fn revoke(&mut self, token: &str) -> bool {
        self.access.remove(token).is_some() | self.refresh.remove(token).is_some()
    }

    /// Whose token the request carries.
    pub(super) fn identify(&self, request: &Request, now: Timestamp) -> Result<Access, Refusal> {
        let token =
            request.header("authorization").and_then(|h| h.strip_prefix("Bearer ")).unwrap_or_default();
        match self.access.get(token) {
            Some(Access { expires: Some(expires), .. }) if now >= *expires => {
                Err(Refusal::unauthorized("Invalid token: access token is expired"))
            }
            Some(access) => Ok(access.clone()),
            None if token.starts_with("pit-") => {
                Err(Refusal::unauthorized("Invalid Private Integration token"))
            }
            None if token.is_empty() => Err(Refusal::unauthorized("Invalid JWT")),
            None => Err(Refusal::unauthorized("Invalid token: access token is invalid")),
        }
    }
}
