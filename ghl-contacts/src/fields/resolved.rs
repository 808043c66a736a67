use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use serde_json::Value;

use super::check::check;
use super::error::{FieldError, FieldErrorKind};
use super::input::{FieldInput, ValueKind};
use super::option::FieldOption;
use crate::ids::CustomFieldId;
use crate::types::search::kind;
use crate::types::{Contact, CustomFieldDefinition, CustomFieldValue, SearchField, lenient_date_of};

/// A custom field that was found: makes values for it, and reads them from contacts. From [`CustomFieldBook::field`].
///
/// Cheap to clone. It stays as it was when it was found: take a new one from the book if people may have changed it.
///
/// [`CustomFieldBook::field`]: crate::CustomFieldBook::field
#[derive(Debug, Clone, PartialEq)]
pub struct ResolvedField(Arc<CustomFieldDefinition>);

impl ResolvedField {
    /// A field with this definition, for tests and for definitions from elsewhere.
    pub fn new(definition: CustomFieldDefinition) -> Self {
        Self(Arc::new(definition))
    }

    /// The definition.
    pub fn definition(&self) -> &CustomFieldDefinition {
        &self.0
    }

    /// The id.
    pub fn id(&self) -> &CustomFieldId {
        &self.0.id
    }

    /// The texts of its options, or the labels of its text boxes.
    pub fn options(&self) -> Vec<String> {
        FieldOption::all(&self.0).into_iter().map(|option| option.label).collect()
    }

    /// The field to search by.
    pub fn search(&self) -> SearchField<kind::Custom> {
        SearchField::custom(&self.0.id)
    }

    /// A value to write, as the field takes it:
    ///
    /// | type | takes |
    /// |---|---|
    /// | `TEXT`, `LARGE_TEXT` | a text |
    /// | `PHONE` | a text with 3 to 15 digits, and `+`, `-`, `.`, brackets and spaces between them |
    /// | `NUMERICAL`, `MONETORY` | a finite number |
    /// | `DATE` | a date, or a text such as `2026-12-31` |
    /// | `SINGLE_OPTIONS`, `RADIO` | the text of an option |
    /// | `MULTIPLE_OPTIONS`, `CHECKBOX` | the texts of options, or of one |
    /// | `TEXTBOX_LIST` | [`FieldInput::text_boxes`]; without its boxes in the definition, unchecked by their ids |
    /// | `FILE_UPLOAD` | nothing: files are uploaded |
    /// | none, or one that is not known here | anything, unchecked |
    ///
    /// An option in another case is written as the field has it. A field that lets people enter options of their own
    /// takes any text. An empty text is let through for text, phone numbers and dates.
    ///
    /// # Errors
    ///
    /// [`WrongKind`](FieldErrorKind::WrongKind), [`WrongFormat`](FieldErrorKind::WrongFormat),
    /// [`NoSuchOption`](FieldErrorKind::NoSuchOption) or [`NotWritable`](FieldErrorKind::NotWritable): the service
    /// would drop the value and answer 200.
    pub fn value(&self, value: impl Into<FieldInput>) -> Result<CustomFieldValue, FieldError> {
        let value = check(&self.0, value.into().0)?;
        Ok(CustomFieldValue::new(self.0.id.clone(), value))
    }

    /// The contact's value as the service gave it, `None` if it has none.
    pub fn raw<'a>(&self, contact: &'a Contact) -> Option<&'a Value> {
        let value = &contact.custom_fields.iter().find(|field| field.id == self.0.id)?.value;
        let empty = match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => false,
        };
        (!empty).then_some(value)
    }

    /// The contact's value as text. A number or a flag is written out, and a list of one text is that text.
    ///
    /// # Errors
    ///
    /// [`Unreadable`](FieldErrorKind::Unreadable) if it is a longer list, or holds named values.
    pub fn text(&self, contact: &Contact) -> Result<Option<String>, FieldError> {
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        };
        self.read(contact, "a text", |value| match value.as_array().map(Vec::as_slice) {
            Some([one]) => text(one),
            _ => text(value),
        })
    }

    /// The contact's value as a number; a text that is one is read. For amounts of money better read the
    /// [`text`](Self::text), which is exact.
    ///
    /// # Errors
    ///
    /// [`Unreadable`](FieldErrorKind::Unreadable) if it is no number.
    pub fn number(&self, contact: &Contact) -> Result<Option<f64>, FieldError> {
        let finite = |number: &f64| number.is_finite();
        self.read(contact, "a number", |value| match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok().filter(finite),
            _ => None,
        })
    }

    /// The contact's value as a list of texts, empty if it has none; a text is a list of one.
    ///
    /// # Errors
    ///
    /// [`Unreadable`](FieldErrorKind::Unreadable) if it is no list of texts.
    pub fn list(&self, contact: &Contact) -> Result<Vec<String>, FieldError> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let list = self.read(contact, "a list of texts", |value| match value {
            Value::Array(items) => items.iter().map(text).collect(),
            other => text(other).map(|one| vec![one]),
        })?;
        Ok(list.unwrap_or_default())
    }

    /// The contact's value as a date, which comes as a date, as a moment, or as milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// [`Unreadable`](FieldErrorKind::Unreadable) if it is no date.
    pub fn date(&self, contact: &Contact) -> Result<Option<Date>, FieldError> {
        self.read(contact, "a date", lenient_date_of)
    }

    /// The contact's lines of a list of text boxes, by label where the definition has it and else by id; empty if it
    /// has none.
    ///
    /// # Errors
    ///
    /// [`Unreadable`](FieldErrorKind::Unreadable) if it holds no texts by name.
    pub fn text_boxes(&self, contact: &Contact) -> Result<BTreeMap<String, String>, FieldError> {
        let boxes = FieldOption::all(&self.0);
        let label = |id: &str| boxes.iter().find(|b| b.id == id).map_or(id, |b| &b.label).to_owned();
        let lines = self.read(contact, "a text for each of its boxes", |value| {
            let lines = value.as_object()?.iter().filter(|(_, text)| !text.is_null());
            lines.map(|(id, text)| Some((label(id), text.as_str()?.to_owned()))).collect()
        })?;
        Ok(lines.unwrap_or_default())
    }

    fn read<T>(
        &self,
        contact: &Contact,
        wanted: &'static str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>, FieldError> {
        let Some(value) = self.raw(contact) else { return Ok(None) };
        let unreadable = || FieldError::of(FieldErrorKind::Unreadable, &self.0, ValueKind::of(value), wanted);
        read(value).map(Some).ok_or_else(unreadable)
    }
}
