//! Processes that are ended again and again.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use sync_core::engine::{
    Births, Caps, ChangePage, Collection, Cursor, Engine, Enrich, Fact, FactKey, Fault, Guards, ListPage,
    Mapping, PageToken, Raw, Read, RecordId, RecordRef, Schedule, Scope, Side,
};
use sync_core::jiff::civil::Date;
use sync_core::queue::Priority;
use sync_core::store::{FeedId, Position, Store};
use sync_core::{AccountKey, Env, async_trait};

use super::fake::{Fake, Listing};
use super::world::{Documents, LONG, World};

fn top(id: &str) -> RecordRef {
    RecordRef::top(RecordId::new(id))
}

#[derive(Debug)]
struct Turnover;

impl Enrich for Turnover {
    fn enrich(&self, facts: &[Fact], _: Date, raw: &mut Raw) {
        raw.insert("documents".to_owned(), json!(facts.len()));
    }
}

/// Records whose feed tells again what was told since its cursor.
#[derive(Debug)]
pub(crate) struct Fed {
    pub(crate) records: Arc<Fake>,
    pub(crate) told: Mutex<Vec<&'static str>>,
}

impl Fed {
    pub(crate) fn of(records: &Arc<Fake>) -> Arc<Self> {
        Arc::new(Self { records: records.clone(), told: Mutex::default() })
    }
}

#[async_trait]
impl Collection for Fed {
    fn name(&self) -> &str {
        self.records.name()
    }

    fn caps(&self) -> &Caps {
        self.records.caps()
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        self.records.identity().await
    }

    async fn list(&self, scope: &Scope, page: Option<&PageToken>) -> Result<ListPage, Fault> {
        self.records.list(scope, page).await
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        self.records.get(at).await
    }

    async fn changes(&self, _: Option<&Cursor>, _: Option<&PageToken>) -> Result<Option<ChangePage>, Fault> {
        let told = self.told.lock().unwrap().clone();
        let mut records = Vec::new();
        for id in told {
            let Read::Found(record) = self.records.get(&top(id)).await? else { panic!("{id}") };
            records.push(record);
        }
        Ok(Some(ChangePage { records, gone: Vec::new(), next: None, cursor: Cursor::Token("0".to_owned()) }))
    }
}

#[tokio::test]
async fn i12_a_poll_of_facts_that_is_cut_off_loses_nothing() {
    for step in 1..200 {
        let world = World::new();
        for id in ["1", "2", "3"] {
            world.customer(id, &json!({ "vat": format!("10000000{id}"), "name": "Ana" }));
        }
        let mapping = || {
            Mapping::builder()
                .field("vat", |f| f.left("vat").right("customFields.NIF").only_to(Side::Right))
                .field("documents", |f| f.left("documents").right("documents").only_to(Side::Right))
                .matched_by(["vat"])
                .build()
                .unwrap()
        };
        let documents = Fed::of(&world.documents);
        let engine = || -> Engine {
            world
                .begin(mapping())
                .database(world.store.clone())
                .guards(Guards::new().first_run(false).mapping(false))
                .births(Side::Right, Births::Ignore)
                .facts(documents.clone(), vec![Arc::new(Documents)])
                .target(world.notes.clone())
                .target(world.tasks.clone())
                .enrich(Arc::new(Turnover))
                .env(world.env.clone())
                .build()
        };
        let first = engine();
        first.poll_facts("documents").await.unwrap();
        for id in ["1", "2", "3"] {
            first.hint(Side::Left, &top(id), Priority::Event).await.unwrap();
        }
        for _ in 0..20 {
            first.drain().await.unwrap();
            world.env.advance(LONG);
        }
        for id in ["1", "2", "3"] {
            assert_eq!(world.contact(&format!("10000000{id}")).text("documents"), "0");
        }
        // Each is invoiced.
        for (id, doc) in [("1", "7"), ("2", "8"), ("3", "9")] {
            world.document(doc, json!({ "customer": id }));
        }
        *documents.told.lock().unwrap() = vec!["7", "8", "9"];
        world.fuse.light(step);
        let survived = tokio::select! {
            biased;
            () = world.fuse.dead() => false,
            _ = Box::pin(first.poll_facts("documents")) => true,
        };
        world.fuse.light(0);
        let next = engine();
        // The same page once more, because the cursor did not move; then an hour of work.
        next.poll_facts("documents").await.unwrap();
        for _ in 0..20 {
            next.drain().await.unwrap();
            world.env.advance(LONG);
        }
        let stale: Vec<_> = ["1", "2", "3"]
            .into_iter()
            .filter(|id| world.contact(&format!("10000000{id}")).text("documents") != "1")
            .collect();
        assert!(stale.is_empty(), "killed at step {step}: {stale:?}");
        if survived {
            assert!(step > 10, "{step} steps");
            return;
        }
    }
    panic!("it never ends");
}

