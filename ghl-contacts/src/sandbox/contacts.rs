//! Creating, reading, changing and deleting contacts.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sync_core::sandbox_kit::Answer;

use super::contact::Contact;
use super::normal;
use super::refuse::{Refusal, Reply};
use super::route::Call;
use super::shapes;
use super::validate::{Field, Kind, Schema};
use super::world::World;

const COMMON: &[Field] = &[
    Field::text("firstName").nullable(),
    Field::text("lastName").nullable(),
    Field::text("name").nullable(),
    Field::new("email", Kind::Email).nullable(),
    Field::new("phone", Kind::Phone).nullable(),
    Field::text("address1").nullable(),
    Field::text("city").nullable(),
    Field::text("state").nullable(),
    Field::text("website").nullable(),
    Field::text("timezone").nullable(),
    Field::text("companyName").nullable(),
    Field::text("postalCode"),
    Field::new("country", Kind::Country),
    Field::new("dnd", Kind::Bool),
    Field::new("dndSettings", Kind::Dnd),
    Field::new("inboundDndSettings", Kind::InboundDnd),
    Field::new("tags", Kind::Texts),
    Field::new("customFields", Kind::CustomFields),
    Field::new("dateOfBirth", Kind::BirthDate).nullable(),
];
const LOCATION: &[Field] = &[Field::text("locationId").required()];
const NOT_ON_UPDATE: &[Field] = &[Field::text("gender"), Field::text("source"), Field::text("assignedTo")];
const ON_UPDATE: &[Field] = &[Field::text("source").nullable(), Field::text("assignedTo").nullable()];
const BY_HAND: &[Field] = &[
    Field::text("gender"),
    Field::text("businessId").nullable(),
    Field::new("additionalEmails", Kind::Texts),
    Field::new("additionalPhones", Kind::Texts),
];

pub(super) const CREATE: Schema = &[LOCATION, COMMON, NOT_ON_UPDATE];
pub(super) const UPDATE: Schema = &[COMMON, ON_UPDATE];
pub(super) const UPSERT: Schema =
    &[LOCATION, COMMON, NOT_ON_UPDATE, &[Field::new("createNewIfDuplicateAllowed", Kind::Bool)]];
/// What the web application can set on a new contact, beyond what the API can.
pub(super) const CREATE_BY_HAND: Schema = &[&[Field::text("locationId")], COMMON, ON_UPDATE, BY_HAND];
pub(super) const UPDATE_BY_HAND: Schema = &[COMMON, ON_UPDATE, BY_HAND];
pub(super) const BULK_BUSINESS: Schema = &[&[
    Field::text("locationId").required(),
    Field::new("ids", Kind::FewTexts(50)).required(),
    Field::text("businessId").nullable().required(),
]];

impl World {
    /// The contact that the first open segment of the path names, if the token may see it.
    pub(super) fn contact(&self, call: &Call<'_>) -> Result<&Contact, Refusal> {
        let id = call.param(0);
        if !normal::is_id(id) {
            return Err(Refusal::bad_request("Contact id is invalid"));
        }
        match self.contacts.get(id) {
            None => Err(Refusal::not_found("Contact")),
            Some(contact) if contact.location != call.location() => Err(Refusal::other_location()),
            Some(contact) if contact.deleted => Err(Refusal::not_found("Contact")),
            Some(contact) => Ok(contact),
        }
    }

    /// Stores a changed contact and returns it as stored; searches see it after the lag.
    pub(super) fn save(&mut self, mut contact: Contact, now: Timestamp) -> Contact {
        contact.updated = now;
        self.tell_of_contact(&contact);
        self.register_tags(&contact.location, &contact.tags);
        self.index.put(contact.clone(), now + self.index_lag, now);
        self.lookup.replace(self.contacts.get(&contact.id), &contact);
        self.contacts.insert(contact.id.clone(), contact.clone());
        contact
    }

    /// The contact with this e-mail, else the one with this phone, and which of the two it is.
    pub(super) fn match_contact(
        &self,
        location: &str,
        email: Option<&str>,
        phone: Option<&str>,
        except: Option<&str>,
    ) -> Option<(&Contact, &'static str)> {
        let find = |address: &str| self.contacts.get(self.lookup.find(location, address, except)?);
        let by_email = email.and_then(find).map(|contact| (contact, "email"));
        by_email.or_else(|| find(&normal::phone(phone?)?).map(|contact| (contact, "phone")))
    }

    fn refuse_duplicate(
        &self,
        location: &str,
        body: &Map<String, Value>,
        except: Option<&str>,
    ) -> Result<(), Refusal> {
        if self.allow_duplicates {
            return Ok(());
        }
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        match self.match_contact(location, text("email"), text("phone"), except) {
            Some((other, field)) => Err(Refusal::duplicate(&other.id, field, &other.full_name())),
            None => Ok(()),
        }
    }

