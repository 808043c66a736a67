//! The objects that a contact is read as. They differ by call, and differ in what they leave out.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::contact::Contact;
use super::normal::iso;
use super::validate::CHANNEL_NAMES;

type Object = Map<String, Value>;

fn put(object: &mut Object, name: &str, value: impl Into<Value>) {
    object.insert(name.to_owned(), value.into());
}

fn custom_fields(contact: &Contact) -> Value {
    contact.custom.iter().map(|(id, value)| json!({ "id": id, "value": value })).collect()
}

/// `dndSettings` as stored, with the names of v3 if `v3`.
fn dnd_settings(contact: &Contact, v3: bool) -> Option<Value> {
    let stored = contact.fields.get("dndSettings")?.as_object()?;
    let named = stored.iter().map(|(channel, setting)| {
        let v3_name = CHANNEL_NAMES.iter().find(|(dated, _)| v3 && dated == channel).map(|(_, name)| *name);
        (v3_name.unwrap_or(channel).to_owned(), setting.clone())
    });
    Some(Value::Object(named.collect()))
}

fn lower(contact: &Contact, field: &str) -> Option<String> {
    contact.text(field).map(str::to_lowercase)
}

/// What all full shapes have in common.
fn base(contact: &Contact, v3: bool) -> Object {
    let mut object = contact.fields.clone();
    object.remove("gender");
    put(&mut object, "id", contact.id.as_str());
    put(&mut object, "locationId", contact.location.as_str());
    put(&mut object, "type", "lead");
    put(&mut object, "tags", contact.tags.as_slice());
    put(&mut object, "customFields", custom_fields(contact));
    put(&mut object, "dateAdded", iso(contact.added));
    put(&mut object, "dateUpdated", iso(contact.updated));
    object.entry("dnd").or_insert(json!(false));
    if let Some(settings) = dnd_settings(contact, v3) {
        put(&mut object, "dndSettings", settings);
    }
    if let Some(business) = &contact.business {
        put(&mut object, "businessId", business.as_str());
    }
    for (name, field) in
        [("emailLowerCase", "email"), ("firstNameLowerCase", "firstName"), ("lastNameLowerCase", "lastName")]
    {
        if let Some(text) = lower(contact, field) {
            put(&mut object, name, text);
        }
    }
    put(&mut object, "fullNameLowerCase", contact.full_name().to_lowercase());
    object
}

/// As get, update, upsert and the duplicate search answer it.
pub(super) fn read(contact: &Contact, v3: bool) -> Value {
    let mut object = base(contact, v3);
    put(&mut object, "name", contact.full_name());
    put(&mut object, "followers", contact.followers.as_slice());
    put(&mut object, "additionalEmails", additional(&contact.additional_emails, "email"));
    put(&mut object, "additionalPhones", additional(&contact.additional_phones, "phone"));
    put(&mut object, "lastActivity", iso(contact.updated));
    // No `url` here, though the description calls it required.
    put(
        &mut object,
        "attributionSource",
        json!({ "sessionSource": "CRM UI", "medium": "manual", "mediumId": null }),
    );
    let created_by =
        json!({ "source": contact.created_by, "channel": "OAUTH", "timestamp": iso(contact.added) });
    put(&mut object, "createdBy", created_by);
    Value::Object(object)
}

/// As create answers it.
pub(super) fn created(contact: &Contact, v3: bool) -> Value {
    if v3 {
        return read(contact, v3);
    }
    let mut object = base(contact, v3);
    for absent in ["timezone", "inboundDndSettings"] {
        object.remove(absent);
    }
    for flag in ["deleted", "bounceEmail", "unsubscribeEmail"] {
        put(&mut object, flag, false);
    }
    put(&mut object, "offers", json!([]));
    put(&mut object, "products", json!([]));
    if let Some(date) = birth_date(contact) {
        put(&mut object, "dateOfBirth", iso(date));
        let part = |range: std::ops::Range<usize>| {
            contact.text("dateOfBirth").and_then(|date| date.get(range)?.parse::<u64>().ok())
        };
        put(&mut object, "birthMonth", part(5..7));
        put(&mut object, "birthDay", part(8..10));
    }
    Value::Object(object)
}

/// As the deprecated list and the list of a business answer it.
pub(super) fn listed(contact: &Contact) -> Value {
    let mut object = Object::new();
    let fields = [
        "firstName",
        "lastName",
        "email",
        "phone",
        "companyName",
        "timezone",
        "country",
        "source",
        "city",
        "state",
        "postalCode",
        "address1",
        "website",
        "assignedTo",
        "dateOfBirth",
        "dnd",
    ];
    for field in fields {
        put(&mut object, field, contact.fields.get(field).cloned());
    }
    put(&mut object, "id", contact.id.as_str());
    put(&mut object, "locationId", contact.location.as_str());
    put(&mut object, "contactName", contact.full_name());
    put(&mut object, "type", "lead");
    put(&mut object, "dateAdded", iso(contact.added));
    put(&mut object, "dateUpdated", iso(contact.updated));
    put(&mut object, "tags", contact.tags.as_slice());
    put(&mut object, "customFields", custom_fields(contact));
    put(&mut object, "businessId", contact.business.clone());
    put(&mut object, "followers", contact.followers.as_slice());
    put(&mut object, "attributions", json!([]));
    Value::Object(object)
}

/// As the search answers it: `address` for `address1`, the birth date as a number, a cursor on every item.
pub(super) fn found(contact: &Contact, business: Option<&str>, v3: bool, cursor: Vec<Value>) -> Value {
    let Value::Object(mut object) = listed(contact) else { return Value::Null };
    let address = object.remove("address1");
    put(&mut object, "address", address);
    object.remove("attributions");
    put(&mut object, "firstNameLowerCase", lower(contact, "firstName"));
    put(&mut object, "lastNameLowerCase", lower(contact, "lastName"));
    put(&mut object, "phoneLabel", Value::Null);
    put(&mut object, "businessName", business);
    put(&mut object, "additionalEmails", additional(&contact.additional_emails, "email"));
    put(&mut object, "additionalPhones", additional(&contact.additional_phones, "phone"));
    put(&mut object, "dnd", contact.fields.get("dnd").cloned().unwrap_or(json!(false)));
    put(&mut object, "dndSettings", dnd_settings(contact, v3).unwrap_or(json!({})));
    put(&mut object, "inboundDndSettings", contact.fields.get("inboundDndSettings").cloned());
    put(&mut object, "validEmail", Value::Null);
    put(&mut object, "opportunities", json!([]));
    put(&mut object, "dateOfBirth", birth_date(contact).map(Timestamp::as_millisecond));
    put(&mut object, "searchAfter", cursor);
    Value::Object(object)
}

fn additional(values: &[String], name: &str) -> Value {
    values.iter().map(|value| json!({ name: value })).collect()
}

/// The start of the day of birth.
pub(super) fn birth_date(contact: &Contact) -> Option<Timestamp> {
    format!("{}T00:00:00Z", contact.text("dateOfBirth")?).parse().ok()
}
