//! Phone numbers of customers who are not in Portugal.

use serde_json::Value;
use sync_core::engine::normalise::{self, Normalised};
use sync_core::engine::{Enrich, Fact, Raw};
use sync_core::jiff::civil::Date;

/// Between a number and the country that it may be of. No phone number has it.
const OF: &str = " @";

/// What a number is like that is written without its country.
struct Plan {
    country: &'static str,
    code: &'static str,
    /// How many digits it has, a leading 0 included.
    digits: std::ops::RangeInclusive<usize>,
    /// Whether a leading 0 is only dialled within the country.
    trunk: bool,
}

const fn plan(country: &'static str, code: &'static str, least: usize, most: usize, trunk: bool) -> Plan {
    Plan { country, code, digits: least..=most, trunk }
}

const PLANS: [Plan; 18] = [
    plan("PT", "351", 9, 9, false),
    plan("ES", "34", 9, 9, false),
    plan("FR", "33", 10, 10, true),
    plan("BE", "32", 9, 10, true),
    plan("NL", "31", 10, 10, true),
    plan("LU", "352", 6, 9, false),
    plan("CH", "41", 10, 10, true),
    plan("DE", "49", 10, 12, true),
    plan("GB", "44", 10, 11, true),
    plan("IE", "353", 9, 10, true),
    plan("IT", "39", 9, 11, false),
    plan("US", "1", 10, 10, false),
    plan("CA", "1", 10, 10, false),
    plan("BR", "55", 10, 11, false),
    plan("AO", "244", 9, 9, false),
    plan("MZ", "258", 9, 9, false),
    plan("CV", "238", 7, 7, false),
    plan("ST", "239", 7, 7, false),
];

/// Says beside a customer's phone number in which country the customer is, where the number does not begin with one.
/// `phone` reads both.
#[derive(Debug, Clone, Copy, Default)]
pub struct PhoneCountry {}

impl PhoneCountry {
    /// The rule.
    pub fn new() -> Self {
        Self {}
    }
}

impl Enrich for PhoneCountry {
    fn enrich(&self, _: &[Fact], _: Date, raw: &mut Raw) {
        let country = raw.get("country").and_then(|country| country.get("iso_3166_1"));
        let country = country.and_then(Value::as_str).unwrap_or_default();
        if let Some(number) = raw.get("phone").and_then(Value::as_str) {
            let number = within(number, country);
            raw.insert("phone".to_owned(), number.into());
        }
    }
}

/// A phone number with the country that it is dialled in.
pub(crate) fn within(number: &str, country: &str) -> String {
    let (number, country) = (number.trim(), country.trim().to_uppercase());
    let says_itself = number.is_empty() || number.starts_with('+') || number.starts_with("00");
    if says_itself || country.is_empty() || country == "PT" {
        return number.to_owned();
    }
    format!("{number}{OF}{country}")
}

/// A phone number in E.164: of Portugal where neither it nor its customer says otherwise.
///
/// # Errors
///
/// What is no phone number, or one of which it is not certain in which country it is.
pub(crate) fn phone(text: &str) -> Normalised {
    let Some((number, country)) = text.split_once(OF) else { return normalise::phone(text) };
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if number.contains(char::is_alphabetic) {
        return normalise::phone(number);
    }
    let plan = PLANS.iter().find(|plan| plan.country == country);
    let Some(plan) = plan.filter(|plan| plan.digits.contains(&digits.len())) else {
        return Err(format!(
            "has no country, and its customer is in {country}: write it with + and the code of the country"
        ));
    };
    let national = digits.strip_prefix('0').filter(|_| plan.trunk).unwrap_or(&digits);
    normalise::phone(&format!("+{}{national}", plan.code))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(number: &str, country: &str) -> Normalised {
        let mut raw = json!({ "phone": number, "country": { "iso_3166_1": country } });
        let raw = raw.as_object_mut().unwrap();
        PhoneCountry::new().enrich(&[], Date::ZERO, raw);
        phone(raw["phone"].as_str().unwrap())
    }

    #[test]
    fn a_number_is_dialled_in_its_customers_country() {
        let table = [
            ("912 345 678", "pt", "+351912345678"),
            ("912 345 678", "", "+351912345678"),
            ("612 345 678", "ES", "+34612345678"),
            ("923 456 789", "ao", "+244923456789"),
            ("11 98765-4321", "BR", "+5511987654321"),
            ("06 12 34 56 78", "FR", "+33612345678"),
            ("020 7946 0018", "GB", "+442079460018"),
            ("06 1234 5678", "IT", "+390612345678"),
            ("+34 612 345 678", "FR", "+34612345678"),
            ("0033 6 12 34 56 78", "ES", "+33612345678"),
        ];
        for (number, country, expected) in table {
            assert_eq!(of(number, country).unwrap().as_deref(), Some(expected), "{number} {country}");
            assert_eq!(phone(expected).unwrap().as_deref(), Some(expected));
        }
        assert_eq!(of("", "ES"), Ok(None));
    }

    #[test]
    fn nobody_gets_a_number_that_is_only_a_guess() {
        for (number, country) in [("612 345", "ES"), ("91 234 56 78", "JP"), ("0612345678", "")] {
            let why = of(number, country).unwrap_err();
            assert!(why.contains("write it with +"), "{number}: {why}");
        }
        assert!(of("ask Ana", "ES").unwrap_err().contains("letters"));
    }
}
