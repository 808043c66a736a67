//! How a person answers what the engine asks.

use std::fmt;

use super::answer::{Answer, ResolveError};
use super::collection::Read;
use super::handle::Engine;
use super::journal::Happening;
use super::link::Link;
use super::merge::{Parked, Reason, Rules, can_take};
use super::privacy::is_shown;
use super::projection::ProjectionKey;
use super::record::{RecordId, RecordRef, Side, Snapshot};
use super::review::{Review, ReviewKey, ReviewKind};
use super::runtime::{Births, EngineError, Runtime};
use super::value::{FieldValue, Pair};
use crate::queue::{Hint, Priority, WorkKey};
use crate::store::Commit;

/// How many questions are read at once.
const PAGE: usize = 500;

/// A question with what it is about, to be shown to a person.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Question {
    /// The question.
    pub review: Review,
    /// What both sides had in the field when it was asked, if it is about a field; `None` in privacy mode: the records show
    /// it. Personal: not to be logged.
    pub values: Option<Pair<FieldValue>>,
}

/// Without the values.
impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question").field("review", &self.review).finish_non_exhaustive()
    }
}

impl Engine {
    /// At most `limit` questions that nobody has answered yet, those after `after`, in the order of their keys; of one
    /// kind, or of all. [`Review::answers`] tells what each can be answered with.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn inbox(
        &self,
        kind: Option<ReviewKind>,
        after: Option<&ReviewKey>,
        limit: usize,
    ) -> Result<Vec<Review>, EngineError> {
        let (mut found, mut after) = (Vec::new(), after.cloned());
        loop {
            let page = self.runtime.store.reviews_page(after.as_ref(), PAGE.max(limit)).await?;
            let Some(last) = page.last() else { return Ok(found) };
            after = Some(last.key.clone());
            let is_meant = |r: &Review| r.answer.is_none() && kind.is_none_or(|kind| kind == r.kind);
            found.extend(page.into_iter().filter(is_meant));
            if found.len() >= limit {
                found.truncate(limit);
                return Ok(found);
            }
        }
    }

    /// A question with the values that it is about; `None` if it is not open any more.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn question(&self, key: &ReviewKey) -> Result<Option<Question>, EngineError> {
        let Some(review) = self.runtime.store.review(key).await? else { return Ok(None) };
        let mut values = None;
        if let (WorkKey::Link(id), Some(field), true) =
            (&review.about, &review.field, self.runtime.keeps_values())
        {
            let link = self.runtime.store.link(id).await?;
            let field = link.and_then(|link| link.value.fields.into_iter().find(|f| f.name == *field));
            values = field.and_then(|field| field.state.parked).map(|parked| parked.values);
        }
        Ok(Some(Question { review, values }))
    }

    /// Answers a question: stores the answer with it, and hints its key. The next run of the key acts upon it and closes the
    /// question, if what was asked about is still so; otherwise the answer is dropped, and everything is decided anew.
    ///
    /// The same answer given twice is one. Until an answer is worked on no other one is taken.
    ///
    /// # Errors
    ///
    /// [`ResolveError`] says what helps. If the queue fails, the answer is stored all the same, and used when the key is
    /// looked at for another reason.
    pub async fn resolve(&self, key: &ReviewKey, answer: Answer) -> Result<(), ResolveError> {
        self.runtime.resolve(key, None, answer).await
    }

    /// The same for a question as it was shown: what a person has seen may be asked otherwise by now.
    ///
    /// # Errors
    ///
    /// As [`resolve`](Self::resolve), and [`ResolveError::Changed`].
    pub async fn resolve_shown(&self, shown: &Review, answer: Answer) -> Result<(), ResolveError> {
        self.runtime.resolve(&shown.key, Some(shown), answer).await
    }
}

impl Runtime {
    async fn resolve(
        &self,
        key: &ReviewKey,
        shown: Option<&Review>,
        answer: Answer,
    ) -> Result<(), ResolveError> {
        let review = self.store.review(key).await?.ok_or_else(|| ResolveError::NotOpen(key.clone()))?;
        review.takes(&answer)?;
        if shown.is_some_and(|shown| !shown.asks_as(&review)) {
            return Err(ResolveError::Changed);
        }
        let answer = self.fitting(&review, answer).await?;
        let given = review.answer.as_ref();
        // What a guard stops may be planned anew, and then it is the newest plan that is approved of.
        if let Some(given) = given.filter(|given| **given != answer && review.kind != ReviewKind::Guard) {
            return Err(ResolveError::Answered(given.kind()));
        }
        let about = review.about.clone();
        let hints = vec![Hint::new(about.clone(), &self.name, Priority::Interactive)];
        if given != Some(&answer) {
            let what = Happening::Answered { review: key.to_string(), answer: answer.to_string() };
            let journal = vec![self.entry(self.now(), about, what)];
            let reviews = vec![Review { answer: Some(answer), ..review }];
            let together = if self.hints_in_store { hints.clone() } else { Vec::new() };
            self.put(Commit { reviews, journal, hints: together, ..Commit::default() }).await?;
            if self.hints_in_store {
                return Ok(());
            }
        }
        // Not before: a run that comes too early would find no answer.
        Ok(self.mark_all(&hints).await?)
    }

