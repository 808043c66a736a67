//! What a client of Moloni gets wrong when it trusts the documentation, or its own habits: a test for each, by number.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;

mod entities;
