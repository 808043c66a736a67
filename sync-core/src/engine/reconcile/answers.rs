//! What people have answered, and what becomes of it: nothing, unless the same would be asked now.

use super::super::answer::Answer;
use super::super::collection::Read;
use super::super::decide::Presence;
use super::super::fault::FaultKind;
use super::super::link::{Link, LinkId, LinkStatus, Refusal};
use super::super::mapping::Fields;
use super::super::merge::{self, FieldStep, answer_field};
use super::super::policy::Interval;
use super::super::record::{Fingerprint, RecordRef, Side};
use super::super::review::{Review, ReviewKey, ReviewKind};
use super::super::runtime::{EngineError, Runtime, Trouble};
use super::super::value::Pair;
use super::birth::Partner;
use super::pair::Seen;
use super::run::{Run, kind_of};
use super::{Did, Outcome};
use crate::Versioned;
use crate::queue::WorkKey;

/// What a run comes to that has asked a person.
pub(super) fn asked(opened: Result<(), EngineError>, why: String) -> Result<Outcome, Trouble> {
    match opened {
        Err(EngineError::Store(error)) => Err(error.into()),
        // Asking touches the store alone.
        Ok(()) | Err(_) => Ok(Outcome::done(Did::Asked(why))),
    }
}

impl Runtime {
    /// Tells what a record of a pair held when it was asked about.
    pub(super) fn digest_of(&self, link: &LinkId, fields: &Fields) -> Fingerprint {
        self.schema.digest(link, &fields.values())
    }

    /// What was answered to a question about a whole record that would be asked in these words now.
    async fn answer_to(
        &self,
        about: &WorkKey,
        kind: ReviewKind,
        why: &str,
    ) -> Result<Option<Answer>, Trouble> {
        let open = self.store.review(&ReviewKey::new(about, kind, None)).await?;
        Ok(open.filter(|open| open.message == why).and_then(|open| open.answer))
    }

    /// Asks once more what was answered with something that cannot be done.
    pub(super) async fn ask_again(
        &self,
        about: &WorkKey,
        kind: ReviewKind,
        why: String,
    ) -> Result<Outcome, Trouble> {
        let review = Review::new(about.clone(), kind, None, why.clone(), self.now());
        asked(self.open(review).await, why)
    }

    /// Adds what people have answered about single fields to the steps of a merge.
    pub(super) async fn answer_fields(
        &self,
        run: &mut Run<'_>,
        seen: &Seen,
        steps: &mut Vec<(usize, FieldStep)>,
    ) -> Result<(), Trouble> {
        if run.states.iter().all(|state| state.parked.is_none()) {
            return Ok(());
        }
        let (Some(left), Some(right)) = (seen.fields(Side::Left), seen.fields(Side::Right)) else {
            return Ok(());
        };
        for review in self.store.reviews_about(&run.key()).await? {
            let (Some(answer), Some(field)) = (&review.answer, &review.field) else { continue };
            let position = self.mapper.position(field);
            let rules = position.and_then(|position| self.mapper.rules().fields.get(position));
            let (Some(position), Some(rules)) = (position, rules) else { continue };
            let Some(state) = run.states.get(position) else { continue };
            let value = Pair::new(left.get(position), right.get(position));
            let look = merge::Seen {
                value,
                changed: Pair::new(Interval::UNKNOWN, Interval::UNKNOWN),
                frozen: Pair::new(left.is_frozen(position), right.is_frozen(position)),
                now: seen.at,
            };
            let Some(parked) = state.parked.as_ref().filter(|parked| kind_of(&parked.reason) == review.kind)
            else {
                continue;
            };
            let reason = parked.reason.clone();
            // Given when it was asked about other values, and stored a moment too late.
            let asked_at = self.schema.digest_parked(&run.link.id, position, &parked.values);
            let is_late = review.seen.as_ref().is_some_and(|seen| *seen != asked_at);
            let step = answer_field(rules, state, &look, answer);
            match step.map(|step| if is_late { FieldStep::Park(reason) } else { step }) {
                None => {}
                Some(FieldStep::Park(reason)) => {
                    // It cannot be done: it is asked once more.
                    run.unpark(position);
                    run.park(position, Pair::new(value.left.clone(), value.right.clone()), reason, seen.at);
                }
                // There is no agreement on what is not known: it goes on standing still, and nobody is asked.
                Some(FieldStep::Agree) if !value.left.is_known() || !value.right.is_known() => {
                    run.close(review.kind, Some(field));
                }
                Some(step) => steps.push((position, step)),
            }
        }
        Ok(())
    }

