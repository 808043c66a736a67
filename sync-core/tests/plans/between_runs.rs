//! What people do between two runs of one key.

use serde_json::{Value, json};
use sync_core::engine::{
    Births, Did, Engine, EngineBuilder, FactKey, FaultKind, Guards, Happening, LinkId, Mapping, Outcome,
    ProjectionKey, RecordId, RecordRef, Side, normalise,
};
use sync_core::queue::WorkKey;
use sync_core::store::Store;

use super::fake::Mishap;
use super::world::{LONG, World};

fn engine(world: &World) -> Engine {
    builder(world).build()
}

fn builder(world: &World) -> EngineBuilder {
    let mapping = Mapping::builder()
        .field("vat", |f| f.left("vat").right("customFields.NIF").normalise(normalise::nif))
        .field("name", |f| f.left("name").right("name"))
        .field("tags", |f| f.left("tags").right("tags").set())
        .matched_by(["vat"])
        .build()
        .unwrap();
    world
        .begin(mapping)
        .store(world.store.clone())
        .guards(Guards::new().first_run(false).mapping(false))
        .env(world.env.clone())
}

fn record(id: &str) -> RecordRef {
    RecordRef::top(RecordId::new(id))
}

fn pair() -> WorkKey {
    WorkKey::Link(LinkId::new("c:1"))
}

async fn reconcile(engine: &Engine, key: &WorkKey) -> Outcome {
    engine.reconcile(key).await.unwrap()
}

/// Works on a key until there is nothing left to do about it.
async fn settle(world: &World, engine: &Engine, key: &WorkKey) {
    let mut runs = 0;
    while reconcile(engine, key).await.again.is_some() {
        world.env.advance(LONG);
        runs += 1;
        assert!(runs < 20, "it does not come to rest");
    }
}

fn tags(raw: &Value) -> Vec<String> {
    let mut tags: Vec<String> = serde_json::from_value(raw.clone()).unwrap();
    tags.sort();
    tags
}

/// A customer and a contact of one tax number, linked.
async fn linked(customer: &Value, contact: &Value) -> (World, Engine) {
    let world = World::new();
    world.customers.add("1", customer);
    world.contacts.add("x1", contact);
    let engine = engine(&world);
    let born = reconcile(&engine, &WorkKey::Birth(Side::Left, record("1"))).await;
    assert_eq!(born.did, Did::Linked(LinkId::new("c:1")));
    (world, engine)
}

#[tokio::test]
async fn i4_of_a_set_whose_write_was_not_answered_what_is_there_is_agreed_on() {
    let customer = json!({ "vat": "100000001", "name": "Ana", "tags": [] });
    let contact = json!({ "customFields": { "NIF": "100000001" }, "name": "Ana", "tags": ["a", "b"] });
    let (world, engine) = linked(&customer, &contact).await;
    world.customers.on_update(1, Mishap::ReplyLost);
    assert_eq!(reconcile(&engine, &pair()).await.did, Did::Unanswered);
    // Before anybody knows that both have arrived.
    world.customers.edit("1", &json!({ "tags": ["b"] }));
    world.env.advance(LONG);
    assert_eq!(reconcile(&engine, &pair()).await.did, Did::Noted);
    world.customers.edit("1", &json!({ "tags": [] }));
    settle(&world, &engine, &pair()).await;
    let (left, right) = (&world.customers.rows()[0].raw["tags"], &world.contacts.rows()[0].raw["tags"]);
    assert_eq!((tags(left), tags(right)), (vec!["a".to_owned()], vec!["a".to_owned()]), "b was removed");
}

#[tokio::test]
async fn i1_a_parked_field_that_is_set_back_is_found_by_a_sweep() {
    let customer = json!({ "vat": "100000001", "name": "Ana", "tags": [] });
    let contact = json!({ "customFields": { "NIF": "100000001" }, "name": "Ana", "tags": [] });
    let (world, engine) = linked(&customer, &contact).await;
    settle(&world, &engine, &pair()).await;
    world.customers.edit("1", &json!({ "name": "Ana Pereira" }));
    world.contacts.edit("x1", &json!({ "name": "Ana P." }));
    settle(&world, &engine, &pair()).await;
    assert_eq!(engine.sweep(Side::Right).await.unwrap().hinted, 0, "it waits for a person");
    world.contacts.edit("x1", &json!({ "name": "Ana" }));
    assert_eq!(engine.sweep(Side::Right).await.unwrap().hinted, 1);
    engine.drain().await.unwrap();
    assert_eq!(world.contacts.rows()[0].text("name"), "Ana Pereira");
}

