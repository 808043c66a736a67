//! Of a row that shows what it showed when nothing followed from it, the link is not read; of every other one it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use sync_core::engine::{
    Engine, EngineBuilder, Enrich, Fact, Field, Guards, LinkId, Mapping, RecordId, RecordRef, Side, normalise,
};
use sync_core::jiff::civil::Date;
use sync_core::store::{Commit, Store};

use super::world::{LONG, World, privacy_key};

const COUNT: usize = 3;

type Change = fn(Field) -> Field;

fn mapping(name: impl FnOnce(Field) -> Field) -> Mapping {
    Mapping::builder()
        .field("vat", |f| f.left("vat").right("customFields.NIF").normalise(normalise::nif))
        .field("name", |f| name(f.left("name").right("name")))
        .field("source", |f| f.constant("books").right("source").only_to(Side::Right))
        .matched_by(["vat"])
        .build()
        .unwrap()
}

fn builder(world: &World, mapping: Mapping) -> EngineBuilder {
    Engine::builder("c", world.customers.clone(), world.contacts.clone(), mapping)
        .store(world.store.clone())
        .env(world.env.clone())
        .guards(Guards::new().first_run(false).mapping(false))
}

fn engine(world: &World) -> Engine {
    builder(world, mapping(|f| f)).build()
}

/// Three pairs that are linked and at one.
async fn at_one(engine: impl Fn(&World) -> Engine) -> World {
    let world = World::new();
    for id in 1..=COUNT {
        world.customer(
            &id.to_string(),
            &json!({ "vat": format!("10000000{id}"), "name": format!("Ana {id}") }),
        );
    }
    let engine = engine(&world);
    engine.sweep(Side::Left).await.unwrap();
    engine.drain().await.unwrap();
    world.env.advance(LONG);
    engine.drain().await.unwrap();
    world.store.take_asked();
    world
}

/// How many links a sweep reads, and how much it hints.
async fn sweep(world: &World, engine: &Engine, side: Side) -> (usize, usize) {
    let found = engine.sweep(side).await.unwrap();
    let asked = world.store.take_asked();
    assert!(found.complete);
    (asked, found.hinted)
}

#[tokio::test]
async fn links_of_rows_that_are_known_are_not_read() {
    let world = at_one(engine).await;
    for side in [Side::Left, Side::Right] {
        assert_eq!(sweep(&world, &engine(&world), side).await, (COUNT, 0), "{side}: the first time");
        assert_eq!(sweep(&world, &engine(&world), side).await, (0, 0), "{side}: another process");
    }
    let id = world.contact("100000002").id().to_owned();
    world.contacts.edit(&id, &json!({ "website": "https://example.pt" }));
    assert_eq!(sweep(&world, &engine(&world), Side::Right).await, (0, 0), "it is no field of the mapping");
    world.contacts.edit(&id, &json!({ "name": "Ana P." }));
    let engine = engine(&world);
    for _ in 0..2 {
        assert_eq!(sweep(&world, &engine, Side::Right).await, (1, 1), "until it is worked on");
    }
    engine.drain().await.unwrap();
    world.env.advance(LONG);
    engine.drain().await.unwrap();
    world.store.take_asked();
    for side in [Side::Left, Side::Right] {
        assert_eq!(sweep(&world, &engine, side).await, (1, 0), "{side}: its link was written");
        assert_eq!(sweep(&world, &engine, side).await, (0, 0), "{side}: and is known again");
    }
}

#[tokio::test]
async fn a_row_that_was_known_is_hinted_as_soon_as_its_link_has_something_to_do() {
    let world = at_one(engine).await;
    for side in [Side::Left, Side::Right] {
        sweep(&world, &engine(&world), side).await;
    }
    // Whatever is written: here, that it agrees on another name, which neither side shows.
    let found = world.store.link(&LinkId::new("c:2")).await.unwrap().unwrap();
    let mut link = found.value;
    let state = |link: &sync_core::engine::Link| {
        link.fields.iter().position(|field| field.name == "name").expect("the field is agreed on")
    };
    let at = state(&link);
    link.fields[at].state.agreed = sync_core::engine::Pair::default();
    world.store.commit(Commit::link(Some(found.rev), link)).await.unwrap();
    for side in [Side::Left, Side::Right] {
        assert_eq!(sweep(&world, &engine(&world), side).await, (1, 1), "{side}");
    }
}

