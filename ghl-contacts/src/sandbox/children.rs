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
    /// What has happened since somebody asked, if anybody is to ask.
    changes: Option<Vec<Change>>,
}

/// What happened to a record.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) verb: Verb,
    pub(super) before: Option<Child>,
    /// As it is, or as it was before it was deleted.
    pub(super) child: Child,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verb {
    Create,
    Update,
    Delete,
}

impl Children {
    pub(super) fn new(what: &'static str) -> Self {
        Self { what, records: Vec::new(), changes: None }
    }

    /// The same, and [`take_changes`](Self::take_changes) tells what happens.
    pub(super) fn watched(self) -> Self {
        Self { changes: Some(Vec::new()), ..self }
    }

    /// What has happened since the last time.
    pub(super) fn take_changes(&mut self) -> Vec<Change> {
        self.changes.as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn note(&mut self, verb: Verb, before: Option<Child>, child: Child) {
        if let Some(changes) = &mut self.changes {
            changes.push(Change { verb, before, child });
        }
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
        self.note(Verb::Create, None, child.clone());
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
        let before = self.find(contact, id)?.clone();
        let mut after = before.clone();
        after.fields.extend(fields);
        after.fields.retain(|_, value| !value.is_null());
        after.updated = now;
        self.note(Verb::Update, Some(before), after.clone());
        let found = self.records.iter_mut().find(|child| child.id == id);
        let child = found.ok_or_else(|| Refusal::not_found(self.what))?;
        *child = after;
        Ok(child)
    }

    pub(super) fn remove(&mut self, contact: Option<&str>, id: &str) -> Result<(), Refusal> {
        let gone = self.find(contact, id)?.clone();
        self.records.retain(|child| child.id != id);
        self.note(Verb::Delete, None, gone);
        Ok(())
    }

    /// Puts all records of one contact under another, which nobody is told.
    pub(super) fn give(&mut self, from: &str, to: &str) {
        for child in self.records.iter_mut().filter(|child| child.contact == from) {
            to.clone_into(&mut child.contact);
        }
    }

    pub(super) fn remove_all_of(&mut self, contact: &str) {
        self.records.retain(|child| child.contact != contact);
    }
}