    /// Creates a contact from a body that has passed validation.
    pub(super) fn create_contact(
        &mut self,
        location: &str,
        body: &Map<String, Value>,
        created_by: &'static str,
        now: Timestamp,
    ) -> Result<Contact, Refusal> {
        self.refuse_duplicate(location, body, None)?;
        let mut contact = Contact::new(self.new_id(), location, created_by, now);
        contact.apply(body, &self.fields);
        Ok(self.save(contact, now))
    }

    /// Changes a contact by a body that has passed validation.
    pub(super) fn update_contact(
        &mut self,
        mut contact: Contact,
        body: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<Contact, Refusal> {
        self.refuse_duplicate(&contact.location, body, Some(&contact.id))?;
        contact.apply(body, &self.fields);
        Ok(self.save(contact, now))
    }

    /// Deletes a contact with its notes, tasks and appointments.
    pub(super) fn delete_contact(&mut self, mut contact: Contact, now: Timestamp) {
        self.notes.remove_all_of(&contact.id);
        self.tasks.remove_all_of(&contact.id);
        self.drop_appointments_of(&contact.id);
        contact.deleted = true;
        self.save(contact, now);
    }
}

pub(super) fn create(world: &mut World, call: &Call<'_>) -> Reply {
    let contact = world.create_contact(call.location(), &call.body, "INTEGRATION", call.now)?;
    Ok(Answer::json(201, json!({ "contact": shapes::created(&contact, call.v3) })).with_effect())
}

pub(super) fn get(world: &mut World, call: &Call<'_>) -> Reply {
    let contact = world.contact(call)?;
    Ok(Answer::json(200, json!({ "contact": shapes::read(contact, call.v3) })))
}

pub(super) fn update(world: &mut World, call: &Call<'_>) -> Reply {
    let contact = world.contact(call)?.clone();
    let contact = world.update_contact(contact, &call.body, call.now)?;
    let flag = if call.v3 { "succeeded" } else { "succeded" };
    let body = json!({ flag: true, "contact": shapes::read(&contact, call.v3) });
    Ok(Answer::json(200, body).with_effect())
}

pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Reply {
    let contact = world.contact(call)?.clone();
    world.delete_contact(contact, call.now);
    Ok(Answer::json(200, call.done()).with_effect())
}

/// Updates the contact that the e-mail matches, else the one that the phone matches, else creates one.
pub(super) fn upsert(world: &mut World, call: &Call<'_>) -> Reply {
    let (email, phone) = (call.text("email"), call.text("phone"));
    if email.is_none() && phone.is_none() {
        return Err(Refusal::unprocessable(vec!["email or phone should not be empty".to_owned()]));
    }
    let always_new = call.body.get("createNewIfDuplicateAllowed") == Some(&Value::Bool(true));
    let matched = world.match_contact(call.location(), email, phone, None);
    let target =
        matched.filter(|_| !(always_new && world.allow_duplicates)).map(|(contact, _)| contact.clone());
    let new = target.is_none();
    let contact = match target {
        None => {
            let mut contact = Contact::new(world.new_id(), call.location(), "INTEGRATION", call.now);
            contact.apply(&call.body, &world.fields);
            contact
        }
        Some(mut contact) => {
            let mut body = call.body.clone();
            body.remove("gender");
            let other = world.match_contact(call.location(), None, phone, Some(&contact.id));
            if other.is_some() {
                body.remove("phone");
            }
            contact.apply(&body, &world.fields);
            contact
        }
    };
    let contact = world.save(contact, call.now);
    let mut body = json!({ "new": new, "contact": shapes::read(&contact, call.v3) });
    if let Some(body) = body.as_object_mut() {
        body.extend(call.done().as_object().cloned().unwrap_or_default());
    }
    Ok(Answer::json(200, body).with_effect())
}

pub(super) fn duplicate(world: &mut World, call: &Call<'_>) -> Reply {
    let (email, phone) = (call.request.query("email"), call.request.query("number"));
    if email.is_none() && phone.is_none() {
        return Err(Refusal::bad_request("email or number is required"));
    }
    let found = world.match_contact(call.location(), email, phone, None);
    Ok(Answer::json(200, json!({ "contact": found.map(|(contact, _)| shapes::read(contact, call.v3)) })))
}

pub(super) fn bulk_business(world: &mut World, call: &Call<'_>) -> Reply {
    let business = call.text("businessId");
    if business.is_some_and(|id| !world.businesses.contains_key(id)) {
        return Err(Refusal::unprocessable(vec!["businessId is invalid".to_owned()]));
    }
    let mut processed = Vec::new();
    for id in call.texts("ids") {
        let Some(contact) = world.contacts.get(id) else { continue };
        if contact.deleted || contact.location != call.location() {
            continue;
        }
        let contact = Contact { business: business.map(str::to_owned), ..contact.clone() };
        world.save(contact, call.now);
        processed.push(id);
    }
    Ok(Answer::json(200, json!({ "success": true, "ids": processed })).with_effect())
}
