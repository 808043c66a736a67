use serde::Deserialize;
use serde_json::json;
use sync_core::Idempotency;
use sync_core::http::{Method, Operation, Request};

use crate::client::Client;
use crate::error::Error;
use crate::ids::TagId;
use crate::types::{LocationTag, null_as_default};

const LIST: Operation =
    Operation::new("location_tags.list", Method::GET, "/locations/{locationId}/tags", Idempotency::Safe);
const CREATE: Operation = Operation::new(
    "location_tags.create",
    Method::POST,
    "/locations/{locationId}/tags",
    Idempotency::NotIdempotent,
);
const GET: Operation = Operation::new(
    "location_tags.get",
    Method::GET,
    "/locations/{locationId}/tags/{tagId}",
    Idempotency::Safe,
);
const UPDATE: Operation = Operation::new(
    "location_tags.update",
    Method::PUT,
    "/locations/{locationId}/tags/{tagId}",
    Idempotency::Idempotent,
);
const DELETE: Operation = Operation::new(
    "location_tags.delete",
    Method::DELETE,
    "/locations/{locationId}/tags/{tagId}",
    Idempotency::Idempotent,
);

/// The tags that the location knows. From [`Client::location_tags`].
///
/// A tag need not be created here before a contact gets it: [`tags`](Client::tags) adds whatever it is told.
///
/// ```no_run
/// # use ghl_contacts::{Client};
/// # async fn run(client: Client) -> Result<(), ghl_contacts::Error> {
/// let tag = client.location_tags().create("north").await?;
/// client.location_tags().update(&tag.id, "far north").await?;
/// for tag in client.location_tags().list().await? {
///     println!("{}", tag.name);
/// }
/// # Ok(())
/// # }
/// ```
///
/// Source: `apps/locations.json` in the vendor's public description of the API, `GoHighLevel/highlevel-api-docs`, June 2026.
#[derive(Debug, Clone, Copy)]
pub struct LocationTags<'a> {
    pub(crate) client: &'a Client,
}

#[derive(Deserialize)]
struct One {
    tag: LocationTag,
}

#[derive(Deserialize)]
struct Many {
    #[serde(default, deserialize_with = "null_as_default")]
    tags: Vec<LocationTag>,
}

impl LocationTags<'_> {
    fn request(self, operation: &Operation) -> Request {
        Request::new(operation).arg("locationId", self.client.location())
    }

    fn named(self, operation: &Operation, name: &str) -> Request {
        self.client.request(operation, &json!({ "name": name })).arg("locationId", self.client.location())
    }

    /// Lists all tags of the location; the service does not page them.
    ///
    /// `GET /locations/{locationId}/tags`, scope `locations/tags.readonly`. Safe.
    ///
    /// # Errors
    ///
    /// [`is_auth`](Error::is_auth) if the token lacks the scope.
    pub async fn list(self) -> Result<Vec<LocationTag>, Error> {
        let many: Many = self.client.send(&LIST, self.request(&LIST)).await?;
        Ok(many.tags)
    }

    /// Creates a tag. The service keeps the name in lower case.
    ///
    /// `POST /locations/{locationId}/tags`, scope `locations/tags.write`. Not idempotent: after an error with
    /// [`outcome_unknown`](Error::outcome_unknown), [`list`](Self::list) tells whether it was created. The service answers
    /// 200, not 201.
    ///
    /// # Errors
    ///
    /// [`is_auth`](Error::is_auth) if the token lacks the scope.
    pub async fn create(self, name: &str) -> Result<LocationTag, Error> {
        let one: One = self.client.send(&CREATE, self.named(&CREATE, name)).await?;
        Ok(one.tag)
    }

    /// Gives a tag.
    ///
    /// `GET /locations/{locationId}/tags/{tagId}`, scope `locations/tags.readonly`. Safe.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is none.
    pub async fn get(self, id: &TagId) -> Result<LocationTag, Error> {
        let one: One = self.client.send(&GET, self.request(&GET).arg("tagId", id)).await?;
        Ok(one.tag)
    }

    /// Renames a tag and gives it as it is afterwards.
    ///
    /// `PUT /locations/{locationId}/tags/{tagId}`, scope `locations/tags.write`. Idempotent. The description does not
    /// say whether contacts that have the tag get the new name: look before you rely on it.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is none.
    pub async fn update(self, id: &TagId, name: &str) -> Result<LocationTag, Error> {
        let one: One = self.client.send(&UPDATE, self.named(&UPDATE, name).arg("tagId", id)).await?;
        Ok(one.tag)
    }

    /// Deletes a tag. Contacts lose it.
    ///
    /// `DELETE /locations/{locationId}/tags/{tagId}`, scope `locations/tags.write`. Idempotent: if the answer to a first
    /// request was lost, that the tag is gone by the second one is a success.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is none.
    pub async fn delete(self, id: &TagId) -> Result<(), Error> {
        self.client.delete(&DELETE, self.request(&DELETE).arg("tagId", id)).await
    }
}
