use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::Env;
use crate::env::unit;

/// What happens when an operation is done twice.
///
/// The HTTP method is no guide: one service searches with POST, another uses POST for everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Idempotency {
    /// Changes nothing: a read.
    Safe,
    /// Done twice leaves the same as done once.
    Idempotent,
    /// Done twice does it twice, such as creating a record.
    NotIdempotent,
}

impl Idempotency {
    /// Whether the operation may be sent again although an earlier request may have taken effect.
    pub const fn may_repeat(self) -> bool {
        !matches!(self, Self::NotIdempotent)
    }

    /// Whether the operation changes nothing.
    pub const fn is_read(self) -> bool {
        matches!(self, Self::Safe)
    }
}

/// When a failed request is sent again, and after which pause.
///
/// The pause before retry `n` is random between zero and `base * 2^(n-1)`, at most `cap` ("full jitter"): callers
/// that failed together do not come back together. Whether a request *may* be repeated is decided by its
/// [`Idempotency`], not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    max_attempts: u32,
    base: Duration,
    cap: Duration,
}

impl Default for RetryPolicy {
    /// Four attempts, `base` 250 ms, `cap` 20 s.
    fn default() -> Self {
        Self { max_attempts: 4, base: Duration::from_millis(250), cap: Duration::from_secs(20) }
    }
}

impl RetryPolicy {
    /// Sends everything once.
    pub fn never() -> Self {
        Self::default().max_attempts(1)
    }

    /// Sets how many requests one call may make, the first included. At least 1.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// Sets the longest pause before the first retry; it doubles with each further one.
    #[must_use]
    pub fn base(mut self, base: Duration) -> Self {
        self.base = base;
        self
    }

    /// Sets the longest pause of all. A server that asks for more ends the call.
    #[must_use]
    pub fn cap(mut self, cap: Duration) -> Self {
        self.cap = cap;
        self
    }

    /// Whether a call that has made `attempts` requests may make another.
    pub fn allows(&self, attempts: u32) -> bool {
        attempts < self.max_attempts
    }

    /// The pause after `attempts` failed requests: random, but at least what the server asked for.
    ///
    /// `None` if the server asks for more than the cap. Coming back earlier would only be refused again, so the
    /// caller is told instead.
    pub fn delay(&self, attempts: u32, asked: Option<Duration>, env: &dyn Env) -> Option<Duration> {
        let factor = 1_u32.checked_shl(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
        let ceiling = self.base.saturating_mul(factor).min(self.cap);
        let jittered = ceiling.mul_f64(unit(env));
        match asked {
            Some(asked) if asked > self.cap => None,
            // Everybody was told the same moment, so the jitter goes on top.
            Some(asked) => Some(asked + jittered.min(self.base)),
            None => Some(jittered),
        }
    }
}

/// Stops retries when most calls fail: a broken service is not hit by every caller's attempts times four.
///
/// Starts full. A retry takes 5 units, a first attempt that succeeds gives 1 back. When it is empty, failures
/// are reported at once. Clones of a client share one.
#[derive(Debug)]
pub(crate) struct RetryBudget {
    units: AtomicI64,
}

#[cfg_attr(not(feature = "http"), allow(dead_code, reason = "the HTTP layer spends it"))]
impl RetryBudget {
    const FULL: i64 = 500;
    const RETRY: i64 = 5;

    pub(crate) fn new() -> Self {
        Self { units: AtomicI64::new(Self::FULL) }
    }

    pub(crate) fn take(&self) -> bool {
        let spend = |units| (units >= Self::RETRY).then_some(units - Self::RETRY);
        self.units.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_ok()
    }

    pub(crate) fn give_back(&self) {
        let add = |units| (units < Self::FULL).then_some(units + 1);
        // Full already is no error.
        let _ = self.units.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ManualEnv;

    #[test]
    fn pauses_double_are_jittered_and_capped() {
        let env = ManualEnv::new(1);
        let policy = RetryPolicy::default().base(Duration::from_secs(1)).cap(Duration::from_secs(5));
        for (attempts, ceiling) in [(1, 1), (2, 2), (3, 4), (4, 5), (40, 5)] {
            let delays: Vec<_> = (0..200).map(|_| policy.delay(attempts, None, &env).unwrap()).collect();
            let ceiling = Duration::from_secs(ceiling);
            assert!(delays.iter().all(|d| *d <= ceiling), "attempt {attempts}");
            assert!(delays.iter().any(|d| *d > ceiling / 2), "attempt {attempts} uses its whole range");
            assert!(delays.iter().any(|d| *d < ceiling / 2), "attempt {attempts} uses its whole range");
        }
    }

    #[test]
    fn the_server_is_obeyed_up_to_the_cap() {
        let env = ManualEnv::new(1);
        let policy = RetryPolicy::default();
        let asked = policy.delay(1, Some(Duration::from_secs(3)), &env).unwrap();
        assert!(asked >= Duration::from_secs(3) && asked < Duration::from_millis(3300), "{asked:?}");
        assert_eq!(policy.delay(1, Some(Duration::from_secs(21)), &env), None);
    }

    #[test]
    fn the_budget_runs_dry_and_recovers() {
        let budget = RetryBudget::new();
        let retries = (0..1000).filter(|_| budget.take()).count();
        assert_eq!(retries, 100);
        (0..5).for_each(|_| budget.give_back());
        assert!(budget.take());
        assert!(!budget.take());
    }
}
