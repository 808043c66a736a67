mod renewal;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use renewal::{Renewal, access};

use super::{AccessToken, Refresh, Rev, TokenError, TokenSet, TokenSource, TokenStore};
use crate::{AccountKey, Env, NoObserver, Observer, SystemEnv};

/// Keeps one account's tokens fresh.
///
/// - One refresh is in flight per account, in a task of its own: a caller that gives up never loses a rotated
///   pair.
/// - A new pair is stored before anybody uses it. Where storing fails, the pair stays in memory, and storing it is
///   tried again for a quarter of an hour and on every later occasion.
/// - A pair is renewed early (a tenth of its life, at most 5 minutes, with jitter) while the old token still
///   serves; a failed early refresh harms nobody.
/// - A rejection by the service renews the version that was sent, once: a token that is refused within 30 seconds after
///   the token endpoint gave it is [`Rejected`](TokenError::Rejected), and no other is bought.
/// - Other processes on the same store refresh under a lease; whoever comes second adopts the first one's pair.
/// - A refusal of the refresh token is believed only after a second look into the store. It is then sticky: no
///   further refresh is sent until a new pair is stored. An observer hears of it once.
/// - After any other failure the token endpoint is left alone for a while: 1 second, then twice as long each time, up
///   to a minute. Callers get the last error meanwhile.
///
/// Clones share everything.
///
/// Before a process ends, it calls [`settle`](Self::settle). What is lost if the process dies: between the moment at which
/// the service rotates the pair and the moment at which the store has it, the new pair exists in this process alone.
#[derive(Debug, Clone)]
pub struct TokenManager {
    renewal: Arc<Renewal>,
}

impl TokenManager {
    /// Manages `account`, whose pair is in `store` and is renewed through `refresh`.
    pub fn new(account: AccountKey, store: Arc<dyn TokenStore>, refresh: Arc<dyn Refresh>) -> Self {
        Self::builder(account, store, refresh).build()
    }

    /// Like [`new`](Self::new), with settings.
    pub fn builder(
        account: AccountKey,
        store: Arc<dyn TokenStore>,
        refresh: Arc<dyn Refresh>,
    ) -> TokenManagerBuilder {
        TokenManagerBuilder {
            account,
            store,
            refresh,
            env: None,
            observer: Arc::new(NoObserver),
            lease: None,
        }
    }

    /// The account it manages.
    pub fn account(&self) -> &AccountKey {
        &self.renewal.account
    }

    /// Stores a pair that a person just authorised, in place of whatever was there.
    ///
    /// # Errors
    ///
    /// [`TokenError::Store`]; the pair is then not stored.
    pub async fn connect(&self, tokens: TokenSet) -> Result<(), TokenError> {
        self.renewal.connect(tokens).await
    }

    /// Forgets the pair, here and in the store. The service is not told: there, somebody must revoke the access.
    ///
    /// Another process that uses the account goes on until its access token expires.
    ///
    /// # Errors
    ///
    /// [`TokenError::Store`]; the pair is then still there.
    pub async fn disconnect(&self) -> Result<(), TokenError> {
        self.renewal.disconnect().await
    }

    /// Call it before the process ends: waits for a refresh that is under way, and tries once more to store a pair that
    /// the store did not take.
    ///
    /// A refresh that waits for another process takes minutes at worst: put a timeout of yours around it. Who gives up
    /// waiting disturbs nothing.
    ///
    /// # Errors
    ///
    /// [`TokenError::Store`]: the pair is still in this process alone. [`unsaved`](Self::unsaved) gives it out.
    pub async fn settle(&self) -> Result<(), TokenError> {
        self.renewal.settle().await
    }

    /// The pair that no store has taken yet, if there is one: the only copy, and without it a person must authorise the
    /// account again. `Debug` does not show the tokens; for an operator who keeps them until the store is mended there is
    /// [`TokenSet::to_secret_json`].
    pub fn unsaved(&self) -> Option<TokenSet> {
        self.renewal.unsaved()
    }

    /// Renews the pair if nobody did for so long that its refresh token would soon age out
    /// ([`TokenSet::renew_idle_at`]), and tells when to look again. `None` if the pair has no such clock.
    ///
    /// Call it at times, for accounts that may lie idle; [`KeepAlive`](crate::KeepAlive) does.
    ///
    /// # Errors
    ///
    /// [`TokenError`], as for [`TokenSource::access`].
    pub async fn keep_alive(&self) -> Result<Option<Timestamp>, TokenError> {
        self.renewal.keep_alive().await
    }
}

/// Settings of a [`TokenManager`].
#[derive(Debug)]
#[must_use]
pub struct TokenManagerBuilder {
    account: AccountKey,
    store: Arc<dyn TokenStore>,
    refresh: Arc<dyn Refresh>,
    env: Option<Arc<dyn Env>>,
    observer: Arc<dyn Observer>,
    lease: Option<Duration>,
}

impl TokenManagerBuilder {
    /// Sets the clock and the timer. Default: [`SystemEnv`].
    pub fn env(mut self, env: Arc<dyn Env>) -> Self {
        self.env = Some(env);
        self
    }

    /// Sets who hears of renewals and of lost connections. Default: nobody.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// Sets how long a refresh may keep other processes off the account. If a process dies while it refreshes, the
    /// others wait so long. Default: twice [`Refresh::time_limit`] and 4 seconds.
    pub fn lease(mut self, ttl: Duration) -> Self {
        self.lease = Some(ttl);
        self
    }

    /// Makes the manager.
    pub fn build(self) -> TokenManager {
        let Self { account, store, refresh, env, observer, lease } = self;
        let env = env.unwrap_or_else(|| Arc::new(SystemEnv::new()));
        let lease = lease.unwrap_or_else(|| refresh.time_limit() * 2 + Duration::from_secs(4));
        TokenManager { renewal: Arc::new(Renewal::new(account, store, refresh, env, observer, lease)) }
    }
}

#[async_trait]
impl TokenSource for TokenManager {
    async fn access(&self) -> Result<AccessToken, TokenError> {
        self.renewal.current().await.map(access)
    }

    async fn renew(&self, rejected: Rev) -> Result<AccessToken, TokenError> {
        self.renewal.after_rejection(rejected).await.map(access)
    }
}

#[cfg(test)]
mod tests;
