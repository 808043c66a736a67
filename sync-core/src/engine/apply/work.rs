use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Apply;
use crate::engine::fault::FaultKind;
use crate::engine::guard::GuardClass;
use crate::engine::link::PendingOp;
use crate::engine::plan::{ProjectionStep, RecordStep, SeenFact};
use crate::engine::reconcile::{Did, Outcome};
use crate::engine::record::{Fingerprint, Side, Snapshot};
use crate::engine::report::Ending;
use crate::engine::rule::FactKey;
use crate::engine::runtime::{EngineError, Source, Trouble};
use crate::queue::{Hint, Priority, WorkKey};
use crate::store::CommitError;

/// How often in a row something is looked at again at once.
const TURNS: u32 = 20;
/// The same where it has to wait.
const WAITS: u32 = 3;

/// Work on one key, from its first run to its last, and what came of it.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "things that were done, each or not")]
pub(super) struct Work {
    pub(super) key: WorkKey,
    /// When it is gone on with, once it was put aside.
    pub(super) due: Option<Timestamp>,
    /// Whether it is done and counted.
    pub(super) has_ended: bool,
    /// Whether it is to be looked at although the plan says that nothing has changed.
    pub(super) is_hinted: bool,
    hints: Vec<WorkKey>,
    /// The write whose answer was lost, if one was.
    lost: Option<Lost>,
    /// Whether it is not known yet what became of that.
    is_unanswered: bool,
    /// Whether the last run had to wait, or failed like this.
    pub(super) waits: bool,
    failure: Option<String>,
    created: bool,
    linked: bool,
    updated: bool,
    has_gone: bool,
    noted: bool,
    asked: Option<String>,
    otherwise: Vec<String>,
    /// What a plan says that it does.
    pub(super) classes: BTreeSet<GuardClass>,
    /// What was written.
    wrote: BTreeMap<(String, Side), Fingerprint>,
}

/// A write that was announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lost {
    Create,
    Change,
}

/// What a series of runs came to.
pub(super) enum Driven {
    /// There is nothing left to do.
    Done,
    /// It ended early.
    Ended(Ending),
    /// It was put aside.
    Open,
}

impl Work {
    pub(super) fn new(key: WorkKey) -> Self {
        Self {
            key,
            due: None,
            has_ended: false,
            is_hinted: false,
            hints: Vec::new(),
            lost: None,
            is_unanswered: false,
            waits: false,
            failure: None,
            created: false,
            linked: false,
            updated: false,
            has_gone: false,
            noted: false,
            asked: None,
            otherwise: Vec::new(),
            classes: BTreeSet::new(),
            wrote: BTreeMap::new(),
        }
    }

    /// What was done to a record, if that is something else than planned.
    pub(super) fn otherwise_than(&self, step: &RecordStep, ending: &Ending) -> Option<String> {
        let is_as_planned = match (step, ending) {
            (_, Ending::Held | Ending::Failed(_)) => return None,
            (RecordStep::Update { changes, .. }, Ending::Unchanged) => changes.is_empty(),
            (RecordStep::Resume, _)
            | (RecordStep::Create, Ending::Created)
            | (RecordStep::Link { .. }, Ending::Linked)
            | (RecordStep::Update { .. }, Ending::Updated)
            | (RecordStep::Missing { .. }, Ending::Ended)
            | (RecordStep::Unchanged, Ending::Unchanged)
            | (RecordStep::Review { .. }, Ending::Review(_)) => true,
            _ => false,
        };
        let fields = match step {
            _ if !is_as_planned => self.fields(""),
            // What was written is not known of a write that was not answered.
            RecordStep::Update { changes, .. } | RecordStep::Link { fill: changes, .. }
                if self.lost.is_none() =>
            {
                let planned: BTreeMap<_, _> = changes
                    .iter()
                    .map(|change| ((change.field.clone(), change.to), Fingerprint::of(&change.after)))
                    .collect();
                // Members of a set that then go the other way are of the same step.
                let goes_on =
                    |(field, to): &(String, Side)| planned.contains_key(&(field.clone(), to.other()));
                let is_same = planned.iter().all(|(key, value)| self.wrote.get(key) == Some(value))
                    && self.wrote.keys().all(|key| planned.contains_key(key) || goes_on(key));
                if is_same {
                    return None;
                }
                self.fields(", with other values")
            }
            _ => return None,
        };
        Some(format!("{}{fields}", ending.word()))
    }

    /// The fields that were written.
    fn fields(&self, how: &str) -> String {
        let names: Vec<_> = self.wrote.keys().map(|(field, _)| field.as_str()).collect();
        if names.is_empty() { String::new() } else { format!(" ({}){how}", names.join(", ")) }
    }

