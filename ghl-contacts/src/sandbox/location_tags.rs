//! The tags that a location knows, each by its id.

use jiff::Timestamp;
use serde_json::json;
use sync_core::sandbox_kit::Answer;

use super::contact::Contact;
use super::normal;
use super::refuse::{Refusal, Reply};
use super::route::Call;
use super::tags::Tag;
use super::validate::{Field, Schema};
use super::world::World;

pub(super) const TAG: Schema = &[&[Field::text("name").required()]];

/// The name in the body as tags are kept, if no other tag of the location has it.
fn free_name(world: &World, call: &Call<'_>, except: Option<&str>) -> Result<String, Refusal> {
    let name = normal::tags(call.text("name")).pop();
    let name = name.ok_or_else(|| Refusal::unprocessable(vec!["name should not be empty".to_owned()]))?;
    let taken = |t: &Tag| t.location == call.param(0) && t.name == name && Some(t.id.as_str()) != except;
    if world.tags.iter().any(taken) {
        return Err(Refusal::bad_request("The tag name already exists"));
    }
    Ok(name)
}

fn named<'a>(world: &'a World, call: &Call<'_>) -> Result<&'a Tag, Refusal> {
    let found = world.tags.iter().find(|t| t.location == call.param(0) && t.id == call.param(1));
    found.ok_or_else(|| Refusal::not_found("Tag"))
}

impl World {
    /// Renames a tag, also where contacts have it.
    fn rename_tag(&mut self, id: &str, name: &str, now: Timestamp) {
        let Some(tag) = self.tags.iter_mut().find(|t| t.id == id) else { return };
        let old = std::mem::replace(&mut tag.name, name.to_owned());
        let location = tag.location.clone();
        let tagged = |c: &&Contact| !c.deleted && c.location == location && c.tags.contains(&old);
        let contacts: Vec<Contact> = self.contacts.values().filter(tagged).cloned().collect();
        for mut contact in contacts {
            contact.tags.iter_mut().filter(|tag| **tag == old).for_each(|tag| name.clone_into(tag));
            self.save(contact, now);
        }
    }
}

pub(super) fn create(world: &mut World, call: &Call<'_>) -> Reply {
    let name = free_name(world, call, None)?;
    let tag = Tag { id: world.new_id(), location: call.param(0).to_owned(), name };
    let view = tag.view();
    world.tags.push(tag);
    Ok(Answer::json(200, json!({ "tag": view })).with_effect())
}

pub(super) fn get(world: &mut World, call: &Call<'_>) -> Reply {
    Ok(Answer::json(200, json!({ "tag": named(world, call)?.view() })))
}

pub(super) fn update(world: &mut World, call: &Call<'_>) -> Reply {
    let id = named(world, call)?.id.clone();
    let name = free_name(world, call, Some(&id))?;
    world.rename_tag(&id, &name, call.now);
    Ok(Answer::json(200, json!({ "tag": named(world, call)?.view() })).with_effect())
}

pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Reply {
    let id = named(world, call)?.id.clone();
    world.drop_tag(&id, call.now);
    Ok(Answer::json(200, call.done()).with_effect())
}
