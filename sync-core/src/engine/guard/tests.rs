use std::collections::BTreeMap;

use super::*;
use crate::engine::record::{RecordId, RecordRef};
use crate::engine::{Mapping, Side};

fn facts(pairs: usize, counts: &[(GuardClass, usize)]) -> PlanFacts {
    PlanFacts { pairs, acts: 1, counts: counts.iter().cloned().collect(), ..PlanFacts::default() }
}

fn tripped(facts: &PlanFacts, guards: &Guards) -> Vec<String> {
    judge(facts, guards).into_iter().map(|verdict| verdict.class.to_string()).collect()
}

/// What of 1,000 pairs, and of 100, is too much, and the most that is not.
#[test]
fn a_class_trips_when_both_its_numbers_are_passed() {
    let table = [
        (GuardClass::Deletes, 50, 10),
        (GuardClass::Creates, 300, 50),
        (GuardClass::Updates, 300, 50),
        (GuardClass::Cleared("email".to_owned()), 100, 20),
        (GuardClass::Spread("city".to_owned()), 100, 20),
    ];
    for (class, of_a_thousand, of_a_hundred) in table {
        for (pairs, most) in [(1000, of_a_thousand), (100, of_a_hundred)] {
            let at = |count| tripped(&facts(pairs, &[(class.clone(), count)]), &Guards::new());
            assert_eq!(at(most), [""; 0], "{class}: {most} of {pairs}");
            assert_eq!(at(most + 1), [class.to_string()], "{class}: {} of {pairs}", most + 1);
            assert_eq!(
                tripped(&facts(pairs, &[(class.clone(), most + 1)]), &Guards::off()),
                [""; 0],
                "{class} is off"
            );
        }
    }
}

#[test]
fn each_limit_can_be_set_and_switched_off_alone() {
    let all = [
        (GuardClass::Deletes, 9),
        (GuardClass::Creates, 9),
        (GuardClass::Updates, 9),
        (GuardClass::Cleared("a".to_owned()), 9),
        (GuardClass::Spread("a".to_owned()), 9),
    ];
    let strict = Limit::new(0, 0);
    let off = Guards::off();
    let table: [(&str, Guards); 5] = [
        ("deletes", off.clone().deletes(strict)),
        ("creates", off.clone().creates(strict)),
        ("updates", off.clone().updates(strict)),
        ("cleared field a", off.clone().cleared(strict)),
        ("one value for many a", off.spread(strict)),
    ];
    for (name, guards) in table {
        assert_eq!(tripped(&facts(1000, &all), &guards), [name]);
    }
}

#[test]
fn a_side_that_lists_nothing_trips_and_deletes_are_not_named_once_more() {
    let side = |listed, missing, known| {
        let mut facts = facts(known, &[(GuardClass::Deletes, missing)]);
        (facts.listed.left, facts.missing.left, facts.known.left) = (Some(listed), missing, known);
        tripped(&facts, &Guards::new())
    };
    assert_eq!(side(0, 300, 300), ["emptied side left"]);
    assert_eq!(side(0, 2, 2), ["emptied side left"], "however few they are");
    assert_eq!(side(0, 1, 1), [""; 0], "one that is gone is no emptied side");
    assert_eq!(side(0, 0, 0), [""; 0], "nothing is known of it either");
    assert_eq!(side(100, 200, 300), ["emptied side left"]);
    assert_eq!(side(150, 150, 300), ["deletes"], "half of it");
    assert_eq!(side(290, 10, 300), [""; 0]);
    let unlisted = PlanFacts { known: Pair::new(0, 300), missing: Pair::new(0, 0), ..facts(300, &[]) };
    assert_eq!(tripped(&unlisted, &Guards::new()), [""; 0], "a side that was not asked");
}

#[test]
fn what_was_never_applied_or_is_mapped_otherwise_trips_if_anything_is_to_be_done() {
    let both = PlanFacts { is_first: true, is_remapped: true, ..facts(0, &[(GuardClass::Creates, 9000)]) };
    assert_eq!(
        tripped(&both, &Guards::new()),
        ["first run", "changed mapping"],
        "creates are what a first run is"
    );
    assert_eq!(tripped(&both, &Guards::new().first_run(false)), ["changed mapping"]);
    assert_eq!(tripped(&both, &Guards::new().mapping(false)), ["first run"]);
    assert_eq!(tripped(&PlanFacts { acts: 0, ..both }, &Guards::new()), [""; 0]);
}

#[test]
fn a_verdict_tells_in_words_what_it_saw_the_limit_and_what_helps() {
    let verdict =
        judge(&facts(300, &[(GuardClass::Cleared("email".to_owned()), 300)]), &Guards::new()).remove(0);
    assert_eq!((verdict.count, verdict.of, verdict.limit), (300, 300, Some(Limit::new(20, 10))));
    assert_eq!(
        verdict.to_string(),
        "email would be cleared in 300 of 300 pairs (the limit is 20, or 10 %); if it is meant so, approve; if not, put \
         the values back where they were changed"
    );
    let json = serde_json::to_string(&verdict).unwrap();
    assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), verdict);
}

#[test]
fn steps_are_counted_by_what_they_do() {
    let mapping = Mapping::builder()
        .field("city", |f| f.left("city").right("city"))
        .field("tags", |f| f.left("tags").right("tags").set())
        .build()
        .unwrap();
    let partner = RecordRef::top(RecordId::new(1));
    let change = |field: &str, before: Option<&str>, after: Option<&str>| Change {
        field: field.to_owned(),
        to: Side::Right,
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    };
    let update = |changes| RecordStep::Update { partner: partner.clone(), changes };
    let link = |fill| RecordStep::Link { partner: partner.clone(), fill, kept: Vec::new() };
    let steps = [
        RecordStep::Create,
        RecordStep::Unchanged,
        RecordStep::Resume,
        RecordStep::Missing { on: Side::Left, partner: Some(partner.clone()) },
        RecordStep::Missing { on: Side::Left, partner: None },
        update(vec![]),
        update(vec![change("city", Some("a"), None)]),
        update(vec![change("city", Some("a"), Some("x")), change("tags", None, Some("t"))]),
        update(vec![change("city", Some("b"), Some("x"))]),
        update(vec![change("city", Some("b"), Some("y"))]),
        link(vec![change("city", None, Some("x"))]),
        link(vec![change("city", Some("c"), Some("x"))]),
    ];
    let city = || "city".to_owned();
    let want = [
        (GuardClass::Creates, 1),
        (GuardClass::Deletes, 1),
        (GuardClass::Updates, 5),
        (GuardClass::Cleared(city()), 1),
        (GuardClass::Spread(city()), 3),
    ];
    assert_eq!(count(steps.iter(), &mapping), BTreeMap::from(want));
}
