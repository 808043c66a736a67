//! What errors tell, with all their causes, when a secret is at hand that they might tell.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use sync_core::http::oauth::{self, CallbackError, Carry, Grant, GrantError, Loopback, OAuthApp, Pending};
use sync_core::http::{
    CallOptions, DecodeError, HeaderName, HttpClient, HttpError, HttpErrorKind, HttpSettings, Method,
    Operation, RateLimit, Request, Url, decode,
};
use sync_core::secrecy::ExposeSecret;
use sync_core::{
    AccountKey, Binding, Env, FileTokenStore, Idempotency, KeyError, ManualEnv, RefreshError, Rev, Seal,
    SealError, SealingKey, SealingKeys, SqliteTokenStore, StaticToken, StoreError, TokenError, TokenSet,
    XChaChaSeal,
};

use crate::server::{Things, answer, answering, settings};
use crate::shown::Shown;
use crate::tokens::{Folder, KEY, account, pair, seal};
use crate::{READ, app};

pub(crate) const GRANT: Operation =
    Operation::new("grant", Method::POST, "/grant/", Idempotency::NotIdempotent);

pub(crate) async fn of_tokens(shown: &mut Shown) {
    of_keys(shown);
    of_seals(shown);
    of_files(shown).await;
    let json = pair("one").to_secret_json();
    let cut = json.expose_secret().split_at(40).0;
    for text in [cut, r#"{"format":1,"access":["s3cr3t"]}"#, r#"{"format":"s3cr3t"}"#, "s3cr3t"] {
        shown.error(&TokenSet::from_secret_json(&text.into()).unwrap_err());
        shown.error(&Pending::from_secret_json(&text.into()).unwrap_err());
    }
    for error in [
        RefreshError::Rejected("no".to_owned()),
        RefreshError::Misconfigured("no".to_owned()),
        RefreshError::Unavailable("no".to_owned()),
        RefreshError::Source(Box::new(TokenError::NotConnected(account()))),
    ] {
        shown.error(&error);
        shown.error(&TokenError::Refresh { account: account(), error });
    }
    shown.error(&TokenError::Store(Arc::new(
        StoreError::new("test", "full").with_source(refused_by_seal(b"")),
    )));
}

fn of_keys(shown: &mut Shown) {
    let hex = KEY.get(..58).unwrap();
    let texts = [
        "s3cr3t".to_owned(),
        format!("{hex}s3cr3t"),
        format!("{KEY}{KEY}"),
        format!("s3cr3t{}", "!".repeat(38)),
        format!("s3cr3t{}", "A".repeat(38)),
        format!("{KEY}\n{KEY}"),
        format!("# s3cr3t\n{KEY} {KEY}"),
    ];
    let folder = Folder::new("keys");
    let file = folder.0.join("sealing.key");
    for text in texts {
        shown.error::<KeyError>(&SealingKeys::from_text(&text.clone().into()).unwrap_err());
        shown.error(&SealingKey::from_text(&text.clone().into()).unwrap_err());
        shown.error(&SealingKeys::from_fn(|| Ok::<_, String>(text.clone().into())).unwrap_err());
        std::fs::write(&file, text).unwrap();
        shown.error(&SealingKeys::from_file(&file).unwrap_err());
    }
}

fn refused_by_seal(sealed: &[u8]) -> SealError {
    seal().open(Binding { account: &account(), rev: Rev::FIRST }, sealed).unwrap_err()
}

fn of_seals(shown: &mut Shown) {
    let (account, other) = (account(), AccountKey::new("things", 2));
    let here = Binding { account: &account, rev: Rev::FIRST };
    let plain = b"s3cr3t";
    let sealed = seal().seal(here, plain).unwrap();
    let other_key = SealingKey::from_text(&KEY.replace('1', "2").into()).unwrap();
    let other_seal = XChaChaSeal::new(SealingKeys::new(other_key));
    let mut changed = sealed.clone();
    *changed.last_mut().unwrap() ^= 1;
    let errors = [
        other_seal.open(here, &sealed).unwrap_err(),
        refused_by_seal(plain),
        refused_by_seal(sealed.split_last().unwrap().1),
        seal().open(Binding { account: &other, rev: Rev::FIRST }, &sealed).unwrap_err(),
        refused_by_seal(&changed),
    ];
    let kinds = errors.each_ref().map(|error| match error {
        SealError::UnknownKey { .. } => "unknown key",
        SealError::UnknownFormat => "unknown format",
        SealError::Cut { .. } => "cut",
        SealError::Misplaced => "misplaced",
        SealError::Changed => "changed",
        _ => "other",
    });
    assert_eq!(kinds, ["unknown key", "unknown format", "cut", "misplaced", "changed"]);
    for error in &errors {
        shown.error(error);
    }
}

