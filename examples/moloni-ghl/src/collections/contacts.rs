use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use ghl_contacts::{
    Client, Contact, ContactId, ContactUpdate, CustomFieldId, CustomFieldValue, DataType, NewContact,
    NewCustomField, Patch, SearchContacts, SearchCursor, SearchField,
};
use serde_json::Value;
use sync_core::AccountKey;
use sync_core::engine::{
    Caps, Collection, Fault, FaultKind, ListPage, Marker, MarkerKind, PageToken, Part, Probe, Raw, Read,
    RecordId, RecordRef, Scope, SetUp, Snapshot, WriteError, Written,
};

use super::{fields, to_raw};
use crate::fault::{ghl, ghl_write};
use crate::mapping::ContactFields;
use crate::settings::Timing;

/// The fields of its own that a contact is written by.
const FIELDS: [&str; 8] =
    ["email", "phone", "address1", "city", "postalCode", "country", "website", "source"];

/// The contacts of a HighLevel location.
///
/// Custom fields go by their names (`customFields.NIF`), and the marker lives in one of them.
#[derive(Debug, Clone)]
pub struct GhlContacts {
    client: Client,
    fields: ContactFields,
    caps: Caps,
    /// Ids of the location's custom fields by name, once they are known.
    ids: Arc<RwLock<HashMap<String, CustomFieldId>>>,
}

impl GhlContacts {
    /// The contacts of the client's location.
    pub fn new(client: Client, fields: ContactFields, timing: Timing) -> Self {
        let caps = Caps::new()
            .unique(["email", "phone"])
            .marker(MarkerKind::Searchable)
            .modified_at(Duration::from_secs(1))
            .request_timeout(timing.request)
            .index_lag(timing.index_lag);
        Self { client, fields, caps, ids: Arc::default() }
    }

    fn field_id(&self, name: &str) -> Option<CustomFieldId> {
        self.ids.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    async fn load_fields(&self) -> Result<(), Fault> {
        let list = self.client.custom_fields().list().await.map_err(ghl)?;
        let mut ids = HashMap::new();
        for definition in list {
            // Two fields of one name: the first one that the service lists.
            ids.entry(definition.name).or_insert(definition.id);
        }
        // In place of what an earlier look found: a value for a field that is gone would be dropped without a word.
        *self.ids.write().unwrap_or_else(PoisonError::into_inner) = ids;
        Ok(())
    }

    fn missing(&self) -> Vec<String> {
        let names = self.fields.names().into_iter();
        names.filter(|name| self.field_id(name).is_none()).map(str::to_owned).collect()
    }

    /// A contact with its custom fields by name. Every field of the location is there: one without a value is
    /// known to be empty, because the service gives all values or none.
    fn snapshot(&self, contact: &Contact) -> Result<Snapshot, Fault> {
        let mut raw = to_raw(contact)?;
        let name = contact.full_name().map_or(Value::Null, Value::String);
        raw.insert("name".to_owned(), name);
        // The service leaves out what is empty.
        for field in FIELDS {
            raw.entry(field).or_insert(Value::Null);
        }
        let mut custom = Raw::new();
        for (name, id) in self.ids.read().unwrap_or_else(PoisonError::into_inner).iter() {
            let value = contact.custom_fields.iter().find(|f| f.id == *id).map(|f| f.value.clone());
            custom.insert(name.clone(), value.unwrap_or_default());
        }
        let marker = custom.get(&self.fields.marker).and_then(Value::as_str).filter(|m| !m.is_empty());
        let marker = marker.map(Marker::new);
        raw.insert("customFields".to_owned(), Value::Object(custom));
        let mut snapshot = Snapshot::new(RecordRef::top(RecordId::new(&contact.id)), raw).with_marker(marker);
        snapshot.modified_at = contact.date_updated;
        snapshot.created_at = contact.date_added;
        Ok(snapshot)
    }

    fn written(&self, contact: &Contact) -> Written {
        Written { id: RecordId::new(&contact.id), stored: self.snapshot(contact).ok() }
    }

    /// Custom fields by id.
    fn custom_values(&self, value: &Value) -> Result<Vec<CustomFieldValue>, Fault> {
        let Some(object) = value.as_object() else { return Err(unusable("customFields")) };
        let id = |name: &str| self.field_id(name).ok_or_else(|| unusable(&format!("customFields.{name}")));
        let text = |value: &Value| if value.is_null() { Value::from("") } else { value.clone() };
        object.iter().map(|(name, value)| Ok(CustomFieldValue::new(id(name)?, text(value)))).collect()
    }

    fn new_contact(&self, raw: &Raw, marker: &Marker) -> Result<NewContact, Fault> {
        let mut new = NewContact::new();
        for (name, value) in raw {
            if name == "customFields" {
                for value in self.custom_values(value)? {
                    new = new.custom_field(value);
                }
                continue;
            }
            let Some(text) = value.as_str() else { return Err(unusable(name)) };
            new = match name.as_str() {
                "name" => new.name(text),
                "email" => new.email(text),
                "phone" => new.phone(text),
                "address1" => new.address1(text),
                "city" => new.city(text),
                "postalCode" => new.postal_code(text),
                "country" => new.country(text),
                "website" => new.website(text),
                "source" => new.source(text),
                _ => return Err(unusable(name)),
            };
        }
        let id = self.field_id(&self.fields.marker).ok_or_else(|| unusable(&self.fields.marker))?;
        Ok(new.custom_field(CustomFieldValue::new(id, marker.as_str())))
    }

    fn contact_update(&self, raw: &Raw) -> Result<ContactUpdate, Fault> {
        let mut update = ContactUpdate::new();
        for (name, value) in raw {
            if name == "customFields" {
                for value in self.custom_values(value)? {
                    update = update.custom_field(value);
                }
                continue;
            }
            if name == "postalCode" || name == "country" {
                // The service takes no `null` for these two.
                let text = value.as_str().unwrap_or_default();
                update = if name == "country" { update.country(text) } else { update.postal_code(text) };
                continue;
            }
            let patch = match value {
                Value::Null => Patch::Clear,
                Value::String(text) => Patch::Set(text.clone()),
                _ => return Err(unusable(name)),
            };
            update = match name.as_str() {
                "name" => update.name(patch),
                "email" => update.email(patch),
                "phone" => update.phone(patch),
                "address1" => update.address1(patch),
                "city" => update.city(patch),
                "website" => update.website(patch),
                "source" => update.source(patch),
                _ => return Err(unusable(name)),
            };
        }
        Ok(update)
    }
}

fn unusable(field: &str) -> Fault {
    Fault::new(
        FaultKind::Broken,
        format!("contacts have no field {field} that can be written with this value"),
    )
}

#[async_trait]
impl Collection for GhlContacts {
    fn name(&self) -> &'static str {
        "contacts"
    }

