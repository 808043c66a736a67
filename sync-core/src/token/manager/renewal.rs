//! What a manager knows and does: one account's pair, from the lease to the stored successor.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::env::unit;
use crate::token::{
    AccessToken, Lease, Refresh, RefreshError, Rev, StoreError, Swap, TokenError, TokenSet, TokenStore,
    Versioned,
};
use crate::{AccountKey, Env, Event, Observer};

#[derive(Debug)]
pub(super) struct Renewal {
    pub(super) account: AccountKey,
    store: Arc<dyn TokenStore>,
    refresh: Arc<dyn Refresh>,
    env: Arc<dyn Env>,
    observer: Arc<dyn Observer>,
    /// How long a refresh may hold the account against other processes.
    lease: Duration,
    owner: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Versioned<TokenSet>>,
    /// Set while a refresh runs; its result arrives here.
    running: Option<watch::Receiver<Option<Outcome>>>,
    /// A rotated pair that the store did not take, and the version it replaces.
    unsaved: Option<(Option<Rev>, TokenSet)>,
    /// The version whose refresh token is dead, and what the service said.
    dead: Option<(Rev, String)>,
    /// The last failure, while the token endpoint is left alone for it.
    rest: Option<Rest>,
    /// The pair that came from the token endpoint last, and when.
    fresh: Option<(Rev, Duration)>,
}

impl State {
    /// Goes on with a pair that is stored.
    fn take_up(&mut self, tokens: &Versioned<TokenSet>) {
        // A person may have stored a newer pair meanwhile.
        if self.current.as_ref().is_none_or(|current| current.rev < tokens.rev) {
            self.current = Some(tokens.clone());
        }
        (self.dead, self.rest) = (None, None);
    }
}

#[derive(Debug)]
struct Rest {
    error: TokenError,
    until: Duration,
    /// The same for a renewal ahead of time, which nobody waits for.
    early_until: Duration,
    failures: u32,
}

type Outcome = Result<Versioned<TokenSet>, TokenError>;

/// How often to look whether another process has finished its refresh.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// How long to leave the token endpoint alone after an early refresh failed.
const EARLY_REST: Duration = Duration::from_secs(30);
/// The longest rest after failures.
const LONGEST_REST: Duration = Duration::from_secs(60);
/// For so long a pair from the token endpoint is not renewed because the service refuses it.
pub(super) const FRESH: Duration = Duration::from_secs(30);
const SAVE_ATTEMPTS: u32 = 3;
/// Further attempts at storing a pair, 1 second to a minute apart: a quarter of an hour in all.
const LATER_ATTEMPTS: u32 = 20;

pub(super) fn access(tokens: Versioned<TokenSet>) -> AccessToken {
    AccessToken::new(tokens.rev, tokens.value.access).expires_at(tokens.value.access_expires_at)
}

fn store_error(error: StoreError) -> TokenError {
    TokenError::Store(Arc::new(error))
}

impl Renewal {
    pub(super) fn new(
        account: AccountKey,
        store: Arc<dyn TokenStore>,
        refresh: Arc<dyn Refresh>,
        env: Arc<dyn Env>,
        observer: Arc<dyn Observer>,
        lease: Duration,
    ) -> Self {
        let owner = format!("{:016x}", env.rand());
        Self { account, store, refresh, env, observer, lease, owner, state: Mutex::default() }
    }

    /// A pair that serves now.
    pub(super) async fn current(self: &Arc<Self>) -> Outcome {
        let known = {
            let state = self.state();
            if state.dead.is_none() { state.current.clone() } else { None }
        };
        let current = match known {
            Some(current) => current,
            // A dead pair may have been replaced by a person; the store knows.
            None => match self.adopt(self.load().await?)? {
                Some(stored) => stored,
                None => return self.renewed(None).await,
            },
        };
        if current.value.is_expired(self.env.now()) {
            return self.renewed(Some(current.rev)).await;
        }
        if self.is_early(&current.value) {
            // In the background: the token at hand still serves.
            self.start(Some(current.rev));
        }
        Ok(current)
    }

    /// A pair other than the version that the service refused.
    pub(super) async fn after_rejection(self: &Arc<Self>, rejected: Rev) -> Outcome {
        let (current, fresh) = {
            let state = self.state();
            (state.current.clone(), state.fresh)
        };
        if let Some(newer) = current.filter(|c| c.rev > rejected) {
            return Ok(newer);
        }
        let bought = fresh.filter(|(rev, _)| *rev == rejected).map(|(_, at)| at);
        if bought.is_some_and(|at| self.env.monotonic().saturating_sub(at) < FRESH) {
            return Err(TokenError::Rejected);
        }
        self.renewed(Some(rejected)).await
    }

    pub(super) async fn connect(&self, tokens: TokenSet) -> Result<(), TokenError> {
        let mut expect = self.load().await?.map(|t| t.rev);
        loop {
            match self.store.swap(&self.account, expect, tokens.clone()).await.map_err(store_error)? {
                Swap::Stored(rev) => {
                    let mut state = self.state();
                    (state.unsaved, state.dead, state.rest, state.fresh) = (None, None, None, None);
                    state.current = Some(Versioned { rev, value: tokens });
                    return Ok(());
                }
                Swap::Stale(theirs) => expect = theirs.map(|t| t.rev),
            }
        }
    }

