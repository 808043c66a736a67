use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::to_decimal;

/// An amount of money, a rate or a quantity: an exact decimal number.
///
/// The service writes the same field as `67` in one row and as `67.5` in the next. Both are read exactly, as are
/// numbers in a text; `null` and an empty text are zero. Equal amounts are equal whatever their zeros: `67` is
/// `67.00`.
///
/// A JSON number is exact up to 15 digits, whatever way it takes through serde; a text, up to the 28 of a [`Decimal`].
///
/// ```
/// use moloni_client::{Amount, Decimal};
///
/// let net = Amount::from(Decimal::new(12_300, 2));
/// let paid: Amount = serde_json::from_str("23.5")?;
/// assert_eq!((net - paid).to_string(), "99.50");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(Decimal);

/// Less than this is nothing: half a cent.
pub(crate) const LEAST: Decimal = Decimal::from_parts(5, 0, 0, false, 3);

impl Amount {
    /// No amount.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Whether both are the same money: the service's own sums may have a tail of far decimals.
    pub(crate) fn is_about(self, other: Self) -> bool {
        self.0.checked_sub(other.0).is_some_and(|apart| apart.abs() < LEAST)
    }

    /// The number.
    pub const fn get(self) -> Decimal {
        self.0
    }

    /// Whether it is zero.
    pub const fn is_zero(self) -> bool {
        self.0.is_zero()
    }
}

impl From<Decimal> for Amount {
    fn from(number: Decimal) -> Self {
        Self(number)
    }
}

