use jiff::Timestamp;
use serde::Serialize;

use super::appointment::{AppointmentStatus, MeetingLocation};
use super::appointment_fields::{AppointmentFields, appointment_setters};
use super::time;
use crate::ids::{CalendarId, UserId};

/// Changes to an appointment: what is not set stays as it is. The contact cannot be changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AppointmentUpdate {
    #[serde(serialize_with = "time::optional_with_offset", skip_serializing_if = "Option::is_none")]
    start_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    calendar_id: Option<CalendarId>,
    #[serde(flatten)]
    fields: AppointmentFields,
}

impl AppointmentUpdate {
    /// No change yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets when it begins. What becomes of the end if that is not set too, the service does not say.
    #[must_use]
    pub fn start_time(mut self, start: Timestamp) -> Self {
        self.start_time = Some(start);
        self
    }

    /// Moves it to another calendar.
    #[must_use]
    pub fn calendar_id(mut self, calendar: impl Into<CalendarId>) -> Self {
        self.calendar_id = Some(calendar.into());
        self
    }

    appointment_setters! {}
}
