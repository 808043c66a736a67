#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod error;
pub mod guide;
mod ids;
mod oauth;
mod outcome;
mod page;
mod redact;
pub mod resources;
#[cfg(feature = "sandbox")]
#[cfg_attr(docsrs, doc(cfg(feature = "sandbox")))]
pub mod sandbox;
mod service;
pub mod types;
mod validation;
mod value;
pub mod writing;

pub use client::{Client, ClientBuilder};
pub use error::{Error, ErrorKind};
pub use ids::{
    AddressId, CategoryId, CompanyId, CountryId, CurrencyId, CustomerId, DeliveryMethodId, DocumentId,
    DocumentSetId, DocumentTypeId, EacId, FiscalZoneId, GeographicZoneId, LanguageId, MaturityDateId,
    PaymentMethodId, PriceClassId, ProductId, PropertyId, SalesmanId, SupplierId, TaxId, TemplateId,
    TerminalId, UnitId, UserId, WarehouseId,
};
pub use oauth::MoloniOAuth;
pub use page::{Listing, Page};
pub use types::{Company, Country, Customer, Document, DocumentKind, DocumentQuery, DocumentStatus};
pub use validation::{FieldError, ValidationCode};
pub use value::Amount;

pub use futures_util::{Stream, StreamExt, TryStreamExt};
pub use jiff::{self, Timestamp, civil::Date};
pub use rust_decimal::Decimal;
pub use sync_core::http::oauth::{Authorization, CallbackError, OAuthApp, Pending};
#[cfg(feature = "loopback")]
#[cfg_attr(docsrs, doc(cfg(feature = "loopback")))]
pub use sync_core::http::oauth::{Loopback, LoopbackError};
pub use sync_core::http::{CallOptions, Excerpt, HttpError, HttpSettings, Limiter, RateLimit, Url, reqwest};
pub use sync_core::{
    AccessToken, AccountKey, Env, Event, Idempotency, KeepAlive, Lease, ManualEnv, MemoryTokenStore,
    NoObserver, Observer, Refresh, RefreshError, RetryPolicy, Rev, SecretString, StaticToken, StoreError,
    Swap, SystemEnv, TokenError, TokenManager, TokenSet, TokenSource, TokenStore, Versioned, async_trait,
    secrecy,
};
