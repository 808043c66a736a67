//! Tokens: who holds them, how long they live, how refresh tokens rotate.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sync_core::sandbox_kit::Request;

use super::refuse::Refusal;

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

/// A valid access token.
#[derive(Debug, Clone)]
pub(super) struct Access {
    pub(super) holder: Holder,
    pub(super) private: bool,
    expires: Option<Timestamp>,
}

impl Access {
    /// Calls are counted per app and per location or company.
    pub(super) fn rate_key(&self) -> String {
        let app = if self.private { "private" } else { "oauth" };
        match &self.holder {
            Holder::Location(id) => format!("{app}:{id}"),
            Holder::Company => format!("{app}:company"),
        }
    }

    pub(super) fn location(&self) -> Option<&str> {
        match &self.holder {
            Holder::Location(id) => Some(id),
            Holder::Company => None,
        }
    }
}

#[derive(Debug, Clone)]
struct Refresh {
    holder: Holder,
    expires: Timestamp,
    /// When it was first used, and the answer to that.
    used: Option<(Timestamp, Value)>,
}

/// What presenting a refresh token leads to.
pub(super) enum Presented {
    /// It may be exchanged for a new pair.
    Fresh(Holder),
    /// It has been exchanged a moment ago: the answer of that time.
    Again(Value),
    /// Unknown, used or expired.
    Dead,
}

/// All tokens and codes.
#[derive(Clone, Default)]
pub(super) struct Tokens {
    access: BTreeMap<String, Access>,
    refresh: BTreeMap<String, Refresh>,
    codes: Vec<String>,
}

impl Tokens {
    pub(super) fn add_access(&mut self, token: &str, holder: Holder, now: Timestamp) {
        let expires = Some(now + SignedDuration::from_secs(ACCESS_LIFE));
        self.access.insert(token.to_owned(), Access { holder, private: false, expires });
    }

    pub(super) fn add_private(&mut self, token: &str, holder: Holder) {
        self.access.insert(token.to_owned(), Access { holder, private: true, expires: None });
    }

    pub(super) fn add_refresh(&mut self, token: &str, holder: Holder, now: Timestamp) {
        self.refresh.insert(token.to_owned(), Refresh { holder, expires: now + REFRESH_LIFE, used: None });
    }

    pub(super) fn add_code(&mut self, code: &str) {
        self.codes.push(code.to_owned());
    }

    /// Whether the code was good; it is used up now.
    pub(super) fn take_code(&mut self, code: &str) -> bool {
        let at = self.codes.iter().position(|c| c == code);
        at.map(|at| self.codes.remove(at)).is_some()
    }

    pub(super) fn present_refresh(&self, token: &str, now: Timestamp) -> Presented {
        match self.refresh.get(token) {
            Some(Refresh { used: Some((at, answer)), .. }) if now < *at + ROTATION_WINDOW => {
                Presented::Again(answer.clone())
            }
            Some(Refresh { used: None, expires, holder }) if now < *expires => {
                Presented::Fresh(holder.clone())
            }
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
