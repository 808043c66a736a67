use std::fmt::{self, Display};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::TokenManager;
use crate::{AccountKey, Env, SystemEnv};

/// Keeps accounts connected that nobody uses for weeks.
///
/// A refresh token ages out: Moloni's after 14 days, HighLevel's after a year. So each account's pair is renewed after
/// two thirds of that time if nothing else did it. A private token without a clock of its own may die of disuse, as
/// HighLevel's do after 90 days: for those, [`call`](Self::call) makes some harmless call at intervals.
///
/// Any number of processes may keep the same accounts: whoever comes first renews, the others see it.
///
/// ```no_run
/// use std::time::Duration;
/// use sync_core::{AccountKey, KeepAlive, TokenManager};
///
/// # async fn example(manager: TokenManager) {
/// # async fn read_my_location() -> Result<(), std::io::Error> { Ok(()) }
/// let keep_alive = KeepAlive::new()
///     .account(manager)
///     .call(AccountKey::new("ghl", "loc1"), Duration::from_secs(30 * 86_400), || read_my_location());
/// tokio::spawn(keep_alive.run());
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct KeepAlive {
    env: Arc<dyn Env>,
    kept: Vec<Kept>,
}

#[derive(Debug)]
struct Kept {
    means: Means,
    next: Timestamp,
}

enum Means {
    Renewal(TokenManager),
    Call { account: AccountKey, every: Duration, call: Box<dyn Fn() -> Pending + Send + Sync> },
}

type Pending = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// How often to look at an account at least: somebody may have authorised it again since.
const LOOK: Duration = Duration::from_secs(12 * 3600);
/// When to try again what failed.
const AGAIN: Duration = Duration::from_secs(3600);
/// The longest sleep: a machine that was suspended, or whose clock was set, is late by no more.
const NAP: Duration = Duration::from_secs(3600);

impl KeepAlive {
    /// Keeps nothing yet.
    pub fn new() -> Self {
        Self::with_env(Arc::new(SystemEnv::new()))
    }

    /// Like [`new`](Self::new), with a clock.
    pub fn with_env(env: Arc<dyn Env>) -> Self {
        Self { env, kept: Vec::new() }
    }

    /// Adds an account whose tokens are renewed before the refresh token ages out.
    pub fn account(self, manager: TokenManager) -> Self {
        self.keep(Means::Renewal(manager))
    }

    /// Adds an account that stays alive by being called: `call` runs at the start and then every `every`.
    pub fn call<F, Fut, E>(self, account: AccountKey, every: Duration, call: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        let call = Box::new(move || {
            let pending = call();
            Box::pin(async move { pending.await.map_err(|error| error.to_string()) }) as Pending
        });
        self.keep(Means::Call { account, every, call })
    }

    fn keep(mut self, means: Means) -> Self {
        self.kept.push(Kept { means, next: Timestamp::MIN });
        self
    }

    /// Does what is due, and tells when to come back. For whoever has a scheduler; others [`run`](Self::run).
    ///
    /// What fails is logged and due again in an hour. That an account must be authorised again reaches its manager's
    /// observer.
    pub async fn tend(&mut self) -> Timestamp {
        let mut soonest = self.env.now() + LOOK;
        for kept in &mut self.kept {
            if kept.next <= self.env.now() {
                kept.next = self.env.now() + AGAIN;
                match kept.means.tend(self.env.now()).await {
                    Ok(due) => kept.next = due.min(self.env.now() + kept.means.longest()),
                    Err(error) => {
                        tracing::warn!(account = %kept.means.account(), %error, "account not kept alive");
                    }
                }
            }
            soonest = soonest.min(kept.next);
        }
        soonest
    }

    /// Does what is due, for ever. Drop or abort it to end it.
    pub async fn run(mut self) {
        loop {
            let next = self.tend().await;
            let left = Duration::try_from(next.duration_since(self.env.now())).unwrap_or_default();
            self.env.sleep(left.clamp(Duration::from_secs(1), NAP)).await;
        }
    }
}

impl Default for KeepAlive {
    fn default() -> Self {
        Self::new()
    }
}

