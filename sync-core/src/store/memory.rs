use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Accounts, BindError, Commit, CommitError, FeedId, Position, Store};
use crate::engine::{
    Entry, Fact, FactKey, Link, LinkId, Pair, Projection, ProjectionKey, RecordId, RecordRef, Review,
    ReviewKey, RowDigest, Side,
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
    /// The turn in which each link ended that has.
    ended: BTreeMap<LinkId, u64>,
    /// The last turn so far.
    turn: u64,
    /// The links with a record, by the turns in which they ended; a live one comes last.
    holders: Pair<Index<RecordRef, (u64, LinkId)>>,
    creates: Index<Side, LinkId>,
    /// What was noted of records beside links of the version that they have.
    known: Pair<BTreeMap<LinkId, RowDigest>>,
    projections: BTreeMap<ProjectionKey, Versioned<Projection>>,
    owned_projections: Index<RecordId, ProjectionKey>,
    facts: BTreeMap<FactKey, Versioned<Fact>>,
    owned_facts: Index<RecordId, FactKey>,
    positions: BTreeMap<FeedId, Versioned<Position>>,
    reviews: BTreeMap<ReviewKey, Review>,
    about: Index<WorkKey, ReviewKey>,
    /// By their numbers.
    journal: BTreeMap<u64, Entry>,
    /// How many entries there have been.
    entries: u64,
}

/// The turn of a live link.
const LIVE: u64 = u64::MAX;

/// Keys by what they belong to.
#[derive(Debug)]
struct Index<B, K>(BTreeMap<B, BTreeSet<K>>);

impl<B, K> Default for Index<B, K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<B: Ord + Clone, K: Ord> Index<B, K> {
    fn add(&mut self, by: &B, key: K) {
        self.0.entry(by.clone()).or_default().insert(key);
    }

    fn remove(&mut self, by: &B, key: &K) {
        if let Some(keys) = self.0.get_mut(by) {
            keys.remove(key);
            if keys.is_empty() {
                self.0.remove(by);
            }
        }
    }

    fn after(&self, after: Option<&B>) -> impl Iterator<Item = (&B, &BTreeSet<K>)> {
        self.0.range((after.map_or(Unbounded, Excluded), Unbounded))
    }

    fn of(&self, by: &B) -> impl DoubleEndedIterator<Item = &K> {
        self.0.get(by).into_iter().flatten()
    }
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
    map.range((after.map_or(Unbounded, Excluded), Unbounded)).take(limit).map(|(_, v)| v.clone()).collect()
}

fn next(seen: Option<Rev>) -> Rev {
    seen.map_or(Rev::FIRST, Rev::next)
}

/// The record that both have, if both are live and it is not one link.
pub(super) fn shared(one: &Link, other: &Link) -> Option<RecordRef> {
    if one.id == other.id || !one.is_live() || !other.is_live() {
        return None;
    }
    Side::BOTH
        .into_iter()
        .find_map(|side| one.ends[side].clone().filter(|at| other.ends[side].as_ref() == Some(at)))
}

/// Whether a live link still has its record after a commit.
pub(super) fn keeps(commit: &Commit, holder: &LinkId, side: Side, at: &RecordRef) -> bool {
    match commit.links.iter().find(|(_, link)| link.id == *holder) {
        Some((_, link)) => link.is_live() && link.ends[side].as_ref() == Some(at),
        None => !commit.gone_links.iter().any(|(_, gone)| gone == holder),
    }
}

