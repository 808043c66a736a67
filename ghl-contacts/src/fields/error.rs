use std::error::Error as StdError;
use std::fmt;

use super::input::ValueKind;
use crate::error::Error;
use crate::types::{CustomFieldDefinition, DataType};

/// A custom field that was not found, or a value that it cannot hold or does not give.
///
/// `Display` is one line with the field and the way out. The value itself is nowhere in it: it may be personal data.
/// It becomes an [`Error`] of kind [`Invalid`](crate::ErrorKind::Invalid) by `?`.
#[derive(Debug, Clone)]
pub struct FieldError(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    kind: FieldErrorKind,
    field: String,
    data_type: Option<DataType>,
    given: Option<ValueKind>,
    /// What the field takes, in words.
    wanted: &'static str,
    options: Vec<String>,
    source: Option<Error>,
}

/// What is wrong with a custom field or its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FieldErrorKind {
    /// No field has this id, key or name. [`FieldError::options`] are the fields that there are.
    Unknown,
    /// Several fields have this name. [`FieldError::options`] are these.
    Ambiguous,
    /// The field takes another kind of value.
    WrongKind,
    /// The kind of value is right, and it is not written as it should be.
    WrongFormat,
    /// The field has no such option. [`FieldError::options`] are the ones that it has.
    NoSuchOption,
    /// The field cannot be written as a value.
    NotWritable,
    /// The contact's value is of another kind than the one asked for.
    Unreadable,
    /// The definitions could not be read: see [`source`](StdError::source).
    Unavailable,
}

/// How many options `Display` names.
const NAMED: usize = 12;

impl FieldError {
    fn new(kind: FieldErrorKind, field: &str) -> Self {
        Self(Box::new(Inner {
            kind,
            field: field.to_owned(),
            data_type: None,
            given: None,
            wanted: "",
            options: Vec::new(),
            source: None,
        }))
    }

    pub(super) fn not_found(kind: FieldErrorKind, asked: &str, options: Vec<String>) -> Self {
        let mut error = Self::new(kind, asked);
        error.0.options = options;
        error
    }

    pub(super) fn unavailable(asked: &str, source: Error) -> Self {
        let mut error = Self::new(FieldErrorKind::Unavailable, asked);
        error.0.source = Some(source);
        error
    }

    /// About a field's value, of which only the kind is told.
    pub(super) fn of(
        kind: FieldErrorKind,
        field: &CustomFieldDefinition,
        given: ValueKind,
        wanted: &'static str,
    ) -> Self {
        let mut error = Self::new(kind, &field.name);
        error.0.data_type.clone_from(&field.data_type);
        error.0.given = Some(given);
        error.0.wanted = wanted;
        error
    }

    pub(super) fn with_options(mut self, options: Vec<String>) -> Self {
        self.0.options = options;
        self
    }

    /// What is wrong.
    pub fn kind(&self) -> FieldErrorKind {
        self.0.kind
    }

    /// The field: its name, or what it was asked for by if it was not found.
    pub fn field(&self) -> &str {
        &self.0.field
    }

    /// The kind of the field, if it was found.
    pub fn data_type(&self) -> Option<&DataType> {
        self.0.data_type.as_ref()
    }

    /// What kind of value was given to the field, or found in it.
    pub fn given(&self) -> Option<ValueKind> {
        self.0.given
    }

    /// What there is to choose from: options of the field, or fields.
    pub fn options(&self) -> &[String] {
        &self.0.options
    }

    fn write_options(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.0.options;
        for (at, option) in options.iter().take(NAMED).enumerate() {
            write!(f, "{}{option:?}", if at == 0 { "" } else { ", " })?;
        }
        match options.len().checked_sub(NAMED) {
            Some(more) if more > 0 => write!(f, " and {more} more"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, field, data_type, given, wanted, options, source } = &*self.0;
        let given = given.unwrap_or(ValueKind::Nothing);
        match kind {
            FieldErrorKind::Unknown if options.is_empty() => {
                return write!(f, "no custom field is called {field:?}; the location has none");
            }
            FieldErrorKind::Unknown => {
                write!(f, "no custom field has the id, key or name {field:?}; there are ")?;
                return self.write_options(f);
            }
            FieldErrorKind::Ambiguous => {
                write!(f, "several custom fields are called {field:?}; use the key or id of one: ")?;
                return self.write_options(f);
            }
            FieldErrorKind::Unavailable => {
                write!(f, "custom field {field:?} was not looked up")?;
                return source.as_ref().map_or(Ok(()), |source| write!(f, ": {source}"));
            }
            _ => write!(f, "custom field {field:?}")?,
        }
        if let Some(data_type) = data_type {
            write!(f, " ({})", data_type.as_str())?;
        }
        match kind {
            FieldErrorKind::NoSuchOption if options.is_empty() => {
                f.write_str(" has no options to choose from")
            }
            FieldErrorKind::NoSuchOption => {
                write!(f, " has no such option as was given; it has ")?;
                self.write_options(f)
            }
            FieldErrorKind::WrongFormat | FieldErrorKind::NotWritable => write!(f, " {wanted}"),
            FieldErrorKind::Unreadable => write!(f, " holds {given}, which is not {wanted}"),
            _ => write!(f, " takes {wanted}, and was given {given}"),
        }
    }
}

impl StdError for FieldError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| source as _)
    }
}

impl From<FieldError> for Error {
    fn from(error: FieldError) -> Self {
        match &error.0.source {
            Some(source) => source.clone(),
            None => Self::unusable_field(error),
        }
    }
}
