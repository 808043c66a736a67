use serde_json::Value;

use crate::types::CustomFieldDefinition;

/// One of the options of a field, or one of its text boxes.
///
/// The description of the API says that options are text; others have been seen.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FieldOption {
    pub(super) id: String,
    pub(super) label: String,
}

impl FieldOption {
    fn read(value: &Value) -> Option<Self> {
        let text = |names: &[&str]| {
            let found = names.iter().find_map(|name| value.get(name)?.as_str());
            found.map(str::to_owned)
        };
        let plain = || value.as_str().map(str::to_owned);
        let label = plain().or_else(|| text(&["label", "name", "value"]))?;
        Some(Self { id: text(&["id", "key"]).unwrap_or_else(|| label.clone()), label })
    }

    /// The options of a field in its order.
    pub(super) fn all(field: &CustomFieldDefinition) -> Vec<Self> {
        let boxes = field.extra.get("textBoxListOptions").and_then(Value::as_array);
        let boxes = boxes.map(Vec::as_slice).unwrap_or_default();
        field.picklist_options.iter().chain(boxes).filter_map(Self::read).collect()
    }

    /// The option that people mean by `text`: the one with this label, with this id, or the only one with this label
    /// in another case.
    pub(super) fn meant<'a>(options: &'a [Self], text: &str) -> Option<&'a Self> {
        let exact =
            options.iter().find(|o| o.label == text).or_else(|| options.iter().find(|o| o.id == text));
        let wanted = text.trim().to_lowercase();
        exact.or_else(|| {
            let mut similar = options.iter().filter(|o| o.label.trim().to_lowercase() == wanted);
            similar.next().filter(|_| similar.next().is_none())
        })
    }
}
