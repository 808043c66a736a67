use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::collection::{Marker, Probe};
use super::link::{Link, LinkId, Projection, ProjectionKey};
use super::mapping::{Fields, Mapper};
use super::matching::{Birth, Candidate, birth};
use super::pass::{Facts, Pass, PassError, failed, list_all};
use super::plan::{Change, FactCount, Plan, PlannedProjection, PlannedRecord, ProjectionStep, RecordStep};
use super::record::{Fingerprint, RecordId, Scope, Side, Snapshot};
use super::rule::{Life, Rule, Wanted};
use crate::Versioned;

/// Above this many records without a link the right side is listed as a whole; below, each is searched for.
const SEARCH_AT_MOST: usize = 50;
/// More hits than this are too many to choose from anyway.
const HITS: usize = 10;

/// Makes one plan.
pub(super) struct Planner<'a> {
    pass: &'a Pass,
    /// Positions by which records are looked for: the first field of each matcher, and every unique one. The other
    /// fields of a matcher only narrow down what the first one finds.
    positions: Vec<usize>,
    unique: Vec<usize>,
}

/// A left record with what follows from it.
struct Left {
    snapshot: Snapshot,
    link: LinkId,
    row: Fingerprint,
    fields: Fields,
}

/// The right records that may be partners.
#[derive(Default)]
struct Candidates {
    by_value: HashMap<(usize, String), Vec<RecordId>>,
    by_marker: HashMap<String, Vec<RecordId>>,
    records: HashMap<RecordId, (Snapshot, Fields)>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(pass: &'a Pass) -> Self {
        let mapping = &pass.mapping;
        let unique: Vec<_> =
            pass.right.caps().unique.iter().filter_map(|name| mapping.position(name)).collect();
        let mut positions: Vec<_> =
            mapping.matchers().iter().filter_map(|m| m.first()).chain(&unique).copied().collect();
        positions.sort_unstable();
        positions.dedup();
        Self { pass, positions, unique }
    }

    pub(super) async fn plan(self) -> Result<Plan, PassError> {
        let pass = self.pass;
        pass.bind().await?;
        let set_up = pass.right.set_up().await.map_err(|fault| failed(&pass.right, fault))?;
        let listed = list_all(pass.left.as_ref(), &Scope::All).await;
        let left: Vec<_> =
            listed.map_err(|f| failed(&pass.left, f))?.into_iter().map(|s| self.left(s)).collect();
        let links = pass.links().await?;
        let linked: HashSet<_> = links.iter().filter_map(|l| l.value.right.clone()).collect();
        let links: HashMap<_, _> = links.into_iter().map(|l| (l.value.id.clone(), l.value)).collect();

        let unlinked: Vec<_> = left.iter().filter(|l| !links.contains_key(&l.link)).collect();
        let candidates = self.candidates(&unlinked).await?;
        let mut shared: HashMap<(usize, &str), u32> = HashMap::new();
        let keys: HashSet<_> =
            pass.mapping.matchers().iter().flatten().chain(&self.unique).copied().collect();
        for record in &left {
            for (position, value) in keys.iter().filter_map(|i| Some((*i, record.fields.get(*i).text()?))) {
                *shared.entry((position, value)).or_default() += 1;
            }
        }
        let mut records: Vec<_> = left
            .iter()
            .map(|l| {
                let is_shared =
                    |i| l.fields.get(i).text().is_some_and(|v| shared.get(&(i, v)).is_some_and(|n| *n > 1));
                let step = match links.get(&l.link) {
                    Some(link) => self.linked(link, l),
                    None => self.unlinked(l, is_shared, &candidates, &linked),
                };
                self.planned(l, step, &candidates)
            })
            .collect();

        part_rivals(&mut records);

        let (wanted, facts) = self.wanted(&left).await?;
        let known = pass.projections().await?;
        let projections = plan_projections(pass, wanted, &known, &records);
        let mut plan = Plan {
            id: String::new(),
            set_up: set_up.missing,
            records,
            projections,
            facts,
            target: pass.right.name().to_owned(),
            untouched: set_up.untouched,
        };
        plan.id = Fingerprint::of(&plan).as_str().chars().take(12).collect();
        Ok(plan)
    }

    fn left(&self, snapshot: Snapshot) -> Left {
        Left {
            link: self.pass.link_id(&snapshot.at.id),
            row: Fingerprint::of(&snapshot.raw),
            fields: self.pass.mapping.read(Side::Left, &snapshot),
            snapshot,
        }
    }

