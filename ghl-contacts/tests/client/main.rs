//! What the client sends, byte for byte, and what it makes of the answers.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail loudly")]

mod businesses;
mod calendars;
mod children;
mod contacts;
mod decoding;
mod errors;
mod installed;
mod locations;
mod oauth;
mod search;
mod secrecy;
mod service;
#[path = "../../../sync-core/tests/secrecy/shown.rs"]
mod shown;
#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;
mod unauthorized;
