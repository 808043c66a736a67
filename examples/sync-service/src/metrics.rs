//! Counts for Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use sync_core::engine::{FaultKind, ReviewKind};
use sync_core::jiff::{SignedDuration, Timestamp};
use sync_core::{AccountKey, Env, Event, Observer, SystemEnv};

use crate::alerts::{AlertKind, PairAlerts};
use crate::cli::ServiceName;
use crate::service::{Mend, Troubles};
use crate::words;

/// What a service is left alone for without anybody being told.
const LONG: SignedDuration = SignedDuration::from_mins(5);

/// Takes note of what happens to one pair: counts it, and raises alerts.
#[derive(Debug)]
pub(crate) struct Meter {
    alerts: PairAlerts,
    mend: Mend,
    troubles: Troubles,
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
    pub(crate) fn new(alerts: PairAlerts, mend: Mend) -> Self {
        Self { alerts, mend, troubles: Troubles::default(), counts: Mutex::default() }
    }

    /// Tells of this pair.
    pub(crate) fn alerts(&self) -> &PairAlerts {
        &self.alerts
    }

    /// What the accounts cannot do at the moment.
    pub(crate) fn troubles(&self) -> &Troubles {
        &self.troubles
    }

    fn lost(&self, account: &AccountKey, what: &str) {
        let Some(service) = service(account) else { return };
        let why = format!("{what}: {}", self.mend.how(service));
        if self.troubles.lost(service, why.clone()) {
            self.alerts.tell(AlertKind::ConnectionLost, why);
        }
    }

    fn low(&self, account: &AccountKey, until: Timestamp, what: &str) {
        let Some(service) = service(account) else { return };
        let why = format!(
            "{account} {what}: work waits until {until} and goes on by itself; see what else uses this account, and have \
             it send less"
        );
        if self.troubles.low(service, why.clone(), until, now()) {
            self.alerts.tell(AlertKind::QuotaLow, why);
        }
    }

    fn paused(&self, account: &AccountKey, until: Timestamp, kind: FaultKind) {
        match (kind, service(account)) {
            (FaultKind::Throttled { .. }, _) if until.duration_since(now()) > LONG => {
                self.low(account, until, "asks to be left alone");
            }
            (FaultKind::Transient, Some(service)) => {
                if let Some(why) = self.troubles.silent(service, now()) {
                    self.alerts.tell(AlertKind::PairStopped, why);
                }
            }
            _ => {}
        }
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

/// The service's name is the account's up to the colon.
fn name(account: &AccountKey) -> &str {
    account.as_str().split(':').next().unwrap_or_default()
}

fn service(account: &AccountKey) -> Option<ServiceName> {
    match name(account) {
        "ghl" => Some(ServiceName::Ghl),
        "moloni" => Some(ServiceName::Moloni),
        _ => None,
    }
}

fn now() -> Timestamp {
    SystemEnv::new().now()
}

impl Observer for Meter {
    fn on_event(&self, event: &Event<'_>) {
        let label = |account: &AccountKey| format!(",service=\"{}\"", name(account));
        match event {
            Event::Attempt { account, operation, status, .. } => {
                let class = status.map_or("none".to_owned(), |status| format!("{}xx", status / 100));
                self.count("sync_requests_total", format!("{},status=\"{class}\"", label(account)));
                match (service(account), status) {
                    (Some(service), Some(401 | 403)) => self.troubles.refused(service, operation, now()),
                    (Some(service), Some(200..=299)) => self.troubles.answered(service, operation, now()),
                    _ => {}
                }
            }
            Event::Retry { account, .. } => self.count("sync_retries_total", label(account)),
            Event::Throttled { account, .. } => self.count("sync_throttled_total", label(account)),
            Event::TokenRefreshed { account, .. } => {
                self.count("sync_token_refreshes_total", label(account));
            }
            Event::ReconnectNeeded { account, .. } => {
                let Some(service) = service(account) else { return };
                self.troubles.expired(service);
                let what = "the connection has expired or was taken back";
                if self.mend.is_by_itself(service) {
                    tracing::info!(?service, "{what}: the password of the settings is sent once more");
                    self.troubles.lost(service, what.to_owned());
                } else {
                    self.lost(account, what);
                }
            }
            Event::TokenNotSaved { account, .. } => self.alerts.tell(
                AlertKind::ConnectionLost,
                format!(
                    "a new token of {account} could not be stored: mend the database before the service ends"
                ),
            ),
            Event::CallFailed { account, kind, message, .. } => {
                self.count("sync_failed_calls_total", label(account));
                match (kind, service(account)) {
                    (FaultKind::Auth, _) => self.lost(account, message),
                    (FaultKind::Transient, Some(service)) => self.troubles.failed(service, message),
                    _ => {}
                }
            }
            Event::AccountPaused { account, until, kind, .. } => self.paused(account, *until, *kind),
            Event::Quota { account, remaining: 0, resets_at, .. } => {
                self.low(account, *resets_at, "has spent what it may in a day");
            }
            Event::QuotaLow { account, until, .. } => {
                self.low(account, *until, "has nearly spent what it may in a day");
            }
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
                        review.message
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
