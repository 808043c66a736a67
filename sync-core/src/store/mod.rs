//! Where the state of a sync is kept.

mod memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::fmt::Debug;

use async_trait::async_trait;

pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
#[cfg_attr(docsrs, doc(cfg(feature = "postgres")))]
pub use postgres::PostgresStore;
#[cfg(feature = "sqlite")]
#[cfg_attr(docsrs, doc(cfg(feature = "sqlite")))]
pub use sqlite::SqliteStore;

use crate::engine::{Link, LinkId, Projection, ProjectionKey, RecordId};
use crate::{AccountKey, Rev, StoreError, Versioned};

/// Keeps links and projections.
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

    /// Writes what a commit holds, all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`CommitError`]; nothing is then written.
    async fn commit(&self, commit: Commit) -> Result<(), CommitError>;
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

/// What to write at once. Each record comes with the version that was seen, `None` if it was not there.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    /// Links to write.
    pub links: Vec<(Option<Rev>, Link)>,
    /// Links to delete: their create provably did not happen.
    pub gone_links: Vec<(Rev, LinkId)>,
    /// Projections to write.
    pub projections: Vec<(Option<Rev>, Projection)>,
    /// Projections to delete: their create provably did not happen.
    pub gone_projections: Vec<(Rev, ProjectionKey)>,
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
    /// The record is in another link already.
    #[error("record {record} is linked by {by}")]
    Claimed {
        /// The record.
        record: RecordId,
        /// The link that has it.
        by: LinkId,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
