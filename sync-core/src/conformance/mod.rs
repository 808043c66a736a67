//! Suites that every implementation of a trait must pass, ours or yours.
//!
//! Call them from a test. They panic at the first violation, and say what is wrong.

pub mod store;