    pub(super) async fn disconnect(&self) -> Result<(), TokenError> {
        // A pair that it stores afterwards would bring the account back.
        self.refreshed().await;
        self.store.remove(&self.account).await.map_err(store_error)?;
        let mut state = self.state();
        *state = State { running: state.running.take(), ..State::default() };
        Ok(())
    }

    pub(super) async fn settle(&self) -> Result<(), TokenError> {
        self.refreshed().await;
        if let Some(saved) = self.save_leftover().await? {
            self.state().take_up(&saved);
        }
        Ok(())
    }

    pub(super) fn unsaved(&self) -> Option<TokenSet> {
        self.state().unsaved.as_ref().map(|(_, tokens)| tokens.clone())
    }

    /// Waits for the end of the refresh that runs, if one does, whatever comes of it.
    async fn refreshed(&self) {
        let running = self.state().running.clone();
        if let Some(mut running) = running {
            drop(running.wait_for(Option::is_some).await);
        }
    }

    pub(super) async fn keep_alive(self: &Arc<Self>) -> Result<Option<Timestamp>, TokenError> {
        // From the store: another process may have renewed it.
        let stored = self.adopt(self.load().await?)?;
        let stored = stored.ok_or_else(|| TokenError::NotConnected(self.account.clone()))?;
        match stored.value.renew_idle_at() {
            Some(due) if due <= self.env.now() => {
                let renewed = self.renewed(Some(stored.rev)).await?;
                Ok(renewed.value.renew_idle_at())
            }
            due => Ok(due),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn load(&self) -> Result<Option<Versioned<TokenSet>>, TokenError> {
        self.store.load(&self.account).await.map_err(store_error)
    }

    /// Takes what the store holds as the present pair, unless it is the one that is known to be dead.
    fn adopt(&self, stored: Option<Versioned<TokenSet>>) -> Result<Option<Versioned<TokenSet>>, TokenError> {
        let Some(stored) = stored else { return Ok(None) };
        let mut state = self.state();
        match &state.dead {
            Some((rev, reason)) if stored.rev <= *rev => return Err(self.reconnect(reason)),
            _ => state.dead = None,
        }
        state.current = Some(stored.clone());
        Ok(Some(stored))
    }

    /// Whether it is time to renew `tokens` although they still serve. Jitter keeps many processes apart.
    fn is_early(&self, tokens: &TokenSet) -> bool {
        let (Some(at), Some(_)) = (tokens.access_expires_at, &tokens.refresh) else { return false };
        let early = tokens.early().mul_f64(0.5 + unit(self.env.as_ref()) / 2.0);
        let is_early = self.env.now().checked_add(early).is_ok_and(|then| then >= at);
        let now = self.env.monotonic();
        is_early && self.state().rest.as_ref().is_none_or(|rest| now >= rest.early_until)
    }

    /// The last failure, if the token endpoint is still left alone for it.
    fn resting(&self) -> Option<TokenError> {
        let state = self.state();
        state.rest.as_ref().filter(|rest| self.env.monotonic() < rest.until).map(|rest| rest.error.clone())
    }

    /// Waits for a refresh of version `stale`: the one that runs, or a new one.
    async fn renewed(self: &Arc<Self>, stale: Option<Rev>) -> Outcome {
        if let Some(error) = self.resting() {
            // Another process may have had more luck, or a person has authorised the account again.
            return match self.newer(stale).await? {
                Some(theirs) => self.adopt(Some(theirs))?.ok_or(error),
                None => Err(error),
            };
        }
        let mut running = self.start(stale);
        let done = running.wait_for(Option::is_some).await.map_err(|_| TokenError::Interrupted)?;
        done.clone().unwrap_or(Err(TokenError::Interrupted))
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
        let this = self.clone();
        tokio::spawn(async move {
            let outcome = this.run(stale).await;
            this.finish(&outcome);
            sender.send_replace(Some(outcome));
            this.save_later().await;
        });
        receiver
    }

    fn finish(&self, outcome: &Outcome) {
        let now = self.env.monotonic();
        let mut state = self.state();
        state.running = None;
        match outcome {
            Ok(tokens) => state.take_up(tokens),
            Err(error) => {
                tracing::warn!(account = %self.account, %error, "token refresh failed");
                let failures = state.rest.as_ref().map_or(0, |rest| rest.failures);
                // Short as long as the old token serves: when it expires, callers must not find a long rest.
                let most = if self.serves(state.current.as_ref()) { 3 } else { 6 };
                let rest = match error {
                    TokenError::Refresh { error: RefreshError::Misconfigured(_), .. } => LONGEST_REST,
                    TokenError::Refresh { .. } => {
                        Duration::from_secs(1 << failures.min(most)).min(LONGEST_REST)
                    }
                    // A lost connection is mended by a person, perhaps in another process, and a failing store keeps
                    // us from the token endpoint anyway: the store is asked each time.
                    _ => Duration::ZERO,
                };
                state.rest = Some(Rest {
                    error: error.clone(),
                    until: now + rest,
                    early_until: now + rest.max(EARLY_REST),
                    // What did not reach the token endpoint makes it no worse.
                    failures: failures + u32::from(!rest.is_zero()),
                });
            }
        }
    }

    fn serves(&self, tokens: Option<&Versioned<TokenSet>>) -> bool {
        tokens.is_some_and(|tokens| !tokens.value.is_expired(self.env.now()))
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
            let lease =
                self.store.lease(&self.account, &self.owner, self.lease).await.map_err(store_error)?;
            if let Some(lease) = lease {
                return Ok(Turn::Ours(lease));
            }
            if let Some(theirs) = self.newer(stale).await? {
                return Ok(Turn::Theirs(theirs));
            }
            if self.env.monotonic().saturating_sub(started) > self.lease * 2 {
                let why = "another process holds the refresh lease and does not finish".to_owned();
                return Err(self.failed(RefreshError::Unavailable(why)));
            }
            self.env.sleep(LOOK_AGAIN.min(self.lease)).await;
        }
    }

    /// The stored pair, if it is newer than `stale` and still serves.
    async fn newer(&self, stale: Option<Rev>) -> Result<Option<Versioned<TokenSet>>, TokenError> {
        let stored = self.load().await?;
        Ok(stored.filter(|t| stale.is_none_or(|rev| t.rev > rev) && self.serves(Some(t))))
    }

    async fn refresh_under_lease(&self, stale: Option<Rev>) -> Outcome {
        let Some(stored) = self.load().await? else { return self.obtain().await };
        let newer = stale.is_none_or(|rev| stored.rev > rev);
        if newer && self.serves(Some(&stored)) {
            return Ok(stored);
        }
        if let Some((rev, reason)) = self.state().dead.clone() {
            if stored.rev <= rev {
                return Err(self.reconnect(&reason));
            }
        }
        match self.refresh.refresh(&stored.value).await {
            Ok(new) => self.save(Some(stored.rev), new.inherit(&stored.value)).await,
            Err(RefreshError::Rejected(reason)) => match self.newer(Some(stored.rev)).await? {
                // Another process rotated without our lease, for instance one that was frozen beyond its own.
                Some(theirs) => Ok(theirs),
                None => Err(self.declare_dead(stored.rev, reason)),
            },
            Err(error) => Err(self.failed(error)),
        }
    }

    async fn obtain(&self) -> Outcome {
        match self.refresh.obtain().await {
            Ok(Some(first)) => self.save(None, first).await,
            Ok(None) => Err(TokenError::NotConnected(self.account.clone())),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn failed(&self, error: RefreshError) -> TokenError {
        TokenError::Refresh { account: self.account.clone(), error }
    }

    fn reconnect(&self, reason: &str) -> TokenError {
        TokenError::ReconnectNeeded { account: self.account.clone(), reason: reason.to_owned() }
    }

    fn declare_dead(&self, rev: Rev, reason: String) -> TokenError {
        let error = self.reconnect(&reason);
        self.state().dead = Some((rev, reason));
        self.observer.on_event(&Event::ReconnectNeeded { account: &self.account });
        error
    }

    /// Stores a rotated pair: it exists nowhere else, so a failing store is asked again, and the pair is kept.
    async fn save(&self, replaces: Option<Rev>, new: TokenSet) -> Outcome {
        for attempt in 1.. {
            match self.store.swap(&self.account, replaces, new.clone()).await {
                Ok(Swap::Stored(rev)) => {
                    let mut state = self.state();
                    (state.fresh, state.unsaved) = (Some((rev, self.env.monotonic())), None);
                    drop(state);
                    self.observer.on_event(&Event::TokenRefreshed { account: &self.account });
                    return Ok(Versioned { rev, value: new });
                }
                Ok(Swap::Stale(theirs)) => {
                    self.state().unsaved = None;
                    return theirs.ok_or_else(|| TokenError::NotConnected(self.account.clone()));
                }
                Err(error) if attempt >= SAVE_ATTEMPTS => {
                    let known = self.state().unsaved.replace((replaces, new)).is_some();
                    if known {
                        return Err(store_error(error));
                    }
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
        Ok(Some(saved).filter(|tokens| self.serves(Some(tokens))))
    }

    /// Goes on trying to store a pair that the store did not take, whether or not anybody calls.
    async fn save_later(self: &Arc<Self>) {
        for attempt in 0..LATER_ATTEMPTS {
            if self.state().unsaved.is_none() {
                return;
            }
            self.env.sleep(Duration::from_secs(1 << attempt.min(6)).min(LONGEST_REST)).await;
            let idle = {
                let state = self.state();
                state.unsaved.is_some() && state.running.is_none()
            };
            if idle {
                if let Ok(Some(saved)) = self.save_leftover().await {
                    self.state().take_up(&saved);
                }
            }
        }
    }
}

enum Turn {
    Ours(Lease),
    Theirs(Versioned<TokenSet>),
}
