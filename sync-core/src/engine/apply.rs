use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::{StreamExt, stream};

use super::collection::{Collection, Marker, Probe, WriteError, Written};
use super::fault::{Fault, FaultKind};
use super::link::{Link, LinkId, Pending, Projection};
use super::mapping::Fields;
use super::pass::{Pass, Progress, list_all};
use super::plan::{Plan, PlannedProjection, PlannedRecord, ProjectionStep, RecordStep};
use super::record::{RecordId, RecordRef, Scope, Side, Snapshot};
use super::report::{Ending, Report};
use crate::store::{Commit, CommitError};
use crate::{Rev, StoreError};

/// Carries out one plan.
pub(super) struct Apply<'a> {
    pass: &'a Pass,
    progress: &'a (dyn Fn(Progress) + Send + Sync),
    untouched: bool,
    total: usize,
    done: AtomicUsize,
    report: Mutex<Report>,
    stopped: Mutex<Option<String>>,
}

/// A record and what is derived for it: the derived ones live under its partner, so they come after it.
struct Group {
    record: PlannedRecord,
    projections: Vec<PlannedProjection>,
    /// Whether the record itself is done and counted.
    counted: bool,
}

/// What work on one record came to.
enum Outcome<T> {
    Done(Ending, T),
    /// A person must decide, or it failed.
    Ended(Ending),
    /// A create was announced, and nobody knows what became of it.
    Unresolved,
}

/// The partner of a record.
struct Owner {
    right: RecordId,
    /// Whether this run created it, so that nothing can live under it yet.
    new: bool,
}

/// Why work on one record ended early.
enum Trouble {
    Fault(Fault),
    Commit(CommitError),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<CommitError> for Trouble {
    fn from(error: CommitError) -> Self {
        Self::Commit(error)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Commit(error.into())
    }
}

const STILL_UNKNOWN: &str = "its create was sent, and what became of it is not known yet: run again later";

impl<'a> Apply<'a> {
    pub(super) fn new(pass: &'a Pass, plan: &Plan, progress: &'a (dyn Fn(Progress) + Send + Sync)) -> Self {
        Self {
            pass,
            progress,
            untouched: plan.untouched,
            total: plan.records.len() + plan.projections.len(),
            done: AtomicUsize::new(0),
            report: Mutex::default(),
            stopped: Mutex::default(),
        }
    }

    pub(super) async fn run(self, records: Vec<PlannedRecord>, projections: Vec<PlannedProjection>) -> Report {
        let mut by_owner: HashMap<LinkId, Vec<PlannedProjection>> = HashMap::new();
        for projection in projections {
            by_owner.entry(projection.owner.clone()).or_default().push(projection);
        }
        let groups: Vec<_> = records
            .into_iter()
            .map(|record| Group {
                projections: by_owner.remove(&record.link).unwrap_or_default(),
                record,
                counted: false,
            })
            .collect();
        let unresolved = self.all(groups, false).await;
        // What was lost on the way is looked up last: that takes a while, and nothing else has to wait for it.
        self.all(unresolved, true).await;
        let mut report = std::mem::take(&mut *self.report());
        report.counts = report.collections.get(self.pass.right.name()).copied().unwrap_or_default();
        report.stopped = self.stopped();
        report
    }

    /// Works on groups side by side and gives those back of which something is unresolved.
    async fn all(&self, groups: Vec<Group>, last: bool) -> Vec<Group> {
        stream::iter(groups)
            .map(|group| self.group(group, last))
            .buffer_unordered(self.pass.concurrency)
            .filter_map(|unresolved| async { unresolved })
            .collect()
            .await
    }

    fn report(&self) -> MutexGuard<'_, Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stopped(&self) -> Option<String> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn stop(&self, why: String) {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
    }

    fn end(&self, collection: &str, record: &str, ending: Ending) {
        self.report().add(collection, record, ending);
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        (self.progress)(Progress { done, total: self.total });
    }

