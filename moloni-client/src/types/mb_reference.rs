use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::value::{optional_id, text};
use crate::{Amount, MbReferenceId};

/// A reference of Multibanco, by which a document can be paid at a cash machine.
///
/// What the service answers is not documented, so every field may be missing, and what arrives by another name is in
/// [`extra`](Self::extra).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MbReference {
    /// Its id.
    #[serde(default, with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub reference_id: Option<MbReferenceId>,
    /// The number of who is paid; leading zeros count.
    #[serde(default, deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub entity: String,
    /// The number that is paid by; leading zeros count.
    #[serde(default, deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub reference: String,
    /// How much is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Amount>,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn zeros_that_lead_stay_and_nothing_is_lost() {
        let row =
            json!({ "reference_id": 4, "entity": "00311", "reference": "010203040", "value": 5, "paid": 0 });
        let read: MbReference = serde_json::from_value(row.clone()).unwrap();
        assert_eq!((read.entity.as_str(), read.reference.as_str()), ("00311", "010203040"));
        assert_eq!(serde_json::to_value(&read).unwrap(), row);
        let bare: MbReference = serde_json::from_value(json!({ "number": 1 })).unwrap();
        assert_eq!(serde_json::to_value(&bare).unwrap(), json!({ "number": 1 }));
    }
}
