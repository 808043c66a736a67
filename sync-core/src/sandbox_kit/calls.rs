use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One call that a sandbox received, as its log keeps it: no query, no headers, no body, so no secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Call {
    /// Counts from 1.
    pub number: u64,
    /// When it arrived, by the sandbox's clock.
    pub at: Timestamp,
    /// The method.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The operation, `None` for a path that the service does not have.
    pub operation: Option<String>,
    /// The status answered, `None` if the caller got no status.
    pub status: Option<u16>,
    /// Whether it changed the state.
    pub effect: bool,
    /// The fault that hit it.
    pub fault: Option<String>,
}
