//! Privacy mode: links keep keyed hashes where they would keep values.
//!
//! What decides knows nothing of it. When a link is loaded, its hashes are values like any other, equal to none that a
//! service shows. As soon as a side has been seen, each hash that stands for a value there is replaced by it. When the
//! link is stored, values become hashes, and hashes stay what they are. So every decision is the one that it would be
//! with values, and no more than that was ever done with them.

use std::collections::BTreeSet;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::digest::Output;
use sha2::{Digest, Sha256};

use super::link::LinkId;
use super::merge::FieldState;
use super::record::{Fingerprint, hex};
use super::value::{Agreed, FieldValue};

/// The key of the hashes that are kept instead of values: see [`EngineBuilder::privacy`](super::EngineBuilder::privacy).
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
    pub(super) fn id(&self) -> &Fingerprint {
        &self.id
    }

    /// HMAC-SHA-256.
    fn mac(&self, message: &[u8]) -> Output<Sha256> {
        let [inner, outer] = self.begun.clone();
        outer.chain_update(inner.chain_update(message).finalize()).finalize()
    }

    /// What stands for a value of a field of a link: 128 bits, and nowhere else the same.
    pub(super) fn hash(&self, link: &LinkId, field: &str, value: &str) -> String {
        // As JSON, no two of these have the same text.
        let message = serde_json::json!([link, field, value]).to_string();
        let mac = self.mac(message.as_bytes());
        format!("{MARK}{}", hex(mac.get(..16).unwrap_or_default()))
    }

    /// Takes what is seen of a field for the hashes that stand for it.
    pub(super) fn reveal(&self, link: &LinkId, field: &str, state: &mut FieldState, seen: &FieldValue) {
        let single: BTreeSet<String> = seen.text().map(str::to_owned).into_iter().collect();
        for value in single.iter().chain(seen.members()) {
            let hash = self.hash(link, field, value);
            let (text, member) = (seen.text().is_some(), value);
            let unsettled = state.unsettled.iter_mut().filter_map(|unsettled| unsettled.agreed.as_mut());
            let agreed = [state.agreed.left.as_mut(), state.agreed.right.as_mut()].into_iter().flatten();
            for agreed in agreed.chain(unsettled) {
                match agreed {
                    Agreed::Hidden(hidden) if text && *hidden == hash => {
                        *agreed = Agreed::Text(value.clone())
                    }
                    Agreed::Set(members) => replace(members, &hash, member),
                    _ => {}
                }
            }
            let parked = state.parked.iter_mut().flat_map(|p| [&mut p.values.left, &mut p.values.right]);
            for parked in parked {
                match parked {
                    FieldValue::Text(hidden) if text && *hidden == hash => hidden.clone_from(value),
                    FieldValue::Set(members) => replace(members, &hash, member),
                    _ => {}
                }
            }
        }
    }

    /// What is stored of an agreement.
    pub(super) fn hide_agreed(&self, link: &LinkId, field: &str, agreed: &mut Agreed) {
        match agreed {
            Agreed::Text(text) => *agreed = Agreed::Hidden(self.hash(link, field, text)),
            Agreed::Set(members) => self.hide_members(link, field, members),
            Agreed::Empty | Agreed::Hidden(_) | Agreed::Outdated => {}
        }
    }

    /// What is stored of a field. A write that is not yet seen back keeps its values until it is.
    pub(super) fn hide(&self, link: &LinkId, field: &str, state: &mut FieldState) {
        for agreed in [state.agreed.left.as_mut(), state.agreed.right.as_mut()].into_iter().flatten() {
            self.hide_agreed(link, field, agreed);
        }
        for parked in state.parked.iter_mut().flat_map(|p| [&mut p.values.left, &mut p.values.right]) {
            match parked {
                FieldValue::Text(text) if !is_hidden(text) => *text = self.hash(link, field, text),
                FieldValue::Set(members) => self.hide_members(link, field, members),
                _ => {}
            }
        }
    }

    fn hide_members(&self, link: &LinkId, field: &str, members: &mut BTreeSet<String>) {
        let hidden = |member: String| {
            if is_hidden(&member) { member } else { self.hash(link, field, &member) }
        };
        *members = std::mem::take(members).into_iter().map(hidden).collect();
    }
}

impl fmt::Debug for PrivacyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivacyKey").field("id", &self.id.as_str()).finish_non_exhaustive()
    }
}

/// What hashes begin with: no service puts it into a value.
const MARK: char = '\u{1}';

/// Whether a text stands for a value that is not known.
pub(super) fn is_hidden(text: &str) -> bool {
    text.strip_prefix(MARK).is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn replace(members: &mut BTreeSet<String>, hash: &str, member: &str) {
    if members.remove(hash) {
        members.insert(member.to_owned());
    }
}
