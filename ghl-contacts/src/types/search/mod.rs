//! Searching contacts: what to ask for, and what comes back.

mod field;
mod filter;
pub mod kind;
mod opportunity;
mod page;
mod sort;
mod value;

use serde_json::{Map, Value};

use crate::page::SearchCursor;

pub use field::SearchField;
pub use filter::Filter;
use filter::LONGEST;
pub use opportunity::{OpportunityField, OpportunityFilter};
pub use page::SearchPage;
pub(crate) use page::WirePage;
pub use sort::{Direction, SortField};
pub use value::{SearchBound, SearchDate, SearchText, SearchValue};

/// A search for contacts.
///
/// Sorted by the date of creation unless [`sort`](Self::sort) says otherwise, so that a walk over many pages is
/// stable. Only the cursor is used to go on: the service's page numbers end at 10 000 contacts, the cursor does not.
///
/// ```
/// use ghl_contacts::{Direction, Filter, SearchContacts, SearchField, SortField};
/// let vip = SearchContacts::new()
///     .filter(Filter::any([
///         SearchField::EMAIL.eq("ana@example.pt"),
///         SearchField::TAGS.contains("vip"),
///     ]))
///     .filter(SearchField::CITY.eq(["Porto", "Braga"]))
///     .sort(SortField::LastName, Direction::Ascending)
///     .then_sort(SortField::DateAdded, Direction::Descending)
///     .page_size(50);
/// # let _ = vip;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SearchContacts {
    filters: Vec<Filter>,
    query: Option<String>,
    sort: (SortField, Direction),
    then_sort: Option<(SortField, Direction)>,
    page_size: u32,
    after: Option<SearchCursor>,
}

impl Default for SearchContacts {
    fn default() -> Self {
        Self {
            filters: Vec::new(),
            query: None,
            sort: (SortField::DateAdded, Direction::Ascending),
            then_sort: None,
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

    /// Sets the order among contacts that [`sort`](Self::sort) finds equal. The service has no third.
    #[must_use]
    pub fn then_sort(mut self, by: SortField, direction: Direction) -> Self {
        self.then_sort = Some((by, direction));
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

    /// Why the service would refuse it, or take it for something else, if it would.
    pub(crate) fn check(&self) -> Result<(), String> {
        let length = self.query.as_deref().map_or(0, |query| query.chars().count());
        if length > LONGEST {
            return Err(format!(
                "the query has {length} characters, and the service takes at most {LONGEST}"
            ));
        }
        self.filters.iter().try_for_each(Filter::check)
    }

    /// The body of the request, `locationId` apart.
    pub(crate) fn body(&self) -> Map<String, Value> {
        let sort = std::iter::once(&self.sort).chain(&self.then_sort);
        let sort: Value = sort.map(|(field, direction)| field.to_value(*direction)).collect();
        let mut body =
            Map::from_iter([("pageLimit".to_owned(), self.page_size.into()), ("sort".to_owned(), sort)]);
        if !self.filters.is_empty() {
            body.insert("filters".to_owned(), self.filters.iter().map(Filter::to_value).collect());
        }
        if let Some(query) = &self.query {
            body.insert("query".to_owned(), query.as_str().into());
        }
        match &self.after {
            Some(after) => body.insert("searchAfter".to_owned(), after.0.clone()),
            // The first page only: a later one goes by its cursor.
            None => body.insert("page".to_owned(), 1.into()),
        };
        body
    }
}
