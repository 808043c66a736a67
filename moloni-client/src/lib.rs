#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod error;
pub mod feed;
mod form;
pub mod guide;
mod ids;
mod issuing;
mod multipart;
mod new_user;
mod oauth;
mod outcome;
mod page;
mod redact;
pub mod resources;
#[cfg(feature = "sandbox")]
#[cfg_attr(docsrs, doc(cfg(feature = "sandbox")))]
pub mod sandbox;
mod service;
#[cfg(feature = "sync")]
#[cfg_attr(docsrs, doc(cfg(feature = "sync")))]
pub mod sync;
pub mod types;
mod validation;
mod value;
pub mod writing;

pub use client::{Client, ClientBuilder};
pub use error::{Error, ErrorKind};
pub use feed::{Change, Checkpoint, Feed};
pub use form::Encoding;
pub use ids::{
    AddressId, BankAccountId, CategoryId, CompanyId, CountryId, CurrencyId, CustomerId, DeductionId,
    DeliveryMethodId, DocumentId, DocumentLineId, DocumentSetId, DocumentTypeId, EacId, FiscalZoneId,
    GeographicZoneId, LanguageId, MaturityDateId, MbReferenceId, PaymentMethodId, PriceClassId, ProductId,
    ProductStockId, PropertyId, SalesmanId, SupplierId, TaxId, TemplateId, TerminalId, UnitId, UserId,
    VehicleId, WarehouseId,
};
pub use issuing::{Expect, IssueError, Issued};
pub use oauth::MoloniOAuth;
pub use page::{Listing, Page};
pub use types::{
    Company, Country, Customer, Document, DocumentDetail, DocumentKind, DocumentQuery, DocumentStatus,
};
pub use validation::{Comparison, FieldError, NumberBounds, ValidationCode, ValidationParams};
pub use value::{Amount, Nif, NifError, NifHolder, PostalCode, PostalCodeError};

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
