use serde::Deserialize;
use serde_json::Value;

use super::contact::Contact;
use super::null::null_as_default;
use crate::page::ListCursor;

const LARGEST_PAGE: u32 = 100;

/// What to list with the old call for lists, which v3 no longer has.
#[derive(Debug, Clone, PartialEq)]
pub struct ListContacts {
    query: Option<String>,
    page_size: u32,
    after: Option<ListCursor>,
}

impl Default for ListContacts {
    fn default() -> Self {
        Self { query: None, page_size: LARGEST_PAGE, after: None }
    }
}

impl ListContacts {
    /// All contacts of the location, 100 per page.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps only contacts in which the service finds this text.
    #[must_use]
    pub fn query(mut self, text: impl Into<String>) -> Self {
        self.query = Some(text.into());
        self
    }

    /// Sets how many contacts a page holds, 1 to 100; other numbers are brought into these bounds.
    #[must_use]
    pub fn page_size(mut self, size: u32) -> Self {
        self.page_size = size.clamp(1, LARGEST_PAGE);
        self
    }

    /// Goes on after the page that gave `cursor`.
    #[must_use]
    pub fn after(mut self, cursor: ListCursor) -> Self {
        self.after = Some(cursor);
        self
    }

    pub(crate) fn set_after(&mut self, cursor: ListCursor) {
        self.after = Some(cursor);
    }

    pub(crate) fn parts(&self) -> (Option<&str>, u32, Option<&ListCursor>) {
        (self.query.as_deref(), self.page_size, self.after.as_ref())
    }
}

/// One page of a [`ListContacts`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ListPage {
    /// The contacts.
    pub contacts: Vec<Contact>,
    /// How many contacts the whole list has.
    pub total: Option<u64>,
    /// Where to go on, `None` after the last page.
    pub next: Option<ListCursor>,
}

/// The answer on the wire. The description has `count` beside the contacts; the service sends `meta`.
#[derive(Debug, Deserialize)]
pub(crate) struct WireList {
    #[serde(default, deserialize_with = "null_as_default")]
    contacts: Vec<Contact>,
    #[serde(default)]
    meta: Value,
}

impl From<WireList> for ListPage {
    /// The page; it is the last one if it is empty or half of its cursor is missing.
    fn from(wire: WireList) -> Self {
        let next = ListCursor::of(&wire.meta).filter(|_| !wire.contacts.is_empty());
        let total = wire.meta.get("total").and_then(Value::as_u64);
        let contacts = wire.contacts.into_iter().map(Contact::with_names_of_lists).collect();
        Self { contacts, total, next }
    }
}
