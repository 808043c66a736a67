//! Values as a mapping gives them, read strictly: what a field cannot take is refused, and never sent changed.

use rust_decimal::Decimal;
use serde_json::Value;
use sync_core::engine::Fault;

use super::fault::invalid;
use crate::value::{to_decimal, to_whole};

/// Whether a value says that there is none.
pub(super) fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

/// A text of which nothing is the empty one.
pub(super) fn text<'v>(field: &str, value: &'v Value) -> Result<&'v str, Fault> {
    if value.is_null() {
        return Ok("");
    }
    value.as_str().ok_or_else(|| invalid(field, "must be a text"))
}

/// A text that a record cannot be without.
pub(super) fn filled<'v>(field: &str, value: &'v Value) -> Result<&'v str, Fault> {
    match text(field, value) {
        Ok(text) if !text.trim().is_empty() => Ok(text),
        _ => Err(invalid(field, "must be a text, and cannot be cleared: give it one")),
    }
}

/// The id of one of the service's records, as a number or a text, or nothing.
pub(super) fn id(field: &str, value: &Value) -> Result<Option<u64>, Fault> {
    if is_nothing(value) {
        return Ok(None);
    }
    let id = to_whole(value).and_then(|id| u64::try_from(id).ok()).filter(|id| *id != 0);
    id.map(Some).ok_or_else(|| invalid(field, "must be the id of a record at Moloni, or nothing for none"))
}

/// The id of a record that there must be.
pub(super) fn needed(field: &str, value: &Value) -> Result<u64, Fault> {
    id(field, value)?
        .ok_or_else(|| invalid(field, "must be the id of a record at Moloni, and cannot be cleared"))
}

/// A small number above 0, or nothing.
pub(super) fn small(field: &str, value: &Value) -> Result<Option<u8>, Fault> {
    if is_nothing(value) {
        return Ok(None);
    }
    let number = to_whole(value).and_then(|number| u8::try_from(number).ok()).filter(|number| *number != 0);
    number
        .map(Some)
        .ok_or_else(|| invalid(field, "must be a whole number from 1 to 255, or nothing for none"))
}

/// An amount above 0, or nothing.
pub(super) fn amount(field: &str, value: &Value) -> Result<Decimal, Fault> {
    if is_nothing(value) {
        return Ok(Decimal::ZERO);
    }
    let amount = to_decimal(value).filter(|amount| *amount > Decimal::ZERO);
    amount.ok_or_else(|| invalid(field, "must be a number above 0, such as 12.5, or nothing for none"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sync_core::engine::FaultKind;

    use super::*;

    #[test]
    fn values_are_taken_as_they_are_or_not_at_all() {
        for nothing in [json!(null), json!("")] {
            assert_eq!(text("city", &nothing).unwrap(), "");
            assert_eq!(id("salesman_id", &nothing).unwrap(), None);
            assert_eq!(small("payment_day", &nothing).unwrap(), None);
            assert_eq!(amount("discount", &nothing).unwrap(), Decimal::ZERO);
        }
        for five in [json!(5), json!("5"), json!(5.0)] {
            assert_eq!(needed("country_id", &five).unwrap(), 5);
            assert_eq!(small("payment_day", &five).unwrap(), Some(5));
            assert_eq!(amount("discount", &five).unwrap(), Decimal::from(5));
        }
        let refused = [
            text("city", &json!(5)).map(drop),
            filled("name", &json!(" ")).map(drop),
            filled("name", &json!(null)).map(drop),
            id("salesman_id", &json!(0)).map(drop),
            id("salesman_id", &json!(-1)).map(drop),
            needed("country_id", &json!(null)).map(drop),
            small("payment_day", &json!(256)).map(drop),
            amount("discount", &json!("0")).map(drop),
            amount("discount", &json!("much")).map(drop),
        ];
        for (row, result) in refused.into_iter().enumerate() {
            let fault = result.unwrap_err();
            assert_eq!(fault.kind(), FaultKind::Invalid, "{row}: {fault}");
        }
    }
}
