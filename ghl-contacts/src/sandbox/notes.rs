use serde_json::{Value, json};
use sync_core::sandbox_kit::Answer;

use super::children::Child;
use super::normal::iso;
use super::refuse::Reply;
use super::route::Call;
use super::validate::{Field, Kind, Schema};
use super::world::World;

const OPTIONAL: &[Field] = &[
    Field::text("userId"),
    Field::text("title"),
    Field::new("color", Kind::Color),
    Field::new("pinned", Kind::Bool),
];
pub(super) const CREATE: Schema = &[OPTIONAL, &[Field::text("body").required()]];
pub(super) const UPDATE: Schema = &[OPTIONAL, &[Field::text("body")]];

pub(super) fn view(note: &Child) -> Value {
    let mut view = note.fields.clone();
    view.insert("id".to_owned(), json!(note.id));
    view.insert("contactId".to_owned(), json!(note.contact));
    view.insert("dateAdded".to_owned(), json!(iso(note.added)));
    Value::Object(view)
}

pub(super) fn list(world: &mut World, call: &Call<'_>) -> Reply {
    let contact = world.contact(call)?;
    let notes: Vec<Value> = world.notes.of(&contact.id).map(view).collect();
    Ok(Answer::json(200, json!({ "notes": notes })))
}

pub(super) fn get(world: &mut World, call: &Call<'_>) -> Reply {
    let contact = world.contact(call)?;
    Ok(Answer::json(200, json!({ "note": view(world.notes.find(Some(&contact.id), call.param(1))?) })))
}

pub(super) fn create(world: &mut World, call: &Call<'_>) -> Reply {
    let contact = world.contact(call)?.id.clone();
    let id = world.new_id();
    let note = world.notes.add(id, &contact, call.body.clone(), call.now);
    Ok(Answer::json(201, json!({ "note": view(&note) })).with_effect())
}

pub(super) fn update(world: &mut World, call: &Call<'_>) -> Reply {
    let contact = world.contact(call)?.id.clone();
    let note = world.notes.update(Some(&contact), call.param(1), call.body.clone(), call.now)?;
    Ok(Answer::json(200, json!({ "note": view(note) })).with_effect())
}

pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Reply {
    let contact = world.contact(call)?.id.clone();
    world.notes.remove(Some(&contact), call.param(1))?;
    Ok(Answer::json(200, call.done()).with_effect())
}
