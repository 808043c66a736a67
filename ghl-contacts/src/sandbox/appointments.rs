use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use sync_core::sandbox_kit::Answer;

use super::children::Child;
use super::normal::iso;
use super::refuse::Reply;
use super::route::Call;
use super::validate::{Field, Kind, Schema};
use super::world::World;

const OPTIONAL: &[Field] = &[
    Field::text("calendarId"),
    Field::text("title"),
    Field::text("assignedUserId"),
    Field::text("notes"),
    Field::text("address"),
    Field::text("groupId"),
    Field::text("status"),
    Field::text("appointmentStatus"),
    Field::new("users", Kind::Texts),
    Field::new("assignedResources", Kind::Texts),
];
pub(super) const CREATE_BY_HAND: Schema =
    &[OPTIONAL, &[Field::text("startTime").required(), Field::text("endTime").required()]];
pub(super) const UPDATE_BY_HAND: Schema = &[OPTIONAL, &[Field::text("startTime"), Field::text("endTime")]];

/// Reads a time with an offset, or one of the location's clocks, which show UTC here.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    let local = || TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok();
    text.parse().ok().or_else(local)
}

/// The body with its times in UTC.
pub(super) fn stored(body: &Map<String, Value>) -> Map<String, Value> {
    let mut fields = body.clone();
    for name in ["startTime", "endTime"] {
        if let Some(at) = body.get(name).and_then(Value::as_str).and_then(instant) {
            fields.insert(name.to_owned(), json!(iso(at)));
        }
    }
    fields
}

pub(super) fn view(appointment: &Child, location: &str) -> Value {
    // The location's own time, without a zone.
    let local = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let mut view = appointment.fields.clone();
    for name in ["startTime", "endTime"] {
        if let Some(at) = appointment.fields.get(name).and_then(Value::as_str).and_then(instant) {
            view.insert(name.to_owned(), json!(local(at)));
        }
    }
    view.insert("id".to_owned(), json!(appointment.id));
    view.insert("contactId".to_owned(), json!(appointment.contact));
    view.insert("locationId".to_owned(), json!(location));
    view.insert("dateAdded".to_owned(), json!(local(appointment.added)));
    view.insert("dateUpdated".to_owned(), json!(local(appointment.updated)));
    Value::Object(view)
}

pub(super) fn list(world: &mut World, call: &Call<'_>) -> Reply {
    let contact = world.contact(call)?;
    let of_contact = world.appointments.of(&contact.id);
    let events: Vec<Value> = of_contact.map(|a| view(a, &contact.location)).collect();
    Ok(Answer::json(200, json!({ "events": events })))
}
