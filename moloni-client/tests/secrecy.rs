//! No secret shows in what types print and in what errors tell.
#![allow(clippy::unwrap_used, clippy::panic, reason = "this is a test")]

#[path = "../../sync-core/tests/secrecy/shown.rs"]
mod shown;
#[path = "../../sync-core/tests/trace/mod.rs"]
mod trace;

use std::sync::Arc;
use std::time::Duration;

use moloni_client::resources::{Match, PdfLink};
use moloni_client::types::{NewCompany, NewInvoice, NewLine, NewUser};
use moloni_client::writing::InsertOrFindError;
use moloni_client::{
    AccountKey, CallOptions, Checkpoint, Client, ClientBuilder, CompanyId, CustomerId, Decimal, DocumentId,
    DocumentQuery, DocumentSetId, Env, Error, ErrorKind, Expect, HttpSettings, Idempotency, IssueError,
    Issued, ManualEnv, MemoryTokenStore, MoloniOAuth, OAuthApp, ProductId, Refresh, TokenManager, TokenSet,
};
use serde_json::{Value, json};
use shown::{Shown, is_clean, told};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// As the service makes them: 40 hexadecimal digits.
const ACCESS: &str = "5ec2e70000000000000000000000000000000001";
const REFRESH: &str = "5ec2e70000000000000000000000000000000002";
const CLIENT: &str = "5ec2e70000000000000000000000000000000003";
const CODE: &str = "5ec2e70000000000000000000000000000000004";
const PASSWORD: &str = "s3cr3t &/?=+ção";

/// What holds no secret, and why.
const HARMLESS: [(&str, &[&str]); 2] = [
    (
        "people's data and what is asked of it; who prints it knows what it is",
        &["feed::change::Change", "types::", "value::", "writing::"],
    ),
    (
        "names, numbers and rows",
        &[
            "error::ErrorKind",
            "form::Encoding",
            "feed::change::Entity",
            "feed::checkpoint::Checkpoint",
            "issuing::Expect",
            "resources::types_of_document::Operations",
            "page::Page",
            "resources::exactness::Match",
            "sandbox::Config",
            "validation::FieldError",
            "validation::ValidationCode",
            "validation::params::Comparison",
            "validation::params::NumberBounds",
            "validation::params::ValidationParams",
        ],
    ),
];

/// What there is only with the sandbox.
const OF_SANDBOX: [(&str, &[&str]); 1] =
    [("not built", &["sandbox::Credentials", "sandbox::Sandbox", "sandbox::world::World"])];

/// What there is only with the collections.
const OF_SYNC: [(&str, &[&str]); 1] =
    [("not built", &["sync::customers::CustomerCollection", "sync::documents::DocumentFacts"])];

/// A clock that only its own pauses move, so that no test waits.
fn settings() -> HttpSettings {
    trace::on();
    HttpSettings::new().env(Arc::new(ManualEnv::new(1)))
}

fn app() -> OAuthApp {
    OAuthApp::new("developer", CLIENT).redirect("https://app.example.pt/".parse().unwrap())
}

fn oauth(server: &MockServer) -> MoloniOAuth {
    MoloniOAuth::at(&format!("{}/v1/", server.uri()), app(), &settings()).unwrap()
}

fn builder(server: &MockServer) -> ClientBuilder {
    let builder = Client::builder().company(CompanyId::from(7)).http(settings());
    builder.base_url(format!("{}/v1/", server.uri()))
}

fn pair(now: moloni_client::Timestamp) -> TokenSet {
    TokenSet::new(ACCESS.into(), now).refresh_token(REFRESH.into())
}

