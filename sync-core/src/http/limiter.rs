use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::RateInfo;
use crate::{AccountKey, Env};

/// A number of requests per window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// How many requests.
    pub requests: u32,
    /// In which time.
    pub per: Duration,
}

impl RateLimit {
    /// `requests` in every `per`.
    pub const fn new(requests: u32, per: Duration) -> Self {
        Self { requests, per }
    }
}

/// Holds requests back so that no account exceeds its rate limit.
///
/// It counts what is in flight and what completed within the last window. The service counted each of those
/// requests some time before it completed, so the count is never lower than the service's, whether that counts
/// in fixed or in sliding windows. Nothing is held back below the allowance: no share of it is kept in reserve.
///
/// The limit itself, and requests that others make on the same account, are learned from response headers
/// ([`RateInfo`]). A limit of your own ([`at_most`](Self::at_most)) stays in force beside the one that is learned.
/// Accounts never wait for each other, and waiting callers of one account go in order.
///
/// Clones share the counts: give the same limiter to every client that uses an account.
#[derive(Debug, Clone)]
pub struct Limiter {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    env: Arc<dyn Env>,
    start: RateLimit,
    ceiling: Option<RateLimit>,
    tenants: Mutex<HashMap<AccountKey, Arc<Tenant>>>,
}

/// The part of a limiter that is about one account.
#[derive(Debug)]
pub(super) struct Tenant {
    env: Arc<dyn Env>,
    /// Held while waiting for a turn; tokio hands it over in order.
    turn: tokio::sync::Mutex<()>,
    completed: Notify,
    log: Mutex<Log>,
}

#[derive(Debug)]
struct Log {
    /// What the service allows, as far as is known.
    limit: RateLimit,
    /// What is not to be exceeded even if the service allows more.
    ceiling: Option<RateLimit>,
    in_flight: u32,
    /// Callers that wait for a turn.
    waiting: u32,
    /// When our requests completed, oldest first.
    done: VecDeque<Duration>,
    /// When we learned of requests that were not ours, oldest first.
    foreign: VecDeque<Duration>,
    paused_until: Duration,
    spent_until: Option<Duration>,
}

/// Why there is no permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    /// The turn would come after the caller's patience ends.
    Late,
    /// The service asked to be left alone until after the caller's patience ends.
    Paused { retry_after: Duration },
    /// The day's quota is spent.
    Spent { retry_after: Duration },
}

enum Turn {
    Now,
    At(Duration),
    WhenOneCompletes,
}

/// How long to believe in a spent daily quota when the service does not say when it starts anew.
pub(super) const UNKNOWN_RESET: Duration = Duration::from_secs(15 * 60);
/// The longest that one refusal holds an account back: a service that means it says so again.
const LONGEST_PAUSE: Duration = Duration::from_secs(10 * 60);
/// The longest that a day's quota can be spent.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Limiter {
    /// A limiter that assumes `start` for an account until its headers tell better.
    pub fn new(start: RateLimit, env: Arc<dyn Env>) -> Self {
        Self { shared: Arc::new(Shared { env, start, ceiling: None, tenants: Mutex::default() }) }
    }

    /// A limiter that keeps below `ceiling`, whatever more the headers say an account may do. They can tell only less.
    pub fn at_most(ceiling: RateLimit, env: Arc<dyn Env>) -> Self {
        let (start, ceiling) = (ceiling, Some(ceiling));
        Self { shared: Arc::new(Shared { env, start, ceiling, tenants: Mutex::default() }) }
    }

    /// The limit in force for `account`: the stricter one of that which the service tells and one of your own.
    pub fn limit(&self, account: &AccountKey) -> RateLimit {
        self.tenant(account).limit()
    }

    /// The part that is about `account`.
    pub(super) fn tenant(&self, account: &AccountKey) -> Arc<Tenant> {
        let mut tenants = self.shared.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tenant) = tenants.get(account) {
            return tenant.clone();
        }
        let tenant = Arc::new(Tenant::new(self.shared.start, self.shared.ceiling, self.shared.env.clone()));
        tenants.entry(account.clone()).or_insert(tenant).clone()
    }
}

impl Tenant {
    fn new(limit: RateLimit, ceiling: Option<RateLimit>, env: Arc<dyn Env>) -> Self {
        let log = Log {
            limit,
            ceiling,
            in_flight: 0,
            waiting: 0,
            done: VecDeque::new(),
            foreign: VecDeque::new(),
            paused_until: Duration::ZERO,
            spent_until: None,
        };
        Self { env, turn: tokio::sync::Mutex::default(), completed: Notify::new(), log: Mutex::new(log) }
    }

