use serde::Serialize;

use super::Customer;
use crate::value::optional_id;
use crate::{
    Amount, CountryId, DeliveryMethodId, LanguageId, MaturityDateId, PaymentMethodId, PriceClassId,
    SalesmanId,
};

/// What stands for an address or a city that nobody knows: the service insists on both.
const UNKNOWN: &str = "Desconhecido";

/// A customer to insert, or what to replace one by.
///
/// Everything is always sent: the service wants most numbers that its documentation calls optional, as 0, and an
/// update replaces what it is not told. Change some fields of a customer with
/// [`Customers::edit`](crate::resources::Customers::edit).
///
/// ```
/// use moloni_client::types::NewCustomer;
///
/// let shop = NewCustomer::new("00123", "Padaria Inventada, Lda", "501964843")
///     .address("Rua da Farinha 4")
///     .city("Évora")
///     .zip_code("7000-001")
///     .email("padaria@example.pt");
/// # let _ = shop;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewCustomer {
    pub(crate) number: String,
    pub(crate) name: String,
    pub(crate) vat: String,
    address: String,
    city: String,
    zip_code: String,
    pub(crate) country_id: CountryId,
    language_id: LanguageId,
    pub(crate) email: String,
    website: String,
    phone: String,
    fax: String,
    contact_name: String,
    contact_email: String,
    contact_phone: String,
    notes: String,
    field_notes: String,
    discount: Amount,
    credit_limit: Amount,
    payment_day: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    qty_copies_document: Option<i64>,
    #[serde(with = "optional_id")]
    maturity_date_id: Option<MaturityDateId>,
    #[serde(with = "optional_id")]
    payment_method_id: Option<PaymentMethodId>,
    #[serde(with = "optional_id")]
    delivery_method_id: Option<DeliveryMethodId>,
    #[serde(with = "optional_id")]
    salesman_id: Option<SalesmanId>,
    #[serde(with = "optional_id")]
    price_class_id: Option<PriceClassId>,
}

impl NewCustomer {
    /// The tax number of the final consumer: of everybody who does not give their own. Any number of customers may
    /// have it.
    pub const FINAL_CONSUMER: &str = "999999990";

    /// A customer in Portugal (country 1) with documents in Portuguese (language 1), address and city
    /// "Desconhecido", and nothing else.
    ///
    /// `number` is the company's own for them, unique and of at most 20 characters;
    /// [`get_next_number`](crate::resources::Customers::get_next_number) proposes one. `vat` is their tax number, or
    /// [`FINAL_CONSUMER`](Self::FINAL_CONSUMER). Documents of high value need a customer with a real name and
    /// address.
    pub fn new(number: impl Into<String>, name: impl Into<String>, vat: impl Into<String>) -> Self {
        Self {
            number: number.into(),
            name: name.into(),
            vat: vat.into(),
            address: UNKNOWN.to_owned(),
            city: UNKNOWN.to_owned(),
            zip_code: String::new(),
            country_id: CountryId::from(1),
            language_id: LanguageId::from(1),
            email: String::new(),
            website: String::new(),
            phone: String::new(),
            fax: String::new(),
            contact_name: String::new(),
            contact_email: String::new(),
            contact_phone: String::new(),
            notes: String::new(),
            field_notes: String::new(),
            discount: Amount::ZERO,
            credit_limit: Amount::ZERO,
            payment_day: 0,
            qty_copies_document: None,
            maturity_date_id: None,
            payment_method_id: None,
            delivery_method_id: None,
            salesman_id: None,
            price_class_id: None,
        }
    }

    /// A customer that gets the next free number when
    /// [`insert_or_find`](crate::resources::Customers::insert_or_find) inserts them. A plain insert refuses it.
    pub fn unnumbered(name: impl Into<String>, vat: impl Into<String>) -> Self {
        Self::new("", name, vat)
    }

    /// The fields of a customer as they are: all that an update can write.
    pub fn of(customer: &Customer) -> Self {
        Self {
            number: customer.number.clone(),
            name: customer.name.clone(),
            vat: customer.vat.clone(),
            address: customer.address.clone(),
            city: customer.city.clone(),
            zip_code: customer.zip_code.clone(),
            country_id: customer.country_id.unwrap_or_default(),
            language_id: customer.language_id.unwrap_or_default(),
            email: customer.email.clone(),
            website: customer.website.clone(),
            phone: customer.phone.clone(),
            fax: customer.fax.clone(),
            contact_name: customer.contact_name.clone(),
            contact_email: customer.contact_email.clone(),
            contact_phone: customer.contact_phone.clone(),
            notes: customer.notes.clone(),
            field_notes: customer.field_notes.clone(),
            discount: customer.discount,
            credit_limit: customer.credit_limit,
            payment_day: customer.payment_day,
            qty_copies_document: customer.qty_copies_document,
            maturity_date_id: customer.maturity_date_id,
            payment_method_id: customer.payment_method_id,
            delivery_method_id: customer.delivery_method_id,
            salesman_id: customer.salesman_id,
            price_class_id: customer.price_class_id,
        }
    }
}

