use serde::Deserialize;
use sync_core::Idempotency;
use sync_core::http::{Method, Operation, Request};

use crate::client::Client;
use crate::error::Error;
use crate::ids::LocationId;
use crate::resources::Listing;
use crate::types::{Direction, Location, SearchLocations};

const GET: Operation =
    Operation::new("locations.get", Method::GET, "/locations/{locationId}", Idempotency::Safe);
const SEARCH: Operation =
    Operation::new("locations.search", Method::GET, "/locations/search", Idempotency::Safe);
/// What a page holds if no size is asked for.
const PAGE: u32 = 10;

/// Locations. From [`Client::locations`].
///
/// ```no_run
/// # use ghl_contacts::{Client, SearchLocations};
/// use futures_util::TryStreamExt;
///
/// # async fn run(client: Client) -> Result<(), ghl_contacts::Error> {
/// let here = client.locations().get(client.location()).await?;
/// println!("{:?}: {:?}", here.name, here.settings);
///
/// let all: Vec<_> = client.locations().search(SearchLocations::new()).items().try_collect().await?;
/// # let _ = all;
/// # Ok(())
/// # }
/// ```
///
/// Source: `apps/locations.json` in the vendor's public description of the API, `GoHighLevel/highlevel-api-docs`, June 2026.
#[derive(Debug, Clone, Copy)]
pub struct Locations<'a> {
    pub(crate) client: &'a Client,
}

#[derive(Deserialize)]
struct One {
    location: Location,
}

impl Locations<'_> {
    /// Reads a location. A location's token reaches that location alone.
    ///
    /// `GET /locations/{locationId}`, scope `locations.readonly`. Safe.
    ///
    /// # Errors
    ///
    /// [`is_auth`](Error::is_auth) if the token lacks the scope or is for another location.
    pub async fn get(self, id: &LocationId) -> Result<Location, Error> {
        let one: One = self.client.send(&GET, Request::new(&GET).arg("locationId", id)).await?;
        Ok(one.location)
    }

    /// Searches locations, 10 a page.
    ///
    /// `GET /locations/search`, scope `locations.readonly`. Safe. Made for an agency's token; a location's token finds
    /// that location alone. What is found has no [`company_id`](Location::company_id), and the answer no total.
    ///
    /// # Errors
    ///
    /// The pages are errors for which [`is_auth`](Error::is_auth) holds if the token lacks the scope or is for another
    /// agency.
    pub fn search(self, search: SearchLocations) -> Listing<Location> {
        Listing::new(self.client, &SEARCH, PAGE)
            .query_opt("companyId", search.company)
            .query_opt("email", search.email)
            .query_opt("order", search.order.map(Direction::name))
    }
}
