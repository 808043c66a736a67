use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::fields::CustomField;
use super::normal;

/// A contact as the service stores it.
#[derive(Debug, Clone)]
pub(super) struct Contact {
    pub(super) id: String,
    pub(super) location: String,
    /// The plain fields by their names in a create; none is null.
    pub(super) fields: Map<String, Value>,
    pub(super) tags: Vec<String>,
    /// Values by the id of the definition.
    pub(super) custom: BTreeMap<String, Value>,
    pub(super) followers: Vec<String>,
    pub(super) business: Option<String>,
    pub(super) additional_emails: Vec<String>,
    pub(super) additional_phones: Vec<String>,
    pub(super) campaigns: BTreeSet<String>,
    pub(super) workflows: BTreeSet<String>,
    pub(super) created_by: &'static str,
    pub(super) added: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) deleted: bool,
}

impl Contact {
    pub(super) fn new(id: String, location: &str, created_by: &'static str, now: Timestamp) -> Self {
        Self {
            id,
            location: location.to_owned(),
            fields: Map::new(),
            tags: Vec::new(),
            custom: BTreeMap::new(),
            followers: Vec::new(),
            business: None,
            additional_emails: Vec::new(),
            additional_phones: Vec::new(),
            campaigns: BTreeSet::new(),
            workflows: BTreeSet::new(),
            created_by,
            added: now,
            updated: now,
            deleted: false,
        }
    }

    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field)?.as_str()
    }

    pub(super) fn full_name(&self) -> String {
        let parts = [self.text("firstName"), self.text("lastName")];
        parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// Stores a body that has passed validation.
    pub(super) fn apply(&mut self, body: &Map<String, Value>, definitions: &[CustomField]) {
        for (key, value) in body {
            match (key.as_str(), value) {
                ("locationId" | "createNewIfDuplicateAllowed", _) => {}
                ("name", value) => {
                    let parted = ["firstName", "lastName"].iter().any(|part| body.contains_key(*part));
                    if !parted {
                        self.set_full_name(value.as_str().unwrap_or_default());
                    }
                }
                ("tags", Value::Array(tags)) => {
                    self.tags = normal::tags(tags.iter().filter_map(Value::as_str));
                }
                ("customFields", Value::Array(items)) => {
                    for item in items {
                        self.apply_custom(item, definitions);
                    }
                }
                ("additionalEmails", value) => self.additional_emails = texts(value),
                ("additionalPhones", value) => {
                    self.additional_phones = texts(value).iter().filter_map(|p| normal::phone(p)).collect();
                }
                ("businessId", value) => self.business = value.as_str().map(str::to_owned),
                ("dndSettings", Value::Object(channels)) => {
                    let settings = self.fields.entry("dndSettings").or_insert_with(|| json!({}));
                    if let Some(settings) = settings.as_object_mut() {
                        settings.extend(channels.clone());
                    }
                }
                (_, Value::Null) => {
                    self.fields.remove(key);
                }
                (_, value) => {
                    self.fields.insert(key.clone(), stored(key, value));
                }
            }
        }
        // A secondary address that becomes the primary one is no longer secondary.
        if let Some(email) = self.text("email").map(str::to_owned) {
            self.additional_emails.retain(|other| !other.eq_ignore_ascii_case(&email));
        }
    }

    fn set_full_name(&mut self, name: &str) {
        let (first, last) = name.trim().split_once(' ').unwrap_or((name.trim(), ""));
        for (field, part) in [("firstName", first), ("lastName", last.trim())] {
            if part.is_empty() {
                self.fields.remove(field);
            } else {
                self.fields.insert(field.to_owned(), json!(part));
            }
        }
    }

    /// Stores one item of `customFields`. What the service cannot use it drops without a word.
    fn apply_custom(&mut self, item: &Value, definitions: &[CustomField]) {
        let text = |name: &str| item.get(name).and_then(Value::as_str);
        let definition = definitions.iter().find(|d| {
            let named = text("id").map_or_else(|| text("key") == Some(d.bare_key()), |id| id == d.id);
            named && d.location == self.location && d.model == "contact"
        });
        let Some(definition) = definition else { return };
        let Some(value) = item.get("field_value").or_else(|| item.get("fieldValue")) else { return };
        if value.is_null() || value.as_str() == Some("") {
            self.custom.remove(&definition.id);
        } else if let Some(value) = definition.accept(value) {
            self.custom.insert(definition.id.clone(), value);
        }
    }
}

/// A plain value as the service keeps it.
fn stored(key: &str, value: &Value) -> Value {
    let normal = value.as_str().and_then(|text| match key {
        "phone" => normal::phone(text),
        "dateOfBirth" => normal::birth_date(text).map(|date| date.to_string()),
        _ => None,
    });
    normal.map_or_else(|| value.clone(), Value::String)
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
