//! A table as a database would have it, and one that fails.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use ghl_contacts::webhooks::{DeliveryId, DeliveryRow, DeliveryTable};
use ghl_contacts::{StoreError, async_trait};

#[derive(Debug, Default)]
pub(crate) struct MemoryTable {
    rows: Mutex<HashMap<DeliveryId, DeliveryRow>>,
    pub(crate) broken: AtomicBool,
}

impl MemoryTable {
    /// What every statement does: others get their turn before it, and the database may be away.
    async fn reach(&self) -> Result<(), StoreError> {
        tokio::task::yield_now().await;
        if self.broken.load(Ordering::SeqCst) {
            return Err(StoreError::new("memory", "away"));
        }
        Ok(())
    }
}

#[async_trait]
impl DeliveryTable for MemoryTable {
    async fn insert(&self, id: &DeliveryId, row: DeliveryRow) -> Result<bool, StoreError> {
        self.reach().await?;
        let mut rows = self.rows.lock().unwrap();
        let new = !rows.contains_key(id);
        rows.entry(id.clone()).or_insert(row);
        Ok(new)
    }

    async fn get(&self, id: &DeliveryId) -> Result<Option<DeliveryRow>, StoreError> {
        self.reach().await?;
        Ok(self.rows.lock().unwrap().get(id).copied())
    }

    async fn replace(&self, id: &DeliveryId, old: DeliveryRow, new: DeliveryRow) -> Result<bool, StoreError> {
        self.reach().await?;
        let mut rows = self.rows.lock().unwrap();
        let same = rows.get(id) == Some(&old);
        if same {
            rows.insert(id.clone(), new);
        }
        Ok(same)
    }

    async fn remove(&self, id: &DeliveryId, old: DeliveryRow) -> Result<(), StoreError> {
        self.reach().await?;
        let mut rows = self.rows.lock().unwrap();
        if rows.get(id) == Some(&old) {
            rows.remove(id);
        }
        Ok(())
    }
}
