//! Undoing a run: what it wrote and nobody has changed since gets back what it had before.

pub(super) mod trail;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;

use super::fault::FaultKind;
use super::handle::Engine;
use super::journal::{Entry, Happening, RunId};
use super::link::LinkId;
use super::privacy::is_hidden;
use super::reconcile::restore::{Examined, Kept};
use super::reconcile::{Did, Outcome};
use super::record::{Fingerprint, RecordRef, Side};
use super::report::{Ending, Report};
use super::runtime::{EngineError, Runtime, Trouble};
use super::side_names::SideNames;
use super::value::FieldValue;
use super::worker::until;
use crate::queue::{Hint, Priority, WorkKey};
use crate::store::CommitError;
use trail::Verdict;

/// How many entries of the journal are read at once.
const PAGE: usize = 500;
/// How many looks at one record it takes at most: those that find out about lost answers included.
const TURNS: usize = 12;
/// How much of each list is shown.
const SHOWN: usize = 50;

/// One run or session, as the journal tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RunSummary {
    /// Its name.
    pub run: RunId,
    /// When its first entry was made.
    pub from: Timestamp,
    /// When its last one was.
    pub to: Timestamp,
    /// Records that it created.
    pub created: usize,
    /// Records that it found to be the other half of a pair.
    pub linked: usize,
    /// Fields that it wrote.
    pub wrote: usize,
    /// Records that it deleted.
    pub removed: usize,
    /// Questions that it asked.
    pub asked: usize,
}

/// What undoing a run would do. Making it writes nothing; [`Engine::apply_undo`] carries it out.
///
/// `Display` shows it to a person, and it serialises: both with the values, so neither belongs into a log. Its `Debug` form
/// holds none.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct Undo {
    /// Names exactly this undo: the digest of what it would do.
    pub id: String,
    /// The run that is undone.
    pub run: RunId,
    /// What is restored.
    pub records: Vec<UndoneRecord>,
    /// Fields that the run wrote and that are left as they are.
    pub kept: Vec<KeptField>,
    /// What else the run has done. It stays done.
    pub stands: Vec<Standing>,
    /// What people call the sides.
    #[serde(skip)]
    pub(super) sides: SideNames,
}

/// A record of which fields are restored.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UndoneRecord {
    /// Its pair.
    pub link: LinkId,
    /// Its side.
    pub side: Side,
    /// Where it is.
    pub at: RecordRef,
    /// What a person knows it by.
    pub label: String,
    /// What is restored.
    pub fields: Vec<UndoneField>,
}

/// A field that is restored.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UndoneField {
    /// Its name in the mapping.
    pub field: String,
    /// What it holds, which the run has left there.
    pub now: FieldValue,
    /// What it gets back.
    pub to: FieldValue,
}

/// A field that the run wrote, and that is left as it is.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KeptField {
    /// The pair.
    pub link: LinkId,
    /// The side.
    pub side: Side,
    /// Its name in the mapping; empty if it is about the whole pair.
    pub field: String,
    /// Why.
    pub why: String,
}

/// Something that the run has done and that is not undone: nothing is deleted or created by an undo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Standing {
    /// To what.
    pub about: WorkKey,
    /// What, such as `right record x9 was created`.
    pub what: String,
}

macro_rules! quiet_debug {
    ($type:ident: $($field:ident),+) => {
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($type))$(.field(stringify!($field), &self.$field))+.finish_non_exhaustive()
            }
        }
    };
}
pub(super) use quiet_debug;

quiet_debug!(Undo: id, run, records, stands);
quiet_debug!(UndoneRecord: link, side, at, fields);
quiet_debug!(UndoneField: field);
quiet_debug!(KeptField: link, side, field);

