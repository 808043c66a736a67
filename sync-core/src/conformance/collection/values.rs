//! Values as the suite compares them: by what they say, as a mapping does.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::engine::Raw;

/// The names that lead to a value.
pub(super) type Path = Vec<String>;

/// Every value of a record that is no object, and where it is.
pub(super) fn leaves(raw: &Raw) -> Vec<(Path, &Value)> {
    let mut found = Vec::new();
    for (name, value) in raw {
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                for (mut path, value) in leaves(inner) {
                    path.insert(0, name.clone());
                    found.push((path, value));
                }
            }
            _ => found.push((vec![name.clone()], value)),
        }
    }
    found
}

/// The value at a path. Unlike [`Snapshot::get`](crate::engine::Snapshot::get), names may hold dots.
pub(super) fn at<'v>(raw: &'v Raw, path: &[String]) -> Option<&'v Value> {
    let (first, rest) = path.split_first()?;
    let mut value = raw.get(first)?;
    for name in rest {
        value = value.get(name)?;
    }
    Some(value)
}

/// Puts a value at a path, and makes the objects on the way.
pub(super) fn put(raw: &mut Raw, path: &[String], value: Value) {
    match path {
        [] => {}
        [name] => {
            raw.insert(name.clone(), value);
        }
        [outer, inner @ ..] => {
            let entry = raw.entry(outer.as_str()).or_insert_with(|| Value::Object(Raw::new()));
            if let Some(object) = entry.as_object_mut() {
                put(object, inner, value);
            }
        }
    }
}

/// The path that a mapping writes as `customFields.NIF`.
pub(super) fn path(text: &str) -> Path {
    text.split('.').map(str::to_owned).collect()
}

/// Whether a value says that there is none.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(members) => members.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// What a value says, if it is one value.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The members of a set.
pub(super) fn members(value: Option<&Value>) -> Vec<String> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(text).collect()
}

/// Whether two values say the same: a number and its text, nothing and an empty text, a set in any order.
pub(super) fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        _ if is_empty(one) || is_empty(other) => is_empty(one) && is_empty(other),
        (Value::Array(ones), Value::Array(others)) => {
            let texts = |list: &[Value]| list.iter().map(text).collect::<Option<BTreeSet<_>>>();
            texts(ones).zip(texts(others)).map_or(one == other, |(ones, others)| ones == others)
        }
        _ => one == other || (text(one).is_some() && text(one) == text(other)),
    }
}

/// The values of a record that nobody else may see: texts that are long enough to be no accident.
pub(super) fn secrets(raw: &Raw) -> Vec<(Path, String)> {
    const LONG: usize = 6;
    let texts = |value: &Value| match value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => value.as_str().map(str::to_owned).into_iter().collect::<Vec<_>>(),
    };
    let all = leaves(raw)
        .into_iter()
        .flat_map(|(path, value)| texts(value).into_iter().map(move |text| (path.clone(), text)));
    all.filter(|(_, text)| text.chars().count() >= LONG).collect()
}
