use serde::Serialize;

use super::{ProductTax, Tax};
use crate::value::flag;
use crate::{Amount, TaxId};

/// A tax as it is put on a product or on a line of a document: by its **rate**.
///
/// The service has two meanings for the key `value` of a tax. What it sends for a product is the *amount* of tax on
/// the price, `0.5934` on 2.58; what it wants is the *rate*, `23`. Whoever echoes a row back makes a tax of 0.5934 %.
/// So there is no way here from an amount to this type: it takes a rate, the record of the tax, or a product's tax
/// that says its rate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaxRate {
    tax_id: TaxId,
    #[serde(rename = "value")]
    rate: Amount,
    order: u32,
    #[serde(with = "flag")]
    cumulative: bool,
}

impl TaxRate {
    /// The tax `id` of `rate` percent; for a tax of a fixed amount, that amount. It is the first, and charged on what
    /// comes before it, as the service has it.
    pub fn new(id: TaxId, rate: impl Into<Amount>) -> Self {
        Self { tax_id: id, rate: rate.into(), order: 1, cumulative: true }
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

    /// The tax.
    pub fn tax_id(&self) -> TaxId {
        self.tax_id
    }

    /// The rate in percent, or the fixed amount.
    pub fn rate(&self) -> Amount {
        self.rate
    }

    /// Sets its place among the taxes of a line, from 1: VAT comes after all others. Sent as `order`.
    #[must_use]
    pub fn order(mut self, order: u32) -> Self {
        self.order = order;
        self
    }

    /// Charges it on the price alone, whatever taxes come before it. Sent as `cumulative`.
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
        let rate = TaxRate::new(TaxId::from(3), Decimal::new(65, 1));
        let sent = json!({ "tax_id": 3, "value": 6.5, "order": 1, "cumulative": 1 });
        assert_eq!(serde_json::to_value(&rate).unwrap(), sent);
        let sent = json!({ "tax_id": 3, "value": 6.5, "order": 2, "cumulative": 0 });
        assert_eq!(serde_json::to_value(rate.order(2).on_price_alone()).unwrap(), sent);
    }

    #[test]
    fn a_tax_and_a_product_s_tax_say_their_rates() {
        let tax: Tax = serde_json::from_value(json!({ "tax_id": 3, "value": 13 })).unwrap();
        assert_eq!(TaxRate::of(&tax), TaxRate::new(TaxId::from(3), Decimal::from(13)));
        let row = json!({ "tax_id": 3, "value": 0.5, "order": 2, "cumulative": 0, "tax": { "tax_id": 3, "value": 13 } });
        let of_product: ProductTax = serde_json::from_value(row).unwrap();
        let expected = TaxRate::new(TaxId::from(3), Decimal::from(13)).order(2).on_price_alone();
        assert_eq!(TaxRate::of_product(&of_product), Some(expected));
    }
}
