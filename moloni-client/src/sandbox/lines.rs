//! The lines of a document, as an insert or an update brings them: what is wrong with them, and what they come to.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

use super::params::Params;
use super::row::{Row, amount, id, list, row, text, wire};
use super::validate::{Check, Issues};
use super::world::World;

/// VAT's `saft_type`.
const VAT: u64 = 1;

/// A line that is right.
pub(super) struct Line {
    /// As it is stored, but for its id and the amounts of its taxes.
    fields: Row,
    gross: Decimal,
    discount: Decimal,
    /// In the order in which they are charged.
    taxes: Vec<Tax>,
}

struct Tax {
    fields: Row,
    rate: Decimal,
    /// 1 for percent, 2 for a fixed amount, 3 for an amount per product.
    charged: u64,
    cumulative: bool,
}

/// The lines and amounts of a document.
pub(super) struct Totals {
    pub(super) lines: Vec<Row>,
    pub(super) amounts: Row,
}

fn cents(number: Decimal) -> Decimal {
    number.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

impl World {
    /// Checks one line. `credited` has the lines that it may credit; without it, it credits none.
    pub(super) fn line(&self, line: Row, credited: Option<&[Row]>) -> (Issues, Option<Line>) {
        let params = Params::entered(line);
        let mut check = Check::new(&params);
        let product =
            self.settings("products").iter().find(|p| id(p, "product_id") == params.id("product_id"));
        if product.is_none() {
            check.issues.add("2 1 0", "product_id", "must be integer, greater than 0");
        }
        check.text("name");
        let qty = params.number("qty").filter(|n| *n > Decimal::ZERO);
        if qty.is_none() {
            check.issues.add("2 0 0", "qty", "must be float, greater than 0");
        }
        check.amount("price", None);
        if params.has("discount") {
            check.amount("discount", Some(100));
        }
        let taxes = self.taxes(&params, &mut check.issues);
        if taxes.is_empty() && params.rows("taxes").is_empty() {
            check.text("exemption_reason");
        }
        if let Some(credited) = credited {
            credits(&params, credited, &mut check.issues);
        }
        let issues = check.issues;
        let (Some(product), Some(qty), true) = (product, qty, issues.is_empty()) else {
            return (issues, None);
        };
        let number = |key| params.number(key).unwrap_or_default();
        let gross = qty * number("price");
        let fields = row(json!({
            "product_id": params.id("product_id"), "order": params.int("order").unwrap_or(0),
            "reference": product.get("reference"), "name": params.text("name"), "summary": params.text("summary"),
            "ean": product.get("ean"), "category_id": product.get("category_id"), "unit_id": product.get("unit_id"),
            "qty": wire(qty), "price": wire(number("price")), "discount": wire(number("discount")),
            "exemption_reason": params.text("exemption_reason"), "origin_id": params.id("origin_id"),
            "related_id": params.id("related_id"), "warehouse_id": params.id("warehouse_id"),
            "deduction_id": params.id("deduction_id"), "properties": list(params.rows("properties")),
            "child_products": [],
        }));
        let discount = gross * number("discount") / Decimal::ONE_HUNDRED;
        (issues, Some(Line { fields, gross, discount, taxes }))
    }

    fn taxes(&self, line: &Params, issues: &mut Issues) -> Vec<Tax> {
        let mut found = Vec::new();
        for entered in line.rows("taxes").into_iter().map(Params::entered) {
            let known = self.settings("taxes").iter().find(|t| id(t, "tax_id") == entered.id("tax_id"));
            let rate = entered.number("value").filter(|n| *n > Decimal::ZERO);
            if known.is_none() {
                issues.add("2 1 0", "tax_id", "must be integer, greater than 0");
            }
            // A tax without a rate is refused, whatever the documentation says about percentages.
            if rate.is_none() {
                issues.add("2 0 0", "value", "must be float, greater than 0");
            }
            if let (Some(known), Some(rate)) = (known, rate) {
                let order = entered.int("order").unwrap_or(0);
                let cumulative = entered.flag("cumulative");
                let mut fields = row(json!({
                    "value": wire(rate), "order": order, "cumulative": u8::from(cumulative),
                }));
                for key in ["tax_id", "type", "saft_type", "vat_type", "stamp_tax", "name", "fiscal_zone"] {
                    fields.extend(known.get(key).map(|value| (key.to_owned(), value.clone())));
                }
                found.push((order, Tax { fields, rate, charged: id(known, "type"), cumulative }));
            }
        }
        found.sort_by_key(|(order, _)| *order);
        let taxes: Vec<Tax> = found.into_iter().map(|(_, tax)| tax).collect();
        let is_vat = |tax: &Tax| id(&tax.fields, "saft_type") == VAT;
        if taxes.iter().filter(|tax| is_vat(tax)).count() > 1 {
            issues.add("15", "taxes", "must have one VAT only");
        }
        let vat = taxes.iter().position(is_vat);
        let last = taxes.iter().rposition(|tax| !is_vat(tax));
        if let (Some(vat), Some(last)) = (vat, last) {
            if vat < last || taxes.get(vat).is_some_and(|tax| !tax.cumulative) {
                issues.add("14", "taxes", "must have a cumulative VAT after all others");
            }
        }
        taxes
    }
}

/// Checks that a line takes back no more than the line that it credits.
fn credits(line: &Params, credited: &[Row], issues: &mut Issues) {
    let wanted = line.id("related_id");
    let Some(origin) = credited.iter().find(|l| wanted > 0 && id(l, "document_product_id") == wanted) else {
        issues.add("10", "related_id", "must be a line of an associated document");
        return;
    };
    for field in ["qty", "price"] {
        let most = amount(origin, field);
        if line.number(field).is_some_and(|n| n > most) {
            let bounds = format!("2 0 null null 0 {}", most.normalize());
            issues.add(&bounds, field, &format!("must be float, less than or equal to {}", most.normalize()));
        }
    }
}

/// What lines come to, with a discount in percent and one in money on all of them.
pub(super) fn totals(lines: Vec<Line>, percent: Decimal, special: Decimal) -> Totals {
    let gross: Decimal = lines.iter().map(|line| line.gross).sum();
    let discounts: Decimal = lines.iter().map(|line| line.discount).sum();
    let before = gross - discounts;
    let financial = before * percent / Decimal::ONE_HUNDRED + special;
    let share = if before.is_zero() { Decimal::ONE } else { (before - financial) / before };
    let mut charged = Decimal::ZERO;
    let mut rows = Vec::new();
    for (at, line) in lines.into_iter().enumerate() {
        let base = (line.gross - line.discount) * share;
        let mut fields = line.fields;
        if id(&fields, "order") == 0 {
            fields.insert("order".to_owned(), (at + 1).into());
        }
        let qty = amount(&fields, "qty");
        let (mut taxes, mut so_far) = (Vec::new(), Decimal::ZERO);
        for tax in line.taxes {
            let on = if tax.cumulative { base + so_far } else { base };
            let total = match tax.charged {
                2 => tax.rate,
                3 => tax.rate * qty,
                _ => on * tax.rate / Decimal::ONE_HUNDRED,
            };
            so_far += total;
            let mut shown = tax.fields;
            shown.insert("incidence_value".to_owned(), wire(cents(on)));
            shown.insert("total_value".to_owned(), wire(cents(total)));
            taxes.push(shown);
        }
        charged += so_far;
        fields.insert("taxes".to_owned(), list(taxes));
        rows.push(fields);
    }
    let [gross, discounts, financial, charged] = [gross, discounts, financial, charged].map(cents);
    let amounts = row(json!({
        "gross_value": wire(gross), "comercial_discount_value": wire(discounts),
        "financial_discount_value": wire(financial), "taxes_value": wire(charged), "deduction_value": 0,
        "net_value": wire(gross - discounts - financial + charged),
    }));
    Totals { lines: rows, amounts }
}

/// Whether the law lets a customer of a document of this total stay unnamed.
pub(super) fn may_be_unnamed(customer: &Row, net: Decimal) -> bool {
    /// The law's threshold in euros.
    const NAMED_FROM: Decimal = Decimal::ONE_THOUSAND;
    let placeholder = |key: &str, texts: &[&str]| texts.contains(&text(customer, key));
    let unnamed = placeholder("name", &["", "Consumidor Final"])
        || placeholder("address", &["", "Desconhecido"])
        || placeholder("city", &["", "Desconhecido"])
        || placeholder("zip_code", &["", "0000-000"]);
    !(unnamed && net > NAMED_FROM)
}

/// A record's value under `key`, as text or number.
pub(super) fn shown(fields: &Row, key: &str) -> Value {
    fields.get(key).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(gross: i64, discount: i64, taxes: Vec<Tax>) -> Line {
        let fields = row(json!({ "qty": 2 }));
        Line { fields, gross: gross.into(), discount: discount.into(), taxes }
    }

    fn tax(rate: i64, charged: u64) -> Tax {
        Tax { fields: Row::new(), rate: rate.into(), charged, cumulative: true }
    }

    #[test]
    fn discounts_come_before_taxes_and_taxes_on_taxes() {
        let lines = vec![line(100, 10, vec![tax(5, 3), tax(23, 1)]), line(50, 0, Vec::new())];
        // 90 and 50, less 10 % and 6: 120 of 140 are left.
        let totals = totals(lines, Decimal::TEN, Decimal::from(6));
        let expected = json!({
            "gross_value": 150, "comercial_discount_value": 10, "financial_discount_value": 20,
            "taxes_value": 30.04, "deduction_value": 0, "net_value": 150.04,
        });
        assert_eq!(Value::Object(totals.amounts), expected);
        let taxes = &totals.lines[0]["taxes"];
        assert_eq!((&taxes[0]["total_value"], &taxes[1]["incidence_value"]), (&json!(10), &json!(87.14)));
        assert_eq!(totals.lines[1]["order"], 2);
    }
}
