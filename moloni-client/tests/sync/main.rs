//! The collections: the suite that every collection must pass, at the sandbox, and what they do where it is special.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail loudly")]

mod customers;
mod documents;
mod engine;
mod outcomes;
mod scene;
#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;
