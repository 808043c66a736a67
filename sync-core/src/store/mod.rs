//! Where the state of a sync is kept.

mod memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::collections::BTreeSet;
use std::fmt::{self, Debug};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
#[cfg_attr(docsrs, doc(cfg(feature = "postgres")))]
pub use postgres::PostgresStore;
#[cfg(feature = "sqlite")]
#[cfg_attr(docsrs, doc(cfg(feature = "sqlite")))]
pub use sqlite::SqliteStore;

use crate::engine::{
    Cursor, Entry, Fact, FactKey, Link, LinkId, PageToken, Projection, ProjectionKey, RecordId, RecordRef,
    Review, ReviewKey, RowDigest, RunId, Side,
};
use crate::queue::{Hint, WorkKey};
use crate::{AccountKey, Rev, StoreError, Versioned};

/// How many rows the methods that search read at once.
const PAGE: usize = 500;

/// Keeps the state of one sync: links, derived records, facts, positions of feeds, questions, the journal.
///
/// A [`commit`](Self::commit) is all or nothing, and returns only when it would survive a crash. Records carry a
/// version, and a commit names the version it saw: of two writers one is told to look again.
#[async_trait]
pub trait Store: Send + Sync + Debug {
    /// Binds the state to a pair of accounts, or checks that it is bound to this one.
    ///
    /// # Errors
    ///
    /// [`BindError::Other`] if it belongs to other accounts: links made for one account mean nothing on another.
    async fn bind(&self, accounts: &Accounts) -> Result<(), BindError>;

    /// A link.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn link(&self, id: &LinkId) -> Result<Option<Versioned<Link>>, StoreError>;

    /// The live link that has a record, or else the one that had it and ended last.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn link_of(&self, side: Side, at: &RecordRef) -> Result<Option<Versioned<Link>>, StoreError>;

