use std::time::Duration;

use jiff::Timestamp;

use super::super::journal::{Entry, FieldWrite, Happening, RunId};
use super::super::link::{Link, LinkId, PendingOp, Sent};
use super::super::mapping::Fields;
use super::super::merge::{FieldState, Parked, Reason};
use super::super::policy::Interval;
use super::super::record::{Fingerprint, Side, Snapshot};
use super::super::review::{Review, ReviewKey, ReviewKind};
use super::super::runtime::{Runtime, Trouble};
use super::super::settle::{Unsettled, Verdict, settle};
use super::super::side_names::SideNames;
use super::super::switches::RuleOff;
use super::super::value::{Agreed, FieldValue, Pair};
use super::Outcome;
use crate::Event;
use crate::queue::{Hint, WorkKey};
use crate::store::Commit;
use crate::{Rev, Versioned};

/// One run of a link: what it knows, and what it will commit.
pub(super) struct Run<'a> {
    pub(super) runtime: &'a Runtime,
    pub(super) link: Link,
    pub(super) states: Vec<FieldState>,
    /// Whether there is anything to commit.
    pub(super) changed: bool,
    /// When the run began, by the clock that does not jump.
    started: Duration,
    /// Fields that a service stored otherwise than they were sent.
    pub(super) otherwise: Vec<String>,
    /// Whether it undoes another run: what is refused then is no question about a field.
    pub(super) restores: bool,
    /// The run that announced what this one finds out about.
    pub(super) announced_by: Option<RunId>,
    rev: Option<Rev>,
    journal: Vec<Entry>,
    reviews: Vec<Review>,
    closed: Vec<ReviewKey>,
    /// A link that becomes part of this one.
    absorbed: Option<(Rev, LinkId)>,
}

impl<'a> Run<'a> {
    pub(super) fn new(runtime: &'a Runtime, rev: Option<Rev>, link: Link) -> Self {
        let states = runtime.schema.states(&link);
        Self {
            runtime,
            link,
            states,
            changed: false,
            started: runtime.clock.env().monotonic(),
            otherwise: Vec::new(),
            restores: false,
            announced_by: None,
            rev,
            journal: Vec::new(),
            reviews: Vec::new(),
            closed: Vec::new(),
            absorbed: None,
        }
    }

    /// Takes over what another link holds, which lacks its other half as this one does.
    pub(super) fn absorb(&mut self, other: &Versioned<Link>, open: Vec<Review>) {
        self.absorbed = Some((other.rev, other.value.id.clone()));
        self.closed.extend(open.into_iter().map(|review| review.key));
        self.changed = true;
    }

    pub(super) fn key(&self) -> WorkKey {
        WorkKey::Link(self.link.id.clone())
    }

    pub(super) fn tell(&mut self, now: Timestamp, what: Happening) {
        let mut entry = self.runtime.entry(now, self.key(), what);
        entry.run = self.announced_by.clone().or(entry.run);
        self.journal.push(entry);
        self.changed = true;
    }

    /// Writes everything at once. The next commit of this run rests on it.
    pub(super) async fn commit(&mut self) -> Result<(), Trouble> {
        self.write(Vec::new()).await
    }

    /// The same, with what is to be looked at because of it.
    pub(super) async fn commit_with(&mut self, mut outcome: Outcome) -> Result<Outcome, Trouble> {
        self.write(self.runtime.take_hints(&mut outcome)).await?;
        Ok(outcome)
    }

    /// The same, with what is derived for the left record: it may have waited for this.
    pub(super) async fn commit_with_derived(&mut self, outcome: Outcome) -> Result<Outcome, Trouble> {
        let owner = self.link.ends.left.clone();
        let known = self.runtime.derived_of(owner.clone()).await?;
        let outcome = self.commit_with(outcome.hint(known.clone())).await?;
        // What was derived meanwhile may have looked here before the commit, and waits too.
        let derived = self.runtime.derived_of(owner).await?;
        Ok(outcome.hint(derived.into_iter().filter(|key| !known.contains(key))))
    }

    async fn write(&mut self, hints: Vec<Hint>) -> Result<(), Trouble> {
        self.runtime.schema.store(self.states.clone(), &mut self.link);
        let reviews = std::mem::take(&mut self.reviews);
        let commit = Commit {
            links: vec![(self.rev, self.link.clone())],
            gone_links: self.absorbed.take().into_iter().collect(),
            reviews: reviews.clone(),
            closed_reviews: std::mem::take(&mut self.closed),
            journal: std::mem::take(&mut self.journal),
            hints,
            ..Commit::default()
        };
        self.runtime.store.commit(commit).await?;
        self.rev = Some(self.rev.map_or(Rev::FIRST, Rev::next));
        self.changed = false;
        for review in &reviews {
            self.runtime.observer.on_event(&Event::ReviewOpened { review });
        }
        Ok(())
    }

