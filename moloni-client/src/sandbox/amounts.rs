use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::json;

use super::params::Params;
use super::row::{Row, row, wire};

/// The amounts of a document.
pub(super) const AMOUNTS: [&str; 6] = [
    "gross_value",
    "comercial_discount_value",
    "financial_discount_value",
    "taxes_value",
    "deduction_value",
    "net_value",
];

/// All amounts from those entered, so that net = gross − discounts + taxes − deduction.
pub(super) fn balance(entered: &Params, rate: Decimal) -> Result<Row, String> {
    if let Some(bad) = AMOUNTS.iter().find(|key| entered.has(key) && entered.number(key).is_none()) {
        return Err(format!("2 {bad} 0: not a number"));
    }
    let cents = |n: Decimal| n.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    let number = |key: &str| entered.number(key);
    let [commercial, financial, deduction] =
        ["comercial_discount_value", "financial_discount_value", "deduction_value"]
            .map(|k| number(k).unwrap_or_default());
    let discounts = commercial + financial;
    let (gross, taxes, net) = match (number("gross_value"), number("taxes_value"), number("net_value")) {
        (None, None, Some(net)) => {
            let base = cents((net + deduction) / (Decimal::ONE + rate));
            (base + discounts, net + deduction - base, net)
        }
        (None, Some(taxes), Some(net)) => (net + discounts - taxes + deduction, taxes, net),
        (Some(gross), None, Some(net)) => (gross, net - gross + discounts + deduction, net),
        (Some(gross), Some(taxes), Some(net)) => (gross, taxes, net),
        (gross, taxes, None) => {
            let gross = gross.unwrap_or_default();
            let taxes = taxes.unwrap_or_else(|| cents((gross - discounts) * rate));
            (gross, taxes, gross - discounts + taxes - deduction)
        }
    };
    if net != gross - discounts + taxes - deduction {
        return Err("net_value: it is not gross − discounts + taxes − deduction".to_owned());
    }
    if net < Decimal::ZERO {
        return Err("2 net_value 0 null null 0: discounts exceed the rest".to_owned());
    }
    Ok(row(json!({
        "gross_value": wire(gross), "comercial_discount_value": wire(commercial),
        "financial_discount_value": wire(financial), "taxes_value": wire(taxes),
        "deduction_value": wire(deduction), "net_value": wire(net),
    })))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn amounts_follow_from_those_entered() {
        let rate = Decimal::new(23, 2);
        let rows = [
            (json!({ "net_value": "12.30" }), Some([10.0, 2.3, 12.3])),
            (json!({ "gross_value": 67, "comercial_discount_value": 13.4 }), Some([67.0, 12.33, 65.93])),
            (json!({ "gross_value": 100, "net_value": 106 }), Some([100.0, 6.0, 106.0])),
            (json!({ "gross_value": 100, "taxes_value": 6, "net_value": 107 }), None),
        ];
        for (entered, expected) in rows {
            let balanced = balance(&Params::entered(row(entered.clone())), rate).ok();
            let keys = ["gross_value", "taxes_value", "net_value"];
            let found = balanced.map(|b| keys.map(|k| b.get(k).and_then(Value::as_f64).unwrap_or(f64::NAN)));
            assert_eq!(found, expected, "{entered}");
        }
    }
}