    /// The other keys that are to be looked at because of it, once.
    pub(super) fn hints(&mut self) -> Vec<WorkKey> {
        std::mem::take(&mut self.hints)
    }

    /// Fields that the service stored otherwise than they were sent.
    pub(super) fn otherwise(&self) -> &[String] {
        &self.otherwise
    }

    pub(super) fn note(&mut self, did: &Did) {
        self.waits = false;
        self.failure = None;
        match did {
            Did::Waited => {
                self.waits = true;
                return;
            }
            Did::Unanswered => {
                self.is_unanswered = true;
                return;
            }
            Did::Failed { message, .. } => {
                self.failure = Some(message.clone());
                return;
            }
            Did::Noted => self.noted = true,
            Did::Linked(_) => self.linked = true,
            Did::Created => self.created = true,
            Did::Updated => self.updated = true,
            Did::Removed | Did::Ended => self.has_gone = true,
            Did::Asked(why) => self.asked = Some(why.clone()),
            Did::Nothing | Did::Founded(_) | Did::Held(_) => {}
        }
        self.is_unanswered = false;
    }

    /// Whether its record was created, and the service has said so.
    pub(super) fn created(&self) -> bool {
        self.created
    }

    /// How a record ends of which nothing is left to do.
    pub(super) fn record_ending(&self) -> Ending {
        if self.has_gone {
            Ending::Ended
        } else if self.created || (self.linked && self.lost == Some(Lost::Create)) {
            Ending::Created
        } else if self.linked {
            Ending::Linked
        } else if self.updated || (self.noted && self.lost == Some(Lost::Change)) {
            Ending::Updated
        } else if let Some(why) = &self.asked {
            Ending::Review(Some(why.clone()))
        } else {
            Ending::Unchanged
        }
    }

    /// The same for a derived record.
    pub(super) fn derived_ending(&self, step: Option<ProjectionStep>, is_there: bool) -> Ending {
        let was_found = self.noted && is_there;
        if self.created || (was_found && self.lost == Some(Lost::Create)) {
            Ending::Created
        } else if self.updated || (was_found && self.lost == Some(Lost::Change)) {
            Ending::Updated
        } else if was_found && step == Some(ProjectionStep::Create) {
            Ending::Linked
        } else if let Some(why) = &self.asked {
            Ending::Review(Some(why.clone()))
        } else {
            Ending::Unchanged
        }
    }

    /// How it ends if it is not gone on with.
    pub(super) fn open_ending(&self) -> Ending {
        let why = match (self.is_unanswered, self.lost, &self.failure) {
            (true, Some(Lost::Create), _) => {
                "its create was sent, and what became of it is not known yet: run again later"
            }
            (true, ..) => "a change was sent, and what became of it is not known yet: run again later",
            (false, _, Some(failure)) => failure.as_str(),
            // Only a last look at what was written is left.
            (false, ..) if !self.waits && (self.created || self.linked || self.updated) => {
                return self.record_ending();
            }
            (false, ..) => "it has to wait for something else: run again later",
        };
        Ending::Failed(Some(why.to_owned()))
    }
}

