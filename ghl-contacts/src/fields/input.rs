use std::fmt;

use jiff::civil::Date;
use serde_json::{Map, Value};

/// A value for a custom field, before it is known whether the field can hold it.
///
/// Made from text, numbers, flags, dates, and arrays and vectors of text; the lines of a list of text boxes are made
/// by [`text_boxes`](Self::text_boxes).
#[derive(Debug, Clone, PartialEq)]
pub struct FieldInput(pub(super) Value);

impl FieldInput {
    /// The lines of a list of text boxes, each by its label or id.
    ///
    /// ```
    /// # use ghl_contacts::FieldInput;
    /// let sizes = FieldInput::text_boxes([("Shoe", "42"), ("Shirt", "M")]);
    /// # let _ = sizes;
    /// ```
    pub fn text_boxes<L: Into<String>, T: Into<String>>(lines: impl IntoIterator<Item = (L, T)>) -> Self {
        let lines = lines.into_iter().map(|(label, text)| (label.into(), Value::String(text.into())));
        Self(Value::Object(lines.collect::<Map<_, _>>()))
    }
}

macro_rules! from_json {
    ($($source:ty),*) => {$(
        impl From<$source> for FieldInput {
            fn from(value: $source) -> Self {
                Self(Value::from(value))
            }
        }
    )*};
}

from_json!(&str, String, bool, i32, i64, u32, u64, f64, Value);

impl From<&String> for FieldInput {
    fn from(text: &String) -> Self {
        Self(Value::from(text.as_str()))
    }
}

impl From<Date> for FieldInput {
    fn from(date: Date) -> Self {
        Self(Value::from(date.to_string()))
    }
}

impl<T: Into<String>, const N: usize> From<[T; N]> for FieldInput {
    fn from(texts: [T; N]) -> Self {
        Self(texts.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<String>> From<Vec<T>> for FieldInput {
    fn from(texts: Vec<T>) -> Self {
        Self(texts.into_iter().map(Into::into).collect())
    }
}

/// What kind a value is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ValueKind {
    /// No value, or a number that is infinite or none.
    Nothing,
    /// A text.
    Text,
    /// A number.
    Number,
    /// Yes or no.
    Flag,
    /// A list.
    List,
    /// Named values, such as the lines of a list of text boxes.
    Object,
}

impl ValueKind {
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Nothing,
            Value::String(_) => Self::Text,
            Value::Number(_) => Self::Number,
            Value::Bool(_) => Self::Flag,
            Value::Array(_) => Self::List,
            Value::Object(_) => Self::Object,
        }
    }
}

impl fmt::Display for ValueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "nothing",
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Flag => "a flag",
            Self::List => "a list",
            Self::Object => "named values",
        })
    }
}
