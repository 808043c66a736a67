//! Answers to questions about whole records.

use serde_json::json;
use sync_core::engine::{Answer, FaultKind, Side};

use super::super::fake::Mishap;
use super::{Desk, at, error};

/// Customer 1, and two contacts that may be its partner.
async fn uncertain() -> Desk {
    let desk = Desk::new();
    desk.world.customer("1", &json!({ "vat": "100000001", "name": "Ana" }));
    for id in ["x1", "x2"] {
        desk.world.contacts.add(id, &json!({ "customFields": { "NIF": "100000001" }, "name": "Ana" }));
    }
    // The contacts are asked about as well; this is about the customer.
    desk.engine.sweep(Side::Left).await.unwrap();
    desk.drain().await;
    let review = desk.review().await;
    assert_eq!(review.message, "2 records have its vat, x1, x2: merge them, or say which it is");
    desk
}

#[tokio::test]
async fn a_person_says_which_record_is_the_other_half() {
    let desk = uncertain().await;
    let said = error(desk.try_answer(Answer::Pair(at("x7"))).await);
    assert_eq!(said, "there is no record x7 on the right side: name another one");
    desk.answer(Answer::Pair(at("x2"))).await;
    assert_eq!(desk.partner().await.as_deref(), Some("x2"));
    assert_eq!(desk.open().await, [""; 0]);
    assert!(desk.writes().iter().all(|write| !write.starts_with("create")));
}

#[tokio::test]
async fn i7_a_record_that_is_in_a_pair_is_not_given_to_another_one() {
    let desk = uncertain().await;
    desk.answer(Answer::Pair(at("x2"))).await;
    desk.world.customer("2", &json!({ "name": "Without a key" }));
    desk.engine.sweep(Side::Left).await.unwrap();
    desk.drain().await;
    let said = error(desk.try_answer(Answer::Pair(at("x2"))).await);
    assert_eq!(said, "record x2 is in c:1: name another one, or delete the one that is too much");
    // Taken between the answer and the run.
    desk.try_answer(Answer::Pair(at("x1"))).await.unwrap();
    desk.world.customers.add("3", &json!({ "vat": "100000009", "name": "Third" }));
    desk.world.contacts.edit("x1", &json!({ "customFields": { "NIF": "100000009" } }));
    let key = sync_core::queue::WorkKey::Birth(Side::Left, at("3"));
    desk.engine.reconcile(&key).await.unwrap();
    desk.drain().await;
    assert_eq!(desk.open().await, ["left record 2: match"], "it is asked again");
}

#[tokio::test]
async fn a_person_says_that_none_of_them_is_it() {
    let desk = uncertain().await;
    desk.answer(Answer::Create).await;
    assert_eq!(desk.ids(Side::Right), ["x1", "x2", "contacts-1"]);
    assert_eq!(desk.partner().await.as_deref(), Some("contacts-1"));
    assert_eq!(desk.open().await, [""; 0]);
}

#[tokio::test]
async fn what_is_left_is_not_asked_again_until_the_question_is_another_one() {
    let desk = uncertain().await;
    desk.answer(Answer::Leave).await;
    desk.writes();
    for _ in 0..2 {
        desk.engine.sweep(Side::Left).await.unwrap();
        desk.drain().await;
        let plan = desk.engine.plan().await.unwrap();
        assert!(
            !plan.to_string().contains("for review") || plan.to_string().contains("2 for review"),
            "{plan}"
        );
        assert_eq!((desk.open().await, desk.writes()), (vec![], vec![]));
    }
    desk.world.contacts.add("x3", &json!({ "customFields": { "NIF": "100000001" } }));
    desk.engine.sweep(Side::Left).await.unwrap();
    desk.drain().await;
    assert_eq!(desk.open().await, ["left record 1: match"]);
}

