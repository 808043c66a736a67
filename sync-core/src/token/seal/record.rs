//! What the stores that seal have in common.

use std::fmt::Display;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use super::{Binding, Seal, SealError};
use crate::token::RecordError;
use crate::{AccountKey, Rev, StoreError, TokenSet};

/// What a store's `reseal` found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resealed {
    /// Pairs that were sealed with an older key and are now sealed with the current one.
    pub done: usize,
    /// Pairs that were sealed with the current key already.
    pub already_current: usize,
}

/// Turns pairs into sealed text and back, for one store.
#[derive(Debug)]
pub(crate) struct Sealed {
    store: &'static str,
    place: String,
    seal: Arc<dyn Seal>,
}

impl Sealed {
    /// `store` and `place` begin each error message: the kind of store, and which one it is.
    pub(crate) fn new(store: &'static str, place: impl Display, seal: Arc<dyn Seal>) -> Self {
        Self { store, place: place.to_string(), seal }
    }

    pub(crate) fn close(
        &self,
        account: &AccountKey,
        rev: Rev,
        tokens: &TokenSet,
    ) -> Result<String, StoreError> {
        let json = tokens.to_secret_json();
        let sealed = self
            .seal
            .seal(Binding { account, rev }, json.expose_secret().as_bytes())
            .map_err(|error| self.error(account, error))?;
        Ok(STANDARD.encode(sealed))
    }

    pub(crate) fn open(&self, account: &AccountKey, rev: Rev, text: &str) -> Result<TokenSet, StoreError> {
        let plain = decode(text)
            .and_then(|sealed| self.seal.open(Binding { account, rev }, &sealed))
            .map_err(|error| self.error(account, error))?;
        std::str::from_utf8(plain.expose_secret())
            .map_err(|_| RecordError::Malformed)
            .and_then(|json| TokenSet::from_secret_json(&SecretString::from(json)))
            .map_err(|error| self.error(account, error))
    }

    /// Whether it was sealed with the current key; what was not is to be sealed again.
    pub(crate) fn is_current(&self, text: &str) -> bool {
        decode(text).is_ok_and(|sealed| self.seal.is_current(&sealed))
    }

    fn error(
        &self,
        account: &AccountKey,
        error: impl std::error::Error + Send + Sync + 'static,
    ) -> StoreError {
        let message = format!("{}: the tokens of {account}: {error}", self.place);
        StoreError::new(self.store, message).with_source(error)
    }
}

fn decode(text: &str) -> Result<Vec<u8>, SealError> {
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    if !text.bytes().all(base64) {
        return Err(SealError::UnknownFormat);
    }
    STANDARD.decode(text).map_err(|_| SealError::Changed)
}
