mod show;

use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

pub use show::PlanDiff;

use super::guard::{self, GuardClass, Held, Verdict};
use super::link::LinkId;
use super::listing::Listing;
use super::mapping::Mapper;
use super::projection::ProjectionKey;
use super::record::{Fingerprint, RecordId, RecordRef, Side, Snapshot};
use super::rule::FactKey;
use super::value::{FieldValue, Pair};

/// What an engine would do. Making it writes nothing.
///
/// `Display` prints a summary for a person, and `{:#}` the [changes](Self::diff) of each record as well; it serialises with
/// every step, the values before and after included. Two plans are equal if they have the same id.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// Names exactly this plan: the digest of all of it that does something. Who plans the same gets the same id.
    pub id: String,
    /// The guards that have tripped. What they stop is left out until the plan is [approved](super::Engine::approve).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub verdicts: Vec<Verdict>,
    /// What is missing at the services and is created first.
    pub set_up: Vec<String>,
    /// One entry for each left record, and one for each right record that waits for something else than its left one.
    pub records: Vec<PlannedRecord>,
    /// One entry for each derived record.
    pub projections: Vec<PlannedProjection>,
    /// For each collection of facts how many there are, and how many of them nothing follows from.
    pub facts: BTreeMap<String, FactCount>,
    /// The name of the right collection.
    pub target: String,
    /// What it was made from.
    #[serde(skip)]
    pub(super) basis: Arc<Basis>,
}

/// What a plan was made from.
pub(super) struct Basis {
    /// The records of both sides.
    pub(super) listing: Listing,
    /// When they had been listed.
    pub(super) made_at: Timestamp,
    /// The facts, by the left record that they belong to; `None` for those whose owner is not there.
    pub(super) facts: BTreeMap<Option<RecordId>, Arc<[SeenFact]>>,
    /// The sides at which something must be set up.
    pub(super) set_up: Pair<bool>,
    /// The names of both collections.
    pub(super) names: Pair<String>,
}

impl fmt::Debug for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Basis").field("names", &self.names).finish_non_exhaustive()
    }
}

/// A fact as it was listed.
pub(super) struct SeenFact {
    pub(super) key: FactKey,
    /// `None` for a left record: the listing has it.
    pub(super) snapshot: Option<Snapshot>,
}

/// How many facts a collection has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FactCount {
    /// All of them.
    pub read: usize,
    /// Those from which no rule derives anything.
    pub without_effect: usize,
    /// Those whose owner is not among the left records.
    pub without_owner: usize,
}

/// What is planned for one record.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct PlannedRecord {
    /// The pair.
    pub link: LinkId,
    /// The side that it is on.
    #[serde(skip_serializing_if = "is_left")]
    pub side: Side,
    /// Where it is.
    pub at: RecordRef,
    /// What a person knows it by.
    pub label: String,
    /// What to do.
    pub step: RecordStep,
    /// Fields that are left out, and why.
    pub left_out: Vec<String>,
    /// Whether the pair is in the store already.
    #[serde(skip)]
    pub(super) has_link: bool,
}

/// What to do about one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RecordStep {
    /// Create its partner.
    Create,
    /// Pair it with a record that is there, and fill what is empty.
    Link {
        /// The partner.
        partner: RecordRef,
        /// What is filled.
        fill: Vec<Change>,
        /// Fields that differ and are left as they are.
        kept: Vec<String>,
    },
    /// Bring the pair up to date.
    Update {
        /// The partner.
        partner: RecordRef,
        /// What changed. It is compared once more with what is there before anything is written.
        changes: Vec<Change>,
    },
    /// Find out whether a record of the pair that is not listed any more is gone, and do then what the mapping says: end the
    /// pair, delete the partner, or create the record again.
    Missing {
        /// The side that does not list it.
        on: Side,
        /// The record of the other side.
        partner: Option<RecordRef>,
    },
    /// Nothing: it has not changed.
    Unchanged,
    /// Find out what became of a write that was announced and never answered.
    Resume,
    /// Nothing, until a person decides.
    Review {
        /// What is unclear, and what helps.
        reason: String,
    },
}

/// A field that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its name in the mapping.
    pub field: String,
    /// The side that it is written to.
    #[serde(skip_serializing_if = "is_right")]
    pub to: Side,
    /// The value it has, as far as is known; `None` if it is empty.
    pub before: Option<String>,
    /// The value it gets; `None` empties it.
    pub after: Option<String>,
}

