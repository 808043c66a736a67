use std::collections::BTreeMap;

use super::contact::Contact;

/// Finds contacts by e-mail or phone. Unlike the search it never lags.
#[derive(Debug, Clone, Default)]
pub(super) struct Lookup {
    /// Ids, in the order in which the contacts took the address.
    ids: BTreeMap<String, Vec<String>>,
}

fn key(location: &str, address: &str) -> String {
    format!("{location} {}", address.to_lowercase())
}

fn keys(contact: &Contact) -> impl Iterator<Item = String> {
    let primary = [contact.text("email"), contact.text("phone")].into_iter().flatten();
    let more = contact.additional_emails.iter().chain(&contact.additional_phones).map(String::as_str);
    primary.chain(more).map(|address| key(&contact.location, address))
}

impl Lookup {
    /// Takes over how a contact has changed.
    pub(super) fn replace(&mut self, old: Option<&Contact>, new: &Contact) {
        let kept: Vec<String> = if new.deleted { Vec::new() } else { keys(new).collect() };
        for key in old.into_iter().flat_map(keys).filter(|key| !kept.contains(key)) {
            if let Some(ids) = self.ids.get_mut(&key) {
                ids.retain(|id| *id != new.id);
            }
        }
        for key in kept {
            let ids = self.ids.entry(key).or_default();
            if !ids.contains(&new.id) {
                ids.push(new.id.clone());
            }
        }
    }

    /// The id of the first contact that has this e-mail or phone.
    pub(super) fn find(&self, location: &str, address: &str, except: Option<&str>) -> Option<&str> {
        let ids = self.ids.get(&key(location, address))?;
        ids.iter().map(String::as_str).find(|id| Some(*id) != except)
    }
}