    fn values<'f>(&self, fields: &'f Fields) -> impl Iterator<Item = (usize, &'f str)> {
        self.positions.clone().into_iter().filter_map(|i| Some((i, fields.get(i).text()?)))
    }

    /// Finds possible partners: by one walk over the right side, or by searches if there are few to find.
    async fn candidates(&self, unlinked: &[&Left]) -> Result<Candidates, PassError> {
        let right = &self.pass.right;
        let mut candidates = Candidates::default();
        if unlinked.len() > SEARCH_AT_MOST {
            let all = list_all(right.as_ref(), &Scope::All).await.map_err(|fault| failed(right, fault))?;
            for snapshot in all {
                self.add(&mut candidates, snapshot);
            }
            return Ok(candidates);
        }
        for left in unlinked {
            let by_marker = Probe::Marker(left.link.marker());
            let by_value = self.values(&left.fields).map(|(i, value)| Probe::Field {
                name: self.pass.mapping.name(i).to_owned(),
                value: value.to_owned(),
            });
            for probe in by_value.chain([by_marker]) {
                let found =
                    right.find(&Scope::All, &probe, HITS).await.map_err(|fault| failed(right, fault))?;
                for snapshot in found {
                    self.add(&mut candidates, snapshot);
                }
            }
        }
        Ok(candidates)
    }

    fn add(&self, candidates: &mut Candidates, snapshot: Snapshot) {
        let id = snapshot.at.id.clone();
        if candidates.records.contains_key(&id) {
            return;
        }
        let fields = self.pass.mapping.read(Side::Right, &snapshot);
        for (position, value) in self.values(&fields) {
            candidates.by_value.entry((position, value.to_owned())).or_default().push(id.clone());
        }
        if let Some(marker) = &snapshot.marker {
            candidates.by_marker.entry(marker.as_str().to_owned()).or_default().push(id.clone());
        }
        candidates.records.insert(id, (snapshot, fields));
    }

    /// What to do about a record whose pair is known.
    fn linked(&self, link: &Link, left: &Left) -> RecordStep {
        if link.pending.is_some() {
            return RecordStep::Resume;
        }
        match &link.right {
            Some(_) if link.row.as_ref() == Some(&left.row) => RecordStep::Unchanged,
            Some(right) => {
                let changes = self.changes_since(link, left);
                if changes.is_empty() && link.row.is_some() {
                    // Something changed that the mapping does not carry.
                    return RecordStep::Unchanged;
                }
                RecordStep::Update { right: right.clone(), changes }
            }
            None => RecordStep::Create,
        }
    }

    fn changes_since(&self, link: &Link, left: &Left) -> Vec<Change> {
        let mut now = BTreeMap::new();
        self.pass.mapping.remember(&left.fields, &mut now);
        let old = |side: &BTreeMap<String, Option<String>>, name: &str| side.get(name).cloned().flatten();
        let mapping = &self.pass.mapping;
        let changed = now
            .into_iter()
            .filter(|(name, value)| mapping.follows(name) && link.baseline.left.get(name) != Some(value));
        changed
            .map(|(field, after)| Change { before: old(&link.baseline.right, &field), field, after })
            .collect()
    }

    /// What to do about a record without a pair.
    fn unlinked(
        &self,
        left: &Left,
        shared: impl Fn(usize) -> bool,
        candidates: &Candidates,
        linked: &HashSet<RecordId>,
    ) -> RecordStep {
        let ours = candidates.by_marker.get(left.link.as_str()).into_iter().flatten();
        match ours.filter(|id| !linked.contains(*id)).collect::<Vec<_>>().as_slice() {
            [] => {}
            [ours] => return self.link_to(left, ours, candidates),
            _ => return RecordStep::Review { reason: several_carry(&left.link.marker()) },
        }
        let mut ids: Vec<_> = self
            .values(&left.fields)
            .filter_map(|(i, value)| candidates.by_value.get(&(i, value.to_owned())))
            .flatten()
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let possible: Vec<_> = ids
            .into_iter()
            .filter_map(|id| {
                let (_, fields) = candidates.records.get(id)?;
                Some(Candidate { id: id.clone(), fields: fields.clone(), linked: linked.contains(id) })
            })
            .collect();
        match birth(&self.pass.mapping, &left.fields, shared, &self.unique, &possible) {
            Birth::Create => RecordStep::Create,
            Birth::Link(id) => self.link_to(left, &id, candidates),
            Birth::Review(reason) => RecordStep::Review { reason },
        }
    }

    fn link_to(&self, left: &Left, right: &RecordId, candidates: &Candidates) -> RecordStep {
        let mapping = &self.pass.mapping;
        let Some((_, fields)) = candidates.records.get(right) else { return RecordStep::Create };
        let merge = mapping.merge(&BTreeMap::new(), &left.fields, fields);
        let fill = merge.writes.into_iter().map(|(i, after)| Change {
            field: mapping.name(i).to_owned(),
            before: fields.get(i).text().map(str::to_owned),
            after,
        });
        let kept = merge.kept.into_iter().map(|i| mapping.name(i).to_owned());
        RecordStep::Link { right: right.clone(), fill: fill.collect(), kept: kept.collect() }
    }

    fn planned(&self, left: &Left, step: RecordStep, candidates: &Candidates) -> PlannedRecord {
        let mapping = &self.pass.mapping;
        let right = match &step {
            RecordStep::Link { right, .. } => {
                candidates.records.get(right).map(|(snapshot, _)| snapshot.clone())
            }
            _ => None,
        };
        let left_out = left.fields.problems().iter().map(|(i, why)| format!("{} {why}", mapping.name(*i)));
        PlannedRecord {
            link: left.link.clone(),
            left: left.snapshot.at.id.clone(),
            label: mapping.label(&left.snapshot),
            step,
            left_out: left_out.collect(),
            row: left.row.clone(),
            fields: left.fields.clone(),
            right,
        }
    }

    /// What all facts call for, with the name of their collection.
    async fn wanted(&self, left: &[Left]) -> Result<(Vec<Wanted>, BTreeMap<String, FactCount>), PassError> {
        let owners: HashSet<_> = left.iter().map(|l| &l.snapshot.at.id).collect();
        let derive = |rules: &[Arc<dyn Rule>], fact: &Snapshot| -> Vec<Wanted> {
            rules.iter().flat_map(|rule| rule.derive(fact)).collect()
        };
        let from_left = left.iter().flat_map(|l| derive(&self.pass.left_rules, &l.snapshot));
        let mut all: Vec<_> = from_left.filter(|w| owners.contains(&w.owner)).collect();
        let mut counts = BTreeMap::new();
        for Facts { collection, rules } in &self.pass.facts {
            let facts =
                list_all(collection.as_ref(), &Scope::All).await.map_err(|f| failed(collection, f))?;
            let mut count = FactCount { read: facts.len(), ..FactCount::default() };
            for fact in &facts {
                let wanted = derive(rules, fact);
                count.without_effect += usize::from(wanted.is_empty());
                let (owned, orphans): (Vec<_>, Vec<_>) =
                    wanted.into_iter().partition(|w| owners.contains(&w.owner));
                count.without_owner += usize::from(!orphans.is_empty());
                all.extend(owned);
            }
            counts.insert(collection.name().to_owned(), count);
        }
        Ok((all, counts))
    }
}

