use serde::Deserialize;
use sync_core::Idempotency;
use sync_core::http::{Method, Operation, Request};

use crate::client::Client;
use crate::error::Error;
use crate::ids::LocationId;
use crate::types::Location;

const GET: Operation =
    Operation::new("locations.get", Method::GET, "/locations/{locationId}", Idempotency::Safe);

/// Locations. From [`Client::locations`].
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
}
