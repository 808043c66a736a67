use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

use super::{Rev, StoreError, TokenSet};
use crate::AccountKey;

/// A token to send, and the version it has, so that a rejection hits this version only.
#[derive(Debug, Clone)]
pub struct AccessToken {
    /// Its version.
    pub rev: Rev,
    /// The token. Clones share it.
    pub secret: Arc<SecretString>,
    /// When it stops working, `None` if that is not known.
    pub expires_at: Option<Timestamp>,
}

impl AccessToken {
    /// A token of this version.
    pub fn new(rev: Rev, secret: impl Into<SecretString>) -> Self {
        Self { rev, secret: Arc::new(secret.into()), expires_at: None }
    }

    /// Sets when it stops working.
    #[must_use]
    pub fn expires_at(mut self, at: Option<Timestamp>) -> Self {
        self.expires_at = at;
        self
    }
}

/// Gives out access tokens.
#[async_trait]
pub trait TokenSource: Send + Sync + Debug {
    /// A token that should work now.
    ///
    /// # Errors
    ///
    /// [`TokenError`] if there is none to be had.
    async fn access(&self) -> Result<AccessToken, TokenError>;

    /// The service refused version `rejected`: gives a newer token, or the reason why there is none.
    ///
    /// # Errors
    ///
    /// [`TokenError`]; [`TokenError::Rejected`] if the source cannot renew, or the token is so fresh that another would
    /// fare no better: the service's own answer then says what is wrong.
    async fn renew(&self, rejected: Rev) -> Result<AccessToken, TokenError>;
}

#[async_trait]
impl<T: TokenSource + ?Sized> TokenSource for Arc<T> {
    async fn access(&self) -> Result<AccessToken, TokenError> {
        (**self).access().await
    }

    async fn renew(&self, rejected: Rev) -> Result<AccessToken, TokenError> {
        (**self).renew(rejected).await
    }
}

/// One token for ever: a private integration token, or one for a test.
#[derive(Debug, Clone)]
pub struct StaticToken(AccessToken);

impl StaticToken {
    /// Wraps `token`.
    pub fn new(token: impl Into<SecretString>) -> Self {
        Self(AccessToken::new(Rev::FIRST, token))
    }
}

#[async_trait]
impl TokenSource for StaticToken {
    async fn access(&self) -> Result<AccessToken, TokenError> {
        Ok(self.0.clone())
    }

    async fn renew(&self, _: Rev) -> Result<AccessToken, TokenError> {
        Err(TokenError::Rejected)
    }
}

/// Buys tokens: the part of OAuth that differs by service.
#[async_trait]
pub trait Refresh: Send + Sync + Debug {
    /// Sends the refresh token of `current` and returns the new pair. What the reply leaves out (a refresh token that
    /// stays, details of the grant) the manager takes over from `current`.
    ///
    /// # Errors
    ///
    /// [`RefreshError::Rejected`] only if the service itself said that the grant is invalid.
    async fn refresh(&self, current: &TokenSet) -> Result<TokenSet, RefreshError>;

    /// Gets the first pair of an account of which none is stored, where that takes nobody's consent: a token that
    /// derives from another account's. By default there is none: somebody must authorise the account.
    ///
    /// # Errors
    ///
    /// [`RefreshError`], as for [`refresh`](Self::refresh).
    async fn obtain(&self) -> Result<Option<TokenSet>, RefreshError> {
        Ok(None)
    }

    /// The longest that [`refresh`](Self::refresh) takes, its retries included. While it runs, other processes leave
    /// the account alone for twice as long. Default: 40 seconds.
    fn time_limit(&self) -> Duration {
        Duration::from_secs(40)
    }
}

/// Why a refresh gave no pair.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// The service says that the refresh token is not, or no longer, valid.
    #[error("the service refused the refresh token: {0}")]
    Rejected(String),
    /// The set-up is wrong, such as an unknown client id or a location that is switched off: somebody must change
    /// something.
    #[error("the service refuses to renew the tokens: {0}")]
    Misconfigured(String),
    /// No usable answer. A later attempt may succeed.
    #[error("the token endpoint gave no usable answer: {0}")]
    Unavailable(String),
    /// The tokens derive from another account's, and that one has none.
    #[error("the tokens derive from another account's: {0}")]
    Source(Box<TokenError>),
}

/// Why there is no access token.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Nothing is stored for the account.
    #[error("account {0} is not connected: authorise it and store its tokens first")]
    NotConnected(AccountKey),
    /// The refresh token is dead. Sticky: no further refresh is tried until a new pair is stored.
    #[error("account {account} must be authorised again: {reason}")]
    ReconnectNeeded {
        /// Which account.
        account: AccountKey,
        /// What the service said.
        reason: String,
    },
    /// The service refused the token, and this source has no other, or none that would fare better.
    #[error("the service refused the access token, and it cannot be renewed")]
    Rejected,
    /// The pair has expired and could not be renewed this time.
    #[error("the tokens of account {account} cannot be renewed: {error}")]
    Refresh {
        /// Which account.
        account: AccountKey,
        /// Why.
        error: RefreshError,
    },
    /// The token store failed.
    #[error("the token store failed: {0}")]
    Store(Arc<StoreError>),
    /// The refresh ended without a result, because its runtime shut down.
    #[error("the refresh was interrupted")]
    Interrupted,
}

impl TokenError {
    /// Whether trying again later can help without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Refresh { error: RefreshError::Source(error), .. } => error.is_transient(),
            Self::Refresh { error, .. } => matches!(error, RefreshError::Unavailable(_)),
            Self::Store(_) | Self::Interrupted => true,
            _ => false,
        }
    }

    /// Whether a person must authorise the account (again).
    pub fn needs_reconnect(&self) -> bool {
        match self {
            Self::Refresh { error: RefreshError::Source(error), .. } => error.needs_reconnect(),
            Self::NotConnected(_) | Self::ReconnectNeeded { .. } | Self::Rejected => true,
            _ => false,
        }
    }
}
