use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

use super::{
    AccessToken, Lease, Refresh, RefreshError, Rev, StoreError, Swap, TokenError, TokenSet, TokenSource,
    TokenStore, Versioned,
};
use crate::env::unit;
use crate::{AccountKey, Env, Event, NoObserver, Observer, SystemEnv};

/// Keeps one account's tokens fresh.
///
/// - One refresh is in flight per account, in a task of its own: a caller that gives up never loses a rotated
///   pair.
/// - A new pair is stored before anybody uses it. Where storing fails, the pair stays in memory and is stored on
///   the next occasion.
/// - A pair is renewed early (a tenth of its life, at most 5 minutes, with jitter) while the old token still
///   serves; a failed early refresh harms nobody.
/// - Other processes on the same store refresh under a lease; whoever comes second adopts the first one's pair.
/// - A refusal by the service is believed only after a second look into the store. It is then sticky: no
///   further refresh is sent until a new pair is stored.
///
/// Clones share everything.
#[derive(Debug, Clone)]
pub struct TokenManager {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    account: AccountKey,
    store: Arc<dyn TokenStore>,
    refresh: Arc<dyn Refresh>,
    env: Arc<dyn Env>,
    observer: Arc<dyn Observer>,
    owner: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Versioned<TokenSet>>,
    /// Set while a refresh runs; its result arrives here.
    running: Option<watch::Receiver<Option<Outcome>>>,
    /// A rotated pair that the store did not take, and the version it replaces.
    unsaved: Option<(Rev, TokenSet)>,
    /// The version whose refresh token is dead, and what the service said.
    dead: Option<(Rev, String)>,
    /// No early refresh before this moment: the last one failed.
    quiet_until: Option<Duration>,
}

type Outcome = Result<Versioned<TokenSet>, TokenError>;

/// How long a refresh may hold the account against other processes: more than twice a token request's timeout.
const LEASE: Duration = Duration::from_secs(90);
/// How often to look whether another process has finished its refresh.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// How long to leave the token endpoint alone after an early refresh failed.
const QUIET: Duration = Duration::from_secs(30);
const SAVE_ATTEMPTS: u32 = 3;

impl TokenManager {
    /// Manages `account`, whose pair is in `store` and is renewed through `refresh`.
    pub fn new(account: AccountKey, store: Arc<dyn TokenStore>, refresh: Arc<dyn Refresh>) -> Self {
        Self::with_env(account, store, refresh, Arc::new(SystemEnv::new()), Arc::new(NoObserver))
    }

