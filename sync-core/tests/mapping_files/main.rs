//! Mappings from TOML files.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests fail loudly")]

mod broken;
mod full;
mod pages;
#[path = "../trace/mod.rs"]
mod trace;
