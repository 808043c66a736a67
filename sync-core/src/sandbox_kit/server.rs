use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::backend::{Answer, Backend, Body, Edit, Request, pairs};
use super::calls::Call;
use super::control;
use super::fault::{Fault, FaultKind, Faults};
use crate::{Env, SystemEnv};

type ReplyBody = UnsyncBoxBody<Bytes, io::Error>;

/// A running sandbox. It stops when the last clone is dropped.
pub struct Server<B> {
    shared: Arc<Shared<B>>,
    address: SocketAddr,
    /// Connections stop when all senders are gone.
    #[allow(dead_code, reason = "held for its drop")]
    alive: Arc<watch::Sender<()>>,
}

impl<B> Clone for Server<B> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), address: self.address, alive: self.alive.clone() }
    }
}

impl<B> fmt::Debug for Server<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

/// What the connections and the handle share.
pub(super) struct Shared<B> {
    env: SystemEnv,
    world: Mutex<World<B>>,
}

struct World<B> {
    backend: B,
    at_start: B,
    faults: Faults,
    calls: Vec<Call>,
    ahead: Duration,
}

const FAULT_SEED: u64 = 7;

impl<B: Backend> Server<B> {
    /// Listens on `127.0.0.1`, on `port` or on any free port if that is 0.
    ///
    /// # Errors
    ///
    /// The port is taken or the system refuses to listen.
    pub async fn start(backend: B, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let at_start = backend.clone();
        let world = World {
            backend,
            at_start,
            faults: Faults::new(FAULT_SEED),
            calls: Vec::new(),
            ahead: Duration::ZERO,
        };
        let shared = Arc::new(Shared { env: SystemEnv::new(), world: Mutex::new(world) });
        let (alive, stop) = watch::channel(());
        tokio::spawn(accept(listener, shared.clone(), stop));
        Ok(Self { shared, address, alive: Arc::new(alive) })
    }

    /// `http://127.0.0.1:{port}`, without a last slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The sandbox's clock: the real one plus every [`advance`](Self::advance).
    pub fn now(&self) -> Timestamp {
        self.shared.now()
    }

    /// Moves the clock forward, for example past a token's life.
    pub fn advance(&self, by: Duration) {
        self.shared.advance(by);
    }

    /// Adds a fault.
    pub fn fault(&self, fault: Fault) {
        self.shared.add_faults([fault]);
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.shared.clear_faults();
    }

    /// Every call so far, oldest first. Control paths are not logged.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls()
    }

    /// Everything the backend holds.
    pub fn state(&self) -> Value {
        self.shared.state()
    }

    /// Edits a record as a person would.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with the edit.
    pub fn human(&self, edit: Edit) -> Result<Value, String> {
        self.shared.human(edit)
    }

    /// Reads or changes the backend directly.
    pub fn with<T>(&self, f: impl FnOnce(&mut B) -> T) -> T {
        f(&mut self.shared.world().backend)
    }

    /// Makes the present state the one that a reset returns to.
    pub fn checkpoint(&self) {
        let mut world = self.shared.world();
        world.at_start = world.backend.clone();
    }

    /// Back to the state at start; clears calls, faults and the clock's offset.
    pub fn reset(&self) {
        self.shared.reset();
    }
}

impl<B: Backend> Shared<B> {
    fn world(&self) -> MutexGuard<'_, World<B>> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Timestamp {
        let ahead = self.world().ahead;
        self.env.now() + ahead
    }

    pub(super) fn advance(&self, by: Duration) {
        self.world().ahead += by;
    }

    pub(super) fn add_faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.world().faults.add(faults);
    }

    pub(super) fn clear_faults(&self) {
        self.world().faults.clear();
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.world().calls.clone()
    }

    pub(super) fn state(&self) -> Value {
        self.world().backend.state()
    }

    pub(super) fn human(&self, edit: Edit) -> Result<Value, String> {
        let now = self.now();
        self.world().backend.human(edit, now)
    }

    pub(super) fn reset(&self) {
        let mut world = self.world();
        world.backend = world.at_start.clone();
        world.faults = Faults::new(FAULT_SEED);
        world.calls.clear();
        world.ahead = Duration::ZERO;
    }

    /// Decides what befalls the call and logs it; the answer's status is filled in later.
    fn admit(&self, request: &Request) -> (Option<FaultKind>, u64) {
        let at = self.now();
        let mut world = self.world();
        let operation = world.backend.operation(request);
        let fault = world.faults.next(operation.as_deref());
        let number = world.calls.len() as u64 + 1;
        let call = Call {
            number,
            at,
            method: request.method.to_string(),
            path: request.path.clone(),
            operation,
            status: None,
            effect: false,
            fault: fault.as_ref().map(|f| f.name().to_owned()),
        };
        world.calls.push(call);
        (fault, number)
    }

    fn answer(&self, request: &Request, number: u64) -> Answer {
        let now = self.now();
        let mut world = self.world();
        let answer = world.backend.answer(request, now);
        world.log(number, None, answer.effect);
        answer
    }
}

