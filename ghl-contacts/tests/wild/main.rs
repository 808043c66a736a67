//! Whatever the service makes of its own description, reading it breaks nothing: an answer is read, or an error names
//! the place that does not fit.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail loudly")]
#![recursion_limit = "256"]

mod answers;
mod odd;
mod records;
mod samples;
#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;