pub(super) fn several_carry(marker: &Marker) -> String {
    format!("several records carry the marker {marker}: delete all but one")
}

/// Several left records that would take one partner, each for reasons of its own, get none.
fn part_rivals(records: &mut [PlannedRecord]) {
    let mut suitors: HashMap<RecordId, usize> = HashMap::new();
    for record in records.iter() {
        if let RecordStep::Link { right, .. } = &record.step {
            *suitors.entry(right.clone()).or_default() += 1;
        }
    }
    for record in records {
        let RecordStep::Link { right, .. } = &record.step else { continue };
        if suitors.get(right).is_some_and(|n| *n > 1) {
            let reason = format!(
                "record {right} matches, but is matched by others as well: give each a key of its own"
            );
            record.step = RecordStep::Review { reason };
        }
    }
}

/// Decides about each derived record.
fn plan_projections(
    pass: &Pass,
    wanted: Vec<Wanted>,
    known: &BTreeMap<ProjectionKey, Versioned<Projection>>,
    records: &[PlannedRecord],
) -> Vec<PlannedProjection> {
    let in_review = |r: &&PlannedRecord| matches!(r.step, RecordStep::Review { .. });
    let in_review: HashSet<_> = records.iter().filter(in_review).map(|r| r.link.clone()).collect();
    let mut keys = HashSet::new();
    let planned = wanted.into_iter().filter_map(|w| {
        let owner = pass.link_id(&w.owner);
        let fingerprint = Fingerprint::of(&w.fields);
        if !keys.insert(w.key.clone()) {
            // Two facts that call for the same record call for one.
            return None;
        }
        let step = match known.get(&w.key).map(|p| &p.value) {
            None if w.life != Life::Open => return None,
            _ if in_review.contains(&owner) => ProjectionStep::Waiting,
            Some(p) if p.pending.is_some() => ProjectionStep::Resume,
            Some(p) if p.left_to_human || p.wrote.as_ref() == Some(&fingerprint) => ProjectionStep::Unchanged,
            Some(_) => ProjectionStep::Update,
            None => ProjectionStep::Create,
        };
        Some(PlannedProjection {
            key: w.key,
            into: w.into,
            owner,
            step,
            life: w.life,
            fields: w.fields,
            wanted: fingerprint,
        })
    });
    planned.collect()
}
