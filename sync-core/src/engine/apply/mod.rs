mod work;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use super::guard::{Held, classes};
use super::handle::Engine;
use super::journal::RunId;
use super::link::{Link, LinkId};
use super::plan::{Basis, Plan, PlannedProjection, PlannedRecord, ProjectionStep, RecordStep, SeenFact};
use super::record::Side;
use super::report::{Changed, Ending, Progress, Report};
use super::review::ReviewKind;
use super::runtime::{EngineError, Runtime, Source, Trouble};
use super::worker::until;
use crate::queue::{Hint, Priority, WorkKey};
use crate::store::CommitError;
use work::{Driven, Work, words};

/// How long what a plan has listed counts as checked. Later, people may have entered whom it would create.
const FRESH: Duration = Duration::from_secs(600);
/// How often what was put aside is gone on with.
const ROUNDS: usize = 3;
/// How long something may be waited for, if nothing of ours takes longer.
const PATIENCE: Duration = Duration::from_secs(600);
/// Between two looks at what is to be looked at again at once.
const BRIEF: Duration = Duration::from_millis(100);

impl Engine {
    /// Does what a plan says, and reports what became of each record. What fails for one record does not stop the others;
    /// what would fail for all (no authorisation, no quota, no store) ends the run.
    ///
    /// What its guards stop is held back until the plan is [approved](Self::approve), and a person is asked about it;
    /// everything else goes on. [`Report::approve`] names the plan that is left.
    ///
    /// Every record is worked on as by [`reconcile`](Self::reconcile): decided by what is there, announced, written. So
    /// what has changed since the plan was made is not overwritten; [`Report::changed`] tells of it. Where an answer is lost, the run goes on with the other
    /// records, and looks in the end what became of it.
    ///
    /// # Errors
    ///
    /// A side could not be set up, or the state belongs to other accounts; nothing was then written.
    pub async fn apply(
        &self,
        plan: Plan,
        progress: impl Fn(Progress) + Send + Sync,
    ) -> Result<Report, EngineError> {
        let runtime = &self.runtime.in_run(RunId::of(self.runtime.now(), "plan", &plan.id));
        let started = runtime.clock.env().monotonic();
        runtime.make_sure_bound().await?;
        let held = runtime.begin_apply(&plan, |held| left_of(&plan, runtime, held)).await?;
        for side in Side::BOTH {
            if !held.holds_all() && plan.basis.set_up[side] {
                let collection = runtime.collection(side);
                runtime.answered(side, collection, collection.complete_set_up().await)?;
            }
        }
        let run = format!("plan {}", plan.id);
        let basis = plan.basis.clone();
        let approve = (!held.classes.is_empty()).then(|| left_of(&plan, runtime, &held));
        let total = plan.records.len() + plan.projections.len();
        let apply = Apply::new(runtime, &basis, &progress, total, &held);
        let mut report = if held.holds_all() {
            apply.hold_all(&plan)
        } else {
            apply.run(plan.records, plan.projections).await
        };
        if report.stopped.is_none() {
            runtime.end_apply(&held).await?;
        }
        report.approve = approve;
        report.run = runtime.run.clone();
        report.elapsed = runtime.clock.env().monotonic().saturating_sub(started);
        report.told_of(&run, runtime.observer.as_ref());
        Ok(report)
    }
}

/// The id of the plan that will be left when a plan has been applied without what is held back.
fn left_of(plan: &Plan, runtime: &Runtime, held: &Held) -> String {
    if held.holds_all() {
        return plan.id.clone();
    }
    let is_held = |record: &&PlannedRecord| held.holds(&classes(&record.step, runtime.mapper.as_ref()));
    // What is derived waits for its owner's partner.
    let lacks_partner =
        |record: &&PlannedRecord| matches!(record.step, RecordStep::Create | RecordStep::Link { .. });
    let records = plan.records.iter().filter(is_held);
    let owners: HashSet<_> = records.clone().filter(lacks_partner).map(|record| &record.link).collect();
    let projections = plan.projections.iter().filter(|planned| owners.contains(&planned.owner));
    Plan::id_of(&[], records, projections)
}

