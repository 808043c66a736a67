use std::ops::Bound;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::ids::{ContactId, UserId};

/// What a text is compared with: one text, or several of which one is enough.
///
/// Made from `&str`, `String` and ids, and from arrays, slices and vectors of them.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchText(Value);

/// What a custom field is compared with: a text, a number, a flag, or several texts of which one is enough.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchValue(Value);

macro_rules! from_text {
    ($($target:ident: $($source:ty),*;)*) => {$(
        $(impl From<$source> for $target {
            fn from(text: $source) -> Self {
                Self(Value::from(AsRef::<str>::as_ref(&text)))
            }
        })*

        impl<T: AsRef<str>, const N: usize> From<[T; N]> for $target {
            fn from(texts: [T; N]) -> Self {
                Self::from(texts.as_slice())
            }
        }

        impl<T: AsRef<str>> From<&[T]> for $target {
            fn from(texts: &[T]) -> Self {
                Self(texts.iter().map(AsRef::as_ref).collect())
            }
        }

        impl<T: AsRef<str>> From<Vec<T>> for $target {
            fn from(texts: Vec<T>) -> Self {
                Self::from(texts.as_slice())
            }
        }

        impl From<$target> for Value {
            fn from(given: $target) -> Self {
                given.0
            }
        }
    )*};
}

from_text! {
    SearchText: &str, String, &String, ContactId, &ContactId, UserId, &UserId;
    SearchValue: &str, String, &String;
}

macro_rules! from_json {
    ($target:ident: $($source:ty),*) => {$(
        impl From<$source> for $target {
            fn from(given: $source) -> Self {
                Self(Value::from(given))
            }
        }
    )*};
}

from_json!(SearchValue: bool, i32, i64, u32, u64, f64);

/// An end of a range of dates: a moment, or a day.
///
/// A day is the whole of it in UTC, so a range to the end of a day has all of the day, and one after a day begins
/// with the next.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchDate(End);

/// An end of a range of custom values: a number, or what a [`SearchDate`] is.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchBound(End);

#[derive(Debug, Clone, PartialEq)]
enum End {
    Number(Value),
    At(Timestamp),
    Day(Date),
}

impl From<SearchDate> for SearchBound {
    fn from(date: SearchDate) -> Self {
        Self(date.0)
    }
}

macro_rules! from_dates {
    ($($target:ident),*) => {$(
        impl From<Timestamp> for $target {
            fn from(at: Timestamp) -> Self {
                Self(End::At(at))
            }
        }

        impl From<Date> for $target {
            fn from(day: Date) -> Self {
                Self(End::Day(day))
            }
        }
    )*};
}

from_dates!(SearchDate, SearchBound);

macro_rules! from_numbers {
    ($($source:ty),*) => {$(
        impl From<$source> for SearchBound {
            fn from(number: $source) -> Self {
                Self(End::Number(Value::from(number)))
            }
        }
    )*};
}

from_numbers!(i32, i64, u32, u64, f64);

/// The `value` of a range.
pub(super) fn range(from: Bound<SearchBound>, to: Bound<SearchBound>) -> Value {
    let lower = match from {
        Bound::Included(SearchBound(End::Day(day))) => Some(("gte", midnight(day))),
        Bound::Excluded(SearchBound(End::Day(day))) => Some(("gte", midnight(next(day)))),
        Bound::Included(SearchBound(end)) => Some(("gte", end.into_value())),
        Bound::Excluded(SearchBound(end)) => Some(("gt", end.into_value())),
        Bound::Unbounded => None,
    };
    let upper = match to {
        Bound::Included(SearchBound(End::Day(day))) => Some(("lt", midnight(next(day)))),
        Bound::Excluded(SearchBound(End::Day(day))) => Some(("lt", midnight(day))),
        Bound::Included(SearchBound(end)) => Some(("lte", end.into_value())),
        Bound::Excluded(SearchBound(end)) => Some(("lt", end.into_value())),
        Bound::Unbounded => None,
    };
    let named = [lower, upper].into_iter().flatten().map(|(name, value)| (name.to_owned(), value));
    Value::Object(named.collect::<Map<_, _>>())
}

impl End {
    fn into_value(self) -> Value {
        match self {
            Self::Number(number) => number,
            Self::At(at) => at.to_string().into(),
            Self::Day(day) => midnight(day),
        }
    }
}

fn midnight(day: Date) -> Value {
    format!("{day}T00:00:00Z").into()
}

/// The day after; the last day that there is has none.
fn next(day: Date) -> Date {
    day.tomorrow().unwrap_or(day)
}
