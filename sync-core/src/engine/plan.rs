use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::link::{LinkId, ProjectionKey};
use super::mapping::Fields;
use super::record::{Fingerprint, Raw, RecordId, Snapshot};
use super::rule::Life;

/// What a pass would do. Making it writes nothing.
///
/// `Display` prints a summary for a person; it serialises with every step, the values before and after included.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// Names exactly this plan: the digest of its steps.
    pub id: String,
    /// What is missing at the right side and is created first.
    pub set_up: Vec<String>,
    /// One entry for each left record.
    pub records: Vec<PlannedRecord>,
    /// One entry for each derived record.
    pub projections: Vec<PlannedProjection>,
    /// For each collection of facts how many there are, and how many of them nothing follows from.
    pub facts: BTreeMap<String, FactCount>,
    /// The name of the right collection.
    pub target: String,
    /// Whether nothing of ours can be at the right side yet.
    #[serde(skip)]
    pub(super) untouched: bool,
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

/// What is planned for one left record.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct PlannedRecord {
    /// The pair.
    pub link: LinkId,
    /// The left record.
    pub left: RecordId,
    /// What a person knows it by.
    pub label: String,
    /// What to do.
    pub step: RecordStep,
    /// Fields that are left out, and why.
    pub left_out: Vec<String>,
    /// The row as it was listed.
    #[serde(skip)]
    pub(super) row: Fingerprint,
    /// Its canonical fields.
    #[serde(skip)]
    pub(super) fields: Fields,
    /// The partner as it was listed, if the step is to link.
    #[serde(skip)]
    pub(super) right: Option<Snapshot>,
}

/// What to do about one left record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RecordStep {
    /// Create its partner.
    Create,
    /// Pair it with a record that is there, and fill what is empty.
    Link {
        /// The partner.
        right: RecordId,
        /// What is filled.
        fill: Vec<Change>,
        /// Fields that differ and are left as they are.
        kept: Vec<String>,
    },
    /// Bring its partner up to date.
    Update {
        /// The partner.
        right: RecordId,
        /// What changed. It is compared once more with the partner before anything is written.
        changes: Vec<Change>,
    },
    /// Nothing: it has not changed.
    Unchanged,
    /// Find out what became of a create that was announced and never answered.
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
    /// Whether it is still needed.
    #[serde(skip)]
    pub(super) life: Life,
    /// What it should hold.
    #[serde(skip)]
    pub(super) fields: Raw,
    /// The digest of what it should hold.
    #[serde(skip)]
    pub(super) wanted: Fingerprint,
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
    /// Find out what became of a create that was announced and never answered.
    Resume,
    /// Nothing: a person must decide about its owner first.
    Waiting,
}

impl Plan {
    /// How many requests it takes at the right side, if nothing goes wrong: one for each create, two for each
    /// update (the record is read again before it is written).
    pub fn calls(&self) -> usize {
        let record = |step: &RecordStep| match step {
            RecordStep::Create | RecordStep::Resume => 1,
            RecordStep::Link { fill, .. } => usize::from(!fill.is_empty()),
            RecordStep::Update { .. } => 2,
            RecordStep::Unchanged | RecordStep::Review { .. } => 0,
        };
        let projection = |step| match step {
            ProjectionStep::Create | ProjectionStep::Update | ProjectionStep::Resume => 1,
            ProjectionStep::Unchanged | ProjectionStep::Waiting => 0,
        };
        self.set_up.len()
            + self.records.iter().map(|r| record(&r.step)).sum::<usize>()
            + self.projections.iter().map(|p| projection(p.step)).sum::<usize>()
    }
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
        writeln!(f, "  {}: {}", self.target, tally(self.records.iter().map(|r| r.step.word())))?;
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
