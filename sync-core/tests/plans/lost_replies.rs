//! Answers that never come.

use std::time::Duration;

use serde_json::json;

use super::fake::{Fake, Mishap};
use super::world::World;

/// As long as a request may be under way.
const TIMEOUT: Duration = Duration::from_secs(60);

const LOST: [Mishap; 4] = [
    Mishap::ReplyLost,
    Mishap::LandsAfter(Duration::from_secs(1)),
    Mishap::LandsAfter(TIMEOUT),
    Mishap::NotSent,
];

fn targets(world: &World) -> [(&Fake, usize); 3] {
    [(&world.contacts, 3), (&world.notes, 2), (&world.tasks, 1)]
}

/// Asserts that one run creates everything, whatever it loses, and leaves nothing to do.
async fn assert_completes(world: &World, case: &str) {
    let report = world.run().await;
    assert!(!report.has_failed(), "{case}: {report}");
    let created = ["contacts", "notes", "tasks"].map(|name| report.collections[name].created);
    assert_eq!(created, [3, 2, 1], "{case}: {report}");
    world.assert_small_is_there(case);
    world.assert_quiet(case).await;
}

#[tokio::test]
async fn i3_a_lost_reply_leaves_no_duplicate_and_the_run_still_completes() {
    for which in 0..3 {
        for nth in 1..=3 {
            for mishap in LOST {
                let world = World::small();
                let (collection, all) = targets(&world)[which];
                if nth > all {
                    continue;
                }
                let case = format!("{mishap:?} for create {nth} of {all} of collection {which}");
                collection.on_create(nth, mishap);
                assert_completes(&world, &case).await;
            }
        }
    }
}

#[tokio::test]
async fn i3_every_reply_may_get_lost_at_once() {
    for mishap in LOST {
        let world = World::small();
        for (collection, creates) in targets(&world) {
            (1..=creates).for_each(|nth| collection.on_create(nth, mishap));
        }
        let case = format!("{mishap:?}");
        let report = world.run().await;
        assert!(!report.has_failed(), "{case}: {report}");
        world.assert_small_is_there(&case);
        world.assert_quiet(&case).await;
    }
}

#[tokio::test]
async fn i3_a_create_that_is_lost_twice_is_found_out_by_the_run_itself() {
    for which in 0..3 {
        for mishap in LOST {
            let world = World::small();
            let (collection, all) = targets(&world)[which];
            collection.on_create(1, Mishap::NotSent);
            collection.on_create(all + 1, mishap);
            let case = format!("{mishap:?} for the second try of collection {which}");
            assert_completes(&world, &case).await;
        }
    }
}

#[tokio::test]
async fn i3_a_create_that_is_lost_again_and_again_is_left_to_the_next_run() {
    for which in 0..3 {
        for mishap in LOST {
            let world = World::small();
            let (collection, all) = targets(&world)[which];
            for nth in [1, all + 1, all + 2] {
                collection.on_create(nth, Mishap::NotSent);
            }
            collection.on_create(all + 3, mishap);
            let case = format!("{mishap:?} for the last try of collection {which}");
            let report = world.run().await;
            let failures: Vec<_> = report.failures.iter().map(|f| f.message.as_str()).collect();
            assert_eq!(failures.len(), 1, "{case}: {report}");
            assert!(failures[0].contains("not known yet"), "{case}: {report}");
            assert!(!world.run().await.has_failed(), "{case}");
            world.assert_small_is_there(&case);
            world.assert_quiet(&case).await;
        }
    }
}

#[tokio::test]
async fn nothing_waits_for_a_lost_reply_but_its_own_record() {
    let world = World::small();
    world.contacts.on_create(1, Mishap::ReplyLost);
    world.run().await;
    let sleeps = world.env.sleeps();
    // 30 s until it can no longer be sent, 60 s for the request, 20 s for the index.
    assert_eq!(sleeps, [Duration::from_secs(110)]);
    let contacts: Vec<_> = world.contacts.rows().iter().map(|r| r.text("customFields.NIF")).collect();
    assert_eq!(contacts.len(), 3);
    assert_eq!(world.contacts.take_writes().len(), 3);
}

#[tokio::test]
async fn a_lost_reply_to_an_update_is_settled_by_the_run_itself() {
    for mishap in [Mishap::ReplyLost, Mishap::NotSent] {
        let world = World::small();
        world.run().await;
        world.customers.edit("1", &json!({ "city": "Lagos" }));
        world.contacts.on_update(1, mishap);
        let report = world.run().await;
        assert_eq!((report.counts.updated, report.counts.failed), (1, 0), "{mishap:?}: {report}");
        assert_eq!(world.contact("100000001").text("city"), "Lagos", "{mishap:?}");
        world.assert_small_is_there("after the update");
        world.assert_quiet("after the update").await;
    }
}
