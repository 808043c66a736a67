//! No secret shows in what types, errors and traces tell.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

mod errors;
mod server;
mod shown;
mod tokens;
#[path = "../trace/mod.rs"]
mod trace;
mod types;
mod wire;

use std::sync::Arc;

use shown::Shown;
use sync_core::engine::PrivacyKey;
use sync_core::http::oauth::{Grant, Loopback, OAuthApp, Pending};
use sync_core::http::{
    Bytes, CallOptions, Excerpt, HeaderMap, HeaderName, HttpClient, HttpSettings, Method, Operation,
    Outgoing, RateLimit, Reply, Request, Url, Verdict, reqwest,
};
use sync_core::{
    AccessToken, AccountKey, Env, Idempotency, KeepAlive, ManualEnv, Rev, SealingKey, SealingKeys,
    StaticToken, Swap, Versioned, XChaChaSeal,
};

use crate::server::{Things, settings};
use crate::tokens::{KEY, pair};

const READ: Operation = Operation::new("things.get", Method::GET, "/things/{id}", Idempotency::Safe);

/// What holds no secret, and why.
const HARMLESS: [(&str, &[&str]); 5] = [
    ("records, plans and reports: people's data, and never what opens a service", &["engine::"]),
    ("the names of accounts and records for which there is work", &["queue::"]),
    (
        "the state of a sync, in memory and on its way to a store",
        &[
            "store::Accounts",
            "store::BindError",
            "store::Commit",
            "store::CommitError",
            "store::FeedId",
            "store::Mentions",
            "store::Position",
            "store::memory::MemoryStore",
        ],
    ),
    (
        "names, numbers, times and settings",
        &[
            "account::AccountKey",
            "conformance::collection::fixture::Fixture",
            "conformance::token_store::race::RaceLog",
            "env::ManualEnv",
            "env::SystemEnv",
            "http::error::HttpErrorKind",
            "http::limiter::Limiter",
            "http::limiter::RateLimit",
            "http::oauth::grant::Carry",
            "http::operation::Operation",
            "http::service::RateInfo",
            "http::service::Verdict",
            "http::settings::CallOptions",
            "observe::Event",
            "observe::NoObserver",
            "retry::Idempotency",
            "retry::RetryPolicy",
            "token::seal::Binding",
            "token::seal::record::Resealed",
            "token::set::Rev",
            "token::store::Lease",
        ],
    ),
    (
        "a sandbox, what it is sent and what it answers: its own inventions, and who tests against it may look",
        &[
            "sandbox_kit::backend::Answer",
            "sandbox_kit::backend::Body",
            "sandbox_kit::backend::Edit",
            "sandbox_kit::backend::Request",
            "sandbox_kit::calls::Call",
            "sandbox_kit::fault::Fault",
            "sandbox_kit::fault::FaultKind",
            "sandbox_kit::server::Server",
        ],
    ),
];

fn app() -> OAuthApp {
    OAuthApp::new("app", "s3cr3t-client").redirect("http://127.0.0.1:0/callback".parse().unwrap())
}

/// Settings with a secret wherever one can be.
fn secret_settings() -> HttpSettings {
    let proxy = reqwest::Proxy::all("http://ana:s3cr3t-proxy@127.0.0.1:1").unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("x-api-key", "s3cr3t-header".parse().unwrap());
    let own = reqwest::Client::builder().default_headers(headers).proxy(proxy).build().unwrap();
    settings().proxy("http://ana:s3cr3t-proxy@127.0.0.1:1").unwrap().client(own)
}

