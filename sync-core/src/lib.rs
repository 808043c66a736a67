#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod account;
#[cfg(feature = "conformance")]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
pub mod conformance;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod database;
#[cfg(feature = "engine")]
#[cfg_attr(docsrs, doc(cfg(feature = "engine")))]
pub mod engine;
mod env;
#[cfg(feature = "http")]
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
pub mod http;
mod observe;
#[cfg(feature = "engine")]
mod privacy;
#[cfg(feature = "engine")]
#[cfg_attr(docsrs, doc(cfg(feature = "engine")))]
pub mod queue;
mod retry;
#[cfg(feature = "sandbox-kit")]
#[cfg_attr(docsrs, doc(cfg(feature = "sandbox-kit")))]
pub mod sandbox_kit;
#[cfg(feature = "engine")]
#[cfg_attr(docsrs, doc(cfg(feature = "engine")))]
pub mod store;
mod token;
#[cfg(test)]
#[path = "../tests/trace/mod.rs"]
mod trace;

pub use account::AccountKey;
pub use async_trait::async_trait;
pub use env::{Env, ManualEnv, SystemEnv};
pub use jiff;
pub use observe::{Event, NoObserver, Observer};
pub use retry::{Idempotency, RetryPolicy};
pub use secrecy::{self, SecretString};
#[cfg(feature = "file")]
#[cfg_attr(docsrs, doc(cfg(feature = "file")))]
pub use token::FileTokenStore;
#[cfg(feature = "postgres")]
#[cfg_attr(docsrs, doc(cfg(feature = "postgres")))]
pub use token::PostgresTokenStore;
#[cfg(any(feature = "file", feature = "postgres", feature = "sqlite"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "file", feature = "postgres", feature = "sqlite"))))]
pub use token::Resealed;
#[cfg(feature = "sqlite")]
#[cfg_attr(docsrs, doc(cfg(feature = "sqlite")))]
pub use token::SqliteTokenStore;
pub use token::{
    AccessToken, KeepAlive, Lease, MemoryTokenStore, RecordError, Refresh, RefreshError, Rev, StaticToken,
    StoreError, Swap, TokenError, TokenManager, TokenManagerBuilder, TokenSet, TokenSource, TokenStore,
    Versioned,
};
#[cfg(feature = "seal")]
#[cfg_attr(docsrs, doc(cfg(feature = "seal")))]
pub use token::{Binding, KeyError, Seal, SealError, SealingKey, SealingKeys, XChaChaSeal};
