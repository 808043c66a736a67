//! Until when everything is known to have been read.

use jiff::{SignedDuration, Timestamp};

/// For how long documents that wait for nothing are remembered, beside the overlap. So the watermark may go back as
/// far, and the service may read a moment in any time zone.
pub(super) const MEMORY: SignedDuration = SignedDuration::from_hours(24);

/// The least overlap: it is not known in which time zone the service reads a moment, and whether in summer time.
pub(super) const LEAST_OVERLAP: SignedDuration = SignedDuration::from_hours(2);

pub(super) fn before(moment: Timestamp, by: SignedDuration) -> Timestamp {
    moment.checked_sub(by).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The watermark of a poll that begins, from the service's clock and this machine's.
///
/// Too early costs rows that are read again; too late loses changes. So of two clocks the earlier one counts: a `Date`
/// in the future, from a proxy or a broken server, is not believed. Without a `Date` it is this machine's clock less a
/// day. A clock that goes back is followed, because what changes now has its time; but only for a day at once, for as
/// long as documents are remembered.
pub(super) fn next(served: Option<Timestamp>, local: Timestamp, last: Option<Timestamp>) -> Timestamp {
    let Some(last) = last else {
        return served.map_or(before(local, MEMORY), |served| served.min(local));
    };
    match served {
        Some(served) => served.min(local).max(before(last, MEMORY)),
        None => before(local, MEMORY).max(last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earlier_clock_counts() {
        // Columns: the service's hour, this machine's, the last watermark's, the next one's.
        let table = [
            (Some(100), 100, Some(90), 100),
            (Some(99), 100, Some(90), 99),
            // In the future.
            (Some(9999), 100, Some(90), 100),
            (Some(9999), 100, None, 100),
            // This machine is behind.
            (Some(100), 95, Some(90), 95),
            (Some(100), 1, Some(90), 66),
            // The service's clock goes back.
            (Some(85), 100, Some(90), 85),
            (Some(1), 100, Some(90), 66),
            // No clock at all.
            (None, 100, None, 76),
            (None, 100, Some(90), 90),
            (None, 120, Some(90), 96),
        ];
        let hour = |hour: i64| Timestamp::from_second(1_790_000_000 + 3600 * hour).unwrap();
        for (served, local, last, expected) in table {
            let found = next(served.map(hour), hour(local), last.map(hour));
            assert_eq!(found, hour(expected), "{served:?} {local} {last:?}");
        }
    }
}
