//! The kinds of field to search by: what can be asked of a [`SearchField`](super::SearchField) follows from its kind.
//!
//! Nobody needs to name a kind; the field's constant has it. They are public so that the documentation can tell which
//! operators each of them has.

use std::fmt::Debug;

use serde_json::Value;

use super::value::{SearchBound, SearchDate, SearchText, SearchValue};
use crate::types::tag::normal_tag;

mod sealed {
    use serde_json::Value;

    /// Keeps the kinds to those that the service has.
    pub trait Sealed {
        /// A value in the spelling that the service compares it in.
        fn spelled(value: Value) -> Value {
            value
        }
    }
}

use sealed::Sealed;

/// A kind of field. Every kind has `exists` and `not_exists`.
pub trait Kind: Sealed + Debug + Copy + Eq + Send + Sync + Unpin + 'static {}

/// A kind whose values are compared: `eq` and `not_eq`.
pub trait Equality: Kind {
    /// What they are compared with.
    type Value: Into<Value>;
}

/// A kind whose values are looked into: `contains` and `not_contains`.
pub trait Containing: Kind {}

/// A kind whose values lie within bounds: `range`, `gt`, `gte`, `lt` and `lte`.
pub trait Ranged: Kind {
    /// What bounds them.
    type Bound: Into<SearchBound>;
}

/// Makes the kinds, each with the traits that it has.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $(= $value:ty)? $(, contains $contains:tt)? $(, range $bound:ty)?;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {}

        impl Kind for $name {}
        $(impl Equality for $name {
            type Value = $value;
        })?
        $(kinds!(@contains $name $contains);)?
        $(impl Ranged for $name {
            type Bound = $bound;
        })?
    )*};
    (@contains $name:ident yes) => {
        impl Containing for $name {}
    };
}

kinds! {
    /// Text.
    Text = SearchText, contains yes;
    /// Text that the service keeps in lower case. Values are sent in lower case, whatever they are given in.
    Lowered = SearchText, contains yes;
    /// Text that is only found as a whole, such as an id.
    Exact = SearchText;
    /// Tags. The service keeps them trimmed and in lower case, and so are they sent, whatever they are given in.
    Tags = SearchText, contains yes;
    /// A list of ids.
    List = SearchText, contains yes;
    /// Yes or no.
    Flag = bool;
    /// A moment or a day.
    Date, range SearchDate;
    /// A custom field, which may be any of the others.
    Custom = SearchValue, contains yes, range SearchBound;
    /// A field of which only the name is known.
    Other = SearchValue, contains yes, range SearchBound;
}

/// Changes each text of a value.
fn each_text(value: Value, change: fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(&text)),
        Value::Array(items) => items.into_iter().map(|item| each_text(item, change)).collect(),
        other => other,
    }
}

impl Sealed for Text {}
impl Sealed for Exact {}
impl Sealed for List {}
impl Sealed for Flag {}
impl Sealed for Date {}
impl Sealed for Custom {}
impl Sealed for Other {}

impl Sealed for Lowered {
    fn spelled(value: Value) -> Value {
        each_text(value, str::to_lowercase)
    }
}

impl Sealed for Tags {
    fn spelled(value: Value) -> Value {
        each_text(value, normal_tag)
    }
}
