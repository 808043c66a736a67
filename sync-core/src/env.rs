use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// Time, sleep and chance: everything that would otherwise make two runs differ.
///
/// Every part of this workspace takes them from here and from nowhere else, so a test that passes a
/// [`ManualEnv`] never waits and replays exactly. Use [`SystemEnv`] in production.
#[async_trait]
pub trait Env: Send + Sync + Debug {
    /// The wall clock. May jump; use it for expiry and for what people see.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment. Never jumps; use it to measure.
    fn monotonic(&self) -> Duration;

    /// Evenly distributed random bits, not fit for secrets.
    fn rand(&self) -> u64;

    /// Completes after `duration`.
    async fn sleep(&self, duration: Duration);
}

/// A random number in `0.0 ..= 1.0`.
#[allow(clippy::cast_precision_loss, reason = "53 random bits fit a double exactly")]
pub(crate) fn unit(env: &dyn Env) -> f64 {
    (env.rand() >> 11) as f64 / ((1_u64 << 53) - 1) as f64
}

/// The operating system's clock and the tokio timer.
#[derive(Debug)]
pub struct SystemEnv {
    started: std::time::Instant,
    state: std::sync::atomic::AtomicU64,
}

impl SystemEnv {
    /// Seeds the random numbers from the operating system, or from the clock where it offers none.
    #[allow(clippy::disallowed_methods, reason = "this type is where the clock comes from")]
    pub fn new() -> Self {
        let seed = getrandom::u64().unwrap_or_else(|_| Timestamp::now().as_microsecond().unsigned_abs());
        Self { started: std::time::Instant::now(), state: seed.into() }
    }
}

impl Default for SystemEnv {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Env for SystemEnv {
    #[allow(clippy::disallowed_methods, reason = "this type is where the clock comes from")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn rand(&self) -> u64 {
        let step = self.state.fetch_add(GOLDEN, std::sync::atomic::Ordering::Relaxed);
        mix(step.wrapping_add(GOLDEN))
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The output function of `SplitMix64`: enough for jitter, and the same everywhere.
fn mix(state: u64) -> u64 {
    let mut z = state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A clock that moves only when told to, for tests.
///
/// [`sleep`](Env::sleep) does not wait: it moves the clock forward and remembers how far, so a test can assert
/// every pause.
///
/// ```
/// use std::time::Duration;
/// use sync_core::{Env, ManualEnv};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let env = ManualEnv::new(7);
/// env.sleep(Duration::from_secs(3)).await;
/// assert_eq!(env.sleeps(), [Duration::from_secs(3)]);
/// assert_eq!(env.monotonic(), Duration::from_secs(3));
/// # });
/// ```
#[derive(Debug)]
pub struct ManualEnv {
    state: Mutex<ManualState>,
}

#[derive(Debug)]
struct ManualState {
    start: Timestamp,
    passed: Duration,
    sleeps: VecDeque<Duration>,
    rand: u64,
}

impl ManualEnv {
    /// Starts at 2026-01-01 00:00 UTC with random numbers that follow from `seed`.
    pub fn new(seed: u64) -> Self {
        let start = Timestamp::from_second(1_767_225_600).unwrap_or(Timestamp::UNIX_EPOCH);
        let state = ManualState { start, passed: Duration::ZERO, sleeps: VecDeque::new(), rand: seed };
        Self { state: Mutex::new(state) }
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.lock().passed += by;
    }

    /// Every pause so far, in order.
    pub fn sleeps(&self) -> Vec<Duration> {
        self.lock().sleeps.iter().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, ManualState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Env for ManualEnv {
    fn now(&self) -> Timestamp {
        let state = self.lock();
        state.start + state.passed
    }

    fn monotonic(&self) -> Duration {
        self.lock().passed
    }

    fn rand(&self) -> u64 {
        let mut state = self.lock();
        state.rand = state.rand.wrapping_add(GOLDEN);
        mix(state.rand)
    }

    async fn sleep(&self, duration: Duration) {
        {
            let mut state = self.lock();
            state.passed += duration;
            state.sleeps.push_back(duration);
        }
        // Others get their turn, as they would in a real pause.
        tokio::task::yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_numbers_follow_from_the_seed() {
        let (a, b, c) = (ManualEnv::new(1), ManualEnv::new(1), ManualEnv::new(2));
        assert_eq!(a.rand(), b.rand());
        assert_ne!(a.rand(), c.rand());
    }

    #[test]
    fn unit_stays_within_its_bounds() {
        let env = ManualEnv::new(3);
        assert!((0..10_000).map(|_| unit(&env)).all(|x| (0.0..=1.0).contains(&x)));
    }
}
