use sync_core::Idempotency;
use sync_core::http::{Method, Operation};

use crate::client::Client;
use crate::resources::Listing;
use crate::types::{SearchUsers, User};

const SEARCH: Operation = Operation::new("users.search", Method::GET, "/users/search", Idempotency::Safe);
/// What a page holds if no size is asked for.
const PAGE: u32 = 25;

/// The users of an agency and its locations. From [`Client::users`].
///
/// Source: `apps/users.json` in the vendor's public description of the API, `GoHighLevel/highlevel-api-docs`, June 2026.
#[derive(Debug, Clone, Copy)]
pub struct Users<'a> {
    pub(crate) client: &'a Client,
}

impl Users<'_> {
    /// Searches users, 25 a page, by their names.
    ///
    /// `GET /users/search`, scope `users.readonly`. Safe. In place of `GET /users/`, which v3 no longer has.
    ///
    /// ```no_run
    /// # use ghl_contacts::{Client, SearchUsers};
    /// use futures_util::TryStreamExt;
    ///
    /// # async fn run(client: Client) -> Result<(), ghl_contacts::Error> {
    /// if let Some(company) = client.identity().await?.company_id {
    ///     let here = SearchUsers::new(company).location(client.location().clone());
    ///     let users: Vec<_> = client.users().search(here).items().try_collect().await?;
    /// #   let _ = users;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The pages are errors for which [`is_auth`](crate::Error::is_auth) holds if the token lacks the scope or is for
    /// another agency.
    pub fn search(self, search: SearchUsers) -> Listing<User> {
        let ids = search.ids.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(",");
        Listing::new(self.client, &SEARCH, PAGE)
            .query("companyId", search.company)
            .query_opt("locationId", search.location)
            .query_opt("query", search.query)
            .query_opt("type", search.kind)
            .query_opt("role", search.role)
            .query_opt("ids", Some(ids).filter(|ids| !ids.is_empty()))
    }
}
