use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A Portuguese tax number: nine digits, the last of which follows from the others.
///
/// For numbers that a program sends. It is checked whenever one is made, reading with serde included. Records that
/// the service sends keep their `vat` as the text that it is: foreign numbers stand there too, and wrong ones.
///
/// ```
/// use moloni_client::{Nif, NifError};
///
/// let nif: Nif = "PT 501 964 843".parse()?;
/// assert_eq!(nif.to_string(), "501964843");
/// assert_eq!(Nif::new("501964844"), Err(NifError::CheckDigit));
/// assert!(Nif::new("999999990")?.is_final_consumer());
/// # Ok::<(), NifError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Nif(u32);

/// Why a text is no [`Nif`]. The text itself is not shown: it is people's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum NifError {
    /// It stands for "no tax number"; see [`Nif::is_placeholder`].
    #[error("this stands for no tax number")]
    Placeholder,
    /// There is something else than digits, after the prefix `PT` and without spaces.
    #[error("a tax number consists of digits")]
    Character,
    /// There are not nine digits.
    #[error("a tax number has 9 digits, not {0}")]
    Length(usize),
    /// The last digit does not follow from the others: one of them is wrong.
    #[error("the check digit of the tax number is wrong")]
    CheckDigit,
}

/// Whom a tax number belongs to, as far as its first digits tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NifHolder {
    /// A person: 1, 2 or 3.
    Person,
    /// A person who lives abroad: 45.
    NonResident,
    /// A company: 5.
    Company,
    /// A public body: 6.
    PublicBody,
    /// A sole trader of former times: 8.
    SoleTrader,
    /// Estates, funds, condominiums and others of a special kind: 70, 71, 72, 74, 75, 77, 78, 79, 90, 91, 98 and 99.
    /// The final consumer's number is one of them.
    Special,
    /// Another beginning: the first two digits.
    Other(u8),
}

impl Nif {
    /// The final consumer, whom nobody needs to know. Any number of customers may have it.
    pub const FINAL_CONSUMER: Self = Self(999_999_990);

    /// Reads a number, with or without the prefix `PT`, and with spaces anywhere.
    ///
    /// # Errors
    ///
    /// [`NifError`], which says what is wrong.
    pub fn new(text: &str) -> Result<Self, NifError> {
        if Self::is_placeholder(text) {
            return Err(NifError::Placeholder);
        }
        let digits: Option<Vec<u32>> = bare(text).chars().map(|c| c.to_digit(10)).collect();
        let digits = digits.ok_or(NifError::Character)?;
        let Some((check, others)) = digits.split_last().filter(|_| digits.len() == 9) else {
            return Err(NifError::Length(digits.len()));
        };
        let sum: u32 = others.iter().zip((2..=9).rev()).map(|(digit, weight)| digit * weight).sum();
        if *check != check_digit(sum) {
            return Err(NifError::CheckDigit);
        }
        Ok(Self(digits.iter().fold(0, |number, digit| number * 10 + digit)))
    }

    /// Whether a text stands for "no tax number": `000000000`, `111111111`, `999999999`, or nothing.
    ///
    /// The first of them even has the right check digit.
    pub fn is_placeholder(text: &str) -> bool {
        matches!(bare(text).as_str(), "" | "000000000" | "111111111" | "999999999")
    }

    /// Whether it is [`FINAL_CONSUMER`](Self::FINAL_CONSUMER).
    pub fn is_final_consumer(self) -> bool {
        self == Self::FINAL_CONSUMER
    }

    /// Whom it belongs to, as far as its first digits tell.
    pub fn holder(self) -> NifHolder {
        let first = self.0 / 10_000_000;
        match first {
            10..=39 => NifHolder::Person,
            45 => NifHolder::NonResident,
            50..=59 => NifHolder::Company,
            60..=69 => NifHolder::PublicBody,
            80..=89 => NifHolder::SoleTrader,
            70..=72 | 74 | 75 | 77..=79 | 90 | 91 | 98 | 99 => NifHolder::Special,
            other => NifHolder::Other(u8::try_from(other).unwrap_or(u8::MAX)),
        }
    }
}

const fn check_digit(sum: u32) -> u32 {
    match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    }
}

/// Without spaces and the country.
fn bare(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    match text.get(..2) {
        Some(country) if country.eq_ignore_ascii_case("pt") => text.split_at(2).1.to_owned(),
        _ => text,
    }
}

impl fmt::Display for Nif {
    /// Nine digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:09}", self.0)
    }
}

impl FromStr for Nif {
    type Err = NifError;

    fn from_str(text: &str) -> Result<Self, NifError> {
        Self::new(text)
    }
}

impl TryFrom<&str> for Nif {
    type Error = NifError;

    fn try_from(text: &str) -> Result<Self, NifError> {
        Self::new(text)
    }
}

