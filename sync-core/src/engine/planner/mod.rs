mod derived;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::collection::{Marker, SetUp};
use super::decide::{Decision, Presence, Sight, decide};
use super::guard::{self, PlanFacts, is_pair};
use super::handle::Engine;
use super::link::{Link, LinkId, LinkStatus};
use super::listing::{Listing, list_all};
use super::mapping::Fields;
use super::merge::{FieldState, FieldStep};
use super::plan::{Basis, Change, Plan, PlannedProjection, PlannedRecord, RecordStep};
use super::policy::{Direction, Interval};
use super::reconcile::birth::{Newborn, Partner};
use super::record::{RecordRef, Scope, Side, Snapshot};
use super::runtime::{Births, EngineError, Runtime, Source};
use super::value::Pair;
use crate::queue::WorkKey;

/// How many links or projections are read at once.
const PAGE: usize = 500;

impl Engine {
    /// Reads both sides and decides what to do, everything at once. Writes nothing, neither at a service nor in the store.
    ///
    /// # Errors
    ///
    /// A side cannot be read, or the state belongs to other accounts.
    pub async fn plan(&self) -> Result<Plan, EngineError> {
        let runtime = &self.runtime;
        runtime.bind().await?;
        let set_up = set_up(runtime).await?;
        let planner = Planner::look(runtime, set_up.right.untouched).await?;
        planner.plan(set_up).await
    }
}

/// What must be set up before the first write.
async fn set_up(runtime: &Runtime) -> Result<Pair<SetUp>, EngineError> {
    let mut set_up = Pair::<SetUp>::default();
    for side in Side::BOTH.into_iter().filter(|side| *side == Side::Right || may_be_written(runtime, *side)) {
        let collection = runtime.collection(side);
        set_up[side] = runtime.answered(side, collection, collection.set_up().await)?;
    }
    Ok(set_up)
}

/// Whether records of a side may be created or written.
fn may_be_written(runtime: &Runtime, side: Side) -> bool {
    runtime.births[side.other()] != Births::Ignore
        || runtime.mapper.rules().fields.iter().any(|rules| rules.direction.allows(side))
}

/// The links of the store, found by their records.
#[derive(Default)]
struct Known {
    live: Pair<HashMap<RecordRef, Arc<Link>>>,
    /// Records of which a link has ended.
    ended: Pair<HashSet<RecordRef>>,
    /// Links with a create that is not answered, by the marker that it was sent with.
    creates: BTreeMap<Marker, Arc<Link>>,
    /// What people have answered about.
    answered: HashSet<WorkKey>,
}

/// Makes one plan.
struct Planner<'a> {
    runtime: &'a Runtime,
    listing: Listing,
    known: Known,
    /// The facts of each collection but the left one itself.
    facts: BTreeMap<&'a str, Vec<Snapshot>>,
}

impl<'a> Planner<'a> {
    /// Lists what the plan is to be made from.
    async fn look(runtime: &'a Runtime, untouched: bool) -> Result<Self, EngineError> {
        let mut listing = Listing::new(runtime.now());
        listing.untouched = untouched;
        runtime.list_side(Side::Left, &mut listing).await?;
        let mut facts = BTreeMap::new();
        let left = runtime.collection(Side::Left).name();
        for (name, collection) in runtime.facts.iter().filter(|(name, _)| *name != left) {
            let collection = collection.collection.as_ref();
            let listed = list_all(collection, &Scope::All).await;
            facts.insert(name.as_str(), runtime.answered(Side::Left, collection, listed)?);
        }
        let mut planner = Self { runtime, listing, known: Known::load(runtime).await?, facts };
        if !runtime.enrich.is_empty() {
            planner.enrich().await?;
        }
        let enforces = runtime.mapper.rules().fields.iter().any(|rules| rules.enforce);
        if may_be_written(runtime, Side::Left) || enforces || planner.has_single_left() {
            runtime.list_side(Side::Right, &mut planner.listing).await?;
            planner.listing.knows_right = true;
        }
        Ok(planner)
    }

