//! The two services as the engine sees them.

mod contacts;
mod customers;
mod derived;
mod documents;

pub use contacts::GhlContacts;
pub use customers::MoloniCustomers;
pub use derived::{GhlNotes, GhlTasks};
pub use documents::MoloniDocuments;

use serde::Serialize;
use serde_json::Value;
use sync_core::engine::{Fault, FaultKind, PageToken, Part, Raw, WriteError};

/// A record's fields by the service's own names.
fn to_raw(record: &impl Serialize) -> Result<Raw, Fault> {
    match serde_json::to_value(record) {
        Ok(Value::Object(raw)) => Ok(raw),
        _ => Err(Fault::new(FaultKind::Broken, "a record is no object")),
    }
}

/// The fields of a part: the only kind that is written here.
fn fields(part: &Part) -> Result<&Raw, WriteError> {
    match part {
        Part::Fields(raw) => Ok(raw),
        _ => Err(WriteError::NotApplied(Fault::new(FaultKind::Broken, "only whole fields are written here"))),
    }
}

/// The offset that a page token holds.
fn offset(page: Option<&PageToken>) -> Result<u64, Fault> {
    let Some(token) = page else { return Ok(0) };
    token.0.parse().map_err(|_| Fault::new(FaultKind::Broken, "the page token is no offset"))
}
