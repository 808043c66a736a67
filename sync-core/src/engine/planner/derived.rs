use std::collections::{BTreeMap, HashMap, HashSet};

use super::{PAGE, Planner};
use crate::engine::plan::{
    FactCount, PlannedProjection, PlannedRecord, ProjectionStep, RecordStep, SeenFact,
};
use crate::engine::projection::{Projection, ProjectionKey};
use crate::engine::reconcile::fact::Consequences;
use crate::engine::record::{Fingerprint, RecordId, Side, Snapshot};
use crate::engine::rule::{Fact, FactKey, Life, Wanted};
use crate::engine::runtime::{EngineError, Runtime};
use crate::queue::WorkKey;

/// What all facts call for.
#[derive(Default)]
pub(super) struct Calls {
    pub(super) facts: BTreeMap<Option<RecordId>, Vec<SeenFact>>,
    pub(super) counts: BTreeMap<String, FactCount>,
    pub(super) wanted: Vec<(RecordId, Wanted)>,
}

/// Whether a fact calls for anything.
enum Called {
    Nothing,
    ForNobody,
    ForOwner,
}

impl Calls {
    /// Notes what a fact calls for, and whom it belongs to.
    fn take(
        &mut self,
        runtime: &Runtime,
        key: &FactKey,
        snapshot: &Snapshot,
        owners: &HashSet<&RecordId>,
    ) -> (Option<RecordId>, Called) {
        let Consequences { owner, wanted, .. } = runtime.derive(&key.collection, snapshot);
        let owner = owner.filter(|owner| owners.contains(owner));
        let called = match (&owner, wanted.is_empty()) {
            (_, true) => Called::Nothing,
            (None, false) => Called::ForNobody,
            (Some(_), false) => Called::ForOwner,
        };
        if let Some(owner) = &owner {
            self.wanted.extend(wanted.into_iter().map(|wanted| (owner.clone(), wanted)));
        }
        (owner, called)
    }

    fn keep(&mut self, owner: Option<RecordId>, key: FactKey, snapshot: Option<Snapshot>) {
        self.facts.entry(owner).or_default().push(SeenFact { key, snapshot });
    }
}

