use std::fmt;
use std::sync::Arc;

use super::builder::EngineBuilder;
use super::collection::Collection;
use super::feed::Found;
use super::journal::RunId;
use super::mapping::Mapper;
use super::reconcile::Outcome;
use super::record::{RecordRef, Side};
use super::rule::FactKey;
use super::runtime::{EngineError, Runtime, Source};
use super::side_names::SideNames;
use crate::queue::{Priority, WorkKey, WorkQueue};
use crate::store::Store;

/// Keeps two collections in sync. Cheap to clone; clones share everything.
///
/// Everything begins with a hint: "look at this record again". Hints come from [`hint`](Self::hint) (a webhook, a
/// person), [`poll`](Self::poll), [`backfill`](Self::backfill) and [`sweep`](Self::sweep), and lie in the queue until
/// [`run`](Self::run) or [`drain`](Self::drain) work on them. Or do a whole run at a time, after a look at what it
/// would do: [`plan`](Self::plan) and [`apply`](Self::apply).
#[derive(Clone)]
pub struct Engine {
    pub(super) runtime: Runtime,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.runtime.fmt(f)
    }
}

impl Engine {
    /// Begins an engine that keeps `left` and `right` in sync as `mapper` says.
    ///
    /// `name` names the sync, and with it the left account and collection, such as `moloni:5:customer`: links are named
    /// after it, and the markers of created records. It never changes.
    pub fn builder(
        name: impl Into<String>,
        left: Arc<dyn Collection>,
        right: Arc<dyn Collection>,
        mapper: impl Mapper + 'static,
    ) -> EngineBuilder {
        EngineBuilder::new(name.into(), left, right, Arc::new(mapper))
    }

    pub(super) fn from_runtime(runtime: Runtime) -> Self {
        Self { runtime }
    }

    /// What people call the sides: for what you say yourself of a question or a record.
    pub fn sides(&self) -> &SideNames {
        &self.runtime.sides
    }

    /// Where the state is kept.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.runtime.store
    }

    /// Where hints wait.
    pub fn queue(&self) -> &Arc<dyn WorkQueue> {
        &self.runtime.queue
    }

    /// Makes sure that the state belongs to the accounts behind both sides. [`run`](Self::run), [`plan`](Self::plan) and
    /// the feeds do it first, each time; what only works on hints does it once for each engine.
    ///
    /// # Errors
    ///
    /// [`EngineError::Bind`] if it belongs to others.
    pub async fn bind(&self) -> Result<(), EngineError> {
        self.runtime.bind().await
    }

    /// Says that a record may have changed, was created or deleted.
    ///
    /// # Errors
    ///
    /// The store or the queue failed.
    pub async fn hint(&self, side: Side, at: &RecordRef, priority: Priority) -> Result<(), EngineError> {
        self.runtime.hint_record(side, at, priority).await
    }

    /// Says that a fact may have changed.
    ///
    /// # Errors
    ///
    /// The queue failed.
    pub async fn hint_fact(&self, key: &FactKey, priority: Priority) -> Result<(), EngineError> {
        self.runtime.mark([WorkKey::Fact(key.clone())], priority).await.map(drop)
    }

    /// Works on one key now, and tells what it came to: at most one write, and when to look again. For a queue of your
    /// own; whoever calls it sees to [`Outcome::again`](field@Outcome::again) and [`Outcome::hints`].
    ///
    /// # Errors
    ///
    /// [`EngineError`] if the engine cannot go on. What only this key has trouble with is in the outcome.
    pub async fn reconcile(&self, key: &WorkKey) -> Result<Outcome, EngineError> {
        self.runtime.make_sure_bound().await?;
        self.runtime.make_sure_approved().await?;
        self.runtime.reconcile(key, Priority::Event, Source::Live).await
    }

    /// How the journal names what this engine does beside [`apply`](Self::apply): see
    /// [`EngineBuilder::session`](super::EngineBuilder::session).
    pub fn session(&self) -> &RunId {
        &self.runtime.run
    }

    /// Asks a side for what has changed since last time, and hints it. A side without a change feed is swept.
    ///
    /// # Errors
    ///
    /// The side cannot be read, the state belongs to other accounts, or no plan was ever approved
    /// ([`Guards::first_run`](super::Guards::first_run)). The feed then goes on where it was.
    pub async fn poll(&self, side: Side) -> Result<Found, EngineError> {
        self.runtime.bind().await?;
        self.runtime.make_sure_approved().await?;
        match Box::pin(self.runtime.poll(side)).await? {
            Some(found) => Ok(found),
            None => Box::pin(self.runtime.sweep(side)).await,
        }
    }

    /// Asks a collection of facts for what has changed since last time, and hints what follows. One without a change feed
    /// is [swept](Self::sweep_facts); of one with a feed a sweep finds what the feed does not tell of.
    ///
    /// # Errors
    ///
    /// As [`poll`](Self::poll); or no collection of facts has this name.
    pub async fn poll_facts(&self, collection: &str) -> Result<Found, EngineError> {
        self.runtime.bind().await?;
        self.runtime.make_sure_approved().await?;
        match Box::pin(self.runtime.poll_facts(collection)).await? {
            Some(found) => Ok(found),
            None => self.runtime.sweep_facts(collection).await,
        }
    }

    /// Hints every record of a side that is not as both sides agreed, page by page. One that is interrupted goes on
    /// where it was; one that is complete begins anew.
    ///
    /// # Errors
    ///
    /// As [`poll`](Self::poll).
    pub async fn backfill(&self, side: Side) -> Result<Found, EngineError> {
        self.runtime.bind().await?;
        self.runtime.make_sure_approved().await?;
        self.runtime.backfill(side).await
    }

    /// Compares a whole side with what is known: hints what differs, what is not listed any more, and what was left
    /// undone. It finds what no event told of.
    ///
    /// # Errors
    ///
    /// As [`poll`](Self::poll).
    pub async fn sweep(&self, side: Side) -> Result<Found, EngineError> {
        self.runtime.bind().await?;
        self.runtime.make_sure_approved().await?;
        Box::pin(self.runtime.sweep(side)).await
    }

    /// Looks through the facts of a collection, and hints what follows from those that changed. One that is not listed any
    /// more keeps what follows from it: say so by [`hint_fact`](Self::hint_fact), and it is asked for.
    ///
    /// # Errors
    ///
    /// As [`poll`](Self::poll); or no collection of facts has this name.
    pub async fn sweep_facts(&self, collection: &str) -> Result<Found, EngineError> {
        self.runtime.bind().await?;
        self.runtime.make_sure_approved().await?;
        self.runtime.sweep_facts(collection).await
    }
}
