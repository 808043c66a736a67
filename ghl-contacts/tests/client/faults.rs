//! What each call does about everything that can go wrong, and how many requests the service sees of it.

#[path = "../../../sync-core/tests/http_faults/server.rs"]
#[allow(dead_code, reason = "the tests of the HTTP layer need more of it")]
mod server;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use ghl_contacts::{
    BusinessContacts, CallOptions, Client, ContactId, ContactUpdate, Env, Error, ErrorKind, GhlOAuth,
    HttpErrorKind, LocationId, MemoryTokenStore, NewAppointment, NewContact, NewNote, NewTask, OAuthApp,
    SearchContacts, TagChange, TokenManager, TokenSet, UpsertContact,
};
use serde_json::json;
use sync_core::ManualEnv;

pub(crate) use self::server::{Act, Script};
use crate::service::{LOCATION, TOKEN, settings};
use crate::shown::{is_clean, told};

pub(crate) type Call = fn(&Client) -> BoxFuture<'_, Result<(), Error>>;

fn ana() -> &'static ContactId {
    static ANA: LazyLock<ContactId> = LazyLock::new(|| ContactId::new("c_ana"));
    &ANA
}

fn due() -> ghl_contacts::jiff::Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

/// Calls that only read. The first has what nobody may see in its query.
pub(crate) const SAFE: [(&str, Call); 3] = [
    ("contacts.by_business", |c| {
        Box::pin(async {
            c.contacts()
                .by_business(BusinessContacts::new("b_1").query("ana@example.pt"))
                .page()
                .await
                .map(drop)
        })
    }),
    ("contacts.get", |c| Box::pin(async { c.contacts().get(ana()).await.map(drop) })),
    ("contacts.search", |c| {
        Box::pin(async { c.contacts().search(SearchContacts::new().query("Reis")).page().await.map(drop) })
    }),
];

/// Calls of which a second one changes nothing more, whatever their method is.
pub(crate) const IDEMPOTENT: [(&str, Call); 8] = [
    ("contacts.update", |c| {
        Box::pin(async {
            c.contacts().update(ana(), &ContactUpdate::new().last_name("Reis")).await.map(drop)
        })
    }),
    ("contacts.delete", |c| Box::pin(async { c.contacts().delete(ana()).await })),
    ("contacts.upsert", |c| {
        Box::pin(async { c.contacts().upsert(&UpsertContact::by_email("ana@example.pt")).await.map(drop) })
    }),
    ("tags.add", |c| Box::pin(async { c.tags(ana()).add(["vip"]).await.map(drop) })),
    ("tags.remove", |c| Box::pin(async { c.tags(ana()).remove(["vip"]).await.map(drop) })),
    ("tags.bulk", |c| {
        Box::pin(async {
            c.bulk().tags(&[ana().clone()], &TagChange::add(["vip"])).await?;
            Ok(())
        })
    }),
    ("followers.add", |c| Box::pin(async { c.followers(ana()).add(["u_1"]).await.map(drop) })),
    ("tasks.complete", |c| Box::pin(async { c.tasks(ana()).complete(&"t_1".into(), true).await.map(drop) })),
];

/// Calls of which a second one makes a second record.
pub(crate) const ONCE: [(&str, Call); 7] = [
    ("contacts.create", |c| {
        Box::pin(async { c.contacts().create(&NewContact::new().email("ana@example.pt")).await.map(drop) })
    }),
    ("contacts.upsert", |c| {
        let always = UpsertContact::by_email("ana@example.pt").create_new_if_duplicate_allowed(true);
        Box::pin(async move { c.contacts().upsert(&always).await.map(drop) })
    }),
    ("notes.create", |c| {
        Box::pin(async { c.notes(ana()).create(&NewNote::new("Called Reis.")).await.map(drop) })
    }),
    ("tasks.create", |c| {
        Box::pin(async { c.tasks(ana()).create(&NewTask::new("Call Reis", due())).await.map(drop) })
    }),
    ("calendar_events.create", |c| {
        Box::pin(async {
            c.appointments().create(&NewAppointment::new("cal_1", "c_ana", due())).await.map(drop)
        })
    }),
    ("campaigns.add", |c| Box::pin(async { c.campaigns(ana()).add(&"k_1".into()).await })),
    ("workflows.add", |c| Box::pin(async { c.workflows(ana()).add(&"w_1".into()).await })),
];

