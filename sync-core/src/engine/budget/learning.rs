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
