//! One history: two services, people, workers, faults, all from one seed.

use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use serde_json::Value;
use sync_core::engine::{
    Engine, Entry, Guards, Link, LinkId, Mapping, PrivacyKey, RecordId, RecordRef, RunId, Side,
};
use sync_core::queue::{Hint, Priority, WorkKey, WorkQueue};
use sync_core::store::{MemoryStore, Store};

use crate::check::{self, Evidence, Verdict};
use crate::collection::{SimCollection, wall};
use crate::notes::{CollectNote, Documents, NoteCollection};
use crate::people;
use crate::queue::SimQueue;
use crate::rng::Rng;
use crate::settings::{SEND_WITHIN, Settings};
use crate::store::SimStore;
use crate::world::World;

pub(crate) const NAME: &str = "sim";

pub(crate) fn journal(store: &MemoryStore) -> Vec<Entry> {
    at_once(store.journal(None, 0, usize::MAX)).unwrap().into_iter().map(|(_, entry)| entry).collect()
}

pub(crate) fn links(store: &MemoryStore) -> Vec<Link> {
    at_once(store.links_page(None, usize::MAX)).unwrap().into_iter().map(|link| link.value).collect()
}

pub(crate) fn digest(store: &MemoryStore) -> u64 {
    let mut hasher = DefaultHasher::new();
    for entry in journal(store) {
        format!("{entry:?}").hash(&mut hasher);
    }
    hasher.finish()
}

/// The journal without the values of fields.
pub(crate) fn story(store: &MemoryStore) -> Vec<String> {
    fn without_values(json: &mut Value) {
        match json {
            Value::Object(map) => {
                for name in ["value", "left", "right", "sent", "before", "after"] {
                    map.remove(name);
                }
                map.values_mut().for_each(without_values);
            }
            Value::Array(list) => list.iter_mut().for_each(without_values),
            _ => {}
        }
    }
    let told = |entry: Entry| {
        let mut json = serde_json::to_value(entry).unwrap();
        without_values(&mut json);
        json.to_string()
    };
    journal(store).into_iter().map(told).collect()
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs a future that waits for nothing.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..10_000 {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
    panic!("it waits for ever");
}

struct Worker {
    task: Task,
    paused_until: u64,
    feeder: bool,
}

pub(crate) struct History {
    pub(crate) world: World,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) queue: Arc<SimQueue>,
    pub(crate) mapping: Mapping,
    workers: Vec<Worker>,
    settings: Settings,
    /// Webhooks on their way.
    webhooks: Vec<(u64, Side, String)>,
    /// After so many pauses a worker is killed, for the enumeration of crashes.
    crash_at: Option<u64>,
    /// What the person who answers chooses by: the rest of the history does not depend on it.
    pub(crate) answering: Rng,
}

impl History {
    pub(crate) fn new(settings: Settings, rng: Rng, trace: bool) -> Self {
        let world_seed = settings.seed;
        let world = World::new(settings.clone(), rng, trace);
        let queue = Arc::new(SimQueue::new(world.clone()));
        let mut history = Self {
            world,
            store: Arc::new(MemoryStore::new()),
            queue,
            mapping: settings.mapping(),
            workers: Vec::new(),
            settings,
            webhooks: Vec::new(),
            crash_at: None,
            answering: Rng::new(world_seed ^ 0x5eed),
        };
        for number in 0..=history.settings.workers {
            let feeder = number == history.settings.workers;
            let task = history.process(feeder);
            history.workers.push(Worker { task, paused_until: 0, feeder });
        }
        history
    }

    pub(crate) fn engine(&self) -> Engine {
        let world = Arc::new(self.world.clone());
        let side = |side| Arc::new(SimCollection::new(self.world.clone(), side));
        let mut builder = Engine::builder(NAME, side(Side::Left), side(Side::Right), self.mapping.clone())
            .store(Arc::new(SimStore { around: self.world.clone(), inner: self.store.clone() }))
            .queue(self.queue.clone())
            .env(world)
            // What people do here is as wild as what they would stop.
            .guards(Guards::off())
            // No chance for a name: it would change the history of each seed.
            .session(RunId::new("simulation"))
            .send_within(std::time::Duration::from_millis(SEND_WITHIN))
            .without(&self.settings.off);
        if self.settings.notes {
            builder = builder
                .facts(Documents::new(self.world.clone()), vec![Arc::new(CollectNote)])
                .target(NoteCollection::new(self.world.clone()));
        }
        if self.settings.privacy {
            let key = "made-up key of thirty-two characters".to_owned().into();
            builder = builder.privacy(PrivacyKey::from_text(&key).unwrap());
        }
        builder.build()
    }

