//! Webhooks: what is taken for HighLevel's, what is read, and that each is queued once.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail loudly")]

mod arbitrary;
mod lenient;
mod once;
mod reading;
mod seen;
mod signer;
mod signing;
mod tables;
