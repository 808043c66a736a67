//! What notes, tasks and appointments have in common: they are under a contact.

use sync_core::engine::{Caps, Fault, RecordId, RecordRef, Scope};

use super::REQUEST_TIMEOUT;
use super::fault::broken;
use crate::ids::ContactId;

/// Markers are found by listing a contact's records, which the service does without lag.
pub(super) fn caps() -> Caps {
    Caps::new().under_parent().request_timeout(REQUEST_TIMEOUT)
}

pub(super) fn contact(scope: &Scope) -> Result<ContactId, Fault> {
    match scope {
        Scope::Under(id) => Ok(ContactId::new(id.as_str())),
        Scope::All => Err(broken("they are listed by contact only: HighLevel has no list of all")),
    }
}

pub(super) fn parent(at: &RecordRef) -> Result<ContactId, Fault> {
    let parent = at.parent.as_ref().map(|parent| ContactId::new(parent.as_str()));
    parent.ok_or_else(|| broken(format!("{} is addressed without its contact", at.id)))
}

pub(super) fn under(contact: &ContactId, id: impl std::fmt::Display) -> RecordRef {
    RecordRef::under(RecordId::new(contact), RecordId::new(id))
}
