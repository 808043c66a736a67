//! One run of one key: read both sides, decide, write once at most, commit.

mod answers;
pub(super) mod birth;
mod create;
pub(super) mod fact;
mod pair;
mod projection;
mod recovery;
pub(super) mod restore;
mod run;
mod update;

use jiff::Timestamp;

use super::answer::Answer;
use super::budget::Taken;
use super::fault::FaultKind;
use super::link::LinkId;
use super::record::{Fingerprint, Side};
use super::review::{Review, ReviewKind};
use super::runtime::{EngineError, Runtime, Source, Trouble};
use crate::env::unit;
use crate::queue::{Priority, WorkKey};
use crate::store::{Commit, CommitError};
use crate::{Event, RetryPolicy};

/// What one run of a key came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// What was done.
    pub did: Did,
    /// When the key is to be looked at again; `None` when there is nothing left to do until something changes.
    pub again: Option<Timestamp>,
    /// Other keys that are to be looked at because of it, but for those that were hinted in the run's own commit.
    pub hints: Vec<WorkKey>,
    /// Fields that were written and, as the answer shows, stored otherwise. They are not written again for that.
    pub otherwise: Vec<String>,
    /// When computed fields become others although nothing changes.
    pub(super) recheck: Option<Timestamp>,
    /// What was written: the field, the side, and the digest of the value.
    pub(super) wrote: Vec<((String, Side), Fingerprint)>,
}

/// What a run has done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Did {
    /// Nothing: there is nothing to do.
    Nothing,
    /// Nothing yet: it comes [again](field@Outcome::again).
    Waited,
    /// Noted what both sides have, without a write.
    Noted,
    /// Founded a pair with a record that had none.
    Founded(LinkId),
    /// Found the other half, by its keys or its marker.
    Linked(LinkId),
    /// Created a record.
    Created,
    /// Wrote fields of a record.
    Updated,
    /// Deleted a record.
    Removed,
    /// Ended a pair, or gave up a derived record.
    Ended,
    /// Asked a person.
    Asked(String),
    /// Nothing: a guard has tripped. It is looked at [again](field@Outcome::again) when a person has approved.
    Held(String),
    /// Sent a write, and does not know what became of it. It is found out [later](field@Outcome::again).
    Unanswered,
    /// Failed, and tries [again](field@Outcome::again), or waits for the record to change.
    Failed {
        /// What helps.
        kind: FaultKind,
        /// What failed.
        message: String,
    },
}

impl Outcome {
    pub(super) fn done(did: Did) -> Self {
        Self { did, again: None, hints: Vec::new(), otherwise: Vec::new(), recheck: None, wrote: Vec::new() }
    }

    pub(super) fn nothing() -> Self {
        Self::done(Did::Nothing)
    }

    pub(super) fn wait(until: Timestamp) -> Self {
        Self { again: Some(until), ..Self::done(Did::Waited) }
    }

    pub(super) fn again(mut self, at: Timestamp) -> Self {
        self.again = Some(self.again.map_or(at, |earlier| earlier.min(at)));
        self
    }

    pub(super) fn hint(mut self, keys: impl IntoIterator<Item = WorkKey>) -> Self {
        self.hints.extend(keys);
        self
    }
}

/// How long a record rests after failures.
fn backoff() -> RetryPolicy {
    RetryPolicy::default().base(std::time::Duration::from_secs(2)).cap(std::time::Duration::from_secs(300))
}

/// The worst case of a run: two reads and a write.
const COST: u32 = 3;

impl Runtime {
    /// Works on one key.
    pub(super) async fn reconcile(
        &self,
        key: &WorkKey,
        priority: Priority,
        source: Source<'_>,
    ) -> Result<Outcome, EngineError> {
        if let Some(until) = self.resting(priority).await? {
            return Ok(Outcome::wait(until));
        }
        let result = match key {
            WorkKey::Birth(side, at) => self.birth(*side, at, source).await,
            WorkKey::Link(id) => match self.pair(id, source).await {
                Ok(outcome) => self.with_recheck(id, outcome).await,
                Err(trouble) => Err(trouble),
            },
            WorkKey::Fact(key) => self.fact(key).await,
            WorkKey::Projection(key) => self.projection(key, source).await,
            WorkKey::Sync => Ok(Outcome::nothing()),
        };
        match result {
            Ok(outcome) => {
                self.forget_failures(key);
                self.close_answered(key, &outcome).await?;
                Ok(outcome)
            }
            Err(trouble) => self.recover_from(key, trouble).await,
        }
    }

    /// Says when the computed fields of the left record are to be computed again.
    async fn with_recheck(&self, id: &LinkId, outcome: Outcome) -> Result<Outcome, Trouble> {
        if self.enrich.is_empty() {
            return Ok(outcome);
        }
        let Some(left) = self.store.link(id).await?.and_then(|link| link.value.ends.left) else {
            return Ok(outcome);
        };
        let (facts, now) = (self.store.facts_of(&left.id).await?, self.now());
        let moments = self.enrich.iter().filter_map(|enrich| enrich.recheck_at(&facts, self.today()));
        Ok(Outcome { recheck: moments.filter(|at| now < *at).min(), ..outcome })
    }

