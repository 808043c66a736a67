//! The suite fails on stores that are wrong.

use sync_core::engine::{Link, LinkId, Projection, ProjectionKey};
use sync_core::store::{Accounts, BindError, Commit, CommitError, MemoryStore, Store};
use sync_core::{Rev, StoreError, Versioned, async_trait, conformance};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mistake {
    LastWriterWins,
    CommitsHalf,
    ChecksTooEarly,
    ForgetsProjections,
    PagesAreShort,
    BindsToAnyone,
}

#[derive(Debug)]
struct Careless {
    right: MemoryStore,
    mistake: Mistake,
}

impl Careless {
    fn shortened(&self, limit: usize) -> usize {
        if self.mistake == Mistake::PagesAreShort && limit > 1 { limit - 1 } else { limit }
    }

    async fn present(&self, id: &LinkId) -> Result<Option<Rev>, StoreError> {
        Ok(self.right.link(id).await?.map(|link| link.rev))
    }
}

#[async_trait]
impl Store for Careless {
    async fn bind(&self, accounts: &Accounts) -> Result<(), BindError> {
        if self.mistake == Mistake::BindsToAnyone { Ok(()) } else { self.right.bind(accounts).await }
    }

    async fn link(&self, id: &LinkId) -> Result<Option<Versioned<Link>>, StoreError> {
        self.right.link(id).await
    }

    async fn links_page(
        &self,
        after: Option<&LinkId>,
        limit: usize,
    ) -> Result<Vec<Versioned<Link>>, StoreError> {
        self.right.links_page(after, self.shortened(limit)).await
    }

    async fn projection(&self, key: &ProjectionKey) -> Result<Option<Versioned<Projection>>, StoreError> {
        self.right.projection(key).await
    }

    async fn projections_page(
        &self,
        after: Option<&ProjectionKey>,
        limit: usize,
    ) -> Result<Vec<Versioned<Projection>>, StoreError> {
        self.right.projections_page(after, self.shortened(limit)).await
    }

    async fn commit(&self, mut commit: Commit) -> Result<(), CommitError> {
        match self.mistake {
            Mistake::LastWriterWins => {
                for (seen, link) in &mut commit.links {
                    *seen = self.present(&link.id).await?;
                }
            }
            Mistake::ForgetsProjections => commit.projections.clear(),
            Mistake::CommitsHalf => {
                for (seen, link) in commit.links.drain(..) {
                    self.right.commit(Commit::link(seen, link)).await?;
                }
            }
            Mistake::ChecksTooEarly => {
                for (seen, link) in &mut commit.links {
                    let found = self.present(&link.id).await?;
                    if found != *seen {
                        return Err(CommitError::Stale(link.id.to_string()));
                    }
                    tokio::task::yield_now().await;
                    *seen = self.present(&link.id).await?;
                }
            }
            Mistake::PagesAreShort | Mistake::BindsToAnyone => {}
        }
        self.right.commit(commit).await
    }
}

async fn check(mistake: Mistake) {
    let make = async || Careless { right: MemoryStore::new(), mistake };
    conformance::store::check(make).await;
}

#[tokio::test]
#[should_panic(expected = "is stale, got Ok")]
async fn a_store_without_versions_fails() {
    check(Mistake::LastWriterWins).await;
}

#[tokio::test]
#[should_panic(expected = "a projection comes back as it was written")]
async fn a_store_that_forgets_fails() {
    check(Mistake::ForgetsProjections).await;
}

#[tokio::test]
#[should_panic(expected = "a commit with a stale record writes nothing")]
async fn a_store_without_transactions_fails() {
    check(Mistake::CommitsHalf).await;
}

#[tokio::test]
#[should_panic(expected = "that saw one version, one wins")]
async fn a_store_that_races_fails() {
    check(Mistake::ChecksTooEarly).await;
}

#[tokio::test]
#[should_panic(expected = "a page is full while there are records")]
async fn a_store_with_short_pages_fails() {
    check(Mistake::PagesAreShort).await;
}

#[tokio::test]
#[should_panic(expected = "belongs to other accounts is refused")]
async fn a_store_for_anyone_fails() {
    check(Mistake::BindsToAnyone).await;
}
