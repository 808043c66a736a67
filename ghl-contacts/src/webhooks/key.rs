use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The Ed25519 key that HighLevel has published for webhooks, as PEM.
pub const GHL_KEY: &str = include_str!("keys/ed25519.pem");

/// The RSA key that HighLevel published for webhooks before, as PEM. Its signatures are announced to be gone.
pub const GHL_LEGACY_KEY: &str = include_str!("keys/rsa.pem");

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";
/// What stands before the 32 bytes of an Ed25519 key in DER.
const ED25519_PREFIX: [u8; 12] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00];
const ED25519_DER: usize = ED25519_PREFIX.len() + 32;

/// A key that proves who signed a webhook. It is public: there is no shared secret.
#[derive(Clone)]
pub struct PublicKey {
    algorithm: Algorithm,
    key: ParsedPublicKey,
    der: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Ed25519,
    Rsa,
}

impl PublicKey {
    /// Reads a key as it is published: PEM with `BEGIN PUBLIC KEY`, of Ed25519 or of RSA with 2048 bits or more.
    ///
    /// ```
    /// use ghl_contacts::webhooks::{GHL_KEY, PublicKey};
    ///
    /// let key = PublicKey::from_pem(GHL_KEY)?;
    /// assert!(key.fingerprint().starts_with("5a2c1b27"));
    /// # Ok::<(), ghl_contacts::webhooks::KeyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// It is not PEM, or not a key of these two kinds.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let (_, rest) = pem.split_once(BEGIN).ok_or(KeyError::NotPem)?;
        let (base64, _) = rest.split_once(END).ok_or(KeyError::NotPem)?;
        let base64: String = base64.chars().filter(|c| !c.is_whitespace()).collect();
        Self::from_der(STANDARD.decode(base64).map_err(|_| KeyError::NotPem)?)
    }

    fn from_der(der: Vec<u8>) -> Result<Self, KeyError> {
        let (algorithm, key) = if der.starts_with(&ED25519_PREFIX) && der.len() == ED25519_DER {
            (Algorithm::Ed25519, ParsedPublicKey::new(&ED25519, &der))
        } else {
            (Algorithm::Rsa, ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &der))
        };
        Ok(Self { algorithm, key: key.map_err(|_| KeyError::Unsupported)?, der })
    }

    /// The key as the sandbox has it: 32 bytes.
    #[cfg(feature = "sandbox")]
    pub(crate) fn from_ed25519(bytes: &[u8]) -> Result<Self, KeyError> {
        Self::from_der([&ED25519_PREFIX, bytes].concat())
    }

    /// The key as PEM, with its base64 in one line.
    pub fn to_pem(&self) -> String {
        format!("{BEGIN}\n{}\n{END}\n", STANDARD.encode(&self.der))
    }

    /// The SHA-256 of the key's DER in hex, by which two people can compare keys.
    pub fn fingerprint(&self) -> String {
        hex(digest(&SHA256, &self.der).as_ref())
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn accepts(&self, body: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(body, signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey")
            .field("algorithm", &self.algorithm)
            .field("fingerprint", &self.fingerprint())
            .finish_non_exhaustive()
    }
}

/// A text that is not a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It lacks the lines of PEM, or what is between them is not base64.
    #[error("not a public key in PEM: `{BEGIN}`, base64, `{END}`")]
    NotPem,
    /// It is PEM, and holds something else.
    #[error("neither an Ed25519 nor an RSA public key")]
    Unsupported,
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
