//! A contact as a raw record, and back.

use serde_json::Value;
use sync_core::engine::{Fault, Marker, Raw, RecordId, RecordRef, Snapshot};

use super::custom::{CUSTOM, Names, written};
use super::fault::{broken, invalid};
use super::input::{date, flag, members, patch, text, unknown};
use crate::fields::CustomFieldBook;
use crate::ids::UserId;
use crate::patch::Patch;
use crate::types::{Contact, ContactUpdate, NewContact};

/// What can be written, sets apart.
const WRITABLE: &[&str] = &[
    "firstName",
    "lastName",
    "name",
    "email",
    "phone",
    "companyName",
    "address1",
    "city",
    "state",
    "country",
    "postalCode",
    "website",
    "source",
    "timezone",
    "dateOfBirth",
    "assignedTo",
    "dnd",
    "gender (of a new contact)",
    "customFields",
    "tags",
    "followers",
];

/// What every answer has, unless the contact has none of it.
const EVERYWHERE: [&str; 15] = [
    "firstName",
    "lastName",
    "name",
    "email",
    "phone",
    "companyName",
    "address1",
    "city",
    "state",
    "country",
    "postalCode",
    "website",
    "source",
    "dateOfBirth",
    "assignedTo",
];

pub(super) const TAGS: &str = "tags";
pub(super) const FOLLOWERS: &str = "followers";

/// Which answer a contact comes from: what it does not have may be unknown, and not empty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Answer {
    /// To a create, which lacks the most.
    Created,
    /// To a search.
    Found,
    /// To a read or an update.
    Whole,
}

/// The record, with its fields by the service's own names.
///
/// The service leaves out what is empty, and in some answers what is not: there it is left out here as well, because
/// nothing is known of it.
pub(super) fn snapshot(
    contact: &Contact,
    answer: Answer,
    names: &Names,
    marker_field: &str,
) -> Result<Snapshot, Fault> {
    let Ok(Value::Object(mut raw)) = serde_json::to_value(contact) else {
        return Err(broken("a contact is no object"));
    };
    raw.insert("name".to_owned(), contact.full_name().into());
    for field in EVERYWHERE {
        raw.entry(field).or_insert(Value::Null);
    }
    if answer == Answer::Whole {
        raw.entry("timezone").or_insert(Value::Null);
    }
    if answer != Answer::Created {
        let texts = |texts: Vec<&str>| Value::from(texts);
        let emails = contact.additional_emails.iter().filter_map(|one| one.email.as_deref());
        let phones = contact.additional_phones.iter().filter_map(|one| one.phone.as_deref());
        raw.insert("additionalEmails".to_owned(), texts(emails.collect()));
        raw.insert("additionalPhones".to_owned(), texts(phones.collect()));
        let followers = contact.followers.iter().map(UserId::as_str);
        raw.insert(FOLLOWERS.to_owned(), texts(followers.collect()));
    }
    raw.insert(CUSTOM.to_owned(), Value::Object(names.read(contact)));
    let mut snapshot = Snapshot::new(RecordRef::top(RecordId::new(&contact.id)), raw).with_marker(marker(
        contact,
        names,
        marker_field,
    ));
    snapshot.modified_at = contact.date_updated;
    snapshot.created_at = contact.date_added;
    Ok(snapshot)
}

pub(super) fn marker(contact: &Contact, names: &Names, field: &str) -> Option<Marker> {
    names.get(field)?.raw(contact)?.as_str().map(Marker::new)
}

/// A contact to create; its followers are written afterwards.
pub(super) async fn new_contact(book: &CustomFieldBook, raw: &Raw) -> Result<NewContact, Fault> {
    let mut new = NewContact::new();
    for (name, value) in raw {
        if name == CUSTOM {
            for value in written(book, value).await? {
                new = new.custom_field(value);
            }
            continue;
        }
        // There is nothing to clear in a contact that is not there yet.
        if value.is_null() || value.as_str() == Some("") {
            continue;
        }
        new = match name.as_str() {
            TAGS => new.tags(members(name, value)?),
            FOLLOWERS => new,
            "dnd" => new.dnd(flag(name, value)?),
            "dateOfBirth" => match date(name, value)? {
                Patch::Set(date) => new.date_of_birth(date),
                Patch::Keep | Patch::Clear => new,
            },
            _ => plain(new, name, text(name, value)?)?,
        };
    }
    Ok(new)
}

fn plain(new: NewContact, name: &str, text: &str) -> Result<NewContact, Fault> {
    Ok(match name {
        "firstName" => new.first_name(text),
        "lastName" => new.last_name(text),
        "name" => new.name(text),
        "email" => new.email(text),
        "phone" => new.phone(text),
        "gender" => new.gender(text),
        "companyName" => new.company_name(text),
        "address1" => new.address1(text),
        "city" => new.city(text),
        "state" => new.state(text),
        "country" => new.country(text),
        "postalCode" => new.postal_code(text),
        "website" => new.website(text),
        "timezone" => new.timezone(text),
        "source" => new.source(text),
        "assignedTo" => new.assigned_to(text),
        _ => return Err(unwritable(name)),
    })
}

/// The changes to a contact.
pub(super) async fn contact_update(book: &CustomFieldBook, raw: &Raw) -> Result<ContactUpdate, Fault> {
    let mut update = ContactUpdate::new();
    for (name, value) in raw {
        if name == CUSTOM {
            for value in written(book, value).await? {
                update = update.custom_field(value);
            }
            continue;
        }
        update = match name.as_str() {
            "firstName" => update.first_name(patch(name, value)?),
            "lastName" => update.last_name(patch(name, value)?),
            "name" => update.name(patch(name, value)?),
            "email" => update.email(patch(name, value)?),
            "phone" => update.phone(patch(name, value)?),
            "companyName" => update.company_name(patch(name, value)?),
            "address1" => update.address1(patch(name, value)?),
            "city" => update.city(patch(name, value)?),
            "state" => update.state(patch(name, value)?),
            "website" => update.website(patch(name, value)?),
            "timezone" => update.timezone(patch(name, value)?),
            "source" => update.source(patch(name, value)?),
            "dateOfBirth" => update.date_of_birth(date(name, value)?),
            "dnd" => update.dnd(flag(name, value)?),
            "assignedTo" => update.assigned_to(match patch(name, value)? {
                Patch::Set(user) => Patch::Set(UserId::new(user)),
                Patch::Clear => Patch::Clear,
                Patch::Keep => Patch::Keep,
            }),
            // The service takes no null for these two, and for the postal code an empty text.
            "postalCode" => update.postal_code(match patch(name, value)? {
                Patch::Set(code) => code,
                Patch::Clear | Patch::Keep => String::new(),
            }),
            "country" => match patch(name, value)? {
                Patch::Set(country) => update.country(country),
                Patch::Clear | Patch::Keep => {
                    return Err(invalid(name, "cannot be cleared at HighLevel: give it a country"));
                }
            },
            _ => return Err(unwritable(name)),
        };
    }
    Ok(update)
}

fn unwritable(name: &str) -> Fault {
    match name {
        "gender" => broken("HighLevel takes gender with a new contact only: map it with `on_create`"),
        TAGS | FOLLOWERS => broken(format!("{name} are written by their members: map them as a set")),
        "additionalEmails" | "additionalPhones" => {
            broken(format!("HighLevel gives {name} and takes none: map them from HighLevel only"))
        }
        _ => unknown("contacts", name, WRITABLE),
    }
}