/// A process that is begun anew each day, and is to sweep each day.
#[tokio::test]
async fn what_nobody_told_of_is_found_where_no_process_lives_for_a_day() {
    let world = World::small();
    world.run().await;
    world.env.advance(LONG);
    let hour = Duration::from_secs(3600);
    let customers = Fed::of(&world.customers);
    let engine = || {
        Engine::builder("c", customers.clone(), world.contacts.clone(), super::world::mapping())
            .database(world.store.clone())
            .guards(Guards::new().first_run(false).mapping(false))
            .births(Side::Right, Births::Ignore)
            .facts(Fed::of(&world.documents), vec![Arc::new(Documents)])
            .target(world.notes.clone())
            .target(world.tasks.clone())
            .env(world.env.clone())
            .build()
    };
    let day = |hours: u32| {
        let until = world.env.now() + hour * hours;
        let env = world.env.clone();
        async move {
            while env.now() < until {
                env.sleep(Duration::from_secs(1)).await;
            }
        }
    };
    let schedule = Schedule::new().poll(hour).sweep(24 * hour);
    engine().run(&schedule, day(1)).await.unwrap();
    // The service loses the event, as an outage of the webhooks or an old feed would.
    world.customers.edit("1", &json!({ "city": "Lagos" }));
    for _ in 0..3 {
        engine().run(&schedule, day(23)).await.unwrap();
    }
    assert_eq!(world.contact("100000001").text("city"), "Lagos");
}

#[tokio::test]
async fn i12_the_first_listing_of_facts_goes_on_where_it_was_interrupted() {
    let engine = |world: &World| {
        world
            .begin(super::world::mapping())
            .database(world.store.clone())
            .guards(Guards::new().first_run(false).mapping(false))
            .births(Side::Right, Births::Ignore)
            .facts(Fed::of(&world.documents), vec![Arc::new(Documents)])
            .target(world.notes.clone())
            .target(world.tasks.clone())
            .env(world.env.clone())
            .build()
    };
    for step in 1..200 {
        let world = World::small();
        world.documents.switch(|s| s.page = 1);
        world.fuse.light(step);
        let first = engine(&world);
        let survived = tokio::select! {
            biased;
            () = world.fuse.dead() => false,
            found = Box::pin(first.poll_facts("documents")) => found.unwrap().complete,
        };
        world.fuse.light(0);
        assert!(!survived, "never between two pages");
        let start = world.store.position(&FeedId::new("start of documents")).await.unwrap();
        if !matches!(start.map(|found| found.value), Some(Position::Listing(Some(_)))) {
            continue;
        }
        let found = engine(&world).poll_facts("documents").await.unwrap();
        assert_eq!(found.looked_at, 1, "the page that is left");
        for id in ["7", "8"] {
            assert!(world.store.fact(&FactKey::new("documents", top(id))).await.unwrap().is_some(), "{id}");
        }
        return;
    }
    panic!("it never dies between two pages");
}

#[tokio::test]
async fn i10_news_do_not_wait_for_a_sweep() {
    let world = World::small();
    world.run().await;
    world.env.advance(LONG);
    let (customers, documents) = (Fed::of(&world.customers), Fed::of(&world.documents));
    let engine = Engine::builder("c", customers.clone(), world.contacts.clone(), super::world::mapping())
        .database(world.store.clone())
        .guards(Guards::new().first_run(false).mapping(false))
        .births(Side::Right, Births::Ignore)
        .facts(documents, vec![Arc::new(Documents)])
        .target(world.notes.clone())
        .target(world.tasks.clone())
        .env(world.env.clone())
        .build();
    engine.poll_facts("documents").await.unwrap();
    // Only a sweep lists them from now on, and never comes to an end.
    world.documents.switch(|s| s.listing = Listing::Mute);
    let minute = Duration::from_secs(60);
    let schedule = Schedule::new().poll(minute).sweep(5 * minute);
    let begun = world.env.now();
    let stop = async {
        while world.env.now() < begun + 20 * minute {
            tokio::task::yield_now().await;
        }
        world.customers.edit("1", &json!({ "city": "Lagos" }));
        customers.told.lock().unwrap().push("1");
        while world.contact("100000001").text("city") != "Lagos" && world.env.now() < begun + 120 * minute {
            tokio::task::yield_now().await;
        }
    };
    engine.run(&schedule, stop).await.unwrap();
    assert_eq!(world.contact("100000001").text("city"), "Lagos");
}
