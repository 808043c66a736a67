use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::routing::post;
use ghl_contacts::ContactId;
use ghl_contacts::webhooks::{Event, Once, PublicKey, SignedWebhook, StoredDeliveries, Verifier, Webhook};
use sync_core::SystemEnv;
use sync_core::engine::{Engine, RecordId, RecordRef, Side};
use sync_core::queue::Priority;

use crate::deliveries::Deliveries;

/// Accepts what is signed by HighLevel's published key, or else by the key in this file alone.
pub(crate) fn verifier(key: Option<&Path>) -> Result<Verifier, String> {
    let Some(path) = key else { return Ok(Verifier::new()) };
    let wrong = |why: String| format!("the key of the webhooks, {}: {why}", path.display());
    let pem = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let key = PublicKey::from_pem(&pem).map_err(|error| wrong(error.to_string()))?;
    Ok(Verifier::with_keys([key]))
}

/// Makes hints for the engine of what HighLevel tells.
#[derive(Clone)]
pub(crate) struct Receiver {
    verifier: Verifier,
    location: String,
    seen: Arc<StoredDeliveries<Deliveries>>,
    engine: Engine,
}

impl FromRef<Receiver> for Verifier {
    fn from_ref(receiver: &Receiver) -> Self {
        receiver.verifier.clone()
    }
}

impl Receiver {
    /// For the webhooks of one location, which is the one that `engine` syncs.
    pub(crate) fn new(verifier: Verifier, location: String, deliveries: Deliveries, engine: Engine) -> Self {
        let seen = Arc::new(StoredDeliveries::new(deliveries, Arc::new(SystemEnv::new())));
        Self { verifier, location, seen, engine }
    }

    /// Takes webhooks at `/webhooks`.
    pub(crate) fn router(self) -> Router {
        Router::new().route("/webhooks", post(receive)).with_state(self)
    }

    /// The contact that is to be looked at. Notes and tasks are none of ours to follow: they go one way, and what people do
    /// to them is seen when an invoice changes them next.
    fn contact(&self, webhook: &Webhook) -> Option<ContactId> {
        if webhook.location_id.as_ref().is_some_and(|location| location.as_str() != self.location) {
            return None;
        }
        match &webhook.event {
            Event::ContactCreate(contact)
            | Event::ContactUpdate(contact)
            | Event::ContactDelete(contact)
            | Event::ContactTagUpdate(contact)
            | Event::ContactDndUpdate(contact) => Some(contact.id.clone()),
            _ => None,
        }
    }
}

/// Answers as soon as the hint is stored. What the webhook says of the contact is not believed: it may be old, and a run
/// reads the contact itself.
async fn receive(
    State(receiver): State<Receiver>,
    SignedWebhook(webhook): SignedWebhook,
) -> Result<Once, StatusCode> {
    let Some(contact) = receiver.contact(&webhook) else {
        tracing::debug!(kind = webhook.kind(), "a webhook that tells nothing of our contacts");
        return Err(StatusCode::OK);
    };
    let at = RecordRef::top(RecordId::new(contact.as_str()));
    let hint = receiver.engine.hint(Side::Right, &at, Priority::Event);
    let once = webhook.once(&*receiver.seen, hint).await;
    match &once {
        Ok(Once::Unmarked(error)) => tracing::warn!(%error, %contact, "a repetition will be hinted again"),
        Ok(once) => tracing::debug!(kind = webhook.kind(), %contact, ?once, "a webhook"),
        Err(error) => {
            tracing::error!(%error, %contact, "a webhook was not stored: HighLevel has to send it again")
        }
    }
    once.map_err(|error| StatusCode::from_u16(error.status()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE))
}
