//! What a row says, as a number: two rows that say the same have the same.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::value::to_decimal;

/// The start of a SHA-256 digest: 53 bits, so that every JSON store keeps it whole. That a change hides behind the
/// same number is as likely as one in nine thousand million million.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Fingerprint(pub(super) u64);

impl Fingerprint {
    /// The fingerprint of a row, `without` some of its fields. `lastmodified` and what begins so is never in it.
    ///
    /// It is taken from what the service sent and not from the types here, so that a new version of them does not
    /// make every row look changed. The order of fields, the spellings of "none", the spellings of a number, and
    /// names that only expand an id (such as `country` beside `country_id`) make no difference.
    pub(super) fn of(row: &Value, without: &[&str]) -> Self {
        let mut hash = Sha256::new();
        match row {
            Value::Object(fields) => {
                let kept = |key: &str| !key.starts_with("lastmodified") && !without.contains(&key);
                write_fields(fields.iter().filter(|(key, _)| kept(key)), &mut hash);
            }
            other => write(other, &mut hash),
        }
        let start = hash.finalize().iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte));
        Self(start >> 11)
    }
}

fn write_fields<'a>(fields: impl Iterator<Item = (&'a String, &'a Value)>, hash: &mut Sha256) {
    let mut said: Vec<_> = fields.filter(|(_, value)| !value.is_object() && !says_nothing(value)).collect();
    said.sort_by_key(|(key, _)| *key);
    hash.update(b"{");
    for (key, value) in said {
        write_text(key, hash);
        write(value, hash);
    }
    hash.update(b"}");
}

fn write(value: &Value, hash: &mut Sha256) {
    match value {
        Value::Object(fields) => write_fields(fields.iter(), hash),
        Value::Array(items) => {
            hash.update(b"[");
            for item in items {
                write(item, hash);
            }
            hash.update(b"]");
        }
        plain => write_text(&spelled(plain), hash),
    }
}

/// With its length before it, so that nothing runs into the next.
fn write_text(text: &str, hash: &mut Sha256) {
    hash.update(b"\"");
    hash.update(text.len().to_le_bytes());
    hash.update(text);
}

/// Whether a value is one of the spellings of "none". The text `0` is not: somebody wrote it.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::String(text) => text.is_empty(),
        plain => matches!(&*spelled(plain), "" | "0"),
    }
}

fn spelled(plain: &Value) -> String {
    match plain {
        Value::String(text) => text.clone(),
        Value::Bool(flag) => u8::from(*flag).to_string(),
        Value::Number(number) => {
            to_decimal(plain).map_or_else(|| number.to_string(), |exact| exact.normalize().to_string())
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Customer;

    fn same(a: &Value, b: &Value) -> bool {
        Fingerprint::of(a, &["seen"]) == Fingerprint::of(b, &["seen"])
    }

    #[test]
    fn spelling_makes_no_difference() {
        let row =
            json!({ "id": 7, "name": "Ana", "discount": 67.5, "zero": 0, "flag": 1, "list": [{ "a": 1 }] });
        let table = [
            json!({ "name": "Ana", "id": "7", "discount": 67.50, "flag": true, "list": [{ "a": "1" }] }),
            json!({ "id": 7.0, "name": "Ana", "discount": "67.5", "flag": "1", "list": [{ "a": 1, "b": null }] }),
            json!({
                "id": 7, "name": "Ana", "discount": 67.5, "flag": 1, "list": [{ "a": 1 }], "empty": [], "none": null,
                "lastmodified": "today", "lastmodifiedby": "Rui", "country": { "name": "Portugal" }, "seen": 5,
            }),
        ];
        for other in table {
            assert!(same(&row, &other), "{other}");
        }
    }

    #[test]
    fn every_word_makes_a_difference() {
        let row = json!({ "a": "x", "b": "y", "list": ["u", "v"] });
        let table = [
            json!({ "a": "y", "b": "x", "list": ["u", "v"] }),
            json!({ "a": "xb", "": "y", "list": ["u", "v"] }),
            json!({ "a": "x", "b": "y", "list": ["v", "u"] }),
            json!({ "a": "x", "b": "y", "list": ["uv"] }),
            json!({ "a": "x", "b": "y", "list": ["u", "v"], "c": 1 }),
            json!({ "a": "x", "b": "y" }),
            json!({ "a": "x", "b": "00", "list": ["u", "v"] }),
            json!({ "a": "x", "b": "y", "list": ["u", "v"], "c": "0" }),
        ];
        for other in table {
            assert!(!same(&row, &other), "{other}");
        }
        assert!(!same(&json!("x"), &json!("y")));
    }

    #[test]
    fn a_record_that_was_read_has_the_fingerprint_of_its_row() {
        let row = json!({
            "customer_id": 7, "number": "007", "name": "Ana", "discount": 12.5, "credit_limit": 100.0, "salesman_id": 0,
            "qty_copies_document": null, "print_document_notes": 1, "country_id": 1, "new": "x",
            "country": { "country_id": 1, "name": "Portugal", "iso_3166_1": "pt" },
        });
        let customer: Customer = serde_json::from_value(row.clone()).unwrap();
        assert!(same(&row, &serde_json::to_value(customer).unwrap()));
    }

    #[test]
    fn it_fits_into_a_double() {
        let most = (0..100).map(|n| Fingerprint::of(&json!(n), &[]).0).max().unwrap();
        assert!(most < 1 << 53 && most > 1 << 50);
    }
}
