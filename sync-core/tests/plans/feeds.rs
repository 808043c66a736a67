//! What polls, backfills and sweeps find, a page at a time.

use std::sync::{Arc, Mutex};

use serde_json::json;
use sync_core::engine::{
    Engine, Found, Link, LinkId, LinkStatus, Mapping, RecordId, RecordRef, Side, normalise,
};
use sync_core::queue::{MemoryQueue, Priority, WorkKey, WorkQueue};
use sync_core::store::{Commit, Store};
use sync_core::{Event, Observer};

use super::fake::Listing;
use super::world::{LONG, World};

const LEASE: std::time::Duration = std::time::Duration::from_secs(60);

#[derive(Debug, Default)]
struct Guards(Mutex<Vec<String>>);

impl Observer for Guards {
    fn on_event(&self, event: &Event<'_>) {
        if let Event::GuardTripped { guard, .. } = event {
            self.0.lock().unwrap().push((*guard).to_owned());
        }
    }
}

/// An engine, what it hints, and the guards that tripped.
struct Feeds {
    world: World,
    queue: Arc<MemoryQueue>,
    guards: Arc<Guards>,
    engine: Engine,
}

impl Feeds {
    /// Customers and contacts with the numbers 1 to 9, each pair linked and at one.
    async fn of_nine() -> Self {
        let world = World::new();
        for id in 1..=9 {
            let (vat, name) = (format!("10000000{id}"), format!("Ana {id}"));
            world.customer(&id.to_string(), &json!({ "vat": vat, "name": name }));
            world.contacts.add(&format!("x{id}"), &json!({ "customFields": { "NIF": vat }, "name": name }));
        }
        let mapping = Mapping::builder()
            .field("vat", |f| f.left("vat").right("customFields.NIF").normalise(normalise::nif))
            .field("name", |f| f.left("name").right("name"))
            .matched_by(["vat"])
            .build()
            .unwrap();
        let (queue, guards) = (Arc::new(MemoryQueue::new(world.env.clone())), Arc::new(Guards::default()));
        let engine = world
            .begin(mapping)
            .store(world.store.clone())
            .queue(queue.clone())
            .observer(guards.clone())
            .guards(sync_core::engine::Guards::new().first_run(false).mapping(false))
            .env(world.env.clone())
            .guards(sync_core::engine::Guards::new().first_run(false).mapping(false))
            .build();
        let feeds = Self { world, queue, guards, engine };
        assert_eq!(feeds.engine.backfill(Side::Left).await.unwrap().hinted, 9);
        feeds.engine.drain().await.unwrap();
        feeds.world.env.advance(LONG);
        feeds.engine.drain().await.unwrap();
        for side in [Side::Left, Side::Right] {
            assert_eq!(feeds.sweep(side).await, (9, vec![]), "nothing is to do");
        }
        feeds
    }

    /// How many records a sweep looked at, and what it hints.
    async fn sweep(&self, side: Side) -> (usize, Vec<(WorkKey, Priority)>) {
        let found: Found = self.engine.sweep(side).await.unwrap();
        (found.looked_at, self.hints().await)
    }

    async fn hints(&self) -> Vec<(WorkKey, Priority)> {
        let mut hints = Vec::new();
        for claim in self.queue.claim("test", usize::MAX, LEASE).await.unwrap() {
            hints.push((claim.key.clone(), claim.priority));
            self.queue.done(claim, None).await.unwrap();
        }
        hints.sort();
        hints
    }

    /// Writes a link as `change` makes it.
    async fn change(&self, id: &str, change: impl FnOnce(&mut Link)) {
        let found = self.world.store.link(&LinkId::new(id)).await.unwrap().unwrap();
        let mut link = found.value;
        change(&mut link);
        self.world.store.commit(Commit::link(Some(found.rev), link)).await.unwrap();
    }
}

fn link(id: &str) -> WorkKey {
    WorkKey::Link(LinkId::new(id))
}

fn record(id: &str) -> RecordRef {
    RecordRef::top(RecordId::new(id))
}

fn birth(side: Side, id: &str) -> WorkKey {
    WorkKey::Birth(side, record(id))
}

