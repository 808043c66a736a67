//! The endpoints, one type for each group of them. A [`Client`](crate::Client) gives them: `client.contacts()`.
//!
//! Each method says, in this order, what it does, its `METHOD /path`, the scope that its token needs, and what happens if
//! it is sent twice:
//!
//! - **Safe**: it changes nothing. After a lost answer, a 5xx or a timeout it is sent again.
//! - **Idempotent**: done twice leaves the same as done once. It is sent again as well.
//! - **Not idempotent**: done twice does it twice. It is sent again only if it provably never arrived, or if the service
//!   says that it did nothing (429, an expired token). After an error with
//!   [`outcome_unknown`](crate::Error::outcome_unknown), look before you repeat it.
//!
//! `# Errors` names what is particular to a call. Every call can also fail for these reasons:
//!
//! | | |
//! |---|---|
//! | [`is_auth`](crate::Error::is_auth) | the token is refused, lacks the scope, or is for another location |
//! | [`is_rate_limited`](crate::Error::is_rate_limited) | the allowance of 10 seconds or of the day is used up |
//! | [`Validation`](crate::ErrorKind::Validation), [`BadRequest`](crate::ErrorKind::BadRequest) | the service does not take a value |
//! | [`Server`](crate::ErrorKind::Server), [`Decode`](crate::ErrorKind::Decode) | the service failed, or answered with something else than it promises |
//! | [`Transport`](crate::ErrorKind::Transport) | there was no whole answer, or nothing was sent |
//!
//! Where answers only say that something was done, they do so as `succeded`, `succeeded` or `success`, as the group has it.
//! All are read, and one that says `false` is an error. An empty answer will do.
//!
//! Paths have a slash at the end exactly where they have one here: without it the service does not know them.

mod appointment_notes;
mod appointments;
mod bulk;
mod businesses;
mod campaigns;
mod contact_appointments;
mod contacts;
mod custom_fields;
mod followers;
mod listing;
mod lists;
mod location_tags;
mod location_tasks;
mod locations;
mod notes;
mod tags;
mod tasks;
mod users;
mod workflows;

pub use appointment_notes::AppointmentNotes;
pub use appointments::Appointments;
pub use bulk::Bulk;
pub use businesses::Businesses;
pub use campaigns::Campaigns;
pub use contact_appointments::ContactAppointments;
pub use contacts::{Contacts, Search};
pub use custom_fields::CustomFields;
pub use followers::Followers;
pub use listing::Listing;
pub use lists::{BusinessListing, ContactListing};
pub use location_tags::LocationTags;
pub use location_tasks::LocationTasks;
pub use locations::Locations;
pub use notes::Notes;
pub use tags::Tags;
pub use tasks::Tasks;
pub use users::Users;
pub use workflows::Workflows;
