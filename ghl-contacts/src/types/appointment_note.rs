use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::null::null_as_default;
use super::time;
use crate::ids::{ContactId, NoteId, UserId};

/// A note of an appointment. The notes of a contact are others: [`Note`](crate::Note).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AppointmentNote {
    /// The id.
    pub id: NoteId,
    /// The text.
    #[serde(default, deserialize_with = "null_as_default")]
    pub body: String,
    /// Who it is said to be by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Whose appointment it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
    /// When it was written.
    #[serde(default, deserialize_with = "time::lenient", skip_serializing_if = "Option::is_none")]
    pub date_added: Option<Timestamp>,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<NoteAuthor>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl AppointmentNote {
    /// A note, for tests.
    pub fn new(id: impl Into<NoteId>, body: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            body: body.into(),
            user_id: None,
            contact_id: None,
            date_added: None,
            created_by: None,
            extra: Map::new(),
        }
    }
}

/// Who wrote an [`AppointmentNote`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NoteAuthor {
    /// The user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<UserId>,
    /// The user's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl NoteAuthor {
    /// An author of whom nothing is known, for tests.
    pub fn new() -> Self {
        Self::default()
    }
}

/// A note to write to an appointment, and also what an update makes of one: the service wants the text each time.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewAppointmentNote {
    body: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<UserId>,
}

impl NewAppointmentNote {
    /// A note with this text of at most 5000 characters.
    pub fn new(body: impl Into<String>) -> Self {
        Self { body: body.into(), user_id: None }
    }

    /// Names a user as its author.
    #[must_use]
    pub fn user_id(mut self, user: impl Into<UserId>) -> Self {
        self.user_id = Some(user.into());
        self
    }
}
