//! One HTTP layer for every service: limits, tokens, retries, deadlines, redaction.
//!
//! A client describes its [`Operation`]s, implements [`Service`] (where the token goes, what an answer means),
//! and sends [`Request`]s through one [`HttpClient`] per account. What comes back is a whole [`Reply`] of any
//! status, or an [`HttpError`] that says whether anything was sent.
//!
//! Only this module touches `reqwest`. It logs operations by name and path template: a URL is a secret here,
//! because one service carries its token in the query.

mod client;
mod error;
mod limiter;
pub mod oauth;
mod operation;
mod refusals;
mod reply;
mod request;
mod retry_after;
mod service;
mod settings;

pub use bytes::Bytes;
pub use client::HttpClient;
pub use error::{HttpError, HttpErrorKind};
pub use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
pub use limiter::{Limiter, RateLimit};
pub use operation::Operation;
pub use reply::{DecodeError, Excerpt, Reply, decode};
pub use request::{Outgoing, Request};
pub use reqwest;
pub use service::{RateInfo, Service, Verdict};
pub use settings::{CallOptions, HttpSettings};
pub use url::Url;
