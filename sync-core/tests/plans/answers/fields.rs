//! Answers to questions about one field.

use serde_json::json;
use sync_core::engine::{Answer, FieldValue, Happening, Side};
use sync_core::store::{Commit, Store};

use super::super::fake::Mishap;
use super::{Desk, error, text};

fn both(value: &str) -> (String, String) {
    (value.to_owned(), value.to_owned())
}

#[tokio::test]
async fn taking_a_side_writes_the_other_one_and_names_what_is_lost() {
    for (side, wins, loses) in [(Side::Left, "Ana L", "Ana R"), (Side::Right, "Ana R", "Ana L")] {
        let desk = Desk::in_conflict().await;
        desk.answer(Answer::Take(side)).await;
        assert_eq!(desk.values("name"), both(wins));
        assert_eq!(desk.writes().len(), 1);
        let lost = Happening::Overrode { side: side.other(), field: "name".into(), value: text(loses) };
        assert!(desk.journal().await.contains(&lost));
        desk.assert_at_rest("taken").await;
        // And it is a field as any other again.
        desk.edit(side, &json!({ "name": "Ana N" }));
        desk.work().await;
        assert_eq!(desk.values("name"), both("Ana N"));
    }
}

#[tokio::test]
async fn a_new_value_goes_to_both_sides() {
    let desk = Desk::in_conflict().await;
    desk.answer(Answer::Value(text("  Ana   Maria "))).await;
    assert_eq!(desk.values("name"), both("Ana Maria"), "as values are compared");
    assert_eq!(desk.writes().len(), 2);
    desk.assert_at_rest("a new value").await;
    // Where one side has it already, only the other one is written.
    for side in Side::BOTH {
        let desk = Desk::in_conflict().await;
        let value = if side == Side::Left { "Ana L" } else { "Ana R" };
        desk.answer(Answer::Value(text(value))).await;
        assert_eq!(desk.values("name"), both(value));
        assert_eq!(desk.writes().len(), 1);
        desk.assert_at_rest("a value of a side").await;
    }
    let desk = Desk::in_conflict().await;
    desk.answer(Answer::Value(FieldValue::Empty)).await;
    assert_eq!(desk.values("name"), both(""), "cleared on purpose");
}

#[tokio::test]
async fn a_value_that_a_side_does_not_take_is_no_answer() {
    let desk = Desk::in_conflict().await;
    let long = "a name of more than twenty letters";
    let said = error(desk.try_answer(Answer::Value(text(long))).await);
    assert_eq!(said, "name is too long, so it cannot go to the right side: give a value that can");
    assert_eq!(error(desk.try_answer(Answer::Value(FieldValue::Unknown)).await), "name needs a value");
    let set = FieldValue::set(["a"]);
    assert!(error(desk.try_answer(Answer::Value(set)).await).starts_with("name "));
    assert_eq!(desk.open().await.len(), 1);
    desk.drain().await;
    assert_eq!(desk.writes(), [""; 0]);
}

#[tokio::test]
async fn what_is_left_differs_until_one_side_changes() {
    for side in Side::BOTH {
        let desk = Desk::in_conflict().await;
        desk.answer(Answer::Leave).await;
        assert_eq!(desk.values("name"), ("Ana L".to_owned(), "Ana R".to_owned()));
        desk.assert_at_rest("left").await;
        desk.edit(side, &json!({ "name": "Ana N" }));
        desk.work().await;
        assert_eq!(desk.values("name"), both("Ana N"));
        desk.assert_at_rest("changed again").await;
    }
}

#[tokio::test]
async fn i4_an_edit_after_the_answer_is_not_written_over() {
    for answer in [Answer::Take(Side::Left), Answer::Value(text("Ana V")), Answer::Leave] {
        let desk = Desk::in_conflict().await;
        desk.try_answer(answer.clone()).await.unwrap();
        desk.edit(Side::Right, &json!({ "name": "Ana S" }));
        desk.drain().await;
        assert_eq!(desk.writes(), [""; 0], "{answer}");
        assert_eq!(desk.values("name"), ("Ana L".to_owned(), "Ana S".to_owned()));
        // It is asked anew, and can be answered.
        desk.answer(Answer::Take(Side::Right)).await;
        assert_eq!(desk.values("name"), both("Ana S"));
        desk.assert_at_rest("after all").await;
    }
}

#[tokio::test]
async fn i4_an_answer_that_comes_a_moment_late_is_asked_for_again() {
    let desk = Desk::in_conflict().await;
    let shown = desk.review().await;
    desk.edit(Side::Right, &json!({ "name": "Ana S" }));
    desk.work().await;
    // Read before, stored after the field was parked again.
    let late = sync_core::engine::Review { answer: Some(Answer::Take(Side::Left)), ..shown };
    desk.world.store.commit(Commit { reviews: vec![late], ..Commit::default() }).await.unwrap();
    desk.work().await;
    assert_eq!(desk.values("name"), ("Ana L".to_owned(), "Ana S".to_owned()));
    assert_eq!(desk.open().await, ["pair c:1, name: conflict"]);
}

