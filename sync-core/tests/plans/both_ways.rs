//! Fields and records that go both ways.

use serde_json::json;
use sync_core::engine::{
    Change, Counts, Engine, Guards, Mapping, Plan, Policy, RecordStep, Report, Side, normalise,
};

use super::fake::Mishap;
use super::world::{LONG, World};

fn mapping() -> Mapping {
    Mapping::builder()
        .field("vat", |f| f.left("vat").right("customFields.NIF").normalise(normalise::nif))
        .field("name", |f| f.left("name").right("name"))
        .field("city", |f| f.left("city").right("city").policy(Policy::Prefer(Side::Right)))
        .matched_by(["vat"])
        .label("number")
        .build()
        .unwrap()
}

fn engine(world: &World) -> Engine {
    world
        .begin(mapping())
        .store(world.store.clone())
        .guards(Guards::new().first_run(false).mapping(false))
        .env(world.env.clone())
        .build()
}

async fn run(world: &World) -> (Plan, Report) {
    let engine = engine(world);
    let plan = engine.plan().await.unwrap();
    let report = engine.apply(plan.clone(), |_| {}).await.unwrap();
    (plan, report)
}

fn writes(world: &World) -> Vec<String> {
    [world.customers.take_writes(), world.contacts.take_writes()].concat()
}

/// A customer and a contact of each other, and one of each alone.
fn world() -> World {
    let world = World::new();
    world.customer("1", &json!({ "vat": "100000001", "name": "Ana", "city": "Faro" }));
    world.customer("2", &json!({ "vat": "100000002", "name": "Berta" }));
    world.contacts.add("x1", &json!({ "customFields": { "NIF": "100000001" }, "name": "Ana" }));
    world.contacts.add("x3", &json!({ "customFields": { "NIF": "100000003" }, "name": "Carlos" }));
    world
}

async fn agreed() -> World {
    let world = world();
    let (_, report) = run(&world).await;
    assert!(!report.has_failed(), "{report}");
    world.env.advance(LONG);
    writes(&world);
    world
}

async fn assert_quiet(world: &World, when: &str) {
    writes(world);
    world.env.advance(LONG);
    let (plan, report) = run(world).await;
    assert_eq!(writes(world), [""; 0], "{when}: {plan}{report}");
    assert!(!report.has_failed(), "{when}: {report}");
    assert!(plan.records.iter().all(|record| record.step == RecordStep::Unchanged), "{when}: {plan}");
}

#[tokio::test]
async fn i3_records_of_both_sides_get_a_partner_each() {
    let world = world();
    let (plan, report) = run(&world).await;
    let shown = plan.to_string();
    for line in ["contacts: 1 to link and fill, 1 to create", "customers: 1 to create"] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    let counts = |name: &str| report.collections[name];
    let want = |set: fn(&mut Counts)| {
        let mut counts = Counts::default();
        set(&mut counts);
        counts
    };
    assert_eq!(counts("contacts"), want(|c| (c.linked, c.created) = (1, 1)), "{report}");
    assert_eq!(counts("customers"), want(|c| c.created = 1), "{report}");
    let mut all = writes(&world);
    all.sort();
    assert_eq!(all, ["create contacts c:2", "create customers c:~x3", "update contacts c:1 city"]);
    assert_quiet(&world, "a second run").await;
}

#[tokio::test]
async fn i11_a_change_of_either_side_is_planned_and_goes_to_the_other() {
    let world = agreed().await;
    let contact = world.contact("100000001").id().to_owned();
    world.contacts.edit(&contact, &json!({ "city": "Lagos" }));
    world.customers.edit("1", &json!({ "name": "Ana Pereira" }));
    let (plan, report) = run(&world).await;
    let RecordStep::Update { changes, .. } = &plan.records[0].step else { panic!("{plan}") };
    let shown = |change: &Change| {
        let value = |value: &Option<String>| value.clone().unwrap_or_default();
        (change.field.clone(), change.to, value(&change.before), value(&change.after))
    };
    let want = [
        ("name".to_owned(), Side::Right, "Ana".to_owned(), "Ana Pereira".to_owned()),
        ("city".to_owned(), Side::Left, "Faro".to_owned(), "Lagos".to_owned()),
    ];
    assert_eq!(changes.iter().map(shown).collect::<Vec<_>>(), want);
    assert_eq!(report.counts.updated, 1, "{report}");
    assert_eq!(writes(&world), ["update customers c:1 city", "update contacts c:1 name"]);
    assert_quiet(&world, "after the changes").await;
}

#[tokio::test]
async fn i4_a_field_that_both_changed_is_asked_about_once_and_the_others_go_on() {
    let world = agreed().await;
    let contact = world.contact("100000001").id().to_owned();
    world.contacts.edit(&contact, &json!({ "name": "Ana P.", "city": "Lagos" }));
    world.customers.edit("1", &json!({ "name": "Ana Pereira", "city": "Tavira" }));
    let (plan, report) = run(&world).await;
    assert_eq!(writes(&world), ["update customers c:1 city"], "{plan}{report}");
    assert_eq!(report.counts.updated, 1, "{report}");
    assert_quiet(&world, "while nobody decides").await;
    world.customers.edit("1", &json!({ "name": "Ana P." }));
    run(&world).await;
    assert_quiet(&world, "once somebody has").await;
}

#[tokio::test]
async fn i3_lost_creates_on_the_left_are_found_again() {
    for mishap in [Mishap::ReplyLost, Mishap::LandsAfter(LONG / 10), Mishap::NotSent] {
        let world = world();
        world.customers.on_create(1, mishap);
        let (_, report) = run(&world).await;
        assert_eq!(report.collections["customers"].created, 1, "{mishap:?}: {report}");
        assert_quiet(&world, &format!("{mishap:?}")).await;
        assert_eq!((world.customers.rows().len(), world.contacts.rows().len()), (3, 3), "{mishap:?}");
    }
}
