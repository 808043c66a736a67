//! A store whose commits are looked at.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use sync_core::engine::{
    Entry, Fact, FactKey, Link, LinkId, Projection, ProjectionKey, RecordId, RecordRef, Review, ReviewKey,
    RowDigest, Side,
};
use sync_core::jiff::Timestamp;
use sync_core::queue::WorkKey;
use sync_core::store::{Accounts, BindError, Commit, CommitError, FeedId, Position, Store};
use sync_core::{Rev, StoreError, Versioned};

/// What is done around each commit.
#[async_trait]
pub(crate) trait Around: Send + Sync + Debug {
    async fn commit(&self, inner: &dyn Store, commit: Commit) -> Result<(), CommitError>;
}

#[derive(Debug, Clone)]
pub(crate) struct SimStore<A, S> {
    pub(crate) around: A,
    pub(crate) inner: Arc<S>,
}

type Result<T, E = StoreError> = std::result::Result<T, E>;

#[async_trait]
impl<A: Around, S: Store> Store for SimStore<A, S> {
    async fn bind(&self, accounts: &Accounts) -> Result<(), BindError> {
        self.inner.bind(accounts).await
    }

    async fn link(&self, id: &LinkId) -> Result<Option<Versioned<Link>>> {
        self.inner.link(id).await
    }

    async fn link_of(&self, side: Side, at: &RecordRef) -> Result<Option<Versioned<Link>>> {
        self.inner.link_of(side, at).await
    }

    async fn links_of(&self, side: Side, at: &[RecordRef]) -> Result<Vec<Option<Versioned<Link>>>> {
        self.inner.links_of(side, at).await
    }

    async fn known_as(&self, side: Side, at: &[RecordRef]) -> Result<Vec<Option<RowDigest>>> {
        self.inner.known_as(side, at).await
    }

    async fn note_known(&self, side: Side, known: &[(LinkId, Rev, RowDigest)]) -> Result<()> {
        self.inner.note_known(side, known).await
    }

    async fn unfinished_page(&self, after: Option<&LinkId>, limit: usize) -> Result<Vec<LinkId>> {
        self.inner.unfinished_page(after, limit).await
    }

    async fn records_page(
        &self,
        side: Side,
        after: Option<&RecordRef>,
        limit: usize,
    ) -> Result<Vec<RecordRef>, StoreError> {
        self.inner.records_page(side, after, limit).await
    }

    async fn open_creates(&self, side: Side) -> Result<Vec<Link>> {
        self.inner.open_creates(side).await
    }

    async fn links_page(&self, after: Option<&LinkId>, limit: usize) -> Result<Vec<Versioned<Link>>> {
        self.inner.links_page(after, limit).await
    }

    async fn projection(&self, key: &ProjectionKey) -> Result<Option<Versioned<Projection>>> {
        self.inner.projection(key).await
    }

    async fn projections_of(&self, owner: &RecordId) -> Result<Vec<Versioned<Projection>>> {
        self.inner.projections_of(owner).await
    }

    async fn projections_page(
        &self,
        after: Option<&ProjectionKey>,
        limit: usize,
    ) -> Result<Vec<Versioned<Projection>>> {
        self.inner.projections_page(after, limit).await
    }

    async fn fact(&self, key: &FactKey) -> Result<Option<Versioned<Fact>>> {
        self.inner.fact(key).await
    }

    async fn facts(&self, keys: &[FactKey]) -> Result<Vec<Option<Versioned<Fact>>>> {
        self.inner.facts(keys).await
    }

    async fn facts_of(&self, owner: &RecordId) -> Result<Vec<Fact>> {
        self.inner.facts_of(owner).await
    }

    async fn position(&self, feed: &FeedId) -> Result<Option<Versioned<Position>>> {
        self.inner.position(feed).await
    }

    async fn review(&self, key: &ReviewKey) -> Result<Option<Review>> {
        self.inner.review(key).await
    }

    async fn reviews_about(&self, about: &WorkKey) -> Result<Vec<Review>> {
        self.inner.reviews_about(about).await
    }

    async fn reviews_page(&self, after: Option<&ReviewKey>, limit: usize) -> Result<Vec<Review>> {
        self.inner.reviews_page(after, limit).await
    }

    async fn journal(&self, about: Option<&WorkKey>, after: u64, limit: usize) -> Result<Vec<(u64, Entry)>> {
        self.inner.journal(about, after, limit).await
    }

    async fn trim_journal(&self, before: Timestamp, limit: usize) -> Result<usize> {
        self.inner.trim_journal(before, limit).await
    }

    fn keeps_hints(&self) -> bool {
        self.inner.keeps_hints()
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        self.around.commit(self.inner.as_ref(), commit).await
    }
}
