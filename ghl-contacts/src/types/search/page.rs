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
    /// The page of a walk that has seen `before` contacts. It is the last one if its last contact has no cursor, or if it
    /// is short and the total says that all were seen: a service that gives smaller pages than were asked for has more.
    pub(crate) fn into_page(mut self, size: usize, before: u64) -> SearchPage {
        let length = u64::try_from(self.contacts.len()).unwrap_or(u64::MAX);
        let all = self.total.is_some_and(|total| before.saturating_add(length) >= total);
        let ends = all && self.contacts.len() < size;
        let last = self.contacts.last().and_then(|c| c.extra.get("searchAfter").cloned());
        let last = last.filter(|cursor| !cursor.is_null());
        for contact in &mut self.contacts {
            contact.extra.remove("searchAfter");
        }
        let next = last.filter(|_| !ends).map(SearchCursor);
        let contacts = self.contacts.into_iter().map(Contact::with_names_of_lists).collect();
        SearchPage { contacts, total: self.total, next }
    }
}
