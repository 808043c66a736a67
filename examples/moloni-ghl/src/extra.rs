use sync_core::engine::{Mapping, MappingBuilder, MappingFileError};

/// What a path of a custom field begins with.
const CUSTOM: &str = "customFields.";

/// Fields that are mapped by a text and not by code: the `[fields]` tables of a
/// [mapping file](Mapping::from_toml), such as
///
/// ```toml
/// [fields.contact_person]
/// left = "contact_name"
/// right = "customFields.Contact person"
/// ```
///
/// Left is Moloni, right is HighLevel. A custom field that one names and HighLevel does not have is created by the first
/// plan that is applied, as a text.
#[derive(Debug, Clone)]
pub struct ExtraFields {
    builder: MappingBuilder,
    custom_fields: Vec<String>,
}

impl Default for ExtraFields {
    /// None.
    fn default() -> Self {
        Self { builder: Mapping::builder(), custom_fields: Vec::new() }
    }
}

impl ExtraFields {
    /// Reads a mapping file's text.
    ///
    /// # Errors
    ///
    /// [`MappingFileError`] with all that is wrong: the line, the field, and how to mend it.
    pub fn from_toml(text: &str) -> Result<Self, MappingFileError> {
        // Alone it has to be a mapping already, so that an error has its line.
        let mapping = Mapping::from_toml(text)?;
        let custom_fields = mapping.right_paths().filter_map(|path| path.strip_prefix(CUSTOM));
        let custom_fields = custom_fields.map(str::to_owned).collect();
        Ok(Self { builder: MappingBuilder::from_toml(text)?, custom_fields })
    }

    /// The custom fields of HighLevel that are named, by the names people see.
    pub fn custom_fields(&self) -> &[String] {
        &self.custom_fields
    }

    /// A mapping that begins with them.
    pub(crate) fn builder(&self) -> MappingBuilder {
        self.builder.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_fields_are_those_that_a_right_side_names() {
        let text = r#"
            [fields.contact_person]
            left = "contact_name"
            right = "customFields.Contact person"
            [fields.fax]
            left = "fax"
            right = "timezone"
        "#;
        assert_eq!(ExtraFields::from_toml(text).unwrap().custom_fields(), ["Contact person"]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let error = ExtraFields::from_toml("[fields.fax]\nleft = \"fax\"\nrigth = \"fax\"").unwrap_err();
        assert!(error.to_string().contains("did you mean `right`"), "{error}");
    }
}
