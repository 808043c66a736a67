use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a search goes on: the cursor of the last contact of a page, unmodified.
///
/// It serialises, so that a long walk can be resumed after a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SearchCursor(pub(crate) Value);
