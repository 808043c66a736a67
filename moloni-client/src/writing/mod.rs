//! Writing that looks first, so that a lost answer or a second try enters nobody twice, and no change is lost in silence.
//!
//! The service has no transactions, no versions and no idempotency keys, and it drops some changes without a word.
//! What can be done about that with its own calls is here:
//!
//! - [`Customers::insert_or_find`](crate::resources::Customers::insert_or_find) enters a customer who is not there.
//! - [`Customers::edit`](crate::resources::Customers::edit) changes some fields of one, and tells what the service
//!   ignored.

mod edit;
mod insert_or_find;

pub use edit::{Edited, Ignored};
pub use insert_or_find::{InsertOrFindError, Placed};
