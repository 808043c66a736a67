use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::{CompanyId, LocationId};

/// A location: one business's part of HighLevel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Location {
    /// The id.
    pub id: LocationId,
    /// The agency it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_id: Option<CompanyId>,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The time zone's name, such as `Europe/Lisbon`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Everything else, such as the address and the settings.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Location {
    /// A location with this id and nothing else, for tests.
    pub fn new(id: impl Into<LocationId>) -> Self {
        Self { id: id.into(), company_id: None, name: None, timezone: None, extra: Map::new() }
    }
}
