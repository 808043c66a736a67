//! Flags, sent as 0 and 1.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};
use serde_json::Value;

use super::to_whole;

pub(crate) fn serialize<S: Serializer>(flag: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(u8::from(*flag))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = Value::deserialize(deserializer)?;
    match (&value, to_whole(&value)) {
        (Value::Bool(flag), _) => Ok(*flag),
        (Value::Null, _) | (_, Some(0)) => Ok(false),
        (_, Some(1)) => Ok(true),
        (Value::String(text), _) if text.is_empty() => Ok(false),
        _ => Err(D::Error::custom("expected 0 or 1")),
    }
}

/// Flags that may be missing.
pub(crate) mod optional {
    use super::{Deserialize, Deserializer, Error, Serializer, Value};

    pub(crate) fn serialize<S: Serializer>(flag: &Option<bool>, serializer: S) -> Result<S::Ok, S::Error> {
        match flag {
            Some(flag) => super::serialize(flag, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Null => Ok(None),
            value => super::deserialize(value).map(Some).map_err(D::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_spelling_is_read_and_one_is_written() {
        for value in [json!(1), json!("1"), json!(true)] {
            assert!(deserialize(&value).unwrap(), "{value}");
        }
        for value in [json!(0), json!("0"), json!(false), json!(null), json!("")] {
            assert!(!deserialize(&value).unwrap(), "{value}");
        }
        for value in [json!(2), json!("yes"), json!([])] {
            assert!(deserialize(&value).is_err(), "{value}");
        }
        assert_eq!(serialize(&true, serde_json::value::Serializer).unwrap(), json!(1));
    }

    #[test]
    fn a_missing_flag_is_none() {
        assert_eq!(optional::deserialize(json!(null)).unwrap(), None);
        assert_eq!(optional::deserialize(json!("1")).unwrap(), Some(true));
        assert!(optional::deserialize(json!("yes")).is_err());
        assert_eq!(optional::serialize(&Some(false), serde_json::value::Serializer).unwrap(), json!(0));
    }
}
