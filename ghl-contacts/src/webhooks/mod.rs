//! Webhooks: whether they are HighLevel's, what they say, and whether they were here before.
//!
//! A [`Verifier`] checks the signature of the bytes as they came and reads them as a [`Webhook`]:
//!
//! ```
//! use ghl_contacts::webhooks::{Event, HeaderMap, Verifier, WebhookError};
//!
//! fn receive(verifier: &Verifier, headers: &HeaderMap, body: &[u8]) -> Result<(), WebhookError> {
//!     let webhook = verifier.read(headers, body)?;
//!     if let Event::ContactDelete(contact) = &webhook.event {
//!         let _ = &contact.id;
//!     }
//!     Ok(())
//! }
//!
//! let error = receive(&Verifier::new(), &HeaderMap::new(), b"{}").unwrap_err();
//! assert_eq!(error.status(), 401);
//! ```
//!
//! With the feature `axum` there is an extractor that does the same.
//!
//! # How HighLevel delivers
//!
//! At least once, and in any order. Whatever is not answered with a 2xx comes again, up to 12 times over a long while.
//! So the way of a webhook is: verify, [queue it durably, once](Webhook::once), answer, and work on it afterwards.
//! Answer 429 to slow the service down.
//!
//! What a webhook says was true when it was sent. A contact comes whole but without what changed; notes and tasks come
//! with parts missing. Where it matters, take the id and read the record anew. Your own writes come back as webhooks
//! too.
//!
//! # Each one once
//!
//! A process can die between any two steps, so one of two things can happen: a webhook is lost, or it is worked on
//! twice. [`Webhook::once`] is made for the second: it claims the delivery, awaits your queue, and only then
//! remembers it. A claim whose holder died ends by itself, and the service's next attempt gets through.
//!
//! What was seen is kept by a [`SeenDeliveries`]: [`MemoryDeliveries`] within one process, [`StoredDeliveries`] on a
//! table of your own.
//!
//! If your queue is a table itself, give it a unique key on [`Webhook::delivery`] and insert with
//! `on conflict do nothing`: that one statement queues and remembers at once, and you need none of the above.

mod error;
mod event;
#[cfg(feature = "axum")]
mod extract;
mod install;
mod key;
mod lenient;
mod memory;
mod once;
mod seen;
mod table;
mod verifier;
mod webhook;

pub use http::HeaderMap;

pub use error::WebhookError;
pub use event::Event;
#[cfg(feature = "axum")]
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
pub use extract::SignedWebhook;
pub use install::{Install, InstallType, Trial, WhiteLabel};
pub use key::{GHL_KEY, GHL_LEGACY_KEY, KeyError, PublicKey};
pub use memory::MemoryDeliveries;
pub use once::{Once, OnceError};
pub use seen::{Claim, DeliveryId, SeenDeliveries};
pub use table::{DeliveryRow, DeliveryTable, StoredDeliveries};
pub use verifier::{LEGACY_SIGNATURE_HEADER, SIGNATURE_HEADER, Verifier};
pub use webhook::Webhook;