    /// A process: works on what is due, or looks for changes.
    fn process(&self, feeder: bool) -> Task {
        let (engine, world, notes) = (self.engine(), self.world.clone(), self.settings.notes);
        if !feeder {
            return Box::pin(async move {
                loop {
                    // A store that fails ends the process; this is the next one.
                    let outcome = engine.work("worker", 1).await;
                    if world.lock().trace {
                        eprintln!("{:>7} WORK {outcome:?}", world.lock().time);
                    }
                    world.pause().await;
                }
            });
        }
        Box::pin(async move {
            loop {
                let side = if world.lock().rng.half() { Side::Left } else { Side::Right };
                let what = world.lock().rng.below(8);
                let found = match what {
                    2 | 3 if notes => engine.sweep_facts("documents").await,
                    0 => engine.backfill(side).await,
                    1 => engine.sweep(side).await,
                    _ => engine.poll(side).await,
                };
                if world.lock().trace {
                    eprintln!("{:>7} FEED {what} {side:?}: {found:?}", world.lock().time);
                }
                let rest = world.lock().rng.between(2_000, 10_000);
                let until = world.lock().time + rest;
                while world.lock().time < until {
                    world.pause().await;
                }
            }
        })
    }

    fn poll(&mut self, number: usize) {
        let before = self.world.lock().yields;
        let mut context = Context::from_waker(Waker::noop());
        let worker = &mut self.workers[number];
        let _ = worker.task.as_mut().poll(&mut context);
        let after = self.world.lock().yields;
        if self.crash_at.is_some_and(|at| before < at && at <= after) {
            self.kill(number);
        }
    }

    fn kill(&mut self, number: usize) {
        if self.world.lock().trace {
            eprintln!("{:>7} KILL {number}", self.world.lock().time);
        }
        let task = self.process(self.workers[number].feeder);
        self.workers[number].task = task;
        self.workers[number].paused_until = 0;
    }

    /// Tells the engine of what was touched, as webhooks do: late, doubled, or not at all.
    fn webhooks(&mut self) {
        let mut state = self.world.lock();
        let told = std::mem::take(&mut state.told);
        if self.settings.webhooks {
            for (side, id) in told {
                let now = state.time;
                let copies = match state.rng.below(10) {
                    0 => 0,
                    1 => 2,
                    _ => 1,
                };
                for _ in 0..copies {
                    let late = state.rng.below(3_000);
                    self.webhooks.push((now + late, side, id.clone()));
                }
            }
        }
        let now = state.time;
        drop(state);
        let (due, later): (Vec<_>, Vec<_>) = self.webhooks.drain(..).partition(|(at, ..)| *at <= now);
        self.webhooks = later;
        for (_, side, id) in due {
            self.hint(side, &id);
        }
    }

    fn link_of(&self, side: Side, id: &str) -> Option<LinkId> {
        let at = RecordRef::top(RecordId::new(id));
        let link = at_once(self.store.link_of(side, &at)).unwrap().filter(|link| link.value.is_live());
        link.map(|link| link.value.id)
    }

    pub(crate) fn hint(&self, side: Side, id: &str) {
        let at = RecordRef::top(RecordId::new(id));
        let key = self.link_of(side, id).map_or(WorkKey::Birth(side, at), WorkKey::Link);
        at_once(self.queue.mark(&[Hint::new(key, NAME, Priority::Event)])).unwrap();
    }