    /// Whether an answer can be acted upon, as far as that can be told now. A value comes back as it is compared.
    async fn fitting(&self, review: &Review, answer: Answer) -> Result<Answer, ResolveError> {
        match &review.about {
            WorkKey::Link(id) => {
                let Some(link) = self.store.link(id).await?.map(|found| found.value) else {
                    return Err(self.moot(review).await?);
                };
                if let Some(field) = &review.field {
                    return self.fits_field(review, &link, field, answer).await;
                }
                let lacks = Side::BOTH.into_iter().find(|side| link.ends[*side].is_none());
                let to = lacks.or(link.creates_on());
                match &answer {
                    Answer::Pair(_) | Answer::Create if !link.is_live() => {
                        Err(unfit(format!("{id} has ended: leave it, and delete what is too much")))
                    }
                    Answer::Pair(at) => self.is_free(to.unwrap_or(Side::Right), at).await.map(|()| answer),
                    Answer::Create => self.creates_on(to.unwrap_or(Side::Right)).map(|()| answer),
                    Answer::Recreate => {
                        let gone = Side::BOTH.into_iter().find(|side| link.gone_at[*side].is_some());
                        gone.map_or(Ok(()), |gone| self.creates_on(gone)).map(|()| answer)
                    }
                    _ => Ok(answer),
                }
            }
            WorkKey::Birth(side, _) => match &answer {
                Answer::Pair(at) => self.is_free(side.other(), at).await.map(|()| answer),
                Answer::Create => self.creates_on(side.other()).map(|()| answer),
                _ => Ok(answer),
            },
            WorkKey::Projection(key) => match &answer {
                Answer::Pair(at) => self.can_be(key, at).await.map(|()| answer),
                _ => Ok(answer),
            },
            _ => Ok(answer),
        }
    }

    /// Whether a record can be a derived one.
    async fn can_be(&self, key: &ProjectionKey, at: &RecordRef) -> Result<(), ResolveError> {
        let into = self.store.projection(key).await?.map(|found| found.value.into);
        let Some(target) = into.and_then(|into| self.targets.get(&into)) else { return Ok(()) };
        let read = self.told(self.account(Side::Right), target.get(at).await);
        match read.map_err(|trouble| self.stopped(trouble))? {
            Read::Found(found) if found.marker.as_ref().is_none_or(|marker| *marker == key.marker()) => {
                Ok(())
            }
            Read::Found(_) => Err(unfit(format!("record {} was derived for something else", at.id))),
            Read::Gone | Read::MovedTo(_) => {
                Err(unfit(format!("there is no record {}: name another one", at.id)))
            }
        }
    }

    /// Closes a question about what is not there any more.
    async fn moot(&self, review: &Review) -> Result<ResolveError, ResolveError> {
        self.put(Commit { closed_reviews: vec![review.key.clone()], ..Commit::default() }).await?;
        Ok(ResolveError::NotOpen(review.key.clone()))
    }

    async fn fits_field(
        &self,
        review: &Review,
        link: &Link,
        field: &str,
        answer: Answer,
    ) -> Result<Answer, ResolveError> {
        let position = self.mapper.position(field);
        let rules = position.and_then(|position| self.mapper.rules().fields.get(position));
        let parked = position.and_then(|at| self.schema.states(link).into_iter().nth(at)?.parked);
        let (Some(position), Some(rules), Some(mut parked)) = (position, rules, parked) else {
            return Err(self.moot(review).await?);
        };
        match answer {
            Answer::Take(_) | Answer::Value(_) if link.ends.left.is_none() || link.ends.right.is_none() => {
                Err(unfit(
                    "its partner is not there yet: answer when it is, or correct the record".to_owned(),
                ))
            }
            Answer::Take(from) => {
                let (to, value) = (from.other(), &parked.values[from]);
                if !value.is_known() {
                    return Err(unfit(format!(
                        "{field} {} is not known: take {}, or give a value",
                        self.sides.of(from),
                        self.sides.side(to)
                    )));
                }
                if !can_take(rules, from, value) {
                    return Err(unfit(format!(
                        "{field} does not go to {0}: take {0}, or leave it",
                        self.sides.side(to)
                    )));
                }
                self.may_be_written(rules, &parked, to, value)?;
                Ok(Answer::Take(from))
            }
            Answer::Value(value) => {
                let one_way = Side::BOTH.into_iter().find(|side| !rules.direction.allows(*side));
                if let Some(from) = one_way {
                    return Err(unfit(format!(
                        "{field} comes from {0}: correct it there, take {0}, or leave it",
                        self.sides.side(from)
                    )));
                }
                let value = self.canonical(position, field, value)?;
                for side in Side::BOTH {
                    // What is hidden and the same hides the same.
                    self.schema.reveal_parked(&link.id, position, &mut parked, &rules.stored(side, &value));
                    self.may_be_written(rules, &parked, side, &value)?;
                }
                Ok(Answer::Value(value))
            }
            other => Ok(other),
        }
    }

