use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::queue::Priority;
use crate::{AccountKey, Env};

/// Shares an account's quota among everything that uses it.
///
/// The engine reserves a run's worst case before the run begins: two reads and one write. What a service tells of its
/// quota is [learned](Self::learn) from its answers.
#[async_trait]
pub trait Budget: Send + Sync + Debug {
    /// Takes `cost` requests for work of this priority, or says when to come back. Retries, backfills and sweeps leave
    /// a part of a day's quota for what is urgent.
    async fn take(&self, account: &AccountKey, priority: Priority, cost: u32) -> Result<(), Timestamp>;

    /// Learns that `remaining` of `limit` requests are left until `resets_at`.
    fn learn(&self, account: &AccountKey, limit: u32, remaining: u32, resets_at: Timestamp);
}

/// A budget in memory, for one process. Accounts of which nothing is known are not limited.
#[derive(Debug)]
pub struct MemoryBudget {
    env: Arc<dyn Env>,
    accounts: Mutex<BTreeMap<AccountKey, Allowance>>,
}

#[derive(Debug, Clone, Copy)]
struct Allowance {
    limit: u32,
    remaining: u32,
    resets_at: Timestamp,
    window: Duration,
}

const DAY: Duration = Duration::from_secs(24 * 3600);

impl MemoryBudget {
    /// A budget that limits nothing until it [learns](Budget::learn) or is [told](Self::limit).
    pub fn new(env: Arc<dyn Env>) -> Self {
        Self { env, accounts: Mutex::default() }
    }

    /// Sets that an account has `requests` for each `window`, beginning now. Default window of what is learned: a day.
    #[must_use]
    pub fn limit(self, account: AccountKey, requests: u32, window: Duration) -> Self {
        let resets_at = self.env.now().checked_add(window).unwrap_or(Timestamp::MAX);
        let allowance = Allowance { limit: requests, remaining: requests, resets_at, window };
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner).insert(account, allowance);
        self
    }
}

/// What may be used of a quota by work that can wait: three quarters.
fn share(limit: u32, priority: Priority) -> u32 {
    match priority {
        Priority::Interactive | Priority::Event => limit,
        Priority::Retry | Priority::Backfill | Priority::Sweep => limit - limit / 4,
    }
}

#[async_trait]
impl Budget for MemoryBudget {
    async fn take(&self, account: &AccountKey, priority: Priority, cost: u32) -> Result<(), Timestamp> {
        let now = self.env.now();
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(allowance) = accounts.get_mut(account) else { return Ok(()) };
        if now >= allowance.resets_at {
            allowance.remaining = allowance.limit;
            allowance.resets_at = now.checked_add(allowance.window).unwrap_or(Timestamp::MAX);
        }
        let kept_back = allowance.limit - share(allowance.limit, priority);
        if allowance.remaining < cost.saturating_add(kept_back) {
            return Err(allowance.resets_at);
        }
        allowance.remaining -= cost;
        Ok(())
    }

    fn learn(&self, account: &AccountKey, limit: u32, remaining: u32, resets_at: Timestamp) {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let window = accounts.get(account).map_or(DAY, |allowance| allowance.window);
        accounts
            .insert(account.clone(), Allowance { limit, remaining: remaining.min(limit), resets_at, window });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ManualEnv;

    #[tokio::test]
    async fn what_can_wait_leaves_a_quarter_for_what_is_urgent() {
        let env = Arc::new(ManualEnv::new(1));
        let (account, hour) = (AccountKey::new("crm", 1), Duration::from_secs(3600));
        let budget = MemoryBudget::new(env.clone()).limit(account.clone(), 100, hour);
        let mut taken = 0;
        while budget.take(&account, Priority::Sweep, 3).await.is_ok() {
            taken += 3;
        }
        assert_eq!(taken, 75);
        assert_eq!(budget.take(&account, Priority::Sweep, 3).await, Err(env.now() + hour), "and says when");
        for _ in 0..8 {
            assert_eq!(budget.take(&account, Priority::Event, 3).await, Ok(()));
        }
        assert!(budget.take(&account, Priority::Event, 3).await.is_err(), "1 is left");
        env.advance(hour);
        assert_eq!(budget.take(&account, Priority::Sweep, 3).await, Ok(()));
        assert_eq!(
            budget.take(&AccountKey::new("crm", 2), Priority::Sweep, 1000).await,
            Ok(()),
            "another account"
        );
    }

    #[tokio::test]
    async fn what_the_service_says_counts() {
        let env = Arc::new(ManualEnv::new(1));
        let (account, budget) = (AccountKey::new("crm", 1), MemoryBudget::new(env.clone()));
        let tomorrow = env.now() + DAY;
        budget.learn(&account, 200_000, 2, tomorrow);
        assert_eq!(budget.take(&account, Priority::Interactive, 3).await, Err(tomorrow));
        assert_eq!(budget.take(&account, Priority::Interactive, 2).await, Ok(()));
    }
}
