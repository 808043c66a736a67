use sync_core::engine::{Fault, FaultKind};

/// Judges an error of the Moloni client by what helps.
pub(crate) fn moloni(error: moloni_client::Error) -> Fault {
    let kind = if error.is_auth() {
        FaultKind::Auth
    } else if error.is_not_found() {
        FaultKind::Gone
    } else if error.is_rate_limited() {
        FaultKind::Throttled { retry_after: error.retry_after() }
    } else if error.is_retryable() {
        FaultKind::Transient
    } else if error.field_errors().is_empty() {
        FaultKind::Broken
    } else {
        FaultKind::Invalid
    };
    Fault::new(kind, error.to_string()).with_source(error)
}
