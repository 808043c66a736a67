use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::normalise::{Normalised, spaces};
use super::record::{Raw, Side, Snapshot};

/// The canonical value of one field on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldValue {
    /// Not in this answer: says nothing about the record.
    Unknown,
    /// Known to be empty.
    Empty,
    /// A value.
    Text(String),
}

impl FieldValue {
    /// The value, if there is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// As a baseline keeps it: a value or empty; the outer `None` is unknown.
    #[allow(clippy::option_option, reason = "the baseline keeps options, and not every value is known")]
    fn known(&self) -> Option<Option<String>> {
        match self {
            Self::Unknown => None,
            Self::Empty => Some(None),
            Self::Text(text) => Some(Some(text.clone())),
        }
    }
}

/// The canonical fields of one record, in the order of the mapping's fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    values: Vec<FieldValue>,
    /// Values that could not be used: the field's position and why.
    problems: Vec<(usize, String)>,
}

impl Fields {
    /// The value at a position.
    pub fn get(&self, position: usize) -> &FieldValue {
        self.values.get(position).unwrap_or(&FieldValue::Unknown)
    }

    /// The values that could not be used.
    pub fn problems(&self) -> &[(usize, String)] {
        &self.problems
    }
}

/// Which field of the left side goes into which field of the right side, how both are compared, and by which
/// fields records are recognised.
///
/// ```
/// use sync_core::engine::{Mapping, normalise};
///
/// let mapping = Mapping::builder()
///     .field("vat", |f| f.left("vat").right("customFields.NIF").normalise(normalise::nif).ignore(["999999990"]))
///     .field("email", |f| f.left("email").right("email").normalise(normalise::email))
///     .field("name", |f| f.left("name").right("name"))
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
    matchers: Vec<Vec<usize>>,
    label: String,
}

/// One field of a [`Mapping`].
#[derive(Clone)]
pub struct Field {
    name: String,
    left: Source,
    right: String,
    normalise: Arc<dyn Fn(&str) -> Normalised + Send + Sync>,
    ignore: BTreeSet<String>,
    on_create: bool,
}

#[derive(Debug, Clone)]
enum Source {
    Path(String),
    Constant(String),
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field")
            .field("name", &self.name)
            .field("left", &self.left)
            .field("right", &self.right)
            .finish_non_exhaustive()
    }
}

impl Field {
    /// Reads the left value at this path, such as `country.iso_3166_1`.
    #[must_use]
    pub fn left(mut self, path: impl Into<String>) -> Self {
        self.left = Source::Path(path.into());
        self
    }

    /// Takes this value for every left record.
    #[must_use]
    pub fn constant(mut self, value: impl Into<String>) -> Self {
        self.left = Source::Constant(value.into());
        self
    }

    /// Reads and writes the right value at this path, such as `customFields.NIF`.
    #[must_use]
    pub fn right(mut self, path: impl Into<String>) -> Self {
        self.right = path.into();
        self
    }

    /// Sets how both values are brought into one spelling. Default: [`spaces`](super::normalise::spaces).
    #[must_use]
    pub fn normalise(mut self, f: impl Fn(&str) -> Normalised + Send + Sync + 'static) -> Self {
        self.normalise = Arc::new(f);
        self
    }

    /// Takes these normalised values for empty: placeholders that many records share.
    #[must_use]
    pub fn ignore(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.ignore.extend(values.into_iter().map(Into::into));
        self
    }

    /// Writes the field only when a record is created.
    #[must_use]
    pub fn on_create(mut self) -> Self {
        self.on_create = true;
        self
    }

