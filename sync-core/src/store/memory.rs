use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Accounts, BindError, Commit, CommitError, FeedId, Position, Store};
use crate::engine::{
    Entry, Fact, FactKey, Link, LinkId, Pair, Projection, ProjectionKey, RecordId, RecordRef, Review,
    ReviewKey, Side,
};
use crate::queue::WorkKey;
use crate::{Rev, StoreError, Versioned};

/// Keeps the state in memory, for tests and for a look without consequences.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    accounts: Option<Accounts>,
    links: BTreeMap<LinkId, Versioned<Link>>,
    /// Which link has a record, or had it last.
    holders: Pair<BTreeMap<RecordRef, LinkId>>,
    projections: BTreeMap<ProjectionKey, Versioned<Projection>>,
    facts: BTreeMap<FactKey, Versioned<Fact>>,
    positions: BTreeMap<FeedId, Versioned<Position>>,
    reviews: BTreeMap<ReviewKey, Review>,
    journal: Vec<Entry>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The entries after a key, in order.
fn page<K: Ord, V: Clone>(map: &BTreeMap<K, V>, after: Option<&K>, limit: usize) -> Vec<V> {
    use std::ops::Bound::{Excluded, Unbounded};
    map.range((after.map_or(Unbounded, Excluded), Unbounded)).take(limit).map(|(_, v)| v.clone()).collect()
}

fn next(seen: Option<Rev>) -> Rev {
    seen.map_or(Rev::FIRST, Rev::next)
}

const SIDES: [Side; 2] = [Side::Left, Side::Right];

/// Whether both are live and have a record in common.
fn shared(one: &Link, other: &Link) -> Option<RecordRef> {
    if one.id == other.id || !one.is_live() || !other.is_live() {
        return None;
    }
    SIDES
        .into_iter()
        .find_map(|side| one.ends[side].clone().filter(|at| other.ends[side].as_ref() == Some(at)))
}

impl State {
    /// The other live link that has a record of `link`, here or earlier in the same commit.
    fn claimed(&self, link: &Link, earlier: &[(Option<Rev>, Link)]) -> Option<(RecordRef, LinkId)> {
        let holders = SIDES.into_iter().filter_map(|side| {
            let holder = self.holders[side].get(link.ends[side].as_ref()?)?;
            self.links.get(holder).map(|holder| &holder.value)
        });
        // A link that the same commit writes counts as it will be.
        let holders = holders.filter(|holder| !earlier.iter().any(|(_, link)| link.id == holder.id));
        let earlier = earlier.iter().map(|(_, link)| link);
        earlier.chain(holders).find_map(|other| Some((shared(link, other)?, other.id.clone())))
    }

    fn check(&self, commit: &Commit) -> Result<(), CommitError> {
        fn unchanged<K: Ord + ToString, V>(
            map: &BTreeMap<K, Versioned<V>>,
            key: &K,
            seen: Option<Rev>,
        ) -> Result<(), CommitError> {
            if map.get(key).map(|found| found.rev) == seen {
                return Ok(());
            }
            Err(CommitError::Stale(key.to_string()))
        }
        for (at, (seen, link)) in commit.links.iter().enumerate() {
            unchanged(&self.links, &link.id, *seen)?;
            if let Some((record, by)) = self.claimed(link, commit.links.get(..at).unwrap_or_default()) {
                return Err(CommitError::Claimed { record, by });
            }
        }
        commit.gone_links.iter().try_for_each(|(seen, id)| unchanged(&self.links, id, Some(*seen)))?;
        for (seen, projection) in &commit.projections {
            unchanged(&self.projections, &projection.key, *seen)?;
        }
        commit
            .gone_projections
            .iter()
            .try_for_each(|(seen, k)| unchanged(&self.projections, k, Some(*seen)))?;
        commit.facts.iter().try_for_each(|(seen, fact)| unchanged(&self.facts, &fact.key, *seen))?;
        commit.gone_facts.iter().try_for_each(|(seen, key)| unchanged(&self.facts, key, Some(*seen)))?;
        commit.positions.iter().try_for_each(|(seen, feed, _)| unchanged(&self.positions, feed, *seen))
    }

    /// Forgets that a link has its records.
    fn release(&mut self, id: &LinkId) {
        let Some(Versioned { value: link, .. }) = self.links.get(id) else { return };
        for side in SIDES {
            let holders = &mut self.holders[side];
            if let Some(at) = link.ends[side].as_ref().filter(|at| holders.get(at) == Some(id)) {
                holders.remove(at);
            }
        }
    }

