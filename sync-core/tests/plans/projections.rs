//! Notes and tasks that follow from facts.

use std::sync::Arc;

use serde_json::json;
use sync_core::engine::{
    Derived, FactKey, FaultKind, Life, ProjectionKey, ProjectionStep, RecordId, RecordRef, Rule, Snapshot,
    Wanted,
};
use sync_core::jiff::civil::Date;
use sync_core::queue::{Hint, Priority, WorkKey};

use super::fake::Mishap;
use super::world::{Documents, LONG, World};

async fn settled() -> World {
    let world = World::small();
    world.run().await;
    world.take_writes();
    world
}

#[tokio::test]
async fn what_a_person_deleted_stays_deleted() {
    let world = settled().await;
    let note =
        world.notes.rows().iter().find(|n| n.text("body") == "FT 7: two chairs").unwrap().id().to_owned();
    world.notes.delete(&note);
    world.assert_quiet("after the deletion").await;
    // Even when the fact changes, and then again.
    world.documents.edit("7", &json!({ "note": "three chairs" }));
    let report = world.run().await;
    assert!(!report.has_failed(), "{report}");
    assert_eq!(world.note_bodies(), ["FT 8: thank you"]);
    world.documents.edit("7", &json!({ "note": "four chairs" }));
    world.assert_quiet("after the next change").await;
    assert_eq!(world.note_bodies(), ["FT 8: thank you"]);
}

#[tokio::test]
async fn a_fact_that_is_done_completes_its_task() {
    let world = settled().await;
    world.documents.edit("7", &json!({ "collect": "paid" }));
    let report = world.run().await;
    assert_eq!(world.take_writes(), ["update tasks doc:7:collect completed"]);
    assert_eq!(report.collections["tasks"].updated, 1, "{report}");
    assert_eq!(world.tasks.rows()[0].raw["completed"], json!(true));
    world.assert_quiet("once it is done").await;
}

#[tokio::test]
async fn what_a_person_has_done_before_its_fact_counts_as_written_once_the_fact_says_so_too() {
    let world = settled().await;
    let task = world.tasks.rows()[0].id().to_owned();
    world.tasks.edit(&task, &json!({ "completed": true }));
    // Another field is written with it, and then alone.
    for number in ["FT 7", "FT 7/2"] {
        world.documents.edit("7", &json!({ "collect": "paid", "number": number }));
        world.run().await;
        world.take_writes();
        assert_eq!(world.tasks.rows()[0].raw["completed"], json!(true), "{number}");
        world.documents.edit("7", &json!({ "collect": "open" }));
        world.run().await;
        assert_eq!(world.take_writes(), ["update tasks doc:7:collect completed"], "{number}");
        assert_eq!(world.tasks.rows()[0].raw["completed"], json!(false), "{number}: its fact is open anew");
        world.tasks.edit(&task, &json!({ "completed": true }));
        world.assert_quiet(number).await;
    }
}

#[tokio::test]
async fn a_fact_that_is_done_and_has_no_task_gets_none() {
    let world = World::small();
    world.documents.edit("7", &json!({ "collect": "paid" }));
    let plan = world.plan().await;
    assert!(plan.projections.iter().all(|p| p.into == "notes"), "{plan}");
    world.apply(plan).await;
    assert_eq!(world.tasks.rows().len(), 0);
    world.assert_quiet("without a task").await;
}

#[tokio::test]
async fn a_fact_that_is_done_while_its_create_is_unanswered_gets_no_task_if_it_never_arrived() {
    for (mishap, tasks) in [(Mishap::NotSent, 0), (Mishap::ReplyLost, 1)] {
        let world = World::small();
        // All tries of the first run get lost, so that the create is still unanswered.
        (1..4).for_each(|nth| world.tasks.on_create(nth, Mishap::NotSent));
        world.tasks.on_create(4, mishap);
        let report = world.run().await;
        assert_eq!(report.collections["tasks"].failed, 1, "{report}");
        world.documents.edit("7", &json!({ "collect": "paid" }));
        let report = world.run().await;
        assert!(!report.has_failed(), "{mishap:?}: {report}");
        let rows = world.tasks.rows();
        assert_eq!(rows.len(), tasks, "{mishap:?}");
        assert!(rows.iter().all(|task| task.raw["completed"] == json!(true)), "{mishap:?}: {rows:?}");
        let plan = world.plan().await;
        assert_eq!(
            plan.projections.iter().filter(|p| p.into == "tasks").count(),
            tasks,
            "{mishap:?}: {plan}"
        );
        world.assert_quiet(&format!("{mishap:?}")).await;
    }
}

#[tokio::test]
async fn a_note_follows_the_text_it_tells_of() {
    let world = settled().await;
    world.customers.edit("3", &json!({ "remarks": "Pays in cash" }));
    world.run().await;
    assert_eq!(world.take_writes(), ["create notes customer:3:remarks"]);
    world.customers.edit("3", &json!({ "remarks": "Pays late" }));
    let report = world.run().await;
    assert_eq!(world.take_writes(), ["update notes customer:3:remarks body"], "{report}");
    let note = world.notes.rows().into_iter().find(|n| n.text("body") == "Pays late").unwrap();
    assert_eq!(note.at.parent, Some(world.contact("100000003").at.id));
    world.assert_quiet("after the change").await;
}

