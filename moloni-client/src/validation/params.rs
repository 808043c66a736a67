use std::ops::{Bound, RangeBounds};

use jiff::civil::DateTime;
use rust_decimal::Decimal;
use serde_json::Value;

use super::ValidationCode;
use crate::value::to_decimal;

/// What a rule compares a field with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValidationParams {
    /// Nothing.
    None,
    /// The bounds of [`Number`](ValidationCode::Number).
    Number(NumberBounds),
    /// The accepted values of [`Value`](ValidationCode::Value), in the service's order where it sends a list.
    Accepted(Vec<Value>),
    /// How the date must compare with another one, of [`DateOrder`](ValidationCode::DateOrder).
    DateOrder {
        /// What must hold.
        comparison: Comparison,
        /// The other date, on the service's clock.
        than: DateTime,
    },
    /// Something that this crate does not know; [`FieldError::written`](super::FieldError::written) has it.
    Other,
}

/// Between what a number must lie. It is a range: `bounds.contains(&number)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NumberBounds {
    /// Whether it must be a whole number.
    pub whole: bool,
    /// The lower end.
    pub lower: Bound<Decimal>,
    /// The upper end. For a settlement, what is still open.
    pub upper: Bound<Decimal>,
}

impl RangeBounds<Decimal> for NumberBounds {
    fn start_bound(&self) -> Bound<&Decimal> {
        self.lower.as_ref()
    }

    fn end_bound(&self) -> Bound<&Decimal> {
        self.upper.as_ref()
    }
}

/// How two dates compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Comparison {
    /// `<`
    Before,
    /// `<=`
    NotAfter,
    /// `=` or `==`
    Same,
    /// `>=`
    NotBefore,
    /// `>`
    After,
}

impl ValidationParams {
    /// Reads what follows the field's name.
    pub(super) fn read(code: ValidationCode, text: &str) -> Self {
        if text.is_empty() {
            return Self::None;
        }
        let read = match code {
            ValidationCode::Number => NumberBounds::read(text).map(Self::Number),
            ValidationCode::Value => accepted(text).map(Self::Accepted),
            ValidationCode::DateOrder => order(text),
            _ => None,
        };
        read.unwrap_or(Self::Other)
    }
}

impl NumberBounds {
    /// Reads `is_int gt lt gte lte`, the last of which may be missing and each of which may be `null`.
    fn read(text: &str) -> Option<Self> {
        let mut values = [None; 5];
        let mut places = values.iter_mut();
        for written in text.split_ascii_whitespace() {
            let place = places.next()?;
            if written != "null" {
                *place = Some(to_decimal(&Value::from(written))?);
            }
        }
        let [whole, above, below, least, most] = values;
        let whole = whole.unwrap_or_default();
        // The narrower of two; of two that are equal, the one without its end.
        let lower = match (above, least) {
            (Some(above), Some(least)) if least > above => Bound::Included(least),
            (Some(above), _) => Bound::Excluded(above),
            (None, least) => least.map_or(Bound::Unbounded, Bound::Included),
        };
        let upper = match (below, most) {
            (Some(below), Some(most)) if most < below => Bound::Included(most),
            (Some(below), _) => Bound::Excluded(below),
            (None, most) => most.map_or(Bound::Unbounded, Bound::Included),
        };
        let whole = if whole == Decimal::ONE { true } else { whole.is_zero().then_some(false)? };
        Some(Self { whole, lower, upper })
    }
}

/// A list, or a record of what PHP has under numbers that are not in order.
fn accepted(text: &str) -> Option<Vec<Value>> {
    match serde_json::from_str(text).ok()? {
        Value::Array(values) => Some(values),
        Value::Object(values) => Some(values.into_iter().map(|(_, value)| value).collect()),
        _ => None,
    }
}

fn order(text: &str) -> Option<ValidationParams> {
    let (operator, than) = text.split_once(' ')?;
    let comparison = match operator {
        "<" => Comparison::Before,
        "<=" => Comparison::NotAfter,
        "=" | "==" => Comparison::Same,
        ">=" => Comparison::NotBefore,
        ">" => Comparison::After,
        _ => return None,
    };
    Some(ValidationParams::DateOrder { comparison, than: than.trim().parse().ok()? })
}

