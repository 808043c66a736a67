use async_trait::async_trait;
use ghl_contacts::jiff::Timestamp;
use ghl_contacts::{Client, ContactId, NewNote, NewTask, Note, NoteId, NoteUpdate, Task, TaskId, TaskUpdate};
use serde_json::Value;
use sync_core::AccountKey;
use sync_core::engine::{
    Caps, Collection, Fault, FaultKind, ListPage, Marker, PageToken, Part, Raw, Read, RecordId, RecordRef,
    Scope, Snapshot, WriteError, Written,
};

use super::fields;
use crate::fault::{ghl, ghl_write};
use crate::rules::{NOTES, TASKS};
use crate::settings::Timing;

/// The notes of contacts. The last line of a note of ours is its marker.
#[derive(Debug, Clone)]
pub struct GhlNotes {
    client: Client,
    caps: Caps,
}

/// The tasks of contacts. The last line of the text of a task of ours is its marker.
#[derive(Debug, Clone)]
pub struct GhlTasks {
    client: Client,
    caps: Caps,
}

impl GhlNotes {
    /// The notes of the contacts of the client's location.
    pub fn new(client: Client, timing: Timing) -> Self {
        Self { client, caps: Caps::new().under_parent().request_timeout(timing.request) }
    }
}

impl GhlTasks {
    /// The tasks of the contacts of the client's location.
    pub fn new(client: Client, timing: Timing) -> Self {
        Self { client, caps: Caps::new().under_parent().request_timeout(timing.request) }
    }
}

/// A text with its marker in the last line.
fn marked(text: &str, marker: &Marker) -> String {
    format!("{text}\n\n{marker}")
}

/// A text and the marker in its last line. A last line that is no marker belongs to the text.
fn unmarked(text: &str) -> (String, Option<Marker>) {
    match text.trim_end().rsplit_once('\n') {
        Some((rest, last)) if last.starts_with("moloni:") && !last.contains(char::is_whitespace) => {
            (rest.trim_end().to_owned(), Some(Marker::new(last)))
        }
        _ => (text.to_owned(), None),
    }
}

fn contact(scope: &Scope) -> Result<ContactId, Fault> {
    match scope {
        Scope::Under(id) => Ok(ContactId::new(id.as_str())),
        Scope::All => Err(Fault::new(FaultKind::Broken, "notes and tasks are listed by contact only")),
    }
}

fn parent(at: &RecordRef) -> Result<ContactId, Fault> {
    let parent = at.parent.as_ref().map(|p| ContactId::new(p.as_str()));
    parent.ok_or_else(|| Fault::new(FaultKind::Broken, "a note or task without its contact"))
}

fn text<'a>(raw: &'a Raw, name: &str) -> Result<&'a str, WriteError> {
    let text = raw.get(name).and_then(Value::as_str);
    text.ok_or_else(|| WriteError::NotApplied(Fault::new(FaultKind::Broken, format!("{name} is missing"))))
}

fn due(raw: &Raw) -> Result<Timestamp, WriteError> {
    let wrong = |_| WriteError::NotApplied(Fault::new(FaultKind::Broken, "dueDate is no time"));
    text(raw, "dueDate")?.parse().map_err(wrong)
}

fn unusable(field: &str) -> WriteError {
    WriteError::NotApplied(Fault::new(FaultKind::Broken, format!("tasks have no field {field}")))
}

fn is_done(raw: &Raw) -> bool {
    raw.get("completed").and_then(Value::as_bool).unwrap_or_default()
}

fn under(parent: &ContactId, id: impl std::fmt::Display) -> RecordRef {
    RecordRef::under(RecordId::new(parent), RecordId::new(id))
}

fn note_snapshot(parent: &ContactId, note: &Note) -> Snapshot {
    let (body, marker) = unmarked(&note.body);
    let raw = Raw::from_iter([("body".to_owned(), body.into())]);
    let mut snapshot = Snapshot::new(under(parent, &note.id), raw).with_marker(marker);
    snapshot.created_at = note.date_added;
    snapshot
}

fn task_snapshot(parent: &ContactId, task: &Task) -> Snapshot {
    let (body, marker) = unmarked(task.body.as_deref().unwrap_or_default());
    let raw = Raw::from_iter([
        ("title".to_owned(), task.title.clone().into()),
        ("body".to_owned(), body.into()),
        ("dueDate".to_owned(), task.due_date.map(|d| d.to_string()).into()),
        ("completed".to_owned(), task.completed.into()),
    ]);
    Snapshot::new(under(parent, &task.id), raw).with_marker(marker)
}

