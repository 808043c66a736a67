use std::fmt::Debug;

use super::link::ProjectionKey;
use super::record::{Raw, RecordId, Snapshot};

/// Derives records from a fact: from an invoice a note that tells of it and a task to collect it.
///
/// Facts travel one way. A rule is pure: the same fact always gives the same.
pub trait Rule: Send + Sync + Debug {
    /// What should be there because of `fact`. Nothing is a good answer.
    fn derive(&self, fact: &Snapshot) -> Vec<Wanted>;
}

/// A derived record that should be there.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// Its name, which follows from the fact, such as `moloni:5:doc:42:collect`.
    pub key: ProjectionKey,
    /// The name of the collection it belongs to.
    pub into: String,
    /// The left record whose partner it lives under.
    pub owner: RecordId,
    /// Its fields, in the collection's own names.
    pub fields: Raw,
    /// Whether it is still needed.
    pub life: Life,
}

/// Whether a derived record is still needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It should be there.
    Open,
    /// It has served its purpose: brought up to date if it is there, not created any more.
    Done,
    /// Its fact does not hold any more: amended or cancelled if it is there, never deleted, not created any more.
    Void,
}
