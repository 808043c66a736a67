use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Map;

use super::entity::{operations, pages, searches, writes};
use super::since;
use crate::types::Customer;
use crate::value::text;
use crate::{Client, Error, Listing};

operations! { "customers":
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

pages! { Customers("customers") of Customer, CustomerId = "customer_id" }

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
