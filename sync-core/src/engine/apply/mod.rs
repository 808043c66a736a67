mod derived;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::{StreamExt, stream};

use crate::engine::collection::{Collection, Part, Probe, Read, WriteError, Written};
use crate::engine::fault::{Fault, FaultKind};
use crate::engine::link::{Baseline, Link, LinkId, Pending};
use crate::engine::mapping::{Fields, Mapper};
use crate::engine::pass::{Pass, Progress};
use crate::engine::plan::{Plan, PlannedProjection, PlannedRecord, RecordStep};
use crate::engine::planner::several_carry;
use crate::engine::record::{RecordId, RecordRef, Scope, Side, Snapshot};
use crate::engine::report::{Ending, Report};
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

    pub(super) async fn run(
        self,
        records: Vec<PlannedRecord>,
        projections: Vec<PlannedProjection>,
    ) -> Report {
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

    /// Ends the run. What of it is under way may fail for the same reason: that is told once, for the first.
    fn stop(&self, why: String) -> Ending {
        let mut stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        if stopped.is_some() {
            return Ending::Failed(None);
        }
        *stopped = Some(why.clone());
        Ending::Failed(Some(why))
    }

    fn end(&self, collection: &str, record: &str, ending: Ending) {
        self.report().add(collection, record, ending);
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        (self.progress)(Progress { done, total: self.total });
    }

    fn end_record(&self, record: &PlannedRecord, ending: Ending) {
        let name = self.pass.right.name();
        for field in &record.left_out {
            self.report().remark(name, &record.label, format!("left out: {field}"));
        }
        self.end(name, &record.label, ending);
    }

    /// Works on one group. `last` says that nothing may stay unresolved.
    async fn group(&self, group: Group, last: bool) -> Option<Group> {
        let Group { mut record, projections, counted } = group;
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
                    self.end_record(&record, ending);
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
                    self.end_record(&record, ending);
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
            Trouble::Fault(fault) if fault.stops_the_run() => self.stop(fault.to_string()),
            Trouble::Fault(fault) => Ending::Failed(Some(fault.to_string())),
            Trouble::Commit(CommitError::Claimed { record, by }) => {
                Ending::Review(Some(format!("record {record} belongs to {by} already")))
            }
            Trouble::Commit(error @ CommitError::Stale(_)) => Ending::Failed(Some(error.to_string())),
            Trouble::Commit(CommitError::Store(error)) => self.stop(error.to_string()),
        }
    }

    async fn record(&self, record: &PlannedRecord) -> Result<Outcome<Owner>, Trouble> {
        match &record.step {
            RecordStep::Review { reason } => Ok(Outcome::Ended(Ending::Review(Some(reason.clone())))),
            RecordStep::Unchanged => self.unchanged(record).await,
            RecordStep::Create => {
                let seen = self.pass.store.link(&record.link).await?;
                if seen.as_ref().is_some_and(|l| l.value.right.is_some() || l.value.pending.is_some()) {
                    // Somebody else has created it, or is about to, since the plan was made.
                    return Err(CommitError::Stale(record.link.to_string()).into());
                }
                self.create(record, seen.map(|l| l.rev)).await
            }
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
                let Some(snapshot) = self.pass.right.get(&at).await?.found() else { return Ok(gone(right)) };
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

    /// Announces a create, sends it, and notes what came of it. `before` is the link's version on which the
    /// decision to create rests: whoever else decides the same is refused when announcing it.
    async fn create(&self, record: &PlannedRecord, before: Option<Rev>) -> Result<Outcome<Owner>, Trouble> {
        let (pass, store) = (self.pass, &self.pass.store);
        let mut link = Link::new(record.link.clone(), record.left.clone());
        // If the answer is lost, this tells later edits at either side from what was sent.
        pass.mapping.remember(&record.fields, &mut link.baseline.left);
        let pending = Pending::new(pass.env.now(), pass.send_within);
        link.pending = Some(pending.clone());
        store.commit(Commit::link(before, link.clone())).await?;
        let announced = before.map_or(Rev::FIRST, Rev::next);

        let values = pass.mapping.create(&record.fields);
        let raw = pass.mapping.write_right(&values);
        let result = match self.in_time(&pending) {
            Ok(()) => pass.right.create(&Scope::All, &raw, &link.id.marker()).await,
            Err(late) => Err(WriteError::NotApplied(late)),
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

    /// Nothing is sent late: whoever looks for it would have looked already.
    fn in_time(&self, pending: &Pending) -> Result<(), Fault> {
        if self.pass.env.now() <= pending.send_by {
            return Ok(());
        }
        Err(Fault::new(FaultKind::Transient, "the create was announced too long ago to be sent"))
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
        mut link: Link,
        id: &RecordId,
    ) -> Result<Outcome<Owner>, Trouble> {
        let found = self.pass.right.get(&RecordRef::top(id.clone())).await?;
        if let Read::Found(found) = found {
            let ours = found.marker.as_ref() == Some(&record.link.marker());
            if ours || (found.marker.is_none() && self.agrees(&record.fields, &found)) {
                link.baseline = Baseline::default();
                let agreed = BTreeMap::new();
                let linked = self.agree(record, Some(announced), link, &found, &agreed, Ending::Linked).await;
                if matches!(linked, Err(Trouble::Commit(CommitError::Claimed { .. }))) {
                    self.withdraw(announced, record.link.clone()).await?;
                }
                return linked;
            }
        }
        self.withdraw(announced, record.link.clone()).await?;
        let why = format!(
            "record {id} is in the way, and it is not certain that it is the same: correct the one that is wrong"
        );
        Ok(Outcome::Ended(Ending::Review(Some(why))))
    }

    /// Whether some matcher agrees in full and the strongest one does not contradict.
    fn agrees(&self, left: &Fields, right: &Snapshot) -> bool {
        let right = self.pass.mapping.read(Side::Right, right);
        let same = |i: &usize| left.get(*i).text().is_some() && left.get(*i) == right.get(*i);
        let contradicts =
            |i: &usize| left.get(*i).text().zip(right.get(*i).text()).is_some_and(|(l, r)| l != r);
        let matchers = self.pass.mapping.matchers();
        matchers.iter().any(|m| m.iter().all(same))
            && !matchers.first().is_some_and(|strongest| strongest.iter().any(contradicts))
    }

    /// Finds out what became of a create: waits until it must have landed and be visible, then looks for its
    /// marker.
    async fn resume(&self, record: &PlannedRecord) -> Result<Outcome<Owner>, Trouble> {
        let (pass, store) = (self.pass, &self.pass.store);
        let Some(found) = store.link(&record.link).await? else { return self.create(record, None).await };
        let Some(pending) = &found.value.pending else { return self.unchanged(record).await };
        self.wait_until(pending, pass.right.as_ref()).await;
        let marker = record.link.marker();
        let mut hits = pass.right.find(&Scope::All, &Probe::Marker(marker.clone()), 2).await?;
        hits.retain(|hit| hit.marker.as_ref() == Some(&marker));
        match hits.as_slice() {
            [] => self.create(record, Some(found.rev)).await,
            [hit] => {
                // What was sent is agreed: what changed on the left since then is written, and nothing else.
                let agreed = found.value.baseline.left.clone();
                self.agree(record, Some(found.rev), found.value, hit, &agreed, Ending::Created).await
            }
            _ => Ok(Outcome::Ended(Ending::Review(Some(several_carry(&marker))))),
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
            let part = Part::Fields(pass.mapping.write_right(&merge.writes));
            let written = pass.right.update(right, &part, &link.id.marker()).await;
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
}

fn gone<T>(right: &RecordId) -> Outcome<T> {
    let why =
        format!("record {right}, its partner, is gone: restore it, or delete the record on this side too");
    Outcome::Ended(Ending::Review(Some(why)))
}

fn differs(fields: &Fields, position: usize, sent: Option<&str>) -> bool {
    match fields.get(position) {
        super::FieldValue::Unknown => false,
        stored => stored.text() != sent,
    }
}
