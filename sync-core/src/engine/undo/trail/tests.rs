use jiff::Timestamp;

use super::super::super::link::LinkId;
use super::super::super::record::{RecordId, RecordRef};
use super::*;
use crate::queue::WorkKey;

/// Writes as (run, before, after), what is there, and what is restored, or why it is kept.
type Case =
    (&'static [(&'static str, &'static str, &'static str)], &'static str, Result<&'static str, &'static str>);

fn value(text: &str) -> FieldValue {
    match text {
        "?" => FieldValue::Unknown,
        "" => FieldValue::Empty,
        text => FieldValue::Text(text.to_owned()),
    }
}

fn set(members: &str) -> FieldValue {
    FieldValue::set(members.chars().map(String::from))
}

fn entry(run: &str, what: Happening) -> (u64, Entry) {
    let run = Some(RunId::new(run)).filter(|run| !run.as_str().is_empty());
    let about = WorkKey::Link(LinkId::new("l"));
    (1, Entry { at: Timestamp::UNIX_EPOCH, run, about, what })
}

fn wrote(run: &str, before: FieldValue, after: FieldValue) -> (u64, Entry) {
    let write = FieldWrite { field: "f".to_owned(), before, after };
    entry(run, Happening::Wrote(Side::Right, vec![write]))
}

/// The verdict on run `r` where the right side holds `right`, and both hold what they agreed on.
fn verdict(rules: &Rules, journal: &[(u64, Entry)], right: &FieldValue) -> Verdict {
    let left = FieldValue::Text("left".to_owned());
    let agreed = Pair::new(Agreed::on(&left), Agreed::on(right));
    let state = FieldState { agreed, ..FieldState::default() };
    let trails = trails(journal, &RunId::new("r"));
    let Some(trail) = trails.get(&(Side::Right, "f".to_owned())) else { return Verdict::Done };
    judge(rules, &state, trail, &RunId::new("r"), Side::Right, Pair::new(&left, right))
}

fn restored(verdict: &Verdict) -> Option<FieldValue> {
    let Verdict::Restore(write) = verdict else { return None };
    Some(write.value.clone())
}

#[test]
fn a_scalar_gets_back_what_it_had() {
    let rules = Rules::new("f");
    let table: [Case; 12] = [
        (&[("r", "a", "b")], "b", Ok("a")),
        (&[("r", "", "b")], "b", Ok("")),
        (&[("r", "a", "")], "", Ok("a")),
        (&[("r", "a", "b")], "a", Err("done")),
        (&[("r", "a", "b")], "c", Err("it was changed since")),
        (&[("r", "a", "b")], "?", Err("the record does not show it")),
        (&[("r", "?", "?")], "b", Err("the journal does not know what was there before")),
        (&[("r", "a", "b"), ("r", "b", "c")], "c", Ok("a")),
        // Somebody edited it to x in between: that is what is restored.
        (&[("r", "a", "b"), ("r", "x", "c")], "c", Ok("x")),
        (&[("r", "a", "b"), ("s", "b", "c")], "c", Err("it was written again in s")),
        (&[("r", "a", "b"), ("", "b", "c"), ("", "c", "b")], "b", Err("it was written again")),
        (&[("s", "a", "b")], "b", Err("done")),
    ];
    for (writes, there, expected) in table {
        let journal: Vec<_> =
            writes.iter().map(|(run, before, after)| wrote(run, value(before), value(after))).collect();
        let is = verdict(&rules, &journal, &value(there));
        match expected {
            Ok(to) => assert_eq!(restored(&is), Some(value(to)), "{writes:?} {there}: {is:?}"),
            Err("done") => assert_eq!(is, Verdict::Done, "{writes:?} {there}"),
            Err(why) => assert_eq!(is, keep(why), "{writes:?} {there}"),
        }
    }
}

#[test]
fn that_the_sides_differ_is_agreed_on() {
    let journal = [wrote("r", value("a"), value("left"))];
    let Verdict::Restore(write) = verdict(&Rules::new("f"), &journal, &value("left")) else { panic!() };
    let agreed = |text: &str| Some(Agreed::Text(text.to_owned()));
    assert_eq!(write.agreed, Pair::new(agreed("left"), agreed("a")));
}

