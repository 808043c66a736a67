//! The process is killed in the middle of its work, and the next one goes on.

use std::collections::BTreeSet;
use std::time::Duration;

use moloni_ghl::sandbox::SandboxPair;
use sync_core::store::{SqliteStore, Store};
use tokio::process::Command;

use super::{TempFile, doubled, number, pair, pointed_at, records, runs};

const KILLS: u64 = 10;
const CUSTOMERS: usize = 40;
/// Long enough for anything that the sandboxes do.
const PATIENCE: Duration = Duration::from_mins(2);

/// A quickstart that finds out within seconds what became of a write without an answer.
fn impatient(pair: &SandboxPair, state: &TempFile) -> Command {
    let mut command = pointed_at(pair);
    command.arg("--json").arg("--state").arg(&state.0).kill_on_drop(true).envs([
        ("SYNC_REQUEST_SECONDS", "1"),
        ("SYNC_SEND_WITHIN_SECONDS", "1"),
        ("SYNC_INDEX_LAG_SECONDS", "3"),
    ]);
    command
}

/// What was written at HighLevel so far.
fn writes(pair: &SandboxPair) -> u64 {
    pair.ghl.calls().iter().filter(|call| call.effect).count() as u64
}

/// How many writes are announced in a state, and not known to have been answered.
async fn announced(state: &TempFile) -> usize {
    let store = SqliteStore::open(&state.0).await.unwrap();
    let links = store.links_page(None, usize::MAX).await.unwrap();
    let derived = store.projections_page(None, usize::MAX).await.unwrap();
    let links = links.iter().filter(|link| link.value.pending.is_some()).count();
    links + derived.iter().filter(|derived| derived.value.pending.is_some()).count()
}

/// What there is of a collection, each told by what the sync made of it.
fn kept(pair: &SandboxPair, collection: &str, field: &str) -> Vec<String> {
    let all = records(&pair.ghl.state(), collection);
    all.iter().filter_map(|record| record[field].as_str()).map(str::to_owned).collect()
}

#[tokio::test]
async fn killed_at_any_moment_it_leaves_nothing_doubled_and_nothing_missing() {
    // What a run that is left alone makes of the same people.
    let undisturbed = pair(CUSTOMERS).await;
    let state = TempFile::new("undisturbed");
    let [first, _] = runs(&impatient(&undisturbed, &state).output().await.unwrap());
    let total = number(&first, "/writes/ghl");
    assert!(total > KILLS * 5, "{total} writes are too few to be interrupted in");

    let mut interrupted = 0;
    for kill in 0..KILLS {
        let pair = pair(CUSTOMERS).await;
        let state = TempFile::new(&format!("killed-{kill}"));
        // Somewhere in each tenth of its writes.
        let moment = (kill * total + fastrand::u64(1..=total)) / KILLS;
        let mut victim = impatient(&pair, &state).stdout(std::process::Stdio::null()).spawn().unwrap();
        let reached = tokio::time::timeout(PATIENCE, async {
            while writes(&pair) < moment.max(1) {
                assert!(victim.try_wait().unwrap().is_none(), "it ended before write {moment} of {total}");
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        assert!(reached.await.is_ok(), "it never came to write {moment} of {total}");
        victim.kill().await.unwrap();
        interrupted += announced(&state).await;

        let [again, idle] = runs(&impatient(&pair, &state).output().await.unwrap());
        let at = format!("killed at write {moment} of {total}: {again}");
        assert_eq!(number(&again, "/failed"), 0, "{at}");
        assert_eq!(number(&idle, "/writes/ghl"), 0, "{at}, then {idle}");
        for (collection, field) in [("contacts", "email"), ("notes", "body"), ("tasks", "body")] {
            let (found, expected) = (kept(&pair, collection, field), kept(&undisturbed, collection, field));
            let filled = found.iter().filter(|value| !value.is_empty()).cloned();
            assert_eq!(doubled(filled), 0, "{collection}: {at}");
            assert_eq!(found.len(), expected.len(), "{collection}: {at}");
            let set = |values: Vec<String>| values.into_iter().collect::<BTreeSet<_>>();
            assert_eq!(set(found), set(expected), "{collection}: {at}");
        }
    }
    assert!(interrupted > 0, "no kill hit a write that was under way");
}
