//! Custom fields by key or name, checked before they are sent.
//!
//! The service knows custom fields by id, gives their values without key or name, and drops a value that a field
//! cannot hold without a word. A [`CustomFieldBook`] reads the definitions of the location once, finds fields by
//! what people call them, and refuses what would be lost.
//!
//! Write values:
//!
//! ```no_run
//! use ghl_contacts::jiff::civil::date;
//! use ghl_contacts::{Client, CustomFieldBook, NewContact};
//!
//! # async fn run(client: Client) -> Result<(), ghl_contacts::Error> {
//! let fields = CustomFieldBook::new(&client);
//! let ana = NewContact::new()
//!     .name("Ana Sousa")
//!     .custom_field(fields.value("nif", "123456789").await?)
//!     .custom_field(fields.value("Interests", ["Wine", "Olive oil"]).await?)
//!     .custom_field(fields.value("Customer since", date(2024, 5, 1)).await?);
//! client.contacts().create(&ana).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Read them, and look the field up once for many contacts:
//!
//! ```no_run
//! # use ghl_contacts::{Contact, CustomFieldBook};
//! # async fn run(fields: CustomFieldBook, contacts: Vec<Contact>) -> Result<(), ghl_contacts::Error> {
//! let nif = fields.field("nif").await?;
//! let points = fields.field("Points").await?;
//! for contact in &contacts {
//!     let (nif, points) = (nif.text(contact)?, points.number(contact)?);
//!     // …
//! #   let _ = (nif, points);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Search by them:
//!
//! ```no_run
//! # use ghl_contacts::{Client, CustomFieldBook, SearchContacts};
//! # async fn run(client: Client, fields: CustomFieldBook) -> Result<(), ghl_contacts::Error> {
//! let gold = fields.field("Plan").await?.search().eq("Gold");
//! let found = client.contacts().search(SearchContacts::new().filter(gold)).page().await?;
//! # let _ = found;
//! # Ok(())
//! # }
//! ```

mod book;
mod check;
mod error;
mod input;
mod known;
mod option;
mod resolved;

pub use book::CustomFieldBook;
pub use error::{FieldError, FieldErrorKind};
pub use input::{FieldInput, ValueKind};
pub use resolved::ResolvedField;
