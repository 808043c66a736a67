use serde::Deserialize;
use sync_core::Idempotency;
use sync_core::http::{Method, Operation, Request};

use crate::client::Client;
use crate::error::Error;
use crate::ids::{AppointmentId, NoteId};
use crate::resources::Listing;
use crate::types::{AppointmentNote, NewAppointmentNote};

const LIST: Operation = Operation::new(
    "appointment_notes.list",
    Method::GET,
    "/calendars/appointments/{appointmentId}/notes",
    Idempotency::Safe,
);
const CREATE: Operation = Operation::new(
    "appointment_notes.create",
    Method::POST,
    "/calendars/appointments/{appointmentId}/notes",
    Idempotency::NotIdempotent,
);
const UPDATE: Operation = Operation::new(
    "appointment_notes.update",
    Method::PUT,
    "/calendars/appointments/{appointmentId}/notes/{noteId}",
    Idempotency::Idempotent,
);
const DELETE: Operation = Operation::new(
    "appointment_notes.delete",
    Method::DELETE,
    "/calendars/appointments/{appointmentId}/notes/{noteId}",
    Idempotency::Idempotent,
);
/// The service takes no larger pages, and no request without a size.
const LARGEST_PAGE: u32 = 20;

/// The notes of an appointment. From [`Client::appointment_notes`].
///
/// They are not among the notes of the contact.
///
/// ```no_run
/// # use ghl_contacts::{AppointmentId, Client, NewAppointmentNote};
/// use futures_util::TryStreamExt;
///
/// # async fn run(client: Client, visit: AppointmentId) -> Result<(), ghl_contacts::Error> {
/// client.appointment_notes(&visit).create(&NewAppointmentNote::new("Brought the contract")).await?;
/// let notes: Vec<_> = client.appointment_notes(&visit).list().items().try_collect().await?;
/// # let _ = notes;
/// # Ok(())
/// # }
/// ```
///
/// Source: `apps/calendars.json` in the vendor's public description of the API, `GoHighLevel/highlevel-api-docs`, June 2026.
#[derive(Debug, Clone, Copy)]
pub struct AppointmentNotes<'a> {
    pub(crate) client: &'a Client,
    pub(crate) appointment: &'a AppointmentId,
}

#[derive(Deserialize)]
struct One {
    note: AppointmentNote,
}

impl AppointmentNotes<'_> {
    fn request(self, operation: &Operation) -> Request {
        Request::new(operation).arg("appointmentId", self.appointment)
    }

    /// Lists the notes, at most 20 a page.
    ///
    /// `GET /calendars/appointments/{appointmentId}/notes`, scope `calendars/events.readonly`. Safe. The answer says
    /// whether there are more.
    ///
    /// # Errors
    ///
    /// The pages are errors for which [`is_not_found`](Error::is_not_found) holds if there is no such appointment.
    pub fn list(self) -> Listing<AppointmentNote> {
        let listing = Listing::new(self.client, &LIST, LARGEST_PAGE).largest(LARGEST_PAGE);
        listing.skip_name("offset").arg("appointmentId", self.appointment)
    }

    /// Writes a note.
    ///
    /// `POST /calendars/appointments/{appointmentId}/notes`, scope `calendars/events.write`. Not idempotent:
    /// after an error with [`outcome_unknown`](Error::outcome_unknown), [`list`](Self::list) tells whether it was written.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such appointment;
    /// [`ErrorKind::Validation`](crate::ErrorKind::Validation) for a text of more than 5000 characters.
    pub async fn create(self, new: &NewAppointmentNote) -> Result<AppointmentNote, Error> {
        let request = self.client.request(&CREATE, new).arg("appointmentId", self.appointment);
        let one: One = self.client.send(&CREATE, request).await?;
        Ok(one.note)
    }

    /// Replaces the text of a note and gives it as it is afterwards.
    ///
    /// `PUT /calendars/appointments/{appointmentId}/notes/{noteId}`, scope `calendars/events.write`. Idempotent.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such appointment or note.
    pub async fn update(self, id: &NoteId, note: &NewAppointmentNote) -> Result<AppointmentNote, Error> {
        let request = self.client.request(&UPDATE, note).arg("appointmentId", self.appointment);
        let one: One = self.client.send(&UPDATE, request.arg("noteId", id)).await?;
        Ok(one.note)
    }

    /// Deletes a note.
    ///
    /// `DELETE /calendars/appointments/{appointmentId}/notes/{noteId}`, scope `calendars/events.write`. Idempotent: if
    /// the answer to a first request was lost, that the note is gone by the second one is a success.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such appointment or note.
    pub async fn delete(self, id: &NoteId) -> Result<(), Error> {
        self.client.delete(&DELETE, self.request(&DELETE).arg("noteId", id)).await
    }
}
