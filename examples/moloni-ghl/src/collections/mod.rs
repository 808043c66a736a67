//! Moloni as the engine sees it. HighLevel's side is [`ghl_contacts::sync`].

mod customers;
mod documents;

pub use customers::MoloniCustomers;
pub use documents::MoloniDocuments;

use serde::Serialize;
use serde_json::Value;
use sync_core::engine::{Fault, FaultKind, PageToken, Raw};

/// A record's fields by the service's own names.
fn to_raw(record: &impl Serialize) -> Result<Raw, Fault> {
    match serde_json::to_value(record) {
        Ok(Value::Object(raw)) => Ok(raw),
        _ => Err(Fault::new(FaultKind::Broken, "a record is no object")),
    }
}

/// The offset that a page token holds.
fn offset(page: Option<&PageToken>) -> Result<u64, Fault> {
    let Some(token) = page else { return Ok(0) };
    token.0.parse().map_err(|_| Fault::new(FaultKind::Broken, "the page token is no offset"))
}
