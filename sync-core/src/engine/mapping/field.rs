use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::super::merge::{Kind, Rules};
use super::super::normalise::{Normalised, spaces};
use super::super::policy::{Direction, Policy};
use super::super::record::{Fingerprint, Side, Snapshot};
use super::super::value::{FieldValue, Pair};

/// One field of a [`Mapping`](super::Mapping).
#[derive(Clone)]
pub struct Field {
    pub(super) source: Pair<Source>,
    pub(super) rules: Rules,
    /// What was said about first meetings, if anything.
    pub(super) on_first: Option<Policy>,
    pub(super) normalise: Arc<dyn Fn(&str) -> Normalised + Send + Sync>,
    ignore: BTreeSet<String>,
    pub(super) default: Pair<Option<Make>>,
    frozen_when: Pair<Option<When>>,
    translate: Pair<Option<Translation>>,
    version: u32,
}

pub(super) type Make = Arc<dyn Fn() -> String + Send + Sync>;
type When = Arc<dyn Fn(&Snapshot) -> bool + Send + Sync>;
type Translate = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

#[derive(Clone)]
struct Translation {
    read: Translate,
    write: Translate,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Path(String),
    Constant(String),
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field")
            .field("rules", &self.rules)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl Field {
    pub(super) fn new(name: String) -> Self {
        Self {
            source: Pair::new(Source::Path(String::new()), Source::Path(String::new())),
            rules: Rules::new(name),
            on_first: None,
            normalise: Arc::new(spaces),
            ignore: BTreeSet::new(),
            default: Pair::default(),
            frozen_when: Pair::default(),
            translate: Pair::default(),
            version: 0,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.rules.name
    }

    /// Reads and writes the left value at this path, such as `country.iso_3166_1`.
    #[must_use]
    pub fn left(mut self, path: impl Into<String>) -> Self {
        self.source.left = Source::Path(path.into());
        self
    }

    /// Takes this value for every left record.
    #[must_use]
    pub fn constant(mut self, value: impl Into<String>) -> Self {
        self.source.left = Source::Constant(value.into());
        self
    }

    /// Reads and writes the right value at this path, such as `customFields.NIF`.
    #[must_use]
    pub fn right(mut self, path: impl Into<String>) -> Self {
        self.source.right = Source::Path(path.into());
        self
    }

    /// Makes it a set, such as tags: its values are lists, merged member by member.
    #[must_use]
    pub fn set(mut self) -> Self {
        self.rules.kind = Kind::Set;
        self
    }

    /// Sets how both values are brought into one spelling. Default: [`spaces`]. Applying it twice must give what
    /// applying it once gives.
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

    /// Lets changes go to `side` only: the other side owns the field. Default: both ways.
    #[must_use]
    pub fn only_to(mut self, side: Side) -> Self {
        self.rules.direction = Direction::To(side);
        self
    }

    /// Writes the field only when a right record is created.
    #[must_use]
    pub fn on_create(self) -> Self {
        self.on_create_of(Side::Right)
    }

    /// Writes the field only when a record of `side` is created.
    #[must_use]
    pub fn on_create_of(mut self, side: Side) -> Self {
        self.rules.direction = Direction::OnCreate(side);
        self
    }

    /// Undoes changes that go against the direction. Default: they are taken note of, and left alone.
    #[must_use]
    pub fn enforce(mut self) -> Self {
        self.rules.enforce = true;
        self
    }

    /// Sets what happens when both sides have changed. Default: a person decides.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.rules.policy = policy;
        self
    }

    /// Sets what happens when the sides differ at their first meeting. Default: the field's owner wins, and where both
    /// may change it, a person decides.
    #[must_use]
    pub fn on_first(mut self, policy: Policy) -> Self {
        self.on_first = Some(policy);
        self
    }

    /// Writes this value when a record of `side` is created and the other side has none.
    #[must_use]
    pub fn default_on_create(self, side: Side, value: impl Into<String>) -> Self {
        let value = value.into();
        self.default_on_create_with(side, move || value.clone())
    }

    /// The same with a value that is asked for each time, such as the present day.
    #[must_use]
    pub fn default_on_create_with(
        mut self,
        side: Side,
        value: impl Fn() -> String + Send + Sync + 'static,
    ) -> Self {
        self.default[side] = Some(Arc::new(value));
        self
    }

    /// Declares what `side` makes of what is written to it, such as cutting it. Such a value seen back is no edit.
    /// What is not declared is never guessed. What `f` gives is normalised, as what is read back is.
    #[must_use]
    pub fn lossy(mut self, side: Side, f: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        self.rules.lossy[side] = Some(Arc::new(f));
        self
    }

    /// Checks what is to be written to `side`. A value that fails waits for a person, and other fields go on.
    #[must_use]
    pub fn validate(
        mut self,
        side: Side,
        f: impl Fn(&str) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.rules.validate[side] = Some(Arc::new(f));
        self
    }

    /// Tells by a record of `side` that the service does not take writes of this field any more, although it says yes.
    #[must_use]
    pub fn frozen_when(mut self, side: Side, f: impl Fn(&Snapshot) -> bool + Send + Sync + 'static) -> Self {
        self.frozen_when[side] = Some(Arc::new(f));
        self
    }

    /// Translates between the values of `side` and the canonical ones, such as between a country's id and its code.
    /// `None` from `read` makes the value unusable, `None` from `write` empty.
    #[must_use]
    pub fn translate(
        mut self,
        side: Side,
        read: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
        write: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.translate[side] = Some(Translation { read: Arc::new(read), write: Arc::new(write) });
        self
    }

    /// Sets the version of the functions given: paths and flags are compared by themselves, functions cannot be. A new
    /// version makes both sides meet for the first time in this field. Default: 0.
    #[must_use]
    pub fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// Tells two states of the field's definition apart.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        let rules = &self.rules;
        // A constant that changes, such as the present day, is another value and no other field.
        let source = |side: Side| match &self.source[side] {
            Source::Path(path) => Some(path),
            Source::Constant(_) => None,
        };
        let sources = (source(Side::Left), source(Side::Right));
        let parts = (
            (&rules.name, sources, format!("{:?}", rules.kind), self.version),
            (format!("{:?}", rules.direction), rules.lossy.left.is_some(), rules.lossy.right.is_some()),
            (&self.ignore, self.translate.left.is_some(), self.translate.right.is_some()),
        );
        Fingerprint::of(&parts)
    }

