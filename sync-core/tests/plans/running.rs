//! An engine that runs for good, on hints, polls and sweeps.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use sync_core::engine::{
    Births, Caps, ChangePage, Collection, Cursor, Did, Engine, EngineError, FactKey, Fault, FaultKind,
    Guards, ListPage, PageToken, Read, RecordId, RecordRef, ReviewKind, Schedule, Scope, Side,
};
use sync_core::jiff::Timestamp;
use sync_core::queue::{Claim, Hint, MemoryQueue, Priority, WorkKey, WorkQueue};
use sync_core::store::{Accounts, MemoryStore, Store};
use sync_core::{AccountKey, Env, StoreError, async_trait};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::fake::{Fake, Listing, Mishap};
use super::world::{Documents, LONG, World, mapping};

const HOUR: Duration = Duration::from_secs(3600);

/// Runs until this holds, or so much time has passed.
async fn run_until(
    world: &World,
    engine: &Engine,
    schedule: &Schedule,
    patience: Duration,
    holds: impl Fn() -> bool + Send + Sync,
) -> Result<(), EngineError> {
    let until = world.env.now() + patience;
    let stop = async {
        while !holds() && world.env.now() < until {
            world.env.sleep(Duration::from_secs(1)).await;
        }
    };
    engine.run(schedule, stop).await
}

fn customer(id: &str) -> RecordRef {
    RecordRef::top(RecordId::new(id))
}

#[tokio::test]
async fn polls_and_sweeps_bring_everything_over() {
    let world = World::small();
    let schedule = Schedule::new().poll(Duration::from_secs(60)).sweep(HOUR);
    run_until(&world, &world.engine(), &schedule, 3 * HOUR, || false).await.unwrap();
    world.assert_small_is_there("after a run of three hours");
    world.assert_quiet("after a run of three hours").await;
}

#[tokio::test]
async fn i10_what_is_hinted_does_not_wait_for_a_listing() {
    let world = World::small();
    world.customers.switch(|s| s.listing = Listing::Mute);
    let engine = world.engine();
    engine.hint(Side::Left, &customer("3"), Priority::Event).await.unwrap();
    let is_there = || !world.contacts.rows().is_empty();
    run_until(&world, &engine, &Schedule::new(), HOUR, is_there).await.unwrap();
    assert_eq!(world.contact("100000003").text("name"), "Carlos Dias");
}

#[tokio::test]
async fn a_run_that_is_stopped_ends_its_writes() {
    let world = World::small();
    world.customers.switch(|s| s.listing = Listing::Mute);
    let engine = world.engine();
    for id in ["1", "2", "3"] {
        engine.hint(Side::Left, &customer(id), Priority::Event).await.unwrap();
    }
    let stop = async {
        // As soon as the first write is announced.
        while world.store.open_creates(Side::Right).await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    engine.run(&Schedule::new(), stop).await.unwrap();
    assert!(world.store.open_creates(Side::Right).await.unwrap().is_empty(), "announced, and cut off");
    assert!(!world.contacts.rows().is_empty());
}

/// A queue with one connection, which whoever has it keeps for a moment.
#[derive(Debug)]
struct Narrow {
    inner: MemoryQueue,
    connection: Semaphore,
}

impl Narrow {
    async fn connect(&self) -> SemaphorePermit<'_> {
        let connection = self.connection.acquire().await.unwrap();
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        connection
    }
}

#[async_trait]
impl WorkQueue for Narrow {
    async fn mark(&self, hints: &[Hint]) -> Result<(), StoreError> {
        let _connection = self.connect().await;
        self.inner.mark(hints).await
    }

    async fn claim(&self, worker: &str, max: usize, lease: Duration) -> Result<Vec<Claim>, StoreError> {
        let _connection = self.connect().await;
        self.inner.claim(worker, max, lease).await
    }

    async fn done(&self, claim: Claim, again: Option<Timestamp>) -> Result<(), StoreError> {
        let _connection = self.connect().await;
        self.inner.done(claim, again).await
    }

    async fn forget(&self, keys: &[WorkKey]) -> Result<usize, StoreError> {
        let _connection = self.connect().await;
        self.inner.forget(keys).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let _connection = self.connect().await;
        self.inner.next_due().await
    }
}

#[tokio::test]
async fn whoever_claims_lets_those_go_on_who_have_what_it_waits_for() {
    let world = World::small();
    let (inner, connection) = (MemoryQueue::new(world.env.clone()), Semaphore::new(1));
    let engine = world.builder().queue(Arc::new(Narrow { inner, connection })).build();
    for id in ["1", "2", "3"] {
        engine.hint(Side::Left, &customer(id), Priority::Event).await.unwrap();
    }
    let schedule = Schedule::new();
    let run = run_until(&world, &engine, &schedule, 100 * HOUR, || world.contacts.rows().len() == 3);
    tokio::time::timeout(Duration::from_secs(30), run).await.expect("it stands still").unwrap();
    assert_eq!(world.contacts.rows().len(), 3);
}

