//! Services that refuse.

use serde_json::json;
use sync_core::engine::{EngineError, FaultKind};

use super::fake::Mishap;
use super::world::World;

const STOPPING: [FaultKind; 3] =
    [FaultKind::Throttled { retry_after: None }, FaultKind::Auth, FaultKind::Broken];

fn message(kind: FaultKind) -> String {
    format!("the service says {kind:?}")
}

#[tokio::test]
async fn what_would_fail_for_all_stops_the_run_is_told_once_and_a_later_run_completes() {
    for kind in STOPPING {
        for at_once in [1, 8] {
            for nth in 1..=3 {
                let mut world = World::small();
                world.at_once = at_once;
                for create in nth..=3 {
                    world.contacts.on_create(create, Mishap::Refused(kind));
                }
                let case = format!("{kind:?} from create {nth} on, {at_once} at once");
                let report = world.run().await;
                assert_eq!(report.stopped, Some(message(kind)), "{case}: {report}");
                let failures: Vec<_> = report.failures.iter().map(|f| f.message.clone()).collect();
                assert_eq!(failures, [message(kind)], "{case}");
                assert_eq!(report.counts.failed + report.counts.created, 3, "{case}: {report}");
                if at_once == 1 {
                    assert_eq!(world.contacts.take_writes().len(), nth, "{case}: nothing more is sent");
                }
                world.contacts.switch(|s| s.on_create.clear());
                assert!(!world.run().await.has_failed(), "{case}");
                world.assert_small_is_there(&case);
                world.assert_quiet(&case).await;
            }
        }
    }
}

#[tokio::test]
async fn i10_what_fails_for_one_record_does_not_stop_the_others() {
    for kind in [FaultKind::Invalid, FaultKind::Transient] {
        let mut world = World::small();
        world.at_once = 1;
        world.contacts.on_create(1, Mishap::Refused(kind));
        world.notes.on_create(1, Mishap::Refused(kind));
        let report = world.run().await;
        assert_eq!((report.counts.created, report.counts.failed), (2, 1), "{kind:?}: {report}");
        // The first contact's note and task need the contact, the other note was refused itself.
        assert_eq!(
            (report.collections["notes"].failed, report.collections["tasks"].failed),
            (2, 1),
            "{report}"
        );
        assert_eq!(report.failures.len(), 2, "{kind:?}: {report}");
        assert_eq!(report.stopped, None);
        assert!(!world.run().await.has_failed(), "{kind:?}");
        assert!(world.env.sleeps().is_empty(), "a refusal leaves nothing to look up");
        world.assert_small_is_there("after a refusal");
        world.assert_quiet("after a refusal").await;
    }
}

#[tokio::test]
async fn i3_a_service_that_goes_down_while_lost_creates_are_looked_up_gets_no_duplicates() {
    for kind in STOPPING {
        let world = World::small();
        world.contacts.on_create(1, Mishap::ReplyLost);
        world.notes.on_create(1, Mishap::Refused(kind));
        let report = world.run().await;
        assert_eq!(report.stopped, Some(message(kind)), "{report}");
        assert!(!world.run().await.has_failed(), "{kind:?}");
        world.assert_small_is_there(&format!("{kind:?}"));
        world.assert_quiet(&format!("{kind:?}")).await;
    }
}

#[tokio::test]
async fn a_service_that_is_down_cannot_be_planned_for() {
    for kind in STOPPING {
        let world = World::small();
        for collection in [&world.customers, &world.contacts, &world.documents] {
            collection.switch(|s| s.down = Some(kind));
            let error = world.engine().plan().await.unwrap_err();
            assert!(matches!(error, EngineError::Collection { .. }), "{error}");
            assert!(error.to_string().ends_with(&message(kind)), "{error}");
            collection.switch(|s| s.down = None);
        }
        assert_eq!(world.take_writes(), [""; 0]);
    }
}

#[tokio::test]
async fn a_set_up_that_fails_leaves_everything_unwritten() {
    let world = World::small();
    world.contacts.switch(|s| s.not_set_up = true);
    let plan = world.plan().await;
    world.contacts.switch(|s| s.down = Some(FaultKind::Auth));
    let error = world.engine().apply(plan, |_| {}).await.unwrap_err();
    assert!(matches!(error, EngineError::Collection { .. }), "{error}");
    world.contacts.switch(|s| s.down = None);
    assert_eq!(world.take_writes(), [""; 0]);
    assert!(!world.run().await.has_failed());
    world.assert_small_is_there("after the set-up");
}

#[tokio::test]
async fn a_service_that_is_down_for_updates_keeps_the_change_for_later() {
    for kind in STOPPING {
        let world = World::small();
        world.run().await;
        world.customers.edit("1", &json!({ "city": "Lagos" }));
        world.contacts.on_update(1, Mishap::Refused(kind));
        let report = world.run().await;
        assert_eq!(report.stopped, Some(message(kind)), "{report}");
        let report = world.run().await;
        assert_eq!(report.counts.updated, 1, "{report}");
        assert_eq!(world.contact("100000001").text("city"), "Lagos");
    }
}
