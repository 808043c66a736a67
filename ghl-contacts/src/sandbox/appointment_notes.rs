use serde_json::{Value, json};
use sync_core::sandbox_kit::Answer;

use super::children::Child;
use super::normal::iso;
use super::refuse::Reply;
use super::route::Call;
use super::validate::{Field, Kind, Schema};
use super::world::World;

/// Of a create and of an update: both want the whole text.
pub(super) const NOTE: Schema = &[&[Field::new("body", Kind::Short(5000)).required(), Field::text("userId")]];
pub(super) const LIST: &[(&str, bool)] = &[("limit", true), ("offset", true)];

impl World {
    /// A note of an appointment, which stands in the place of a contact here.
    pub(super) fn appointment_note(&self, note: &Child) -> Value {
        let mut view = note.fields.clone();
        let contact = self.appointments.find(None, &note.contact).map(|appointment| &appointment.contact);
        let author = note.fields.get("userId").and_then(Value::as_str);
        let name = author.and_then(|id| self.users.iter().find(|user| user.id == id)).map(|user| &user.name);
        view.insert("id".to_owned(), json!(note.id));
        view.insert("contactId".to_owned(), json!(contact.ok()));
        view.insert("dateAdded".to_owned(), json!(iso(note.added)));
        view.insert("createdBy".to_owned(), json!({ "id": author, "name": name }));
        Value::Object(view)
    }
}

pub(super) fn list(world: &mut World, call: &Call<'_>) -> Reply {
    let appointment = world.appointment(call)?;
    let (limit, offset) = (call.number("limit", 20, 20)?, call.number("offset", 0, usize::MAX)?);
    let all: Vec<&Child> = world.appointment_notes.of(&appointment.id).collect();
    let more = all.len() > offset.saturating_add(limit);
    let page: Vec<Value> =
        all.into_iter().skip(offset).take(limit).map(|note| world.appointment_note(note)).collect();
    Ok(Answer::json(200, json!({ "notes": page, "hasMore": more })))
}

pub(super) fn create(world: &mut World, call: &Call<'_>) -> Reply {
    let appointment = world.appointment(call)?.id.clone();
    let id = world.new_id();
    let note = world.appointment_notes.add(id, &appointment, call.body.clone(), call.now);
    Ok(Answer::json(201, json!({ "note": world.appointment_note(&note) })).with_effect())
}

pub(super) fn update(world: &mut World, call: &Call<'_>) -> Reply {
    let appointment = world.appointment(call)?.id.clone();
    let body = call.body.clone();
    let note = world.appointment_notes.update(Some(&appointment), call.param(1), body, call.now)?.clone();
    Ok(Answer::json(200, json!({ "note": world.appointment_note(&note) })).with_effect())
}

pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Reply {
    let appointment = world.appointment(call)?.id.clone();
    world.appointment_notes.remove(Some(&appointment), call.param(1))?;
    Ok(Answer::json(200, json!({ "success": true })).with_effect())
}
