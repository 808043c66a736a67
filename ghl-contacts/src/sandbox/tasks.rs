use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sync_core::sandbox_kit::Answer;

use super::children::Child;
use super::normal::iso;
use super::refuse::Reply;
use super::route::Call;
use super::validate::{Field, Kind, Schema};
use super::world::World;

const OPTIONAL: &[Field] = &[Field::text("body"), Field::text("assignedTo")];
pub(super) const CREATE: Schema = &[
    OPTIONAL,
    &[
        Field::text("title").required(),
        Field::new("dueDate", Kind::Instant).required(),
        Field::new("completed", Kind::Bool).required(),
    ],
];
pub(super) const UPDATE: Schema = &[
    OPTIONAL,
    &[Field::text("title"), Field::new("dueDate", Kind::Instant), Field::new("completed", Kind::Bool)],
];
pub(super) const COMPLETE: Schema = &[&[Field::new("completed", Kind::Bool).required()]];

pub(super) fn view(task: &Child) -> Value {
    let mut view = task.fields.clone();
    view.insert("id".to_owned(), json!(task.id));
    view.insert("contactId".to_owned(), json!(task.contact));
    Value::Object(view)
}

/// The body with the due date in UTC.
pub(super) fn stored(body: &Map<String, Value>) -> Map<String, Value> {
    let mut fields = body.clone();
    let due = body.get("dueDate").and_then(Value::as_str).and_then(|text| text.parse::<Timestamp>().ok());
    if let Some(due) = due {
        fields.insert("dueDate".to_owned(), json!(iso(due)));
    }
    fields
}

pub(super) fn list(world: &mut World, call: &Call<'_>) -> Reply {
    let contact = world.contact(call)?;
    let tasks: Vec<Value> = world.tasks.of(&contact.id).map(view).collect();
    Ok(Answer::json(200, json!({ "tasks": tasks })))
}

pub(super) fn get(world: &mut World, call: &Call<'_>) -> Reply {
    let contact = world.contact(call)?;
    Ok(Answer::json(200, json!({ "task": view(world.tasks.find(Some(&contact.id), call.param(1))?) })))
}

pub(super) fn create(world: &mut World, call: &Call<'_>) -> Reply {
    let contact = world.contact(call)?.id.clone();
    let id = world.new_id();
    let task = world.tasks.add(id, &contact, stored(&call.body), call.now);
    Ok(Answer::json(201, json!({ "task": view(&task) })).with_effect())
}

/// Also what completes a task: the body then holds that one field.
pub(super) fn update(world: &mut World, call: &Call<'_>) -> Reply {
    let contact = world.contact(call)?.id.clone();
    let task = world.tasks.update(Some(&contact), call.param(1), stored(&call.body), call.now)?;
    Ok(Answer::json(200, json!({ "task": view(task) })).with_effect())
}

pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Reply {
    let contact = world.contact(call)?.id.clone();
    world.tasks.remove(Some(&contact), call.param(1))?;
    Ok(Answer::json(200, call.done()).with_effect())
}