fn headers() -> HeaderMap {
    let values = [("authorization", "Bearer s3cr3t-access"), ("set-cookie", "session=s3cr3t-session")];
    values.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

#[tokio::test]
async fn no_debug_shows_a_secret() {
    trace::on();
    let mut shown = Shown::default();
    of_tokens(&mut shown);
    of_http(&mut shown);
    of_oauth(&mut shown).await;
    let postgres = tokens::of_stores(&mut shown).await;
    tokens::of_managers(&mut shown).await;
    errors::of_tokens(&mut shown).await;
    errors::of_http(&mut shown).await;
    let mut harmless = HARMLESS.to_vec();
    if !postgres {
        harmless.push((
            "there is no database",
            &["store::postgres::PostgresStore", "token::postgres::PostgresTokenStore"],
        ));
    }
    shown.is_complete("sync_core", concat!(env!("CARGO_MANIFEST_DIR"), "/src"), &harmless);
}

fn of_tokens(shown: &mut Shown) {
    let stored = Versioned { rev: Rev::FIRST, value: pair("one") };
    shown.debug(&pair("one"));
    shown.debug(&stored);
    shown.debug(&Swap::Stale(Some(stored)));
    shown.debug(&AccessToken::new(Rev::FIRST, "s3cr3t-access"));
    shown.debug(&StaticToken::new("s3cr3t-access"));
    let keys = || SealingKeys::from_text(&format!("{KEY}\n{}", KEY.replace('1', "2")).into()).unwrap();
    shown.debug(&SealingKey::from_text(&KEY.into()).unwrap());
    shown.debug(&keys());
    shown.debug(&PrivacyKey::from_text(&KEY.into()).unwrap());
    shown.error(&PrivacyKey::from_text(&"s3cr3t".into()).unwrap_err());
    shown.debug(&XChaChaSeal::new(keys()));
}

fn of_http(shown: &mut Shown) {
    let base = || Url::parse("http://127.0.0.1:1/v1/").unwrap();
    let limit = RateLimit::new(10, std::time::Duration::from_secs(1));
    shown.debug(&secret_settings());
    let tokens = Arc::new(StaticToken::new("s3cr3t-access"));
    let account = AccountKey::new("things", 1);
    let client =
        HttpClient::new(&secret_settings(), Arc::new(Things), account, base(), Some(tokens), limit).unwrap();
    shown.debug(&client);
    shown.debug(&client.with(CallOptions::new()));

    let request = Request::new(&READ).arg("id", "s3cr3t").query("code", "s3cr3t-code");
    shown.debug(&request.header(HeaderName::from_static("x-api-key"), "s3cr3t-header").json(&["s3cr3t"]));
    shown.debug(&Request::new(&READ).form([("client_secret", "s3cr3t-client")]));
    let mut url = base();
    url.set_query(Some("access_token=s3cr3t-access"));
    shown.debug(&Outgoing { method: Method::GET, url, headers: headers(), body: "s3cr3t".into() });
    let reply = Reply {
        status: 200,
        headers: headers(),
        body: Bytes::from_static(br#"{"access_token":"s3cr3t-access"}"#),
        verdict: Verdict::Success,
        rate: None,
        retry_after: None,
        attempts: 1,
        in_doubt: false,
    };
    shown.debug(&reply);
    shown.debug::<Excerpt>(&reply.excerpt());
}

async fn of_oauth(shown: &mut Shown) {
    shown.debug(&app());
    shown.debug(&Grant::Code("s3cr3t-code".into()));
    shown.debug(&Grant::Refresh("s3cr3t-refresh".into()));
    shown.debug(&Grant::Password { username: "ana".to_owned(), password: "s3cr3t-password".into() });
    shown.debug(&Loopback::bind(&app()).await.unwrap());
    shown.debug(&KeepAlive::new().account(tokens::manager(&ManualEnv::new(1)).await));

    // The state is made at random: it is not marked, and yet it must not show.
    let page = "https://someone:s3cr3t@crm.example.com/authorize?hint=s3cr3t#s3cr3t".parse().unwrap();
    let sent = app().authorize(&page, &["read"], true, ManualEnv::new(1).now()).unwrap();
    let state = sent.url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    for text in [format!("{sent:?} {sent:#?}"), format!("{:?} {:#?}", sent.pending, sent.pending)] {
        assert!(!text.contains(&state), "the state shows");
    }
    shown.debug(&sent);
    shown.debug::<Pending>(&sent.pending);
}
