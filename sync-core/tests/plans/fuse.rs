//! A process that can be killed, and a store that can fail, at any step.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sync_core::engine::{
    Budget, Entry, Fact, FactKey, Link, LinkId, MemoryBudget, Projection, ProjectionKey, Quota, RecordId,
    RecordRef, Review, ReviewKey, RowDigest, Side, Taken,
};
use sync_core::jiff::Timestamp;
use sync_core::queue::{Claim, Hint, MemoryQueue, Priority, WorkKey, WorkQueue};
use sync_core::store::{Accounts, BindError, Commit, CommitError, FeedId, MemoryStore, Position, Store};
use sync_core::{AccountKey, ManualEnv, Rev, StoreError, Versioned, async_trait};
use tokio::sync::Notify;

/// Counts the steps of a process and kills it at one of them.
#[derive(Debug, Default)]
pub(crate) struct Fuse {
    /// Steps that are left; 0 if it is not lit.
    left: AtomicUsize,
    dead: Notify,
}

impl Fuse {
    /// Kills the process at the `step`th step from now, counted from 1. 0 puts the fuse out.
    pub(crate) fn light(&self, step: usize) {
        self.left.store(step, Ordering::Relaxed);
    }

    /// Takes a step and says whether it is the last one.
    pub(crate) fn is_last(&self) -> bool {
        let left = self.left.load(Ordering::Relaxed);
        self.left.store(left.saturating_sub(1), Ordering::Relaxed);
        left == 1
    }

    /// Takes a step, perhaps the last one.
    pub(crate) async fn step(&self) {
        if self.is_last() {
            self.die().await;
        }
    }

    /// Ends the process: nothing of it goes on.
    pub(crate) async fn die(&self) {
        self.dead.notify_one();
        pending::<()>().await;
    }

    /// Completes when the process has died.
    pub(crate) async fn dead(&self) {
        self.dead.notified().await;
    }
}

/// When a commit fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failing {
    /// Nothing is written.
    Before,
    /// It is written, but the answer is lost.
    After,
}

/// A store that dies with its process or fails by itself.
#[derive(Debug)]
pub(crate) struct FragileStore {
    inner: MemoryStore,
    /// For an engine that keeps its queue and its budget in here as well.
    queue: MemoryQueue,
    budget: MemoryBudget,
    fuse: Arc<Fuse>,
    before: Fuse,
    after: Fuse,
    /// How many links of records were asked for.
    asked: AtomicUsize,
}

impl FragileStore {
    pub(crate) fn new(fuse: Arc<Fuse>, env: &Arc<ManualEnv>) -> Self {
        Self {
            inner: MemoryStore::new(),
            queue: MemoryQueue::new(env.clone()),
            budget: MemoryBudget::new(env.clone()),
            fuse,
            before: Fuse::default(),
            after: Fuse::default(),
            asked: AtomicUsize::new(0),
        }
    }

    /// How many links of records were asked for since the last look.
    pub(crate) fn take_asked(&self) -> usize {
        self.asked.swap(0, Ordering::Relaxed)
    }

    /// Lets the `nth` commit from now fail, counted from 1.
    pub(crate) fn fail(&self, nth: usize, when: Failing) {
        match when {
            Failing::Before => self.before.light(nth),
            Failing::After => self.after.light(nth),
        }
    }
}

fn broken() -> CommitError {
    StoreError::new("fragile", "the disk is full").into()
}

#[async_trait]
impl Store for FragileStore {
    async fn bind(&self, accounts: &Accounts) -> Result<(), BindError> {
        self.inner.bind(accounts).await
    }

    async fn link(&self, id: &LinkId) -> Result<Option<Versioned<Link>>, StoreError> {
        self.inner.link(id).await
    }

