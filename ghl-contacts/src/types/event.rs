use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::appointment::AppointmentStatus;
use super::null::null_as_default;
use crate::ids::{AppointmentId, CalendarGroupId, CalendarId, ContactId, LocationId, UserId};

/// An appointment as the list of a contact's appointments gives it.
///
/// Unlike those of the calendars, its times have no zone: `2026-03-01 11:00:00` is a time of the location's clocks.
/// They are kept as they came; [`starts_at`](Self::starts_at) and [`ends_at`](Self::ends_at) make instants of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ContactEvent {
    /// The id.
    pub id: AppointmentId,
    /// The calendar it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calendar_id: Option<CalendarId>,
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Whether it is booked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// What became of it, such as `showed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appointment_status: Option<AppointmentStatus>,
    /// When it starts, by the location's clocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<String>,
    /// When it ends, by the location's clocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<String>,
    /// Where it is, such as a street or a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Notes about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Whose appointment it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
    /// The location it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location_id: Option<LocationId>,
    /// The group of calendars it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<CalendarGroupId>,
    /// The user it is with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_user_id: Option<UserId>,
    /// All users it is with.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<UserId>,
    /// The rooms and things it needs, by their ids.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub assigned_resources: Vec<String>,
    /// When it was created, by the location's clocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_added: Option<String>,
    /// When it last changed, by the location's clocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_updated: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl ContactEvent {
    /// An appointment with nothing but an id, for tests.
    pub fn new(id: impl Into<AppointmentId>) -> Self {
        Self {
            id: id.into(),
            calendar_id: None,
            title: None,
            status: None,
            appointment_status: None,
            start_time: None,
            end_time: None,
            address: None,
            notes: None,
            contact_id: None,
            location_id: None,
            group_id: None,
            assigned_user_id: None,
            users: Vec::new(),
            assigned_resources: Vec::new(),
            date_added: None,
            date_updated: None,
            extra: Map::new(),
        }
    }

    /// When it starts, if the location's clocks show the time of `zone`: see [`Location::timezone`].
    ///
    /// `None` if it has no start or one in a form that is not known. A time that the clocks skip in spring is taken as
    /// one hour later, one that they show twice in autumn as the first.
    ///
    /// ```
    /// use ghl_contacts::ContactEvent;
    /// use ghl_contacts::jiff::tz::{TimeZone, offset};
    /// let mut event = ContactEvent::new("a_1");
    /// event.start_time = Some("2026-03-01 11:00:00".to_owned());
    /// let start = event.starts_at(&TimeZone::fixed(offset(1)));
    /// assert_eq!(start, Some("2026-03-01T10:00:00Z".parse()?));
    /// # Ok::<(), ghl_contacts::jiff::Error>(())
    /// ```
    ///
    /// [`Location::timezone`]: crate::Location::timezone
    pub fn starts_at(&self, zone: &TimeZone) -> Option<Timestamp> {
        instant(self.start_time.as_deref()?, zone)
    }

    /// When it ends, if the location's clocks show the time of `zone`. As [`starts_at`](Self::starts_at).
    pub fn ends_at(&self, zone: &TimeZone) -> Option<Timestamp> {
        instant(self.end_time.as_deref()?, zone)
    }
}

/// Reads a time. One that names an offset after all is what it says.
fn instant(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let local = || zone.to_timestamp(text.parse::<DateTime>().ok()?).ok();
    text.parse().ok().or_else(local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_a_zone_is_one_of_the_locations_clocks() {
        let lisbon = TimeZone::posix("WET0WEST,M3.5.0/1,M10.5.0").unwrap();
        let table = [
            ("2026-01-15 11:00:00", Some("2026-01-15T11:00:00Z")),
            ("2026-07-15 11:00:00", Some("2026-07-15T10:00:00Z")),
            ("2026-03-29 01:30:00", Some("2026-03-29T01:30:00Z")),
            ("2026-10-25 01:30:00", Some("2026-10-25T00:30:00Z")),
            ("2026-07-15T11:00:00", Some("2026-07-15T10:00:00Z")),
            ("2026-07-15T11:00:00Z", Some("2026-07-15T11:00:00Z")),
            ("2026-07-15T11:00:00+05:00", Some("2026-07-15T06:00:00Z")),
            ("soon", None),
            ("", None),
        ];
        for (text, want) in table {
            assert_eq!(instant(text, &lisbon), want.map(|w| w.parse().unwrap()), "{text}");
        }
    }
}
