//! The client against the sandbox, over real HTTP: what takes both sides to see.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail loudly")]

#[path = "sandboxed/search.rs"]
mod search;
#[path = "../../sync-core/tests/trace/mod.rs"]
mod trace;

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::future::{join_all, try_join_all};
use ghl_contacts::jiff::Timestamp;
use ghl_contacts::sandbox::{Config, Edit, Fault, FaultKind, Sandbox};
use ghl_contacts::{
    Client, Contact, ContactUpdate, CustomFieldValue, DataType, Env, ErrorKind, Filter, GhlOAuth,
    HttpErrorKind, HttpSettings, LocationId, MemoryTokenStore, NewContact, NewCustomField, NewNote, NewTask,
    OAuthApp, Patch, SearchContacts, SearchField, SystemEnv, TokenManager, TokenSet, UnauthorizedReason,
};
use serde_json::{Value, json};
use sync_core::{ManualEnv, async_trait};

async fn start(config: Config) -> Sandbox {
    trace::on();
    Sandbox::start(config).await.unwrap()
}

fn oauth(sandbox: &Sandbox) -> GhlOAuth {
    let c = sandbox.credentials();
    let app = OAuthApp::new(&c.client_id, c.client_secret.as_str());
    let app = app.redirect("https://app.example.pt/callback".parse().unwrap());
    GhlOAuth::at(&sandbox.url(), app, &HttpSettings::new()).unwrap()
}

/// A client that got `tokens` by a grant and renews them.
async fn connected(sandbox: &Sandbox, tokens: TokenSet) -> Client {
    let location = LocationId::new(&sandbox.credentials().location_id);
    let store = Arc::new(MemoryTokenStore::new(Arc::new(SystemEnv::new())));
    let manager = TokenManager::new(Client::account_key(&location), store, Arc::new(oauth(sandbox)));
    manager.connect(tokens).await.unwrap();
    Client::builder(location).base_url(sandbox.url()).tokens(manager).build().unwrap()
}

/// A client with the private integration token.
fn private(sandbox: &Sandbox) -> Client {
    let c = sandbox.credentials();
    let builder = Client::builder(c.location_id.as_str()).base_url(sandbox.url());
    builder.token(c.pit.as_str()).build().unwrap()
}

/// How often the sandbox was asked for `operation`.
fn asked(sandbox: &Sandbox, operation: &str) -> usize {
    sandbox.calls().iter().filter(|call| call.operation.as_deref() == Some(operation)).count()
}

fn contacts(sandbox: &Sandbox) -> usize {
    sandbox.state()["contacts"].as_array().unwrap().len()
}

async fn found(client: &Client, search: SearchContacts) -> Vec<Contact> {
    client.contacts().search(search).items().try_collect().await.unwrap()
}

#[tokio::test]
async fn a_full_walk() {
    let sandbox = start(Config::default()).await;
    let tokens = oauth(&sandbox).exchange_code(sandbox.credentials().code.as_str()).await.unwrap();
    assert_eq!(tokens.details["locationId"], sandbox.credentials().location_id);
    let client = connected(&sandbox, tokens).await;

    let nif = client.custom_fields().create(&NewCustomField::new("NIF", DataType::Text)).await.unwrap();
    assert_eq!(nif.field_key.as_deref(), Some("contact.nif"));
    assert_eq!(client.custom_fields().list().await.unwrap(), std::slice::from_ref(&nif));

    let new = NewContact::new()
        .name("Ana Reis")
        .email("ana@example.pt")
        .phone("+351910000001")
        .address1("Rua da Prata 1")
        .country("PT")
        .tags(["Customer"])
        .custom_field(CustomFieldValue::new(nif.id.clone(), "123456789"));
    let id = client.contacts().create(&new).await.unwrap().id;
    let ana = client.contacts().get(&id).await.unwrap();
    assert_eq!(
        (ana.full_name().as_deref(), ana.tags.as_slice()),
        (Some("Ana Reis"), &["customer".to_owned()][..])
    );
    assert_eq!((&ana.custom_fields[0].id, &ana.custom_fields[0].value), (&nif.id, &json!("123456789")));

    let note = client.notes(&id).create(&NewNote::new("Called.")).await.unwrap();
    assert_eq!(client.notes(&id).list().await.unwrap(), [note]);
    let due = "2026-03-01T12:00:00Z".parse().unwrap();
    let task = client.tasks(&id).create(&NewTask::new("Call back", due)).await.unwrap();
    assert_eq!((task.completed, task.due_date), (false, Some(due)));
    assert!(client.tasks(&id).complete(&task.id, true).await.unwrap().completed);
    assert!(client.tasks(&id).get(&task.id).await.unwrap().completed);

    assert_eq!(client.tags(&id).add(["VIP"]).await.unwrap(), ["customer", "vip"]);
    assert_eq!(client.tags(&id).remove(["Customer"]).await.unwrap(), ["vip"]);

    let update = ContactUpdate::new().city("Porto").phone(Patch::Clear);
    let ana = client.contacts().update(&id, &update).await.unwrap();
    assert_eq!((ana.city.as_deref(), ana.phone), (Some("Porto"), None));
    assert_eq!((ana.email.as_deref(), ana.tags), (Some("ana@example.pt"), vec!["vip".to_owned()]));

    let by_email = || SearchContacts::new().filter(SearchField::EMAIL.eq("ana@example.pt"));
    assert_eq!(found(&client, by_email()).await, [], "the index lags behind");
    sandbox.advance(Duration::from_secs(3));
    let hits = found(&client, by_email()).await;
    assert_eq!((hits.len(), &hits[0].id), (1, &id));
    assert_eq!(hits[0].address1.as_deref(), Some("Rua da Prata 1"));
    assert_eq!(hits[0].full_name().map(|name| name.to_lowercase()).as_deref(), Some("ana reis"));
    let by_nif = SearchField::custom(nif.id).eq("123456789");
    assert_eq!(found(&client, SearchContacts::new().filter(by_nif)).await.len(), 1);

    let error = client.contacts().create(&NewContact::new().email("ana@example.pt")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Duplicate);
    let duplicate = error.duplicate().unwrap();
    assert_eq!((&duplicate.contact_id, duplicate.matching_field.as_str()), (&id, "email"));
    assert_eq!(contacts(&sandbox), 1);
    assert!(error.rate().unwrap().remaining.is_some());
    assert!(sandbox.calls().iter().all(|call| call.operation.is_some()), "every path is one of the service");
}

