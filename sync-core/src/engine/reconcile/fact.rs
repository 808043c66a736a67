use std::collections::BTreeMap;

use jiff::Timestamp;

use super::super::collection::Read;
use super::super::fault::{Fault, FaultKind};
use super::super::projection::{Projection, ProjectionKey};
use super::super::record::{Fingerprint, RecordId, RecordRef, Side, Snapshot};
use super::super::rule::{Derived, Fact, FactKey, Life, Wanted};
use super::super::runtime::{Facts, Runtime, Source, Trouble};
use super::{Did, Outcome};
use crate::queue::WorkKey;
use crate::store::Commit;

/// What all rules together derive from one fact.
#[derive(Debug, Default)]
pub(in super::super) struct Consequences {
    pub(in super::super) owner: Option<RecordId>,
    pub(in super::super) wanted: Vec<Wanted>,
    pub(in super::super) recheck_at: Option<Timestamp>,
}

impl Runtime {
    /// What follows from a fact today.
    pub(in super::super) fn derive(&self, collection: &str, fact: &Snapshot) -> Consequences {
        let today = self.today();
        let mut all = Consequences::default();
        let rules = self.facts.get(collection).map(|facts| facts.rules.as_slice()).unwrap_or_default();
        for rule in rules {
            let Derived { owner, wanted, recheck_at, .. } = rule.derive(fact, today);
            all.owner = all.owner.or(owner);
            for wanted in wanted {
                // Two rules that call for the same record call for one.
                if all.wanted.iter().all(|other| other.key != wanted.key) {
                    all.wanted.push(wanted);
                }
            }
            all.recheck_at = [all.recheck_at, recheck_at].into_iter().flatten().min();
        }
        all
    }

    pub(in super::super) fn facts_in(&self, collection: &str) -> Result<&Facts, Trouble> {
        self.facts.get(collection).ok_or_else(|| {
            let why =
                format!("no collection of facts is called {collection}: name it to `EngineBuilder::facts`");
            Trouble::Fault(self.account(Side::Left), Fault::new(FaultKind::Broken, why))
        })
    }

    /// Works on a fact: stores it, and what follows from it. Writes nothing at any service.
    pub(super) async fn fact(&self, key: &FactKey, source: Source<'_>) -> Result<Outcome, Trouble> {
        let facts = self.facts_in(&key.collection)?;
        let now = self.now();
        let is_left = facts.collection.name() == self.collection(Side::Left).name();
        let read = match source.listed(Side::Left, &key.at).filter(|_| is_left) {
            Some((snapshot, _)) => Read::Found(snapshot.clone()),
            None => self.told(self.account(Side::Left), facts.collection.get(&key.at).await)?,
        };
        match read {
            Read::Found(snapshot) => self.take_fact(key, &snapshot, now).await,
            Read::Gone => self.drop_fact(key).await,
            Read::MovedTo(survivor) => {
                let survivor = FactKey::new(&key.collection, survivor);
                Ok(self.drop_fact(key).await?.hint([WorkKey::Fact(survivor)]))
            }
        }
    }

    /// Stores a fact and what follows from it.
    pub(in super::super) async fn take_fact(
        &self,
        key: &FactKey,
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> Result<Outcome, Trouble> {
        let Consequences { owner, wanted, recheck_at } = self.derive(&key.collection, snapshot);
        let fingerprint = Fingerprint::of(&snapshot.raw);
        let known = self.store.fact(key).await?;
        let mut commit = Commit::default();
        let mut hints = Vec::new();
        let fact = Fact { key: key.clone(), owner: owner.clone(), fingerprint, raw: snapshot.raw.clone() };
        let before = known.as_ref().and_then(|known| known.value.owner.clone());
        if known.as_ref().is_none_or(|known| known.value != fact) {
            commit.facts.push((known.as_ref().map(|known| known.rev), fact));
            // Computed fields of its owners may have changed.
            if !self.enrich.is_empty() {
                let owners = [owner.clone(), before.clone()];
                hints.extend(self.links_of(owners.into_iter().flatten()).await?);
            }
        }
        let mut ours: BTreeMap<ProjectionKey, (_, Projection)> = BTreeMap::new();
        if let Some(owner) = before.as_ref().or(owner.as_ref()) {
            for found in self.store.projections_of(owner).await? {
                if found.value.source == *key {
                    ours.insert(found.value.key.clone(), (found.rev, found.value));
                }
            }
        }
        if let Some(owner) = owner {
            for wanted in wanted {
                let found = match ours.remove(&wanted.key) {
                    Some(found) => Some(found),
                    None => self.store.projection(&wanted.key).await?.map(|found| (found.rev, found.value)),
                };
                let (rev, mut projection) = match found {
                    Some((rev, projection)) => (Some(rev), projection),
                    // Not there, and not needed any more.
                    None if wanted.life != Life::Open => continue,
                    None => (None, Projection::new(wanted.clone(), owner.clone(), key.clone())),
                };
                if rev.is_some()
                    && projection.wanted.as_ref() == Some(&wanted)
                    && projection.owner == owner
                    && projection.source == *key
                {
                    continue;
                }
                // Not the fact itself: it may change in what nothing is derived from.
                projection.fact = Fingerprint::of(&wanted);
                projection.source = key.clone();
                projection.owner = owner.clone();
                hints.push(WorkKey::Projection(wanted.key.clone()));
                projection.wanted = Some(wanted);
                commit.projections.push((rev, projection));
            }
        }
        for (key, (rev, mut projection)) in ours {
            if projection.wanted.take().is_some() {
                hints.push(WorkKey::Projection(key));
                commit.projections.push((Some(rev), projection));
            }
        }
        let did =
            if commit.facts.is_empty() && commit.projections.is_empty() { Did::Nothing } else { Did::Noted };
        let mut outcome = Outcome::done(did).hint(hints);
        if outcome.did == Did::Noted {
            commit.hints = self.take_hints(&mut outcome);
            self.store.commit(commit).await?;
        }
        Ok(match recheck_at.filter(|at| now < *at) {
            Some(at) => outcome.again(at),
            None => outcome,
        })
    }

    /// A fact that is gone: nothing is wanted because of it any more.
    async fn drop_fact(&self, key: &FactKey) -> Result<Outcome, Trouble> {
        let Some(known) = self.store.fact(key).await? else { return Ok(Outcome::nothing()) };
        let mut commit = Commit { gone_facts: vec![(known.rev, key.clone())], ..Commit::default() };
        let mut hints = Vec::new();
        if let Some(owner) = known.value.owner {
            for found in self.store.projections_of(&owner).await? {
                let mut projection = found.value;
                if projection.source == *key && projection.wanted.take().is_some() {
                    hints.push(WorkKey::Projection(projection.key.clone()));
                    commit.projections.push((Some(found.rev), projection));
                }
            }
            if !self.enrich.is_empty() {
                hints.extend(self.links_of([owner]).await?);
            }
        }
        let mut outcome = Outcome::done(Did::Noted).hint(hints);
        commit.hints = self.take_hints(&mut outcome);
        self.store.commit(commit).await?;
        Ok(outcome)
    }

    async fn links_of(&self, owners: impl IntoIterator<Item = RecordId>) -> Result<Vec<WorkKey>, Trouble> {
        let mut keys = Vec::new();
        for owner in owners {
            let link = self.store.link_of(Side::Left, &RecordRef::top(owner)).await?;
            keys.extend(link.filter(|link| link.value.is_live()).map(|link| WorkKey::Link(link.value.id)));
        }
        keys.dedup();
        Ok(keys)
    }
}