#[tokio::test]
async fn a_refused_update_is_tried_again() {
    // Whether it stops the run, and how often it is told; what was not answered is found out in the same run.
    for (mishap, stops, failures) in [
        (Mishap::Refused(FaultKind::Transient), false, 1),
        (Mishap::Refused(FaultKind::Auth), true, 1),
        (Mishap::NotSent, false, 0),
        (Mishap::ReplyLost, false, 0),
    ] {
        let world = settled().await;
        world.documents.edit("7", &json!({ "note": "three chairs" }));
        world.notes.on_update(1, mishap);
        let report = world.run().await;
        assert_eq!(report.stopped.is_some(), stops, "{mishap:?}: {report}");
        assert_eq!(report.failures.len(), failures, "{mishap:?}: {report}");
        assert!(!world.run().await.has_failed(), "{mishap:?}");
        assert_eq!(world.note_bodies(), ["FT 7: three chairs", "FT 8: thank you"], "{mishap:?}");
        world.assert_quiet(&format!("{mishap:?}")).await;
    }
}

#[tokio::test]
async fn facts_of_nobody_are_counted_and_left_out() {
    let world = World::small();
    world.document("9", json!({ "customer": "99", "note": "a lamp", "collect": "open" }));
    world.document("10", json!({ "customer": "1" }));
    let plan = world.plan().await;
    let facts = plan.facts["documents"];
    assert_eq!((facts.read, facts.without_effect, facts.without_owner), (4, 1, 1));
    world.apply(plan).await;
    world.assert_small_is_there("with facts of nobody");
}

#[tokio::test]
async fn a_rule_that_names_an_unknown_collection_is_told() {
    let world = World::small();
    world.document("9", json!({ "customer": "3", "note": "a lamp", "into": "letters" }));
    let report = world.run().await;
    assert!(
        report.failures.iter().any(|f| f.message.contains("no collection is called letters")),
        "{report}"
    );
}

#[tokio::test]
async fn i3_two_facts_of_the_same_name_give_one_note() {
    let world = World::small();
    world.customer("4", &json!({ "vat": "100000004", "name": "Dora", "remarks": "Call first" }));
    let twice: Vec<Arc<dyn Rule>> = vec![Arc::new(Documents), Arc::new(Documents)];
    let engine = world.builder().facts(world.documents.clone(), twice).build();
    let plan = engine.plan().await.unwrap();
    let creates = plan.projections.iter().filter(|p| p.step == ProjectionStep::Create);
    assert_eq!(creates.count(), 4, "{plan}");
    let report = engine.apply(plan, |_| {}).await.unwrap();
    assert!(!report.has_failed(), "{report}");
    assert_eq!(world.note_bodies(), ["Call first", "FT 7: two chairs", "FT 8: thank you"]);
    assert_eq!(world.tasks.rows().len(), 1);
}

/// One more note for each document.
#[derive(Debug)]
struct Thanks;

impl Rule for Thanks {
    fn derive(&self, fact: &Snapshot, _: Date) -> Derived {
        let note = Wanted {
            key: ProjectionKey::new(format!("doc:{}:thanks", fact.at.id)),
            into: "notes".to_owned(),
            fields: json!({ "body": format!("thanks for {}", fact.text("number")) })
                .as_object()
                .cloned()
                .unwrap(),
            life: Life::Open,
        };
        Derived::of(fact.text("customer")).want(note)
    }
}

#[tokio::test]
async fn rules_that_are_named_later_do_not_replace_earlier_ones() {
    let world = World::small();
    let engine = world.builder().facts(world.documents.clone(), vec![Arc::new(Thanks)]).build();
    let report = engine.apply(engine.plan().await.unwrap(), |_| {}).await.unwrap();
    assert!(!report.has_failed(), "{report}");
    assert_eq!(
        world.note_bodies(),
        ["FT 7: two chairs", "FT 8: thank you", "thanks for FT 7", "thanks for FT 8"]
    );
}

#[tokio::test]
async fn what_a_person_took_over_stays_theirs_where_the_document_was_missing_once() {
    for deleted in [false, true] {
        let world = World::small();
        let engine = world.builder().database(world.store.clone()).build();
        let plan = engine.plan().await.unwrap();
        engine.apply(plan, |_| {}).await.unwrap();
        world.env.advance(LONG);
        let task = world.tasks.rows()[0].id().to_owned();
        if deleted {
            world.tasks.delete(&task);
        } else {
            world.tasks.edit(&task, &json!({ "completed": true }));
        }
        let work = async || {
            for _ in 0..5 {
                engine.drain().await.unwrap();
                world.env.advance(LONG);
            }
        };
        let key = FactKey::new("documents", RecordRef::top(RecordId::new("7")));
        engine.hint_fact(&key, Priority::Event).await.unwrap();
        work().await;
        // Whoever completed it is known by a look at it.
        let collect = WorkKey::Projection(ProjectionKey::new("doc:7:collect"));
        engine.queue().mark(&[Hint::new(collect, "c", Priority::Event)]).await.unwrap();
        work().await;
        // The books answer once that there is no such document.
        world.documents.delete("7");
        engine.hint_fact(&key, Priority::Event).await.unwrap();
        work().await;
        world.document("7", json!({ "customer": "1", "note": "two chairs", "collect": "open" }));
        engine.sweep_facts("documents").await.unwrap();
        work().await;
        let completed: Vec<_> = world.tasks.rows().iter().map(|task| task.raw["completed"].clone()).collect();
        assert_eq!(completed, if deleted { vec![] } else { vec![json!(true)] });
    }
}
