//! What is to be looked at, by whom, and when.
//!
//! A [`Hint`] says only "look at this key again". Hints may be lost, doubled, late and out of order: whoever works on a
//! key reads both sides and decides by what is there. So a queue may forget everything; the sweep finds it again.

mod memory;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) mod sql;

use std::collections::HashMap;
use std::fmt::{self, Debug};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use memory::MemoryQueue;

use crate::StoreError;
use crate::engine::{FactKey, LinkId, ProjectionKey, RecordRef, Side};

/// What a piece of work is about. At most one worker has a key at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WorkKey {
    /// A record that is in no pair yet: find or create its partner.
    Birth(Side, RecordRef),
    /// A pair: bring both records together.
    Link(LinkId),
    /// A fact: derive what follows from it.
    Fact(FactKey),
    /// A derived record: bring it up to date.
    Projection(ProjectionKey),
    /// The sync as a whole: what a guard's question is about. There is nothing to work on.
    Sync,
}

impl fmt::Display for WorkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Birth(Side::Left, at) => write!(f, "left record {}", at.id),
            Self::Birth(Side::Right, at) => write!(f, "right record {}", at.id),
            Self::Link(id) => write!(f, "pair {id}"),
            Self::Fact(key) => write!(f, "fact {key}"),
            Self::Projection(key) => write!(f, "derived record {key}"),
            Self::Sync => f.write_str("the whole sync"),
        }
    }
}

/// How urgent a hint is. Older hints move up: one of a lower priority comes before a new one of a higher priority once
/// it has waited longer by the difference of their [`handicap`](Self::handicap)s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// A person waits for it.
    Interactive,
    /// Something has just changed.
    Event,
    /// It failed before.
    Retry,
    /// It is there, and was never looked at.
    Backfill,
    /// It is looked at again, to be sure.
    Sweep,
}

impl Priority {
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    const ALL: [Self; 5] = [Self::Interactive, Self::Event, Self::Retry, Self::Backfill, Self::Sweep];

    /// How long hints of this priority stand behind those that came at the same moment and are interactive.
    pub const fn handicap(self) -> Duration {
        Duration::from_secs(match self {
            Self::Interactive => 0,
            Self::Event => 10,
            Self::Retry => 60,
            Self::Backfill => 600,
            Self::Sweep => 3600,
        })
    }

    /// What a hint is sorted by that came at this moment. So old ones move up.
    fn rank(self, since: Timestamp) -> Timestamp {
        since.checked_add(self.handicap()).unwrap_or(Timestamp::MAX)
    }
}

/// Puts what is due in the order in which it is claimed, from rank, tenant and key: the first of each tenant, then the
/// second of each.
fn in_turns<K: Ord>(mut due: Vec<(Timestamp, String, K)>) -> Vec<K> {
    due.sort();
    let mut turns: HashMap<String, usize> = HashMap::new();
    let mut order: Vec<_> = due
        .into_iter()
        .map(|(rank, tenant, key)| {
            let turn = turns.entry(tenant).or_default();
            *turn += 1;
            (*turn, rank, key)
        })
        .collect();
    order.sort();
    order.into_iter().map(|(.., key)| key).collect()
}

/// A key to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Which one.
    pub key: WorkKey,
    /// Whose it is. Tenants take turns, so that a large one does not keep the others waiting.
    pub tenant: String,
    /// How urgent it is.
    pub priority: Priority,
    /// Not before this moment, `None` for at once.
    pub not_before: Option<Timestamp>,
}

impl Hint {
    /// Look at `key` of `tenant`, at once.
    pub fn new(key: WorkKey, tenant: impl Into<String>, priority: Priority) -> Self {
        Self { key, tenant: tenant.into(), priority, not_before: None }
    }

    /// Not before `moment`.
    #[must_use]
    pub fn not_before(mut self, moment: Timestamp) -> Self {
        self.not_before = Some(moment);
        self
    }
}

/// The right to work on a key for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Which key.
    pub key: WorkKey,
    /// Whose it is.
    pub tenant: String,
    /// How urgent it was.
    pub priority: Priority,
    /// Tells this claim from later ones of the same key. Grows.
    pub fence: u64,
    /// How often the key was claimed without being done.
    pub attempt: u32,
}

/// Keeps hints until somebody has worked on them.
///
/// The suite `conformance::work_queue` checks an implementation.
#[async_trait]
pub trait WorkQueue: Send + Sync + Debug {
    /// Adds hints. Those of one key become one: the most urgent priority and the earliest moment of them count. A hint
    /// for a key that is being worked on makes it be looked at once more afterwards.
    ///
    /// # Errors
    ///
    /// The queue cannot be written; none or all are added.
    async fn mark(&self, hints: &[Hint]) -> Result<(), StoreError>;

    /// Takes at most `max` keys that are due, for `lease` from now on. A key whose lease ends without a
    /// [`done`](Self::done) is due again.
    ///
    /// # Errors
    ///
    /// The queue cannot be read and written.
    async fn claim(&self, worker: &str, max: usize, lease: Duration) -> Result<Vec<Claim>, StoreError>;

    /// Ends the work on a key. It is due `again` at that moment, or at once if it was hinted meanwhile, or forgotten.
    /// A claim whose lease has ended and that somebody else has taken changes nothing.
    ///
    /// # Errors
    ///
    /// The queue cannot be written; the key is then due again when the lease ends.
    async fn done(&self, claim: Claim, again: Option<Timestamp>) -> Result<(), StoreError>;

    /// Deletes these keys, whoever is working on them, and gives how many there were.
    ///
    /// # Errors
    ///
    /// The queue cannot be written.
    async fn forget(&self, keys: &[WorkKey]) -> Result<usize, StoreError>;

    /// When the next key is due, `None` if there is none at all. Keys that are being worked on count from the end of
    /// their lease.
    ///
    /// # Errors
    ///
    /// The queue cannot be read.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;
}
