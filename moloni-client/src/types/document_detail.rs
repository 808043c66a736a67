use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Document, DocumentLine, MbReference};
use crate::value::{flag, list, number, object, optional_id, text};
use crate::{
    AddressId, Amount, DeductionId, DeliveryMethodId, EacId, PaymentMethodId, SalesmanId, VehicleId,
};

/// A document with all that there is to know of it: its row, its lines, its payments, its delivery, its signature.
///
/// What was read is written again as it came, whatever this crate knows of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DocumentDetail {
    /// The row that lists show. What this crate does not know is in [`extra`](Document::extra) there.
    #[serde(flatten)]
    pub document: Document,
    /// The year of its day.
    #[serde(default, deserialize_with = "number")]
    pub year: i64,
    /// The lines. Receipts have none.
    #[serde(default, deserialize_with = "list")]
    pub products: Vec<DocumentLine>,
    /// How it was paid: receipts, and documents that are paid by themselves.
    #[serde(default, deserialize_with = "list")]
    pub payments: Vec<DocumentPayment>,
    /// The customer's further address that it goes to.
    #[serde(default, with = "optional_id")]
    pub alternate_address_id: Option<AddressId>,
    /// A file that belongs to it.
    #[serde(default, deserialize_with = "text")]
    pub attached_file: String,
    /// Notes that are printed on it.
    #[serde(default, deserialize_with = "text")]
    pub notes: String,
    /// Notes about the documents that it derives from.
    #[serde(default, deserialize_with = "text")]
    pub related_documents_notes: String,
    /// The salesman's commission in percent.
    #[serde(default)]
    pub salesman_commission: Amount,
    /// Who sold; missing if nobody is named.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub salesman: Option<DocumentSalesman>,
    /// A discount on the whole document, in money.
    #[serde(default)]
    pub special_discount: Amount,
    /// The company's activity that it belongs to.
    #[serde(default, with = "optional_id")]
    pub eac_id: Option<EacId>,
    /// The code of that activity.
    #[serde(default, deserialize_with = "text")]
    pub eac_code: String,
    /// The tax that is withheld.
    #[serde(default, with = "optional_id")]
    pub deduction_id: Option<DeductionId>,
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub deduction_name: String,
    /// How goods are delivered.
    #[serde(default, with = "optional_id")]
    pub delivery_method_id: Option<DeliveryMethodId>,
    /// The name of that way.
    #[serde(default, deserialize_with = "text")]
    pub delivery_method_name: String,
    /// The vehicle.
    #[serde(default, with = "optional_id")]
    pub vehicle_id: Option<VehicleId>,
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub vehicle_name: String,
    /// Its number plate.
    #[serde(default, deserialize_with = "text")]
    pub vehicle_number_plate: String,
    /// When goods leave, as the service writes it; `None` if nothing is delivered.
    #[serde(default)]
    pub delivery_datetime: Option<String>,
    /// Where goods leave from: street and number.
    #[serde(default, deserialize_with = "text")]
    pub delivery_departure_address: String,
    /// The city.
    #[serde(default, deserialize_with = "text")]
    pub delivery_departure_city: String,
    /// The postal code.
    #[serde(default, deserialize_with = "text")]
    pub delivery_departure_zip_code: String,
    /// The country: sources disagree on whether it is a name or an id.
    #[serde(default)]
    pub delivery_departure_country: Value,
    /// Where goods go: street and number.
    #[serde(default, deserialize_with = "text")]
    pub delivery_destination_address: String,
    /// The city.
    #[serde(default, deserialize_with = "text")]
    pub delivery_destination_city: String,
    /// The postal code.
    #[serde(default, deserialize_with = "text")]
    pub delivery_destination_zip_code: String,
    /// The country, as [`delivery_departure_country`](Self::delivery_departure_country).
    #[serde(default)]
    pub delivery_destination_country: Value,
    /// The signature that chains it to the document before it in its series. Empty for a draft.
    #[serde(default, deserialize_with = "text")]
    pub rsa_hash: String,
    /// The version of the key that it is signed with.
    #[serde(default, deserialize_with = "text")]
    pub hash_control: String,
    /// Its unique code with the tax authority: the series' code, a hyphen, its number. Empty for a draft.
    #[serde(default, deserialize_with = "text")]
    pub atcud: String,
    /// Whether VAT is due only once it is paid.
    #[serde(default, with = "flag")]
    pub cash_vat_scheme_indicator: bool,
    /// Whether it was made by the API.
    #[serde(default, with = "flag")]
    pub set_from_api: bool,
    /// The plugin that made it.
    #[serde(default, deserialize_with = "number")]
    pub plugin_id: i64,
    /// The time zone of the company.
    #[serde(default, deserialize_with = "number")]
    pub timezone_id: i64,
    /// References of Multibanco by which it can be paid.
    #[serde(default, deserialize_with = "list")]
    pub mb_references: Vec<MbReference>,
}

