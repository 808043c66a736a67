use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// Operations whose access token was refused although it was fresh: not the token was wrong, whatever the service says,
/// so no further pair is bought for them until the operation succeeds, that one's time is over, or an hour has passed.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    until: Mutex<HashMap<String, Timestamp>>,
}

/// The longest to believe so: the token may really have died meanwhile.
const LONGEST: Duration = Duration::from_secs(60 * 60);

impl Refusals {
    /// A token was refused to `operation` that is fresh and expires at `expires_at`.
    pub(super) fn remember(&self, operation: &str, expires_at: Option<Timestamp>, now: Timestamp) {
        let longest = now.checked_add(LONGEST).unwrap_or(Timestamp::MAX);
        let until = expires_at.map_or(longest, |expires_at| expires_at.min(longest));
        self.known().insert(operation.to_owned(), until);
    }

    /// `operation` succeeded.
    pub(super) fn forget(&self, operation: &str) {
        self.known().remove(operation);
    }

    /// Whether `operation` is refused whatever token it carries.
    pub(super) fn hold(&self, operation: &str, now: Timestamp) -> bool {
        self.known().get(operation).is_some_and(|until| now < *until)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Timestamp>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_remembered_for_its_operation_until_the_token_expires_or_it_succeeds() {
        let (refusals, now) = (Refusals::default(), Timestamp::UNIX_EPOCH);
        let after = |seconds| now + Duration::from_secs(seconds);
        refusals.remember("a", Some(after(60)), now);
        refusals.remember("b", Some(after(24 * 3600)), now);
        let holds = |at| ["a", "b", "c"].map(|operation| refusals.hold(operation, at));
        assert_eq!(holds(after(59)), [true, true, false]);
        assert_eq!(holds(after(60)), [false, true, false]);
        assert_eq!(holds(after(3600)), [false, false, false]);
        refusals.forget("b");
        assert_eq!(holds(now), [true, false, false]);
    }
}
