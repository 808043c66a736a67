use std::collections::BTreeMap;

use jiff::Timestamp;

use super::super::journal::RunId;
use super::super::link::LinkId;
use super::super::merge::{Seen as FieldSeen, Write};
use super::super::policy::Interval;
use super::super::record::{RecordRef, Side};
use super::super::runtime::{EngineError, Runtime, Source, Trouble};
use super::super::undo::trail::{Verdict, judge, trails};
use super::super::undo::{UndoneField, UndoneRecord};
use super::super::value::{FieldValue, Pair};
use super::Outcome;
use super::pair::Seen;
use super::run::Run;
use crate::queue::{Priority, WorkKey};

/// The fields that are not restored, and why.
pub(in super::super) type Kept = BTreeMap<String, String>;

/// What a look at a pair says about undoing a run there.
pub(in super::super) enum Examined<'a> {
    /// Nothing yet: something of it is not known before this moment.
    Later(Timestamp),
    /// Nothing, for this reason.
    Over(&'static str),
    /// Each field that the run wrote.
    Ready(Box<Ready<'a>>),
}

/// A pair of which is known what can be undone.
pub(in super::super) struct Ready<'a> {
    run: Run<'a>,
    seen: Seen,
    pub(in super::super) fields: Vec<(Side, String, Verdict)>,
}

impl Ready<'_> {
    /// The record of a side, and what a person knows it by.
    pub(in super::super) fn record(&self, side: Side) -> Option<(RecordRef, String)> {
        let snapshot = self.seen.snapshots[side].as_ref()?;
        Some((snapshot.at.clone(), self.run.runtime.mapper.label(side, snapshot)))
    }

    /// What a side holds in a field.
    pub(in super::super) fn value(&self, side: Side, field: &str) -> FieldValue {
        let position = self.run.runtime.mapper.position(field);
        let fields = self.seen.fields(side).zip(position);
        fields.map(|(fields, position)| fields.get(position).clone()).unwrap_or_default()
    }
}