    /// The limit in force.
    pub(super) fn limit(&self) -> RateLimit {
        let log = self.log();
        let per_nanosecond = |limit: &RateLimit, per: Duration| u128::from(limit.requests) * per.as_nanos();
        log.ceiling
            .filter(|c| per_nanosecond(c, log.limit.per) < per_nanosecond(&log.limit, c.per))
            .unwrap_or(log.limit)
    }

    /// Waits for the right to send one request. None is given at `last` or later.
    pub(super) async fn acquire(&self, last: Duration) -> Result<Permit<'_>, Denied> {
        if let Some(permit) = self.at_once(last)? {
            return Ok(permit);
        }
        let _waiting = Waiting(self);
        let patience = last.saturating_sub(self.env.monotonic());
        let Ok(_turn) = tokio::time::timeout(patience, self.turn.lock()).await else {
            // Those in front may wait for a pause that began meanwhile.
            self.log().taken(self.env.monotonic(), last)?;
            return Err(Denied::Late);
        };
        loop {
            let mut completed = std::pin::pin!(self.completed.notified());
            // Registered before the look, so that no completion in between is missed.
            completed.as_mut().enable();
            let now = self.env.monotonic();
            let turn = self.log().turn(now, last)?;
            match turn {
                Turn::Now => return Ok(self.permit(now)),
                Turn::At(at) if at >= last => return Err(Denied::Late),
                Turn::At(at) => self.env.sleep(at.saturating_sub(now)).await,
                Turn::WhenOneCompletes => {
                    let completed = tokio::time::timeout(last.saturating_sub(now), completed);
                    completed.await.map_err(|_| Denied::Late)?;
                }
            }
        }
    }

    /// A permit without waiting, if there is one and nobody waits for it; counts the caller as waiting if not.
    fn at_once(&self, last: Duration) -> Result<Option<Permit<'_>>, Denied> {
        let mut log = self.log();
        let now = self.env.monotonic();
        log.taken(now, last)?;
        if log.waiting == 0 && matches!(log.turn(now, last)?, Turn::Now) {
            return Ok(Some(self.permit(now)));
        }
        log.waiting += 1;
        Ok(None)
    }

    fn permit(&self, granted: Duration) -> Permit<'_> {
        Permit { tenant: self, granted, heard: None }
    }

    /// Lets nothing out for `pause`: the service refused a request.
    pub(super) fn pause(&self, pause: Duration) {
        let until = self.env.monotonic().saturating_add(pause.min(LONGEST_PAUSE));
        let mut log = self.log();
        log.paused_until = log.paused_until.max(until);
    }

    /// The service says that the day's quota is spent.
    pub(super) fn spent(&self, reset: Option<Duration>) {
        let now = self.env.monotonic();
        self.log().spent(now, reset);
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A caller that waits for a turn, until it is dropped.
struct Waiting<'a>(&'a Tenant);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut log = self.0.log();
        log.waiting = log.waiting.saturating_sub(1);
    }
}

impl Log {
    /// Whether the service takes requests before `last`, as far as it has said.
    fn taken(&mut self, now: Duration, last: Duration) -> Result<(), Denied> {
        if let Some(until) = self.spent_until {
            if now < until {
                return Err(Denied::Spent { retry_after: until.saturating_sub(now) });
            }
            self.spent_until = None;
        }
        match self.paused_until.saturating_sub(now) {
            retry_after if !retry_after.is_zero() && self.paused_until >= last => {
                Err(Denied::Paused { retry_after })
            }
            _ if now >= last => Err(Denied::Late),
            _ => Ok(()),
        }
    }

    /// Whether a request may go now, which must be before `last`; counts it as in flight if so.
    fn turn(&mut self, now: Duration, last: Duration) -> Result<Turn, Denied> {
        self.taken(now, last)?;
        if now < self.paused_until {
            return Ok(Turn::At(self.paused_until));
        }
        self.forget(now);
        // Spares the search where not even all that is remembered would be too much.
        let remembered = self.done.len() + self.foreign.len() + self.in_flight as usize;
        let mut turn = Turn::Now;
        for limit in self.limits() {
            if remembered < limit.requests as usize {
                continue;
            }
            let counted = self.counted_since(now, limit.per) + self.in_flight as usize;
            if counted < limit.requests.max(1) as usize {
                continue;
            }
            turn = match (turn, self.oldest_counted(now, limit.per)) {
                (Turn::At(at), Some(oldest)) => Turn::At(at.max(oldest.saturating_add(limit.per))),
                (Turn::Now, Some(oldest)) => Turn::At(oldest.saturating_add(limit.per)),
                (Turn::WhenOneCompletes, _) | (_, None) => Turn::WhenOneCompletes,
            };
        }
        if matches!(turn, Turn::Now) {
            self.in_flight += 1;
        }
        Ok(turn)
    }

