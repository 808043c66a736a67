//! Privacy mode: links keep keyed hashes where they would keep values.
//!
//! What decides knows nothing of it. When a link is loaded, its hashes are values like any other, equal to none that a
//! service shows. As soon as a side has been seen, each hash that stands for a value there is replaced by it. When the
//! link is stored, values become hashes, and hashes stay what they are. So every decision is the one that it would be
//! with values, and no more than that was ever done with them.

use std::collections::BTreeSet;

use super::link::LinkId;
use super::merge::{FieldState, Parked};
use super::record::hex;
use super::value::{Agreed, FieldValue};
use crate::privacy::PrivacyKey;

impl PrivacyKey {
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
                        *agreed = Agreed::Text(value.clone());
                    }
                    Agreed::Set(members) => replace(members, &hash, member),
                    _ => {}
                }
            }
        }
        if let Some(parked) = &mut state.parked {
            self.reveal_parked(link, field, parked, seen);
        }
    }

    /// The same of what waits for a person.
    pub(super) fn reveal_parked(&self, link: &LinkId, field: &str, parked: &mut Parked, seen: &FieldValue) {
        for value in seen.text().into_iter().chain(seen.members().iter().map(String::as_str)) {
            let hash = self.hash(link, field, value);
            for parked in [&mut parked.values.left, &mut parked.values.right] {
                match parked {
                    FieldValue::Text(hidden) if *hidden == hash => value.clone_into(hidden),
                    FieldValue::Set(members) => replace(members, &hash, value),
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
            self.hide_value(link, field, parked);
        }
    }

    /// What is stored of a value that waits for a person.
    pub(super) fn hide_value(&self, link: &LinkId, field: &str, value: &mut FieldValue) {
        match value {
            FieldValue::Text(text) if !is_hidden(text) => *text = self.hash(link, field, text),
            FieldValue::Set(members) => self.hide_members(link, field, members),
            _ => {}
        }
    }

    fn hide_members(&self, link: &LinkId, field: &str, members: &mut BTreeSet<String>) {
        let hidden = |member: String| {
            if is_hidden(&member) { member } else { self.hash(link, field, &member) }
        };
        *members = std::mem::take(members).into_iter().map(hidden).collect();
    }
}

/// What hashes begin with: no service puts it into a value.
const MARK: char = '\u{1}';

/// Whether a text stands for a value that is not known.
pub(super) fn is_hidden(text: &str) -> bool {
    text.strip_prefix(MARK).is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Whether nothing of a value stands for one that is not known.
pub(super) fn is_shown(value: &FieldValue) -> bool {
    !value.text().into_iter().chain(value.members().iter().map(String::as_str)).any(is_hidden)
}

fn replace(members: &mut BTreeSet<String>, hash: &str, member: &str) {
    if members.remove(hash) {
        members.insert(member.to_owned());
    }
}
