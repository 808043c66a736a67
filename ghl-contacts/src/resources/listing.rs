use std::fmt;
use std::marker::PhantomData;

use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sync_core::http::{Operation, Request};

use crate::client::Client;
use crate::error::Error;
use crate::types::{Page, null_as_default};

/// A list that has not been asked for yet. [`page`](Self::page) fetches one page, [`pages`](Self::pages) and
/// [`items`](Self::items) walk through all of them.
///
/// The service finds a page by how many records come before it. A record that is created or deleted during a walk
/// moves the others, so that one may come twice or be left out: a sync repeats its walks.
///
/// The service does not say which page is the last. One is, if it holds fewer records than were asked for and fewer
/// than the service gives unasked; a page size that the service silently cuts down thus loses nothing.
///
/// ```no_run
/// # use ghl_contacts::Client;
/// use futures_util::TryStreamExt;
///
/// # async fn run(client: Client) -> Result<(), ghl_contacts::Error> {
/// let mut businesses = std::pin::pin!(client.businesses().list().items());
/// while let Some(business) = businesses.try_next().await? {
///     // …
/// #   let _ = business;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Listing<T> {
    client: Client,
    operation: Operation,
    args: Vec<(&'static str, String)>,
    query: Vec<(&'static str, String)>,
    body: Option<Map<String, Value>>,
    skip_name: &'static str,
    page_size: u32,
    unasked: u32,
    largest: u32,
    skip: u64,
    item: PhantomData<fn() -> T>,
}

impl<T> Listing<T> {
    /// A list of which the service gives `unasked` records at a time if no size is asked for.
    pub(super) fn new(client: &Client, operation: &Operation, unasked: u32) -> Self {
        Self {
            client: client.clone(),
            operation: operation.clone(),
            args: Vec::new(),
            query: Vec::new(),
            body: None,
            skip_name: "skip",
            page_size: unasked,
            unasked,
            largest: u32::MAX,
            skip: 0,
            item: PhantomData,
        }
    }

    pub(super) fn arg(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    pub(super) fn query(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    pub(super) fn query_opt(self, name: &'static str, value: Option<impl fmt::Display>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// Sends these fields as the body, with the page beside them, in place of a query.
    pub(super) fn body(mut self, fields: Map<String, Value>) -> Self {
        self.body = Some(fields);
        self
    }

    /// Names the parameter that says how many records to skip.
    pub(super) fn skip_name(mut self, name: &'static str) -> Self {
        self.skip_name = name;
        self
    }

    /// Sets how many records a page may have at most.
    pub(super) fn largest(mut self, size: u32) -> Self {
        self.largest = size;
        self
    }

    /// Sets how many records a page holds, at least 1. Where the service has a known limit, more is brought down to it.
    #[must_use]
    pub fn page_size(mut self, size: u32) -> Self {
        self.page_size = size.clamp(1, self.largest);
        self
    }

    /// Leaves out the first records: goes on at the [`next`](Page::next) of an earlier page.
    #[must_use]
    pub fn skip(mut self, records: u64) -> Self {
        self.skip = records;
        self
    }

    fn request(&self) -> Request {
        let request = match &self.body {
            Some(fields) => {
                let mut body = fields.clone();
                body.insert("limit".to_owned(), self.page_size.into());
                body.insert(self.skip_name.to_owned(), self.skip.into());
                self.client.request(&self.operation, &body)
            }
            None => Request::new(&self.operation),
        };
        let request = self.args.iter().fold(request, |request, (name, value)| request.arg(name, value));
        let request = self.query.iter().fold(request, |request, (name, value)| request.query(*name, value));
        if self.body.is_some() {
            return request;
        }
        request.query("limit", self.page_size).query(self.skip_name, self.skip)
    }

    /// The page that an answer is.
    fn read(&self, answer: Answer<T>) -> Page<T> {
        let length = answer.items.len();
        let surely = usize::try_from(self.page_size.min(self.unasked)).unwrap_or(usize::MAX);
        let more = length > 0 && answer.has_more.as_bool().unwrap_or(length >= surely);
        let next = u64::try_from(length).ok().and_then(|length| self.skip.checked_add(length));
        Page { items: answer.items, count: answer.count.as_u64(), next: next.filter(|_| more) }
    }
}

impl<T: DeserializeOwned + Clone + PartialEq + Send + 'static> Listing<T> {
    /// Fetches one page: the first, or the one after [`skip`](Self::skip) records.
    ///
    /// # Errors
    ///
    /// [`is_auth`](Error::is_auth) if the token lacks the scope;
    /// [`ErrorKind::Validation`](crate::ErrorKind::Validation) for a page size that the service does not take.
    pub async fn page(&self) -> Result<Page<T>, Error> {
        Ok(self.read(self.client.send(&self.operation, self.request()).await?))
    }

    /// Fetches page by page until the last. Ends after an error.
    ///
    /// A page that is the same as the one before is an error of kind [`Decode`](crate::ErrorKind::Decode): the walk
    /// would not end.
    pub fn pages(self) -> impl Stream<Item = Result<Page<T>, Error>> + Send + 'static {
        stream::try_unfold(Some((self, Vec::new())), |state| async move {
            let Some((mut listing, before)) = state else { return Ok(None) };
            let page = listing.page().await?;
            let Some(next) = page.next else { return Ok(Some((page, None))) };
            if page.items == before {
                return Err(Error::repeated(&listing.operation));
            }
            listing.skip = next;
            let items = page.items.clone();
            Ok(Some((page, Some((listing, items)))))
        })
    }

    /// Fetches record by record until the last. Ends after an error.
    pub fn items(self) -> impl Stream<Item = Result<T, Error>> + Send + 'static {
        self.pages().map_ok(|page| stream::iter(page.items).map(Ok)).try_flatten()
    }
}

/// What all lists answer: the records under a name of their own, and perhaps a count or whether there are more.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
struct Answer<T> {
    #[serde(
        default,
        deserialize_with = "null_as_default",
        alias = "notes",
        alias = "businesses",
        alias = "locations",
        alias = "tasks",
        alias = "users"
    )]
    items: Vec<T>,
    #[serde(default)]
    count: Value,
    #[serde(default)]
    has_more: Value,
}
