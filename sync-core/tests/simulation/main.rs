//! The engine under every fault that can be thought of, in made-up histories that follow from a seed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod check;
mod collection;
mod history;
mod ledger;
mod notes;
mod people;
mod rng;
mod service;
mod settings;
mod store;
mod world;

use history::Verdict;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

#[test]
fn seeds() {
    let (first, count) = (number("SIM_FIRST", 1), number("SIM_SEEDS", 500));
    let trace = std::env::var_os("SIM_TRACE").is_some();
    let (mut total, mut failed) = (Verdict::default(), Vec::new());
    for seed in first..first + count {
        let result = std::panic::catch_unwind(|| history::run(seed, |_| {}, trace));
        let verdict =
            result.unwrap_or_else(|_| Verdict { problems: vec!["panicked".into()], ..Verdict::default() });
        total.edits += verdict.edits;
        total.writes += verdict.writes;
        total.faults += verdict.faults;
        total.unseen += verdict.unseen;
        total.undone += verdict.undone;
        total.conflicts += verdict.conflicts;
        total.yields += verdict.yields;
        if !verdict.problems.is_empty() {
            failed.push((seed, verdict.problems));
        }
    }
    println!("{count} seeds: {total:?}");
    for (seed, problems) in failed.iter().take(10) {
        println!("seed {seed}: {problems:#?}");
    }
    assert!(failed.is_empty(), "{} of {count} seeds fail", failed.len());
}
