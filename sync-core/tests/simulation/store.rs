//! The store in memory, with a pause before each commit and commits that fail or are not confirmed.

use std::sync::Arc;

use async_trait::async_trait;
use sync_core::engine::{
    Agreed, Entry, Fact, FactKey, Happening, Link, LinkId, PendingOp, Projection, ProjectionKey, RecordId,
    RecordRef, Review, ReviewKey, Side,
};
use sync_core::jiff::Timestamp;
use sync_core::queue::WorkKey;
use sync_core::store::{Accounts, BindError, Commit, CommitError, FeedId, MemoryStore, Position, Store};
use sync_core::{StoreError, Versioned};

use crate::ledger::token;
use crate::world::World;

#[derive(Debug, Clone)]
pub(crate) struct SimStore {
    pub(crate) world: World,
    pub(crate) inner: Arc<MemoryStore>,
}

type Result<T, E = StoreError> = std::result::Result<T, E>;

#[async_trait]
impl Store for SimStore {
    async fn bind(&self, accounts: &Accounts) -> Result<(), BindError> {
        self.inner.bind(accounts).await
    }

    async fn link(&self, id: &LinkId) -> Result<Option<Versioned<Link>>> {
        self.inner.link(id).await
    }

    async fn link_of(&self, side: Side, at: &RecordRef) -> Result<Option<Versioned<Link>>> {
        self.inner.link_of(side, at).await
    }

    async fn records_page(
        &self,
        side: Side,
        after: Option<&RecordRef>,
        limit: usize,
    ) -> Result<Vec<RecordRef>, StoreError> {
        self.inner.records_page(side, after, limit).await
    }

    async fn open_creates(&self, side: Side) -> Result<Vec<Link>> {
        self.inner.open_creates(side).await
    }

    async fn links_page(&self, after: Option<&LinkId>, limit: usize) -> Result<Vec<Versioned<Link>>> {
        self.inner.links_page(after, limit).await
    }

    async fn projection(&self, key: &ProjectionKey) -> Result<Option<Versioned<Projection>>> {
        self.inner.projection(key).await
    }

    async fn projections_of(&self, owner: &RecordId) -> Result<Vec<Versioned<Projection>>> {
        self.inner.projections_of(owner).await
    }

    async fn projections_page(
        &self,
        after: Option<&ProjectionKey>,
        limit: usize,
    ) -> Result<Vec<Versioned<Projection>>> {
        self.inner.projections_page(after, limit).await
    }

    async fn fact(&self, key: &FactKey) -> Result<Option<Versioned<Fact>>> {
        self.inner.fact(key).await
    }

    async fn facts_of(&self, owner: &RecordId) -> Result<Vec<Fact>> {
        self.inner.facts_of(owner).await
    }

    async fn position(&self, feed: &FeedId) -> Result<Option<Versioned<Position>>> {
        self.inner.position(feed).await
    }

    async fn review(&self, key: &ReviewKey) -> Result<Option<Review>> {
        self.inner.review(key).await
    }

    async fn reviews_about(&self, about: &WorkKey) -> Result<Vec<Review>> {
        self.inner.reviews_about(about).await
    }

    async fn reviews_page(&self, after: Option<&ReviewKey>, limit: usize) -> Result<Vec<Review>> {
        self.inner.reviews_page(after, limit).await
    }

    async fn journal(&self, about: Option<&WorkKey>, after: u64, limit: usize) -> Result<Vec<(u64, Entry)>> {
        self.inner.journal(about, after, limit).await
    }

    async fn trim_journal(&self, before: Timestamp, limit: usize) -> Result<usize> {
        self.inner.trim_journal(before, limit).await
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        self.world.pause().await;
        let (fails, lost) = {
            let mut state = self.world.lock();
            let faults = state.settings.faults / 4;
            let fails = !state.calm && state.rng.permille(faults);
            if fails {
                state.ledger.faults += 1;
            }
            (fails, state.rng.half())
        };
        if fails && !lost {
            return Err(StoreError::new("sim", "not committed").into());
        }
        let mut links = Vec::new();
        for (_, link) in &commit.links {
            links.push((self.inner.link(&link.id).await?, link.clone()));
        }
        let linked: Vec<_> = commit
            .journal
            .iter()
            .filter_map(|entry| match &entry.what {
                Happening::Linked(side, at) => Some((*side, at.id.to_string())),
                _ => None,
            })
            .collect();
        let result = self.inner.commit(commit).await;
        if result.is_ok() {
            for (before, link) in links {
                self.watch(before, &link);
            }
            let mut state = self.world.lock();
            let now = state.time;
            for (side, id) in linked {
                if id.starts_with('N') {
                    state.notes.adopted.insert(id.clone(), now);
                }
                if state.services[side].records.get(&id).is_some_and(|record| record.created_for.is_some()) {
                    state.ledger.adopted.insert((side, id), now);
                }
            }
        }
        if fails {
            return Err(StoreError::new("sim", "not confirmed").into());
        }
        self.world.pause().await;
        result
    }
}

impl SimStore {
    /// I5: what was agreed to be replaced is not written again, unless a person has put it back.
    fn watch(&self, before: Option<Versioned<Link>>, link: &Link) {
        let Some(before) = before else { return };
        let mut state = self.world.lock();
        let now = state.time;
        let ledger = &mut state.ledger;
        let writes = |link: &Link| {
            let side = link.pending.as_ref()?.op.side();
            Some((side, link.ends[side].as_ref()?.id.to_string()))
        };
        match (writes(&before.value), writes(link)) {
            (None, Some((side, id))) => ledger.round_trips.push((side, id, now, None)),
            (Some((side, id)), None) => {
                let open = |trip: &&mut (Side, String, u64, Option<u64>)| {
                    trip.0 == side && trip.1 == id && trip.3.is_none()
                };
                if let Some(trip) = ledger.round_trips.iter_mut().rev().find(open) {
                    trip.3 = Some(now);
                }
            }
            _ => {}
        }
        for field in &link.fields {
            let was = before.value.fields.iter().find(|was| was.name == field.name);
            for side in [Side::Left, Side::Right] {
                let text = |agreed: Option<&Agreed>| {
                    agreed.and_then(Agreed::value)?.text().and_then(token).map(str::to_owned)
                };
                let old = text(was.and_then(|was| was.state.agreed[side].as_ref()));
                let new = text(field.state.agreed[side].as_ref());
                if old != new {
                    let replaced =
                        ledger.replaced.entry((link.id.to_string(), field.name.clone())).or_default();
                    replaced.extend(old);
                    if let Some(new) = new {
                        replaced.remove(&new);
                    }
                }
            }
        }
        let announced = link.pending.as_ref().filter(|_| before.value.pending.is_none());
        let Some(PendingOp::Update { sent, .. }) = announced.map(|pending| &pending.op) else {
            return;
        };
        for sent in sent {
            let Some(value) = sent.write.value.text().and_then(token) else { continue };
            let replaced = ledger.replaced.get(&(link.id.to_string(), sent.field.clone()));
            if replaced.is_some_and(|replaced| replaced.contains(value)) && !ledger.put_back.contains(value) {
                ledger.restored.push(format!(
                    "I5: {} {}: {value} was replaced, and is written again",
                    link.id, sent.field
                ));
            }
        }
    }
}
