use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::super::collection::{Part, WriteError, Written};
use super::super::fault::{Fault, FaultKind};
use super::super::journal::{FieldWrite, Happening};
use super::super::link::{Pending, PendingOp, Sent};
use super::super::merge::{Kind, Reason, Write};
use super::super::plan::Change;
use super::super::record::{Fingerprint, Raw, RecordId, Side};
use super::super::runtime::{Runtime, Trouble};
use super::super::switches::RuleOff;
use super::super::value::{Agreed, FieldValue, Pair};
use super::pair::Seen;
use super::run::Run;
use super::{Did, Outcome};

/// When a write was announced, and until when it may be sent.
pub(super) struct Announced {
    send_by: Timestamp,
    /// By the clock that does not jump.
    at: Duration,
}

impl Announced {
    pub(super) fn new(send_by: Timestamp, at: Duration) -> Self {
        Self { send_by, at }
    }
}

/// One request of an update, and the fields that it writes.
struct Request {
    part: Part,
    sent: Vec<Sent>,
}

/// What became of the requests of an update.
enum Ending {
    Applied,
    Unknown(Fault),
    NotApplied(Fault),
    Exists(RecordId),
}

impl Runtime {
    /// Writes fields of one side: announced, sent, noted.
    pub(super) async fn update(
        &self,
        mut run: Run<'_>,
        to: Side,
        seen: &Seen,
        writes: Vec<(usize, Write)>,
    ) -> Result<Outcome, Trouble> {
        if run.is_old() {
            return Ok(Outcome::wait(self.now()));
        }
        let Some(snapshot) = seen.snapshots[to].clone() else { return Ok(Outcome::wait(self.now())) };
        let before =
            |position: usize| seen.fields(to).map_or(FieldValue::Unknown, |f| f.get(position).clone());
        let requests = self.requests(to, writes, before);
        let sent: Vec<Sent> = requests.iter().flat_map(|request| request.sent.iter().cloned()).collect();
        if let Some(held) = self.hold(&run.link.id, self.acts(&run.states, &sent)).await? {
            run.commit_if_changed().await?;
            return Ok(held);
        }
        let pending = self.announce(&mut run, PendingOp::Update { side: to, sent }).await?;

        let mut ending = Ending::Applied;
        let mut done: Vec<(Vec<Sent>, Written)> = Vec::new();
        let mut refused = Vec::new();
        let mut seen_last = snapshot;
        for request in requests {
            if let Err(late) = self.in_time(&pending) {
                ending = Ending::NotApplied(late);
                break;
            }
            match self.collection(to).update(&seen_last, &request.part, &run.link.id.marker()).await {
                Ok(written) => {
                    // Our own request has made another version.
                    seen_last.version = written.stored.as_ref().and_then(|stored| stored.version.clone());
                    done.push((request.sent, written));
                }
                Err(error) => {
                    refused = request.sent;
                    ending = match error {
                        WriteError::NotApplied(fault) => Ending::NotApplied(fault),
                        WriteError::Unknown(fault) => Ending::Unknown(fault),
                        WriteError::Exists(id) => Ending::Exists(id),
                    };
                    break;
                }
            }
        }
        self.finish(run, to, seen, done, refused, ending).await
    }

    /// The requests that write these fields: one for the plain ones, and for a set whose members are written one each
    /// for those that come and those that go.
    fn requests(
        &self,
        to: Side,
        writes: Vec<(usize, Write)>,
        before: impl Fn(usize) -> FieldValue,
    ) -> Vec<Request> {
        let by_member = self.collection(to).caps().member_writes;
        let sent = |position: usize, write: &Write| Sent {
            field: self.mapper.name(position).to_owned(),
            write: write.clone(),
            before: before(position),
        };
        let is_set = |position: usize| {
            self.mapper.rules().fields.get(position).is_some_and(|rules| rules.kind == Kind::Set)
        };
        let (sets, plain): (Vec<_>, Vec<_>) =
            writes.into_iter().partition(|(position, _)| by_member && is_set(*position));
        let mut requests = Vec::new();
        if !plain.is_empty() {
            let values: Vec<_> =
                plain.iter().map(|(position, write)| (*position, write.value.clone())).collect();
            requests.push(Request {
                part: Part::Fields(self.mapper.write(to, &values)),
                sent: plain.iter().map(|(position, write)| sent(*position, write)).collect(),
            });
        }
        for (position, write) in &sets {
            let (was, is) = (before(*position), &write.value);
            let was = was.members();
            let added: BTreeSet<String> = is.members().difference(was).cloned().collect();
            let removed: BTreeSet<String> = was.difference(is.members()).cloned().collect();
            let coming = self.members(to, *position, added);
            let going = self.members(to, *position, removed.clone());
            if let Some((field, members)) = coming {
                // If what is to go is refused afterwards, what has come is agreed on all the same.
                let write =
                    if going.is_some() { without_removals(write, was, &removed) } else { write.clone() };
                let sent = vec![sent(*position, &write)];
                requests.push(Request { part: Part::AddTo { field, members }, sent });
            }
            if let Some((field, members)) = going {
                let sent = vec![sent(*position, write)];
                requests.push(Request { part: Part::RemoveFrom { field, members }, sent });
            }
        }
        requests
    }

