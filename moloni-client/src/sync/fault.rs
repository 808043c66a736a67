//! What an error of the client means to an engine.

use sync_core::engine::{Fault, FaultKind, WriteError};

use crate::error::{Error, ErrorKind};

/// Judges an error by what helps.
impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            _ if error.is_auth() => FaultKind::Auth,
            _ if error.is_not_found() => FaultKind::Gone,
            _ if error.is_rate_limited() => FaultKind::Throttled { retry_after: error.retry_after() },
            _ if error.is_retryable() => FaultKind::Transient,
            ErrorKind::Validation => FaultKind::Invalid,
            // `{"valid": 0}` is about the record; another status is not.
            ErrorKind::Refused if error.status() == Some(200) => FaultKind::Invalid,
            // What stands in front of the service may say so for a while, and one odd record is not everybody's.
            ErrorKind::Decode => FaultKind::Transient,
            _ => FaultKind::Broken,
        };
        Self::new(kind, error.to_string()).with_source(error)
    }
}

/// Judges a failed write: whether it provably did nothing.
///
/// | the client says | a write is |
/// |---|---|
/// | [`outcome_unknown`](Error::outcome_unknown): 5xx, a lost or cut answer, or a refusal after one of these | `Unknown` |
/// | anything else: refused, throttled, or never sent | `NotApplied` |
///
/// A value that another record has (`4 number`) is `NotApplied` as well: the service does not say which record that is.
/// [`CustomerCollection`](super::CustomerCollection) looks it up.
impl From<Error> for WriteError {
    fn from(error: Error) -> Self {
        if error.outcome_unknown() { Self::Unknown(error.into()) } else { Self::NotApplied(error.into()) }
    }
}

/// A call that makes no sense here.
pub(super) fn broken(why: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Broken, why)
}

/// A value that a field cannot take: names both, and the value never.
pub(super) fn invalid(field: &str, why: &str) -> Fault {
    Fault::new(FaultKind::Invalid, format!("{field} {why}"))
}
