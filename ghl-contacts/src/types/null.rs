use serde::{Deserialize, Deserializer};

/// Reads `null` as if the field were absent: the service sends either for a value that nobody set.
pub(crate) fn null_as_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
