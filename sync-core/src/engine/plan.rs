use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::link::LinkId;
use super::listing::Listing;
use super::projection::ProjectionKey;
use super::record::{RecordId, RecordRef, Side, Snapshot};
use super::rule::FactKey;
use super::value::Pair;

/// What an engine would do. Making it writes nothing.
///
/// `Display` prints a summary for a person; it serialises with every step, the values before and after included.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// Names exactly this plan: the digest of its steps.
    pub id: String,
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

impl Plan {
    /// How many requests it takes at the right side, if nothing goes wrong: one for each create, two for each update,
    /// because the record is read again before it is written.
    pub fn calls(&self) -> usize {
        let record = |step: &RecordStep| match step {
            RecordStep::Create | RecordStep::Resume => 1,
            RecordStep::Link { fill, .. } if fill.is_empty() => 0,
            RecordStep::Link { .. } | RecordStep::Update { .. } => 2,
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

/// Counts by a word, in the order in which the words first come.
fn tally<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for word in words {
        match counts.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => counts.push((word, 1)),
        }
    }
    counts.iter().map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

impl RecordStep {
    fn word(&self) -> &'static str {
        match self {
            Self::Create => "to create",
            Self::Link { fill, .. } if fill.is_empty() => "to link",
            Self::Link { .. } => "to link and fill",
            Self::Update { .. } => "to update",
            Self::Unchanged => "unchanged",
            Self::Resume => "to look up",
            Self::Review { .. } => "for review",
        }
    }
}

impl ProjectionStep {
    fn word(self) -> &'static str {
        match self {
            Self::Create => "to create",
            Self::Update => "to update",
            Self::Unchanged => "unchanged",
            Self::Resume => "to look up",
            Self::Waiting => "waiting for their owner's review",
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Plan {}", self.id)?;
        for missing in &self.set_up {
            writeln!(f, "  set up: {missing}")?;
        }
        let of = |side| tally(self.records.iter().filter(|r| r.side == side).map(|r| r.step.word()));
        writeln!(f, "  {}: {}", self.target, of(Side::Left))?;
        if self.records.iter().any(|record| record.side == Side::Right) {
            writeln!(f, "  {}: {}", self.basis.names.left, of(Side::Right))?;
        }
        let mut into: Vec<_> = self.projections.iter().map(|p| p.into.as_str()).collect();
        into.sort_unstable();
        into.dedup();
        for name in into {
            let steps = self.projections.iter().filter(|p| p.into == name).map(|p| p.step.word());
            writeln!(f, "  {name}: {}", tally(steps))?;
        }
        for (name, count) in &self.facts {
            write!(f, "  from {} {name}", count.read)?;
            match (count.without_effect, count.without_owner) {
                (0, 0) => writeln!(f)?,
                (0, orphans) => writeln!(f, " ({orphans} without an owner)")?,
                (idle, 0) => writeln!(f, " ({idle} call for nothing)")?,
                (idle, orphans) => writeln!(f, " ({idle} call for nothing, {orphans} without an owner)")?,
            }
        }
        for record in &self.records {
            if let RecordStep::Review { reason } = &record.step {
                writeln!(f, "  review {}: {reason}", record.label)?;
            }
            for field in &record.left_out {
                writeln!(f, "  left out of {}: {field}", record.label)?;
            }
        }
        writeln!(f, "  costs about {} requests", self.calls())
    }
}
