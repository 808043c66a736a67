//! Time, chance and the two services: everything outside of the engine. One lock, one thread.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use sync_core::engine::{Pair, Side};
use sync_core::jiff::{SignedDuration, Timestamp};
use sync_core::{Env, SystemEnv};

use crate::ledger::Ledger;
use crate::notes::Notes;
use crate::rng::Rng;
use crate::service::{Contents, Op, Reply, Service};
use crate::settings::Settings;

/// When a write landed, and what the record was like then.
pub(crate) type Landed = Option<(u64, Contents)>;

/// A write on its way: it lands at its moment, whatever has become of the worker that sent it.
#[derive(Debug)]
pub(crate) struct InFlight {
    pub(crate) number: u64,
    pub(crate) lands_at: u64,
    pub(crate) side: Side,
    pub(crate) op: Op,
    /// What the sender had seen of the record, as of when.
    pub(crate) seen_as_of: u64,
    /// Whether the sender gets the answer.
    pub(crate) answered: bool,
}

pub(crate) struct State {
    pub(crate) rng: Rng,
    pub(crate) settings: Settings,
    /// Milliseconds that have passed.
    pub(crate) time: u64,
    /// How far the wall clock has jumped.
    pub(crate) offset: i64,
    pub(crate) services: Pair<Service>,
    pub(crate) notes: Notes,
    pub(crate) in_flight: Vec<InFlight>,
    /// Answers that wait for their sender, with what the record was like when the write landed.
    pub(crate) replies: Vec<(u64, Reply, Landed)>,
    pub(crate) next_number: u64,
    pub(crate) ledger: Ledger,
    /// Whether anything goes wrong.
    pub(crate) calm: bool,
    /// Records that were changed a moment ago, for people to aim at and for webhooks to tell of.
    pub(crate) touched: Vec<(Side, String)>,
    pub(crate) told: Vec<(Side, String)>,
    pub(crate) trace: bool,
    pub(crate) yields: u64,
}

#[derive(Clone)]
pub(crate) struct World(pub(crate) Arc<Mutex<State>>);

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("World")
    }
}

/// The system's clock and when it was first looked at. Where there is one, time passes by itself, and a pause takes a
/// moment.
pub(crate) static REAL: OnceLock<(SystemEnv, Timestamp)> = OnceLock::new();

pub(crate) fn base() -> Timestamp {
    REAL.get().map_or(Timestamp::from_second(1_767_225_600).unwrap(), |(_, start)| *start)
}

/// How many milliseconds after the beginning a moment is.
pub(crate) fn millis(moment: Timestamp) -> u64 {
    u64::try_from(moment.duration_since(base()).as_millis()).unwrap_or_default()
}

impl World {
    pub(crate) fn new(settings: Settings, rng: Rng, trace: bool) -> Self {
        let services = Pair::new(
            Service::new(settings.services.left.clone(), "L"),
            Service::new(settings.services.right.clone(), "R"),
        );
        Self(Arc::new(Mutex::new(State {
            rng,
            settings,
            time: 1_000,
            offset: 0,
            services,
            notes: Notes::default(),
            in_flight: Vec::new(),
            replies: Vec::new(),
            next_number: 0,
            ledger: Ledger::default(),
            calm: false,
            touched: Vec::new(),
            told: Vec::new(),
            trace,
            yields: 0,
        })))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// A moment at which another worker may go on, or this one may be killed.
    pub(crate) async fn pause(&self) {
        self.lock().yields += 1;
        if REAL.get().is_some() {
            let moment = self.lock().rng.between(1, 4);
            tokio::time::sleep(Duration::from_millis(moment)).await;
            return self.catch_up();
        }
        let mut first = true;
        std::future::poll_fn(|_| {
            if std::mem::take(&mut first) { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
        })
        .await;
    }

    /// Lets as much time pass as has passed, where it is real.
    pub(crate) fn catch_up(&self) {
        if let Some((clock, _)) = REAL.get() {
            let mut state = self.lock();
            let now = u64::try_from(clock.monotonic().as_millis()).unwrap().max(state.time);
            state.pass_until(now);
        }
    }

    /// Lets time pass, and what is due land.
    pub(crate) fn pass(&self, millis: u64) {
        let mut state = self.lock();
        let until = state.time + millis;
        state.pass_until(until);
    }

    pub(crate) fn land_due(&self) {
        self.pass(0);
    }
}

impl State {
    fn pass_until(&mut self, until: u64) {
        loop {
            let due =
                self.in_flight.iter().filter(|w| w.lands_at <= until).map(|w| (w.lands_at, w.number)).min();
            let Some((at, number)) = due else { break };
            self.time = self.time.max(at);
            self.land(number);
        }
        self.time = until;
        if self.notes.is_due(until) {
            let alive = self.services.right.alive();
            self.notes.land(until, &alive);
        }
    }

    /// The engine has found a record to be one of a pair: if it made it, it knows now.
    pub(crate) fn found(&mut self, side: Side, id: &str) {
        let now = self.time;
        if id.starts_with('N') {
            self.notes.adopted.insert(id.to_owned(), now);
        }
        if self.services[side].records.get(id).is_some_and(|record| record.created_for.is_some()) {
            self.ledger.adopted.insert((side, id.to_owned()), now);
        }
    }

    /// Lands one write.
    fn land(&mut self, number: u64) {
        let Some(at) = self.in_flight.iter().position(|w| w.number == number) else { return };
        let write = self.in_flight.remove(at);
        let now = self.time;
        let before = match &write.op {
            Op::Create { .. } => None,
            Op::Update { id, .. } | Op::Members { id, .. } | Op::Remove { id } => {
                self.services[write.side].records.get(id).map(|r| r.now().clone())
            }
        };
        let reply = self.services[write.side].execute(&write.op, now);
        if self.trace {
            eprintln!(
                "{now:>7}   landed {:?} {:?} -> {reply:?} (seen as of {})",
                write.side, write.op, write.seen_as_of
            );
        }
        if let Reply::Done(id) = &reply {
            let after = self.services[write.side].records.get(id).map(|r| r.now().clone());
            if let Some(after) = after {
                self.ledger.engine_wrote(write.side, id, before.as_ref(), &after, write.seen_as_of, now);
            }
            if let Op::Update { id, raw, .. } = &write.op {
                let frozen = self.services[write.side].records.get(id).is_some_and(|r| r.frozen);
                if let (true, Some(sent)) = (frozen, raw.get("city").and_then(serde_json::Value::as_str)) {
                    self.ledger.silently_refused(write.side, id, "city", sent, write.seen_as_of);
                }
            }
            if let Op::Remove { id } = &write.op {
                self.ledger.engine_removed(write.side, id);
            }
            self.touched.push((write.side, id.clone()));
            self.told.push((write.side, id.clone()));
        }
        if write.answered {
            let landed = match &reply {
                Reply::Done(id) => self.services[write.side].records.get(id).map(|r| (now, r.now().clone())),
                _ => None,
            };
            self.replies.push((number, reply, landed));
        }
    }
}

#[async_trait]
impl Env for World {
    fn now(&self) -> Timestamp {
        let state = self.lock();
        base() + Duration::from_millis(state.time) + SignedDuration::from_millis(state.offset)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.lock().time)
    }

    fn rand(&self) -> u64 {
        self.lock().rng.next()
    }

    async fn sleep(&self, duration: Duration) {
        let until = self.monotonic() + duration;
        while self.monotonic() < until {
            self.pause().await;
        }
    }
}
