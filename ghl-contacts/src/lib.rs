#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod error;
mod ids;
mod oauth;
mod page;
mod patch;
pub mod resources;
#[cfg(feature = "sandbox")]
#[cfg_attr(docsrs, doc(cfg(feature = "sandbox")))]
pub mod sandbox;
mod service;
mod spelling;
pub mod types;
mod version;
#[cfg(feature = "webhooks")]
#[cfg_attr(docsrs, doc(cfg(feature = "webhooks")))]
pub mod webhooks;

pub use client::{Client, ClientBuilder};
pub use error::{DuplicateContact, Error, ErrorKind, UnauthorizedReason};
pub use ids::{CompanyId, ContactId, CustomFieldId, LocationId, NoteId, TaskId, UserId};
pub use oauth::{AuthorizePage, GhlOAuth, Granted, Scope, UserType};
pub use page::SearchCursor;
pub use patch::Patch;
pub use types::{
    Contact, ContactUpdate, CustomField, CustomFieldDefinition, CustomFieldValue, DataType, Direction,
    Filter, Location, NewContact, NewCustomField, NewNote, NewTask, Note, NoteUpdate, SearchContacts,
    SearchField, SearchPage, SortField, Task, TaskUpdate,
};
pub use version::ApiVersion;

pub use jiff;
pub use sync_core::http::oauth::{Authorization, CallbackError, GrantError, OAuthApp, Pending};
#[cfg(feature = "loopback")]
#[cfg_attr(docsrs, doc(cfg(feature = "loopback")))]
pub use sync_core::http::oauth::{Loopback, LoopbackError};
pub use sync_core::http::{
    CallOptions, Excerpt, HttpError, HttpErrorKind, HttpSettings, Limiter, RateInfo, RateLimit, Url,
};
pub use sync_core::{
    AccessToken, AccountKey, Env, Event, Idempotency, KeepAlive, Lease, MemoryTokenStore, NoObserver,
    Observer, Refresh, RefreshError, RetryPolicy, Rev, SecretString, StaticToken, StoreError, Swap,
    SystemEnv, TokenError, TokenManager, TokenSet, TokenSource, TokenStore, Versioned, async_trait, secrecy,
};
