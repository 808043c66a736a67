//! Four processes count on one account.

use sync_core::conformance::token_store::{RaceLog, check_race, race};

use super::account;
use super::places::{Database, Folder};
use super::processes::{PROCESSES, Place, Process, say};

const ROUNDS: u32 = 15;

/// What each process does.
#[tokio::test]
#[ignore = "started by another test"]
async fn joins_the_race() {
    let store = Place::of_parent().open().await;
    let name = std::env::var("SYNC_TEST_NAME").unwrap();
    let log = race(&*store, &account("raced"), &name, ROUNDS).await;
    say(&format!("raced {}", serde_json::to_string(&log).unwrap()));
}

async fn four_processes_lose_no_update(place: Place) {
    let store = place.open().await;
    let names: Vec<_> = (0..PROCESSES).map(|number| format!("process {number}")).collect();
    let mut processes: Vec<_> = names
        .iter()
        .map(|name| Process::start("race::joins_the_race", &place, &[("SYNC_TEST_NAME", name)]))
        .collect();
    let logs = processes.iter_mut().map(|process| process.hear("raced "));
    let logs: Vec<RaceLog> = logs.map(|log| serde_json::from_str(&log).unwrap()).collect();
    for log in &logs {
        let counts = [log.fences.len(), log.leased.len(), log.unleased.len()];
        assert_eq!(counts, [ROUNDS, 2 * ROUNDS, 2 * ROUNDS].map(|count| count as usize));
    }
    check_race(&*store, &account("raced"), &logs).await;
    let found = store.load(&account("raced")).await.unwrap().unwrap();
    assert_eq!(found.value.details["count"], (PROCESSES * 4 * ROUNDS as usize).to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_lose_no_update_in_a_file() {
    let folder = Folder::new();
    four_processes_lose_no_update(Place::file(&folder.file("tokens.json"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_lose_no_update_in_sqlite() {
    let folder = Folder::new();
    four_processes_lose_no_update(Place::sqlite(&folder.file("tokens.db"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_lose_no_update_in_postgres() {
    let Some(database) = Database::find("processes").await else { return };
    four_processes_lose_no_update(Place::Postgres(database.next_schema())).await;
    database.clean().await;
}
