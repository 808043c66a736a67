//! What the guide says is so: its commands run, its code compiles, its links lead somewhere, and its lists are whole.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test says what is wrong by failing"
)]

mod captures;
mod code;
mod commands;
mod errors;
mod lists;
mod markdown;
mod pages;
mod source;
mod terminal;
