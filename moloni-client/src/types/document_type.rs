use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::DocumentKind;
use crate::DocumentTypeId;
use crate::value::text;

/// A type of document, as the service names it in one language.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DocumentType {
    /// Its id.
    pub document_type_id: DocumentTypeId,
    /// Its code in the tax authority's audit file, such as `FT`.
    #[serde(default, deserialize_with = "text")]
    pub saft_code: String,
    /// Its name. Sources disagree on whether it arrives as `title` or as `name`: see [`label`](Self::label).
    #[serde(default, deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Its name, by the other name.
    #[serde(default, deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl DocumentType {
    /// Its name, whichever field has it.
    pub fn label(&self) -> &str {
        if self.title.is_empty() { &self.name } else { &self.title }
    }

    /// Which of the types that this crate knows it is.
    pub fn kind(&self) -> DocumentKind {
        DocumentKind::from(self.document_type_id)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn either_field_is_the_name() {
        for row in [
            json!({ "document_type_id": 1, "saft_code": "FT", "title": "Fatura" }),
            json!({ "document_type_id": 1, "saft_code": "FT", "name": "Fatura" }),
        ] {
            let read: DocumentType = serde_json::from_value(row.clone()).unwrap();
            assert_eq!((read.label(), read.kind()), ("Fatura", DocumentKind::Invoice));
            assert_eq!(serde_json::to_value(&read).unwrap(), row);
        }
    }
}