#[tokio::test]
async fn a_feed_that_fails_for_now_does_not_end_a_run_and_one_that_is_broken_does() {
    let world = World::small();
    let engine = world.engine();
    let stop = async {
        world.customers.switch(|s| s.down = Some(FaultKind::Transient));
        world.env.sleep(HOUR).await;
        world.customers.switch(|s| s.down = None);
        world.env.sleep(HOUR).await;
        while world.contacts.rows().len() < 3 {
            tokio::task::yield_now().await;
        }
    };
    engine.run(&Schedule::new(), stop).await.unwrap();
    world.customers.switch(|s| s.listing = Listing::Circular);
    let ended = run_until(&world, &engine, &Schedule::new(), HOUR, || false).await;
    assert!(
        matches!(ended, Err(EngineError::Collection { ref fault, .. }) if fault.kind() == FaultKind::Broken)
    );
}

#[tokio::test]
async fn i7_hints_are_not_worked_on_with_the_state_of_other_accounts() {
    let world = World::small();
    let store = Arc::new(MemoryStore::new());
    let others = Accounts { left: AccountKey::new("customers", 6), right: AccountKey::new("contacts", 6) };
    store.bind(&others).await.unwrap();
    let engine = world.builder().store(store).build();
    engine.hint(Side::Left, &customer("1"), Priority::Event).await.unwrap();
    for _ in 0..2 {
        assert!(matches!(engine.drain().await, Err(EngineError::Bind(_))));
    }
    assert_eq!(world.take_writes(), [""; 0]);
}

#[tokio::test]
async fn i9_a_write_that_is_never_in_time_backs_off_and_is_left_to_a_person() {
    let world = World::small();
    world.run().await;
    world.env.advance(LONG);
    world.take_writes();
    for nth in 1..=100 {
        world.contacts.on_update(nth, Mishap::Refused(FaultKind::Changed));
    }
    world.customers.edit("1", &json!({ "city": "Lagos" }));
    let engine = world.engine();
    engine.hint(Side::Left, &customer("1"), Priority::Event).await.unwrap();
    engine.drain().await.unwrap();
    assert_eq!(world.take_writes().len(), 2, "at once, and then later");
    for _ in 0..20 {
        world.env.advance(LONG);
        engine.drain().await.unwrap();
    }
    assert_eq!(world.take_writes().len(), 8, "ten in all");
    let open = world.store.reviews_page(None, 10).await.unwrap();
    assert_eq!(open.iter().map(|review| review.kind).collect::<Vec<_>>(), [ReviewKind::Poison]);
}

#[tokio::test]
async fn a_sweep_stores_no_fact_that_may_be_older_than_what_is_known() {
    let world = World::small();
    let engine = world.engine();
    assert!(engine.sweep_facts("documents").await.unwrap().hinted > 0);
    let key = FactKey::new("documents", RecordRef::top(RecordId::new("7")));
    let stored = || async { world.store.fact(&key).await.unwrap().unwrap().value.fingerprint };
    let first = stored().await;
    engine.drain().await.unwrap();
    world.documents.edit("7", &json!({ "collect": "paid" }));
    // The list may be older than what somebody else has stored while it was read.
    let found = engine.sweep_facts("documents").await.unwrap();
    assert_eq!((found.looked_at, found.hinted), (2, 1));
    assert_eq!(stored().await, first, "it is not stored as it was listed");
    engine.drain().await.unwrap();
    let second = stored().await;
    assert_ne!(second, first, "but as it is when it is asked for");
    assert_eq!(engine.sweep_facts("documents").await.unwrap().hinted, 0);

    // Nobody's clock is so wrong that a list of a minute later could be older.
    world.env.advance(Duration::from_secs(60));
    world.documents.edit("7", &json!({ "collect": "open" }));
    engine.sweep_facts("documents").await.unwrap();
    assert_ne!(stored().await, second, "it is stored as it was listed");
    let calls = world.documents.calls();
    engine.drain().await.unwrap();
    assert_eq!(world.documents.calls(), calls, "and not asked for");
}

#[tokio::test]
async fn a_plan_does_not_put_back_a_fact_that_was_stored_since_it_was_made() {
    let world = World::small();
    let engine = world.engine();
    let plan = engine.plan().await.unwrap();
    world.env.advance(Duration::from_secs(60));
    world.documents.edit("7", &json!({ "collect": "paid" }));
    engine.sweep_facts("documents").await.unwrap();
    let key = FactKey::new("documents", RecordRef::top(RecordId::new("7")));
    let stored = || async { world.store.fact(&key).await.unwrap().unwrap().value.raw };
    let newer = stored().await;
    assert_eq!(newer["collect"], "paid");
    engine.apply(plan, |_| {}).await.unwrap();
    assert_eq!(stored().await, newer);
}