    pub(super) async fn commit_if_changed(&mut self) -> Result<(), Trouble> {
        if self.changed { self.commit().await } else { Ok(()) }
    }

    /// Deletes the link: it came to nothing.
    pub(super) async fn drop_link(&mut self, mut outcome: Outcome) -> Result<Outcome, Trouble> {
        let hints = self.runtime.take_hints(&mut outcome);
        let gone_links = self.rev.map(|rev| (rev, self.link.id.clone())).into_iter().collect();
        self.runtime.store.commit(Commit { gone_links, hints, ..Commit::default() }).await?;
        Ok(outcome)
    }

    pub(super) fn ask(&mut self, now: Timestamp, kind: ReviewKind, field: Option<&str>, message: String) {
        self.open(Review::new(self.key(), kind, field, message, now));
    }

    /// Opens a question about the whole record, as it was seen.
    pub(super) fn ask_about(
        &mut self,
        now: Timestamp,
        kind: ReviewKind,
        message: String,
        seen: Option<Fingerprint>,
    ) {
        self.open(Review { seen, ..Review::new(self.key(), kind, None, message, now) });
    }

    fn open(&mut self, review: Review) {
        self.tell(review.opened_at, Happening::Asked(review.key.to_string()));
        self.reviews.push(review);
    }

    /// Closes a question about something that has become this link.
    pub(super) fn close_for(&mut self, about: &WorkKey, kind: ReviewKind) {
        self.closed.push(ReviewKey::new(about, kind, None));
        self.changed = true;
    }

    pub(super) fn close(&mut self, kind: ReviewKind, field: Option<&str>) {
        self.closed.push(ReviewKey::new(&self.key(), kind, field));
        self.changed = true;
    }

    /// Leaves a field to a person, at these values.
    pub(super) fn park(&mut self, position: usize, values: Pair<FieldValue>, reason: Reason, now: Timestamp) {
        let parked = Parked { values, reason };
        let Some(state) = self.states.get(position) else { return };
        if state.parked.as_deref() == Some(&parked) {
            return;
        }
        self.unpark(position);
        let name = self.runtime.mapper.name(position).to_owned();
        let kind = kind_of(&parked.reason);
        let message = words(&parked.reason, &name, &self.runtime.sides);
        let Pair { left, right } = parked.values.clone();
        if !matches!(parked.reason, Reason::Refused(_)) {
            self.tell(now, Happening::Parked { field: name.clone(), left, right });
        }
        let seen = Some(self.runtime.schema.digest_parked(&self.link.id, position, &parked.values));
        self.open(Review { seen, ..Review::new(self.key(), kind, Some(&name), message, now) });
        if let Some(state) = self.states.get_mut(position) {
            state.parked = Some(Box::new(parked));
        }
    }

    pub(super) fn unpark(&mut self, position: usize) {
        let parked = self.states.get_mut(position).and_then(|state| state.parked.take());
        let Some(parked) = parked else { return };
        let name = self.runtime.mapper.name(position).to_owned();
        self.close(kind_of(&parked.reason), Some(&name));
    }

    /// When every write can be judged, `None` if they all can be.
    pub(super) fn settles_at(&self, now: Timestamp) -> Option<Timestamp> {
        let moments = self.states.iter().filter_map(|state| {
            let unsettled = state.unsettled.as_ref()?;
            let lag = self.runtime.collection(unsettled.side).caps().read_lag;
            Some(unsettled.at.checked_add(lag).unwrap_or(Timestamp::MAX))
        });
        moments.max().filter(|at| now < *at)
    }

    /// Takes what was seen for what is kept hidden of it.
    pub(super) fn reveal(&mut self, seen: &[&Fields]) {
        self.runtime.schema.reveal(&self.link.id, &mut self.states, seen);
    }

