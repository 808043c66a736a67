//! The company's own number of a customer as the marker of one that an engine created.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use sync_core::engine::{Fault, Marker};

use super::fault::broken;

/// The characters that a number has at most.
const LENGTH: usize = 20;
/// The characters that a prefix has at most, so that enough is left to be unique by.
const PREFIX: usize = 8;

/// The numbers that an engine gives: a prefix, and the digest of what they stand for.
#[derive(Debug, Clone)]
pub(super) struct Numbers {
    prefix: String,
}

impl Numbers {
    pub(super) fn new(prefix: String) -> Self {
        Self { prefix }
    }

    /// Insists on a prefix that no search takes for a pattern and that does not make the number one of a sequence.
    pub(super) fn check(&self) -> Result<(), Fault> {
        let plain = self.prefix.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let letter = self.prefix.chars().any(|c| c.is_ascii_alphabetic());
        if plain && letter && self.prefix.len() <= PREFIX {
            return Ok(());
        }
        Err(broken(format!(
            "numbers of customers cannot start with {:?}: take up to {PREFIX} letters, digits and hyphens, a letter at least",
            self.prefix
        )))
    }

    /// The number for what an engine suggests: always the same one.
    pub(super) fn of(&self, suggested: &Marker) -> Marker {
        let mut number = self.prefix.clone();
        for byte in Sha256::digest(suggested.as_str()) {
            // Writing to a string cannot fail.
            let _ = write!(number, "{byte:02x}");
        }
        number.truncate(LENGTH);
        Marker::new(number)
    }

    /// The marker that a number is, if an engine gave it.
    pub(super) fn read(&self, number: &str) -> Option<Marker> {
        let digest = number.strip_prefix(&self.prefix).filter(|_| number.len() == LENGTH)?;
        let is_hex = digest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        is_hex.then(|| Marker::new(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_told_from_those_that_people_give() {
        let numbers = Numbers::new("S-".to_owned());
        numbers.check().unwrap();
        let number = numbers.of(&Marker::new("crm:customers:41"));
        assert_eq!(number, numbers.of(&Marker::new("crm:customers:41")));
        assert_ne!(number, numbers.of(&Marker::new("crm:customers:41#2")));
        assert_eq!(number.as_str().len(), 20);
        assert_eq!(numbers.read(number.as_str()), Some(number));
        for theirs in ["00041", "S-41", "S-Padaria da esquina", "12345678901234567890", ""] {
            assert_eq!(numbers.read(theirs), None, "{theirs}");
        }
        for wrong in ["", "0", "S%", "S_", "a long one", "ABCDEFGHI"] {
            assert!(Numbers::new(wrong.to_owned()).check().is_err(), "{wrong}");
        }
    }
}
