//! The simulation's scenarios with real processes on one store, which are killed at any moment.
//!
//! A seed says what the services are like, what people do and what goes wrong. When it happens, the machine says: a seed
//! does not give the same history twice.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a test"
)]

#[allow(dead_code, reason = "the simulation uses more of it")]
#[path = "../simulation/check.rs"]
mod check;
#[allow(dead_code, reason = "the simulation uses more of it")]
#[path = "../simulation/collection.rs"]
mod collection;
#[path = "../simulation/commits.rs"]
mod commits;
mod database;
#[allow(dead_code, reason = "the simulation uses more of it")]
#[path = "../simulation/ledger.rs"]
mod ledger;
#[path = "../simulation/notes.rs"]
mod notes;
#[path = "../simulation/people.rs"]
mod people;
#[allow(dead_code, reason = "the store's tests use more of it")]
#[path = "../store/places.rs"]
mod places;
mod process;
mod remote;
#[path = "../simulation/rng.rs"]
mod rng;
mod round;
#[path = "../simulation/service.rs"]
mod service;
#[allow(dead_code, reason = "the simulation uses more of it")]
#[path = "../simulation/settings.rs"]
mod settings;
#[path = "../simulation/store.rs"]
mod store;
#[path = "../trace/mod.rs"]
mod trace;
mod wire;
#[allow(dead_code, reason = "the simulation uses more of it")]
#[path = "../simulation/world.rs"]
mod world;

use check::Verdict;
use places::{Database, Folder};
use process::{Place, Task};
use round::{Round, Tally};
use sync_core::engine::RuleOff;

/// One after the other: each needs the whole machine.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// How long people and faults are let loose in one round, in seconds.
const ROUND: u64 = 15;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

/// Rounds until `SYNC_PROCESSES_SECONDS` of trouble are over, each with services of its own, from seed
/// `SYNC_PROCESSES_SEED` on.
async fn rounds(processes: usize, place: impl Fn(u64) -> Place) {
    let seconds = number("SYNC_PROCESSES_SECONDS").unwrap_or(8).max(1);
    let first = number("SYNC_PROCESSES_SEED").unwrap_or(1);
    let off = process::rules(&std::env::var("SYNC_PROCESSES_OFF").unwrap_or_default());
    let rounds = seconds.div_ceil(ROUND);
    let (mut total, mut tally, mut broken) = (Verdict::default(), Tally::default(), Vec::new());
    for seed in first..first + rounds {
        let (verdict, done) =
            round(place(seed), processes, seed, seconds * 1_000 / rounds, off.clone()).await;
        total.add(&verdict);
        tally.add(&done);
        if !verdict.problems.is_empty() {
            broken.push(seed);
        }
    }
    println!("{processes} processes, {seconds} s of trouble from seed {first} on: {total}; {tally}");
    assert!(
        broken.is_empty(),
        "invariants were broken with the seeds {broken:?}: SYNC_PROCESSES_SEED is the first"
    );
    // Where nothing happens nothing is proven.
    assert!(total.writes > 0 && total.faults > 0 && tally.hits > 0, "{total}; {tally}");
}

async fn round(
    place: Place,
    processes: usize,
    seed: u64,
    millis: u64,
    off: Vec<RuleOff>,
) -> (Verdict, Tally) {
    let folder = Folder::new();
    let task = Task { seed, place, socket: folder.file("parent"), off, only_works: false };
    let (verdict, tally) = Round::run(task, processes, millis).await;
    println!("seed {seed}: {verdict}; {tally}");
    for problem in &verdict.problems {
        println!("  {problem}");
    }
    (verdict, tally)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn four_processes_on_postgres_that_are_killed_break_nothing() {
    let _turn = TURN.lock().await;
    let Some(database) = Database::find("processes").await else { return };
    rounds(4, |_| Place::Postgres(database.next_schema())).await;
    database.clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_on_sqlite_that_are_killed_break_nothing() {
    let _turn = TURN.lock().await;
    let folder = Folder::new();
    let file = |seed| folder.file(format!("state-{seed}.db")).to_str().unwrap().to_owned();
    rounds(2, |seed| Place::Sqlite(file(seed))).await;
}

/// What is looked for here can be found: without the announcement a create whose answer is lost is sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writes_that_are_not_announced_break_something() {
    let _turn = TURN.lock().await;
    let folder = Folder::new();
    for seed in 1..=8 {
        let place = Place::Sqlite(folder.file(format!("state-{seed}.db")).to_str().unwrap().to_owned());
        let (verdict, _) = round(place, 2, seed, 4_000, vec![RuleOff::WriteAhead]).await;
        if !verdict.problems.is_empty() {
            return;
        }
    }
    panic!("nothing broke");
}
