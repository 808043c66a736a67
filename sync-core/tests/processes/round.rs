//! One round: two services, people, and processes that are killed.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sync_core::engine::{Collection, Engine, Happening, Link, LinkId, RecordId, RecordRef, Side};
use sync_core::queue::{Hint, Priority, WorkKey};
use sync_core::{Env, SystemEnv};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::check::{self, Evidence, Verdict};
use crate::collection::SimCollection;
use crate::notes::{Documents, NoteCollection};
use crate::people;
use crate::process::{LATE, NAME, Task, settings};
use crate::rng::Rng;
use crate::wire::{Answer, Call, What, Wrong};
use crate::world::{REAL, World};

/// How long it may take until nothing is left to do.
const PATIENCE: Duration = Duration::from_secs(120);

/// Whoever announced a write and was killed.
const DEAD: usize = usize::MAX;

/// What the parent keeps for its processes.
struct Services {
    world: World,
    env: Arc<SystemEnv>,
    collections: BTreeMap<&'static str, Arc<dyn Collection>>,
    /// Who has announced the write that is pending.
    announced: Mutex<BTreeMap<LinkId, usize>>,
}

impl Services {
    fn new(world: World) -> Self {
        let env = Arc::new(SystemEnv::new());
        let side = |side| Arc::new(SimCollection::new(world.clone(), side)) as Arc<dyn Collection>;
        let documents: Arc<dyn Collection> = Documents::new(world.clone());
        let notes: Arc<dyn Collection> = NoteCollection::new(world.clone());
        let all = [side(Side::Left), side(Side::Right), documents, notes];
        let collections = [("lefts", 0), ("rights", 1), ("documents", 2), ("notes", 3)];
        let collections = collections.map(|(name, at)| (name, all[at].clone())).into();
        Self { world, env, collections, announced: Mutex::default() }
    }

    async fn serve(self: Arc<Self>, listener: UnixListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let services = self.clone();
            tokio::spawn(async move { services.hear(stream).await });
        }
    }

    async fn hear(&self, stream: UnixStream) {
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        // Whoever is killed meanwhile has said half of it, or does not wait for the answer.
        if stream.read_line(&mut line).await.is_err() || !line.ends_with('\n') {
            return;
        }
        let answer = self.answer(serde_json::from_str(&line).unwrap()).await;
        let mut line = serde_json::to_vec(&answer).unwrap();
        line.push(b'\n');
        stream.write_all(&line).await.ok();
    }

    async fn answer(&self, call: Call) -> Answer {
        self.world.catch_up();
        match call.what {
            What::Committed(commits) => {
                let mut announced = self.announced.lock().unwrap();
                for (_, link) in &commits.links {
                    match &link.pending {
                        Some(_) => announced.insert(link.id.clone(), call.by),
                        None => announced.remove(&link.id),
                    };
                }
                commits.tell(&mut self.world.lock());
                Answer::Noted
            }
            what => {
                let age = self.env.now().duration_since(call.sent_at);
                if what.writes() && Duration::try_from(age).unwrap_or_default() > LATE {
                    self.world.lock().ledger.faults += 1;
                    return Answer::NotApplied(Wrong::Transient);
                }
                crate::wire::answer(self.collections[call.at.as_str()].as_ref(), what).await
            }
        }
    }
}

/// What was done to processes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) kills: u64,
    /// Writes that were announced by a process that was killed before it knew what became of them.
    pub(crate) hits: u64,
    pub(crate) frozen: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        self.kills += other.kills;
        self.hits += other.hits;
        self.frozen += other.frozen;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kills, hits, frozen } = self;
        write!(f, "{kills} kills, {hits} writes pending at them, {frozen} processes frozen for a while")
    }
}

