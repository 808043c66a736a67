//! Tokens: what a service granted, where it is kept, and how it stays fresh.
//!
//! A client asks a [`TokenSource`] for an [`AccessToken`] before each request. [`StaticToken`] always gives the
//! same one; [`TokenManager`] keeps one account's pair in a [`TokenStore`] and renews it through a [`Refresh`].

#[cfg(feature = "file")]
mod file;
mod keep_alive;
mod manager;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
mod record;
#[cfg(feature = "seal")]
mod seal;
mod set;
mod source;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;

#[cfg(feature = "file")]
pub use file::FileTokenStore;
pub use keep_alive::KeepAlive;
pub use manager::{TokenManager, TokenManagerBuilder};
pub use memory::MemoryTokenStore;
#[cfg(feature = "postgres")]
pub use postgres::PostgresTokenStore;
pub use record::RecordError;
#[cfg(any(feature = "file", feature = "postgres", feature = "sqlite"))]
pub use seal::Resealed;
#[cfg(feature = "seal")]
pub use seal::{Binding, KeyError, Seal, SealError, SealingKey, SealingKeys, XChaChaSeal};
pub use set::{Rev, TokenSet, Versioned};
pub use source::{AccessToken, Refresh, RefreshError, StaticToken, TokenError, TokenSource};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteTokenStore;
pub use store::{Lease, StoreError, Swap, TokenStore};