    pub(super) fn is_frozen(&self, side: Side, snapshot: &Snapshot) -> bool {
        self.frozen_when[side].as_ref().is_some_and(|when| when(snapshot))
    }

    pub(super) fn read(&self, side: Side, snapshot: &Snapshot) -> Result<FieldValue, String> {
        let value = match &self.source[side] {
            Source::Constant(text) => return Ok(FieldValue::Text(text.clone())),
            Source::Path(path) => snapshot.get(path),
        };
        match (value, self.rules.kind) {
            (None, _) => Ok(FieldValue::Unknown),
            (Some(Value::Null), _) => Ok(FieldValue::Empty),
            (Some(Value::Array(members)), Kind::Set) => {
                let read = members.iter().map(|member| self.canonical(side, &scalar(member)?));
                let members: Vec<_> = read.collect::<Result<_, String>>()?;
                Ok(FieldValue::set(members.into_iter().flatten()))
            }
            (Some(_), Kind::Set) => Err("is one value, not a list".to_owned()),
            (Some(value), Kind::Scalar) => {
                Ok(self.canonical(side, &scalar(value)?)?.map_or(FieldValue::Empty, FieldValue::Text))
            }
        }
    }

    /// What a service has lost is read back normalised, so that is what it is compared with.
    pub(super) fn normalise_losses(&mut self) {
        for side in Side::BOTH {
            if let Some(lossy) = self.rules.lossy[side].take() {
                let field = self.clone();
                self.rules.lossy[side] = Some(Arc::new(move |text| {
                    let stored = lossy(text);
                    field.spelled(&stored).map_or(stored, Option::unwrap_or_default)
                }));
            }
        }
    }

    /// A value in the one spelling; `None` if it counts as empty.
    pub(super) fn spelled(&self, text: &str) -> Normalised {
        Ok((self.normalise)(text)?.filter(|text| !self.ignore.contains(text)))
    }

    fn canonical(&self, side: Side, text: &str) -> Result<Option<String>, String> {
        let translated;
        let text = match &self.translate[side] {
            Some(translation) if !text.is_empty() => {
                let unknown = || "has a value that the lookup does not know".to_owned();
                translated = (translation.read)(text).ok_or_else(unknown)?;
                &translated
            }
            _ => text,
        };
        self.spelled(text)
    }

    /// A value as `side` takes it.
    pub(super) fn raw(&self, side: Side, value: &FieldValue) -> Value {
        let one = |text: &String| match &self.translate[side] {
            Some(translation) => (translation.write)(text).map_or(Value::Null, Value::String),
            None => Value::String(text.clone()),
        };
        match value {
            FieldValue::Unknown | FieldValue::Empty if self.rules.kind == Kind::Set => {
                Value::Array(Vec::new())
            }
            FieldValue::Unknown | FieldValue::Empty => Value::Null,
            FieldValue::Text(text) => one(text),
            FieldValue::Set(members) => members.iter().map(one).filter(|member| !member.is_null()).collect(),
        }
    }
}

pub(super) fn scalar(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Null => Ok(String::new()),
        Value::Array(_) | Value::Object(_) => Err("is a list or an object, not one value".to_owned()),
    }
}
