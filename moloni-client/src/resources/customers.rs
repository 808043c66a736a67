use jiff::Timestamp;
use serde_json::Map;
use sync_core::Idempotency;
use sync_core::http::{Method, Operation};

use super::{Count, found, since};
use crate::outcome::Expected;
use crate::types::Customer;
use crate::{Client, CustomerId, Error, Listing};

static COUNT: Operation =
    Operation::new("customers.count", Method::POST, "/customers/count/", Idempotency::Safe);
static GET_ALL: Operation =
    Operation::new("customers.getAll", Method::POST, "/customers/getAll/", Idempotency::Safe);
static GET_ONE: Operation =
    Operation::new("customers.getOne", Method::POST, "/customers/getOne/", Idempotency::Safe);
static GET_MODIFIED_SINCE: Operation = Operation::new(
    "customers.getModifiedSince",
    Method::POST,
    "/customers/getModifiedSince/",
    Idempotency::Safe,
);

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
        let params = self.client.company_params(&COUNT)?;
        let answered = self.client.send(&COUNT, Expected::Count, &params).await?;
        Ok(answered.record::<Count>(&COUNT)?.count)
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
        self.client.send(&GET_ONE, Expected::Object, &params).await?.record(&GET_ONE)
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
