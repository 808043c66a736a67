use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sync_core::Idempotency;
use sync_core::http::{Method, Operation, Request};

use crate::client::Client;
use crate::error::Error;
use crate::ids::{AppointmentId, LocationId};
use crate::types::{Appointment, AppointmentUpdate, AppointmentsOf, NewAppointment, null_as_default};

const CREATE: Operation = Operation::new(
    "calendar_events.create",
    Method::POST,
    "/calendars/events/appointments",
    Idempotency::NotIdempotent,
);
const GET: Operation = Operation::new(
    "calendar_events.get",
    Method::GET,
    "/calendars/events/appointments/{eventId}",
    Idempotency::Safe,
);
const UPDATE: Operation = Operation::new(
    "calendar_events.update",
    Method::PUT,
    "/calendars/events/appointments/{eventId}",
    Idempotency::Idempotent,
);
const DELETE: Operation = Operation::new(
    "calendar_events.delete",
    Method::DELETE,
    "/calendars/events/{eventId}",
    Idempotency::Idempotent,
);
const LIST: Operation =
    Operation::new("calendar_events.list", Method::GET, "/calendars/events", Idempotency::Safe);

/// The appointments in the calendars of the location. From [`Client::appointments`].
///
/// Unlike the appointments that a contact is asked for, these have instants: times with an offset.
///
/// Source: `apps/calendars.json` in the vendor's public description of the API, `GoHighLevel/highlevel-api-docs`, June 2026.
#[derive(Debug, Clone, Copy)]
pub struct Appointments<'a> {
    pub(crate) client: &'a Client,
}

/// Described as `event`; `appointment` is read as well. Not as an alias: an answer with both would not decode.
#[derive(Deserialize)]
struct One {
    event: Option<Appointment>,
    appointment: Option<Appointment>,
}

#[derive(Deserialize)]
struct Many {
    #[serde(default, deserialize_with = "null_as_default")]
    events: Vec<Appointment>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InLocation<'a> {
    location_id: &'a LocationId,
    #[serde(flatten)]
    new: &'a NewAppointment,
}

impl Appointments<'_> {
    /// Books an appointment.
    ///
    /// `POST /calendars/events/appointments`, scope `calendars/events.write`. Not idempotent: sent again only if it
    /// provably never arrived. The service answers 200 with the bare appointment.
    ///
    /// ```no_run
    /// # use ghl_contacts::{Client, ContactId, NewAppointment};
    /// # async fn run(client: Client, ana: ContactId) -> Result<(), Box<dyn std::error::Error>> {
    /// let new = NewAppointment::new("cal_1", ana, "2026-03-02T10:00:00Z".parse()?)
    ///     .end_time("2026-03-02T10:30:00Z".parse()?)
    ///     .title("First visit");
    /// let booked = client.appointments().create(&new).await?;
    /// # let _ = booked;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadRequest`](crate::ErrorKind::BadRequest) if the calendar is not free at that time, or if there is
    /// no such calendar or contact.
    pub async fn create(self, new: &NewAppointment) -> Result<Appointment, Error> {
        let body = InLocation { location_id: self.client.location(), new };
        self.client.send(&CREATE, self.client.request(&CREATE, &body)).await
    }

    /// Gives an appointment.
    ///
    /// `GET /calendars/events/appointments/{eventId}`, scope `calendars/events.readonly`. Safe.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is none; the service answers 400 for it.
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the answer has none.
    pub async fn get(self, id: &AppointmentId) -> Result<Appointment, Error> {
        let request = Request::new(&GET).arg("eventId", id);
        self.client.send_part(&GET, request, |one: One| one.event.or(one.appointment)).await
    }

    /// Changes an appointment and gives it as it is afterwards, without dates and users: see [`Appointment`].
    ///
    /// `PUT /calendars/events/appointments/{eventId}`, scope `calendars/events.write`. Idempotent. Of a series, change
    /// the [`master_event_id`](Appointment::master_event_id).
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is none; the service answers 400 for it.
    /// [`ErrorKind::BadRequest`](crate::ErrorKind::BadRequest) if the calendar is not free at the new time.
    pub async fn update(self, id: &AppointmentId, update: &AppointmentUpdate) -> Result<Appointment, Error> {
        let request = self.client.request(&UPDATE, update).arg("eventId", id);
        self.client.send(&UPDATE, request).await
    }

    /// Deletes an appointment, with its notes.
    ///
    /// `DELETE /calendars/events/{eventId}` with an empty object as the body, scope `calendars/events.write`.
    /// Idempotent: if the answer to a first request was lost, that the appointment is gone by the second one is a
    /// success. The service answers 201. Of a series, delete the
    /// [`master_event_id`](Appointment::master_event_id).
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is none; the service answers 400 for it.
    pub async fn delete(self, id: &AppointmentId) -> Result<(), Error> {
        let request = self.client.request(&DELETE, &json!({})).arg("eventId", id);
        self.client.delete(&DELETE, request).await
    }

    /// Lists the appointments of a user, of a calendar or of a group of calendars between two times.
    ///
    /// `GET /calendars/events`, scope `calendars/events.readonly`. Safe. The service does not page them, so ask for
    /// windows of days or weeks.
    ///
    /// ```no_run
    /// # use ghl_contacts::{Client, CalendarId};
    /// # async fn run(client: Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let (from, to) = ("2026-03-01T00:00:00Z".parse()?, "2026-03-08T00:00:00Z".parse()?);
    /// let week = client.appointments().list(CalendarId::new("cal_1"), from, to).await?;
    /// # let _ = week;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`is_auth`](Error::is_auth) if the token lacks the scope.
    pub async fn list(
        self,
        of: impl Into<AppointmentsOf>,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Appointment>, Error> {
        let request = self.list_request(&of.into(), from, to);
        let many: Many = self.client.send(&LIST, request).await?;
        Ok(many.events)
    }

    fn list_request(self, of: &AppointmentsOf, from: Timestamp, to: Timestamp) -> Request {
        let (name, id) = of.query();
        Request::new(&LIST)
            .query("locationId", self.client.location())
            .query(name, id)
            .query("startTime", from.as_millisecond())
            .query("endTime", to.as_millisecond())
    }
}
