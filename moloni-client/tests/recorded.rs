//! Recorded answers of the real service decode, and what was decoded is written as it came.
//!
//! The recordings are not part of this repository. `SYNC_SHARED_DIR` says where they are; without it only their twins
//! in `tests/fixtures` are checked, which have the same form and tell of invented people, unless
//! `SYNC_REQUIRE_SHARED=1` asks for more.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

#[path = "../../sync-core/tests/trace/mod.rs"]
mod trace;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use moloni_client::types::{
    Company, Country, Currency, Customer, Document, DocumentDetail, DocumentKind, DocumentSet, FiscalZone,
    GeographicZone, Language, MaturityDate, MeasurementUnit, NewProduct, PaymentMethod, Product,
    ProductCategory, SaftType, Salesman, Subscription, Tax, TaxKind, User, Warehouse,
};
use moloni_client::{Client, CompanyId, Decimal, DocumentQuery};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

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

/// The rows of the recording `name`.
#[allow(clippy::print_stderr, reason = "a skipped test must say so")]
fn recorded<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let Some(folder) = recordings() else {
        eprintln!("SKIPPED {name}: SYNC_SHARED_DIR names no recordings");
        return Vec::new();
    };
    rows(&folder, name)
}

/// The rows of the recording `name` and of its twin, the twin's first.
fn both<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let mut rows = rows(&twins(), name);
    rows.extend(recorded(name));
    rows
}

fn twins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn rows<T: DeserializeOwned>(folder: &Path, name: &str) -> Vec<T> {
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    // From the text, because that is how a client reads it.
    let rows = if text.trim_start().starts_with('[') {
        serde_json::from_str(&text)
    } else {
        serde_json::from_str(&text).map(|one| vec![one])
    };
    rows.unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Checks that a recording is read, and written as it came.
fn check<T: DeserializeOwned + Serialize>(folder: &Path, name: &str, extra: fn(&T) -> usize) {
    let (rows, recorded): (Vec<T>, Vec<Value>) = (rows(folder, name), rows(folder, name));
    assert!(!recorded.is_empty() || name == "productCategories.getAll", "{name}");
    for (row, recorded) in rows.iter().zip(recorded) {
        assert_eq!(normal(serde_json::to_value(row).unwrap()), normal(recorded), "{name}");
        assert_eq!(extra(row), 0, "{name}: every recorded field is a typed one");
    }
}

/// Reads every recording that a folder has, and gives the names of those that nothing here reads.
macro_rules! read_all {
    ($folder:ident: $($name:literal: $type:ty, $extra:expr;)+) => {{
        let known = [$($name),+];
        let there = names($folder);
        $(if there.contains($name) {
            check::<$type>($folder, $name, $extra);
        })+
        there.into_iter().filter(|name| !known.contains(&name.as_str())).collect::<Vec<_>>()
    }};
}

/// The recordings of a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter_map(|name| name.to_str()?.strip_suffix(".json").map(str::to_owned)).collect()
}

fn left_out(folder: &Path) -> Vec<String> {
    read_all! { folder:
        "billsOfLading.getAll": Document, |row| row.extra.len();
        "companies.getAll": Company, |row| row.extra.len();
        "companies.getOne": Company, |row| row.extra.len();
        "countries.getAll": Country, |row| row.extra.len();
        "creditNotes.getAll": Document, |row| row.extra.len();
        "currencies.getAll": Currency, |row| {
            row.extra.len() + row.languages.iter().map(|name| name.extra.len()).sum::<usize>()
        };
        "customers.getAll": Customer, |row| {
            row.extra.len() + row.alternate_addresses.iter().map(|address| address.extra.len()).sum::<usize>()
        };
        "documentSets.getAll": DocumentSet, |row| row.extra.len();
        "fiscalZones.getAll": FiscalZone, |_| 0;
        "geographicZones.getAll": GeographicZone, |row| row.extra.len();
        "invoiceReceipts.getAll": Document, |row| row.extra.len();
        "invoices.getAll": Document, |row| row.extra.len();
        "invoices.getOne": DocumentDetail, |row| row.document.extra.len();
        "languages.getAll": Language, |row| row.extra.len();
        "maturityDates.getAll": MaturityDate, |row| row.extra.len();
        "measurementUnits.getAll": MeasurementUnit, |row| row.extra.len();
        "paymentMethods.getAll": PaymentMethod, |row| row.extra.len();
        "productCategories.getAll": ProductCategory, |row| row.extra.len();
        "products.getAll": Product, |row| row.extra.len();
        "purchaseOrder.getAll": Document, |row| row.extra.len();
        "salesmen.getAll": Salesman, |row| row.extra.len();
        "subscription.getOne": Subscription, |row| row.extra.len();
        "supplierPurchaseOrder.getAll": Document, |row| row.extra.len();
        "taxes.getAll": Tax, |row| row.extra.len();
        "users.getAll": User, |row| row.extra.len();
        "warehouses.getAll": Warehouse, |row| row.extra.len();
    }
}

#[test]
fn every_recording_is_read_and_written_as_it_came() {
    assert_eq!(left_out(&twins()), [""; 0]);
    let Some(folder) = recordings() else { return };
    assert_eq!(left_out(&folder), ["documents.count"], "it is read below");
}

#[tokio::test]
async fn the_recorded_count_is_a_text() {
    let Some(folder) = recordings() else { return };
    trace::on();
    let server = MockServer::start().await;
    let body = std::fs::read(folder.join("documents.count.json")).unwrap();
    let answer = ResponseTemplate::new(200).set_body_raw(body, "application/json");
    Mock::given(path("/v1/documents/count/")).respond_with(answer).expect(1).mount(&server).await;
    let client = Client::builder().token("s3cr3t-access").company(CompanyId::from(7));
    let client = client.base_url(format!("{}/v1/", server.uri())).build().unwrap();
    assert_eq!(client.documents().count(DocumentQuery::new()).await.unwrap(), 187_383);
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
    let mut compared = 0;
    for entry in std::fs::read_dir(twins()).unwrap() {
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
    let row: Company = rows(&twins(), "companies.getOne").remove(0);
    assert_eq!(row.eac_codes[0].code, "95220");
    assert_eq!(row.subscription.as_ref().map(|subscription| subscription.extra.len()), Some(0));
}

#[test]
fn customers() {
    let rows: Vec<Customer> = both("customers.getAll");
    assert_eq!(rows[1].maturity_date.as_ref().map(|terms| terms.days), Some(30));
}

#[test]
fn products() {
    let rows = both::<Product>("products.getAll");
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
    let rows = both::<Tax>("taxes.getAll");
    let known = |kind: TaxKind, saft: SaftType| {
        !matches!(kind, TaxKind::Other(_)) && !matches!(saft, SaftType::Other(_))
    };
    assert!(rows.iter().all(|row| known(row.kind, row.saft_type)));
}

#[test]
fn document_sets() {
    let rows = both::<DocumentSet>("documentSets.getAll");
    for row in rows.iter().filter(|row| !row.document_set_at_codes.is_empty()) {
        assert!(row.at_code(DocumentKind::Invoice.id()).is_some(), "{}", row.name);
    }
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
        for row in recorded::<Document>(&format!("{name}.getAll")) {
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
