//! What answers mean, seen from outside: whatever comes, nothing breaks, and a caller can see what came.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

mod arbitrary;
mod told;
#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;