#[tokio::test]
async fn both_sides_came_to_agree_before_the_answer_was_used() {
    let desk = Desk::in_conflict().await;
    desk.try_answer(Answer::Take(Side::Left)).await.unwrap();
    for side in Side::BOTH {
        desk.edit(side, &json!({ "name": "Ana S" }));
    }
    desk.drain().await;
    assert_eq!(desk.writes(), [""; 0]);
    desk.assert_at_rest("agreed").await;
    assert_eq!(desk.values("name"), both("Ana S"));
}

#[tokio::test]
async fn an_answer_whose_write_is_lost_is_carried_out_once() {
    for mishap in [Mishap::ReplyLost, Mishap::NotSent] {
        for answer in [Answer::Take(Side::Left), Answer::Value(text("Ana V"))] {
            let desk = Desk::in_conflict().await;
            for nth in 1..=2 {
                desk.world.contacts.on_update(nth, mishap);
            }
            desk.world.customers.on_update(1, mishap);
            desk.answer(answer.clone()).await;
            desk.work().await;
            let want = if answer == Answer::Take(Side::Left) { "Ana L" } else { "Ana V" };
            assert_eq!(desk.values("name"), both(want), "{mishap:?} {answer}");
            desk.assert_at_rest("lost").await;
        }
    }
}

