//! Followers, campaigns and workflows of a contact.

use serde_json::json;
use sync_core::sandbox_kit::Answer;

use super::contact::Contact;
use super::refuse::{Refusal, Reply};
use super::route::Call;
use super::validate::{Field, Kind, Schema};
use super::world::World;

pub(super) const FOLLOWERS: Schema = &[&[Field::new("followers", Kind::Texts).required()]];
pub(super) const WORKFLOW: Schema = &[&[Field::new("eventStartTime", Kind::Instant)]];

fn owned(texts: Vec<&str>) -> Vec<String> {
    texts.into_iter().map(str::to_owned).collect()
}

pub(super) fn add_followers(world: &mut World, call: &Call<'_>) -> Reply {
    let mut contact = world.contact(call)?.clone();
    let mut added = Vec::new();
    for user in owned(call.texts("followers")) {
        if !contact.followers.contains(&user) {
            contact.followers.push(user.clone());
            added.push(user);
        }
    }
    let body = json!({ "followers": contact.followers, "followersAdded": added });
    world.save(contact, call.now);
    Ok(Answer::json(201, body).with_effect())
}

pub(super) fn remove_followers(world: &mut World, call: &Call<'_>) -> Reply {
    let mut contact = world.contact(call)?.clone();
    let mut removed = owned(call.texts("followers"));
    removed.retain(|user| contact.followers.contains(user));
    contact.followers.retain(|user| !removed.contains(user));
    let body = json!({ "followers": contact.followers, "followersRemoved": removed });
    world.save(contact, call.now);
    Ok(Answer::json(200, body).with_effect())
}

/// Changes the enrolments of a contact. They are no part of what a contact reads as, so it stays as it was.
fn enrol(world: &mut World, call: &Call<'_>, status: u16, change: impl FnOnce(&mut Contact)) -> Reply {
    let mut contact = world.contact(call)?.clone();
    change(&mut contact);
    world.index.put(contact.clone(), call.now + world.index_lag, call.now);
    world.contacts.insert(contact.id.clone(), contact);
    Ok(Answer::json(status, call.done()).with_effect())
}

fn known(id: &str, own: &str, what: &str) -> Result<(), Refusal> {
    if id == own { Ok(()) } else { Err(Refusal::not_found(what)) }
}

pub(super) fn join_campaign(world: &mut World, call: &Call<'_>) -> Reply {
    known(call.param(1), &world.credentials.campaign_id, "Campaign")?;
    enrol(world, call, 201, |contact| {
        contact.campaigns.insert(call.param(1).to_owned());
    })
}

pub(super) fn leave_campaign(world: &mut World, call: &Call<'_>) -> Reply {
    known(call.param(1), &world.credentials.campaign_id, "Campaign")?;
    enrol(world, call, 200, |contact| {
        contact.campaigns.remove(call.param(1));
    })
}

pub(super) fn leave_all_campaigns(world: &mut World, call: &Call<'_>) -> Reply {
    enrol(world, call, 200, |contact| contact.campaigns.clear())
}

/// A contact that is in the workflow already stays in it, without a word.
pub(super) fn join_workflow(world: &mut World, call: &Call<'_>) -> Reply {
    known(call.param(1), &world.credentials.workflow_id, "Workflow")?;
    enrol(world, call, 200, |contact| {
        contact.workflows.insert(call.param(1).to_owned());
    })
}

pub(super) fn leave_workflow(world: &mut World, call: &Call<'_>) -> Reply {
    known(call.param(1), &world.credentials.workflow_id, "Workflow")?;
    enrol(world, call, 200, |contact| {
        contact.workflows.remove(call.param(1));
    })
}
