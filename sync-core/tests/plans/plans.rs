//! What a plan promises.

use std::sync::Mutex;
use std::time::Duration;

use serde_json::json;
use sync_core::AccountKey;
use sync_core::engine::{Change, Counts, EngineError, FaultKind, Plan, ProjectionStep, RecordStep};
use sync_core::store::{Accounts, Store};

use super::fake::Mishap;
use super::world::{LONG, World};

/// A world in which a plan has every kind of step.
async fn varied() -> World {
    let world = World::small();
    world.run().await;
    world.customers.edit("1", &json!({ "city": "Lagos" }));
    world.documents.edit("7", &json!({ "note": "three chairs" }));
    world.customer("4", &json!({ "vat": "100000004", "name": "Dora" }));
    world.customer("5", &json!({ "vat": "100000005", "name": "Eva", "city": "Braga" }));
    world.customer("6", &json!({ "name": "Nobody" }));
    world.contacts.add("x5", &json!({ "customFields": { "NIF": "100000005" }, "name": "Eva" }));
    world.document("9", json!({ "customer": "4", "note": "a lamp", "collect": "open" }));
    world.document("10", json!({ "customer": "6", "note": "a bed" }));
    world.take_writes();
    world
}

/// The writes that a plan lists, as the services note them.
fn listed(plan: &Plan) -> Vec<String> {
    let names = |changes: &[Change]| changes.iter().map(|c| c.field.clone()).collect::<Vec<_>>().join(" ");
    let mut all = Vec::new();
    for record in &plan.records {
        match &record.step {
            RecordStep::Create => all.push(format!("create contacts {}", record.link)),
            RecordStep::Link { fill, .. } if !fill.is_empty() => {
                all.push(format!("update contacts {} {}", record.link, names(fill)));
            }
            RecordStep::Update { changes, .. } => {
                all.push(format!("update contacts {} {}", record.link, names(changes)));
            }
            _ => {}
        }
    }
    for projection in &plan.projections {
        match projection.step {
            ProjectionStep::Create => all.push(format!("create {} {}", projection.into, projection.key)),
            ProjectionStep::Update => all.push(format!("update {} {} body", projection.into, projection.key)),
            _ => {}
        }
    }
    all.sort();
    all
}

#[tokio::test]
async fn i11_planning_writes_nothing_and_an_unchanged_plan_does_exactly_what_it_lists() {
    let world = varied().await;
    let plan = world.plan().await;
    assert_eq!(world.take_writes(), [""; 0]);
    let want = [
        "create contacts c:4",
        "create notes doc:9:note",
        "create tasks doc:9:collect",
        "update contacts c:1 city",
        "update contacts c:5 city",
        "update notes doc:7:note body",
    ];
    assert_eq!(listed(&plan), want);
    world.apply(plan).await;
    let mut writes = world.take_writes();
    writes.sort();
    assert_eq!(writes, want);
    world.assert_quiet("after the plan").await;
}

#[tokio::test]
async fn i11_a_plan_knows_what_it_costs() {
    let world = varied().await;
    let engine = world.engine();
    let plan = engine.plan().await.unwrap();
    let (planned, before) = (plan.calls(), world.right_calls());
    engine.apply(plan, |_| {}).await.unwrap();
    assert_eq!(world.right_calls() - before, planned);
}

#[tokio::test]
async fn i11_a_field_that_is_written_on_creation_only_is_never_planned_as_a_change() {
    let world = World::small();
    world.customers.edit("1", &json!({ "language": "pt" }));
    world.run().await;
    assert_eq!(world.contact("100000001").text("language"), "pt");
    world.customers.edit("1", &json!({ "language": "en" }));
    let plan = world.plan().await;
    assert!(plan.records.iter().all(|r| r.step == RecordStep::Unchanged), "{plan}");
}

#[tokio::test]
async fn i15_the_same_plan_has_the_same_name() {
    let (world, twin) = (varied().await, varied().await);
    let id = world.plan().await.id;
    assert_eq!(id, world.plan().await.id);
    assert_eq!(id, twin.plan().await.id);
    world.customers.edit("4", &json!({ "vat": "" }));
    assert_ne!(id, world.plan().await.id);
}

#[tokio::test]
async fn i3_a_plan_that_is_applied_twice_creates_nothing_twice() {
    let world = World::small();
    let plan = world.plan().await;
    assert!(!world.apply(plan.clone()).await.has_failed());
    world.take_writes();
    let report = world.apply(plan).await;
    assert_eq!(world.take_writes(), [""; 0], "{report}");
    assert_eq!((report.counts.unchanged, report.counts.failed), (3, 0), "nothing is left to do: {report}");
    world.assert_small_is_there("applied twice");
    world.assert_quiet("applied twice").await;
}

