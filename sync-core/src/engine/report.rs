use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::journal::RunId;
use crate::{Event, Observer};

/// How far an [`apply`](super::Engine::apply) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Records and derived records that are done.
    pub done: usize,
    /// All of them.
    pub total: usize,
}

/// What an [`apply`](super::Engine::apply) did.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The name of the run in the journal, by which it can be [undone](super::Engine::undo).
    pub run: RunId,
    /// The left records, each counted once.
    #[serde(flatten)]
    pub counts: Counts,
    /// The same for each collection that was written, the partners of the left records included.
    pub collections: BTreeMap<String, Counts>,
    /// What a person must decide.
    pub reviews: Vec<Remark>,
    /// What failed. A later run tries again.
    pub failures: Vec<Remark>,
    /// What was done otherwise than planned, because it had changed since.
    pub changed: Vec<Changed>,
    /// What a guard has held back, in words.
    pub held: Vec<String>,
    /// The id of the plan that is left because of that: [approve](super::Engine::approve) it, and apply it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approve: Option<String>,
    /// What was done, but not quite as asked: values that were left out, or that the service stored differently.
    pub remarks: Vec<Remark>,
    /// Why the run ended early, if it did. The records that it did not get to count as failed.
    pub stopped: Option<String>,
    /// How long it took.
    #[serde(rename = "elapsed_ms", serialize_with = "millis")]
    pub elapsed: Duration,
}

fn millis<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// Records by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// Created.
    pub created: usize,
    /// Were paired before, and brought up to date.
    pub updated: usize,
    /// Paired with a record that was there, filled or not.
    pub linked: usize,
    /// Were paired before, and are no more: a record is gone, and its partner perhaps deleted as well.
    pub ended: usize,
    /// Nothing to do.
    pub unchanged: usize,
    /// Left to a person, or waiting for one who must decide about the owner.
    pub review: usize,
    /// Held back by a guard.
    pub held: usize,
    /// Failed.
    pub failed: usize,
}

impl Counts {
    /// All of them.
    pub fn total(&self) -> usize {
        let done = self.created + self.updated + self.linked + self.ended + self.unchanged;
        done + self.review + self.held + self.failed
    }
}

/// An entry of a plan that was not done as planned. Holds no values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Changed {
    /// The collection.
    pub collection: String,
    /// What a person knows the record by.
    pub record: String,
    /// The step that was planned.
    pub planned: String,
    /// What was done.
    pub done: String,
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: planned {}, done: {}", self.collection, self.record, self.planned, self.done)
    }
}

/// A sentence about one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Remark {
    /// The collection.
    pub collection: String,
    /// What a person knows the record by.
    pub record: String,
    /// The sentence.
    pub message: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.collection, self.record, self.message)
    }
}

/// How one record ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    Created,
    Updated,
    Linked,
    Ended,
    Unchanged,
    Held,
    Review(Option<String>),
    Failed(Option<String>),
}

impl Ending {
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Linked => "linked",
            Self::Ended => "ended",
            Self::Unchanged => "unchanged",
            Self::Held => "held back",
            Self::Review(_) => "left to a person",
            Self::Failed(_) => "failed",
        }
    }
}

impl Report {
    pub(super) fn add(&mut self, collection: &str, record: &str, ending: Ending) {
        let counts = self.collections.entry(collection.to_owned()).or_default();
        let remark =
            |message| Remark { collection: collection.to_owned(), record: record.to_owned(), message };
        match ending {
            Ending::Created => counts.created += 1,
            Ending::Updated => counts.updated += 1,
            Ending::Linked => counts.linked += 1,
            Ending::Ended => counts.ended += 1,
            Ending::Held => counts.held += 1,
            Ending::Unchanged => counts.unchanged += 1,
            Ending::Review(why) => {
                counts.review += 1;
                self.reviews.extend(why.map(remark));
            }
            Ending::Failed(why) => {
                counts.failed += 1;
                self.failures.extend(why.map(remark));
            }
        }
    }

    /// Notes why something was held back, once.
    pub(super) fn hold(&mut self, why: String) {
        if !self.held.contains(&why) {
            self.held.push(why);
        }
    }

    pub(super) fn remark(&mut self, collection: &str, record: &str, message: String) {
        self.remarks.push(Remark { collection: collection.to_owned(), record: record.to_owned(), message });
    }

    /// Tells an observer of the run.
    pub(super) fn told_of(&self, run: &str, observer: &dyn Observer) {
        let sum = |of: fn(&Counts) -> usize| self.collections.values().map(of).sum();
        let looked_at: usize = sum(Counts::total);
        let unchanged: usize = sum(|counts| counts.unchanged);
        let worked_on = looked_at.saturating_sub(unchanged);
        let failed = sum(|counts| counts.failed);
        observer.on_event(&Event::RunFinished { run, looked_at, worked_on, failed });
    }

    /// Whether anything failed.
    pub fn has_failed(&self) -> bool {
        self.stopped.is_some() || self.collections.values().any(|c| c.failed > 0)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<12}{:>9}{:>9}{:>9}{:>11}{:>8}{:>8}",
            "", "created", "updated", "linked", "unchanged", "review", "failed"
        )?;
        for (name, c) in &self.collections {
            writeln!(
                f,
                "{name:<12}{:>9}{:>9}{:>9}{:>11}{:>8}{:>8}",
                c.created, c.updated, c.linked, c.unchanged, c.review, c.failed
            )?;
        }
        for (name, Counts { ended, held, .. }) in &self.collections {
            if ended + held > 0 {
                writeln!(f, "{name}: {ended} pairs ended, {held} held back")?;
            }
        }
        for words in &self.held {
            writeln!(f, "held back: {words}")?;
        }
        if let Some(plan) = &self.approve {
            writeln!(f, "to go on with that, approve plan {plan}")?;
        }
        for changed in &self.changed {
            writeln!(f, "changed since: {changed}")?;
        }
        for failure in &self.failures {
            writeln!(f, "failed: {failure}")?;
        }
        for remark in &self.remarks {
            writeln!(f, "note: {remark}")?;
        }
        if let Some(why) = &self.stopped {
            writeln!(f, "stopped early: {why}")?;
        }
        Ok(())
    }
}
