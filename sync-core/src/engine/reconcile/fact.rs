use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::super::collection::Read;
use super::super::fault::{Fault, FaultKind};
use super::super::link::Link;
use super::super::mapping::Fields;
use super::super::projection::{Projection, ProjectionKey};
use super::super::record::{Fingerprint, RecordId, RecordRef, Side, Snapshot};
use super::super::rule::{Derived, Fact, FactKey, Life, Wanted};
use super::super::runtime::{Facts, Origin, Runtime, Trouble};
use super::{Did, Outcome};
use crate::Versioned;
use crate::queue::{Hint, WorkKey};
use crate::store::{Commit, CommitError};

/// How often a fact is stored anew because another one of the same record was stored meanwhile.
const TRIES: usize = 5;

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

    /// Works on a fact: asks for it, stores it, and what follows from it. Writes nothing at any service.
    pub(in super::super) async fn fact(&self, key: &FactKey) -> Result<Outcome, Trouble> {
        let facts = self.facts_in(&key.collection)?;
        // Before it is asked for: what somebody else stores from now on may be younger than the answer.
        let known = self.store.fact(key).await?;
        let asked_at = self.now();
        match self.told(self.account(Side::Left), facts.collection.get(&key.at).await)? {
            Read::Found(snapshot) => self.keep_fact(key, &snapshot, known, asked_at).await,
            Read::Gone => self.drop_fact(key).await,
            Read::MovedTo(survivor) => {
                let survivor = FactKey::new(&key.collection, survivor);
                Ok(self.drop_fact(key).await?.hint([WorkKey::Fact(survivor)]))
            }
        }
    }

    /// Stores a fact as it was listed, and what follows from it. `None` if it is known otherwise, and that may be younger
    /// than the list: then it has to be asked for.
    pub(in super::super) async fn take_listed(
        &self,
        key: &FactKey,
        row: &Snapshot,
        listed_at: Timestamp,
        known: Option<Versioned<Fact>>,
    ) -> Result<Option<Outcome>, Trouble> {
        if let Some(known) =
            known.as_ref().filter(|known| known.value.fingerprint != Fingerprint::of(&row.raw))
        {
            // Another process, whose clock is another one, may have stored it while it was listed.
            let doubt = self.facts_in(&key.collection)?.collection.caps().read_lag + self.skew;
            let is_old = known.value.seen_at.checked_add(doubt).is_ok_and(|until| until < listed_at);
            if !is_old {
                return Ok(None);
            }
        }
        self.keep_fact(key, row, known, listed_at).await.map(Some)
    }

    /// Stores a fact, unless somebody else has done so since it was `known`, and what follows from it.
    async fn keep_fact(
        &self,
        key: &FactKey,
        snapshot: &Snapshot,
        known: Option<Versioned<Fact>>,
        seen_at: Timestamp,
    ) -> Result<Outcome, Trouble> {
        for _ in 0..TRIES {
            match self.store_fact(key, snapshot, known.as_ref(), seen_at).await {
                Err(Trouble::Commit(CommitError::Stale(_))) => {}
                outcome => return outcome,
            }
            // Unless it is this fact that somebody else has stored, it was another one of the same record.
            let is_known = self.store.fact(key).await?;
            if is_known.map(|fact| fact.rev) != known.as_ref().map(|fact| fact.rev) {
                break;
            }
        }
        self.store_fact(key, snapshot, known.as_ref(), seen_at).await
    }

    async fn store_fact(
        &self,
        key: &FactKey,
        snapshot: &Snapshot,
        known: Option<&Versioned<Fact>>,
        seen_at: Timestamp,
    ) -> Result<Outcome, Trouble> {
        let Consequences { owner, wanted, recheck_at } = self.derive(&key.collection, snapshot);
        let fingerprint = Fingerprint::of(&snapshot.raw);
        let mut commit = Commit::default();
        let mut hints = Vec::new();
        let raw = snapshot.raw.clone();
        let fact = Fact { key: key.clone(), owner: owner.clone(), fingerprint, raw, seen_at };
        let before = known.and_then(|known| known.value.owner.clone());
        if known.is_none_or(|known| !known.value.is_same(&fact)) {
            let owners: BTreeSet<_> = [owner.clone(), before.clone()].into_iter().flatten().collect();
            for owner in owners {
                hints.extend(self.to_compute_anew(&owner, key, Some(&fact), &mut commit).await?);
            }
            commit.facts.push((known.map(|known| known.rev), fact));
        }
        let mut ours: BTreeMap<ProjectionKey, (_, Projection)> = BTreeMap::new();
        // Nothing follows yet from what is not known, and an owner may have a great many.
        if let Some(owner) = before.as_ref().or(owner.as_ref()).filter(|_| known.is_some()) {
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
            self.commit_fact(commit, &mut outcome).await?;
        }
        let now = self.now();
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
            hints.extend(self.to_compute_anew(&owner, key, None, &mut commit).await?);
        }
        let mut outcome = Outcome::done(Did::Noted).hint(hints);
        self.commit_fact(commit, &mut outcome).await?;
        Ok(outcome)
    }

    /// Commits a fact with the hints of what follows from it. Where the queue is another place, these are there before as
    /// well as after: once the fact is stored, nothing else would tell of them.
    async fn commit_fact(&self, mut commit: Commit, outcome: &mut Outcome) -> Result<(), Trouble> {
        commit.hints = self.take_hints(outcome);
        if let Some(Origin { tenant, priority }) = &self.origin {
            let hint = |key: &WorkKey| Hint::new(key.clone(), tenant, *priority);
            self.mark_all(&outcome.hints.iter().map(hint).collect::<Vec<_>>())
                .await
                .map_err(CommitError::Store)?;
        }
        Ok(self.store.commit(commit).await?)
    }

    /// The link of a left record of which something else is computed once one of its facts is `after`, `None` if it is gone.
    ///
    /// Where the record itself is kept as a fact, that can be told without asking for it; and whoever changes another fact
    /// of it meanwhile is found out, as each of them writes the record's fact again.
    async fn to_compute_anew(
        &self,
        owner: &RecordId,
        key: &FactKey,
        after: Option<&Fact>,
        commit: &mut Commit,
    ) -> Result<Option<WorkKey>, Trouble> {
        if self.enrich.is_empty() {
            return Ok(None);
        }
        let at = RecordRef::top(owner.clone());
        let link = self.store.link_of(Side::Left, &at).await?.map(|found| found.value).filter(Link::is_live);
        // Who is in no pair yet is computed with all of them at its birth.
        let Some(link) = link else { return Ok(None) };
        let own = FactKey::new(self.collection(Side::Left).name(), at);
        // What changes in the record itself is looked at with the record.
        let own = if own == *key { None } else { self.store.fact(&own).await? };
        if let Some(Versioned { rev, value: own }) = own {
            let mut facts = self.store.facts_of(owner).await?;
            let before = self.computed(&own, &facts);
            facts.retain(|fact| fact.key != *key);
            let after = after.filter(|fact| fact.owner.as_ref() == Some(owner));
            facts.extend(after.cloned());
            facts.sort_by(|one, other| one.key.cmp(&other.key));
            let after = self.computed(&own, &facts);
            commit.facts.push((Some(rev), own));
            // That it is to be computed anew earlier than was known is seen to by a look at the link.
            let is_in_time = after.1.is_none() || after.1 == before.1;
            if after.0 == before.0 && is_in_time {
                return Ok(None);
            }
        }
        Ok(Some(WorkKey::Link(link.id)))
    }

    /// The fields of a left record with these facts, and when they become others by themselves.
    fn computed(&self, own: &Fact, facts: &[Fact]) -> (Fields, Option<Timestamp>) {
        let (snapshot, today) = (Snapshot::new(own.key.at.clone(), own.raw.clone()), self.today());
        let moments = self.enrich.iter().filter_map(|enrich| enrich.recheck_at(facts, today));
        (self.enriched(&snapshot, facts), moments.min())
    }
}