#[tokio::test]
async fn i3_a_match_that_has_changed_is_decided_anew() {
    for answer in [Answer::Create, Answer::Pair(at("x1"))] {
        let desk = uncertain().await;
        desk.try_answer(answer.clone()).await.unwrap();
        // The person had better things to do than wait: now only one is left.
        desk.world.contacts.delete("x1");
        desk.drain().await;
        assert_eq!(desk.ids(Side::Right), ["x2"], "{answer}");
        assert_eq!(desk.partner().await.as_deref(), Some("x2"), "{answer}");
        assert_eq!(desk.open().await, [""; 0]);
    }
}

#[tokio::test]
async fn i3_a_plan_uses_what_was_answered_about_a_match() {
    for (answer, partner) in [(Answer::Pair(at("x2")), "x2"), (Answer::Create, "contacts-1")] {
        let mut desk = uncertain().await;
        desk.try_answer(answer).await.unwrap();
        desk.restart();
        let plan = desk.engine.plan().await.unwrap();
        desk.engine.apply(plan, |_| {}).await.unwrap();
        assert_eq!(desk.partner().await.as_deref(), Some(partner));
    }
}

#[tokio::test]
async fn two_halves_become_one_pair() {
    let desk = Desk::new();
    desk.world.contacts.switch(|s| s.on_create = [(1, Mishap::Refused(FaultKind::Invalid))].into());
    desk.world.customers.switch(|s| s.on_create = [(1, Mishap::Refused(FaultKind::Invalid))].into());
    desk.world.customer("1", &json!({ "vat": "100000001", "name": "Ana" }));
    desk.world.contacts.add("x1", &json!({ "customFields": { "NIF": "100000002" }, "name": "Ana" }));
    desk.work().await;
    assert_eq!(desk.open().await, ["pair c:1: invalid", "pair c:~x1: invalid"]);
    // The number is mistyped; corrected, it is somebody else's as well.
    desk.world.contacts.add("x2", &json!({ "customFields": { "NIF": "100000003" } }));
    desk.world.contacts.add("x3", &json!({ "customFields": { "NIF": "100000003" } }));
    desk.world.customers.edit("1", &json!({ "vat": "100000003" }));
    desk.engine.sweep(Side::Left).await.unwrap();
    desk.drain().await;
    let asked = desk.engine.inbox(Some(sync_core::engine::ReviewKind::Match), None, 9).await.unwrap();
    let about = asked.iter().find(|review| review.key.as_str() == "pair c:1: match").unwrap();
    desk.engine.resolve(&about.key, Answer::Pair(at("x1"))).await.unwrap();
    desk.drain().await;
    assert_eq!(desk.partner().await.as_deref(), Some("x1"));
    let open = desk.open().await;
    assert!(open.iter().all(|key| !key.contains(": invalid") && !key.contains(": match")), "{open:?}");
}

/// Customer 1, whose create was not answered, at a service without markers.
async fn unknown_create(arrived: bool) -> Desk {
    let desk = Desk::without_markers();
    desk.world.contacts.on_create(1, if arrived { Mishap::ReplyLost } else { Mishap::NotSent });
    desk.world.customer("1", &json!({ "vat": "100000001", "name": "Ana" }));
    desk.engine.sweep(Side::Left).await.unwrap();
    desk.run().await;
    if arrived {
        // Somebody has corrected it before it was found.
        desk.world.contacts.edit("contacts-1", &json!({ "customFields": { "NIF": "100000009" } }));
    }
    desk.drain().await;
    assert_eq!(desk.open().await, ["pair c:1: create"]);
    desk.writes();
    desk
}

#[tokio::test]
async fn i3_a_person_finds_the_record_of_a_lost_create() {
    let desk = unknown_create(true).await;
    desk.answer(Answer::Pair(at("contacts-1"))).await;
    assert_eq!(desk.partner().await.as_deref(), Some("contacts-1"));
    assert_eq!(desk.ids(Side::Right), ["contacts-1"]);
    // They differ in what nobody has agreed on yet.
    assert_eq!(desk.open().await, ["pair c:1, vat: conflict"]);
    desk.answer(Answer::Take(Side::Right)).await;
    desk.assert_at_rest("found").await;
    assert_eq!(desk.ids(Side::Left), ["1"]);
}