impl From<Amount> for Decimal {
    fn from(amount: Amount) -> Self {
        amount.0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Amount {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Amount {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl Serialize for Amount {
    /// Writes a JSON number where one holds the amount exactly, a text otherwise.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = self.0.normalize();
        if let Some(whole) = number.is_integer().then(|| number.to_i64()).flatten() {
            return serializer.serialize_i64(whole);
        }
        let text = number.to_string();
        match text.parse::<f64>() {
            Ok(double) if double.to_string() == text => serializer.serialize_f64(double),
            _ => serializer.serialize_str(&text),
        }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Null => Ok(Self::ZERO),
            Value::String(text) if text.trim().is_empty() => Ok(Self::ZERO),
            value => to_decimal(&value).map(Self).ok_or_else(|| D::Error::custom("expected an amount")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;

    /// Several ways through serde, each of which holds numbers differently on the way.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Flat {
        a: Amount,
        #[serde(flatten)]
        inner: Inner,
        #[serde(flatten)]
        extra: Map<String, Value>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Inner {
        b: Amount,
        #[serde(default, deserialize_with = "super::super::object")]
        o: Option<Deep>,
        #[serde(default, deserialize_with = "super::super::list")]
        l: Vec<Amount>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Deep {
        c: Amount,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Deep(Deep),
        Bare(Amount),
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Sum { c: Amount },
    }

    /// The amount that `written` is, the same by every way.
    fn by_every_way(written: &str) -> Amount {
        let text =
            format!(r#"{{"a":{written},"b":{written},"o":{{"c":{written}}},"l":[{written}],"x":{written}}}"#);
        let value: Value = serde_json::from_str(&text).unwrap();
        let flat: Flat = serde_json::from_str(&text).unwrap();
        let again = serde_json::to_value(&flat).unwrap();
        let read = [flat, Flat::deserialize(&value).unwrap(), serde_json::from_value(again).unwrap()];
        let mut all = Vec::new();
        for Flat { a, inner: Inner { b, o, l }, extra } in read {
            all.extend([a, b, o.unwrap().c, l[0], Amount::deserialize(&extra["x"]).unwrap()]);
        }
        for text in [format!(r#"{{"c":{written}}}"#), written.to_owned()] {
            match serde_json::from_str(&text).unwrap() {
                Untagged::Deep(Deep { c }) | Untagged::Bare(c) => all.push(c),
            }
        }
        let Tagged::Sum { c } = serde_json::from_str(&format!(r#"{{"c":{written},"kind":"Sum"}}"#)).unwrap();
        all.extend([c, serde_json::from_str(written).unwrap()]);
        all.push(serde_json::from_str(&format!("\"{written}\"")).unwrap());
        let amount = all[0];
        assert!(all.iter().all(|other| other == &amount), "{written}: {all:?}");
        amount
    }

    #[test]
    fn an_amount_is_exact_by_every_way() {
        let table = [
            ("0", "0"),
            ("-0", "0"),
            ("0.1", "0.1"),
            ("67.50", "67.5"),
            ("-3.78", "-3.78"),
            ("0.00000123456789", "0.00000123456789"),
            ("123456789012345", "123456789012345"),
            ("1234567890123.45", "1234567890123.45"),
            ("-9999999999999.99", "-9999999999999.99"),
            ("999999999999999", "999999999999999"),
            ("99999.9999999999", "99999.9999999999"),
            ("9223372036854775807", "9223372036854775807"),
            ("1e3", "1000"),
            ("1.25E-2", "0.0125"),
            ("12.5e+1", "125"),
        ];
        for (written, expected) in table {
            let amount = by_every_way(written);
            assert_eq!(amount.get().normalize().to_string(), expected, "{written}");
            let again = serde_json::to_string(&amount).unwrap();
            assert_eq!(by_every_way(&again), amount, "{written}");
        }
    }

    #[test]
    fn what_no_amount_can_be_is_an_error() {
        for written in ["1e300", "-1e29", "79228162514264337593543950336", "1e-400"] {
            let read = serde_json::from_str::<Amount>(written);
            assert!(read.is_err() || read.unwrap().is_zero(), "{written}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn fifteen_digits_are_exact_by_every_way(
            digits in -999_999_999_999_999_i64..=999_999_999_999_999, scale in 0_u32..=15,
        ) {
            let expected = Amount::from(Decimal::new(digits, scale));
            let written = expected.to_string();
            prop_assert_eq!(by_every_way(&written), expected);
            let again = serde_json::to_string(&expected).unwrap();
            prop_assert_eq!(by_every_way(again.trim_matches('"')), expected);
        }
    }

    #[test]
    fn an_amount_comes_back_as_it_went_out() {
        for written in ["0", "67", "67.5", "0.1", "-3.78", "512.71", "1234567890.12", "0.5934"] {
            let value: Value = serde_json::from_str(written).unwrap();
            let amount = Amount::deserialize(&value).unwrap();
            assert_eq!(amount.to_string(), written);
            assert_eq!(serde_json::to_string(&amount).unwrap(), written);
        }
    }

    #[test]
    fn what_no_double_holds_goes_out_as_text() {
        let long = "1234567890123456789.123456789";
        let amount = Amount::from(long.parse::<Decimal>().unwrap());
        let value = serde_json::to_value(amount).unwrap();
        assert_eq!(value, json!(long));
        assert_eq!(Amount::deserialize(&value).unwrap(), amount);
    }

    #[test]
    fn nothing_is_zero_and_nonsense_is_an_error() {
        for value in [json!(null), json!(""), json!(0), json!("0.00")] {
            assert!(Amount::deserialize(&value).unwrap().is_zero(), "{value}");
        }
        for value in [json!("ten"), json!([]), json!(true)] {
            assert!(Amount::deserialize(&value).is_err(), "{value}");
        }
    }

    #[test]
    fn amounts_add_up_exactly() {
        let tenth = Amount::deserialize(json!(0.1)).unwrap();
        let sum: Amount = [tenth, tenth, tenth].into_iter().sum();
        assert_eq!(sum, Amount::deserialize(json!("0.30")).unwrap());
        assert_eq!(sum - tenth, tenth + tenth);
        assert_eq!(-tenth + tenth, Amount::ZERO);
    }
}