impl State {
    /// The other live link that has a record of the link at `index` of a commit, here or in the same commit.
    fn claimed(&self, commit: &Commit, index: usize, link: &Link) -> Option<(RecordRef, LinkId)> {
        if !link.is_live() {
            return None;
        }
        let holder = Side::BOTH.into_iter().find_map(|side| {
            let at = link.ends[side].as_ref()?;
            let (turn, holder) = self.holders[side].of(at).next_back()?;
            let has = *turn == LIVE && *holder != link.id && keeps(commit, holder, side, at);
            has.then(|| (at.clone(), holder.clone()))
        });
        let mut earlier = commit.links.iter().take(index).map(|(_, link)| link);
        holder.or_else(|| earlier.find_map(|other| Some((shared(link, other)?, other.id.clone()))))
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
            if let Some((record, by)) = self.claimed(commit, at, link) {
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

    fn put_link(&mut self, seen: Option<Rev>, link: Link) {
        let ended_before = self.ended.get(&link.id).copied();
        self.remove_link(&link.id);
        let mut turn = LIVE;
        if !link.is_live() {
            turn = ended_before.unwrap_or(self.turn + 1);
            self.turn = self.turn.max(turn);
            self.ended.insert(link.id.clone(), turn);
        }
        for side in Side::BOTH {
            if let Some(at) = &link.ends[side] {
                self.holders[side].add(at, (turn, link.id.clone()));
            }
        }
        if let Some(side) = link.creates_on() {
            self.creates.add(&side, link.id.clone());
        }
        self.links.insert(link.id.clone(), Versioned { rev: next(seen), value: link });
    }

    fn remove_link(&mut self, id: &LinkId) {
        let Some(Versioned { value: link, .. }) = self.links.remove(id) else { return };
        let held = (self.ended.remove(id).unwrap_or(LIVE), link.id.clone());
        for side in Side::BOTH {
            self.known[side].remove(id);
            if let Some(at) = &link.ends[side] {
                self.holders[side].remove(at, &held);
            }
        }
        if let Some(side) = link.creates_on() {
            self.creates.remove(&side, id);
        }
    }

    fn put_projection(&mut self, seen: Option<Rev>, projection: Projection) {
        self.remove_projection(&projection.key);
        self.owned_projections.add(&projection.owner, projection.key.clone());
        self.projections.insert(projection.key.clone(), Versioned { rev: next(seen), value: projection });
    }

    fn remove_projection(&mut self, key: &ProjectionKey) {
        if let Some(found) = self.projections.remove(key) {
            self.owned_projections.remove(&found.value.owner, key);
        }
    }

    fn put_fact(&mut self, seen: Option<Rev>, fact: Fact) {
        self.remove_fact(&fact.key);
        if let Some(owner) = &fact.owner {
            self.owned_facts.add(owner, fact.key.clone());
        }
        self.facts.insert(fact.key.clone(), Versioned { rev: next(seen), value: fact });
    }

    fn remove_fact(&mut self, key: &FactKey) {
        if let Some(owner) = self.facts.remove(key).and_then(|found| found.value.owner) {
            self.owned_facts.remove(&owner, key);
        }
    }

    fn open_review(&mut self, mut review: Review) {
        if let Some(open) = self.close_review(&review.key) {
            review.opened_at = open.opened_at;
        }
        self.about.add(&review.about, review.key.clone());
        self.reviews.insert(review.key.clone(), review);
    }

    fn close_review(&mut self, key: &ReviewKey) -> Option<Review> {
        let review = self.reviews.remove(key)?;
        self.about.remove(&review.about, key);
        Some(review)
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
        let holder = state.holders[side].of(at).next_back();
        Ok(holder.and_then(|(_, id)| state.links.get(id)).cloned())
    }

    async fn known_as(&self, side: Side, at: &[RecordRef]) -> Result<Vec<Option<RowDigest>>, StoreError> {
        let state = self.state();
        let holder = |at| state.holders[side].of(at).next_back().filter(|(turn, _)| *turn == LIVE);
        Ok(at.iter().map(|at| state.known[side].get(&holder(at)?.1).copied()).collect())
    }

    async fn note_known(&self, side: Side, known: &[(LinkId, Rev, RowDigest)]) -> Result<(), StoreError> {
        let mut state = self.state();
        for (id, rev, digest) in known {
            if state.links.get(id).is_some_and(|found| found.rev == *rev && found.value.is_live()) {
                state.known[side].insert(id.clone(), *digest);
            }
        }
        Ok(())
    }

    async fn records_page(
        &self,
        side: Side,
        after: Option<&RecordRef>,
        limit: usize,
    ) -> Result<Vec<RecordRef>, StoreError> {
        let state = self.state();
        let records = state.holders[side].after(after);
        let live = records.filter(|(_, links)| links.last().is_some_and(|(turn, _)| *turn == LIVE));
        Ok(live.take(limit).map(|(at, _)| at.clone()).collect())
    }

    async fn links_with(&self, side: Side, at: &RecordRef) -> Result<Vec<Link>, StoreError> {
        let state = self.state();
        let links = state.holders[side].of(at).filter_map(|(_, id)| state.links.get(id));
        Ok(links.map(|link| link.value.clone()).collect())
    }

    async fn open_creates(&self, side: Side) -> Result<Vec<Link>, StoreError> {
        let state = self.state();
        let links = state.creates.of(&side).filter_map(|id| state.links.get(id));
        Ok(links.map(|link| link.value.clone()).collect())
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
        let keys = state.owned_projections.of(owner);
        Ok(keys.filter_map(|key| state.projections.get(key)).cloned().collect())
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
        let facts = state.owned_facts.of(owner).filter_map(|key| state.facts.get(key));
        Ok(facts.map(|fact| fact.value.clone()).collect())
    }

    async fn position(&self, feed: &FeedId) -> Result<Option<Versioned<Position>>, StoreError> {
        Ok(self.state().positions.get(feed).cloned())
    }

    async fn review(&self, key: &ReviewKey) -> Result<Option<Review>, StoreError> {
        Ok(self.state().reviews.get(key).cloned())
    }

    async fn reviews_about(&self, about: &WorkKey) -> Result<Vec<Review>, StoreError> {
        let state = self.state();
        Ok(state.about.of(about).filter_map(|key| state.reviews.get(key)).cloned().collect())
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
        let later = state.journal.range((Excluded(after), Unbounded));
        let wanted = later.filter(|(_, entry)| about.is_none_or(|about| entry.about == *about));
        Ok(wanted.take(limit).map(|(number, entry)| (*number, entry.clone())).collect())
    }

    async fn trim_journal(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let journal = &mut self.state().journal;
        let oldest = journal.iter().take(limit).filter(|(_, entry)| entry.at < before);
        let old: Vec<u64> = oldest.map(|(number, _)| *number).collect();
        for number in &old {
            journal.remove(number);
        }
        Ok(old.len())
    }

    async fn wipe(&self) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        let mut state = self.state();
        state.check(&commit)?;
        for (_, id) in commit.gone_links {
            state.remove_link(&id);
        }
        for (seen, link) in commit.links {
            state.put_link(seen, link);
        }
        for (_, key) in commit.gone_projections {
            state.remove_projection(&key);
        }
        for (seen, projection) in commit.projections {
            state.put_projection(seen, projection);
        }
        for (_, key) in commit.gone_facts {
            state.remove_fact(&key);
        }
        for (seen, fact) in commit.facts {
            state.put_fact(seen, fact);
        }
        for (seen, feed, position) in commit.positions {
            state.positions.insert(feed, Versioned { rev: next(seen), value: position });
        }
        for key in commit.closed_reviews {
            state.close_review(&key);
        }
        for review in commit.reviews {
            state.open_review(review);
        }
        for number in commit.gone_entries {
            state.journal.remove(&number);
        }
        for entry in commit.journal {
            state.entries += 1;
            let number = state.entries;
            state.journal.insert(number, entry);
        }
        Ok(())
    }
}
