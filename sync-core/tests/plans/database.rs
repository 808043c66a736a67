//! An engine whose state, queue and budget are one database.

use std::sync::Arc;
use std::time::Duration;

use sync_core::engine::{Budget, Engine, FactKey, Quota, RecordId, RecordRef, Side, Taken};
use sync_core::queue::{MemoryQueue, Priority, WorkQueue};
use sync_core::{AccountKey, Env};

use super::world::{LONG, World};

/// More steps than any run here has.
const STEPS: usize = 400;

fn engine(world: &World) -> Engine {
    world.builder().database(world.store.clone()).build()
}

/// Works until nothing is left to do, however long that takes.
async fn work_to_the_end(world: &World, engine: &Engine) {
    for _ in 0..200 {
        engine.drain().await.unwrap();
        let Some(due) = world.store.next_due().await.unwrap() else { return };
        let pause = due.duration_since(world.env.now());
        world.env.advance(Duration::try_from(pause).unwrap_or_default());
    }
    panic!("there is no end of it");
}

async fn hint_customers(engine: &Engine) {
    for id in ["1", "2", "3"] {
        let at = RecordRef::top(RecordId::new(id));
        engine.hint(Side::Left, &at, Priority::Event).await.unwrap();
    }
}

async fn hint_documents(world: &World, engine: &Engine) {
    for document in world.documents.rows() {
        let key = FactKey::new("documents", document.at.clone());
        engine.hint_fact(&key, Priority::Event).await.unwrap();
    }
}

/// Nobody polls and nobody sweeps: what a dead process has hinted is in the queue, or it is lost.
#[tokio::test]
async fn i1_what_a_process_hinted_outlives_it_at_any_step() {
    // Whether the contacts are there when the documents come: then nothing else hints what is derived from these.
    for contacts_first in [false, true] {
        outlives_it(contacts_first).await;
    }
}

async fn outlives_it(contacts_first: bool) {
    for step in 1..STEPS {
        let world = World::small();
        let first = engine(&world);
        hint_customers(&first).await;
        if contacts_first {
            work_to_the_end(&world, &first).await;
        }
        hint_documents(&world, &first).await;
        world.fuse.light(step);
        let finished = tokio::select! {
            biased;
            () = world.fuse.dead() => false,
            () = Box::pin(work_to_the_end(&world, &first)) => true,
        };
        world.fuse.light(0);
        world.env.advance(LONG);
        work_to_the_end(&world, &engine(&world)).await;
        let case = format!("a process that died at step {step}, contacts first: {contacts_first}");
        world.assert_small_is_there(&case);
        if finished {
            assert!(step > 30, "only {step} steps");
            return;
        }
    }
    panic!("the run has no end");
}

/// Other queues than the store's own get no hints from a commit, and lose none.
#[tokio::test]
async fn a_queue_of_ones_own_replaces_that_of_the_database() {
    let world = World::small();
    let queue = Arc::new(MemoryQueue::new(world.env.clone()));
    let engine = world.builder().database(world.store.clone()).queue(queue.clone()).build();
    hint_customers(&engine).await;
    hint_documents(&world, &engine).await;
    for _ in 0..50 {
        engine.drain().await.unwrap();
        world.env.advance(Duration::from_secs(30));
    }
    world.assert_small_is_there("with a queue of its own");
    assert_eq!(queue.next_due().await.unwrap(), None);
    assert_eq!(world.store.next_due().await.unwrap(), None, "nobody works on this one");
}

#[tokio::test]
async fn a_plan_that_is_applied_leaves_nothing_in_the_queue() {
    let world = World::small();
    let engine = engine(&world);
    let plan = engine.plan().await.unwrap();
    let report = engine.apply(plan, |_| {}).await.unwrap();
    assert!(!report.has_failed(), "{report}");
    world.assert_small_is_there("after an apply");
    assert_eq!(world.store.next_due().await.unwrap(), None, "it was all done by the apply");
}

#[tokio::test]
async fn i10_work_waits_where_the_quota_is_spent_and_takes_nothing_of_the_other_account() {
    let world = World::small();
    let engine = engine(&world);
    engine.bind().await.unwrap();
    let (left, right) = (AccountKey::new("customers", 5), AccountKey::new("contacts", 5));
    let resets_at = world.env.now() + Duration::from_secs(3600);
    let quota = |remaining| Quota { limit: 100, remaining, resets_at };
    world.store.learn(&left, quota(100)).await.unwrap();
    world.store.learn(&right, quota(2)).await.unwrap();
    hint_customers(&engine).await;
    hint_documents(&world, &engine).await;
    let calls = world.right_calls();
    engine.drain().await.unwrap();
    assert_eq!(world.right_calls(), calls, "a run needs three");
    assert_eq!(world.store.next_due().await.unwrap(), Some(resets_at), "and comes again when there are more");
    let all = world.store.take(std::slice::from_ref(&left), Priority::Event, 100).await.unwrap();
    assert_eq!(all, Taken::Granted, "nothing was taken in vain");
    world.store.learn(&left, quota(100)).await.unwrap();
    world.env.advance(Duration::from_secs(3600));
    work_to_the_end(&world, &engine).await;
    world.assert_small_is_there("when there was quota again");
}