    /// Like [`new`](Self::new), with a clock and an observer.
    pub fn with_env(
        account: AccountKey,
        store: Arc<dyn TokenStore>,
        refresh: Arc<dyn Refresh>,
        env: Arc<dyn Env>,
        observer: Arc<dyn Observer>,
    ) -> Self {
        let owner = format!("{:016x}", env.rand());
        let shared = Shared { account, store, refresh, env, observer, owner, state: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// The account it manages.
    pub fn account(&self) -> &AccountKey {
        &self.shared.account
    }

    /// Stores a pair that a person just authorised, in place of whatever was there.
    ///
    /// # Errors
    ///
    /// [`TokenError::Store`]; the pair is then not stored.
    pub async fn connect(&self, tokens: TokenSet) -> Result<(), TokenError> {
        let shared = &self.shared;
        let mut expect = shared.load().await?.map(|t| t.rev);
        loop {
            match shared.store.swap(&shared.account, expect, tokens.clone()).await.map_err(store_error)? {
                Swap::Stored(rev) => {
                    let mut state = shared.state();
                    (state.unsaved, state.dead) = (None, None);
                    state.current = Some(Versioned { rev, value: tokens });
                    return Ok(());
                }
                Swap::Stale(theirs) => expect = theirs.map(|t| t.rev),
            }
        }
    }
}

#[async_trait]
impl TokenSource for TokenManager {
    async fn access(&self) -> Result<AccessToken, TokenError> {
        let shared = &self.shared;
        let known = shared.state().current.clone();
        let current = match known {
            Some(current) if shared.state().dead.is_none() => current,
            // A dead pair may have been replaced by a person; the store knows.
            _ => shared.adopt(shared.load().await?)?,
        };
        let now = shared.env.now();
        if current.value.is_expired(now) {
            return shared.renewed(Some(current.rev)).await;
        }
        if shared.is_early(&current.value) {
            // In the background: the token at hand still serves.
            shared.start(Some(current.rev));
        }
        Ok(access(current))
    }

    async fn renew(&self, rejected: Rev) -> Result<AccessToken, TokenError> {
        let current = self.shared.state().current.clone();
        match current {
            Some(current) if current.rev > rejected => Ok(access(current)),
            _ => self.shared.renewed(Some(rejected)).await,
        }
    }
}

fn access(tokens: Versioned<TokenSet>) -> AccessToken {
    AccessToken { rev: tokens.rev, secret: tokens.value.access }
}

fn store_error(error: StoreError) -> TokenError {
    TokenError::Store(Arc::new(error))
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn load(&self) -> Result<Option<Versioned<TokenSet>>, TokenError> {
        self.store.load(&self.account).await.map_err(store_error)
    }

    /// Takes what the store holds as the present pair, unless it is the one that is known to be dead.
    fn adopt(&self, stored: Option<Versioned<TokenSet>>) -> Outcome {
        let stored = stored.ok_or_else(|| TokenError::NotConnected(self.account.clone()))?;
        let mut state = self.state();
        match &state.dead {
            Some((rev, reason)) if stored.rev <= *rev => {
                return Err(TokenError::ReconnectNeeded {
                    account: self.account.clone(),
                    reason: reason.clone(),
                });
            }
            _ => state.dead = None,
        }
        state.current = Some(stored.clone());
        Ok(stored)
    }

    /// Whether it is time to renew `tokens` although they still serve. Jitter keeps many processes apart.
    fn is_early(&self, tokens: &TokenSet) -> bool {
        let (Some(at), Some(_)) = (tokens.access_expires_at, &tokens.refresh) else { return false };
        let early = tokens.early().mul_f64(0.5 + unit(self.env.as_ref()) / 2.0);
        let quiet = self.state().quiet_until.is_some_and(|until| self.env.monotonic() < until);
        !quiet && self.env.now().checked_add(early).is_ok_and(|then| then >= at)
    }

    /// Waits for a refresh of version `stale`: the one that runs, or a new one.
    async fn renewed(self: &Arc<Self>, stale: Option<Rev>) -> Result<AccessToken, TokenError> {
        let mut running = self.start(stale);
        let done = running.wait_for(Option::is_some).await.map_err(|_| TokenError::Interrupted)?;
        done.clone().unwrap_or(Err(TokenError::Interrupted)).map(access)
    }

    /// Starts a refresh in its own task unless one runs.
    fn start(self: &Arc<Self>, stale: Option<Rev>) -> watch::Receiver<Option<Outcome>> {
        let mut guard = self.state();
        if let Some(running) = &guard.running {
            // A sender that is gone without a result belongs to a runtime that shut down.
            if running.has_changed().is_ok() || running.borrow().is_some() {
                return running.clone();
            }
        }
        let (sender, receiver) = watch::channel(None);
        guard.running = Some(receiver.clone());
        drop(guard);
        let shared = self.clone();
        tokio::spawn(async move {
            let outcome = shared.run(stale).await;
            shared.finish(&outcome);
            sender.send_replace(Some(outcome));
        });
        receiver
    }

    fn finish(&self, outcome: &Outcome) {
        let mut state = self.state();
        state.running = None;
        match outcome {
            Ok(tokens) => {
                state.current = Some(tokens.clone());
                (state.dead, state.quiet_until) = (None, None);
            }
            Err(error) => {
                tracing::warn!(account = %self.account, %error, "token refresh failed");
                state.quiet_until = Some(self.env.monotonic() + QUIET);
            }
        }
    }

    /// One refresh, from the lease to the stored pair.
    async fn run(&self, stale: Option<Rev>) -> Outcome {
        if let Some(saved) = self.save_leftover().await? {
            return Ok(saved);
        }
        let lease = match self.lease(stale).await? {
            Turn::Ours(lease) => lease,
            Turn::Theirs(tokens) => return Ok(tokens),
        };
        let outcome = self.refresh_under_lease(stale).await;
        if let Err(error) = self.store.release(&self.account, lease).await {
            tracing::debug!(account = %self.account, %error, "refresh lease not released; it ends by itself");
        }
        outcome
    }

    /// Takes the lease, or the pair of the process that held it.
    async fn lease(&self, stale: Option<Rev>) -> Result<Turn, TokenError> {
        let started = self.env.monotonic();
        loop {
            let lease = self.store.lease(&self.account, &self.owner, LEASE).await.map_err(store_error)?;
            if let Some(lease) = lease {
                return Ok(Turn::Ours(lease));
            }
            if let Some(theirs) = self.newer(stale).await? {
                return Ok(Turn::Theirs(theirs));
            }
            if self.env.monotonic().saturating_sub(started) > LEASE * 2 {
                let why = "another process holds the refresh lease and does not finish".to_owned();
                return Err(TokenError::Refresh(RefreshError::Unavailable(why)));
            }
            self.env.sleep(LOOK_AGAIN).await;
        }
    }

    /// The stored pair, if it is newer than `stale` and still serves.
    async fn newer(&self, stale: Option<Rev>) -> Result<Option<Versioned<TokenSet>>, TokenError> {
        let stored = self.load().await?;
        let now = self.env.now();
        Ok(stored.filter(|t| stale.is_none_or(|rev| t.rev > rev) && !t.value.is_expired(now)))
    }

    async fn refresh_under_lease(&self, stale: Option<Rev>) -> Outcome {
        let stored = self.load().await?.ok_or_else(|| TokenError::NotConnected(self.account.clone()))?;
        if stale.is_some_and(|rev| stored.rev > rev) && !stored.value.is_expired(self.env.now()) {
            return Ok(stored);
        }
        if let Some((rev, reason)) = self.state().dead.clone() {
            if stored.rev <= rev {
                return Err(TokenError::ReconnectNeeded { account: self.account.clone(), reason });
            }
        }
        if stored.value.refresh.is_none() {
            return Err(self.declare_dead(stored.rev, "there is no refresh token".to_owned()));
        }
        match self.refresh.refresh(&stored.value).await {
            Ok(new) => self.save(stored.rev, new).await,
            Err(RefreshError::Rejected(reason)) => match self.newer(Some(stored.rev)).await? {
                // Another process rotated without our lease, for instance an older version of this program.
                Some(theirs) => Ok(theirs),
                None => Err(self.declare_dead(stored.rev, reason)),
            },
            Err(error) => Err(TokenError::Refresh(error)),
        }
    }

    fn declare_dead(&self, rev: Rev, reason: String) -> TokenError {
        self.state().dead = Some((rev, reason.clone()));
        self.observer.on_event(&Event::ReconnectNeeded { account: &self.account });
        TokenError::ReconnectNeeded { account: self.account.clone(), reason }
    }

    /// Stores a rotated pair: it exists nowhere else, so a failing store is asked again, and the pair is kept.
    async fn save(&self, replaces: Rev, new: TokenSet) -> Outcome {
        for attempt in 1.. {
            match self.store.swap(&self.account, Some(replaces), new.clone()).await {
                Ok(Swap::Stored(rev)) => {
                    self.observer.on_event(&Event::TokenRefreshed { account: &self.account });
                    return Ok(Versioned { rev, value: new });
                }
                Ok(Swap::Stale(Some(theirs))) => return Ok(theirs),
                Ok(Swap::Stale(None)) => return Err(TokenError::NotConnected(self.account.clone())),
                Err(error) if attempt >= SAVE_ATTEMPTS => {
                    self.state().unsaved = Some((replaces, new));
                    self.observer.on_event(&Event::TokenNotSaved { account: &self.account });
                    return Err(store_error(error));
                }
                Err(_) => self.env.sleep(LOOK_AGAIN * attempt).await,
            }
        }
        Err(TokenError::Interrupted)
    }

    /// Stores a pair that an earlier refresh could not.
    async fn save_leftover(&self) -> Result<Option<Versioned<TokenSet>>, TokenError> {
        let leftover = self.state().unsaved.clone();
        let Some((replaces, new)) = leftover else { return Ok(None) };
        let saved = self.save(replaces, new).await?;
        self.state().unsaved = None;
        Ok(Some(saved).filter(|t| !t.value.is_expired(self.env.now())))
    }
}

enum Turn {
    Ours(Lease),
    Theirs(Versioned<TokenSet>),
}

#[cfg(test)]
mod tests;