    /// Judges every write to `side` by what is seen back. Gives the fields in which that is something else.
    pub(super) fn settle(&mut self, side: Side, seen: &Fields, now: Timestamp) -> Vec<String> {
        self.reveal(&[seen]);
        let mut edited = Vec::new();
        for position in 0..self.states.len() {
            let rules = self.runtime.mapper.rules().fields.get(position);
            let unsettled = self.states.get(position).and_then(|state| state.unsettled.clone());
            let (Some(rules), Some(unsettled)) = (rules, unsettled.filter(|u| u.side == side)) else {
                continue;
            };
            let (verdict, agreed) = settle(rules, &unsettled, seen.get(position));
            if verdict == Verdict::Unseen {
                continue;
            }
            let agreed = self.without_rules(
                &rules.stored(side, &unsettled.sent),
                seen.get(position),
                &unsettled,
                agreed,
            );
            let name = rules.name.clone();
            if let Some(state) = self.states.get_mut(position) {
                state.unsettled = None;
                // Not by `agree`: it was learned when it was written, not now.
                state.agreed[side] = agreed;
            }
            self.changed = true;
            if verdict == Verdict::Refused {
                let mut values = Pair::default();
                let stands = self.states.get(position).and_then(|state| state.agreed[side].as_ref());
                values[side] = stands.and_then(Agreed::kept).unwrap_or_default();
                // What was sent, not what is there now: a later change is a reason to try again.
                let sent_from =
                    self.states.get(position).and_then(|state| state.agreed[side.other()].as_ref());
                values[side.other()] = sent_from.and_then(Agreed::kept).unwrap_or_default();
                self.tell(now, Happening::Refused { side, field: name, sent: unsettled.sent });
                self.park(position, values, Reason::Refused(side), now);
            } else if verdict == Verdict::Edited {
                edited.push(name);
            }
        }
        edited
    }

    /// The baseline as it would be with a rule turned off.
    fn without_rules(
        &self,
        stored: &FieldValue,
        seen: &FieldValue,
        unsettled: &Unsettled,
        agreed: Option<Agreed>,
    ) -> Option<Agreed> {
        if self.runtime.is_off(RuleOff::SettleSent) {
            return Agreed::on(seen);
        }
        if self.runtime.is_off(RuleOff::SettleSeen) {
            return Agreed::on(stored);
        }
        if self.runtime.is_off(RuleOff::BaselinePerSide) {
            return Agreed::on(&unsettled.sent);
        }
        agreed
    }

    /// Notes fields that were written: what they came from is agreed on, and what was written is to be seen back, or
    /// was in the answer.
    pub(super) fn wrote(&mut self, side: Side, sent: &[Sent], stored: Option<&Fields>, now: Timestamp) {
        let lag = self.runtime.collection(side).caps().read_lag;
        for Sent { field, write, before } in sent {
            let Some(position) = self.runtime.mapper.position(field) else { continue };
            self.unpark(position);
            self.agree(position, side.other(), write.agreed[side.other()].clone(), now);
            if let Some(state) = self.states.get_mut(position) {
                state.unsettled = Some(Box::new(Unsettled::new(write, before.clone(), now)));
                state.learned(side, now, lag);
            }
            if let Some(value) = &write.overrides {
                let (field, value) = (field.clone(), value.clone());
                self.tell(now, Happening::Overrode { side, field, value });
            }
        }
        self.link.wrote_at[side] = Some(now);
        self.changed = true;
        if let Some(seen) = stored {
            // Nobody has edited what is in the answer to its own write.
            let otherwise = self.settle(side, seen, now);
            self.otherwise.extend(otherwise);
        }
    }

    /// What the journal tells of a record that was deleted with these values.
    pub(super) fn lost(&self, value: impl Fn(usize) -> FieldValue) -> Vec<FieldWrite> {
        let fields = (0..self.states.len()).map(|position| FieldWrite {
            field: self.runtime.mapper.name(position).to_owned(),
            before: value(position),
            after: FieldValue::Empty,
        });
        fields.filter(|write| write.before.has_value()).collect()
    }

    /// What the journal tells of fields that were written.
    pub(super) fn told(&self, sent: &[Sent], stored: Option<&Fields>) -> Vec<FieldWrite> {
        let told = |Sent { field, write, before }: &Sent| {
            let position = self.runtime.mapper.position(field);
            let stored = stored.zip(position).map(|(stored, position)| stored.get(position));
            let is_set = write.value.members().len() + before.members().len() > 0;
            // A set that is seen back may have members that others have added.
            let after = stored.filter(|stored| stored.is_known() && !is_set).unwrap_or(&write.value).clone();
            FieldWrite { field: field.clone(), before: before.clone(), after }
        };
        sent.iter().map(told).collect()
    }

