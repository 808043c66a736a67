//! The form of the tables of behaviours.

use serde_json::{Value, json};

use crate::wire::Ask;

/// Where it is written, what is said there, the calls, and what is true of the last answer.
pub(crate) struct Row(
    pub(crate) &'static str,
    pub(crate) &'static str,
    pub(crate) Vec<Ask>,
    pub(crate) Tells,
);

/// A status and the telling part of a body.
pub(crate) struct Tells(pub(crate) u16, pub(crate) Body);

pub(crate) enum Body {
    Is(Value),
    At(&'static str, Value),
    Rows(usize),
    Lacks(&'static str),
    Text(&'static str),
    /// A redirect: where to, and the names in its query.
    To(&'static str, &'static [&'static str]),
}

pub(crate) fn is(body: Value) -> Tells {
    Tells(200, Body::Is(body))
}

pub(crate) fn at(pointer: &'static str, value: impl Into<Value>) -> Tells {
    Tells(200, Body::At(pointer, value.into()))
}

pub(crate) fn rows(count: usize) -> Tells {
    Tells(200, Body::Rows(count))
}

pub(crate) fn lacks(pointer: &'static str) -> Tells {
    Tells(200, Body::Lacks(pointer))
}

pub(crate) fn error(code: &str, description: &str) -> Tells {
    Tells(400, Body::Is(json!({ "error": code, "error_description": description })))
}

/// A refusal by validation.
pub(crate) fn invalid<const N: usize>(codes: [&str; N]) -> Tells {
    is(codes.into_iter().collect())
}

/// A refusal without a reason.
pub(crate) fn refused() -> Tells {
    is(json!({ "valid": 0 }))
}

impl Body {
    pub(crate) fn fits(&self, text: &str) -> bool {
        let value: Value = serde_json::from_str(text).unwrap_or(Value::Null);
        match self {
            Self::Is(expected) => value == *expected,
            Self::At(pointer, expected) => value.pointer(pointer) == Some(expected),
            Self::Rows(count) => value.as_array().map(Vec::len) == Some(*count),
            Self::Lacks(pointer) => value.is_object() && value.pointer(pointer).is_none(),
            Self::Text(part) => text.contains(part),
            Self::To(address, names) => {
                let (to, query) = text.split_once('?').unwrap_or((text, ""));
                let found = query.split('&').filter_map(|pair| pair.split('=').next());
                to == *address && found.eq(names.iter().copied())
            }
        }
    }
}

macro_rules! table {
    ($($cite:literal $says:literal [$($ask:expr),+] => $tells:expr;)+) => {
        vec![$($crate::table::Row($cite, $says, vec![$($ask),+], $tells)),+]
    };
}

pub(crate) use table;