impl Undo {
    /// Whether it would change nothing.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

fn quoted(text: &str) -> String {
    if is_hidden(text) { "(hidden)".to_owned() } else { format!("{text:?}") }
}

/// A value as it is shown to a person.
pub(super) fn shown(value: &FieldValue) -> String {
    match value {
        FieldValue::Unknown => "unknown".to_owned(),
        FieldValue::Empty => "empty".to_owned(),
        FieldValue::Text(text) => quoted(text),
        FieldValue::Set(members) => members.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(" "),
    }
}

/// How a value becomes another one, as it is shown to a person: of a set, the members that come and go.
pub(super) fn change(before: &FieldValue, after: &FieldValue) -> String {
    if before.members().is_empty() && after.members().is_empty() {
        return format!("{} -> {}", shown(before), shown(after));
    }
    let come = after.members().difference(before.members()).map(|member| format!("+{member:?}"));
    let go = before.members().difference(after.members()).map(|member| format!("-{member:?}"));
    come.chain(go).collect::<Vec<_>>().join(" ")
}

impl fmt::Display for Undo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn more(f: &mut fmt::Formatter<'_>, all: usize) -> fmt::Result {
            if all > SHOWN { writeln!(f, "  ... and {} more", all - SHOWN) } else { Ok(()) }
        }
        let fields: usize = self.records.iter().map(|record| record.fields.len()).sum();
        writeln!(f, "Undo {} of {}", self.id, self.run)?;
        writeln!(
            f,
            "  {fields} fields of {} records to restore, {} kept, {} other things stay",
            self.records.len(),
            self.kept.len(),
            self.stands.len()
        )?;
        for UndoneRecord { link, side, at, label, fields } in self.records.iter().take(SHOWN) {
            writeln!(f, "~ {} {} ({link}, {label})", self.sides.record(*side), at.id)?;
            for UndoneField { field, now, to } in fields {
                writeln!(f, "    {field}: {}", change(now, to))?;
            }
        }
        more(f, self.records.len())?;
        for KeptField { link, side, field, why } in self.kept.iter().take(SHOWN) {
            match field.as_str() {
                "" => writeln!(f, "kept: {link}: {why}")?,
                field => writeln!(f, "kept: {field} {} of {link}: {why}", self.sides.at(*side))?,
            }
        }
        more(f, self.kept.len())?;
        for Standing { about, what } in self.stands.iter().take(SHOWN) {
            writeln!(f, "stays: {}: {what}", self.sides.about(about))?;
        }
        more(f, self.stands.len())
    }
}

/// What an entry tells that is not undone.
fn standing(entry: &Entry, sides: &SideNames) -> Option<Standing> {
    let record =
        |side: &Side, at: &RecordRef, what: &str| format!("{} {} {what}", sides.record(*side), at.id);
    let what = match (&entry.about, &entry.what) {
        (_, Happening::Created(side, at, _)) => record(side, at, "was created"),
        (_, Happening::Linked(side, at)) => record(side, at, "was found to be the other half"),
        (_, Happening::Removed(side, at, _)) => record(side, at, "was deleted"),
        (WorkKey::Link(_), Happening::Moved(side, at)) => record(side, at, "took the place of another"),
        (WorkKey::Link(_), Happening::Ended) => "the pair ended".to_owned(),
        (WorkKey::Projection(_), Happening::Wrote(..)) => {
            "it was written, and follows from its fact".to_owned()
        }
        _ => return None,
    };
    Some(Standing { about: entry.about.clone(), what })
}

