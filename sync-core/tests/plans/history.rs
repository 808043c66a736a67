//! What the journal tells afterwards, and what can be undone by it.

mod explain;
mod undo;

use serde_json::{Value, json};
use sync_core::engine::{
    Engine, EngineBuilder, Guards, Mapping, Policy, RecordId, RecordRef, Report, RunId, Side, Undo, normalise,
};
use sync_core::queue::Priority;

use super::world::{LONG, World};

fn mapping() -> Mapping {
    Mapping::builder()
        .field("vat", |f| f.left("vat").right("customFields.NIF").normalise(normalise::nif))
        .field("name", |f| f.left("name").right("name"))
        .field("city", |f| f.left("city").right("city").policy(Policy::Prefer(Side::Right)))
        .field("tags", |f| f.left("labels").right("tags").set())
        .matched_by(["vat"])
        .label("number")
        .build()
        .unwrap()
}

fn builder(world: &World, mapping: Mapping) -> EngineBuilder {
    Engine::builder("c", world.customers.clone(), world.contacts.clone(), mapping)
        .store(world.store.clone())
        .env(world.env.clone())
        .guards(Guards::off())
}

fn engine(world: &World) -> Engine {
    builder(world, mapping()).build()
}

fn record(id: &str) -> RecordRef {
    RecordRef::top(RecordId::new(id))
}

/// Everything that a plan of a new process finds to do.
async fn run(world: &World) -> RunId {
    let engine = engine(world);
    let report = engine.apply(engine.plan().await.unwrap(), |_| {}).await.unwrap();
    assert!(!report.has_failed(), "{report}");
    world.env.advance(LONG);
    report.run
}

/// Undoes a run, as a new process does.
async fn undo(world: &World, run: &RunId) -> (Undo, Report) {
    let engine = engine(world);
    let undo = engine.undo(run).await.unwrap();
    let report = engine.apply_undo(undo.clone()).await.unwrap();
    world.env.advance(LONG);
    (undo, report)
}

/// Works on a record by a hint, with an engine that goes on living. A record that is gone is looked at again when time has
/// passed.
async fn work(world: &World, engine: &Engine, id: &str) {
    engine.hint(Side::Left, &record(id), Priority::Event).await.unwrap();
    for _ in 0..10 {
        engine.work("test", 8).await.unwrap();
    }
    world.env.advance(LONG);
}

/// Two customers and their contacts, who agree.
async fn agreed() -> World {
    let world = World::new();
    for (id, name) in [("1", "Ana"), ("2", "Berta")] {
        let vat = format!("10000000{id}");
        world.customer(id, &json!({ "vat": vat, "name": name, "city": "Faro", "labels": ["a", "b"] }));
        let contact = json!({
            "customFields": { "NIF": vat }, "name": name, "city": "Faro", "tags": ["a", "b"],
        });
        world.contacts.add(&format!("x{id}"), &contact);
    }
    run(&world).await;
    assert_eq!(writes(&world), [""; 0]);
    world
}

fn writes(world: &World) -> Vec<String> {
    [world.customers.take_writes(), world.contacts.take_writes()].concat()
}

/// Fields of a contact and then the same of its customer, as `name city tags`.
fn values(world: &World, id: &str) -> [String; 2] {
    let shown = |value: Option<&Value>| match value {
        Some(Value::Array(members)) => {
            let mut members: Vec<_> = members.iter().filter_map(Value::as_str).collect();
            members.sort_unstable();
            members.concat()
        }
        other => other.and_then(Value::as_str).unwrap_or_default().to_owned(),
    };
    let of = |rows: Vec<super::fake::Row>, id: &str, tags: &str| {
        let row = rows.into_iter().find(|row| row.id() == id).unwrap();
        ["name", "city", tags].map(|path| shown(row.raw.get(path))).join("|")
    };
    [of(world.contacts.rows(), &format!("x{id}"), "tags"), of(world.customers.rows(), id, "labels")]
}

/// Asserts that nothing flows anywhere.
async fn assert_quiet(world: &World, when: &str) {
    writes(world);
    run(world).await;
    let engine = engine(world);
    for id in ["1", "2"] {
        work(world, &engine, id).await;
    }
    assert_eq!(writes(world), [""; 0], "{when}");
}
