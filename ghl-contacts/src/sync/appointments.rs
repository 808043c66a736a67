use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use sync_core::AccountKey;
use sync_core::engine::{
    Caps, Collection, Fault, ListPage, Marker, PageToken, Part, Raw, Read, RecordId, RecordRef, Scope,
    Snapshot, WriteError, Written,
};

use super::children::{caps, contact, parent, under};
use super::contacts::not_applied;
use super::fault::{broken, invalid};
use super::input::{fields, filled, moment, text, text_or_empty, unknown};
use super::marker::LastLine;
use crate::client::Client;
use crate::ids::{AppointmentId, CalendarId, ContactId};
use crate::types::{Appointment, AppointmentStatus, AppointmentUpdate, MeetingLocation, NewAppointment};

const WRITABLE: &[&str] = &[
    "calendarId",
    "title",
    "description",
    "address",
    "appointmentStatus",
    "assignedUserId",
    "startTime",
    "endTime",
    "meetingLocationType",
];

/// The appointments of contacts.
///
/// Its name is `appointments`, and appointments are listed under their contact. The fields are `calendarId`, `title`,
/// `description`, `address`, `appointmentStatus`, `assignedUserId`, `startTime`, `endTime` and `meetingLocationType`,
/// and to read alone `notes`, `users`, `groupId`, `isRecurring`, `rrule` and `masterEventId`. An appointment must have a
/// start and a calendar; description and address can be cleared, the others only given another value. Times are
/// instants such as `2026-12-31T10:00:00Z`.
///
/// The last line of the description of an appointment of ours is its marker, and is no part of `description` here. The
/// description is what the API takes and gives back and people see least: `notes` are given and not taken, the title is
/// in every calendar.
///
/// # What it costs
///
/// A contact's list has local times without a zone, and no descriptions. So [`list`](Collection::list) reads each
/// appointment that it names: one request and one more for each. What a write answers has no description either, so the
/// engine reads once more what it has written.
///
/// An appointment whose contact was merged is under the contact that is left, and so it has
/// [moved](Read::MovedTo) there. [`remove`](Collection::remove) deletes; to call one off, set its `appointmentStatus` to
/// `cancelled`. The scopes are `contacts.readonly`, `calendars/events.readonly` and `calendars/events.write`.
#[derive(Debug, Clone)]
pub struct AppointmentCollection {
    client: Client,
    marker: LastLine,
    caps: Caps,
    calendar: Option<CalendarId>,
    any_time: bool,
    notifies: Option<bool>,
}

impl AppointmentCollection {
    /// The appointments of the contacts of the client's location. A last line counts as a marker if it starts with
    /// `marker_prefix`, such as `erp:`, and has no space in it; other markers are refused.
    pub fn new(client: Client, marker_prefix: impl Into<String>) -> Self {
        let marker = LastLine::new(marker_prefix);
        // No time of change is claimed: the description calls it an object, and promises no form.
        Self { client, marker, caps: caps(), calendar: None, any_time: false, notifies: None }
    }

    /// Sets the calendar of new appointments that name none. Default: they must name one as `calendarId`.
    #[must_use]
    pub fn calendar(mut self, calendar: impl Into<CalendarId>) -> Self {
        self.calendar = Some(calendar.into());
        self
    }

    /// Books even where the calendar is not free. By default that is refused, and a person is asked.
    #[must_use]
    pub fn at_any_time(mut self) -> Self {
        self.any_time = true;
        self
    }

    /// Sets whether the location's automations run for what is written. Default: as the service does without being told.
    #[must_use]
    pub fn notifies(mut self, yes: bool) -> Self {
        self.notifies = Some(yes);
        self
    }

