use serde_json::Value;
use sync_core::Idempotency;
use sync_core::http::{Method, Operation};

use crate::client::Client;
use crate::resources::Listing;
use crate::types::{SearchTasks, Task};

const SEARCH: Operation = Operation::new(
    "location_tasks.search",
    Method::POST,
    "/locations/{locationId}/tasks/search",
    Idempotency::Safe,
);
/// What a page holds if no size is asked for.
const PAGE: u32 = 25;

/// The tasks of all contacts of the location. From [`Client::location_tasks`].
///
/// They are read only here: [`tasks`](Client::tasks) changes them, contact by contact.
///
/// Source: `apps/locations.json` in the vendor's public description of the API, `GoHighLevel/highlevel-api-docs`, June 2026.
#[derive(Debug, Clone, Copy)]
pub struct LocationTasks<'a> {
    pub(crate) client: &'a Client,
}

impl LocationTasks<'_> {
    /// Searches tasks, 25 a page.
    ///
    /// `POST /locations/{locationId}/tasks/search`, scope `locations/tasks.readonly`. Safe. The answer has the ids as
    /// `_id`; the description leaves its records open.
    ///
    /// ```no_run
    /// # use ghl_contacts::{Client, SearchTasks};
    /// use futures_util::TryStreamExt;
    ///
    /// # async fn run(client: Client) -> Result<(), ghl_contacts::Error> {
    /// let open = SearchTasks::new().completed(false);
    /// let open: Vec<_> = client.location_tasks().search(&open).items().try_collect().await?;
    /// # let _ = open;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The pages are errors for which [`is_auth`](crate::Error::is_auth) holds if the token lacks the scope.
    pub fn search(self, search: &SearchTasks) -> Listing<Task> {
        // Nothing of a search fails to serialise: its keys are text.
        let fields = match serde_json::to_value(search) {
            Ok(Value::Object(fields)) => fields,
            _ => serde_json::Map::new(),
        };
        Listing::new(self.client, &SEARCH, PAGE).body(fields).arg("locationId", self.client.location())
    }
}
