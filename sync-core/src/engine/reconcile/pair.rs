use jiff::Timestamp;

use super::super::collection::{Probe, Read};
use super::super::decide::{Decision, Presence, Sight, decide};
use super::super::fault::{Fault, FaultKind};
use super::super::guard::GuardClass;
use super::super::journal::Happening;
use super::super::link::{LinkId, LinkStatus};
use super::super::mapping::Fields;
use super::super::merge::{FieldStep, Reason, Write};
use super::super::privacy::is_hidden;
use super::super::record::{RecordId, RecordRef, Scope, Side, Snapshot};
use super::super::review::{ReviewKey, ReviewKind};
use super::super::runtime::{Runtime, Source, Trouble};
use super::super::switches::RuleOff;
use super::super::value::{Agreed, FieldValue, Pair};
use super::answers::asked;
use super::run::Run;
use super::{Did, Outcome};
use crate::queue::WorkKey;
use crate::store::CommitError;

/// How many records a search for a survivor may find: more are too many to choose from.
const HITS: usize = 5;

/// Both records as one run saw them.
pub(super) struct Seen {
    pub(super) snapshots: Pair<Option<Snapshot>>,
    pub(super) presence: Pair<Presence>,
    /// Before the reads began.
    pub(super) at: Timestamp,
}

impl Seen {
    pub(super) fn fields(&self, side: Side) -> Option<&Fields> {
        match &self.presence[side] {
            Presence::Alive(fields) => Some(fields),
            Presence::Gone | Presence::MovedTo(_) | Presence::OutOfScope => None,
        }
    }
}

impl Runtime {
    /// Brings the records of a link together: the only work that writes what both sides sync.
    pub(super) async fn pair(&self, id: &LinkId, source: Source<'_>) -> Result<Outcome, Trouble> {
        let Some(found) = self.store.link(id).await? else { return Ok(Outcome::nothing()) };
        if !found.value.is_live() {
            return self.after_the_end(found).await;
        }
        let run = Run::new(self, Some(found.rev), found.value);
        if let Some(wait) = self.doubt(&run.link, &run.states) {
            return Ok(Outcome::wait(self.now().checked_add(wait).unwrap_or(Timestamp::MAX)));
        }
        if run.link.pending.is_some() {
            return self.recover(run).await;
        }
        let source = match source.listing() {
            // It was seen or written since: what the listing shows is old.
            Some(listing) if !listing.is_newer_than(&run.link) => Source::Live,
            _ => source,
        };
        match (&run.link.ends.left, &run.link.ends.right) {
            (Some(left), Some(right)) => {
                let (left, right) = (left.clone(), right.clone());
                self.compare(run, Pair::new(left, right), source).await
            }
            (Some(left), None) => {
                let left = left.clone();
                self.create_partner(run, Side::Left, left, source).await
            }
            (None, Some(right)) => {
                let right = right.clone();
                self.create_partner(run, Side::Right, right, source).await
            }
            (None, None) => {
                let mut run = run;
                run.drop_link(Outcome::nothing()).await
            }
        }
    }

    async fn compare(
        &self,
        mut run: Run<'_>,
        ends: Pair<RecordRef>,
        source: Source<'_>,
    ) -> Result<Outcome, Trouble> {
        let now = self.now();
        if let Some(at) = run.settles_at(now) {
            return Ok(Outcome::wait(at));
        }
        let seen = match self.look(&mut run, &ends, source).await? {
            Ok(seen) => seen,
            Err(again) => {
                run.commit_if_changed().await?;
                return Ok(Outcome::wait(again));
            }
        };
        let both: Vec<&Fields> = Side::BOTH.into_iter().filter_map(|side| seen.fields(side)).collect();
        run.reveal(&both);
        for side in Side::BOTH {
            if let Some(fields) = seen.fields(side) {
                run.settle(side, fields, seen.at);
            }
        }
        let within = |side: Side| run.changed_within(side, seen.snapshots[side].as_ref(), self.now());
        let sight = Sight {
            presence: Pair::new(&seen.presence.left, &seen.presence.right),
            changed: Pair::new(within(Side::Left), within(Side::Right)),
            state: &run.states,
            now: if self.is_off(RuleOff::StaleRead) { Timestamp::MAX } else { now },
        };
        let decision = decide(self.mapper.rules(), &sight);
        if matches!(decision, Decision::End | Decision::Delete(_) | Decision::Recreate(_)) {
            if let Some(held) = self.hold(&run.link.id, vec![(GuardClass::Deletes, 0)]).await? {
                run.commit_if_changed().await?;
                return Ok(held);
            }
        }
        match decision {
            Decision::Merge(mut steps) => {
                self.answer_fields(&mut run, &seen, &mut steps).await?;
                self.merge(run, &seen, steps, source).await
            }
            Decision::Stale(side) => {
                run.commit_if_changed().await?;
                let lag = self.collection(side).caps().read_lag;
                Ok(Outcome::wait(now.checked_add(lag).unwrap_or(Timestamp::MAX)))
            }
            Decision::Pause => {
                if run.link.status != LinkStatus::Paused {
                    run.link.status = LinkStatus::Paused;
                    run.changed = true;
                }
                run.commit_if_changed().await?;
                Ok(Outcome::nothing())
            }
            Decision::Move(side, survivor) => self.follow(run, side, survivor, now).await,
            Decision::End => self.end(run, now).await,
            Decision::Delete(side) => self.remove(run, side, &seen).await,
            Decision::Recreate(side) => self.recreate(run, side).await,
            Decision::Park(side) => self.edited_and_deleted(run, side, &seen).await,
        }
    }

