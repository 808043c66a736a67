//! Times in every spelling that the service has been seen to use.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Deserializer, Serializer};
use serde_json::Value;

/// Reads an instant: ISO 8601, a bare date (its midnight in UTC), or milliseconds since 1970. Anything else,
/// and anything absent, is `None`: one odd date must not cost a page of contacts.
pub(crate) fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(Option::<Value>::deserialize(deserializer)?.as_ref().and_then(instant))
}

fn instant(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(millis) => Timestamp::from_millisecond(millis.as_i64()?).ok(),
        Value::String(text) => {
            // A date with a time but no zone would parse as a date too, and lose its time.
            let date = || text.parse::<Date>().ok().filter(|_| text.len() == "2026-03-01".len());
            let midnight = || TimeZone::UTC.to_timestamp(date()?.at(0, 0, 0, 0)).ok();
            text.parse().ok().or_else(midnight)
        }
        _ => None,
    }
}

/// Reads a date of birth, which comes as a date, as an instant or as milliseconds since 1970.
pub(super) fn lenient_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    Ok(Option::<Value>::deserialize(deserializer)?.as_ref().and_then(lenient_date_of))
}

/// The date that a value holds: the first ten characters of a text, the whole of it, or milliseconds since 1970.
pub(crate) fn lenient_date_of(value: &Value) -> Option<Date> {
    match value {
        // The whole is for years that take more characters, as some milliseconds have.
        Value::String(text) => {
            text.get(..10).and_then(|date| date.parse().ok()).or_else(|| text.parse().ok())
        }
        other => Some(TimeZone::UTC.to_datetime(instant(other)?).date()),
    }
}

/// Writes an instant with an offset in digits, which is how the calendars want it: `2026-03-01T10:00:00+00:00`.
pub(super) fn with_offset<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&at.display_with_offset(Offset::UTC))
}

/// As [`with_offset`]; a field that holds nothing is not to be written at all.
#[allow(clippy::ref_option, reason = "serde hands the field over")]
pub(super) fn optional_with_offset<S: Serializer>(at: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => with_offset(at, to),
        None => to.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Deserialize)]
    struct Row {
        #[serde(default, deserialize_with = "lenient")]
        at: Option<Timestamp>,
        #[serde(default, deserialize_with = "lenient_date")]
        born: Option<Date>,
    }

    #[test]
    fn every_seen_spelling_is_read() {
        let table = [
            (json!("2026-03-01T10:00:00.000Z"), Some("2026-03-01T10:00:00Z")),
            (json!("2026-03-01T10:00:00+01:00"), Some("2026-03-01T09:00:00Z")),
            (json!("2026-03-01"), Some("2026-03-01T00:00:00Z")),
            (json!(1_772_359_200_000_i64), Some("2026-03-01T10:00:00Z")),
            (json!("2026-03-01 10:00:00"), None),
            (json!("soon"), None),
            (json!(null), None),
            (json!({}), None),
        ];
        for (value, want) in table {
            let row: Row = serde_json::from_value(json!({ "at": value })).unwrap();
            assert_eq!(row.at, want.map(|w| w.parse().unwrap()), "{value}");
        }
        assert_eq!(serde_json::from_str::<Row>("{}").unwrap().at, None);
    }

    #[test]
    fn a_birthday_is_the_same_in_all_three_shapes() {
        for value in [json!("1990-09-25"), json!("1990-09-25T00:00:00.000Z"), json!(654_220_800_000_i64)] {
            let row: Row = serde_json::from_value(json!({ "born": value })).unwrap();
            assert_eq!(row.born, Some(Date::constant(1990, 9, 25)), "{value}");
        }
    }

    #[test]
    fn a_date_of_any_year_is_read_as_it_was_written() {
        for millis in [-70_000_000_000_000_i64, -62_135_596_800_001, 0, 253_402_207_200_000] {
            let date = lenient_date_of(&json!(millis)).unwrap();
            assert_eq!(lenient_date_of(&serde_json::to_value(date).unwrap()), Some(date), "{millis}");
        }
    }
}
