use serde_json::{Value, json};
use sync_core::sandbox_kit::Answer;

use super::children::Child;
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

pub(super) fn view(appointment: &Child, location: &str) -> Value {
    // The location's own time, without a zone.
    let local = |at: jiff::Timestamp| at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let mut view = appointment.fields.clone();
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
