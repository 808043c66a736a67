//! Keeps all pairs going, and tells how they are.

mod http;
mod login;
mod trouble;
mod webhooks;

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moloni_ghl::{Bridge, BridgeError};
use sync_core::engine::{Engine, EngineError};
use sync_core::{Env, StoreError, SystemEnv};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::Result;
use crate::alerts::{AlertKind, Alerts};
use crate::metrics::Meter;
use crate::pair::Pair;
use crate::storage::silence;

use self::login::{Logins, Refused};

pub(crate) use self::http::serve;
pub(crate) use self::login::Mend;
pub(crate) use self::trouble::Troubles;
pub(crate) use self::webhooks::verifier;

/// The pause after a pair's first failure; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_mins(2);
/// How long work that is under way may take when the service is to stop. What takes longer was announced in the state, and
/// the next start finds out what became of it.
const STOPS_WITHIN: Duration = Duration::from_secs(7);

/// A pair that fell counts as in sync again once it has gone on for so long: what fails, fails at the first poll as a rule.
const SETTLES_WITHIN: Duration = Duration::from_secs(10);
/// A cause that comes back later than this is told again, and the pauses begin anew.
const WELL: Duration = Duration::from_mins(10);

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
        match self.state() {
            // It runs, and an account refuses what it is asked for.
            Condition::InSync => {
                let why = self.meter.troubles().why(SystemEnv::new().now());
                why.map_or(Condition::InSync, Condition::Waiting)
            }
            other => other,
        }
    }

    fn state(&self) -> Condition {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// The engine, once both sides are connected.
    pub(crate) fn engine(&self) -> Option<Engine> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    fn works_with(&self, engine: Option<Engine>) {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).1 = engine;
    }

    fn is(&self, condition: Condition) {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).0 = condition;
    }

    /// Why it waits is told once, and not at each attempt.
    fn waits(&self, why: Why, told: &mut BTreeSet<String>) {
        if told.insert(why.cause) {
            self.meter.alerts().tell(AlertKind::PairStopped, &why.text);
        }
        self.is(Condition::Waiting(why.text));
    }
}

/// Why a pair waits.
struct Why {
    text: String,
    /// What stays the same where the cause does.
    cause: String,
}

impl Why {
    fn new(error: &(dyn Error + 'static)) -> Self {
        let text = error.to_string();
        let of_store = error.is::<StoreError>()
            || matches!(error.downcast_ref(), Some(BridgeError::Engine(EngineError::Store(_))))
            || matches!(error.downcast_ref(), Some(EngineError::Store(_)));
        let cause = if of_store {
            // What a database says of itself changes while it goes and comes.
            "the state".to_owned()
        } else {
            // It may tell how many seconds are left, or name the answer's trace.
            let end = text.find(" [trace ").unwrap_or(text.len());
            text.get(..end).unwrap_or(&text).chars().filter(|c| !c.is_ascii_digit()).collect()
        };
        Self { text: if of_store { format!("{text}; it goes on by itself then") } else { text }, cause }
    }
}

/// All of them.
#[derive(Clone)]
pub(crate) struct Pairs(Arc<[Arc<Running>]>);

impl Pairs {
    pub(crate) fn new(pairs: Vec<Arc<Pair>>, alerts: &Alerts) -> Self {
        let running = pairs.into_iter().map(|pair| {
            let mend = Mend::new(&pair.config);
            let meter = Arc::new(Meter::new(alerts.of(pair.name()), mend));
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
    let (mut pause, mut refused, mut told, mut fell) = (FIRST_PAUSE, None, BTreeSet::new(), false);
    let env = SystemEnv::new();
    loop {
        let mut stop = stopped.clone();
        let connected = tokio::select! {
            // A login or a look at the state is nothing that has to be finished.
            connected = connect_once(&running, &mut refused) => connected,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let why = match connected {
            Ok((bridge, logins)) => {
                let began = env.monotonic();
                let ended = run(&running, &bridge, &logins, stopped.clone(), !fell).await;
                if env.monotonic().saturating_sub(began) >= WELL {
                    pause = FIRST_PAUSE;
                    told.clear();
                }
                fell = ended.is_err();
                ended.err().map(|error| Why::new(&error))
            }
            Err(error) => Some(Why::new(error.as_ref())),
        };
        if *stopped.borrow() {
            return;
        }
        if let Some(why) = why {
            // A webhook comes again, and must not wait for what does not answer.
            running.works_with(None);
            running.waits(why, &mut told);
        }
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

/// Runs a pair until it is to stop, cannot go on, or has to be connected anew.
async fn run(
    running: &Running,
    bridge: &Bridge,
    logins: &Logins,
    mut stopped: watch::Receiver<bool>,
    is_well: bool,
) -> std::result::Result<(), BridgeError> {
    if is_well {
        running.is(Condition::InSync);
    }
    let ends = async {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => {}
            () = logins.outdated(running) => {}
        }
    };
    let schedule = running.pair.schedule();
    let mut run = std::pin::pin!(bridge.run(&schedule, ends));
    let run = async {
        tokio::select! {
            ended = &mut run => return ended,
            () = tokio::time::sleep(SETTLES_WITHIN) => running.is(Condition::InSync),
        }
        run.await
    };
    tokio::select! {
        ended = run => ended,
        // What was under way was announced in the state, as where the process ends.
        error = silence(&running.pair.storage, bridge.engine().store().as_ref()) => {
            Err(EngineError::from(error).into())
        }
    }
}

/// Connects, unless that takes a login that was refused before.
async fn connect_once(running: &Running, refused: &mut Option<Refused>) -> Result<(Bridge, Logins)> {
    let pair = &running.pair;
    if let Some(before) = refused {
        if before.stands(pair) {
            return Err(before.why().into());
        }
        *refused = None;
    }
    let logins = Logins::of(pair)?;
    match connect(running).await {
        Ok(bridge) => Ok((bridge, logins)),
        Err(error) => {
            *refused = logins.refused(error.as_ref());
            Err(match refused {
                Some(refused) => refused.why().into(),
                None => login::explained(error, pair),
            })
        }
    }
}

/// Connects both sides, and sees whether anything may be done. Where nobody is to be asked about the first plan, it is
/// applied: that sets up the custom fields.
async fn connect(running: &Running) -> Result<Bridge> {
    let bridge = running.pair.connect(running.meter.clone()).await?;
    running.meter.troubles().connected();
    running.works_with(Some(bridge.engine().clone()));
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
        Ok(_) => {}
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
