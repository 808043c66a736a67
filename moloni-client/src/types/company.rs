use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{CountryRef, DocumentCopies, EconomicActivity};
use crate::value::{flag, instant, list, number, object, optional_id, optional_number, text};
use crate::{
    Amount, BankAccountId, CompanyId, CountryId, CurrencyId, DeliveryMethodId, DocumentSetId, DocumentTypeId,
    MaturityDateId, PaymentMethodId,
};

/// A company.
///
/// The list has the fields up to [`currency`](Self::currency); those after it are only in
/// [`get_one`](crate::resources::Companies::get_one), and not all of them for every company.
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
    /// Its part of links to its documents: `https://moloni.pt/{slug}/…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// Its phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Its fax number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fax: Option<String>,
    /// Its website.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Its share capital, a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capital: Option<String>,
    /// Its number in the commercial register.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commercial_registration_number: Option<String>,
    /// Where that register is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_office: Option<String>,
    /// When it subscribed to Moloni, as the service writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription_date: Option<String>,
    /// Its time zone, by the service's own number.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    pub timezone_id: Option<i64>,
    /// The country that it pays taxes in.
    #[serde(default, with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub fiscal_country_id: Option<CountryId>,
    /// How many decimal places its prices have.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    pub decimal_places: Option<i64>,
    /// How totals are rounded, by the service's own number.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    pub calc_method_id: Option<i64>,
    /// The terms of payment that new customers get.
    #[serde(default, with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub maturity_date_id: Option<MaturityDateId>,
    /// The payment method that new customers get.
    #[serde(default, with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub payment_method_id: Option<PaymentMethodId>,
    /// The delivery method that new customers get.
    #[serde(default, with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub delivery_method_id: Option<DeliveryMethodId>,
    /// Whether it owes VAT only once it is paid (*IVA de caixa*).
    #[serde(default, with = "flag::optional", skip_serializing_if = "Option::is_none")]
    pub cash_vat_scheme_indicator: Option<bool>,
    /// Whether Moloni tells the tax authority of closed documents by itself.
    #[serde(default, with = "flag::optional", skip_serializing_if = "Option::is_none")]
    pub wsat_auto_transmit: Option<bool>,
    /// What it pays for Moloni.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub subscription: Option<Subscription>,
    /// Its bank accounts.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub bank_accounts: Vec<BankAccount>,
    /// Its economic activities.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub eac_codes: Vec<EconomicActivity>,
    /// How many copies of a document are printed.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<DocumentCopies>,
    /// The series that each type of document gets unless said otherwise.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub document_sets_defaults: Vec<DefaultDocumentSet>,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Company {
    /// Whether it is Moloni's demonstration company, id 5, which ordinary logins reach too. Ask people to choose
    /// among the others.
    pub fn is_demonstration(&self) -> bool {
        self.company_id == CompanyId::from(5)
    }
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

/// What a [`Company`] pays for Moloni.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subscription {
    /// The id of the subscription.
    #[serde(default, deserialize_with = "number")]
    pub subscription_id: i64,
    /// The company.
    #[serde(default, with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub company_id: Option<CompanyId>,
    /// The plan, by the service's own number.
    #[serde(default, deserialize_with = "number")]
    pub plan_id: i64,
    /// How often it is paid, such as `preco_anual`.
    #[serde(default, deserialize_with = "text")]
    pub payment_mode: String,
    /// What was last paid.
    #[serde(default)]
    pub last_price: Amount,
    /// When it began.
    #[serde(default, with = "instant::optional")]
    pub subscription_date: Option<Timestamp>,
    /// When it ends.
    #[serde(default, with = "instant::optional")]
    pub expire_date: Option<Timestamp>,
    /// Whether it is paid.
    #[serde(default, with = "flag")]
    pub paid: bool,
    /// When it was last paid.
    #[serde(default, with = "instant::optional")]
    pub last_payment_date: Option<Timestamp>,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A bank account of a [`Company`], which documents print.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BankAccount {
    /// Its id, if it is told.
    #[serde(default, with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub bank_account_id: Option<BankAccountId>,
    /// Its place in the list.
    #[serde(default, deserialize_with = "number")]
    pub ordination: i64,
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// Its number, such as an IBAN.
    #[serde(default, deserialize_with = "text")]
    pub value: String,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The series that a type of document gets in a [`Company`] unless said otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DefaultDocumentSet {
    /// The series.
    pub document_set_id: DocumentSetId,
    /// The type of document.
    pub document_type_id: DocumentTypeId,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_s_row_is_written_without_what_only_get_one_has() {
        let row = json!({
            "company_id": 7, "name": "Oficina Inventada", "email": "", "vat": "", "address": "", "city": "",
            "zip_code": "", "country_id": 1, "image": "", "confirmed": 1, "currency_id": 1, "gdpr_acceptance": 0,
        });
        let company: Company = serde_json::from_value(row.clone()).unwrap();
        assert_eq!(serde_json::to_value(&company).unwrap(), row);
        assert_eq!((company.cash_vat_scheme_indicator, company.slug), (None, None));
    }
}
