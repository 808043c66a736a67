//! Tokens: what a service granted, where it is kept, and how it stays fresh.
//!
//! A client asks a [`TokenSource`] for an [`AccessToken`] before each request. [`StaticToken`] always gives the
//! same one; [`TokenManager`] keeps one account's pair in a [`TokenStore`] and renews it through a [`Refresh`].

mod manager;
mod memory;
mod set;
mod source;
mod store;

pub use manager::TokenManager;
pub use memory::MemoryTokenStore;
pub use set::{Rev, TokenSet, Versioned};
pub use source::{AccessToken, Refresh, RefreshError, StaticToken, TokenError, TokenSource};
pub use store::{Lease, StoreError, Swap, TokenStore};
