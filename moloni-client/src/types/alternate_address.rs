use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::value::{optional_id, text};
use crate::{AddressId, CountryId, CustomerId};

/// A further address of a [`Customer`](super::Customer), such as a warehouse that goods are sent to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AlternateAddress {
    /// Its id.
    pub address_id: AddressId,
    /// Its customer.
    #[serde(default, with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub designation: String,
    /// Its code.
    #[serde(default, deserialize_with = "text")]
    pub code: String,
    /// Street and number.
    #[serde(default, deserialize_with = "text")]
    pub address: String,
    /// The city.
    #[serde(default, deserialize_with = "text")]
    pub city: String,
    /// The postal code.
    #[serde(default, deserialize_with = "text")]
    pub zip_code: String,
    /// The country.
    #[serde(default, with = "optional_id")]
    pub country_id: Option<CountryId>,
    /// The e-mail address.
    #[serde(default, deserialize_with = "text")]
    pub email: String,
    /// The phone number.
    #[serde(default, deserialize_with = "text")]
    pub phone: String,
    /// The fax number.
    #[serde(default, deserialize_with = "text")]
    pub fax: String,
    /// The contact person.
    #[serde(default, deserialize_with = "text")]
    pub contact_name: String,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An address to insert, or what to replace one by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewAlternateAddress {
    designation: String,
    code: String,
    address: String,
    city: String,
    zip_code: String,
    country_id: CountryId,
    email: String,
    phone: String,
    fax: String,
    contact_name: String,
}

impl NewAlternateAddress {
    /// An address with a name and a code of your own.
    pub fn new(
        designation: impl Into<String>,
        code: impl Into<String>,
        address: impl Into<String>,
        city: impl Into<String>,
        country: CountryId,
    ) -> Self {
        Self {
            designation: designation.into(),
            code: code.into(),
            address: address.into(),
            city: city.into(),
            zip_code: String::new(),
            country_id: country,
            email: String::new(),
            phone: String::new(),
            fax: String::new(),
            contact_name: String::new(),
        }
    }

    /// Sets the postal code, `1234-567` in Portugal. Sent as `zip_code`.
    #[must_use]
    pub fn zip_code(mut self, code: impl Into<String>) -> Self {
        self.zip_code = code.into();
        self
    }

    /// Sets the e-mail address. Sent as `email`.
    #[must_use]
    pub fn email(mut self, address: impl Into<String>) -> Self {
        self.email = address.into();
        self
    }

    /// Sets the phone number. Sent as `phone`.
    #[must_use]
    pub fn phone(mut self, number: impl Into<String>) -> Self {
        self.phone = number.into();
        self
    }

    /// Sets the fax number. Sent as `fax`.
    #[must_use]
    pub fn fax(mut self, number: impl Into<String>) -> Self {
        self.fax = number.into();
        self
    }

    /// Sets the contact person. Sent as `contact_name`.
    #[must_use]
    pub fn contact_name(mut self, name: impl Into<String>) -> Self {
        self.contact_name = name.into();
        self
    }
}
