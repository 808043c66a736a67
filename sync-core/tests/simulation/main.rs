//! The engine under every fault that can be thought of, in made-up histories that follow from a seed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod answers;
mod check;
mod checked;
mod collection;
mod commits;
mod history;
mod ledger;
mod notes;
mod people;
mod queue;
mod rng;
mod service;
mod settings;
mod store;
mod world;

use check::Verdict;
use settings::Settings;
use sync_core::engine::RuleOff;

/// A number from the environment, for longer runs and for replays.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

/// Without optimisation a history takes ten times as long.
fn more_in_release(debug: u64, release: u64) -> u64 {
    if cfg!(debug_assertions) { debug } else { release }
}

fn replay(seed: u64) -> String {
    format!(
        "SIM_FIRST={seed} SIM_SEEDS=1 SIM_TRACE=1 cargo test --release -p sync-core --features _simulation \
         --test simulation seeds -- --nocapture"
    )
}

/// Runs a history; a panic in it is a problem like any other.
fn run(seed: u64, change: impl FnOnce(&mut Settings) + std::panic::UnwindSafe) -> Verdict {
    let trace = std::env::var_os("SIM_TRACE").is_some();
    let result = std::panic::catch_unwind(|| history::run(seed, change, trace));
    result.unwrap_or_else(|_| Verdict { problems: vec!["it panicked".into()], ..Verdict::default() })
}

/// Runs a history, and once more in privacy mode: then the same is done.
fn run_both(seed: u64, answers: bool) -> Verdict {
    let mut verdict = run(seed, |settings| settings.answers = answers);
    let twin = run(seed, |settings| (settings.answers, settings.privacy) = (answers, true));
    verdict.problems.extend(twin.problems.iter().map(|problem| format!("in privacy mode: {problem}")));
    let differs = verdict.story.iter().zip(&twin.story).find(|(one, other)| one != other);
    if differs.is_some() || verdict.story.len() != twin.story.len() || verdict.yields != twin.yields {
        verdict.problems.push(format!("I14: in privacy mode something else is done: {differs:?}"));
    }
    verdict
}

/// Histories one after the other: `SIM_SEEDS` of them from `SIM_FIRST` on.
#[test]
fn seeds() {
    let first = number("SIM_FIRST").unwrap_or(1);
    let count = number("SIM_SEEDS").unwrap_or_else(|| more_in_release(300, 2_000));
    let (mut total, mut failed) = (Verdict::default(), Vec::new());
    for seed in first..first + count {
        let answers = seed % 2 == 0;
        let verdict = if seed % 4 == 0 {
            run_both(seed, answers)
        } else {
            run(seed, |settings| settings.answers = answers)
        };
        total.add(&verdict);
        if !verdict.problems.is_empty() {
            println!("seed {seed}: {:#?}\n  {}", verdict.problems, replay(seed));
            failed.push(seed);
        }
    }
    println!("{count} histories from seed {first} on: {total}");
    assert!(failed.is_empty(), "{} of {count} histories break an invariant: {failed:?}", failed.len());
    if count >= 300 {
        // A simulation in which nothing happens proves nothing.
        assert!(total.conflicts > 0 && total.unseen > 0 && total.undone > 0 && total.faults > count);
    }
}

/// Histories that broke an invariant once, each because of something that was mended since.
#[test]
fn what_failed_once_holds() {
    let once = [
        (26, "a set of which one member was refused stood still"),
        (13, "what lost by a policy was not named when the answer was lost and the field edited"),
        (97, "a feed began, and what was there before was never looked at"),
        (73, "a record of ours whose key was edited before it was found became a stranger"),
        (15, "what was recognised by keys alone counted as written"),
        (652, "what lost by a policy was not named when the record was deleted meanwhile"),
        (448, "additions to a set were forgotten when the removals failed"),
        (1416, "a listing that began before the feed was gone on with"),
        (628, "a create was looked for too early after a jump of the clock and a restart"),
        (1731, "a refusal of the second request was taken for one of the first"),
        (1246, "a create with old fields was finished by somebody else, and nobody looked again"),
        (2084, "a run that outlived its lease left a pair without a partner"),
        (587, "a clock that was set back let a late create pass"),
        (4934, "what was removed while a create was open came back"),
        (1138, "a lagging read of a set was taken for a removal"),
        (493, "a derived record was looked for where its owner had gone, not where it was sent"),
        (1041, "a lagging read of before the first agreement was taken for an edit"),
        (2763, "a jump between a process's start and its first look at the clock went unnoticed"),
        (11873, "a derived record was forgotten with its owner, and made again for the next one"),
        (36655, "a partner was created with an older key than the one that nobody was found by"),
        (70444, "of a set whose write was not answered, what had arrived was not agreed on"),
        (145_434, "a parked field that was set back was not looked at again"),
        (247_988, "a derived record that had gone along with its merged place was made again"),
        (580_390, "a pair became complete while a birth was asked about, and nobody looked at the news"),
        (610_665, "a pair waited for ever for a create that only a person could decide about"),
        (632_484, "a derived record whose place had just been merged was left to a person"),
        (706_247, "a create was answered so late that its record had been asked about"),
    ];
    for (seed, what) in once {
        let verdict = run_both(seed, false);
        assert!(verdict.problems.is_empty(), "{what}: {:#?}\n  {}", verdict.problems, replay(seed));
    }
}