#[tokio::test]
async fn i3_a_lost_create_is_sent_again_once_a_person_says_so() {
    let desk = unknown_create(false).await;
    desk.answer(Answer::Create).await;
    assert_eq!(desk.ids(Side::Right), ["contacts-1"]);
    assert_eq!(desk.partner().await.as_deref(), Some("contacts-1"));
    desk.assert_at_rest("sent again").await;
}

#[tokio::test]
async fn a_lost_create_is_left_until_its_founder_changes() {
    let desk = unknown_create(false).await;
    desk.answer(Answer::Leave).await;
    desk.assert_at_rest("left").await;
    assert_eq!(desk.partner().await, None);
    desk.world.customers.edit("1", &json!({ "name": "Ana Maria" }));
    desk.work().await;
    assert_eq!(desk.ids(Side::Right), ["contacts-1"]);
    desk.assert_at_rest("changed").await;
}

/// Customer 1 was deleted and its contact edited, or the other way round.
async fn edited_and_deleted(gone: Side) -> Desk {
    let desk = Desk::agreed().await;
    desk.side(gone).delete(if gone == Side::Left { "1" } else { "x1" });
    desk.edit(gone.other(), &json!({ "name": "Ana Nova" }));
    desk.work().await;
    assert_eq!(desk.open().await, ["pair c:1: deleted"]);
    desk.writes();
    desk
}

#[tokio::test]
async fn the_edited_record_stays_alone() {
    for gone in Side::BOTH {
        let desk = edited_and_deleted(gone).await;
        desk.answer(Answer::Unlink).await;
        assert_eq!(desk.ids(gone.other()).len(), 1);
        desk.assert_at_rest("unlinked").await;
        assert_eq!(desk.ids(gone), [""; 0]);
    }
}

#[tokio::test]
async fn the_deleted_record_is_created_again() {
    for gone in Side::BOTH {
        let desk = edited_and_deleted(gone).await;
        desk.answer(Answer::Recreate).await;
        let rows = desk.side(gone).rows();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].text("name"), "Ana Nova");
        desk.assert_at_rest("recreated").await;
    }
}

#[tokio::test]
async fn i8_the_edited_record_is_deleted_if_a_person_says_so() {
    for gone in Side::BOTH {
        for mishap in [None, Some(Mishap::ReplyLost), Some(Mishap::NotSent)] {
            let desk = edited_and_deleted(gone).await;
            desk.side(gone.other()).switch(|s| s.on_remove = mishap);
            desk.answer(Answer::Delete).await;
            desk.work().await;
            assert_eq!(desk.ids(gone.other()), [""; 0], "{mishap:?}");
            desk.assert_at_rest("deleted").await;
        }
    }
}

#[tokio::test]
async fn i8_an_edit_after_the_answer_keeps_the_record() {
    for gone in Side::BOTH {
        let desk = edited_and_deleted(gone).await;
        desk.try_answer(Answer::Delete).await.unwrap();
        desk.edit(gone.other(), &json!({ "city": "Elvas" }));
        desk.drain().await;
        assert_eq!(desk.ids(gone.other()).len(), 1);
        assert_eq!(desk.writes(), [""; 0]);
        assert_eq!(desk.open().await, ["pair c:1: deleted"], "it is asked again");
        desk.answer(Answer::Delete).await;
        assert_eq!(desk.ids(gone.other()), [""; 0]);
    }
}