    /// Works on one group. `last` says that nothing may stay unresolved.
    async fn group(&self, group: Group, last: bool) -> Option<Group> {
        let Group { mut record, projections, counted } = group;
        let name = self.pass.right.name();
        let outcome = if self.stopped().is_some() {
            Outcome::Ended(Ending::Failed(None))
        } else if record.step == RecordStep::Resume && !last {
            Outcome::Unresolved
        } else {
            self.record(&record).await.unwrap_or_else(|trouble| Outcome::Ended(self.ending(trouble)))
        };
        let outcome = match outcome {
            Outcome::Unresolved if last => Outcome::Ended(Ending::Failed(Some(STILL_UNKNOWN.to_owned()))),
            other => other,
        };
        match outcome {
            Outcome::Done(ending, owner) => {
                if !counted {
                    self.end(name, &record.label, ending);
                }
                let unresolved = self.projections(&owner, projections, last).await;
                record.step = RecordStep::Unchanged;
                (!unresolved.is_empty()).then_some(Group { record, projections: unresolved, counted: true })
            }
            Outcome::Ended(ending) => {
                let held = match ending {
                    Ending::Review(_) => Ending::Review(None),
                    _ => Ending::Failed(None),
                };
                if !counted {
                    self.end(name, &record.label, ending);
                }
                for projection in projections {
                    self.end(&projection.into, projection.key.as_str(), held.clone());
                }
                None
            }
            Outcome::Unresolved => {
                record.step = RecordStep::Resume;
                Some(Group { record, projections, counted })
            }
        }
    }

    fn ending(&self, trouble: Trouble) -> Ending {
        match trouble {
            Trouble::Fault(fault) => {
                if fault.stops_the_run() {
                    self.stop(fault.to_string());
                }
                Ending::Failed(Some(fault.to_string()))
            }
            Trouble::Commit(CommitError::Claimed { record, by }) => {
                Ending::Review(Some(format!("record {record} belongs to {by} already")))
            }
            Trouble::Commit(error @ CommitError::Stale(_)) => Ending::Failed(Some(error.to_string())),
            Trouble::Commit(CommitError::Store(error)) => {
                self.stop(error.to_string());
                Ending::Failed(Some(error.to_string()))
            }
        }
    }

    async fn record(&self, record: &PlannedRecord) -> Result<Outcome<Owner>, Trouble> {
        for field in &record.left_out {
            self.report().remark(self.pass.right.name(), &record.label, format!("left out: {field}"));
        }
        match &record.step {
            RecordStep::Review { reason } => Ok(Outcome::Ended(Ending::Review(Some(reason.clone())))),
            RecordStep::Unchanged => self.unchanged(record).await,
            RecordStep::Create => self.create(record).await,
            RecordStep::Resume => self.resume(record).await,
            RecordStep::Link { right, .. } => {
                // What the plan listed counts as checked: only fields that were empty there are written.
                let Some(snapshot) = &record.right else { return Ok(gone(right)) };
                let link = Link::new(record.link.clone(), record.left.clone());
                self.agree(record, None, link, snapshot, &BTreeMap::new(), Ending::Linked).await
            }
            RecordStep::Update { right, .. } => {
                let Some(found) = self.pass.store.link(&record.link).await? else {
                    return Err(CommitError::Stale(record.link.to_string()).into());
                };
                let at = RecordRef::top(right.clone());
                let Some(snapshot) = self.pass.right.get(&at).await? else { return Ok(gone(right)) };
                let agreed = found.value.baseline.left.clone();
                self.agree(record, Some(found.rev), found.value, &snapshot, &agreed, Ending::Updated).await
            }
        }
    }

    async fn unchanged(&self, record: &PlannedRecord) -> Result<Outcome<Owner>, Trouble> {
        let link = self.pass.store.link(&record.link).await?;
        match link.and_then(|l| l.value.right) {
            Some(right) => Ok(Outcome::Done(Ending::Unchanged, Owner { right, new: false })),
            None => Err(CommitError::Stale(record.link.to_string()).into()),
        }
    }

