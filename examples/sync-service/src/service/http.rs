use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use ghl_contacts::webhooks::Verifier;
use serde_json::json;
use tokio::net::TcpListener;

use super::webhooks::{Receiver, receive};
use super::{Condition, Pairs};
use crate::metrics::render;

/// Answers until it is dropped.
pub(crate) async fn serve(listener: TcpListener, pairs: Pairs, verifier: Verifier) {
    let webhooks = Router::new()
        .route("/webhooks/ghl", post(receive))
        .with_state(Receiver { pairs: pairs.clone(), verifier });
    let router = Router::new()
        .route("/health", get(|| async { "ok\n" }))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(pairs)
        .merge(webhooks);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "nothing is answered any more");
    }
}

/// 200 if every pair is kept in sync, or else 503; and how each is doing.
async fn ready(State(pairs): State<Pairs>) -> impl IntoResponse {
    let all = pairs.iter().map(|running| {
        let (state, why) = match running.condition() {
            Condition::Starting => ("starting", None),
            Condition::InSync => ("in_sync", None),
            Condition::Waiting(why) => ("waiting", Some(why)),
        };
        json!({ "pair": running.pair.name(), "state": state, "why": why })
    });
    let body = json!({ "pairs": all.collect::<Vec<_>>() }).to_string();
    let is_ready = pairs.iter().all(|running| running.condition() == Condition::InSync);
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(CONTENT_TYPE, "application/json")], body)
}

async fn metrics(State(pairs): State<Pairs>) -> impl IntoResponse {
    let all = pairs.iter().map(|running| {
        (running.pair.name(), running.meter.as_ref(), running.condition() == Condition::InSync)
    });
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], render(all))
}
