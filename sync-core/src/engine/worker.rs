use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;
use tokio::sync::Notify;

use super::collection::Cursor;
use super::handle::Engine;
use super::reconcile::Outcome;
use super::record::Side;
use super::retention::DAILY;
use super::runtime::{EngineError, Origin, Runtime, Source};
use crate::StoreError;
use crate::queue::{Claim, Hint, Priority};
use crate::store::{Commit, FeedId, Position};

/// When a running engine looks for changes by itself.
#[derive(Debug, Clone)]
#[must_use]
pub struct Schedule {
    poll: Duration,
    sweep: Duration,
    worker: String,
}

impl Default for Schedule {
    /// A poll each minute, a sweep each week.
    fn default() -> Self {
        Self::new()
    }
}

impl Schedule {
    /// A poll each minute, a sweep each week.
    pub fn new() -> Self {
        Self {
            poll: Duration::from_secs(60),
            sweep: Duration::from_secs(7 * 24 * 3600),
            worker: "worker".to_owned(),
        }
    }

    /// Sets how often both sides, and the collections of facts, are asked for changes.
    pub fn poll(mut self, every: Duration) -> Self {
        self.poll = every;
        self
    }

    /// Sets how often both sides, and the collections of facts, are compared as a whole. It is counted from the last whole
    /// sweep that any process with this state has made.
    pub fn sweep(mut self, every: Duration) -> Self {
        self.sweep = every;
        self
    }

    /// Sets how this worker is called in the queue.
    pub fn worker(mut self, name: impl Into<String>) -> Self {
        self.worker = name.into();
        self
    }
}

/// How long an idle worker waits before it asks the queue again: another process may have hinted something.
const IDLE: Duration = Duration::from_secs(1);
/// How long a running engine waits before it looks again whether a plan was approved, at most.
const APPROVAL: Duration = Duration::from_secs(60);
/// How long a running engine waits before it looks again whether a sweep is due, at most.
const LOOK: Duration = Duration::from_secs(3600);
/// The shortest pause.
const BRIEF: Duration = Duration::from_millis(1);

impl Runtime {
    /// How long a run may take: four requests.
    fn lease(&self) -> Duration {
        let timeout = |side| self.collection(side).caps().request_timeout;
        timeout(Side::Left).max(timeout(Side::Right)).saturating_mul(4) + self.send_within
    }

    /// Works on a key that was claimed at `claimed`, by the clock that does not jump, and tells the queue what is next.
    pub(super) async fn work(&self, claim: Claim, claimed: Duration) -> Result<Outcome, EngineError> {
        let origin = Origin { tenant: claim.tenant.clone(), priority: claim.priority };
        let runtime = Self { origin: Some(origin), ..self.clone() };
        let outcome = runtime.reconcile(&claim.key, claim.priority, Source::Live).await?;
        // Before the key is ended: if the process dies in between, the key comes again, and hints most of them again. All
        // of them are kept only where they are in the run's own commit.
        let hints: Vec<_> =
            outcome.hints.iter().map(|key| Hint::new(key.clone(), &claim.tenant, claim.priority)).collect();
        self.mark_all(&hints).await?;
        let overtaken = self.clock.env().monotonic().saturating_sub(claimed) >= self.lease();
        let (key, tenant) = (claim.key.clone(), claim.tenant.clone());
        self.queue.done(claim, outcome.again.or(outcome.recheck)).await?;
        if overtaken {
            // Somebody else may have taken the key meanwhile, and have ended it before this run changed something.
            let again = outcome.again.unwrap_or_else(|| self.now());
            self.queue.mark(&[Hint::new(key, tenant, Priority::Retry).not_before(again)]).await?;
        }
        Ok(outcome)
    }
}

/// Where the state remembers when the last whole sweep began.
fn last_sweep() -> FeedId {
    FeedId::new("last sweep")
}

impl Runtime {
    /// In how long the next sweep is due. Where there was none, it is counted from now on: the first poll lists everything.
    async fn sweep_is_due_in(&self, every: Duration) -> Result<Duration, StoreError> {
        let found = self.store.position(&last_sweep()).await?;
        let Some(Position::Changes(Cursor::Time(last))) = found.map(|found| found.value) else {
            self.swept(self.now()).await?;
            return Ok(every);
        };
        // A clock that was set back has not swept in the future.
        let since = until(last, self.now());
        Ok(every.saturating_sub(since))
    }

    async fn swept(&self, begun: Timestamp) -> Result<(), StoreError> {
        let rev = self.store.position(&last_sweep()).await?.map(|found| found.rev);
        let positions = vec![(rev, last_sweep(), Position::Changes(Cursor::Time(begun)))];
        self.put(Commit { positions, ..Commit::default() }).await.map(drop)
    }
}

