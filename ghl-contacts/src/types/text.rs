//! Texts that the service has been seen to send as something else.

use serde::de::Error;
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

/// The same for a text that is synced: a list or a record in its place is an error, as nothing would be taken for a value
/// that somebody emptied.
pub(super) fn plain<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Option::<Value>::deserialize(deserializer)? {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(Value::Bool(flag)) => Ok(Some(flag.to_string())),
        Some(_) => Err(D::Error::custom("expected a text")),
    }
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
