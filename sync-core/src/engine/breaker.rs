use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::fault::{Fault, FaultKind};

/// Keeps an account from being asked while it cannot answer: what fails for every record must not be tried with each.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Transient failures in a row.
    failures: u32,
    /// How often it was closed off in a row.
    pauses: u32,
    until: Option<Timestamp>,
    /// Until when the service has asked for a rest. An answer does not end that: it may be to what was sent before.
    throttled_until: Option<Timestamp>,
}

/// So many failures in a row are not one record's.
const FAILURES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// Between two looks whether a person has authorised the account again.
const AUTH_PAUSE: Duration = Duration::from_secs(60);

impl Breaker {
    /// Until when the account rests.
    pub(super) fn paused_until(&self, now: Timestamp) -> Option<Timestamp> {
        let state = self.state();
        state.until.max(state.throttled_until).filter(|until| now < *until)
    }

    /// Notes a call that was answered.
    pub(super) fn success(&self) {
        let mut state = self.state();
        *state = State { throttled_until: state.throttled_until, ..State::default() };
    }

    /// Notes a call that failed. Gives the moment until which the account rests, if it does because of this.
    pub(super) fn failure(&self, fault: &Fault, now: Timestamp) -> Option<Timestamp> {
        let mut state = self.state();
        let pause = match fault.kind() {
            FaultKind::Throttled { retry_after: Some(pause) } => pause,
            FaultKind::Throttled { retry_after: None } => doubled(state.pauses),
            FaultKind::Auth => AUTH_PAUSE,
            FaultKind::Transient => {
                state.failures += 1;
                if state.failures < FAILURES {
                    return None;
                }
                // The next failure closes it off again, and an answer opens it.
                state.failures = FAILURES - 1;
                doubled(state.pauses)
            }
            FaultKind::Invalid | FaultKind::Gone | FaultKind::Changed | FaultKind::Broken => return None,
        };
        state.pauses = state.pauses.saturating_add(1);
        let until = now.checked_add(pause).unwrap_or(Timestamp::MAX);
        if matches!(fault.kind(), FaultKind::Throttled { .. }) {
            state.throttled_until = state.throttled_until.max(Some(until));
        } else {
            state.until = state.until.max(Some(until));
        }
        state.until.max(state.throttled_until)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn doubled(pauses: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1_u32.checked_shl(pauses).unwrap_or(u32::MAX)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: u64) -> Timestamp {
        Timestamp::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn fault(kind: FaultKind) -> Fault {
        Fault::new(kind, "")
    }

    #[test]
    fn a_row_of_failures_pauses_the_account_and_an_answer_opens_it() {
        let breaker = Breaker::default();
        for _ in 1..FAILURES {
            assert_eq!(breaker.failure(&fault(FaultKind::Transient), after(0)), None);
        }
        assert_eq!(breaker.failure(&fault(FaultKind::Transient), after(0)), Some(after(10)));
        assert_eq!(breaker.paused_until(after(9)), Some(after(10)));
        assert_eq!(breaker.paused_until(after(10)), None, "one may try");
        assert_eq!(breaker.failure(&fault(FaultKind::Transient), after(10)), Some(after(30)), "for longer");
        breaker.success();
        assert_eq!(breaker.paused_until(after(11)), None);
        assert_eq!(breaker.failure(&fault(FaultKind::Transient), after(11)), None, "counted anew");
    }

    #[test]
    fn throttling_and_lost_authorisation_pause_at_once_and_a_bad_record_never() {
        let breaker = Breaker::default();
        let throttled = FaultKind::Throttled { retry_after: Some(Duration::from_secs(7)) };
        assert_eq!(breaker.failure(&fault(throttled), after(0)), Some(after(7)));
        breaker.success();
        assert_eq!(
            breaker.paused_until(after(6)),
            Some(after(7)),
            "an answer to what was sent before ends nothing"
        );
        assert_eq!(breaker.failure(&fault(FaultKind::Auth), after(0)), Some(after(60)));
        let breaker = Breaker::default();
        for kind in [FaultKind::Invalid, FaultKind::Gone, FaultKind::Changed, FaultKind::Broken] {
            for _ in 0..20 {
                assert_eq!(breaker.failure(&fault(kind), after(0)), None);
            }
        }
    }
}
