use jiff::Timestamp;
use serde::Serialize;

use super::appointment::{AppointmentStatus, MeetingLocation};
use super::appointment_fields::{AppointmentFields, appointment_setters};
use super::time;
use crate::ids::{CalendarId, ContactId, UserId};

/// An appointment to create.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewAppointment {
    calendar_id: CalendarId,
    contact_id: ContactId,
    #[serde(serialize_with = "time::with_offset")]
    start_time: Timestamp,
    #[serde(flatten)]
    fields: AppointmentFields,
}

impl NewAppointment {
    /// An appointment with a contact in a calendar. How long it takes without an [`end_time`](Self::end_time), the
    /// description does not say.
    pub fn new(calendar: impl Into<CalendarId>, contact: impl Into<ContactId>, start: Timestamp) -> Self {
        Self {
            calendar_id: calendar.into(),
            contact_id: contact.into(),
            start_time: start,
            fields: AppointmentFields::default(),
        }
    }

    appointment_setters! {}
}