    /// Announces a create, sends it, and notes what came of it.
    async fn create(&self, record: &PlannedRecord) -> Result<Outcome<Owner>, Trouble> {
        let (pass, store) = (self.pass, &self.pass.store);
        let seen = store.link(&record.link).await?;
        let mut link = Link::new(record.link.clone(), record.left.clone());
        let pending = Pending::new(pass.env.now());
        link.pending = Some(pending.clone());
        let before = seen.map(|l| l.rev);
        store.commit(Commit::link(before, link.clone())).await?;
        let announced = before.map_or(Rev::FIRST, Rev::next);

        let values = pass.mapping.create(&record.fields);
        let raw = pass.mapping.write(&values);
        let result = if pass.env.now() > pending.send_by {
            let late = "the create was announced too long ago to be sent";
            Err(WriteError::NotApplied(Fault::new(FaultKind::Transient, late)))
        } else {
            pass.right.create(&Scope::All, &raw, &link.id.marker()).await
        };
        match result {
            Ok(written) => {
                self.remember_created(record, &mut link, &written, &values);
                let owner = Owner { right: written.id, new: true };
                store.commit(Commit::link(Some(announced), link)).await?;
                Ok(Outcome::Done(Ending::Created, owner))
            }
            Err(WriteError::Unknown(fault)) => {
                tracing::warn!(link = %record.link, %fault, "create without an answer, looked up later");
                Ok(Outcome::Unresolved)
            }
            Err(WriteError::Exists(id)) => self.in_the_way(record, announced, link, &id).await,
            Err(WriteError::NotApplied(fault)) => {
                self.withdraw(announced, record.link.clone()).await?;
                Err(fault.into())
            }
        }
    }

    async fn withdraw(&self, announced: Rev, link: LinkId) -> Result<(), CommitError> {
        let commit = Commit { gone_links: vec![(announced, link)], ..Commit::default() };
        self.pass.store.commit(commit).await
    }

    fn remember_created(
        &self,
        record: &PlannedRecord,
        link: &mut Link,
        written: &Written,
        values: &[(usize, Option<String>)],
    ) {
        let mapping = &self.pass.mapping;
        mapping.remember(&record.fields, &mut link.baseline.left);
        mapping.remember(&record.fields, &mut link.baseline.right);
        self.remember_stored(record, link, written, values);
        link.right = Some(written.id.clone());
        link.row = Some(record.row.clone());
        link.pending = None;
    }

    /// Believes what the right side says it stored, and tells where that is not what was sent.
    fn remember_stored(
        &self,
        record: &PlannedRecord,
        link: &mut Link,
        written: &Written,
        sent: &[(usize, Option<String>)],
    ) {
        let Some(stored) = &written.stored else { return };
        let mapping = &self.pass.mapping;
        let fields = mapping.read(Side::Right, stored);
        mapping.remember(&fields, &mut link.baseline.right);
        for (position, value) in sent {
            if differs(&fields, *position, value.as_deref()) {
                let what = format!("{} was stored otherwise than it was sent", mapping.name(*position));
                self.report().remark(self.pass.right.name(), &record.label, what);
            }
        }
    }

    /// The service refuses a second record like this one. What is in the way is only a candidate: it is taken if
    /// it carries our marker, or if nobody has it and the strongest keys agree.
    async fn in_the_way(
        &self,
        record: &PlannedRecord,
        announced: Rev,
        link: Link,
        id: &RecordId,
    ) -> Result<Outcome<Owner>, Trouble> {
        let found = self.pass.right.get(&RecordRef::top(id.clone())).await?;
        if let Some(found) = found {
            let ours = found.marker.as_ref() == Some(&record.link.marker());
            if ours || (found.marker.is_none() && self.agrees(&record.fields, &found)) {
                let agreed = BTreeMap::new();
                return self.agree(record, Some(announced), link, &found, &agreed, Ending::Linked).await;
            }
        }
        self.withdraw(announced, record.link.clone()).await?;
        let why = format!("record {id} is in the way, and it is not certain that it is the same: decide by hand");
        Ok(Outcome::Ended(Ending::Review(Some(why))))
    }

