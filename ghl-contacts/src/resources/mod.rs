//! The endpoints, one file a group.

mod bulk;
mod campaigns;
mod contact_appointments;
mod contacts;
mod custom_fields;
mod followers;
mod lists;
mod locations;
mod notes;
mod tags;
mod tasks;
mod workflows;

pub use bulk::Bulk;
pub use campaigns::Campaigns;
pub use contact_appointments::ContactAppointments;
pub use contacts::{Contacts, Search};
pub use custom_fields::CustomFields;
pub use followers::Followers;
pub use lists::{BusinessListing, Listing};
pub use locations::Locations;
pub use notes::Notes;
pub use tags::Tags;
pub use tasks::Tasks;
pub use workflows::Workflows;
