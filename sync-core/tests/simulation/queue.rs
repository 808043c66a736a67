//! The queue in memory, which tells what is claimed and ended when a history is traced.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sync_core::StoreError;
use sync_core::jiff::Timestamp;
use sync_core::queue::{Claim, Hint, MemoryQueue, WorkKey, WorkQueue};

use crate::world::World;

#[derive(Debug)]
pub(crate) struct SimQueue {
    world: World,
    inner: MemoryQueue,
}

impl SimQueue {
    pub(crate) fn new(world: World) -> Self {
        Self { inner: MemoryQueue::new(Arc::new(world.clone())), world }
    }

    fn trace(&self, what: impl FnOnce() -> String) {
        let state = self.world.lock();
        if state.trace {
            eprintln!("{:>7}   {}", state.time, what());
        }
    }
}

#[async_trait]
impl WorkQueue for SimQueue {
    async fn mark(&self, hints: &[Hint]) -> Result<(), StoreError> {
        self.trace(|| {
            format!("hint {:?}", hints.iter().map(|hint| hint.key.to_string()).collect::<Vec<_>>())
        });
        self.inner.mark(hints).await
    }

    async fn claim(&self, worker: &str, max: usize, lease: Duration) -> Result<Vec<Claim>, StoreError> {
        let claims = self.inner.claim(worker, max, lease).await?;
        for claim in &claims {
            self.trace(|| format!("claim {} as {}", claim.key, claim.fence));
        }
        Ok(claims)
    }

    async fn done(&self, claim: Claim, again: Option<Timestamp>) -> Result<(), StoreError> {
        self.trace(|| format!("done {} as {}, again {again:?}", claim.key, claim.fence));
        self.inner.done(claim, again).await
    }

    async fn forget(&self, keys: &[WorkKey]) -> Result<usize, StoreError> {
        self.inner.forget(keys).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.inner.next_due().await
    }
}
