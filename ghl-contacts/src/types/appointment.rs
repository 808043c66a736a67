use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::null::null_as_default;
use super::time;
use crate::ids::{AppointmentId, CalendarGroupId, CalendarId, ContactId, LocationId, UserId};

/// An appointment in a calendar, which the API also calls an event.
///
/// What a create or an update answers lacks many of these fields: the description gives it neither dates nor users.
/// [`Appointments::get`](crate::resources::Appointments::get) has them all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Appointment {
    /// The id.
    pub id: AppointmentId,
    /// The calendar it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calendar_id: Option<CalendarId>,
    /// The location it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location_id: Option<LocationId>,
    /// Whose appointment it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
    /// The group of calendars it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<CalendarGroupId>,
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What becomes of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appointment_status: Option<AppointmentStatus>,
    /// The user it is with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_user_id: Option<UserId>,
    /// All users it is with.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<UserId>,
    /// When it begins. Described as an object, arrives as text.
    #[serde(default, deserialize_with = "time::lenient", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// When it ends. Described as an object, arrives as text.
    #[serde(default, deserialize_with = "time::lenient", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<Timestamp>,
    /// Where it is, such as a street or a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// How people meet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meeting_location_type: Option<MeetingLocation>,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What was noted when it was booked. The notes that people add later are in
    /// [`appointment_notes`](crate::Client::appointment_notes).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Whether it is one of a series.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_recurring: Option<bool>,
    /// The rule of the series, as iCalendar writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rrule: Option<String>,
    /// The appointment that stands for the whole series: the one to change or delete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub master_event_id: Option<AppointmentId>,
    /// The rooms and things it needs, by their ids.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub assigned_resources: Vec<String>,
    /// When it was created.
    #[serde(default, deserialize_with = "time::lenient", skip_serializing_if = "Option::is_none")]
    pub date_added: Option<Timestamp>,
    /// When it last changed.
    #[serde(default, deserialize_with = "time::lenient", skip_serializing_if = "Option::is_none")]
    pub date_updated: Option<Timestamp>,
    /// Where it came from. Only in webhooks: elsewhere it is in what tells who created it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Everything else, such as who created it.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Appointment {
    /// An appointment with nothing but an id, for tests.
    pub fn new(id: impl Into<AppointmentId>) -> Self {
        Self {
            id: id.into(),
            calendar_id: None,
            location_id: None,
            contact_id: None,
            group_id: None,
            title: None,
            appointment_status: None,
            assigned_user_id: None,
            users: Vec::new(),
            start_time: None,
            end_time: None,
            address: None,
            meeting_location_type: None,
            description: None,
            notes: None,
            is_recurring: None,
            rrule: None,
            master_event_id: None,
            assigned_resources: Vec::new(),
            date_added: None,
            date_updated: None,
            source: None,
            extra: Map::new(),
        }
    }
}

/// What becomes of an appointment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum AppointmentStatus {
    /// Booked, and to be confirmed.
    New,
    /// Confirmed.
    Confirmed,
    /// Cancelled.
    Cancelled,
    /// The contact came.
    Showed,
    /// The contact did not come.
    NoShow,
    /// Not a true appointment.
    Invalid,
    /// Booked. Only read.
    Active,
    /// Over. Only read.
    Completed,
    /// A status that is not known here.
    #[serde(untagged)]
    Other(String),
}

/// How people meet.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MeetingLocation {
    /// Somewhere that the address tells.
    Custom,
    /// Zoom.
    Zoom,
    /// Google Meet. (`gmeet`)
    #[serde(rename = "gmeet")]
    GoogleMeet,
    /// The phone.
    Phone,
    /// A street address.
    Address,
    /// Microsoft Teams.
    MsTeams,
    /// Google. The service has this beside [`GoogleMeet`](Self::GoogleMeet), and does not tell them apart.
    Google,
    /// A way that is not known here. Answers are known to have `default`.
    #[serde(untagged)]
    Other(String),
}

/// Whose appointments to list: the service insists on one of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AppointmentsOf {
    /// Those with a user.
    User(UserId),
    /// Those in a calendar.
    Calendar(CalendarId),
    /// Those in a group of calendars.
    Group(CalendarGroupId),
}

impl AppointmentsOf {
    /// The parameter that names them, and what is in it.
    pub(crate) fn query(&self) -> (&'static str, &str) {
        match self {
            Self::User(id) => ("userId", id.as_str()),
            Self::Calendar(id) => ("calendarId", id.as_str()),
            Self::Group(id) => ("groupId", id.as_str()),
        }
    }
}

impl From<UserId> for AppointmentsOf {
    fn from(user: UserId) -> Self {
        Self::User(user)
    }
}

impl From<CalendarId> for AppointmentsOf {
    fn from(calendar: CalendarId) -> Self {
        Self::Calendar(calendar)
    }
}

impl From<CalendarGroupId> for AppointmentsOf {
    fn from(group: CalendarGroupId) -> Self {
        Self::Group(group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_and_meeting_places_are_spelled_as_the_service_does() {
        for status in ["new", "confirmed", "cancelled", "showed", "noshow", "invalid", "active", "completed"]
        {
            let read: AppointmentStatus = serde_json::from_value(status.into()).unwrap();
            assert!(!matches!(read, AppointmentStatus::Other(_)), "{status}");
            assert_eq!(serde_json::to_value(read).unwrap(), status);
        }
        for place in ["custom", "zoom", "gmeet", "phone", "address", "ms_teams", "google"] {
            let read: MeetingLocation = serde_json::from_value(place.into()).unwrap();
            assert!(!matches!(read, MeetingLocation::Other(_)), "{place}");
            assert_eq!(serde_json::to_value(read).unwrap(), place);
        }
        let other: AppointmentStatus = serde_json::from_value("postponed".into()).unwrap();
        assert_eq!(other, AppointmentStatus::Other("postponed".to_owned()));
        assert_eq!(serde_json::to_value(other).unwrap(), "postponed");
    }
}
