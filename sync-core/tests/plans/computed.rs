//! Fields that are computed from facts.

use std::sync::Arc;

use serde_json::json;
use sync_core::engine::{Births, Engine, Enrich, Fact, Guards, Mapping, Plan, Raw, RecordStep, Report, Side};

use super::world::{Documents, World};

/// Counts the documents of a customer.
#[derive(Debug)]
struct Turnover;

impl Enrich for Turnover {
    fn enrich(&self, facts: &[Fact], raw: &mut Raw) {
        raw.insert("documents".to_owned(), json!(facts.len()));
    }
}

fn engine(world: &World) -> Engine {
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
        .enrich(Arc::new(Turnover))
        .env(world.env.clone())
        .build()
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