impl Engine {
    /// The runs and sessions that the journal tells of, the youngest first: at most `limit` of those before `before`. Reads
    /// all their entries.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn runs(&self, before: Option<&RunId>, limit: usize) -> Result<Vec<RunSummary>, EngineError> {
        let mut summaries = Vec::new();
        for run in self.runtime.store.runs(before, limit).await? {
            let mut summary: Option<RunSummary> = None;
            self.runtime
                .each_entry_of(&run, |entry| {
                    let summary = summary.get_or_insert_with(|| RunSummary {
                        run: run.clone(),
                        from: entry.at,
                        to: entry.at,
                        created: 0,
                        linked: 0,
                        wrote: 0,
                        removed: 0,
                        asked: 0,
                    });
                    summary.to = entry.at;
                    match &entry.what {
                        Happening::Created(..) => summary.created += 1,
                        Happening::Linked(..) => summary.linked += 1,
                        Happening::Wrote(_, writes) => summary.wrote += writes.len(),
                        Happening::Removed(..) => summary.removed += 1,
                        Happening::Asked(_) => summary.asked += 1,
                        _ => {}
                    }
                })
                .await?;
            summaries.extend(summary);
        }
        Ok(summaries)
    }

    /// What it would take to undo a run: each field that it wrote and that still is as it left it gets back what it had
    /// before. What people, or later runs, have changed since is kept, and so is what the run created, paired, deleted or
    /// derived: the result names all of it. Reads each record that the run wrote; writes nothing.
    ///
    /// # Errors
    ///
    /// The store or a side cannot be read, or the state belongs to other accounts. [`EngineError::KeepsNoValues`] in privacy
    /// mode: nobody knows what was there before.
    pub async fn undo(&self, run: &RunId) -> Result<Undo, EngineError> {
        let runtime = &self.runtime;
        if !runtime.keeps_values() {
            return Err(EngineError::KeepsNoValues);
        }
        runtime.make_sure_bound().await?;
        let (mut links, mut stands) = (BTreeSet::new(), Vec::new());
        runtime
            .each_entry_of(run, |entry| {
                if let (WorkKey::Link(link), Happening::Wrote(..)) = (&entry.about, &entry.what) {
                    links.insert(link.clone());
                }
                stands.extend(standing(&entry, &runtime.sides));
            })
            .await?;
        let found: Vec<_> = stream::iter(links)
            .map(|link| runtime.undo_of(link, run))
            .buffered(runtime.concurrency)
            .try_collect()
            .await?;
        let (mut records, mut kept) = (Vec::new(), Vec::new());
        for (found, left) in found {
            records.extend(found);
            kept.extend(left);
        }
        let id = Fingerprint::of(&(run, &records)).as_str().chars().take(12).collect();
        Ok(Undo { id, run: run.clone(), records, kept, stands, sides: runtime.sides.clone() })
    }

    /// Undoes a run, as was planned by [`undo`](Self::undo). Each record is read once more, and only what is still as it was
    /// then is restored, by an announced write. The other side keeps what it has: from then on both agree to differ, until a
    /// person edits one of them. It is a run of its own in the journal ([`Report::run`]), and can be undone.
    ///
    /// Where an answer is lost, it waits until it can find out. What fails for one record does not stop the others.
    ///
    /// # Errors
    ///
    /// The state belongs to other accounts, or holds no values; nothing was then written.
    pub async fn apply_undo(&self, undo: Undo) -> Result<Report, EngineError> {
        let runtime = &self.runtime;
        if !runtime.keeps_values() {
            return Err(EngineError::KeepsNoValues);
        }
        runtime.make_sure_bound().await?;
        let started = runtime.clock.env().monotonic();
        let by = RunId::of(runtime.now(), "undo", &undo.id);
        let report = Mutex::new(Report::default());
        let mut by_link: BTreeMap<LinkId, Vec<UndoneRecord>> = BTreeMap::new();
        for record in undo.records {
            by_link.entry(record.link.clone()).or_default().push(record);
        }
        let (by, run, told) = (&by, &undo.run, &report);
        stream::iter(by_link.into_values())
            .for_each_concurrent(runtime.concurrency, |records| async move {
                for record in records {
                    let ending = runtime.turn_back(by, run, &record, told).await;
                    let mut report = told.lock().unwrap_or_else(PoisonError::into_inner);
                    report.add(runtime.collection(record.side).name(), &record.label, ending);
                }
            })
            .await;
        let mut report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
        let right = runtime.collection(Side::Right).name();
        report.counts = report.collections.get(right).copied().unwrap_or_default();
        report.run = by.clone();
        report.elapsed = runtime.clock.env().monotonic().saturating_sub(started);
        report.told_of(by.as_str(), runtime.observer.as_ref());
        Ok(report)
    }
}