    /// Whether some left record has no partner.
    fn has_single_left(&self) -> bool {
        let is_single = |at: &RecordRef| {
            let link = self.known.live.left.get(at);
            link.is_none_or(|link| link.ends.right.is_none() && link.pending.is_none())
        };
        self.runtime.births.left != Births::Ignore && self.listing.sides.left.records.keys().any(is_single)
    }

    async fn plan(mut self, set_up: Pair<SetUp>) -> Result<Plan, EngineError> {
        let mut records = self.records(Side::Left).await?;
        let taken: HashSet<RecordRef> = records
            .iter()
            .filter_map(|record| match &record.step {
                RecordStep::Link { partner, .. } => Some(partner.clone()),
                _ => None,
            })
            .collect();
        part_rivals(&mut records, &self.known.answered);
        records.extend(self.missing());
        if self.listing.knows_right {
            let right = self.records(Side::Right).await?;
            records.extend(right.into_iter().filter(|record| !taken.contains(&record.at)));
        }
        let calls = self.calls(&records);
        let projections = self.projections(calls.wanted, &records).await?;
        let facts = self.facts(&records, &projections).await?;
        let runtime = self.runtime;
        let name = |side| runtime.collection(side).name().to_owned();
        let basis = Basis {
            listing: self.listing,
            made_at: runtime.now(),
            facts: calls.facts.into_iter().map(|(owner, facts)| (owner, facts.into())).collect(),
            set_up: Pair::new(!set_up.left.missing.is_empty(), !set_up.right.missing.is_empty()),
            names: Pair::new(name(Side::Left), name(Side::Right)),
        };
        let set_up: Vec<_> = set_up.left.missing.into_iter().chain(set_up.right.missing).collect();
        Ok(Plan {
            id: Plan::id_of(&set_up, records.iter(), projections.iter()),
            verdicts: runtime.judged(&facts),
            set_up,
            records,
            projections,
            facts: calls.counts,
            target: basis.names.right.clone(),
            basis: Arc::new(basis),
        })
    }

    /// What the guards judge.
    async fn facts(
        &self,
        records: &[PlannedRecord],
        projections: &[PlannedProjection],
    ) -> Result<PlanFacts, EngineError> {
        let standing = self.runtime.standing().await?;
        let mut facts = PlanFacts {
            pairs: self.known.live.left.values().filter(|link| is_pair(link)).count(),
            counts: guard::count(records.iter().map(|record| &record.step), self.runtime.mapper.as_ref()),
            acts: records.iter().filter(|record| record.step.acts()).count()
                + projections.iter().filter(|planned| planned.step.acts()).count(),
            is_first: standing.is_first,
            is_remapped: standing.is_remapped,
            ..PlanFacts::default()
        };
        for side in Side::BOTH.into_iter().filter(|side| self.has_listed(*side)) {
            let should_be_there = self.known.live[side].values().filter(|link| !self.is_recent(side, link));
            facts.known[side] = should_be_there.count();
            facts.missing[side] =
                self.known.live[side].values().filter(|link| self.is_missing(side, link)).count();
            facts.listed[side] = Some(self.listing.sides[side].records.len());
        }
        Ok(facts)
    }

    fn has_listed(&self, side: Side) -> bool {
        side == Side::Left || self.listing.knows_right
    }

    /// Whether the record of a link may be too new to be in a list.
    fn is_recent(&self, side: Side, link: &Link) -> bool {
        let caps = self.runtime.collection(side).caps();
        let listed_from = |at: Timestamp| at.checked_add(caps.index_lag.max(caps.read_lag)).unwrap_or(at);
        link.wrote_at[side].is_some_and(|at| self.listing.began() <= listed_from(at))
    }

    /// Whether a side does not list the record of a link, and should.
    fn is_missing(&self, side: Side, link: &Link) -> bool {
        let is_listed = |at: &RecordRef| self.listing.sides[side].records.contains_key(at);
        self.has_listed(side)
            && link.ends[side].as_ref().is_some_and(|at| !is_listed(at))
            && !self.is_recent(side, link)
    }