    fn put_link(&mut self, seen: Option<Rev>, link: Link) {
        self.release(&link.id);
        for side in SIDES {
            let Some(at) = &link.ends[side] else { continue };
            let holder = self.holders[side].get(at).and_then(|id| self.links.get(id));
            // One that has ended takes nothing from a live one.
            if link.is_live() || !holder.is_some_and(|holder| holder.value.is_live()) {
                self.holders[side].insert(at.clone(), link.id.clone());
            }
        }
        self.links.insert(link.id.clone(), Versioned { rev: next(seen), value: link });
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn bind(&self, accounts: &Accounts) -> Result<(), BindError> {
        let mut state = self.state();
        match &state.accounts {
            Some(found) if found != accounts => {
                Err(BindError::Other { found: Box::new(found.clone()), wanted: Box::new(accounts.clone()) })
            }
            _ => {
                state.accounts = Some(accounts.clone());
                Ok(())
            }
        }
    }

    async fn link(&self, id: &LinkId) -> Result<Option<Versioned<Link>>, StoreError> {
        Ok(self.state().links.get(id).cloned())
    }

    async fn link_of(&self, side: Side, at: &RecordRef) -> Result<Option<Versioned<Link>>, StoreError> {
        let state = self.state();
        Ok(state.holders[side].get(at).and_then(|id| state.links.get(id)).cloned())
    }

    async fn open_creates(&self, side: Side) -> Result<Vec<Link>, StoreError> {
        let state = self.state();
        let links = state.links.values().map(|link| &link.value);
        Ok(links.filter(|link| link.creates_on() == Some(side)).cloned().collect())
    }

    async fn links_page(
        &self,
        after: Option<&LinkId>,
        limit: usize,
    ) -> Result<Vec<Versioned<Link>>, StoreError> {
        Ok(page(&self.state().links, after, limit))
    }

    async fn projection(&self, key: &ProjectionKey) -> Result<Option<Versioned<Projection>>, StoreError> {
        Ok(self.state().projections.get(key).cloned())
    }

    async fn projections_of(&self, owner: &RecordId) -> Result<Vec<Versioned<Projection>>, StoreError> {
        let state = self.state();
        Ok(state.projections.values().filter(|found| found.value.owner == *owner).cloned().collect())
    }

    async fn projections_page(
        &self,
        after: Option<&ProjectionKey>,
        limit: usize,
    ) -> Result<Vec<Versioned<Projection>>, StoreError> {
        Ok(page(&self.state().projections, after, limit))
    }

    async fn fact(&self, key: &FactKey) -> Result<Option<Versioned<Fact>>, StoreError> {
        Ok(self.state().facts.get(key).cloned())
    }

    async fn facts_of(&self, owner: &RecordId) -> Result<Vec<Fact>, StoreError> {
        let state = self.state();
        let facts = state.facts.values().map(|fact| &fact.value);
        Ok(facts.filter(|fact| fact.owner.as_ref() == Some(owner)).cloned().collect())
    }

    async fn position(&self, feed: &FeedId) -> Result<Option<Versioned<Position>>, StoreError> {
        Ok(self.state().positions.get(feed).cloned())
    }

    async fn review(&self, key: &ReviewKey) -> Result<Option<Review>, StoreError> {
        Ok(self.state().reviews.get(key).cloned())
    }

    async fn reviews_about(&self, about: &WorkKey) -> Result<Vec<Review>, StoreError> {
        Ok(self.state().reviews.values().filter(|review| review.about == *about).cloned().collect())
    }

    async fn reviews_page(&self, after: Option<&ReviewKey>, limit: usize) -> Result<Vec<Review>, StoreError> {
        Ok(page(&self.state().reviews, after, limit))
    }

    async fn journal(
        &self,
        about: Option<&WorkKey>,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Entry)>, StoreError> {
        let state = self.state();
        let numbered = (1..).zip(&state.journal).skip(usize::try_from(after).unwrap_or(usize::MAX));
        let wanted = numbered.filter(|(_, entry)| about.is_none_or(|about| entry.about == *about));
        Ok(wanted.take(limit).map(|(number, entry)| (number, entry.clone())).collect())
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        let mut state = self.state();
        state.check(&commit)?;
        for (_, id) in commit.gone_links {
            state.release(&id);
            state.links.remove(&id);
        }
        // Those that let go of their records first.
        let (live, ended): (Vec<_>, Vec<_>) = commit.links.into_iter().partition(|(_, link)| link.is_live());
        for (seen, link) in ended.into_iter().chain(live) {
            state.put_link(seen, link);
        }
        for (_, key) in commit.gone_projections {
            state.projections.remove(&key);
        }
        for (seen, projection) in commit.projections {
            let versioned = Versioned { rev: next(seen), value: projection };
            state.projections.insert(versioned.value.key.clone(), versioned);
        }
        for (_, key) in commit.gone_facts {
            state.facts.remove(&key);
        }
        for (seen, fact) in commit.facts {
            state.facts.insert(fact.key.clone(), Versioned { rev: next(seen), value: fact });
        }
        for (seen, feed, position) in commit.positions {
            state.positions.insert(feed, Versioned { rev: next(seen), value: position });
        }
        for key in commit.closed_reviews {
            state.reviews.remove(&key);
        }
        for mut review in commit.reviews {
            if let Some(open) = state.reviews.get(&review.key) {
                review.opened_at = open.opened_at;
            }
            state.reviews.insert(review.key.clone(), review);
        }
        state.journal.extend(commit.journal);
        Ok(())
    }
}