    /// All that is to be kept to.
    fn limits(&self) -> impl Iterator<Item = RateLimit> + use<> {
        [Some(self.limit), self.ceiling].into_iter().flatten()
    }

    /// Requests that completed, or were heard of, less than `window` before `now`.
    fn counted_since(&self, now: Duration, window: Duration) -> usize {
        let counts = |log: &VecDeque<Duration>| log.len() - first_counted(log, now, window);
        counts(&self.done) + counts(&self.foreign)
    }

    /// Forgets what can no longer count.
    fn forget(&mut self, now: Duration) {
        // Kept for a second window: a slow answer is compared with what counted when its request went out.
        let kept = self.limits().map(|limit| limit.per.saturating_mul(2)).max().unwrap_or_default();
        for log in [&mut self.done, &mut self.foreign] {
            while log.front().is_some_and(|at| at.saturating_add(kept) <= now) {
                log.pop_front();
            }
        }
    }

    /// The oldest request that counts.
    fn oldest_counted(&self, now: Duration, window: Duration) -> Option<Duration> {
        let oldest = |log: &VecDeque<Duration>| log.get(first_counted(log, now, window)).copied();
        [oldest(&self.done), oldest(&self.foreign)].into_iter().flatten().min()
    }

    fn spent(&mut self, now: Duration, reset: Option<Duration>) {
        self.spent_until = Some(now.saturating_add(reset.unwrap_or(UNKNOWN_RESET).min(DAY)));
    }

    fn learn(&mut self, rate: RateInfo, sent: Duration, now: Duration) {
        if let (Some(requests), Some(per)) = (rate.limit, rate.interval) {
            if requests > 0 && !per.is_zero() {
                self.limit = RateLimit { requests, per };
            }
        }
        if let Some(remaining) = rate.remaining {
            let used = self.limit.requests.saturating_sub(remaining) as usize;
            // Spares the search where those under way explain it all.
            let ours = match self.in_flight as usize {
                in_flight if used <= in_flight => used,
                in_flight => in_flight + self.counted_since(sent.min(now), self.limit.per),
            };
            for _ in ours..used {
                self.foreign.push_back(now);
            }
        }
        if rate.daily_remaining == Some(0) {
            self.spent(now, rate.daily_reset);
        }
    }
}

/// Where the entries of `log` begin that are less than `window` before `now`.
fn first_counted(log: &VecDeque<Duration>, now: Duration, window: Duration) -> usize {
    log.partition_point(|at| at.saturating_add(window) <= now)
}

/// The right to send one request. Dropping it says that the request has completed.
#[derive(Debug)]
pub(super) struct Permit<'a> {
    tenant: &'a Tenant,
    granted: Duration,
    heard: Option<RateInfo>,
}

