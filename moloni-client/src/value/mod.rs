//! How values are written on the wire: lenient in, one spelling out.
//!
//! Everything is read through [`serde_json::Value`], so it does not matter which of its spellings a value has, nor
//! whether another crate switched on `serde_json`'s arbitrary precision.

#![allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]

mod amount;
pub(crate) mod date;
pub(crate) mod draft_number;
pub(crate) mod flag;
pub(crate) mod instant;
mod lenient;
mod nif;
pub(crate) mod optional_id;
mod postal_code;

pub use amount::Amount;
pub(crate) use amount::LEAST;
pub(crate) use lenient::{list, number, object, optional_number, text, to_decimal, to_whole};
pub use nif::{Nif, NifError, NifHolder};
pub use postal_code::{PostalCode, PostalCodeError};
