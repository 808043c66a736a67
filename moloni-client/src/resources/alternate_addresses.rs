use serde_json::{Map, Value};

use super::entity::operations;
use crate::types::{AlternateAddress, NewAlternateAddress};
use crate::{AddressId, Client, CustomerId, Error};

operations! { "customerAlternateAddresses":
    GET_ALL = "getAll" read;
    INSERT = "insert" write;
    UPDATE = "update" write;
    DELETE = "delete" write;
}

/// The further addresses of one customer. From [`Client::alternate_addresses`]. See
/// [the service's documentation](https://www.moloni.pt/dev/entities/customers-alternate-addresses/).
#[derive(Debug, Clone, Copy)]
pub struct AlternateAddresses<'a> {
    pub(crate) client: &'a Client,
    pub(crate) customer: CustomerId,
}

impl AlternateAddresses<'_> {
    fn params(self) -> Map<String, Value> {
        Map::from_iter([("customer_id".to_owned(), self.customer.get().into())])
    }

    fn params_of(self, id: AddressId) -> Map<String, Value> {
        let mut params = self.params();
        params.insert("address_id".to_owned(), id.get().into());
        params
    }

    /// Lists all of them.
    ///
    /// `POST /customerAlternateAddresses/getAll/`, a read. Not paged, as far as is known.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Request` if no company is set.
    pub async fn get_all(self) -> Result<Vec<AlternateAddress>, Error> {
        let mut params = self.client.company_params(&GET_ALL)?;
        params.extend(self.params());
        self.client.rows(&GET_ALL, params).await
    }

    /// Creates one and gives its id.
    ///
    /// `POST /customerAlternateAddresses/insert/`, a write: sent again only if it provably never arrived.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Validation` names the fields that are wrong. With
    /// [`outcome_unknown`](Error::outcome_unknown) it may be there all the same.
    pub async fn insert(self, new: &NewAlternateAddress) -> Result<AddressId, Error> {
        self.client.write_id(&INSERT, new, self.params(), "address_id").await
    }

    /// Replaces all its fields.
    ///
    /// `POST /customerAlternateAddresses/update/`, a write, with everything that an insert takes.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert); `Refused` if it is not there.
    pub async fn update(self, id: AddressId, new: &NewAlternateAddress) -> Result<(), Error> {
        self.client.write(&UPDATE, new, self.params_of(id)).await
    }

    /// Deletes it.
    ///
    /// `POST /customerAlternateAddresses/delete/`, a write.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Refused` if it is in use, or not there.
    pub async fn delete(self, id: AddressId) -> Result<(), Error> {
        self.client.write(&DELETE, &Map::new(), self.params_of(id)).await
    }
}
