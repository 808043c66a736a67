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
use super::input::{fields, filled, flag, moment, text_or_empty, unknown};
use super::marker::LastLine;
use crate::client::Client;
use crate::ids::{ContactId, TaskId};
use crate::types::{NewTask, Task, TaskUpdate};

const WRITABLE: &[&str] = &["title", "body", "dueDate", "completed", "assignedTo"];

/// The tasks of contacts.
///
/// Its name is `tasks`, and tasks are listed under their contact. The fields are `title`, `body`, `dueDate`,
/// `completed` and `assignedTo`; a task must have title and due date, and of the others the body alone can be cleared.
/// The last line of the body of a task of ours is its marker, and is no part of `body` here.
///
/// Tasks have no times of change and creation, and no unique fields. [`remove`](Collection::remove) deletes. The scopes
/// are `contacts.readonly` and `contacts.write`.
#[derive(Debug, Clone)]
pub struct TaskCollection {
    client: Client,
    marker: LastLine,
    caps: Caps,
}

impl TaskCollection {
    /// The tasks of the contacts of the client's location. A last line counts as a marker if it starts with
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

    fn snapshot(&self, contact: &ContactId, task: &Task) -> Snapshot {
        let (body, marker) = self.marker.read(task.body.as_deref().unwrap_or_default());
        let assigned = task.assigned_to.as_ref().map(ToString::to_string);
        let raw = Raw::from_iter([
            ("title".to_owned(), task.title.clone().into()),
            ("body".to_owned(), body.into()),
            ("dueDate".to_owned(), task.due_date.map(|due| due.to_string()).into()),
            ("completed".to_owned(), task.completed.into()),
            ("assignedTo".to_owned(), assigned.into()),
        ]);
        Snapshot::new(under(contact, &task.id), raw).with_marker(marker)
    }

    fn written(&self, contact: &ContactId, task: &Task) -> Written {
        Written { id: RecordId::new(&task.id), stored: Some(self.snapshot(contact, task)) }
    }

    fn new_task(&self, raw: &Raw, marker: &Marker) -> Result<NewTask, Fault> {
        let of = |name: &str| raw.get(name).unwrap_or(&Value::Null);
        let mut new = NewTask::new(filled("title", of("title"))?, moment("dueDate", of("dueDate"))?)
            .body(self.marker.write(text_or_empty("body", of("body"))?, marker)?);
        for (name, value) in raw.iter().filter(|(_, value)| !value.is_null()) {
            new = match name.as_str() {
                "title" | "dueDate" | "body" => new,
                "completed" => new.completed(flag(name, value)?),
                "assignedTo" => new.assigned_to(filled(name, value)?),
                _ => return Err(unknown("tasks", name, WRITABLE)),
            };
        }
        Ok(new)
    }

    fn task_update(&self, raw: &Raw, marker: &Marker) -> Result<TaskUpdate, Fault> {
        let mut update = TaskUpdate::new();
        for (name, value) in raw {
            update = match name.as_str() {
                "title" => update.title(filled(name, value)?),
                "dueDate" => update.due_date(moment(name, value)?),
                "body" => update.body(self.marker.write(text_or_empty(name, value)?, marker)?),
                "completed" => update.completed(flag(name, value)?),
                "assignedTo" => update.assigned_to(filled(name, value)?),
                _ => return Err(unknown("tasks", name, WRITABLE)),
            };
        }
        Ok(update)
    }
}

#[async_trait]
impl Collection for TaskCollection {
    fn name(&self) -> &'static str {
        "tasks"
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    async fn identity(&self) -> Result<AccountKey, Fault> {
        Ok(Client::account_key(self.client.location()))
    }

    async fn list(&self, scope: &Scope, _: Option<&PageToken>) -> Result<ListPage, Fault> {
        let contact = contact(scope)?;
        let tasks = self.client.tasks(&contact).list().await?;
        Ok(ListPage { records: tasks.iter().map(|task| self.snapshot(&contact, task)).collect(), next: None })
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        let contact = parent(at)?;
        match self.client.tasks(&contact).get(&TaskId::new(at.id.as_str())).await {
            Ok(task) => Ok(Read::Found(self.snapshot(&contact, &task))),
            Err(error) if error.is_not_found() => Ok(Read::Gone),
            Err(error) => Err(error.into()),
        }
    }

    async fn create(&self, scope: &Scope, raw: &Raw, marker: &Marker) -> Result<Written, WriteError> {
        let contact = contact(scope).map_err(not_applied)?;
        let new = self.new_task(raw, marker).map_err(not_applied)?;
        let task = self.client.tasks(&contact).create(&new).await?;
        Ok(self.written(&contact, &task))
    }

    async fn update(&self, seen: &Snapshot, part: &Part, marker: &Marker) -> Result<Written, WriteError> {
        let contact = parent(&seen.at).map_err(not_applied)?;
        let update = self.task_update(fields(part).map_err(not_applied)?, marker).map_err(not_applied)?;
        let task = self.client.tasks(&contact).update(&TaskId::new(seen.at.id.as_str()), &update).await?;
        Ok(self.written(&contact, &task))
    }

    async fn remove(&self, seen: &Snapshot) -> Result<(), WriteError> {
        let contact = parent(&seen.at).map_err(not_applied)?;
        Ok(self.client.tasks(&contact).delete(&TaskId::new(seen.at.id.as_str())).await?)
    }
}
