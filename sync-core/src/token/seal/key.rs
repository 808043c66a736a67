use std::fmt;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, ExposeSecretMut, SecretBox, SecretString};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::KeyError;
use super::key_error::Problem;

const BYTES: usize = 32;
const HEX_DIGITS: usize = 2 * BYTES;
/// The length of 32 bytes in base64, with its padding. Without it, a hex key that was cut might pass for base64.
const BASE64_CHARACTERS: usize = 44;

/// A key that seals token records: 32 random bytes.
///
/// Whoever has it can read every record sealed with it, and without it nobody can, its owner included: keep a
/// copy where a lost machine does not take it along. It is wiped from memory when dropped, and `Debug` shows
/// its [`id`](Self::id) alone.
///
/// As text it is 64 hex digits, as `openssl rand -hex 32` prints them; what is read may also be base64
/// (`openssl rand -base64 32`).
pub struct SealingKey {
    id: KeyId,
    bytes: SecretBox<[u8; BYTES]>,
}

impl SealingKey {
    /// A new key from the operating system's random numbers.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if the operating system has no random numbers to give.
    pub fn generate() -> Result<Self, KeyError> {
        let mut bytes = SecretBox::<[u8; BYTES]>::default();
        getrandom::fill(bytes.expose_secret_mut())
            .map_err(|error| Problem::NoRandomness(error.to_string()).of("a new sealing key"))?;
        Ok(Self::new(bytes))
    }

    /// Reads a key from its text form. White space around it does not matter.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if the text is no key. It says what is wrong and shows nothing of the text.
    pub fn from_text(text: &SecretString) -> Result<Self, KeyError> {
        Self::parse(text.expose_secret().trim()).map_err(|problem| problem.of("the sealing key"))
    }

    /// The key as 64 hex digits, to be kept where [`SealingKeys`](super::SealingKeys) finds it.
    pub fn to_secret_text(&self) -> SecretString {
        hex(self.bytes()).into()
    }

    /// What sealed records and error messages call the key: 16 hex digits that follow from it and tell nothing
    /// about it.
    pub fn id(&self) -> String {
        self.id.to_string()
    }

    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let mut bytes = SecretBox::<[u8; BYTES]>::default();
        match text.len() {
            0 => return Err(Problem::Empty),
            HEX_DIGITS => {
                let digits = text.bytes().zip(1..).map(|(digit, position)| {
                    char::from(digit).to_digit(16).ok_or(Problem::NoHexDigit { position })
                });
                for (at, digit) in digits.enumerate() {
                    let digit = u8::try_from(digit?).unwrap_or_default();
                    if let Some(byte) = bytes.expose_secret_mut().get_mut(at / 2) {
                        *byte = *byte << 4 | digit;
                    }
                }
            }
            BASE64_CHARACTERS => {
                let decoded = Zeroizing::new(STANDARD.decode(text).map_err(|_| Problem::NoBase64)?);
                *bytes.expose_secret_mut() = decoded.as_slice().try_into().map_err(|_| Problem::NoBase64)?;
            }
            _ => return Err(Problem::Length { characters: text.chars().count() }),
        }
        Ok(Self::new(bytes))
    }

    fn new(bytes: SecretBox<[u8; BYTES]>) -> Self {
        Self { id: KeyId::of(bytes.expose_secret()), bytes }
    }

    pub(super) fn key_id(&self) -> KeyId {
        self.id
    }

    pub(super) fn bytes(&self) -> &[u8; BYTES] {
        self.bytes.expose_secret()
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKey").field("id", &format_args!("{}", self.id)).finish_non_exhaustive()
    }
}

/// Derived from the key, so that nobody has to name keys and no two names can be mixed up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyId(pub(super) [u8; 8]);

impl KeyId {
    fn of(key: &[u8; BYTES]) -> Self {
        let digest = Sha256::new().chain_update(b"sync-core sealing key id 1\0").chain_update(key).finalize();
        Self(digest.first_chunk().copied().unwrap_or_default())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

fn hex(bytes: &[u8]) -> String {
    // Reserved first: a buffer that grows leaves copies behind, which nobody wipes.
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let written = write!(text, "{byte:02x}");
        debug_assert!(written.is_ok(), "a string takes every text");
    }
    text
}
