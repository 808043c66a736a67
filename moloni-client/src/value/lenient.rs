use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error};
use serde_json::Value;

/// A JSON number, or a text that holds one.
pub(crate) fn to_decimal(value: &Value) -> Option<Decimal> {
    let written = match value {
        // The shortest text that names this number: for a double, what the service wrote.
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    written.parse().or_else(|_| Decimal::from_scientific(&written)).ok()
}

/// Like [`to_decimal`], for whole numbers; `67.0` is one.
pub(crate) fn to_whole(value: &Value) -> Option<i64> {
    to_decimal(value).filter(Decimal::is_integer)?.to_i64()
}

/// Whether a value is one of the spellings of "none".
fn is_absent(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// A text; `null` is an empty one. A code that arrives as a number stays the text that it is.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Null => Ok(String::new()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(D::Error::custom("expected a text")),
    }
}

/// A whole number, 0 if it is absent.
pub(crate) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Ok(optional_number(deserializer)?.unwrap_or(0))
}

/// A whole number or none.
pub(crate) fn optional_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if is_absent(&value) {
        return Ok(None);
    }
    to_whole(&value).map(Some).ok_or_else(|| D::Error::custom("expected a whole number"))
}

/// A nested record. `null` and `[]`, which is how PHP writes a record without fields, are none.
pub(crate) fn object<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::Array(rows) if rows.is_empty() => Ok(None),
        value => T::deserialize(value).map(Some).map_err(D::Error::custom),
    }
}

/// A list; `null` is an empty one.
pub(crate) fn list<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_exact_whatever_their_spelling() {
        let table = [
            (json!(67), Some("67")),
            (json!(67.5), Some("67.5")),
            (json!(0.1), Some("0.1")),
            (json!(1e-7), Some("0.0000001")),
            (json!(-1), Some("-1")),
            (json!(" 12.30 "), Some("12.30")),
            (json!(9_400_000_000_u64), Some("9400000000")),
            (json!(""), None),
            (json!("ten"), None),
            (json!(true), None),
            (json!(null), None),
        ];
        for (value, expected) in table {
            assert_eq!(to_decimal(&value).map(|d| d.to_string()).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn whole_numbers_have_no_fraction() {
        for (value, expected) in
            [(json!("7"), Some(7)), (json!(7.0), Some(7)), (json!(7.5), None), (json!("x"), None)]
        {
            assert_eq!(to_whole(&value), expected, "{value}");
        }
    }

    #[test]
    fn codes_keep_leading_zeros_and_every_other_character() {
        let table = [
            (json!("05875"), "05875"),
            (json!("00110"), "00110"),
            (json!("0"), "0"),
            (json!("000000000"), "000000000"),
            (json!("1e3"), "1e3"),
            (json!("67.50"), "67.50"),
            (json!(" 7 "), " 7 "),
            (json!("PT 501964843"), "PT 501964843"),
            (json!(""), ""),
            (json!(null), ""),
            // Never seen for a code; the zeros are lost before this crate can keep them.
            (json!(5), "5"),
            (json!(501_964_843), "501964843"),
            (json!(5.5), "5.5"),
        ];
        for (value, expected) in table {
            assert_eq!(text(&value).unwrap(), expected, "{value}");
        }
        for wrong in [json!([]), json!({}), json!(true)] {
            assert!(text(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_empty_record_is_none() {
        for value in [json!(null), json!([])] {
            assert_eq!(object::<Vec<u8>, _>(value).unwrap(), None);
        }
        assert_eq!(object::<Vec<u8>, _>(json!([1])).unwrap(), Some(vec![1]));
        assert_eq!(list::<u8, _>(json!(null)).unwrap(), Vec::<u8>::new());
    }

    #[test]
    fn absent_numbers_are_none_and_nonsense_is_an_error() {
        for (value, expected) in [(json!(null), None), (json!(""), None), (json!("30"), Some(30))] {
            assert_eq!(optional_number(value).unwrap(), expected);
        }
        assert_eq!(number(json!(null)).unwrap(), 0);
        assert!(number(json!("soon")).is_err());
    }
}
