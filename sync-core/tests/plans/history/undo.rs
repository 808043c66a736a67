//! Undoing runs.

use std::time::Duration;

use serde_json::json;
use sync_core::engine::{FaultKind, RunId, Side, UndoneRecord};
use sync_core::queue::WorkKey;
use sync_core::store::Store;

use super::super::fake::Mishap;
use super::super::world::{LONG, World};
use super::*;

/// Ana's customer was edited, and a run has brought that to her contact.
async fn changed() -> (World, RunId) {
    let world = agreed().await;
    world.customers.edit("1", &json!({ "name": "Ana Lima", "city": "", "labels": ["b", "c"] }));
    let run = run(&world).await;
    assert_eq!(values(&world, "1"), ["Ana Lima||bc", "Ana Lima||bc"]);
    writes(&world);
    (world, run)
}

fn fields(record: &UndoneRecord) -> Vec<&str> {
    record.fields.iter().map(|field| field.field.as_str()).collect()
}

fn kept(undo: &Undo) -> Vec<String> {
    undo.kept.iter().map(|kept| format!("{} {}: {}", kept.side, kept.field, kept.why)).collect()
}

#[tokio::test]
async fn what_a_run_wrote_gets_back_what_it_had_and_nothing_flows_back() {
    let (world, run) = changed().await;
    let (undo, report) = undo(&world, &run).await;
    let shown = undo.to_string();
    for line in [
        "  3 fields of 1 records to restore, 0 kept, 0 other things stay\n",
        "~ right record x1 (c:1, x1)\n",
        "    city: empty -> \"Faro\"\n",
        "    name: \"Ana Lima\" -> \"Ana\"\n",
        "    tags: +\"a\" -\"c\"\n",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert!(!format!("{undo:?}").contains("Lima"), "{undo:?}");
    assert_eq!(report.counts.updated, 1, "{report}");
    assert_eq!(writes(&world), ["update contacts c:1 city name tags"]);
    assert_eq!(values(&world, "1"), ["Ana|Faro|ab", "Ana Lima||bc"]);
    assert_quiet(&world, "after the undo").await;
    // A person's edit travels as ever, and takes along nothing else.
    world.customers.edit("1", &json!({ "name": "Ana Maria" }));
    super::run(&world).await;
    assert_eq!(values(&world, "1"), ["Ana Maria|Faro|ab", "Ana Maria||bc"]);
    assert_quiet(&world, "after the edit").await;
}

#[tokio::test]
async fn an_undo_is_done_once_and_can_be_undone() {
    let (world, run) = changed().await;
    let (_, first) = undo(&world, &run).await;
    let (again, report) = undo(&world, &run).await;
    assert!(again.is_empty(), "{again}");
    assert_eq!((kept(&again).len(), report.counts.total()), (0, 0), "{again}{report}");
    let (redo, second) = undo(&world, &first.run).await;
    assert_eq!(fields(&redo.records[0]), ["city", "name", "tags"]);
    assert_eq!(values(&world, "1"), ["Ana Lima||bc", "Ana Lima||bc"]);
    assert_quiet(&world, "after the undo of the undo").await;
    // Others have written since: theirs is to be undone first.
    let (undo, _) = undo(&world, &run).await;
    assert!(undo.is_empty(), "{undo}");
    let why = format!("right name: it was written again in {}", second.run);
    assert!(kept(&undo).contains(&why), "{undo}");
}

#[tokio::test]
async fn i4_what_people_changed_since_is_kept_and_named() {
    let (world, run) = changed().await;
    world.contacts.edit("x1", &json!({ "name": "A. Lima", "tags": ["b", "c", "vip"] }));
    let (undo, _) = undo(&world, &run).await;
    assert_eq!(kept(&undo), ["right name: it was changed since"], "{undo}");
    assert_eq!(values(&world, "1"), ["A. Lima|Faro|abvip", "Ana Lima||bc"]);
    super::run(&world).await;
    // Their edits go to the other side, and what was undone does not.
    assert_eq!(values(&world, "1"), ["A. Lima|Faro|abvip", "A. Lima||bcvip"]);
    assert_quiet(&world, "after all").await;
}

#[tokio::test]
async fn i4_a_change_that_is_on_its_way_is_neither_undone_nor_lost() {
    let (world, run) = changed().await;
    world.customers.edit("1", &json!({ "name": "Ana Maria", "labels": ["b", "c", "new"] }));
    let (undo, _) = undo(&world, &run).await;
    assert_eq!(kept(&undo), ["right name: a change of it is under way"], "{undo}");
    super::run(&world).await;
    assert_eq!(values(&world, "1"), ["Ana Maria|Faro|abnew", "Ana Maria||bcnew"]);
    assert_quiet(&world, "after all").await;
}

#[tokio::test]
async fn what_a_later_run_wrote_is_kept_and_that_run_named() {
    let (world, first) = changed().await;
    world.customers.edit("1", &json!({ "name": "Ana Maria", "labels": ["b", "d"] }));
    let later = run(&world).await;
    let (undo, _) = undo(&world, &first).await;
    assert_eq!(kept(&undo), [format!("right name: it was written again in {later}")], "{undo}");
    // The first run's c is out already; its a comes back.
    assert_eq!(values(&world, "1"), ["Ana Maria|Faro|abd", "Ana Maria||bd"]);
    assert_quiet(&world, "after all").await;
}

#[tokio::test]
async fn an_edit_between_plan_and_undo_is_kept_and_told() {
    let (world, run) = changed().await;
    let engine = engine(&world);
    let undo = engine.undo(&run).await.unwrap();
    world.contacts.edit("x1", &json!({ "name": "A. Lima" }));
    let report = engine.apply_undo(undo).await.unwrap();
    assert_eq!(report.counts.updated, 1, "{report}");
    let remarks: Vec<_> = report.remarks.iter().map(|remark| remark.message.as_str()).collect();
    assert_eq!(remarks, ["name is left as it is: it was changed since"]);
    assert_eq!(values(&world, "1")[0], "A. Lima|Faro|ab");
}

#[tokio::test]
async fn a_session_is_undone_to_before_the_first_of_its_writes() {
    let world = agreed().await;
    let session = builder(&world, mapping()).session(RunId::new("day")).build();
    for name in ["Ana L.", "Ana Lima"] {
        world.customers.edit("1", &json!({ "name": name }));
        work(&world, &session, "1").await;
    }
    // And one field from the other side.
    world.contacts.edit("x1", &json!({ "city": "Lagos" }));
    work(&world, &session, "1").await;
    assert_eq!(values(&world, "1"), ["Ana Lima|Lagos|ab", "Ana Lima|Lagos|ab"]);
    let (undo, report) = undo(&world, &RunId::new("day")).await;
    assert_eq!(undo.records.len(), 2, "a record of each side: {undo}");
    assert_eq!(values(&world, "1"), ["Ana|Lagos|ab", "Ana Lima|Faro|ab"], "{report}");
    assert_quiet(&world, "after the undo").await;
}

#[tokio::test]
async fn an_edit_between_two_writes_of_a_session_is_what_is_restored() {
    let world = agreed().await;
    let session = builder(&world, mapping()).session(RunId::new("day")).build();
    world.customers.edit("1", &json!({ "name": "Ana L." }));
    work(&world, &session, "1").await;
    world.contacts.edit("x1", &json!({ "name": "Ana of Faro" }));
    work(&world, &session, "1").await;
    world.customers.edit("1", &json!({ "name": "Ana Lima" }));
    work(&world, &session, "1").await;
    undo(&world, &RunId::new("day")).await;
    // The contact has what its person wrote, the customer what hers did before that was written over.
    assert_eq!(
        values(&world, "1").map(|all| all.split('|').next().unwrap().to_owned()),
        ["Ana of Faro", "Ana Lima"]
    );
    assert_quiet(&world, "after the undo").await;
}

#[tokio::test]
async fn a_field_that_was_filled_is_emptied_again_and_the_records_of_others_are_left_alone() {
    let world = agreed().await;
    world.contacts.edit("x2", &json!({ "city": "" }));
    run(&world).await;
    assert_eq!(values(&world, "2"), ["Berta||ab", "Berta||ab"]);
    world.customers.edit("2", &json!({ "city": "Porto" }));
    let filled = run(&world).await;
    let (undo, _) = undo(&world, &filled).await;
    assert_eq!((undo.records.len(), undo.records[0].link.as_str()), (1, "c:2"), "{undo}");
    assert_eq!(values(&world, "2"), ["Berta||ab", "Berta|Porto|ab"]);
    assert_quiet(&world, "after the undo").await;
}

#[tokio::test]
async fn i8_what_was_created_stays_and_is_named() {
    let world = agreed().await;
    world.customer("3", &json!({ "vat": "100000003", "name": "Carlos" }));
    world.customers.edit("1", &json!({ "name": "Ana Lima" }));
    let run = run(&world).await;
    let (undo, _) = undo(&world, &run).await;
    assert_eq!(undo.records.len(), 1, "{undo}");
    let stands: Vec<_> = undo.stands.iter().map(|stands| stands.what.as_str()).collect();
    assert_eq!(stands, ["right record contacts-1 was created"], "{undo}");
    assert_eq!((world.contacts.rows().len(), world.customers.rows().len()), (3, 3));
    assert_quiet(&world, "after the undo").await;
}

#[tokio::test]
async fn what_was_derived_or_deleted_stays_and_is_named() {
    let world = World::small();
    let report = world.run().await;
    world.env.advance(LONG);
    let undo = world.engine().undo(&report.run).await.unwrap();
    assert!(undo.is_empty(), "{undo}");
    assert_eq!(undo.stands.len(), 6, "{undo}");
    world.documents.edit("7", &json!({ "note": "three chairs" }));
    let report = world.run().await;
    let undo = world.engine().undo(&report.run).await.unwrap();
    assert!(undo.is_empty(), "{undo}");
    let derived = |stands: &sync_core::engine::Standing| matches!(stands.about, WorkKey::Projection(_));
    assert_eq!(undo.stands.iter().filter(|stands| derived(stands)).count(), 1, "{undo}");
}

#[tokio::test]
async fn a_pair_that_has_ended_or_lost_a_record_is_kept_as_it_is() {
    let (world, run) = changed().await;
    world.contacts.delete("x1");
    let undo = engine(&world).undo(&run).await.unwrap();
    assert!(undo.is_empty() && undo.kept[0].why.contains("not certain yet"), "{undo}");
    let engine = engine(&world);
    for _ in 0..2 {
        work(&world, &engine, "1").await;
    }
    let undo = engine.undo(&run).await.unwrap();
    assert_eq!(
        (undo.records.len(), kept(&undo)),
        (0, vec!["left : the pair has ended".to_owned()]),
        "{undo}"
    );
    engine.apply_undo(undo).await.unwrap();
    assert_eq!(writes(&world), [""; 0]);
}

#[tokio::test]
async fn a_field_that_the_mapping_lost_is_kept() {
    let (world, run) = changed().await;
    let smaller = Mapping::builder()
        .field("vat", |f| f.left("vat").right("customFields.NIF").normalise(normalise::nif))
        .field("name", |f| f.left("name").right("name"))
        .matched_by(["vat"])
        .build()
        .unwrap();
    let engine = builder(&world, smaller).build();
    let undo = engine.undo(&run).await.unwrap();
    assert_eq!(fields(&undo.records[0]), ["name"]);
    let lost = |field| format!("right {field}: the mapping does not have it any more");
    assert_eq!(kept(&undo), [lost("city"), lost("tags")]);
}

#[tokio::test]
async fn a_lost_reply_is_found_out_by_the_undo_itself() {
    for mishap in [Mishap::ReplyLost, Mishap::NotSent] {
        let (world, run) = changed().await;
        world.contacts.on_update(2, mishap);
        let (_, report) = undo(&world, &run).await;
        assert_eq!((report.counts.updated, report.counts.failed), (1, 0), "{mishap:?}: {report}");
        assert_eq!(values(&world, "1"), ["Ana|Faro|ab", "Ana Lima||bc"], "{mishap:?}");
        assert_quiet(&world, &format!("{mishap:?}")).await;
        // Whoever found out, it was the undo that wrote.
        let told = world.store.journal_of_run(&report.run, 0, usize::MAX).await.unwrap();
        assert!(told.iter().any(|(_, entry)| matches!(entry.what, sync_core::engine::Happening::Wrote(..))));
    }
}

#[tokio::test]
async fn what_the_service_refuses_stays_and_asks_nobody() {
    for (kind, stops) in [(FaultKind::Invalid, false), (FaultKind::Auth, true)] {
        let (world, run) = changed().await;
        world.contacts.on_update(2, Mishap::Refused(kind));
        let (_, report) = undo(&world, &run).await;
        assert_eq!((report.counts.failed, report.stopped.is_some()), (1, stops), "{kind:?}: {report}");
        assert_eq!(values(&world, "1"), ["Ana Lima||bc", "Ana Lima||bc"], "{kind:?}");
        assert_eq!(world.store.reviews_page(None, 9).await.unwrap(), [], "{kind:?}");
        assert_quiet(&world, &format!("{kind:?}")).await;
    }
}

#[tokio::test]
async fn a_process_may_die_at_any_step_of_an_undo() {
    let mut step = 1;
    loop {
        let (world, run) = changed().await;
        world.fuse.light(step);
        let died = tokio::select! {
            biased;
            () = world.fuse.dead() => true,
            _ = Box::pin(undo(&world, &run)) => false,
        };
        world.fuse.light(0);
        world.env.advance(LONG);
        let case = format!("killed at step {step}");
        // The next process knows at once, or once it has found out what became of the write.
        let engine = engine(&world);
        world.env.advance(LONG);
        work(&world, &engine, "1").await;
        let rest = engine.undo(&run).await.unwrap();
        assert_eq!(kept(&rest), [""; 0], "{case}: {rest}");
        engine.apply_undo(rest).await.unwrap();
        assert_eq!(values(&world, "1"), ["Ana|Faro|ab", "Ana Lima||bc"], "{case}");
        assert_quiet(&world, &case).await;
        if !died {
            assert!(step > 6, "only {step} steps");
            break;
        }
        step += 1;
    }
}

#[tokio::test]
async fn a_write_belongs_to_the_run_that_announced_it_whoever_finds_out() {
    let world = agreed().await;
    world.customers.edit("1", &json!({ "name": "Ana Lima" }));
    world.contacts.on_update(1, Mishap::ReplyLost);
    let first = builder(&world, mapping()).session(RunId::new("first")).build();
    first.hint(Side::Left, &record("1"), Priority::Event).await.unwrap();
    first.drain().await.unwrap();
    let next = builder(&world, mapping()).session(RunId::new("next")).build();
    world.env.advance(LONG);
    work(&world, &next, "1").await;
    assert_eq!(values(&world, "1")[0], "Ana Lima|Faro|ab");
    let wrote = |run: &str| {
        let run = RunId::new(run);
        let store = world.store.clone();
        async move { store.journal_of_run(&run, 0, usize::MAX).await.unwrap().len() }
    };
    assert_eq!((wrote("first").await, wrote("next").await), (1, 0));
    undo(&world, &RunId::new("first")).await;
    assert_eq!(values(&world, "1")[0], "Ana|Faro|ab");
}

#[tokio::test]
async fn runs_are_listed_the_youngest_first() {
    let (world, run) = changed().await;
    let (_, undone) = undo(&world, &run).await;
    let engine = engine(&world);
    let runs = engine.runs(None, 10).await.unwrap();
    let shown: Vec<_> = runs.iter().map(|run| (run.created, run.linked, run.wrote)).collect();
    assert_eq!(shown, [(0, 0, 3), (0, 0, 3), (0, 2, 0)], "{runs:?}");
    assert_eq!((&runs[0].run, &runs[1].run), (&undone.run, &run));
    assert!(runs[0].from - runs[1].to >= Duration::from_secs(600).try_into().unwrap());
    let rest = engine.runs(Some(&run), 10).await.unwrap();
    assert_eq!(rest, runs[2..]);
    assert_eq!(engine.runs(None, 1).await.unwrap(), runs[..1]);
    let nothing = engine.undo(&RunId::new("never")).await.unwrap();
    assert!(nothing.is_empty() && nothing.stands.is_empty());
}
