use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A Portuguese postal code: `NNNN-NNN`.
///
/// For codes that a program sends. It is checked whenever one is made, reading with serde included. Records that the
/// service sends keep their `zip_code` as the text that it is: codes of other countries stand there too.
///
/// ```
/// use moloni_client::{PostalCode, PostalCodeError};
///
/// let code: PostalCode = "4000-123".parse()?;
/// assert_eq!(code.to_string(), "4000-123");
/// assert_eq!(PostalCode::new("4000"), Err(PostalCodeError));
/// # Ok::<(), PostalCodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PostalCode {
    area: u16,
    street: u16,
}

/// A text is no [`PostalCode`]: it has another form than `NNNN-NNN`. Nothing is made up for digits that are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("a Portuguese postal code has the form NNNN-NNN")]
pub struct PostalCodeError;

impl PostalCode {
    /// What stands where nobody knows the code. The service prints it, and refuses it where a customer must be
    /// [identified](crate::ValidationCode::CustomerIdentity).
    pub const UNKNOWN: Self = Self { area: 0, street: 0 };

    /// Reads a code, with spaces anywhere.
    ///
    /// # Errors
    ///
    /// [`PostalCodeError`] if it has another form.
    pub fn new(text: &str) -> Result<Self, PostalCodeError> {
        let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let (area, street) = bare.split_once('-').ok_or(PostalCodeError)?;
        Ok(Self { area: digits::<4>(area)?, street: digits::<3>(street)? })
    }

    /// Whether it is [`UNKNOWN`](Self::UNKNOWN).
    pub fn is_unknown(self) -> bool {
        self == Self::UNKNOWN
    }
}

fn digits<const COUNT: usize>(text: &str) -> Result<u16, PostalCodeError> {
    // A sign would be read as a part of a number.
    let fits = text.len() == COUNT && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| fits).ok_or(PostalCodeError)
}

impl fmt::Display for PostalCode {
    /// `NNNN-NNN`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:03}", self.area, self.street)
    }
}

impl FromStr for PostalCode {
    type Err = PostalCodeError;

    fn from_str(text: &str) -> Result<Self, PostalCodeError> {
        Self::new(text)
    }
}

impl TryFrom<&str> for PostalCode {
    type Error = PostalCodeError;

    fn try_from(text: &str) -> Result<Self, PostalCodeError> {
        Self::new(text)
    }
}

impl TryFrom<String> for PostalCode {
    type Error = PostalCodeError;

    fn try_from(text: String) -> Result<Self, PostalCodeError> {
        Self::new(&text)
    }
}

impl From<PostalCode> for String {
    fn from(code: PostalCode) -> Self {
        code.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{from_value, json, to_value};

    use super::*;

    #[test]
    fn four_digits_and_three_are_a_code() {
        for (written, code) in [
            ("4000-123", "4000-123"),
            (" 4000 - 123\n", "4000-123"),
            ("0100-007", "0100-007"),
            ("0000-000", "0000-000"),
        ] {
            assert_eq!(
                PostalCode::new(written).map(|code| code.to_string()).as_deref(),
                Ok(code),
                "{written}"
            );
        }
        for wrong in [
            "",
            "-",
            "4000",
            "4000123",
            "4000-12",
            "400-1234",
            "4000-1234",
            "4000-12a",
            "+400-123",
            "4000-+12",
            "4000--123",
            "4000-123-",
            "ES-02007",
            "43450 LA RIBA",
            "٤٠٠٠-١٢٣",
        ] {
            assert_eq!(PostalCode::new(wrong), Err(PostalCodeError), "{wrong}");
            assert_eq!(wrong.parse::<PostalCode>(), Err(PostalCodeError));
            assert_eq!(PostalCode::try_from(wrong), Err(PostalCodeError));
        }
    }

    #[test]
    fn only_zeros_are_unknown() {
        for (written, unknown) in [("0000-000", true), ("0000-001", false), ("1000-000", false)] {
            assert_eq!(PostalCode::new(written).unwrap().is_unknown(), unknown, "{written}");
        }
    }

    #[test]
    fn reading_checks_too() {
        let code = PostalCode::new("0100-007").unwrap();
        assert_eq!(to_value(code).unwrap(), json!("0100-007"));
        assert_eq!(from_value::<PostalCode>(json!("0100-007")).unwrap(), code);
        for wrong in [json!("4000"), json!(""), json!(4_000_123), json!(null)] {
            assert!(from_value::<PostalCode>(wrong.clone()).is_err(), "{wrong}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_code_comes_back_as_it_went_out(written in "[0-9]{4}-[0-9]{3}", other in "\\PC{0,12}") {
            prop_assert_eq!(PostalCode::new(&written).unwrap().to_string(), written);
            let _ = PostalCode::new(&other);
        }
    }
}