struct Process {
    child: Child,
    kill_at: u64,
    /// Whether it is killed in the middle of a write.
    aimed: bool,
    frozen_until: u64,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

pub(crate) struct Round {
    task: Task,
    engine: Engine,
    services: Arc<Services>,
    world: World,
    processes: Vec<Process>,
    /// Webhooks on their way.
    webhooks: Vec<(u64, Side, String)>,
    journal_read: u64,
    tally: Tally,
    problems: Vec<String>,
}

impl Round {
    /// Everything that happens in `seconds`, and what it comes to.
    pub(crate) async fn run(task: Task, processes: usize, millis: u64) -> (Verdict, Tally) {
        REAL.get_or_init(|| {
            let clock = SystemEnv::new();
            let now = clock.now();
            (clock, now)
        });
        let mut rng = Rng::new(task.seed);
        let world = World::new(settings(task.seed, &mut rng), rng, false);
        let services = Arc::new(Services::new(world.clone()));
        let listener = UnixListener::bind(&task.socket).unwrap();
        let server = tokio::spawn(services.clone().serve(listener));
        let engine = task.engine(DEAD).await;
        if !task.off.is_empty() {
            world.lock().settings.faults = 200;
        }
        let mut round = Self {
            task,
            engine,
            services,
            world,
            processes: Vec::new(),
            webhooks: Vec::new(),
            journal_read: 0,
            tally: Tally::default(),
            problems: Vec::new(),
        };
        let verdict = round.unfold(processes, millis).await;
        round.processes.clear();
        server.abort();
        std::fs::remove_file(&round.task.socket).ok();
        (verdict, round.tally)
    }

    async fn unfold(&mut self, processes: usize, millis: u64) -> Verdict {
        self.populate().await;
        for number in 0..processes {
            let process = self.start(number);
            self.processes.push(process);
        }
        let end = self.now() + millis;
        while self.now() < end {
            let acts = self.world.lock().rng.permille(600);
            if acts {
                people::act(&mut self.world.lock());
            }
            self.webhooks(false).await;
            for number in 0..self.processes.len() {
                self.trouble(number).await;
            }
            let moment = self.world.lock().rng.between(5, 25);
            tokio::time::sleep(Duration::from_millis(moment)).await;
        }
        self.judge().await
    }

    fn now(&self) -> u64 {
        self.world.catch_up();
        self.world.lock().time
    }

    async fn populate(&self) {
        self.world.catch_up();
        {
            let mut state = self.world.lock();
            for _ in 0..state.settings.people {
                match state.rng.below(3) {
                    0 => people::create_both(&mut state),
                    1 => drop(people::create(&mut state, Side::Left)),
                    _ => drop(people::create(&mut state, Side::Right)),
                }
            }
        }
        // Two that know the same person before they are connected are visible to each other.
        tokio::time::sleep(Duration::from_millis(150)).await;
    }

    fn start(&self, number: usize) -> Process {
        let mut state = self.world.lock();
        let kill_at = state.time + state.rng.between(1_500, 4_500);
        let aimed = self.tally.hits == 0 || state.rng.permille(750);
        Process { child: self.task.start(number), kill_at, aimed, frozen_until: 0 }
    }

    /// Kills or freezes a process when its time has come.
    async fn trouble(&mut self, number: usize) {
        let now = self.now();
        if let Some(status) = self.processes[number].child.try_wait().unwrap() {
            self.problems.push(format!("process {number} ended by itself: {status}"));
            self.processes[number] = self.start(number);
        }
        let process = &self.processes[number];
        if process.frozen_until > now {
            return;
        }
        let writes = self.services.announced.lock().unwrap().values().any(|by| *by == number);
        if process.kill_at <= now && (!process.aimed || writes || process.kill_at + 3_000 <= now) {
            self.kill(number).await;
        } else if self.world.lock().rng.permille(1) {
            let pause = self.world.lock().rng.between(200, 3_500);
            freeze(&process.child, pause);
            self.processes[number].frozen_until = now + pause;
            self.tally.frozen += 1;
        }
    }

    async fn kill(&mut self, number: usize) {
        let process = &mut self.processes[number];
        process.child.kill().unwrap();
        process.child.wait().unwrap();
        // What it has said by then is heard.
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.look_after(number).await;
        self.processes[number] = self.start(number);
    }

