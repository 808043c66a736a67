use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::{ContactId, UserId};
use crate::types::{lenient_time, null_as_default};

/// An appointment as a webhook tells of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Appointment {
    /// The id.
    pub id: String,
    /// Whose appointment it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
    /// The calendar it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calendar_id: Option<String>,
    /// The group of calendars it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What becomes of it, such as `confirmed`, `cancelled` or `noshow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appointment_status: Option<String>,
    /// The user it is with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_user_id: Option<UserId>,
    /// All users it is with.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<UserId>,
    /// Where it is, such as a street or a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What was noted when it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Where it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// When it begins. `None` also for a time without a zone, which only the calendar's location can place.
    #[serde(default, deserialize_with = "lenient_time", skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// When it ends, as [`start_time`](Self::start_time).
    #[serde(default, deserialize_with = "lenient_time", skip_serializing_if = "Option::is_none")]
    pub end_time: Option<Timestamp>,
    /// When it was made.
    #[serde(default, deserialize_with = "lenient_time", skip_serializing_if = "Option::is_none")]
    pub date_added: Option<Timestamp>,
    /// When it last changed.
    #[serde(default, deserialize_with = "lenient_time", skip_serializing_if = "Option::is_none")]
    pub date_updated: Option<Timestamp>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Appointment {
    /// An appointment with nothing but an id, for tests.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            contact_id: None,
            calendar_id: None,
            group_id: None,
            title: None,
            appointment_status: None,
            assigned_user_id: None,
            users: Vec::new(),
            address: None,
            notes: None,
            source: None,
            start_time: None,
            end_time: None,
            date_added: None,
            date_updated: None,
            extra: Map::new(),
        }
    }
}
