use serde::Serialize;

use super::{ProductTax, Tax};
use crate::value::flag;
use crate::{Amount, TaxId};

/// A tax as it is put on a product or on a line of a document: by its **rate**.
///
/// The service has two meanings for the key `value` of a tax. What it sends for a product is the *amount* of tax on
/// the price, `0.5934` on 2.58; what it wants is the *rate*, `23`. Whoever echoes a row back makes a tax of 0.5934 %.
/// So there is no way here from an amount to this type: it takes a rate, the record of the tax, or a product's tax
/// that says its rate. On a line a rate of zero is no tax: such a line says why it bears none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LineTax {
    /// Which tax of the company.
    pub tax_id: TaxId,
    /// Its rate in percent, above zero; the amount for a tax of a fixed amount.
    #[serde(rename = "value")]
    pub rate: Amount,
    /// Its place among the taxes of the line, from 1.
    pub order: u32,
    /// Whether the taxes before it are part of what it is charged on.
    #[serde(serialize_with = "flag::serialize")]
    pub cumulative: bool,
}

impl LineTax {
    /// The tax at this rate, the first of its line, and charged on what came before it, as the service itself has it.
    pub fn new(tax: TaxId, rate: impl Into<Amount>) -> Self {
        Self { tax_id: tax, rate: rate.into(), order: 1, cumulative: true }
    }

    /// A tax of the company.
    pub fn of(tax: &Tax) -> Self {
        Self::new(tax.tax_id, tax.value)
    }

    /// The rate of a product's tax; `None` if the row does not say the rate, only the amount.
    pub fn of_product(tax: &ProductTax) -> Option<Self> {
        let rate = tax.rate()?;
        let order = u32::try_from(tax.order).unwrap_or(0);
        Some(Self { tax_id: tax.tax_id, rate, order, cumulative: tax.cumulative })
    }

    /// Sets its place among the taxes of the line. VAT comes after all others.
    #[must_use]
    pub fn order(mut self, order: u32) -> Self {
        self.order = order;
        self
    }

    /// Charges it on the price alone, whatever other taxes come before it.
    #[must_use]
    pub fn on_price_alone(mut self) -> Self {
        self.cumulative = false;
        self
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_rate_is_called_value() {
        let tax = LineTax::new(TaxId::from(3), Decimal::new(65, 1));
        let second = tax.order(2).on_price_alone();
        assert_eq!(
            json!([tax, second]),
            json!([
                { "tax_id": 3, "value": 6.5, "order": 1, "cumulative": 1 },
                { "tax_id": 3, "value": 6.5, "order": 2, "cumulative": 0 },
            ])
        );
    }

    #[test]
    fn a_tax_and_a_product_s_tax_say_their_rates() {
        let tax: Tax = serde_json::from_value(json!({ "tax_id": 3, "value": 13 })).unwrap();
        assert_eq!(LineTax::of(&tax), LineTax::new(TaxId::from(3), Decimal::from(13)));
        let row = json!({ "tax_id": 3, "value": 0.5, "order": 2, "cumulative": 0, "tax": { "tax_id": 3, "value": 13 } });
        let of_product: ProductTax = serde_json::from_value(row).unwrap();
        let expected = LineTax::new(TaxId::from(3), Decimal::from(13)).order(2).on_price_alone();
        assert_eq!(LineTax::of_product(&of_product), Some(expected));
    }
}
