//! Whatever comes, no decoder breaks, and what one read is the same after it was written and read again.

use std::any::type_name;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::path::Path;

#[allow(clippy::wildcard_imports, reason = "each of them is named below")]
use moloni_client::types::*;
use moloni_client::{Amount, CompanyId, CountryId, CustomerId, DocumentId, DocumentTypeId, Nif, PostalCode};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Names beyond those of a record's own fields: of nested records, which a default one does not have.
const NESTED: [&str; 18] = [
    "country",
    "currency",
    "payment_method",
    "delivery_method",
    "salesman",
    "alternate_addresses",
    "associated_taxes",
    "copies",
    "languages",
    "fiscal_zones",
    "exchange_currency",
    "document_type",
    "document_set",
    "associated_documents",
    "reverse_associated_documents",
    "document_calc_method",
    "rappel",
    "unheard_of",
];

/// Texts that some decoder makes something of.
const TEXTS: [&str; 13] = [
    "",
    " ",
    "0",
    "1",
    "-1",
    "007",
    "67.50",
    "1e3",
    "1e-30",
    "1234567890123456789.123456789",
    "79228162514264337593543950336",
    "501964843",
    "4000-123",
];

/// Days and moments, good and bad.
const MOMENTS: [&str; 10] = [
    "2026-07-01T00:00:00+0100",
    "2026-07-01T10:00:00.123456+0100",
    "2026-07-01T10:00:00Z[UTC]",
    "2026-10-25 01:30:00",
    "2026-03-29 01:30:00",
    "2026-01-29",
    "0000-00-00 00:00:00",
    "0000-01-01T00:00:00+0000",
    "9999-12-30T20:59:59+0000",
    "-009999-01-02T01:59:59Z",
];

fn value() -> impl Strategy<Value = Value> {
    let bare = prop_oneof![
        2 => prop::sample::select(&TEXTS[..]).prop_map(Value::from),
        1 => prop::sample::select(&MOMENTS[..]).prop_map(Value::from),
        2 => (0_u64..100).prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => (-100_000_i32..100_000).prop_map(|cents| json!(f64::from(cents) / 100.0)),
        1 => "\\PC{0,12}".prop_map(Value::from),
    ];
    bare.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            fields(inner).prop_map(Value::Object),
        ]
    })
}

fn fields(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    let ids = ["country_id", "language_id", "document_id", "associated_id", "currency_id", "name", "value"];
    let name = prop_oneof![
        3 => prop::sample::select(ids.to_vec()).prop_map(str::to_owned),
        2 => prop::sample::select(&NESTED[..]).prop_map(str::to_owned),
        1 => ".{0,6}",
    ];
    prop::collection::vec((name, value), 0..6).prop_map(|fields| fields.into_iter().collect())
}

/// Changes of a record: fields by their position among its own and the nested ones, and what to put there. `None`
/// takes the field away.
type Changes = Vec<(prop::sample::Index, Option<Value>)>;

fn changes() -> impl Strategy<Value = Changes> {
    prop::collection::vec((any::<prop::sample::Index>(), prop::option::weighted(0.8, value())), 0..8)
}

/// A decoder must read or refuse `value`, and read again the same from what it writes.
fn stable<T: DeserializeOwned + Serialize + PartialEq + Debug>(value: &Value) -> Result<bool, TestCaseError> {
    let Ok(read) = serde_json::from_value::<T>(value.clone()) else { return Ok(false) };
    let name = type_name::<T>();
    let written = serde_json::to_value(&read)
        .map_err(|error| TestCaseError::fail(format!("{name} is read and not written: {error}: {value}")))?;
    let again = serde_json::from_value::<T>(written.clone()).map_err(|error| {
        TestCaseError::fail(format!("{name} does not read what it wrote: {error}: {written} from {value}"))
    })?;
    prop_assert_eq!(&again, &read, "{} from {}", name, value);
    prop_assert_eq!(serde_json::to_value(&again).unwrap(), written, "{} from {}", name, value);
    Ok(true)
}

/// The same for a record that differs from a good one in a few fields, and has `moment` wherever that one has a day
/// or a moment.
fn record<T>(changes: &Changes, moment: Option<&str>) -> Result<bool, TestCaseError>
where
    T: DeserializeOwned + Serialize + PartialEq + Debug + Default,
{
    let Value::Object(mut fields) = serde_json::to_value(T::default()).unwrap() else { panic!("no record") };
    for value in fields.values_mut() {
        let dated = value.as_str().is_some_and(|text| text.get(4..5) == Some("-"));
        if let Some(moment) = moment.filter(|_| dated) {
            *value = moment.into();
        }
    }
    let names: Vec<String> = fields.keys().cloned().chain(NESTED.map(str::to_owned)).collect();
    for (at, value) in changes {
        let name = at.get(&names);
        match value {
            Some(value) => fields.insert(name.clone(), value.clone()),
            None => fields.remove(name),
        };
    }
    stable::<T>(&Value::Object(fields))
}