#[tokio::test]
async fn a_search_is_walked_to_its_end() {
    let sandbox = start(Config::default()).await;
    let mut ids: Vec<_> = (0..7)
        .map(|n| sandbox.add_contact(json!({ "email": format!("n{n}@example.pt") })).unwrap())
        .collect();
    let client = private(&sandbox);
    let mut walked: Vec<_> =
        found(&client, SearchContacts::new().page_size(3)).await.iter().map(|c| c.id.to_string()).collect();
    ids.sort();
    walked.sort();
    assert_eq!(walked, ids);
    assert_eq!(asked(&sandbox, "contacts.search"), 3);
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_for_all_callers() {
    let sandbox = start(Config::default()).await;
    let id = sandbox.add_contact(json!({ "firstName": "Ana" })).unwrap().into();
    let tokens = oauth(&sandbox).exchange_code(sandbox.credentials().code.as_str()).await.unwrap();
    let client = connected(&sandbox, tokens).await;
    client.contacts().get(&id).await.unwrap();
    assert_eq!(asked(&sandbox, "oauth.token"), 1);

    // Only the sandbox's clock moves: the client learns of the expiry from the service.
    sandbox.advance(Duration::from_secs(86_400));
    let calls = join_all((0..8).map(|_| async { client.contacts().get(&id).await })).await;
    assert!(calls.iter().all(Result::is_ok), "{calls:?}");
    assert_eq!(asked(&sandbox, "oauth.token"), 2);
}

#[tokio::test]
async fn a_renewal_whose_answer_is_lost_is_asked_for_again() {
    let sandbox = start(Config::default()).await;
    let id = sandbox.add_contact(json!({ "firstName": "Ana" })).unwrap().into();
    let tokens = oauth(&sandbox).exchange_code(sandbox.credentials().code.as_str()).await.unwrap();
    let client = connected(&sandbox, tokens).await;
    sandbox.advance(Duration::from_secs(86_400));
    sandbox.fault(Fault::new(FaultKind::LoseReply).on("oauth.token").times(1));
    client.contacts().get(&id).await.unwrap();
    assert_eq!(asked(&sandbox, "oauth.token"), 3, "the code, the lost renewal, and its repetition");
}

#[tokio::test]
async fn a_revoked_private_token_is_told() {
    let sandbox = start(Config::default()).await;
    let client = private(&sandbox);
    client.custom_fields().list().await.unwrap();
    let pit = sandbox.credentials().pit.clone();
    sandbox.human(Edit::Delete { collection: "tokens".to_owned(), id: pit }).unwrap();
    let error = client.custom_fields().list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized(UnauthorizedReason::PrivateIntegration));
    assert_eq!(error.attempts(), 1);
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_not_repeated() {
    for fault in [FaultKind::LoseReply, FaultKind::CutBody] {
        let sandbox = start(Config::default()).await;
        let client = private(&sandbox);
        sandbox.fault(Fault::new(fault).on("contacts.create").times(1));
        let new = NewContact::new().name("Ana Reis").email("ana@example.pt");
        let error = client.contacts().create(&new).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport(HttpErrorKind::Interrupted), 1));
        assert!(error.outcome_unknown());
        assert_eq!((asked(&sandbox, "contacts.create"), contacts(&sandbox)), (1, 1));

        // Whoever tries again all the same is led to the contact that is there.
        let error = client.contacts().create(&new).await.unwrap_err();
        let there = client.contacts().get(&error.duplicate().unwrap().contact_id).await.unwrap();
        assert_eq!(there.email.as_deref(), Some("ana@example.pt"));
        assert_eq!(contacts(&sandbox), 1);
    }
}

