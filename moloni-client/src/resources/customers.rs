use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Map;

use super::entity::{operations, searches, writes};
use super::{found, since};
use crate::types::Customer;
use crate::value::text;
use crate::{Client, CustomerId, Error, Listing};

operations! { "customers":
    COUNT = "count" read;
    GET_ALL = "getAll" read;
    GET_ONE = "getOne" read;
    GET_BY_SEARCH = "getBySearch" read;
    COUNT_BY_SEARCH = "countBySearch" read;
    GET_NEXT_NUMBER = "getNextNumber" read;
    GET_LAST_NUMBER = "getLastNumber" read;
    GET_MODIFIED_SINCE = "getModifiedSince" read;
    COUNT_MODIFIED_SINCE = "countModifiedSince" read;
}

/// A company's customers. From [`Client::customers`]. See
/// [the service's documentation](https://www.moloni.pt/dev/entities/customers/).
///
/// [`insert_or_find`](Self::insert_or_find) and [`edit`](Self::edit) put the calls together so that nobody is entered
/// twice and no change is lost in silence.
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

    /// Counts what [`get_modified_since`](Self::get_modified_since) lists.
    ///
    /// `POST /customers/countModifiedSince/`, a read.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Request` if no company is set.
    pub async fn count_modified_since(self, moment: Timestamp) -> Result<u64, Error> {
        let params = self.client.company_params(&COUNT_MODIFIED_SINCE)?;
        self.client.counted(&COUNT_MODIFIED_SINCE, since(params, moment)).await
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

    /// Lists the customers that have a text anywhere in number, tax number or name.
    ///
    /// `POST /customers/getBySearch/`, a read, in pages of 50. E-mail addresses are not searched.
    pub fn get_by_search(self, text: impl Into<String>) -> Listing<Customer> {
        let params = Map::from_iter([("search".to_owned(), text.into().into())]);
        Listing::new(self.client.clone(), &GET_BY_SEARCH, params, id)
    }

    /// Counts what [`get_by_search`](Self::get_by_search) lists.
    ///
    /// `POST /customers/countBySearch/`, a read.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Request` if no company is set.
    pub async fn count_by_search(self, text: impl Into<String>) -> Result<u64, Error> {
        let mut params = self.client.company_params(&COUNT_BY_SEARCH)?;
        params.insert("search".to_owned(), text.into().into());
        self.client.counted(&COUNT_BY_SEARCH, params).await
    }

    /// Asks for a number that no customer has: one above the highest.
    ///
    /// `POST /customers/getNextNumber/`, a read. It reserves nothing: whoever inserts first has it, and the other is
    /// refused as [`Unique`](crate::ValidationCode::Unique). [`insert_or_find`](Self::insert_or_find) asks again
    /// then.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Request` if no company is set.
    pub async fn get_next_number(self) -> Result<String, Error> {
        let params = self.client.company_params(&GET_NEXT_NUMBER)?;
        self.client.one::<Number>(&GET_NEXT_NUMBER, params).await.map(|answer| answer.number)
    }

    /// Asks for the highest number that a customer has; empty if there is none.
    ///
    /// `POST /customers/getLastNumber/`, a read.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Request` if no company is set.
    pub async fn get_last_number(self) -> Result<String, Error> {
        let params = self.client.company_params(&GET_LAST_NUMBER)?;
        self.client.one::<Number>(&GET_LAST_NUMBER, params).await.map(|answer| answer.number)
    }
}

searches! { Customers("customers") of Customer:
    /// Lists the customers with a tax number. All final consumers share one.
    get_by_vat = "getByVat", count_by_vat = "countByVat", by vat, equal by str::eq;
    /// Lists the customers with a number in the company's books.
    get_by_number = "getByNumber", count_by_number = "countByNumber", by number, equal by str::eq;
    /// Lists the customers with an e-mail address; an exact match has the same letters, capital or not.
    get_by_email = "getByEmail", count_by_email = "countByEmail", by email, equal by str::eq_ignore_ascii_case;
    /// Lists the customers with a name.
    get_by_name = "getByName", count_by_name = "countByName", by name, equal by str::eq;
}

writes! { Customers("customers") of NewCustomer, CustomerId = "customer_id" }

/// A number that a customer has or may have.
#[derive(Debug, Deserialize)]
struct Number {
    #[serde(deserialize_with = "text")]
    number: String,
}

fn id(customer: &Customer) -> u64 {
    customer.customer_id.get()
}
