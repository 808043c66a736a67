//! Ids that may be missing: the service writes 0.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};
use serde_json::Value;

use super::to_whole;

pub(crate) fn serialize<T: Copy + Into<u64>, S: Serializer>(
    id: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(id.map_or(0, Into::into))
}

pub(crate) fn deserialize<'de, T: From<u64>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let absent =
        matches!(&value, Value::Null) || matches!(&value, Value::String(text) if text.trim().is_empty());
    if absent {
        return Ok(None);
    }
    let id = to_whole(&value).and_then(|id| u64::try_from(id).ok());
    let id = id.ok_or_else(|| D::Error::custom("expected an id"))?;
    Ok((id != 0).then(|| T::from(id)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::SalesmanId;

    #[test]
    fn zero_is_no_id() {
        for value in [json!(0), json!("0"), json!(0.0), json!(null), json!(""), json!(" ")] {
            assert_eq!(deserialize::<SalesmanId, _>(&value).unwrap(), None, "{value}");
        }
        for value in [json!(7), json!("7")] {
            assert_eq!(deserialize(&value).unwrap(), Some(SalesmanId::from(7)), "{value}");
        }
        for value in [json!(-1), json!(1.5), json!("x")] {
            assert!(deserialize::<SalesmanId, _>(&value).is_err(), "{value}");
        }
        assert_eq!(serialize(&None::<SalesmanId>, serde_json::value::Serializer).unwrap(), json!(0));
    }
}
