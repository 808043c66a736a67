use serde::Deserialize;
use sync_core::Idempotency;
use sync_core::http::{Method, Operation, Request};

use crate::client::Client;
use crate::error::Error;
use crate::ids::{ContactId, NoteId};
use crate::types::{NewNote, Note, NoteUpdate, null_as_default};

const LIST: Operation =
    Operation::new("notes.list", Method::GET, "/contacts/{contactId}/notes", Idempotency::Safe);
const CREATE: Operation =
    Operation::new("notes.create", Method::POST, "/contacts/{contactId}/notes", Idempotency::NotIdempotent);
const GET: Operation =
    Operation::new("notes.get", Method::GET, "/contacts/{contactId}/notes/{id}", Idempotency::Safe);
const UPDATE: Operation =
    Operation::new("notes.update", Method::PUT, "/contacts/{contactId}/notes/{id}", Idempotency::Idempotent);
const DELETE: Operation = Operation::new(
    "notes.delete",
    Method::DELETE,
    "/contacts/{contactId}/notes/{id}",
    Idempotency::Idempotent,
);

/// The notes of a contact. From [`Client::notes`].
///
/// ```no_run
/// # use ghl_contacts::{Client, ContactId, NewNote, NoteUpdate};
/// # async fn run(client: Client, ana: ContactId) -> Result<(), ghl_contacts::Error> {
/// let notes = client.notes(&ana);
/// let note = notes.create(&NewNote::new("Wants the blue one").title("Phone call").pinned(true)).await?;
/// notes.update(&note.id, &NoteUpdate::new().body("Wants the green one")).await?;
/// for note in notes.list().await? {
///     println!("{:?} {}", note.date_added, note.body);
/// }
/// # Ok(())
/// # }
/// ```
///
/// Source: `apps/contacts.json` in the vendor's public description of the API, `GoHighLevel/highlevel-api-docs`, June 2026.
#[derive(Debug, Clone, Copy)]
pub struct Notes<'a> {
    pub(crate) client: &'a Client,
    pub(crate) contact: &'a ContactId,
}

#[derive(Deserialize)]
struct OneNote {
    note: Note,
}

#[derive(Deserialize)]
struct ManyNotes {
    #[serde(default, deserialize_with = "null_as_default")]
    notes: Vec<Note>,
}

impl Notes<'_> {
    fn request(self, operation: &Operation) -> Request {
        Request::new(operation).arg("contactId", self.contact)
    }

    /// Lists all notes of the contact; the service does not page them.
    ///
    /// `GET /contacts/{contactId}/notes`, scope `contacts.readonly`. Safe.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such contact.
    pub async fn list(self) -> Result<Vec<Note>, Error> {
        let many: ManyNotes = self.client.send(&LIST, self.request(&LIST)).await?;
        Ok(many.notes)
    }

    /// Gives a note.
    ///
    /// `GET /contacts/{contactId}/notes/{id}`, scope `contacts.readonly`. Safe.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such contact or note.
    pub async fn get(self, id: &NoteId) -> Result<Note, Error> {
        let one: OneNote = self.client.send(&GET, self.request(&GET).arg("id", id)).await?;
        Ok(one.note)
    }

    /// Writes a note.
    ///
    /// `POST /contacts/{contactId}/notes`, scope `contacts.write`. Not idempotent: after an error with
    /// [`outcome_unknown`](Error::outcome_unknown), [`list`](Self::list) tells whether it was written.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such contact.
    pub async fn create(self, new: &NewNote) -> Result<Note, Error> {
        let one: OneNote = self.client.send(&CREATE, self.request(&CREATE).json(new)).await?;
        Ok(one.note)
    }

    /// Changes a note and gives it as it is afterwards.
    ///
    /// `PUT /contacts/{contactId}/notes/{id}`, scope `contacts.write`. Idempotent.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such contact or note.
    pub async fn update(self, id: &NoteId, update: &NoteUpdate) -> Result<Note, Error> {
        let request = self.request(&UPDATE).arg("id", id).json(update);
        let one: OneNote = self.client.send(&UPDATE, request).await?;
        Ok(one.note)
    }

    /// Deletes a note.
    ///
    /// `DELETE /contacts/{contactId}/notes/{id}`, scope `contacts.write`. Idempotent: if the answer to a first request was lost, that it is gone by
    /// the second one is a success.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such contact or note.
    pub async fn delete(self, id: &NoteId) -> Result<(), Error> {
        self.client.delete(&DELETE, self.request(&DELETE).arg("id", id)).await
    }
}