/// Carries out one plan.
struct Apply<'a> {
    runtime: &'a Runtime,
    held: &'a Held,
    basis: &'a Basis,
    progress: &'a (dyn Fn(Progress) + Send + Sync),
    total: usize,
    done: AtomicUsize,
    report: Mutex<Report>,
    stopped: Mutex<Option<String>>,
}

/// A record and what is derived for it: the derived ones live under its partner, so they come after it.
struct Group {
    record: PlannedRecord,
    work: Work,
    /// What it owns and was not stored yet.
    facts: Arc<[SeenFact]>,
    derived: Vec<Derived>,
    /// How what is derived ends, if it is not worked on.
    held: Option<Ending>,
}

impl Group {
    /// When all of it that is open can be gone on with.
    fn due(&self, now: Timestamp) -> Timestamp {
        let derived = self.derived.iter().map(|derived| &derived.work);
        let open = derived.chain([&self.work]).filter(|work| !work.has_ended);
        open.filter_map(|work| work.due).max().unwrap_or(now)
    }

    /// Takes the hints that are about it, and gives back the others.
    fn take(&mut self, hints: Vec<WorkKey>) -> Vec<WorkKey> {
        let mut others = Vec::new();
        for hint in hints {
            let derived = self.derived.iter_mut().find(|derived| derived.work.key == hint);
            match (derived, &hint) {
                (Some(derived), _) => derived.work.is_hinted = true,
                (None, WorkKey::Projection(_)) => {
                    self.derived.push(Derived { planned: None, work: Work::new(hint) });
                }
                // The plan knows what its facts make of it.
                (None, WorkKey::Link(id)) if *id == self.record.link => {}
                (None, _) => others.push(hint),
            }
        }
        others
    }
}

/// A derived record. What nothing calls for any more is in no plan, and not counted.
struct Derived {
    planned: Option<PlannedProjection>,
    work: Work,
}

impl Runtime {
    /// How long a run waits for something, such as for what became of a write that was not answered.
    pub(super) fn patience(&self) -> Duration {
        let targets = self.targets.values().map(|target| target.caps().quarantine());
        let sides = Side::BOTH.map(|side| self.collection(side).caps().quarantine());
        let longest = targets.chain(sides).max().unwrap_or_default();
        PATIENCE.max(self.send_within + longest)
    }
}

impl<'a> Apply<'a> {
    fn new(
        runtime: &'a Runtime,
        basis: &'a Basis,
        progress: &'a (dyn Fn(Progress) + Send + Sync),
        total: usize,
        held: &'a Held,
    ) -> Self {
        let report = Report { held: held.words.clone(), ..Report::default() };
        Self {
            runtime,
            held,
            basis,
            progress,
            total,
            done: AtomicUsize::new(0),
            report: report.into(),
            stopped: Mutex::default(),
        }
    }

    async fn run(self, records: Vec<PlannedRecord>, projections: Vec<PlannedProjection>) -> Report {
        if let Some(facts) = self.basis.facts.get(&None) {
            let hints = self.take_facts(facts).await;
            self.pass_on(hints).await;
        }
        let mut groups = self.groups(records, projections);
        if !self.runtime.enrich.is_empty() {
            // A fact may have gone from one owner to another, whose fields are both computed from it.
            groups = stream::iter(groups)
                .map(|group| self.with_facts(group))
                .buffered(self.runtime.concurrency)
                .collect()
                .await;
        }
        let listed = Source::Listed(&self.basis.listing);
        let is_old = until(self.basis.made_at, self.runtime.now()) > FRESH;
        let mut open = self.all(groups, if is_old { Source::Live } else { listed }).await;
        // What was lost on the way is looked up last: that takes a while, and nothing else has to wait for it.
        for _ in 0..ROUNDS {
            open = self.wait_for(open).await;
            open = self.all(open, Source::Live).await;
        }
        for group in open {
            self.give_up(group).await;
        }
        self.reported()
    }

