use std::collections::BTreeMap;

use jiff::Timestamp;

use super::contact::Contact;

/// What searches and lists see: every contact as it was some time ago.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    versions: BTreeMap<String, Vec<Version>>,
}

#[derive(Debug, Clone)]
struct Version {
    visible_from: Timestamp,
    contact: Contact,
}

impl Index {
    /// Takes a contact over from `visible_from` on. Until then the version before it stays visible.
    pub(super) fn put(&mut self, contact: Contact, visible_from: Timestamp, now: Timestamp) {
        let versions = self.versions.entry(contact.id.clone()).or_default();
        if let Some(current) = versions.iter().rposition(|v| v.visible_from <= now) {
            versions.drain(..current);
        }
        versions.push(Version { visible_from, contact });
    }

    /// Takes a contact over at once and for all times.
    pub(super) fn put_at_once(&mut self, contact: Contact) {
        let version = Version { visible_from: Timestamp::MIN, contact };
        self.versions.insert(version.contact.id.clone(), vec![version]);
    }

    /// Removes the values of a custom field that no longer exists.
    pub(super) fn drop_custom(&mut self, field: &str) {
        for version in self.versions.values_mut().flatten() {
            version.contact.custom.remove(field);
        }
    }

    pub(super) fn visible(&self, now: Timestamp) -> impl Iterator<Item = &Contact> {
        self.versions
            .values()
            .filter_map(move |versions| versions.iter().rfind(|v| v.visible_from <= now))
            .map(|version| &version.contact)
            .filter(|contact| !contact.deleted)
    }
}