    /// The link of each of these records, as [`link_of`](Self::link_of) gives it, in their order. Whoever looks through many
    /// records asks for a page of them at a time; the default asks for one after the other.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn links_of(
        &self,
        side: Side,
        at: &[RecordRef],
    ) -> Result<Vec<Option<Versioned<Link>>>, StoreError> {
        let mut links = Vec::with_capacity(at.len());
        for at in at {
            links.push(self.link_of(side, at).await?);
        }
        Ok(links)
    }

    /// What was [noted](Self::note_known) of each of these records, in their order: `None` where nothing was, where the
    /// record's link was written since, and where that has ended. Whoever looks through many records reads the links of the
    /// others alone. Default: nothing is noted.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn known_as(&self, side: Side, at: &[RecordRef]) -> Result<Vec<Option<RowDigest>>, StoreError> {
        let _ = side;
        Ok(vec![None; at.len()])
    }

    /// Notes beside links what their record of a side showed when nothing followed from it. It is gone as soon as the link
    /// is written or deleted, and is no new version of it. Left out are links that have another version than this, or have
    /// ended. Losing it costs time and no more. Default: nothing is noted.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    async fn note_known(&self, side: Side, known: &[(LinkId, Rev, RowDigest)]) -> Result<(), StoreError> {
        let _ = (side, known);
        Ok(())
    }

    /// At most `limit` of the records of a side that live links have, those that come after `after` in an order of the
    /// store's own.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn records_page(
        &self,
        side: Side,
        after: Option<&RecordRef>,
        limit: usize,
    ) -> Result<Vec<RecordRef>, StoreError>;

    /// At most `limit` live links that are [unfinished](Link::is_unfinished) and whose ids come after `after`, in the
    /// order of their ids (by bytes). There may be others among them. The default looks through all links.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn unfinished_page(&self, after: Option<&LinkId>, limit: usize) -> Result<Vec<LinkId>, StoreError> {
        let (mut found, mut after) = (Vec::new(), after.cloned());
        while found.len() < limit {
            let page = self.links_page(after.as_ref(), limit).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.value.id.clone());
            let links = page.into_iter().map(|found| found.value);
            found.extend(links.filter(|link| link.is_live() && link.is_unfinished()).map(|link| link.id));
        }
        found.truncate(limit);
        Ok(found)
    }

    /// The links with a create on `side` that is announced and not yet answered, in the order of their ids.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn open_creates(&self, side: Side) -> Result<Vec<Link>, StoreError>;

    /// At most `limit` links whose ids come after `after`, in the order of their ids (by bytes).
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn links_page(
        &self,
        after: Option<&LinkId>,
        limit: usize,
    ) -> Result<Vec<Versioned<Link>>, StoreError>;

    /// A projection.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn projection(&self, key: &ProjectionKey) -> Result<Option<Versioned<Projection>>, StoreError>;

    /// The projections of a left record, in the order of their keys.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn projections_of(&self, owner: &RecordId) -> Result<Vec<Versioned<Projection>>, StoreError>;

    /// At most `limit` projections whose keys come after `after`, in the order of their keys (by bytes).
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn projections_page(
        &self,
        after: Option<&ProjectionKey>,
        limit: usize,
    ) -> Result<Vec<Versioned<Projection>>, StoreError>;

    /// A fact.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn fact(&self, key: &FactKey) -> Result<Option<Versioned<Fact>>, StoreError>;

    /// Each of these facts, in their order. The default asks for one after the other.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn facts(&self, keys: &[FactKey]) -> Result<Vec<Option<Versioned<Fact>>>, StoreError> {
        let mut facts = Vec::with_capacity(keys.len());
        for key in keys {
            facts.push(self.fact(key).await?);
        }
        Ok(facts)
    }

    /// The facts that belong to a left record, in the order of their keys.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn facts_of(&self, owner: &RecordId) -> Result<Vec<Fact>, StoreError>;

    /// Where a feed goes on.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn position(&self, feed: &FeedId) -> Result<Option<Versioned<Position>>, StoreError>;

    /// An open question.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn review(&self, key: &ReviewKey) -> Result<Option<Review>, StoreError>;

    /// The open questions about a record, in the order of their keys.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn reviews_about(&self, about: &WorkKey) -> Result<Vec<Review>, StoreError>;

    /// At most `limit` open questions whose keys come after `after`, in the order of their keys (by bytes).
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn reviews_page(&self, after: Option<&ReviewKey>, limit: usize) -> Result<Vec<Review>, StoreError>;

    /// At most `limit` entries of the journal after the one with the number `after`, oldest first, with their numbers.
    /// Numbers grow, and may leave gaps. `about` takes those about one record.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn journal(
        &self,
        about: Option<&WorkKey>,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Entry)>, StoreError>;

    /// At most `limit` entries of the journal that were made in a run, after the one with the number `after`, oldest first.
    /// By default it reads the whole journal.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn journal_of_run(
        &self,
        run: &RunId,
        mut after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Entry)>, StoreError> {
        let mut found = Vec::new();
        while found.len() < limit {
            let page = self.journal(None, after, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            let of_run = page.into_iter().filter(|(_, entry)| entry.run.as_ref() == Some(run));
            found.extend(of_run.take(limit - found.len()));
        }
        Ok(found)
    }

    /// At most `limit` of the runs that the journal tells of, those whose names come before `before` (by bytes), in
    /// falling order: the youngest first. By default it reads the whole journal.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn runs(&self, before: Option<&RunId>, limit: usize) -> Result<Vec<RunId>, StoreError> {
        let (mut runs, mut after) = (BTreeSet::new(), 0);
        loop {
            let page = self.journal(None, after, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            let named = page.into_iter().filter_map(|(_, entry)| entry.run);
            runs.extend(named.filter(|run| before.is_none_or(|before| run < before)));
        }
        Ok(runs.into_iter().rev().take(limit).collect())
    }

    /// The links that have a record, and those that had it when they ended, in no order. By default it reads all links.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn links_with(&self, side: Side, at: &RecordRef) -> Result<Vec<Link>, StoreError> {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = self.links_page(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(found) };
            after = Some(last.value.id.clone());
            let links = page.into_iter().map(|link| link.value);
            found.extend(links.filter(|link| link.ends[side].as_ref() == Some(at)));
        }
    }

    /// Everything that may speak of a record with this id, whatever it is about: at least what has the id in it, and
    /// perhaps more. Default: everything.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    async fn mentioning(&self, id: &RecordId) -> Result<Mentions, StoreError> {
        let _ = id;
        Ok(Mentions {
            links: self.links_page(None, usize::MAX).await?,
            reviews: self.reviews_page(None, usize::MAX).await?,
            journal: self.journal(None, 0, usize::MAX).await?,
        })
    }

    /// Looks at the `limit` oldest entries of the journal, deletes those that are older than `before`, and gives how many
    /// that were.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    async fn trim_journal(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError>;

    /// Makes sure that what was deleted cannot be read from the store's files any more, and gives whether that is
    /// certain. Default: it is not.
    ///
    /// # Errors
    ///
    /// The store failed.
    async fn wipe(&self) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// Writes what a commit holds, all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`CommitError`]; nothing is then written.
    async fn commit(&self, commit: Commit) -> Result<(), CommitError>;

    /// Whether this store is a [`WorkQueue`](crate::queue::WorkQueue) as well, and adds a commit's
    /// [hints](field@Commit::hints) to it in the same step. Default: it is not, and ignores them.
    fn keeps_hints(&self) -> bool {
        false
    }
}

