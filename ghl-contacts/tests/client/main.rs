//! What the client sends, byte for byte, and what it makes of the answers.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail loudly")]

mod bulk;
mod businesses;
mod calendars;
mod children;
mod contact_bodies;
mod contacts;
mod decoding;
mod deletes;
mod enrolment;
mod errors;
mod faults;
mod faults_limits;
mod fields;
mod fields_cache;
mod filters;
mod installed;
mod lists;
mod location_tokens;
mod locations;
mod oauth;
mod pitfalls;
mod pitfalls_search;
#[cfg(feature = "sandbox")]
mod pitfalls_tokens;
#[cfg(feature = "webhooks")]
mod pitfalls_webhooks;
mod search;
mod secrecy;
mod service;
#[path = "../../../sync-core/tests/secrecy/shown.rs"]
mod shown;
#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;
mod unauthorized;
mod upsert;
