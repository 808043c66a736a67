use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// One stored record, in the service's own field names.
pub(super) type Row = Map<String, Value>;

/// The fields of a `json!({…})`.
pub(super) fn row(fields: Value) -> Row {
    match fields {
        Value::Object(row) => row,
        _ => Row::new(),
    }
}

/// An id; 0 if the field is absent or no id.
pub(super) fn id(row: &Row, key: &str) -> u64 {
    row.get(key).and_then(Value::as_u64).unwrap_or(0)
}

/// A text; empty if the field is absent or no text.
pub(super) fn text<'a>(row: &'a Row, key: &str) -> &'a str {
    row.get(key).and_then(Value::as_str).unwrap_or("")
}

/// An amount; 0 if the field is absent or no number.
pub(super) fn amount(row: &Row, key: &str) -> Decimal {
    row.get(key).and_then(to_decimal).unwrap_or_default()
}

/// A JSON number or a text that holds one, as large as money gets.
pub(super) fn to_decimal(value: &Value) -> Option<Decimal> {
    let written = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let parsed = written.parse().or_else(|_| Decimal::from_scientific(&written)).ok();
    parsed.filter(|n: &Decimal| n.abs() < Decimal::from(MOST))
}

const MOST: u64 = 1_000_000_000_000_000;

/// The number as the service writes it: `67` for a whole one, `67.5` otherwise.
pub(super) fn wire(amount: Decimal) -> Value {
    let written = amount.normalize().to_string();
    written
        .parse::<i64>()
        .map(Value::from)
        .or_else(|_| written.parse::<f64>().map(Value::from))
        .unwrap_or_default()
}

/// The list `rows` as JSON.
pub(super) fn list(rows: impl IntoIterator<Item = Row>) -> Value {
    rows.into_iter().map(Value::Object).collect()
}
