use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sync_core::sandbox_kit::Answer;

use super::contact::Contact;
use super::normal::iso;
use super::refuse::{Refusal, Reply};
use super::route::Call;
use super::validate::{Field, Kind, Schema};
use super::world::World;

const OPTIONAL: &[Field] = &[
    Field::text("phone"),
    Field::new("email", Kind::Email),
    Field::text("website"),
    Field::text("address"),
    Field::text("city"),
    Field::text("state"),
    Field::text("postalCode"),
    Field::text("country"),
    Field::text("description"),
];
pub(super) const CREATE: Schema =
    &[OPTIONAL, &[Field::text("name").required(), Field::text("locationId").required()]];
pub(super) const CREATE_BY_HAND: Schema = &[OPTIONAL, &[Field::text("name").required()]];
pub(super) const UPDATE: Schema = &[OPTIONAL, &[Field::text("name")]];
pub(super) const LIST: &[(&str, bool)] = &[("locationId", true), ("limit", false), ("skip", false)];

/// A business, which contacts can belong to.
#[derive(Debug, Clone)]
pub(super) struct Business {
    pub(super) id: String,
    pub(super) location: String,
    fields: Map<String, Value>,
    added: Timestamp,
    updated: Timestamp,
}

impl Business {
    pub(super) fn new(id: &str, location: &str, fields: Map<String, Value>, now: Timestamp) -> Self {
        Self { id: id.to_owned(), location: location.to_owned(), fields, added: now, updated: now }
    }

    pub(super) fn name(&self) -> &str {
        self.fields.get("name").and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn change(&mut self, fields: Map<String, Value>, now: Timestamp) {
        self.fields.extend(fields);
        self.updated = now;
    }

    pub(super) fn view(&self) -> Value {
        let mut view = self.fields.clone();
        view.insert("id".to_owned(), json!(self.id));
        view.insert("locationId".to_owned(), json!(self.location));
        view.insert("createdAt".to_owned(), json!(iso(self.added)));
        view.insert("updatedAt".to_owned(), json!(iso(self.updated)));
        Value::Object(view)
    }
}

impl World {
    /// Adds a business from a body that has passed validation.
    pub(super) fn add_business(
        &mut self,
        location: &str,
        mut body: Map<String, Value>,
        now: Timestamp,
    ) -> Value {
        body.remove("locationId");
        let business = Business::new(&self.new_id(), location, body, now);
        let view = business.view();
        self.businesses.insert(business.id.clone(), business);
        view
    }

    /// Removes a business; its contacts then belong to none.
    pub(super) fn drop_business(&mut self, id: &str, now: Timestamp) -> bool {
        let member = |c: &&Contact| !c.deleted && c.business.as_deref() == Some(id);
        let members: Vec<Contact> = self.contacts.values().filter(member).cloned().collect();
        for contact in members {
            self.save(Contact { business: None, ..contact }, now);
        }
        self.businesses.remove(id).is_some()
    }

    fn business(&mut self, call: &Call<'_>) -> Result<&mut Business, Refusal> {
        match self.businesses.get_mut(call.param(0)) {
            None => Err(Refusal::not_found("Business")),
            Some(business) if business.location != call.location() => Err(Refusal::other_location()),
            Some(business) => Ok(business),
        }
    }
}

#[allow(clippy::unnecessary_wraps, reason = "all handlers have one signature")]
pub(super) fn create(world: &mut World, call: &Call<'_>) -> Reply {
    let view = world.add_business(call.location(), call.body.clone(), call.now);
    Ok(Answer::json(201, json!({ "success": true, "buiseness": view })).with_effect())
}

pub(super) fn list(world: &mut World, call: &Call<'_>) -> Reply {
    let (skip, limit) = (call.number("skip", 0, usize::MAX)?, call.number("limit", 100, 100)?);
    let mut all: Vec<&Business> =
        world.businesses.values().filter(|b| b.location == call.location()).collect();
    all.sort_by(|a, b| (a.name(), &a.id).cmp(&(b.name(), &b.id)));
    let page: Vec<Value> = all.into_iter().skip(skip).take(limit).map(Business::view).collect();
    Ok(Answer::json(200, json!({ "businesses": page })))
}

pub(super) fn get(world: &mut World, call: &Call<'_>) -> Reply {
    Ok(Answer::json(200, json!({ "business": world.business(call)?.view() })))
}

pub(super) fn update(world: &mut World, call: &Call<'_>) -> Reply {
    let business = world.business(call)?;
    business.change(call.body.clone(), call.now);
    Ok(Answer::json(200, json!({ "success": true, "buiseness": business.view() })).with_effect())
}

pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Reply {
    let id = world.business(call)?.id.clone();
    world.drop_business(&id, call.now);
    Ok(Answer::json(200, json!({ "success": true })).with_effect())
}
