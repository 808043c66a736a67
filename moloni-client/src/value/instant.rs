//! Instants: `2025-09-12T15:29:55+0100`, with no colon in the offset.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

use super::text;

/// The service's own clock. The rule is written out, so that no time zone database is needed.
pub(super) fn lisbon() -> TimeZone {
    static LISBON: LazyLock<TimeZone> =
        LazyLock::new(|| TimeZone::posix("WET0WEST,M3.5.0/1,M10.5.0").unwrap_or(TimeZone::UTC));
    LISBON.clone()
}

pub(crate) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    let written = at.to_zoned_datetime(lisbon()).strftime("%Y-%m-%dT%H:%M:%S%z").to_string();
    serializer.serialize_str(&written)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    text(deserializer)?.parse().map_err(|_| D::Error::custom("expected a date and time with an offset"))
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
        written.parse().map(Some).map_err(|_| D::Error::custom("expected a date and time with an offset"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_spelling_of_the_offset_is_read() {
        let expected: Timestamp = "2025-09-12T14:29:55Z".parse().unwrap();
        for written in ["2025-09-12T15:29:55+0100", "2025-09-12T15:29:55+01:00", "2025-09-12T14:29:55Z"] {
            assert_eq!(deserialize(json!(written)).unwrap(), expected, "{written}");
        }
        for wrong in ["", "2025-09-12", "2025-09-12T15:29:55", "soon"] {
            assert!(deserialize(json!(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_instant_is_written_on_the_service_s_clock() {
        for written in ["2025-09-12T15:29:55+0100", "2026-01-29T17:48:31+0000"] {
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
        assert!(optional::deserialize(json!("soon")).is_err());
    }
}
