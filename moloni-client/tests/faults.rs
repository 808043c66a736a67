//! Everything that can go wrong on the way, for a read and for a write: what kind of error it is, how many requests
//! the server saw, whether a write is in doubt, and that the token in the query shows nowhere.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

#[path = "../../sync-core/tests/http_faults/server.rs"]
#[allow(dead_code, reason = "other programs use the rest")]
mod server;
#[path = "../../sync-core/tests/secrecy/shown.rs"]
#[allow(dead_code, reason = "other programs use the rest")]
mod shown;
#[path = "../../sync-core/tests/trace/mod.rs"]
mod trace;

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use moloni_client::types::NewPaymentMethod;
use moloni_client::{CallOptions, Client, CompanyId, CustomerId, Error, ErrorKind, HttpSettings, ManualEnv};
use server::{Act, Script};
use shown::{is_clean, told};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// As the service makes them, 40 hexadecimal digits, and another one. Of that one, JSON that is no error may keep a
/// copy: it is data.
const TOKENS: [&str; 2] = ["5ec2e70000000000000000000000000000000001", "s3cr3t-access"];

/// How many attempts a call may make.
const ALL: usize = 4;

/// What a read and a write make of it: the kind of error and the number of requests; for the write, whether it may
/// have taken effect.
struct Fault {
    name: &'static str,
    act: Act,
    read: (ErrorKind, usize),
    write: (ErrorKind, usize, bool),
}

fn fault(name: &'static str, act: Act, read: (ErrorKind, usize), write: (ErrorKind, usize, bool)) -> Fault {
    Fault { name, act, read, write }
}

/// The same error, once, for both, and the write was not done.
fn final_for_both(name: &'static str, act: Act, kind: ErrorKind) -> Fault {
    fault(name, act, (kind, 1), (kind, 1, false))
}

/// Repeated for a read; a write may have been done.
fn faulty(name: &'static str, act: Act, kind: ErrorKind) -> Fault {
    fault(name, act, (kind, ALL), (kind, 1, true))
}

/// Not repeated, because the answer is whole; a write may have been done.
fn odd(name: &'static str, body: &str) -> Fault {
    let act = Act::answer(200, &[("content-type", "application/json")], body);
    fault(name, act, (ErrorKind::Decode, 1), (ErrorKind::Decode, 1, true))
}

/// A page that repeats the request, as a gateway does.
fn page(status: u16, token: &str) -> Act {
    let body = format!("<html>{status}: /v1/customers/getOne/?access_token={token}&json=true</html>");
    Act::answer(status, &[("content-type", "text/html")], &body)
}

fn plain(status: u16, headers: &[(&str, &str)], token: &str) -> Act {
    Act::answer(status, headers, &format!("no: {token}"))
}