impl TryFrom<String> for Nif {
    type Error = NifError;

    fn try_from(text: String) -> Result<Self, NifError> {
        Self::new(&text)
    }
}

impl From<Nif> for String {
    fn from(nif: Nif) -> Self {
        nif.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{from_value, json, to_value};

    use super::*;

    #[test]
    fn nine_digits_of_which_the_last_fits_are_a_number() {
        for written in [
            "501964843",
            "PT501964843",
            "pt 501 964 843",
            " 501964843\n",
            "501\u{a0}964\u{a0}843",
            "Pt501964843",
        ] {
            assert_eq!(Nif::new(written).map(|nif| nif.to_string()).as_deref(), Ok("501964843"), "{written}");
        }
        let table = [
            ("501964842", NifError::CheckDigit),
            ("510964843", NifError::CheckDigit),
            ("50196484", NifError::Length(8)),
            ("5019648430", NifError::Length(10)),
            ("1", NifError::Length(1)),
            ("ES501964843", NifError::Character),
            ("501.964.843", NifError::Character),
            ("50196484é", NifError::Character),
            ("٥٠١٩٦٤٨٤٣", NifError::Character),
            ("PTPT501964843", NifError::Character),
            ("", NifError::Placeholder),
            (" PT ", NifError::Placeholder),
            ("000000000", NifError::Placeholder),
            ("PT 111111111", NifError::Placeholder),
            ("999 999 999", NifError::Placeholder),
        ];
        for (written, error) in table {
            assert_eq!(Nif::new(written), Err(error), "{written}");
            assert_eq!(written.parse::<Nif>(), Err(error));
            assert_eq!(Nif::try_from(written), Err(error));
            assert_eq!(Nif::is_placeholder(written), error == NifError::Placeholder, "{written}");
            assert!(!error.to_string().contains("964"), "{error}");
        }
    }

    #[test]
    fn a_rest_of_ten_gives_the_check_digit_zero() {
        // The sum of the others leaves 1, and 11 - 1 would be no digit.
        assert_eq!(Nif::new("100000070").map(|nif| nif.to_string()).as_deref(), Ok("100000070"));
    }

    #[test]
    fn the_final_consumer_is_a_number_and_no_placeholder() {
        let nif = Nif::new("999999990").unwrap();
        assert_eq!(nif, Nif::FINAL_CONSUMER);
        assert!(nif.is_final_consumer() && !Nif::is_placeholder("999999990"));
        assert!(!Nif::new("501964843").unwrap().is_final_consumer());
    }

    #[test]
    fn the_first_digits_tell_the_holder() {
        use NifHolder::{Company, NonResident, Other, Person, PublicBody, SoleTrader, Special};
        for first in 0..=99 {
            let expected = match first {
                10..=39 => Person,
                45 => NonResident,
                50..=59 => Company,
                60..=69 => PublicBody,
                80..=89 => SoleTrader,
                70 | 71 | 72 | 74 | 75 | 77 | 78 | 79 | 90 | 91 | 98 | 99 => Special,
                other => Other(other),
            };
            let with = |check| Nif::new(&format!("{first:02}123456{check}"));
            let nif = (0..10).find_map(|check| with(check).ok()).unwrap();
            assert_eq!(nif.holder(), expected, "{nif}");
            assert_eq!(nif.to_string().len(), 9, "{nif}");
        }
    }

    #[test]
    fn reading_checks_too() {
        let nif = Nif::new("501964843").unwrap();
        assert_eq!(to_value(nif).unwrap(), json!("501964843"));
        assert_eq!(from_value::<Nif>(json!("PT501964843")).unwrap(), nif);
        for wrong in [json!("501964844"), json!(""), json!(501_964_843), json!(null)] {
            assert!(from_value::<Nif>(wrong.clone()).is_err(), "{wrong}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn one_wrong_digit_is_noticed(digits in "[1-9][0-9]{7}", at in 0_usize..8, shift in 1_u8..10) {
            let fitting: Vec<_> = (0..10).filter_map(|check| Nif::new(&format!("{digits}{check}")).ok()).collect();
            prop_assert_eq!(fitting.len(), 1, "one check digit fits");
            let mut wrong = fitting[0].to_string().into_bytes();
            wrong[at] = b'0' + (wrong[at] - b'0' + shift) % 10;
            let wrong = String::from_utf8(wrong).unwrap();
            // Two rests share the check digit 0, so that there alone a slip can go unnoticed.
            if !wrong.ends_with('0') {
                prop_assert!(Nif::new(&wrong).is_err(), "{}", wrong);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,16}") {
            if let Ok(nif) = Nif::new(&text) {
                prop_assert_eq!(Nif::new(&nif.to_string()), Ok(nif));
            }
        }
    }
}
