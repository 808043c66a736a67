//! A service that does not answer for a while.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sync_core::engine::{Births, FaultKind, Guards, RecordId, RecordRef, Side};
use sync_core::queue::Priority;
use sync_core::store::Store;

use super::short_lived::Fed;
use super::world::{Documents, LONG, World};

#[tokio::test]
async fn i1_an_edit_made_in_an_outage_arrives_after_it() {
    for minutes in [10_u64, 20, 40, 60] {
        let world = World::small();
        world.run().await;
        world.env.advance(LONG);
        world.take_writes();
        let engine = world.engine();
        engine.bind().await.unwrap();
        world.contacts.switch(|s| s.down = Some(FaultKind::Transient));
        world.customers.edit("1", &json!({ "city": "Lagos" }));
        engine.hint(Side::Left, &RecordRef::top(RecordId::new("1")), Priority::Event).await.unwrap();
        for _ in 0..minutes * 60 {
            engine.drain().await.unwrap();
            world.env.advance(Duration::from_secs(1));
        }
        world.contacts.switch(|s| s.down = None);
        for _ in 0..20 {
            engine.drain().await.unwrap();
            world.env.advance(Duration::from_secs(60));
        }
        assert_eq!(world.contact("100000001").text("city"), "Lagos", "after {minutes} minutes");
        assert!(world.store.reviews_page(None, 10).await.unwrap().is_empty(), "nobody need be asked");
    }
}

#[tokio::test]
async fn i1_a_note_that_falls_into_an_outage_is_made_after_it() {
    for minutes in [5_u64, 15] {
        let world = World::small();
        world.run().await;
        world.env.advance(LONG);
        let documents = Fed::of(&world.documents);
        let engine = world
            .begin(super::world::mapping())
            .database(world.store.clone())
            .guards(Guards::new().first_run(false).mapping(false))
            .births(Side::Right, Births::Ignore)
            .facts(documents.clone(), vec![Arc::new(Documents)])
            .target(world.notes.clone())
            .target(world.tasks.clone())
            .env(world.env.clone())
            .build();
        engine.poll_facts("documents").await.unwrap();
        world.document("9", json!({ "customer": "3", "note": "a lamp" }));
        *documents.told.lock().unwrap() = vec!["9"];
        world.notes.switch(|s| s.down = Some(FaultKind::Transient));
        for second in 0..(minutes + 20) * 60 {
            if second == minutes * 60 {
                world.notes.switch(|s| s.down = None);
            }
            if second % 60 == 0 {
                engine.poll_facts("documents").await.unwrap();
            }
            engine.drain().await.unwrap();
            world.env.advance(Duration::from_secs(1));
        }
        assert_eq!(world.notes.rows().len(), 3, "after {minutes} minutes");
        assert!(world.store.reviews_page(None, 10).await.unwrap().is_empty(), "nobody need be asked");
    }
}