    fn caps(&self) -> &Caps {
        &self.caps
    }

    /// The token is bound to the location: with another one every call answers 403.
    async fn identity(&self) -> Result<AccountKey, Fault> {
        Ok(Client::account_key(self.client.location()))
    }

    async fn set_up(&self) -> Result<SetUp, Fault> {
        self.load_fields().await?;
        let untouched = self.field_id(&self.fields.marker).is_none();
        let missing = self.missing().into_iter().map(|name| format!("custom field \"{name}\"")).collect();
        Ok(SetUp::new(missing, untouched))
    }

    async fn complete_set_up(&self) -> Result<(), Fault> {
        for name in self.missing() {
            let new = NewCustomField::new(&name, DataType::Text);
            let created = self.client.custom_fields().create(&new).await.map_err(ghl)?;
            self.ids.write().unwrap_or_else(PoisonError::into_inner).insert(name, created.id);
        }
        Ok(())
    }

    async fn list(&self, _: &Scope, page: Option<&PageToken>) -> Result<ListPage, Fault> {
        let mut search = SearchContacts::new().page_size(500);
        if let Some(token) = page {
            let cursor: SearchCursor = serde_json::from_str(&token.0)
                .map_err(|_| Fault::new(FaultKind::Broken, "the page token is no cursor"))?;
            search = search.after(cursor);
        }
        let page = self.client.contacts().search(search).page().await.map_err(ghl)?;
        let records = page.contacts.iter().map(|c| self.snapshot(c)).collect::<Result<_, _>>()?;
        let next = page.next.and_then(|next| serde_json::to_string(&next).ok()).map(PageToken);
        Ok(ListPage { records, next })
    }

    async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
        let found = self.client.contacts().find(&ContactId::new(at.id.as_str())).await.map_err(ghl)?;
        Ok(found.map(|contact| self.snapshot(&contact)).transpose()?.into())
    }

    async fn find(&self, _: &Scope, by: &Probe, limit: usize) -> Result<Vec<Snapshot>, Fault> {
        let custom =
            |name: &str, value: &str| self.field_id(name).map(|id| SearchField::custom(id).eq(value));
        let filter = match by {
            Probe::Marker(marker) => custom(&self.fields.marker, marker.as_str()),
            Probe::Field { name, value } if name == "vat" => custom(&self.fields.nif, value),
            Probe::Field { name, value } if name == "email" => Some(SearchField::EMAIL.eq(value)),
            Probe::Field { name, value } if name == "phone" => Some(SearchField::PHONE.eq(value)),
            _ => return Err(Fault::new(FaultKind::Broken, "contacts cannot be searched by this field")),
        };
        // A custom field that does not exist has no values.
        let Some(filter) = filter else { return Ok(Vec::new()) };
        let size = u32::try_from(limit).unwrap_or(u32::MAX);
        let search = SearchContacts::new().filter(filter).page_size(size);
        let page = self.client.contacts().search(search).page().await.map_err(ghl)?;
        page.contacts.iter().map(|c| self.snapshot(c)).collect()
    }

    async fn create(&self, _: &Scope, raw: &Raw, marker: &Marker) -> Result<Written, WriteError> {
        let new = self.new_contact(raw, marker).map_err(WriteError::NotApplied)?;
        let contact = self.client.contacts().create(&new).await.map_err(ghl_write)?;
        Ok(self.written(&contact))
    }

    async fn update(&self, seen: &Snapshot, part: &Part, _: &Marker) -> Result<Written, WriteError> {
        let raw = fields(part)?;
        let update = self.contact_update(raw).map_err(WriteError::NotApplied)?;
        let id = ContactId::new(seen.at.id.as_str());
        let contact = self.client.contacts().update(&id, &update).await.map_err(ghl_write)?;
        Ok(self.written(&contact))
    }
}
