//! Records that belong to a contact: notes, tasks and appointments.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::refuse::Refusal;

/// One record of a contact.
#[derive(Debug, Clone)]
pub(super) struct Child {
    pub(super) id: String,
    pub(super) contact: String,
    pub(super) fields: Map<String, Value>,
    pub(super) added: Timestamp,
    pub(super) updated: Timestamp,
}

/// All records of one kind, oldest first.
#[derive(Debug, Clone)]
pub(super) struct Children {
    what: &'static str,
    records: Vec<Child>,
}

impl Children {
    pub(super) fn new(what: &'static str) -> Self {
        Self { what, records: Vec::new() }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Child> {
        self.records.iter()
    }

    pub(super) fn of<'a>(&'a self, contact: &'a str) -> impl Iterator<Item = &'a Child> {
        self.records.iter().filter(move |child| child.contact == contact)
    }

    pub(super) fn add(
        &mut self,
        id: String,
        contact: &str,
        fields: Map<String, Value>,
        now: Timestamp,
    ) -> Child {
        let child = Child { id, contact: contact.to_owned(), fields, added: now, updated: now };
        self.records.push(child.clone());
        child
    }

    /// The record with this id, of this contact if one is named.
    pub(super) fn find(&self, contact: Option<&str>, id: &str) -> Result<&Child, Refusal> {
        let found =
            self.records.iter().find(|c| c.id == id && contact.is_none_or(|owner| owner == c.contact));
        found.ok_or_else(|| Refusal::not_found(self.what))
    }

    /// Replaces the given fields; null removes one.
    pub(super) fn update(
        &mut self,
        contact: Option<&str>,
        id: &str,
        fields: Map<String, Value>,
        now: Timestamp,
    ) -> Result<&Child, Refusal> {
        let found =
            self.records.iter_mut().find(|c| c.id == id && contact.is_none_or(|owner| owner == c.contact));
        let child = found.ok_or_else(|| Refusal::not_found(self.what))?;
        child.fields.extend(fields);
        child.fields.retain(|_, value| !value.is_null());
        child.updated = now;
        Ok(child)
    }

    pub(super) fn remove(&mut self, contact: Option<&str>, id: &str) -> Result<(), Refusal> {
        self.find(contact, id)?;
        self.records.retain(|child| child.id != id);
        Ok(())
    }

    pub(super) fn remove_all_of(&mut self, contact: &str) {
        self.records.retain(|child| child.contact != contact);
    }
}