#[tokio::test]
async fn i8_a_record_that_is_there_again_is_a_pair_again() {
    let desk = edited_and_deleted(Side::Left).await;
    desk.try_answer(Answer::Delete).await.unwrap();
    desk.world.customer("1", &json!({ "vat": "100000001", "name": "Ana", "city": "Faro" }));
    desk.drain().await;
    assert_eq!(desk.values("name"), ("Ana Nova".to_owned(), "Ana Nova".to_owned()));
    desk.assert_at_rest("restored").await;
}

#[tokio::test]
async fn i8_a_kill_at_any_step_of_a_deletion_deletes_that_one_record() {
    for step in 1.. {
        let mut desk = edited_and_deleted(Side::Left).await;
        desk.world.contacts.add("x9", &json!({ "customFields": { "NIF": "100000009" }, "name": "Other" }));
        desk.try_answer(Answer::Delete).await.unwrap();
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
        assert_eq!(desk.ids(Side::Right), ["x9"], "killed at {step}");
        desk.assert_at_rest("killed").await;
        if finished {
            assert!(step > 3, "{step}");
            break;
        }
    }
}

#[tokio::test]
async fn a_service_that_does_not_delete_stops_nothing() {
    let desk = edited_and_deleted(Side::Left).await;
    desk.world.contacts.switch(|s| s.on_remove = Some(Mishap::Refused(FaultKind::Broken)));
    desk.answer(Answer::Delete).await;
    assert_eq!(desk.ids(Side::Right), ["x1"]);
    assert_eq!(desk.open().await, ["pair c:1: deleted"], "it is asked again");
    desk.answer(Answer::Unlink).await;
    desk.assert_at_rest("unlinked").await;
}

#[tokio::test]
async fn a_poison_record_is_tried_again() {
    let desk = Desk::agreed().await;
    desk.edit(Side::Left, &json!({ "name": "Ana N" }));
    for nth in 1..=20 {
        desk.world.contacts.on_update(nth, Mishap::Refused(FaultKind::Transient));
    }
    desk.engine.sweep(Side::Left).await.unwrap();
    for _ in 0..6 {
        desk.drain().await;
    }
    assert_eq!(desk.open().await, ["pair c:1: poison"]);
    desk.answer(Answer::Retry).await;
    for _ in 0..6 {
        desk.drain().await;
    }
    assert_eq!(desk.open().await, ["pair c:1: poison"], "asked again, since it failed again");
    desk.answer(Answer::Retry).await;
    assert_eq!(desk.values("name"), ("Ana N".to_owned(), "Ana N".to_owned()));
    desk.assert_at_rest("retried").await;
}

#[tokio::test]
async fn a_refused_create_is_tried_again() {
    let desk = Desk::new();
    for nth in 1..=2 {
        desk.world.contacts.on_create(nth, Mishap::Refused(FaultKind::Invalid));
    }
    desk.world.customer("1", &json!({ "vat": "100000001", "name": "Ana" }));
    desk.work().await;
    assert_eq!(desk.open().await, ["pair c:1: invalid"]);
    assert_eq!(desk.writes().len(), 1, "not again by itself");
    desk.answer(Answer::Retry).await;
    assert_eq!(desk.open().await, ["pair c:1: invalid"], "refused again");
    desk.answer(Answer::Retry).await;
    assert_eq!(desk.ids(Side::Right), ["contacts-1"]);
    desk.assert_at_rest("retried").await;
}

#[tokio::test]
async fn a_record_in_the_way_is_the_other_half_or_is_not() {
    // Contacts refuse a second one with the same e-mail, which this mapping does not know.
    let desk = async || {
        let desk = Desk::new();
        desk.world.customer("1", &json!({ "vat": "100000001", "name": "Ana" }));
        desk.world.contacts.on_create(1, Mishap::Refused(FaultKind::Invalid));
        desk.work().await;
        desk.writes();
        desk
    };
    let first = desk().await;
    assert_eq!(first.open().await, ["pair c:1: invalid"]);
    let said = error(first.try_answer(Answer::Create).await);
    assert_eq!(said, "a question of kind invalid does not take create: answer it with retry");
}