    /// Entries for the left records of pairs that are not listed any more.
    fn missing(&self) -> Vec<PlannedRecord> {
        let mut missing = Vec::new();
        let known: BTreeMap<_, _> = self.known.live.left.iter().collect();
        for (at, link) in known.into_iter().filter(|(_, link)| self.is_missing(Side::Left, link)) {
            let partner = link.ends.right.clone();
            let listed = partner.as_ref().and_then(|at| self.listing.record(Side::Right, at));
            let step = match link.pending {
                Some(_) => RecordStep::Resume,
                None => RecordStep::Missing { on: Side::Left, partner },
            };
            missing.push(PlannedRecord {
                link: link.id.clone(),
                side: Side::Left,
                at: at.clone(),
                label: listed.map_or_else(
                    || at.id.to_string(),
                    |(snapshot, _)| self.runtime.mapper.label(Side::Right, snapshot),
                ),
                step,
                left_out: Vec::new(),
                has_link: true,
            });
        }
        missing
    }

    /// What is planned for the records of a side. Of the right ones those whose left one is listed are left out.
    async fn records(&self, side: Side) -> Result<Vec<PlannedRecord>, EngineError> {
        let mapper = &self.runtime.mapper;
        let mut records = Vec::new();
        for (at, (snapshot, fields)) in &self.listing.sides[side].records {
            let link = self.known.live[side].get(at);
            let has_entry = |link: &Arc<Link>| {
                let left = link.ends.left.as_ref();
                left.is_some_and(|at| self.listing.record(Side::Left, at).is_some())
                    || self.is_missing(Side::Left, link)
            };
            if side == Side::Right && link.is_some_and(has_entry) {
                continue;
            }
            let founded = LinkId::founded_by(&self.runtime.name, side, at, 1);
            let (id, step) = match link {
                Some(link) => (link.id.clone(), Some(self.linked(side, link, at, snapshot, fields).await?)),
                None if self.known.ended[side].contains(at) && !self.has_returned(side, at).await? => {
                    (founded, (side == Side::Left).then_some(RecordStep::Unchanged))
                }
                None => {
                    let about = WorkKey::Birth(side, at.clone());
                    (founded, self.single(&about, side, at, snapshot, fields).await?)
                }
            };
            let is_quiet = side == Side::Right && step == Some(RecordStep::Unchanged);
            let Some(step) = step.filter(|_| !is_quiet) else { continue };
            let left_out = fields.problems().iter().map(|(at, why)| format!("{} {why}", mapper.name(*at)));
            records.push(PlannedRecord {
                link: id,
                side,
                at: at.clone(),
                label: mapper.label(side, snapshot),
                step,
                left_out: left_out.collect(),
                has_link: link.is_some(),
            });
        }
        Ok(records)
    }

    /// Whether a record is there again whose pair ended because it was gone.
    async fn has_returned(&self, side: Side, at: &RecordRef) -> Result<bool, EngineError> {
        let ended = self.runtime.store.link_of(side, at).await?;
        Ok(ended.is_none_or(|ended| ended.value.gone_at[side].is_some()))
    }

    /// What to do about a record whose link is known.
    async fn linked(
        &self,
        side: Side,
        link: &Link,
        at: &RecordRef,
        snapshot: &Snapshot,
        fields: &Fields,
    ) -> Result<RecordStep, EngineError> {
        if link.pending.is_some() {
            return Ok(RecordStep::Resume);
        }
        let other = side.other();
        let about = WorkKey::Link(link.id.clone());
        let is_answered = self.known.answered.contains(&about);
        let Some(partner) = link.ends[other].clone() else {
            let step = self.single(&about, side, at, snapshot, fields).await?;
            let step = step.unwrap_or(RecordStep::Unchanged);
            if step == RecordStep::Create && !is_answered && self.runtime.is_refused(link, side, fields) {
                return self.refused(link).await;
            }
            return Ok(step);
        };
        if self.is_missing(other, link) {
            return Ok(RecordStep::Missing { on: other, partner: Some(partner) });
        }
        let theirs = self.listing.sides[other].records.get(&partner);
        let in_scope = self.runtime.is_in_scope(side, snapshot)
            && theirs.is_none_or(|(theirs, _)| self.runtime.is_in_scope(other, theirs));
        let mut changes = Vec::new();
        let mut differs =
            is_answered || link.is_unfinished() || in_scope == (link.status == LinkStatus::Paused);
        if in_scope {
            let mut news = self.news(side, fields, link);
            match theirs {
                None => changes.extend(news.iter().filter_map(|at| self.since(side, *at, fields, link))),
                Some((_, theirs)) => {
                    news.extend(self.news(other, theirs, link));
                    let states = self.runtime.schema.states_by(link, &[fields, theirs]);
                    let mut steps = self.merged(side, fields, theirs, &states);
                    steps.retain(|(at, _)| news.contains(at));
                    changes.extend(steps.iter().filter_map(|step| self.write(side, step, fields, theirs)));
                }
            }
            differs |= !news.is_empty();
        }
        Ok(if differs { RecordStep::Update { partner, changes } } else { RecordStep::Unchanged })
    }