    /// Whether some matcher agrees in full and the strongest one does not contradict.
    fn agrees(&self, left: &Fields, right: &Snapshot) -> bool {
        let right = self.pass.mapping.read(Side::Right, right);
        let same = |i: &usize| left.get(*i).text().is_some() && left.get(*i) == right.get(*i);
        let contradicts = |i: &usize| left.get(*i).text().zip(right.get(*i).text()).is_some_and(|(l, r)| l != r);
        let matchers = self.pass.mapping.matchers();
        matchers.iter().any(|m| m.iter().all(same))
            && !matchers.first().is_some_and(|strongest| strongest.iter().any(contradicts))
    }

    /// Finds out what became of a create: waits until it must have landed and be visible, then looks for its
    /// marker.
    async fn resume(&self, record: &PlannedRecord) -> Result<Outcome<Owner>, Trouble> {
        let (pass, store) = (self.pass, &self.pass.store);
        let Some(found) = store.link(&record.link).await? else { return self.create(record).await };
        let Some(pending) = &found.value.pending else { return self.unchanged(record).await };
        self.wait_until(pending, pass.right.as_ref()).await;
        let marker = record.link.marker();
        let mut hits = pass.right.find(&Scope::All, &Probe::Marker(marker.clone()), 2).await?;
        hits.retain(|hit| hit.marker.as_ref() == Some(&marker));
        match hits.as_slice() {
            [] => self.create(record).await,
            [hit] => {
                // It is what an earlier state of the left record made it: later changes are written.
                let mut agreed = BTreeMap::new();
                pass.mapping.remember(&pass.mapping.read(Side::Right, hit), &mut agreed);
                self.agree(record, Some(found.rev), found.value, hit, &agreed, Ending::Created).await
            }
            _ => {
                let why = format!("several records carry the marker {marker}: delete all but one");
                Ok(Outcome::Ended(Ending::Review(Some(why))))
            }
        }
    }

    async fn wait_until(&self, pending: &Pending, collection: &dyn Collection) {
        let settled = pending.settled_at(collection.caps());
        let wait = settled.duration_since(self.pass.env.now());
        if let Ok(wait) = std::time::Duration::try_from(wait) {
            tracing::info!(seconds = wait.as_secs(), "waiting until an unanswered create must be visible");
            self.pass.env.sleep(wait).await;
        }
    }

    /// Brings a known pair into agreement: writes what the merge asks for, then notes the agreement.
    async fn agree(
        &self,
        record: &PlannedRecord,
        mut seen: Option<Rev>,
        mut link: Link,
        right: &Snapshot,
        agreed: &BTreeMap<String, Option<String>>,
        ending: Ending,
    ) -> Result<Outcome<Owner>, Trouble> {
        let (pass, store) = (self.pass, &self.pass.store);
        let fields = pass.mapping.read(Side::Right, right);
        let merge = pass.mapping.merge(agreed, &record.fields, &fields);
        link.right = Some(right.at.id.clone());
        link.pending = None;
        let mut sent = Vec::new();
        if merge.writes.is_empty() {
            pass.mapping.remember(&fields, &mut link.baseline.right);
        } else {
            // The pair first: a crash in between must not leave two strangers.
            store.commit(Commit::link(seen, link.clone())).await?;
            seen = Some(seen.map_or(Rev::FIRST, Rev::next));
            let raw = pass.mapping.write(&merge.writes);
            let written = pass.right.update(&right.at, &raw, &link.id.marker()).await;
            let written = match written {
                Ok(written) => written,
                Err(WriteError::NotApplied(fault) | WriteError::Unknown(fault)) => return Err(fault.into()),
                Err(WriteError::Exists(id)) => {
                    let why = format!("a value that it should get belongs to record {id} already");
                    return Ok(Outcome::Ended(Ending::Review(Some(why))));
                }
            };
            sent = merge.writes;
            pass.mapping.remember(&fields, &mut link.baseline.right);
            for (position, value) in &sent {
                link.baseline.right.insert(pass.mapping.name(*position).to_owned(), value.clone());
            }
            self.remember_stored(record, &mut link, &written, &sent);
        }
        pass.mapping.remember(&record.fields, &mut link.baseline.left);
        link.row = Some(record.row.clone());
        store.commit(Commit::link(seen, link)).await?;
        let owner = Owner { right: right.at.id.clone(), new: false };
        let ending = if ending == Ending::Updated && sent.is_empty() { Ending::Unchanged } else { ending };
        Ok(Outcome::Done(ending, owner))
    }

