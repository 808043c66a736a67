use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::backend::{Backend, Edit};
use super::calls::Call;
use super::fault::Fault;
use super::server::Shared;

/// Where the control paths start.
pub(super) const ROOT: &str = "/__sandbox/";

type World<B> = State<Arc<Shared<B>>>;
type Reply = Result<Json<Value>, (StatusCode, Json<Value>)>;

fn refuse(why: impl std::fmt::Display) -> (StatusCode, Json<Value>) {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": why.to_string() })))
}

/// Answers a request below [`ROOT`].
pub(super) async fn answer<B: Backend>(
    shared: &Arc<Shared<B>>,
    request: Request<Bytes>,
) -> Response<http_body_util::combinators::UnsyncBoxBody<Bytes, Infallible>> {
    let router = Router::new()
        .route("/__sandbox/state", get(state::<B>))
        .route("/__sandbox/calls", get(calls::<B>))
        .route("/__sandbox/faults", post(add_faults::<B>).delete(clear_faults::<B>))
        .route("/__sandbox/clock", post(clock::<B>))
        .route("/__sandbox/reset", post(reset::<B>))
        .route("/__sandbox/records/{collection}", post(create::<B>))
        .route("/__sandbox/records/{collection}/{id}", put(update::<B>).delete(delete::<B>))
        .with_state(shared.clone());
    let reply = match router.oneshot(request.map(axum::body::Body::from)).await {
        Ok(reply) => reply,
        Err(never) => match never {},
    };
    let (parts, body) = reply.into_parts();
    // Every body here is made in memory, so it cannot fail.
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    Response::from_parts(parts, Full::new(bytes).boxed_unsync())
}

async fn state<B: Backend>(State(shared): World<B>) -> Json<Value> {
    Json(shared.state())
}

async fn calls<B: Backend>(State(shared): World<B>) -> Json<Vec<Call>> {
    Json(shared.calls())
}

async fn add_faults<B: Backend>(State(shared): World<B>, body: Bytes) -> Reply {
    let value: Value = serde_json::from_slice(&body).map_err(refuse)?;
    let list = if value.is_array() { value } else { json!([value]) };
    let faults: Vec<Fault> = serde_json::from_value(list).map_err(refuse)?;
    let added = faults.len();
    shared.add_faults(faults);
    Ok(Json(json!({ "added": added })))
}

async fn clear_faults<B: Backend>(State(shared): World<B>) -> Json<Value> {
    shared.clear_faults();
    Json(json!({}))
}

async fn clock<B: Backend>(State(shared): World<B>, body: Bytes) -> Reply {
    let value: Value = serde_json::from_slice(&body).map_err(refuse)?;
    let seconds = value.get("advance_seconds").and_then(Value::as_f64);
    let by = seconds.and_then(|s| Duration::try_from_secs_f64(s).ok());
    shared.advance(by.ok_or_else(|| refuse("advance_seconds: expected a number of seconds, 0 or more"))?);
    Ok(Json(json!({ "now": shared.now() })))
}

async fn reset<B: Backend>(State(shared): World<B>) -> Json<Value> {
    shared.reset();
    Json(json!({}))
}

fn human<B: Backend>(shared: &Shared<B>, edit: Edit) -> Reply {
    shared.human(edit).map(Json).map_err(refuse)
}

async fn create<B: Backend>(State(shared): World<B>, Path(collection): Path<String>, body: Bytes) -> Reply {
    let fields = serde_json::from_slice(&body).map_err(refuse)?;
    human(&shared, Edit::Create { collection, fields })
}

async fn update<B: Backend>(
    State(shared): World<B>,
    Path((collection, id)): Path<(String, String)>,
    body: Bytes,
) -> Reply {
    let fields = serde_json::from_slice(&body).map_err(refuse)?;
    human(&shared, Edit::Update { collection, id, fields })
}

async fn delete<B: Backend>(
    State(shared): World<B>,
    Path((collection, id)): Path<(String, String)>,
) -> Reply {
    human(&shared, Edit::Delete { collection, id })
}