/// A service that answers everything alike.
async fn answering(answer: impl wiremock::Respond + 'static) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

/// An answer that repeats the whole request, in `status` and as it is or as JSON.
fn repeating(status: u16, as_json: bool) -> impl Fn(&Request) -> ResponseTemplate {
    move |request| {
        let sent = format!("Cannot serve {} with {}", request.url, String::from_utf8_lossy(&request.body));
        if as_json {
            let body = json!({ "error": "not_found", "error_description": sent, "message": sent });
            return ResponseTemplate::new(status).set_body_json(body);
        }
        ResponseTemplate::new(status).set_body_string(format!("<html>{sent}</html>"))
    }
}

#[tokio::test]
async fn no_debug_shows_a_secret() {
    let mut shown = Shown::default();
    of_clients(&mut shown).await;
    for (error, kind) in errors().await {
        assert_eq!(error.kind(), kind, "{error}");
        // Whoever asks for the body gets it, but without tokens.
        let body = error.body().map(|body| body.as_str().to_owned()).unwrap_or_default();
        assert!(!body.contains("5ec2e7"), "{kind:?}: the body that the error keeps shows a token");
        shown.error::<Error>(&error);
        shown.error::<InsertOrFindError>(&error.into());
    }
    #[cfg(feature = "sandbox")]
    of_sandbox(&mut shown).await;
    #[cfg(feature = "sync")]
    of_sync(&mut shown);
    let mut harmless = HARMLESS.to_vec();
    if cfg!(not(feature = "sandbox")) {
        harmless.extend(OF_SANDBOX);
    }
    if cfg!(not(feature = "sync")) {
        harmless.extend(OF_SYNC);
    }
    shown.is_complete("moloni_client", concat!(env!("CARGO_MANIFEST_DIR"), "/src"), &harmless);
}

async fn of_clients(shown: &mut Shown) {
    let server = MockServer::start().await;
    let oauth = oauth(&server);
    let env = Arc::new(ManualEnv::new(1));
    let store = Arc::new(MemoryTokenStore::new(env.clone()));
    let manager = oauth.tokens(CompanyId::from(7), store);
    manager.connect(pair(env.now())).await.unwrap();
    shown.debug(&app());
    shown.debug(&oauth);
    shown.debug(&oauth.authorize().unwrap());
    shown.debug::<TokenManager>(&manager);

    let elsewhere = "https://ana:s3cr3t@api.example.pt/?key=s3cr3t";
    let proxied = settings().proxy("http://ana:s3cr3t-proxy@127.0.0.1:1").unwrap();
    shown.debug(&builder(&server).token(ACCESS).http(proxied.clone()).base_url(elsewhere));
    shown.debug(&builder(&server).tokens(manager.clone()));
    shown.debug(&builder(&server).tokens(manager).build().unwrap());
    let client = builder(&server).token(ACCESS).http(proxied).build().unwrap();
    shown.debug(&client);
    shown.debug(&NewUser::new("Ana", "ana@example.pt", PASSWORD, 1.into()));
    shown.debug(&client.alternate_addresses(CustomerId::from(7)));
    shown.debug(&client.companies());
    shown.debug(&client.countries());
    shown.debug(&client.customers());
    shown.debug(&client.document_sets());
    shown.debug(&client.languages());
    shown.debug(&client.maturity_dates());
    shown.debug(&client.payment_methods());
    shown.debug(&client.product_stocks());
    shown.debug(&client.products());
    shown.debug(&client.taxes());
    shown.debug(&client.users());
    // What is looked for may be personal.
    shown.debug(&client.customers().get_by_email("s3cr3t@example.pt", Match::Exact));
    shown.debug(&client.customers().get_all());
    shown.debug(&client.feed(Checkpoint::from_start()));
    shown.debug(&client.documents());
    shown.debug(&client.documents().get_all(DocumentQuery::new()));
    shown.debug(&client.invoices());
    of_documents(shown).await;
}

/// A link to a file is a secret, and so is what a failure to issue keeps of the failed call.
async fn of_documents(shown: &mut Shown) {
    let offer = json!({ "url": format!("https://www.moloni.pt/downloads/?h={CODE}&access_token={ACCESS}") });
    let server = answering(ResponseTemplate::new(200).set_body_json(offer)).await;
    let client = builder(&server).token(ACCESS).build().unwrap();
    shown.debug::<PdfLink>(&client.documents().get_pdf_link(DocumentId::from(7)).await.unwrap());

    let server = answering(repeating(404, true)).await;
    let client = builder(&server).token(ACCESS).build().unwrap();
    let day = moloni_client::jiff::civil::date(2026, 7, 1);
    let line = NewLine::new(ProductId::from(1), "Mesa", Decimal::ONE, Decimal::ONE).exempt("M07");
    let new =
        NewInvoice::new(day, day, DocumentSetId::from(1), CustomerId::from(7)).our_reference("a").line(line);
    let error = client.invoices().issue(&new, Expect::total(Decimal::ONE)).await.unwrap_err();
    shown.error::<IssueError>(&error);
    shown.debug(&Issued::default());
}

#[cfg(feature = "sandbox")]
async fn of_sandbox(shown: &mut Shown) {
    use moloni_client::sandbox::{Config, Credentials, Sandbox, Server, World};
    let sandbox = Sandbox::start(Config::default()).await.unwrap();
    shown.debug::<Credentials>(sandbox.credentials());
    shown.debug::<Server<World>>(sandbox.server());
    sandbox.server().with(|world| shown.debug::<World>(world));
    shown.debug(&sandbox);
    is_clean(&format!("{} {:?}", sandbox.state(), sandbox.calls()), "what the sandbox tells of itself");
}

/// With a client that has secrets wherever one can be.
#[cfg(feature = "sync")]
fn of_sync(shown: &mut Shown) {
    use moloni_client::sync::{CustomerCollection, DocumentFacts};
    let proxied = settings().proxy("http://ana:s3cr3t-proxy@127.0.0.1:1").unwrap();
    let client = Client::builder().token(ACCESS).http(proxied).company(CompanyId::from(7)).build().unwrap();
    shown.debug::<CustomerCollection>(&CustomerCollection::new(client.clone()));
    shown.debug::<DocumentFacts>(&DocumentFacts::new(client));
}

/// An error of each kind, most from answers with secrets in them.
async fn errors() -> Vec<(Error, ErrorKind)> {
    let secrets = json!([{ "customer_id": ACCESS, "access_token": ACCESS, "note": PASSWORD }]);
    let api = |code: &str| json!({ "error": code, "error_description": format!("?access_token={ACCESS}&password=s3cr3t") });
    let table: Vec<(u16, Value, ErrorKind)> = vec![
        (400, api("invalid_grant"), ErrorKind::Auth),
        (200, api(&format!("Not Found /v1/?access_token={ACCESS}")), ErrorKind::Auth),
        (429, api("slow_down"), ErrorKind::RateLimited),
        (503, api("unavailable"), ErrorKind::Server),
        (200, json!(["1 name"]), ErrorKind::Validation),
        (200, json!([]), ErrorKind::NotFound),
        (200, json!({ "valid": 0 }), ErrorKind::Refused),
        (404, secrets.clone(), ErrorKind::Refused),
        (200, secrets, ErrorKind::Decode),
        (200, json!({ "customer_id": ACCESS, "number": [ACCESS] }), ErrorKind::Decode),
    ];
    let mut errors = Vec::new();
    for (status, body, kind) in table {
        let server = answering(ResponseTemplate::new(status).set_body_json(body)).await;
        errors.push((get_one(&server).await, kind));
    }
    for (status, as_json, kind) in [
        (404, false, ErrorKind::Refused),
        (404, true, ErrorKind::Auth),
        (200, false, ErrorKind::Server),
        (502, true, ErrorKind::Server),
    ] {
        errors.push((get_one(&answering(repeating(status, as_json)).await).await, kind));
    }
    errors.extend(of_set_up().await);
    errors.extend(of_grants().await);
    errors
}

async fn get_one(server: &MockServer) -> Error {
    let client = builder(server).token(ACCESS).build().unwrap();
    client.customers().get_one(CustomerId::from(7)).await.unwrap_err()
}

/// What is not for the service to say.
async fn of_set_up() -> Vec<(Error, ErrorKind)> {
    let at = |url: &str| {
        Client::builder().token(ACCESS).http(settings()).base_url(url).company(CompanyId::from(7)).build()
    };
    let nobody = at("http://127.0.0.1:1/v1/").unwrap();
    let slow = answering(ResponseTemplate::new(200).set_delay(Duration::from_millis(300))).await;
    let hasty = builder(&slow).token(ACCESS).build().unwrap();
    let hasty = hasty.with(CallOptions::new().timeout(Duration::from_millis(30)));
    let params = json!({ "notes": PASSWORD });
    let write = hasty.call::<Value>("customers", "insert", &params, Idempotency::NotIdempotent);
    let other =
        answering(ResponseTemplate::new(200).set_body_json(json!([{ "company_id": 5, "name": "Loja" }])))
            .await;
    let misnamed = hasty.call::<Value>("a/b", PASSWORD, &params, Idempotency::Safe);
    vec![
        (at("https://ana:s3cr3t@api.example.pt/").unwrap_err(), ErrorKind::Request),
        (at("s3cr3t").unwrap_err(), ErrorKind::Request),
        (nobody.customers().count().await.unwrap_err(), ErrorKind::Transport),
        (write.await.unwrap_err(), ErrorKind::Timeout),
        (
            builder(&other).token(ACCESS).build().unwrap().identity().await.unwrap_err(),
            ErrorKind::WrongAccount,
        ),
        (misnamed.await.unwrap_err(), ErrorKind::Request),
    ]
}

async fn of_grants() -> Vec<(Error, ErrorKind)> {
    let locked = ResponseTemplate::new(403).set_body_string(PASSWORD);
    let locked = answering(locked.insert_header("moloni-login-cooldown-seconds", "300")).await;
    let locked = oauth(&locked).password("ana", PASSWORD).await.unwrap_err();
    let mut errors = vec![(locked, ErrorKind::LoginLocked)];
    let halves = json!({ "access_token": 5, "refresh_token": REFRESH });
    let half = answering(ResponseTemplate::new(200).set_body_json(halves)).await;
    errors.push((oauth(&half).exchange_code(CODE).await.unwrap_err(), ErrorKind::Decode));
    for (status, as_json, kind) in
        [(404, true, ErrorKind::Auth), (404, false, ErrorKind::Refused), (503, true, ErrorKind::Server)]
    {
        let server = answering(repeating(status, as_json)).await;
        errors.push((oauth(&server).exchange_code(CODE).await.unwrap_err(), kind));
        errors.push((oauth(&server).password("ana", PASSWORD).await.unwrap_err(), kind));
    }
    errors
}

/// A password that somebody signs up with goes into one body and nowhere else.
#[tokio::test]
async fn a_new_password_shows_nowhere() {
    let user = NewUser::new("Ana", "ana@example.pt", PASSWORD, 1.into());
    for (status, as_json) in [(404, true), (404, false), (502, true), (200, false)] {
        for encoding in [moloni_client::Encoding::Json, moloni_client::Encoding::Form] {
            let server = answering(repeating(status, as_json)).await;
            let client = Client::builder().anonymous().http(settings()).encoding(encoding);
            let client = client.base_url(format!("{}/v1/", server.uri())).build().unwrap();
            let company = NewCompany::new("Loja", "501964843", "loja", 1.into());
            let error = client.users().sign_up(&user, &company).await.unwrap_err();
            is_clean(&told(&error), "a sign-up that is refused");
            let body = error.body().map(|body| body.as_str().to_owned()).unwrap_or_default();
            assert!(!body.contains("s3cr3t"), "{body}");
        }
    }
}

#[tokio::test]
async fn a_refresh_that_a_gateway_repeats_is_told_without_its_secrets() {
    for (status, as_json) in [(404, true), (404, false), (502, true), (400, true)] {
        let server = answering(repeating(status, as_json)).await;
        let env = ManualEnv::new(1);
        let error = oauth(&server).refresh(&pair(env.now())).await.unwrap_err();
        is_clean(&told(&error), "a refused refresh");
        assert!(!as_json || error.to_string().contains("refresh_token=…"), "the rest stays: {error}");

        // The same through a manager, as a call meets it.
        let env = Arc::new(env);
        let store = Arc::new(MemoryTokenStore::new(env.clone()));
        let manager = TokenManager::builder(AccountKey::new("moloni", 7), store, Arc::new(oauth(&server)));
        let manager = manager.env(env.clone()).build();
        manager.connect(pair(env.now()).expires_in(Duration::ZERO)).await.unwrap();
        let client = builder(&server).tokens(manager).build().unwrap();
        is_clean(&told(&client.customers().count().await.unwrap_err()), "a call without a token");
        is_clean(&format!("{client:?}"), "its client");
    }
}
