//! Data that is the same for all companies, or that they only read.

use super::record::record;

record! {
    /// A currency.
    read Currency, key currency_id: CurrencyId;
    /// Its three-letter code.
    shows text iso4217;
    /// Its sign.
    shows text symbol;
    /// Its name in each language.
    shows list(CurrencyName) languages;
}

record! {
    /// The name of a [`Currency`] in one language.
    read CurrencyName, key currency_id: CurrencyId;
    /// The language: 1 is Portuguese, 2 English, 3 Spanish.
    shows id(LanguageId) language_id;
    /// The name.
    shows text name;
}

record! {
    /// What one unit of a currency costs in another. The service reads them anew every day.
    read CurrencyExchange;
    /// The currency that is given.
    shows id(CurrencyId) from;
    /// The currency that is got.
    shows id(CurrencyId) to;
    /// How much of it.
    shows amount value;
}

record! {
    /// A part of the country that the company sorts customers by. Not documented.
    read GeographicZone, key geographic_zone_id: GeographicZoneId;
    /// The company.
    shows id(CompanyId) company_id;
    /// Its name.
    shows text name;
    /// Its code.
    shows text short_name;
    /// Notes about it.
    shows text notes;
    /// What it stands for is not known.
    shows number destaque_id;
    /// When it last changed.
    shows instant lastmodified;
    /// Who changed it.
    shows text lastmodifiedby;
}

record! {
    /// A reason for which no VAT is charged. Only its code is established; what else a row has is in
    /// [`extra`](TaxExemption::extra).
    read TaxExemption;
    /// Its code, such as `M07`.
    shows text code;
}