/// I15.
#[test]
fn the_same_seed_has_the_same_journal() {
    for seed in 1..=more_in_release(20, 200) {
        let (one, other) = (run(seed, |_| {}), run(seed, |_| {}));
        assert_eq!(one.digest, other.digest, "seed {seed}");
    }
    assert_ne!(run(1, |_| {}).digest, run(2, |_| {}).digest);
}

/// Two processes sweep the same facts at once. Neither gives up because the other one was faster with one of them.
#[test]
fn a_fact_that_another_process_stores_meanwhile_does_not_end_a_sweep() {
    let history = history::settled(1, |settings| {
        quiet(settings);
        (settings.notes, settings.steps) = (true, 300);
    });
    let documents = {
        let mut state = history.world.lock();
        // New ones: of those that are known and differ each may be asked for by itself.
        let known = state.notes.documents.clone();
        let new = known.into_iter().map(|(id, document)| (format!("N{id}"), document));
        state.notes.documents.extend(new);
        state.notes.documents.len()
    };
    assert!(documents > 1);
    let (one, other) = (history.engine(), history.engine());
    let sweeps = futures_util::future::join(one.sweep_facts("documents"), other.sweep_facts("documents"));
    let (one, other) = history::History::run_through(sweeps);
    assert_eq!([one.unwrap().looked_at, other.unwrap().looked_at], [documents; 2]);
}

fn quiet(settings: &mut Settings) {
    settings.steps = 60;
    settings.faults = 0;
    settings.kills = false;
    settings.clock_jumps = false;
}

/// Each scenario runs once for each await in it, with a crash of whoever is there.
#[test]
fn a_crash_at_every_await_breaks_nothing() {
    let scenarios = more_in_release(2, 12);
    let mut crashes = 0;
    for seed in 1..=scenarios {
        let calm = history::run(seed, quiet, false);
        assert!(calm.problems.is_empty(), "seed {seed} without a crash: {:#?}", calm.problems);
        for at in 1..=calm.yields {
            let verdict = history::run_with_crash(seed, at, quiet);
            assert!(
                verdict.problems.is_empty(),
                "seed {seed}, a crash at pause {at}: {:#?}",
                verdict.problems
            );
            crashes += 1;
        }
    }
    println!("{crashes} crashes in {scenarios} scenarios");
}

/// The rules, with what is done to settings so that histories are about them.
const RULES: [(RuleOff, &str); 15] = [
    (RuleOff::WriteAhead, "a write is announced before it is sent"),
    (RuleOff::Newborn, "a record with our marker is the missing half; one that may be ours waits"),
    (RuleOff::MarkerLeft, "what is created on the left carries a marker"),
    (RuleOff::MarkerRight, "what is created on the right carries a marker"),
    (RuleOff::Quarantine, "a lost write is looked for when it must have landed and be visible"),
    (RuleOff::SendBy, "nothing is sent after its moment"),
    (RuleOff::BirthApart, "a birth only founds the link"),
    (RuleOff::SettleSent, "an edit between a write and its being seen is a change"),
    (RuleOff::SettleSeen, "what was stored is believed, not what was sent"),
    (RuleOff::BaselinePerSide, "each side has a baseline of its own"),
    (RuleOff::UnknownByReading, "what became of a lost update is found out by reading"),
    (RuleOff::StaleRead, "what was replaced a moment ago is no edit"),
    (RuleOff::StaleReadOfPeople, "what a person replaced a moment ago is no edit either"),
    (RuleOff::GoneTwice, "a record is gone when it is so twice"),
    (RuleOff::ClockJumps, "nothing is concluded from passed time when the clock has jumped"),
];

/// With a rule turned off, some history breaks an invariant: `SIM_MUTATIONS` histories are tried for each.
#[test]
fn each_rule_is_needed() {
    let Some(most) = number("SIM_MUTATIONS") else {
        println!("SIM_MUTATIONS is not set: rules are turned off in the longer runs only");
        return;
    };
    let whole = std::env::var_os("SIM_COUNT_ALL").is_some();
    let from = number("SIM_FIRST").unwrap_or(1);
    let only = std::env::var("SIM_RULE").ok();
    let is_asked = |rule: &RuleOff| only.as_ref().is_none_or(|only| *only == format!("{rule:?}"));
    assert!(RULES.iter().any(|(rule, _)| is_asked(rule)), "no rule is called {only:?}");
    let mut idle = Vec::new();
    for (rule, what) in RULES.iter().filter(|(rule, _)| is_asked(rule)) {
        let (mut tried, mut failed, mut first) = (0, 0_u64, None);
        for seed in from..from + most {
            tried += 1;
            let verdict = run(seed, move |settings| settings.off = vec![*rule]);
            if let Some(problem) = verdict.problems.first() {
                failed += 1;
                first.get_or_insert((seed, problem.clone()));
                if !whole {
                    break;
                }
            }
        }
        let (seed, problem) = first.clone().unwrap_or_default();
        println!("| {what} | {failed} of {tried} | {seed} | {problem} |");
        if first.is_none() {
            idle.push(rule);
        }
    }
    assert!(idle.is_empty(), "nothing breaks without {idle:?}");
}
