//! Processes that die, and stores that fail, at every single step of a small run.

use serde_json::json;
use sync_core::store::Store;

use super::fuse::Failing;
use super::world::{LONG, World};

/// More steps than any run here has.
const STEPS: usize = 300;

/// A small world whose first run, `at_once` records at once, was killed at a step; `None` once it has no such step.
async fn killed_at(step: usize, at_once: usize) -> Option<World> {
    assert!(step < STEPS, "the run has no end");
    let mut world = World::small();
    world.at_once = at_once;
    world.run_killed_at(step).await.is_none().then_some(world)
}

async fn assert_completes(world: &World, case: &str) {
    let report = world.run().await;
    assert!(!report.has_failed(), "{case}: {report}");
    world.assert_small_is_there(case);
    world.assert_quiet(case).await;
}

#[tokio::test]
async fn i3_a_process_may_die_at_any_step() {
    for at_once in [1, 8] {
        let mut step = 1;
        while let Some(world) = killed_at(step, at_once).await {
            assert_completes(&world, &format!("killed at step {step}, {at_once} at once")).await;
            step += 1;
        }
        // Six creates, each announced, sent, under way, answered and noted.
        assert!(step > 6 * 6, "only {step} steps");
    }
}

#[tokio::test]
async fn i3_a_process_may_die_at_any_step_and_the_next_one_too() {
    let mut first = 1;
    while let Some(world) = killed_at(first, 8).await {
        // Before the first commit the next process starts from nothing.
        let begun = !world.store.links_page(None, 1).await.unwrap().is_empty();
        for second in 1..STEPS {
            if !begun {
                break;
            }
            let world = killed_at(first, 8).await.unwrap();
            let finished = world.run_killed_at(second).await.is_some();
            assert_completes(&world, &format!("killed at step {first}, then at step {second}")).await;
            if finished {
                break;
            }
        }
        first += 1;
    }
}

#[tokio::test]
async fn i4_edits_between_a_death_and_the_next_run_are_neither_lost_nor_overwritten() {
    let mut edited = 0;
    let mut step = 1;
    while let Some(world) = killed_at(step, 8).await {
        world.customers.edit("1", &json!({ "city": "Lagos" }));
        let contacts = world.contacts.rows();
        let ana = contacts.iter().find(|r| r.text("customFields.NIF") == "100000001");
        if let Some(ana) = ana {
            world.contacts.edit(ana.id(), &json!({ "name": "Ana P." }));
            edited += 1;
        }
        let case = format!("killed at step {step}");
        assert_completes(&world, &case).await;
        let contact = world.contact("100000001");
        assert_eq!(contact.text("city"), "Lagos", "{case}");
        assert_eq!(contact.text("name"), if ana.is_some() { "Ana P." } else { "Ana Pereira" }, "{case}");
        step += 1;
    }
    assert!(edited > 0);
}

#[tokio::test]
async fn i4_an_edit_survives_a_death_and_another_one_while_it_is_written() {
    // Dead while the create of Ana's contact is under way, which is the first one.
    let mut under_way = 1;
    while killed_at(under_way, 1).await.unwrap().contacts.take_writes().is_empty() {
        under_way += 1;
    }
    let mut updated = 0;
    for second in 1..STEPS {
        let world = killed_at(under_way, 1).await.unwrap();
        world.customers.edit("1", &json!({ "city": "Lagos" }));
        world.take_writes();
        let finished = world.run_killed_at(second).await.is_some();
        updated += usize::from(world.take_writes().iter().any(|w| w == "update contacts c:1 city"));
        let case = format!("killed at step {second} of the second run");
        assert_completes(&world, &case).await;
        assert_eq!(world.contact("100000001").text("city"), "Lagos", "{case}");
        if finished {
            break;
        }
    }
    assert!(updated > 2, "the second process died {updated} times while or after it sent the update");
}

#[tokio::test]
async fn i3_the_state_may_be_lost_after_a_death_at_any_step() {
    for at_once in [1, 8] {
        let mut step = 1;
        while let Some(mut world) = killed_at(step, at_once).await {
            // Without a state nobody knows that something is under way; later it is found by its marker.
            world.env.advance(LONG);
            world.forget();
            assert_completes(&world, &format!("state lost after step {step}")).await;
            step += 1;
        }
    }
}

#[tokio::test]
async fn i3_a_store_may_fail_at_any_commit() {
    for when in [Failing::Before, Failing::After] {
        for nth in 1..STEPS {
            let world = World::small();
            world.store.fail(nth, when);
            let report = world.run().await;
            let case = format!("commit {nth} fails, {when:?} it is written");
            if report.stopped.is_none() {
                // Three for each contact, two for each note and task, one for each fact, and no such commit any more.
                assert_eq!(nth, 3 * 3 + 3 * 2 + 5 + 1, "{case}");
                break;
            }
            assert_eq!(report.stopped.as_deref(), Some("fragile: the disk is full"), "{case}");
            assert_completes(&world, &case).await;
        }
    }
}