#[tokio::test]
async fn an_answer_survives_a_kill_at_every_step() {
    for answer in [Answer::Take(Side::Right), Answer::Value(text("Ana V")), Answer::Leave] {
        for step in 1.. {
            let mut desk = Desk::in_conflict().await;
            desk.try_answer(answer.clone()).await.unwrap();
            desk.world.fuse.light(step);
            let finished = tokio::select! {
                biased;
                () = desk.world.fuse.dead() => false,
                () = desk.drain() => true,
            };
            desk.world.fuse.light(0);
            desk.world.env.advance(super::NIGHT);
            desk.restart();
            desk.work().await;
            let want = match &answer {
                Answer::Take(_) => both("Ana R"),
                Answer::Value(_) => both("Ana V"),
                _ => ("Ana L".to_owned(), "Ana R".to_owned()),
            };
            assert_eq!(desk.values("name"), want, "{answer}, killed at {step}");
            desk.assert_at_rest("killed").await;
            if finished {
                assert!(step > 3, "{step}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn where_they_first_meet_a_plan_uses_the_answer() {
    for side in Side::BOTH {
        let desk = Desk::new();
        desk.world.customer("1", &json!({ "vat": "100000001", "name": "Ana L" }));
        desk.world.contacts.add("x1", &json!({ "customFields": { "NIF": "100000001" }, "name": "Ana R" }));
        let run = async || {
            let plan = desk.engine.plan().await.unwrap();
            desk.engine.apply(plan, |_| {}).await.unwrap()
        };
        run().await;
        assert_eq!(desk.open().await, ["pair c:1, name: conflict"]);
        desk.try_answer(Answer::Take(side)).await.unwrap();
        let plan = desk.engine.plan().await.unwrap();
        assert_eq!(desk.writes().iter().filter(|write| write.contains("name")).count(), 0);
        desk.engine.apply(plan, |_| {}).await.unwrap();
        desk.world.env.advance(super::LONG);
        assert_eq!(desk.values("name"), both(if side == Side::Left { "Ana L" } else { "Ana R" }));
        desk.assert_at_rest("first meeting").await;
    }
}

#[tokio::test]
async fn an_invalid_value_is_replaced_taken_or_left() {
    let desk = async || {
        let desk = Desk::agreed().await;
        desk.edit(Side::Left, &json!({ "name": "a name of more than twenty letters" }));
        desk.work().await;
        assert_eq!(desk.open().await, ["pair c:1, name: invalid"]);
        desk
    };
    let first = desk().await;
    let said = error(first.try_answer(Answer::Take(Side::Left)).await);
    assert_eq!(said, "name is too long, so it cannot go to the right side: give a value that can");
    first.answer(Answer::Take(Side::Right)).await;
    assert_eq!(first.values("name"), both("Ana"));
    first.assert_at_rest("taken").await;
    let second = desk().await;
    second.answer(Answer::Value(text("Ana V"))).await;
    assert_eq!(second.values("name"), both("Ana V"));
    second.assert_at_rest("replaced").await;
    let third = desk().await;
    third.answer(Answer::Leave).await;
    third.assert_at_rest("left").await;
    assert_eq!(third.values("name").1, "Ana");
}

#[tokio::test]
async fn what_cannot_be_read_is_left_or_replaced() {
    let desk = async || {
        let desk = Desk::agreed().await;
        desk.edit(Side::Left, &json!({ "name": ["no", "name"] }));
        desk.hint().await;
        assert_eq!(desk.open().await, ["pair c:1, name: invalid"]);
        desk
    };
    let first = desk().await;
    let said = error(first.try_answer(Answer::Take(Side::Left)).await);
    assert_eq!(said, "name of the left side is not known: take the right side, or give a value");
    first.answer(Answer::Leave).await;
    first.hint().await;
    first.assert_at_rest("left").await;
    first.edit(Side::Left, &json!({ "name": "Ana N" }));
    first.work().await;
    assert_eq!(first.values("name"), both("Ana N"));
    for (answer, want) in [(Answer::Take(Side::Right), "Ana"), (Answer::Value(text("Ana V")), "Ana V")] {
        let other = desk().await;
        other.answer(answer).await;
        assert_eq!(other.values("name"), both(want));
        other.assert_at_rest("replaced").await;
    }
}

#[tokio::test]
async fn a_frozen_field_is_taken_back_or_left() {
    let desk = async || {
        let desk = Desk::agreed().await;
        desk.edit(Side::Right, &json!({ "closed": "yes" }));
        desk.edit(Side::Left, &json!({ "city": "Beja" }));
        desk.work().await;
        assert_eq!(desk.open().await, ["pair c:1, city: refused"]);
        desk
    };
    let first = desk().await;
    let want = "city cannot be changed on the right side any more: take the right side, or leave it";
    assert_eq!(error(first.try_answer(Answer::Take(Side::Left)).await), want);
    assert_eq!(error(first.try_answer(Answer::Value(text("Elvas"))).await), want);
    first.answer(Answer::Take(Side::Right)).await;
    assert_eq!(first.values("city"), both("Faro"));
    first.assert_at_rest("taken back").await;
    let second = desk().await;
    second.answer(Answer::Leave).await;
    second.assert_at_rest("left").await;
    assert_eq!(second.values("city"), ("Beja".to_owned(), "Faro".to_owned()));
}

#[tokio::test]
async fn a_silently_refused_value_is_tried_again_when_told() {
    let desk = Desk::agreed().await;
    desk.world.contacts.switch(|s| s.truncates = Some(("name", 3)));
    desk.edit(Side::Left, &json!({ "name": "Ana Pereira" }));
    desk.work().await;
    assert_eq!(desk.open().await, ["pair c:1, name: refused"]);
    desk.answer(Answer::Take(Side::Left)).await;
    assert_eq!(desk.writes().len(), 2, "once more");
    assert_eq!(desk.open().await, ["pair c:1, name: refused"], "and refused once more");
    desk.world.contacts.switch(|s| s.truncates = None);
    desk.answer(Answer::Take(Side::Left)).await;
    assert_eq!(desk.values("name"), both("Ana Pereira"));
    desk.assert_at_rest("taken").await;
}

#[tokio::test]
async fn a_set_is_answered_as_a_whole() {
    let desk = async || {
        let desk = Desk::agreed().await;
        desk.edit(Side::Left, &json!({ "labels": ["good", "a label of more than twenty letters"] }));
        desk.edit(Side::Right, &json!({ "tags": ["good", "old"] }));
        desk.work().await;
        assert_eq!(desk.open().await, ["pair c:1, tags: invalid"]);
        desk
    };
    let shown = |desk: &Desk, side: Side, path: &str| {
        let rows = desk.side(side).rows();
        rows[0].raw[path].as_array().map(Vec::len).unwrap_or_default()
    };
    let first = desk().await;
    first.answer(Answer::Value(FieldValue::set(["good", "new"]))).await;
    for (side, path) in [(Side::Left, "labels"), (Side::Right, "tags")] {
        assert_eq!(first.side(side).rows()[0].raw[path], json!(["good", "new"]));
    }
    first.assert_at_rest("a set").await;
    let second = desk().await;
    second.answer(Answer::Take(Side::Right)).await;
    assert_eq!(shown(&second, Side::Left, "labels"), 2);
    assert_eq!(second.side(Side::Left).rows()[0].raw["labels"], json!(["good", "old"]));
    second.assert_at_rest("taken").await;
}

#[tokio::test]
async fn a_field_that_goes_one_way_is_not_taken_the_other_way() {
    let desk = Desk::new();
    desk.world.customer("1", &json!({ "vat": "100000001", "code": "L" }));
    desk.world.contacts.add("x1", &json!({ "customFields": { "NIF": "100000001" }, "code": "R" }));
    desk.work().await;
    assert_eq!(desk.open().await, ["pair c:1, code: conflict"]);
    let said = error(desk.try_answer(Answer::Take(Side::Right)).await);
    assert_eq!(said, "code does not go to the left side: take the left side, or leave it");
    let said = error(desk.try_answer(Answer::Value(text("V"))).await);
    assert_eq!(said, "code comes from the left side: correct it there, take the left side, or leave it");
    desk.answer(Answer::Take(Side::Left)).await;
    assert_eq!(desk.values("code"), both("L"));
    desk.assert_at_rest("one way").await;
}
