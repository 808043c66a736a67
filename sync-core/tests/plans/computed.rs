//! Fields that are computed from facts.

use std::sync::Arc;

use serde_json::json;
use sync_core::Env;
use sync_core::engine::{
    Births, Engine, EngineBuilder, Enrich, Fact, FactKey, Guards, Mapping, Plan, Raw, RecordId, RecordRef,
    RecordStep, Report, Side,
};
use sync_core::jiff::civil::Date;
use sync_core::jiff::tz::TimeZone;
use sync_core::jiff::{Timestamp, ToSpan};
use sync_core::queue::WorkKey;
use sync_core::store::Store;

use super::world::{Documents, Remarks, World};

/// Counts the documents of a customer.
#[derive(Debug)]
struct Turnover;

impl Enrich for Turnover {
    fn enrich(&self, facts: &[Fact], _: Date, raw: &mut Raw) {
        raw.insert("documents".to_owned(), json!(facts.len()));
    }
}

fn engine(world: &World) -> Engine {
    engine_with(world, Arc::new(Turnover))
}

fn engine_with(world: &World, computed: Arc<dyn Enrich>) -> Engine {
    begin(world, computed).build()
}

fn begin(world: &World, computed: Arc<dyn Enrich>) -> EngineBuilder {
    let mapping = Mapping::builder()
        .field("vat", |f| f.left("vat").right("customFields.NIF").only_to(Side::Right))
        .field("documents", |f| f.left("documents").right("documents").only_to(Side::Right))
        .matched_by(["vat"])
        .label("number")
        .build()
        .unwrap();
    world
        .begin(mapping)
        .store(world.store.clone())
        .guards(Guards::new().first_run(false).mapping(false))
        .births(Side::Right, Births::Ignore)
        .facts(world.documents.clone(), vec![Arc::new(Documents)])
        .target(world.notes.clone())
        .target(world.tasks.clone())
        .enrich(computed)
        .env(world.env.clone())
}

async fn run(world: &World) -> (Plan, Report) {
    let engine = engine(world);
    let plan = engine.plan().await.unwrap();
    let report = engine.apply(plan.clone(), |_| {}).await.unwrap();
    assert!(!report.has_failed(), "{report}");
    (plan, report)
}

fn updates(plan: &Plan) -> Vec<String> {
    let is_update = |step: &RecordStep| matches!(step, RecordStep::Update { .. });
    plan.records.iter().filter(|r| is_update(&r.step)).map(|r| r.at.id.to_string()).collect()
}

#[tokio::test]
async fn i11_a_new_contact_is_created_with_what_its_facts_make_of_it_and_a_new_fact_updates_it() {
    let world = World::small();
    run(&world).await;
    let documents = |vat: &str| world.contact(vat).text("documents");
    assert_eq!(["100000001", "100000002", "100000003"].map(documents), ["1", "1", "0"]);
    assert!(world.take_writes().iter().all(|write| write.starts_with("create")), "in one request");

    let (plan, _) = run(&world).await;
    assert_eq!((updates(&plan).len(), world.take_writes().len()), (0, 0), "{plan}");

    world.document("9", json!({ "customer": "3" }));
    let (plan, report) = run(&world).await;
    assert_eq!(updates(&plan), ["3"], "{plan}");
    assert_eq!(report.counts.updated, 1, "{report}");
    let documents = |vat: &str| world.contact(vat).text("documents");
    assert_eq!(["100000001", "100000002", "100000003"].map(documents), ["1", "1", "1"]);

    // One that goes from one customer to another.
    for (from, to) in [("1", "3"), ("3", "1")] {
        world.documents.edit("7", &json!({ "customer": to }));
        let (plan, report) = run(&world).await;
        assert_eq!(updates(&plan), ["1", "3"], "{from} to {to}: {plan}");
        assert_eq!(report.counts.updated, 2, "{from} to {to}: {report}");
        world.take_writes();
        let (plan, _) = run(&world).await;
        assert_eq!((updates(&plan).len(), world.take_writes()), (0, vec![]), "{from} to {to}: {plan}");
    }
}

/// Whether a document of a customer was due before today.
#[derive(Debug)]
struct Overdue;

fn due(fact: &Fact) -> Option<Date> {
    fact.raw.get("due").and_then(|due| due.as_str()).and_then(|due| due.parse().ok())
}

impl Enrich for Overdue {
    fn enrich(&self, facts: &[Fact], today: Date, raw: &mut Raw) {
        let is_late = facts.iter().filter_map(due).any(|due| due < today);
        raw.insert("documents".to_owned(), json!(if is_late { "late" } else { "in time" }));
    }