/// Files of somebody else, with secrets in the clear.
async fn of_files(shown: &mut Shown) {
    let folder = Folder::new("errors");
    let path = folder.0.join("tokens.json");
    for text in [
        "s3cr3t",
        r#"{"format":"s3cr3t"}"#,
        r#"{"format":1,"accounts":{"s":{"rev":1,"fence":0,"sealed":"s3cr3t"}}}"#,
        r#"{"format":1,"accounts":{"s":{"access_token":"s3cr3t"}}}"#,
        r#"{"access_token":"s3cr3t"}"#,
    ] {
        std::fs::write(&path, text).unwrap();
        make_private(&path);
        shown.error(&FileTokenStore::open(&path, seal()).await.unwrap_err());
        shown.error::<StoreError>(&SqliteTokenStore::open(&path, seal()).await.unwrap_err());
    }
}

fn make_private(path: &std::path::Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    #[cfg(not(unix))]
    let _ = path;
}

pub(crate) async fn of_http(shown: &mut Shown) {
    for error in calls().await {
        shown.error(&error);
    }
    for base in
        ["https://ana:s3cr3t@crm.example.com/", "https://crm.example.com/?key=s3cr3t", "ftp://s3cr3t/"]
    {
        shown.error(&client(&settings(), base).unwrap_err());
    }
    shown.error(&settings().proxy("http://ana:s3cr3t@:no port/").unwrap_err());
    shown.error(&settings().certificate(b"s3cr3t").unwrap_err());
    shown.error(&HttpError::invalid("base URL", "this is no URL"));
    of_decoding(shown);
    of_grants(shown).await;

    let elsewhere =
        OAuthApp::new("app", "s3cr3t-client").redirect("https://ana:s3cr3t@app.pt/".parse().unwrap());
    shown.error(&Loopback::bind(&elsewhere).await.unwrap_err());
    let now = ManualEnv::new(1).now();
    let sent = app().authorize(&"https://crm.pt/".parse().unwrap(), &[], true, now).unwrap();
    let strange = sent.pending.accept("code=s3cr3t-code&state=s3cr3t-state", now).unwrap_err();
    shown.error::<CallbackError>(&strange);
}

pub(crate) fn client(settings: &HttpSettings, base: &str) -> Result<HttpClient, HttpError> {
    let limit = RateLimit::new(1000, Duration::from_secs(1));
    let tokens = Arc::new(StaticToken::new("s3cr3t-access"));
    let base = Url::parse(base).unwrap();
    HttpClient::new(settings, Arc::new(Things), AccountKey::new("things", 1), base, Some(tokens), limit)
}

