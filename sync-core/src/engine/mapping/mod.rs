//! Which field of one side goes with which field of the other.

mod builder;
mod field;
mod fields;
#[cfg(feature = "mapping-file")]
mod file;

use std::fmt::Debug;

use serde_json::Value;

use super::decide::PairRules;
use super::record::{Fingerprint, Raw, Side, Snapshot};
use super::value::FieldValue;
use field::Source;

pub use builder::{MappingBuilder, MappingError};
pub use field::Field;
pub use fields::Fields;
#[cfg(feature = "mapping-file")]
pub use file::{MappingFileError, MappingProblem};

/// Reads records into canonical fields and writes canonical fields into records. [`Mapping`] does it by paths;
/// implement it for what paths cannot say.
pub trait Mapper: Debug + Send + Sync {
    /// The rules of its fields, whose order is that of every [`Fields`].
    fn rules(&self) -> &PairRules;

    /// The canonical fields of a record of `side`. What cannot be used is unknown, and told in
    /// [`Fields::problems`].
    fn read(&self, side: Side, snapshot: &Snapshot) -> Fields;

    /// Positions and values as raw fields of `side`. An empty value clears.
    fn write(&self, side: Side, values: &[(usize, FieldValue)]) -> Raw;

    /// What a new record of `side` gets, made from one of the other side.
    fn initial(&self, side: Side, from: &Fields) -> Vec<(usize, FieldValue)>;

    /// Tells two definitions of the field at a position apart: a changed one meets for the first time again.
    fn fingerprint(&self, position: usize) -> Fingerprint;

    /// Positions of the fields that together recognise a record, strongest first. None: records are never recognised,
    /// and a partner is always created.
    fn matchers(&self) -> &[Vec<usize>] {
        &[]
    }

    /// What a person knows a record by. It shows in plans and messages, so it should not be personal. Default: its id.
    fn label(&self, side: Side, snapshot: &Snapshot) -> String {
        let _ = side;
        snapshot.at.id.to_string()
    }

    /// The name of the field at a position.
    fn name(&self, position: usize) -> &str {
        self.rules().fields.get(position).map_or("?", |rules| rules.name.as_str())
    }

    /// The position of the field `name`.
    fn position(&self, name: &str) -> Option<usize> {
        self.rules().fields.iter().position(|rules| rules.name == name)
    }
}

/// Which field of the left side goes with which field of the right side, how both are compared, which way changes go,
/// who wins, and by which fields records are recognised.
///
/// ```
/// use sync_core::engine::{Mapping, Policy, Side, normalise};
///
/// let mapping = Mapping::builder()
///     .field("vat", |f| f.left("vat").right("customFields.NIF").normalise(normalise::nif).ignore(["999999990"]))
///     .field("email", |f| {
///         f.left("email").right("email").normalise(normalise::email).policy(Policy::newest_or(Side::Right))
///     })
///     .field("name", |f| f.left("name").right("name").only_to(Side::Right))
///     .field("tags", |f| f.left("labels").right("tags").set())
///     .field("source", |f| f.constant("Moloni").right("source").on_create())
///     .matched_by(["vat"])
///     .matched_by(["email"])
///     .label("number")
///     .build()?;
/// # let _ = mapping;
/// # Ok::<(), sync_core::engine::MappingError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Mapping {
    fields: Vec<Field>,
    rules: PairRules,
    matchers: Vec<Vec<usize>>,
    label: String,
}

impl Mapping {
    /// Starts a mapping.
    pub fn builder() -> MappingBuilder {
        MappingBuilder::new()
    }

    /// The path at which the field `name` is read and written on the right side.
    pub fn right_path(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|f| f.name() == name)?;
        match &field.source.right {
            Source::Path(path) => Some(path),
            Source::Constant(_) => None,
        }
    }

    /// The paths at which fields are read and written on the right side, in the order of the fields.
    pub fn right_paths(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().filter_map(|field| match &field.source.right {
            Source::Path(path) => Some(path.as_str()),
            Source::Constant(_) => None,
        })
    }
}

impl Mapper for Mapping {
    fn rules(&self) -> &PairRules {
        &self.rules
    }

    fn read(&self, side: Side, snapshot: &Snapshot) -> Fields {
        let mut fields = Fields::default();
        for field in &self.fields {
            fields.push(field.read(side, snapshot), field.is_frozen(side, snapshot));
        }
        fields
    }

    fn write(&self, side: Side, values: &[(usize, FieldValue)]) -> Raw {
        let mut raw = Raw::new();
        for (position, value) in values {
            let Some(field) = self.fields.get(*position) else { continue };
            if let Source::Path(path) = &field.source[side] {
                put(&mut raw, path, field.raw(side, value));
            }
        }
        raw
    }

    fn initial(&self, side: Side, from: &Fields) -> Vec<(usize, FieldValue)> {
        let value = |(position, field): (usize, &Field)| {
            let value = Some(from.get(position)).filter(|value| value.has_value()).cloned();
            let default = || field.default[side].as_ref().map(|make| FieldValue::Text(make()));
            Some((position, value.or_else(default)?))
        };
        let fields = self.fields.iter().enumerate();
        fields.filter(|(_, field)| field.rules.direction.creates(side)).filter_map(value).collect()
    }

    fn fingerprint(&self, position: usize) -> Fingerprint {
        self.fields.get(position).map_or_else(|| Fingerprint::of(&()), Field::fingerprint)
    }

    fn matchers(&self) -> &[Vec<usize>] {
        &self.matchers
    }

    /// The value of the label's path on the left side, or else the id.
    fn label(&self, side: Side, snapshot: &Snapshot) -> String {
        match snapshot.text(&self.label) {
            text if side == Side::Left && !text.is_empty() => text.to_owned(),
            _ => snapshot.at.id.to_string(),
        }
    }
}

/// Puts a value at a path, making objects on the way.
fn put(raw: &mut Raw, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            raw.insert(path.to_owned(), value);
        }
        Some((outer, inner)) => {
            let entry = raw.entry(outer).or_insert_with(|| Value::Object(Raw::new()));
            if let Some(object) = entry.as_object_mut() {
                put(object, inner, value);
            }
        }
    }
}

#[cfg(test)]
mod tests;