    /// The report where everything is held back. Nothing is asked or stored.
    fn hold_all(self, plan: &Plan) -> Report {
        for record in &plan.records {
            let ending = match &record.step {
                RecordStep::Unchanged => Ending::Unchanged,
                RecordStep::Review { reason } => Ending::Review(Some(reason.clone())),
                _ => Ending::Held,
            };
            self.end(&self.basis.names[record.side.other()], &record.label, ending);
        }
        for planned in &plan.projections {
            let ending = match planned.step {
                ProjectionStep::Unchanged => Ending::Unchanged,
                ProjectionStep::Waiting => Ending::Review(None),
                _ => Ending::Held,
            };
            self.end(&planned.into, planned.key.as_str(), ending);
        }
        self.reported()
    }

    fn reported(&self) -> Report {
        let mut report = std::mem::take(&mut *self.report());
        report.counts = report.collections.get(&self.basis.names.right).copied().unwrap_or_default();
        report.stopped = self.stopped();
        report
    }

    fn groups(&self, records: Vec<PlannedRecord>, projections: Vec<PlannedProjection>) -> Vec<Group> {
        let mut by_owner: HashMap<LinkId, Vec<Derived>> = HashMap::new();
        for planned in projections {
            let owner = planned.owner.clone();
            let work = Work::new(WorkKey::Projection(planned.key.clone()));
            by_owner.entry(owner).or_default().push(Derived { planned: Some(planned), work });
        }
        let group = |record: PlannedRecord| {
            let key = if record.has_link {
                WorkKey::Link(record.link.clone())
            } else {
                WorkKey::Birth(record.side, record.at.clone())
            };
            let owns = record.side == Side::Left && record.at.parent.is_none();
            let facts = owns.then(|| self.basis.facts.get(&Some(record.at.id.clone()))).flatten();
            let mut work = Work::new(key);
            work.classes = classes(&record.step, self.runtime.mapper.as_ref());
            Group {
                derived: by_owner.remove(&record.link).unwrap_or_default(),
                facts: facts.cloned().unwrap_or_default(),
                work,
                held: None,
                record,
            }
        };
        records.into_iter().map(group).collect()
    }

    /// Works on groups side by side and gives those back of which something is open.
    async fn all(&self, groups: Vec<Group>, source: Source<'_>) -> Vec<Group> {
        stream::iter(groups)
            .map(|group| self.group(group, source))
            .buffer_unordered(self.runtime.concurrency)
            .filter_map(|open| async { open })
            .collect()
            .await
    }

    /// Waits until all that is open can be gone on with. What takes too long is given up.
    async fn wait_for(&self, open: Vec<Group>) -> Vec<Group> {
        let now = self.runtime.now();
        let patience = self.runtime.patience();
        let (soon, late): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|group| until(now, group.due(now)) <= patience);
        for group in late {
            self.give_up(group).await;
        }
        let pause = soon.iter().map(|group| until(now, group.due(now)).max(BRIEF)).max();
        if let Some(pause) = pause.filter(|_| self.stopped().is_none()) {
            tracing::info!(seconds = pause.as_secs(), records = soon.len(), "waiting for what was put aside");
            self.runtime.clock.env().sleep(pause).await;
        }
        soon
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

    fn changed(&self, collection: &str, record: &str, planned: &str, done: String) {
        let (collection, record, planned) = (collection.to_owned(), record.to_owned(), planned.to_owned());
        self.report().changed.push(Changed { collection, record, planned, done });
    }

    fn end_record(&self, group: &mut Group, ending: Ending) {
        let name = &self.basis.names[group.record.side.other()];
        for field in &group.record.left_out {
            self.report().remark(name, &group.record.label, format!("left out: {field}"));
        }
        for field in group.work.otherwise() {
            let what = format!("{field} was stored otherwise than it was sent");
            self.report().remark(name, &group.record.label, what);
        }
        if let Some(done) = group.work.otherwise_than(&group.record.step, &ending) {
            self.changed(name, &group.record.label, group.record.step.word(), done);
        }
        group.work.has_ended = true;
        self.end(name, &group.record.label, ending);
    }

