//! One process: this test program, started again, with an engine on the shared store.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use sync_core::engine::{Budget, Caps, Engine, Guards, RuleOff, Schedule, Side};
use sync_core::queue::WorkQueue;
use sync_core::store::{PostgresStore, SqliteStore, Store};
use sync_core::{SecretString, SystemEnv};

use crate::notes::CollectNote;
use crate::remote::{Line, Remote};
use crate::rng::Rng;
use crate::settings::Settings;
use crate::store::SimStore;

/// What links are named after.
pub(crate) const NAME: &str = "sim";
/// How long an announced write may take to be sent.
pub(crate) const SEND_WITHIN: Duration = Duration::from_millis(300);
/// How long a request may be under way, as the engine is told: longer than [`LATE`] and [`UNDER_WAY`] together, because
/// the machine has other things to do.
const REQUEST_TIMEOUT: Duration = Duration::from_millis(700);
/// A write that arrives later than this is not carried out any more.
pub(crate) const LATE: Duration = Duration::from_millis(250);
/// How many milliseconds the services take at most.
const UNDER_WAY: u64 = 150;
/// So many times faster than in the simulation.
const FASTER: u64 = 40;

/// The rules that can be turned off here.
const RULES: [RuleOff; 4] =
    [RuleOff::WriteAhead, RuleOff::Quarantine, RuleOff::Newborn, RuleOff::MarkerRight];

/// The rules that are named.
pub(crate) fn rules(named: &str) -> Vec<RuleOff> {
    RULES.into_iter().filter(|rule| named.contains(&format!("{rule:?}"))).collect()
}

/// A store that several processes can open by its name.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Postgres(String),
    Sqlite(String),
}

impl Place {
    fn names(&self) -> (&'static str, &str) {
        match self {
            Self::Postgres(schema) => ("postgres", schema),
            Self::Sqlite(path) => ("sqlite", path),
        }
    }
}

/// What the services of a seed are like, with times that do not make a test wait for long.
pub(crate) fn settings(seed: u64, rng: &mut Rng) -> Settings {
    let mut settings = Settings::draw(seed, rng);
    for side in Side::BOTH {
        let service = &mut settings.services[side];
        service.read_lag /= FASTER;
        service.index_lag /= FASTER;
        service.request_timeout = UNDER_WAY;
    }
    settings.people *= 8;
    settings.faults = settings.faults.min(50);
    settings.rest = 3_000 / FASTER;
    settings
}

/// What a process is to do.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) seed: u64,
    pub(crate) place: Place,
    pub(crate) socket: PathBuf,
    pub(crate) off: Vec<RuleOff>,
    /// Whether it leaves it to others to look for changes.
    pub(crate) only_works: bool,
}

impl Task {
    /// As the parent of this process says.
    fn of_parent() -> (usize, Self) {
        let told = |name: &str| std::env::var(format!("SYNC_TEST_{name}")).unwrap();
        let place = match told("STORE").as_str() {
            "postgres" => Place::Postgres(told("PLACE")),
            _ => Place::Sqlite(told("PLACE")),
        };
        let (socket, off) = (told("SOCKET").into(), rules(&told("OFF")));
        (
            told("NUMBER").parse().unwrap(),
            Self {
                seed: told("SEED").parse().unwrap(),
                place,
                socket,
                off,
                only_works: told("ONLY_WORKS") == "true",
            },
        )
    }

    pub(crate) fn start(&self, number: usize) -> Child {
        let (store, place) = self.place.names();
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "process::process", "--ignored", "--nocapture"])
            .envs([("SYNC_TEST_STORE", store), ("SYNC_TEST_PLACE", place)])
            .env("SYNC_TEST_SOCKET", &self.socket)
            .env("SYNC_TEST_SEED", self.seed.to_string())
            .env("SYNC_TEST_OFF", format!("{:?}", self.off))
            .env("SYNC_TEST_ONLY_WORKS", self.only_works.to_string())
            .env("SYNC_TEST_NUMBER", number.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    pub(crate) async fn engine(&self, number: usize) -> Engine {
        match &self.place {
            Place::Postgres(schema) => {
                let url = SecretString::from(std::env::var("SYNC_TEST_POSTGRES").unwrap());
                self.engine_on(number, PostgresStore::connect_in(&url, schema).await.unwrap())
            }
            Place::Sqlite(path) => self.engine_on(number, SqliteStore::open(path).await.unwrap()),
        }
    }

    fn engine_on(&self, number: usize, database: impl Store + WorkQueue + Budget + 'static) -> Engine {
        let env = Arc::new(SystemEnv::new());
        let line = Line { by: number, socket: self.socket.clone(), env: env.clone() };
        let settings = settings(self.seed, &mut Rng::new(self.seed));
        let remote = |name, account, caps: Caps| {
            let line = line.clone();
            Arc::new(Remote { line, name, account, caps })
        };
        let caps = |side: Side| settings.services[side].caps().request_timeout(REQUEST_TIMEOUT);
        let (left, right) = (caps(Side::Left), caps(Side::Right));
        let database = Arc::new(SimStore { around: line.clone(), inner: Arc::new(database) });
        let mut builder = Engine::builder(
            NAME,
            remote("lefts", "lefts", left),
            remote("rights", "rights", right),
            settings.mapping(),
        )
        .database(database)
        .env(env)
        // What people do here is as wild as what they would stop.
        .guards(Guards::off())
        .send_within(SEND_WITHIN)
        .clock_skew(Duration::from_millis(10))
        .without(&self.off);
        if settings.notes {
            let notes = Caps::new().under_parent().request_timeout(REQUEST_TIMEOUT);
            builder = builder
                .facts(remote("documents", "lefts", Caps::new()), vec![Arc::new(CollectNote)])
                .target(remote("notes", "rights", notes));
        }
        builder.build()
    }
}

/// Works until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by another test"]
async fn process() {
    // Nobody is left behind if the parent dies.
    std::thread::spawn(|| {
        std::io::stdin().read_to_end(&mut Vec::new()).ok();
        std::process::exit(0);
    });
    let (number, task) = Task::of_parent();
    let engine = task.engine(number).await;
    let mut schedule = Schedule::new().worker(format!("process {number}"));
    if !task.only_works {
        schedule = schedule.poll(Duration::from_millis(500)).sweep(Duration::from_secs(2));
    }
    engine.run(&schedule, std::future::pending()).await.unwrap();
}
