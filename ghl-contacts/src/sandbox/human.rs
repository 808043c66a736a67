//! What a person does in the web application.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sync_core::sandbox_kit::Edit;

use super::contact::Contact;
use super::locations::{self, Location};
use super::refuse::Refusal;
use super::users::User;
use super::validate::{Field, Schema, check};
use super::world::World;
use super::{appointments, businesses, contacts, fields, normal, notes, shapes, tags, tasks, users};

const PARENT: &[Field] = &[Field::text("contactId").required()];
const TAG: Schema = &[&[Field::text("name").required()]];

type Fields = Map<String, Value>;

pub(super) fn edit(world: &mut World, edit: Edit, now: Timestamp) -> Result<Value, Refusal> {
    match edit {
        Edit::Create { collection, fields } => create(world, &collection, object(fields)?, now),
        Edit::Update { collection, id, fields } => update(world, &collection, &id, object(fields)?, now),
        Edit::Delete { collection, id } => delete(world, &collection, &id, now).map(|()| Value::Null),
    }
}

fn object(fields: Value) -> Result<Fields, Refusal> {
    match fields {
        Value::Object(fields) => Ok(fields),
        _ => Err(Refusal::bad_request("expected an object of fields")),
    }
}

fn no_such(collection: &str) -> Refusal {
    Refusal::bad_request(&format!("no such edit of the collection `{collection}`"))
}

fn live<'a>(world: &'a World, id: &str) -> Result<&'a Contact, Refusal> {
    world.contacts.get(id).filter(|c| !c.deleted).ok_or_else(|| Refusal::not_found("Contact"))
}

/// Checks and removes `contactId`, and checks the other fields.
fn parent(world: &World, body: &mut Fields, schema: Schema) -> Result<String, Refusal> {
    let id = body.remove("contactId");
    let named: Fields = id.into_iter().map(|id| ("contactId".to_owned(), id)).collect();
    check(&named, &[PARENT])?;
    check(body, schema)?;
    let id = named.get("contactId").and_then(Value::as_str).unwrap_or_default();
    Ok(live(world, id)?.id.clone())
}

fn create(world: &mut World, collection: &str, mut body: Fields, now: Timestamp) -> Result<Value, Refusal> {
    match collection {
        "contacts" => {
            check(&body, contacts::CREATE_BY_HAND)?;
            let location = match body.get("locationId").and_then(Value::as_str) {
                None => world.credentials.location_id.clone(),
                Some(id) if world.locations.contains_key(id) => id.to_owned(),
                Some(_) => return Err(Refusal::not_found("Location")),
            };
            let contact = world.create_contact(&location, &body, "WEB_USER", now)?;
            Ok(shapes::read(&contact, false))
        }
        "merges" => Ok(shapes::read(&world.merge(&body, now)?, false)),
        "notes" => {
            let contact = parent(world, &mut body, notes::CREATE)?;
            let id = world.new_id();
            Ok(notes::view(&world.notes.add(id, &contact, body, now)))
        }
        "tasks" => {
            let contact = parent(world, &mut body, tasks::CREATE)?;
            let id = world.new_id();
            Ok(tasks::view(&world.tasks.add(id, &contact, tasks::stored(&body), now)))
        }
        "appointments" => {
            let contact = parent(world, &mut body, appointments::CREATE_BY_HAND)?;
            let (id, location) = (world.new_id(), live(world, &contact)?.location.clone());
            Ok(appointments::view(
                &world.appointments.add(id, &contact, appointments::stored(&body), now),
                &location,
            ))
        }
        "businesses" => {
            check(&body, businesses::CREATE_BY_HAND)?;
            let location = world.credentials.location_id.clone();
            Ok(world.add_business(&location, body, now))
        }
        "users" => {
            check(&body, users::CREATE_BY_HAND)?;
            let user = User::new(world.new_id(), &world.credentials.location_id, &body);
            let view = user.view();
            world.users.push(user);
            Ok(view)
        }
        "custom_fields" => {
            check(&body, fields::CREATE_BY_HAND)?;
            let location = world.credentials.location_id.clone();
            Ok(world.define_field(&location, &body))
        }
        "tags" => {
            check(&body, TAG)?;
            let location = world.credentials.location_id.clone();
            let names = normal::tags(body.get("name").and_then(Value::as_str));
            world.register_tags(&location, &names);
            let tag = world.tags.iter().find(|t| t.location == location && names.contains(&t.name));
            tag.map(tags::Tag::view).ok_or_else(|| Refusal::bad_request("name should not be empty"))
        }
        _ => Err(no_such(collection)),
    }
}