    /// A record of which the service has refused to make a partner: the same is not sent again.
    async fn refused(&self, link: &Link) -> Result<RecordStep, EngineError> {
        let open = self.runtime.store.reviews_about(&WorkKey::Link(link.id.clone())).await?;
        let open = open.into_iter().find(|review| review.field.is_none());
        let reason =
            open.map_or_else(|| "its create was refused: correct it".to_owned(), |open| open.message);
        Ok(RecordStep::Review { reason })
    }

    /// Fields in which a side shows what its link does not know, and which may go to the other one.
    fn news(&self, side: Side, fields: &Fields, link: &Link) -> BTreeSet<usize> {
        let goes_over = |at: &usize| {
            let rules = self.runtime.mapper.rules().fields.get(*at);
            rules.is_some_and(|rules| rules.direction.allows(side.other()) || rules.enforce)
        };
        self.runtime.news(side, fields, link).into_iter().filter(goes_over).collect()
    }

    /// A change since the sides agreed, as far as it is known without a look at the other one.
    fn since(&self, side: Side, position: usize, fields: &Fields, link: &Link) -> Option<Change> {
        let to = side.other();
        let rules = self.runtime.mapper.rules().fields.get(position)?;
        let states = self.runtime.schema.states_by(link, &[fields]);
        let agreed = states.get(position).and_then(|state| state.agreed[to].as_ref());
        let change = Change {
            field: rules.name.clone(),
            to,
            before: agreed.and_then(|agreed| Change::shown(&agreed.value()?)),
            after: Change::shown(fields.get(position)),
        };
        rules.direction.allows(to).then_some(change)
    }

    /// The merge of two records as they were listed.
    fn merged(
        &self,
        side: Side,
        ours: &Fields,
        theirs: &Fields,
        state: &[FieldState],
    ) -> Vec<(usize, FieldStep)> {
        let (ours, theirs) = (Presence::Alive(ours.clone()), Presence::Alive(theirs.clone()));
        let presence = match side {
            Side::Left => Pair::new(&ours, &theirs),
            Side::Right => Pair::new(&theirs, &ours),
        };
        let changed = Pair::new(Interval::UNKNOWN, Interval::UNKNOWN);
        let sight = Sight { presence, changed, state, now: self.runtime.now() };
        match decide(self.runtime.mapper.rules(), &sight) {
            Decision::Merge(steps) => steps,
            // Of two records that are there nothing else can come but that one of them shows what was replaced.
            _ => Vec::new(),
        }
    }

    /// The change that a step of a merge means; `None` if it writes nothing.
    fn write(&self, side: Side, step: &(usize, FieldStep), ours: &Fields, theirs: &Fields) -> Option<Change> {
        let (position, FieldStep::Write(write)) = step else { return None };
        let there = if write.to == side { ours } else { theirs };
        Some(Change {
            field: self.runtime.mapper.name(*position).to_owned(),
            to: write.to,
            before: Change::shown(there.get(*position)),
            after: Change::shown(&write.value),
        })
    }

