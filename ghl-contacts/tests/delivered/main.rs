//! Webhooks of the sandbox, over real HTTP to a receiver, and through the extractor for axum.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail loudly")]

mod extractor;
mod scene;
mod sending;
#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;