    /// Agrees on what is there as it was sent; of a set, on the members that are.
    pub(super) fn agree_on_common(&mut self, to: Side, sent: &[Sent], seen: &Fields, now: Timestamp) {
        for Sent { field, write, .. } in sent {
            let position = self.runtime.mapper.position(field);
            let rules = position.and_then(|position| self.runtime.mapper.rules().fields.get(position));
            let (Some(position), Some(rules)) = (position, rules) else { continue };
            let is = seen.get(position);
            if let (FieldValue::Set(sent), FieldValue::Set(members)) = (&write.value, is) {
                let common = Agreed::on(&FieldValue::set(sent.intersection(members).cloned()));
                self.agree(position, to, common.clone(), now);
                self.agree(position, to.other(), common, now);
            } else if rules.stored(to, &write.value) == *is {
                self.agree(position, to, Agreed::on(is), now);
                self.agree(position, to.other(), write.agreed[to.other()].clone(), now);
            }
        }
    }

    /// Whether the worker has stood still since the run began: what it saw is then no ground for a write.
    pub(super) fn is_old(&self) -> bool {
        let passed = self.runtime.clock.env().monotonic().saturating_sub(self.started);
        passed > self.runtime.send_within
    }

    /// Notes that a side agrees on a value.
    pub(super) fn agree(&mut self, position: usize, side: Side, agreed: Option<Agreed>, now: Timestamp) {
        let lag = self.runtime.collection(side).caps().read_lag;
        let remembers = !self.runtime.is_off(RuleOff::StaleReadOfPeople);
        let (Some(state), Some(agreed)) = (self.states.get_mut(position), agreed) else { return };
        let before = state.agreed[side].as_ref();
        let is_same =
            before.is_some_and(|a| self.runtime.schema.is_same(&self.link.id, position, a, &agreed));
        state.agreed[side] = Some(agreed);
        if !is_same {
            self.changed = true;
            if remembers {
                state.learned(side, now, lag);
            }
        }
    }

    /// When a side changed, should it have changed.
    pub(super) fn changed_within(&self, side: Side, snapshot: Option<&Snapshot>, now: Timestamp) -> Interval {
        let caps = self.runtime.collection(side).caps();
        let seen = self.link.seen_at[side].and_then(|at| at.checked_sub(caps.read_lag).ok());
        let latest = snapshot.and_then(|snapshot| {
            let reported = snapshot.modified_at?;
            reported.checked_add(caps.modified_at?).ok()?.checked_add(self.runtime.skew).ok()
        });
        Interval::new(seen.unwrap_or(Timestamp::MIN), latest.map_or(now, |latest| latest.min(now)))
    }

    /// When what became of the pending write can be found out.
    pub(super) fn quarantine_ends(&self) -> Option<Timestamp> {
        let pending = self.link.pending.as_ref()?;
        if self.runtime.is_off(RuleOff::Quarantine) {
            return Some(pending.at);
        }
        Some(self.runtime.collection(pending.op.side()).caps().known_at(pending.send_by))
    }

    /// What the pending write holds, if it writes fields.
    pub(super) fn pending_fields(&self) -> &[Sent] {
        match self.link.pending.as_ref().map(|pending| &pending.op) {
            Some(PendingOp::Create { sent, .. } | PendingOp::Update { sent, .. }) => sent,
            _ => &[],
        }
    }
}

/// What kind of question is asked about a field that waits for a person because of this.
pub(super) fn kind_of(reason: &Reason) -> ReviewKind {
    match reason {
        Reason::Conflict | Reason::FirstMeeting => ReviewKind::Conflict,
        Reason::Frozen(_) | Reason::Refused(_) => ReviewKind::Refused,
        Reason::Invalid(..) => ReviewKind::Invalid,
    }
}

/// A question, and what helps. Holds no values.
fn words(reason: &Reason, field: &str, sides: &SideNames) -> String {
    match reason {
        Reason::Conflict => {
            format!("both sides changed {field}, each in its own way: make them equal, or change one")
        }
        Reason::FirstMeeting => format!("{field} differs, and nobody knows which is right: make them equal"),
        Reason::Frozen(side) => {
            format!("{field} cannot be changed {} any more: change it back", sides.at(*side))
        }
        Reason::Refused(side) => {
            format!(
                "{} said yes to a new {field} and kept its own: look why, and change one of them",
                sides.side(*side)
            )
        }
        Reason::Invalid(side, why) => {
            format!("{field} {why}, so it does not go to {}: correct it", sides.side(*side))
        }
    }
}
