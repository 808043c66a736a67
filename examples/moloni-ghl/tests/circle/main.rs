//! The full circle: a bridge that goes both ways runs as a process of its own, is killed, meets faults, and people edit on
//! both sides meanwhile. In the end both sides agree, field by field, or a person was asked.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what is wrong by failing"
)]

mod check;
mod fresh;
mod people;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use moloni_ghl::sandbox::{PairConfig, SandboxPair};
use moloni_ghl::{Bridge, Schedule, Settings, TwoWay};
use sync_core::engine::Guards;
use sync_core::sandbox_kit::{Fault, FaultKind};
use sync_core::store::SqliteStore;
use tokio::process::{Child, Command};

use people::People;

const STATE: &str = "CIRCLE_STATE";
const EVERY: &str = "CIRCLE_EVERY_SECONDS";

/// A bridge with the state of this test. What is held back when hundreds of records change within a minute has tests of its
/// own: here nobody is there to approve.
async fn bridge(settings: Settings, state: &Path) -> Bridge {
    let database = Arc::new(SqliteStore::open(state).await.unwrap());
    let builder = Bridge::builder(settings).database(database).two_way(TwoWay::new()).guards(Guards::off());
    builder.connect().await.unwrap()
}

/// What the process does that is killed. Without its variables this is no test.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bridge_itself() {
    let Some(state) = std::env::var_os(STATE) else { return };
    let every = std::env::var(EVERY).unwrap().parse().unwrap();
    // After a kill the service may refuse the login for a moment: the one who starts it starts it again.
    let bridge = bridge(Settings::from_env(None, None).unwrap(), Path::new(&state)).await;
    if bridge.engine().store().links_page(None, 1).await.unwrap().is_empty() {
        let plan = bridge.plan().await.unwrap();
        bridge.apply(plan, |_| {}).await.unwrap();
    }
    let schedule = Schedule::new().poll(Duration::from_secs(every)).sweep(Duration::from_secs(10 * every));
    bridge.run(&schedule, std::future::pending()).await.unwrap();
}

/// Two sandboxes, and the bridge between them.
struct World {
    pair: SandboxPair,
    directory: PathBuf,
    every: u64,
}

impl World {
    async fn new(name: &str, every: u64, config: PairConfig) -> Self {
        let directory = std::env::temp_dir().join(format!("circle-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        Self { pair: SandboxPair::start(config).await.unwrap(), directory, every }
    }

    fn state(&self) -> PathBuf {
        self.directory.join("state.db")
    }

    fn start(&self) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["the_bridge_itself", "--exact", "--nocapture"]);
        command.env_clear().envs(self.pair.variables());
        command.env(STATE, self.state()).env(EVERY, self.every.to_string());
        command.stdout(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true).spawn().unwrap()
    }

    fn effects(&self) -> usize {
        let ghl = self.pair.ghl.calls().iter().filter(|call| call.effect).count();
        let moloni = self.pair.moloni.calls();
        ghl + moloni.iter().filter(|call| call.effect && call.operation.as_deref() != Some("grant")).count()
    }

    /// Waits until so many contacts have come from Moloni.
    async fn until_there(&self, child: &mut Child, contacts: usize) {
        for _ in 0..1200 {
            let there = self.pair.ghl.state()["contacts"].as_array().unwrap().clone();
            if there.iter().filter(|contact| contact["source"] == "Moloni").count() >= contacts {
                return;
            }
            assert!(child.try_wait().unwrap().is_none(), "the bridge ended");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        panic!("the contacts do not come");
    }

    /// Waits until nothing has been written for so long.
    async fn quiet(&self, child: &mut Child, still: Duration) {
        let step = Duration::from_millis(500);
        let (mut seen, mut for_so_long) = (self.effects(), Duration::ZERO);
        for _ in 0..600 {
            tokio::time::sleep(step).await;
            if let Some(ended) = child.try_wait().unwrap() {
                println!("the bridge ended by itself, {ended}, and is started again");
                *child = self.start();
            }
            let now = self.effects();
            for_so_long = if now == seen { for_so_long + step } else { Duration::ZERO };
            seen = now;
            if for_so_long >= still {
                return;
            }
        }
        panic!("it goes on writing");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Five calls in a hundred go wrong, some of them after they took effect.
fn faults() -> Vec<Fault> {
    let page = "<html>Bad gateway</html>";
    let mut all = Vec::new();
    for on in ["contacts.*", "notes.*", "tasks.*", "tags.*"] {
        all.push(Fault::status(502, page).on(on).rate(0.02));
        all.push(Fault::new(FaultKind::LoseReply).on(on).rate(0.02));
        all.push(Fault::new(FaultKind::Drop).on(on).rate(0.01));
    }
    all
}

fn moloni_faults() -> Vec<Fault> {
    let mut all = Vec::new();
    for on in ["customers.*", "documents.*"] {
        all.push(Fault::status(502, "<html>").on(on).rate(0.02));
        all.push(Fault::new(FaultKind::LoseReply).on(on).rate(0.02));
        all.push(Fault::new(FaultKind::CutBody).on(on).rate(0.01));
    }
    all
}

const EDITS: usize = 1000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_sides_agree_after_a_thousand_edits_with_faults_and_three_kills() {
    let config = PairConfig { customers: 500, speed: 50.0, ..PairConfig::default() };
    let world = World::new("edits", 1, config).await;
    let mut people = People::new(&world.pair, Rng::with_seed(11));
    people.add_documents(2000);
    let mut child = world.start();
    world.until_there(&mut child, world.pair.expected.created).await;
    world.quiet(&mut child, Duration::from_secs(8)).await;
    let created = world.effects();
    people.write_notes_and_tasks(300);
    println!("both sides are in sync after {created} writes");

    for fault in faults() {
        world.pair.ghl.fault(fault);
    }
    for fault in moloni_faults() {
        world.pair.moloni.fault(fault);
    }
    for edit in 0..EDITS {
        people.edit();
        if edit % 250 == 249 && edit + 1 < EDITS {
            child.kill().await.unwrap();
            child = world.start();
        }
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
    let kinds = people.kinds();
    println!("{EDITS} edits: {kinds:?}");
    world.pair.ghl.clear_faults();
    world.pair.moloni.clear_faults();
    // What was not answered is looked for after its quarantine of some 15 s.
    world.quiet(&mut child, Duration::from_secs(25)).await;
    child.kill().await.unwrap();

    let bridge = bridge(world.pair.settings(), &world.state()).await;
    let found = check::everything(&world.pair, &bridge, &people).await;
    let check::Found { pairs, asked, derived } = found;
    println!(
        "{pairs} pairs, {asked} fields asked about, {derived} derived records, {} writes in all",
        world.effects()
    );
    assert!(asked > 0, "what was invoiced was edited in the CRM, so a person was asked");
}
