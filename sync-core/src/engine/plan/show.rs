//! Plans as a person reads them.

use std::fmt;

use super::{Change, Plan, PlannedRecord, ProjectionStep, RecordStep};
use crate::engine::record::Side;
use crate::engine::value::Pair;

/// How many records `{:#}` shows.
const SHOWN: usize = 50;

/// What a plan changes, record by record: see [`Plan::diff`].
#[derive(Clone, Copy)]
pub struct PlanDiff<'a> {
    plan: &'a Plan,
    limit: usize,
}

impl Plan {
    /// What it changes, record by record, of the first `limit` ones that change. It shows values, which may be personal.
    ///
    /// ```text
    /// ~ 1001 name: "Ana" -> "Ana Lima"
    /// + 1002 create
    /// = 1003 link with 77
    ///     phone: "" -> "+351910000001"
    ///     city: "Faro" -> "Lagos" (in customers)
    /// - 1004 not listed in customers any more
    /// ? 1005 to look up
    /// ... and 4 more
    /// ```
    ///
    /// Where the left side is written, the name of its collection stands behind.
    pub fn diff(&self, limit: usize) -> PlanDiff<'_> {
        PlanDiff { plan: self, limit }
    }
}

impl fmt::Debug for PlanDiff<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlanDiff").field("plan", &self.plan.id).field("limit", &self.limit).finish()
    }
}

impl fmt::Display for PlanDiff<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let records = self.plan.records.iter().filter(|record| record.step.acts());
        let projections = self.plan.projections.iter().filter(|planned| planned.step.acts());
        let all = records.clone().count() + projections.clone().count();
        for record in records.clone().take(self.limit) {
            record.show(f, &self.plan.basis.names)?;
        }
        let left = self.limit.saturating_sub(records.count());
        for planned in projections.take(left) {
            let sign = match planned.step {
                ProjectionStep::Create => '+',
                ProjectionStep::Update => '~',
                _ => '?',
            };
            writeln!(f, "{sign} {} {} {}", planned.into, planned.key, planned.step.word())?;
        }
        match all.saturating_sub(self.limit) {
            0 => Ok(()),
            more => writeln!(f, "... and {more} more"),
        }
    }
}

impl PlannedRecord {
    fn show(&self, f: &mut fmt::Formatter<'_>, names: &Pair<String>) -> fmt::Result {
        let of = if self.side == Side::Right { format!(" of {}", names.right) } else { String::new() };
        let label = format!("{}{of}", self.label);
        match &self.step {
            RecordStep::Create => writeln!(f, "+ {label} create"),
            RecordStep::Link { partner, fill, .. } => {
                writeln!(f, "= {label} link with {}", partner.id)?;
                changes(f, fill, names)
            }
            RecordStep::Update { changes, .. } if changes.is_empty() => writeln!(f, "~ {label} look again"),
            RecordStep::Update { changes: one, .. } if one.len() == 1 => {
                write!(f, "~ {label} ")?;
                one.iter().try_for_each(|change| change.show(f, names))
            }
            RecordStep::Update { changes: several, .. } => {
                writeln!(f, "~ {label} update")?;
                changes(f, several, names)
            }
            RecordStep::Missing { on, .. } => writeln!(f, "- {label} not listed in {} any more", names[*on]),
            RecordStep::Resume => writeln!(f, "? {label} to look up"),
            RecordStep::Unchanged | RecordStep::Review { .. } => Ok(()),
        }
    }
}

/// A line for each, below the record's.
fn changes(f: &mut fmt::Formatter<'_>, changes: &[Change], names: &Pair<String>) -> fmt::Result {
    changes.iter().try_for_each(|change| {
        f.write_str("    ")?;
        change.show(f, names)
    })
}

impl Change {
    fn show(&self, f: &mut fmt::Formatter<'_>, names: &Pair<String>) -> fmt::Result {
        let quoted = |value: &Option<String>| format!("{:?}", value.as_deref().unwrap_or_default());
        write!(f, "{}: {} -> {}", self.field, quoted(&self.before), quoted(&self.after))?;
        if self.to == Side::Left { writeln!(f, " (in {})", names.left) } else { writeln!(f) }
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
        for verdict in &self.verdicts {
            writeln!(f, "  stopped: {verdict}")?;
        }
        for record in &self.records {
            if let RecordStep::Review { reason } = &record.step {
                writeln!(f, "  review {}: {reason}", record.label)?;
            }
            for field in &record.left_out {
                writeln!(f, "  left out of {}: {field}", record.label)?;
            }
        }
        writeln!(f, "  costs about {} requests", self.calls())?;
        if f.alternate() { self.diff(SHOWN).fmt(f) } else { Ok(()) }
    }
}