/// A payment on a document.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DocumentPayment {
    /// How it was paid.
    #[serde(default, with = "optional_id")]
    pub payment_method_id: Option<PaymentMethodId>,
    /// The name of that way.
    #[serde(default, deserialize_with = "text")]
    pub payment_method_name: String,
    /// When, as the service writes it.
    #[serde(default, deserialize_with = "text")]
    pub date: String,
    /// How much.
    #[serde(default)]
    pub value: Amount,
    /// Notes about it.
    #[serde(default, deserialize_with = "text")]
    pub notes: String,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A salesman as a document shows one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DocumentSalesman {
    /// Their id.
    pub salesman_id: SalesmanId,
    /// Their number in the company's books.
    #[serde(default, deserialize_with = "text")]
    pub number: String,
    /// Their name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// Their tax number.
    #[serde(default, deserialize_with = "text")]
    pub vat: String,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::DocumentId;

    /// An invoice to an invented shop, with every field that is known.
    fn invoice() -> Value {
        serde_json::from_str(include_str!("../../tests/fixtures/invoices.getOne.json")).unwrap()
    }

    #[test]
    fn a_document_with_lines_is_written_as_it_was_read() {
        let read: DocumentDetail = serde_json::from_value(invoice()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), invoice());
        assert!(read.document.extra.is_empty(), "{:?}", read.document.extra);
        let [desk, course] = read.products.as_slice() else { panic!("two lines") };
        assert_eq!((desk.qty.to_string(), desk.taxes[0].rate.to_string()), ("2.5".into(), "23".into()));
        let sum: Amount = read.products.iter().flat_map(|line| &line.taxes).map(|tax| tax.amount).sum();
        assert_eq!(sum, read.document.taxes_value);
        assert_eq!((course.exemption_reason.as_str(), course.taxes.len()), ("M07", 0));
        assert_eq!(read.document.associated_documents[0].value.unwrap().to_string(), "50");
    }

    #[test]
    fn what_vanishes_is_none_and_what_is_unknown_stays() {
        let mut row = invoice();
        let fields = row.as_object_mut().unwrap();
        for name in ["salesman", "rappel", "exchange_currency", "atcud", "payments"] {
            fields.remove(name);
        }
        fields.insert("invented".to_owned(), json!({ "a": [1] }));
        fields.insert("delivery_datetime".to_owned(), Value::Null);
        row["products"][0]["invented"] = json!("x");
        let read: DocumentDetail = serde_json::from_value(row.clone()).unwrap();
        assert_eq!(
            (read.salesman.is_none(), read.atcud.as_str(), read.delivery_datetime.is_none()),
            (true, "", true)
        );
        let written = serde_json::to_value(&read).unwrap();
        for name in ["invented", "products", "delivery_datetime"] {
            assert_eq!(written[name], row[name], "{name}");
        }
    }

    #[test]
    fn a_value_that_does_not_fit_is_an_error() {
        let mut row = invoice();
        row["products"][1]["price"] = json!("a lot");
        assert!(serde_json::from_value::<DocumentDetail>(row).is_err());
        let bare = json!({ "document_id": 7 });
        assert!(serde_json::from_value::<DocumentDetail>(bare).is_err(), "{}", DocumentId::from(7));
    }
}
