//! Lists that are the same for all companies, or that they only read.

use serde_json::{Map, Value};

use super::entity::{handle, lists, operations, settings_since};
use crate::types::{self, FiscalZone};
use crate::{CountryId, Error};

handle! {
    /// The currencies that documents can be in. They need no company set.
    Currencies as currencies
}
lists! { Currencies("currencies") of types::Currency, global }

handle! {
    /// What currencies cost in each other, read anew every day. They need no company set.
    CurrencyExchange as currency_exchange
}
lists! { CurrencyExchange("currencyExchange") of types::CurrencyExchange, global }
settings_since! { get CurrencyExchange("currencyExchange") of types::CurrencyExchange, global }

handle! {
    /// The models of printed documents. They need no company set. What a row has is not established, so it is given
    /// as it is.
    DocumentModels as document_models
}
lists! { DocumentModels("documentModels") of Map<String, Value>, global }

handle! {
    /// The parts of a country that have tax rates of their own. They need no company set.
    FiscalZones as fiscal_zones
}

impl FiscalZones<'_> {
    /// Lists the fiscal zones of a country.
    ///
    /// `POST /fiscalZones/getAll/`, a read. [`countries`](crate::Client::countries) shows them too.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`.
    pub async fn get_all(self, country: CountryId) -> Result<Vec<FiscalZone>, Error> {
        operations! { "fiscalZones": GET_ALL = "getAll" read; }
        self.client.rows(&GET_ALL, Map::from_iter([("country_id".to_owned(), country.get().into())])).await
    }
}

handle! {
    /// The parts of the country that the company sorts customers by. The service does not document them.
    GeographicZones as geographic_zones
}
lists! { GeographicZones("geographicZones") of types::GeographicZone, company }

handle! {
    /// Who can make references of Multibanco. They need no company set. What a row has is not established, so it is
    /// given as it is. Nor is the spelling of the path: should the service not know it, call `mBGateways` by
    /// [`Client::call`](crate::Client::call).
    MultibancoGateways as multibanco_gateways
}
lists! { MultibancoGateways("multibancoGateways") of Map<String, Value>, global }
settings_since! { get MultibancoGateways("multibancoGateways") of Map<String, Value>, global }

handle! {
    /// What the company pays for Moloni.
    Subscription as subscription
}

impl Subscription<'_> {
    /// Reads the company's subscription.
    ///
    /// `POST /subscription/getOne/`, a read.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind; `NotFound` if there is none, `Request` if no company is set.
    pub async fn get_one(self) -> Result<types::Subscription, Error> {
        operations! { "subscription": GET_ONE = "getOne" read; }
        self.client.one(&GET_ONE, self.client.company_params(&GET_ONE)?).await
    }
}

handle! {
    /// The reasons for which no VAT is charged. They need no company set.
    TaxExemptions as tax_exemptions
}
lists! { TaxExemptions("taxExemptions") of types::TaxExemption, global }
settings_since! { TaxExemptions("taxExemptions") of TaxExemption, global }
