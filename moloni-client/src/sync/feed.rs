//! What the two feeds have in common: the moment that they go on at.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sync_core::engine::{Cursor, Fault};

use super::fault::broken;
use crate::Client;

/// It is not known in which time zone the service reads a moment, and whether in summer time.
pub(super) const OVERLAP: Duration = Duration::from_secs(2 * 60 * 60);

/// How far back the feed goes on if the service does not tell its time.
const WITHOUT_CLOCK: SignedDuration = SignedDuration::from_hours(24);

/// The moment that a feed has come to.
pub(super) fn moment(since: Option<&Cursor>) -> Result<Option<Timestamp>, Fault> {
    match since {
        None => Ok(None),
        Some(Cursor::Time(since)) => Ok(Some(*since)),
        Some(Cursor::Token(_)) => Err(broken("the feed goes by time")),
    }
}

/// Where the feed goes on: at the service's `Date`, because the moments that changes have are of its clock.
///
/// Of two clocks the earlier one counts. Too early costs rows that are read again; too late loses changes. It does not
/// go back behind where `since` came from, before the overlap was taken off.
pub(super) fn cursor(client: &Client, served: Option<Timestamp>, since: Option<Timestamp>) -> Cursor {
    let local = client.http().env().now();
    let now = match served {
        Some(served) => served.min(local),
        None => local.checked_sub(WITHOUT_CLOCK).unwrap_or(Timestamp::UNIX_EPOCH),
    };
    let before = since.map(|since| since.checked_add(OVERLAP).unwrap_or(Timestamp::MAX));
    Cursor::Time(before.map_or(now, |before| before.max(now)))
}
