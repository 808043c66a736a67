//! The key of privacy mode.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::digest::Output;
use sha2::{Digest, Sha256};

use crate::engine::{Fingerprint, hex};

/// The key of the hashes that are kept instead of values: see [`EngineBuilder::privacy`](crate::engine::EngineBuilder::privacy).
///
/// Whoever has it and the state can try values: whether it is this e-mail address, or which of all tax numbers it is.
/// So it is kept apart from the state and its backups. Whoever loses it loses what was agreed on, and no more.
pub struct PrivacyKey {
    /// SHA-256 that has begun with the key, as HMAC does it: the inner one and the outer one.
    begun: [Sha256; 2],
    id: Fingerprint,
}

/// Why a text is no [`PrivacyKey`].
#[derive(Debug, thiserror::Error)]
#[error(
    "a privacy key has at least 32 characters, and this one has {characters}: make one with `openssl rand -hex 32`"
)]
pub struct PrivacyKeyError {
    characters: usize,
}

impl PrivacyKey {
    /// A key from its text, such as `openssl rand -hex 32` prints. White space around it does not matter.
    ///
    /// # Errors
    ///
    /// [`PrivacyKeyError`] if it has fewer than 32 characters.
    pub fn from_text(text: &SecretString) -> Result<Self, PrivacyKeyError> {
        let text = text.expose_secret().trim();
        match text.chars().count() {
            characters @ 0..32 => Err(PrivacyKeyError { characters }),
            _ => Ok(Self::new(&Sha256::digest(text))),
        }
    }

    fn new(key: &[u8]) -> Self {
        let begin = |pad: u8| {
            let block = key.iter().copied().chain(std::iter::repeat(0)).take(64).map(|byte| byte ^ pad);
            Sha256::new_with_prefix(block.collect::<Vec<_>>())
        };
        let mut key = Self { begun: [begin(0x36), begin(0x5c)], id: Fingerprint::of(&()) };
        key.id = Fingerprint::of(&hex(&key.mac(b"sync-core privacy key id")));
        key
    }

    /// Tells two keys apart, and nothing about them.
    pub(crate) fn id(&self) -> &Fingerprint {
        &self.id
    }

    /// HMAC-SHA-256.
    pub(crate) fn mac(&self, message: &[u8]) -> Output<Sha256> {
        let [inner, outer] = self.begun.clone();
        outer.chain_update(inner.chain_update(message).finalize()).finalize()
    }
}

impl fmt::Debug for PrivacyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivacyKey").field("id", &self.id.as_str()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test cases 1 and 2 of RFC 4231, and one of a key as long as ours.
    #[test]
    fn it_is_hmac_sha_256() {
        let table: [(&[u8], &[u8], &str); 3] = [
            (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (&[0xaa; 32], &[0xdd; 50], "cdcb1220d1ecccea91e53aba3092f962e549fe6ce9ed7fdc43191fbde45c30b0"),
        ];
        for (key, message, mac) in table {
            assert_eq!(hex(&PrivacyKey::new(key).mac(message)), mac);
        }
    }

    #[test]
    fn a_short_key_is_refused_and_not_shown() {
        let text = |text: &str| SecretString::from(text.to_owned());
        let error = PrivacyKey::from_text(&text(&"k".repeat(31))).unwrap_err();
        assert!(error.to_string().contains("at least 32 characters, and this one has 31"), "{error}");
        let (one, other) = (text(&"k".repeat(32)), text(&format!("\n {} ", "k".repeat(32))));
        let (one, other) = (PrivacyKey::from_text(&one).unwrap(), PrivacyKey::from_text(&other).unwrap());
        assert_eq!(one.id(), other.id(), "white space does not matter");
    }
}
