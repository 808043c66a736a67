//! What a call costs beyond its HTTP: `cargo bench -p ghl-contacts --bench overhead`.
//!
//! 64 callers get contacts from a server on loopback, through the client and through bare `reqwest` that decodes into the
//! same type. Both have the same settings for their connections, the same headers and the same timeout. Rounds of
//! 20,000 calls each take turns, in alternating order, so that what else the machine does falls on both. A ratio is the
//! client's calls per second in terms of bare `reqwest`'s.
//!
//! Memory comes from `mimalloc`, for both and for the server. The system's allocator in glibc hands memory back and
//! takes it again between the rounds: on one thread, the same client makes 0.97 of bare `reqwest`'s calls in a process of its own, and
//! 0.91 in turns with it, with ten times as many page faults.
//!
//! With `-- --check` the program fails if the median ratio of the rounds is below 0.92.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    missing_docs,
    reason = "a benchmark"
)]

use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use ghl_contacts::{Client, Contact, ContactId, HttpSettings, RateLimit};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::task::JoinSet;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CALLERS: usize = 64;
const CALLS: usize = 20_000;
const ROUNDS: usize = 10;
const LEAST: f64 = 0.92;

const CONTACT: &str = "q7RkTn2VxLw0aYbC3dEf";
const TOKEN: &str = "s3cr3t-access";
const ANSWER: &str = r#"{"contact":{"id":"q7RkTn2VxLw0aYbC3dEf","locationId":"ve9EPM428h8vShlRW1KT","type":"lead",
"firstName":"Ana","lastName":"Sousa","firstNameLowerCase":"ana","lastNameLowerCase":"sousa","fullNameLowerCase":"ana sousa",
"email":"ana@example.pt","emailLowerCase":"ana@example.pt","phone":"+351910000001","companyName":"Sousa & Reis, Lda.",
"address1":"Rua das Flores 12","city":"Porto","state":"Porto","country":"PT","postalCode":"4000-001",
"website":"https://example.pt","timezone":"Europe/Lisbon","source":"web shop","assignedTo":"u1GnAhXz5sQpWe8RtYuI",
"dnd":false,"dndSettings":{"Email":{"status":"active","message":"asked by phone","code":"103"}},
"tags":["customer","north","newsletter"],"customFields":[{"id":"c1AaBbCcDdEeFfGgHhIi","value":"PT999999990"},
{"id":"c2AaBbCcDdEeFfGgHhIi","value":30},{"id":"c3AaBbCcDdEeFfGgHhIi","value":["retail","wholesale"]}],
"additionalEmails":[{"email":"accounts@example.pt"}],"additionalPhones":[],"followers":["u2GnAhXz5sQpWe8RtYuI"],
"attributionSource":{"url":"https://example.pt/contact","sessionSource":"Direct traffic","medium":"form"},
"dateOfBirth":"1984-03-09","dateAdded":"2026-02-11T09:30:12.000Z","dateUpdated":"2026-05-02T16:04:55.000Z"},
"traceId":"5b1c2c8e-7a55-4b0e-9a40-0e6c1f2d3a4b"}"#;

#[derive(Deserialize)]
struct OneContact {
    contact: Contact,
}

fn main() -> ExitCode {
    let checked = std::env::args().any(|argument| argument == "--check");
    let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
    let median = runtime.block_on(measure());
    if checked && median < LEAST {
        println!("below {LEAST}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Runs all rounds, prints them, and gives the median ratio.
async fn measure() -> f64 {
    let address = serve().await;
    // Far above what a loopback can do: the limiter counts every call and holds none back.
    let limit = RateLimit::new(10_000_000, Duration::from_secs(10));
    let settings = HttpSettings::new().client(connections()).rate_limit(limit);
    let client = Client::builder("ve9EPM428h8vShlRW1KT").token(TOKEN).base_url(&address).http(settings);
    let client = client.build().unwrap();
    let (bare, url) = (connections(), format!("{address}/contacts/{CONTACT}"));

    let by_client = || {
        let caller = Arc::new((client.clone(), ContactId::from(CONTACT)));
        round(move |left| {
            let caller = caller.clone();
            async move {
                let (client, id) = caller.as_ref();
                while one_more(&left) {
                    check(&client.contacts().get(id).await.unwrap());
                }
            }
        })
    };
    let by_bare = || {
        let caller = Arc::new((bare.clone(), url.clone()));
        round(move |left| {
            let caller = caller.clone();
            async move {
                let (bare, url) = caller.as_ref();
                while one_more(&left) {
                    check(&get(bare, url).await);
                }
            }
        })
    };

    // Once without being counted: connections are made, and pages of memory.
    by_client().await;
    by_bare().await;
    let mut ratios = Vec::new();
    for number in 0..ROUNDS {
        let (client, bare) = if number % 2 == 0 {
            (by_client().await, by_bare().await)
        } else {
            let bare = by_bare().await;
            (by_client().await, bare)
        };
        let ratio = client / bare;
        println!(
            "round {:>2}: client {client:>6.0}/s, bare reqwest {bare:>6.0}/s, ratio {ratio:.3}",
            number + 1
        );
        ratios.push(ratio);
    }
    let median = median(ratios);
    println!("median ratio {median:.3}");
    median
}

/// How both sides connect.
fn connections() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(CALLERS)
        .build()
        .unwrap()
}

/// What the client does, by hand.
async fn get(client: &reqwest::Client, url: &str) -> Contact {
    let request = client.get(url).bearer_auth(TOKEN).header("version", "2021-07-28");
    let request = request.header("accept", "application/json").timeout(Duration::from_secs(45));
    let response = request.send().await.unwrap().error_for_status().unwrap();
    response.json::<OneContact>().await.unwrap().contact
}

/// Runs all callers until the calls of a round are made, and gives how many there were in a second.
async fn round<F>(caller: impl Fn(Arc<AtomicUsize>) -> F) -> f64
where
    F: Future<Output = ()> + Send + 'static,
{
    let left = Arc::new(AtomicUsize::new(CALLS));
    let started = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        callers.spawn(caller(left.clone()));
    }
    callers.join_all().await;
    CALLS as f64 / started.elapsed().as_secs_f64()
}

/// Takes one of the calls that are left.
fn one_more(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}

fn check(contact: &Contact) {
    assert_eq!(contact.id.as_str(), CONTACT);
}

/// A server that has one answer. Gives its base URL.
async fn serve() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service_fn(answer));
            tokio::spawn(connection);
        }
    });
    format!("http://{address}")
}

async fn answer(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::new(Bytes::from_static(ANSWER.as_bytes())));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    for (name, value) in [
        ("x-ratelimit-limit-daily", "200000000"),
        ("x-ratelimit-daily-remaining", "199990000"),
        ("x-ratelimit-interval-milliseconds", "10000"),
        ("x-ratelimit-max", "10000000"),
        ("x-ratelimit-remaining", "9999999"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let of = |index: usize| values.get(index).copied().unwrap();
    f64::midpoint(of(middle - 1), of(middle))
}
