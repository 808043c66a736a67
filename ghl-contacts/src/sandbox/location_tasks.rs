//! The tasks of all contacts of a location.

use serde_json::{Value, json};
use sync_core::sandbox_kit::Answer;

use super::children::Child;
use super::contact::Contact;
use super::refuse::Reply;
use super::route::Call;
use super::tasks;
use super::validate::{Field, Kind, Schema};
use super::world::World;

pub(super) const SEARCH: Schema = &[&[
    Field::new("contactId", Kind::Texts),
    Field::new("completed", Kind::Bool),
    Field::new("assignedTo", Kind::Texts),
    Field::text("query"),
    Field::new("limit", Kind::Within(0, 100)),
    Field::new("skip", Kind::Within(0, i64::MAX)),
    Field::text("businessId"),
]];

/// The id is `_id` here, and each task has a cursor that no call takes.
fn found(task: &Child, location: &str) -> Value {
    let mut view = tasks::view(task);
    if let Some(view) = view.as_object_mut() {
        view.remove("id");
        view.insert("_id".to_owned(), json!(task.id));
        view.insert("locationId".to_owned(), json!(location));
        view.insert("searchAfter".to_owned(), json!([task.added.as_millisecond(), task.id]));
    }
    view
}

#[allow(clippy::unnecessary_wraps, reason = "all handlers have one signature")]
pub(super) fn search(world: &mut World, call: &Call<'_>) -> Reply {
    let number = |name: &str, default: usize| {
        let given = call.body.get(name).and_then(Value::as_u64);
        given.and_then(|number| usize::try_from(number).ok()).unwrap_or(default)
    };
    let wanted = call.text("query").unwrap_or_default().to_lowercase();
    let (contacts, users) = (call.texts("contactId"), call.texts("assignedTo"));
    let text = |task: &Child, name: &str| {
        task.fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let page: Vec<Value> = world
        .tasks
        .iter()
        .filter(|task| {
            let owner = world.contacts.get(&task.contact).filter(|c| c.location == call.location());
            let business =
                |c: &Contact| call.text("businessId").is_none_or(|id| c.business.as_deref() == Some(id));
            owner.is_some_and(business)
        })
        .filter(|task| contacts.is_empty() || contacts.contains(&task.contact.as_str()))
        .filter(|task| users.is_empty() || users.contains(&text(task, "assignedTo").as_str()))
        .filter(|task| {
            call.body.get("completed").is_none_or(|done| task.fields.get("completed") == Some(done))
        })
        .filter(|task| text(task, "title").to_lowercase().contains(&wanted))
        .skip(number("skip", 0))
        .take(number("limit", 25))
        .map(|task| found(task, call.location()))
        .collect();
    Ok(Answer::json(200, json!({ "tasks": page })))
}
