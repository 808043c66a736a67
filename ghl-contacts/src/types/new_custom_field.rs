use serde::Serialize;

use super::custom_field::DataType;

/// What a create and an update can both write.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct CustomFieldFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    placeholder: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    accepted_format: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_multiple_file: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_number_of_files: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    text_box_list_options: Vec<TextBox>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<u32>,
}

/// Makes the setters of [`CustomFieldFields`] for a type that has them as `fields`.
macro_rules! custom_field_setters {
    () => {
        /// Sets the text that an empty field shows.
        #[must_use]
        pub fn placeholder(mut self, text: impl Into<String>) -> Self {
            self.fields.placeholder = Some(text.into());
            self
        }

        /// Sets which kinds of file it takes, such as `.pdf`. Sent as `acceptedFormat`.
        #[must_use]
        pub fn accepted_formats(mut self, formats: impl IntoIterator<Item = impl Into<String>>) -> Self {
            self.fields.accepted_format = formats.into_iter().map(Into::into).collect();
            self
        }

        /// Sets whether it holds several files. Sent as `isMultipleFile`.
        #[must_use]
        pub fn multiple_files(mut self, yes: bool) -> Self {
            self.fields.is_multiple_file = Some(yes);
            self
        }

        /// Sets how many files it holds at most. Sent as `maxNumberOfFiles`.
        #[must_use]
        pub fn max_files(mut self, files: u32) -> Self {
            self.fields.max_number_of_files = Some(files);
            self
        }

        /// Sets the lines of a [`DataType::TextboxList`]. Sent as `textBoxListOptions`.
        #[must_use]
        pub fn text_boxes(mut self, boxes: impl IntoIterator<Item = TextBox>) -> Self {
            self.fields.text_box_list_options = boxes.into_iter().collect();
            self
        }

        /// Sets its place among the fields.
        #[must_use]
        pub fn position(mut self, position: u32) -> Self {
            self.fields.position = Some(position);
            self
        }
    };
}

/// A custom field to create.
///
/// How to give a field the options to choose from is not described, and no way is known to work: create such a field in
/// the web application.
///
/// ```
/// use ghl_contacts::{DataType, NewCustomField};
/// let nif = NewCustomField::new("NIF", DataType::Text).field_key("nif").placeholder("9 digits");
/// # let _ = nif;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewCustomField {
    name: String,
    data_type: DataType,
    model: &'static str,
    #[serde(flatten)]
    fields: CustomFieldFields,
    #[serde(skip_serializing_if = "Option::is_none")]
    field_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

impl NewCustomField {
    /// A field of contacts.
    pub fn new(name: impl Into<String>, data_type: DataType) -> Self {
        Self {
            name: name.into(),
            data_type,
            model: "contact",
            fields: CustomFieldFields::default(),
            field_key: None,
            parent_id: None,
            description: None,
        }
    }

    /// Makes it a field of opportunities.
    #[must_use]
    pub fn of_opportunities(mut self) -> Self {
        self.model = "opportunity";
        self
    }

    custom_field_setters! {}

    /// Sets the key, such as `nif`, in place of one that the service derives from the name. It works, although the
    /// description does not have it.
    #[must_use]
    pub fn field_key(mut self, key: impl Into<String>) -> Self {
        self.field_key = Some(key.into());
        self
    }

    /// Names the folder to put it into. It works, although the description does not have it.
    #[must_use]
    pub fn parent_id(mut self, folder: impl Into<String>) -> Self {
        self.parent_id = Some(folder.into());
        self
    }

    /// Sets what people are told about it. It works, although the description does not have it.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }
}

/// Changes to a custom field: what is not set stays as it is, but for the name, which the service wants each time.
///
/// The kind of its values and its key cannot be changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomFieldUpdate {
    name: String,
    #[serde(flatten)]
    fields: CustomFieldFields,
}

impl CustomFieldUpdate {
    /// Gives the field this name, which may be the one that it has.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), fields: CustomFieldFields::default() }
    }

    custom_field_setters! {}
}

/// One line of a [`DataType::TextboxList`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TextBox {
    label: String,
    prefill_value: String,
}

impl TextBox {
    /// An empty line with this label.
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), prefill_value: String::new() }
    }

    /// Sets what is in it at first. Sent as `prefillValue`.
    #[must_use]
    pub fn prefill(mut self, text: impl Into<String>) -> Self {
        self.prefill_value = text.into();
        self
    }
}