#[tokio::test]
async fn a_list_that_shifts_is_looked_at_once() {
    for listing in [Listing::Orderly, Listing::Repeats] {
        let feeds = Feeds::of_nine().await;
        let contacts = &feeds.world.contacts;
        contacts.switch(|s| (s.page, s.listing) = (2, listing));
        // Two neighbours: one of them is the last of a page, which the next one repeats.
        for id in ["x3", "x4"] {
            contacts.edit(id, &json!({ "name": "Ana P." }));
        }
        contacts.add("x0", &json!({ "customFields": {}, "name": "Rita" }));
        let found = feeds.engine.sweep(Side::Right).await.unwrap();
        // Ten records on five pages, each but the first of which repeats one.
        let looked_at = if listing == Listing::Repeats { 14 } else { 10 };
        assert_eq!((found.looked_at, found.hinted, found.complete), (looked_at, 3, true));
        let hinted = [birth(Side::Right, "x0"), link("c:3"), link("c:4")].map(|key| (key, Priority::Sweep));
        assert_eq!(feeds.hints().await, hinted);
    }
}

#[tokio::test]
async fn known_and_unknown_records_of_one_page_are_told_apart() {
    let feeds = Feeds::of_nine().await;
    // 2 has changed, 4 lost its partner long ago, 5 has ended itself and returned, 7 waits for an answer, 0 is new.
    feeds.world.contacts.edit("x2", &json!({ "name": "Ana P." }));
    feeds.world.contacts.add("x0", &json!({ "customFields": {}, "name": "Rita" }));
    feeds.change("c:4", |link| link.status = LinkStatus::Ended).await;
    let gone = Some(sync_core::jiff::Timestamp::UNIX_EPOCH);
    feeds.change("c:5", |link| (link.status, link.gone_at.right) = (LinkStatus::Ended, gone)).await;
    feeds.change("c:7", |link| link.ends.left = None).await;
    let (looked_at, hints) = feeds.sweep(Side::Right).await;
    let hinted = [
        (birth(Side::Right, "x0"), Priority::Sweep),
        (birth(Side::Right, "x5"), Priority::Sweep),
        (link("c:2"), Priority::Sweep),
        (link("c:7"), Priority::Retry),
    ];
    assert_eq!((looked_at, hints), (10, hinted.to_vec()));
}

#[tokio::test]
async fn a_record_that_had_another_pair_before_is_compared_with_the_one_it_has() {
    if super::world::is_private() {
        // What one link hides means nothing in another one.
        return;
    }
    let feeds = Feeds::of_nine().await;
    feeds.change("c:6", |link| link.status = LinkStatus::Ended).await;
    let old = feeds.world.store.link(&LinkId::new("c:6")).await.unwrap().unwrap().value;
    let new = Link { id: LinkId::new("c:6#2"), status: LinkStatus::Active, ..old };
    feeds.world.store.commit(Commit::link(None, new)).await.unwrap();
    for side in [Side::Left, Side::Right] {
        assert_eq!(feeds.sweep(side).await, (9, vec![]), "{side}: nothing is to do");
    }
    feeds.world.contacts.edit("x6", &json!({ "name": "Ana P." }));
    assert_eq!(feeds.sweep(Side::Right).await.1, [(link("c:6#2"), Priority::Sweep)]);
}

#[tokio::test]
async fn a_record_that_is_not_listed_is_asked_for_unless_nothing_is_listed() {
    let feeds = Feeds::of_nine().await;
    feeds.world.contacts.delete("x8");
    assert_eq!(feeds.sweep(Side::Left).await, (9, vec![]), "it is no matter of the other side");
    assert_eq!(feeds.sweep(Side::Right).await, (8, vec![(link("c:8"), Priority::Sweep)]));
    for id in 1..=9 {
        feeds.world.contacts.delete(&format!("x{id}"));
    }
    feeds.change("c:7", |link| link.ends.left = None).await;
    let found = feeds.engine.sweep(Side::Right).await.unwrap();
    assert_eq!((found.looked_at, found.complete), (0, false));
    assert_eq!(feeds.hints().await, [(link("c:7"), Priority::Retry)], "what is unfinished goes on");
    assert_eq!(*feeds.guards.0.lock().unwrap(), ["emptied side"]);
}