    /// Gives a pair up as far as the record of `side` goes, so that it is created again.
    pub(super) async fn recreate(&self, mut run: Run<'_>, side: Side) -> Result<Outcome, Trouble> {
        run.link.ends[side] = None;
        run.link.gone_at = Pair::default();
        // What was asked and agreed on went with the record: the new one is agreed on anew.
        for position in 0..run.states.len() {
            run.unpark(position);
        }
        run.states.iter_mut().for_each(|state| *state = super::super::merge::FieldState::default());
        run.commit().await?;
        Ok(Outcome::done(Did::Noted).again(self.now()))
    }

    /// Opens a question about a whole record.
    pub(super) async fn ask_once(
        &self,
        about: &WorkKey,
        kind: ReviewKind,
        why: String,
    ) -> Result<Outcome, Trouble> {
        asked(self.ask(about, kind, why.clone()).await, why)
    }

    /// Reads both records. `Err` says when to look again: a record counts as gone only if it is so twice.
    pub(super) async fn look(
        &self,
        run: &mut Run<'_>,
        ends: &Pair<RecordRef>,
        source: Source<'_>,
    ) -> Result<Result<Seen, Timestamp>, Trouble> {
        let mut at = self.now();
        let mut snapshots = Pair::default();
        let mut presence = Pair::new(Presence::Gone, Presence::Gone);
        let mut again = None;
        for side in Side::BOTH {
            if let Some((_, listed_at)) = source.listed(side, &ends[side]) {
                at = at.min(listed_at);
            }
            match self.read_from(source, side, &ends[side]).await? {
                Read::Found(snapshot) => {
                    if run.link.gone_at[side].take().is_some() {
                        run.changed = true;
                    }
                    presence[side] = if self.is_in_scope(side, &snapshot) {
                        Presence::Alive(self.fields(side, &snapshot).await?)
                    } else {
                        Presence::OutOfScope
                    };
                    snapshots[side] = Some(snapshot);
                }
                Read::Gone => again = again.max(self.gone(run, side)),
                Read::MovedTo(survivor) => presence[side] = Presence::MovedTo(survivor),
            }
        }
        if let Some(again) = again {
            return Ok(Err(again));
        }
        for side in Side::BOTH {
            let (Presence::Gone, Some(alive)) = (&presence[side], snapshots[side.other()].as_ref()) else {
                continue;
            };
            if let Some(survivor) = self.survivor(side, alive, &ends[side]).await? {
                presence[side] = Presence::MovedTo(survivor);
            }
        }
        Ok(Ok(Seen { snapshots, presence, at }))
    }

    /// Notes that a record was not found. `None` when it was so before, long enough ago.
    pub(super) fn gone(&self, run: &mut Run<'_>, side: Side) -> Option<Timestamp> {
        let now = self.now();
        if self.is_off(RuleOff::GoneTwice) {
            return None;
        }
        let first = *run.link.gone_at[side].get_or_insert_with(|| {
            run.changed = true;
            now
        });
        let sure_at = first.checked_add(self.collection(side).caps().read_lag).unwrap_or(Timestamp::MAX);
        // The moment of the first look is not the second one, even where reads do not lag.
        (now < sure_at || first == now).then_some(sure_at.max(now))
    }