#[tokio::test]
async fn what_may_be_repeated_survives_lost_answers() {
    let sandbox = start(Config::default()).await;
    let id = sandbox.add_contact(json!({ "firstName": "Ana" })).unwrap().into();
    let client = private(&sandbox);
    for operation in ["contacts.update", "contacts.get", "contacts.search", "tags.add", "tags.remove"] {
        sandbox.fault(Fault::new(FaultKind::LoseReply).on(operation).times(1));
    }
    client.contacts().update(&id, &ContactUpdate::new().city("Porto")).await.unwrap();
    assert_eq!(client.contacts().get(&id).await.unwrap().city.as_deref(), Some("Porto"));
    client.contacts().search(SearchContacts::new()).page().await.unwrap();
    assert_eq!(client.tags(&id).add(["vip"]).await.unwrap(), ["vip"]);
    assert_eq!(client.tags(&id).remove(["vip"]).await.unwrap(), Vec::<String>::new());
    assert_eq!(asked(&sandbox, "contacts.update"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_calls_meet_no_refusal() {
    const CALLS: usize = 300;
    // 30 calls in 100 ms: ten windows, and no way through them without waiting.
    let sandbox = start(Config { burst_limit: 30, speed: 100.0, ..Config::default() }).await;
    let id = sandbox.add_contact(json!({ "firstName": "Ana" })).unwrap().into();
    let client = private(&sandbox);
    let one_after_the_other = |calls: usize| {
        let (client, id) = (&client, &id);
        async move {
            for _ in 0..calls {
                client.contacts().get(id).await?;
            }
            Ok::<_, ghl_contacts::Error>(())
        }
    };
    try_join_all((0..20).map(|_| one_after_the_other(CALLS / 20))).await.unwrap();

    let calls = sandbox.calls();
    let refused = calls.iter().filter(|call| call.status == Some(429)).count();
    assert_eq!((calls.len(), refused), (CALLS, 0));
    let took = calls[CALLS - 1].at.duration_since(calls[0].at);
    assert!(took.as_millis() >= 900, "several windows passed: {took:?}");
}

/// A clock whose pauses move the sandbox's clock instead of waiting.
#[derive(Debug)]
struct SandboxClock {
    own: ManualEnv,
    sandbox: Sandbox,
}

#[async_trait]
impl Env for SandboxClock {
    fn now(&self) -> Timestamp {
        self.own.now()
    }

    fn monotonic(&self) -> Duration {
        self.own.monotonic()
    }

    fn rand(&self) -> u64 {
        self.own.rand()
    }

    async fn sleep(&self, duration: Duration) {
        self.sandbox.advance(duration);
        self.own.sleep(duration).await;
    }
}

#[tokio::test]
async fn a_burst_of_somebody_else_is_waited_out() {
    let sandbox = start(Config { burst_limit: 3, ..Config::default() }).await;
    let id = sandbox.add_contact(json!({ "firstName": "Ana" })).unwrap().into();
    let theirs = private(&sandbox);
    for _ in 0..3 {
        theirs.contacts().get(&id).await.unwrap();
    }
    let clock = Arc::new(SandboxClock { own: ManualEnv::new(1), sandbox: sandbox.clone() });
    let c = sandbox.credentials();
    let ours = Client::builder(c.location_id.as_str()).base_url(sandbox.url()).token(c.pit.as_str());
    let ours = ours.http(HttpSettings::new().env(clock)).build().unwrap();
    ours.contacts().create(&NewContact::new().first_name("Rui")).await.unwrap();
    let statuses: Vec<_> = sandbox.calls().iter().map(|call| call.status).collect();
    assert_eq!(statuses, [200, 200, 200, 429, 201].map(Some));
}

#[tokio::test]
async fn the_sandbox_refuses_what_the_service_refuses() {
    let sandbox = start(Config::default()).await;
    let client = private(&sandbox);
    let error = client.contacts().create(&NewContact::new().email("")).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Validation, Some(422)));
    assert!(error.messages()[0].contains("email"), "{error}");
    let error = client.contacts().get(&"0123456789abcdefghij".into()).await.unwrap_err();
    assert!(error.is_not_found());
    let filter = Filter::raw(json!({ "field": "contact_name", "operator": "eq", "value": "x" }));
    let error = client.contacts().search(SearchContacts::new().filter(filter)).page().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.messages()),
        (ErrorKind::BadRequest, &["Invalid field contact_name".to_owned()][..])
    );

    let other = sandbox.credentials().other_location_id.clone();
    let stranger = Client::builder(other).base_url(sandbox.url()).token(sandbox.credentials().pit.as_str());
    let error = stranger.build().unwrap().custom_fields().list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    let agency = sandbox.credentials().agency_token.as_str();
    let agency =
        Client::builder(sandbox.credentials().location_id.as_str()).base_url(sandbox.url()).token(agency);
    let error = agency.build().unwrap().contacts().create(&NewContact::new()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unauthorized(_)) && error.is_auth());
    assert_eq!(sandbox.state()["contacts"], Value::Array(Vec::new()));
}
