//! Appointments as the calendars have them. A contact's own list is in `appointments`.

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use sync_core::sandbox_kit::Answer;

use super::appointments::{instant, stored};
use super::children::Child;
use super::normal::iso;
use super::refuse::{Refusal, Reply};
use super::route::Call;
use super::validate::{Field, Kind, Schema};
use super::world::World;

const STATUSES: &[&str] = &["new", "confirmed", "cancelled", "showed", "noshow", "invalid"];
const PLACES: &[&str] = &["custom", "zoom", "gmeet", "phone", "address", "ms_teams", "google"];
const OPTIONAL: &[Field] = &[
    Field::new("endTime", Kind::Instant),
    Field::text("title"),
    Field::text("description"),
    Field::text("address"),
    Field::new("appointmentStatus", Kind::OneOf(STATUSES)),
    Field::text("assignedUserId"),
    Field::new("meetingLocationType", Kind::OneOf(PLACES)),
    Field::text("meetingLocationId"),
    Field::new("overrideLocationConfig", Kind::Bool),
    Field::new("ignoreDateRange", Kind::Bool),
    Field::new("toNotify", Kind::Bool),
    Field::new("ignoreFreeSlotValidation", Kind::Bool),
    Field::text("rrule"),
];
pub(super) const CREATE: Schema = &[
    OPTIONAL,
    &[
        Field::text("calendarId").required(),
        Field::text("locationId").required(),
        Field::text("contactId").required(),
        Field::new("startTime", Kind::Instant).required(),
    ],
];
pub(super) const UPDATE: Schema =
    &[OPTIONAL, &[Field::text("calendarId"), Field::new("startTime", Kind::Instant)]];
pub(super) const LIST: &[(&str, bool)] = &[
    ("locationId", true),
    ("startTime", true),
    ("endTime", true),
    ("userId", false),
    ("calendarId", false),
    ("groupId", false),
];

/// Steers the call and is not stored.
const SWITCHES: [&str; 4] =
    ["overrideLocationConfig", "ignoreDateRange", "toNotify", "ignoreFreeSlotValidation"];
/// What the answers to a create and an update have.
const SHORT: [&str; 13] = [
    "id",
    "calendarId",
    "locationId",
    "contactId",
    "startTime",
    "endTime",
    "title",
    "meetingLocationType",
    "appointmentStatus",
    "assignedUserId",
    "address",
    "isRecurring",
    "rrule",
];
const SLOT: SignedDuration = SignedDuration::from_mins(30);

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name)?.as_str()
}

fn time(fields: &Map<String, Value>, name: &str) -> Option<Timestamp> {
    instant(text(fields, name)?)
}

impl World {
    /// Removes an appointment with its notes.
    pub(super) fn drop_appointment(&mut self, id: &str) -> Result<(), Refusal> {
        self.appointments.remove(None, id)?;
        self.appointment_notes.remove_all_of(id);
        Ok(())
    }

    /// Removes all appointments of a contact with their notes.
    pub(super) fn drop_appointments_of(&mut self, contact: &str) {
        for appointment in self.appointments.of(contact) {
            self.appointment_notes.remove_all_of(&appointment.id);
        }
        self.appointments.remove_all_of(contact);
    }

    fn location_of(&self, appointment: &Child) -> &str {
        self.contacts.get(&appointment.contact).map_or("", |contact| contact.location.as_str())
    }

    /// The appointment that the first open segment of the path names, if the token may see it.
    pub(super) fn appointment(&self, call: &Call<'_>) -> Result<&Child, Refusal> {
        match self.appointments.find(None, call.param(0)) {
            Ok(found) if self.location_of(found) == call.location() => Ok(found),
            Ok(_) => Err(Refusal::other_location()),
            Err(_) => Err(Refusal::bad_request("The event id is invalid")),
        }
    }

    /// Checks the calendar and the times of an appointment that is to be stored.
    fn check_slot(
        &self,
        fields: &Map<String, Value>,
        free: bool,
        except: Option<&str>,
    ) -> Result<(), Refusal> {
        if text(fields, "calendarId") != Some(&self.credentials.calendar_id) {
            return Err(Refusal::bad_request("The calendar id is invalid"));
        }
        let (start, end) = (time(fields, "startTime"), time(fields, "endTime"));
        if end <= start {
            return Err(Refusal::bad_request("endTime must be after startTime"));
        }
        let taken = self.appointments.iter().any(|other| {
            let other_times = (time(&other.fields, "startTime"), time(&other.fields, "endTime"));
            let holds =
                !matches!(text(&other.fields, "appointmentStatus"), Some("cancelled" | "noshow" | "invalid"));
            holds
                && Some(other.id.as_str()) != except
                && text(&other.fields, "calendarId") == text(fields, "calendarId")
                && start < other_times.1
                && other_times.0 < end
        });
        if taken && !free {
            return Err(Refusal::bad_request("The slot you have selected is no longer available."));
        }
        Ok(())
    }

    /// As a get and a list answer it.
    fn event(&self, appointment: &Child) -> Map<String, Value> {
        let mut view = appointment.fields.clone();
        for name in ["startTime", "endTime"] {
            if let Some(at) = time(&appointment.fields, name) {
                view.insert(name.to_owned(), json!(at.display_with_offset(Offset::UTC).to_string()));
            }
        }
        view.insert("id".to_owned(), json!(appointment.id));
        view.insert("contactId".to_owned(), json!(appointment.contact));
        view.insert("locationId".to_owned(), json!(self.location_of(appointment)));
        view.insert("isRecurring".to_owned(), json!(appointment.fields.contains_key("rrule")));
        view.insert("dateAdded".to_owned(), json!(iso(appointment.added)));
        view.insert("dateUpdated".to_owned(), json!(iso(appointment.updated)));
        let by_default = [
            ("appointmentStatus", json!("confirmed")),
            ("assignedResources", json!([])),
            ("users", json!([])),
        ];
        for (name, value) in by_default {
            view.entry(name).or_insert(value);
        }
        view
    }

