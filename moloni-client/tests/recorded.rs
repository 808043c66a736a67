//! Recorded answers of the real service decode, and what was decoded is written as it came.
//!
//! The recordings are not part of this repository. `SYNC_SHARED_DIR` says where they are; without it there is
//! nothing to check, unless `SYNC_REQUIRE_SHARED=1` asks for it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

use std::path::PathBuf;

use moloni_client::types::{Company, Country, Customer, Document, DocumentDetail};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The folder of the recordings, `None` if there is none and none is asked for.
fn recordings() -> Option<PathBuf> {
    let folder = std::env::var_os("SYNC_SHARED_DIR").map(|dir| PathBuf::from(dir).join("fixtures/moloni"));
    let found = folder.filter(|folder| folder.is_dir());
    let required = std::env::var_os("SYNC_REQUIRE_SHARED").is_some_and(|value| value == "1");
    assert!(
        found.is_some() || !required,
        "SYNC_REQUIRE_SHARED is 1, and SYNC_SHARED_DIR names no recordings"
    );
    found
}

/// Numbers by value: `67.0` is `67`.
fn normal(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::from(number.as_f64().unwrap()),
        Value::Array(items) => items.into_iter().map(normal).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, normal(value))).collect(),
        other => other,
    }
}

/// Checks the recording `name` and returns its rows.
#[allow(clippy::print_stderr, reason = "a skipped test must say so")]
fn check<T: DeserializeOwned + Serialize>(name: &str, extra: fn(&T) -> usize) -> Vec<T> {
    let Some(folder) = recordings() else {
        eprintln!("SKIPPED {name}: SYNC_SHARED_DIR names no recordings");
        return Vec::new();
    };
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    let recorded: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(!recorded.is_empty(), "{name}");
    let rows: Vec<T> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    for (row, recorded) in rows.iter().zip(recorded) {
        assert_eq!(normal(serde_json::to_value(row).unwrap()), normal(recorded), "{name}");
        assert_eq!(extra(row), 0, "{name}: every recorded field is a typed one");
    }
    rows
}

#[test]
fn companies() {
    check::<Company>("companies.getAll", |row| row.extra.len());
}

#[test]
fn countries() {
    check::<Country>("countries.getAll", |row| row.extra.len());
}

#[test]
fn customers() {
    check::<Customer>("customers.getAll", |row| row.extra.len());
}

#[test]
fn documents() {
    let names = [
        "billsOfLading",
        "creditNotes",
        "invoiceReceipts",
        "invoices",
        "purchaseOrder",
        "supplierPurchaseOrder",
    ];
    for name in names {
        for row in check::<Document>(&format!("{name}.getAll"), |row| row.extra.len()) {
            let total = row.gross_value - row.comercial_discount_value - row.financial_discount_value;
            assert_eq!(
                total + row.taxes_value - row.deduction_value,
                row.net_value,
                "{name} {}",
                row.document_id
            );
            let detail: DocumentDetail = serde_json::from_value(serde_json::to_value(&row).unwrap()).unwrap();
            assert_eq!(detail.document, row, "{name}: without lines, a detail is its row");
            let code = row.document_type.as_ref().map(|kind| kind.saft_code.as_str());
            assert_eq!(row.kind().saft_code(), code, "{name} {}", row.document_id);
        }
    }
}
