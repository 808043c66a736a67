//! The service's entities: what a [`Client`](crate::Client) gives a handle of.

mod alternate_addresses;
mod companies;
mod countries;
mod customers;
mod document_sets;
mod documents;
mod entity;
mod exactness;
mod languages;
mod maturity_dates;
mod payment_methods;
mod products;
mod taxes;
mod users;

pub use alternate_addresses::AlternateAddresses;
pub use companies::Companies;
pub use countries::Countries;
pub use customers::Customers;
pub use document_sets::DocumentSets;
pub use documents::Documents;
pub use exactness::Match;
pub use languages::Languages;
pub use maturity_dates::MaturityDates;
pub use payment_methods::PaymentMethods;
pub use products::Products;
pub use taxes::Taxes;
pub use users::Users;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::{Map, Value};

use crate::Error;
use crate::value::to_whole;

/// A number of rows. Documented as a number, sent as a text.
#[derive(Debug, Deserialize)]
struct Count {
    #[serde(deserialize_with = "count")]
    count: u64,
}

fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let count = to_whole(&Value::deserialize(deserializer)?).and_then(|count| u64::try_from(count).ok());
    count.ok_or_else(|| D::Error::custom("expected a count"))
}

/// Turns "there is no such record" into `None`.
fn found<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(record) => Ok(Some(record)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The parameter of `getModifiedSince`, in the one spelling that Moloni's own plugins use.
fn since(mut params: Map<String, Value>, moment: Timestamp) -> Map<String, Value> {
    params.insert("lastmodified".to_owned(), moment.strftime("%Y-%m-%d %H:%M:%S").to_string().into());
    params
}
