use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, Tag, XChaCha20Poly1305, XNonce};
use secrecy::SecretSlice;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::key::KeyId;
use super::{Binding, Seal, SealError, SealingKeys};

const MAGIC: [u8; 4] = *b"SCS\x01";
const HEADER: usize = 4 + 8 + 8 + 4;
const NONCE: usize = 24;
const TAG: usize = 16;
/// What a sealed record has beside its content.
const AROUND: usize = HEADER + NONCE + TAG;

/// Says what is sealed, so that no record of another kind opens as this one.
const PURPOSE: &[u8] = b"sync-core token record 1";

/// Seals with `XChaCha20-Poly1305` under [`SealingKeys`].
///
/// Each sealed record carries the id of its key, a digest of its place and its length, so that a failure is
/// told by its cause: another key, a moved record, a cut one, a changed one. The place itself (account and
/// version) is authenticated and not contained. The nonce is random, and long enough to stay unique for any
/// number of records.
///
/// What it cannot tell: that a whole record was put back to an earlier state together with its version. And the
/// length of a record can be seen.
#[derive(Debug)]
pub struct XChaChaSeal {
    keys: SealingKeys,
}

impl XChaChaSeal {
    /// Seals with the current key of `keys` and opens with any of them.
    pub fn new(keys: SealingKeys) -> Self {
        Self { keys }
    }
}

impl Seal for XChaChaSeal {
    fn seal(&self, binding: Binding<'_>, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let cannot = |why: &str| SealError::CannotSeal(why.to_owned());
        let key = self.keys.current();
        let header = Header {
            key: key.key_id(),
            place: digest(binding),
            length: u32::try_from(plain.len()).map_err(|_| cannot("it is longer than 4 GiB"))?,
        };
        let header = header.to_bytes();
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce)
            .map_err(|error| cannot(&format!("the operating system gave no random numbers: {error}")))?;

        let mut content = Zeroizing::new(plain.to_vec());
        let tag = XChaCha20Poly1305::new(key.bytes().into())
            .encrypt_inout_detached(
                &XNonce::from(nonce),
                &associated(&header, binding),
                content.as_mut_slice().into(),
            )
            .map_err(|_| cannot("it is too long"))?;
        Ok([&header[..], &nonce, &content, &tag].concat())
    }

    fn open(&self, binding: Binding<'_>, sealed: &[u8]) -> Result<SecretSlice<u8>, SealError> {
        let (header, rest) = Header::read(sealed)?;
        let Some(key) = self.keys.find(header.key) else {
            let sealed_with = header.key.to_string();
            return Err(SealError::UnknownKey { sealed_with, held: self.keys.ids() });
        };
        let cut = || SealError::Cut { expected: header.sealed_length(), found: sealed.len() };
        if sealed.len() != header.sealed_length() {
            return Err(cut());
        }
        let (nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or_else(cut)?;
        let (content, tag) = rest.split_last_chunk::<TAG>().ok_or_else(cut)?;
        if header.place != digest(binding) {
            return Err(SealError::Misplaced);
        }
        let mut plain = Zeroizing::new(content.to_vec());
        XChaCha20Poly1305::new(key.bytes().into())
            .decrypt_inout_detached(
                &XNonce::from(*nonce),
                &associated(&header.to_bytes(), binding),
                plain.as_mut_slice().into(),
                &Tag::from(*tag),
            )
            .map_err(|_| SealError::Changed)?;
        Ok(std::mem::take(&mut *plain).into())
    }

    fn is_current(&self, sealed: &[u8]) -> bool {
        Header::read(sealed).is_ok_and(|(header, _)| header.key == self.keys.current().key_id())
    }
}

/// What a sealed record begins with. All of it is authenticated.
struct Header {
    key: KeyId,
    /// Tells a record in the wrong place from one that was changed.
    place: [u8; 8],
    /// Of the content.
    length: u32,
}

impl Header {
    fn to_bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        let parts = [&MAGIC[..], &self.key.0, &self.place, &self.length.to_be_bytes()].concat();
        for (to, from) in bytes.iter_mut().zip(parts) {
            *to = from;
        }
        bytes
    }

    fn read(sealed: &[u8]) -> Result<(Self, &[u8]), SealError> {
        if !sealed.iter().zip(MAGIC).all(|(found, expected)| *found == expected) {
            return Err(SealError::UnknownFormat);
        }
        let cut = || SealError::Cut { expected: AROUND, found: sealed.len() };
        let (_, rest) = sealed.split_first_chunk::<{ MAGIC.len() }>().ok_or_else(cut)?;
        let (key, rest) = rest.split_first_chunk().ok_or_else(cut)?;
        let (place, rest) = rest.split_first_chunk().ok_or_else(cut)?;
        let (length, rest) = rest.split_first_chunk().ok_or_else(cut)?;
        Ok((Self { key: KeyId(*key), place: *place, length: u32::from_be_bytes(*length) }, rest))
    }

    fn sealed_length(&self) -> usize {
        usize::try_from(self.length).unwrap_or(usize::MAX).saturating_add(AROUND)
    }
}

/// The place in bytes. Each part of variable length follows its length: no two places have the same bytes.
fn place(binding: Binding<'_>) -> Vec<u8> {
    let account = binding.account.as_str().as_bytes();
    let length = |part: &[u8]| (part.len() as u64).to_be_bytes();
    [&length(PURPOSE)[..], PURPOSE, &length(account), account, &binding.rev.get().to_be_bytes()].concat()
}

fn digest(binding: Binding<'_>) -> [u8; 8] {
    Sha256::digest(place(binding)).first_chunk().copied().unwrap_or_default()
}

fn associated(header: &[u8; HEADER], binding: Binding<'_>) -> Vec<u8> {
    [&header[..], &place(binding)].concat()
}