macro_rules! decoders {
    (records: $($record:ident)+; values: $($value:ident)+;) => {
        /// Every type that is read, by name.
        const NAMES: &[&str] = &[$(stringify!($record),)+ $(stringify!($value),)+];

        fn records(changes: &Changes, moment: Option<&str>) -> Result<(), TestCaseError> {
            $(record::<$record>(changes, moment)?;)+
            Ok(())
        }

        fn values(value: &Value) -> Result<(), TestCaseError> {
            $(stable::<$record>(value)?;)+
            $(stable::<$value>(value)?;)+
            Ok(())
        }

        fn bytes(body: &[u8]) {
            $(let _ = serde_json::from_slice::<Vec<$record>>(body);)+
            $(let _ = serde_json::from_slice::<$record>(body);)+
            $(let _ = serde_json::from_slice::<$value>(body);)+
        }

        #[test]
        fn every_record_reads_its_own_default() {
            $(assert!(record::<$record>(&Vec::new(), None).unwrap(), stringify!($record));)+
        }
    };
}

decoders! {
    records: AlternateAddress AppliedTax AssociatedDocument AtCode AtLog BankAccount CategoryRef Company
        CompanyCurrency Country CountryName CountryRef Currency CurrencyExchange CurrencyName Customer
        Deduction DefaultDocumentSet DeliveryMethod DeliveryMethodRef
        Document DocumentCalcMethod DocumentCopies DocumentDetail DocumentLine DocumentPayment
        DocumentSalesman DocumentSet DocumentSetRef DocumentType DocumentTypeRef EconomicActivity
        ExchangeCurrency FiscalZone GeographicZone IdentificationTemplate InitialNumber Language LanguageRef
        LineProperty MaturityDate MbReference MeasurementUnit PaymentMethod PaymentMethodRef PriceClass
        PriceClassRef Product ProductCategory ProductPriceClass ProductProperty ProductStock ProductSupplier
        ProductTax ProductWarehouse Property PropertyRef Rappel ReverseAssociatedDocument Salesman SalesmanRef
        SignedUp StockWritten Subscription Supplier Tax TaxExemption TaxRef UnitRef User Vehicle Warehouse;
    values: Amount CompanyId CountryId CustomerId DocumentId DocumentTypeId DocumentStatus Nif PostalCode;
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn records_with_odd_fields_are_read_or_refused(
        changes in changes(), moment in prop::option::of(prop::sample::select(&MOMENTS[..])),
    ) {
        records(&changes, moment)?;
    }

    #[test]
    fn any_json_is_read_or_refused(value in value()) {
        values(&value)?;
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        body in prop::collection::vec(any::<u8>(), 0..64), text in "\\PC{0,64}",
        whole in fields(value()), cut in 0_usize..200,
    ) {
        let whole = Value::Object(whole).to_string();
        for body in [&body, text.as_bytes(), whole.as_bytes().get(..cut).unwrap_or_default()] {
            bytes(body);
        }
    }

    #[test]
    fn any_number_is_a_kind_of_document(id in any::<u64>(), code in "\\PC{0,4}") {
        let kind = DocumentKind::from(DocumentTypeId::from(id));
        prop_assert_eq!(kind.id(), DocumentTypeId::from(id));
        let _ = DocumentKind::from_saft_code(&code);
    }
}

/// Every public type of the sources that serde reads is among those above. Ids come from one macro.
#[test]
fn no_decoder_is_left_out() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeSet::new();
    for folder in [src.join("types"), src.join("value")] {
        for entry in fs::read_dir(folder).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap();
            found.extend(read_types(text));
        }
    }
    assert!(found.len() > 20, "the sources are not there: {found:?}");
    let missing: Vec<_> = found.iter().filter(|name| !NAMES.contains(&name.as_str())).collect();
    assert!(missing.is_empty(), "name them in `decoders!`: {missing:?}");
}

fn read_types(text: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric()).collect::<String>();
    let mut types = Vec::new();
    let mut derived = false;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("impl<'de> Deserialize<'de> for ") {
            types.push(word(rest));
        } else if line.starts_with("#[derive(") {
            derived = line.contains("Deserialize");
        } else if let Some(rest) = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "))
        {
            types.extend(derived.then(|| word(rest)));
            derived = false;
        } else if let Some(rest) = line.strip_prefix("    read ") {
            types.push(word(rest));
        }
    }
    types
}