    fn populate(&mut self) {
        let mut state = self.world.lock();
        for _ in 0..self.settings.people {
            match state.rng.below(3) {
                0 => people::create_both(&mut state),
                1 => drop(people::create(&mut state, Side::Left)),
                _ => drop(people::create(&mut state, Side::Right)),
            }
        }
        drop(state);
        // Two that know the same person before they are connected are visible to each other.
        self.world.pass(10_000);
    }

    fn step(&mut self) {
        if self.settings.answers && self.answering.permille(60) {
            self.answer();
        }
        let (what, number) = {
            let mut state = self.world.lock();
            (state.rng.below(1000), usize::try_from(state.rng.below(self.workers.len() as u64)).unwrap())
        };
        match what {
            0..=199 => people::act(&mut self.world.lock()),
            200..=289 => {
                let millis = self.world.lock().rng.below(1_500);
                self.world.pass(millis);
            }
            290..=319 => {
                let millis = self.world.lock().rng.between(3_000, 15_000);
                self.world.pass(millis);
            }
            320..=339 if self.settings.kills => self.kill(number),
            340..=359 if self.settings.kills => {
                let mut state = self.world.lock();
                let until = state.time + state.rng.between(1_000, 60_000);
                if state.trace {
                    eprintln!("{:>7} PAUSE {number} until {until}", state.time);
                }
                drop(state);
                self.workers[number].paused_until = until;
            }
            360..=364 if self.settings.clock_jumps => {
                let mut state = self.world.lock();
                let jump = i64::try_from(state.rng.below(240_000)).unwrap() - 120_000;
                state.offset += jump;
                if state.trace {
                    eprintln!("{:>7} JUMP {jump}", state.time);
                }
            }
            _ => {
                let times = self.world.lock().rng.between(1, 10);
                for _ in 0..times {
                    if self.workers[number].paused_until <= self.world.lock().time {
                        self.poll(number);
                    }
                }
            }
        }
        self.webhooks();
    }

    fn next_due(&self) -> Option<u64> {
        let due = at_once(self.queue.next_due()).unwrap()?;
        let state = self.world.lock();
        let wait = due.duration_since(wall(state.time, state.offset)).as_millis();
        Some(u64::try_from(wait.max(0)).unwrap())
    }

    /// Nothing goes wrong any more and nobody edits: works until there is nothing left to do.
    fn settle(&mut self, look: bool) -> Result<(), String> {
        self.world.lock().calm = true;
        for worker in &mut self.workers {
            worker.paused_until = 0;
        }
        self.world.pass(10_000);
        for (_, side, id) in std::mem::take(&mut self.webhooks) {
            self.hint(side, &id);
        }
        if look {
            for _ in 0..2 {
                self.look();
                self.drain()?;
                self.world.pass(5_000);
            }
            // Whether a record that is in no pair finds a partner may have changed without it.
            for side in [Side::Left, Side::Right] {
                let alive = self.world.lock().services[side].alive();
                for id in alive {
                    if self.link_of(side, &id).is_none() {
                        self.hint(side, &id);
                    }
                }
            }
        }
        self.drain()
    }

