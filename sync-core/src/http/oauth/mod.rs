//! OAuth 2 over the HTTP layer, for the clients' token endpoints.
//!
//! An [`OAuthApp`] makes an [`Authorization`]: an address to send a person to, and a [`Pending`] record to keep until
//! they come back. The record takes the code out of the callback, [`request`] buys tokens for it, and a
//! [`TokenManager`](crate::TokenManager) keeps them.
//!
//! The `oauth2` crate builds the requests. It reads no answer: services take liberties with theirs, and a refresh token
//! that is not read is lost.

mod answer;
mod app;
mod grant;
#[cfg(feature = "loopback")]
mod loopback;
mod pending;

pub use app::OAuthApp;
pub use grant::{Carry, Grant, GrantError, request};
#[cfg(feature = "loopback")]
#[cfg_attr(docsrs, doc(cfg(feature = "loopback")))]
pub use loopback::{Loopback, LoopbackError};
pub use pending::{Authorization, CallbackError, Pending};
