use serde::Deserialize;
use serde_json::Value;

use super::contact::Contact;
use super::null::null_as_default;
use crate::ids::BusinessId;

const LARGEST_PAGE: u32 = 100;
/// How many contacts the service gives at a time if no size is asked for.
const UNASKED: u32 = 25;

/// Which contacts of a business to list.
#[derive(Debug, Clone, PartialEq)]
pub struct BusinessContacts {
    business: BusinessId,
    query: Option<String>,
    page_size: u32,
    skip: u64,
}

impl BusinessContacts {
    /// All contacts of a business, 100 per page.
    pub fn new(business: impl Into<BusinessId>) -> Self {
        Self { business: business.into(), query: None, page_size: LARGEST_PAGE, skip: 0 }
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

    /// Leaves out the first contacts: begins at [`BusinessPage::next`] of an earlier page.
    #[must_use]
    pub fn skip(mut self, contacts: u64) -> Self {
        self.skip = contacts;
        self
    }

    pub(crate) fn business(&self) -> &BusinessId {
        &self.business
    }

    pub(crate) fn set_skip(&mut self, contacts: u64) {
        self.skip = contacts;
    }

    pub(crate) fn parts(&self) -> (Option<&str>, u32, u64) {
        (self.query.as_deref(), self.page_size, self.skip)
    }

    /// The page that an answer is. A short one is the last only if the service cannot have cut it down.
    pub(crate) fn page(&self, wire: WireBusiness) -> BusinessPage {
        let length = u64::try_from(wire.contacts.len()).unwrap_or(u64::MAX);
        let seen = self.skip.checked_add(length);
        let (full, surely) = (u64::from(self.page_size), u64::from(self.page_size.min(UNASKED)));
        let more = length > 0
            && match (wire.count.as_u64(), seen) {
                (Some(count), Some(seen)) if count > seen => true,
                // It counts more than the page, and so all of them.
                (Some(count), _) if count > length && length < full => false,
                _ => length >= surely,
            };
        let contacts = wire.contacts.into_iter().map(Contact::with_names_of_lists).collect();
        BusinessPage { contacts, count: wire.count.as_u64(), next: seen.filter(|_| more) }
    }
}

/// One page of the contacts of a business.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BusinessPage {
    /// The contacts.
    pub contacts: Vec<Contact>,
    /// What the service counts; it does not say whether that is the page or all contacts of the business.
    pub count: Option<u64>,
    /// How many contacts to skip for the next page, `None` after the last one.
    pub next: Option<u64>,
}

/// The answer on the wire.
#[derive(Debug, Deserialize)]
pub(crate) struct WireBusiness {
    #[serde(default, deserialize_with = "null_as_default")]
    contacts: Vec<Contact>,
    #[serde(default)]
    count: Value,
}
