use serde::Deserialize;
use sync_core::Idempotency;
use sync_core::http::{Method, Operation, Request};

use crate::client::Client;
use crate::error::Error;
use crate::ids::CustomFieldId;
use crate::types::{CustomFieldDefinition, CustomFieldUpdate, NewCustomField, null_as_default};

const LIST: Operation = Operation::new(
    "custom_fields.list",
    Method::GET,
    "/locations/{locationId}/customFields",
    Idempotency::Safe,
);
const CREATE: Operation = Operation::new(
    "custom_fields.create",
    Method::POST,
    "/locations/{locationId}/customFields",
    Idempotency::NotIdempotent,
);
const GET: Operation = Operation::new(
    "custom_fields.get",
    Method::GET,
    "/locations/{locationId}/customFields/{id}",
    Idempotency::Safe,
);
const UPDATE: Operation = Operation::new(
    "custom_fields.update",
    Method::PUT,
    "/locations/{locationId}/customFields/{id}",
    Idempotency::Idempotent,
);
const DELETE: Operation = Operation::new(
    "custom_fields.delete",
    Method::DELETE,
    "/locations/{locationId}/customFields/{id}",
    Idempotency::Idempotent,
);

/// The custom fields of a location. From [`Client::custom_fields`].
///
/// ```no_run
/// # use ghl_contacts::{Client, CustomFieldUpdate, DataType, NewCustomField};
/// # async fn run(client: Client) -> Result<(), ghl_contacts::Error> {
/// let nif = NewCustomField::new("NIF", DataType::Text).field_key("nif");
/// let nif = client.custom_fields().create(&nif).await?;
/// client.custom_fields().update(&nif.id, &CustomFieldUpdate::new("Tax number")).await?;
/// assert_eq!(client.custom_fields().get("contact.nif").await?.id, nif.id);
/// # Ok(())
/// # }
/// ```
///
/// Source: `apps/locations.json` in the vendor's public description of the API, `GoHighLevel/highlevel-api-docs`, June 2026.
#[derive(Debug, Clone, Copy)]
pub struct CustomFields<'a> {
    pub(crate) client: &'a Client,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Many {
    #[serde(default, deserialize_with = "null_as_default")]
    custom_fields: Vec<CustomFieldDefinition>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct One {
    custom_field: CustomFieldDefinition,
}

impl CustomFields<'_> {
    fn request(self, operation: &Operation) -> Request {
        Request::new(operation).arg("locationId", self.client.location())
    }

    /// Lists the custom fields of contacts; the service does not page them.
    ///
    /// `GET /locations/{locationId}/customFields?model=contact`, scope `locations/customFields.readonly`. Safe.
    ///
    /// # Errors
    ///
    /// [`is_auth`](Error::is_auth) if the token lacks the scope.
    pub async fn list(self) -> Result<Vec<CustomFieldDefinition>, Error> {
        let many: Many = self.client.send(&LIST, self.request(&LIST).query("model", "contact")).await?;
        Ok(many.custom_fields)
    }

    /// Creates a custom field.
    ///
    /// `POST /locations/{locationId}/customFields`, scope `locations/customFields.write`. Not idempotent: the service
    /// accepts a second field of the same name. How options to choose from are given is not described: see
    /// [`NewCustomField`].
    ///
    /// # Errors
    ///
    /// [`is_auth`](Error::is_auth) if the token lacks the scope.
    pub async fn create(self, new: &NewCustomField) -> Result<CustomFieldDefinition, Error> {
        let one: One = self.client.send(&CREATE, self.request(&CREATE).json(new)).await?;
        Ok(one.custom_field)
    }

    /// Gives a custom field, by its id or by its key, such as `contact.nif`.
    ///
    /// `GET /locations/{locationId}/customFields/{id}`, scope `locations/customFields.readonly`. Safe.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is none.
    pub async fn get(self, id_or_key: impl AsRef<str>) -> Result<CustomFieldDefinition, Error> {
        let request = self.request(&GET).arg("id", id_or_key.as_ref());
        let one: One = self.client.send(&GET, request).await?;
        Ok(one.custom_field)
    }

    /// Changes a custom field and gives it as it is afterwards.
    ///
    /// `PUT /locations/{locationId}/customFields/{id}`, scope `locations/customFields.write`. Idempotent.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is none.
    pub async fn update(
        self,
        id: &CustomFieldId,
        update: &CustomFieldUpdate,
    ) -> Result<CustomFieldDefinition, Error> {
        let request = self.client.request(&UPDATE, update).arg("locationId", self.client.location());
        let request = request.arg("id", id);
        let one: One = self.client.send(&UPDATE, request).await?;
        Ok(one.custom_field)
    }

    /// Deletes a custom field, and with it the values that contacts have for it.
    ///
    /// `DELETE /locations/{locationId}/customFields/{id}`, scope `locations/customFields.write`. Idempotent: if the
    /// answer to a first request was lost, that the field is gone by the second one is a success.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is none.
    pub async fn delete(self, id: &CustomFieldId) -> Result<(), Error> {
        self.client.delete(&DELETE, self.request(&DELETE).arg("id", id)).await
    }
}
