//! The records of a company as an engine of `sync-core` takes them: customers, which are read and written, and documents,
//! which are facts.
//!
//! An engine takes one collection from each side and keeps their records in pairs. This is the Moloni side, ready made;
//! the other one is yours, or another service's.
//!
//! ```
//! use std::sync::Arc;
//!
//! use moloni_client::sync::{CustomerCollection, DocumentFacts};
//! use moloni_client::{Client, CountryId, LanguageId};
//! use sync_core::engine::{Collection, Engine, Mapping, Rule, normalise};
//!
//! # fn build(
//! #     client: Client,
//! #     contacts: Arc<dyn Collection>,
//! #     rules: Vec<Arc<dyn Rule>>,
//! # ) -> Result<Engine, Box<dyn std::error::Error>> {
//! let customers = CustomerCollection::new(client.clone())
//!     .country(CountryId::from(1))
//!     .language(LanguageId::from(1))
//!     .unknown_address("Desconhecido")
//!     .unknown_city("Desconhecido");
//! let mapping = Mapping::builder()
//!     .field("vat", |f| f.left("vat").right("taxNumber").normalise(normalise::nif))
//!     .field("email", |f| f.left("email").right("email").normalise(normalise::email))
//!     .field("name", |f| f.left("name").right("name"))
//!     .matched_by(["vat"])
//!     .matched_by(["email"])
//!     .build()?;
//! let engine = Engine::builder("crm:customers", Arc::new(customers), contacts, mapping)
//!     .facts(Arc::new(DocumentFacts::new(client)), rules)
//!     .build();
//! # Ok(engine)
//! # }
//! ```
//!
//! An embedder who writes a collection of their own lets `?` judge what the client says: an [`Error`](crate::Error)
//! becomes a `Fault` by what helps, and a `WriteError` by whether the write provably did nothing.
//!
//! ```
//! use moloni_client::types::NewCustomer;
//! use moloni_client::Client;
//! use sync_core::engine::WriteError;
//!
//! async fn enter(client: &Client, customer: &NewCustomer) -> Result<(), WriteError> {
//!     client.customers().insert(customer).await?;
//!     Ok(())
//! }
//! ```
//!
//! # Customers
//!
//! | field | |
//! |---|---|
//! | `name` | it cannot be cleared |
//! | `vat` | nothing is written as `999999990`, the final consumer; kept by Moloni once a document names the customer |
//! | `number` | read, unless [`in_sequence`](CustomerCollection::in_sequence) is said; kept like `vat` |
//! | `address`, `city` | cleared only where a text [stands for none](CustomerCollection::unknown_address) |
//! | `zip_code` | `1234-567` in Portugal |
//! | `country_id`, `language_id` | ids of Moloni's; they cannot be cleared |
//! | `email`, `phone`, `fax`, `website` | |
//! | `contact_name`, `contact_email`, `contact_phone` | of the one contact person |
//! | `notes`, `field_notes` | |
//! | `discount`, `credit_limit` | a percentage and an amount; 0 is read as nothing, and nothing is written as 0 |
//! | `payment_day` | a day of the month; 0 is read as nothing |
//! | `maturity_date_id`, `payment_method_id`, `delivery_method_id`, `salesman_id`, `price_class_id` | ids of Moloni's; 0 is read as nothing |
//! | `qty_copies_document` | it cannot be cleared |
//! | all else, such as `country.iso_3166_1` | read only |

mod customer_fields;
mod customers;
mod deliveries;
mod documents;
mod fault;
mod feed;
mod input;
mod number;
mod references;

pub use customers::CustomerCollection;
pub use documents::DocumentFacts;

/// The engine that takes them.
#[doc(no_inline)]
pub use sync_core::engine;

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use sync_core::AccountKey;
use sync_core::engine::{Fault, PageToken, Raw, RecordRef};

use crate::Client;
use fault::broken;

/// The deadline that calls have by default.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);

/// The company, if the login reaches it.
async fn identity(client: &Client) -> Result<AccountKey, Fault> {
    Ok(Client::account_key(client.identity().await?.company_id))
}

/// A record's fields by the service's own names.
fn to_raw(record: &impl Serialize) -> Result<Raw, Fault> {
    match serde_json::to_value(record) {
        Ok(Value::Object(raw)) => Ok(raw),
        _ => Err(broken("a record is no object")),
    }
}

/// The id of a record of Moloni's.
fn record_id<I: From<u64>>(at: &RecordRef) -> Result<I, Fault> {
    let id = at.id.as_str().parse::<u64>();
    id.map(I::from).map_err(|_| broken(format!("{} is no id of Moloni's", at.id)))
}

/// The offset that a page token holds.
fn offset(page: Option<&PageToken>) -> Result<u64, Fault> {
    let Some(token) = page else { return Ok(0) };
    token.0.parse().map_err(|_| broken("the page token is no offset"))
}

fn token(offset: u64) -> PageToken {
    PageToken(offset.to_string())
}