#[tokio::test]
async fn a_sweep_of_facts_that_nobody_has_named_is_an_error() {
    let world = World::small();
    let error = world.engine().sweep_facts("documnets").await.unwrap_err().to_string();
    assert!(error.contains("documnets"), "{error}");
}

#[tokio::test]
async fn work_says_what_each_key_came_to() {
    let world = World::small();
    let engine = world.engine();
    engine.hint(Side::Left, &customer("1"), Priority::Event).await.unwrap();
    let outcomes = engine.work("worker", 10).await.unwrap();
    let did: BTreeSet<_> = outcomes.iter().map(|outcome| format!("{:?}", outcome.did)).collect();
    assert!(outcomes.iter().any(|outcome| matches!(outcome.did, Did::Founded(_))), "{did:?}");
    assert_eq!(world.take_writes(), [""; 0], "a birth writes nothing");
}

/// Documents with a change feed: what was put into it is told once.
#[derive(Debug)]
struct Fed {
    documents: Arc<Fake>,
    told: Mutex<(Vec<&'static str>, Vec<&'static str>)>,
}

#[async_trait]
impl Collection for Fed {
    fn name(&self) -> &str {
        self.documents.name()
    }

    fn caps(&self) -> &Caps {
        self.documents.caps()
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        self.documents.identity().await
    }

    async fn list(&self, scope: &Scope, page: Option<&PageToken>) -> Result<ListPage, Fault> {
        self.documents.list(scope, page).await
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        self.documents.get(at).await
    }

    async fn changes(
        &self,
        since: Option<&Cursor>,
        _: Option<&PageToken>,
    ) -> Result<Option<ChangePage>, Fault> {
        let number = match since {
            Some(Cursor::Token(number)) => number.parse::<u32>().unwrap() + 1,
            _ => 0,
        };
        let (changed, gone) = std::mem::take(&mut *self.told.lock().unwrap());
        let mut records = Vec::new();
        for id in changed {
            let Read::Found(record) = self.documents.get(&customer(id)).await? else { panic!("{id}") };
            records.push(record);
        }
        let gone = gone.into_iter().map(customer).collect();
        let cursor = Cursor::Token(number.to_string());
        Ok(Some(ChangePage { records, gone, next: None, cursor }))
    }
}

#[tokio::test]
async fn facts_are_polled_by_their_feed() {
    let world = World::small();
    let documents = Arc::new(Fed { documents: world.documents.clone(), told: Mutex::default() });
    let tell = |changed: &[&'static str], gone: &[&'static str]| {
        *documents.told.lock().unwrap() = (changed.to_vec(), gone.to_vec());
    };
    let queue = Arc::new(MemoryQueue::new(world.env.clone()));
    let engine = world
        .begin(mapping())
        .store(world.store.clone())
        .queue(queue)
        .births(Side::Right, Births::Ignore)
        .facts(documents.clone(), vec![Arc::new(Documents)])
        .target(world.notes.clone())
        .target(world.tasks.clone())
        .env(world.env.clone())
        .guards(Guards::new().first_run(false))
        .build();
    let poll = || async {
        let found = engine.poll_facts("documents").await.unwrap();
        engine.drain().await.unwrap();
        (found.looked_at, found.hinted)
    };
    for id in ["1", "2", "3"] {
        engine.hint(Side::Left, &customer(id), Priority::Event).await.unwrap();
    }
    engine.drain().await.unwrap();
    // What was there before the feed began is listed, once.
    assert_eq!(poll().await, (2, 3));
    assert_eq!((world.notes.rows().len(), world.tasks.rows().len()), (2, 1));
    assert_eq!(poll().await, (0, 0));

    world.documents.edit("7", &json!({ "collect": "paid" }));
    world.document("9", json!({ "customer": "3", "note": "a lamp" }));
    assert_eq!(poll().await, (0, 0), "the feed alone tells");
    tell(&["7", "9"], &["unheard of"]);
    assert_eq!(
        poll().await,
        (3, 2),
        "one that has changed is asked for, and one that is new calls for its note"
    );
    assert_eq!(world.notes.rows().len(), 3);
    assert_eq!(world.tasks.rows()[0].raw["completed"], json!(true));
    tell(&["7", "9"], &[]);
    assert_eq!(poll().await, (2, 0), "what is known calls for nothing");

    world.documents.delete("9");
    tell(&[], &["9"]);
    assert_eq!(poll().await, (1, 1));
    let key = FactKey::new("documents", customer("9"));
    assert!(world.store.fact(&key).await.unwrap().is_none());

    // A running engine polls them as it polls the sides.
    world.document("10", json!({ "customer": "2", "note": "two lamps" }));
    tell(&["10"], &[]);
    let schedule = Schedule::new().poll(Duration::from_secs(60)).sweep(1000 * HOUR);
    let is_there = || world.notes.rows().len() == 4;
    run_until(&world, &engine, &schedule, HOUR, is_there).await.unwrap();
    assert!(is_there());
}
