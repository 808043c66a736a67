use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::WebhookError;
use super::event::Event;
use super::key::hex;
use super::lenient::{decode, text};
use super::seen::DeliveryId;
use crate::ids::{CompanyId, ContactId, LocationId};
use crate::types::lenient_time;

/// One webhook: what happened, where, and when.
///
/// Its `Debug` shows people's data.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Webhook {
    /// What happened.
    pub event: Event,
    /// The location it happened in. What happens to an agency has none.
    pub location_id: Option<LocationId>,
    /// The agency, if it is named.
    pub company_id: Option<CompanyId>,
    /// When it was sent. Not in the service's examples, and in all that it really sends.
    pub timestamp: Option<Timestamp>,
    /// Which webhook it is, the same each time it is sent. Not in the service's examples either.
    pub webhook_id: Option<String>,
    /// The app it was sent to.
    pub app_id: Option<String>,
    /// The version of the app.
    pub version_id: Option<String>,
    kind: String,
    raw: String,
}

/// What is around every event.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    location_id: Option<LocationId>,
    company_id: Option<CompanyId>,
    #[serde(default, deserialize_with = "lenient_time")]
    timestamp: Option<Timestamp>,
    webhook_id: Option<String>,
    app_id: Option<String>,
    version_id: Option<String>,
}

impl Webhook {
    /// Reads a webhook whose signature was checked before, such as one from your queue; makes one up in tests.
    ///
    /// Whatever real webhooks lack may be missing: numbers and texts stand for each other, what does not fit is left
    /// out, and an event that is not known here, or whose record has no id, is [`Event::Unknown`].
    ///
    /// ```
    /// use ghl_contacts::webhooks::{Event, Webhook};
    ///
    /// let webhook = Webhook::parse(br#"{ "type": "TaskCreate", "locationId": "loc_1", "id": "t_1" }"#)?;
    /// assert!(matches!(&webhook.event, Event::TaskCreate(task) if task.contact_id.is_none()));
    /// # Ok::<(), ghl_contacts::webhooks::WebhookError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Unreadable`](WebhookError::Unreadable): it is not a JSON object.
    pub fn parse(body: &[u8]) -> Result<Self, WebhookError> {
        let raw = std::str::from_utf8(body).map_err(|_| WebhookError::Unreadable)?;
        let fields: Map<String, Value> = serde_json::from_str(raw).map_err(|_| WebhookError::Unreadable)?;
        let kind = fields.get("type").and_then(text).unwrap_or_default();
        let envelope: Option<Envelope> = decode(&fields);
        let (location_id, company_id, timestamp, webhook_id, app_id, version_id) = match envelope {
            Some(e) => (e.location_id, e.company_id, e.timestamp, e.webhook_id, e.app_id, e.version_id),
            None => (None, None, None, None, None, None),
        };
        Ok(Self {
            event: Event::of(&kind, fields),
            location_id,
            company_id,
            timestamp,
            webhook_id: webhook_id.filter(|id| !id.is_empty()),
            app_id,
            version_id,
            kind,
            raw: raw.to_owned(),
        })
    }

    /// What the service calls the event, such as `ContactCreate`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The whole body as it came. Queue this: [`parse`](Self::parse) makes the same webhook of it.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The contact it is about, if it says so. A real `TaskCreate` does not.
    pub fn contact_id(&self) -> Option<ContactId> {
        self.event.contact_id()
    }

    /// What this delivery and its repetitions have in common: the webhook's id, or else the digest of its body.
    ///
    /// `None` if it has neither id nor time: two such bodies may be alike and yet tell of two changes, and a change
    /// must not get lost.
    pub fn delivery(&self) -> Option<DeliveryId> {
        match (&self.webhook_id, self.timestamp) {
            (Some(id), _) => Some(DeliveryId::new(id)),
            (None, Some(_)) => {
                let digest = digest(&SHA256, self.raw.as_bytes());
                Some(DeliveryId::new(format!("sha256:{}", hex(digest.as_ref()))))
            }
            (None, None) => None,
        }
    }
}
