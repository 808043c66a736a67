//! A customer as a raw record, and back.

use serde_json::Value;
use sync_core::engine::{Fault, Raw, RecordId, RecordRef, Snapshot};

use super::fault::{broken, invalid};
use super::input::{amount, filled, id, is_nothing, needed, small, text};
use super::to_raw;
use crate::types::{Customer, NewCustomer};
use crate::value::to_decimal;
use crate::{CountryId, LanguageId, MaturityDateId, PaymentMethodId};

/// What can be written, the number apart.
const WRITABLE: &str = "name, vat, address, city, zip_code, country_id, language_id, email, website, phone, fax, \
     contact_name, contact_email, contact_phone, notes, field_notes, discount, credit_limit, payment_day, \
     qty_copies_document, maturity_date_id, payment_method_id, delivery_method_id, salesman_id, price_class_id";

/// Where the service writes 0 for none.
const ZERO_IS_NONE: [&str; 12] = [
    "country_id",
    "language_id",
    "discount",
    "credit_limit",
    "payment_day",
    "maturity_date_id",
    "payment_method_id",
    "delivery_method_id",
    "salesman_id",
    "price_class_id",
    "document_set_id",
    "geographic_zone_id",
];

/// What stands in for what a mapping does not give.
#[derive(Debug, Clone, Default)]
pub(super) struct Defaults {
    pub(super) address: Option<String>,
    pub(super) city: Option<String>,
    pub(super) country: Option<CountryId>,
    pub(super) language: Option<LanguageId>,
    pub(super) maturity_date: Option<MaturityDateId>,
    pub(super) payment_method: Option<PaymentMethodId>,
}

impl Defaults {
    /// The text that stands for none, where the service insists on one.
    fn stand_in(&self, field: &str) -> Option<&str> {
        match field {
            "address" => self.address.as_deref(),
            "city" => self.city.as_deref(),
            _ => None,
        }
    }

    /// The record, with its fields by the service's own names, and nothing where the service writes something for none.
    pub(super) fn snapshot(&self, customer: &Customer) -> Result<Snapshot, Fault> {
        let mut raw = to_raw(customer)?;
        for field in ZERO_IS_NONE {
            if let Some(value) = raw.get_mut(field) {
                if to_decimal(value).is_some_and(|number| number.is_zero()) {
                    *value = Value::Null;
                }
            }
        }
        for field in ["address", "city"] {
            if let (Some(value), Some(stand_in)) = (raw.get_mut(field), self.stand_in(field)) {
                if value.as_str() == Some(stand_in) {
                    *value = Value::Null;
                }
            }
        }
        Ok(Snapshot::new(RecordRef::top(RecordId::new(customer.customer_id)), raw))
    }

    /// A customer to insert. Their number comes from elsewhere.
    pub(super) fn new_customer(&self, number: &str, raw: &Raw) -> Result<NewCustomer, Fault> {
        let given = |field: &str| raw.get(field).is_some_and(|value| !is_nothing(value));
        let mut new = NewCustomer::new(number, "", NewCustomer::FINAL_CONSUMER);
        let fallbacks = [
            ("name", false, "give it a text"),
            ("address", self.address.is_some(), "map it, or set with `unknown_address` what stands for none"),
            ("city", self.city.is_some(), "map it, or set with `unknown_city` what stands for none"),
            ("country_id", self.country.is_some(), "map it, or set one with `country`"),
            ("language_id", self.language.is_some(), "map it, or set one with `language`"),
        ];
        for (field, has_default, way_out) in fallbacks {
            if !given(field) && !has_default {
                return Err(invalid(field, &format!("is what Moloni enters no customer without: {way_out}")));
            }
        }
        if let Some(address) = &self.address {
            new = new.address(address);
        }
        if let Some(city) = &self.city {
            new = new.city(city);
        }
        if let Some(country) = self.country {
            new = new.country(country);
        }
        if let Some(language) = self.language {
            new = new.language(language);
        }
        new = new.maturity_date(self.maturity_date).payment_method(self.payment_method);
        for (field, value) in raw {
            // There is nothing to clear in a customer who is not there yet.
            if field != "number" && !is_nothing(value) {
                new = self.with(new, field, value)?;
            } else if !is_known(field) {
                return Err(unwritable(field));
            }
        }
        Ok(new)
    }

    /// The customer with these fields written.
    pub(super) fn changed(&self, mut fields: NewCustomer, raw: &Raw) -> Result<NewCustomer, Fault> {
        for (field, value) in raw {
            fields = self.with(fields, field, value)?;
        }
        Ok(fields)
    }

    fn with(&self, fields: NewCustomer, field: &str, value: &Value) -> Result<NewCustomer, Fault> {
        Ok(match field {
            "number" => fields.number(filled(field, value)?),
            "name" => fields.name(filled(field, value)?),
            "vat" => fields.vat(match text(field, value)? {
                "" => NewCustomer::FINAL_CONSUMER,
                vat => vat,
            }),
            "address" => fields.address(self.text_or_stand_in(field, value)?),
            "city" => fields.city(self.text_or_stand_in(field, value)?),
            "zip_code" => fields.zip_code(text(field, value)?),
            "email" => fields.email(text(field, value)?),
            "website" => fields.website(text(field, value)?),
            "phone" => fields.phone(text(field, value)?),
            "fax" => fields.fax(text(field, value)?),
            "contact_name" => fields.contact_name(text(field, value)?),
            "contact_email" => fields.contact_email(text(field, value)?),
            "contact_phone" => fields.contact_phone(text(field, value)?),
            "notes" => fields.notes(text(field, value)?),
            "field_notes" => fields.field_notes(text(field, value)?),
            "country_id" => fields.country(needed(field, value)?.into()),
            "language_id" => fields.language(needed(field, value)?.into()),
            "discount" => fields.discount(amount(field, value)?),
            "credit_limit" => fields.credit_limit(amount(field, value)?),
            "payment_day" => fields.payment_day(small(field, value)?.unwrap_or(0)),
            "qty_copies_document" => match small(field, value)? {
                Some(copies) => fields.qty_copies_document(copies),
                None => return Err(invalid(field, "cannot be cleared at Moloni: give it a number")),
            },
            "maturity_date_id" => fields.maturity_date(id(field, value)?.map(Into::into)),
            "payment_method_id" => fields.payment_method(id(field, value)?.map(Into::into)),
            "delivery_method_id" => fields.delivery_method(id(field, value)?.map(Into::into)),
            "salesman_id" => fields.salesman(id(field, value)?.map(Into::into)),
            "price_class_id" => fields.price_class(id(field, value)?.map(Into::into)),
            _ => return Err(unwritable(field)),
        })
    }

    fn text_or_stand_in<'a>(&'a self, field: &str, value: &'a Value) -> Result<&'a str, Fault> {
        if !is_nothing(value) {
            return text(field, value);
        }
        self.stand_in(field).ok_or_else(|| {
            invalid(
                field,
                "cannot be cleared at Moloni: give it a text, or set on the collection what stands for none",
            )
        })
    }
}

fn is_known(field: &str) -> bool {
    field == "number" || WRITABLE.split(", ").any(|known| known == field)
}

fn unwritable(field: &str) -> Fault {
    broken(format!("customers have no field {field} that can be written, but number, {WRITABLE}"))
}