    /// A value that a person gives, as values are compared: as each side would show it.
    fn canonical(&self, position: usize, field: &str, value: FieldValue) -> Result<FieldValue, ResolveError> {
        if !value.has_value() {
            let is_empty = value == FieldValue::Empty;
            return if is_empty { Ok(value) } else { Err(unfit(format!("{field} needs a value"))) };
        }
        let mut read = value;
        for side in Side::BOTH {
            let raw = self.mapper.write(side, &[(position, read)]);
            let fields = self.mapper.read(side, &Snapshot::new(RecordRef::top(RecordId::new("?")), raw));
            if let Some((_, why)) = fields.problems().iter().find(|(at, _)| *at == position) {
                return Err(unfit(format!("{field} {why}: give another value")));
            }
            read = fields.get(position).clone();
            if !read.has_value() {
                let at = self.sides.at(side);
                return Err(unfit(format!("{field} has no such value {at}: give another one")));
            }
        }
        Ok(read)
    }

    /// Whether a value that a person chose can be written to a side.
    fn may_be_written(
        &self,
        rules: &Rules,
        parked: &Parked,
        to: Side,
        value: &FieldValue,
    ) -> Result<(), ResolveError> {
        let (field, is_shown) = (&rules.name, is_shown(value));
        let stored = if is_shown { rules.stored(to, value) } else { value.clone() };
        if stored == parked.values[to] {
            return Ok(());
        }
        if parked.reason == Reason::Frozen(to) {
            return Err(unfit(format!(
                "{field} cannot be changed {} any more: take {}, or leave it",
                self.sides.at(to),
                self.sides.side(to)
            )));
        }
        if !is_shown {
            // Nobody knows it before the record is read. If it does not fit then, it is asked about again.
            return Ok(());
        }
        rules.check(to, value).map_err(|why| {
            let to = self.sides.side(to);
            unfit(format!("{field} {why}, so it cannot go to {to}: give a value that can"))
        })
    }

    /// Whether a record of `side` can be somebody's other half.
    async fn is_free(&self, side: Side, at: &RecordRef) -> Result<(), ResolveError> {
        let read = self.read(side, at).await.map_err(|trouble| self.stopped(trouble))?;
        match read {
            Read::Found(found) if self.is_in_scope(side, &found) => {}
            Read::Found(_) => {
                return Err(unfit(format!(
                    "record {} is outside of what is synced: name another one",
                    at.id
                )));
            }
            Read::Gone | Read::MovedTo(_) => {
                return Err(unfit(format!(
                    "there is no record {} {}: name another one",
                    at.id,
                    self.sides.at(side)
                )));
            }
        }
        match self.store.link_of(side, at).await?.map(|found| found.value) {
            Some(link) if link.is_live() && !link.is_half() => Err(unfit(format!(
                "record {} is in {}: name another one, or delete the one that is too much",
                at.id, link.id
            ))),
            _ => Ok(()),
        }
    }

    /// Whether records of `side` are created at all.
    fn creates_on(&self, side: Side) -> Result<(), ResolveError> {
        if self.births[side.other()] == Births::Create {
            return Ok(());
        }
        Err(unfit(format!(
            "nothing is created {}: create it there yourself, or answer otherwise",
            self.sides.at(side)
        )))
    }

    /// The keys of answered questions that were not worked on yet.
    pub(super) async fn answered_keys(&self) -> Result<Vec<WorkKey>, EngineError> {
        let (mut keys, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.reviews_page(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(keys) };
            after = Some(last.key.clone());
            let is_open = |review: &Review| match &review.answer {
                None | Some(Answer::Approve(_)) => false,
                // What is left as it is stays so.
                Some(Answer::Leave) => {
                    review.field.is_some() || matches!(review.about, WorkKey::Projection(_))
                }
                Some(_) => true,
            };
            keys.extend(page.into_iter().filter(is_open).map(|review| review.about));
        }
    }
}

fn unfit(why: String) -> ResolveError {
    ResolveError::Unfit(why)
}
