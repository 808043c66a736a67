//! What `docs/mapping.md` says is so: its files build, its tables come true, and it leaves no setting out.

use std::fs;
use std::path::Path;

use serde_json::json;
use sync_core::engine::merge::{FieldState, FieldStep, Seen, merge_field};
use sync_core::engine::{
    Agreed, Decision, FieldValue, Fields, Interval, Mapper, Mapping, Pair, Presence, RecordId, RecordRef,
    Side, Sight, Snapshot, decide,
};
use sync_core::jiff::Timestamp;

use crate::trace;

fn page() -> String {
    trace::on();
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/mapping.md")).unwrap()
}

/// The rows of the tables that begin with these columns.
fn rows(columns: &[&str]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut within = false;
    for line in page().lines() {
        let cells = line.split('|').map(|cell| cell.trim().to_owned());
        let cells: Vec<String> = cells.skip(1).collect();
        match () {
            () if cells.is_empty() => within = false,
            () if within => found.push(cells),
            () => within = cells.iter().zip(columns).all(|(cell, column)| cell == column),
        }
    }
    found.retain(|row| !row[0].starts_with("--"));
    assert!(found.len() > 3, "{columns:?}");
    found
}

/// What is in backticks.
fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn field(settings: &[&str]) -> Mapping {
    let mut lines = settings.to_vec();
    let names = |key: &[&str]| settings.iter().any(|line| key.iter().any(|key| line.starts_with(key)));
    if !names(&["left", "constant"]) {
        lines.push("left = \"a\"");
    }
    if !names(&["right"]) {
        lines.push("right = \"b\"");
    }
    let text = format!("[fields.f]\n{}\n", lines.join("\n"));
    Mapping::from_toml(&text).unwrap_or_else(|error| panic!("{text}{error}"))
}