#[tokio::test]
async fn i3_two_processes_may_apply_at_once() {
    let world = World::small();
    let (one, other) = (world.plan().await, world.plan().await);
    let (one, other) = tokio::join!(Box::pin(world.apply(one)), Box::pin(world.apply(other)));
    assert_eq!(one.counts.created + other.counts.created, 3, "{one}{other}");
    assert!(!world.run().await.has_failed());
    world.assert_small_is_there("applied at once");
    world.assert_quiet("applied at once").await;
}

#[tokio::test]
async fn i3_two_processes_may_look_up_the_same_lost_creates_at_once() {
    let mut step = 1;
    loop {
        let world = World::small();
        if world.run_killed_at(step).await.is_some() {
            break;
        }
        let (one, other) = tokio::join!(Box::pin(world.run()), Box::pin(world.run()));
        let case = format!("killed at step {step}: {one}{other}");
        assert!(!world.run().await.has_failed(), "{case}");
        world.assert_small_is_there(&case);
        world.assert_quiet(&case).await;
        step += 1;
    }
}

#[tokio::test]
async fn i3_what_another_process_has_looked_up_meanwhile_is_not_created_again() {
    for which in 0..3 {
        let world = World::small();
        // Lost so often that the next run has to look it up.
        let (collection, creates) = [(&world.contacts, 3), (&world.notes, 2), (&world.tasks, 1)][which];
        for nth in [1, creates + 1, creates + 2, creates + 3] {
            collection.on_create(nth, Mishap::NotSent);
        }
        assert!(world.run().await.has_failed());
        let plan = world.plan().await;
        assert!(!world.run().await.has_failed());
        // What the other process has created is in no index yet.
        world.take_writes();
        let report = world.apply(plan).await;
        let writes = world.take_writes();
        assert!(!writes.iter().any(|w| w.starts_with("create contacts")), "{writes:?}");
        world.assert_small_is_there(&format!("collection {which}: {report}"));
        assert!(!world.run().await.has_failed());
        world.assert_quiet(&format!("collection {which}")).await;
    }
}

#[tokio::test]
async fn the_state_of_other_accounts_is_refused() {
    let world = World::small();
    let other = Accounts { left: AccountKey::new("customers", 5), right: AccountKey::new("contacts", 6) };
    world.store.bind(&other).await.unwrap();
    let error = world.engine().plan().await.unwrap_err();
    assert!(matches!(error, EngineError::Bind(_)), "{error}");
    assert!(error.to_string().contains("contacts:6"), "{error}");
    assert_eq!(world.take_writes(), [""; 0]);
}

#[tokio::test]
async fn progress_counts_every_entry_once_up_to_the_total() {
    for mishap in [None, Some(Mishap::ReplyLost), Some(Mishap::Refused(FaultKind::Invalid))] {
        let world = varied().await;
        if let Some(mishap) = mishap {
            for nth in 1..20 {
                for collection in [&world.contacts, &world.notes, &world.tasks] {
                    collection.on_create(nth, mishap);
                }
            }
        }
        let plan = world.plan().await;
        let total = plan.records.len() + plan.projections.len();
        let seen = Mutex::new(Vec::new());
        let report =
            world.engine().apply(plan, |p| seen.lock().unwrap().push((p.done, p.total))).await.unwrap();
        let want: Vec<_> = (1..=total).map(|done| (done, total)).collect();
        assert_eq!(seen.into_inner().unwrap(), want, "{mishap:?}");
        assert_eq!(
            report.collections.values().map(Counts::total).sum::<usize>(),
            total,
            "{mishap:?}: {report}"
        );
    }
}

#[tokio::test]
async fn a_plan_may_be_made_and_applied_by_another_thread() {
    let world = World::small();
    let engine = world.engine();
    let run = tokio::spawn(async move {
        let plan = engine.plan().await.unwrap();
        engine.apply(plan, |_| {}).await.unwrap()
    });
    assert!(!run.await.unwrap().has_failed());
    world.assert_small_is_there("after a run elsewhere");
}

#[tokio::test]
async fn i3_a_plan_that_waited_for_its_approval_doubles_nobody() {
    let world = World::small();
    let engine = world.engine();
    let plan = engine.plan().await.unwrap();
    // It is looked at after the weekend; meanwhile a person has entered Ana, with her tax number.
    world.env.advance(Duration::from_secs(3 * 24 * 3600));
    world.contacts.add("by-hand", &json!({ "customFields": { "NIF": "100000001" }, "name": "Ana Pereira" }));
    world.env.advance(LONG);
    engine.apply(plan, |_| {}).await.unwrap();
    let anas = world.contacts.rows().iter().filter(|r| r.text("customFields.NIF") == "100000001").count();
    assert_eq!(anas, 1, "contacts with her tax number");
}
