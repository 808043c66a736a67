use jiff::Timestamp;
use serde::Serialize;

use super::appointment::{AppointmentStatus, MeetingLocation};
use super::time;
use crate::ids::UserId;

/// What a create and an update of an appointment can both write.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AppointmentFields {
    #[serde(serialize_with = "time::optional_with_offset", skip_serializing_if = "Option::is_none")]
    pub(super) end_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) appointment_status: Option<AppointmentStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) assigned_user_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) meeting_location_type: Option<MeetingLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) meeting_location_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) override_location_config: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ignore_date_range: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ignore_free_slot_validation: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to_notify: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rrule: Option<String>,
}

/// Makes the setters of [`AppointmentFields`] for a type that has them as `fields`.
macro_rules! appointment_setters {
    () => {
        /// Sets when it ends.
        #[must_use]
        pub fn end_time(mut self, end: Timestamp) -> Self {
            self.fields.end_time = Some(end);
            self
        }

        /// Sets the title.
        #[must_use]
        pub fn title(mut self, title: impl Into<String>) -> Self {
            self.fields.title = Some(title.into());
            self
        }

        /// Sets what it is about.
        #[must_use]
        pub fn description(mut self, description: impl Into<String>) -> Self {
            self.fields.description = Some(description.into());
            self
        }

        /// Sets where it is, such as a street or a link. People then meet at [`MeetingLocation::Custom`] unless told
        /// otherwise.
        #[must_use]
        pub fn address(mut self, address: impl Into<String>) -> Self {
            self.fields.address = Some(address.into());
            self
        }

        /// Sets what becomes of it. The service takes neither `active` nor `completed`.
        #[must_use]
        pub fn appointment_status(mut self, status: AppointmentStatus) -> Self {
            self.fields.appointment_status = Some(status);
            self
        }

        /// Sets the user it is with. Many calendars refuse an appointment without one, although the description calls it
        /// optional.
        #[must_use]
        pub fn assigned_user_id(mut self, user: impl Into<UserId>) -> Self {
            self.fields.assigned_user_id = Some(user.into());
            self
        }

        /// Sets how people meet.
        #[must_use]
        pub fn meeting_location_type(mut self, place: MeetingLocation) -> Self {
            self.fields.meeting_location_type = Some(place);
            self
        }

        /// Names one of the ways to meet that the calendar has set up.
        #[must_use]
        pub fn meeting_location_id(mut self, id: impl Into<String>) -> Self {
            self.fields.meeting_location_id = Some(id.into());
            self
        }

        /// Sets whether the way to meet that is given here counts, and not the calendar's own.
        #[must_use]
        pub fn override_location_config(mut self, yes: bool) -> Self {
            self.fields.override_location_config = Some(yes);
            self
        }

        /// Sets whether the days that the calendar can be booked for and the notice it wants are ignored.
        #[must_use]
        pub fn ignore_date_range(mut self, yes: bool) -> Self {
            self.fields.ignore_date_range = Some(yes);
            self
        }

        /// Sets whether the time may be one at which the calendar is not free. Then the days that it can be booked for do
        /// not matter either.
        #[must_use]
        pub fn ignore_free_slot_validation(mut self, yes: bool) -> Self {
            self.fields.ignore_free_slot_validation = Some(yes);
            self
        }

        /// Sets whether the location's automations run for it.
        #[must_use]
        pub fn to_notify(mut self, yes: bool) -> Self {
            self.fields.to_notify = Some(yes);
            self
        }

        /// Makes it a series by a rule as iCalendar writes it, without a start. The service passes over the rule unless
        /// [`ignore_free_slot_validation`](Self::ignore_free_slot_validation) is set.
        #[must_use]
        pub fn rrule(mut self, rule: impl Into<String>) -> Self {
            self.fields.rrule = Some(rule.into());
            self
        }
    };
}
pub(super) use appointment_setters;
