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

/// Trims, folds white space, composes accents (NFC).
///
/// # Errors
///
/// None.
pub fn spaces(text: &str) -> Normalised {
    let composed: String = text.nfc().collect();
    Ok(some(composed.split_whitespace().collect::<Vec<_>>().join(" ")))
}

/// As [`spaces`], in upper case: for codes such as a country's.
///
/// # Errors
///
/// None.
pub fn upper(text: &str) -> Normalised {
    Ok(spaces(text)?.map(|t| t.to_uppercase()))
}

/// An e-mail address in lower case.
///
/// # Errors
///
/// Something that is not `name@domain` without spaces.
pub fn email(text: &str) -> Normalised {
    let Some(text) = spaces(text)? else { return Ok(None) };
    let text = text.to_lowercase();
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
/// Letters, or a number of digits that no such number has.
pub fn phone(text: &str) -> Normalised {
    let Some(text) = spaces(text)? else { return Ok(None) };
    if text.contains(|c: char| c.is_alphabetic()) {
        return Err("has letters, or is more than one phone number".to_owned());
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let international = if text.starts_with('+') {
        digits
    } else if let Some(rest) = digits.strip_prefix("00") {
        rest.to_owned()
    } else if digits.len() == 9 {
        format!("351{digits}")
    } else {
        digits
    };
    match international.len() {
        8..=15 => Ok(Some(format!("+{international}"))),
        _ => Err("has too few or too many digits for a phone number".to_owned()),
    }
}

/// A tax number: a leading `PT` and all separators removed, letters in upper case. Its check digit is not looked
/// at: what is in the books is taken as it is.
///
/// # Errors
///
/// None.
pub fn nif(text: &str) -> Normalised {
    let text: String = text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_uppercase();
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
        ];
        for (normalise, text) in table {
            let why = normalise(text).unwrap_err();
            assert!(!why.contains(text), "{why}");
        }
    }
}
