//! Counts for Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use sync_core::engine::{FaultKind, ReviewKind};
use sync_core::{Event, Observer};

use crate::alerts::{AlertKind, PairAlerts};
use crate::words;

/// Takes note of what happens to one pair: counts it, and raises alerts.
#[derive(Debug)]
pub(crate) struct Meter {
    alerts: PairAlerts,
    counts: Mutex<BTreeMap<(&'static str, String), u64>>,
}

/// Name, help.
const COUNTERS: [(&str, &str); 8] = [
    ("sync_requests_total", "Requests that went out."),
    ("sync_retries_total", "Calls that were repeated."),
    ("sync_throttled_total", "Requests that a rate limit refused."),
    ("sync_token_refreshes_total", "Token pairs that were renewed."),
    ("sync_reviews_total", "Questions that were opened."),
    ("sync_guards_total", "Times that a guard stopped something."),
    ("sync_failed_calls_total", "Calls that failed for the engine."),
    ("sync_runs_total", "Polls, sweeps and plans that ended."),
];

impl Meter {
    pub(crate) fn new(alerts: PairAlerts) -> Self {
        Self { alerts, counts: Mutex::default() }
    }

    /// Tells of this pair.
    pub(crate) fn alerts(&self) -> &PairAlerts {
        &self.alerts
    }

    fn count(&self, name: &'static str, labels: String) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((name, labels)).or_default() += 1;
    }

    fn of(&self, name: &str) -> Vec<(String, u64)> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().filter(|((n, _), _)| *n == name).map(|((_, labels), n)| (labels.clone(), *n)).collect()
    }
}

/// All pairs' counts in Prometheus' text format. Names of pairs and all labels are plain texts without quotes.
pub(crate) fn render<'a>(pairs: impl Iterator<Item = (&'a str, &'a Meter, bool)> + Clone) -> String {
    let mut text = String::new();
    // Writing to a text does not fail.
    let _ = writeln!(text, "# HELP sync_up Whether the pair is being kept in sync.\n# TYPE sync_up gauge");
    for (pair, _, up) in pairs.clone() {
        let _ = writeln!(text, "sync_up{{pair=\"{pair}\"}} {}", u8::from(up));
    }
    for (name, help) in COUNTERS {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter");
        for (pair, meter, _) in pairs.clone() {
            for (labels, n) in meter.of(name) {
                let _ = writeln!(text, "{name}{{pair=\"{pair}\"{labels}}} {n}");
            }
        }
    }
    text
}

impl Observer for Meter {
    fn on_event(&self, event: &Event<'_>) {
        // The service's name is the account's up to the colon.
        let service = |account: &sync_core::AccountKey| {
            let name = account.as_str().split(':').next().unwrap_or_default();
            format!(",service=\"{name}\"")
        };
        match event {
            Event::Attempt { account, status, .. } => {
                let status = status.map_or("none".to_owned(), |status| format!("{}xx", status / 100));
                self.count("sync_requests_total", format!("{},status=\"{status}\"", service(account)));
            }
            Event::Retry { account, .. } => self.count("sync_retries_total", service(account)),
            Event::Throttled { account, .. } => self.count("sync_throttled_total", service(account)),
            Event::TokenRefreshed { account, .. } => {
                self.count("sync_token_refreshes_total", service(account));
            }
            Event::ReconnectNeeded { account, .. } => self.alerts.tell(
                AlertKind::ConnectionLost,
                format!("{account} must be connected again: run `sync-service connect`"),
            ),
            Event::TokenNotSaved { account, .. } => self.alerts.tell(
                AlertKind::ConnectionLost,
                format!(
                    "a new token of {account} could not be stored: mend the database before the service ends"
                ),
            ),
            Event::CallFailed { account, .. } => self.count("sync_failed_calls_total", service(account)),
            Event::AccountPaused { account, kind: FaultKind::Auth, .. } => self.alerts.tell(
                AlertKind::ConnectionLost,
                format!("{account} refuses the service: `sync-service check` tells what to mend"),
            ),
            Event::QuotaLow { account, until, .. } => self.alerts.tell(
                AlertKind::QuotaLow,
                format!("what {account} allows is nearly spent: work waits until {until}"),
            ),
            Event::ReviewOpened { review, .. } => {
                self.count("sync_reviews_total", format!(",kind=\"{}\"", review.kind));
                let kind = match review.kind {
                    // It has an event of its own.
                    ReviewKind::Guard => return,
                    ReviewKind::Poison => AlertKind::PoisonRecord,
                    _ => AlertKind::ReviewOpened,
                };
                self.alerts.tell(
                    kind,
                    format!(
                        "{}: {}; see `sync-service review list`",
                        words::about(&review.about),
                        words::message(review)
                    ),
                );
            }
            Event::GuardTripped { guard, message, .. } => {
                self.count("sync_guards_total", format!(",guard=\"{guard}\""));
                self.alerts.tell(
                    AlertKind::GuardTripped,
                    format!("{guard}: {message}; see `sync-service plan` and `apply`"),
                );
            }
            Event::RunFinished { .. } => self.count("sync_runs_total", String::new()),
            _ => {}
        }
    }
}
