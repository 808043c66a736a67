//! Tokens: what each refusal leads to, the whole authorisation, and processes that die.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by failing"
)]

mod authorisation;
mod grants;
mod killed;
#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;
