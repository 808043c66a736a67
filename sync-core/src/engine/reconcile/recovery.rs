use std::collections::BTreeMap;

use jiff::Timestamp;

use super::super::caps::MarkerKind;
use super::super::collection::{Marker, Probe, Read};
use super::super::journal::{FieldWrite, Happening};
use super::super::link::{PendingOp, Sent};
use super::super::merge::{FieldState, Kind};
use super::super::record::{Scope, Side, Snapshot};
use super::super::recover::{Recovery, recover};
use super::super::runtime::{Runtime, Trouble};
use super::super::settle::{Unsettled, Verdict, settle};
use super::super::switches::RuleOff;
use super::super::value::{Agreed, FieldValue};
use super::run::Run;
use super::{Did, Outcome};

/// How many records that look like a lost create are told apart.
const HITS: usize = 5;

impl Runtime {
    /// Finds out what became of an announced write.
    pub(super) async fn recover(&self, mut run: Run<'_>) -> Result<Outcome, Trouble> {
        run.announced_by = run.link.pending.as_ref().and_then(|pending| pending.run.clone());
        match run.link.pending.as_ref().map(|pending| pending.op.clone()) {
            Some(PendingOp::Create { side, marker, sent }) => {
                self.recover_create(run, side, marker, sent).await
            }
            Some(PendingOp::Update { side, sent }) => self.recover_update(run, side, sent).await,
            Some(PendingOp::Remove { side }) => self.recover_remove(run, side).await,
            None => Ok(Outcome::nothing()),
        }
    }

    async fn recover_create(
        &self,
        mut run: Run<'_>,
        side: Side,
        marker: Marker,
        sent: Vec<Sent>,
    ) -> Result<Outcome, Trouble> {
        let now = self.now();
        let Some(pending) = run.link.pending.clone() else { return Ok(Outcome::nothing()) };
        let caps = self.collection(side).caps();
        let kind = if self.marks(side) { caps.marker } else { MarkerKind::Keys { resend: true } };
        let founder = run.link.ends[side.other()].clone();
        let scope = match founder {
            // Even if the pair of the two parents has ended since: that is where it was sent to.
            Some(at) => self.scope_for_partner(side.other(), &at, |_| true).await?,
            None => Some(Scope::All),
        };
        let Some(scope) = scope else {
            // Nobody knows any more where the record would be. It is not looked for where it cannot be.
            let why = "its create was not answered, and the pair of the records that both were to live under is not known \
                       any more: pair those two again";
            return self.unknown_create(run, side, why.to_owned()).await;
        };
        let now_or_never = if self.is_off(RuleOff::Quarantine) { Timestamp::MAX } else { now };
        let found = match recover(kind, pending.send_by, caps, None, now_or_never) {
            Recovery::Wait(until) => return Ok(Outcome::wait(until)),
            Recovery::Look => self.lost(side, &scope, kind, &marker, &sent, &run).await?,
            // The same create once more: what was sent before is refused, or it is not there. The founder may have changed
            // since that was announced.
            _ => {
                let outcome = self.send_create(run, side, scope, marker, sent).await?;
                let is_there = matches!(outcome.did, Did::Created | Did::Linked(_));
                return Ok(if is_there { outcome.again(now) } else { outcome });
            }
        };
        match recover(kind, pending.send_by, caps, Some(&found), now_or_never) {
            Recovery::Adopt(at) => self.adopt(run, side, at, !matches!(kind, MarkerKind::Keys { .. })).await,
            Recovery::Send | Recovery::Look => {
                // By what the founder holds now, which may have changed.
                run.link.pending = None;
                run.tell(now, Happening::NotApplied(side));
                run.commit().await?;
                Ok(Outcome::wait(now))
            }
            Recovery::Wait(until) => Ok(Outcome::wait(until)),
            Recovery::Review(why) => self.unknown_create(run, side, why).await,
        }
    }

    /// Records that may be the one of a lost create: those with its marker, or with its keys and in no other pair.
    async fn lost(
        &self,
        side: Side,
        scope: &Scope,
        kind: MarkerKind,
        marker: &Marker,
        sent: &[Sent],
        run: &Run<'_>,
    ) -> Result<Vec<Snapshot>, Trouble> {
        if kind == MarkerKind::Searchable {
            let mut found = if self.collection(side).caps().under_parent {
                self.list_all(side, scope).await?
            } else {
                self.search(side, scope, &Probe::Marker(marker.clone()), HITS).await?
            };
            found.retain(|snapshot| snapshot.marker.as_ref() == Some(marker));
            return Ok(found);
        }
        let mut found = BTreeMap::new();
        for matcher in self.mapper.matchers() {
            let value = |position| {
                let name = self.mapper.name(position);
                sent.iter().find(|sent| sent.field == name)?.write.value.text().map(str::to_owned)
            };
            let Some(key) = self.probe(side, matcher, value)? else { continue };
            for hit in self.search(side, scope, &key, HITS).await? {
                let holder = self.store.link_of(side, &hit.at).await?;
                let is_free = holder.is_none_or(|link| !link.value.is_live() || link.value.id == run.link.id);
                // The search only hints.
                if let (true, Read::Found(hit)) = (is_free, self.read(side, &hit.at).await?) {
                    if self.agrees(side, sent, &hit).await? {
                        found.insert(hit.at.clone(), hit);
                    }
                }
            }
        }
        Ok(found.into_values().collect())
    }