    fn read(&self, side: Side, snapshot: &Snapshot) -> Result<FieldValue, String> {
        let value = match (side, &self.left) {
            (Side::Left, Source::Constant(text)) => return Ok(FieldValue::Text(text.clone())),
            (Side::Left, Source::Path(path)) => snapshot.get(path),
            (Side::Right, _) => snapshot.get(&self.right),
        };
        let text = match value {
            None => return Ok(FieldValue::Unknown),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Bool(flag)) => flag.to_string(),
            Some(Value::Null) => String::new(),
            Some(_) => return Err("is a list or an object, not one value".to_owned()),
        };
        Ok(match (self.normalise)(&text)? {
            Some(text) if !self.ignore.contains(&text) => FieldValue::Text(text),
            _ => FieldValue::Empty,
        })
    }
}

/// What a merge of one pair wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Merge {
    /// Positions and values to write to the right side.
    pub(super) writes: Vec<(usize, Option<String>)>,
    /// Positions where both sides differ and the right one is left alone.
    pub(super) kept: Vec<usize>,
}

impl Mapping {
    /// Starts a mapping.
    pub fn builder() -> MappingBuilder {
        MappingBuilder { fields: Vec::new(), matchers: Vec::new(), label: String::new() }
    }

    /// The position of the field `name`.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|f| f.name == name)
    }

    /// The name of the field at a position.
    pub fn name(&self, position: usize) -> &str {
        self.fields.get(position).map_or("?", |f| f.name.as_str())
    }

    /// The name of the field that is read or written at `path` on the right side.
    pub fn right_path(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|f| f.name == name).map(|f| f.right.as_str())
    }

    /// Whether changes of a field reach a record that is there already.
    pub(super) fn follows(&self, name: &str) -> bool {
        self.fields.iter().any(|f| f.name == name && !f.on_create)
    }

    /// The fields that together recognise a record, strongest first.
    pub(super) fn matchers(&self) -> &[Vec<usize>] {
        &self.matchers
    }

    /// How a person finds the left record: the value of the label's path, or else its id.
    pub(super) fn label(&self, snapshot: &Snapshot) -> String {
        match snapshot.text(&self.label) {
            "" => snapshot.at.id.to_string(),
            text => text.to_owned(),
        }
    }

    /// The canonical fields of a record.
    pub fn read(&self, side: Side, snapshot: &Snapshot) -> Fields {
        let mut problems = Vec::new();
        let mut read = |(position, field): (usize, &Field)| {
            field.read(side, snapshot).unwrap_or_else(|why| {
                problems.push((position, why));
                FieldValue::Unknown
            })
        };
        let values = self.fields.iter().enumerate().map(&mut read).collect();
        Fields { values, problems }
    }

    /// The right side's fields for a new record: everything that has a value.
    pub(super) fn create(&self, left: &Fields) -> Vec<(usize, Option<String>)> {
        (0..self.fields.len()).filter_map(|i| Some((i, Some(left.get(i).text()?.to_owned())))).collect()
    }

    /// One-way merge of one pair, field by field.
    ///
    /// | left since the last agreement | right | result |
    /// |---|---|---|
    /// | unchanged, or unknown | any | nothing |
    /// | changed | equal | nothing |
    /// | changed | different | written |
    /// | never agreed | equal | nothing |
    /// | never agreed, has a value | empty | written |
    /// | never agreed, has a value | another value | kept: what people put there is not overwritten |
    /// | never agreed, empty | any | nothing: an empty field never clears another here |
    pub(super) fn merge(
        &self,
        agreed: &BTreeMap<String, Option<String>>,
        left: &Fields,
        right: &Fields,
    ) -> Merge {
        let mut merge = Merge::default();
        for (position, field) in self.fields.iter().enumerate().filter(|(_, f)| !f.on_create) {
            let (l, r) = (left.get(position), right.get(position));
            let Some(value) = l.known() else { continue };
            if l == r {
                continue;
            }
            match agreed.get(&field.name) {
                Some(agreed) if *agreed == value => {}
                Some(_) => merge.writes.push((position, value)),
                None => match (l, r) {
                    (FieldValue::Text(_), FieldValue::Text(_)) => merge.kept.push(position),
                    (FieldValue::Text(_), _) => merge.writes.push((position, value)),
                    _ => {}
                },
            }
        }
        merge
    }

    /// The values of a record by field name, as a baseline keeps them. Unknown fields keep their old value.
    pub(super) fn remember(&self, fields: &Fields, into: &mut BTreeMap<String, Option<String>>) {
        for (position, field) in self.fields.iter().enumerate() {
            if let Some(value) = fields.get(position).known() {
                into.insert(field.name.clone(), value);
            }
        }
    }

    /// Values as the right side's raw fields.
    pub(super) fn write(&self, values: &[(usize, Option<String>)]) -> Raw {
        let mut raw = Raw::new();
        for (position, value) in values {
            let Some(field) = self.fields.get(*position) else { continue };
            let value = value.clone().map_or(Value::Null, Value::String);
            match field.right.split_once('.') {
                None => {
                    raw.insert(field.right.clone(), value);
                }
                Some((outer, inner)) => {
                    let entry = raw.entry(outer).or_insert_with(|| Value::Object(Raw::new()));
                    if let Some(object) = entry.as_object_mut() {
                        object.insert(inner.to_owned(), value);
                    }
                }
            }
        }
        raw
    }
}