fn update(
    world: &mut World,
    collection: &str,
    id: &str,
    body: Fields,
    now: Timestamp,
) -> Result<Value, Refusal> {
    match collection {
        "contacts" => {
            check(&body, contacts::UPDATE_BY_HAND)?;
            let contact = live(world, id)?.clone();
            Ok(shapes::read(&world.update_contact(contact, &body, now)?, false))
        }
        "notes" => {
            check(&body, notes::UPDATE)?;
            Ok(notes::view(world.notes.update(None, id, body, now)?))
        }
        "tasks" => {
            check(&body, tasks::UPDATE)?;
            Ok(tasks::view(world.tasks.update(None, id, tasks::stored(&body), now)?))
        }
        "appointments" => {
            check(&body, appointments::UPDATE_BY_HAND)?;
            let contact = world.appointments.find(None, id)?.contact.clone();
            let location = live(world, &contact)?.location.clone();
            Ok(appointments::view(
                world.appointments.update(None, id, appointments::stored(&body), now)?,
                &location,
            ))
        }
        "businesses" => {
            check(&body, businesses::UPDATE)?;
            let business = world.businesses.get_mut(id).ok_or_else(|| Refusal::not_found("Business"))?;
            business.change(body, now);
            Ok(business.view())
        }
        "custom_fields" => {
            // The API wants the name with every change; a person sees it filled in.
            let mut checked = body.clone();
            checked.entry("name").or_insert(json!(""));
            check(&checked, fields::UPDATE_BY_HAND)?;
            world.redefine_field(id, &body).ok_or_else(|| Refusal::not_found("Custom field"))
        }
        "locations" => {
            check(&body, locations::UPDATE_BY_HAND)?;
            let location = world.locations.get_mut(id).ok_or_else(|| Refusal::not_found("Location"))?;
            change_location(location, &body);
            let location = location.clone();
            Ok(location.view(world))
        }
        _ => Err(no_such(collection)),
    }
}

fn change_location(location: &mut Location, body: &Fields) {
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    location.name = text("name").unwrap_or_else(|| location.name.clone());
    location.timezone = text("timezone").unwrap_or_else(|| location.timezone.clone());
    location.active = body.get("active").and_then(Value::as_bool).unwrap_or(location.active);
}

fn delete(world: &mut World, collection: &str, id: &str, now: Timestamp) -> Result<(), Refusal> {
    let found = |found: bool, what: &str| if found { Ok(()) } else { Err(Refusal::not_found(what)) };
    match collection {
        "contacts" => {
            let contact = live(world, id)?.clone();
            world.delete_contact(contact, now);
            Ok(())
        }
        "notes" => world.notes.remove(None, id),
        "tasks" => world.tasks.remove(None, id),
        "appointments" => world.drop_appointment(id),
        "businesses" => found(world.drop_business(id, now), "Business"),
        "users" => {
            let before = world.users.len();
            world.users.retain(|user| user.id != id);
            found(world.users.len() < before, "User")
        }
        "custom_fields" => found(world.drop_field(id), "Custom field"),
        "tags" => found(world.drop_tag(id, now), "Tag"),
        "tokens" => found(world.tokens.revoke(id), "Token"),
        _ => Err(no_such(collection)),
    }
}
