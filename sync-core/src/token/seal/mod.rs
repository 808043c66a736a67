//! Sealing: what makes a stolen token file worthless.

mod key;
mod key_error;
#[cfg(feature = "keyring")]
mod keyring;
mod keys;
mod private;
#[cfg(any(feature = "file", feature = "postgres", feature = "sqlite"))]
mod record;
mod xchacha;

use std::fmt::Debug;

use secrecy::SecretSlice;

pub use key::SealingKey;
pub use key_error::KeyError;
pub use keys::SealingKeys;
#[cfg(feature = "file")]
pub(super) use private::exposed;
#[cfg(any(feature = "file", feature = "postgres", feature = "sqlite"))]
pub use record::Resealed;
#[cfg(any(feature = "file", feature = "postgres", feature = "sqlite"))]
pub(crate) use record::Sealed;
pub use xchacha::XChaChaSeal;

use super::Rev;
use crate::AccountKey;

/// The one place a sealed record is good for. Two records that change places do not open.
#[derive(Debug, Clone, Copy)]
pub struct Binding<'a> {
    /// The account whose record it is.
    pub account: &'a AccountKey,
    /// The record's version.
    pub rev: Rev,
}

/// Turns token records into bytes that only the holder of a key can read.
///
/// [`XChaChaSeal`] is the one to use; implement this to seal with a key service instead.
pub trait Seal: Send + Sync + Debug {
    /// Seals `plain` for one place.
    ///
    /// # Errors
    ///
    /// [`SealError`] if there is no randomness to be had, or no key.
    fn seal(&self, binding: Binding<'_>, plain: &[u8]) -> Result<Vec<u8>, SealError>;

    /// Opens what [`seal`](Self::seal) made for the same place.
    ///
    /// # Errors
    ///
    /// [`SealError`] says why it does not open. Nothing is ever returned that was not sealed for this place.
    fn open(&self, binding: Binding<'_>, sealed: &[u8]) -> Result<SecretSlice<u8>, SealError>;

    /// Whether `sealed` was made with the key that [`seal`](Self::seal) uses now. What was not is due for
    /// resealing.
    fn is_current(&self, sealed: &[u8]) -> bool;
}

/// Why a record cannot be sealed or opened. Shows neither key nor content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// It was sealed with a key that is not at hand.
    #[error(
        "it is sealed with the key {sealed_with}, and this program holds {held}: give it that key as well \
         (an old key goes below the new one), or put the right one back"
    )]
    UnknownKey {
        /// The id of the key it was sealed with.
        sealed_with: String,
        /// The ids of the keys at hand.
        held: String,
    },
    /// It is in a form that this program does not know.
    #[error(
        "it is no sealed record of a form that this program knows: update the program, or restore a backup"
    )]
    UnknownFormat,
    /// Its end is missing, or there is more than there should be.
    #[error(
        "it is cut: {found} bytes of {expected}; restore a backup, or remove it and authorise the account again"
    )]
    Cut {
        /// How long it should be, at least.
        expected: usize,
        /// How long it is.
        found: usize,
    },
    /// It was sealed for another account or another version of the record.
    #[error(
        "it was sealed for another account or version: somebody has moved records; restore a backup, or \
         remove it and authorise the account again"
    )]
    Misplaced,
    /// Its bytes changed after it was sealed.
    #[error(
        "it was changed after it was sealed: restore a backup, or remove it and authorise the account again"
    )]
    Changed,
    /// It could not be sealed.
    #[error("it cannot be sealed: {0}")]
    CannotSeal(String),
    /// The key cannot be had at the moment, for instance because a key service does not answer.
    #[error("its key cannot be had now: {0}")]
    NoKey(String),
}