/// Calls whose answer need not hold anything.
const WITHOUT_ANSWER: [&str; 3] = ["contacts.delete", "campaigns.add", "workflows.add"];

/// A service that fails by script, and a client of it whose tokens could be renewed at another place.
pub(crate) struct Bench {
    pub(crate) client: Client,
    /// The same with a private integration token.
    pub(crate) private: Client,
    pub(crate) env: Arc<ManualEnv>,
    pub(crate) service: Script,
    pub(crate) renewals: Script,
}

/// One for all, as the client itself makes them: that takes a while. It keeps no connection, for a service may come to
/// listen where one of another test did.
static PLAIN: LazyLock<reqwest::Client> = LazyLock::new(|| {
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    builder.retry(reqwest::retry::never()).pool_max_idle_per_host(0).build().unwrap()
});

impl Bench {
    pub(crate) async fn new(acts: Vec<Act>) -> Self {
        Self::with_renewals(acts, Vec::new()).await
    }

    pub(crate) async fn with_renewals(acts: Vec<Act>, renewals: Vec<Act>) -> Self {
        // Nobody waits for what never comes; whatever does come may take its time on a busy machine.
        let silent = acts.iter().any(|act| matches!(act, Act::Stall));
        let timeout = CallOptions::new().timeout(Duration::from_millis(if silent { 200 } else { 30_000 }));
        let (service, renewals) = (Script::start(acts).await, Script::start(renewals).await);
        let (settings, env) = settings();
        let settings = settings.client(PLAIN.clone());
        let app = OAuthApp::new("app-1", "s3cr3t-client");
        let oauth = GhlOAuth::at(&renewals.url(), app, &settings).unwrap();
        let store = Arc::new(MemoryTokenStore::new(env.clone()));
        let account = Client::account_key(&LocationId::new(LOCATION));
        let manager = TokenManager::builder(account, store, Arc::new(oauth)).env(env.clone()).build();
        let tokens = TokenSet::new(TOKEN.into(), env.now()).expires_in(Duration::from_secs(86_399));
        manager.connect(tokens.refresh_token("s3cr3t-refresh-1".into())).await.unwrap();
        let builder = Client::builder(LOCATION).base_url(service.url()).http(settings.options(timeout));
        let client = builder.clone().tokens(manager).build().unwrap();
        let private = builder.token("s3cr3t-private").build().unwrap();
        Self { client, private, env, service, renewals }
    }

    pub(crate) fn slept(&self) -> Duration {
        self.env.sleeps().iter().sum()
    }
}

/// Insists that an error shows no token, no secret, no query and nothing of a body.
#[track_caller]
pub(crate) fn shows_nothing(error: &Error, case: &str) {
    let text = told(error);
    is_clean(&text, case);
    for hidden in ["ana@example", "ana%40example", "Reis", "locationId", "limit=", "must-not-show"] {
        assert!(!text.contains(hidden), "{case} shows {hidden}: {text}");
    }
}

/// What a call ends with.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Done,
    /// Done, if the answer need not hold anything; else the answer does not fit.
    DoneIfEmpty,
    /// The kind of the error.
    Failed(ErrorKind),
    /// The same of a call that may have taken effect.
    Doubtful(ErrorKind),
}
use End::{Done, DoneIfEmpty, Doubtful, Failed};

