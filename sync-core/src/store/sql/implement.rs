//! [`Store`](super::super::Store) on a database of either kind.

/// A session for reading, on a connection of the store's `database`.
macro_rules! session {
    ($store:expr) => {
        Session::new(&$store.database.place, &mut *$store.database.acquire().await?)
    };
}
pub(in super::super) use session;

/// Implements [`Store`](super::Store) on the store's `database`, whose `$begin` begins a transaction that writes. Hints go
/// into the queue by the statements of the `$dialect`, in the commit that they come with.
macro_rules! implement_store {
    ($store:ty, $begin:ident, $dialect:ident) => {
        const _: () = {
            use super::sql::{Session, batch, known, session};
            use super::{Accounts, BindError, Commit, CommitError, FeedId, Mentions, Position, Store};
            use $crate::engine::{
                Entry, Fact, FactKey, Link, LinkId, Projection, ProjectionKey, RecordId, RecordRef, Review,
                ReviewKey, RowDigest, RunId, Side,
            };
            use $crate::queue::WorkKey;
            use $crate::{Rev, StoreError, Versioned};

            #[async_trait::async_trait]
            impl Store for $store {
                async fn bind(&self, accounts: &Accounts) -> Result<(), BindError> {
                    let mut transaction = self.database.$begin().await?;
                    Session::new(&self.database.place, &mut *transaction).bind(accounts).await?;
                    Ok(self.database.end(transaction).await?)
                }

                async fn link(&self, id: &LinkId) -> Result<Option<Versioned<Link>>, StoreError> {
                    session!(self).link(id).await
                }

                async fn link_of(
                    &self,
                    side: Side,
                    at: &RecordRef,
                ) -> Result<Option<Versioned<Link>>, StoreError> {
                    session!(self).link_of(side, at).await
                }

                async fn links_of(
                    &self,
                    side: Side,
                    at: &[RecordRef],
                ) -> Result<Vec<Option<Versioned<Link>>>, StoreError> {
                    session!(self).links_of(&batch::$dialect, side, at).await
                }

                async fn facts(&self, keys: &[FactKey]) -> Result<Vec<Option<Versioned<Fact>>>, StoreError> {
                    session!(self).facts(&batch::$dialect, keys).await
                }

                async fn known_as(
                    &self,
                    side: Side,
                    at: &[RecordRef],
                ) -> Result<Vec<Option<RowDigest>>, StoreError> {
                    session!(self).known_as(&known::$dialect, side, at).await
                }

                async fn note_known(
                    &self,
                    side: Side,
                    noted: &[(LinkId, Rev, RowDigest)],
                ) -> Result<(), StoreError> {
                    let mut transaction = self.database.$begin().await?;
                    let session = &mut Session::new(&self.database.place, &mut *transaction);
                    session.note_known(&known::$dialect, side, noted).await?;
                    self.database.end(transaction).await
                }

                async fn records_page(
                    &self,
                    side: Side,
                    after: Option<&RecordRef>,
                    limit: usize,
                ) -> Result<Vec<RecordRef>, StoreError> {
                    session!(self).records_page(side, after, limit).await
                }

                async fn unfinished_page(
                    &self,
                    after: Option<&LinkId>,
                    limit: usize,
                ) -> Result<Vec<LinkId>, StoreError> {
                    session!(self).unfinished_page(after, limit).await
                }

                async fn open_creates(&self, side: Side) -> Result<Vec<Link>, StoreError> {
                    session!(self).open_creates(side).await
                }

                async fn links_page(
                    &self,
                    after: Option<&LinkId>,
                    limit: usize,
                ) -> Result<Vec<Versioned<Link>>, StoreError> {
                    session!(self).links_page(after, limit).await
                }

                async fn projection(
                    &self,
                    key: &ProjectionKey,
                ) -> Result<Option<Versioned<Projection>>, StoreError> {
                    session!(self).projection(key).await
                }

                async fn projections_of(
                    &self,
                    owner: &RecordId,
                ) -> Result<Vec<Versioned<Projection>>, StoreError> {
                    session!(self).projections_of(owner).await
                }

                async fn projections_page(
                    &self,
                    after: Option<&ProjectionKey>,
                    limit: usize,
                ) -> Result<Vec<Versioned<Projection>>, StoreError> {
                    session!(self).projections_page(after, limit).await
                }

                async fn fact(&self, key: &FactKey) -> Result<Option<Versioned<Fact>>, StoreError> {
                    session!(self).fact(key).await
                }

                async fn facts_of(&self, owner: &RecordId) -> Result<Vec<Fact>, StoreError> {
                    session!(self).facts_of(owner).await
                }

                async fn position(&self, feed: &FeedId) -> Result<Option<Versioned<Position>>, StoreError> {
                    session!(self).position(feed).await
                }

                async fn review(&self, key: &ReviewKey) -> Result<Option<Review>, StoreError> {
                    session!(self).review(key).await
                }

                async fn reviews_about(&self, about: &WorkKey) -> Result<Vec<Review>, StoreError> {
                    session!(self).reviews_about(about).await
                }

                async fn reviews_page(
                    &self,
                    after: Option<&ReviewKey>,
                    limit: usize,
                ) -> Result<Vec<Review>, StoreError> {
                    session!(self).reviews_page(after, limit).await
                }

                async fn journal(
                    &self,
                    about: Option<&WorkKey>,
                    after: u64,
                    limit: usize,
                ) -> Result<Vec<(u64, Entry)>, StoreError> {
                    session!(self).journal(about, after, limit).await
                }

                async fn journal_of_run(
                    &self,
                    run: &RunId,
                    after: u64,
                    limit: usize,
                ) -> Result<Vec<(u64, Entry)>, StoreError> {
                    session!(self).journal_of_run(run, after, limit).await
                }

                async fn runs(&self, before: Option<&RunId>, limit: usize) -> Result<Vec<RunId>, StoreError> {
                    session!(self).runs(before, limit).await
                }

                async fn links_with(&self, side: Side, at: &RecordRef) -> Result<Vec<Link>, StoreError> {
                    session!(self).links_with(side, at).await
                }

                async fn mentioning(&self, id: &RecordId) -> Result<Mentions, StoreError> {
                    session!(self).mentioning(id).await
                }

                async fn trim_journal(
                    &self,
                    before: jiff::Timestamp,
                    limit: usize,
                ) -> Result<usize, StoreError> {
                    let mut transaction = self.database.$begin().await?;
                    let session = &mut Session::new(&self.database.place, &mut *transaction);
                    let trimmed = session.trim_journal(before, limit).await?;
                    self.database.end(transaction).await?;
                    Ok(trimmed)
                }

                async fn wipe(&self) -> Result<bool, StoreError> {
                    self.database.wipe().await
                }

                async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
                    let mut transaction = self.database.$begin().await?;
                    let (place, connection) = (&self.database.place, &mut *transaction);
                    Session::new(place, connection).commit(&commit).await?;
                    let (statements, now) = (&$crate::queue::sql::$dialect, self.env.now());
                    let mut queue = crate::queue::sql::Session { place, connection, statements, now };
                    queue.mark(&commit.hints).await?;
                    Ok(self.database.end(transaction).await?)
                }

                fn keeps_hints(&self) -> bool {
                    true
                }
            }
        };
    };
}
pub(in super::super) use implement_store;