    fn end_derived(&self, derived: &mut Derived, ending: Ending) {
        derived.work.has_ended = true;
        if let Some(planned) = &derived.planned {
            let is_as_planned = match (planned.step, &ending) {
                (_, Ending::Held | Ending::Failed(_)) | (ProjectionStep::Resume, _) => true,
                (ProjectionStep::Create, ending) => matches!(ending, Ending::Created | Ending::Linked),
                (ProjectionStep::Update, ending) => *ending == Ending::Updated,
                (ProjectionStep::Unchanged, ending) => *ending == Ending::Unchanged,
                (ProjectionStep::Waiting, ending) => matches!(ending, Ending::Review(_)),
            };
            if !is_as_planned {
                self.changed(
                    &planned.into,
                    planned.key.as_str(),
                    planned.step.word(),
                    ending.word().to_owned(),
                );
            }
            self.end(&planned.into, planned.key.as_str(), ending);
        }
    }

    /// Stores the facts of a group.
    async fn with_facts(&self, mut group: Group) -> Group {
        let facts = std::mem::take(&mut group.facts);
        let hints = self.take_facts(&facts).await;
        self.pass_on(group.take(hints)).await;
        group
    }

    /// Works on one group, and gives it back if something of it is open.
    async fn group(&self, mut group: Group, source: Source<'_>) -> Option<Group> {
        if self.stopped().is_some() {
            self.give_up(group).await;
            return None;
        }
        group = self.with_facts(group).await;
        if !group.work.has_ended {
            self.record(&mut group, source).await;
            let hints = group.work.hints();
            self.pass_on(group.take(hints)).await;
        }
        if let Some(ending) = group.held.clone() {
            for derived in &mut group.derived {
                self.end_derived(derived, ending.clone());
            }
        } else if group.work.has_ended || self.may_go_on(&group).await {
            let source = if group.work.created() { source.under_new() } else { source };
            for derived in &mut group.derived {
                self.derived(derived, source).await;
            }
        }
        group.derived.retain(|derived| !derived.work.has_ended);
        (!group.work.has_ended || !group.derived.is_empty()).then_some(group)
    }

    /// Whether what is derived can be worked on while a write of its record is not answered yet.
    async fn may_go_on(&self, group: &Group) -> bool {
        !group.derived.is_empty() && !group.work.waits && self.has_partner(group).await
    }

    async fn record(&self, group: &mut Group, source: Source<'_>) {
        let source = match (&group.record.step, source) {
            // Half of what it is compared with was not listed: both are read, and only once.
            (RecordStep::Update { .. }, Source::Listed(listing)) if !listing.knows_right => Source::Live,
            _ => source,
        };
        let ending = match &group.record.step {
            RecordStep::Review { reason } => self.ask(group, reason.clone()).await,
            RecordStep::Unchanged => Ending::Unchanged,
            _ if self.held.holds(&group.work.classes) => Ending::Held,
            step => {
                let resumes = *step == RecordStep::Resume;
                match self.attach(group).await {
                    Some(ending) => ending,
                    None => match self.drive(&mut group.work, resumes, source).await {
                        Driven::Ended(ending) => ending,
                        Driven::Done => match group.work.record_ending() {
                            Ending::Unchanged => self.unchanged(group).await,
                            ending => ending,
                        },
                        Driven::Open => return,
                    },
                }
            }
        };
        group.held = self.hold(group, &ending).await;
        self.end_record(group, ending);
    }

    /// Leaves a record to a person.
    async fn ask(&self, group: &Group, reason: String) -> Ending {
        let about = &group.work.key;
        let open = match self.runtime.store.reviews_about(about).await {
            Ok(open) => open,
            Err(error) => return self.stop(error.to_string()),
        };
        if !open.iter().any(|review| review.message == reason) {
            if let Err(error) = self.runtime.ask(about, ReviewKind::Match, reason.clone()).await {
                return self.stop(words(&error));
            }
        }
        Ending::Review(Some(reason))
    }

    /// The ending of a record with which nothing is to be done: if it has no partner because of an open question, it waits
    /// for a person.
    async fn unchanged(&self, group: &Group) -> Ending {
        let about = &group.work.key;
        if !matches!(about, WorkKey::Link(_)) || self.has_partner(group).await {
            return Ending::Unchanged;
        }
        let open = self.runtime.store.reviews_about(about).await.unwrap_or_default();
        let open = open.into_iter().find(|review| review.field.is_none());
        open.map_or(Ending::Unchanged, |open| Ending::Review(Some(open.message)))
    }