    /// The record that one which is gone was merged into: unlinked, and recognised by the partner's keys.
    async fn survivor(
        &self,
        side: Side,
        alive: &Snapshot,
        gone: &RecordRef,
    ) -> Result<Option<RecordRef>, Trouble> {
        let fields = self.fields(side.other(), alive).await?;
        let scope = gone.parent.clone().map_or(Scope::All, Scope::Under);
        for matcher in self.mapper.matchers() {
            if !matcher.iter().all(|position| fields.get(*position).text().is_some()) {
                continue;
            }
            let value = |position: usize| fields.get(position).text().map(str::to_owned);
            let Some(probe) = self.probe(side, matcher, value)? else { continue };
            let mut survivors: Vec<RecordRef> = Vec::new();
            for hit in self.search(side, &scope, &probe, HITS).await? {
                if hit.at == *gone {
                    continue;
                }
                // The search only hints: what is there now counts.
                let Read::Found(hit) = self.read(side, &hit.at).await? else { continue };
                let theirs = self.fields(side, &hit).await?;
                let agrees = matcher.iter().all(|position| fields.get(*position) == theirs.get(*position));
                let is_free =
                    self.store.link_of(side, &hit.at).await?.is_none_or(|link| !link.value.is_live());
                if agrees && is_free {
                    survivors.push(hit.at);
                }
            }
            match survivors.as_slice() {
                [] => {}
                [only] => return Ok(Some(only.clone())),
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    /// What finds the records of a side that a matcher may take for these values: one of its fields that the side can be
    /// searched by. `None` if there is no value to search for.
    pub(super) fn probe(
        &self,
        side: Side,
        matcher: &[usize],
        value: impl Fn(usize) -> Option<String>,
    ) -> Result<Option<Probe>, Trouble> {
        let collection = self.collection(side);
        let names = || matcher.iter().map(|position| self.mapper.name(*position));
        let mut searchable = matcher
            .iter()
            .filter(|position| collection.is_searchable(self.mapper.name(**position)))
            .peekable();
        if searchable.peek().is_none() && !matcher.is_empty() {
            let why = format!(
                "{} can be searched by none of the fields that the mapping matches by together: {}",
                collection.name(),
                names().collect::<Vec<_>>().join(", ")
            );
            return Err(Trouble::Fault(self.account(side), Fault::new(FaultKind::Broken, why)));
        }
        Ok(searchable.find_map(|position| {
            Some(Probe::Field { name: self.mapper.name(*position).to_owned(), value: value(*position)? })
        }))
    }

    pub(super) async fn search(
        &self,
        side: Side,
        scope: &Scope,
        probe: &Probe,
        limit: usize,
    ) -> Result<Vec<Snapshot>, Trouble> {
        let found = self.collection(side).find(scope, probe, limit).await;
        self.told(self.account(side), found)
    }

    /// The pair goes on with the record into which the service has merged its own.
    pub(super) async fn follow(
        &self,
        mut run: Run<'_>,
        side: Side,
        survivor: RecordRef,
        now: Timestamp,
    ) -> Result<Outcome, Trouble> {
        let lost = run.link.ends[side].replace(survivor.clone());
        run.link.gone_at = Pair::default();
        run.tell(now, Happening::Moved(side, survivor));
        match run.commit_with_derived(Outcome::done(Did::Noted).again(now)).await {
            Ok(outcome) => Ok(outcome),
            Err(Trouble::Commit(CommitError::Claimed { by, .. })) => {
                // Two records of the other side now have one partner. Only a person can merge those two.
                let found = self.store.link(&run.link.id).await?;
                let Some(found) = found else { return Ok(Outcome::wait(now)) };
                let mut run = Run::new(self, Some(found.rev), found.value);
                run.link.ends[side] = lost;
                let found_partner = match &run.link.ends[side.other()] {
                    Some(at) => self.read(side.other(), at).await?,
                    None => Read::Gone,
                };
                let why = format!(
                    "its partner was merged into the one of {by}: merge the two {} as well, or give this one a \
                     partner of its own",
                    self.sides.at(side.other())
                );
                let seen = match found_partner {
                    Read::Found(partner) => {
                        Some(self.digest_of(&run.link.id, &self.fields(side.other(), &partner).await?))
                    }
                    _ => None,
                };
                run.ask_about(now, ReviewKind::Deleted, why, seen);
                self.end(run, now).await
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// Ends the pair. What was derived for it ends with it.
    pub(super) async fn end(&self, mut run: Run<'_>, now: Timestamp) -> Result<Outcome, Trouble> {
        run.link.status = LinkStatus::Ended;
        run.link.pending = None;
        let key = ReviewKey::new(&run.key(), ReviewKind::Deleted, None);
        if self.store.review(&key).await?.is_some_and(|open| open.answer.is_some()) {
            run.close(ReviewKind::Deleted, None);
        }
        for position in 0..run.states.len() {
            run.unpark(position);
        }
        run.tell(now, Happening::Ended);
        run.commit_with_derived(Outcome::done(Did::Ended)).await
    }

    /// The keys of what is derived for a left record.
    pub(super) async fn derived_of(&self, owner: Option<RecordRef>) -> Result<Vec<WorkKey>, Trouble> {
        let owner: Option<RecordId> = owner.map(|at| at.id);
        let Some(owner) = owner.filter(|_| !self.targets.is_empty()) else { return Ok(Vec::new()) };
        let projections = self.store.projections_of(&owner).await?;
        Ok(projections.into_iter().map(|found| WorkKey::Projection(found.value.key)).collect())
    }

    /// Takes the steps of a merge: notes what is to be noted, and writes one side.
    async fn merge(
        &self,
        mut run: Run<'_>,
        seen: &Seen,
        steps: Vec<(usize, FieldStep)>,
        source: Source<'_>,
    ) -> Result<Outcome, Trouble> {
        let now = seen.at;
        let writes_any = steps.iter().any(|(_, step)| matches!(step, FieldStep::Write(_)));
        if writes_any && source.listing().is_some() {
            // Nothing is written over what was listed a while ago.
            return Box::pin(self.compare_live(run)).await;
        }
        if run.link.status == LinkStatus::Paused {
            run.link.status = LinkStatus::Active;
            run.changed = true;
        }
        let nothing = FieldValue::Unknown;
        let value =
            |side: Side, position: usize| seen.fields(side).map_or(&nothing, |fields| fields.get(position));
        let both = |position: usize| Pair::new(value(Side::Left, position), value(Side::Right, position));
        let owned = |position: usize| {
            Pair::new(value(Side::Left, position).clone(), value(Side::Right, position).clone())
        };

        for position in 0..run.states.len() {
            let rests =
                run.states.get(position).is_none_or(|s| s.parked.is_none() || s.is_parked_at(both(position)));
            let parks_again =
                steps.iter().any(|(at, step)| *at == position && matches!(step, FieldStep::Park(_)));
            if !rests && !parks_again {
                run.unpark(position);
            }
        }
        let mut asked = false;
        let mut writes: Vec<(usize, Write)> = Vec::new();
        for (position, step) in steps {
            match step {
                FieldStep::Nothing | FieldStep::Stale(_) => {}
                FieldStep::Agree => {
                    run.unpark(position);
                    for side in Side::BOTH {
                        run.agree(position, side, Agreed::on(value(side, position)), now);
                    }
                }
                FieldStep::Note(side) => {
                    run.agree(position, side, Agreed::on(value(side, position)), now);
                }
                FieldStep::Park(reason) => {
                    run.park(position, owned(position), reason, now);
                    asked = true;
                }
                FieldStep::Write(mut write) if write.value.members().iter().any(|m| is_hidden(m)) => {
                    // Members that no side shows any more are not known in privacy mode: nobody can put them back.
                    let known = write.value.members().iter().filter(|member| !is_hidden(member));
                    write.value = FieldValue::set(known);
                    if write.value == *value(write.to, position) {
                        run.agree(position, write.to, Agreed::on(&write.value), now);
                    } else {
                        writes.push((position, write));
                    }
                }
                FieldStep::Write(write) => writes.push((position, write)),
            }
        }
        for side in Side::BOTH {
            let problems = seen.fields(side).map(Fields::problems).unwrap_or_default();
            for (position, why) in problems {
                run.park(*position, owned(*position), Reason::Invalid(side.other(), why.clone()), now);
                asked = true;
            }
        }
        if run.changed || !writes.is_empty() {
            run.link.seen_at = Pair::new(Some(now), Some(now));
        }
        let Some(to) = writes.first().map(|(_, write)| write.to) else {
            let did = match (asked && run.changed, run.changed) {
                (true, _) => Did::Asked("some of its fields wait for a person".to_owned()),
                (false, true) => Did::Noted,
                (false, false) => Did::Nothing,
            };
            run.commit_if_changed().await?;
            return Ok(Outcome::done(did));
        };
        let (now_written, later): (Vec<_>, Vec<_>) =
            writes.into_iter().partition(|(_, write)| write.to == to);
        let more =
            !later.is_empty() || now_written.iter().any(|(position, write)| self.goes_on(*position, write));
        let outcome = self.update(run, to, seen, now_written).await?;
        Ok(if more && outcome.did == Did::Updated { outcome.again(self.now()) } else { outcome })
    }

    /// Whether the side that is written has something for the other one as well: members of its own, or a merged value.
    fn goes_on(&self, position: usize, write: &Write) -> bool {
        let Some(rules) = self.mapper.rules().fields.get(position) else { return false };
        let there = rules.stored(write.to, &write.value);
        let is_agreed = write.agreed[write.to].as_ref().is_some_and(|agreed| agreed.is(&there));
        rules.direction.allows(write.to.other()) && !is_agreed
    }

    /// Decides once more, by what is there now.
    async fn compare_live(&self, run: Run<'_>) -> Result<Outcome, Trouble> {
        let id = run.link.id.clone();
        drop(run);
        self.pair(&id, Source::Live).await
    }
}