impl<B> World<B> {
    fn log(&mut self, number: u64, status: Option<u16>, effect: bool) {
        // A reset may have emptied the log since.
        if let Some(call) = self.calls.iter_mut().find(|c| c.number == number) {
            call.status = status;
            call.effect |= effect;
        }
    }
}

async fn accept<B: Backend>(listener: TcpListener, shared: Arc<Shared<B>>, mut stop: watch::Receiver<()>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => return,
        };
        let Ok((stream, _)) = accepted else { continue };
        let (shared, mut stop) = (shared.clone(), stop.clone());
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |request| serve(shared.clone(), request));
            let connection =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                // A broken connection is the caller's affair, and often a fault that was asked for.
                _ = connection => {}
                _ = stop.changed() => {}
            }
        });
    }
}

/// Answers one request. An error makes hyper close the connection without an answer.
async fn serve<B: Backend>(
    shared: Arc<Shared<B>>,
    request: hyper::Request<Incoming>,
) -> Result<Response<ReplyBody>, io::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    if parts.uri.path().starts_with(control::ROOT) {
        let answer = control::answer(&shared, http::Request::from_parts(parts, body)).await;
        return Ok(answer.map(|b| b.map_err(|never: Infallible| match never {}).boxed_unsync()));
    }
    let request = Request {
        path: parts.uri.path().to_owned(),
        query: pairs(parts.uri.query().unwrap_or_default().as_bytes()),
        method: parts.method,
        headers: parts.headers,
        body,
    };

    let (fault, number) = shared.admit(&request);
    let mut cut = false;
    match fault {
        Some(FaultKind::Drop) => return Err(broken()),
        Some(FaultKind::Status { status, body, headers }) => {
            shared.world().log(number, Some(status), false);
            let kind = if serde_json::from_str::<Value>(&body).is_ok() { JSON } else { "text/html" };
            return Ok(reply(Answer { headers, ..Answer::text(status, kind, body) }, false));
        }
        Some(FaultKind::LoseReply) => {
            shared.answer(&request, number);
            return Err(broken());
        }
        Some(FaultKind::Delay { millis }) => shared.env.sleep(Duration::from_millis(millis)).await,
        Some(FaultKind::CutBody) => cut = true,
        None => {}
    }
    let answer = shared.answer(&request, number);
    shared.world().log(number, Some(answer.status), answer.effect);
    Ok(reply(answer, cut))
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "connection broken on purpose")
}

const JSON: &str = "application/json; charset=utf-8";

fn reply(answer: Answer, cut: bool) -> Response<ReplyBody> {
    let (kind, text) = match answer.body {
        Body::Json(value) => (JSON.to_owned(), value.to_string()),
        Body::Text { content_type, text } => (content_type, text),
    };
    let mut headers = HeaderMap::new();
    let all =
        answer.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).chain([("content-type", kind.as_str())]);
    for (name, value) in all {
        if let (Ok(name), Ok(value)) = (http::HeaderName::try_from(name), http::HeaderValue::try_from(value))
        {
            headers.insert(name, value);
        }
    }
    let bytes = Bytes::from(text);
    let body = if cut {
        // The length promises the whole body; half of it comes before the connection breaks.
        headers.insert(http::header::CONTENT_LENGTH, http::HeaderValue::from(bytes.len().max(2)));
        let half = bytes.slice(..bytes.len() / 2);
        // The pause lets the first half leave: hyper drops what it has buffered when the body fails at once.
        let rest = stream::once(async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Err(broken())
        });
        StreamBody::new(stream::iter([Ok(Frame::data(half))]).chain(rest)).boxed_unsync()
    } else {
        Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = headers;
    response
}
