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
use super::input::{fields, filled, flag, text_or_empty, unknown};
use super::marker::LastLine;
use crate::client::Client;
use crate::ids::{ContactId, NoteId};
use crate::types::{NewNote, Note, NoteUpdate};

const WRITABLE: &[&str] = &["body", "title", "color", "pinned", "userId"];

/// The notes of contacts.
///
/// Its name is `notes`, and notes are listed under their contact. The fields are `body`, `title`, `color`, `pinned` and
/// `userId`; a title and a body can be cleared, the others only given another value. The last line of the body of a
/// note of ours is its marker, and is no part of `body` here.
///
/// Notes have no time of change, and no unique fields. [`remove`](Collection::remove) deletes. The scopes are
/// `contacts.readonly` and `contacts.write`.
#[derive(Debug, Clone)]
pub struct NoteCollection {
    client: Client,
    marker: LastLine,
    caps: Caps,
}

impl NoteCollection {
    /// The notes of the contacts of the client's location. A last line counts as a marker if it starts with
    /// `marker_prefix`, such as `erp:`, and has no space in it; other markers are refused.
    pub fn new(client: Client, marker_prefix: impl Into<String>) -> Self {
        Self { client, marker: LastLine::new(marker_prefix), caps: caps() }
    }

    /// Sets how long one call may be under way: not shorter than the [deadline](crate::CallOptions::deadline) of the
    /// client's calls, within which it sends again. Default: 2 minutes, as that.
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.caps = self.caps.request_timeout(timeout);
        self
    }

    fn snapshot(&self, contact: &ContactId, note: &Note) -> Snapshot {
        let (body, marker) = self.marker.read(&note.body);
        let user = note.user_id.as_ref().map(ToString::to_string);
        let raw = Raw::from_iter([
            ("body".to_owned(), body.into()),
            ("title".to_owned(), note.title.clone().into()),
            ("color".to_owned(), note.color.clone().into()),
            ("pinned".to_owned(), note.pinned.into()),
            ("userId".to_owned(), user.into()),
        ]);
        let mut snapshot = Snapshot::new(under(contact, &note.id), raw).with_marker(marker);
        snapshot.created_at = note.date_added;
        snapshot
    }

    fn written(&self, contact: &ContactId, note: &Note) -> Written {
        Written { id: RecordId::new(&note.id), stored: Some(self.snapshot(contact, note)) }
    }

    fn new_note(&self, raw: &Raw, marker: &Marker) -> Result<NewNote, Fault> {
        let body = text_or_empty("body", raw.get("body").unwrap_or(&Value::Null))?;
        let mut new = NewNote::new(self.marker.write(body, marker)?);
        for (name, value) in raw.iter().filter(|(_, value)| !value.is_null()) {
            new = match name.as_str() {
                "body" => new,
                "title" => new.title(filled(name, value)?),
                "color" => new.color(filled(name, value)?),
                "pinned" => new.pinned(flag(name, value)?),
                "userId" => new.user_id(filled(name, value)?),
                _ => return Err(unknown("notes", name, WRITABLE)),
            };
        }
        Ok(new)
    }

    fn note_update(&self, raw: &Raw, marker: &Marker) -> Result<NoteUpdate, Fault> {
        let mut update = NoteUpdate::new();
        for (name, value) in raw {
            update = match name.as_str() {
                "body" => update.body(self.marker.write(text_or_empty(name, value)?, marker)?),
                "title" => update.title(text_or_empty(name, value)?),
                "color" => update.color(filled(name, value)?),
                "pinned" => update.pinned(flag(name, value)?),
                "userId" => update.user_id(filled(name, value)?),
                _ => return Err(unknown("notes", name, WRITABLE)),
            };
        }
        Ok(update)
    }
}

#[async_trait]
impl Collection for NoteCollection {
    fn name(&self) -> &'static str {
        "notes"
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        Ok(Client::account_key(self.client.location()))
    }

    async fn list(&self, scope: &Scope, _: Option<&PageToken>) -> Result<ListPage, Fault> {
        let contact = contact(scope)?;
        let notes = self.client.notes(&contact).list().await?;
        Ok(ListPage { records: notes.iter().map(|note| self.snapshot(&contact, note)).collect(), next: None })
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        let contact = parent(at)?;
        match self.client.notes(&contact).get(&NoteId::new(at.id.as_str())).await {
            Ok(note) => Ok(Read::Found(self.snapshot(&contact, &note))),
            Err(error) if error.is_not_found() => Ok(Read::Gone),
            Err(error) => Err(error.into()),
        }
    }

    async fn create(&self, scope: &Scope, raw: &Raw, marker: &Marker) -> Result<Written, WriteError> {
        let contact = contact(scope).map_err(not_applied)?;
        let new = self.new_note(raw, marker).map_err(not_applied)?;
        let note = self.client.notes(&contact).create(&new).await?;
        Ok(self.written(&contact, &note))
    }

    async fn update(&self, seen: &Snapshot, part: &Part, marker: &Marker) -> Result<Written, WriteError> {
        let contact = parent(&seen.at).map_err(not_applied)?;
        let update = self.note_update(fields(part).map_err(not_applied)?, marker).map_err(not_applied)?;
        let note = self.client.notes(&contact).update(&NoteId::new(seen.at.id.as_str()), &update).await?;
        Ok(self.written(&contact, &note))
    }

    async fn remove(&self, seen: &Snapshot) -> Result<(), WriteError> {
        let contact = parent(&seen.at).map_err(not_applied)?;
        Ok(self.client.notes(&contact).delete(&NoteId::new(seen.at.id.as_str())).await?)
    }
}
