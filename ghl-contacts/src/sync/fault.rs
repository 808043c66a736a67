//! What an error of the client means to an engine.

use sync_core::engine::{Fault, FaultKind, RecordId, WriteError};

use crate::error::{Error, ErrorKind};
use crate::fields::{FieldError, FieldErrorKind};

/// Judges an error by what helps.
impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            _ if error.is_auth() => FaultKind::Auth,
            _ if error.is_not_found() => FaultKind::Gone,
            _ if error.is_rate_limited() => FaultKind::Throttled { retry_after: error.retry_after() },
            _ if error.is_retryable() => FaultKind::Transient,
            ErrorKind::BadRequest | ErrorKind::Validation | ErrorKind::Invalid | ErrorKind::Duplicate => {
                FaultKind::Invalid
            }
            // What stands in front of the service may say so for a while, and one odd record is not everybody's.
            ErrorKind::Decode | ErrorKind::RouteNotFound => FaultKind::Transient,
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
/// | [`duplicate`](Error::duplicate) | `Exists` |
/// | anything else: refused, throttled, or never sent | `NotApplied` |
impl From<Error> for WriteError {
    fn from(error: Error) -> Self {
        if error.outcome_unknown() {
            return Self::Unknown(error.into());
        }
        if let Some(duplicate) = error.duplicate() {
            return Self::Exists(RecordId::new(&duplicate.contact_id));
        }
        Self::NotApplied(error.into())
    }
}

/// A value that does not fit waits for a person; a field that is not there is the set-up's.
impl From<FieldError> for Fault {
    fn from(error: FieldError) -> Self {
        let kind = match error.kind() {
            FieldErrorKind::Unavailable => return Error::from(error).into(),
            FieldErrorKind::Unknown | FieldErrorKind::Ambiguous | FieldErrorKind::NotWritable => {
                FaultKind::Broken
            }
            _ => FaultKind::Invalid,
        };
        Self::new(kind, error.to_string()).with_source(error)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ResolvedField;
    use crate::types::{CustomFieldDefinition, DataType};

    #[test]
    fn a_value_that_does_not_fit_is_the_records_fault_and_a_field_that_is_missing_is_not() {
        let mut definition = CustomFieldDefinition::new("cf_1", "Points");
        definition.data_type = Some(DataType::Numerical);
        let wrong = ResolvedField::new(definition.clone()).value("many").unwrap_err();
        assert_eq!(Fault::from(wrong).kind(), FaultKind::Invalid);
        definition.data_type = Some(DataType::FileUpload);
        let never = ResolvedField::new(definition).value("many").unwrap_err();
        assert_eq!(Fault::from(never).kind(), FaultKind::Broken);
    }
}
