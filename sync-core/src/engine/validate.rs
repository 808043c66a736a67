//! Functions that say why a value cannot be written. None repeats the value.

/// A Portuguese tax number of nine digits whose check digit is right. Numbers of other countries, which begin with
/// letters, are let through.
///
/// # Errors
///
/// Nine digits with a wrong check digit, or another number of digits.
pub fn nif(text: &str) -> Result<(), String> {
    if text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Ok(());
    }
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    if digits.len() != 9 || text.chars().count() != 9 {
        return Err("is not a tax number of nine digits".to_owned());
    }
    let sum: u32 = digits.iter().zip((2..=9).rev()).map(|(digit, weight)| digit * weight).sum();
    let check = match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    if digits.last() == Some(&check) {
        Ok(())
    } else {
        Err("is a tax number with a wrong check digit".to_owned())
    }
}

/// Text of at most `most` characters.
///
/// # Errors
///
/// Longer text.
pub fn at_most(most: usize) -> impl Fn(&str) -> Result<(), String> + Send + Sync + 'static {
    move |text| {
        let count = text.chars().count();
        if count <= most { Ok(()) } else { Err(format!("has {count} characters, and {most} fit")) }
    }
}

/// One of these values.
///
/// # Errors
///
/// Any other.
pub fn one_of(
    values: impl IntoIterator<Item = impl Into<String>>,
) -> impl Fn(&str) -> Result<(), String> + Send + Sync + 'static {
    let values: Vec<String> = values.into_iter().map(Into::into).collect();
    move |text| {
        if values.iter().any(|value| value == text) {
            return Ok(());
        }
        Err(format!("is none of {}", values.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tax_numbers_have_a_check_digit() {
        for right in ["501442600", "999999990", "123456789", "ES12345678"] {
            assert_eq!(nif(right), Ok(()), "{right}");
        }
        for wrong in ["501442601", "12345678", "1234567890", "12345678a", "", "123 456 789"] {
            let why = nif(wrong).unwrap_err();
            assert!(wrong.is_empty() || !why.contains(wrong), "{why}");
        }
    }

    #[test]
    fn lengths_and_choices_are_checked() {
        assert_eq!(at_most(3)("ção"), Ok(()));
        assert_eq!(at_most(3)("ação").unwrap_err(), "has 4 characters, and 3 fit");
        assert_eq!(one_of(["a", "b"])("b"), Ok(()));
        assert_eq!(one_of(["a", "b"])("c").unwrap_err(), "is none of a, b");
    }
}
