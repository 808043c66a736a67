//! The change feed: against the sandbox, which has a state and a clock, and against a server that answers as told.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by failing"
)]

mod bounds;
mod clocks;
mod documents;
mod interruptions;
mod mirror;
mod polls;
mod recorded;
mod scans;
mod scripted;
mod stage;
#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;
mod unreadable;
