use std::fmt::Display;

use axum::extract::{FromRef, FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;

use super::error::WebhookError;
use super::once::{Once, OnceError};
use super::verifier::Verifier;
use super::webhook::Webhook;

/// A webhook whose signature was checked, for handlers of axum.
///
/// Takes the [`Verifier`] from the router's state, and reads no more of a body than that accepts. Refusals answer with
/// the status of the [`WebhookError`] and nothing else. [`Once`] and [`OnceError`] are answers too.
///
/// ```
/// use std::sync::Arc;
/// use axum::{Router, extract::{FromRef, State}, routing::post};
/// use ghl_contacts::webhooks::{MemoryDeliveries, Once, OnceError, SignedWebhook, Verifier};
///
/// #[derive(Clone)]
/// struct App {
///     verifier: Verifier,
///     seen: Arc<MemoryDeliveries>,
/// }
///
/// impl FromRef<App> for Verifier {
///     fn from_ref(app: &App) -> Self {
///         app.verifier.clone()
///     }
/// }
///
/// async fn insert(body: &str) -> Result<(), std::io::Error> {
///     // insert into webhooks (body) values ($1)
/// #   let _ = body;
///     Ok(())
/// }
///
/// async fn receive(
///     State(app): State<App>,
///     SignedWebhook(webhook): SignedWebhook,
/// ) -> Result<Once, OnceError<std::io::Error>> {
///     webhook.once(&*app.seen, insert(webhook.raw())).await
/// }
///
/// fn router(app: App) -> Router {
///     Router::new().route("/webhooks", post(receive)).with_state(app)
/// }
/// # let _ = router;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SignedWebhook(pub Webhook);

impl<S> FromRequest<S> for SignedWebhook
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = WebhookError;

    async fn from_request(request: Request, state: &S) -> Result<Self, WebhookError> {
        let verifier = Verifier::from_ref(state);
        let announced = request.headers().get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > verifier.limit()) {
            return Err(verifier.too_large());
        }
        let (parts, body) = request.into_parts();
        let mut chunks = body.into_data_stream();
        let mut body = Vec::new();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| WebhookError::Interrupted)?;
            if body.len() + chunk.len() > verifier.limit() {
                return Err(verifier.too_large());
            }
            body.extend_from_slice(&chunk);
        }
        verifier.read(&parts.headers, &body).map(Self)
    }
}

fn status(status: u16) -> Response {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

impl IntoResponse for WebhookError {
    fn into_response(self) -> Response {
        status(self.status())
    }
}

impl IntoResponse for Once {
    fn into_response(self) -> Response {
        status(self.status())
    }
}

impl<E: Display> IntoResponse for OnceError<E> {
    fn into_response(self) -> Response {
        status(self.status())
    }
}
