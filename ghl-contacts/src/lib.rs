#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod error;
pub mod fields;
mod ids;
mod interrupted;
mod missing;
mod oauth;
mod page;
mod patch;
pub mod resources;
#[cfg(feature = "sandbox")]
#[cfg_attr(docsrs, doc(cfg(feature = "sandbox")))]
pub mod sandbox;
mod service;
mod spelling;
#[cfg(feature = "sync")]
#[cfg_attr(docsrs, doc(cfg(feature = "sync")))]
pub mod sync;
pub mod types;
mod version;
#[cfg(feature = "webhooks")]
#[cfg_attr(docsrs, doc(cfg(feature = "webhooks")))]
pub mod webhooks;

pub use client::{Client, ClientBuilder};
pub use error::{DuplicateContact, Error, ErrorKind, UnauthorizedReason};
pub use fields::{CustomFieldBook, FieldError, FieldErrorKind, FieldInput, ResolvedField, ValueKind};
pub use ids::{
    AppointmentId, BusinessId, CalendarGroupId, CalendarId, CampaignId, CompanyId, ContactId, CustomFieldId,
    LocationId, NoteId, TagId, TaskId, UserId, WorkflowId,
};
pub use interrupted::Interrupted;
pub use oauth::{
    AuthorizePage, GhlOAuth, Granted, InstalledCursor, InstalledLocation, InstalledLocations, InstalledPage,
    Scope, UserType,
};
pub use page::{ListCursor, SearchCursor};
pub use patch::Patch;
pub use types::{
    AdditionalEmail, AdditionalPhone, Appointment, AppointmentNote, AppointmentStatus, AppointmentUpdate,
    AppointmentsOf, Attribution, BulkStatus, BulkTagResult, BulkTagged, Business, BusinessContacts,
    BusinessPage, BusinessUpdate, Contact, ContactEvent, ContactUpdate, CreatedBy, CustomField,
    CustomFieldDefinition, CustomFieldUpdate, CustomFieldValue, DataType, Direction, DndChannel, DndSetting,
    DndSettings, DndStatus, Filter, FindDuplicate, FollowersChange, InboundDndSetting, InboundDndSettings,
    ListContacts, ListPage, Location, LocationSettings, LocationTag, MeetingLocation, NewAppointment,
    NewAppointmentNote, NewBusiness, NewContact, NewCustomField, NewNote, NewTask, Note, NoteAuthor,
    NoteUpdate, OpportunityField, OpportunityFilter, Page, SearchContacts, SearchField, SearchLocations,
    SearchPage, SearchTasks, SearchUsers, SortField, TagChange, Task, TaskUpdate, TextBox, UpsertContact,
    Upserted, User, UserRoles,
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