#[cfg(test)]
mod tests {
    use Bound::{Excluded, Included, Unbounded};
    use jiff::civil::date;
    use serde_json::json;

    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn bounds_tell_which_end_is_open() {
        let zero = Decimal::ZERO;
        let table = [
            ("1", true, Unbounded, Unbounded),
            ("0", false, Unbounded, Unbounded),
            ("null", false, Unbounded, Unbounded),
            ("1 0", true, Excluded(zero), Unbounded),
            ("0 0.5", false, Excluded(dec("0.5")), Unbounded),
            ("0 null 100", false, Unbounded, Excluded(dec("100"))),
            ("1 null null 0", true, Included(zero), Unbounded),
            ("0 null null 0 10", false, Included(zero), Included(dec("10"))),
            ("0 null null null 12.30", false, Unbounded, Included(dec("12.3"))),
            ("0 null null -1 -0.5", false, Included(dec("-1")), Included(dec("-0.5"))),
            ("0 1 5 0 9", false, Excluded(dec("1")), Excluded(dec("5"))),
            ("0 1 5 2 4", false, Included(dec("2")), Included(dec("4"))),
            ("0 1 5 1 5", false, Excluded(dec("1")), Excluded(dec("5"))),
        ];
        for (text, whole, lower, upper) in table {
            let expected = ValidationParams::Number(NumberBounds { whole, lower, upper });
            assert_eq!(ValidationParams::read(ValidationCode::Number, text), expected, "{text}");
        }
        for other in ["2 0", "yes", "0 null null 0 ten", "1 1 1 1 1 1", "1,5", "[1]"] {
            let read = ValidationParams::read(ValidationCode::Number, other);
            assert_eq!(read, ValidationParams::Other, "{other}");
        }
    }

    #[test]
    fn bounds_are_a_range() {
        let ValidationParams::Number(bounds) =
            ValidationParams::read(ValidationCode::Number, "0 0 null null 10")
        else {
            panic!("no bounds")
        };
        for (number, within) in [("0", false), ("0.01", true), ("10", true), ("10.01", false)] {
            assert_eq!(bounds.contains(&dec(number)), within, "{number}");
        }
    }

    #[test]
    fn accepted_values_are_json() {
        let table = [
            (r#"["0", "1"]"#, vec![json!("0"), json!("1")]),
            (r#"[1,2.5,null,"com espaço"]"#, vec![json!(1), json!(2.5), json!(null), json!("com espaço")]),
            (r#"{"1":"PT","3":"PT-AC"}"#, vec![json!("PT"), json!("PT-AC")]),
            ("[]", vec![]),
        ];
        for (text, values) in table {
            let read = ValidationParams::read(ValidationCode::Value, text);
            assert_eq!(read, ValidationParams::Accepted(values), "{text}");
        }
        for other in ["0 1", r#"["0""#, "null", r#""a""#] {
            assert_eq!(
                ValidationParams::read(ValidationCode::Value, other),
                ValidationParams::Other,
                "{other}"
            );
        }
    }

    #[test]
    fn an_order_is_an_operator_and_a_date() {
        use Comparison::{After, Before, NotAfter, NotBefore, Same};
        let than = date(2026, 1, 29).at(17, 48, 31, 0);
        for (operator, comparison) in
            [("<", Before), ("<=", NotAfter), ("=", Same), ("==", Same), (">=", NotBefore), (">", After)]
        {
            let read =
                ValidationParams::read(ValidationCode::DateOrder, &format!("{operator} 2026-01-29 17:48:31"));
            assert_eq!(read, ValidationParams::DateOrder { comparison, than }, "{operator}");
        }
        let midnight = date(2026, 1, 29).at(0, 0, 0, 0);
        for day in ["2026-01-29", "2026-01-29 00:00:00", "2026-01-29T00:00:00+0000"] {
            let read = ValidationParams::read(ValidationCode::DateOrder, &format!(">= {day}"));
            let expected = ValidationParams::DateOrder { comparison: Comparison::NotBefore, than: midnight };
            assert_eq!(read, expected, "{day}");
        }
        for other in [">=", ">= soon", "2026-01-29", "<> 2026-01-29", ">=2026-01-29"] {
            let read = ValidationParams::read(ValidationCode::DateOrder, other);
            assert_eq!(read, ValidationParams::Other, "{other}");
        }
    }

    #[test]
    fn other_rules_compare_with_nothing() {
        for number in 0..=u8::MAX {
            let code = ValidationCode::from(number);
            assert_eq!(ValidationParams::read(code, ""), ValidationParams::None, "{number}");
            if ![2, 5, 12].contains(&number) {
                assert_eq!(ValidationParams::read(code, "1 0"), ValidationParams::Other, "{number}");
            }
        }
    }
}
