//! What a client of Moloni gets wrong when it trusts the documentation, or its own habits. Each test has the number of
//! its pitfall in the notes on the API.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::inconsistent_digit_grouping,
    reason = "a test says what is wrong by failing"
)]

mod documents;
mod entities;
mod feed;
mod tokens;
#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;
mod wire;
