//! Functions that bring a value into the one spelling in which both sides are compared.
//!
//! Each is total and idempotent. `Ok(None)` says that the value is as good as empty; an error says why it cannot
//! be used, without repeating it.

use unicode_normalization::UnicodeNormalization;

/// What a normaliser gives.
pub type Normalised = Result<Option<String>, String>;

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn folded(text: &str) -> String {
    let mut words = text.split_whitespace();
    let mut folded = String::with_capacity(text.len());
    folded.push_str(words.next().unwrap_or_default());
    for word in words {
        folded.push(' ');
        folded.push_str(word);
    }
    folded
}

/// Trims, folds white space, composes accents (NFC).
///
/// # Errors
///
/// None.
pub fn spaces(text: &str) -> Normalised {
    if text.is_ascii() {
        // There is nothing to compose.
        return Ok(some(folded(text)));
    }
    Ok(some(folded(&text.nfc().collect::<String>())))
}

/// As [`spaces`], in upper case: for codes such as a country's.
///
/// # Errors
///
/// None.
pub fn upper(text: &str) -> Normalised {
    // Composed afterwards: upper case may take letters apart.
    spaces(&text.to_uppercase())
}

/// An e-mail address in lower case.
///
/// # Errors
///
/// Something that is not `name@domain` without spaces.
pub fn email(text: &str) -> Normalised {
    let Some(text) = spaces(&text.to_lowercase())? else { return Ok(None) };
    match text.split_once('@') {
        Some((name, domain))
            if !name.is_empty()
                && domain.contains('.')
                && !domain.contains('@')
                && !text.contains(|c: char| c.is_whitespace() || c == ',' || c == ';') =>
        {
            Ok(Some(text))
        }
        _ => Err("is not one e-mail address".to_owned()),
    }
}

/// A phone number in E.164, for Portugal where no country is given.
///
/// # Errors
///
/// Letters, a number of digits that no such number has, or no country that it could be of.
pub fn phone(text: &str) -> Normalised {
    phone_in("351", 9, text)
}

/// A phone number in E.164. One of `digits` digits without a country is one of `country`, such as `"34"` and 9 for Spain.
///
/// # Errors
///
/// Letters, a number of digits that no such number has, or no country that it could be of.
pub fn phone_in(country: &str, digits: usize, text: &str) -> Normalised {
    let Some(text) = spaces(text)? else { return Ok(None) };
    if text.contains(|c: char| c.is_alphabetic()) {
        return Err("has letters, or is more than one phone number".to_owned());
    }
    let number: String = text.chars().filter(char::is_ascii_digit).collect();
    let has_country = |number: &str| number.strip_prefix(country).is_some_and(|rest| rest.len() == digits);
    let international = if text.starts_with('+') {
        number
    } else if let Some(rest) = number.strip_prefix("00") {
        rest.to_owned()
    } else if number.len() == digits {
        format!("{country}{number}")
    } else if has_country(&number) {
        number
    } else if (8..=15).contains(&number.len()) {
        // A guess would be another person's number.
        return Err("has no country: write it with + and the code of the country".to_owned());
    } else {
        return Err("has too few or too many digits for a phone number".to_owned());
    };
    match international.len() {
        _ if international.starts_with('0') => Err("has a country that begins with 0".to_owned()),
        8..=15 => Ok(Some(format!("+{international}"))),
        _ => Err("has too few or too many digits for a phone number".to_owned()),
    }
}

/// A postal code. A Portuguese one gets its hyphen; others keep their spelling, in upper case.
///
/// # Errors
///
/// None.
pub fn postal_code(text: &str) -> Normalised {
    let Some(text) = upper(text)? else { return Ok(None) };
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let only_separators = text.chars().all(|c| c.is_ascii_digit() || c == ' ' || c == '-');
    match digits.split_at_checked(4) {
        Some((area, rest)) if only_separators && rest.len() == 3 => Ok(Some(format!("{area}-{rest}"))),
        _ => Ok(Some(text)),
    }
}

/// A country's code of two letters (ISO 3166-1), in upper case.
///
/// # Errors
///
/// Anything else, such as a country's name: translate it first.
pub fn country(text: &str) -> Normalised {
    let Some(code) = upper(text)? else { return Ok(None) };
    if code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()) {
        return Ok(Some(code));
    }
    Err("is not a country's code of two letters".to_owned())
}

/// A day, such as `2026-01-02`. Of a moment, the day that it spells is taken, whatever its time zone:
/// `2026-01-02T00:00:00+0100` is 2 January.
///
/// # Errors
///
/// Other spellings: `02/01/2026` is another day in America.
pub fn date(text: &str) -> Normalised {
    let Some(text) = spaces(text)? else { return Ok(None) };
    let day = text.split(['T', ' ']).next().unwrap_or_default();
    let date: jiff::civil::Date = day.parse().map_err(|_| "is not a day like 2026-01-02".to_owned())?;
    Ok(Some(date.to_string()))
}