    /// Members as the collection knows them, and the path of their set; `None` if there are none.
    fn members(&self, to: Side, position: usize, members: BTreeSet<String>) -> Option<(String, Vec<String>)> {
        if members.is_empty() {
            return None;
        }
        let mut level: Raw = self.mapper.write(to, &[(position, FieldValue::Set(members))]);
        let mut path = String::new();
        loop {
            let (name, value) = std::mem::take(&mut level).into_iter().next()?;
            path.push_str(&name);
            match value {
                Value::Object(inner) => level = inner,
                Value::Array(list) => {
                    let members = list.iter().filter_map(|member| member.as_str().map(str::to_owned));
                    return Some((path, members.collect()));
                }
                _ => return None,
            }
            path.push('.');
        }
    }

    /// Commits what is about to be sent.
    pub(super) async fn announce(&self, run: &mut Run<'_>, op: PendingOp) -> Result<Announced, Trouble> {
        let pending =
            Pending { run: Some(self.run.clone()), ..Pending::new(self.now(), self.send_within, op) };
        run.announced_by = None;
        let announced = Announced::new(pending.send_by, self.clock.env().monotonic());
        if !self.is_off(RuleOff::WriteAhead) {
            run.link.pending = Some(pending);
            run.commit().await?;
        }
        Ok(announced)
    }

    /// Nothing is sent late: whoever looks for it may have looked already.
    pub(super) fn in_time(&self, announced: &Announced) -> Result<(), Fault> {
        let passed = self.clock.env().monotonic().saturating_sub(announced.at);
        // By both clocks: the wall clock is what others judge by, and it may have been set back.
        let in_time = self.now() <= announced.send_by && passed <= self.send_within;
        if in_time || self.is_off(RuleOff::SendBy) {
            return Ok(());
        }
        Err(Fault::new(FaultKind::Changed, "the write was announced too long ago to be sent"))
    }

    async fn finish(
        &self,
        mut run: Run<'_>,
        to: Side,
        seen: &Seen,
        done: Vec<(Vec<Sent>, Written)>,
        refused: Vec<Sent>,
        ending: Ending,
    ) -> Result<Outcome, Trouble> {
        let now = self.now();
        let account = self.account(to);
        if let Ending::Unknown(fault) = ending {
            // What was answered before is found out together with the rest.
            tracing::warn!(link = %run.link.id, %fault, "a write without an answer, looked up later");
            let _ = self.failed(account, fault);
            let again = run.quarantine_ends().unwrap_or(now);
            return Ok(Outcome::done(Did::Unanswered).again(again));
        }
        run.link.pending = None;
        run.changed = true;
        let mut wrote = Vec::new();
        let mut writes: Vec<FieldWrite> = Vec::new();
        for (sent, written) in &done {
            wrote.extend(sent.iter().map(|Sent { field, write, .. }| {
                ((field.clone(), to), Fingerprint::of(&Change::shown(&write.value)))
            }));
            let stored = match &written.stored {
                Some(stored) => Some(self.fields(to, stored).await?),
                None => None,
            };
            let told = run.told(sent, stored.as_ref());
            // A set may take two requests: the second one's values are those of both.
            writes.retain(|write| told.iter().all(|later| later.field != write.field));
            writes.extend(told);
            run.wrote(to, sent, stored.as_ref(), now);
        }
        if !writes.is_empty() {
            run.tell(now, Happening::Wrote(to, writes));
        }
        let applied = !done.is_empty();
        match ending {
            Ending::Applied | Ending::Unknown(_) => {
                self.breaker(&account).success();
                run.commit().await?;
                let settles = run.states.iter().any(|state| state.unsettled.is_some());
                let otherwise = run.otherwise.clone();
                let outcome = Outcome { otherwise, wrote, ..Outcome::done(Did::Updated) };
                Ok(if settles { outcome.again(run.settles_at(now).unwrap_or(now)) } else { outcome })
            }
            Ending::NotApplied(fault) if fault.kind() == FaultKind::Invalid => {
                let why = format!("is not taken: {fault}");
                self.refuse(&mut run, to, seen, &refused, &why, now);
                run.commit().await?;
                Ok(Outcome::done(if applied { Did::Updated } else { Did::Asked(why) }).again(now))
            }
            Ending::Exists(id) => {
                let unique = &self.collection(to).caps().unique;
                let (keys, rest): (Vec<_>, Vec<_>) =
                    refused.into_iter().partition(|sent| unique.contains(&sent.field));
                let why = format!("belongs to record {id} already");
                self.refuse(&mut run, to, seen, if keys.is_empty() { &rest } else { &keys }, &why, now);
                run.commit().await?;
                Ok(Outcome::done(if applied { Did::Updated } else { Did::Asked(why) }).again(now))
            }
            Ending::NotApplied(fault) => {
                run.tell(now, Happening::NotApplied(to));
                run.commit().await?;
                Err(self.failed(account, fault))
            }
        }
    }