    pub(crate) fn run_through<T>(task: impl Future<Output = T>) -> T {
        let mut task = std::pin::pin!(task);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(value) = task.as_mut().poll(&mut context) {
                return value;
            }
        }
    }

    /// Looks for what no event told of.
    fn look(&mut self) {
        let sweeps = self.settings.deletes || self.settings.merges;
        let engine = self.engine();
        for side in [Side::Left, Side::Right] {
            let has_feed = self.settings.services[side].feed;
            for sweep in [false, true] {
                if !sweep || sweeps || !has_feed {
                    let found = Self::run_through(async {
                        if sweep { engine.sweep(side).await } else { engine.poll(side).await }
                    });
                    found.unwrap();
                }
            }
        }
        if self.settings.notes {
            Self::run_through(engine.sweep_facts("documents")).unwrap();
            // A derived record waits for the one that it lives under.
            let all = at_once(self.store.projections_page(None, usize::MAX)).unwrap();
            let keys = all.into_iter().map(|found| WorkKey::Projection(found.value.key));
            let hints: Vec<_> = keys.map(|key| Hint::new(key, NAME, Priority::Sweep)).collect();
            at_once(self.queue.mark(&hints)).unwrap();
        }
    }

    fn drain(&mut self) -> Result<(), String> {
        for round in 0..3_000 {
            match self.next_due() {
                None => return Ok(()),
                Some(0) => {
                    for number in 0..self.settings.workers {
                        for _ in 0..12 {
                            self.poll(number);
                        }
                    }
                    if round % 10 == 9 {
                        self.world.pass(50);
                    }
                }
                Some(wait) => {
                    // Whoever is in the middle of something goes on.
                    for number in 0..self.settings.workers {
                        self.poll(number);
                    }
                    self.world.pass(wait.clamp(1, 60_000));
                }
            }
        }
        Err("it does not come to rest".to_owned())
    }

    pub(crate) fn evidence(&self) -> Evidence {
        let reviews = at_once(self.store.reviews_page(None, usize::MAX)).unwrap();
        Evidence {
            world: self.world.clone(),
            mapping: self.mapping.clone(),
            journal: journal(&self.store),
            links: links(&self.store),
            reviews,
        }
    }

    /// All that happens, until nothing is left to do.
    fn unfold(&mut self, steps: u64) -> Result<(), String> {
        self.populate();
        for _ in 0..steps {
            self.step();
        }
        self.settle(true)
    }

    fn run(mut self, steps: u64) -> Verdict {
        let mut verdict = Verdict::default();
        match self.unfold(steps) {
            Ok(()) => {
                let writes = self.world.lock().ledger.writes;
                check::invariants(&self.evidence(), &mut verdict);
                for side in [Side::Left, Side::Right] {
                    let alive = self.world.lock().services[side].alive();
                    for id in alive {
                        self.hint(side, &id);
                    }
                }
                let all = at_once(self.store.projections_page(None, usize::MAX)).unwrap();
                let keys = all.into_iter().map(|found| WorkKey::Projection(found.value.key));
                let hints: Vec<_> = keys.map(|key| Hint::new(key, NAME, Priority::Sweep)).collect();
                at_once(self.queue.mark(&hints)).unwrap();
                if let Err(why) = self.settle(false) {
                    verdict.problems.push(format!("I2: after everything was hinted again {why}"));
                }
                let more = self.world.lock().ledger.writes - writes;
                if more > 0 {
                    verdict.problems.push(format!("I2: {more} writes although nothing has changed"));
                }
            }
            Err(why) => verdict.problems.push(format!("I1: {why}")),
        }
        if self.world.lock().trace {
            for entry in journal(&self.store) {
                eprintln!("JOURNAL {} {:?} {:?}", entry.at, entry.about, entry.what);
            }
        }
        let state = self.world.lock();
        (verdict.writes, verdict.faults) = (state.ledger.writes, state.ledger.faults);
        verdict.edits = state.ledger.edits.len() as u64;
        verdict.yields = state.yields;
        verdict.digest = digest(&self.store);
        verdict.story = story(&self.store);
        verdict
    }
}

/// The history of a seed before anything has happened, and how many steps it has.
fn begin(seed: u64, change: impl FnOnce(&mut Settings), trace: bool) -> (History, u64) {
    let mut rng = Rng::new(seed);
    let mut settings = Settings::draw(seed, &mut rng);
    change(&mut settings);
    if trace {
        eprintln!("{settings:#?}");
    }
    let steps = settings.steps;
    (History::new(settings, rng, trace), steps)
}

/// Runs the history of a seed.
pub(crate) fn run(seed: u64, change: impl FnOnce(&mut Settings), trace: bool) -> Verdict {
    let (history, steps) = begin(seed, change, trace);
    history.run(steps)
}

/// The history of a seed when nothing is left to do, not yet looked at.
pub(crate) fn settled(seed: u64, change: impl FnOnce(&mut Settings)) -> History {
    let (mut history, steps) = begin(seed, change, false);
    history.unfold(steps).unwrap();
    history
}

/// Runs it with a crash of whoever works at this pause.
pub(crate) fn run_with_crash(seed: u64, at: u64, change: impl FnOnce(&mut Settings)) -> Verdict {
    let (mut history, steps) = begin(seed, change, false);
    history.crash_at = Some(at);
    history.run(steps)
}
