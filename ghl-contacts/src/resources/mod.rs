//! The endpoints, one file a group.

mod appointment_notes;
mod appointments;
mod businesses;
mod contacts;
mod custom_fields;
mod listing;
mod location_tags;
mod location_tasks;
mod locations;
mod notes;
mod tags;
mod tasks;
mod users;

pub use appointment_notes::AppointmentNotes;
pub use appointments::Appointments;
pub use businesses::Businesses;
pub use contacts::{Contacts, Search};
pub use custom_fields::CustomFields;
pub use listing::Listing;
pub use location_tags::LocationTags;
pub use location_tasks::LocationTasks;
pub use locations::Locations;
pub use notes::Notes;
pub use tags::Tags;
pub use tasks::Tasks;
pub use users::Users;
