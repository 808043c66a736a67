use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a search goes on: the cursor of the last contact of a page, unmodified.
///
/// It serialises, so that a long walk can be resumed after a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SearchCursor(pub(crate) Value);

/// Where a list of contacts goes on: both parts of the cursor that a page gave, unmodified.
///
/// It serialises, so that a long walk can be resumed after a restart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListCursor {
    pub(crate) start_after: String,
    pub(crate) start_after_id: String,
}

impl ListCursor {
    /// The cursor of a page, `None` if one of its parts is missing. Its link to the next page is left alone: it names
    /// hosts that nobody outside reaches.
    pub(crate) fn of(meta: &Value) -> Option<Self> {
        let text = |name: &str| match meta.get(name)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        Some(Self { start_after: text("startAfter")?, start_after_id: text("startAfterId")? })
    }
}
