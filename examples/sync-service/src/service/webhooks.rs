use std::path::Path;

use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use ghl_contacts::ContactId;
use ghl_contacts::webhooks::{Event, PublicKey, SignedWebhook, Verifier, Webhook};
use sync_core::engine::{RecordId, RecordRef, Side};
use sync_core::queue::Priority;
use sync_core::secrecy::ExposeSecret;

use super::Pairs;
use crate::Result;
use crate::config::SecretRef;

/// Accepts what is signed by HighLevel's published key, or else by this key alone.
pub(crate) fn verifier(key: Option<&SecretRef>, base: &Path) -> Result<Verifier> {
    let Some(key) = key else { return Ok(Verifier::new()) };
    let pem = key.read("service.webhook_key", base)?;
    let key =
        PublicKey::from_pem(pem.expose_secret()).map_err(|error| format!("service.webhook_key: {error}"))?;
    Ok(Verifier::with_keys([key]))
}

/// Makes hints of webhooks.
#[derive(Clone)]
pub(super) struct Receiver {
    pub(super) pairs: Pairs,
    pub(super) verifier: Verifier,
}

impl FromRef<Receiver> for Verifier {
    fn from_ref(receiver: &Receiver) -> Self {
        receiver.verifier.clone()
    }
}

/// Answers as soon as the hint is stored. A webhook that comes twice hints twice, which does no harm: the record is read,
/// and what the webhook says of it is not believed.
pub(super) async fn receive(
    State(receiver): State<Receiver>,
    SignedWebhook(webhook): SignedWebhook,
) -> StatusCode {
    let Some(contact) = contact(&webhook) else { return StatusCode::OK };
    let location = webhook.location_id.as_ref().map(|location| location.as_str().to_owned());
    let at = RecordRef::top(RecordId::new(contact.as_str()));
    for running in receiver.pairs.iter() {
        // Where it does not say of which location it is, each one looks.
        if location.as_deref().is_some_and(|location| location != running.pair.config.ghl.location) {
            continue;
        }
        // HighLevel sends it again.
        let Some(engine) = running.engine() else { return StatusCode::SERVICE_UNAVAILABLE };
        if let Err(error) = engine.hint(Side::Right, &at, Priority::Event).await {
            tracing::error!(%error, pair = running.pair.name(), "a webhook was not stored: it has to come again");
            return StatusCode::SERVICE_UNAVAILABLE;
        }
    }
    StatusCode::OK
}

/// The contact that is to be looked at.
fn contact(webhook: &Webhook) -> Option<ContactId> {
    match &webhook.event {
        Event::ContactCreate(contact)
        | Event::ContactUpdate(contact)
        | Event::ContactDelete(contact)
        | Event::ContactTagUpdate(contact)
        | Event::ContactDndUpdate(contact) => Some(contact.id.clone()),
        _ => None,
    }
}
