use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{AlternateAddress, CountryRef, MaturityDate, PriceClassRef};
use crate::value::{flag, list, number, object, optional_id, optional_number, text};
use crate::{
    Amount, CountryId, CustomerId, DeliveryMethodId, DocumentSetId, DocumentTypeId, GeographicZoneId,
    LanguageId, MaturityDateId, PaymentMethodId, PriceClassId, SalesmanId,
};

/// A customer.
///
/// The row says neither when it was created nor when it changed: who wants to know compares it with what was read
/// before. A nested record is missing where its id is 0.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Customer {
    /// Their id.
    pub customer_id: CustomerId,
    /// Their number in the company's books, unique; leading zeros count. The service drops changes of it silently
    /// once a document names the customer.
    #[serde(default, deserialize_with = "text")]
    pub number: String,
    /// Their name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// Their tax number, of any country and unchecked on reading. Many customers may share `999999990`, the final
    /// consumer. The service drops changes of it silently once a document names the customer.
    #[serde(default, deserialize_with = "text")]
    pub vat: String,
    /// Street and number.
    #[serde(default, deserialize_with = "text")]
    pub address: String,
    /// The city.
    #[serde(default, deserialize_with = "text")]
    pub city: String,
    /// The postal code: `1234-567` in Portugal, free text elsewhere.
    #[serde(default, deserialize_with = "text")]
    pub zip_code: String,
    /// The country.
    #[serde(default, with = "optional_id")]
    pub country_id: Option<CountryId>,
    /// The language of their documents.
    #[serde(default, with = "optional_id")]
    pub language_id: Option<LanguageId>,
    /// Their e-mail address.
    #[serde(default, deserialize_with = "text")]
    pub email: String,
    /// Their website.
    #[serde(default, deserialize_with = "text")]
    pub website: String,
    /// Their phone number.
    #[serde(default, deserialize_with = "text")]
    pub phone: String,
    /// Their fax number.
    #[serde(default, deserialize_with = "text")]
    pub fax: String,
    /// The name of the one contact person.
    #[serde(default, deserialize_with = "text")]
    pub contact_name: String,
    /// The contact person's e-mail address.
    #[serde(default, deserialize_with = "text")]
    pub contact_email: String,
    /// The contact person's phone number.
    #[serde(default, deserialize_with = "text")]
    pub contact_phone: String,
    /// Notes about them.
    #[serde(default, deserialize_with = "text")]
    pub notes: String,
    /// A second text of notes.
    #[serde(default, deserialize_with = "text")]
    pub field_notes: String,
    /// Whether notes are printed on their documents.
    #[serde(default, with = "flag")]
    pub print_document_notes: bool,
    /// Their discount in percent.
    #[serde(default)]
    pub discount: Amount,
    /// How much they may owe.
    #[serde(default)]
    pub credit_limit: Amount,
    /// The day of the month that they pay on, 0 for none.
    #[serde(default, deserialize_with = "number")]
    pub payment_day: i64,
    /// How many copies of a document they get, `None` for the company's default.
    #[serde(default, deserialize_with = "optional_number")]
    pub qty_copies_document: Option<i64>,
    /// The same by type of document. Documented, and not seen so far.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<DocumentCopies>,
    /// Why their invoices bear no VAT, such as `M07`.
    #[serde(default, deserialize_with = "text")]
    pub exemption_reason: String,
    /// Their terms of payment.
    #[serde(default, with = "optional_id")]
    pub maturity_date_id: Option<MaturityDateId>,
    /// How they pay.
    #[serde(default, with = "optional_id")]
    pub payment_method_id: Option<PaymentMethodId>,
    /// How they receive goods.
    #[serde(default, with = "optional_id")]
    pub delivery_method_id: Option<DeliveryMethodId>,
    /// Who sells to them.
    #[serde(default, with = "optional_id")]
    pub salesman_id: Option<SalesmanId>,
    /// Their class of prices.
    #[serde(default, with = "optional_id")]
    pub price_class_id: Option<PriceClassId>,
    /// The series of their documents.
    #[serde(default, with = "optional_id")]
    pub document_set_id: Option<DocumentSetId>,
    /// Where they are.
    #[serde(default, with = "optional_id")]
    pub geographic_zone_id: Option<GeographicZoneId>,
    /// Whether they are shown; 1 as far as is known.
    #[serde(default, deserialize_with = "number")]
    pub visibility_id: i64,
    /// The country's name and code.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryRef>,
    /// The payment method's name.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<PaymentMethodRef>,
    /// The delivery method's name.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub delivery_method: Option<DeliveryMethodRef>,
    /// What the terms of payment are.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub maturity_date: Option<MaturityDate>,
    /// The class of prices' name.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub price_class: Option<PriceClassRef>,
    /// The language's name.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub language: Option<LanguageRef>,
    /// The salesman's name and number.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub salesman: Option<SalesmanRef>,
    /// Further addresses.
    #[serde(default, deserialize_with = "list")]
    pub alternate_addresses: Vec<AlternateAddress>,
    /// Taxes of their own. What they look like is not known.
    #[serde(default, deserialize_with = "list")]
    pub associated_taxes: Vec<Value>,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// How many copies of one type of document a [`Customer`] gets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DocumentCopies {
    /// The type.
    pub document_type_id: DocumentTypeId,
    /// How many.
    #[serde(default, deserialize_with = "number")]
    pub copies: i64,
}

/// A payment method as other records show it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PaymentMethodRef {
    /// Its id.
    pub payment_method_id: PaymentMethodId,
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
}

/// A delivery method as other records show it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeliveryMethodRef {
    /// Its id.
    pub delivery_method_id: DeliveryMethodId,
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
}

/// A salesman as other records show one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SalesmanRef {
    /// Their id.
    pub salesman_id: SalesmanId,
    /// Their number in the company's books.
    #[serde(default, deserialize_with = "text")]
    pub number: String,
    /// Their name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// Their commission in percent.
    #[serde(default)]
    pub base_commission: Amount,
}

/// A language as customers show it. Documented, and not seen so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LanguageRef {
    /// Its id.
    pub language_id: LanguageId,
    /// Its name. The list of languages calls it `title`.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_spelling_of_none_is_none() {
        let absent = json!({ "customer_id": "7" });
        let spelled = json!({
            "customer_id": 7, "number": null, "salesman_id": 0, "maturity_date_id": "0", "price_class_id": null,
            "payment_method": [], "country": null, "qty_copies_document": null, "alternate_addresses": null,
            "discount": "", "print_document_notes": null,
        });
        let expected = Customer { customer_id: CustomerId::from(7), ..Customer::default() };
        for row in [absent, spelled] {
            assert_eq!(serde_json::from_value::<Customer>(row.clone()).unwrap(), expected, "{row}");
        }
    }

    #[test]
    fn unknown_fields_survive() {
        let row = json!({ "customer_id": 7, "number": "007", "fast_lane": { "title": "B" }, "new": null });
        let customer: Customer = serde_json::from_value(row.clone()).unwrap();
        let written = serde_json::to_value(&customer).unwrap();
        for name in ["number", "fast_lane", "new"] {
            assert_eq!(written[name], row[name], "{name}");
        }
        assert_eq!(customer.extra.len(), 2);
    }
}
