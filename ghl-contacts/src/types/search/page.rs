use serde::{Deserialize, Serialize};

use crate::page::SearchCursor;
use crate::types::contact::Contact;

/// One page of a search.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SearchPage {
    /// The contacts. What only a search gives is in [`Contact::extra`], such as `validEmail`, `businessName`,
    /// `phoneLabel` and `opportunities`.
    pub contacts: Vec<Contact>,
    /// How many contacts the whole search finds.
    pub total: Option<u64>,
    /// Where to go on, `None` after the last page.
    pub next: Option<SearchCursor>,
}

/// The answer on the wire. The cursor sits on each contact, not beside them.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct WirePage {
    contacts: Vec<Contact>,
    #[serde(default)]
    total: Option<u64>,
}

impl WirePage {
    /// The page; it is the last one if it is not full or its last contact has no cursor.
    pub(crate) fn into_page(mut self, size: usize) -> SearchPage {
        let full = self.contacts.len() >= size;
        let last = self.contacts.last().and_then(|c| c.extra.get("searchAfter").cloned());
        let last = last.filter(|cursor| !cursor.is_null());
        for contact in &mut self.contacts {
            contact.extra.remove("searchAfter");
        }
        let next = last.filter(|_| full).map(SearchCursor);
        let contacts = self.contacts.into_iter().map(Contact::with_names_of_lists).collect();
        SearchPage { contacts, total: self.total, next }
    }
}