    /// What becomes of an uncertain match about which a person has been asked, and what the person has answered if that
    /// can be done. Writes nothing.
    pub(in super::super) async fn with_answer(
        &self,
        about: &WorkKey,
        to: Side,
        partner: Partner,
    ) -> Result<(Partner, Option<Answer>), Trouble> {
        let Partner::Ask(why) = partner else { return Ok((partner, None)) };
        let answer = self.answer_to(about, ReviewKind::Match, &why).await?;
        let partner = match &answer {
            Some(Answer::Create) => Partner::Create,
            Some(Answer::Leave) => Partner::Left,
            Some(Answer::Pair(at)) => self.named(to, at).await?.unwrap_or(Partner::Ask(why)),
            _ => Partner::Ask(why),
        };
        Ok((partner, answer))
    }

    /// The record that a person says is the other half; `None` if it is not there, or in another pair.
    async fn named(&self, to: Side, at: &RecordRef) -> Result<Option<Partner>, Trouble> {
        match self.read(to, at).await? {
            Read::Found(found) if self.is_in_scope(to, &found) => {}
            _ => return Ok(None),
        }
        let holder = self.store.link_of(to, at).await?.filter(|link| link.value.is_live());
        Ok(match holder {
            None => Some(Partner::Free(at.clone())),
            Some(half) if half.value.is_half() => Some(Partner::Waiting(Box::new(half), at.clone())),
            Some(_) => None,
        })
    }

    /// Takes the record of another link that lacks its other half for the missing half of this one.
    pub(super) async fn unite(
        &self,
        mut run: Run<'_>,
        side: Side,
        half: &Versioned<Link>,
        at: &RecordRef,
    ) -> Result<Outcome, Trouble> {
        let open = self.store.reviews_about(&WorkKey::Link(half.value.id.clone())).await?;
        run.absorb(half, open);
        self.complete(run, side, at).await
    }

    /// What is to be done about a create of which only a person can say what became of it.
    pub(super) async fn unknown_create(
        &self,
        mut run: Run<'_>,
        side: Side,
        why: String,
    ) -> Result<Outcome, Trouble> {
        let (now, key) = (self.now(), run.key());
        match self.answer_to(&key, ReviewKind::Create, &why).await? {
            Some(Answer::Pair(at)) => match self.named(side, &at).await? {
                Some(Partner::Free(at)) => self.adopt(run, side, at, false).await,
                Some(Partner::Waiting(half, at)) => {
                    let open = self.store.reviews_about(&WorkKey::Link(half.value.id.clone())).await?;
                    run.absorb(&half, open);
                    self.adopt(run, side, at, false).await
                }
                _ => self.ask_again(&key, ReviewKind::Create, why).await,
            },
            Some(Answer::Create) => {
                run.link.pending = None;
                run.close(ReviewKind::Create, None);
                run.commit().await?;
                Ok(Outcome::done(Did::Noted).again(now))
            }
            Some(Answer::Leave) => {
                let from = side.other();
                let read = match &run.link.ends[from] {
                    Some(at) => self.read(from, at).await?,
                    None => Read::Gone,
                };
                // Until its founder changes: until other fields than these would be sent.
                let sent = match read {
                    Read::Found(founder) => {
                        let fields = self.fields(from, &founder).await?;
                        self.initial(&mut run, from, &fields, now)
                    }
                    Read::Gone | Read::MovedTo(_) => run.pending_fields().to_vec(),
                };
                run.link.refused = Some(Refusal { sent: self.digest(&run.link.id, &sent), by: None });
                run.link.pending = None;
                run.close(ReviewKind::Create, None);
                run.commit().await?;
                Ok(Outcome::done(Did::Noted))
            }
            _ => self.ask_once(&key, ReviewKind::Create, why).await,
        }
    }

    /// What was answered about a create that the service has refused.
    pub(super) async fn answer_to_refusal(
        &self,
        run: &Run<'_>,
        to: Side,
    ) -> Result<(Partner, Option<Answer>), Trouble> {
        for kind in [ReviewKind::Match, ReviewKind::Invalid] {
            let Some(open) = self.store.review(&ReviewKey::new(&run.key(), kind, None)).await? else {
                continue;
            };
            if open.answer == Some(Answer::Retry) {
                return Ok((Partner::Create, open.answer));
            }
            if open.answer.is_some() {
                return self.with_answer(&run.key(), to, Partner::Ask(open.message)).await;
            }
        }
        Ok((Partner::Left, None))
    }

