use std::fmt;
use std::fmt::Debug;

use async_trait::async_trait;
use serde_json::Value;

use crate::Env;
use crate::engine::normalise::Normalised;
use crate::engine::{Collection, Marker, Raw, RecordId, RecordRef, Scope};

/// A collection, and what the suite needs to try it.
///
/// Values are such as the service stores as they are, and belong to nobody else. Those of six characters and more must
/// show in no error, and not in the collection's `Debug`: take words that would not be there anyway. Nobody else writes to
/// the account while the suite runs.
pub struct Fixture<'a> {
    pub(super) collection: &'a dyn Collection,
    pub(super) env: &'a dyn Env,
    pub(super) parent: Option<RecordId>,
    pub(super) records: Vec<Raw>,
    pub(super) change: Raw,
    pub(super) stored_otherwise: Raw,
    pub(super) refused: Raw,
    pub(super) keys: Vec<Key<'a>>,
    pub(super) sets: Vec<(String, Vec<String>)>,
    pub(super) markers: Option<Box<dyn Fn(u32) -> Marker + Send + Sync + 'a>>,
    pub(super) unknown: Option<RecordId>,
    pub(super) removes: bool,
    pub(super) person: Option<&'a dyn Person>,
}

/// A field by which records are searched.
pub(super) struct Key<'a> {
    /// Its name in the mapping.
    pub(super) name: String,
    /// Where the collection has it.
    pub(super) path: String,
    pub(super) normalise: Box<dyn Fn(&str) -> Normalised + Send + Sync + 'a>,
}

impl<'a> Fixture<'a> {
    /// A collection of a new account, or of one that has records already. `env` is the clock that its lags are waited
    /// for by: where the service takes a [`ManualEnv`](crate::ManualEnv), the same one.
    pub fn new(collection: &'a dyn Collection, env: &'a dyn Env) -> Self {
        Self {
            collection,
            env,
            parent: None,
            records: Vec::new(),
            change: Raw::new(),
            stored_otherwise: Raw::new(),
            refused: Raw::new(),
            keys: Vec::new(),
            sets: Vec::new(),
            markers: None,
            unknown: None,
            removes: true,
            person: None,
        }
    }

    /// Works under this record, as the notes of a contact are.
    #[must_use]
    pub fn under(mut self, parent: RecordId) -> Self {
        self.parent = Some(parent);
        self
    }

    /// Adds the fields of a new record, as [`Collection::create`] takes them. Three are the least; with more of them
    /// than fit a page, pages are tried as well.
    ///
    /// # Panics
    ///
    /// If `fields` is no JSON object.
    #[must_use]
    pub fn record(mut self, fields: Value) -> Self {
        self.records.push(object(fields));
        self
    }

    /// Sets the change that is made to the first record, as [`Part::Fields`](crate::engine::Part::Fields) takes it.
    /// Null clears a field; it is best to have one.
    ///
    /// # Panics
    ///
    /// If `fields` is no JSON object.
    #[must_use]
    pub fn change(mut self, fields: Value) -> Self {
        self.change = object(fields);
        self
    }

    /// Adds a change that the service takes and stores in another way than it is sent, such as a text that it cuts.
    ///
    /// # Panics
    ///
    /// If `fields` is no JSON object.
    #[must_use]
    pub fn stored_otherwise(mut self, fields: Value) -> Self {
        self.stored_otherwise = object(fields);
        self
    }

    /// Adds the fields of a record that the service does not accept, such as one with half an e-mail address.
    ///
    /// # Panics
    ///
    /// If `fields` is no JSON object.
    #[must_use]
    pub fn refused(mut self, fields: Value) -> Self {
        self.refused = object(fields);
        self
    }

    /// Adds a field that can be searched: its name in the mapping, and its path in the collection, such as
    /// `customFields.NIF`. Every [unique](crate::engine::Caps::unique) field is one of them.
    #[must_use]
    pub fn key(self, name: &str, path: &str) -> Self {
        self.key_normalised(name, path, |text| Ok(Some(text.to_owned())))
    }

    /// As [`key`](Self::key), for a field whose values are brought into one spelling before they are searched for.
    #[must_use]
    pub fn key_normalised(
        mut self,
        name: &str,
        path: &str,
        normalise: impl Fn(&str) -> Normalised + Send + Sync + 'a,
    ) -> Self {
        let normalise = Box::new(normalise);
        self.keys.push(Key { name: name.to_owned(), path: path.to_owned(), normalise });
        self
    }

    /// Adds a set such as tags by its path, and two members that the first record does not have.
    #[must_use]
    pub fn set(mut self, path: &str, members: [&str; 2]) -> Self {
        self.sets.push((path.to_owned(), members.map(str::to_owned).to_vec()));
        self
    }

    /// Sets what markers look like, for a collection that does not take any. `make` gives another one for each number.
    /// Default: what pairs of records have.
    #[must_use]
    pub fn markers(mut self, make: impl Fn(u32) -> Marker + Send + Sync + 'a) -> Self {
        self.markers = Some(Box::new(make));
        self
    }

    /// Sets an id that could be one of the service's, and is not. Default: an id of a record, changed.
    #[must_use]
    pub fn unknown(mut self, id: RecordId) -> Self {
        self.unknown = Some(id);
        self
    }

    /// Says that the collection refuses to remove records.
    #[must_use]
    pub fn never_removes(mut self) -> Self {
        self.removes = false;
        self
    }

    /// Adds somebody who works at the service itself.
    #[must_use]
    pub fn person(mut self, person: &'a dyn Person) -> Self {
        self.person = Some(person);
        self
    }

    pub(super) fn scope(&self) -> Scope {
        self.parent.clone().map_or(Scope::All, Scope::Under)
    }

    /// Where the record with this id is.
    pub(super) fn place(&self, id: RecordId) -> RecordRef {
        RecordRef { parent: self.parent.clone(), id }
    }
}

impl Debug for Fixture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fixture").field("collection", &self.collection).finish_non_exhaustive()
    }
}

#[track_caller]
fn object(fields: Value) -> Raw {
    match fields {
        Value::Object(raw) => raw,
        _ => panic!("the fields of a record are a JSON object"),
    }
}

/// Somebody who works at the service itself, past the collection. What they cannot do says `false`.
#[async_trait]
pub trait Person: Send + Sync + Debug {
    /// Changes fields of a record.
    async fn edit(&self, at: &RecordRef, fields: &Raw) -> bool {
        let _ = (at, fields);
        false
    }

    /// Deletes a record.
    async fn delete(&self, at: &RecordRef) -> bool {
        let _ = at;
        false
    }

    /// Merges a record into another one, which stays.
    async fn merge(&self, from: &RecordRef, into: &RecordRef) -> bool {
        let _ = (from, into);
        false
    }
}
