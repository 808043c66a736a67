use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sync_core::{Env, StoreError};

use super::seen::{Claim, DeliveryId, SeenDeliveries};

/// What is stored of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Whether it is queued. If not, somebody has claimed it.
    pub seen: bool,
    /// Since when, in milliseconds since 1970.
    pub since: i64,
}

/// A table of deliveries in your own database: four statements, each of which takes effect as a whole or not at all.
///
/// In SQL:
///
/// ```sql
/// create table webhook_deliveries (
///     id    text    primary key,
///     seen  boolean not null,
///     since bigint  not null
/// );
/// ```
///
/// | method | statement | answer |
/// |---|---|---|
/// | [`insert`](Self::insert) | `insert into webhook_deliveries values ($1, $2, $3) on conflict do nothing` | whether a row was inserted |
/// | [`get`](Self::get) | `select seen, since from webhook_deliveries where id = $1` | the row |
/// | [`replace`](Self::replace) | `update webhook_deliveries set seen = $4, since = $5 where id = $1 and seen = $2 and since = $3` | whether a row changed |
/// | [`remove`](Self::remove) | `delete from webhook_deliveries where id = $1 and seen = $2 and since = $3` | nothing |
///
/// Each commits at once: do not run them in a transaction of something else. Once a day, delete what is older than the
/// service repeats: `delete from webhook_deliveries where since < $1`, three days ago being plenty.
#[async_trait]
pub trait DeliveryTable: Send + Sync + Debug {
    /// Inserts a row unless there is one with this id, and says whether it did.
    ///
    /// # Errors
    ///
    /// The table cannot be written.
    async fn insert(&self, id: &DeliveryId, row: DeliveryRow) -> Result<bool, StoreError>;

    /// The row with this id.
    ///
    /// # Errors
    ///
    /// The table cannot be read. "Broken" is never reported as "absent".
    async fn get(&self, id: &DeliveryId) -> Result<Option<DeliveryRow>, StoreError>;

    /// Replaces the row with this id if it is still `old`, and says whether it did.
    ///
    /// # Errors
    ///
    /// The table cannot be written.
    async fn replace(&self, id: &DeliveryId, old: DeliveryRow, new: DeliveryRow) -> Result<bool, StoreError>;

    /// Removes the row with this id if it is still `old`.
    ///
    /// # Errors
    ///
    /// The table cannot be written.
    async fn remove(&self, id: &DeliveryId, old: DeliveryRow) -> Result<(), StoreError>;
}

const CLAIM: Duration = Duration::from_secs(60);
/// How often a row may change under our hands before that is an error.
const TRIES: usize = 8;

/// Remembers deliveries in a [`DeliveryTable`], for any number of processes.
///
/// Their clocks may differ by less than a claim lasts.
#[derive(Debug)]
pub struct StoredDeliveries<T> {
    table: T,
    env: Arc<dyn Env>,
    claim: Duration,
}

impl<T: DeliveryTable> StoredDeliveries<T> {
    /// Remembers deliveries in `table`; `env` has the clock.
    pub fn new(table: T, env: Arc<dyn Env>) -> Self {
        Self { table, env, claim: CLAIM }
    }

    /// Sets how long a claim lasts, which is how long queueing may take. Default: a minute.
    #[must_use]
    pub fn claim_for(mut self, duration: Duration) -> Self {
        self.claim = duration;
        self
    }

    /// The table.
    pub fn table(&self) -> &T {
        &self.table
    }

    fn row(&self, seen: bool) -> DeliveryRow {
        DeliveryRow { seen, since: self.env.now().as_millisecond() }
    }

    /// Whether a claim has ended at the time of `now`.
    fn has_ended(&self, claim: DeliveryRow, now: DeliveryRow) -> bool {
        let passed = u128::from(now.since.saturating_sub(claim.since).max(0).unsigned_abs());
        // A claim of no length still lasts a moment: otherwise two would have one fence.
        passed >= self.claim.as_millis().max(1)
    }
}

fn unsteady() -> StoreError {
    StoreError::new("webhook deliveries", "a row changed too often while it was read")
}

#[async_trait]
impl<T: DeliveryTable> SeenDeliveries for StoredDeliveries<T> {
    async fn claim(&self, id: &DeliveryId) -> Result<Claim, StoreError> {
        let claim = self.row(false);
        let granted = Claim::Granted(claim.since.unsigned_abs());
        for _ in 0..TRIES {
            if self.table.insert(id, claim).await? {
                return Ok(granted);
            }
            // Released since: once more.
            let Some(found) = self.table.get(id).await? else { continue };
            return Ok(if found.seen {
                Claim::Seen
            } else if self.has_ended(found, claim) && self.table.replace(id, found, claim).await? {
                granted
            } else {
                Claim::Taken
            });
        }
        Err(unsteady())
    }

    async fn mark(&self, id: &DeliveryId) -> Result<(), StoreError> {
        let seen = self.row(true);
        for _ in 0..TRIES {
            if self.table.insert(id, seen).await? {
                return Ok(());
            }
            match self.table.get(id).await? {
                Some(found) if found.seen || self.table.replace(id, found, seen).await? => return Ok(()),
                _ => {}
            }
        }
        Err(unsteady())
    }

    async fn release(&self, id: &DeliveryId, fence: u64) -> Result<(), StoreError> {
        let since = i64::try_from(fence).unwrap_or(i64::MAX);
        self.table.remove(id, DeliveryRow { seen: false, since }).await
    }
}
