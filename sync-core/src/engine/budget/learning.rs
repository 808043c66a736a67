use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::{Budget, Quota, Taken};
use crate::queue::Priority;
use crate::{AccountKey, Event, NoObserver, Observer, StoreError};

/// A budget that learns from the services' answers: give it to the clients as their observer, and to the engine as its
/// budget.
///
/// What it hears it keeps until the account's next run begins, and tells it to the budget below before it takes of that.
/// So answers are never held up, and of many only the last is written. It is what the service counts, the requests of
/// other programs included; requests that other runs have reserved and not sent yet are not in it, which are a few at most.
///
/// ```
/// use std::sync::Arc;
/// use sync_core::engine::{LearningBudget, MemoryBudget};
/// use sync_core::{Observer, SystemEnv};
///
/// let budget = Arc::new(LearningBudget::new(Arc::new(MemoryBudget::new(Arc::new(SystemEnv::new())))));
/// let observer: Arc<dyn Observer> = budget.clone();
/// // `HttpSettings::observer(observer)` for each client, `EngineBuilder::budget(budget)` for the engine.
/// # let _ = observer;
/// ```
#[derive(Debug)]
pub struct LearningBudget {
    budget: Arc<dyn Budget>,
    next: Arc<dyn Observer>,
    heard: Mutex<BTreeMap<AccountKey, Quota>>,
}

impl LearningBudget {
    /// Learns for this budget.
    pub fn new(budget: Arc<dyn Budget>) -> Self {
        Self { budget, next: Arc::new(NoObserver), heard: Mutex::default() }
    }

    /// Passes every event on to another observer.
    #[must_use]
    pub fn and_tell(self, observer: Arc<dyn Observer>) -> Self {
        Self { next: observer, ..self }
    }
}

impl Observer for LearningBudget {
    fn on_event(&self, event: &Event<'_>) {
        if let Event::Quota { account, limit, remaining, resets_at } = *event {
            let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            heard.insert(account.clone(), Quota { limit, remaining, resets_at });
        }
        self.next.on_event(event);
    }
}

#[async_trait]
impl Budget for LearningBudget {
    async fn take(
        &self,
        accounts: &[AccountKey],
        priority: Priority,
        cost: u32,
    ) -> Result<Taken, StoreError> {
        for account in accounts {
            let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner).remove(account);
            if let Some(quota) = heard {
                self.budget.learn(account, quota).await?;
            }
        }
        self.budget.take(accounts, priority, cost).await
    }

    async fn learn(&self, account: &AccountKey, quota: Quota) -> Result<(), StoreError> {
        self.budget.learn(account, quota).await
    }

    async fn allow(&self, account: &AccountKey, requests: u32, window: Duration) -> Result<(), StoreError> {
        self.budget.allow(account, requests, window).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::engine::MemoryBudget;
    use crate::{Env, ManualEnv};

    #[derive(Debug, Default)]
    struct Count(AtomicUsize);

    impl Observer for Count {
        fn on_event(&self, _: &Event<'_>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[tokio::test]
    async fn the_last_that_was_heard_counts_for_the_next_run_of_that_account() {
        let (env, count) = (Arc::new(ManualEnv::new(1)), Arc::new(Count::default()));
        let below = Arc::new(MemoryBudget::new(env.clone()));
        let budget = LearningBudget::new(below.clone()).and_tell(count.clone());
        let accounts = [AccountKey::new("crm", 1), AccountKey::new("billing", 1)];
        let resets_at = env.now() + Duration::from_secs(60);
        let [account, other] = &accounts;
        for remaining in [50, 2] {
            budget.on_event(&Event::Quota { account, limit: 100, remaining, resets_at });
        }
        budget.on_event(&Event::TokenRefreshed { account });
        assert_eq!(count.0.load(Ordering::Relaxed), 3, "every event is passed on");
        let of_other = below.take(std::slice::from_ref(other), Priority::Event, 3).await.unwrap();
        assert_eq!(of_other, Taken::Granted, "nothing is known of the other one");
        let refused = Taken::Refused { account: account.clone(), until: resets_at };
        assert_eq!(budget.take(&accounts, Priority::Event, 3).await.unwrap(), refused);
        assert_eq!(
            below.take(&accounts, Priority::Event, 3).await.unwrap(),
            refused,
            "the budget below knows"
        );
        assert_eq!(budget.take(&accounts, Priority::Event, 2).await.unwrap(), Taken::Granted);
        // What was heard once is not learned twice.
        assert_eq!(budget.take(&accounts, Priority::Event, 1).await.unwrap(), refused);
    }
}