    /// Finds out what a process that was killed has done without having said so.
    async fn look_after(&mut self, number: usize) {
        let began = self.now();
        let links = self.links().await;
        let all = self.engine.store().journal(None, self.journal_read, 100_000).await.unwrap();
        let announced = self.services.announced.lock().unwrap().clone();
        let now = self.now();
        let pending: Vec<_> = links.iter().filter(|link| link.pending.is_some()).collect();
        let hits =
            pending.iter().filter(|link| announced.get(&link.id).is_none_or(|by| *by == number)).count();
        {
            let mut announced = self.services.announced.lock().unwrap();
            announced.retain(|_, by| *by != number);
            for link in &pending {
                announced.entry(link.id.clone()).or_insert(DEAD);
            }
        }
        self.tally.kills += 1;
        self.tally.hits += hits as u64;
        let under_way: BTreeSet<_> = pending
            .iter()
            .filter_map(|link| {
                let side = link.pending.as_ref()?.op.side();
                Some((side, link.ends[side].as_ref()?.id.to_string()))
            })
            .collect();
        let mut state = self.world.lock();
        state.ledger.faults += hits as u64;
        for (side, id, from, to) in &mut state.ledger.round_trips {
            if to.is_none() && *from < began && !under_way.contains(&(*side, id.clone())) {
                *to = Some(now);
            }
        }
        for (number, entry) in all {
            self.journal_read = number;
            let Happening::Linked(side, at) = entry.what else { continue };
            let id = at.id.to_string();
            if !state.notes.adopted.contains_key(&id)
                && !state.ledger.adopted.contains_key(&(side, id.clone()))
            {
                state.found(side, &id);
            }
        }
    }

    /// Tells the engine of what was touched, as webhooks do: late, doubled, or not at all.
    async fn webhooks(&mut self, all: bool) {
        let now = self.now();
        {
            let mut state = self.world.lock();
            let told = std::mem::take(&mut state.told);
            let tells = state.settings.webhooks;
            for (side, id) in told.into_iter().filter(|_| tells) {
                let copies = match state.rng.below(10) {
                    0 => 0,
                    1 => 2,
                    _ => 1,
                };
                for _ in 0..copies {
                    let late = state.rng.below(150);
                    self.webhooks.push((now + late, side, id.clone()));
                }
            }
        }
        let webhooks = std::mem::take(&mut self.webhooks).into_iter();
        let (due, later): (Vec<_>, Vec<_>) = webhooks.partition(|(at, ..)| all || *at <= now);
        self.webhooks = later;
        for (_, side, id) in due {
            self.hint(side, &id).await;
        }
    }

    async fn hint(&self, side: Side, id: &str) {
        let at = RecordRef::top(RecordId::new(id));
        self.engine.hint(side, &at, Priority::Event).await.unwrap();
    }

