//! What was seen of contacts, to recognise the one that another was merged into.
//!
//! The service tells of a merge no more than this: one contact is gone, and another one has what it had. So it takes
//! somebody who saw both before.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::time::Duration;

use sync_core::engine::Marker;

use crate::types::Contact;

/// How many contacts are remembered, about 200 bytes each; of more, those that were first seen longest ago are
/// forgotten.
const MOST: usize = 100_000;

/// What was seen of each contact. `Debug` shows how many there are.
#[derive(Default)]
pub(super) struct Memory {
    seen: HashMap<String, Seen>,
    oldest: VecDeque<String>,
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("contacts", &self.seen.len()).finish_non_exhaustive()
    }
}

/// What was seen of one contact.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) marker: Option<String>,
    held: Vec<Held>,
    /// When it was last there.
    there: Duration,
}

/// An address or marker that a contact has.
#[derive(Clone)]
struct Held {
    value: String,
    /// When it was first seen there, `None` if it was when the contact was first seen.
    since: Option<Duration>,
}

/// A contact that is there, reduced to what can be evidence.
pub(super) struct Holder {
    email: Option<String>,
    phone: Option<String>,
    additional: Vec<String>,
    marker: Option<String>,
}

fn lower(text: &str) -> Option<String> {
    Some(text.trim().to_lowercase()).filter(|text| !text.is_empty())
}

impl Holder {
    pub(super) fn of(contact: &Contact, marker: Option<&Marker>) -> Self {
        let emails = contact.additional_emails.iter().filter_map(|one| one.email.as_deref());
        let phones = contact.additional_phones.iter().filter_map(|one| one.phone.as_deref());
        Self {
            email: contact.email.as_deref().and_then(lower),
            phone: contact.phone.as_deref().and_then(lower),
            additional: emails.chain(phones).filter_map(lower).collect(),
            marker: marker.map(|marker| marker.as_str().to_owned()),
        }
    }

    fn values(&self) -> impl Iterator<Item = &String> {
        [&self.email, &self.phone, &self.marker].into_iter().flatten().chain(&self.additional)
    }

    fn has_address(&self, address: &String) -> bool {
        [&self.email, &self.phone].into_iter().flatten().any(|own| own == address)
            || self.additional.contains(address)
    }
}

