use std::sync::Arc;
use std::time::Duration;

use super::error::{FieldError, FieldErrorKind};
use super::resolved::ResolvedField;
use crate::types::CustomFieldDefinition;

/// The definitions of a location as one answer gave them.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) fields: Vec<ResolvedField>,
    /// When they came, by the clock that never jumps.
    pub(super) at: Duration,
    /// The number of the fetch.
    pub(super) turn: u64,
}

/// How people call a field that they do not know by id and key.
fn described(field: &CustomFieldDefinition) -> String {
    match &field.field_key {
        Some(key) => format!("{} ({key})", field.name),
        None => format!("{} ({})", field.name, field.id),
    }
}

/// Whether `asked` is the key, with or without the model in front.
fn is_key(field: &CustomFieldDefinition, asked: &str) -> bool {
    field
        .field_key
        .as_deref()
        .is_some_and(|key| key == asked || key.split_once('.').is_some_and(|(_, bare)| bare == asked))
}

impl Known {
    pub(super) fn new(definitions: Vec<CustomFieldDefinition>, at: Duration, turn: u64) -> Arc<Self> {
        let fields = definitions.into_iter().map(ResolvedField::new).collect();
        Arc::new(Self { fields, at, turn })
    }

    /// The field with this id, else key, else name, else name in another case.
    pub(super) fn find(&self, asked: &str) -> Result<ResolvedField, FieldError> {
        let asked = asked.trim();
        let lower = asked.to_lowercase();
        let ways: [&dyn Fn(&CustomFieldDefinition) -> bool; 4] = [
            &|field| field.id.as_str() == asked,
            &|field| is_key(field, asked),
            &|field| field.name.trim() == asked,
            &|field| field.name.trim().to_lowercase() == lower,
        ];
        for way in ways {
            let found: Vec<_> = self.fields.iter().filter(|field| way(field.definition())).collect();
            match found.as_slice() {
                [] => {}
                [one] => return Ok((*one).clone()),
                several => {
                    let described = several.iter().map(|field| {
                        let definition = field.definition();
                        let key = definition.field_key.as_deref().unwrap_or("without a key");
                        format!("{} ({key}, {})", definition.name, definition.id)
                    });
                    return Err(FieldError::not_found(FieldErrorKind::Ambiguous, asked, described.collect()));
                }
            }
        }
        let all = self.fields.iter().map(|field| described(field.definition())).collect();
        Err(FieldError::not_found(FieldErrorKind::Unknown, asked, all))
    }
}