    /// Nothing goes wrong any more and nobody edits: everything is worked on until nothing is left, and is checked.
    async fn judge(&mut self) -> Verdict {
        let mut verdict = Verdict::default();
        self.world.lock().calm = true;
        // Those that come now do not look for changes: what is not as both sides agreed would be hinted for ever.
        self.task.only_works = true;
        for number in 0..self.processes.len() {
            self.kill(number).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        self.webhooks(true).await;
        for _ in 0..2 {
            for side in Side::BOTH {
                self.engine.poll(side).await.unwrap();
                self.engine.sweep(side).await.unwrap();
            }
            self.hint_derived(true).await;
            self.drain(&mut verdict).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        // Whether a record that is in no pair finds a partner may have changed without it.
        self.hint_all(true).await;
        self.drain(&mut verdict).await;
        let evidence = self.evidence().await;
        check::invariants(&evidence, &mut verdict);
        let writes = self.world.lock().ledger.writes;
        self.hint_all(false).await;
        self.hint_derived(false).await;
        self.drain(&mut verdict).await;
        let state = self.world.lock();
        let more = state.ledger.writes - writes;
        if more > 0 {
            verdict.problems.push(format!("I2: {more} writes although nothing has changed"));
        }
        verdict.problems.append(&mut self.problems);
        (verdict.writes, verdict.faults) = (state.ledger.writes, state.ledger.faults);
        verdict.edits = state.ledger.edits.len() as u64;
        tell(&evidence, &verdict);
        verdict
    }

    /// Hints every record, or those that are in no pair.
    async fn hint_all(&self, lonely: bool) {
        let live: Vec<Link> = self.links().await.into_iter().filter(Link::is_live).collect();
        for side in Side::BOTH {
            let paired: BTreeSet<&str> =
                live.iter().filter_map(|link| Some(link.ends[side].as_ref()?.id.as_str())).collect();
            let alive = self.world.lock().services[side].alive();
            for id in alive.iter().filter(|id| !lonely || !paired.contains(id.as_str())) {
                self.hint(side, id).await;
            }
        }
    }

    async fn hint_derived(&self, facts: bool) {
        if !self.world.lock().settings.notes {
            return;
        }
        if facts {
            self.engine.sweep_facts("documents").await.unwrap();
        }
        let all = self.engine.store().projections_page(None, 100_000).await.unwrap();
        let keys = all.into_iter().map(|found| WorkKey::Projection(found.value.key));
        let hints: Vec<_> = keys.map(|key| Hint::new(key, NAME, Priority::Sweep)).collect();
        self.engine.queue().mark(&hints).await.unwrap();
    }

    async fn drain(&mut self, verdict: &mut Verdict) {
        let until = self.now() + u64::try_from(PATIENCE.as_millis()).unwrap();
        while let Some(due) = self.engine.queue().next_due().await.unwrap() {
            if self.now() > until {
                let left = self.engine.queue().claim("parent", 5, Duration::from_secs(1)).await.unwrap();
                let left: Vec<_> = left.into_iter().map(|claim| claim.key.to_string()).collect();
                verdict.problems.push(format!("I1: it does not come to rest: next due at {due}, {left:?}"));
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn links(&self) -> Vec<Link> {
        let page = self.engine.store().links_page(None, 100_000).await.unwrap();
        page.into_iter().map(|link| link.value).collect()
    }

    async fn evidence(&self) -> Evidence {
        let store = self.engine.store();
        let reviews = store.reviews_page(None, 100_000).await.unwrap();
        let journal = store.journal(None, 0, 1_000_000).await.unwrap();
        let state = self.world.lock().settings.mapping();
        Evidence {
            world: self.world.clone(),
            mapping: state,
            journal: journal.into_iter().map(|(_, entry)| entry).collect(),
            links: self.links().await,
            reviews,
        }
    }
}

/// Tells what the journal knows of the records that something is wrong with.
fn tell(evidence: &Evidence, verdict: &Verdict) {
    let named = |problem: &str, id: &str| problem.split([' ', ',', ':']).any(|word| word == id);
    for problem in &verdict.problems {
        eprintln!("{problem}");
        for link in &evidence.links {
            let ends = Side::BOTH.into_iter().filter_map(|side| link.ends[side].as_ref());
            let about = problem.contains(&format!("{} ", link.id))
                || ends.into_iter().any(|at| named(problem, at.id.as_str()));
            if about {
                let key = WorkKey::Link(link.id.clone());
                for entry in evidence.journal.iter().filter(|entry| entry.about == key) {
                    eprintln!("  {} {} {:?}", crate::world::millis(entry.at), link.id, entry.what);
                }
            }
        }
    }
}

/// Stops a process for so many milliseconds. Who lets it go on waits for nothing: the process may have a lock that the
/// parent waits for.
fn freeze(child: &Child, millis: u64) {
    let (id, seconds) = (child.id(), Duration::from_millis(millis).as_secs_f64());
    let command = format!("kill -STOP {id}; sleep {seconds}; kill -CONT {id} 2>/dev/null");
    std::thread::spawn(move || std::process::Command::new("sh").args(["-c", &command]).status());
}
