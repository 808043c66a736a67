use std::fmt::{self, Debug};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::projection::ProjectionKey;
use super::record::{Fingerprint, Raw, RecordId, RecordRef, Snapshot};

/// Names a fact: a record of the left side from which others are derived.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FactKey {
    /// The name of its collection.
    pub collection: String,
    /// Where it is.
    pub at: RecordRef,
}

impl FactKey {
    /// A record of the collection.
    pub fn new(collection: impl Into<String>, at: RecordRef) -> Self {
        Self { collection: collection.into(), at }
    }
}

impl fmt::Display for FactKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.collection, self.at.id)
    }
}

/// A fact as it was last seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Its name.
    pub key: FactKey,
    /// The left record that it belongs to, if any.
    pub owner: Option<RecordId>,
    /// Tells two states of it apart.
    pub fingerprint: Fingerprint,
    /// Its fields.
    pub raw: Raw,
    /// A moment before it was asked for. What was listed before that may be older than this.
    #[serde(default)]
    pub seen_at: Timestamp,
}

impl Fact {
    /// Whether another look has shown the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint && self.owner == other.owner
    }
}

/// Derives records from a fact: from an invoice a note that tells of it and a task to collect it.
///
/// Facts travel one way. A rule is pure: the same fact on the same day always gives the same.
pub trait Rule: Send + Sync + Debug {
    /// What should be there because of `fact`; [`Derived::nothing`] is a good answer. `today` is the day in UTC.
    fn derive(&self, fact: &Snapshot, today: Date) -> Derived;
}

/// What follows from a fact.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Derived {
    /// The left record that the fact belongs to. What is derived lives under its partner.
    pub owner: Option<RecordId>,
    /// What should be there.
    pub wanted: Vec<Wanted>,
    /// When more follows although the fact does not change, such as on the day after an invoice was due.
    pub recheck_at: Option<Timestamp>,
}

impl Derived {
    /// Nothing follows, and the fact belongs to nobody.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Nothing follows yet from a fact that belongs to this left record.
    pub fn of(owner: impl fmt::Display) -> Self {
        Self { owner: Some(RecordId::new(owner)), ..Self::default() }
    }

    /// Adds a record that should be there.
    #[must_use]
    pub fn want(mut self, wanted: Wanted) -> Self {
        self.wanted.push(wanted);
        self
    }

    /// Derives once more at this moment.
    #[must_use]
    pub fn recheck_at(mut self, moment: Timestamp) -> Self {
        self.recheck_at = Some(moment);
        self
    }
}

/// A derived record that should be there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// Its name, which follows from the fact, such as `moloni:5:doc:42:collect`.
    pub key: ProjectionKey,
    /// The name of the collection it belongs to.
    pub into: String,
    /// Its fields, in the collection's own names.
    pub fields: Raw,
    /// Whether it is still needed.
    pub life: Life,
}

/// Whether a derived record is still needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Life {
    /// It should be there.
    Open,
    /// It has served its purpose: brought up to date if it is there, not created any more.
    Done,
    /// Its fact does not hold any more: amended or cancelled if it is there, never deleted, not created any more.
    Void,
}

/// Adds computed fields to a left record before the mapping reads it, such as the turnover of a customer's invoices. So
/// they are compared and written like any other field, and a contact has one writer.
pub trait Enrich: Send + Sync + Debug {
    /// Adds fields to `raw`, under names of its own. `facts` are those that belong to the record, `today` is the day in
    /// UTC. Must be pure.
    fn enrich(&self, facts: &[Fact], today: Date, raw: &mut Raw);

    /// When the fields become others although no fact changes, such as on the day after an invoice was due. Default:
    /// never.
    fn recheck_at(&self, _facts: &[Fact], _today: Date) -> Option<Timestamp> {
        None
    }
}
