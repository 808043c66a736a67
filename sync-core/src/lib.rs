#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod account;
#[cfg(feature = "conformance")]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
pub mod conformance;
#[cfg(feature = "engine")]
#[cfg_attr(docsrs, doc(cfg(feature = "engine")))]
pub mod engine;
mod env;
#[cfg(feature = "http")]
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
pub mod http;
mod observe;
mod retry;
#[cfg(feature = "sandbox-kit")]
#[cfg_attr(docsrs, doc(cfg(feature = "sandbox-kit")))]
pub mod sandbox_kit;
#[cfg(feature = "engine")]
#[cfg_attr(docsrs, doc(cfg(feature = "engine")))]
pub mod store;
mod token;

pub use account::AccountKey;
pub use async_trait::async_trait;
pub use env::{Env, ManualEnv, SystemEnv};
pub use jiff;
pub use observe::{Event, NoObserver, Observer};
pub use retry::{Idempotency, RetryPolicy};
pub use secrecy::{self, SecretString};
pub use token::{
    AccessToken, Lease, MemoryTokenStore, Refresh, RefreshError, Rev, StaticToken, StoreError, Swap,
    TokenError, TokenManager, TokenSet, TokenSource, TokenStore, Versioned,
};