/// Puts a [`Mapping`] together.
#[derive(Debug, Clone)]
pub struct MappingBuilder {
    fields: Vec<Field>,
    matchers: Vec<Vec<String>>,
    label: String,
}

impl MappingBuilder {
    /// Adds a field.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, set: impl FnOnce(Field) -> Field) -> Self {
        self.fields.push(set(Field {
            name: name.into(),
            left: Source::Path(String::new()),
            right: String::new(),
            normalise: Arc::new(spaces),
            ignore: BTreeSet::new(),
            on_create: false,
        }));
        self
    }

    /// Recognises records by these fields together. Call it again for a weaker way.
    #[must_use]
    pub fn matched_by(mut self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.matchers.push(fields.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the left path that names a record to a person, such as `number`. Choose one that is not personal:
    /// it shows in plans and errors.
    #[must_use]
    pub fn label(mut self, path: impl Into<String>) -> Self {
        self.label = path.into();
        self
    }

    /// Checks and makes the mapping.
    ///
    /// # Errors
    ///
    /// [`MappingError`] that names the field: two of one name, a missing path, two that write the same right
    /// field, a matcher of an unknown field or of none.
    pub fn build(self) -> Result<Mapping, MappingError> {
        let wrong = |field: &str, why: &'static str| Err(MappingError { field: field.to_owned(), why });
        let (mut names, mut targets) = (BTreeSet::new(), BTreeSet::new());
        for field in &self.fields {
            if !names.insert(field.name.as_str()) {
                return wrong(&field.name, "is there twice");
            }
            if field.right.is_empty() {
                return wrong(&field.name, "has no right path");
            }
            if matches!(&field.left, Source::Path(path) if path.is_empty()) {
                return wrong(&field.name, "has neither a left path nor a constant");
            }
            if !targets.insert(field.right.as_str()) {
                return wrong(&field.name, "writes a right field that another one writes too");
            }
        }
        let mut matchers = Vec::new();
        for matcher in &self.matchers {
            let mut positions = Vec::new();
            for name in matcher {
                match self.fields.iter().position(|f| f.name == *name) {
                    Some(position) => positions.push(position),
                    None => return wrong(name, "is matched by, but is no field"),
                }
            }
            if positions.is_empty() {
                return wrong("matched_by", "names no field");
            }
            matchers.push(positions);
        }
        Ok(Mapping { fields: self.fields, matchers, label: self.label })
    }
}

/// A mapping that cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("mapping: field `{field}` {why}")]
pub struct MappingError {
    field: String,
    why: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{RecordId, RecordRef, normalise};
    use serde_json::json;

    fn mapping() -> Mapping {
        Mapping::builder()
            .field("vat", |f| f.left("vat").right("cf.NIF").normalise(normalise::nif).ignore(["999999990"]))
            .field("city", |f| f.left("city").right("city"))
            .field("source", |f| f.constant("Moloni").right("source").on_create())
            .build()
            .unwrap()
    }

    fn snapshot(value: &Value) -> Snapshot {
        Snapshot::new(RecordRef::top(RecordId::new(1)), value.as_object().cloned().unwrap())
    }

    #[test]
    fn reading_tells_unknown_from_empty() {
        let fields = mapping().read(Side::Left, &snapshot(&json!({ "vat": "999999990" })));
        assert_eq!(fields.get(0), &FieldValue::Empty);
        assert_eq!(fields.get(1), &FieldValue::Unknown);
        assert_eq!(fields.get(2).text(), Some("Moloni"));
        let list = mapping().read(Side::Left, &snapshot(&json!({ "city": [] })));
        assert_eq!(list.problems(), [(1, "is a list or an object, not one value".to_owned())]);
    }

    #[test]
    fn writing_nests_and_clears() {
        let raw = mapping().write(&[(0, Some("501442600".into())), (1, None)]);
        assert_eq!(Value::Object(raw), json!({ "cf": { "NIF": "501442600" }, "city": null }));
    }

    #[test]
    fn merge_follows_its_table() {
        // Agreed, left, right: written, kept.
        let text = |t: &'static str| json!({ "city": t });
        let table: Vec<(Option<&str>, Value, Value, &str)> = vec![
            (Some("Faro"), text("Faro"), text("Porto"), "nothing"),
            (Some("Faro"), json!({}), text("Porto"), "nothing"),
            (Some("Faro"), text("Porto"), text("Porto"), "nothing"),
            (Some("Faro"), text("Porto"), text("Faro"), "write"),
            (Some("Faro"), text("Porto"), text("Braga"), "write"),
            (Some("Faro"), text(""), text("Faro"), "write"),
            (None, text("Faro"), text("Faro"), "nothing"),
            (None, text("Faro"), text(""), "write"),
            (None, text("Faro"), json!({}), "write"),
            (None, text("Faro"), text("Porto"), "keep"),
            (None, text(""), text("Porto"), "nothing"),
            (None, text(""), json!({}), "nothing"),
        ];
        let mapping = mapping();
        for (agreed, left, right, want) in table {
            let agreed = agreed.map(|a| ("city".to_owned(), Some(a.to_owned()))).into_iter().collect();
            let read = |side, value: &Value| mapping.read(side, &snapshot(value));
            let merge = mapping.merge(&agreed, &read(Side::Left, &left), &read(Side::Right, &right));
            let got = match (merge.writes.as_slice(), merge.kept.as_slice()) {
                ([], []) => "nothing",
                ([(1, _)], []) => "write",
                ([], [1]) => "keep",
                _ => "something else",
            };
            assert_eq!(got, want, "{agreed:?} {left} {right}");
        }
    }

    #[test]
    fn broken_mappings_name_the_field() {
        type Build = fn(MappingBuilder) -> MappingBuilder;
        let build = |set: fn(MappingBuilder) -> MappingBuilder| set(Mapping::builder()).build().unwrap_err();
        let table: [(Build, &str); 5] = [
            (|m| m.field("a", |f| f.left("a")), "mapping: field `a` has no right path"),
            (|m| m.field("a", |f| f.right("a")), "mapping: field `a` has neither a left path nor a constant"),
            (
                |m| m.field("a", |f| f.left("a").right("a")).field("a", |f| f.left("b").right("b")),
                "mapping: field `a` is there twice",
            ),
            (
                |m| m.field("a", |f| f.left("a").right("x")).field("b", |f| f.left("b").right("x")),
                "mapping: field `b` writes a right field that another one writes too",
            ),
            (|m| m.matched_by(["x"]), "mapping: field `x` is matched by, but is no field"),
        ];
        for (set, want) in table {
            assert_eq!(build(set).to_string(), want);
        }
    }
}