#[tokio::test]
async fn another_mapping_knows_nothing_or_sees_the_difference() {
    let reads_all = |name: Change| move |world: &World| builder(world, mapping(name)).build();
    // The definition has changed; the function has, and nobody has said so.
    let table: [(Change, usize); 3] = [
        (|f| f.version(1), COUNT),
        (|f| f.normalise(|text| Ok(Some(text.to_uppercase()))), COUNT),
        (|f| f, 0),
    ];
    for (name, asked) in table {
        let world = at_one(engine).await;
        for side in [Side::Left, Side::Right] {
            sweep(&world, &engine(&world), side).await;
            let changed = reads_all(name)(&world);
            assert_eq!(sweep(&world, &changed, side).await, (asked, asked), "{side}");
        }
    }
    let world = at_one(engine).await;
    sweep(&world, &engine(&world), Side::Left).await;
    let other = Mapping::builder()
        .field("vat", |f| f.left("vat").right("customFields.NIF").normalise(normalise::nif))
        .field("name", |f| f.left("name").right("name"))
        .field("source", |f| f.constant("shop").right("source").only_to(Side::Right))
        .matched_by(["vat"])
        .build()
        .unwrap();
    let other = builder(&world, other).build();
    assert_eq!(sweep(&world, &other, Side::Left).await, (COUNT, COUNT), "a constant is another one");
}

#[tokio::test]
async fn records_that_leave_the_scope_are_hinted() {
    let world = at_one(engine).await;
    sweep(&world, &engine(&world), Side::Left).await;
    let limited = builder(&world, mapping(|f| f)).in_scope(Side::Left, |row| row.text("name") != "Ana 2");
    assert_eq!(sweep(&world, &limited.build(), Side::Left).await, (1, 1));
}

/// Computes the day.
#[derive(Debug)]
struct Day;

impl Enrich for Day {
    fn enrich(&self, facts: &[Fact], today: Date, raw: &mut sync_core::engine::Raw) {
        raw.insert("name".to_owned(), json!(format!("{today}, {} facts", facts.len())));
    }
}

#[tokio::test]
async fn computed_fields_are_compared_as_they_are_today() {
    let engine = |world: &World| builder(world, mapping(|f| f)).enrich(Arc::new(Day)).build();
    let world = at_one(engine).await;
    sweep(&world, &engine(&world), Side::Left).await;
    assert_eq!(sweep(&world, &engine(&world), Side::Left).await, (0, 0));
    world.env.advance(LONG * 24 * 6);
    assert_eq!(sweep(&world, &engine(&world), Side::Left).await, (COUNT, COUNT));
}

#[tokio::test]
async fn i14_in_privacy_mode_digests_depend_on_the_key() {
    let hidden = |world: &World| builder(world, mapping(|f| f)).privacy(privacy_key()).build();
    let at: Vec<_> = (1..=COUNT).map(|id| RecordRef::top(RecordId::new(id))).collect();
    let mut digests = BTreeMap::new();
    for is_private in [false, true] {
        let world = if is_private { at_one(hidden).await } else { at_one(engine).await };
        let engine = if is_private { hidden(&world) } else { engine(&world) };
        assert_eq!(sweep(&world, &engine, Side::Left).await, (COUNT, 0));
        assert_eq!(sweep(&world, &engine, Side::Left).await, (0, 0));
        let known = world.store.known_as(Side::Left, &at).await.unwrap();
        digests.insert(is_private, known.into_iter().map(Option::unwrap).collect::<Vec<_>>());
    }
    assert!(digests[&true].iter().all(|digest| !digests[&false].contains(digest)), "{digests:?}");
}

#[tokio::test]
async fn i14_a_state_that_becomes_private_keeps_no_digest_in_the_clear() {
    let world = at_one(engine).await;
    sweep(&world, &engine(&world), Side::Left).await;
    let at: Vec<_> = (1..=COUNT).map(|id| RecordRef::top(RecordId::new(id))).collect();
    let clear = world.store.known_as(Side::Left, &at).await.unwrap();
    assert!(clear.iter().all(Option::is_some));
    let hidden = builder(&world, mapping(|f| f)).privacy(privacy_key()).build();
    let until = sync_core::Env::now(&*world.env) + LONG;
    let stop = async {
        while sync_core::Env::now(&*world.env) < until {
            sync_core::Env::sleep(&*world.env, std::time::Duration::from_secs(1)).await;
        }
    };
    hidden.run(&sync_core::engine::Schedule::new(), stop).await.unwrap();
    let hidden = world.store.known_as(Side::Left, &at).await.unwrap();
    assert!(hidden.iter().all(|digest| !clear.contains(digest)), "{clear:?}, {hidden:?}");
}

#[tokio::test]
async fn what_is_forgotten_is_not_known() {
    let world = at_one(engine).await;
    sweep(&world, &engine(&world), Side::Left).await;
    let at = RecordRef::top(RecordId::new(2));
    engine(&world).forget(Side::Left, &at).await.unwrap();
    assert_eq!(world.store.known_as(Side::Left, &[at]).await.unwrap(), [None]);
}
