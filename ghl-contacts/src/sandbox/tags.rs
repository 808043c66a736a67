//! Tags of contacts, and the list of tags that a location knows.

use jiff::Timestamp;
use serde_json::{Value, json};
use sync_core::sandbox_kit::Answer;

use super::contact::Contact;
use super::normal;
use super::refuse::{Refusal, Reply};
use super::route::Call;
use super::validate::{Field, Kind, Schema};
use super::world::World;

pub(super) const TAGS: Schema = &[&[Field::new("tags", Kind::Texts).required()]];
/// `locationId` is required too, but has a refusal of its own.
pub(super) const BULK: Schema = &[&[
    Field::new("contacts", Kind::Texts).required(),
    Field::new("tags", Kind::Texts).required(),
    Field::text("locationId"),
    Field::new("removeAllTags", Kind::Bool),
]];

/// A tag that a location knows, whether or not a contact has it.
#[derive(Debug, Clone)]
pub(super) struct Tag {
    pub(super) id: String,
    pub(super) location: String,
    pub(super) name: String,
}

impl Tag {
    pub(super) fn view(&self) -> Value {
        json!({ "id": self.id, "name": self.name, "locationId": self.location })
    }
}

impl World {
    /// Makes sure that the location knows these tags, which are normal already.
    pub(super) fn register_tags(&mut self, location: &str, names: &[String]) {
        for name in names {
            if !self.tags.iter().any(|t| t.location == location && t.name == *name) {
                let id = self.new_id();
                self.tags.push(Tag { id, location: location.to_owned(), name: name.clone() });
            }
        }
    }

    /// Removes a tag from the location and from all of its contacts.
    pub(super) fn drop_tag(&mut self, id: &str, now: Timestamp) -> bool {
        let Some(at) = self.tags.iter().position(|t| t.id == id) else { return false };
        let tag = self.tags.remove(at);
        let tagged = |c: &&Contact| !c.deleted && c.location == tag.location && c.tags.contains(&tag.name);
        let contacts: Vec<Contact> = self.contacts.values().filter(tagged).cloned().collect();
        for mut contact in contacts {
            contact.tags.retain(|name| *name != tag.name);
            self.save(contact, now);
        }
        true
    }
}

fn plus(own: &[String], more: &[String]) -> Vec<String> {
    own.iter().chain(more.iter().filter(|tag| !own.contains(tag))).cloned().collect()
}

fn minus(own: &[String], less: &[String]) -> Vec<String> {
    own.iter().filter(|tag| !less.contains(tag)).cloned().collect()
}

fn change(
    world: &mut World,
    call: &Call<'_>,
    status: u16,
    apply: fn(&[String], &[String]) -> Vec<String>,
) -> Reply {
    let contact = world.contact(call)?.clone();
    let tags = apply(&contact.tags, &normal::tags(call.texts("tags")));
    world.save(Contact { tags: tags.clone(), ..contact }, call.now);
    Ok(Answer::json(status, json!({ "tags": tags })).with_effect())
}

pub(super) fn add(world: &mut World, call: &Call<'_>) -> Reply {
    change(world, call, 201, plus)
}

pub(super) fn remove(world: &mut World, call: &Call<'_>) -> Reply {
    change(world, call, 200, minus)
}

/// Answers 201 whatever becomes of the single contacts: each has an entry that says.
pub(super) fn bulk(world: &mut World, call: &Call<'_>) -> Reply {
    if call.text("locationId").is_none() {
        return Err(Refusal::bad_request("LocationId can't be undefined"));
    }
    let adding = match call.param(0) {
        "add" => true,
        "remove" => false,
        _ => {
            let message = "type must be one of the following values: add, remove";
            return Err(Refusal::unprocessable(vec![message.to_owned()]));
        }
    };
    let all = !adding && call.body.get("removeAllTags") == Some(&Value::Bool(true));
    let given = normal::tags(call.texts("tags"));
    let mut responses = Vec::new();
    let mut errors = 0;
    for id in call.texts("contacts") {
        match bulk_target(world, call, id) {
            Err(message) => {
                errors += 1;
                responses.push(json!({ "contactId": id, "message": message, "type": "error" }));
            }
            Ok(contact) => {
                let old = contact.tags.clone();
                let tags = match (adding, all) {
                    (true, _) => plus(&old, &given),
                    (false, true) => Vec::new(),
                    (false, false) => minus(&old, &given),
                };
                responses.push(json!({
                    "contactId": id,
                    "message": "Tags updated",
                    "type": "success",
                    "oldTags": old,
                    "tagsAdded": minus(&tags, &old),
                    "tagsRemoved": minus(&old, &tags),
                }));
                world.save(Contact { tags, ..contact }, call.now);
            }
        }
    }
    let mut body = json!({ "errorCount": errors, "responses": responses });
    if let Some(body) = body.as_object_mut() {
        body.extend(call.done().as_object().cloned().unwrap_or_default());
    }
    Ok(Answer::json(201, body).with_effect())
}

fn bulk_target(world: &World, call: &Call<'_>, id: &str) -> Result<Contact, &'static str> {
    if !normal::is_id(id) {
        return Err("contact id is not a valid firebase id");
    }
    match world.contacts.get(id) {
        None => Err("contact not found"),
        Some(contact) if contact.location != call.location() => Err("contact does not belong to location"),
        Some(contact) if contact.deleted => Err("contact is deleted"),
        Some(contact) => Ok(contact.clone()),
    }
}

#[allow(clippy::unnecessary_wraps, reason = "all handlers have one signature")]
pub(super) fn of_location(world: &mut World, call: &Call<'_>) -> Reply {
    let tags: Vec<Value> = world.tags.iter().filter(|t| t.location == call.param(0)).map(Tag::view).collect();
    Ok(Answer::json(200, json!({ "tags": tags })))
}
