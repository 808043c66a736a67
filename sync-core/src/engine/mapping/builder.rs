use std::collections::BTreeSet;

use super::super::decide::{OnDelete, PairRules};
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
#[error("mapping: field `{field}` {why}")]
pub struct MappingError {
    field: String,
    why: &'static str,
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
    /// [`MappingError`] that names the field: two of one name, a missing path, two that write the same value of one
    /// side, a way that leads nowhere, a normaliser that changes its own results, a matcher of an unknown field or of
    /// none.
    pub fn build(self) -> Result<Mapping, MappingError> {
        let wrong = |field: &str, why: &'static str| MappingError { field: field.to_owned(), why };
        let mut names = BTreeSet::new();
        let mut targets = BTreeSet::new();
        for field in &self.fields {
            let name = field.name();
            if !names.insert(name) {
                return Err(wrong(name, "is there twice"));
            }
            check(field).map_err(|why| wrong(name, why))?;
            for side in Side::BOTH {
                if let Source::Path(path) = &field.source[side] {
                    if reaches(field, side) && !targets.insert((side, path.as_str())) {
                        return Err(wrong(
                            name,
                            match side {
                                Side::Left => "writes a left field that another one writes too",
                                Side::Right => "writes a right field that another one writes too",
                            },
                        ));
                    }
                }
            }
        }
        let mut matchers = Vec::new();
        for matcher in &self.matchers {
            let find = |name: &String| {
                let position = self.fields.iter().position(|f| f.name() == name);
                position.ok_or_else(|| wrong(name, "is matched by, but is no field"))
            };
            let positions = matcher.iter().map(find).collect::<Result<Vec<_>, _>>()?;
            if positions.is_empty() {
                return Err(wrong("matched_by", "names no field"));
            }
            matchers.push(positions);
        }
        let mut fields = self.fields;
        for field in &mut fields {
            // The owner of a one-way field wins where the two first meet.
            let owner = match field.rules.direction {
                Direction::To(side) => Policy::Prefer(side.other()),
                Direction::Both | Direction::OnCreate(_) => Policy::Park,
            };
            field.rules.on_first = field.on_first.clone().unwrap_or(owner);
        }
        let rules = PairRules {
            fields: fields.iter().map(|field| field.rules.clone()).collect(),
            on_delete: self.on_delete,
        };
        Ok(Mapping { fields, rules, matchers, label: self.label })
    }
}

/// Whether the field is ever written to `side`.
fn reaches(field: &Field, side: Side) -> bool {
    matches!(field.source[side], Source::Path(_))
        && match field.rules.direction {
            Direction::Both => true,
            Direction::To(target) | Direction::OnCreate(target) => target == side,
        }
}

fn check(field: &Field) -> Result<(), &'static str> {
    match (&field.source.left, &field.source.right) {
        (Source::Path(left), _) if left.is_empty() => return Err("has neither a left path nor a constant"),
        (_, Source::Path(right)) if right.is_empty() => return Err("has no right path"),
        _ => {}
    }
    let constant = matches!(field.source.left, Source::Constant(_));
    match field.rules.direction {
        Direction::To(Side::Left) | Direction::OnCreate(Side::Left) if constant => {
            return Err("goes to the left side only, which is a constant");
        }
        Direction::Both | Direction::OnCreate(_) if field.rules.enforce => {
            return Err("is enforced, but is not one-way: use `only_to`");
        }
        _ => {}
    }
    if Side::BOTH.into_iter().any(|side| field.default[side].is_some() && !reaches(field, side)) {
        return Err("has a default for a side that it is never written to");
    }
    let is_stable = |sample: &&str| match (field.normalise)(sample) {
        Ok(Some(once)) => (field.normalise)(&once).is_ok_and(|twice| twice.as_ref() == Some(&once)),
        _ => true,
    };
    if !SAMPLES.iter().all(is_stable) {
        return Err("has a normaliser that changes what it has normalised");
    }
    Ok(())
}
