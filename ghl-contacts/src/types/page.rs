/// One page of a list that goes on by a number of records to skip. From
/// [`Listing::page`](crate::resources::Listing::page).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The records.
    pub items: Vec<T>,
    /// What the service counts, where it does. It does not say whether that is the page or the whole list.
    pub count: Option<u64>,
    /// How many records to skip for the next page, `None` after the last one.
    pub next: Option<u64>,
}

impl<T> Page<T> {
    /// A last page, for tests.
    pub fn new(items: impl IntoIterator<Item = T>) -> Self {
        Self { items: items.into_iter().collect(), count: None, next: None }
    }
}
