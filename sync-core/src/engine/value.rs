use std::collections::BTreeSet;
use std::ops::{Index, IndexMut};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::privacy::is_hidden;
use super::record::Side;

/// One thing for each side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pair<T> {
    /// The left side's.
    pub left: T,
    /// The right side's.
    pub right: T,
}

impl<T> Pair<T> {
    /// A pair of two things.
    pub const fn new(left: T, right: T) -> Self {
        Self { left, right }
    }
}

impl<T> Index<Side> for Pair<T> {
    type Output = T;

    fn index(&self, side: Side) -> &T {
        match side {
            Side::Left => &self.left,
            Side::Right => &self.right,
        }
    }
}

impl<T> IndexMut<Side> for Pair<T> {
    fn index_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Left => &mut self.left,
            Side::Right => &mut self.right,
        }
    }
}

/// The canonical value of one field on one side.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldValue {
    /// Not in this answer: says nothing about the record. It is never a change and never written.
    #[default]
    Unknown,
    /// Known to be empty. Written, it clears the field.
    Empty,
    /// A value.
    Text(String),
    /// Members in no order, such as tags. Never empty: that is [`Empty`](Self::Empty).
    Set(BTreeSet<String>),
}

impl FieldValue {
    /// The text, if that is what it is.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What the journal tells of a value in the collection's own form.
    pub(super) fn of_json(value: &Value) -> Self {
        match value {
            Value::Null => Self::Empty,
            Value::String(text) if text.is_empty() => Self::Empty,
            Value::String(text) => Self::Text(text.clone()),
            other => Self::Text(other.to_string()),
        }
    }

    /// A set with these members; empty if there are none.
    pub fn set(members: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let members: BTreeSet<String> = members.into_iter().map(Into::into).collect();
        if members.is_empty() { Self::Empty } else { Self::Set(members) }
    }

    /// Whether anything is known of it.
    pub fn is_known(&self) -> bool {
        *self != Self::Unknown
    }

    /// Whether it is a text or a set.
    pub fn has_value(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Set(_))
    }

    /// The members of a set, none for anything else.
    pub fn members(&self) -> &BTreeSet<String> {
        static NONE: BTreeSet<String> = BTreeSet::new();
        match self {
            Self::Set(members) => members,
            _ => &NONE,
        }
    }
}

/// What one side had in a field when both last agreed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreed {
    /// Nothing.
    Empty,
    /// A value.
    Text(String),
    /// Members of a set. In privacy mode those that no side shows are keyed hashes.
    Set(BTreeSet<String>),
    /// A value of which only a keyed hash is known: neither side shows it.
    Hidden(String),
    /// Whatever is there now is a change: it is on its way from here to the other side.
    Outdated,
}

impl Agreed {
    /// The agreement on a value; `None` for an unknown one.
    pub fn on(value: &FieldValue) -> Option<Self> {
        match value {
            FieldValue::Unknown => None,
            FieldValue::Empty => Some(Self::Empty),
            FieldValue::Text(text) => Some(Self::Text(text.clone())),
            FieldValue::Set(members) => Some(Self::Set(members.clone())),
        }
    }

    /// The value that was agreed on; `None` if there is none that could be seen.
    pub fn value(&self) -> Option<FieldValue> {
        match self {
            Self::Empty => Some(FieldValue::Empty),
            Self::Text(text) => Some(FieldValue::Text(text.clone())),
            Self::Set(members) if members.iter().any(|member| is_hidden(member)) => None,
            Self::Set(members) => Some(FieldValue::Set(members.clone())),
            Self::Hidden(_) | Self::Outdated => None,
        }
    }

    /// The same, with what stands for values that are not known.
    pub(super) fn kept(&self) -> Option<FieldValue> {
        match self {
            Self::Hidden(hash) => Some(FieldValue::Text(hash.clone())),
            Self::Set(members) => Some(FieldValue::Set(members.clone())),
            _ => self.value(),
        }
    }

    /// Whether `value` is what was agreed on.
    pub fn is(&self, value: &FieldValue) -> bool {
        match (self, value) {
            (Self::Empty, FieldValue::Empty) => true,
            (Self::Text(agreed), FieldValue::Text(text)) => agreed == text,
            (Self::Set(agreed), FieldValue::Set(members)) => agreed == members,
            _ => false,
        }
    }

    /// The members of a set, none for anything else.
    pub fn members(&self) -> &BTreeSet<String> {
        static NONE: BTreeSet<String> = BTreeSet::new();
        match self {
            Self::Set(members) => members,
            _ => &NONE,
        }
    }
}