/// What may speak of a record: see [`Store::mentioning`].
#[derive(Debug, Clone, Default)]
pub struct Mentions {
    /// Links.
    pub links: Vec<Versioned<Link>>,
    /// Questions.
    pub reviews: Vec<Review>,
    /// Entries of the journal, with their numbers.
    pub journal: Vec<(u64, Entry)>,
}

/// Names a feed: something that is read from a position on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FeedId(String);

impl FeedId {
    /// A feed with this name, such as `changes of contacts`.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FeedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a feed goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// A change feed's.
    Changes(Cursor),
    /// A listing's: the page after the last one whose hints were taken.
    Listing(Option<PageToken>),
}

/// The two accounts that a state belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accounts {
    /// The left side's.
    pub left: AccountKey,
    /// The right side's.
    pub right: AccountKey,
}

/// Why a state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// It belongs to other accounts.
    #[error("this state belongs to {} and {}, not to {} and {}: use another one for these accounts",
        found.left, found.right, wanted.left, wanted.right)]
    Other {
        /// Whose it is.
        found: Box<Accounts>,
        /// Who asked.
        wanted: Box<Accounts>,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What to write at once. What is versioned comes with the version that was seen, `None` if it was not there.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    /// Links to write. A live link takes its records from links that have ended.
    pub links: Vec<(Option<Rev>, Link)>,
    /// Links to delete: they came to nothing.
    pub gone_links: Vec<(Rev, LinkId)>,
    /// Projections to write.
    pub projections: Vec<(Option<Rev>, Projection)>,
    /// Projections to delete.
    pub gone_projections: Vec<(Rev, ProjectionKey)>,
    /// Facts to write.
    pub facts: Vec<(Option<Rev>, Fact)>,
    /// Facts to delete.
    pub gone_facts: Vec<(Rev, FactKey)>,
    /// Positions to write.
    pub positions: Vec<(Option<Rev>, FeedId, Position)>,
    /// Questions to open. One that is open already keeps the moment when it was first asked.
    pub reviews: Vec<Review>,
    /// Questions to close; nothing happens to those that are not open.
    pub closed_reviews: Vec<ReviewKey>,
    /// Entries to add to the journal, in this order.
    pub journal: Vec<Entry>,
    /// Entries to delete from the journal, by their numbers; nothing happens to those that are not there.
    pub gone_entries: Vec<u64>,
    /// Keys to look at because of it, for a store that [keeps them](Store::keeps_hints).
    pub hints: Vec<Hint>,
}

impl Commit {
    /// Writes one link.
    pub fn link(seen: Option<Rev>, link: Link) -> Self {
        Self { links: vec![(seen, link)], ..Self::default() }
    }

    /// Writes one projection.
    pub fn projection(seen: Option<Rev>, projection: Projection) -> Self {
        Self { projections: vec![(seen, projection)], ..Self::default() }
    }
}

/// Why a commit was not written.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Somebody else wrote this record since it was read.
    #[error("{0} was changed by somebody else meanwhile")]
    Stale(String),
    /// The record is in another live link already.
    #[error("record {} is linked by {by}", record.id)]
    Claimed {
        /// The record.
        record: RecordRef,
        /// The link that has it.
        by: LinkId,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
