//! The endpoints, one file a group.

mod contacts;
mod custom_fields;
mod locations;
mod notes;
mod tags;
mod tasks;

pub use contacts::{Contacts, Search};
pub use custom_fields::CustomFields;
pub use locations::Locations;
pub use notes::Notes;
pub use tags::Tags;
pub use tasks::Tasks;