#[tokio::test]
async fn i3_a_partner_is_looked_for_again_if_the_keys_have_changed_since() {
    let world = World::new();
    world.customers.add("1", &json!({ "vat": "100000002", "name": "Ana", "tags": [] }));
    world.contacts.add("x1", &json!({ "customFields": { "NIF": "100000001" }, "name": "Ana", "tags": [] }));
    let engine = engine(&world);
    let born = reconcile(&engine, &WorkKey::Birth(Side::Left, record("1"))).await;
    assert_eq!(born.did, Did::Founded(LinkId::new("c:1")), "nobody else has that number");
    world.customers.edit("1", &json!({ "vat": "100000001" }));
    assert_eq!(reconcile(&engine, &pair()).await.did, Did::Linked(LinkId::new("c:1")));
    settle(&world, &engine, &pair()).await;
    assert_eq!(world.contacts.rows().len(), 1, "{:?}", world.contacts.rows());
}

#[tokio::test]
async fn i3_a_pair_that_lacks_a_half_joins_one_that_lacks_the_other() {
    let world = World::new();
    world.customers.add("1", &json!({ "vat": "100000001", "name": "Ana", "tags": [] }));
    world.contacts.add("x1", &json!({ "customFields": { "NIF": "100000002" }, "name": "Ana", "tags": [] }));
    let engine = engine(&world);
    for (side, id) in [(Side::Left, "1"), (Side::Right, "x1")] {
        let born = reconcile(&engine, &WorkKey::Birth(side, record(id))).await;
        assert!(matches!(born.did, Did::Founded(_)), "{born:?}");
    }
    world.customers.edit("1", &json!({ "vat": "100000002" }));
    let outcome = reconcile(&engine, &pair()).await;
    assert_eq!(outcome.hints, [WorkKey::Birth(Side::Left, record("1"))]);
    let joined = reconcile(&engine, &outcome.hints[0]).await;
    assert_eq!(joined.did, Did::Linked(LinkId::new("c:~x1")));
    settle(&world, &engine, &WorkKey::Link(LinkId::new("c:~x1"))).await;
    assert_eq!((world.customers.rows().len(), world.contacts.rows().len()), (1, 1));
}

#[tokio::test]
async fn a_record_that_returns_after_its_pair_has_ended_is_born_again() {
    let customer = json!({ "vat": "100000001", "name": "Ana", "tags": [] });
    let contact = json!({ "customFields": { "NIF": "100000001" }, "name": "Ana", "tags": [] });
    let (world, engine) = linked(&customer, &contact).await;
    settle(&world, &engine, &pair()).await;
    world.customers.delete("1");
    settle(&world, &engine, &pair()).await;
    let survivor = WorkKey::Birth(Side::Right, record("x1"));
    assert_eq!(reconcile(&engine, &survivor).await.did, Did::Nothing, "the survivor is left alone");
    world.customers.add("1", &customer);
    let born = reconcile(&engine, &WorkKey::Birth(Side::Left, record("1"))).await;
    assert_eq!(born.did, Did::Linked(LinkId::new("c:1#2")));
    let again = WorkKey::Link(LinkId::new("c:1#2"));
    let journal = world.store.journal(Some(&again), 0, 10).await.unwrap();
    assert_eq!(journal[0].1.what, Happening::Returned(Side::Left, record("1")));
}

#[tokio::test]
async fn a_record_that_is_gone_and_another_that_matches_is_a_merged_duplicate() {
    let customer = json!({ "vat": "100000001", "name": "Ana", "tags": ["a"] });
    let contact = json!({ "customFields": { "NIF": "100000001" }, "name": "Ana", "tags": ["a"] });
    let (world, engine) = linked(&customer, &contact).await;
    settle(&world, &engine, &pair()).await;
    world.contacts.delete("x1");
    world.contacts.add("x2", &json!({ "customFields": { "NIF": "100000001" }, "name": "Ana", "tags": [] }));
    settle(&world, &engine, &pair()).await;
    let link = world.store.link(&LinkId::new("c:1")).await.unwrap().unwrap().value;
    assert_eq!((link.is_live(), link.ends.right), (true, Some(record("x2"))));
    // By what both had before: the tag was there, and the survivor has it not.
    assert_eq!(world.customers.rows()[0].raw["tags"], json!([]));
    assert_eq!((world.customers.rows().len(), world.contacts.rows().len()), (1, 1));
}