#[async_trait]
impl Collection for GhlNotes {
    fn name(&self) -> &'static str {
        NOTES
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        Ok(Client::account_key(self.client.location()))
    }

    async fn list(&self, scope: &Scope, _: Option<&PageToken>) -> Result<ListPage, Fault> {
        let contact = contact(scope)?;
        let notes = self.client.notes(&contact).list().await.map_err(ghl)?;
        Ok(ListPage { records: notes.iter().map(|n| note_snapshot(&contact, n)).collect(), next: None })
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        let contact = parent(at)?;
        match self.client.notes(&contact).get(&NoteId::new(at.id.as_str())).await {
            Ok(note) => Ok(Read::Found(note_snapshot(&contact, &note))),
            Err(error) if error.is_not_found() => Ok(Read::Gone),
            Err(error) => Err(ghl(error)),
        }
    }

    async fn create(&self, scope: &Scope, raw: &Raw, marker: &Marker) -> Result<Written, WriteError> {
        let contact = contact(scope).map_err(WriteError::NotApplied)?;
        let new = NewNote::new(marked(text(raw, "body")?, marker));
        let note = self.client.notes(&contact).create(&new).await.map_err(ghl_write)?;
        Ok(Written { id: RecordId::new(&note.id), stored: Some(note_snapshot(&contact, &note)) })
    }

    async fn update(&self, seen: &Snapshot, part: &Part, marker: &Marker) -> Result<Written, WriteError> {
        let (at, raw) = (&seen.at, fields(part)?);
        let contact = parent(at).map_err(WriteError::NotApplied)?;
        let update = NoteUpdate::new().body(marked(text(raw, "body")?, marker));
        let id = NoteId::new(at.id.as_str());
        let note = self.client.notes(&contact).update(&id, &update).await.map_err(ghl_write)?;
        Ok(Written { id: RecordId::new(&note.id), stored: Some(note_snapshot(&contact, &note)) })
    }
}

#[async_trait]
impl Collection for GhlTasks {
    fn name(&self) -> &'static str {
        TASKS
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        Ok(Client::account_key(self.client.location()))
    }

    async fn list(&self, scope: &Scope, _: Option<&PageToken>) -> Result<ListPage, Fault> {
        let contact = contact(scope)?;
        let tasks = self.client.tasks(&contact).list().await.map_err(ghl)?;
        Ok(ListPage { records: tasks.iter().map(|t| task_snapshot(&contact, t)).collect(), next: None })
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        let contact = parent(at)?;
        match self.client.tasks(&contact).get(&TaskId::new(at.id.as_str())).await {
            Ok(task) => Ok(Read::Found(task_snapshot(&contact, &task))),
            Err(error) if error.is_not_found() => Ok(Read::Gone),
            Err(error) => Err(ghl(error)),
        }
    }

    async fn create(&self, scope: &Scope, raw: &Raw, marker: &Marker) -> Result<Written, WriteError> {
        let contact = contact(scope).map_err(WriteError::NotApplied)?;
        let new = NewTask::new(text(raw, "title")?, due(raw)?)
            .body(marked(text(raw, "body")?, marker))
            .completed(is_done(raw));
        let task = self.client.tasks(&contact).create(&new).await.map_err(ghl_write)?;
        Ok(Written { id: RecordId::new(&task.id), stored: Some(task_snapshot(&contact, &task)) })
    }

    async fn update(&self, seen: &Snapshot, part: &Part, marker: &Marker) -> Result<Written, WriteError> {
        let (at, raw) = (&seen.at, fields(part)?);
        let contact = parent(at).map_err(WriteError::NotApplied)?;
        let mut update = TaskUpdate::new();
        for name in raw.keys() {
            update = match name.as_str() {
                "title" => update.title(text(raw, name)?),
                "dueDate" => update.due_date(due(raw)?),
                "body" => update.body(marked(text(raw, name)?, marker)),
                "completed" => update.completed(is_done(raw)),
                _ => return Err(unusable(name)),
            };
        }
        let id = TaskId::new(at.id.as_str());
        let task = self.client.tasks(&contact).update(&id, &update).await.map_err(ghl_write)?;
        Ok(Written { id: RecordId::new(&task.id), stored: Some(task_snapshot(&contact, &task)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_comes_back_from_the_last_line() {
        let marker = Marker::new("moloni:5:doc:42:issued");
        let (text, found) = unmarked(&marked("Two\nlines", &marker));
        assert_eq!((text.as_str(), found), ("Two\nlines", Some(marker)));
    }

    #[test]
    fn what_people_write_is_no_marker() {
        for body in ["", "one line", "two\nlines", "see\nmoloni: the books", "moloni:5"] {
            assert_eq!(unmarked(body), (body.to_owned(), None), "{body}");
        }
    }
}
