use serde::Serialize;

use crate::value::flag;
use crate::{Amount, TaxId};

/// A tax on a line to write.
///
/// The service calls the rate `value`. In a product that was *read*, the same name is the amount of tax on its price:
/// never send that back. A rate of zero is no tax here: such a line says why it bears none.
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
}