    /// Gives a link that waits for its other half the one that was found. An ending if somebody else has that.
    async fn attach(&self, group: &mut Group) -> Option<Ending> {
        let PlannedRecord { link, side, at, step, has_link: true, .. } = &group.record else { return None };
        let RecordStep::Link { partner, .. } = step else { return None };
        let other = side.other();
        let found = match self.runtime.store.link(link).await {
            Ok(found) => found,
            Err(error) => return Some(self.stop(error.to_string())),
        };
        let found = found.filter(|found| found.value.is_live() && found.value.ends[other].is_none())?;
        match self.runtime.join(other, partner, found, at).await {
            Ok(outcome) => group.work.note(&outcome.did),
            Err(Trouble::Commit(CommitError::Claimed { record, by })) => {
                return Some(Ending::Review(Some(format!("record {} belongs to {by} already", record.id))));
            }
            Err(Trouble::Commit(CommitError::Store(error))) => return Some(self.stop(error.to_string())),
            // Somebody else has worked on it: it is looked at as it is now.
            Err(Trouble::Commit(CommitError::Stale(_)) | Trouble::Fault(..)) => {}
        }
        None
    }

    /// What becomes of what is derived for a record that ended like this; `None` if it is worked on.
    async fn hold(&self, group: &Group, ending: &Ending) -> Option<Ending> {
        if group.derived.is_empty() {
            return None;
        }
        let held = match ending {
            Ending::Review(_) => Ending::Review(None),
            Ending::Failed(_) => Ending::Failed(None),
            Ending::Held => Ending::Held,
            _ => return None,
        };
        let about = WorkKey::Link(group.record.link.clone());
        let reviews = self.runtime.store.reviews_about(&about).await.unwrap_or_default();
        // A question about one of its fields keeps nothing waiting.
        let in_question = reviews.iter().any(|review| review.field.is_none());
        (in_question || !self.has_partner(group).await).then_some(held)
    }

    async fn has_partner(&self, group: &Group) -> bool {
        let link = self.runtime.store.link_of(group.record.side, &group.record.at).await;
        let partner = |link: Link| link.is_live() && link.ends[group.record.side.other()].is_some();
        link.ok().flatten().is_some_and(|link| partner(link.value))
    }

    async fn derived(&self, derived: &mut Derived, source: Source<'_>) {
        let step = derived.planned.as_ref().map(|planned| planned.step);
        let ending = match step {
            Some(ProjectionStep::Waiting) => Ending::Review(None),
            Some(ProjectionStep::Unchanged) if !derived.work.is_hinted => Ending::Unchanged,
            _ => {
                let resumes = step == Some(ProjectionStep::Resume);
                match self.drive(&mut derived.work, resumes, source).await {
                    Driven::Ended(ending) => ending,
                    Driven::Open => return,
                    Driven::Done => {
                        let WorkKey::Projection(key) = &derived.work.key else { return };
                        match self.runtime.store.projection(key).await {
                            Ok(found) => {
                                let is_there = found.is_some_and(|found| found.value.at.is_some());
                                derived.work.derived_ending(step, is_there)
                            }
                            Err(error) => self.stop(error.to_string()),
                        }
                    }
                }
            }
        };
        self.end_derived(derived, ending);
    }

    /// Ends what is open of a group.
    async fn give_up(&self, mut group: Group) {
        let has_stopped = self.stopped().is_some();
        let mut held = has_stopped;
        if !group.work.has_ended {
            let ending = if has_stopped { Ending::Failed(None) } else { group.work.open_ending() };
            held |= matches!(ending, Ending::Failed(_));
            self.end_record(&mut group, ending);
        }
        let mut later = vec![(group.work.key.clone(), group.work.due)];
        for derived in &mut group.derived {
            let is_open = !held || derived.work.due.is_some();
            let ending =
                if is_open && !has_stopped { derived.work.open_ending() } else { Ending::Failed(None) };
            later.push((derived.work.key.clone(), derived.work.due));
            self.end_derived(derived, ending);
        }
        // Whoever works on the queue goes on with it.
        let hints = later.into_iter().filter_map(|(key, due)| {
            Some(Hint::new(key, &self.runtime.name, Priority::Retry).not_before(due?))
        });
        self.mark(hints.collect()).await;
    }
}