/// Name, what the service does request by request, and for reads, what may be repeated and what may not the number of
/// requests and the end.
type Row = (&'static str, Vec<Act>, [(usize, End); 3]);

/// An answer of the service, with what a gateway might repeat of the request in it.
fn answers(status: u16, message: &str) -> Act {
    let body = json!({ "statusCode": status, "message": message, "traceId": "t_1",
        "must-not-show": format!("Bearer {TOKEN}, ?locationId=loc_1&query=ana%40example.pt") });
    Act::answer(status, &[("content-type", "application/json")], &body.to_string())
}

fn page(status: u16) -> Act {
    let html = format!("<html>must-not-show ?query=ana%40example.pt {TOKEN}</html>");
    Act::answer(status, &[("content-type", "text/html")], &html)
}

/// An answer that every call takes for its own.
pub(crate) fn good() -> Act {
    let body = json!({ "contact": { "id": "c_ana" }, "contacts": [], "note": { "id": "n_1" },
        "task": { "id": "t_1" }, "tags": [], "id": "a_1", "succeded": true });
    Act::answer(200, &[], &body.to_string())
}

fn all(requests: usize, end: End) -> [(usize, End); 3] {
    [(requests, end); 3]
}

/// Sent and lost: repeated if that does no harm.
fn lost(kind: HttpErrorKind) -> [(usize, End); 3] {
    [(2, Done), (2, Done), (1, Doubtful(ErrorKind::Transport(kind)))]
}

async fn check(table: Vec<Row>) {
    for (name, acts, ends) in table {
        for (calls, (requests, end)) in [&SAFE[..], &IDEMPOTENT[..], &ONCE[..]].into_iter().zip(ends) {
            let benches = join_all(calls.iter().map(|_| Bench::new(acts.clone()))).await;
            let calls = calls.iter().zip(&benches);
            join_all(calls.map(|((operation, call), bench)| async move {
                let case = format!("{name}, {operation}");
                let result = call(&bench.client).await;
                bench.ended(&case, operation, result, requests, end);
            }))
            .await;
        }
    }
}

impl Bench {
    fn ended(&self, case: &str, operation: &str, result: Result<(), Error>, requests: usize, end: End) {
        assert_eq!(self.service.requests(), requests, "{case}: requests at the service, {result:?}");
        assert_eq!(self.renewals.requests(), 0, "{case}: renewals");
        let end = match end {
            DoneIfEmpty if WITHOUT_ANSWER.contains(&operation) => Done,
            DoneIfEmpty => Doubtful(ErrorKind::Decode),
            end => end,
        };
        let Err(error) = result else { return assert_eq!(Done, end, "{case}") };
        let kind = error.kind();
        let got = if error.outcome_unknown() { Doubtful(kind) } else { Failed(kind) };
        assert_eq!(got, end, "{case}: {error}");
        assert_eq!((error.operation(), error.attempts() as usize), (operation, requests), "{case}");
        let transport = matches!(kind, ErrorKind::Transport(_));
        let passes = transport || [ErrorKind::Server, ErrorKind::RateLimited].contains(&kind);
        assert_eq!((error.is_retryable(), error.status().is_none()), (passes, transport), "{case}");
        shows_nothing(&error, case);
    }
}

#[tokio::test]
async fn connections_that_break() {
    check(vec![
        ("all is well", vec![good()], all(1, Done)),
        ("reset before reading", vec![Act::CloseUnread, good()], lost(HttpErrorKind::Interrupted)),
        ("reset after reading", vec![Act::Close, good()], lost(HttpErrorKind::Interrupted)),
        ("cut body", vec![Act::CutBody, good()], lost(HttpErrorKind::Interrupted)),
        ("silence", vec![Act::Stall, good()], lost(HttpErrorKind::Timeout)),
        (
            "reset for ever",
            vec![Act::Close; 5],
            [4, 4, 1].map(|n| (n, Doubtful(ErrorKind::Transport(HttpErrorKind::Interrupted)))),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_service_that_fails() {
    let server = ErrorKind::Server;
    let once = |act: Act| (vec![act, good()], [(2, Done), (2, Done), (1, Doubtful(server))]);
    let ever =
        |act: Act| (vec![act; 5], [(4, Doubtful(server)), (4, Doubtful(server)), (1, Doubtful(server))]);
    let patient = Act::answer(503, &[("retry-after", "2")], "");
    let hour = Act::answer(503, &[("retry-after", "3600")], "");
    let rows = [
        ("500", once(answers(500, "Oh."))),
        ("500 for ever", ever(answers(500, "Oh."))),
        ("HTML 502", once(page(502))),
        ("HTML 502 for ever", ever(page(502))),
        ("503, empty", once(Act::answer(503, &[], ""))),
        ("503 with seconds", once(patient)),
        ("503 with an hour", (vec![hour, good()], all(1, Doubtful(server)))),
        ("504", once(answers(504, "Too late."))),
        ("504 for ever", ever(answers(504, "Too late."))),
        ("520 of an edge", once(page(520))),
    ];
    check(rows.into_iter().map(|(name, (acts, ends))| (name, acts, ends)).collect()).await;
}

#[tokio::test]
async fn a_service_that_has_had_enough() {
    let limited = |headers: &[(&str, &str)]| Act::answer(429, headers, r#"{"message":"Too Many Requests"}"#);
    let spent = limited(&[("x-ratelimit-daily-remaining", "0"), ("x-ratelimit-daily-reset", "7200000")]);
    let failed = |requests| all(requests, Failed(ErrorKind::RateLimited));
    check(vec![
        ("429", vec![limited(&[]), good()], all(2, Done)),
        ("429, HTML", vec![page(429), good()], all(2, Done)),
        ("429 with seconds", vec![limited(&[("retry-after", "3")]), good()], all(2, Done)),
        (
            "429 with a date",
            vec![limited(&[("retry-after", "Thu, 01 Jan 2026 00:00:05 GMT")]), good()],
            all(2, Done),
        ),
        ("429 with something", vec![limited(&[("retry-after", "soon")]), good()], all(2, Done)),
        ("429 with an hour", vec![limited(&[("retry-after", "3600")]), good()], failed(1)),
        ("429 for ever", vec![limited(&[]); 5], failed(4)),
        (
            "429 with some of the day left",
            vec![limited(&[("x-ratelimit-daily-remaining", "1")]), good()],
            all(2, Done),
        ),
        ("429 for the day", vec![spent, good()], failed(1)),
        (
            "429 for the day, until when is not said",
            vec![limited(&[("x-ratelimit-daily-remaining", "0")]), good()],
            failed(1),
        ),
    ])
    .await;
}

#[tokio::test]
async fn answers_that_are_none() {
    let doubtful = all(1, Doubtful(ErrorKind::Decode));
    check(vec![
        ("HTML 200", vec![page(200), good()], [(2, Done), (2, Done), (1, Doubtful(ErrorKind::Server))]),
        (
            "half a JSON",
            vec![Act::answer(200, &[], r#"{"contact":{"id":"c_ana","must-not-show"#), good()],
            doubtful,
        ),
        ("JSON of another kind", vec![Act::answer(200, &[], r#""must-not-show""#), good()], doubtful),
        ("more than JSON", vec![Act::answer(201, &[], r"{} must-not-show"), good()], doubtful),
        ("not UTF-8", vec![Act::answer(200, &[], "\u{FFFD}"), good()], doubtful),
        ("empty 200", vec![Act::answer(200, &[], ""), good()], all(1, DoneIfEmpty)),
        ("204", vec![Act::Answer("HTTP/1.1 204 No Content\r\n\r\n".to_owned()), good()], all(1, DoneIfEmpty)),
    ])
    .await;
}

#[tokio::test]
async fn refusals() {
    let refused = |act: Act, kind| (vec![act, good()], all(1, Failed(kind)));
    let duplicate = json!({ "message": "Taken.", "meta": { "contactId": "c_old", "matchingField": "email",
        "contactName": "must-not-show" } });
    let elsewhere = |status| Act::answer(status, &[("location", "http://127.0.0.1:1/must-not-show")], "");
    let rows = [
        ("400", refused(answers(400, "Bad Request"), ErrorKind::BadRequest)),
        ("400, HTML", refused(page(400), ErrorKind::BadRequest)),
        ("400 of a duplicate", refused(Act::answer(400, &[], &duplicate.to_string()), ErrorKind::Duplicate)),
        ("403", refused(answers(403, "The token does not fit this location."), ErrorKind::Forbidden)),
        ("403, HTML", refused(page(403), ErrorKind::Forbidden)),
        ("404 of a gateway", refused(answers(404, "Not Found"), ErrorKind::RouteNotFound)),
        ("404 of the path", refused(answers(404, "Cannot GET /x"), ErrorKind::RouteNotFound)),
        ("404, HTML", refused(page(404), ErrorKind::RouteNotFound)),
        ("409", refused(answers(409, "New."), ErrorKind::Other)),
        ("422", refused(answers(422, "email must be an email"), ErrorKind::Validation)),
        ("a redirect, 301", refused(elsewhere(301), ErrorKind::Other)),
        ("a redirect, 302", refused(elsewhere(302), ErrorKind::Other)),
        ("a redirect, 307", refused(elsewhere(307), ErrorKind::Other)),
        ("a redirect, 308", refused(elsewhere(308), ErrorKind::Other)),
    ];
    check(rows.into_iter().map(|(name, (acts, ends))| (name, acts, ends)).collect()).await;
}

#[tokio::test]
async fn a_contact_that_is_not_there() {
    // The first reads the contacts of a business: a contact that is missing is nothing that it asked for.
    for (operation, call) in SAFE.iter().skip(1).chain(&IDEMPOTENT).chain(&ONCE) {
        let bench = Bench::new(vec![answers(404, "Contact not found"), good()]).await;
        let result = call(&bench.client).await;
        bench.ended(&format!("404, {operation}"), operation, result, 1, Failed(ErrorKind::NotFound));
    }
}

#[tokio::test]
async fn nothing_listens() {
    // Bound, so that nobody else comes to listen there.
    let port = tokio::net::TcpSocket::new_v4().unwrap();
    port.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nowhere = format!("http://{}", port.local_addr().unwrap());
    for (operation, call) in SAFE.iter().chain(&IDEMPOTENT).chain(&ONCE) {
        let settings = settings().0.client(PLAIN.clone());
        let client = Client::builder(LOCATION).base_url(nowhere.as_str()).token(TOKEN).http(settings);
        let error = call(&client.build().unwrap()).await.unwrap_err();
        let kind = ErrorKind::Transport(HttpErrorKind::Connect);
        assert_eq!((error.kind(), error.attempts(), error.status()), (kind, 4, None), "{operation}");
        assert!(!error.outcome_unknown() && error.is_retryable(), "{operation}: nothing was sent");
        shows_nothing(&error, operation);
    }
}

#[tokio::test]
async fn a_redirect_takes_the_token_nowhere() {
    let elsewhere = Script::start(vec![good(), good()]).await;
    for status in [301, 302, 303, 307, 308] {
        let away = Act::answer(status, &[("location", &format!("{}/contacts/", elsewhere.url()))], "");
        let service = Script::start(vec![away, good()]).await;
        let client =
            Client::builder(LOCATION).base_url(service.url()).token(TOKEN).http(settings().0).build();
        let error = client.unwrap().contacts().get(ana()).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Other, Some(status)));
        assert_eq!((service.paths(), elsewhere.requests()), (vec!["/contacts/c_ana".to_owned()], 0));
    }
}