impl Planner<'_> {
    /// Computes fields of left records from the facts as they were listed: these are stored before anything is written.
    pub(super) async fn enrich(&mut self) -> Result<(), EngineError> {
        let runtime = self.runtime;
        let mut facts: BTreeMap<FactKey, Fact> = BTreeMap::new();
        let left = runtime.collection(Side::Left).name();
        let own = self.listing.sides.left.records.values().map(|(snapshot, _)| (left, snapshot));
        let own = own.filter(|_| runtime.facts.contains_key(left));
        let others = self.facts.iter().flat_map(|(name, listed)| listed.iter().map(|fact| (*name, fact)));
        for (name, snapshot) in own.chain(others) {
            let key = FactKey::new(name, snapshot.at.clone());
            let owner = runtime.derive(name, snapshot).owner;
            let (fingerprint, raw) = (Fingerprint::of(&snapshot.raw), snapshot.raw.clone());
            let seen_at = self.listing.began();
            facts.insert(key.clone(), Fact { key, owner, fingerprint, raw, seen_at });
        }
        let mut by_owner: BTreeMap<&RecordId, Vec<&Fact>> = BTreeMap::new();
        for fact in facts.values() {
            if let Some(owner) = &fact.owner {
                by_owner.entry(owner).or_default().push(fact);
            }
        }
        let keys = runtime.keys();
        let listed = std::mem::take(&mut self.listing.sides.left);
        for (at, (snapshot, _)) in listed.records {
            let mut known = runtime.store.facts_of(&at.id).await?;
            known.retain(|fact| !facts.contains_key(&fact.key));
            known.extend(by_owner.get(&at.id).into_iter().flatten().copied().cloned());
            known.sort_by(|one, other| one.key.cmp(&other.key));
            let fields = runtime.enriched(&snapshot, &known);
            self.listing.sides.left.add(snapshot, fields, &keys);
        }
        Ok(())
    }

    /// What follows from all facts.
    pub(super) fn calls(&mut self, records: &[PlannedRecord]) -> Calls {
        let runtime = self.runtime;
        let owners: HashSet<&RecordId> = owners(records).map(|record| &record.at.id).collect();
        let mut calls = Calls::default();
        let left = runtime.collection(Side::Left).name();
        if runtime.facts.contains_key(left) {
            for (at, (snapshot, _)) in &self.listing.sides.left.records {
                let key = FactKey::new(left, at.clone());
                let (owner, _) = calls.take(runtime, &key, snapshot, &owners);
                calls.keep(owner, key, None);
            }
        }
        for (name, facts) in std::mem::take(&mut self.facts) {
            let mut count = FactCount { read: facts.len(), ..FactCount::default() };
            for snapshot in facts {
                let key = FactKey::new(name, snapshot.at.clone());
                let (owner, called) = calls.take(runtime, &key, &snapshot, &owners);
                match called {
                    Called::Nothing => count.without_effect += 1,
                    Called::ForNobody => count.without_owner += 1,
                    Called::ForOwner => {}
                }
                calls.keep(owner, key, Some(snapshot));
            }
            calls.counts.insert(name.to_owned(), count);
        }
        calls
    }

    /// Decides about each derived record.
    pub(super) async fn projections(
        &self,
        wanted: Vec<(RecordId, Wanted)>,
        records: &[PlannedRecord],
    ) -> Result<Vec<PlannedProjection>, EngineError> {
        let owners: HashMap<_, _> = owners(records).map(|record| (&record.at.id, record)).collect();
        let known = known_projections(self.runtime).await?;
        let mut keys = HashSet::new();
        let mut planned = Vec::new();
        for (owner, wanted) in wanted {
            // Two facts that call for the same record call for one.
            let Some(record) = owners.get(&owner).filter(|_| keys.insert(wanted.key.clone())) else {
                continue;
            };
            let has_ended = !record.has_link && record.step == RecordStep::Unchanged;
            let found = known.get(&wanted.key);
            let is_there = found.is_some_and(|p| p.at.is_some() || p.pending.is_some() || p.left_to_human);
            if !is_there && (wanted.life != Life::Open || has_ended) {
                continue;
            }
            let step = match found {
                _ if matches!(record.step, RecordStep::Review { .. }) => ProjectionStep::Waiting,
                Some(p) if p.pending.is_some() || self.is_answered(p) => ProjectionStep::Resume,
                Some(p) if p.left_to_human || is_up_to_date(p, &wanted) => ProjectionStep::Unchanged,
                Some(p) if p.at.is_some() => ProjectionStep::Update,
                _ => ProjectionStep::Create,
            };
            planned.push(PlannedProjection {
                key: wanted.key,
                into: wanted.into,
                owner: record.link.clone(),
                step,
                looks: !self.listing.untouched && record.step != RecordStep::Create,
            });
        }
        Ok(planned)
    }

    fn is_answered(&self, projection: &Projection) -> bool {
        self.known.answered.contains(&WorkKey::Projection(projection.key.clone()))
    }
}

async fn known_projections(runtime: &Runtime) -> Result<HashMap<ProjectionKey, Projection>, EngineError> {
    let (mut known, mut after) = (HashMap::new(), None);
    loop {
        let page = runtime.store.projections_page(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(known) };
        after = Some(last.value.key.clone());
        known.extend(page.into_iter().map(|found| (found.value.key.clone(), found.value)));
    }
}

/// The records that facts may belong to.
fn owners(records: &[PlannedRecord]) -> impl Iterator<Item = &PlannedRecord> {
    let is_there = |step: &RecordStep| !matches!(step, RecordStep::Missing { on: Side::Left, .. });
    records.iter().filter(move |r| r.side == Side::Left && r.at.parent.is_none() && is_there(&r.step))
}

fn is_up_to_date(projection: &Projection, wanted: &Wanted) -> bool {
    projection.wrote.as_ref().is_some_and(|wrote| wrote.fact == Fingerprint::of(wanted))
}
