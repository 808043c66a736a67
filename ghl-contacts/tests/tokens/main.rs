//! Tokens: what each refusal leads to, and the whole authorisation of locations and agencies.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by failing"
)]

mod authorisation;
mod grants;
#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;