    /// Leaves fields that the service does not take to a person.
    fn refuse(&self, run: &mut Run<'_>, to: Side, seen: &Seen, sent: &[Sent], why: &str, now: Timestamp) {
        let value = |side: Side, position: usize| {
            seen.fields(side).map_or(FieldValue::Unknown, |fields| fields.get(position).clone())
        };
        if run.restores {
            return;
        }
        for sent in sent {
            let Some(position) = self.mapper.position(&sent.field) else { continue };
            let values = Pair::new(value(Side::Left, position), value(Side::Right, position));
            run.park(position, values, Reason::Invalid(to, why.to_owned()), now);
        }
    }

    /// Deletes a record whose partner is gone.
    pub(super) async fn remove(&self, mut run: Run<'_>, side: Side, seen: &Seen) -> Result<Outcome, Trouble> {
        let Some(snapshot) = seen.snapshots[side].clone() else { return Ok(Outcome::wait(self.now())) };
        if run.is_old() {
            return Ok(Outcome::wait(self.now()));
        }
        let pending = self.announce(&mut run, PendingOp::Remove { side }).await?;
        let removed = match self.in_time(&pending) {
            Ok(()) => self.collection(side).remove(&snapshot).await,
            Err(late) => Err(WriteError::NotApplied(late)),
        };
        let now = self.now();
        match removed {
            Ok(()) => {
                let values =
                    seen.fields(side).map(|fields| run.lost(|position| fields.get(position).clone()));
                run.tell(now, Happening::Removed(side, snapshot.at, values.unwrap_or_default()));
                let outcome = self.end(run, now).await?;
                Ok(Outcome { did: Did::Removed, ..outcome })
            }
            Err(WriteError::NotApplied(fault)) if fault.kind() == FaultKind::Gone => self.end(run, now).await,
            Err(WriteError::NotApplied(fault)) => {
                run.link.pending = None;
                run.tell(now, Happening::NotApplied(side));
                run.commit().await?;
                Err(self.failed(self.account(side), fault))
            }
            Err(WriteError::Unknown(fault)) => {
                let _ = self.failed(self.account(side), fault);
                let again = run.quarantine_ends().unwrap_or(now);
                Ok(Outcome::done(Did::Unanswered).again(again))
            }
            Err(WriteError::Exists(_)) => {
                run.link.pending = None;
                run.commit().await?;
                Ok(Outcome::wait(now))
            }
        }
    }
}

/// The write of a set as it is when its additions are made and its removals are not.
fn without_removals(write: &Write, was: &BTreeSet<String>, removed: &BTreeSet<String>) -> Write {
    let kept = |agreed: &Option<Agreed>| {
        let agreed = agreed.as_ref()?;
        Agreed::on(&FieldValue::set(agreed.members().union(removed).cloned()))
    };
    Write {
        value: FieldValue::set(was.union(write.value.members()).cloned()),
        agreed: Pair::new(kept(&write.agreed.left), kept(&write.agreed.right)),
        ..write.clone()
    }
}