#[test]
fn a_field_that_is_on_its_way_is_kept() {
    let journal = [wrote("r", value("a"), value("b"))];
    let trails = trails(&journal, &RunId::new("r"));
    let trail = &trails[&(Side::Right, "f".to_owned())];
    let (left, right) = (value("l"), value("b"));
    for (on_left, on_right) in [("other", "b"), ("l", "other")] {
        let agreed = Pair::new(Agreed::on(&value(on_left)), Agreed::on(&value(on_right)));
        let state = FieldState { agreed, ..FieldState::default() };
        let seen = Pair::new(&left, &right);
        let is = judge(&Rules::new("f"), &state, trail, &RunId::new("r"), Side::Right, seen);
        assert_eq!(is, keep("a change of it is under way"), "{on_left} {on_right}");
    }
}

#[test]
fn of_a_set_each_member_is_judged() {
    let rules = Rules { kind: Kind::Set, ..Rules::new("f") };
    let table: [Case; 10] = [
        (&[("r", "ab", "ac")], "ac", Ok("ab")),
        // What people have added since stays.
        (&[("r", "ab", "ac")], "acx", Ok("abx")),
        // They have taken out c themselves, or put b back.
        (&[("r", "ab", "ac")], "a", Ok("ab")),
        (&[("r", "ab", "ac")], "abc", Ok("ab")),
        (&[("r", "ab", "ac")], "ab", Err("done")),
        (&[("r", "", "a")], "a", Ok("")),
        (&[("r", "a", "")], "", Ok("a")),
        // Added and taken out again.
        (&[("r", "a", "ab"), ("r", "ab", "a")], "ab", Err("done")),
        (&[("r", "a", "abc"), ("s", "abc", "ac"), ("s", "ac", "abc")], "abc", Ok("ab")),
        (&[("r", "a", "ab"), ("s", "ab", "a"), ("s", "a", "ab")], "ab", Err("it was written again in s")),
    ];
    for (writes, there, expected) in table {
        let journal: Vec<_> =
            writes.iter().map(|(run, before, after)| wrote(run, set(before), set(after))).collect();
        let is = verdict(&rules, &journal, &set(there));
        match expected {
            Ok(to) => assert_eq!(restored(&is), Some(set(to)), "{writes:?} {there}: {is:?}"),
            Err("done") => assert_eq!(is, Verdict::Done, "{writes:?} {there}"),
            Err(why) => assert_eq!(is, keep(why), "{writes:?} {there}"),
        }
    }
}

#[test]
fn what_is_on_its_way_in_a_set_stays_so() {
    let rules = Rules { kind: Kind::Set, ..Rules::new("f") };
    let trails = trails(&[wrote("r", set("a"), set("ab"))], &RunId::new("r"));
    // The left side has gained l, the right one x, and neither has the other's yet.
    let agreed = Pair::new(Agreed::on(&set("ab")), Agreed::on(&set("ab")));
    let state = FieldState { agreed, ..FieldState::default() };
    let (left, right) = (set("abl"), set("abx"));
    let trail = &trails[&(Side::Right, "f".to_owned())];
    let is = judge(&rules, &state, trail, &RunId::new("r"), Side::Right, Pair::new(&left, &right));
    let Verdict::Restore(write) = is else { panic!("{is:?}") };
    assert_eq!(write.value, set("ax"));
    assert_eq!(write.agreed, Pair::new(Agreed::on(&set("ab")), Agreed::on(&set("a"))));
}

#[test]
fn a_value_that_does_not_fit_any_more_is_kept() {
    let validate = std::sync::Arc::new(|_: &str| Err("is too short".to_owned()));
    let rules = Rules { validate: Pair::new(None, Some(validate)), ..Rules::new("f") };
    let is = verdict(&rules, &[wrote("r", value("a"), value("b"))], &value("b"));
    assert_eq!(is, keep("what was there before is too short"));
}

#[test]
fn another_record_is_not_restored_and_one_that_the_run_created_has_nothing_to_restore() {
    let (rules, at) = (Rules::new("f"), RecordRef::top(RecordId::new("x9")));
    for what in [
        Happening::Moved(Side::Right, at.clone()),
        Happening::Linked(Side::Right, at.clone()),
        Happening::Created(Side::Right, at.clone(), vec![]),
    ] {
        let journal = [wrote("r", value("a"), value("b")), entry("s", what.clone())];
        assert_eq!(verdict(&rules, &journal, &value("b")), keep("another record is there now"), "{what:?}");
    }
    let created = entry("r", Happening::Created(Side::Right, at.clone(), vec![]));
    let journal = [created, wrote("r", value("a"), value("b"))];
    assert_eq!(verdict(&rules, &journal, &value("b")), Verdict::Done);
    let journal = [entry("r", Happening::Moved(Side::Left, at)), wrote("r", value("a"), value("b"))];
    assert_eq!(restored(&verdict(&rules, &journal, &value("b"))), Some(value("a")), "the other side's");
}