/// A number without an exponent: no thousands separators, a point before the decimals, no zeros at the end.
///
/// One separator alone is taken for the decimal one, so `1.234` is less than two. Of two kinds the last one is.
///
/// # Errors
///
/// Anything else.
pub fn decimal(text: &str) -> Normalised {
    let Some(text) = spaces(text)? else { return Ok(None) };
    let wrong = || "is not a number like 1234.5".to_owned();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    let (whole, fraction) = digits.rsplit_once(['.', ',']).unwrap_or((digits, ""));
    let mut groups = whole.split(['.', ',', ' ', '\'']);
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let grouped =
        rest.is_empty() || ((1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3));
    let whole: String = std::iter::once(first).chain(rest).collect();
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !grouped || (whole.is_empty() && fraction.is_empty()) || !all_digits(&whole) || !all_digits(fraction) {
        return Err(wrong());
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    let number = if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") };
    Ok(Some(if number == "0" { number } else { format!("{sign}{number}") }))
}

/// A tax number: a leading `PT` and all separators removed, letters in upper case. Its check digit is not looked
/// at: what is in the books is taken as it is.
///
/// # Errors
///
/// None.
pub fn nif(text: &str) -> Normalised {
    // In this order: some letters have no single one in upper case.
    let text: String = text.to_uppercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let bare =
        text.strip_prefix("PT").filter(|rest| rest.len() == 9 && rest.bytes().all(|b| b.is_ascii_digit()));
    Ok(some(bare.unwrap_or(&text).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Normaliser = fn(&str) -> Normalised;

    #[test]
    fn values_are_brought_into_one_spelling() {
        let table: &[(Normaliser, &str, Option<&str>)] = &[
            (spaces, "  Ana \t Sousa ", Some("Ana Sousa")),
            (spaces, "Jose\u{301}", Some("José")),
            (spaces, " \u{a0} ", None),
            (upper, "pt", Some("PT")),
            (email, " Ana@Example.PT ", Some("ana@example.pt")),
            (email, "", None),
            (phone, "910 000 001", Some("+351910000001")),
            (phone, "+351 910-000-001", Some("+351910000001")),
            (phone, "00351910000001", Some("+351910000001")),
            (phone, "+34 600 000 000", Some("+34600000000")),
            (nif, "PT 501 442 600", Some("501442600")),
            (nif, "501442600", Some("501442600")),
            (nif, "ES-B12345678", Some("ESB12345678")),
            (nif, "PT12", Some("PT12")),
            (nif, "", None),
            (postal_code, "4000 123", Some("4000-123")),
            (postal_code, "4000-123", Some("4000-123")),
            (postal_code, "4000123", Some("4000-123")),
            (postal_code, "sw1a 1aa", Some("SW1A 1AA")),
            (postal_code, "28013", Some("28013")),
            (country, "pt", Some("PT")),
            (country, " ", None),
            (date, "2026-01-02", Some("2026-01-02")),
            (date, "2026-01-02T00:00:00+0100", Some("2026-01-02")),
            (date, "2026-01-02 23:59:59", Some("2026-01-02")),
            (decimal, "1234.50", Some("1234.5")),
            (decimal, "1.234,50", Some("1234.5")),
            (decimal, "1,234.50", Some("1234.5")),
            (decimal, "1 234,5", Some("1234.5")),
            (decimal, "1.234", Some("1.234")),
            (decimal, "-0,0", Some("0")),
            (decimal, "+007", Some("7")),
            (decimal, ".5", Some("0.5")),
            (decimal, "-12.30", Some("-12.3")),
            (|text| phone_in("34", 9, text), "600 000 000", Some("+34600000000")),
        ];
        for (normalise, text, want) in table {
            let got = normalise(text).unwrap();
            assert_eq!(got.as_deref(), *want, "{text:?}");
            if let Some(once) = got {
                assert_eq!(normalise(&once).unwrap().as_deref(), Some(once.as_str()), "{text:?} twice");
            }
        }
    }

    #[test]
    fn what_cannot_be_used_is_told_without_the_value() {
        let table: &[(Normaliser, &str)] = &[
            (email, "ana(at)example.pt"),
            (email, "a@b.pt, c@d.pt"),
            (email, "@example.pt"),
            (phone, "910000001 ou 910000002"),
            (phone, "12"),
            (country, "Portugal"),
            (date, "02/01/2026"),
            (date, "2026-13-01"),
            (decimal, "1e5"),
            (decimal, "12.34.5"),
            (decimal, "1,2,3"),
            (decimal, "-,-"),
            (decimal, "12 euros"),
        ];
        for (normalise, text) in table {
            let why = normalise(text).unwrap_err();
            assert!(!why.contains(text), "{why}");
        }
    }

    const ALL: [(&str, Normaliser); 10] = [
        ("spaces", spaces),
        ("upper", upper),
        ("email", email),
        ("phone", phone),
        ("phone_in", |text| phone_in("1", 10, text)),
        ("nif", nif),
        ("postal_code", postal_code),
        ("country", country),
        ("date", date),
        ("decimal", decimal),
    ];

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig {
            failure_persistence: None,
            ..proptest::prelude::ProptestConfig::with_cases(20_000)
        })]

        /// Total, and the same when done twice.
        #[test]
        fn normalisers_are_idempotent(
            text in proptest::prop_oneof![
                "\\PC{0,20}",
                "[ 0-9.,+-]{0,14}",
                "[a-zA-Z@. ]{0,14}",
                "(PT)?[ 0-9-]{0,12}",
                "20[0-9]{2}-[01][0-9]-[0-3][0-9](T[0-9:]{0,8})?",
            ],
        ) {
            for (name, normalise) in ALL {
                if let Ok(Some(once)) = normalise(&text) {
                    proptest::prop_assert!(!once.is_empty(), "{name}: an empty value is no value");
                    let twice = normalise(&once);
                    proptest::prop_assert_eq!(twice.as_ref().ok(), Some(&Some(once.clone())), "{}: {:?}", name, text);
                }
            }
        }
    }
}