    /// Works on the derived records of one partner and gives those back that are unresolved.
    async fn projections(
        &self,
        owner: &Owner,
        projections: Vec<PlannedProjection>,
        last: bool,
    ) -> Vec<PlannedProjection> {
        let mut unresolved = Vec::new();
        // What a forgotten earlier run may have left under this partner, by collection.
        let mut there: HashMap<String, Vec<Snapshot>> = HashMap::new();
        for mut planned in projections {
            if planned.step == ProjectionStep::Resume && !last {
                unresolved.push(planned);
                continue;
            }
            let outcome = if self.stopped().is_some() {
                Outcome::Ended(Ending::Failed(None))
            } else {
                let result = self.projection(owner, &planned, &mut there).await;
                result.unwrap_or_else(|trouble| Outcome::Ended(self.ending(trouble)))
            };
            match outcome {
                Outcome::Done(ending, ()) | Outcome::Ended(ending) => {
                    self.end(&planned.into, planned.key.as_str(), ending);
                }
                Outcome::Unresolved if last => {
                    let why = Some(STILL_UNKNOWN.to_owned());
                    self.end(&planned.into, planned.key.as_str(), Ending::Failed(why));
                }
                Outcome::Unresolved => {
                    planned.step = ProjectionStep::Resume;
                    unresolved.push(planned);
                }
            }
        }
        unresolved
    }

    async fn projection(
        &self,
        owner: &Owner,
        planned: &PlannedProjection,
        there: &mut HashMap<String, Vec<Snapshot>>,
    ) -> Result<Outcome<()>, Trouble> {
        let Some(target) = self.pass.targets.get(&planned.into) else {
            let why = format!("no collection is called {}", planned.into);
            return Err(Fault::new(FaultKind::Broken, why).into());
        };
        let (target, marker) = (target.as_ref(), planned.key.marker());
        let under = Scope::Under(owner.right.clone());
        let found = self.pass.store.projection(&planned.key).await?;
        let seen = found.as_ref().map(|p| p.rev);
        let state = found.map_or_else(
            || Projection::new(planned.key.clone(), &planned.into, planned.owner.clone()),
            |p| p.value,
        );
        match planned.step {
            ProjectionStep::Waiting => Ok(Outcome::Ended(Ending::Review(None))),
            ProjectionStep::Unchanged => Ok(Outcome::Done(Ending::Unchanged, ())),
            ProjectionStep::Update => self.amend(target, seen, state, planned).await,
            ProjectionStep::Create if owner.new || self.untouched => {
                self.derive(target, &under, seen, state, planned).await
            }
            ProjectionStep::Create => {
                if !there.contains_key(&planned.into) {
                    there.insert(planned.into.clone(), list_all(target, &under).await?);
                }
                let listed = there.get(&planned.into).map(Vec::as_slice).unwrap_or_default();
                self.adopt_or_derive(target, &under, seen, state, planned, listed).await
            }
            ProjectionStep::Resume => {
                if let Some(pending) = &state.pending {
                    self.wait_until(pending, target).await;
                }
                let listed = list_all(target, &under).await?;
                let listed: Vec<_> = listed.into_iter().filter(|s| s.marker.as_ref() == Some(&marker)).collect();
                self.adopt_or_derive(target, &under, seen, state, planned, &listed).await
            }
        }
    }

