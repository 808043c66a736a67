//! Numbers of documents. A draft has none; the service writes -1.

use serde::{Deserializer, Serializer};

use super::optional_number;

pub(crate) fn serialize<S: Serializer>(number: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => serializer.serialize_u64(*number),
        None => serializer.serialize_i64(-1),
    }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(optional_number(deserializer)?.and_then(|number| u64::try_from(number).ok()))
}
