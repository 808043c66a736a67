use jiff::Timestamp;
use serde_json::Map;

use super::entity::operations;
use super::{found, since};
use crate::types::Customer;
use crate::{Client, CustomerId, Error, Listing};

operations! { "customers":
    COUNT = "count" read;
    GET_ALL = "getAll" read;
    GET_ONE = "getOne" read;
    GET_MODIFIED_SINCE = "getModifiedSince" read;
}

/// A company's customers. From [`Client::customers`]. See
/// [the service's documentation](https://www.moloni.pt/dev/entities/customers/).
#[derive(Debug, Clone, Copy)]
pub struct Customers<'a> {
    pub(crate) client: &'a Client,
}

impl Customers<'_> {
    /// Counts the customers.
    ///
    /// `POST /customers/count/`, a read. Documented as a number, the count arrives as a text.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Request` if no company is set.
    pub async fn count(self) -> Result<u64, Error> {
        self.client.counted(&COUNT, self.client.company_params(&COUNT)?).await
    }

    /// Lists all customers, newest first.
    ///
    /// `POST /customers/getAll/`, a read, in pages of 50. The service ignores filters that it does not know, such as
    /// `vat`, and would give everybody.
    pub fn get_all(self) -> Listing<Customer> {
        Listing::new(self.client.clone(), &GET_ALL, Map::new(), id)
    }

    /// Lists the customers that were created or changed since a moment.
    ///
    /// `POST /customers/getModifiedSince/`, a read, in pages of 50. Rows do not say when they changed, deletions do
    /// not appear, and it is not documented in which time zone the service reads the moment: it is sent in UTC, as
    /// Moloni's own plugins do. Ask with an overlap of two hours and compare what you get.
    pub fn get_modified_since(self, moment: Timestamp) -> Listing<Customer> {
        Listing::new(self.client.clone(), &GET_MODIFIED_SINCE, since(Map::new(), moment), id)
    }

    /// Reads one customer.
    ///
    /// `POST /customers/getOne/`, a read. The service answers a missing record with `[]`.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind; `NotFound` if there is no such customer, `Request` if no company is set.
    pub async fn get_one(self, id: CustomerId) -> Result<Customer, Error> {
        let mut params = self.client.company_params(&GET_ONE)?;
        params.insert("customer_id".to_owned(), id.get().into());
        self.client.one(&GET_ONE, params).await
    }

    /// Like [`get_one`](Self::get_one), `None` if there is no such customer.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`.
    pub async fn find_one(self, id: CustomerId) -> Result<Option<Customer>, Error> {
        found(self.get_one(id).await)
    }
}

fn id(customer: &Customer) -> u64 {
    customer.customer_id.get()
}
