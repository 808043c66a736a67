use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

/// Counts the versions of a stored record. A store compares it before it replaces anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Rev(u64);

impl Rev {
    /// The first version.
    pub const FIRST: Self = Self(1);

    /// The version after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The version as a number, for a store's column.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl From<u64> for Rev {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

/// A value and its version in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The version.
    pub rev: Rev,
    /// The value.
    pub value: T,
}

/// The tokens of one account, as a service granted them.
///
/// There is no `Serialize` and no `PartialEq`, and `Debug` shows no token: a store that writes them somewhere
/// asks for each part by name and takes care of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TokenSet {
    /// Authorises calls.
    pub access: SecretString,
    /// When `access` stops working, `None` if it has no clock (a private integration token).
    pub access_expires_at: Option<Timestamp>,
    /// Buys the next pair; `None` if the grant gave none.
    pub refresh: Option<SecretString>,
    /// When `refresh` stops working, if the service says or documents it.
    pub refresh_expires_at: Option<Timestamp>,
    /// When the service granted this pair.
    pub obtained_at: Timestamp,
    /// What else the service said about the grant and is no secret, such as `location_id` or `scope`.
    pub details: BTreeMap<String, String>,
}

impl TokenSet {
    /// A pair obtained at `obtained_at`; the rest is set on its fields.
    pub fn new(access: SecretString, obtained_at: Timestamp) -> Self {
        Self {
            access,
            access_expires_at: None,
            refresh: None,
            refresh_expires_at: None,
            obtained_at,
            details: BTreeMap::new(),
        }
    }

    /// Sets the life of the access token, counted from `obtained_at`.
    #[must_use]
    pub fn expires_in(mut self, life: Duration) -> Self {
        self.access_expires_at = self.obtained_at.checked_add(life).ok();
        self
    }

    /// Sets the refresh token.
    #[must_use]
    pub fn refresh_token(mut self, refresh: SecretString) -> Self {
        self.refresh = Some(refresh);
        self
    }

    /// Fills what a renewal did not say again from the pair it renews: a reply without a refresh token, or with an empty
    /// one, keeps the old one, and details that are missing in it still hold.
    #[must_use]
    pub(super) fn inherit(mut self, old: &Self) -> Self {
        if self.refresh.as_ref().is_none_or(|refresh| refresh.expose_secret().is_empty()) {
            (self.refresh, self.refresh_expires_at) = (old.refresh.clone(), old.refresh_expires_at);
        }
        for (name, value) in &old.details {
            self.details.entry(name.clone()).or_insert_with(|| value.clone());
        }
        self
    }

    /// Sets the life of the refresh token, counted from `obtained_at`. Nothing changes if there is none.
    #[must_use]
    pub fn refresh_expires_in(mut self, life: Duration) -> Self {
        self.refresh_expires_at = self.refresh.as_ref().and(self.obtained_at.checked_add(life).ok());
        self
    }

    /// Adds to [`details`](Self::details).
    #[must_use]
    pub fn detail(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.details.insert(name.into(), value.into());
        self
    }

    /// When to renew a pair that nobody uses, so that its refresh token does not age out: after two thirds of that
    /// token's life. `None` if it has no clock or there is none.
    pub fn renew_idle_at(&self) -> Option<Timestamp> {
        let until = self.refresh.as_ref().and(self.refresh_expires_at)?;
        let life = until.duration_since(self.obtained_at).unsigned_abs();
        until.checked_sub(life / 3).ok()
    }

    /// Whether `access` has stopped working at `now`.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.access_expires_at.is_some_and(|at| at <= now)
    }

    /// How long before expiry a new pair should be fetched: a tenth of the access token's life, at most 5 minutes.
    pub(super) fn early(&self) -> Duration {
        const MOST: Duration = Duration::from_secs(300);
        let life = self.access_expires_at.map(|at| at.duration_since(self.obtained_at).unsigned_abs());
        life.map_or(Duration::ZERO, |life| (life / 10).min(MOST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    #[test]
    fn debug_shows_no_token() {
        let set = TokenSet::new("s3cr3t-access".into(), Timestamp::UNIX_EPOCH)
            .refresh_token("s3cr3t-refresh".into());
        assert!(!format!("{set:?}").contains("s3cr3t"), "{set:?}");
        assert!(!format!("{set:#?}").contains("s3cr3t"));
    }

    #[test]
    fn a_renewal_keeps_what_the_reply_does_not_repeat() {
        let at = Timestamp::UNIX_EPOCH;
        let old = TokenSet::new("s3cr3t-a".into(), at)
            .refresh_token("s3cr3t-r".into())
            .refresh_expires_in(DAY * 14);
        let old = old.detail("location", "l1").detail("scope", "read");
        let new = TokenSet::new("s3cr3t-b".into(), at + DAY).detail("scope", "write").inherit(&old);
        assert_eq!(new.refresh.as_ref().map(ExposeSecret::expose_secret), Some("s3cr3t-r"));
        assert_eq!(new.refresh_expires_at, Some(at + DAY * 14));
        assert_eq!((new.details["location"].as_str(), new.details["scope"].as_str()), ("l1", "write"));

        let rotated =
            TokenSet::new("s3cr3t-c".into(), at + DAY).refresh_token("s3cr3t-s".into()).inherit(&old);
        assert_eq!(rotated.refresh.as_ref().map(ExposeSecret::expose_secret), Some("s3cr3t-s"));
        assert_eq!(rotated.refresh_expires_at, None, "the old token's clock is not the new one's");

        let empty = TokenSet::new("s3cr3t-d".into(), at).refresh_token("".into()).inherit(&old);
        assert_eq!(empty.refresh.as_ref().map(ExposeSecret::expose_secret), Some("s3cr3t-r"));
        assert_eq!(empty.refresh_expires_at, Some(at + DAY * 14));
    }

    #[test]
    fn an_idle_pair_is_due_after_two_thirds_of_its_refresh_token_s_life() {
        let at = Timestamp::UNIX_EPOCH;
        let set = TokenSet::new("s3cr3t-a".into(), at).refresh_token("s3cr3t-r".into());
        assert_eq!(set.renew_idle_at(), None);
        assert_eq!(set.refresh_expires_in(DAY * 15).renew_idle_at(), Some(at + DAY * 10));
        assert_eq!(TokenSet::new("s3cr3t-a".into(), at).refresh_expires_in(DAY).renew_idle_at(), None);
    }

    #[test]
    fn early_is_a_fraction_of_the_life() {
        let set = TokenSet::new("s3cr3t-a".into(), Timestamp::UNIX_EPOCH);
        assert_eq!(set.clone().expires_in(Duration::from_secs(3600)).early(), Duration::from_secs(300));
        assert_eq!(set.clone().expires_in(Duration::from_secs(100)).early(), Duration::from_secs(10));
        assert_eq!(set.early(), Duration::ZERO);
    }
}
