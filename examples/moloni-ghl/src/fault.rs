use sync_core::engine::{Fault, FaultKind, RecordId, WriteError};

/// Judges an error of the HighLevel client by what helps.
pub(crate) fn ghl(error: ghl_contacts::Error) -> Fault {
    use ghl_contacts::ErrorKind;
    let kind = match error.kind() {
        _ if error.is_auth() => FaultKind::Auth,
        _ if error.is_not_found() => FaultKind::Gone,
        _ if error.is_rate_limited() => FaultKind::Throttled { retry_after: error.retry_after() },
        _ if error.is_retryable() => FaultKind::Transient,
        ErrorKind::BadRequest | ErrorKind::Validation | ErrorKind::Invalid | ErrorKind::Duplicate => {
            FaultKind::Invalid
        }
        _ => FaultKind::Broken,
    };
    Fault::new(kind, error.to_string()).with_source(error)
}

/// Judges a failed write of the HighLevel client.
pub(crate) fn ghl_write(error: ghl_contacts::Error) -> WriteError {
    if let Some(duplicate) = error.duplicate() {
        return WriteError::Exists(RecordId::new(&duplicate.contact_id));
    }
    let unknown = error.outcome_unknown();
    let fault = ghl(error);
    if unknown { WriteError::Unknown(fault) } else { WriteError::NotApplied(fault) }
}

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