    /// What to do about a record without a partner; `None` if it is none of ours.
    async fn single(
        &self,
        about: &WorkKey,
        side: Side,
        at: &RecordRef,
        snapshot: &Snapshot,
        fields: &Fields,
    ) -> Result<Option<RecordStep>, EngineError> {
        let runtime = self.runtime;
        if runtime.births[side] == Births::Ignore || !runtime.is_in_scope(side, snapshot) {
            return Ok(None);
        }
        let mut forgotten = false;
        if let Some(marker) = &snapshot.marker {
            let link = match self.known.creates.get(marker) {
                Some(link) => Some(link.as_ref().clone()),
                None => runtime.store.link(&LinkId::new(marker.as_str())).await?.map(|found| found.value),
            };
            match link {
                Some(link) if link.is_live() && link.ends[side].is_none() => {
                    return Ok(Some(RecordStep::Resume));
                }
                Some(_) => {}
                None => forgotten = true,
            }
        }
        let newborn = Newborn { side, at, snapshot, fields, forgotten };
        let partner = runtime.partner_of(&newborn, Source::Listed(&self.listing)).await;
        let partner = partner.map_err(|trouble| runtime.stopped(trouble))?;
        let answered = runtime.with_answer(about, side.other(), partner).await;
        Ok(match answered.map_err(|trouble| runtime.stopped(trouble))?.0 {
            Partner::Left => Some(RecordStep::Unchanged),
            Partner::Create if runtime.births[side] == Births::MatchOnly => None,
            Partner::Create => Some(RecordStep::Create),
            Partner::Free(partner) | Partner::Waiting(_, partner) => {
                Some(self.meeting(side, fields, partner))
            }
            Partner::Later(_) => Some(RecordStep::Resume),
            Partner::Ask(reason) => Some(RecordStep::Review { reason }),
        })
    }

    /// Two records that meet for the first time.
    fn meeting(&self, side: Side, fields: &Fields, partner: RecordRef) -> RecordStep {
        let theirs = self.listing.sides[side.other()].records.get(&partner);
        let Some((_, theirs)) = theirs else {
            return RecordStep::Link { partner, fill: vec![], kept: vec![] };
        };
        let (mut fill, mut kept) = (Vec::new(), Vec::new());
        for step in self.merged(side, fields, theirs, &[]) {
            let position = step.0;
            let (ours, other) = (fields.get(position), theirs.get(position));
            let rules = self.runtime.mapper.rules().fields.get(position);
            // What is written on creation only is not an agreement's business.
            let is_kept = ours.has_value()
                && other.has_value()
                && ours != other
                && rules.is_some_and(|rules| !matches!(rules.direction, Direction::OnCreate(_)));
            match self.write(side, &step, fields, theirs) {
                Some(change) => fill.push(change),
                None if is_kept => kept.push(self.runtime.mapper.name(position).to_owned()),
                None => {}
            }
        }
        RecordStep::Link { partner, fill, kept }
    }
}

impl Known {
    async fn load(runtime: &Runtime) -> Result<Self, EngineError> {
        let (mut known, mut after) = (Self::default(), None);
        known.answered.extend(runtime.answered_keys().await?);
        loop {
            let page = runtime.store.links_page(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(known) };
            after = Some(last.value.id.clone());
            for link in page.into_iter().map(|link| Arc::new(link.value)) {
                for side in Side::BOTH {
                    match &link.ends[side] {
                        Some(at) if link.is_live() => _ = known.live[side].insert(at.clone(), link.clone()),
                        Some(at) => _ = known.ended[side].insert(at.clone()),
                        None => {}
                    }
                }
                if let Some(super::PendingOp::Create { marker, .. }) = link.pending.as_ref().map(|p| &p.op) {
                    known.creates.insert(marker.clone(), link.clone());
                }
            }
        }
    }
}

/// Several left records that would take one partner, each for reasons of its own, get none, unless a
/// person has given one of them to it.
fn part_rivals(records: &mut [PlannedRecord], answered: &HashSet<WorkKey>) {
    let mut suitors: HashMap<RecordRef, usize> = HashMap::new();
    for record in records.iter() {
        if let RecordStep::Link { partner, .. } = &record.step {
            *suitors.entry(partner.clone()).or_default() += 1;
        }
    }
    for record in records {
        let RecordStep::Link { partner, .. } = &record.step else { continue };
        let birth = WorkKey::Birth(record.side, record.at.clone());
        if answered.contains(&birth) || answered.contains(&WorkKey::Link(record.link.clone())) {
            continue;
        }
        if suitors.get(partner).is_some_and(|n| *n > 1) {
            let reason = format!(
                "record {} matches, but is matched by others as well: give each a key of its own",
                partner.id
            );
            record.step = RecordStep::Review { reason };
        }
    }
}