impl Engine {
    /// Works on at most `max` keys that are due, one after the other. Gives what each came to.
    ///
    /// # Errors
    ///
    /// [`EngineError`] if the engine cannot go on. The key that it worked on is due again later.
    pub async fn work(&self, worker: &str, max: usize) -> Result<Vec<Outcome>, EngineError> {
        let runtime = &self.runtime;
        runtime.make_sure_bound().await?;
        runtime.make_sure_approved().await?;
        runtime.release().await?;
        let claimed = runtime.clock.env().monotonic();
        let claims = runtime.queue.claim(worker, max, runtime.lease()).await?;
        let mut outcomes = Vec::new();
        for claim in claims {
            outcomes.push(runtime.work(claim, claimed).await?);
        }
        Ok(outcomes)
    }

    /// Works until nothing is due at the moment, and tells how many runs it took.
    ///
    /// # Errors
    ///
    /// As [`work`](Self::work).
    pub async fn drain(&self) -> Result<usize, EngineError> {
        let mut runs = 0;
        loop {
            let outcomes = self.work("drain", self.runtime.concurrency).await?;
            if outcomes.is_empty() {
                return Ok(runs);
            }
            runs += outcomes.len();
        }
    }

    /// Keeps both sides in sync until `stop` completes: works on what is hinted, and beside that polls at once and then as
    /// scheduled, sweeps as scheduled, and deletes once a day what the journal has kept for long enough. Writes that are
    /// under way are finished first; a poll or a sweep is not, and is gone on with or repeated by the next run.
    ///
    /// Where a plan has to be [approved](super::Guards::first_run) first, it waits for that and works on nothing.
    ///
    /// A poll or a sweep that fails is tried again when its time comes; what must not be ignored ends the run.
    ///
    /// # Errors
    ///
    /// [`EngineError::Bind`] if the state belongs to other accounts, [`EngineError::Store`] if it cannot be kept,
    /// [`EngineError::Collection`] if a collection is used wrongly.
    pub async fn run(
        &self,
        schedule: &Schedule,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<(), EngineError> {
        let runtime = &self.runtime;
        let mut stop = pin!(stop);
        runtime.bind().await?;
        // A person looks at it while it waits, or another process applies the plan.
        while let Err(error) = runtime.make_sure_approved().await {
            let EngineError::Unapproved { .. } = error else { return Err(error) };
            let pause = schedule.poll.clamp(BRIEF, APPROVAL);
            if let Either::Left(_) = select(stop.as_mut(), pin!(runtime.clock.env().sleep(pause))).await {
                return Ok(());
            }
        }
        // What a process before this one has left, in case its queue went with it.
        runtime.resume().await?;
        // Side by side: a sweep of a large account takes hours, and what is hinted must not wait for it.
        let halt = async {
            match select(stop, Box::pin(self.feed(schedule))).await {
                Either::Left(_) => Ok(()),
                Either::Right((ended, _)) => ended,
            }
        };
        self.work_until(&schedule.worker, halt).await
    }

    /// Polls and sweeps as scheduled, until it cannot go on: side by side, as a sweep may take hours. When to sweep is told by
    /// the last whole sweep that any process has made: one that is begun anew each night would never come to it otherwise.
    async fn feed(&self, schedule: &Schedule) -> Result<(), EngineError> {
        let env = self.runtime.clock.env();
        let mut next_poll = env.monotonic();
        let (mut next_look, mut next_tidy) = (next_poll, next_poll);
        let mut sweeping = FuturesUnordered::new();
        loop {
            if env.monotonic() >= next_poll {
                next_poll = env.monotonic().saturating_add(schedule.poll);
                meanwhile(self.poll_all(), &mut sweeping).await?;
            }
            if env.monotonic() >= next_look && sweeping.is_empty() {
                let due_in = self.runtime.sweep_is_due_in(schedule.sweep).await?;
                if due_in.is_zero() {
                    sweeping.push(self.sweep_all());
                }
                // Another process may have swept by then, or what could not be read can be.
                let pause = if due_in.is_zero() { schedule.sweep } else { due_in };
                next_look = env.monotonic().saturating_add(pause.clamp(BRIEF, LOOK));
            }
            if env.monotonic() >= next_tidy {
                next_tidy = env.monotonic().saturating_add(DAILY);
                self.tidy().await?;
            }
            let pause = next_poll.min(next_look).min(next_tidy).saturating_sub(env.monotonic());
            let pause = async {
                env.sleep(pause.max(BRIEF)).await;
                Ok(())
            };
            meanwhile(pause, &mut sweeping).await?;
        }
    }

    async fn poll_all(&self) -> Result<(), EngineError> {
        for side in Side::BOTH {
            self.tolerate(self.poll(side).await)?;
        }
        for name in self.facts_apart() {
            self.tolerate(self.poll_facts(name).await)?;
        }
        self.runtime.release().await
    }

    /// Sweeps all, and notes when, if all of it could be read.
    async fn sweep_all(&self) -> Result<(), EngineError> {
        let begun = self.runtime.now();
        let mut is_whole = true;
        for side in Side::BOTH {
            is_whole &= self.tolerate(self.sweep(side).await)?;
        }
        for name in self.facts_apart() {
            is_whole &= self.tolerate(self.sweep_facts(name).await)?;
        }
        if is_whole {
            self.runtime.swept(begun).await?;
        }
        Ok(())
    }

    /// The collections of facts that are no side's.
    fn facts_apart(&self) -> impl Iterator<Item = &str> {
        let left = self.runtime.collection(Side::Left).name();
        self.runtime.facts.keys().map(String::as_str).filter(move |name| *name != left)
    }

    /// Works on what is hinted until `halt` completes, and ends what is under way.
    async fn work_until(
        &self,
        worker: &str,
        halt: impl Future<Output = Result<(), EngineError>> + Send,
    ) -> Result<(), EngineError> {
        let runtime = &self.runtime;
        let env = runtime.clock.env();
        let stop = Notify::new();
        let work = async {
            let mut stopped = pin!(stop.notified());
            let mut running = FuturesUnordered::new();
            let until_end = async {
                loop {
                    let claimed = env.monotonic();
                    let look = self.look(worker, runtime.concurrency.saturating_sub(running.len()));
                    let (claims, pause) = meanwhile(look, &mut running).await?;
                    running.extend(claims.into_iter().map(|claim| runtime.work(claim, claimed)));
                    let next = async {
                        if running.is_empty() {
                            env.sleep(pause).await;
                            return Ok(());
                        }
                        match select(pin!(env.sleep(IDLE)), running.next()).await {
                            Either::Left(_) => Ok(()),
                            Either::Right((outcome, _)) => outcome.transpose().map(drop),
                        }
                    };
                    match select(stopped.as_mut(), pin!(next)).await {
                        Either::Left(_) => return Ok(()),
                        Either::Right((outcome, _)) => outcome?,
                    }
                }
            };
            let mut ended = until_end.await;
            // The others are in the midst of their writes, whatever has ended one of them.
            while let Some(outcome) = running.next().await {
                ended = ended.and(outcome.map(drop));
            }
            ended
        };
        match select(pin!(halt), pin!(work)).await {
            Either::Left((halted, work)) => {
                stop.notify_one();
                work.await?;
                halted
            }
            Either::Right((ended, _)) => ended,
        }
    }

    /// Claims at most `free` keys, and says how long there is nothing else to do.
    async fn look(&self, worker: &str, free: usize) -> Result<(Vec<Claim>, Duration), EngineError> {
        let queue = &self.runtime.queue;
        let claims = match free {
            0 => Vec::new(),
            _ => queue.claim(worker, free, self.runtime.lease()).await?,
        };
        Ok((claims, self.pause().await?))
    }

    /// How long there is nothing to do.
    async fn pause(&self) -> Result<Duration, EngineError> {
        let runtime = &self.runtime;
        let due = runtime.queue.next_due().await?.map_or(IDLE, |due| until(runtime.now(), due));
        Ok(due.clamp(BRIEF, IDLE))
    }

    /// A feed that cannot be read now is read later, and `false`; other errors end the run.
    fn tolerate<T>(&self, result: Result<T, EngineError>) -> Result<bool, EngineError> {
        match result {
            Ok(_) => Ok(true),
            Err(EngineError::Collection { collection, fault })
                if fault.kind() != super::FaultKind::Broken =>
            {
                tracing::warn!(name = %self.runtime.name, %collection, %fault, "a feed cannot be read now");
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

/// Completes `future`, while what is `running` goes on: it may have what the future waits for, such as a connection.
async fn meanwhile<T, U>(
    future: impl Future<Output = Result<T, EngineError>> + Send,
    running: &mut FuturesUnordered<impl Future<Output = Result<U, EngineError>> + Send>,
) -> Result<T, EngineError> {
    let mut future = pin!(future);
    while !running.is_empty() {
        match select(future.as_mut(), running.next()).await {
            Either::Left((value, _)) => return value,
            Either::Right((outcome, _)) => drop(outcome.transpose()?),
        }
    }
    future.await
}

pub(super) fn until(now: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or(Duration::ZERO)
}
