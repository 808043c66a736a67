//! What happens, as webhooks tell of it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::auth::Holder;
use super::children::{Change, Verb};
use super::contact::Contact;
use super::normal::iso;
use super::world::World;

type Object = Map<String, Value>;

/// The fields of a contact that an event has.
const OF_CONTACT: &[&str] = &[
    "address1",
    "city",
    "state",
    "companyName",
    "country",
    "source",
    "dateOfBirth",
    "email",
    "firstName",
    "lastName",
    "phone",
    "postalCode",
    "website",
    "assignedTo",
];
const OF_APPOINTMENT: &[&str] = &[
    "address",
    "title",
    "calendarId",
    "groupId",
    "appointmentStatus",
    "assignedUserId",
    "users",
    "notes",
    "startTime",
    "endTime",
];

fn object(value: Value) -> Object {
    if let Value::Object(object) = value { object } else { Object::new() }
}

fn only(fields: &Object, names: &[&str]) -> Object {
    let kept = fields.iter().filter(|(name, _)| names.contains(&name.as_str()));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn contact(kind: &str, contact: &Contact) -> Object {
    let custom = contact.custom.iter().map(|(id, value)| json!({ "id": id, "value": value }));
    let mut event = only(&contact.fields, OF_CONTACT);
    event.extend(object(json!({
        "type": kind,
        "locationId": contact.location,
        "id": contact.id,
        "name": contact.full_name(),
        "tags": contact.tags,
        "customFields": custom.collect::<Vec<_>>(),
        "attachments": [],
        "dnd": contact.fields.get("dnd").cloned().unwrap_or(json!(false)),
        "dateAdded": iso(contact.added),
    })));
    if kind == "ContactDndUpdate" {
        let settings = contact.fields.get("dndSettings").cloned().unwrap_or(json!({}));
        event.insert("dndSettings".to_owned(), settings);
    }
    event
}

/// Which events a change makes.
fn kinds(before: Option<&Contact>, after: &Contact) -> Vec<&'static str> {
    let Some(before) = before else { return vec!["ContactCreate"] };
    if after.deleted {
        return vec!["ContactDelete"];
    }
    let tags = before.tags != after.tags;
    let dnd = ["dnd", "dndSettings"].iter().any(|name| before.fields.get(*name) != after.fields.get(*name));
    let rest = |contact: &Contact| {
        let mut rest = self::contact("", contact);
        rest.remove("tags");
        rest.remove("dnd");
        rest
    };
    let special = [(tags, "ContactTagUpdate"), (dnd, "ContactDndUpdate")];
    let mut kinds: Vec<_> =
        special.into_iter().filter(|(changed, _)| *changed).map(|(_, kind)| kind).collect();
    // A write that changes nothing is told all the same.
    if kinds.is_empty() || rest(before) != rest(after) {
        kinds.insert(0, "ContactUpdate");
    }
    kinds
}

fn note(Change { verb, child, .. }: &Change) -> Object {
    let mut event = only(&child.fields, &["body"]);
    event.extend(object(json!({
        "type": format!("Note{verb:?}"),
        "id": child.id,
        "contactId": child.contact,
        "dateAdded": iso(child.added),
    })));
    event
}

/// There is no event for a change of a task that does not complete it, and a new one tells little of itself.
fn task(Change { verb, before, child }: &Change) -> Option<Object> {
    let done = |fields: &Object| fields.get("completed") == Some(&json!(true));
    let (kind, names, contact): (_, &[&str], _) = match (verb, before) {
        (Verb::Create, _) => ("TaskCreate", &["assignedTo", "title", "dueDate"], None),
        (Verb::Update, Some(before)) if done(&child.fields) && !done(&before.fields) => {
            ("TaskComplete", &["assignedTo", "title", "dueDate", "body"], Some(&child.contact))
        }
        (Verb::Update, _) => return None,
        (Verb::Delete, _) => {
            ("TaskDelete", &["assignedTo", "title", "dueDate", "body"], Some(&child.contact))
        }
    };
    let mut event = only(&child.fields, names);
    event.extend(object(json!({ "type": kind, "id": child.id, "dateAdded": iso(child.added) })));
    event.extend(contact.map(|id| ("contactId".to_owned(), json!(id))));
    Some(event)
}

fn appointment(Change { verb, child, .. }: &Change) -> Object {
    let mut appointment = only(&child.fields, OF_APPOINTMENT);
    appointment.extend(object(json!({
        "id": child.id,
        "contactId": child.contact,
        "source": "third_party",
        "dateAdded": iso(child.added),
        "dateUpdated": iso(child.updated),
    })));
    object(json!({ "type": format!("Appointment{verb:?}"), "appointment": appointment }))
}

impl World {
    /// Notes the events of a contact that is about to be stored like this.
    pub(super) fn tell_of_contact(&mut self, after: &Contact) {
        if self.outbox.is_open() {
            let kinds = kinds(self.contacts.get(&after.id), after);
            self.news.extend(kinds.into_iter().map(|kind| contact(kind, after)));
        }
    }

    /// Notes the event of an installation.
    pub(super) fn tell_of_install(&mut self, holder: &Holder) {
        let mut event = object(json!({
            "type": "INSTALL",
            "installType": "Company",
            "companyId": self.credentials.company_id,
            "userId": self.credentials.user_id,
            "companyName": "Ribeira Lda",
            "isWhitelabelCompany": false,
            "whitelabelDetails": {},
            "trial": {},
        }));
        if let Holder::Location(id) = holder {
            event.extend(object(json!({ "installType": "Location", "locationId": id })));
        }
        self.news.push(event);
    }

    /// Sends webhooks of all that the present call has changed.
    pub(super) fn publish(&mut self, now: Timestamp) {
        let mut news = std::mem::take(&mut self.news);
        let notes: Vec<_> = self.notes.take_changes();
        let tasks: Vec<_> = self.tasks.take_changes();
        let appointments: Vec<_> = self.appointments.take_changes();
        if !self.outbox.is_open() {
            return;
        }
        let location = |change: &Change| self.contacts.get(&change.child.contact).map(|c| json!(c.location));
        let placed = |change: &Change, mut event: Object| {
            event.extend(location(change).map(|id| ("locationId".to_owned(), id)));
            event
        };
        news.extend(notes.iter().map(|change| placed(change, note(change))));
        news.extend(tasks.iter().filter_map(|change| Some(placed(change, task(change)?))));
        news.extend(appointments.iter().map(|change| placed(change, appointment(change))));
        for event in news {
            self.outbox.leave(self.dated(event, now));
        }
    }

    /// The event with what is around each of them.
    pub(super) fn dated(&self, mut event: Object, now: Timestamp) -> Object {
        let around = json!({
            "timestamp": iso(now),
            "appId": self.app_id(),
            "versionId": self.app_id(),
        });
        for (name, value) in object(around) {
            event.entry(name).or_insert(value);
        }
        event
    }
}
