use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::null::null_as_default;
use crate::ids::{LocationId, TagId};

/// A tag that a location knows, whether or not a contact has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LocationTag {
    /// The id. Contacts name their tags by [`name`](Self::name), not by this.
    pub id: TagId,
    /// The name, in lower case.
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    /// The location it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location_id: Option<LocationId>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl LocationTag {
    /// A tag, for tests.
    pub fn new(id: impl Into<TagId>, name: impl Into<String>) -> Self {
        Self { id: id.into(), name: name.into(), location_id: None, extra: Map::new() }
    }
}
