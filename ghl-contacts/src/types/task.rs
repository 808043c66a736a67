use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::null::null_as_default;
use super::time;
use crate::ids::{ContactId, TaskId, UserId};

/// A task of a contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "Wire")]
#[non_exhaustive]
pub struct Task {
    /// The id.
    pub id: TaskId,
    /// The title.
    pub title: String,
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Who is to do it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_to: Option<UserId>,
    /// When it is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_date: Option<Timestamp>,
    /// Whether it is done.
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

/// A task on the wire. The search calls the id `_id`; not as an alias: a task with both would not decode.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    id: Option<TaskId>,
    #[serde(rename = "_id")]
    id_of_search: Option<TaskId>,
    #[serde(default, deserialize_with = "null_as_default")]
    title: String,
    body: Option<String>,
    assigned_to: Option<UserId>,
    #[serde(default, deserialize_with = "time::lenient")]
    due_date: Option<Timestamp>,
    #[serde(default, deserialize_with = "null_as_default")]
    completed: bool,
    contact_id: Option<ContactId>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

impl TryFrom<Wire> for Task {
    type Error = &'static str;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        Ok(Self {
            id: wire.id.or(wire.id_of_search).ok_or("missing field `id`")?,
            title: wire.title,
            body: wire.body,
            assigned_to: wire.assigned_to,
            due_date: wire.due_date,
            completed: wire.completed,
            contact_id: wire.contact_id,
            extra: wire.extra,
        })
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_id_is_read_under_either_name_and_under_both() {
        for wire in [json!({ "id": "t_1" }), json!({ "_id": "t_1" }), json!({ "_id": "x", "id": "t_1" })] {
            assert_eq!(serde_json::from_value::<Task>(wire.clone()).unwrap(), Task::new("t_1", ""), "{wire}");
        }
        let error = serde_json::from_value::<Task>(json!({ "title": "Call back" })).unwrap_err();
        assert_eq!(error.to_string(), "missing field `id`");
    }
}