/// A failed call for each kind of failure that a test can bring about.
async fn calls() -> Vec<HttpError> {
    let request = || Request::new(&READ).arg("id", "s3cr3t").query("code", "s3cr3t-code").json(&["s3cr3t"]);
    let silent = answering(|_| "HTTP/1.1 200 s3cr3t\r\ncontent-length: 9\r\n\r\n".to_owned()).await;
    let garbage = answering(str::to_owned).await;
    let stalls = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxied = settings().proxy("http://ana:s3cr3t-proxy@127.0.0.1:1").unwrap();
    let soon = settings().options(CallOptions::new().timeout(Duration::from_millis(50)));
    let table = [
        (settings(), "http://127.0.0.1:1".to_owned(), HttpErrorKind::Connect),
        (proxied.clone(), "http://localhost:1".to_owned(), HttpErrorKind::Connect),
        (proxied, "https://crm.example.com".to_owned(), HttpErrorKind::Connect),
        (settings(), format!("http://{silent}"), HttpErrorKind::Interrupted),
        (settings(), format!("http://{garbage}"), HttpErrorKind::Interrupted),
        // Not TLS on the other side.
        (settings(), format!("https://{garbage}"), HttpErrorKind::Connect),
        (soon, format!("http://{}", stalls.local_addr().unwrap()), HttpErrorKind::Timeout),
    ];
    let mut errors = Vec::new();
    for (settings, base, kind) in table {
        let error = client(&settings, &base).unwrap().send(request()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        errors.push(error);
    }
    let here = client(&settings(), "http://127.0.0.1:1").unwrap();
    for wrong in [
        Request::new(&READ),
        request().header(HeaderName::from_static("x-api-key"), "s3cr3t\n"),
        Request::new(&READ).arg("id", ""),
    ] {
        errors.push(here.send(wrong).await.unwrap_err());
    }
    errors
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only decoding is of interest")]
struct Answer {
    number: u32,
    word: Word,
}

#[derive(Debug, Deserialize)]
enum Word {
    Yes,
}

fn of_decoding(shown: &mut Shown) {
    for body in [
        r#"{"number":"s3cr3t"}"#,
        r#"{"number":1,"word":"s3cr3t"}"#,
        r#"{"number":1,"word":{"s3cr3t":1}}"#,
        r#"{"number":["s3cr3t"],"number":2}"#,
        r#""s3cr3t"#,
        "<html>s3cr3t</html>",
        r#"{"number":1,"word":"Yes"} s3cr3t"#,
    ] {
        shown.error::<DecodeError>(&decode::<Answer>(body.as_bytes()).unwrap_err());
    }
    assert!(matches!(decode(br#"{"number":1,"word":"Yes"}"#), Ok(Answer { word: Word::Yes, .. })));
}

/// Makes the body of an answer out of a request.
type Body = fn(&str) -> String;

/// Each grant, with everything in the body or in the query, against a service that answers with `status` and what
/// `body` makes of the request.
pub(crate) async fn refused(status: u16, body: Body) -> Vec<GrantError> {
    let base = answering(move |request| answer(status, &body(request))).await;
    let http = client(&settings(), &format!("http://{base}/v1/")).unwrap();
    let mut errors = Vec::new();
    for carry in [Carry::Form, Carry::Query] {
        for grant in [
            Grant::Code("s3cr3t-code".into()),
            Grant::Refresh("s3cr3t-refresh".into()),
            Grant::Password { username: "ana".to_owned(), password: "s3cr3t & pa$$word".into() },
        ] {
            let app =
                OAuthApp::new("app", "s3cr3t-client").redirect("https://app.example.pt/".parse().unwrap());
            let more = [("user_type", "Location")];
            errors.push(oauth::request(&http, &GRANT, carry, &app, &grant, &more).await.unwrap_err());
        }
    }
    errors
}

async fn of_grants(shown: &mut Shown) {
    let bodies: [(u16, Body); 6] = [
        (400, |_| {
            r#"{"error":"invalid_grant","error_description":"used up","refresh_token":"s3cr3t"}"#.to_owned()
        }),
        (200, |_| r#"{"access_token":5,"refresh_token":"s3cr3t-refresh"}"#.to_owned()),
        (200, |_| r#"{"access_token":"","id":"s3cr3t-access","refresh_token":"s3cr3t-refresh"}"#.to_owned()),
        (200, |_| "s3cr3t-access".to_owned()),
        (500, |_| "<html>s3cr3t-access</html>".to_owned()),
        (502, str::to_owned),
    ];
    for (status, body) in bodies {
        for error in refused(status, body).await {
            shown.error(&error);
            shown.error(&RefreshError::from(error));
        }
    }
    let nowhere = client(&settings(), "http://127.0.0.1:1").unwrap();
    let grant = Grant::Code("s3cr3t-code".into());
    let error = oauth::request(&nowhere, &GRANT, Carry::Query, &app(), &grant, &[]).await.unwrap_err();
    assert!(matches!(error, GrantError::Http(_)), "{error}");
    shown.error(&error);
    shown.error(&GrantError::Set("the redirect address is missing"));
}