impl Runtime {
    /// Goes through the entries of a run.
    async fn each_entry_of(&self, run: &RunId, mut f: impl FnMut(Entry) + Send) -> Result<(), EngineError> {
        let mut after = 0;
        loop {
            let page = self.store.journal_of_run(run, after, PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = *last;
            for (_, entry) in page {
                f(entry);
            }
        }
    }

    /// What undoing a run would do to a pair.
    async fn undo_of(
        &self,
        link: LinkId,
        run: &RunId,
    ) -> Result<(Vec<UndoneRecord>, Vec<KeptField>), EngineError> {
        let whole =
            |why: String| KeptField { link: link.clone(), side: Side::Left, field: String::new(), why };
        let ready = match self.examine(&link, run).await {
            Ok(Examined::Ready(ready)) => *ready,
            Ok(Examined::Over(why)) => return Ok((Vec::new(), vec![whole(why.to_owned())])),
            Ok(Examined::Later(at)) => {
                let why = format!("it is not certain yet what is there: undo again after {}", minute(at));
                return Ok((Vec::new(), vec![whole(why)]));
            }
            Err(Trouble::Commit(CommitError::Store(error))) => return Err(error.into()),
            Err(Trouble::Commit(error)) => return Ok((Vec::new(), vec![whole(error.to_string())])),
            Err(Trouble::Fault(account, fault)) => match fault.kind() {
                FaultKind::Invalid | FaultKind::Gone | FaultKind::Changed | FaultKind::Transient => {
                    return Ok((Vec::new(), vec![whole(format!("it cannot be read now: {fault}"))]));
                }
                _ => return Err(EngineError::Collection { collection: account.to_string(), fault }),
            },
        };
        let (mut records, mut kept): (Vec<UndoneRecord>, _) = (Vec::new(), Vec::new());
        for (side, field, verdict) in &ready.fields {
            match verdict {
                Verdict::Done => {}
                Verdict::Keep(why) => kept.push(KeptField {
                    link: link.clone(),
                    side: *side,
                    field: field.clone(),
                    why: why.clone(),
                }),
                Verdict::Restore(write) => {
                    let (now, to) = (ready.value(*side, field), write.value.clone());
                    let undone = UndoneField { field: field.clone(), now, to };
                    match records.last_mut().filter(|record| record.side == *side) {
                        Some(record) => record.fields.push(undone),
                        None => records.extend(ready.record(*side).map(|(at, label)| UndoneRecord {
                            link: link.clone(),
                            side: *side,
                            at,
                            label,
                            fields: vec![undone],
                        })),
                    }
                }
            }
        }
        Ok((records, kept))
    }

    /// Restores a record, and waits for what it takes to know that it is done.
    async fn turn_back(
        &self,
        by: &RunId,
        undone: &RunId,
        record: &UndoneRecord,
        told: &Mutex<Report>,
    ) -> Ending {
        let stopped = |why: Option<String>| {
            let mut report = told.lock().unwrap_or_else(PoisonError::into_inner);
            report.stopped = report.stopped.take().or(why);
            report.stopped.is_some()
        };
        let (began, mut has_sent, mut reason) = (self.now(), false, None);
        for _ in 0..TURNS {
            if stopped(None) {
                return Ending::Failed(None);
            }
            let (Outcome { did, again, .. }, kept) = match self.restore(by, undone, record).await {
                Ok(done) => done,
                Err(error) => {
                    stopped(Some(error.to_string()));
                    return Ending::Failed(Some(error.to_string()));
                }
            };
            has_sent |= kept.is_some() && matches!(did, Did::Updated | Did::Unanswered);
            match (did, kept) {
                (Did::Updated | Did::Nothing, Some(kept)) => {
                    self.look_again(&record.link, again).await;
                    let is_kept = kept.len() == record.fields.len();
                    self.remark(record, kept, told);
                    return if has_sent && !is_kept { Ending::Updated } else { Ending::Unchanged };
                }
                (Did::Asked(why), Some(_)) => return Ending::Failed(Some(why)),
                (Did::Failed { kind: FaultKind::Throttled { .. } | FaultKind::Auth, message }, _) => {
                    stopped(Some(message.clone()));
                    return Ending::Failed(Some(message));
                }
                (Did::Failed { message, .. }, _) => reason = Some(message),
                _ => {}
            }
            let now = self.now();
            let Some(again) = again else { break };
            if until(began, again) > self.patience() {
                break;
            }
            self.clock.env().sleep(until(now, again)).await;
        }
        let lost =
            "what was sent was not answered yet, or it has to wait for something else: undo again later";
        Ending::Failed(Some(reason.unwrap_or_else(|| lost.to_owned())))
    }

    /// Somebody looks at a pair again when it can be seen what was stored.
    async fn look_again(&self, link: &LinkId, at: Option<Timestamp>) {
        let Some(at) = at else { return };
        let hint = Hint::new(WorkKey::Link(link.clone()), &self.name, Priority::Event).not_before(at);
        if let Err(error) = self.queue.mark(&[hint]).await {
            tracing::warn!(%error, "the queue takes no hints");
        }
    }

    fn remark(&self, record: &UndoneRecord, kept: Kept, told: &Mutex<Report>) {
        let mut report = told.lock().unwrap_or_else(PoisonError::into_inner);
        for (field, why) in kept {
            let name = self.collection(record.side).name();
            report.remark(name, &record.label, format!("{field} is left as it is: {why}"));
        }
    }
}

/// A moment, to the minute, in UTC.
pub(super) fn minute(at: Timestamp) -> impl fmt::Display {
    at.strftime("%Y-%m-%d %H:%M")
}
