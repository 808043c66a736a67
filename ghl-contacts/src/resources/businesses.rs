use serde::{Deserialize, Serialize};
use sync_core::Idempotency;
use sync_core::http::{Method, Operation, Request};

use crate::client::Client;
use crate::error::Error;
use crate::ids::{BusinessId, LocationId};
use crate::resources::Listing;
use crate::types::{Business, BusinessUpdate, NewBusiness};

const CREATE: Operation =
    Operation::new("businesses.create", Method::POST, "/businesses/", Idempotency::NotIdempotent);
const LIST: Operation = Operation::new("businesses.list", Method::GET, "/businesses/", Idempotency::Safe);
const GET: Operation =
    Operation::new("businesses.get", Method::GET, "/businesses/{businessId}", Idempotency::Safe);
const UPDATE: Operation =
    Operation::new("businesses.update", Method::PUT, "/businesses/{businessId}", Idempotency::Idempotent);
const DELETE: Operation =
    Operation::new("businesses.delete", Method::DELETE, "/businesses/{businessId}", Idempotency::Idempotent);
/// What a page holds if no size is asked for.
const PAGE: u32 = 100;

/// The businesses of the location. From [`Client::businesses`].
///
/// ```no_run
/// # use ghl_contacts::{BusinessUpdate, Client, ContactId, NewBusiness};
/// # async fn run(client: Client, ana: ContactId) -> Result<(), ghl_contacts::Error> {
/// let shop = client.businesses().create(&NewBusiness::new("Sousa & Reis, Lda.").city("Porto")).await?;
/// client.businesses().update(&shop.id, &BusinessUpdate::new().website("https://example.pt")).await?;
/// client.bulk().business(&[ana], Some(&shop.id)).await?;
/// # Ok(())
/// # }
/// ```
///
/// Source: `apps/businesses.json` in the vendor's public description of the API, `GoHighLevel/highlevel-api-docs`, June 2026.
#[derive(Debug, Clone, Copy)]
pub struct Businesses<'a> {
    pub(crate) client: &'a Client,
}

/// Creates and updates answer with `buiseness`, gets with `business`. Not as an alias: an answer with both, as it would
/// come from a service that mends its spelling, would not decode.
#[derive(Deserialize)]
struct One {
    business: Option<Business>,
    buiseness: Option<Business>,
}

impl One {
    fn business(self) -> Option<Business> {
        self.business.or(self.buiseness)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InLocation<'a> {
    location_id: &'a LocationId,
    #[serde(flatten)]
    new: &'a NewBusiness,
}

impl Businesses<'_> {
    /// Creates a business.
    ///
    /// `POST /businesses/`, scope `businesses.write`. Not idempotent: the service accepts a second business of the same
    /// name. The answer spells it `buiseness`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Validation`](crate::ErrorKind::Validation) for values that the service does not take.
    pub async fn create(self, new: &NewBusiness) -> Result<Business, Error> {
        let body = InLocation { location_id: self.client.location(), new };
        self.client.send_part(&CREATE, self.client.request(&CREATE, &body), One::business).await
    }

    /// Lists the businesses of the location, 100 a page.
    ///
    /// `GET /businesses/`, scope `businesses.readonly`. Safe.
    ///
    /// # Errors
    ///
    /// The pages are errors for which [`is_auth`](Error::is_auth) holds if the token lacks the scope.
    pub fn list(self) -> Listing<Business> {
        Listing::new(self.client, &LIST, PAGE).largest(PAGE).query("locationId", self.client.location())
    }

    /// Gives a business.
    ///
    /// `GET /businesses/{businessId}`, scope `businesses.readonly`. Safe.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is none.
    pub async fn get(self, id: &BusinessId) -> Result<Business, Error> {
        self.client.send_part(&GET, Request::new(&GET).arg("businessId", id), One::business).await
    }

    /// Changes a business and gives it as it is afterwards.
    ///
    /// `PUT /businesses/{businessId}`, scope `businesses.write`. Idempotent. The answer spells it `buiseness`.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is none.
    pub async fn update(self, id: &BusinessId, update: &BusinessUpdate) -> Result<Business, Error> {
        let request = self.client.request(&UPDATE, update).arg("businessId", id);
        self.client.send_part(&UPDATE, request, One::business).await
    }

    /// Deletes a business. Its contacts stay, and belong to none.
    ///
    /// `DELETE /businesses/{businessId}`, scope `businesses.write`. Idempotent: if the answer to a first request was
    /// lost, that the business is gone by the second one is a success.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is none.
    pub async fn delete(self, id: &BusinessId) -> Result<(), Error> {
        self.client.delete(&DELETE, Request::new(&DELETE).arg("businessId", id)).await
    }
}
