//! The client's documents against the sandbox.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]
#![allow(clippy::inconsistent_digit_grouping, reason = "the last two digits are cents")]

mod email;
mod issuing;
mod journey;
mod names;
mod pdf;
mod shop;
#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;
mod types;
