//! Time as Portugal writes it, by the European Union's daylight-saving rule.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::Offset;

/// `2025-09-12T15:29:55+0100`: the offset has no colon.
pub(super) fn date_time(at: Timestamp) -> String {
    write(offset_at(at).to_datetime(at), offset_at(at))
}

/// The day that it is in Lisbon.
pub(super) fn today(at: Timestamp) -> Date {
    offset_at(at).to_datetime(at).date()
}

/// Midnight in Lisbon, how the service writes a pure date.
pub(super) fn midnight(day: Date) -> String {
    // The clocks change at 01:00 UTC, so midnight still has the offset of the day before.
    let summer = match summer(day.year()) {
        Some((first, last)) => day > first && day <= last,
        None => false,
    };
    write(day.at(0, 0, 0, 0), offset(summer))
}

/// The instant that a stored date-time such as `2025-09-12T15:29:55+0100` names.
pub(super) fn instant(written: &str) -> Option<Timestamp> {
    let local: DateTime = written.get(..19)?.parse().ok()?;
    let hours = match written.get(19..)? {
        "+0000" => 0,
        "+0100" => 1,
        _ => return None,
    };
    Offset::from_hours(hours).ok()?.to_timestamp(local).ok()
}

/// The first ten characters of `text` as a day.
pub(super) fn day(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

fn write(local: DateTime, offset: Offset) -> String {
    let offset = if offset == Offset::UTC { "+0000" } else { "+0100" };
    local.strftime("%Y-%m-%dT%H:%M:%S").to_string() + offset
}

fn offset_at(at: Timestamp) -> Offset {
    let utc = Offset::UTC.to_datetime(at);
    let summer = summer(utc.year()).is_some_and(|(first, last)| {
        let one = |day: Date| day.at(1, 0, 0, 0);
        utc >= one(first) && utc < one(last)
    });
    offset(summer)
}

fn offset(summer: bool) -> Offset {
    if summer { Offset::from_hours(1).unwrap_or(Offset::UTC) } else { Offset::UTC }
}

/// The days on which summer time starts and ends: the last Sundays of March and October.
fn summer(year: i16) -> Option<(Date, Date)> {
    let last_sunday = |month| Date::new(year, month, 31).ok()?.nth_weekday_of_month(-1, Weekday::Sunday).ok();
    Some((last_sunday(3)?, last_sunday(10)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clocks_change_at_one_utc_on_the_last_sundays() {
        let rows = [
            ("2025-03-30T00:59:59Z", "2025-03-30T00:59:59+0000"),
            ("2025-03-30T01:00:00Z", "2025-03-30T02:00:00+0100"),
            ("2025-10-26T00:59:59Z", "2025-10-26T01:59:59+0100"),
            ("2025-10-26T01:00:00Z", "2025-10-26T01:00:00+0000"),
        ];
        for (utc, written) in rows {
            let at: Timestamp = utc.parse().unwrap();
            assert_eq!(date_time(at), written);
            assert_eq!(instant(written), Some(at));
        }
    }

    #[test]
    fn a_date_is_midnight_in_lisbon() {
        let rows = [
            ("2025-03-30", "2025-03-30T00:00:00+0000"),
            ("2025-03-31", "2025-03-31T00:00:00+0100"),
            ("2025-10-26", "2025-10-26T00:00:00+0100"),
            ("2025-10-27", "2025-10-27T00:00:00+0000"),
        ];
        for (date, written) in rows {
            assert_eq!(midnight(date.parse().unwrap()), written);
        }
    }
}