    async fn adopt_or_derive(
        &self,
        target: &dyn Collection,
        under: &Scope,
        seen: Option<Rev>,
        mut state: Projection,
        planned: &PlannedProjection,
        listed: &[Snapshot],
    ) -> Result<Outcome<()>, Trouble> {
        let marker: Marker = planned.key.marker();
        let mine = listed.iter().find(|s| s.marker.as_ref() == Some(&marker));
        match mine {
            Some(snapshot) => {
                state.at = Some(snapshot.at.clone());
                state.pending = None;
                let same = planned.fields.iter().all(|(name, value)| snapshot.raw.get(name) == Some(value));
                if !same {
                    return self.amend(target, seen, state, planned).await;
                }
                state.wrote = Some(planned.wanted.clone());
                self.pass.store.commit(Commit::projection(seen, state)).await?;
                Ok(Outcome::Done(Ending::Linked, ()))
            }
            None => self.derive(target, under, seen, state, planned).await,
        }
    }

    /// Announces a derived record, creates it, and notes where it is.
    async fn derive(
        &self,
        target: &dyn Collection,
        under: &Scope,
        seen: Option<Rev>,
        mut state: Projection,
        planned: &PlannedProjection,
    ) -> Result<Outcome<()>, Trouble> {
        let store = &self.pass.store;
        state.pending = Some(Pending::new(self.pass.env.now()));
        store.commit(Commit::projection(seen, state.clone())).await?;
        let announced = Some(seen.map_or(Rev::FIRST, Rev::next));
        let created = target.create(under, &planned.fields, &planned.key.marker()).await;
        match created {
            Ok(written) => {
                state.at = Some(match under {
                    Scope::Under(parent) => RecordRef::under(parent.clone(), written.id),
                    Scope::All => RecordRef::top(written.id),
                });
                state.wrote = Some(planned.wanted.clone());
                state.pending = None;
                store.commit(Commit::projection(announced, state)).await?;
                Ok(Outcome::Done(Ending::Created, ()))
            }
            Err(WriteError::Unknown(fault)) => {
                tracing::warn!(key = %planned.key, %fault, "create without an answer, looked up later");
                Ok(Outcome::Unresolved)
            }
            Err(WriteError::Exists(id)) => {
                Ok(Outcome::Ended(Ending::Review(Some(format!("record {id} is in the way")))))
            }
            Err(WriteError::NotApplied(fault)) => {
                let commit = Commit {
                    gone_projections: announced.map(|rev| (rev, planned.key.clone())).into_iter().collect(),
                    ..Commit::default()
                };
                store.commit(commit).await?;
                Err(fault.into())
            }
        }
    }

    /// Brings a derived record up to date. One that a person deleted is left alone from then on.
    async fn amend(
        &self,
        target: &dyn Collection,
        seen: Option<Rev>,
        mut state: Projection,
        planned: &PlannedProjection,
    ) -> Result<Outcome<()>, Trouble> {
        let Some(at) = state.at.clone() else {
            let why = "it was announced, but never placed";
            return Err(Fault::new(FaultKind::Broken, why).into());
        };
        let result = target.update(&at, &planned.fields, &planned.key.marker()).await;
        let ending = match result {
            Ok(_) => Ending::Updated,
            Err(WriteError::NotApplied(fault)) if fault.kind() == FaultKind::Gone => {
                state.left_to_human = true;
                Ending::Unchanged
            }
            Err(WriteError::NotApplied(fault) | WriteError::Unknown(fault)) => return Err(fault.into()),
            Err(WriteError::Exists(id)) => Ending::Review(Some(format!("record {id} is in the way"))),
        };
        state.wrote = Some(planned.wanted.clone());
        self.pass.store.commit(Commit::projection(seen, state)).await?;
        Ok(Outcome::Done(ending, ()))
    }
}

fn gone<T>(right: &RecordId) -> Outcome<T> {
    let why = format!("record {right}, its partner, is gone: restore it, or delete the record on this side too");
    Outcome::Ended(Ending::Review(Some(why)))
}

fn differs(fields: &Fields, position: usize, sent: Option<&str>) -> bool {
    match fields.get(position) {
        super::FieldValue::Unknown => false,
        stored => stored.text() != sent,
    }
}
