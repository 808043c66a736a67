use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::null::null_as_default;
use super::text;
use crate::ids::ContactId;

/// What to do with the tags of many contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TagChange {
    /// Adds these tags.
    Add(Vec<String>),
    /// Removes these tags.
    Remove(Vec<String>),
}

impl TagChange {
    /// Adds tags.
    pub fn add(tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::Add(tags.into_iter().map(Into::into).collect())
    }

    /// Removes tags.
    pub fn remove(tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::Remove(tags.into_iter().map(Into::into).collect())
    }
}

/// What became of a change of many contacts' tags.
///
/// That there is one does not mean that all contacts changed: see [`failures`](Self::failures).
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct BulkTagged {
    /// What became of each contact, in the order of the answers. A contact that was named twice is here twice.
    pub results: Vec<BulkTagResult>,
    /// How many contacts did not change, as the service counts them.
    pub error_count: u64,
    /// Whether the service says of a whole request that it was not done.
    refused: bool,
}

impl BulkTagged {
    /// What became of these contacts, for tests.
    pub fn new(results: Vec<BulkTagResult>) -> Self {
        let errors = results.iter().filter(|result| !result.is_success()).count();
        Self { results, error_count: errors as u64, refused: false }
    }

    /// The contacts that did not change, and why.
    pub fn failures(&self) -> impl Iterator<Item = &BulkTagResult> {
        self.results.iter().filter(|result| !result.is_success())
    }

    /// Whether every contact changed.
    pub fn is_complete(&self) -> bool {
        !self.refused && self.error_count == 0 && self.failures().next().is_none()
    }

    /// Adds what a further request brought.
    pub(crate) fn extend(&mut self, wire: WireTagged) {
        let more = Self::new(wire.responses);
        self.refused |= [wire.succeded, wire.succeeded, wire.success].contains(&Some(false));
        self.error_count += wire.error_count.unwrap_or(more.error_count);
        self.results.extend(more.results);
    }
}

/// What became of one contact in a change of many contacts' tags.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "WireResult")]
#[non_exhaustive]
pub struct BulkTagResult {
    /// The contact, `None` if the service does not say which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
    /// Whether it changed.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub status: Option<BulkStatus>,
    /// The service's own words, such as why it did not change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The tags that the contact had before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub old_tags: Vec<String>,
    /// The tags that it did not have before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags_added: Vec<String>,
    /// The tags that it no longer has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags_removed: Vec<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl BulkTagResult {
    /// What became of a contact, for tests.
    pub fn new(contact: impl Into<ContactId>, status: BulkStatus) -> Self {
        let object =
            WireObject { contact_id: Some(contact.into()), status: Some(status), ..WireObject::default() };
        WireResult::Object(object).into()
    }

    /// Whether the contact changed. `false` if the service does not say so.
    pub fn is_success(&self) -> bool {
        self.status == Some(BulkStatus::Success)
    }
}

/// Whether one contact of many changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum BulkStatus {
    /// It did.
    Success,
    /// It did not.
    Error,
    /// A word that is not known here.
    #[serde(untagged)]
    Other(String),
}

/// Described as a text; really an object.
#[derive(Deserialize)]
#[serde(untagged)]
enum WireResult {
    Text(String),
    Object(WireObject),
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireObject {
    contact_id: Option<ContactId>,
    #[serde(rename = "type")]
    status: Option<BulkStatus>,
    #[serde(default, deserialize_with = "text::lenient")]
    message: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    old_tags: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    tags_added: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    tags_removed: Vec<String>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

impl From<WireResult> for BulkTagResult {
    fn from(wire: WireResult) -> Self {
        let wire = match wire {
            WireResult::Text(message) => WireObject { message: Some(message), ..WireObject::default() },
            WireResult::Object(object) => object,
        };
        Self {
            contact_id: wire.contact_id,
            status: wire.status,
            message: wire.message,
            old_tags: wire.old_tags,
            tags_added: wire.tags_added,
            tags_removed: wire.tags_removed,
            extra: wire.extra,
        }
    }
}

/// The answer on the wire.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireTagged {
    #[serde(default, deserialize_with = "null_as_default")]
    responses: Vec<BulkTagResult>,
    #[serde(default)]
    error_count: Option<u64>,
    // Not as a flattened `Done`: an error would not name its place.
    succeded: Option<bool>,
    succeeded: Option<bool>,
    success: Option<bool>,
}