    /// Sets how long one call may be under way: not shorter than the [deadline](crate::CallOptions::deadline) of the
    /// client's calls, within which it sends again. Default: 2 minutes, as that.
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.caps = self.caps.request_timeout(timeout);
        self
    }

    fn snapshot(&self, contact: &ContactId, appointment: &Appointment) -> Result<Snapshot, Fault> {
        let Ok(Value::Object(mut raw)) = serde_json::to_value(appointment) else {
            return Err(broken("an appointment is no object"));
        };
        let (description, marker) = self.marker.read(appointment.description.as_deref().unwrap_or_default());
        raw.insert("description".to_owned(), description.into());
        for field in WRITABLE {
            raw.entry(*field).or_insert(Value::Null);
        }
        let mut snapshot = Snapshot::new(under(contact, &appointment.id), raw).with_marker(marker);
        snapshot.created_at = appointment.date_added;
        Ok(snapshot)
    }

    fn new_appointment(
        &self,
        contact: ContactId,
        raw: &Raw,
        marker: &Marker,
    ) -> Result<NewAppointment, Fault> {
        let of = |name: &str| raw.get(name).unwrap_or(&Value::Null);
        let calendar = match (of("calendarId"), &self.calendar) {
            (Value::Null, Some(calendar)) => calendar.clone(),
            (named, _) => CalendarId::new(filled("calendarId", named)?),
        };
        let mut new = NewAppointment::new(calendar, contact, moment("startTime", of("startTime"))?)
            .description(self.marker.write(text_or_empty("description", of("description"))?, marker)?);
        for (name, value) in raw.iter().filter(|(_, value)| !value.is_null()) {
            new = match name.as_str() {
                "calendarId" | "startTime" | "description" => new,
                "title" => new.title(filled(name, value)?),
                "address" => new.address(text(name, value)?),
                "appointmentStatus" => new.appointment_status(status(name, value)?),
                "assignedUserId" => new.assigned_user_id(filled(name, value)?),
                "endTime" => new.end_time(moment(name, value)?),
                "meetingLocationType" => new.meeting_location_type(place(name, value)?),
                _ => return Err(unknown("appointments", name, WRITABLE)),
            };
        }
        if self.any_time {
            new = new.ignore_free_slot_validation(true);
        }
        Ok(match self.notifies {
            Some(yes) => new.to_notify(yes),
            None => new,
        })
    }

    fn appointment_update(&self, raw: &Raw, marker: &Marker) -> Result<AppointmentUpdate, Fault> {
        let mut update = AppointmentUpdate::new();
        for (name, value) in raw {
            update = match name.as_str() {
                "calendarId" => update.calendar_id(filled(name, value)?),
                "title" => update.title(filled(name, value)?),
                "description" => update.description(self.marker.write(text_or_empty(name, value)?, marker)?),
                "address" => update.address(text_or_empty(name, value)?),
                "appointmentStatus" => update.appointment_status(status(name, value)?),
                "assignedUserId" => update.assigned_user_id(filled(name, value)?),
                "startTime" => update.start_time(moment(name, value)?),
                "endTime" => update.end_time(moment(name, value)?),
                "meetingLocationType" => update.meeting_location_type(place(name, value)?),
                _ => return Err(unknown("appointments", name, WRITABLE)),
            };
        }
        if self.any_time {
            update = update.ignore_free_slot_validation(true);
        }
        Ok(match self.notifies {
            Some(yes) => update.to_notify(yes),
            None => update,
        })
    }

    async fn read(&self, id: &AppointmentId) -> Result<Option<Appointment>, Fault> {
        match self.client.appointments().get(id).await {
            Ok(appointment) => Ok(Some(appointment)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn status(field: &str, value: &Value) -> Result<AppointmentStatus, Fault> {
    use AppointmentStatus::{Active, Completed, Other};
    let status: Option<AppointmentStatus> = serde_json::from_value(value.clone()).ok();
    let settable = status.filter(|status| !matches!(status, Active | Completed | Other(_)));
    let why = "must be new, confirmed, cancelled, showed, noshow or invalid";
    settable.ok_or_else(|| invalid(field, why))
}

fn place(field: &str, value: &Value) -> Result<MeetingLocation, Fault> {
    let place: Option<MeetingLocation> = serde_json::from_value(value.clone()).ok();
    let settable = place.filter(|place| !matches!(place, MeetingLocation::Other(_)));
    let why = "must be custom, zoom, gmeet, phone, address, ms_teams or google";
    settable.ok_or_else(|| invalid(field, why))
}

#[async_trait]
impl Collection for AppointmentCollection {
    fn name(&self) -> &'static str {
        "appointments"
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        Ok(Client::account_key(self.client.location()))
    }

    async fn list(&self, scope: &Scope, _: Option<&PageToken>) -> Result<ListPage, Fault> {
        let contact = contact(scope)?;
        let mut records = Vec::new();
        for event in self.client.contact_appointments(&contact).list().await? {
            let Some(appointment) = self.read(&event.id).await? else { continue };
            if appointment.contact_id.as_ref().is_none_or(|owner| *owner == contact) {
                records.push(self.snapshot(&contact, &appointment)?);
            }
        }
        Ok(ListPage { records, next: None })
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        let contact = parent(at)?;
        let Some(appointment) = self.read(&AppointmentId::new(at.id.as_str())).await? else {
            return Ok(Read::Gone);
        };
        // The API cannot give an appointment to another contact: only a merge does.
        match &appointment.contact_id {
            Some(owner) if *owner != contact => Ok(Read::MovedTo(under(owner, &appointment.id))),
            _ => Ok(Read::Found(self.snapshot(&contact, &appointment)?)),
        }
    }

    async fn create(&self, scope: &Scope, raw: &Raw, marker: &Marker) -> Result<Written, WriteError> {
        let contact = contact(scope).map_err(not_applied)?;
        let new = self.new_appointment(contact, raw, marker).map_err(not_applied)?;
        let booked = self.client.appointments().create(&new).await?;
        Ok(Written { id: RecordId::new(&booked.id), stored: None })
    }

    async fn update(&self, seen: &Snapshot, part: &Part, marker: &Marker) -> Result<Written, WriteError> {
        let update =
            self.appointment_update(fields(part).map_err(not_applied)?, marker).map_err(not_applied)?;
        let id = AppointmentId::new(seen.at.id.as_str());
        self.client.appointments().update(&id, &update).await?;
        Ok(Written { id: seen.at.id.clone(), stored: None })
    }

    async fn remove(&self, seen: &Snapshot) -> Result<(), WriteError> {
        Ok(self.client.appointments().delete(&AppointmentId::new(seen.at.id.as_str())).await?)
    }
}
