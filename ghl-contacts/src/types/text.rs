//! Texts that the service has been seen to send as something else.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Reads a text; a number or a flag as its text. Anything else, and anything absent, is `None`.
pub(super) fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Option::<Value>::deserialize(deserializer)? {
        Some(Value::String(text)) => Some(text),
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(Value::Bool(flag)) => Some(flag.to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Deserialize)]
    struct Row {
        #[serde(default, deserialize_with = "lenient")]
        text: Option<String>,
    }

    #[test]
    fn what_is_no_text_becomes_one_or_nothing() {
        let table = [
            (json!({ "text": "101" }), Some("101")),
            (json!({ "text": 101 }), Some("101")),
            (json!({ "text": true }), Some("true")),
            (json!({ "text": null }), None),
            (json!({ "text": {} }), None),
            (json!({}), None),
        ];
        for (row, want) in table {
            assert_eq!(serde_json::from_value::<Row>(row.clone()).unwrap().text.as_deref(), want, "{row}");
        }
    }
}
