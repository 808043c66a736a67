use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::null::null_as_default;
use super::time;
use crate::ids::{ContactId, TaskId, UserId};

/// A task of a contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Task {
    /// The id.
    #[serde(alias = "_id")]
    pub id: TaskId,
    /// The title.
    #[serde(default, deserialize_with = "null_as_default")]
    pub title: String,
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Who is to do it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_to: Option<UserId>,
    /// When it is due.
    #[serde(default, deserialize_with = "time::lenient", skip_serializing_if = "Option::is_none")]
    pub due_date: Option<Timestamp>,
    /// Whether it is done.
    #[serde(default, deserialize_with = "null_as_default")]
    pub completed: bool,
    /// Whose task it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Task {
    /// A task, for tests.
    pub fn new(id: impl Into<TaskId>, title: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            body: None,
            assigned_to: None,
            due_date: None,
            completed: false,
            contact_id: None,
            extra: Map::new(),
        }
    }
}

/// A task to create.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewTask {
    title: String,
    due_date: Timestamp,
    completed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned_to: Option<UserId>,
}

impl NewTask {
    /// An open task.
    pub fn new(title: impl Into<String>, due: Timestamp) -> Self {
        Self { title: title.into(), due_date: due, completed: false, body: None, assigned_to: None }
    }

    /// Sets the text.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets who is to do it.
    #[must_use]
    pub fn assigned_to(mut self, user: impl Into<UserId>) -> Self {
        self.assigned_to = Some(user.into());
        self
    }

    /// Sets whether it is done already.
    #[must_use]
    pub fn completed(mut self, completed: bool) -> Self {
        self.completed = completed;
        self
    }
}

/// Changes to a task: what is not set stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskUpdate {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_date: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned_to: Option<UserId>,
}

impl TaskUpdate {
    /// No change yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the title.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Sets when it is due.
    #[must_use]
    pub fn due_date(mut self, due: Timestamp) -> Self {
        self.due_date = Some(due);
        self
    }

    /// Sets whether it is done.
    #[must_use]
    pub fn completed(mut self, completed: bool) -> Self {
        self.completed = Some(completed);
        self
    }

    /// Sets the text.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets who is to do it.
    #[must_use]
    pub fn assigned_to(mut self, user: impl Into<UserId>) -> Self {
        self.assigned_to = Some(user.into());
        self
    }
}
