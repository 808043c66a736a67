//! Every block of commands is run as a person runs it, or is named here with a reason.

use std::sync::{Mutex, PoisonError};

use crate::markdown::{blocks, pages, read};
use crate::terminal::{Terminal, build};

/// What becomes of a block.
enum Block {
    /// Ends with this code, and has said this.
    Ends(i32, &'static str),
    /// Ends well, and what goes on says this because of it.
    Brings(&'static str),
    /// Is typed until it ends well and has said this.
    Until(&'static str),
    /// Goes on until Ctrl-C. It has said this before the next block is typed.
    Serves(&'static str),
    /// Is not run, and why.
    Not(&'static str),
}
use Block::{Brings, Ends, Not, Serves, Until};

/// A page, and its blocks in order.
struct Page {
    name: &'static str,
    /// Whether it takes real accounts, in whose place the test gives it a sandbox.
    accounts: bool,
    blocks: &'static [Block],
}

const fn page(name: &'static str, blocks: &'static [Block]) -> Page {
    Page { name, accounts: false, blocks }
}

const SANDBOX: Block = Serves("Ctrl-C ends it");
const WAITS: &str = "--approve ";

const PAGES: [Page; 13] = [
    page(
        "README.md",
        &[
            Ends(0, "contacts: 245 unchanged, 5 for review"),
            Not("it is the test run that this test is a part of"),
        ],
    ),
    Page { name: "docs/accounts.md", accounts: true, blocks: &[Ends(0, "costs about")] },
    page("docs/sandbox.md", &[SANDBOX]),
    page(
        "docs/service.md",
        &[Not("it is built for release, which takes minutes; the tests build it without")],
    ),
    page(
        "docs/simulation.md",
        &[
            Not("`.ci/run` runs the simulation, for longer"),
            Not("`.ci/run` runs it, on a PostgreSQL of its own"),
        ],
    ),
    page(
        "docs/start.md",
        &[
            Serves("kind=ReviewOpened"),
            Ends(2, "To look at one"),
            Ends(0, "new@example.pt"),
            Until("new@example.pt"),
            Ends(0, "contacts: 245 unchanged, 5 for review"),
            SANDBOX,
            Ends(0, "contacts: 40 to link and fill, 205 to create, 5 for review\n"),
            Ends(2, WAITS),
            Serves("In sync."),
            Ends(0, "new@example.pt"),
            Until("new@example.pt"),
            Ends(0, "answered"),
            Ends(0, ""),
        ],
    ),
    page("examples/backfill/README.md", &[SANDBOX, Ends(0, "490 unchanged")]),
    page("examples/embed-your-own/README.md", &[SANDBOX, Ends(2, WAITS), Ends(0, "Tavira")]),
    page(
        "examples/event-sync/README.md",
        &[SANDBOX, Serves("\"eventType\":\"invoice.issued\""), Brings("\"what\":\"updated\"")],
    ),
    page(
        "examples/push-on-change/README.md",
        &[SANDBOX, Ends(2, WAITS), Serves("In sync."), Until("\nÓbidos\n")],
    ),
    page(
        "examples/sync-service/README.md",
        &[
            Serves("Ctrl-C or SIGTERM ends it."),
            Not("it is for accounts of one's own; the tests of the service run each of them"),
        ],
    ),
    page("examples/two-way/README.md", &[SANDBOX, Serves("In sync."), Ends(0, "answered")]),
    page(
        "examples/webhooks/README.md",
        &[SANDBOX, Serves("In sync, and listening."), Until("new@example.pt")],
    ),
];

/// What the guide starts.
const PROGRAMS: [&str; 9] = [
    "quickstart",
    "sandbox",
    "two-way",
    "push-on-change",
    "event-sync",
    "backfill",
    "webhooks",
    "embed-your-own",
    "sync-service",
];

fn commands(name: &str) -> Vec<String> {
    let blocks = blocks(&read(name)).into_iter().filter(|block| block.language == "sh");
    blocks.map(|block| block.text).collect()
}

#[test]
fn every_block_of_commands_is_run_or_has_a_reason() {
    for name in pages() {
        let listed = PAGES.iter().find(|page| page.name == name).map_or(0, |page| page.blocks.len());
        let found = commands(&name).len();
        assert_eq!(found, listed, "{name} has {found} blocks of commands, and PAGES tells of {listed}");
    }
    let not = PAGES.iter().flat_map(|page| page.blocks).filter_map(|block| match block {
        Not(why) => Some(*why),
        _ => None,
    });
    assert!(not.clone().all(|why| why.len() > 20), "a reason is a sentence");
    assert!(not.count() <= 5, "nearly all of them run");
}

#[test]
fn every_command_does_what_the_guide_says() {
    let programs = build(&PROGRAMS);
    let waiting = Mutex::new(PAGES.iter().collect::<Vec<_>>());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
                    let Some(page) = next else { break };
                    let mut terminal = Terminal::new(page.name, programs.clone());
                    run(page, &mut terminal);
                    terminal.close();
                }
            });
        }
    });
}

fn run(page: &Page, terminal: &mut Terminal) {
    let mut before = "";
    if page.accounts {
        terminal.sandbox();
        before = "set -a; . ./sandbox.env; set +a\n";
    }
    for (block, text) in page.blocks.iter().zip(commands(page.name)) {
        let text = format!("{before}{text}");
        match block {
            Ends(code, says) => terminal.run(&text, *code, says),
            Brings(says) => terminal.run_for(&text, says),
            Until(says) => terminal.run_until(&text, says),
            Serves(says) => terminal.serve(&text, says),
            Not(_) => {}
        }
    }
}
