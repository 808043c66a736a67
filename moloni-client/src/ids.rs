use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::value::to_whole;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident,)+) => {$(
        $(#[$doc])*
        ///
        /// Reads a number or a text that holds one, because the service writes either; writes a number.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// The id as a number.
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl From<u64> for $name {
            fn from(id: u64) -> Self {
                Self(id)
            }
        }

        impl From<$name> for u64 {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let id = to_whole(&Value::deserialize(deserializer)?).and_then(|id| u64::try_from(id).ok());
                id.map(Self).ok_or_else(|| D::Error::custom("expected an id"))
            }
        }
    )+};
}

ids! {
    /// Names a further address of a customer.
    AddressId,
    /// Names a bank account of the company.
    BankAccountId,
    /// Names a company.
    CompanyId,
    /// Names a category of products.
    CategoryId,
    /// Names a country, by the service's own number; that is no ISO number.
    CountryId,
    /// Names a currency.
    CurrencyId,
    /// Names a customer.
    CustomerId,
    /// Names a deduction, a tax that the customer withholds.
    DeductionId,
    /// Names a delivery method.
    DeliveryMethodId,
    /// Names a document of any type.
    DocumentId,
    /// Names a line of a document, the service's `document_product_id`.
    DocumentLineId,
    /// Names a document set, the series that documents are numbered in.
    DocumentSetId,
    /// Names a type of document.
    DocumentTypeId,
    /// Names an economic activity of the official list (CAE).
    EacId,
    /// Names a fiscal zone.
    FiscalZoneId,
    /// Names a geographic zone.
    GeographicZoneId,
    /// Names a language.
    LanguageId,
    /// Names a maturity date, the terms of payment.
    MaturityDateId,
    /// Names a reference of Multibanco.
    MbReferenceId,
    /// Names a payment method.
    PaymentMethodId,
    /// Names a price class.
    PriceClassId,
    /// Names a product or a service.
    ProductId,
    /// Names a movement of stock, the service's `product_stock_id`.
    ProductStockId,
    /// Names a property that products can have.
    PropertyId,
    /// Names a salesman.
    SalesmanId,
    /// Names a supplier.
    SupplierId,
    /// Names a tax or fee.
    TaxId,
    /// Names an identification template, a letterhead for documents.
    TemplateId,
    /// Names a terminal.
    TerminalId,
    /// Names a unit of measurement.
    UnitId,
    /// Names a user.
    UserId,
    /// Names a vehicle.
    VehicleId,
    /// Names a warehouse.
    WarehouseId,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_are_read_from_numbers_and_texts() {
        let seen = [
            json!(89_407_140),
            json!("89407140"),
            json!(89_407_140.0),
            json!(" 89407140 "),
            json!("089407140"),
        ];
        for value in seen {
            assert_eq!(CustomerId::deserialize(&value).unwrap(), CustomerId::from(89_407_140), "{value}");
        }
        assert_eq!(
            CustomerId::deserialize(json!(0)).unwrap(),
            CustomerId::from(0),
            "none, where no id may be missing"
        );
        for value in [
            json!(-1),
            json!("-1"),
            json!(1.5),
            json!("1.5"),
            json!(1e19),
            json!("x"),
            json!(""),
            json!(null),
            json!(true),
            json!([]),
            json!({}),
        ] {
            assert!(CustomerId::deserialize(&value).is_err(), "{value}");
        }
        assert_eq!(serde_json::to_value(CustomerId::from(7)).unwrap(), json!(7));
    }

    #[test]
    fn ids_are_read_from_the_command_line() {
        assert_eq!("5".parse(), Ok(CompanyId::from(5)));
        assert!("five".parse::<CompanyId>().is_err());
        assert_eq!(CompanyId::from(5).to_string(), "5");
    }
}
