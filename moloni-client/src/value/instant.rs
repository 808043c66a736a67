//! Instants: `2025-09-12T15:29:55+0100`, with no colon in the offset.
//!
//! Read in every spelling with an offset, and without one by the service's own clock: so the service writes what it
//! takes as `2025-09-12 15:29:55`. An hour that the clock shows twice is the first of the two.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

use super::{date, text};

/// The service's own clock. The rule is written out, so that no time zone database is needed.
pub(super) fn lisbon() -> TimeZone {
    static LISBON: LazyLock<TimeZone> =
        LazyLock::new(|| TimeZone::posix("WET0WEST,M3.5.0/1,M10.5.0").unwrap_or(TimeZone::UTC));
    LISBON.clone()
}

pub(crate) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    let written = at.to_zoned_datetime(lisbon()).strftime("%Y-%m-%dT%H:%M:%S%.f%z").to_string();
    serializer.serialize_str(&written)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    read(&text(deserializer)?).ok_or_else(|| D::Error::custom("expected a date and time"))
}

fn read(written: &str) -> Option<Timestamp> {
    /// `YYYY-MM-DD` and more: a day alone is no moment.
    const DAY: usize = 10;
    let by_offset = || written.parse().ok();
    let by_clock = || lisbon().to_timestamp(written.parse::<DateTime>().ok()?).ok();
    // Years of other than four digits are nothing that the service writes.
    let dated = written.len() > DAY && date::read(written).is_some();
    by_offset().or_else(by_clock).filter(|_| dated)
}

/// Instants that may be missing. `0000-00-00` is how a database spells that.
pub(crate) mod optional {
    use super::{Deserialize, Deserializer, Error, Serializer, Timestamp};

    pub(crate) fn serialize<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => super::serialize(at, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let written = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
        if written.is_empty() || written.starts_with("0000-00-00") {
            return Ok(None);
        }
        super::read(&written).map(Some).ok_or_else(|| D::Error::custom("expected a date and time"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_instant_is_written_on_the_service_s_clock() {
        for written in [
            "2025-09-12T15:29:55+0100",
            "2026-01-29T17:48:31+0000",
            "2025-10-26T01:30:00+0100",
            "2025-10-26T01:30:00+0000",
            "2026-01-29T17:48:31.25+0000",
        ] {
            let at = deserialize(json!(written)).unwrap();
            assert_eq!(serialize(&at, serde_json::value::Serializer).unwrap(), json!(written));
        }
    }

    #[test]
    fn a_missing_instant_is_none() {
        for value in [json!(null), json!(""), json!("0000-00-00T00:00:00+0000")] {
            assert_eq!(optional::deserialize(value).unwrap(), None);
        }
        let at = optional::deserialize(json!("2025-09-12T15:29:55+0100")).unwrap();
        assert_eq!(at, Some("2025-09-12T14:29:55Z".parse().unwrap()));
        let at = optional::deserialize(json!("2025-09-12 15:29:55")).unwrap();
        assert_eq!(at, Some("2025-09-12T14:29:55Z".parse().unwrap()), "by the service's own clock");
        assert!(optional::deserialize(json!("soon")).is_err());
    }
}