impl Runtime {
    /// Reads both records of a pair and says what of a run can be undone there. Writes nothing.
    pub(in super::super) async fn examine(
        &self,
        id: &LinkId,
        undone: &RunId,
    ) -> Result<Examined<'_>, Trouble> {
        let now = self.now();
        let Some(found) = self.store.link(id).await? else {
            return Ok(Examined::Over("the pair is not known any more"));
        };
        if !found.value.is_live() {
            return Ok(Examined::Over("the pair has ended"));
        }
        let mut run = Run::new(self, Some(found.rev), found.value);
        if let Some(wait) = self.doubt(&run.link, &run.states) {
            return Ok(Examined::Later(now.checked_add(wait).unwrap_or(Timestamp::MAX)));
        }
        if run.link.pending.is_some() {
            return Ok(Examined::Later(run.quarantine_ends().unwrap_or(now)));
        }
        if let Some(at) = run.settles_at(now) {
            return Ok(Examined::Later(at));
        }
        let (Some(left), Some(right)) = (run.link.ends.left.clone(), run.link.ends.right.clone()) else {
            return Ok(Examined::Over("the pair has one record only"));
        };
        let seen = match self.look(&mut run, &Pair::new(left, right), Source::Live).await? {
            Ok(seen) => seen,
            Err(again) => return Ok(Examined::Later(again)),
        };
        let (Some(left), Some(right)) = (seen.fields(Side::Left), seen.fields(Side::Right)) else {
            return Ok(Examined::Over("a record of the pair is gone, merged, or out of scope"));
        };
        let fields = Pair::new(left, right);
        for side in Side::BOTH {
            run.settle(side, fields[side], seen.at);
        }
        // Read after the link: what is written from now on makes the commit fail.
        let trails = trails(&self.told_about(&run.key()).await?, undone);
        let mut verdicts = Vec::new();
        for ((side, field), trail) in trails {
            let position = self.mapper.position(&field);
            let known = position.and_then(|position| {
                Some((position, self.mapper.rules().fields.get(position)?, run.states.get(position)?))
            });
            let Some((position, rules, state)) = known else {
                verdicts.push((
                    side,
                    field,
                    Verdict::Keep("the mapping does not have it any more".to_owned()),
                ));
                continue;
            };
            let values = Pair::new(fields.left.get(position), fields.right.get(position));
            let look = FieldSeen {
                value: values,
                changed: Pair::new(Interval::UNKNOWN, Interval::UNKNOWN),
                frozen: Pair::default(),
                now,
            };
            if let Some(stale) = state.stale(&look) {
                let lag = self.collection(stale).caps().read_lag;
                return Ok(Examined::Later(now.checked_add(lag).unwrap_or(Timestamp::MAX)));
            }
            let verdict = match judge(rules, state, &trail, undone, side, values) {
                Verdict::Restore(_) if fields[side].is_frozen(position) => {
                    Verdict::Keep("the service does not take changes of it any more".to_owned())
                }
                verdict => verdict,
            };
            verdicts.push((side, field, verdict));
        }
        Ok(Examined::Ready(Box::new(Ready { run, seen, fields: verdicts })))
    }

    /// Restores fields of one record: those that are still as they were when the undo was made. At most one announced
    /// write. Gives the fields that are kept, and why; `None` if something else had to be done or waited for first.
    ///
    /// It is told as done in the run `by`; what else the pair is found to need first, as usual.
    pub(in super::super) async fn restore(
        &self,
        by: &RunId,
        undone: &RunId,
        record: &UndoneRecord,
    ) -> Result<(Outcome, Option<Kept>), EngineError> {
        let key = WorkKey::Link(record.link.clone());
        if let Some(until) = self.resting(Priority::Interactive).await? {
            return Ok((Outcome::wait(until), None));
        }
        match self.restore_once(by, undone, record).await {
            Ok(done) => {
                self.forget_failures(&key);
                Ok(done)
            }
            Err(trouble) => Ok((self.recover_from(&key, trouble).await?, None)),
        }
    }

    async fn restore_once(
        &self,
        by: &RunId,
        undone: &RunId,
        record: &UndoneRecord,
    ) -> Result<(Outcome, Option<Kept>), Trouble> {
        let runtime = self.in_run(by.clone());
        let all =
            |why: &str| record.fields.iter().map(|undone| (undone.field.clone(), why.to_owned())).collect();
        let ready = match runtime.examine(&record.link, undone).await? {
            Examined::Ready(ready) => *ready,
            Examined::Over(why) => return Ok((Outcome::nothing(), Some(all(why)))),
            // Such as a write that was announced: what became of it is found out as always.
            Examined::Later(until) => {
                let outcome = self.pair(&record.link, Source::Live).await?;
                let again = outcome.again.unwrap_or_else(|| until.max(self.now()));
                return Ok((outcome.again(again), None));
            }
        };
        if ready.seen.snapshots[record.side].as_ref().map(|seen| &seen.at) != Some(&record.at) {
            return Ok((Outcome::nothing(), Some(all("another record is there now"))));
        }
        let (mut kept, mut writes) = (Kept::new(), Vec::<(usize, Write)>::new());
        for UndoneField { field, to, .. } in &record.fields {
            let verdict = ready.fields.iter().find(|(side, name, _)| *side == record.side && name == field);
            match verdict.map(|(.., verdict)| verdict) {
                Some(Verdict::Done) => {}
                Some(Verdict::Restore(write)) if write.value == *to => {
                    writes.extend(self.mapper.position(field).map(|position| (position, write.clone())));
                }
                Some(Verdict::Keep(why)) => _ = kept.insert(field.clone(), why.clone()),
                Some(Verdict::Restore(_)) | None => {
                    kept.insert(field.clone(), "it was changed since this was planned".to_owned());
                }
            }
        }
        let Ready { mut run, seen, .. } = ready;
        if writes.is_empty() {
            run.commit_if_changed().await?;
            return Ok((Outcome::nothing(), Some(kept)));
        }
        run.restores = true;
        run.link.seen_at = Pair::new(Some(seen.at), Some(seen.at));
        Ok((runtime.update(run, record.side, &seen, writes).await?, Some(kept)))
    }
}
