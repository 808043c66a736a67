use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::contact::Contact;
use crate::ids::CustomFieldId;
use crate::page::SearchCursor;

/// A search for contacts.
///
/// Sorted by the date of creation unless [`sort`](Self::sort) says otherwise, so that a walk over many pages is
/// stable. Only the cursor is used to go on: the service's page numbers end at 10 000 contacts.
///
/// ```
/// use ghl_contacts::{Filter, SearchContacts, SearchField};
/// let vip = SearchContacts::new()
///     .filter(Filter::any([
///         Filter::eq(SearchField::Email, "ana@example.pt"),
///         Filter::contains(SearchField::Tags, "vip"),
///     ]))
///     .page_size(50);
/// # let _ = vip;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SearchContacts {
    filters: Vec<Filter>,
    query: Option<String>,
    sort: (SortField, Direction),
    page_size: u32,
    after: Option<SearchCursor>,
}

impl Default for SearchContacts {
    fn default() -> Self {
        Self {
            filters: Vec::new(),
            query: None,
            sort: (SortField::DateAdded, Direction::Ascending),
            page_size: 100,
            after: None,
        }
    }
}

impl SearchContacts {
    /// All contacts of the location, 100 per page.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps only contacts that pass `filter` as well.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filters.push(filter);
        self
    }

    /// Sets a free text of at most 75 characters.
    #[must_use]
    pub fn query(mut self, text: impl Into<String>) -> Self {
        self.query = Some(text.into());
        self
    }

    /// Sets the order.
    #[must_use]
    pub fn sort(mut self, by: SortField, direction: Direction) -> Self {
        self.sort = (by, direction);
        self
    }

    /// Sets how many contacts a page holds, 1 to 500; other numbers are brought into these bounds.
    #[must_use]
    pub fn page_size(mut self, size: u32) -> Self {
        self.page_size = size.clamp(1, 500);
        self
    }

    /// Goes on after the page that gave `cursor`. The rest of the search must be the same.
    #[must_use]
    pub fn after(mut self, cursor: SearchCursor) -> Self {
        self.after = Some(cursor);
        self
    }

    pub(crate) fn set_after(&mut self, cursor: SearchCursor) {
        self.after = Some(cursor);
    }

    pub(crate) fn cursor(&self) -> Option<&SearchCursor> {
        self.after.as_ref()
    }

    pub(crate) fn size(&self) -> usize {
        self.page_size as usize
    }

    /// The body of the request, `locationId` apart.
    pub(crate) fn body(&self) -> Map<String, Value> {
        let (field, direction) = self.sort;
        let sort = json!([{ "field": field.as_str(), "direction": direction.as_str() }]);
        let mut body =
            Map::from_iter([("pageLimit".to_owned(), self.page_size.into()), ("sort".to_owned(), sort)]);
        if !self.filters.is_empty() {
            body.insert("filters".to_owned(), self.filters.iter().map(|f| f.0.clone()).collect());
        }
        if let Some(query) = &self.query {
            body.insert("query".to_owned(), query.as_str().into());
        }
        match &self.after {
            Some(after) => body.insert("searchAfter".to_owned(), after.0.clone()),
            None => body.insert("page".to_owned(), 1.into()),
        };
        body
    }
}

/// A condition of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter(Value);

impl Filter {
    fn new(field: SearchField, operator: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        Self(json!({ "field": field.into_name(), "operator": operator, "value": value }))
    }

    fn without_value(field: SearchField, operator: &str) -> Self {
        Self(json!({ "field": field.into_name(), "operator": operator }))
    }

    /// The field equals `value`.
    pub fn eq(field: SearchField, value: impl Into<Value>) -> Self {
        Self::new(field, "eq", value)
    }

    /// The field does not equal `value`.
    pub fn not_eq(field: SearchField, value: impl Into<Value>) -> Self {
        Self::new(field, "not_eq", value)
    }

    /// The field contains `value`, which may have no special characters.
    pub fn contains(field: SearchField, value: impl Into<Value>) -> Self {
        Self::new(field, "contains", value)
    }

    /// The field has a value.
    pub fn exists(field: SearchField) -> Self {
        Self::without_value(field, "exists")
    }

    /// The field has no value.
    pub fn not_exists(field: SearchField) -> Self {
        Self::without_value(field, "not_exists")
    }

    /// The date is `from` or later.
    pub fn since(field: SearchField, from: jiff::Timestamp) -> Self {
        Self::new(field, "range", json!({ "gte": from.to_string() }))
    }

    /// One of the conditions holds.
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Self {
        Self::group("OR", filters)
    }

    /// All of the conditions hold.
    pub fn all(filters: impl IntoIterator<Item = Self>) -> Self {
        Self::group("AND", filters)
    }

    /// A condition as the service wants it, for what has no constructor here.
    pub fn raw(filter: Value) -> Self {
        Self(filter)
    }

    fn group(kind: &str, filters: impl IntoIterator<Item = Self>) -> Self {
        let filters: Vec<_> = filters.into_iter().map(|f| f.0).collect();
        Self(json!({ "group": kind, "filters": filters }))
    }
}

/// A field to search by.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SearchField {
    /// The id.
    Id,
    /// The e-mail address; exact only.
    Email,
    /// The phone number.
    Phone,
    /// The tags.
    Tags,
    /// When the contact was created.
    DateAdded,
    /// When the contact last changed.
    DateUpdated,
    /// A custom field.
    Custom(CustomFieldId),
    /// Another field, by the service's own name.
    Other(String),
}

impl SearchField {
    fn into_name(self) -> String {
        match self {
            Self::Id => "id".to_owned(),
            Self::Email => "email".to_owned(),
            Self::Phone => "phone".to_owned(),
            Self::Tags => "tags".to_owned(),
            Self::DateAdded => "dateAdded".to_owned(),
            Self::DateUpdated => "dateUpdated".to_owned(),
            Self::Custom(id) => format!("customFields.{id}"),
            Self::Other(name) => name,
        }
    }
}

/// A field to sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SortField {
    /// When the contact was created.
    DateAdded,
    /// When the contact last changed.
    DateUpdated,
    /// The e-mail address.
    Email,
}

impl SortField {
    fn as_str(self) -> &'static str {
        match self {
            Self::DateAdded => "dateAdded",
            Self::DateUpdated => "dateUpdated",
            Self::Email => "email",
        }
    }
}

/// Which way to sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest or oldest first.
    Ascending,
    /// Largest or newest first.
    Descending,
}

impl Direction {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }
}

/// One page of a search.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SearchPage {
    /// The contacts.
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
            // Not as an alias: an item that has both names of a field would not decode.
            for (own, theirs) in [(&mut contact.name, "contactName"), (&mut contact.address1, "address")] {
                if own.is_none() {
                    *own = contact.extra.remove(theirs).and_then(|v| v.as_str().map(str::to_owned));
                }
            }
        }
        let next = last.filter(|_| full).map(SearchCursor);
        SearchPage { contacts: self.contacts, total: self.total, next }
    }
}