impl Memory {
    /// Takes in what a contact has, at `now`.
    pub(super) fn see(&mut self, id: &str, holder: &Holder, now: Duration) {
        let before = self.seen.get(id);
        let held = holder.values().map(|value| {
            let since = match before {
                None => None,
                Some(before) => {
                    before.held.iter().find(|held| held.value == *value).map_or(Some(now), |held| held.since)
                }
            };
            Held { value: value.clone(), since }
        });
        let (email, phone, marker) = (holder.email.clone(), holder.phone.clone(), holder.marker.clone());
        let seen = Seen { email, phone, marker, held: held.collect(), there: now };
        if self.seen.insert(id.to_owned(), seen).is_none() {
            self.oldest.push_back(id.to_owned());
        }
        if self.seen.len() > MOST {
            // One that was forgotten already is in line still.
            while let Some(oldest) = self.oldest.pop_front() {
                if self.seen.remove(&oldest).is_some() {
                    break;
                }
            }
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<Seen> {
        self.seen.get(id).cloned()
    }

    pub(super) fn forget(&mut self, id: &str) {
        self.seen.remove(id);
    }

    /// Whether `lost`, which is gone, was merged into the contact `id` that is now `holder`. Unsure is no.
    ///
    /// The contact must have been seen before without what it now has of the lost one, and while that was there. That
    /// is either the marker of the lost one, or all its addresses, one of them as an additional one: these come by
    /// merging, or by the hand of somebody who means the same. An address that merely is another contact's own may be
    /// that of somebody else.
    pub(super) fn is_merged(&self, lost: &Seen, id: &str, holder: &Holder, lag: Duration) -> bool {
        let Some(before) = self.seen.get(id) else { return false };
        // Searches show what is gone for as long as they lag.
        let gained = |value: &String| match before.held.iter().find(|held| held.value == *value) {
            None => true,
            Some(Held { since, .. }) => since.is_some_and(|since| lost.there <= since.saturating_add(lag)),
        };
        if lost.marker.as_ref().is_some_and(|marker| holder.marker.as_ref() == Some(marker) && gained(marker))
        {
            return true;
        }
        let addresses: Vec<&String> = [&lost.email, &lost.phone].into_iter().flatten().collect();
        addresses.iter().all(|address| holder.has_address(address))
            && addresses.iter().any(|address| holder.additional.contains(address) && gained(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAG: Duration = Duration::from_secs(10);

    fn holder(email: &str, phone: &str, additional: &[&str], marker: &str) -> Holder {
        Holder {
            email: lower(email),
            phone: lower(phone),
            additional: additional.iter().filter_map(|text| lower(text)).collect(),
            marker: lower(marker),
        }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Whether Ana, who is gone, was merged into Eva, who was `before` and is `now`.
    fn merged(ana: &Holder, before: Option<&Holder>, now: &Holder) -> bool {
        let mut memory = Memory::default();
        memory.see("ana", ana, at(0));
        if let Some(before) = before {
            memory.see("eva", before, at(0));
        }
        let lost = memory.get("ana").unwrap();
        memory.is_merged(&lost, "eva", now, LAG)
    }

    #[test]
    fn a_merge_is_known_by_what_the_survivor_has_gained() {
        let ana = holder("ana@example.pt", "+351910000001", &[], "m:1");
        let eva = holder("eva@example.pt", "", &[], "");
        let table = [
            (true, holder("eva@example.pt", "+351910000001", &["Ana@example.pt"], "")),
            (true, holder("eva@example.pt", "+351910000009", &["ana@example.pt", "+351910000001"], "m:2")),
            (true, holder("eva@example.pt", "", &[], "m:1")),
            // One of the two addresses alone.
            (false, holder("eva@example.pt", "", &["ana@example.pt"], "")),
            // Typed in anew.
            (false, holder("ana@example.pt", "+351910000001", &[], "")),
            (false, holder("eva@example.pt", "+351910000009", &[], "m:2")),
        ];
        for (row, (want, now)) in table.iter().enumerate() {
            assert_eq!(merged(&ana, Some(&eva), now), *want, "{row}");
            assert!(!merged(&ana, None, now), "{row}: nobody saw what she had before");
            assert!(!merged(&ana, Some(now), now), "{row}: she had it before");
        }
        let nobody = holder("", "", &[], "");
        assert!(!merged(&nobody, Some(&eva), &eva), "one without anything could be anybody");
    }

    #[test]
    fn what_both_had_at_once_is_no_evidence() {
        let ana = holder("ana@example.pt", "", &[], "");
        let (before, after) =
            (holder("eva@example.pt", "", &[], ""), holder("eva@example.pt", "", &["ana@example.pt"], ""));
        for (last_there, want) in [(100, true), (109, true), (200, false)] {
            let mut memory = Memory::default();
            memory.see("eva", &before, at(0));
            memory.see("eva", &after, at(100));
            memory.see("eva", &after, at(300));
            memory.see("ana", &ana, at(last_there));
            let lost = memory.get("ana").unwrap();
            assert_eq!(memory.is_merged(&lost, "eva", &after, LAG), want, "{last_there}");
        }
    }

    #[test]
    fn what_was_seen_first_is_forgotten_first_and_nothing_shows() {
        let mut memory = Memory::default();
        for number in 0..=MOST {
            memory.see(&number.to_string(), &holder("ana@example.pt", "", &[], ""), at(0));
        }
        assert!(memory.get("0").is_none() && memory.get("1").is_some());
        memory.forget("1");
        assert!(memory.get("1").is_none());
        assert!(!format!("{memory:?}").contains("ana"));
    }
}
