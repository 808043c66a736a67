use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::value::{flag, list, number, text};
use crate::{CountryId, FiscalZoneId, LanguageId};

/// A country.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Country {
    /// Its id: the service's own number. Portugal is 1, Spain is 70.
    pub country_id: CountryId,
    /// Its two-letter code, in lower case.
    #[serde(default, deserialize_with = "text")]
    pub iso_3166_1: String,
    /// Its name, in Portuguese.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// Its place in the service's own list.
    #[serde(default, deserialize_with = "number")]
    pub order: i64,
    /// Where its flag is.
    #[serde(default, deserialize_with = "text")]
    pub image: String,
    /// Whether its tax numbers can be checked with VIES.
    #[serde(default, with = "flag")]
    pub vies_vat_check_available: bool,
    /// Its name in each language.
    #[serde(default, deserialize_with = "list")]
    pub languages: Vec<CountryName>,
    /// Its parts that have tax rates of their own.
    #[serde(default, deserialize_with = "list")]
    pub fiscal_zones: Vec<FiscalZone>,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The name of a [`Country`] in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CountryName {
    /// The country.
    pub country_id: CountryId,
    /// The language: 1 is Portuguese, 2 English, 3 Spanish.
    pub language_id: LanguageId,
    /// The name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
}

/// A part of a [`Country`] that has tax rates of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FiscalZone {
    /// Its id.
    pub fiscal_zone_id: FiscalZoneId,
    /// Its country.
    pub country_id: CountryId,
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// Its code, such as `PT-MA`.
    #[serde(default, deserialize_with = "text")]
    pub code: String,
}

/// A country as other records show it. Documented with a key `country`, which is really `name`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CountryRef {
    /// Its id.
    pub country_id: CountryId,
    /// Its two-letter code, in lower case.
    #[serde(default, deserialize_with = "text")]
    pub iso_3166_1: String,
    /// Its name, in Portuguese.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
}
