//! Keeps all pairs going, and tells how they are.

mod http;
mod login;
mod webhooks;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sync_core::engine::{Engine, EngineError};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::Result;
use crate::alerts::{AlertKind, Alerts};
use crate::metrics::Meter;
use crate::pair::Pair;

use self::login::Refused;

pub(crate) use self::http::serve;
pub(crate) use self::webhooks::verifier;

/// The pause after a pair's first failure; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_mins(2);
/// How long work that is under way may take when the service is to stop. What takes longer was announced in the state, and
/// the next start finds out what became of it.
const STOPS_WITHIN: Duration = Duration::from_secs(7);

/// How a pair is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    Starting,
    InSync,
    /// Nothing is done, and this is why.
    Waiting(String),
}

/// One pair of a running service.
pub(crate) struct Running {
    pub(crate) pair: Arc<Pair>,
    pub(crate) meter: Arc<Meter>,
    now: Mutex<(Condition, Option<Engine>)>,
}

impl Running {
    pub(crate) fn condition(&self) -> Condition {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// The engine, once both sides are connected.
    pub(crate) fn engine(&self) -> Option<Engine> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    fn is(&self, condition: Condition) {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).0 = condition;
    }

    /// Why it waits is told once, and not at each attempt.
    fn waits(&self, why: String) {
        let waiting = Condition::Waiting(why.clone());
        if self.condition() != waiting {
            self.meter.alerts().tell(AlertKind::PairStopped, why);
            self.is(waiting);
        }
    }
}

/// All of them.
#[derive(Clone)]
pub(crate) struct Pairs(Arc<[Arc<Running>]>);

impl Pairs {
    pub(crate) fn new(pairs: Vec<Arc<Pair>>, alerts: &Alerts) -> Self {
        let running = pairs.into_iter().map(|pair| {
            let meter = Arc::new(Meter::new(alerts.of(pair.name())));
            Arc::new(Running { pair, meter, now: Mutex::new((Condition::Starting, None)) })
        });
        Self(running.collect())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Running>> + Clone {
        self.0.iter()
    }
}

/// Keeps each pair in sync, in a task of its own, until `stop` completes: what stops one does not stop the others.
pub(crate) async fn supervise(pairs: &Pairs, stop: impl Future<Output = ()>) {
    let (stopping, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    for running in pairs.iter() {
        tasks.spawn(keep(running.clone(), stopped.clone()));
    }
    stop.await;
    let _ = stopping.send(true);
    let all = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(STOPS_WITHIN, all).await.is_err() {
        tracing::warn!("some work takes too long to wait for: the next start finds out what became of it");
    }
}

/// Keeps one pair in sync, and begins anew with what ends it.
async fn keep(running: Arc<Running>, stopped: watch::Receiver<bool>) {
    let mut pause = FIRST_PAUSE;
    let mut refused = None;
    loop {
        let mut stop = stopped.clone();
        let why = tokio::select! {
            // A login or a look at the state is nothing that has to be finished.
            connected = connect_once(&running, &mut refused) => connected,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let why = match why {
            Ok(bridge) => {
                pause = FIRST_PAUSE;
                let mut stop = stopped.clone();
                let stop = async move {
                    let _ = stop.wait_for(|stop| *stop).await;
                };
                match bridge.run(&running.pair.schedule(), stop).await {
                    Ok(()) => return,
                    Err(error) => error.to_string(),
                }
            }
            Err(error) => error.to_string(),
        };
        running.waits(why);
        let mut stop = stopped.clone();
        tokio::select! {
            () = tokio::time::sleep(pause) => {
                // To see whether the settings have another login costs nobody anything.
                pause = if refused.is_some() { FIRST_PAUSE } else { (2 * pause).min(LONGEST_PAUSE) };
            }
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// Connects, unless that takes a login that was refused before.
async fn connect_once(running: &Running, refused: &mut Option<Refused>) -> Result<moloni_ghl::Bridge> {
    let pair = &running.pair;
    if let Some(before) = refused {
        if before.stands(pair) {
            return Err(before.why().into());
        }
        *refused = None;
    }
    let login = pair.moloni_login()?;
    connect(running).await.map_err(|error| {
        *refused = Refused::of(login, error.as_ref());
        refused.as_ref().map_or(error, |refused| refused.why().into())
    })
}

/// Connects both sides, and sees whether anything may be done. Where nobody is to be asked about the first plan, it is
/// applied: that sets up the custom fields.
async fn connect(running: &Running) -> Result<moloni_ghl::Bridge> {
    let bridge = running.pair.connect(running.meter.clone()).await?;
    running.now.lock().unwrap_or_else(PoisonError::into_inner).1 = Some(bridge.engine().clone());
    let engine = bridge.engine();
    let never_ran = engine.store().runs(None, 1).await?.is_empty();
    if never_ran && !running.pair.config.sync.ask_first {
        let run = bridge.apply(bridge.plan().await?, |_| {}).await?;
        tracing::info!(
            pair = running.pair.name(),
            created = run.report.counts.created,
            "the first plan is applied"
        );
    }
    match engine.work("start", 0).await {
        Ok(_) => running.is(Condition::InSync),
        Err(EngineError::Unapproved { message, .. }) => {
            let name = running.pair.name();
            return Err(format!(
                "{message}: look at `sync-service plan --pair {name}`, then `apply --pair {name}`"
            )
            .into());
        }
        Err(error) => return Err(error.into()),
    }
    Ok(bridge)
}
