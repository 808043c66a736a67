use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::{AccountKey, Lease, Rev, Swap, TokenSet, TokenStore, Versioned};

/// Long enough that nothing in the suite outlasts it.
pub(super) const HOUR: Duration = Duration::from_secs(3600);

pub(super) fn account(name: &str) -> AccountKey {
    AccountKey::new("crm", name)
}

/// A pair that can be told from others by its name.
pub(super) fn pair(name: &str) -> TokenSet {
    TokenSet::new(format!("s3cr3t-access-{name}").into(), time(1_767_225_600, 0)).detail("name", name)
}

pub(super) fn full_pair(name: &str) -> TokenSet {
    let mut full = pair(name)
        .refresh_token(format!("s3cr3t-refresh-{name}").into())
        .detail("scope", "contacts.readonly contacts.write")
        .detail("", "")
        .detail("it's \"Zoë\"", "{\"a\\b\": [1]}\n\u{1f600} ß e\u{301}");
    full.obtained_at = time(1_767_225_600, 123_456_789);
    full.access_expires_at = Some(time(1_767_312_000, 987_654_321));
    full.refresh_expires_at = Some(time(4_102_444_799, 1_000_000));
    full
}

fn time(second: i64, nanosecond: i32) -> Timestamp {
    Timestamp::new(second, nanosecond).expect("a valid time")
}

/// Whether a time came back. What is finer than a millisecond may be cut.
fn is_kept(found: Option<Timestamp>, stored: Option<Timestamp>) -> bool {
    match (found, stored) {
        (Some(found), Some(stored)) => {
            found.duration_since(stored).unsigned_abs() <= Duration::from_millis(1)
        }
        (found, stored) => found == stored,
    }
}

/// Names the part that differs and shows none: they are secrets.
#[track_caller]
pub(super) fn assert_kept(found: &TokenSet, stored: &TokenSet, what: &str) {
    let text = |token: &Option<SecretString>| token.as_ref().map(|t| t.expose_secret().to_owned());
    let access = found.access.expose_secret() == stored.access.expose_secret();
    for (part, kept) in [
        ("access token", access),
        ("refresh token", text(&found.refresh) == text(&stored.refresh)),
        ("access token's expiry", is_kept(found.access_expires_at, stored.access_expires_at)),
        ("refresh token's expiry", is_kept(found.refresh_expires_at, stored.refresh_expires_at)),
        ("time of the grant", is_kept(Some(found.obtained_at), Some(stored.obtained_at))),
        ("details", found.details == stored.details),
    ] {
        assert!(kept, "{what}: the {part} comes back as it was stored");
    }
}

pub(super) async fn read(store: &dyn TokenStore, account: &AccountKey) -> Option<Versioned<TokenSet>> {
    store.load(account).await.expect("a pair can be loaded, and an absent one is no error")
}

#[track_caller]
pub(super) fn assert_pair(
    found: Option<&Versioned<TokenSet>>,
    rev: Rev,
    tokens: &TokenSet,
    what: impl fmt::Display,
) {
    let found = found.unwrap_or_else(|| panic!("{what}: there is a pair"));
    assert_eq!(found.rev, rev, "{what}: the version is that of the last swap");
    assert_kept(&found.value, tokens, &what.to_string());
}

/// A swap that must succeed.
pub(super) async fn put(
    store: &dyn TokenStore,
    account: &AccountKey,
    expect: Option<Rev>,
    new: &TokenSet,
) -> Rev {
    match store.swap(account, expect, new.clone()).await.expect("a pair can be swapped") {
        Swap::Stored(rev) => rev,
        Swap::Stale(theirs) => {
            let found = theirs.map(|theirs| theirs.rev);
            panic!("a swap of the present version {expect:?} is stored, got stale with version {found:?}")
        }
    }
}

/// A swap that must be stale, and what is stored then.
pub(super) async fn refuse(
    store: &dyn TokenStore,
    account: &AccountKey,
    expect: Option<Rev>,
    what: &str,
) -> Option<Versioned<TokenSet>> {
    match store.swap(account, expect, pair("stale")).await.expect("a stale swap is no error") {
        Swap::Stale(theirs) => theirs,
        Swap::Stored(rev) => panic!("{what} is stale, got stored as version {rev:?}"),
    }
}

pub(super) async fn lease(
    store: &dyn TokenStore,
    account: &AccountKey,
    owner: &str,
    ttl: Duration,
) -> Option<Lease> {
    store.lease(account, owner, ttl).await.expect("a lease can be asked for")
}

/// A lease that must be free.
pub(super) async fn take(store: &dyn TokenStore, account: &AccountKey, owner: &str, what: &str) -> Lease {
    let lease = lease(store, account, owner, HOUR).await.unwrap_or_else(|| panic!("{what} can be taken"));
    assert_eq!(lease.owner, owner, "a lease names its owner");
    lease
}

pub(super) async fn release(store: &dyn TokenStore, account: &AccountKey, lease: &Lease) {
    store.release(account, lease.clone()).await.expect("a lease can be given back, however late");
}