/// What is planned for one derived record.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct PlannedProjection {
    /// Its name.
    pub key: ProjectionKey,
    /// The collection it belongs to.
    pub into: String,
    /// The pair whose right record it lives under.
    pub owner: LinkId,
    /// What to do.
    pub step: ProjectionStep,
    /// Whether it must be looked for before it is created.
    #[serde(skip)]
    pub(super) looks: bool,
}

/// What to do about one derived record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProjectionStep {
    /// Create it.
    Create,
    /// Bring it up to date.
    Update,
    /// Nothing: the fact has not changed, or a person deleted it.
    Unchanged,
    /// Find out what became of a write that was announced and never answered.
    Resume,
    /// Nothing: a person must decide about its owner first.
    Waiting,
}

impl PartialEq for Plan {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Plan {
    /// The id of a plan of which this is all that does something.
    pub(super) fn id_of<'a>(
        set_up: &[String],
        records: impl Iterator<Item = &'a PlannedRecord>,
        projections: impl Iterator<Item = &'a PlannedProjection>,
    ) -> String {
        let records: Vec<_> = records.filter(|record| record.step.acts()).collect();
        let projections: Vec<_> = projections.filter(|planned| planned.step.acts()).collect();
        let digest = Fingerprint::of(&(set_up, records, projections));
        digest.as_str().chars().take(12).collect()
    }

    /// The classes that its entries are of.
    pub(super) fn classes(&self, mapper: &dyn Mapper) -> BTreeSet<GuardClass> {
        self.records.iter().flat_map(|record| guard::classes(&record.step, mapper)).collect()
    }

    /// The classes of those that wait.
    pub(super) fn held_by(&self, held: &Held, mapper: &dyn Mapper) -> BTreeSet<GuardClass> {
        let classes = self.records.iter().map(|record| guard::classes(&record.step, mapper));
        let all = classes.filter(|classes| held.holds(classes)).flatten();
        // All of what has tripped waits with the rest.
        let tripped = self.verdicts.iter().filter(|_| held.holds_all()).map(|verdict| verdict.class.clone());
        all.chain(tripped).collect()
    }

    /// How many requests it takes at the right side, if nothing goes wrong: one for each create, two for each update,
    /// because the record is read again before it is written.
    pub fn calls(&self) -> usize {
        let record = |step: &RecordStep| match step {
            RecordStep::Create | RecordStep::Resume => 1,
            RecordStep::Link { fill, .. } if fill.is_empty() => 0,
            RecordStep::Link { .. } | RecordStep::Update { .. } | RecordStep::Missing { .. } => 2,
            RecordStep::Unchanged | RecordStep::Review { .. } => 0,
        };
        let projection = |planned: &PlannedProjection| match planned.step {
            ProjectionStep::Create => 1 + usize::from(planned.looks),
            ProjectionStep::Update => 2,
            ProjectionStep::Resume => 1,
            ProjectionStep::Unchanged | ProjectionStep::Waiting => 0,
        };
        self.set_up.len()
            + self.records.iter().map(|r| record(&r.step)).sum::<usize>()
            + self.projections.iter().map(projection).sum::<usize>()
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_left(side: &Side) -> bool {
    *side == Side::Left
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_right(side: &Side) -> bool {
    *side == Side::Right
}

impl Change {
    /// A value as a person reads it.
    pub(super) fn shown(value: &FieldValue) -> Option<String> {
        match value {
            FieldValue::Text(text) => Some(text.clone()),
            FieldValue::Set(members) => {
                Some(members.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
            }
            FieldValue::Empty | FieldValue::Unknown => None,
        }
    }
}

impl RecordStep {
    /// Whether it does anything.
    pub(super) fn acts(&self) -> bool {
        !matches!(self, Self::Unchanged | Self::Review { .. })
    }

    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Create => "to create",
            Self::Link { fill, .. } if fill.is_empty() => "to link",
            Self::Link { .. } => "to link and fill",
            Self::Update { .. } => "to update",
            Self::Missing { .. } => "not listed any more",
            Self::Unchanged => "unchanged",
            Self::Resume => "to look up",
            Self::Review { .. } => "for review",
        }
    }
}

impl ProjectionStep {
    /// Whether it does anything.
    pub(super) fn acts(self) -> bool {
        !matches!(self, Self::Unchanged | Self::Waiting)
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Create => "to create",
            Self::Update => "to update",
            Self::Unchanged => "unchanged",
            Self::Resume => "to look up",
            Self::Waiting => "waiting for their owner's review",
        }
    }
}