#[tokio::test]
async fn match_only_links_and_never_creates() {
    let world = World::new();
    world.customers.add("1", &json!({ "vat": "100000001", "name": "Ana", "tags": [] }));
    world.customers.add("2", &json!({ "vat": "100000002", "name": "Berta", "tags": [] }));
    world.contacts.add("x1", &json!({ "customFields": { "NIF": "100000001" }, "name": "Ana", "tags": [] }));
    let engine = builder(&world).births(Side::Left, Births::MatchOnly).build();
    let born = |id| WorkKey::Birth(Side::Left, record(id));
    assert_eq!(reconcile(&engine, &born("1")).await.did, Did::Linked(LinkId::new("c:1")));
    assert_eq!(reconcile(&engine, &born("2")).await.did, Did::Nothing);
    assert_eq!(world.contacts.rows().len(), 1);
}

#[tokio::test]
async fn i3_what_may_have_gone_along_with_its_merged_place_is_not_created_again() {
    let world = World::small();
    world.notes.on_create(1, Mishap::NotSent);
    let engine = world.engine();
    let note = WorkKey::Projection(ProjectionKey::new("doc:7:note"));
    for key in [WorkKey::Birth(Side::Left, record("1")), WorkKey::Link(LinkId::new("c:1"))] {
        reconcile(&engine, &key).await;
    }
    reconcile(&engine, &WorkKey::Fact(FactKey::new("documents", record("7")))).await;
    assert_eq!(reconcile(&engine, &note).await.did, Did::Unanswered);
    // The service does not tell whether it has deleted the contact, or merged it and moved its notes.
    world.contacts.delete(world.contact("100000001").id());
    world.env.advance(LONG);
    reconcile(&engine, &note).await;
    let asked = world.store.reviews_about(&note).await.unwrap();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].message.contains("is gone"), "{asked:?}");
    // Even when the document becomes another customer's.
    world.documents.edit("7", &json!({ "customer": "2" }));
    let report = world.run().await;
    assert_eq!(world.note_bodies(), ["FT 8: thank you"], "{report}");
}

#[tokio::test]
async fn a_derived_record_that_is_gone_with_its_place_is_not_left_to_a_person() {
    let world = World::small();
    world.run().await;
    let engine = world.engine();
    let note = WorkKey::Projection(ProjectionKey::new("doc:8:note"));
    let is_it = |row: &&super::fake::Row| row.text("body") == "FT 8: thank you";
    let gone = world.notes.rows().iter().find(is_it).unwrap().id().to_owned();
    world.notes.delete(&gone);
    // With the contact: its pair finds out first whether it was merged.
    world.contacts.delete(world.contact("100000002").id());
    let outcome = reconcile(&engine, &note).await;
    assert_eq!((outcome.did, outcome.hints), (Did::Nothing, vec![WorkKey::Link(LinkId::new("c:2"))]));
    let projection = world.store.projection(&ProjectionKey::new("doc:8:note")).await.unwrap().unwrap();
    assert!(!projection.value.left_to_human);
}

#[tokio::test]
async fn what_was_refused_before_its_place_was_gone_is_created_at_the_next_one() {
    let world = World::small();
    world.notes.on_create(1, Mishap::Refused(FaultKind::Transient));
    let engine = world.engine();
    let note = WorkKey::Projection(ProjectionKey::new("doc:7:note"));
    for key in [WorkKey::Birth(Side::Left, record("1")), WorkKey::Link(LinkId::new("c:1"))] {
        reconcile(&engine, &key).await;
    }
    reconcile(&engine, &WorkKey::Fact(FactKey::new("documents", record("7")))).await;
    reconcile(&engine, &note).await;
    world.contacts.delete(world.contact("100000001").id());
    world.documents.edit("7", &json!({ "customer": "2" }));
    world.run().await;
    assert_eq!(world.note_bodies(), ["FT 7: two chairs", "FT 8: thank you"]);
}
