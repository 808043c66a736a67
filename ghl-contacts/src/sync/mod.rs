//! The records of a location as an engine of `sync-core` takes them: contacts, and under them notes, tasks and
//! appointments; and businesses, which contacts are assigned to.
//!
//! An engine takes one collection from each side and keeps their records in pairs. This is the HighLevel side, ready made;
//! the other one is yours, or another service's.
//!
//! ```
//! use std::sync::Arc;
//!
//! use ghl_contacts::sync::{ContactCollection, NoteCollection, TaskCollection};
//! use ghl_contacts::{Client, DataType};
//! use sync_core::engine::{Collection, Engine, Mapping, normalise};
//!
//! # fn build(client: Client, customers: Arc<dyn Collection>) -> Result<Engine, Box<dyn std::error::Error>> {
//! let contacts = ContactCollection::new(client.clone())
//!     .marker_field("ERP sync id")
//!     .custom_field("NIF", DataType::Text)
//!     .custom_field("Customer since", DataType::Date)
//!     .searched_by("vat", "NIF");
//! let mapping = Mapping::builder()
//!     .field("vat", |f| f.left("vat").right("customFields.NIF").normalise(normalise::nif))
//!     .field("email", |f| f.left("email").right("email").normalise(normalise::email))
//!     .field("name", |f| f.left("name").right("name"))
//!     .matched_by(["vat"])
//!     .matched_by(["email"])
//!     .build()?;
//! let engine = Engine::builder("erp:customers", customers, Arc::new(contacts), mapping)
//!     .target(Arc::new(NoteCollection::new(client.clone(), "erp:")))
//!     .target(Arc::new(TaskCollection::new(client, "erp:")))
//!     .build();
//! # Ok(engine)
//! # }
//! ```
//!
//! Each can be used alone, with a custom field that exists already and a calendar that new appointments go to:
//!
//! ```
//! # use ghl_contacts::Client;
//! # use ghl_contacts::sync::{AppointmentCollection, BusinessCollection, ContactCollection};
//! # fn build(client: Client) {
//! let contacts = ContactCollection::new(client.clone());
//! let businesses = BusinessCollection::new(client.clone(), "erp:company:");
//! let visits = AppointmentCollection::new(client, "erp:visit:").calendar("cal_1").at_any_time();
//! # let _ = (contacts, businesses, visits);
//! # }
//! ```
//!
//! An embedder who writes a collection of their own lets `?` judge what the client says: an [`Error`](crate::Error)
//! becomes a `Fault` by what helps, and a `WriteError` by whether the write provably did nothing.
//!
//! ```
//! use ghl_contacts::{BusinessUpdate, Client};
//! use sync_core::engine::WriteError;
//!
//! async fn rename(client: &Client, id: &str, name: &str) -> Result<(), WriteError> {
//!     client.businesses().update(&id.into(), &BusinessUpdate::new().name(name)).await?;
//!     Ok(())
//! }
//! ```
//!
//! # Contacts
//!
//! | field | |
//! |---|---|
//! | `firstName`, `lastName`, `name` | `name` is both in one |
//! | `email`, `phone` | the service normalises phone numbers |
//! | `companyName`, `website`, `source` | |
//! | `address1`, `city`, `state`, `postalCode` | |
//! | `country` | ISO 3166 alpha-2; it cannot be cleared |
//! | `timezone`, `dateOfBirth`, `assignedTo` | an IANA name, a date as `1990-09-25`, the id of a user |
//! | `dnd` | true or false; it cannot be cleared |
//! | `gender` | taken with a new contact, and never given: map it with `on_create` |
//! | `tags`, `followers` | sets; the service keeps tags in lower case, so normalise them so |
//! | `customFields.…` | by name, whatever the type; one of several options is a set |
//! | all else, such as `additionalEmails` | read only |
//!
//! A custom field whose name another one has as well, or that has a dot in it, goes by its key. What the service would
//! drop without a word, such as a text that is none of a field's options, is refused before it is sent.
//!
//! A create with followers takes a second request. If only that fails, the contact is there without them, and the engine
//! asks a person.
//!
//! # Businesses
//!
//! | field | |
//! |---|---|
//! | `name`, `email` | they cannot be cleared |
//! | `phone`, `website`, `address`, `city`, `state`, `postalCode`, `country` | free texts: the service checks none of them |
//! | `description` | without the marker, which is its last line at the service |
//! | `contacts` | a set: the ids of the contacts that are assigned; in what is read one by one, and not in lists |
//! | all else, such as `createdBy` | read only |

mod appointments;
mod businesses;
mod children;
mod contact_fields;
mod contacts;
mod custom;
mod fault;
mod feed;
mod input;
mod marker;
mod memory;
mod notes;
mod tasks;

pub use appointments::AppointmentCollection;
pub use businesses::BusinessCollection;
pub use contacts::ContactCollection;
pub use custom::{Found, NeededField};
pub use notes::NoteCollection;
pub use tasks::TaskCollection;

/// The engine that takes them.
#[doc(no_inline)]
pub use sync_core::engine;

use std::time::Duration;

/// The deadline that calls have by default.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);

/// Searches were seen to lag by seconds.
const INDEX_LAG: Duration = Duration::from_secs(15);