impl Permit<'_> {
    /// When it was given, which is when its request goes out.
    pub(super) fn granted(&self) -> Duration {
        self.granted
    }

    /// Takes in what the answer says.
    pub(super) fn answered(mut self, rate: Option<RateInfo>) {
        self.heard = rate;
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut log = self.tenant.log();
        // Read under the lock, so that the log stays in order.
        let now = self.tenant.env.monotonic();
        if let Some(rate) = self.heard {
            log.learn(rate, self.granted, now);
        }
        log.in_flight = log.in_flight.saturating_sub(1);
        log.done.push_back(now);
        let awaited = log.waiting > 0;
        drop(log);
        if awaited {
            self.tenant.completed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Waker};

    use super::*;
    use crate::ManualEnv;

    const LONG: Duration = Duration::from_secs(3600);

    fn limiter(requests: u32, seconds: u64) -> (Limiter, Arc<ManualEnv>) {
        let env = Arc::new(ManualEnv::new(1));
        let limit = RateLimit::new(requests, Duration::from_secs(seconds));
        (Limiter::new(limit, env.clone()), env)
    }

    fn tenant(requests: u32, seconds: u64) -> (Arc<Tenant>, Arc<ManualEnv>) {
        let (limiter, env) = limiter(requests, seconds);
        (limiter.tenant(&AccountKey::new("t", 1)), env)
    }

    #[tokio::test]
    async fn a_burst_passes_at_once_and_the_next_waits_for_the_window() {
        let (tenant, env) = tenant(3, 10);
        for _ in 0..3 {
            drop(tenant.acquire(LONG).await.unwrap());
        }
        assert_eq!(env.sleeps(), []);
        env.advance(Duration::from_secs(4));
        drop(tenant.acquire(LONG).await.unwrap());
        assert_eq!(env.sleeps(), [Duration::from_secs(6)]);
    }

    #[tokio::test]
    async fn the_window_starts_at_completion() {
        let (tenant, env) = tenant(1, 10);
        let permit = tenant.acquire(LONG).await.unwrap();
        env.advance(Duration::from_secs(60));
        drop(permit);
        drop(tenant.acquire(LONG).await.unwrap());
        assert_eq!(env.sleeps(), [Duration::from_secs(10)]);
    }

    #[tokio::test]
    async fn accounts_do_not_wait_for_each_other() {
        let (limiter, env) = limiter(1, 10);
        for account in [1, 2] {
            drop(limiter.tenant(&AccountKey::new("t", account)).acquire(LONG).await.unwrap());
        }
        assert_eq!(env.sleeps(), []);
    }

    fn waits(caller: Pin<&mut impl Future>) -> bool {
        caller.poll(&mut Context::from_waker(Waker::noop())).is_pending()
    }

    #[tokio::test]
    async fn nobody_overtakes_those_who_wait_and_those_who_leave_hold_nobody_up() {
        let (tenant, env) = tenant(1, 10);
        for first_leaves in [false, true] {
            let permit = tenant.acquire(LONG).await.unwrap();
            let mut first = Box::pin(tenant.acquire(LONG));
            assert!(waits(first.as_mut()), "one request is in flight");
            drop(permit);
            env.advance(Duration::from_secs(10));
            let mut second = Box::pin(tenant.acquire(LONG));
            if first_leaves {
                drop(first);
                assert!(!waits(second.as_mut()), "nobody else is there");
            } else {
                assert!(waits(second.as_mut()), "the free place is the first one's");
                drop(first.await.unwrap());
                drop(second.await.unwrap());
            }
            env.advance(Duration::from_secs(10));
        }
    }

    #[tokio::test]
    async fn requests_of_others_are_learned_from_headers() {
        let (tenant, env) = tenant(100, 10);
        let permit = tenant.acquire(LONG).await.unwrap();
        let rate = RateInfo { remaining: Some(0), ..RateInfo::default() };
        permit.answered(Some(rate));
        drop(tenant.acquire(LONG).await.unwrap());
        assert_eq!(env.sleeps(), [Duration::from_secs(10)]);
    }

    #[tokio::test]
    async fn the_limit_is_learned_from_headers() {
        let (tenant, _) = tenant(100, 10);
        let interval = Some(Duration::from_millis(250));
        let rate = RateInfo { limit: Some(5), interval, ..RateInfo::default() };
        tenant.acquire(LONG).await.unwrap().answered(Some(rate));
        assert_eq!(tenant.limit(), RateLimit::new(5, Duration::from_millis(250)));
    }

    #[tokio::test]
    async fn a_ceiling_is_lowered_by_headers_and_never_raised() {
        let ceiling = RateLimit::new(20, Duration::from_secs(10));
        let told = |requests, seconds| {
            let interval = Some(Duration::from_secs(seconds));
            Some(RateInfo { limit: Some(requests), interval, ..RateInfo::default() })
        };
        let env = Arc::new(ManualEnv::new(1));
        let limiter = Limiter::at_most(ceiling, env.clone());
        let tenant = limiter.tenant(&AccountKey::new("t", 1));
        assert_eq!(tenant.limit(), ceiling);
        for _ in 0..60 {
            tenant.acquire(LONG).await.unwrap().answered(told(100, 10));
        }
        assert_eq!((tenant.limit(), env.monotonic()), (ceiling, Duration::from_secs(20)));

        tenant.acquire(LONG).await.unwrap().answered(told(5, 10));
        assert_eq!(tenant.limit(), RateLimit::new(5, Duration::from_secs(10)));
        // Half the rate, in a window that would let all of a minute go at once: the ceiling holds beside it.
        tenant.acquire(LONG).await.unwrap().answered(told(60, 60));
        env.advance(Duration::from_secs(120));
        let before = env.monotonic();
        for _ in 0..61 {
            drop(tenant.acquire(LONG).await.unwrap());
        }
        let sleeps = env.sleeps();
        assert_eq!(sleeps[sleeps.len() - 3..], [10, 10, 40].map(Duration::from_secs));
        assert_eq!(env.monotonic().saturating_sub(before), Duration::from_secs(60));
    }

    #[tokio::test]
    async fn a_pause_is_capped_and_whoever_cannot_wait_for_its_end_is_told_it() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let (tenant, env) = tenant(10, 10);
        env.advance(LONG);
        tenant.pause(Duration::MAX);
        let denied = tenant.acquire(LONG + minutes(10)).await.unwrap_err();
        assert_eq!(denied, Denied::Paused { retry_after: minutes(10) });
        env.advance(minutes(4));
        drop(tenant.acquire(LONG * 2).await.unwrap());
        assert_eq!(env.sleeps(), [minutes(6)]);
        let denied = tenant.acquire(LONG).await.unwrap_err();
        assert_eq!(denied, Denied::Late, "it is over");
    }

    #[tokio::test]
    async fn a_day_that_is_spent_ends() {
        let (tenant, env) = tenant(10, 10);
        env.advance(LONG);
        tenant.spent(Some(Duration::MAX));
        assert_eq!(tenant.acquire(DAY).await.unwrap_err(), Denied::Spent { retry_after: DAY });
        let rate =
            RateInfo { daily_remaining: Some(0), daily_reset: Some(Duration::MAX), ..RateInfo::default() };
        env.advance(DAY);
        tenant.acquire(DAY * 2).await.unwrap().answered(Some(rate));
        assert_eq!(tenant.acquire(DAY * 2).await.unwrap_err(), Denied::Spent { retry_after: DAY });
    }

    #[tokio::test]
    async fn an_absurd_window_overflows_nothing() {
        let (tenant, env) = tenant(2, 10);
        env.advance(LONG);
        let interval = Some(Duration::MAX);
        let rate = RateInfo { limit: Some(1), remaining: Some(0), interval, ..RateInfo::default() };
        tenant.acquire(LONG * 2).await.unwrap().answered(Some(rate));
        assert_eq!(tenant.acquire(LONG * 2).await.unwrap_err(), Denied::Late);
    }

    #[tokio::test]
    async fn a_spent_day_fails_at_once() {
        let (tenant, env) = tenant(100, 10);
        let rate = RateInfo { daily_remaining: Some(0), daily_reset: Some(LONG), ..RateInfo::default() };
        tenant.acquire(LONG).await.unwrap().answered(Some(rate));
        let denied = tenant.acquire(LONG * 24).await.unwrap_err();
        assert_eq!(denied, Denied::Spent { retry_after: LONG });
        env.advance(LONG);
        tenant.acquire(LONG * 2).await.unwrap();
    }

    #[tokio::test]
    async fn nobody_waits_past_their_patience() {
        let (tenant, env) = tenant(1, 10);
        drop(tenant.acquire(LONG).await.unwrap());
        assert_eq!(tenant.acquire(Duration::from_secs(9)).await.unwrap_err(), Denied::Late);
        assert_eq!(env.sleeps(), []);
    }

    #[tokio::test]
    async fn a_permit_that_would_come_too_late_is_not_given() {
        let (tenant, env) = tenant(1, 10);
        env.advance(Duration::from_secs(5));
        for last in [Duration::ZERO, Duration::from_secs(4), Duration::from_secs(5)] {
            assert_eq!(tenant.acquire(last).await.unwrap_err(), Denied::Late);
        }
        let permit = tenant.acquire(Duration::from_secs(6)).await.unwrap();
        assert_eq!(permit.granted(), Duration::from_secs(5), "those that got none left the place free");
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_never_completes_holds_nobody_up_for_longer_than_they_wait() {
        let (tenant, _) = tenant(1, 10);
        let _in_flight = tenant.acquire(LONG).await.unwrap();
        assert_eq!(tenant.acquire(Duration::from_secs(9)).await.unwrap_err(), Denied::Late);
    }

    /// A service that counts in fixed windows from the first request, as HighLevel does.
    #[tokio::test]
    async fn a_fixed_window_is_never_exceeded_and_well_used() {
        let (tenant, env) = tenant(100, 10);
        let window = Duration::from_secs(10);
        let (mut start, mut used, mut sent) = (Duration::ZERO, 0, 0);
        while env.monotonic() < Duration::from_secs(200) {
            let permit = tenant.acquire(LONG).await.unwrap();
            // The request arrives 20 ms after it was sent and is answered 20 ms later.
            env.advance(Duration::from_millis(20));
            let arrival = env.monotonic();
            if arrival >= start + window {
                (start, used) = (arrival, 0);
            }
            used += 1;
            assert!(used <= 100, "refused at {arrival:?}");
            env.advance(Duration::from_millis(20));
            drop(permit);
            sent += 1;
        }
        assert!(sent >= 1960, "{sent} of 2000 possible");
    }
}
