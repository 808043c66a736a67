//! Recorded answers of the real service decode, and what was decoded is written as it came.
//!
//! The recordings are not part of this repository. `SYNC_SHARED_DIR` says where they are; without it only their twins
//! in `tests/fixtures` are checked, which have the same form and tell of invented people, unless
//! `SYNC_REQUIRE_SHARED=1` asks for more.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use moloni_client::Decimal;
use moloni_client::types::{
    Company, Country, Currency, Customer, Document, DocumentDetail, DocumentKind, DocumentSet, FiscalZone,
    GeographicZone, Language, MaturityDate, MeasurementUnit, NewProduct, PaymentMethod, Product, SaftType,
    Salesman, Subscription, Tax, TaxKind, User, Warehouse,
};
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
    check_in(&folder, name, extra)
}

/// Checks the twin of the recording `name` and returns its rows.
fn check_twin<T: DeserializeOwned + Serialize>(name: &str, extra: fn(&T) -> usize) -> Vec<T> {
    check_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures"), name, extra)
}

/// Checks both.
fn check_both<T: DeserializeOwned + Serialize>(name: &str, extra: fn(&T) -> usize) -> Vec<T> {
    let mut rows = check_twin(name, extra);
    rows.extend(check(name, extra));
    rows
}

fn check_in<T: DeserializeOwned + Serialize>(folder: &Path, name: &str, extra: fn(&T) -> usize) -> Vec<T> {
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

/// What two recordings have in common: the names of fields, and of what they hold, at any depth.
fn shape(value: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                names.insert(name.clone());
                names.extend(shape(value).into_iter().map(|inner| format!("{name}.{inner}")));
            }
        }
        Value::Array(items) => names.extend(items.iter().flat_map(shape)),
        _ => {}
    }
    names
}

#[test]
fn twins_have_every_field_of_the_recordings() {
    let Some(folder) = recordings() else { return };
    let twins = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut compared = 0;
    for entry in std::fs::read_dir(&twins).unwrap() {
        let path = entry.unwrap().path();
        let Ok(recorded) = std::fs::read_to_string(folder.join(path.file_name().unwrap())) else { continue };
        let twin: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let recorded = shape(&serde_json::from_str(&recorded).unwrap());
        let missing: Vec<_> = recorded.difference(&shape(&twin)).cloned().collect();
        assert!(missing.is_empty(), "{} lacks {missing:?}", path.display());
        compared += 1;
    }
    assert!(compared >= 9, "{compared} twins");
}

#[test]
fn companies() {
    check_both::<Company>("companies.getAll", |row| row.extra.len());
    let rows = check_twin::<Company>("companies.getOne", |row| row.extra.len());
    assert_eq!(rows[0].eac_codes[0].code, "95220");
    assert_eq!(rows[0].subscription.as_ref().map(|subscription| subscription.extra.len()), Some(0));
}

#[test]
fn countries() {
    check_both::<Country>("countries.getAll", |row| row.extra.len());
}

#[test]
fn customers() {
    let rows = check_both::<Customer>("customers.getAll", |row| {
        row.extra.len() + row.alternate_addresses.iter().map(|address| address.extra.len()).sum::<usize>()
    });
    assert_eq!(rows[1].maturity_date.as_ref().map(|terms| terms.days), Some(30));
}

#[test]
fn products() {
    let rows = check_both::<Product>("products.getAll", |row| row.extra.len());
    for row in &rows {
        for tax in &row.taxes {
            let (price, rate) = (row.price.get(), tax.rate().unwrap().get());
            assert_eq!(
                tax.amount.get(),
                price * rate / Decimal::ONE_HUNDRED,
                "an amount: {}",
                row.product_id
            );
        }
        let sent = serde_json::to_value(NewProduct::of(row).unwrap()).unwrap();
        let rates: Vec<_> = row.taxes.iter().map(|tax| serde_json::to_value(tax.rate()).unwrap()).collect();
        let written: Vec<_> =
            sent["taxes"].as_array().unwrap().iter().map(|tax| tax["value"].clone()).collect();
        assert_eq!(written, rates, "{}", row.product_id);
    }
}

#[test]
fn taxes() {
    let rows = check_both::<Tax>("taxes.getAll", |row| row.extra.len());
    let known = |kind: TaxKind, saft: SaftType| {
        !matches!(kind, TaxKind::Other(_)) && !matches!(saft, SaftType::Other(_))
    };
    assert!(rows.iter().all(|row| known(row.kind, row.saft_type)));
}

#[test]
fn payment_methods() {
    check_both::<PaymentMethod>("paymentMethods.getAll", |row| row.extra.len());
}

#[test]
fn maturity_dates() {
    check_twin::<MaturityDate>("maturityDates.getAll", |row| row.extra.len());
}

#[test]
fn document_sets() {
    let rows = check_both::<DocumentSet>("documentSets.getAll", |row| row.extra.len());
    for row in rows.iter().filter(|row| !row.document_set_at_codes.is_empty()) {
        assert!(row.at_code(DocumentKind::Invoice.id()).is_some(), "{}", row.name);
    }
}

#[test]
fn languages() {
    check_both::<Language>("languages.getAll", |row| row.extra.len());
}

#[test]
fn settings_and_global_lists() {
    check_both::<Currency>("currencies.getAll", |row| {
        row.extra.len() + row.languages.iter().map(|name| name.extra.len()).sum::<usize>()
    });
    check_both::<FiscalZone>("fiscalZones.getAll", |_| 0);
    check_both::<GeographicZone>("geographicZones.getAll", |row| row.extra.len());
    check_both::<MeasurementUnit>("measurementUnits.getAll", |row| row.extra.len());
    check_both::<Salesman>("salesmen.getAll", |row| row.extra.len());
    check_both::<Warehouse>("warehouses.getAll", |row| row.extra.len());
}

#[test]
fn subscription() {
    let Some(folder) = recordings() else { return };
    let text = std::fs::read_to_string(folder.join("subscription.getOne.json")).unwrap();
    let row: Subscription = serde_json::from_str(&text).unwrap();
    assert_eq!(row.extra.len(), 0);
    let recorded: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(normal(serde_json::to_value(row).unwrap()), normal(recorded));
}

#[test]
fn users() {
    check_both::<User>("users.getAll", |row| row.extra.len());
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
