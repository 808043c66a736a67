use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::install::Install;
use super::lenient::{decode, text};
use crate::ids::ContactId;
use crate::types::{Appointment, Contact, Note, Task};

/// What happened.
///
/// There are no events for an update of a task that is not its completion, for a change between contacts and
/// companies, or for what a contact does to its own do-not-disturb settings.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A contact was created.
    ContactCreate(Box<Contact>),
    /// A contact changed. It comes whole, and does not say what changed.
    ContactUpdate(Box<Contact>),
    /// A contact was deleted. It comes as it was before.
    ContactDelete(Box<Contact>),
    /// The tags of a contact changed. It comes whole, with the tags it has now.
    ContactTagUpdate(Box<Contact>),
    /// The do-not-disturb settings of a contact changed. It comes whole, with its `dndSettings`.
    ContactDndUpdate(Box<Contact>),
    /// A note was written. It comes without its author.
    NoteCreate(Note),
    /// A note changed.
    NoteUpdate(Note),
    /// A note was deleted.
    NoteDelete(Note),
    /// A task was created. It comes without text, and without the contact it belongs to: the service's description has
    /// both, what it sends has neither. [`Tasks::list`](crate::resources::Tasks::list) of the contacts in question, or
    /// the next comparison, has to find it.
    TaskCreate(Task),
    /// A task was completed.
    TaskComplete(Task),
    /// A task was deleted.
    TaskDelete(Task),
    /// An appointment was made.
    AppointmentCreate(Box<Appointment>),
    /// An appointment changed.
    AppointmentUpdate(Box<Appointment>),
    /// An appointment was deleted.
    AppointmentDelete(Box<Appointment>),
    /// The app was installed in a location or an agency. Sent only to the app's default address.
    Install(Box<Install>),
    /// The app was removed from a location or an agency. Its tokens no longer work.
    Uninstall(Box<Install>),
    /// Something else, or an event of the above whose record has no id.
    Unknown {
        /// What the service calls it; empty if it does not say.
        kind: String,
        /// All of it.
        raw: Map<String, Value>,
    },
}

/// What belongs to the webhook and not to the record.
const AROUND: [&str; 5] = ["type", "timestamp", "webhookId", "appId", "versionId"];

impl Event {
    pub(super) fn of(kind: &str, raw: Map<String, Value>) -> Self {
        let known = match kind {
            "ContactCreate" => contact(&raw).map(Self::ContactCreate),
            "ContactUpdate" => contact(&raw).map(Self::ContactUpdate),
            "ContactDelete" => contact(&raw).map(Self::ContactDelete),
            "ContactTagUpdate" => contact(&raw).map(Self::ContactTagUpdate),
            "ContactDndUpdate" => contact(&raw).map(Self::ContactDndUpdate),
            "NoteCreate" => child(&raw).map(Self::NoteCreate),
            "NoteUpdate" => child(&raw).map(Self::NoteUpdate),
            "NoteDelete" => child(&raw).map(Self::NoteDelete),
            "TaskCreate" => child(&raw).map(Self::TaskCreate),
            "TaskComplete" => child(&raw).map(completed).map(Self::TaskComplete),
            "TaskDelete" => child(&raw).map(Self::TaskDelete),
            "AppointmentCreate" => appointment(&raw).map(Self::AppointmentCreate),
            "AppointmentUpdate" => appointment(&raw).map(Self::AppointmentUpdate),
            "AppointmentDelete" => appointment(&raw).map(Self::AppointmentDelete),
            "INSTALL" => install(&raw).map(Self::Install),
            "UNINSTALL" => install(&raw).map(Self::Uninstall),
            _ => None,
        };
        known.unwrap_or_else(|| Self::Unknown { kind: kind.to_owned(), raw })
    }

    pub(super) fn contact_id(&self) -> Option<ContactId> {
        match self {
            Self::ContactCreate(contact)
            | Self::ContactUpdate(contact)
            | Self::ContactDelete(contact)
            | Self::ContactTagUpdate(contact)
            | Self::ContactDndUpdate(contact) => Some(contact.id.clone()),
            Self::NoteCreate(note) | Self::NoteUpdate(note) | Self::NoteDelete(note) => {
                note.contact_id.clone()
            }
            Self::TaskCreate(task) | Self::TaskComplete(task) | Self::TaskDelete(task) => {
                task.contact_id.clone()
            }
            Self::AppointmentCreate(appointment)
            | Self::AppointmentUpdate(appointment)
            | Self::AppointmentDelete(appointment) => appointment.contact_id.clone(),
            Self::Install(_) | Self::Uninstall(_) => None,
            Self::Unknown { raw, .. } => {
                let named = raw.get("contactId").or_else(|| raw.get("contact_id"));
                named.and_then(text).filter(|id| !id.is_empty()).map(ContactId::new)
            }
        }
    }
}

fn without(raw: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    raw.iter()
        .filter(|(name, _)| !names.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn contact(raw: &Map<String, Value>) -> Option<Box<Contact>> {
    let mut fields = without(raw, &AROUND);
    if let (false, Some(id)) = (fields.contains_key("id"), raw.get("contactId").and_then(text)) {
        fields.insert("id".to_owned(), json!(id));
    }
    decode(&fields).map(Box::new)
}

/// A note or a task. Neither has a location.
fn child<T: DeserializeOwned>(raw: &Map<String, Value>) -> Option<T> {
    let mut fields = without(raw, &AROUND);
    fields.remove("locationId");
    decode(&fields)
}

/// The event says that it is done; the task in it does not.
fn completed(mut task: Task) -> Task {
    task.completed = true;
    task
}

/// The record is within `appointment`; the envelope around it has the location.
fn appointment(raw: &Map<String, Value>) -> Option<Box<Appointment>> {
    let within = raw.get("appointment").and_then(Value::as_object);
    decode(&within.map_or_else(|| without(raw, &AROUND), Map::clone)).map(Box::new)
}

fn install(raw: &Map<String, Value>) -> Option<Box<Install>> {
    decode(&without(raw, &["type", "timestamp", "webhookId"])).map(Box::new)
}