    fn recheck_at(&self, facts: &[Fact], today: Date) -> Option<Timestamp> {
        let next = facts.iter().filter_map(due).filter(|due| *due >= today).min()?;
        TimeZone::UTC.to_timestamp(next.tomorrow().ok()?.at(0, 0, 0, 0)).ok()
    }
}

#[tokio::test]
async fn fields_that_the_day_makes_others_are_written_on_that_day_without_a_sweep() {
    let world = World::small();
    let today = TimeZone::UTC.to_datetime(world.env.now()).date();
    let in_two_days = today.tomorrow().unwrap().tomorrow().unwrap();
    world.document("9", json!({ "customer": "3", "due": in_two_days.to_string() }));
    let engine = engine_with(&world, Arc::new(Overdue));
    let plan = engine.plan().await.unwrap();
    engine.apply(plan, |_| {}).await.unwrap();
    let documents = || world.contact("100000003").text("documents");
    assert_eq!(documents(), "in time");
    world.take_writes();
    let day = std::time::Duration::from_secs(24 * 3600);
    for (days, expected) in [(1, "in time"), (1, "in time"), (1, "late")] {
        world.env.advance(day * days);
        engine.drain().await.unwrap();
        assert_eq!(documents(), expected);
    }
    assert_eq!(world.take_writes().len(), 1);
    // The next one that will be late is waited for as well, now by a run of the queue.
    world.document("10", json!({ "customer": "1", "due": in_two_days.saturating_add(3.days()).to_string() }));
    engine.sweep_facts("documents").await.unwrap();
    engine.drain().await.unwrap();
    world.take_writes();
    world.env.advance(day * 3);
    engine.drain().await.unwrap();
    assert_eq!(
        (world.take_writes().len(), world.contact("100000001").text("documents")),
        (1, "late".to_owned())
    );
}

/// The customers who are to be looked at because of what has become of a document.
async fn looked_at(world: &World, engine: &Engine, document: &str) -> Vec<String> {
    let key = WorkKey::Fact(FactKey::new("documents", RecordRef::top(RecordId::new(document))));
    let hints = engine.reconcile(&key).await.unwrap().hints;
    let mut customers = Vec::new();
    for customer in ["1", "2", "3"] {
        let at = RecordRef::top(RecordId::new(customer));
        let link = world.store.link_of(Side::Left, &at).await.unwrap().unwrap();
        if hints.contains(&WorkKey::Link(link.value.id)) {
            customers.push(customer.to_owned());
        }
    }
    customers
}

#[tokio::test]
async fn a_customer_is_looked_at_only_where_a_fact_changes_what_is_computed() {
    for is_known in [true, false] {
        let world = World::small();
        let engine = if is_known {
            begin(&world, Arc::new(Turnover)).rule(Arc::new(Remarks)).build()
        } else {
            engine(&world)
        };
        let plan = engine.plan().await.unwrap();
        engine.apply(plan, |_| {}).await.unwrap();
        let own = FactKey::new("customers", RecordRef::top(RecordId::new("1")));
        let own = async || world.store.fact(&own).await.unwrap().map(|fact| fact.rev);
        let before = own().await;
        assert_eq!(before.is_some(), is_known);

        world.documents.edit("7", &json!({ "note": "Another text" }));
        let expected: &[&str] = if is_known { &[] } else { &["1"] };
        assert_eq!(looked_at(&world, &engine, "7").await, expected, "who is not known has to be asked for");
        // Whoever has compared with other facts of the customer meanwhile must see that they are others now.
        assert_eq!(own().await != before, is_known);

        world.document("9", json!({ "customer": "1" }));
        assert_eq!(looked_at(&world, &engine, "9").await, ["1"]);
        world.documents.edit("9", &json!({ "customer": "3" }));
        assert_eq!(looked_at(&world, &engine, "9").await, ["1", "3"]);
        world.documents.delete("9");
        assert_eq!(looked_at(&world, &engine, "9").await, ["3"]);
    }
}

#[tokio::test]
async fn a_customer_is_looked_at_where_a_fact_makes_what_is_computed_others_sooner() {
    let world = World::small();
    let engine = begin(&world, Arc::new(Overdue)).rule(Arc::new(Remarks)).build();
    let plan = engine.plan().await.unwrap();
    engine.apply(plan, |_| {}).await.unwrap();
    let today = TimeZone::UTC.to_datetime(world.env.now()).date();
    let in_days = |days: i64| today.saturating_add(days.days()).to_string();
    world.document("9", json!({ "customer": "3" }));
    for (due, expected) in [("", vec![]), (&in_days(9), vec!["3"]), (&in_days(5), vec!["3"]), ("", vec![])] {
        world.documents.edit("9", &json!({ "due": due }));
        assert_eq!(looked_at(&world, &engine, "9").await, expected, "{due}");
    }
}