impl Apply<'_> {
    /// Works on a key until there is nothing left to do, or nothing for now.
    pub(super) async fn drive(&self, work: &mut Work, resumes: bool, source: Source<'_>) -> Driven {
        if resumes && work.due.is_none() {
            if let Err(ending) = self.find_lost(work).await {
                return Driven::Ended(ending);
            }
            work.is_unanswered = work.lost.is_some();
        }
        let (mut turns, mut waits) = (0, 0);
        loop {
            if self.stopped().is_some() {
                return Driven::Ended(Ending::Failed(None));
            }
            let pass = self.runtime.watch.pass(&work.key, &work.classes);
            let outcome = self.runtime.reconcile(&work.key, Priority::Backfill, source).await;
            drop(pass);
            let Outcome { did, again, hints, otherwise, recheck, wrote } = match outcome {
                Ok(outcome) => outcome,
                Err(error) => return Driven::Ended(self.stop(words(&error))),
            };
            work.otherwise.extend(otherwise);
            work.wrote.extend(wrote);
            work.note(&did);
            let next = take_hints(work, hints);
            match did {
                Did::Failed { kind: FaultKind::Throttled { .. } | FaultKind::Auth, message } => {
                    return Driven::Ended(self.stop(message));
                }
                // It is not any more as it was read.
                Did::Failed { kind: FaultKind::Gone | FaultKind::Changed, .. } => {}
                Did::Failed { message, .. } => return Driven::Ended(Ending::Failed(Some(message))),
                Did::Unanswered => {
                    if let Err(ending) = self.find_lost(work).await {
                        return Driven::Ended(ending);
                    }
                }
                Did::Waited => waits += 1,
                Did::Held(why) => {
                    self.report().hold(why);
                    return Driven::Ended(Ending::Held);
                }
                _ => {}
            }
            turns += 1;
            let now = self.runtime.now();
            if let Some(key) = next {
                work.key = key;
                continue;
            }
            match again {
                None => {
                    let recheck = recheck.map(|at| self.hint(work.key.clone()).not_before(at));
                    self.mark(recheck.into_iter().collect()).await;
                    return Driven::Done;
                }
                Some(at) if now < at || turns >= TURNS || waits >= WAITS => {
                    work.due = Some(at.max(now));
                    return Driven::Open;
                }
                Some(_) => {}
            }
        }
    }

    /// Notes which write of a key is announced and not answered.
    async fn find_lost(&self, work: &mut Work) -> Result<(), Ending> {
        let store = &self.runtime.store;
        let lost = match &work.key {
            WorkKey::Link(id) => store.link(id).await.map(|found| {
                let pending = found.and_then(|found| found.value.pending)?;
                Some(match pending.op {
                    PendingOp::Create { .. } => Lost::Create,
                    PendingOp::Update { .. } | PendingOp::Remove { .. } => Lost::Change,
                })
            }),
            WorkKey::Projection(key) => store.projection(key).await.map(|found| {
                let pending = found.and_then(|found| found.value.pending)?;
                Some(if pending.under.is_some() { Lost::Create } else { Lost::Change })
            }),
            WorkKey::Birth(..) | WorkKey::Fact(_) | WorkKey::Sync => Ok(None),
        };
        let lost = lost.map_err(|error| self.stop(error.to_string()))?;
        work.lost = lost.or(work.lost);
        Ok(())
    }

    /// Stores facts, and gives the keys of what follows from them.
    pub(super) async fn take_facts(&self, facts: &[SeenFact]) -> Vec<WorkKey> {
        let mut hints = Vec::new();
        for fact in facts {
            let listed = || Some(self.basis.listing.record(Side::Left, &fact.key.at)?.0);
            let Some(snapshot) = fact.snapshot.as_ref().or_else(listed) else { continue };
            if self.stopped().is_some() {
                break;
            }
            let taken = self.take_fact(&fact.key, snapshot).await;
            let key = WorkKey::Fact(fact.key.clone());
            match taken {
                Ok(outcome) => {
                    hints.extend(outcome.hints);
                    let again = outcome.again.map(|at| self.hint(key).not_before(at));
                    self.mark(again.into_iter().collect()).await;
                }
                Err(Trouble::Commit(CommitError::Store(error))) => _ = self.stop(error.to_string()),
                // Somebody else has taken it meanwhile, perhaps an older or a younger state of it.
                Err(_) => self.mark(vec![self.hint(key)]).await,
            }
        }
        hints
    }

    async fn take_fact(&self, key: &FactKey, row: &Snapshot) -> Result<Outcome, Trouble> {
        let known = self.runtime.store.fact(key).await?;
        match self.runtime.take_listed(key, row, self.basis.listing.began(), known).await? {
            Some(outcome) => Ok(outcome),
            // Somebody else may have stored it since the plan was made.
            None => self.runtime.fact(key).await,
        }
    }

    /// Leaves keys to whoever works on the queue.
    pub(super) async fn pass_on(&self, keys: Vec<WorkKey>) {
        self.mark(keys.into_iter().map(|key| self.hint(key)).collect()).await;
    }

    fn hint(&self, key: WorkKey) -> Hint {
        Hint::new(key, &self.runtime.name, Priority::Backfill)
    }

    /// Hints may be lost: a sweep finds again what they are about.
    pub(super) async fn mark(&self, hints: Vec<Hint>) {
        if hints.is_empty() {
            return;
        }
        if let Err(error) = self.runtime.queue.mark(&hints).await {
            tracing::warn!(%error, "the queue takes no hints");
        }
    }
}

/// Sorts the hints of a run: the key that this work goes on with is given back, the others are kept.
fn take_hints(work: &mut Work, hints: Vec<WorkKey>) -> Option<WorkKey> {
    let mut next = None;
    for hint in hints {
        match (&work.key, &hint) {
            (WorkKey::Birth(..), WorkKey::Birth(..) | WorkKey::Link(_)) => next = Some(hint),
            _ => work.hints.push(hint),
        }
    }
    next
}

/// What stopped the run.
pub(super) fn words(error: &EngineError) -> String {
    match error {
        EngineError::Collection { fault, .. } => fault.to_string(),
        EngineError::Bind(_)
        | EngineError::Unapproved { .. }
        | EngineError::Store(_)
        | EngineError::Unanswered { .. }
        | EngineError::KeepsNoValues => error.to_string(),
    }
}
