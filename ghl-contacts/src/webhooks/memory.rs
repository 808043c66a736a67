use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use sync_core::{Env, StoreError};

use super::seen::{Claim, DeliveryId, SeenDeliveries};

const CAPACITY: usize = 100_000;
const KEEP: Duration = Duration::from_secs(3 * 86_400);
const CLAIM: Duration = Duration::from_secs(60);

/// Remembers deliveries in memory, for one process. A restart forgets them: what comes again then is queued again.
#[derive(Debug)]
pub struct MemoryDeliveries {
    env: Arc<dyn Env>,
    capacity: usize,
    keep: Duration,
    claim: Duration,
    deliveries: Mutex<Deliveries>,
}

#[derive(Debug, Default)]
struct Deliveries {
    by_id: HashMap<DeliveryId, Delivery>,
    /// The ids by when they came, so that the oldest is found at once.
    by_age: BTreeMap<u64, DeliveryId>,
    last: u64,
}

#[derive(Debug)]
struct Delivery {
    /// Its place in `by_age`, and the fence of its claim.
    number: u64,
    since: Duration,
    seen: bool,
}

impl Deliveries {
    fn put(&mut self, id: &DeliveryId, since: Duration, seen: bool) -> u64 {
        self.remove(id);
        self.last += 1;
        let number = self.last;
        self.by_age.insert(number, id.clone());
        self.by_id.insert(id.clone(), Delivery { number, since, seen });
        number
    }

    fn remove(&mut self, id: &DeliveryId) {
        if let Some(delivery) = self.by_id.remove(id) {
            self.by_age.remove(&delivery.number);
        }
    }

    fn forget(&mut self, capacity: usize, before: Duration) {
        while let Some((_, oldest)) = self.by_age.first_key_value() {
            let too_old = self.by_id.get(oldest).is_none_or(|delivery| delivery.since < before);
            if !too_old && self.by_age.len() <= capacity {
                return;
            }
            if let Some((_, oldest)) = self.by_age.pop_first() {
                self.by_id.remove(&oldest);
            }
        }
    }
}

impl MemoryDeliveries {
    /// Remembers nothing yet; `env` tells when to forget.
    pub fn new(env: Arc<dyn Env>) -> Self {
        Self { env, capacity: CAPACITY, keep: KEEP, claim: CLAIM, deliveries: Mutex::default() }
    }

    /// Sets how many deliveries to remember; the oldest are forgotten first. Default: 100 000.
    #[must_use]
    pub fn capacity(mut self, deliveries: usize) -> Self {
        self.capacity = deliveries;
        self
    }

    /// Sets how long to remember a delivery. Default: three days.
    #[must_use]
    pub fn keep(mut self, duration: Duration) -> Self {
        self.keep = duration;
        self
    }

    /// Sets how long a claim lasts, which is how long queueing may take. Default: a minute.
    #[must_use]
    pub fn claim_for(mut self, duration: Duration) -> Self {
        self.claim = duration;
        self
    }

    fn deliveries(&self) -> MutexGuard<'_, Deliveries> {
        self.deliveries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SeenDeliveries for MemoryDeliveries {
    async fn claim(&self, id: &DeliveryId) -> Result<Claim, StoreError> {
        let now = self.env.monotonic();
        let mut deliveries = self.deliveries();
        deliveries.forget(self.capacity, now.saturating_sub(self.keep));
        match deliveries.by_id.get(id) {
            Some(delivery) if delivery.seen => return Ok(Claim::Seen),
            Some(delivery) if now < delivery.since + self.claim => return Ok(Claim::Taken),
            _ => {}
        }
        let fence = deliveries.put(id, now, false);
        deliveries.forget(self.capacity, Duration::ZERO);
        Ok(Claim::Granted(fence))
    }

    async fn mark(&self, id: &DeliveryId) -> Result<(), StoreError> {
        self.deliveries().put(id, self.env.monotonic(), true);
        Ok(())
    }

    async fn release(&self, id: &DeliveryId, fence: u64) -> Result<(), StoreError> {
        let mut deliveries = self.deliveries();
        if deliveries.by_id.get(id).is_some_and(|delivery| delivery.number == fence && !delivery.seen) {
            deliveries.remove(id);
        }
        Ok(())
    }
}
