use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::Env;

/// The wall clock, and whether it can be trusted.
///
/// Every rule that waits ("a request must have landed by then", "a stale read shows this no longer") compares the wall
/// clock with a stored moment, because another process may have stored it. A clock that jumps forward ends such a wait
/// too early. So jumps are noticed by comparing with the clock that never jumps, and for a while after one nothing is
/// concluded from time that has passed. Nor for a while after the start: nobody knows what the clock did before.
#[derive(Debug)]
pub(super) struct Clock {
    env: Arc<dyn Env>,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    /// The wall clock's lead over the other one.
    lead: SignedDuration,
    /// When it last jumped, or was first looked at, by the clock that does not.
    jumped_at: Duration,
}

/// Smaller differences are a clock that is set right little by little.
const JUMP: SignedDuration = SignedDuration::from_secs(2);

impl Clock {
    pub(super) fn new(env: Arc<dyn Env>) -> Self {
        let (now, monotonic) = (env.now(), env.monotonic());
        // Looked at now, or a jump before the first look would go unnoticed.
        Self { env, state: Mutex::new(State { lead: lead(now, monotonic), jumped_at: monotonic }) }
    }

    pub(super) fn env(&self) -> &Arc<dyn Env> {
        &self.env
    }

    pub(super) fn now(&self) -> Timestamp {
        self.look().0
    }

    /// How long nothing may be concluded from passed time that takes `wait`, because the clock has jumped.
    pub(super) fn doubtful_for(&self, wait: Duration) -> Option<Duration> {
        let (_, state) = self.look();
        let since = self.env.monotonic().saturating_sub(state.jumped_at);
        wait.checked_sub(since).filter(|left| !left.is_zero())
    }

    fn look(&self) -> (Timestamp, State) {
        let (now, monotonic) = (self.env.now(), self.env.monotonic());
        let lead = lead(now, monotonic);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if lead.saturating_sub(state.lead).abs() > JUMP {
            tracing::warn!("the clock has jumped");
            *state = State { lead, jumped_at: monotonic };
        }
        (now, *state)
    }
}

/// How far the wall clock is ahead of the one that does not jump.
fn lead(now: Timestamp, monotonic: Duration) -> SignedDuration {
    let steady = SignedDuration::try_from(monotonic).unwrap_or(SignedDuration::MAX);
    now.as_duration().saturating_sub(steady)
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;

    #[derive(Debug, Default)]
    struct Jumpy(Mutex<(i64, u64)>);

    impl Jumpy {
        fn set(&self, wall: i64, steady: u64) {
            *self.0.lock().unwrap() = (wall, steady);
        }
    }

    #[async_trait]
    impl Env for Jumpy {
        fn now(&self) -> Timestamp {
            Timestamp::from_second(self.0.lock().unwrap().0).unwrap()
        }

        fn monotonic(&self) -> Duration {
            Duration::from_secs(self.0.lock().unwrap().1)
        }

        fn rand(&self) -> u64 {
            0
        }

        async fn sleep(&self, _: Duration) {}
    }

    #[test]
    fn a_jump_or_a_start_makes_passed_time_doubtful_for_a_while() {
        let env = Arc::new(Jumpy::default());
        env.set(990, 0);
        let (clock, wait) = (Clock::new(env.clone()), Duration::from_secs(60));
        env.set(1000, 10);
        assert_eq!(
            clock.doubtful_for(wait),
            Some(Duration::from_secs(50)),
            "what was before the start is not known"
        );
        env.set(1050, 60);
        assert_eq!(clock.doubtful_for(wait), None, "an even pace is no jump");
        for (wall, steady) in [(5000, 61), (1000, 70)] {
            env.set(wall, steady);
            assert_eq!(clock.doubtful_for(wait), Some(wait), "forward or back");
            env.set(wall + 59, steady + 59);
            assert_eq!(clock.doubtful_for(wait), Some(Duration::from_secs(1)));
            env.set(wall + 60, steady + 60);
            assert_eq!(clock.doubtful_for(wait), None);
        }
    }
}
