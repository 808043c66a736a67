mod learning;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) mod sql;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

pub use learning::LearningBudget;

use crate::queue::Priority;
use crate::{AccountKey, Env, StoreError};

/// Shares the quotas of accounts among everything that uses them.
///
/// The engine reserves a run's worst case before the run begins: two reads and one write of each account. What a run does
/// not use is not given back: a read may take several requests (pages, a search, one that is sent again), so the engine
/// does not know it. What a service tells of its quota is [learned](Self::learn), and replaces what was reckoned.
///
/// The suite `conformance::budget` checks an implementation.
#[async_trait]
pub trait Budget: Send + Sync + Debug {
    /// Takes `cost` requests of each of `accounts` for work of this priority, of all or of none. Retries, backfills and
    /// sweeps leave a quarter of a quota for what is urgent. An account that is named twice counts once. Accounts of which
    /// nothing is known are not limited.
    ///
    /// # Errors
    ///
    /// The budget cannot be read and written; nothing is taken.
    async fn take(&self, accounts: &[AccountKey], priority: Priority, cost: u32)
    -> Result<Taken, StoreError>;

    /// Learns what an account has left. An account of which nothing was known has this quota each day from now on.
    ///
    /// # Errors
    ///
    /// The budget cannot be written; it goes on with what it knew.
    async fn learn(&self, account: &AccountKey, quota: Quota) -> Result<(), StoreError>;

    /// Says that an account has `requests` in each `window`, for services that tell nothing of their quota. The first
    /// window begins now. Nothing happens if that was said before: what is left of it is left.
    ///
    /// # Errors
    ///
    /// The budget cannot be written; it goes on with what it knew.
    async fn allow(&self, account: &AccountKey, requests: u32, window: Duration) -> Result<(), StoreError>;
}

/// Whether requests may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// They may.
    Granted,
    /// They may not before the quota of this account is renewed.
    Refused {
        /// Whose quota does not suffice; of several the one that is renewed last.
        account: AccountKey,
        /// When it is renewed.
        until: Timestamp,
    },
}

/// What an account has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many requests it has when nothing is used.
    pub limit: u32,
    /// How many of them are left.
    pub remaining: u32,
    /// When all of them are there again.
    pub resets_at: Timestamp,
}

/// A quota, and how it is renewed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    pub(crate) quota: Quota,
    pub(crate) window: Duration,
}

impl Allowance {
    /// How long a quota lasts of which no more is known.
    pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

    /// A whole quota, from `now` on.
    pub(crate) fn new(requests: u32, window: Duration, now: Timestamp) -> Self {
        let resets_at = now.checked_add(window).unwrap_or(Timestamp::MAX);
        Self { quota: Quota { limit: requests, remaining: requests, resets_at }, window }
    }

    /// As it is at `now`, and after taking from it, if there is enough for work of this priority.
    pub(crate) fn take(mut self, now: Timestamp, priority: Priority, cost: u32) -> (Self, bool) {
        if now >= self.quota.resets_at {
            self = Self::new(self.quota.limit, self.window, now);
        }
        let kept_back = match priority {
            Priority::Interactive | Priority::Event => 0,
            Priority::Retry | Priority::Backfill | Priority::Sweep => self.quota.limit / 4,
        };
        let suffices = self.quota.remaining >= cost.saturating_add(kept_back);
        if suffices {
            self.quota.remaining -= cost;
        }
        (self, suffices)
    }

    /// What is there after hearing of `quota`.
    pub(crate) fn learned(known: Option<Self>, quota: Quota) -> Self {
        let quota = Quota { remaining: quota.remaining.min(quota.limit), ..quota };
        Self { quota, window: known.map_or(Self::DAY, |known| known.window) }
    }
}

/// Takes of several allowances, of all or of none: what is left of each, or whose does not suffice.
pub(crate) fn take_all(
    known: impl IntoIterator<Item = (AccountKey, Allowance)>,
    now: Timestamp,
    priority: Priority,
    cost: u32,
) -> Result<Vec<(AccountKey, Allowance)>, Taken> {
    let (mut left, mut refused) = (Vec::new(), None);
    for (account, allowance) in known {
        let (allowance, suffices) = allowance.take(now, priority, cost);
        let until = allowance.quota.resets_at;
        if !suffices && refused.as_ref().is_none_or(|(_, last)| *last < until) {
            refused = Some((account.clone(), until));
        }
        left.push((account, allowance));
    }
    match refused {
        Some((account, until)) => Err(Taken::Refused { account, until }),
        None => Ok(left),
    }
}

/// A budget in memory, for one process.
#[derive(Debug)]
pub struct MemoryBudget {
    env: Arc<dyn Env>,
    accounts: Mutex<BTreeMap<AccountKey, Allowance>>,
}

impl MemoryBudget {
    /// A budget that limits nothing until it [learns](Budget::learn) or is [told](Budget::allow).
    pub fn new(env: Arc<dyn Env>) -> Self {
        Self { env, accounts: Mutex::default() }
    }

    fn accounts(&self) -> MutexGuard<'_, BTreeMap<AccountKey, Allowance>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Budget for MemoryBudget {
    async fn take(
        &self,
        accounts: &[AccountKey],
        priority: Priority,
        cost: u32,
    ) -> Result<Taken, StoreError> {
        let now = self.env.now();
        let mut known = self.accounts();
        let different: BTreeSet<_> = accounts.iter().collect();
        let taken = different.into_iter().filter_map(|account| Some((account.clone(), *known.get(account)?)));
        match take_all(taken.collect::<Vec<_>>(), now, priority, cost) {
            Ok(left) => {
                known.extend(left);
                Ok(Taken::Granted)
            }
            Err(refused) => Ok(refused),
        }
    }

    async fn learn(&self, account: &AccountKey, quota: Quota) -> Result<(), StoreError> {
        let mut accounts = self.accounts();
        let learned = Allowance::learned(accounts.get(account).copied(), quota);
        accounts.insert(account.clone(), learned);
        Ok(())
    }

    async fn allow(&self, account: &AccountKey, requests: u32, window: Duration) -> Result<(), StoreError> {
        let mut accounts = self.accounts();
        let is_known = |known: &Allowance| (known.quota.limit, known.window) == (requests, window);
        if !accounts.get(account).is_some_and(is_known) {
            accounts.insert(account.clone(), Allowance::new(requests, window, self.env.now()));
        }
        Ok(())
    }
}
