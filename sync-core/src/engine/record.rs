use std::fmt;
use std::fmt::Write as _;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::collection::Marker;

/// One of the two systems that are kept in sync. Which is which is the embedder's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The first one, which is also the one that facts come from.
    Left,
    /// The second one, which is also the one that derived records live on.
    Right,
}

impl Side {
    /// Both, the left one first.
    pub const BOTH: [Self; 2] = [Self::Left, Self::Right];

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Left => "left",
            Self::Right => "right",
        })
    }
}

/// The id of a record within its collection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordId(String);

impl RecordId {
    /// Wraps an id.
    pub fn new(id: impl fmt::Display) -> Self {
        Self(id.to_string())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a record is: its id, and the record it lives under if the service addresses it that way, as it does the
/// notes and tasks of a contact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordRef {
    /// The record it lives under.
    pub parent: Option<RecordId>,
    /// Its own id.
    pub id: RecordId,
}

impl RecordRef {
    /// A record of its own.
    pub fn top(id: RecordId) -> Self {
        Self { parent: None, id }
    }

    /// A record under another.
    pub fn under(parent: RecordId, id: RecordId) -> Self {
        Self { parent: Some(parent), id }
    }
}

/// Which records of a collection a call is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    All,
    /// Those under one record.
    Under(RecordId),
}

/// The fields of a record on their way in or out, in the collection's own names.
pub type Raw = Map<String, Value>;

/// One record as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Where it is.
    pub at: RecordRef,
    /// Its fields.
    pub raw: Raw,
    /// When it last changed, if the service tells.
    pub modified_at: Option<Timestamp>,
    /// When it was created, if the service tells.
    pub created_at: Option<Timestamp>,
    /// Its version, for services with conditional writes.
    pub version: Option<String>,
    /// The marker that it carries, if it is one that an engine made.
    pub marker: Option<Marker>,
}

impl Snapshot {
    /// A record of which nothing is known but its fields.
    pub fn new(at: RecordRef, raw: Raw) -> Self {
        Self { at, raw, modified_at: None, created_at: None, version: None, marker: None }
    }

    /// Sets the marker that it carries.
    #[must_use]
    pub fn with_marker(mut self, marker: Option<Marker>) -> Self {
        self.marker = marker;
        self
    }

    /// The value at a path such as `customFields.NIF`, `None` if there is none.
    pub fn get(&self, path: &str) -> Option<&Value> {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let mut value = self.raw.get(first)?;
        for part in rest.split('.').filter(|p| !p.is_empty()) {
            value = value.get(part)?;
        }
        Some(value)
    }

    /// The text at a path; empty if there is none.
    pub fn text(&self, path: &str) -> &str {
        self.get(path).and_then(Value::as_str).unwrap_or_default()
    }
}

/// A digest by which two states of the same thing are told apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The digest of `value`'s JSON; the order of an object's keys does not matter.
    pub fn of(value: &impl Serialize) -> Self {
        // What does not serialise has no state to tell apart.
        let json = serde_json::to_value(value).unwrap_or_default();
        let mut text = String::new();
        canonical(&json, &mut text);
        Self(hex(Sha256::digest(text).get(..16).unwrap_or_default()))
    }

    /// One that depends on a key, such as [`PrivacyKey::hash`](super::PrivacyKey) makes it.
    pub(super) fn keyed(hash: String) -> Self {
        Self(hash)
    }

    /// The digest as hexadecimal text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// JSON with sorted keys, whatever order a program has told `serde_json` to keep.
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (key, value) in entries {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                canonical(value, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(list) => {
            out.push('[');
            for value in list {
                canonical(value, out);
                out.push(',');
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn raw(value: &Value) -> Raw {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn paths_reach_into_objects() {
        let at = RecordRef::top(RecordId::new(1));
        let snapshot = Snapshot::new(at, raw(&json!({ "vat": "1", "country": { "iso": "pt" }, "n": null })));
        assert_eq!(snapshot.get("country.iso"), Some(&json!("pt")));
        assert_eq!(snapshot.get("n"), Some(&Value::Null));
        assert_eq!(snapshot.get("country.name"), None);
        assert_eq!(snapshot.get("vat.x"), None);
    }

    #[test]
    fn a_fingerprint_ignores_the_order_of_keys() {
        let (a, b) = (raw(&json!({ "a": 1, "b": 2 })), raw(&json!({ "b": 2, "a": 1 })));
        assert_eq!(Fingerprint::of(&a), Fingerprint::of(&b));
        assert_ne!(Fingerprint::of(&a), Fingerprint::of(&raw(&json!({ "a": 1 }))));
    }
}
