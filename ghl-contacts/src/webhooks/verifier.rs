use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use jiff::SignedDuration;
use sync_core::Env;

use super::error::WebhookError;
use super::key::{Algorithm, GHL_KEY, GHL_LEGACY_KEY, PublicKey};
use super::webhook::Webhook;

/// The header with the Ed25519 signature.
pub const SIGNATURE_HEADER: &str = "x-ghl-signature";

/// The header with the RSA signature of former times.
pub const LEGACY_SIGNATURE_HEADER: &str = "x-wh-signature";

const MAX_SIZE: usize = 1 << 20;

/// Tells HighLevel's webhooks from anybody else's.
///
/// Cheap to clone. It needs the body as it came, byte for byte: JSON that was decoded and encoded again has another
/// signature. Headers other than the signature are not signed; believe only the body.
#[derive(Debug, Clone)]
pub struct Verifier {
    keys: Arc<Vec<PublicKey>>,
    rsa: bool,
    max_age: Option<(SignedDuration, Arc<dyn Env>)>,
    max_size: usize,
}

impl Verifier {
    /// Accepts Ed25519 signatures of [HighLevel's published key](GHL_KEY), and bodies of up to 1 MiB.
    pub fn new() -> Self {
        // The built-in keys are readable. If they were not, nothing would be accepted.
        Self::with_keys([GHL_KEY, GHL_LEGACY_KEY].iter().filter_map(|pem| PublicKey::from_pem(pem).ok()))
    }

    /// Accepts signatures of these keys and no others, such as a sandbox's, or an old and a new one while they change.
    /// RSA keys count only after [`accept_rsa`](Self::accept_rsa).
    ///
    /// ```
    /// use ghl_contacts::webhooks::{GHL_KEY, PublicKey, Verifier};
    ///
    /// # let new = GHL_KEY;
    /// let verifier = Verifier::with_keys([PublicKey::from_pem(GHL_KEY)?, PublicKey::from_pem(new)?]);
    /// # let _ = verifier;
    /// # Ok::<(), ghl_contacts::webhooks::KeyError>(())
    /// ```
    pub fn with_keys(keys: impl IntoIterator<Item = PublicKey>) -> Self {
        let keys = Arc::new(keys.into_iter().collect());
        Self { keys, rsa: false, max_age: None, max_size: MAX_SIZE }
    }

    /// Accepts RSA signatures too, where a webhook has no Ed25519 one. HighLevel has announced that it sends them no
    /// longer.
    #[must_use]
    pub fn accept_rsa(mut self) -> Self {
        self.rsa = true;
        self
    }

    /// Refuses webhooks that say they were sent more than `age` ago or ahead of `env`'s clock. Default: any age.
    ///
    /// HighLevel speaks of five minutes. But it tries again far later than that, so an age this short loses what
    /// happened while you were away. [`Webhook::once`] is the better protection against repetition.
    #[must_use]
    pub fn max_age(mut self, age: Duration, env: Arc<dyn Env>) -> Self {
        self.max_age = Some((SignedDuration::try_from(age).unwrap_or(SignedDuration::MAX), env));
        self
    }

    /// Sets the longest body to accept, in bytes. Default: 1 MiB.
    #[must_use]
    pub fn max_size(mut self, bytes: usize) -> Self {
        self.max_size = bytes;
        self
    }

    /// Checks the signature of a body. [`read`](Self::read) does, and reads it.
    ///
    /// A webhook with an Ed25519 signature stands or falls with it, whatever else it carries. An empty signature, or
    /// `N/A`, is none.
    ///
    /// # Errors
    ///
    /// [`Unsigned`](WebhookError::Unsigned), [`UnreadableSignature`](WebhookError::UnreadableSignature),
    /// [`BadSignature`](WebhookError::BadSignature), [`TooLarge`](WebhookError::TooLarge).
    pub fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), WebhookError> {
        if body.len() > self.max_size {
            return Err(self.too_large());
        }
        if let Some(signature) = signature(headers, SIGNATURE_HEADER) {
            return self.check(Algorithm::Ed25519, signature, body);
        }
        match signature(headers, LEGACY_SIGNATURE_HEADER) {
            Some(signature) if self.rsa => self.check(Algorithm::Rsa, signature, body),
            _ => Err(WebhookError::Unsigned),
        }
    }

    /// Checks the signature of a body, and reads it.
    ///
    /// # Errors
    ///
    /// Those of [`verify`](Self::verify); [`Unreadable`](WebhookError::Unreadable); with
    /// [`max_age`](Self::max_age), [`OutOfTime`](WebhookError::OutOfTime) and [`Undated`](WebhookError::Undated).
    pub fn read(&self, headers: &HeaderMap, body: &[u8]) -> Result<Webhook, WebhookError> {
        self.verify(headers, body)?;
        let webhook = Webhook::parse(body)?;
        if let Some((max, env)) = &self.max_age {
            let age = env.now().duration_since(webhook.timestamp.ok_or(WebhookError::Undated)?);
            if age.abs() > *max {
                return Err(WebhookError::OutOfTime { age });
            }
        }
        Ok(webhook)
    }

    #[cfg(feature = "axum")]
    pub(super) fn limit(&self) -> usize {
        self.max_size
    }

    pub(super) fn too_large(&self) -> WebhookError {
        WebhookError::TooLarge { limit: self.max_size }
    }

    fn check(&self, algorithm: Algorithm, signature: &[u8], body: &[u8]) -> Result<(), WebhookError> {
        let signature = STANDARD.decode(signature).map_err(|_| WebhookError::UnreadableSignature)?;
        let mut keys = self.keys.iter().filter(|key| key.algorithm() == algorithm);
        if keys.any(|key| key.accepts(body, &signature)) { Ok(()) } else { Err(WebhookError::BadSignature) }
    }
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}

/// The first signature under `name` that is one.
fn signature<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter().map(|value| value.as_bytes().trim_ascii());
    values.find(|value| !value.is_empty() && !value.eq_ignore_ascii_case(b"n/a"))
}