#[test]
fn the_files_of_the_page_build() {
    let page = page();
    let blocks: Vec<&str> =
        page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        Mapping::from_toml(block).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn every_setting_has_an_example_that_builds_and_none_is_left_out() {
    let error = |text: &str| Mapping::from_toml(text).unwrap_err().problems()[0].message.clone();
    let among = |message: &str| code(message.split_once("there are").unwrap().1).join(" ");
    let documented = |rows: &[Vec<String>]| {
        rows.iter().map(|row| code(&row[0])[0].to_owned()).collect::<Vec<_>>().join(" ")
    };
    let of_file = rows(&["setting", "default", "example"]);
    let of_field = rows(&["setting of a field", "default", "example"]);
    assert_eq!(documented(&of_file), among(&error("zzzzzzzzzzzzzzz = 1")));
    let known = among(&error("[fields.f]\nzzzzzzzzzzzzzzzzzzzzz = 1"));
    let sorted = |names: &str| {
        let mut names: Vec<_> = names.split(' ').map(str::to_owned).collect();
        names.sort();
        names
    };
    assert_eq!(sorted(&documented(&of_field)), sorted(&known));
    for row in &of_field {
        let example = code(&row[2]);
        assert!(example.last().unwrap().starts_with(code(&row[0])[0]), "{row:?}");
        field(&example);
    }
    let fields = "[fields]\nvat = { left = \"vat\", right = \"vat\" }\nphone = { left = \"phone\", right = \"phone\" }\n\
                  name = { left = \"name\", right = \"name\" }";
    for row in of_file.iter().filter(|row| code(&row[0]) != ["fields"]) {
        Mapping::from_toml(&format!("{}\n{fields}", code(&row[2])[0])).unwrap();
    }
    // What a setting can be.
    let page = page();
    for setting in ["normalise", "direction", "policy", "lossy.right", "validate.right"] {
        let message =
            error(&format!("[fields.f]\nleft = \"a\"\nright = \"a\"\n{setting} = \"zzzzzzzzzzzzzzzzzzzz\""));
        for name in among(&message).split(' ') {
            assert!(
                page.contains(&format!("\"{name}\"")) || page.contains(&format!("{{ {name} = ")),
                "{name}"
            );
        }
    }
}

#[test]
fn normalisers_do_what_the_page_says() {
    let rows = rows(&["`normalise`", "", "`before`"]);
    assert_eq!(rows.len(), 10);
    for row in rows {
        let mapping = field(&[&format!("normalise = {}", code(&row[0])[0])]);
        let raw = json!({ "a": code(&row[2])[0] }).as_object().cloned().unwrap();
        let read = mapping.read(Side::Left, &Snapshot::new(RecordRef::top(RecordId::new(1)), raw));
        assert_eq!(read.get(0).text(), Some(code(&row[3])[0]), "{row:?}");
    }
}

fn value(text: &str) -> FieldValue {
    if text.is_empty() { FieldValue::Empty } else { FieldValue::Text(text.to_owned()) }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

/// Merges the field until nothing is to do: what both sides have then, and whether a person is asked.
fn settled(
    mapping: &Mapping,
    agreed: Option<&str>,
    mut values: Pair<FieldValue>,
    changed: Pair<Interval>,
) -> (Pair<FieldValue>, bool) {
    let agreed = agreed.map(|text| Agreed::Text(text.to_owned()));
    let mut state = FieldState { agreed: Pair::new(agreed.clone(), agreed), ..FieldState::default() };
    for _ in 0..3 {
        let value = Pair::new(&values.left, &values.right);
        let seen = Seen { value, changed, frozen: Pair::default(), now: at(1000) };
        match merge_field(&mapping.rules().fields[0], &state, &seen) {
            FieldStep::Write(write) => {
                values[write.to] = write.value;
                state.agreed = write.agreed;
            }
            FieldStep::Park(_) => return (values, true),
            _ => return (values, false),
        }
    }
    panic!("it goes on for ever");
}

fn check(row: &[String], agreed: Option<&str>, values: Pair<&str>, changed: Pair<Interval>) {
    let values = Pair::new(value(values.left), value(values.right));
    let (then, asked) = settled(&field(&code(&row[0])), agreed, values, changed);
    assert_eq!((then, asked), (Pair::new(value(&row[2]), value(&row[3])), row[4] == "yes"), "{row:?}");
}

const NOTHING: Pair<Interval> = Pair::new(Interval::UNKNOWN, Interval::UNKNOWN);

#[test]
fn each_policy_does_what_its_worked_example_says() {
    let mut policies = 0;
    for row in rows(&["field has", "what is known of the changes"]) {
        let (earlier, later) = (Interval::new(at(10), at(20)), Interval::new(at(30), at(40)));
        let changed = match row[1].as_str() {
            "left was later" => Pair::new(later, earlier),
            "right was later" => Pair::new(earlier, later),
            "nothing" => NOTHING,
            other => panic!("{other}"),
        };
        check(&row, Some("Ana"), Pair::new("Anna", "Anne"), changed);
        policies += usize::from(row[0].contains("policy"));
    }
    assert!(policies >= 10, "{policies}");
    for row in rows(&["field has", "who has changed it"]) {
        let values = if row[1] == "left" { Pair::new("Anna", "Ana") } else { Pair::new("Ana", "Anne") };
        check(&row, Some("Ana"), values, NOTHING);
    }
    for row in rows(&["field has", "who has a value"]) {
        let has = |side: &str, name| if row[1] == side || row[1] == "both" { name } else { "" };
        check(&row, None, Pair::new(has("left", "Anna"), has("right", "Anne")), NOTHING);
    }
}

#[test]
fn deletions_do_what_the_page_says() {
    for row in rows(&["`on_delete`", "the record that is left"]) {
        let text =
            format!("on_delete = {{ {} }}\n[fields.f]\nleft = \"a\"\nright = \"b\"\n", code(&row[0])[0]);
        let mapping = Mapping::from_toml(&text).unwrap();
        let now = if row[1] == "unchanged" { "Ana" } else { "Anna" };
        let (left, right) = (Presence::Alive(Fields::new([value(now)])), Presence::Gone);
        let agreed = Some(Agreed::Text("Ana".to_owned()));
        let state = [FieldState { agreed: Pair::new(agreed.clone(), agreed), ..FieldState::default() }];
        let sight =
            Sight { presence: Pair::new(&left, &right), changed: NOTHING, state: &state, now: at(1000) };
        let happens = match decide(mapping.rules(), &sight) {
            Decision::End => "the pair ends, the record stays",
            Decision::Delete(Side::Left) => "it is deleted as well",
            Decision::Recreate(Side::Right) => "the deleted one is created again",
            Decision::Park(_) => "a person is asked",
            other => panic!("{other:?}"),
        };
        assert_eq!(row[2], happens, "{row:?}");
    }
}
