use std::fmt::Debug;
use std::time::Duration;

use http::HeaderMap;

use super::{Operation, Outgoing};
use crate::AccessToken;

/// What differs from service to service: where the token goes and what an answer means.
///
/// All methods are pure; the layer does the waiting and sending.
pub trait Service: Send + Sync + Debug {
    /// Puts `token` on a request.
    ///
    /// # Errors
    ///
    /// A sentence, without the token, that says why it cannot be sent.
    fn authorize(&self, token: &AccessToken, request: &mut Outgoing) -> Result<(), String>;

    /// Judges an answer to `operation`.
    fn judge(&self, operation: &Operation, status: u16, headers: &HeaderMap, body: &[u8]) -> Verdict;

    /// Reads the rate limit that an answer reports, if it does.
    fn rate(&self, headers: &HeaderMap) -> Option<RateInfo>;
}

/// What an answer means for the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Done.
    Success,
    /// The service says no, for a reason that sending again does not change.
    Refused,
    /// The token is not valid (any more). It is renewed once and the request sent once more: the service did
    /// nothing, so this is safe for every operation.
    TokenRejected,
    /// Too many requests. The service did nothing.
    Throttled {
        /// Whether the whole day's quota is spent: waiting seconds cannot help, so the call ends.
        daily: bool,
    },
    /// The service failed. It may have done its work all the same.
    Faulty,
}

/// The rate limit as a service reports it with an answer. Every part may be missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateInfo {
    /// Requests allowed per `interval`.
    pub limit: Option<u32>,
    /// What is left of them.
    pub remaining: Option<u32>,
    /// The window that `limit` is for.
    pub interval: Option<Duration>,
    /// Requests allowed per day.
    pub daily_limit: Option<u32>,
    /// What is left of them.
    pub daily_remaining: Option<u32>,
    /// How long until the day's quota starts anew.
    pub daily_reset: Option<Duration>,
}
