//! What a person should know soon goes to the log, and to an address.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use sync_core::http::reqwest;
use sync_core::jiff::Timestamp;
use sync_core::secrecy::ExposeSecret;
use sync_core::{Env, SecretString, SystemEnv};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::config::SecretRef;

/// How often an alert is sent until it arrives.
const ATTEMPTS: u32 = 5;
/// The pause after the first attempt; each further one is twice as long.
const PAUSE: Duration = Duration::from_secs(1);
/// How long the last alerts may take when the service stops.
const LAST: Duration = Duration::from_secs(2);
/// How many alerts may wait. What comes beyond is in the log.
const WAITING: usize = 1000;

/// Why somebody should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AlertKind {
    ConnectionLost,
    ReviewOpened,
    GuardTripped,
    QuotaLow,
    PoisonRecord,
    PairStopped,
}

/// What is posted. It holds ids, and no values of people's records.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Alert {
    pub(crate) kind: AlertKind,
    pub(crate) pair: String,
    /// What happened, and what to do.
    pub(crate) message: String,
    pub(crate) at: Timestamp,
}

/// Sends alerts.
pub(crate) struct Alerts {
    sender: mpsc::Sender<Alert>,
    task: JoinHandle<()>,
}

impl Alerts {
    /// Begins to send to this address, or to where it is named.
    pub(crate) fn start(target: Option<&str>, base: &Path) -> Result<Self, String> {
        let target: Option<SecretString> = match target {
            None => None,
            Some(text) => Some(match SecretRef::named(text) {
                Some(named) => named.read("service.alerts", base)?,
                None => text.to_owned().into(),
            }),
        };
        if let Some(target) = &target {
            let is_url =
                reqwest::Url::parse(target.expose_secret()).is_ok_and(|url| url.scheme().starts_with("http"));
            if !is_url {
                return Err("service.alerts: this is no http address".to_owned());
            }
        }
        let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build();
        let client = client.map_err(|error| format!("service.alerts: {error}"))?;
        let (sender, mut alerts) = mpsc::channel::<Alert>(WAITING);
        let task = tokio::spawn(async move {
            while let Some(alert) = alerts.recv().await {
                if let Some(target) = &target {
                    send(&client, target, &alert).await;
                }
            }
        });
        Ok(Self { sender, task })
    }

    /// Where to tell of one pair.
    pub(crate) fn of(&self, pair: &str) -> PairAlerts {
        PairAlerts { sender: self.sender.clone(), pair: pair.to_owned() }
    }

    /// Sends what waits.
    pub(crate) async fn finish(self) {
        let Self { sender, task } = self;
        drop(sender);
        if tokio::time::timeout(LAST, task).await.is_err() {
            tracing::warn!("some alerts were not sent: they are in the log");
        }
    }
}

/// Tells of one pair.
#[derive(Debug, Clone)]
pub(crate) struct PairAlerts {
    sender: mpsc::Sender<Alert>,
    pair: String,
}

impl PairAlerts {
    /// Logs an alert and sends it. Does not wait.
    pub(crate) fn tell(&self, kind: AlertKind, message: impl Into<String>) {
        let (pair, message) = (self.pair.clone(), message.into());
        tracing::warn!(%pair, ?kind, "{message}");
        let alert = Alert { kind, pair, message, at: SystemEnv::new().now() };
        if self.sender.try_send(alert).is_err() {
            tracing::error!(pair = %self.pair, "too many alerts wait: the last one is only in the log");
        }
    }
}

async fn send(client: &reqwest::Client, target: &SecretString, alert: &Alert) {
    let Ok(body) = serde_json::to_string(alert) else { return };
    let mut pause = PAUSE;
    for attempt in 1..=ATTEMPTS {
        let request = client.post(target.expose_secret()).header("content-type", "application/json");
        match request.body(body.clone()).send().await {
            Ok(answer) if answer.status().is_success() => return,
            Ok(answer) => tracing::warn!(attempt, status = answer.status().as_u16(), "an alert was refused"),
            // The address may be a secret.
            Err(error) => tracing::warn!(attempt, error = %error.without_url(), "an alert was not sent"),
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    tracing::error!(kind = ?alert.kind, pair = %alert.pair, "an alert was given up");
}
