//! Handlers of axum.

use std::io;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::{FromRef, FromRequest, State};
use axum::handler::Handler;
use axum::http;
use axum::response::IntoResponse;
use ghl_contacts::SystemEnv;
use ghl_contacts::sandbox::Webhooks;
use ghl_contacts::webhooks::{MemoryDeliveries, Once, OnceError, SignedWebhook, Verifier, WebhookError};
use sync_core::sandbox_kit::Request;

use crate::scene::Scene;

/// A server for axum as users write it.
#[derive(Clone)]
struct App {
    verifier: Verifier,
    seen: Arc<MemoryDeliveries>,
    queue: Arc<Mutex<Vec<String>>>,
}

impl FromRef<App> for Verifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}

impl App {
    fn new(verifier: Verifier) -> Self {
        let seen = Arc::new(MemoryDeliveries::new(Arc::new(SystemEnv::new())));
        Self { verifier, seen, queue: Arc::default() }
    }
}

async fn receive(
    State(app): State<App>,
    SignedWebhook(webhook): SignedWebhook,
) -> Result<Once, OnceError<io::Error>> {
    let queue = async {
        app.queue.lock().unwrap().push(webhook.kind().to_owned());
        Ok(())
    };
    webhook.once(&*app.seen, queue).await
}

fn request(came: &Request) -> http::Request<Body> {
    let mut request = http::Request::post("/webhooks").body(Body::from(came.body.clone())).unwrap();
    *request.headers_mut() = came.headers.clone();
    request
}

#[tokio::test]
async fn an_app_of_axum_queues_each_once() {
    let scene = Scene::start(Webhooks::doubled, &[]).await;
    scene.add("ana@example.pt");
    scene.add("rui@example.pt");
    scene.tried(4).await;
    let app = App::new(scene.sandbox.webhook_verifier().unwrap());
    for came in scene.came() {
        let answer = receive.call(request(&came), app.clone()).await;
        assert_eq!(answer.status(), 200);
    }
    assert_eq!(*app.queue.lock().unwrap(), ["ContactCreate", "ContactCreate"]);
}

#[tokio::test]
async fn the_extractor_refuses_without_a_word() {
    let scene = Scene::start(|how| how, &[]).await;
    scene.add("ana@example.pt");
    scene.tried(1).await;
    let good = scene.came().remove(0);
    let verifier = scene.sandbox.webhook_verifier().unwrap();
    let tampered = Request { body: [&good.body[..], b" "].concat().into(), ..good.clone() };
    let mut unsigned = good.clone();
    unsigned.headers.remove("x-ghl-signature");
    let short = verifier.clone().max_size(10);
    let mut unannounced = good.clone();
    unannounced.headers.remove("content-length");
    let table = [
        (&tampered, &verifier, 401),
        (&unsigned, &verifier, 401),
        (&good, &short, 413),
        (&unannounced, &short, 413),
        (&good, &Verifier::new(), 401),
    ];
    for (came, verifier, status) in table {
        let app = App::new(verifier.clone());
        let answer = receive.call(request(came), app.clone()).await;
        assert_eq!(answer.status(), status);
        let body = axum::body::to_bytes(answer.into_body(), 1000).await.unwrap();
        assert!(body.is_empty(), "{body:?}");
        assert!(app.queue.lock().unwrap().is_empty());
    }
    assert_eq!(
        SignedWebhook::from_request(request(&good), &verifier).await.unwrap().0.kind(),
        "ContactCreate"
    );
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let chunks = [Ok("{\"type\":"), Err(io::Error::other("reset"))];
    let body = Body::from_stream(futures_util::stream::iter(chunks));
    let request = http::Request::post("/webhooks").body(body).unwrap();
    let error = SignedWebhook::from_request(request, &Verifier::new()).await.unwrap_err();
    assert_eq!(error, WebhookError::Interrupted);
    assert_eq!(error.into_response().status(), 400);
    // An endless body is read no further than its limit.
    let endless = futures_util::stream::repeat_with(|| Ok::<_, io::Error>(vec![b' '; 1 << 16]));
    let request = http::Request::post("/webhooks").body(Body::from_stream(endless)).unwrap();
    let error = SignedWebhook::from_request(request, &Verifier::new()).await.unwrap_err();
    assert_eq!(error, WebhookError::TooLarge { limit: 1 << 20 });
}

#[tokio::test]
async fn a_queue_that_is_away_is_asked_again() {
    let answer = Err::<Once, _>(OnceError::Queue(io::Error::other("away"))).into_response();
    assert_eq!(answer.status(), 503);
    assert_eq!(Once::Taken.into_response().status(), 429);
}
