use std::collections::BTreeSet;

use super::super::decide::{OnDelete, PairRules};
use super::super::merge::Kind;
use super::super::policy::{Direction, Policy};
use super::super::record::Side;
use super::field::Source;
use super::{Field, Mapping};

/// Puts a [`Mapping`] together.
#[derive(Debug, Clone)]
pub struct MappingBuilder {
    fields: Vec<Field>,
    matchers: Vec<Vec<String>>,
    label: String,
    on_delete: OnDelete,
}

/// A mapping that cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("mapping: field `{field}` {}", wrong.why())]
pub struct MappingError {
    pub(super) field: String,
    pub(super) wrong: Wrong,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    Twice,
    NoLeft,
    NoRight,
    Path,
    Target(Side),
    IntoConstant,
    Enforced,
    Default,
    Set,
    Unstable,
    NoSuchKey,
    NoKey,
}

impl Wrong {
    fn why(self) -> &'static str {
        match self {
            Self::Twice => "is there twice",
            Self::NoLeft => "has neither a left path nor a constant",
            Self::NoRight => "has no right path",
            Self::Path => "has a path with nothing before, between or after its dots",
            Self::Target(Side::Left) => "writes a left field that another one writes too",
            Self::Target(Side::Right) => "writes a right field that another one writes too",
            Self::IntoConstant => "goes to the left side only, which is a constant",
            Self::Enforced => "is enforced, but is not one-way: use `only_to`",
            Self::Default => "has a default for a side that it is never written to",
            Self::Set => "is a set, which takes no constant, default or loss",
            Self::Unstable => "has a normaliser that changes what it has normalised",
            Self::NoSuchKey => "is matched by, but is no field",
            Self::NoKey => "names no field",
        }
    }
}

/// Values that show a normaliser that goes on changing what it has normalised.
const SAMPLES: [&str; 12] = [
    "a",
    " a  b ",
    "A-B.c",
    "Ana@Example.PT ",
    "910 000 001",
    "+351 910-000-001",
    "PT 501 442 600",
    "4000-123",
    "1.234,50",
    "2026-01-02",
    "Joa\u{303}o d'A\u{301}vila",
    "ß ﬁ İ",
];

impl MappingBuilder {
    pub(super) fn new() -> Self {
        Self {
            fields: Vec::new(),
            matchers: Vec::new(),
            label: String::new(),
            on_delete: OnDelete::default(),
        }
    }

    /// Adds a field.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, set: impl FnOnce(Field) -> Field) -> Self {
        self.fields.push(set(Field::new(name.into())));
        self
    }

    /// Recognises records by these fields together. Call it again for a weaker way.
    #[must_use]
    pub fn matched_by(mut self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.matchers.push(fields.into_iter().map(Into::into).collect());
        self
    }

    /// Sets what happens to a record whose partner was deleted. Default: it stays, and an edited one waits for a
    /// person.
    #[must_use]
    pub fn on_delete(mut self, on_delete: OnDelete) -> Self {
        self.on_delete = on_delete;
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
    /// [`MappingError`] that names the field: two of one name, a missing path or one that is none, two that write the
    /// same value of one side, a way that leads nowhere, a set with what only one value can have, a normaliser that
    /// changes its own results, a matcher of an unknown field or of none.
    pub fn build(self) -> Result<Mapping, MappingError> {
        if let Some(error) = self.errors().into_iter().next() {
            return Err(error);
        }
        let position = |name: &String| self.fields.iter().position(|field| field.name() == name);
        let matchers = self.matchers.iter().map(|keys| keys.iter().filter_map(position).collect()).collect();
        let mut fields = self.fields;
        for field in &mut fields {
            // The owner of a one-way field wins where the two first meet.
            let owner = match field.rules.direction {
                Direction::To(side) => Policy::Prefer(side.other()),
                Direction::Both | Direction::OnCreate(_) => Policy::Park,
            };
            field.rules.on_first = field.on_first.clone().unwrap_or(owner);
            field.normalise_losses();
        }
        let rules = PairRules {
            fields: fields.iter().map(|field| field.rules.clone()).collect(),
            on_delete: self.on_delete,
        };
        Ok(Mapping { fields, rules, matchers, label: self.label })
    }

    /// Everything that is wrong with it.
    pub(super) fn errors(&self) -> Vec<MappingError> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, wrong| errors.push(MappingError { field: field.to_owned(), wrong });
        let mut names = BTreeSet::new();
        let mut targets: Vec<(Side, &str)> = Vec::new();
        for field in &self.fields {
            let name = field.name();
            if !names.insert(name) {
                wrong(name, Wrong::Twice);
            } else if let Err(why) = check(field) {
                wrong(name, why);
            } else {
                for side in Side::BOTH {
                    let Source::Path(path) = &field.source[side] else { continue };
                    if !field.rules.direction.creates(side) {
                        continue;
                    }
                    let is_same = |(at, other): &(Side, &str)| *at == side && overlap(other, path);
                    if targets.iter().any(is_same) {
                        wrong(name, Wrong::Target(side));
                    }
                    targets.push((side, path));
                }
            }
        }
        for keys in &self.matchers {
            if keys.is_empty() {
                wrong("matched_by", Wrong::NoKey);
            }
            for key in keys.iter().filter(|key| !names.contains(key.as_str())) {
                wrong(key, Wrong::NoSuchKey);
            }
        }
        errors
    }
}

/// Whether two paths are the same, or one leads into the other.
fn overlap(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether `text` leads to a value: names with single dots between them.
pub(super) fn is_path(text: &str) -> bool {
    !text.split('.').any(str::is_empty)
}

fn check(field: &Field) -> Result<(), Wrong> {
    let constant = matches!(field.source.left, Source::Constant(_));
    for (side, none) in [(Side::Left, Wrong::NoLeft), (Side::Right, Wrong::NoRight)] {
        match &field.source[side] {
            Source::Path(path) if path.is_empty() => return Err(none),
            Source::Path(path) if !is_path(path) => return Err(Wrong::Path),
            _ => {}
        }
    }
    match field.rules.direction {
        Direction::To(Side::Left) | Direction::OnCreate(Side::Left) if constant => {
            return Err(Wrong::IntoConstant);
        }
        Direction::Both | Direction::OnCreate(_) if field.rules.enforce => return Err(Wrong::Enforced),
        _ => {}
    }
    let has_default = |side: &Side| field.default[*side].is_some();
    let is_written =
        |side: Side| matches!(field.source[side], Source::Path(_)) && field.rules.direction.creates(side);
    if Side::BOTH.into_iter().any(|side| has_default(&side) && !is_written(side)) {
        return Err(Wrong::Default);
    }
    let loses = |side: &Side| field.rules.lossy[*side].is_some();
    let is_set = field.rules.kind == Kind::Set;
    if is_set && (constant || Side::BOTH.iter().any(|side| has_default(side) || loses(side))) {
        return Err(Wrong::Set);
    }
    let is_stable = |sample: &&str| match (field.normalise)(sample) {
        Ok(Some(once)) => (field.normalise)(&once).is_ok_and(|twice| twice.as_ref() == Some(&once)),
        _ => true,
    };
    if SAMPLES.iter().all(is_stable) { Ok(()) } else { Err(Wrong::Unstable) }
}