    async fn link_of(&self, side: Side, at: &RecordRef) -> Result<Option<Versioned<Link>>, StoreError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.inner.link_of(side, at).await
    }

    async fn known_as(&self, side: Side, at: &[RecordRef]) -> Result<Vec<Option<RowDigest>>, StoreError> {
        self.inner.known_as(side, at).await
    }

    async fn note_known(&self, side: Side, known: &[(LinkId, Rev, RowDigest)]) -> Result<(), StoreError> {
        self.inner.note_known(side, known).await
    }

    async fn records_page(
        &self,
        side: Side,
        after: Option<&RecordRef>,
        limit: usize,
    ) -> Result<Vec<RecordRef>, StoreError> {
        self.inner.records_page(side, after, limit).await
    }

    async fn open_creates(&self, side: Side) -> Result<Vec<Link>, StoreError> {
        self.inner.open_creates(side).await
    }

    async fn links_page(
        &self,
        after: Option<&LinkId>,
        limit: usize,
    ) -> Result<Vec<Versioned<Link>>, StoreError> {
        self.inner.links_page(after, limit).await
    }

    async fn projection(&self, key: &ProjectionKey) -> Result<Option<Versioned<Projection>>, StoreError> {
        self.inner.projection(key).await
    }

    async fn projections_of(&self, owner: &RecordId) -> Result<Vec<Versioned<Projection>>, StoreError> {
        self.inner.projections_of(owner).await
    }

    async fn projections_page(
        &self,
        after: Option<&ProjectionKey>,
        limit: usize,
    ) -> Result<Vec<Versioned<Projection>>, StoreError> {
        self.inner.projections_page(after, limit).await
    }

    async fn fact(&self, key: &FactKey) -> Result<Option<Versioned<Fact>>, StoreError> {
        self.inner.fact(key).await
    }

    async fn facts_of(&self, owner: &RecordId) -> Result<Vec<Fact>, StoreError> {
        self.inner.facts_of(owner).await
    }

    async fn position(&self, feed: &FeedId) -> Result<Option<Versioned<Position>>, StoreError> {
        self.inner.position(feed).await
    }

    async fn review(&self, key: &ReviewKey) -> Result<Option<Review>, StoreError> {
        self.inner.review(key).await
    }

    async fn reviews_about(&self, about: &WorkKey) -> Result<Vec<Review>, StoreError> {
        self.inner.reviews_about(about).await
    }

    async fn reviews_page(&self, after: Option<&ReviewKey>, limit: usize) -> Result<Vec<Review>, StoreError> {
        self.inner.reviews_page(after, limit).await
    }

    async fn journal(
        &self,
        about: Option<&WorkKey>,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Entry)>, StoreError> {
        self.inner.journal(about, after, limit).await
    }

    async fn trim_journal(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.inner.trim_journal(before, limit).await
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        self.fuse.step().await;
        if self.before.is_last() {
            return Err(broken());
        }
        let hints = commit.hints.clone();
        self.inner.commit(commit).await?;
        self.queue.mark(&hints).await?;
        if self.after.is_last() {
            return Err(broken());
        }
        self.fuse.step().await;
        Ok(())
    }

    fn keeps_hints(&self) -> bool {
        true
    }
}

#[async_trait]
impl WorkQueue for FragileStore {
    async fn mark(&self, hints: &[Hint]) -> Result<(), StoreError> {
        self.fuse.step().await;
        self.queue.mark(hints).await
    }

    async fn claim(&self, worker: &str, max: usize, lease: Duration) -> Result<Vec<Claim>, StoreError> {
        self.queue.claim(worker, max, lease).await
    }

    async fn done(&self, claim: Claim, again: Option<sync_core::jiff::Timestamp>) -> Result<(), StoreError> {
        self.fuse.step().await;
        self.queue.done(claim, again).await?;
        self.fuse.step().await;
        Ok(())
    }

    async fn next_due(&self) -> Result<Option<sync_core::jiff::Timestamp>, StoreError> {
        self.queue.next_due().await
    }

    async fn forget(&self, keys: &[WorkKey]) -> Result<usize, StoreError> {
        self.queue.forget(keys).await
    }
}

#[async_trait]
impl Budget for FragileStore {
    async fn take(
        &self,
        accounts: &[AccountKey],
        priority: Priority,
        cost: u32,
    ) -> Result<Taken, StoreError> {
        self.budget.take(accounts, priority, cost).await
    }

    async fn learn(&self, account: &AccountKey, quota: Quota) -> Result<(), StoreError> {
        self.budget.learn(account, quota).await
    }

    async fn allow(&self, account: &AccountKey, requests: u32, window: Duration) -> Result<(), StoreError> {
        self.budget.allow(account, requests, window).await
    }
}