fn faults(token: &str) -> Vec<Fault> {
    use ErrorKind::{Auth, Decode, RateLimited, Refused, Server, Timeout, Transport, Validation};
    let to = format!("/login/?access_token={token}");
    let api = |code: &str| format!(r#"{{"error":"{code}","error_description":"no ?access_token={token}"}}"#);
    let json = |status, body: &str| Act::answer(status, &[("content-type", "application/json")], body);
    let throttled = |name, headers: &[(&str, &str)]| {
        fault(name, plain(429, headers, token), (RateLimited, ALL), (RateLimited, ALL, false))
    };
    vec![
        faulty("reset", Act::CloseUnread, Transport),
        faulty("closed without an answer", Act::Close, Transport),
        faulty("cut body", Act::CutBody, Transport),
        faulty("no answer in time", Act::Stall, Timeout),
        final_for_both("302", plain(302, &[("location", &to)], token), Refused),
        final_for_both("400", plain(400, &[], token), Refused),
        final_for_both("400 with a dead token", json(400, &api("invalid_grant")), Auth),
        final_for_both("400 with an unknown application", json(400, &api("invalid_client")), Auth),
        final_for_both("400 with fields", json(400, r#"["1 name"]"#), Validation),
        final_for_both("401", plain(401, &[], token), Auth),
        final_for_both("403", plain(403, &[], token), Refused),
        final_for_both("404", page(404, token), Refused),
        throttled("429", &[]),
        throttled("429 with a pause in seconds", &[("retry-after", "3")]),
        throttled("429 with a pause until a date", &[("retry-after", "Thu, 01 Jan 1970 00:00:01 GMT")]),
        faulty("500", plain(500, &[], token), Server),
        faulty("500 with data", json(500, r#"{"valid":1,"customer_id":7}"#), Server),
        faulty("502", page(502, token), Server),
        faulty("503", page(503, token), Server),
        faulty("200 with a page", page(200, token), Server),
        faulty("a page that is called JSON", json(200, "<html></html>"), Server),
        odd("200 and empty", ""),
        odd("200 null", "null"),
        odd("200 false", "false"),
        odd("200 and half of a record", r#"{"customer_id":7,"valid":1"#),
        odd("200 and no JSON", token),
        odd("200 and a text", &format!("\"{}\"", TOKENS[0])),
        fault("200 []", json(200, "[]"), (ErrorKind::NotFound, 1), (Decode, 1, true)),
        fault(
            "200 and rows",
            json(200, &format!(r#"[{{"note":"{}"}}]"#, TOKENS[0])),
            (Decode, 1),
            (Validation, 1, false),
        ),
        final_for_both("200 with a dead token", json(200, &api("invalid_grant")), Auth),
        final_for_both("200 with another error", json(200, &api("invalid_client")), Auth),
        final_for_both("200 with fields", json(200, r#"[["2 qty 0 0"],"1 name"]"#), Validation),
        final_for_both("200 and refused", json(200, r#"{"valid":0}"#), Refused),
    ]
}

/// Everything that this thread traces or logs, at every level.
#[derive(Clone, Default)]
struct Traced(Arc<Mutex<Vec<u8>>>);

impl Traced {
    fn start(&self) -> impl Drop {
        // The one that lasts comes first, or it would find the place taken.
        trace::on();
        tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
            .with_ansi(false)
            .with_writer(self.clone())
            .finish()
            .set_default()
    }

    /// What came since the last time.
    fn text(&self) -> String {
        String::from_utf8(std::mem::take(&mut self.0.lock().unwrap())).unwrap()
    }
}

impl MakeWriter<'_> for Traced {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Write for Traced {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn client(url: &str, token: &str) -> Client {
    // Pauses are the clock's, which only they move.
    let settings = HttpSettings::new().env(Arc::new(ManualEnv::new(1)));
    let builder = Client::builder().token(token).company(CompanyId::from(5)).http(settings);
    builder.base_url(format!("{url}/v1/")).build().unwrap()
}

/// One that waits for an answer as long as it takes, or for a moment if none will come.
fn patient(url: &str, token: &str, act: &Act) -> Client {
    let moment = Duration::from_millis(if matches!(act, Act::Stall) { 50 } else { 30_000 });
    client(url, token).with(CallOptions::new().timeout(moment))
}

async fn read(client: &Client) -> Result<(), Error> {
    client.customers().get_one(CustomerId::from(7)).await.map(drop)
}

async fn write(client: &Client) -> Result<(), Error> {
    client.payment_methods().insert(&NewPaymentMethod::new("Cheque")).await.map(drop)
}

/// That neither the error nor what was traced shows the token, and that something was traced at all.
#[track_caller]
fn keeps_secrets(error: &Error, traced: &Traced, name: &str) {
    is_clean(&told(error), name);
    if let Some(body) = error.body().map(|body| body.as_str().to_owned()).filter(|body| !body.is_empty()) {
        is_clean(&body, name);
    }
    let text = traced.text();
    is_clean(&text, name);
    for source in ["sync_core::http::client", "hyper_util::client", "attempt="] {
        assert!(text.contains(source), "{name}: nothing of {source} was traced");
    }
}

#[tokio::test]
async fn every_fault_has_its_kind_its_requests_and_its_doubt() {
    for token in TOKENS {
        for Fault { name, act, read: (kind, requests), write: (write_kind, writes, in_doubt) } in
            faults(token)
        {
            let traced = Traced::default();
            let guard = traced.start();
            let script = Script::start(vec![act.clone(); ALL + 2]).await;
            let error = read(&patient(&script.url(), token, &act)).await.unwrap_err();
            assert_eq!((error.kind(), script.requests()), (kind, requests), "read, {name}: {error}");
            assert_eq!(error.attempts() as usize, requests, "read, {name}");
            assert!(!error.outcome_unknown(), "a read has no outcome: {name}");
            keeps_secrets(&error, &traced, name);

            let script = Script::start(vec![act.clone(); ALL + 2]).await;
            let error = write(&patient(&script.url(), token, &act)).await.unwrap_err();
            assert_eq!((error.kind(), script.requests()), (write_kind, writes), "write, {name}: {error}");
            assert_eq!(error.outcome_unknown(), in_doubt, "write, {name}: {error}");
            keeps_secrets(&error, &traced, name);
            drop(guard);
            let sent = script.paths().concat();
            assert!(sent.contains(token) || sent == "unread", "the token was sent: {name}");
        }
    }
}

#[tokio::test]
async fn nobody_listens() {
    let traced = Traced::default();
    let _guard = traced.start();
    let script = Script::start(Vec::new()).await;
    script.stop().await;
    let client = client(&script.url(), TOKENS[0]);
    let errors = [(read(&client).await.unwrap_err(), "read"), (write(&client).await.unwrap_err(), "write")];
    keeps_secrets(&errors[0].0, &traced, "read");
    for (error, what) in errors {
        is_clean(&told(&error), what);
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 4), "{what}: {error}");
        assert!(!error.outcome_unknown() && error.is_retryable(), "nothing was sent: {what}");
    }
    assert_eq!(script.requests(), 0);
}

#[tokio::test]
async fn a_write_that_waited_its_turn_is_done_once() {
    let done = Act::answer(200, &[], r#"{"valid":1,"payment_method_id":"7"}"#);
    let busy = Act::answer(429, &[("retry-after", "3")], "");
    let script = Script::start(vec![busy.clone(), busy, done]).await;
    write(&client(&script.url(), TOKENS[0])).await.unwrap();
    assert_eq!(script.requests(), 3);
}

#[tokio::test]
async fn the_pause_that_was_asked_for_is_told() {
    for (headers, seconds) in [(&[("retry-after", "7")][..], Some(7)), (&[][..], None)] {
        let script = Script::start(vec![Act::answer(429, headers, ""); ALL]).await;
        let error = read(&client(&script.url(), TOKENS[0])).await.unwrap_err();
        assert_eq!(error.retry_after(), seconds.map(Duration::from_secs), "{headers:?}");
    }
}

/// What the answer says of itself decides nothing, nor do spaces around it.
#[tokio::test]
async fn data_is_data_whatever_it_is_called() {
    let body = "\n {\"customer_id\":7,\"valid\":1,\"payment_method_id\":7}\r\n";
    for content_type in ["text/html; charset=utf-8", "text/plain", "application/octet-stream", "no type"] {
        for token in TOKENS {
            let traced = Traced::default();
            let guard = traced.start();
            let act = Act::answer(200, &[("content-type", content_type)], body);
            let script = Script::start(vec![act; 2]).await;
            let client = client(&script.url(), token);
            read(&client).await.unwrap();
            write(&client).await.unwrap();
            drop(guard);
            assert_eq!(script.requests(), 2, "{content_type}");
            is_clean(&traced.text(), content_type);
            is_clean(&format!("{client:?} {client:#?}"), "the client");
        }
    }
}
