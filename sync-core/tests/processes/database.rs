//! The database that the processes share: state, hints and quotas in one, and the parent is told of every commit.

use std::time::Duration;

use async_trait::async_trait;
use sync_core::engine::{Budget, Quota, Taken};
use sync_core::jiff::Timestamp;
use sync_core::queue::{Claim, Hint, Priority, WorkKey, WorkQueue};
use sync_core::store::{Commit, CommitError, Store};
use sync_core::{AccountKey, StoreError};

use crate::commits::Commits;
use crate::remote::Line;
use crate::store::{Around, SimStore};
use crate::wire::What;

/// A process tells of what it has committed before it goes on.
#[async_trait]
impl Around for Line {
    async fn commit(&self, inner: &dyn Store, commit: Commit) -> Result<(), CommitError> {
        let commits = Commits::of(inner, &commit).await?;
        inner.commit(commit).await?;
        self.call("", What::Committed(commits)).await.unwrap();
        Ok(())
    }
}

#[async_trait]
impl<S: WorkQueue> WorkQueue for SimStore<Line, S> {
    async fn mark(&self, hints: &[Hint]) -> Result<(), StoreError> {
        self.inner.mark(hints).await
    }

    async fn claim(&self, worker: &str, max: usize, lease: Duration) -> Result<Vec<Claim>, StoreError> {
        self.inner.claim(worker, max, lease).await
    }

    async fn done(&self, claim: Claim, again: Option<Timestamp>) -> Result<(), StoreError> {
        self.inner.done(claim, again).await
    }

    async fn forget(&self, keys: &[WorkKey]) -> Result<usize, StoreError> {
        self.inner.forget(keys).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.inner.next_due().await
    }
}

#[async_trait]
impl<S: Budget> Budget for SimStore<Line, S> {
    async fn take(
        &self,
        accounts: &[AccountKey],
        priority: Priority,
        cost: u32,
    ) -> Result<Taken, StoreError> {
        self.inner.take(accounts, priority, cost).await
    }

    async fn learn(&self, account: &AccountKey, quota: Quota) -> Result<(), StoreError> {
        self.inner.learn(account, quota).await
    }

    async fn allow(&self, account: &AccountKey, requests: u32, window: Duration) -> Result<(), StoreError> {
        self.inner.allow(account, requests, window).await
    }
}
