use std::fmt;

use serde::Serialize;
use sync_core::engine::Report;

use crate::calls::Tally;

/// What one run did, and what it cost.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Run {
    /// What it did.
    #[serde(flatten)]
    pub report: Report,
    /// What it did to businesses, if they are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub businesses: Option<Report>,
    /// Requests that were to change something.
    pub writes: Tally,
    /// All requests; those for tokens do not count.
    pub calls: Tally,
    /// Requests to HighLevel that no derived record cost, for each contact created, filled or updated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_per_contact: Option<f64>,
}

impl Run {
    pub(super) fn new(report: Report, businesses: Option<Report>, writes: Tally, calls: Tally) -> Self {
        let mut run = Self { report, businesses, writes, calls, calls_per_contact: None };
        run.calls_per_contact = run.per_contact();
        run
    }

    #[allow(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
    fn per_contact(&self) -> Option<f64> {
        let collections = self.report.collections.iter().filter(|(name, _)| *name != "contacts");
        let derived: usize = collections.map(|(_, c)| c.created + c.updated).sum();
        let counts = &self.report.counts;
        let written = counts.created + counts.linked + counts.updated;
        (written > 0).then(|| self.calls.ghl.saturating_sub(derived) as f64 / written as f64)
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.report)?;
        if let Some(businesses) = &self.businesses {
            write!(f, "{businesses}")?;
        }
        let Self { writes, calls, .. } = self;
        write!(f, "HighLevel: {} writes in {} calls", writes.ghl, calls.ghl)?;
        if let Some(per_contact) = self.calls_per_contact {
            write!(f, " ({per_contact:.2} for each contact, notes and tasks apart)")?;
        }
        writeln!(f, "; Moloni: {} writes in {} calls", writes.moloni, calls.moloni)?;
        writeln!(f, "{:.1} s", self.report.elapsed.as_secs_f64())
    }
}