    /// One record of a pair was edited, and the other one deleted: a person decides.
    pub(super) async fn edited_and_deleted(
        &self,
        mut run: Run<'_>,
        side: Side,
        seen: &Seen,
    ) -> Result<Outcome, Trouble> {
        let (key, now) = (run.key(), self.now());
        let why = format!(
            "the record {} was deleted, and the one {} edited: delete it too, or restore the other",
            self.sides.at(side.other()),
            self.sides.at(side)
        );
        let asks = Review {
            seen: seen.fields(side).map(|fields| self.digest_of(&run.link.id, fields)),
            ..Review::new(key, ReviewKind::Deleted, None, why.clone(), now)
        };
        let open = self.store.review(&asks.key).await?.filter(|open| open.asks_as(&asks));
        match open.as_ref().and_then(|open| open.answer.as_ref()) {
            Some(Answer::Unlink) => return self.end(run, now).await,
            Some(Answer::Recreate) => {
                run.close(ReviewKind::Deleted, None);
                return self.recreate(run, side.other()).await;
            }
            Some(Answer::Delete) => return self.delete_as_told(run, side, seen, asks).await,
            _ => {}
        }
        run.commit_if_changed().await?;
        if open.is_some() {
            return Ok(Outcome::done(Did::Asked(why)));
        }
        asked(self.open(asks).await, why)
    }

    /// Deletes a record because a person said so. A service that does not delete is no reason to stop.
    async fn delete_as_told(
        &self,
        run: Run<'_>,
        side: Side,
        seen: &Seen,
        asks: Review,
    ) -> Result<Outcome, Trouble> {
        match self.remove(run, side, seen).await {
            Err(Trouble::Fault(_, fault)) if fault.kind() == FaultKind::Broken => {
                let why = asks.message.clone();
                asked(self.open(asks).await, why)
            }
            done => done,
        }
    }

    /// A pair that has ended may have left a question: whether what is left gets a new partner, or goes too.
    pub(super) async fn after_the_end(&self, found: Versioned<Link>) -> Result<Outcome, Trouble> {
        let mut run = Run::new(self, Some(found.rev), found.value);
        let open = self.store.reviews_about(&run.key()).await?;
        let open = open.into_iter().find(|open| open.field.is_none() && open.kind != ReviewKind::Poison);
        let Some(open) = open else { return Ok(Outcome::nothing()) };
        // A person has yet to see it.
        let Some(answer) = &open.answer else { return Ok(Outcome::done(Did::Ended)) };
        let now = self.now();
        run.close(open.kind, None);
        if let Some((side, left)) = self.left_over(&run).await? {
            let is_as_asked = left.fields(side).map(|left| self.digest_of(&run.link.id, left)) == open.seen;
            match answer {
                Answer::Delete if is_as_asked => {
                    run.link.status = LinkStatus::Active;
                    return self.delete_as_told(run, side, &left, Review { answer: None, ..open }).await;
                }
                Answer::Recreate if is_as_asked => {
                    run.link.status = LinkStatus::Active;
                    run.link.sought = None;
                    return self.recreate(run, side.other()).await;
                }
                _ => {}
            }
        }
        run.commit().await?;
        Ok(Outcome::done(Did::Noted).again(now))
    }

    /// What is left of a pair that has ended: the one record that is there, and in no other pair.
    async fn left_over(&self, run: &Run<'_>) -> Result<Option<(Side, Seen)>, Trouble> {
        let mut seen = Seen {
            snapshots: Pair::default(),
            presence: Pair::new(Presence::Gone, Presence::Gone),
            at: self.now(),
        };
        for side in Side::BOTH {
            let Some(at) = &run.link.ends[side] else { continue };
            let holder = self.store.link_of(side, at).await?;
            if let (false, Read::Found(found)) =
                (holder.is_some_and(|link| link.value.is_live()), self.read(side, at).await?)
            {
                seen.presence[side] = Presence::Alive(self.fields(side, &found).await?);
                seen.snapshots[side] = Some(found);
            }
        }
        Ok(match (&seen.snapshots.left, &seen.snapshots.right) {
            (Some(_), None) => Some((Side::Left, seen)),
            (None, Some(_)) => Some((Side::Right, seen)),
            _ => None,
        })
    }
}
