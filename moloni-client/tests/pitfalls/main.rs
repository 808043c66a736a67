//! What a client of Moloni gets wrong when it trusts the documentation, or its own habits. Each test has the number of
//! its pitfall in the notes on the API.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;
mod wire;