impl Means {
    fn account(&self) -> &AccountKey {
        match self {
            Self::Renewal(manager) => manager.account(),
            Self::Call { account, .. } => account,
        }
    }

    fn longest(&self) -> Duration {
        match self {
            Self::Renewal(_) => LOOK,
            Self::Call { every, .. } => *every,
        }
    }

    /// Keeps the account alive, and tells when it is due again.
    async fn tend(&self, now: Timestamp) -> Result<Timestamp, String> {
        match self {
            Self::Renewal(manager) => {
                let due = manager.keep_alive().await.map_err(|error| error.to_string())?;
                Ok(due.unwrap_or(Timestamp::MAX))
            }
            Self::Call { every, call, .. } => {
                call().await?;
                Ok(now.checked_add(*every).unwrap_or(Timestamp::MAX))
            }
        }
    }
}

impl fmt::Debug for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Renewal(manager) => f.debug_tuple("Renewal").field(manager.account()).finish(),
            Self::Call { account, every, .. } => f.debug_tuple("Call").field(account).field(every).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::token::{MemoryTokenStore, Refresh, RefreshError, TokenSet, TokenStore};
    use crate::{ManualEnv, async_trait};

    const DAY: Duration = Duration::from_secs(24 * 3600);

    #[derive(Debug)]
    struct Service(Arc<ManualEnv>, AtomicU32);

    #[async_trait]
    impl Refresh for Service {
        async fn refresh(&self, _: &TokenSet) -> Result<TokenSet, RefreshError> {
            self.1.fetch_add(1, Ordering::SeqCst);
            Ok(pair(self.0.now()))
        }
    }

    fn pair(now: Timestamp) -> TokenSet {
        crate::trace::on();
        let set = TokenSet::new("s3cr3t-access".into(), now).expires_in(DAY / 24);
        set.refresh_token("s3cr3t-refresh".into()).refresh_expires_in(DAY * 14)
    }

    #[tokio::test]
    async fn an_idle_account_outlives_its_refresh_token_many_times_over() {
        let env = Arc::new(ManualEnv::new(1));
        let store = Arc::new(MemoryTokenStore::new(env.clone()));
        let service = Arc::new(Service(env.clone(), AtomicU32::new(0)));
        let account = AccountKey::new("moloni", 5);
        let manager = TokenManager::builder(account.clone(), store.clone(), service.clone()).env(env.clone());
        let manager = manager.build();
        manager.connect(pair(env.now())).await.unwrap();
        // A second process with the same account doubles nothing.
        let other = TokenManager::builder(account.clone(), store.clone(), service.clone()).env(env.clone());
        let mut both = KeepAlive::with_env(env.clone()).account(manager).account(other.build());

        for _ in 0..700 {
            both.tend().await;
            let stored = store.load(&account).await.unwrap().unwrap().value;
            assert!(stored.refresh_expires_at.unwrap() > env.now(), "alive on {}", env.now());
            env.advance(DAY / 2);
        }
        let renewals = service.1.load(Ordering::SeqCst);
        assert!((35..=38).contains(&renewals), "every nine to ten days of 350: {renewals}");
    }

    #[tokio::test]
    async fn a_call_is_made_at_the_start_then_at_intervals_and_again_soon_when_it_fails() {
        let (env, calls) = (Arc::new(ManualEnv::new(1)), Arc::new(AtomicU32::new(0)));
        let counted = calls.clone();
        let mut keep =
            KeepAlive::with_env(env.clone()).call(AccountKey::new("ghl", "l"), DAY * 30, move || {
                let number = counted.fetch_add(1, Ordering::SeqCst);
                async move { if number == 1 { Err("HTTP 502") } else { Ok(()) } }
            });
        let mut seen = Vec::new();
        for hour in 0..24 * 61 {
            let before = calls.load(Ordering::SeqCst);
            keep.tend().await;
            if calls.load(Ordering::SeqCst) > before {
                seen.push(hour);
            }
            env.advance(Duration::from_secs(3600));
        }
        assert_eq!(seen, [0, 24 * 30, 24 * 30 + 1, 24 * 60 + 1]);
    }
}