    /// As a create and an update answer it: the bare appointment. Only v3 has its dates.
    fn bare(&self, appointment: &Child, v3: bool) -> Value {
        let mut event = self.event(appointment);
        event.retain(|name, _| SHORT.contains(&name.as_str()) || v3 && name.starts_with("date"));
        Value::Object(event)
    }
}

/// What is to be stored of a body, and whether the time need not be free.
fn given(call: &Call<'_>) -> (Map<String, Value>, bool) {
    let free = call.body.get("ignoreFreeSlotValidation") == Some(&Value::Bool(true));
    let mut fields = stored(&call.body);
    fields.retain(|name, _| !SWITCHES.contains(&name.as_str()));
    if !free {
        fields.remove("rrule");
    }
    if fields.contains_key("address") {
        fields.entry("meetingLocationType").or_insert(json!("custom"));
    }
    (fields, free)
}

pub(super) fn create(world: &mut World, call: &Call<'_>) -> Reply {
    let (mut fields, free) = given(call);
    for outer in ["locationId", "contactId"] {
        fields.remove(outer);
    }
    let id = call.text("contactId").unwrap_or_default();
    let contact = world.contacts.get(id).filter(|c| !c.deleted && c.location == call.location());
    let contact = contact.ok_or_else(|| Refusal::bad_request("The contact id is invalid"))?;
    fields.entry("title").or_insert_with(|| json!(contact.full_name()));
    fields.entry("appointmentStatus").or_insert(json!("confirmed"));
    fields.entry("meetingLocationType").or_insert(json!("default"));
    let end = time(&fields, "startTime").and_then(|start| start.checked_add(SLOT).ok());
    if let Some(end) = end {
        fields.entry("endTime").or_insert(json!(iso(end)));
    }
    world.check_slot(&fields, free, None)?;
    let (contact, id) = (contact.id.clone(), world.new_id());
    let booked = world.appointments.add(id, &contact, fields, call.now);
    Ok(Answer::json(200, world.bare(&booked, call.v3)).with_effect())
}

pub(super) fn get(world: &mut World, call: &Call<'_>) -> Reply {
    Ok(Answer::json(200, json!({ "event": world.event(world.appointment(call)?) })))
}

/// One that begins at another time takes as long as before, unless its end is given too.
pub(super) fn update(world: &mut World, call: &Call<'_>) -> Reply {
    let (mut fields, free) = given(call);
    let before = world.appointment(call)?.clone();
    let length = time(&before.fields, "endTime").zip(time(&before.fields, "startTime"));
    let length = length.map_or(SLOT, |(end, start)| end.duration_since(start));
    if let Some(end) = time(&fields, "startTime").and_then(|start| start.checked_add(length).ok()) {
        fields.entry("endTime").or_insert(json!(iso(end)));
    }
    if ["startTime", "endTime", "calendarId"].iter().any(|name| fields.contains_key(*name)) {
        let mut whole = before.fields.clone();
        whole.extend(fields.clone());
        world.check_slot(&whole, free, Some(&before.id))?;
    }
    let changed = world.appointments.update(None, &before.id, fields, call.now)?.clone();
    Ok(Answer::json(200, world.bare(&changed, call.v3)).with_effect())
}

pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Reply {
    let id = world.appointment(call)?.id.clone();
    world.drop_appointment(&id)?;
    Ok(Answer::json(201, json!({ "succeeded": true })).with_effect())
}

pub(super) fn list(world: &mut World, call: &Call<'_>) -> Reply {
    let query = |name: &str| call.request.query(name);
    let millis = |name: &str| {
        let at = query(name).and_then(|text| Timestamp::from_millisecond(text.parse().ok()?).ok());
        at.ok_or_else(|| Refusal::unprocessable(vec![format!("{name} must be a number string")]))
    };
    let (from, to) = (millis("startTime")?, millis("endTime")?);
    let (user, calendar, group) = (query("userId"), query("calendarId"), query("groupId"));
    if user.or(calendar).or(group).is_none() {
        let message = "either userId, groupId or calendarId should not be empty";
        return Err(Refusal::unprocessable(vec![message.to_owned()]));
    }
    let is = |fields: &Map<String, Value>, name: &str, wanted: Option<&str>| {
        wanted.is_none() || text(fields, name) == wanted
    };
    let with = |fields: &Map<String, Value>| {
        let others = fields.get("users").and_then(Value::as_array);
        is(fields, "assignedUserId", user)
            || others.is_some_and(|ids| ids.iter().any(|id| id.as_str() == user))
    };
    let mut found: Vec<&Child> = world
        .appointments
        .iter()
        .filter(|a| world.location_of(a) == call.location())
        .filter(|a| {
            with(&a.fields) && is(&a.fields, "calendarId", calendar) && is(&a.fields, "groupId", group)
        })
        .filter(|a| time(&a.fields, "startTime").is_some_and(|start| from <= start && start <= to))
        .collect();
    found.sort_by_key(|a| time(&a.fields, "startTime"));
    let events: Vec<_> = found.into_iter().map(|a| world.event(a)).collect();
    Ok(Answer::json(200, json!({ "events": events })))
}
