//! The client's entities against the sandbox: what is written is read, and what is wrong is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is a test")]

#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;

mod account;
mod addresses;
mod common;
mod customers;
mod editing;
mod inserting;
mod products;
mod settings;
mod stage;
mod stocks;
