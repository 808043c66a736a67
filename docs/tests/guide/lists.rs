//! Lists of the guide that are held to the sources: triggers, actions, what an observer hears, scopes, files.

use std::collections::BTreeSet;

use crate::markdown::{blocks, code, files, prose, read, root, rows, sections};
use crate::source::variants;

fn section(page: &str, heading: &str) -> String {
    let page = prose(page);
    let start = page.find(&format!("# {heading}\n")).unwrap_or_else(|| panic!("no heading {heading}"));
    let rest = &page[start + 2..];
    rest.split("\n#").next().unwrap().to_owned()
}

/// What is in backticks in the first cells.
fn first_cells(text: &str) -> BTreeSet<String> {
    rows(text).iter().flat_map(|row| code(&row[0])).collect()
}

#[test]
fn every_webhook_is_a_trigger() {
    let source = read("ghl-contacts/src/webhooks/event.rs");
    // The names on the wire.
    let wire: BTreeSet<_> = source
        .lines()
        .filter_map(|line| {
            line.trim().strip_prefix('"')?.split_once("\" => ").map(|(name, _)| name.to_owned())
        })
        .collect();
    assert_eq!(wire.len() + 1, variants(&source, "Event").len(), "all but `Unknown`");
    let page = read("docs/triggers.md");
    assert_eq!(first_cells(&section(&page, "Webhooks of HighLevel")), wire);

    // What the template hints, and what not.
    let receiver = read("examples/webhooks/src/receive.rs");
    for row in rows(&section(&page, "Webhooks of HighLevel")) {
        for event in code(&row[0]) {
            let hinted = receiver.contains(&format!("Event::{event}("));
            assert_eq!(hinted, row[2].starts_with("hints"), "{event}");
        }
    }
}

#[test]
fn every_change_of_moloni_is_a_trigger() {
    let changes = variants(&read("moloni-client/src/feed/change.rs"), "Change");
    let page = section(&read("docs/triggers.md"), "Polls");
    let told = first_cells(&page[page.find("`Change`").unwrap()..]);
    assert_eq!(told, changes.into_iter().collect());
}

#[test]
fn every_type_of_event_is_an_action() {
    let source = read("examples/moloni-ghl/src/rules/event_type.rs");
    let types = variants(&source, "EventType");
    let names: BTreeSet<_> = moloni_ghl::rules::Events::standard(moloni_ghl::rules::English)
        .with(moloni_ghl::rules::DraftTask::after(7))
        .deliveries("calendar", sync_core::jiff::SignedDuration::from_hours(1))
        .types()
        .iter()
        .map(|known| known.name().to_owned())
        .collect();
    assert_eq!(names.len() + 1, types.len(), "all but `Other`");
    assert_eq!(first_cells(&section(&read("docs/triggers.md"), "Event rules")), names);
}

#[test]
fn every_collection_is_in_the_table_of_writes() {
    let mut names = BTreeSet::new();
    for folder in ["ghl-contacts/src/sync", "moloni-client/src/sync"] {
        for path in files(folder, ".rs") {
            let source = read(&path);
            let found = source.split("fn name(&self) -> &'static str {").nth(1);
            let Some(found) = found else { continue };
            let body = found.split('}').next().unwrap().trim().trim_matches('"').to_owned();
            // A constant stands for the name of the file.
            let of_file = path.rsplit('/').next().unwrap().trim_end_matches(".rs").to_owned();
            names.insert(if body.contains(|c: char| c.is_ascii_uppercase()) { of_file } else { body });
        }
    }
    let told: BTreeSet<_> = rows(&section(&read("docs/triggers.md"), "Writes"))
        .iter()
        .map(|row| code(&row[0])[0].clone())
        .collect();
    assert_eq!(told, names);
}

