use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sync_core::http::Operation;

use crate::outcome::Expected;
use crate::{Client, Error};

/// The rows of one request. The service gives no more, whatever is asked for.
const PAGE_SIZE: u64 = 50;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The rows, as the service orders them: newest first.
    pub items: Vec<T>,
    /// How many rows of the list come before.
    pub offset: u64,
    /// Where the next page starts, `None` if this is the last.
    pub next: Option<u64>,
    /// The service's clock when it answered. Ask for changes since this moment, and some overlap, next time.
    pub served_at: Option<Timestamp>,
}

/// A list that the service gives in pages. Nothing is sent until you ask for one.
///
/// The service counts rows from the newest. A row that is created while you read moves the others back, so a row may
/// come twice in [`pages`](Self::pages); [`items`](Self::items) gives each once. A row that is deleted meanwhile
/// moves the others forward, so one may be missed: the service offers no remedy.
///
/// ```no_run
/// # async fn example(client: moloni_client::Client) -> Result<(), moloni_client::Error> {
/// use moloni_client::TryStreamExt;
///
/// let mut customers = client.customers().get_all().items();
/// while let Some(customer) = customers.try_next().await? {
///     println!("{} {}", customer.number, customer.name);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Listing<T> {
    client: Client,
    operation: &'static Operation,
    params: Map<String, Value>,
    offset: u64,
    id: fn(&T) -> u64,
    keep: Option<Keep<T>>,
}

/// Whether a row is one of those that were asked for.
type Keep<T> = Arc<dyn Fn(&T) -> bool + Send + Sync>;

impl<T> Clone for Listing<T> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), params: self.params.clone(), keep: self.keep.clone(), ..*self }
    }
}

impl<T> fmt::Debug for Listing<T> {
    /// Leaves the filters out: they may hold personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Listing");
        debug.field("operation", &self.operation.name()).field("offset", &self.offset).finish_non_exhaustive()
    }
}

impl<T> Listing<T> {
    pub(crate) fn new(
        client: Client,
        operation: &'static Operation,
        params: Map<String, Value>,
        id: fn(&T) -> u64,
    ) -> Self {
        Self { client, operation, params, offset: 0, id, keep: None }
    }

    /// Drops the rows that `keep` does not want. Pages stay where they are, with fewer rows.
    pub(crate) fn keep(mut self, keep: impl Fn(&T) -> bool + Send + Sync + 'static) -> Self {
        self.keep = Some(Arc::new(keep));
        self
    }

    /// Starts after `offset` rows, in place of the first.
    #[must_use]
    pub fn from_offset(mut self, offset: u64) -> Self {
        self.offset = offset;
        self
    }
}

impl<T: DeserializeOwned + Send + 'static> Listing<T> {
    /// Reads the page after `offset` rows.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`: no rows are an empty page.
    pub async fn page(&self, offset: u64) -> Result<Page<T>, Error> {
        self.read(offset).await.map(|answered| answered.page)
    }

    /// Reads page after page, up to one with fewer than 50 rows. After an error the stream ends.
    ///
    /// A full page that repeats the one before is an error, not an endless loop.
    pub fn pages(self) -> impl Stream<Item = Result<Page<T>, Error>> + Send + Unpin + 'static {
        let start = (Some(self.offset), Vec::new());
        let pages = stream::try_unfold((self, start), |(list, (offset, before))| async move {
            let Some(offset) = offset else { return Ok(None) };
            let Answered { page, ids, attempts } = list.read(offset).await?;
            if page.next.is_some() && ids == before {
                return Err(Error::stuck(list.operation, offset, attempts));
            }
            let next = page.next;
            Ok(Some((page, (list, (next, ids)))))
        });
        pages.boxed()
    }

    /// Reads all rows, each once. After an error the stream ends.
    pub fn items(self) -> impl Stream<Item = Result<T, Error>> + Send + Unpin + 'static {
        let (id, mut seen) = (self.id, HashSet::new());
        let fresh = move |page: Page<T>| {
            let rows: Vec<_> = page.items.into_iter().filter(|row| seen.insert(id(row))).map(Ok).collect();
            stream::iter(rows)
        };
        self.pages().map_ok(fresh).try_flatten().boxed()
    }

    async fn read(&self, offset: u64) -> Result<Answered<T>, Error> {
        let mut params = self.client.company_params(self.operation)?;
        params.extend(self.params.clone());
        params.insert("qty".to_owned(), PAGE_SIZE.into());
        params.insert("offset".to_owned(), offset.into());
        let answered = self.client.send(self.operation, Expected::List, &params).await?;
        let mut items: Vec<T> = answered.rows(self.operation)?;
        let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
        // More rows than were asked for come from a list that is not paged: these are all.
        let next = (count == PAGE_SIZE).then(|| offset.saturating_add(count));
        let date = answered.reply.headers.get("date").and_then(|date| date.to_str().ok());
        let served_at = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
        let ids = items.iter().map(self.id).collect();
        if let Some(keep) = &self.keep {
            items.retain(|row| keep(row));
        }
        let attempts = answered.reply.attempts;
        Ok(Answered { page: Page { items, offset, next, served_at }, ids, attempts })
    }
}

/// One request's worth of a list.
struct Answered<T> {
    page: Page<T>,
    /// The ids of all rows, those that are not kept too.
    ids: Vec<u64>,
    /// How many requests it took.
    attempts: u32,
}
