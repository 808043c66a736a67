//! The collections: the suite that every collection must pass, at the sandbox, and what people do there meanwhile.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail loudly")]

mod businesses;
mod children;
mod contacts;
mod fields;
mod merged;
mod outcomes;
mod scene;
mod synced;
#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;
