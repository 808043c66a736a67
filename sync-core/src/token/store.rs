use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use super::{Rev, TokenSet, Versioned};
use crate::AccountKey;

/// Where token pairs live between runs and between processes.
///
/// A rotated refresh token exists nowhere else: an implementation returns from [`swap`](Self::swap) only when
/// the pair would survive a crash. [`MemoryTokenStore`](super::MemoryTokenStore) forgets with the process and
/// is for tests and for tokens that never rotate.
///
/// Versions of one account only grow, even beyond a [`remove`](Self::remove): somebody may still hold an old one.
/// The comparison in `swap` is what protects the pair. The lease only spares the service a second request: whoever
/// outlives it finds the version changed, and stores nothing.
///
/// The suite `conformance::token_store` (feature `conformance`) checks an implementation.
#[async_trait]
pub trait TokenStore: Send + Sync + Debug {
    /// The pair of `account`, `None` if it was never stored.
    ///
    /// # Errors
    ///
    /// The store cannot be read. "Broken" is never reported as "absent".
    async fn load(&self, account: &AccountKey) -> Result<Option<Versioned<TokenSet>>, StoreError>;

    /// Replaces the pair if the stored version is still `expect` (`None`: if nothing is stored yet).
    ///
    /// # Errors
    ///
    /// The store cannot be written. The old pair is then still there.
    async fn swap(
        &self,
        account: &AccountKey,
        expect: Option<Rev>,
        new: TokenSet,
    ) -> Result<Swap, StoreError>;

    /// Forgets the pair, for an account that is disconnected. Nothing happens if there is none.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    async fn remove(&self, account: &AccountKey) -> Result<(), StoreError>;

    /// Takes the right to refresh `account` for `ttl`, `None` while anybody holds it, `owner` included.
    ///
    /// # Errors
    ///
    /// The store cannot be reached.
    async fn lease(
        &self,
        account: &AccountKey,
        owner: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError>;

    /// Gives a lease back early. A lease that has expired and is held by somebody else is left alone.
    ///
    /// # Errors
    ///
    /// The store cannot be reached; the lease then ends by itself.
    async fn release(&self, account: &AccountKey, lease: Lease) -> Result<(), StoreError>;
}

/// What became of a [`TokenStore::swap`].
#[derive(Debug, Clone)]
pub enum Swap {
    /// Stored, under this version.
    Stored(Rev),
    /// Somebody else stored first: this is theirs, and the one to use.
    Stale(Option<Versioned<TokenSet>>),
}

/// The right to refresh one account, see [`TokenStore::lease`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Who holds it.
    pub owner: String,
    /// Grows with every lease of the account, so that a late holder can be told from the present one.
    pub fence: u64,
}

/// A store that cannot do its work. Says which store and why, never what was stored.
#[derive(Debug, thiserror::Error)]
#[error("{store}: {message}")]
pub struct StoreError {
    store: &'static str,
    message: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl StoreError {
    /// An error of the store `store` (such as `"sqlite"`) with a sentence that says what failed.
    pub fn new(store: &'static str, message: impl Into<String>) -> Self {
        Self { store, message: message.into(), source: None }
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}