/// Setters that carry the names of their fields.
macro_rules! setters {
    ($($(#[$doc:meta])* $field:ident;)+) => {
        impl NewCustomer {$(
            $(#[$doc])*
            #[doc = ""]
            #[doc = concat!("Sent as `", stringify!($field), "`.")]
            #[must_use]
            pub fn $field(mut self, $field: impl Into<String>) -> Self {
                self.$field = $field.into();
                self
            }
        )+}
    };
}

setters! {
    /// Sets the company's own number for them. Dropped silently once a document names the customer.
    number;
    /// Sets the name.
    name;
    /// Sets the tax number. Dropped silently once a document names the customer.
    vat;
    /// Sets street and number.
    address;
    /// Sets the city.
    city;
    /// Sets the postal code, `1234-567` in Portugal.
    zip_code;
    /// Sets the e-mail address.
    email;
    /// Sets the website, a URL.
    website;
    /// Sets the phone number.
    phone;
    /// Sets the fax number.
    fax;
    /// Sets the name of the one contact person.
    contact_name;
    /// Sets the contact person's e-mail address.
    contact_email;
    /// Sets the contact person's phone number.
    contact_phone;
    /// Sets the notes about them.
    notes;
    /// Sets the second text of notes.
    field_notes;
}

impl NewCustomer {
    /// Sets the country. Sent as `country_id`.
    #[must_use]
    pub fn country(mut self, country: CountryId) -> Self {
        self.country_id = country;
        self
    }

    /// Sets the language of their documents. Sent as `language_id`.
    #[must_use]
    pub fn language(mut self, language: LanguageId) -> Self {
        self.language_id = language;
        self
    }

    /// Sets their discount in percent, from 0 to 100. Sent as `discount`.
    #[must_use]
    pub fn discount(mut self, percent: impl Into<Amount>) -> Self {
        self.discount = percent.into();
        self
    }

    /// Sets how much they may owe. Sent as `credit_limit`.
    #[must_use]
    pub fn credit_limit(mut self, amount: impl Into<Amount>) -> Self {
        self.credit_limit = amount.into();
        self
    }

    /// Sets the day of the month that they pay on, 0 for none. Sent as `payment_day`.
    #[must_use]
    pub fn payment_day(mut self, day: u8) -> Self {
        self.payment_day = day.into();
        self
    }

    /// Sets how many copies of a document they get, in place of the company's default. Sent as
    /// `qty_copies_document`.
    #[must_use]
    pub fn qty_copies_document(mut self, copies: u8) -> Self {
        self.qty_copies_document = Some(copies.into());
        self
    }

    /// Sets their terms of payment. Sent as `maturity_date_id`; 0 without.
    #[must_use]
    pub fn maturity_date(mut self, terms: impl Into<Option<MaturityDateId>>) -> Self {
        self.maturity_date_id = terms.into();
        self
    }

    /// Sets how they pay. Sent as `payment_method_id`; 0 without.
    #[must_use]
    pub fn payment_method(mut self, method: impl Into<Option<PaymentMethodId>>) -> Self {
        self.payment_method_id = method.into();
        self
    }

    /// Sets how they receive goods. Sent as `delivery_method_id`; 0 without.
    #[must_use]
    pub fn delivery_method(mut self, method: impl Into<Option<DeliveryMethodId>>) -> Self {
        self.delivery_method_id = method.into();
        self
    }

    /// Sets who sells to them. Sent as `salesman_id`; 0 without.
    #[must_use]
    pub fn salesman(mut self, salesman: impl Into<Option<SalesmanId>>) -> Self {
        self.salesman_id = salesman.into();
        self
    }

    /// Sets their class of prices. Sent as `price_class_id`; 0 without.
    #[must_use]
    pub fn price_class(mut self, class: impl Into<Option<PriceClassId>>) -> Self {
        self.price_class_id = class.into();
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_that_are_called_optional_are_always_sent() {
        let sent = serde_json::to_value(NewCustomer::new("00041", "Nuno", "999999990")).unwrap();
        for name in [
            "salesman_id",
            "maturity_date_id",
            "payment_day",
            "discount",
            "credit_limit",
            "payment_method_id",
            "delivery_method_id",
            "price_class_id",
        ] {
            assert_eq!(sent[name], json!(0), "{name}");
        }
        assert_eq!(sent["number"], json!("00041"), "leading zeros are kept");
        assert_eq!(sent.get("qty_copies_document"), None);
    }

    #[test]
    fn a_customer_is_written_as_they_were_read() {
        let row = json!({
            "customer_id": 7, "number": "00041", "name": "Nuno", "vat": "999999990", "address": "Rua Três",
            "city": "Beja", "zip_code": "7800-001", "country_id": 1, "language_id": 2, "email": "nuno@example.pt",
            "website": "https://example.pt", "phone": "280000000", "fax": "280000001", "contact_name": "Olga",
            "contact_email": "olga@example.pt", "contact_phone": "280000002", "notes": "a", "field_notes": "b",
            "discount": 2.5, "credit_limit": 100, "payment_day": 8, "qty_copies_document": 2,
            "maturity_date_id": 11, "payment_method_id": 12, "delivery_method_id": 13, "salesman_id": 14,
            "price_class_id": 15,
        });
        let mut expected = row.clone();
        expected.as_object_mut().unwrap().remove("customer_id");
        let customer: Customer = serde_json::from_value(row).unwrap();
        assert_eq!(serde_json::to_value(NewCustomer::of(&customer)).unwrap(), expected);
    }
}
