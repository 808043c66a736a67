//! What a client of Moloni gets wrong when it trusts the documentation, or its own habits: one test for each, named
//! by its number.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]
#![allow(clippy::inconsistent_digit_grouping, reason = "the last two digits are cents")]

mod documents;
#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;