    /// Until when an account that the run would use rests, or has no quota left.
    async fn resting(&self, priority: Priority) -> Result<Option<Timestamp>, EngineError> {
        let now = self.now();
        let accounts = Side::BOTH.map(|side| self.account(side));
        let rests = accounts.iter().filter_map(|account| self.breaker(account).paused_until(now)).max();
        let Some(budget) = self.budget.as_ref().filter(|_| rests.is_none()) else { return Ok(rests) };
        Ok(match budget.take(&accounts, priority, COST).await? {
            Taken::Granted => None,
            Taken::Refused { account, until } => {
                self.observer.on_event(&Event::QuotaLow { account: &account, until });
                Some(until)
            }
        })
    }

    /// Closes questions about a whole record that a run has gone through without.
    async fn close_answered(&self, key: &WorkKey, outcome: &Outcome) -> Result<(), EngineError> {
        if matches!(
            outcome.did,
            Did::Asked(_) | Did::Held(_) | Did::Waited | Did::Unanswered | Did::Failed { .. }
        ) {
            return Ok(());
        }
        let open = self.store.reviews_about(key).await?;
        let is_answered = |review: &Review| {
            matches!(review.kind, ReviewKind::Poison | ReviewKind::Deleted)
                || review.answer == Some(Answer::Retry)
        };
        let of_record = open.into_iter().filter(|review| review.field.is_none() && is_answered(review));
        // A pair that has ended because of it still waits for a person to see it.
        let closed: Vec<_> =
            of_record.filter(|_| outcome.did != Did::Ended).map(|review| review.key).collect();
        if closed.is_empty() {
            return Ok(());
        }
        // Closing says nothing about what others wrote.
        self.put(Commit { closed_reviews: closed, ..Commit::default() }).await?;
        Ok(())
    }

    fn forget_failures(&self, key: &WorkKey) {
        self.failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(key);
    }

    async fn recover_from(&self, key: &WorkKey, trouble: Trouble) -> Result<Outcome, EngineError> {
        let now = self.now();
        let (account, fault) = match trouble {
            // Somebody else was faster: look at what is there now.
            Trouble::Commit(CommitError::Stale(_) | CommitError::Claimed { .. }) => {
                return Ok(Outcome::wait(now));
            }
            Trouble::Commit(CommitError::Store(error)) => return Err(error.into()),
            Trouble::Fault(account, fault) => (account, fault),
        };
        let (kind, message) = (fault.kind(), fault.to_string());
        let failed = |again: Option<Timestamp>| Outcome {
            again,
            ..Outcome::done(Did::Failed { kind, message: message.clone() })
        };
        match kind {
            FaultKind::Broken => Err(EngineError::Collection { collection: account.to_string(), fault }),
            FaultKind::Throttled { .. } | FaultKind::Auth => {
                let until = self.breaker(&account).paused_until(now).unwrap_or(now);
                Ok(failed(Some(until)))
            }
            FaultKind::Invalid => {
                let why = format!("{message}: correct the record; it is tried again when it changes");
                self.ask(key, ReviewKind::Invalid, why).await?;
                Ok(failed(None))
            }
            FaultKind::Transient | FaultKind::Gone | FaultKind::Changed => {
                let rests = self.breaker(&account).paused_until(now);
                if let Some(until) = rests.filter(|_| kind == FaultKind::Transient) {
                    // The account answers nothing: that is not this record's doing, however often it is tried meanwhile.
                    return Ok(failed(Some(until)));
                }
                let count = {
                    let mut failures =
                        self.failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    let count = failures.entry(key.clone()).or_default();
                    *count += 1;
                    *count
                };
                if count >= self.max_attempts {
                    let why = format!(
                        "it failed {count} times, last: {message}; it is tried again when it changes"
                    );
                    self.ask(key, ReviewKind::Poison, why).await?;
                    self.forget_failures(key);
                    return Ok(failed(None));
                }
                if count == 1 && kind != FaultKind::Transient {
                    // It is not any more as it was read: it is read anew. What stays so is no race, and backs off.
                    return Ok(failed(Some(now)));
                }
                let env = self.clock.env().as_ref();
                let pause = backoff().delay(count, None, env).unwrap_or_default();
                // Never at once: the fault may last as long as no time passes.
                let pause = pause.max(std::time::Duration::from_millis(100)).mul_f64(1.0 + unit(env) / 4.0);
                let again = now.checked_add(pause).unwrap_or(Timestamp::MAX);
                Ok(failed(Some(rests.map_or(again, |until| until.max(again)))))
            }
        }
    }

    /// Opens a question that belongs to no field of a link.
    pub(super) async fn ask(
        &self,
        about: &WorkKey,
        kind: ReviewKind,
        message: String,
    ) -> Result<(), EngineError> {
        let review = Review::new(about.clone(), kind, None, message, self.now());
        let open = self.store.review(&review.key).await?;
        if open.is_some_and(|open| open.asks_as(&review) && open.answer != Some(Answer::Retry)) {
            return Ok(());
        }
        self.open(review).await
    }

    /// Opens a question, even if the same is open already. What it was answered with before does not count any more.
    pub(super) async fn open(&self, review: Review) -> Result<(), EngineError> {
        if self.put(Commit { reviews: vec![review.clone()], ..Commit::default() }).await? {
            self.observer.on_event(&Event::ReviewOpened { review: &review });
        }
        Ok(())
    }
}
