//! Which values a field can hold, and how they are written.

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::error::{FieldError, FieldErrorKind};
use super::input::ValueKind;
use super::option::FieldOption;
use crate::types::{CustomFieldDefinition, DataType};

type Checked = Result<Value, FieldError>;

/// The value as the field takes it.
pub(super) fn check(field: &CustomFieldDefinition, value: Value) -> Checked {
    let Some(data_type) = &field.data_type else { return Ok(value) };
    match data_type {
        DataType::Text | DataType::LargeText => text(field, value),
        DataType::Phone => phone(field, value),
        DataType::Date => date(field, value),
        DataType::Numerical | DataType::Monetory => match value {
            Value::Number(_) => Ok(value),
            other => Err(wrong_kind(field, &other, "a number")),
        },
        DataType::SingleOptions | DataType::Radio => option(field, &value),
        DataType::Checkbox | DataType::MultipleOptions => options(field, value),
        DataType::TextboxList => text_boxes(field, value),
        DataType::FileUpload => {
            let why = "takes uploaded files, which are no values: upload them to the service instead";
            Err(FieldError::of(FieldErrorKind::NotWritable, field, ValueKind::of(&value), why))
        }
        // A kind that is not known here may take anything.
        DataType::Other(_) => Ok(value),
    }
}

fn wrong_kind(field: &CustomFieldDefinition, value: &Value, wanted: &'static str) -> FieldError {
    FieldError::of(FieldErrorKind::WrongKind, field, ValueKind::of(value), wanted)
}

fn wrong_format(field: &CustomFieldDefinition, wanted: &'static str) -> FieldError {
    FieldError::of(FieldErrorKind::WrongFormat, field, ValueKind::Text, wanted)
}

fn text(field: &CustomFieldDefinition, value: Value) -> Checked {
    if value.is_string() { Ok(value) } else { Err(wrong_kind(field, &value, "a text")) }
}

/// How many digits a phone number may have in all the world.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 3..=15;

fn phone(field: &CustomFieldDefinition, value: Value) -> Checked {
    let value = text(field, value)?;
    let number = value.as_str().unwrap_or_default();
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let usual = number.chars().all(|c| c.is_ascii_digit() || "+ -().".contains(c));
    if number.is_empty() || (usual && PHONE_DIGITS.contains(&digits)) {
        return Ok(value);
    }
    Err(wrong_format(field, "takes a phone number of 3 to 15 digits, best as +351910000001"))
}

fn date(field: &CustomFieldDefinition, value: Value) -> Checked {
    const WANTED: &str = "a date written as 2026-12-31";
    let Value::String(text) = &value else { return Err(wrong_kind(field, &value, WANTED)) };
    // The parser would also take the date out of a moment, and the day of a moment depends on the place.
    let day = text.len() == 10 && text.parse::<Date>().is_ok();
    if day || text.is_empty() {
        Ok(value)
    } else {
        Err(wrong_format(field, "takes a date written as 2026-12-31"))
    }
}

/// Whether people may enter what is no option.
fn is_open(field: &CustomFieldDefinition) -> bool {
    field.extra.get("isAllowedCustomOption").and_then(Value::as_bool).unwrap_or_default()
}

fn option(field: &CustomFieldDefinition, value: &Value) -> Checked {
    let Value::String(text) = value else { return Err(wrong_kind(field, value, "the text of one option")) };
    let options = FieldOption::all(field);
    match FieldOption::meant(&options, text) {
        Some(option) => Ok(Value::from(option.label.as_str())),
        None if is_open(field) => Ok(value.clone()),
        None => Err(no_such_option(field, options, ValueKind::Text)),
    }
}

fn options(field: &CustomFieldDefinition, value: Value) -> Checked {
    match value {
        Value::Array(items) => items.iter().map(|item| option(field, item)).collect(),
        one @ Value::String(_) => Ok(Value::Array(vec![option(field, &one)?])),
        other => Err(wrong_kind(field, &other, "a list of the texts of options")),
    }
}

fn text_boxes(field: &CustomFieldDefinition, value: Value) -> Checked {
    const WANTED: &str = "a text for each of its boxes, from FieldInput::text_boxes";
    let Value::Object(lines) = value else { return Err(wrong_kind(field, &value, WANTED)) };
    if let Some(odd) = lines.values().find(|text| !text.is_string()) {
        return Err(wrong_kind(field, odd, WANTED));
    }
    let boxes = FieldOption::all(field);
    let mut checked = Map::new();
    for (label, text) in lines {
        // Where the definition does not tell its boxes, they are taken to be ids.
        let id = match FieldOption::meant(&boxes, &label) {
            Some(found) => found.id.clone(),
            None if boxes.is_empty() => label,
            None => return Err(no_such_option(field, boxes, ValueKind::Object)),
        };
        checked.insert(id, text);
    }
    Ok(Value::Object(checked))
}

fn no_such_option(field: &CustomFieldDefinition, options: Vec<FieldOption>, given: ValueKind) -> FieldError {
    let labels = options.into_iter().map(|option| option.label).collect();
    FieldError::of(FieldErrorKind::NoSuchOption, field, given, "").with_options(labels)
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
