//! Days. The service writes the midnight of its own clock, `2025-09-12T00:00:00+0100`.
//!
//! The first ten characters are the day. Read as an instant and shown in UTC, every day of a summer would be the
//! day before.

use jiff::civil::Date;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

use super::instant::lisbon;
use super::text;

pub(crate) fn serialize<S: Serializer>(day: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&midnight(*day))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    read(&text(deserializer)?).ok_or_else(|| D::Error::custom("expected a date"))
}

/// The midnight in Lisbon that a day starts with.
fn midnight(day: Date) -> String {
    match day.to_zoned_datetime(lisbon()) {
        Ok(start) => start.strftime("%Y-%m-%dT%H:%M:%S%z").to_string(),
        // Days at the very end of the calendar have no such midnight.
        Err(_) => day.to_string(),
    }
}

pub(super) fn read(written: &str) -> Option<Date> {
    written.get(..10)?.parse().ok()
}

/// Days that may be missing. `0000-00-00` is how a database spells that.
pub(crate) mod optional {
    use super::{Date, Deserialize, Deserializer, Error, Serializer, midnight, read};

    pub(crate) fn serialize<S: Serializer>(day: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
        match day {
            Some(day) => serializer.serialize_str(&midnight(*day)),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
        let written = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
        if written.is_empty() || written.starts_with("0000-00-00") {
            return Ok(None);
        }
        read(&written).map(Some).ok_or_else(|| D::Error::custom("expected a date"))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::super::instant;
    use super::*;

    /// Every spelling of a day or a moment: the day that it names, and the moment, if it names one.
    #[test]
    fn every_spelling_of_a_date_is_a_day_and_maybe_a_moment() {
        let summer = (date(2025, 9, 12), Some("2025-09-12T14:29:55Z"));
        let winter = (date(2026, 1, 29), Some("2026-01-29T17:48:31Z"));
        let table = [
            // With an offset: of Lisbon, of UTC, of the Azores.
            ("2025-09-12T15:29:55+0100", Some(summer)),
            ("2025-09-12T15:29:55+01:00", Some(summer)),
            ("2025-09-12T14:29:55Z", Some(summer)),
            ("2025-09-12T14:29:55+0000", Some(summer)),
            ("2025-09-12 15:29:55+0100", Some(summer)),
            ("2026-01-29T17:48:31+0000", Some(winter)),
            ("2026-01-29T16:48:31-0100", Some(winter)),
            ("2026-01-29T17:48:31.000+0000", Some(winter)),
            // Without one: Lisbon's clock.
            ("2025-09-12 15:29:55", Some(summer)),
            ("2025-09-12T15:29:55", Some(summer)),
            ("2026-01-29 17:48:31", Some(winter)),
            // The midnight that a day starts with is the day before in UTC, in summer.
            ("2025-09-12T00:00:00+0100", Some((date(2025, 9, 12), Some("2025-09-11T23:00:00Z")))),
            ("2025-09-12 00:00:00", Some((date(2025, 9, 12), Some("2025-09-11T23:00:00Z")))),
            ("2026-01-29T00:00:00+0000", Some((date(2026, 1, 29), Some("2026-01-29T00:00:00Z")))),
            // The clock skips an hour in March, and shows one twice in October: the first of the two counts.
            ("2026-03-29 01:30:00", Some((date(2026, 3, 29), Some("2026-03-29T01:30:00Z")))),
            ("2025-10-26 01:30:00", Some((date(2025, 10, 26), Some("2025-10-26T00:30:00Z")))),
            ("2025-10-26T01:30:00+0000", Some((date(2025, 10, 26), Some("2025-10-26T01:30:00Z")))),
            // A day alone is no moment.
            ("2026-01-29", Some((date(2026, 1, 29), None))),
            ("", None),
            ("soon", None),
            ("29-01-2026", None),
            ("2026-13-01", None),
            ("2026-02-30T00:00:00+0000", None),
            ("0000-00-00", None),
            ("0000-00-00 00:00:00", None),
            ("2026-01-2é", None),
            ("-009999-01-02T01:59:59Z", None),
            ("20260129T174831Z", None),
        ];
        for (written, expected) in table {
            let (day, moment) = expected.unzip();
            assert_eq!(deserialize(json!(written)).ok(), day, "{written}");
            let moment = moment.flatten().map(|moment| moment.parse().unwrap());
            assert_eq!(instant::deserialize(json!(written)).ok(), moment, "{written}");
        }
        for wrong in [json!(null), json!(20_260_129), json!([]), json!(true)] {
            assert!(deserialize(&wrong).is_err() && instant::deserialize(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_day_is_written_as_its_midnight_in_lisbon() {
        // The clocks change at one in the morning, so the day of the change starts with the old offset.
        let table = [
            (date(2025, 9, 12), "2025-09-12T00:00:00+0100"),
            (date(2026, 1, 29), "2026-01-29T00:00:00+0000"),
            (date(2026, 3, 29), "2026-03-29T00:00:00+0000"),
            (date(2026, 3, 30), "2026-03-30T00:00:00+0100"),
            (date(2025, 10, 26), "2025-10-26T00:00:00+0100"),
            (date(2025, 10, 27), "2025-10-27T00:00:00+0000"),
        ];
        for (day, written) in table {
            assert_eq!(midnight(day), written);
        }
    }

    #[test]
    fn a_missing_day_is_none() {
        for value in [
            json!(null),
            json!(""),
            json!("0000-00-00"),
            json!("0000-00-00 00:00:00"),
            json!("0000-00-00T00:00:00+0000"),
        ] {
            assert_eq!(optional::deserialize(value).unwrap(), None);
        }
        assert_eq!(optional::deserialize(json!("2026-01-29")).unwrap(), Some(date(2026, 1, 29)));
        assert!(optional::deserialize(json!("soon")).is_err());
    }
}
