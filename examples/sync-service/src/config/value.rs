use serde::{Deserialize, Deserializer};

/// A text that is not empty.
pub(super) fn filled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() {
        return Err(serde::de::Error::custom(
            "this is empty: write what belongs here, or leave the setting out",
        ));
    }
    Ok(text)
}
