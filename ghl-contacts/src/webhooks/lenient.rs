//! Decoding that loses a field rather than the event it is in.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Decodes `fields`. If that fails, finds out which of them do not fit, tries what else they may mean, and leaves out
/// those that fit in no way. `None` if the id is missing, for types that have one.
pub(super) fn decode<T: DeserializeOwned>(fields: &Map<String, Value>) -> Option<T> {
    if let Ok(whole) = T::deserialize(Value::Object(fields.clone())) {
        return Some(whole);
    }
    let id = fields.get("id").or_else(|| fields.get("_id")).and_then(text);
    let id: Map<String, Value> = id.map(|id| ("id".to_owned(), json!(id))).into_iter().collect();
    let mut fitting = id.clone();
    for (name, value) in fields.iter().filter(|(name, _)| !matches!(name.as_str(), "id" | "_id")) {
        let meanings = std::iter::once(value.clone()).chain(other_meanings(value));
        let fits = |value: &Value| {
            let mut alone = id.clone();
            alone.insert(name.clone(), value.clone());
            T::deserialize(Value::Object(alone)).is_ok()
        };
        if let Some(value) = meanings.into_iter().find(fits) {
            fitting.insert(name.clone(), value);
        }
    }
    T::deserialize(Value::Object(fitting)).ok()
}

/// A text, or a number as one.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn other_meanings(value: &Value) -> Vec<Value> {
    match value {
        Value::Number(number) => {
            let flag = number.as_u64().filter(|n| *n < 2).map(|n| json!(n == 1));
            std::iter::once(json!(number.to_string())).chain(flag).collect()
        }
        Value::String(text) => {
            let list: Vec<&str> = text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
            let plain = serde_json::from_str::<Value>(text).ok().filter(|v| v.is_boolean() || v.is_number());
            plain.into_iter().chain([json!(list)]).collect()
        }
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().filter_map(text).collect();
            let objects: Vec<Value> = items.iter().filter_map(with_text_id).collect();
            if objects.is_empty() { vec![json!(texts)] } else { vec![json!(objects), json!(texts)] }
        }
        _ => Vec::new(),
    }
}

/// An object with its id as a text, `None` for anything without an id.
fn with_text_id(item: &Value) -> Option<Value> {
    let mut fields = item.as_object()?.clone();
    let id = text(fields.get("id")?)?;
    fields.insert("id".to_owned(), json!(id));
    Some(Value::Object(fields))
}
