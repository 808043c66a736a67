use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::CountryRef;
use crate::value::{flag, object, optional_id, text};
use crate::{CompanyId, CountryId, CurrencyId};

/// A company.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Company {
    /// Its id.
    pub company_id: CompanyId,
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// Its e-mail address.
    #[serde(default, deserialize_with = "text")]
    pub email: String,
    /// Its tax number.
    #[serde(default, deserialize_with = "text")]
    pub vat: String,
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
    /// Where its logo is.
    #[serde(default, deserialize_with = "text")]
    pub image: String,
    /// Whether the registration is confirmed.
    #[serde(default, with = "flag")]
    pub confirmed: bool,
    /// The currency it keeps its books in.
    #[serde(default, with = "optional_id")]
    pub currency_id: Option<CurrencyId>,
    /// Whether it accepted the terms of data protection.
    #[serde(default, with = "flag")]
    pub gdpr_acceptance: bool,
    /// The country's name and code.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryRef>,
    /// The currency's symbol.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub currency: Option<CompanyCurrency>,
    /// What this crate does not know, and all that only `getOne` sends.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The currency of a [`Company`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CompanyCurrency {
    /// Its id.
    pub currency_id: CurrencyId,
    /// Its symbol, such as `€`.
    #[serde(default, deserialize_with = "text")]
    pub symbol: String,
    /// Whether the symbol stands to the right of the amount.
    #[serde(default, with = "flag")]
    pub symbol_right: bool,
    /// Its ISO code, such as `EUR`. Only `getOne` sends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iso4217: Option<String>,
}
