use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use super::null::null_as_default;
use crate::ids::{CustomFieldId, LocationId};

/// The value of a custom field as the service gives it: without key and name, by which a
/// [`CustomFieldBook`](crate::CustomFieldBook) finds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Wire")]
#[non_exhaustive]
pub struct CustomField {
    /// Which field.
    pub id: CustomFieldId,
    /// Its value: text, number, flag, list or object. Documented as text.
    pub value: Value,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl CustomField {
    /// A value, for tests.
    pub fn new(id: impl Into<CustomFieldId>, value: impl Into<Value>) -> Self {
        Self { id: id.into(), value: value.into(), extra: Map::new() }
    }
}

/// A value on the wire, under any of its names. Not as aliases: an item with two of them would not decode.
#[derive(Deserialize)]
struct Wire {
    id: CustomFieldId,
    value: Option<Value>,
    #[serde(rename = "fieldValue")]
    of_v3: Option<Value>,
    #[serde(rename = "field_value")]
    as_written: Option<Value>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

impl From<Wire> for CustomField {
    fn from(wire: Wire) -> Self {
        let value = wire.value.or(wire.of_v3).or(wire.as_written).unwrap_or_default();
        Self { id: wire.id, value, extra: wire.extra }
    }
}

/// A value to write into a custom field.
///
/// The service drops an unknown field, and an option that the field does not have, without a word:
/// [`CustomFieldBook::value`](crate::CustomFieldBook::value) makes only values that the field can hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CustomFieldValue {
    id: CustomFieldId,
    field_value: Value,
}

impl CustomFieldValue {
    /// Writes `value` into the field `id`: text for text, options and dates, a number for numbers, a list for
    /// multiple options.
    pub fn new(id: impl Into<CustomFieldId>, value: impl Into<Value>) -> Self {
        Self { id: id.into(), field_value: value.into() }
    }
}

/// A custom field of a location: what a [`CustomField`] belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CustomFieldDefinition {
    /// The id.
    pub id: CustomFieldId,
    /// The name that people see.
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    /// The key, such as `contact.nif`. The service derives it from the first name and keeps it when that changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field_key: Option<String>,
    /// The kind of its values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_type: Option<DataType>,
    /// The text that an empty field shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    /// Its place among the fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Number>,
    /// The options to choose from. Described as texts; other shapes have been seen.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub picklist_options: Vec<Value>,
    /// Whether a value may be none of the options.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_allowed_custom_option: Option<bool>,
    /// Whether it holds several files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_multi_file_allowed: Option<bool>,
    /// How many files it holds at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_file_limit: Option<Number>,
    /// The location it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location_id: Option<LocationId>,
    /// What it is a field of: `contact` or `opportunity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl CustomFieldDefinition {
    /// A definition, for tests.
    pub fn new(id: impl Into<CustomFieldId>, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            field_key: None,
            data_type: None,
            placeholder: None,
            position: None,
            picklist_options: Vec::new(),
            is_allowed_custom_option: None,
            is_multi_file_allowed: None,
            max_file_limit: None,
            location_id: None,
            model: None,
            extra: Map::new(),
        }
    }
}

/// The kinds of custom field.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum DataType {
    /// One line of text.
    Text,
    /// Several lines of text.
    LargeText,
    /// A number.
    Numerical,
    /// A phone number.
    Phone,
    /// An amount of money; the service spells it this way.
    Monetory,
    /// Several of the options.
    Checkbox,
    /// One of the options.
    SingleOptions,
    /// Several of the options.
    MultipleOptions,
    /// A date.
    Date,
    /// One of the options.
    Radio,
    /// Several named lines of text.
    TextboxList,
    /// Files.
    FileUpload,
    /// A kind that is not known here.
    #[serde(untagged)]
    Other(String),
}

impl DataType {
    /// The service's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text => "TEXT",
            Self::LargeText => "LARGE_TEXT",
            Self::Numerical => "NUMERICAL",
            Self::Phone => "PHONE",
            Self::Monetory => "MONETORY",
            Self::Checkbox => "CHECKBOX",
            Self::SingleOptions => "SINGLE_OPTIONS",
            Self::MultipleOptions => "MULTIPLE_OPTIONS",
            Self::Date => "DATE",
            Self::Radio => "RADIO",
            Self::TextboxList => "TEXTBOX_LIST",
            Self::FileUpload => "FILE_UPLOAD",
            Self::Other(word) => word,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_read_under_each_of_its_names_and_under_several() {
        let table = [
            (json!({ "id": "cf_1", "fieldValue": 1, "field_value": 1, "value": 1 }), json!(1)),
            (json!({ "id": "cf_1", "fieldValue": 1, "value": null }), json!(1)),
            (json!({ "id": "cf_1", "field_value": 1, "fieldValue": null }), json!(1)),
            (json!({ "id": "cf_1", "value": "a", "fieldValue": "b" }), json!("a")),
            (json!({ "id": "cf_1" }), Value::Null),
        ];
        for (wire, want) in table {
            let field: CustomField = serde_json::from_value(wire.clone()).unwrap();
            assert_eq!(field, CustomField::new("cf_1", want), "{wire}");
        }
    }

    #[test]
    fn what_comes_beside_a_value_is_kept() {
        let wire = json!({ "id": "cf_1", "value": "x", "type": "TEXT" });
        let field: CustomField = serde_json::from_value(wire.clone()).unwrap();
        assert_eq!(serde_json::to_value(&field).unwrap(), wire);
    }
}
