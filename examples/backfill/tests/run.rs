//! The template as a person runs it, against the sandbox. What counts is what HighLevel shows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use moloni_ghl::sandbox::{PairConfig, SandboxPair};
use sync_core::{Env, SystemEnv};
use tokio::process::Command;

fn template(pair: &SandboxPair, state: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backfill"));
    command.env_clear().envs(pair.variables()).arg("--state").arg(state).kill_on_drop(true);
    command
}

fn text(output: &Output) -> String {
    let text =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    assert!(!text.contains("s3cr3t") && !text.contains("5ec2e7"), "a secret shows: {text}");
    text
}

fn effects(pair: &SandboxPair) -> usize {
    pair.ghl.calls().iter().filter(|call| call.effect).count()
}

#[tokio::test]
async fn everybody_is_imported_once_however_often_it_is_killed() {
    let config = PairConfig { customers: 120, speed: 50.0, ..PairConfig::default() };
    let pair = SandboxPair::start(config).await.unwrap();
    let directory = std::env::temp_dir().join(format!("backfill-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let state = directory.join("state.db");

    let plan = template(&pair, &state).arg("--plan").output().await.unwrap();
    let said = text(&plan);
    assert!(plan.status.success() && said.contains("to create"), "{said}");
    assert_eq!(effects(&pair), 0, "a plan writes nothing");

    // Killed after so many writes, three times.
    for writes in [10, 60, 110] {
        let mut child = template(&pair, &state).spawn().unwrap();
        while effects(&pair) < writes {
            assert!(child.try_wait().unwrap().is_none(), "it ended before {writes} writes");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        child.kill().await.unwrap();
    }
    // What was under way when it was killed is found out later: its next run waits for that, or the one after.
    for _ in 0..5 {
        let output = template(&pair, &state).output().await.unwrap();
        text(&output);
        if output.status.success() {
            break;
        }
    }

    let crm = pair.crm().unwrap();
    // Searches do not show at once what was written.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let contacts = crm.contacts().await.unwrap();
    let ours: Vec<_> = contacts.iter().filter(|c| c.source.as_deref() == Some("Moloni")).collect();
    assert_eq!(ours.len(), pair.expected.created);
    let mut numbers = BTreeSet::new();
    let (mut notes, mut tasks) = (0, 0);
    let mut branches: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
    for contact in &contacts {
        let seen = crm.whole(&contact.id).await.unwrap();
        let number = seen.field("Moloni number");
        if !number.is_empty() {
            assert!(numbers.insert(number), "{:?} twice", seen.contact);
            assert!(seen.tags().contains(&"moloni"), "{:?}", seen.contact);
        }
        if seen.contact.source.as_deref() == Some("Moloni") {
            assert_eq!(seen.field("Moloni import date").len(), "2026-11-27".len());
        }
        if seen.contact.source.as_deref() == Some("Moloni") && !seen.field("NIF").is_empty() {
            branches.entry(seen.field("NIF")).or_default().push(seen.business.clone());
        }
        notes += seen.notes.len();
        tasks += seen.tasks.len();
    }
    assert_eq!(numbers.len(), pair.expected.created + pair.expected.linked);
    assert_eq!((notes, tasks), (pair.expected.notes, pair.expected.tasks), "none missing and none twice");

    // Who shares a tax number shares a business, and nobody else has one.
    let shared: Vec<_> = branches.values().filter(|contacts| contacts.len() > 1).collect();
    assert_eq!(shared.len(), 3, "{branches:?}");
    assert!(shared.iter().all(|all| all[0].is_some() && all.iter().all(|one| *one == all[0])), "{shared:?}");
    assert!(branches.values().filter(|all| all.len() == 1).all(|all| all[0].is_none()), "{branches:?}");

    let before = (effects(&pair), pair.ghl.calls().len());
    let again = template(&pair, &state).output().await.unwrap();
    assert!(again.status.success(), "{}", text(&again));
    assert_eq!(effects(&pair), before.0, "nothing is written again");
    let operations: BTreeSet<_> =
        pair.ghl.calls().into_iter().skip(before.1).filter_map(|call| call.operation).collect();
    let reads = ["contacts.search", "custom_fields.list", "locations.get", "businesses.list"];
    let reads: BTreeSet<_> = reads.into_iter().map(str::to_owned).collect();
    assert_eq!(operations.difference(&reads).count(), 0, "an unchanged run reads pages only: {operations:?}");
    std::fs::remove_dir_all(directory).unwrap();
}

#[tokio::test]
async fn it_uses_its_share_of_the_quota_and_no_more() {
    let config = PairConfig { customers: 300, speed: 10.0, ..PairConfig::default() };
    let pair = SandboxPair::start(config).await.unwrap();
    let state = std::env::temp_dir().join(format!("backfill-share-{}.db", std::process::id()));
    // At ten times the speed a location has 1000 requests in ten seconds; 20 % of them are 20 in 100 ms.
    let mut command = template(&pair, &state);
    command.env("GHL_REQUESTS_PER_10_SECONDS", "1000").args(["--share", "20"]);
    let clock = SystemEnv::new();
    let begun = clock.monotonic();
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let took = clock.monotonic().saturating_sub(begun).as_secs_f64();
    let calls = pair.ghl.calls();
    assert!(calls.iter().all(|call| call.status != Some(429)));
    let pace = calls.len() as f64 / took;
    assert!(pace <= 205.0, "{pace} requests a second");
    println!("{} requests in {took:.1} s", calls.len());
    std::fs::remove_file(state).unwrap();
}