    /// An update whose answer was lost: what is there as it was sent is agreed on; everything else is decided anew, by
    /// what both sides had before.
    async fn recover_update(
        &self,
        mut run: Run<'_>,
        side: Side,
        sent: Vec<Sent>,
    ) -> Result<Outcome, Trouble> {
        let now = self.now();
        if let Some(until) = run.quarantine_ends().filter(|until| now < *until) {
            return Ok(Outcome::wait(until));
        }
        let Some(at) = run.link.ends[side].clone() else { return Ok(Outcome::nothing()) };
        let by_reading = !self.is_off(RuleOff::UnknownByReading);
        let read = self.read(side, &at).await?;
        if !matches!(read, Read::Found(_)) {
            // What lost may have been there until the record went.
            for Sent { field, write, .. } in &sent {
                if let Some(value) = write.overrides.clone() {
                    run.tell(now, Happening::Overrode { side, field: field.clone(), value });
                }
            }
        }
        if let (true, Read::Found(snapshot)) = (by_reading, read) {
            let fields = self.fields(side, &snapshot).await?;
            let mut writes = Vec::new();
            for sent in sent {
                let Sent { field, write, before } = &sent;
                let position = self.mapper.position(field);
                let rules = position.and_then(|position| self.mapper.rules().fields.get(position));
                let (Some(position), Some(rules)) = (position, rules) else { continue };
                let unsettled = Unsettled::new(write, before.clone(), now);
                let (verdict, stored) = settle(rules, &unsettled, fields.get(position));
                if let Some(value) = write.overrides.clone().filter(|_| verdict != Verdict::Refused) {
                    // Even if somebody has edited it since: what lost may have been there until then.
                    run.tell(now, Happening::Overrode { side, field: field.clone(), value });
                }
                let from = side.other();
                let came_from = if rules.kind == Kind::Set {
                    // By member: some may be there as they were sent, and others undone since, or refused.
                    let agreed = write.agreed[from].clone();
                    settle(rules, &Unsettled { agreed, ..unsettled }, fields.get(position)).1
                } else if verdict == Verdict::Stored {
                    write.agreed[from].clone()
                } else {
                    continue;
                };
                run.agree(position, from, came_from, now);
                run.agree(position, side, stored, now);
                if verdict == Verdict::Stored {
                    run.unpark(position);
                    writes.extend(run.told(std::slice::from_ref(&sent), Some(&fields)));
                } else if rules.kind == Kind::Set {
                    writes.extend(arrived(&sent, fields.get(position)));
                }
            }
            let what =
                if writes.is_empty() { Happening::NotApplied(side) } else { Happening::Wrote(side, writes) };
            run.tell(now, what);
        }
        run.link.pending = None;
        run.commit().await?;
        Ok(Outcome::done(Did::Noted).again(now))
    }

    async fn recover_remove(&self, mut run: Run<'_>, side: Side) -> Result<Outcome, Trouble> {
        let now = self.now();
        if let Some(until) = run.quarantine_ends().filter(|until| now < *until) {
            return Ok(Outcome::wait(until));
        }
        let Some(at) = run.link.ends[side].clone() else { return Ok(Outcome::nothing()) };
        if matches!(self.read(side, &at).await?, Read::Gone) {
            let agreed = |state: &FieldState| state.agreed[side].as_ref().and_then(Agreed::kept);
            let values = run.lost(|position| run.states.get(position).and_then(agreed).unwrap_or_default());
            run.tell(now, Happening::Removed(side, at, values));
            let outcome = self.end(run, now).await?;
            return Ok(Outcome { did: Did::Removed, ..outcome });
        }
        run.link.pending = None;
        run.tell(now, Happening::NotApplied(side));
        run.commit().await?;
        Ok(Outcome::wait(now))
    }
}

/// What the journal tells of a set of which only some members are as they were sent.
fn arrived(Sent { field, write, before }: &Sent, seen: &FieldValue) -> Option<FieldWrite> {
    let (was, is, seen) = (before.members(), write.value.members(), seen.members());
    let there = was.union(is).filter(|member| {
        if is.contains(*member) == was.contains(*member) {
            was.contains(*member)
        } else {
            seen.contains(*member)
        }
    });
    let after = FieldValue::set(there.cloned());
    (after != *before).then(|| FieldWrite { field: field.clone(), before: before.clone(), after })
}