#[test]
fn every_call_of_the_table_of_writes_is_one() {
    let (ghl, moloni) = (read("docs/operations/ghl.md"), read("docs/operations/moloni.md"));
    let mut count = 0;
    for row in rows(&section(&read("docs/triggers.md"), "Writes")) {
        for call in row[1..4].iter().flat_map(|cell| code(cell)) {
            if let Some((method, path)) = call.split_once(' ') {
                assert!(ghl.contains(&format!("| {method} | `{path}` |")), "{call}");
                count += 1;
            } else if let Some((entity, method)) = call.split_once('/') {
                assert!(moloni.contains(&format!("`{entity}.{method}`")), "{call}");
                count += 1;
            }
        }
    }
    assert!(count >= 14, "{count}");
}

#[test]
fn every_event_of_an_observer_is_told() {
    let events = variants(&read("sync-core/src/observe.rs"), "Event");
    let told = first_cells(&section(&read("docs/operating.md"), "What to watch"));
    let told: BTreeSet<_> = told.into_iter().filter(|name| name.starts_with(char::is_uppercase)).collect();
    assert_eq!(told, events.into_iter().collect());
}

#[test]
fn every_priority_and_its_order_is_told() {
    let order = variants(&read("sync-core/src/queue/mod.rs"), "Priority");
    let text = section(&read("docs/triggers.md"), "People and programs");
    let sentence = &text[text.find("Hints wait").unwrap()..];
    assert_eq!(code(sentence), order);
}

#[test]
fn scopes_are_those_of_the_service() {
    let known = read("ghl-contacts/src/oauth/scope.rs");
    let scopes: Vec<_> =
        rows(&section(&read("docs/accounts.md"), "Scopes")).iter().flat_map(|row| code(&row[1])).collect();
    assert!(scopes.len() >= 11, "{scopes:?}");
    for scope in scopes {
        assert!(known.contains(&format!("= \"{scope}\",")), "{scope}");
    }
}

#[test]
fn variables_are_those_that_are_read() {
    let read_by_settings = read("examples/moloni-ghl/src/settings.rs");
    let told = first_cells(&section(&read("docs/accounts.md"), "Check the connection"));
    for name in &told {
        assert!(read_by_settings.contains(&format!("\"{name}\"")), "{name} is not read");
    }
    let documented = read_by_settings.lines().filter(|line| line.trim_start().starts_with("/// | `"));
    let all: BTreeSet<_> = documented.flat_map(|line| code(line.split('|').nth(1).unwrap())).collect();
    assert_eq!(told, all);
}

#[test]
fn every_file_of_the_life_of_an_edit_is_there() {
    let page = read("docs/architecture.md");
    let (_, text) =
        sections(&page).into_iter().find(|(heading, _)| heading.starts_with("The life of one edit")).unwrap();
    let paths: Vec<_> = code(&text).into_iter().filter(|name| name.contains('/')).collect();
    assert!(paths.len() > 40, "{}", paths.len());
    for path in paths {
        assert!(root().join(&path).is_file(), "{path} is not there");
    }
    assert!(
        rows(&text).iter().enumerate().all(|(at, row)| row[0] == (at + 1).to_string()),
        "steps are numbered"
    );
}

#[test]
fn every_crate_has_a_picture_of_what_is_there() {
    let mut pictured = BTreeSet::new();
    for block in blocks(&read("docs/architecture.md")).into_iter().filter(|block| block.language == "mermaid")
    {
        let base =
            block.text.lines().next().unwrap().strip_prefix("%% ").expect("a picture says whose it is");
        let mut count = 0;
        for label in block.text.split(['[', ']']) {
            let paths = label.split(':').next().unwrap().split(", ");
            for path in paths.filter(|path| [".rs", "/"].iter().any(|end| path.ends_with(end))) {
                assert!(root().join(base).join(path).exists(), "{base}/{path} is not there");
                count += 1;
            }
        }
        assert!(count > 8, "{base}: {count}");
        pictured.insert(base.to_owned());
    }
    let crates = ["sync-core/src", "ghl-contacts/src", "moloni-client/src", "examples/moloni-ghl/src"];
    assert_eq!(pictured, crates.map(str::to_owned).into());
}

#[test]
fn every_template_is_a_use_case() {
    let page = read("docs/use-cases.md");
    for readme in files("examples", "README.md") {
        assert!(page.contains(&format!("[The template](../{readme})")), "{readme} is in no use case");
    }
}
