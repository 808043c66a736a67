//! No token, no secret and no person's data in what may end up in a log.

use std::sync::Arc;
use std::time::Duration;

use ghl_contacts::{
    AuthorizePage, BusinessContacts, CallOptions, Client, ClientBuilder, Contact, ContactId, ContactUpdate,
    CustomField, CustomFieldBook, CustomFieldDefinition, DataType, Error, ErrorKind, FieldError, GhlOAuth,
    Granted, HttpErrorKind, HttpSettings, Interrupted, ListContacts, LocationId, MemoryTokenStore,
    NewContact, OAuthApp, ResolvedField, Scope, SearchContacts, SearchField, TokenSet, UnauthorizedReason,
    jiff,
};
use serde_json::{Value, json};
use wiremock::matchers::{any, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::service::{TOKEN, answer, builder, client, settings};
use crate::shown::{Shown, is_clean, told};
use crate::unauthorized::manager;

/// What else the tests of this file send or receive and nobody may read.
const PRIVATE: [&str; 3] = ["ana@example.pt", "+351910000001", "Reis"];

#[track_caller]
fn tells_nothing_private(text: &str) {
    is_clean(text, "this");
    for private in PRIVATE {
        assert!(!text.contains(private), "{private} is in {text}");
    }
}

fn ana() -> NewContact {
    NewContact::new().last_name("Reis").email("ana@example.pt").phone("+351910000001")
}

#[tokio::test]
async fn errors_tell_nothing_private() {
    let echo = format!("<html>{TOKEN} ana@example.pt</html>");
    let answers = [
        answer(
            400,
            &json!({ "message": "Taken.", "meta": { "contactId": "c", "matchingField": "email",
            "contactName": "Ana Reis" }, "email": "ana@example.pt" }),
        ),
        answer(401, &json!({ "message": "Invalid JWT", "token": TOKEN })),
        answer(422, &json!({ "message": ["email must be an email"], "value": "ana@example.pt" })),
        answer(429, &json!({ "message": "Too Many Requests" })),
        answer(
            403,
            &json!({ "message": format!("no equal-sign in Authorization header: 'Bearer {TOKEN}'") }),
        ),
        ResponseTemplate::new(502).set_body_string(echo.clone()),
        ResponseTemplate::new(200).set_body_string(echo),
        answer(200, &json!({ "contact": { "id": "c", "email": ["ana@example.pt"] } })),
        answer(200, &json!({ "contact": { "id": "c", "dnd": "Reis" } })),
        answer(200, &json!({ "contact": "Reis" })),
    ];
    for reply in answers {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(reply).mount(&server).await;
        let client = client(&server);
        tells_nothing_private(&told(&client.contacts().create(&ana()).await.unwrap_err()));
        let update = ContactUpdate::new().email("ana@example.pt").last_name("Reis");
        tells_nothing_private(&told(&client.contacts().update(&"c".into(), &update).await.unwrap_err()));
    }
}

#[tokio::test]
async fn errors_without_an_answer_tell_nothing_private() {
    let server = MockServer::start().await;
    let late = answer(201, &json!({})).set_delay(Duration::from_millis(500));
    Mock::given(any()).respond_with(late).mount(&server).await;
    let soon = CallOptions::new().timeout(Duration::from_millis(50));
    let hasty = client(&server).with(soon);
    let error = hasty.contacts().create(&ana()).await.unwrap_err();
    assert!(error.is_timeout() && error.outcome_unknown());
    tells_nothing_private(&told(&error));

    let base = server.uri();
    drop(server);
    let client = Client::builder("loc_1").base_url(base).http(settings().0).token(TOKEN).build();
    let error =
        client.unwrap().contacts().search(SearchContacts::new().query("Reis")).page().await.unwrap_err();
    tells_nothing_private(&told(&error));
    let unsendable = builder(&MockServer::start().await).token(format!("{TOKEN}\n")).build().unwrap();
    tells_nothing_private(&told(&unsendable.contacts().create(&ana()).await.unwrap_err()));
}

#[tokio::test]
async fn requests_that_are_not_sent_tell_nothing_private() {
    let server = MockServer::start().await;
    let long = format!("ana@example.pt {}", "Reis ".repeat(20));
    for search in [
        SearchContacts::new().query(long.as_str()),
        SearchContacts::new().filter(SearchField::EMAIL.eq(long.as_str())),
        SearchContacts::new().filter(SearchField::CITY.not_contains(long)),
    ] {
        let error = client(&server).contacts().search(search).page().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        tells_nothing_private(&told(&error));
    }
    let mut definition = CustomFieldDefinition::new("cf_1", "Points");
    definition.data_type = Some(DataType::Numerical);
    let points = ResolvedField::new(definition);
    let error = points.value("ana@example.pt").unwrap_err();
    tells_nothing_private(&told(&error));
    tells_nothing_private(&told(&Error::from(error)));
    let mut ana = Contact::new("c_ana");
    ana.custom_fields = vec![CustomField::new("cf_1", "Reis")];
    tells_nothing_private(&told(&points.number(&ana).unwrap_err()));
}

#[tokio::test]
async fn failed_grants_tell_nothing_private() {
    let answers = [
        answer(
            400,
            &json!({ "error": "invalid_grant", "error_description": "Used up.", "code": "s3cr3t-code" }),
        ),
        answer(200, &json!({ "access_token": 5, "refresh_token": "s3cr3t-refresh-2" })),
        answer(200, &json!({ "access_token": "", "refresh_token": "s3cr3t-refresh-2" })),
        answer(500, &json!({ "refresh_token": "s3cr3t-refresh-2" })),
        ResponseTemplate::new(200).set_body_string("s3cr3t-access-2"),
    ];
    for reply in answers {
        let server = MockServer::start().await;
        Mock::given(method("POST")).and(path("/oauth/token")).respond_with(reply).mount(&server).await;
        let expired = answer(401, &json!({ "message": "Invalid JWT" }));
        Mock::given(method("GET")).respond_with(expired).mount(&server).await;
        let app = OAuthApp::new("app-1", "s3cr3t-client");
        let oauth = GhlOAuth::at(&server.uri(), app, &settings().0).unwrap();
        tells_nothing_private(&told(&oauth.exchange_code("s3cr3t-code").await.unwrap_err()));
        let (manager, _) = manager(&server).await;
        let client = builder(&server).tokens(manager).build().unwrap();
        tells_nothing_private(&told(&client.contacts().get(&"c".into()).await.unwrap_err()));
    }
}

/// What holds no secret, and why.
const HARMLESS: [(&str, &[&str]); 7] = [
    (
        "people's data and what is asked of it; who prints it knows what it is",
        &["types::", "fields::input::FieldInput", "fields::resolved::ResolvedField"],
    ),
    (
        "names, numbers and what was granted",
        &[
            "error::DuplicateContact",
            "error::ErrorKind",
            "error::UnauthorizedReason",
            "fields::error::FieldErrorKind",
            "fields::input::ValueKind",
            "oauth::granted::Granted",
            "oauth::granted::UserType",
            "oauth::installed::InstalledCursor",
            "oauth::installed::InstalledLocation",
            "oauth::installed::InstalledPage",
            "oauth::scope::Scope",
            "page::ListCursor",
            "page::SearchCursor",
            "patch::Patch",
            "sandbox::Config",
            "version::ApiVersion",
        ],
    ),
    ("the address of a page that everybody can open", &["oauth::AuthorizePage"]),
    (
        "what webhooks tell of people; who prints it knows what it is",
        &[
            "webhooks::event::Event",
            "webhooks::extract::SignedWebhook",
            "webhooks::install::Install",
            "webhooks::install::InstallType",
            "webhooks::install::Trial",
            "webhooks::install::WhiteLabel",
            "webhooks::webhook::Webhook",
        ],
    ),
    (
        "ids and states of deliveries",
        &[
            "sandbox::webhooks::post::Delivery",
            "sandbox::webhooks::settings::Webhooks",
            "webhooks::error::WebhookError",
            "webhooks::memory::MemoryDeliveries",
            "webhooks::once::Once",
            "webhooks::once::OnceError",
            "webhooks::seen::Claim",
            "webhooks::seen::DeliveryId",
            "webhooks::table::DeliveryRow",
            "webhooks::table::StoredDeliveries",
        ],
    ),
    (
        "public keys, and what is wrong with one",
        &["webhooks::key::KeyError", "webhooks::key::PublicKey", "webhooks::verifier::Verifier"],
    ),
    ("names and types of custom fields", &["sync::custom::Found", "sync::custom::NeededField"]),
];

/// What there is only with the sandbox.
const OF_SANDBOX: [(&str, &[&str]); 1] =
    [("not built", &["sandbox::Sandbox", "sandbox::credentials::Credentials", "sandbox::world::World"])];

/// What there is only with the collections.
const OF_SYNC: [(&str, &[&str]); 1] = [(
    "not built",
    &[
        "sync::appointments::AppointmentCollection",
        "sync::businesses::BusinessCollection",
        "sync::contacts::ContactCollection",
        "sync::notes::NoteCollection",
        "sync::tasks::TaskCollection",
    ],
)];

#[tokio::test]
async fn no_debug_shows_a_secret() {
    let server = MockServer::start().await;
    let mut shown = Shown::default();
    of_clients(&mut shown, &server).await;
    shown.error::<FieldError>(&unavailable(&server).await);
    for (error, kind) in errors().await {
        assert_eq!(error.kind(), kind, "{error}");
        shown.error::<Error>(&error);
        shown.error(&Interrupted::new((), vec!["c_ana".into()], error));
    }
    #[cfg(feature = "sandbox")]
    of_sandbox(&mut shown).await;
    let mut harmless = HARMLESS.to_vec();
    if cfg!(not(feature = "sandbox")) {
        harmless.extend(OF_SANDBOX);
    }
    if cfg!(not(feature = "sync")) {
        harmless.extend(OF_SYNC);
    }
    shown.is_complete("ghl_contacts", concat!(env!("CARGO_MANIFEST_DIR"), "/src"), &harmless);
}

#[cfg(feature = "sandbox")]
async fn of_sandbox(shown: &mut Shown) {
    use ghl_contacts::sandbox::{Config, Credentials, Sandbox, Server, World};
    let sandbox = Sandbox::start(Config::default()).await.unwrap();
    shown.debug::<Credentials>(sandbox.credentials());
    shown.debug::<Server<World>>(sandbox.server());
    sandbox.server().with(|world| shown.debug::<World>(world));
    shown.debug(&sandbox);
    is_clean(&format!("{} {:?}", sandbox.state(), sandbox.calls()), "what the sandbox tells of itself");
}

async fn of_clients(shown: &mut Shown, server: &MockServer) {
    let app = || OAuthApp::new("app-1", "s3cr3t-client").redirect("https://app.example.pt/".parse().unwrap());
    let (source, _) = manager(server).await;
    let proxied = HttpSettings::new().proxy("http://ana:s3cr3t-proxy@127.0.0.1:1").unwrap();
    let oauth = GhlOAuth::at(&server.uri(), app(), &proxied).unwrap().page(AuthorizePage::WhiteLabel);
    shown.debug(&app());
    shown.debug(&oauth);
    shown.debug(&oauth.authorize().unwrap());
    shown.debug(&oauth.installed_locations(source.clone(), &"comp_1".into()).unwrap());
    shown.debug(&source);

    let elsewhere = "https://ana:s3cr3t@crm.example.pt/?key=s3cr3t";
    shown.debug::<ClientBuilder>(&builder(server).token(TOKEN).http(proxied.clone()).base_url(elsewhere));
    shown.debug(&builder(server).tokens(source.clone()));
    shown.debug(&builder(server).tokens(source).build().unwrap());
    let client = builder(server).token(TOKEN).http(proxied).build().unwrap();
    shown.debug(&client);
    #[cfg(feature = "sync")]
    {
        use ghl_contacts::sync::{
            AppointmentCollection, BusinessCollection, ContactCollection, NoteCollection, TaskCollection,
        };
        shown.debug(&ContactCollection::new(client.clone()));
        shown.debug(&NoteCollection::new(client.clone(), "erp:"));
        shown.debug(&TaskCollection::new(client.clone(), "erp:"));
        shown.debug(&AppointmentCollection::new(client.clone(), "erp:"));
        shown.debug(&BusinessCollection::new(client.clone(), "erp:"));
    }
    let id = ContactId::new("c_ana");
    shown.debug(&client.appointments());
    shown.debug(&client.appointment_notes(&"a_1".into()));
    shown.debug(&client.businesses());
    shown.debug(&client.businesses().list());
    shown.debug(&client.location_tags());
    shown.debug(&client.location_tasks());
    shown.debug(&client.users());
    shown.debug(&client.contacts());
    shown.debug(&client.contacts().search(SearchContacts::new()));
    #[allow(deprecated, reason = "it is there")]
    shown.debug(&client.contacts().list(ListContacts::new()));
    shown.debug(&client.contacts().by_business(BusinessContacts::new("b_1")));
    shown.debug(&client.bulk());
    shown.debug(&client.campaigns(&id));
    shown.debug(&client.contact_appointments(&id));
    shown.debug(&client.followers(&id));
    shown.debug(&client.workflows(&id));
    shown.debug(&client.custom_fields());
    shown.debug(&CustomFieldBook::new(&client));
    shown.debug(&client.locations());
    shown.debug(&client.notes(&id));
    shown.debug(&client.tags(&id));
    shown.debug(&client.tasks(&id));
}

/// An error of each kind, from an answer with secrets in it.
async fn errors() -> Vec<(Error, ErrorKind)> {
    use UnauthorizedReason::{PrivateIntegration, Scope as NoScope, Token, TokenClass, Unknown, Version};
    let texts = [
        (400, "Contact not found", ErrorKind::NotFound),
        (400, "Bad Request", ErrorKind::BadRequest),
        (401, "Invalid JWT", ErrorKind::Unauthorized(Token)),
        (401, "Invalid Private Integration token", ErrorKind::Unauthorized(PrivateIntegration)),
        (401, "The token is not authorized for this scope.", ErrorKind::Unauthorized(NoScope)),
        (401, "User type mismatch", ErrorKind::Unauthorized(TokenClass)),
        (401, "version header is invalid", ErrorKind::Unauthorized(Version)),
        (401, "Something new", ErrorKind::Unauthorized(Unknown)),
        (403, "Forbidden", ErrorKind::Forbidden),
        (404, "Cannot GET /contacts/c", ErrorKind::RouteNotFound),
        (422, "email must be an email", ErrorKind::Validation),
        (429, "Too Many Requests", ErrorKind::RateLimited),
        (503, "Unavailable", ErrorKind::Server),
        (409, "New", ErrorKind::Other),
    ];
    let secrets =
        |message: &str| json!({ "message": message, "token": TOKEN, "refresh_token": "s3cr3t-refresh" });
    let mut errors = Vec::new();
    for (status, message, kind) in texts {
        errors.push((failed(answer(status, &secrets(message))).await, kind));
        // A gateway that repeats what it was sent.
        let repeated = format!("{message}: Authorization: Bearer {TOKEN}");
        errors.push((failed(answer(status, &secrets(&repeated))).await, kind));
    }
    let mut duplicate = secrets("Taken");
    duplicate["meta"] = json!({ "contactId": "c", "matchingField": "email", "token": TOKEN });
    errors.push((failed(answer(400, &duplicate)).await, ErrorKind::Duplicate));
    errors.push((failed(answer(200, &json!({ "contact": TOKEN }))).await, ErrorKind::Decode));
    let long = SearchContacts::new().query(TOKEN.repeat(6));
    let unsent = client(&MockServer::start().await).contacts().search(long).page().await.unwrap_err();
    errors.push((unsent, ErrorKind::Invalid));
    errors.push((failed(ResponseTemplate::new(200).set_body_string(TOKEN)).await, ErrorKind::Decode));
    errors.extend(of_grants().await);
    let nowhere = Client::builder("loc_1").base_url("http://127.0.0.1:1").http(settings().0).token(TOKEN);
    let error = nowhere.build().unwrap().contacts().get(&"c".into()).await.unwrap_err();
    errors.push((error, ErrorKind::Transport(HttpErrorKind::Connect)));
    errors
}

/// Definitions that could not be read, with the whole of the reason.
async fn unavailable(server: &MockServer) -> FieldError {
    let told = json!({ "message": "Invalid JWT", "token": TOKEN });
    Mock::given(path("/locations/loc_1/customFields")).respond_with(answer(401, &told)).mount(server).await;
    CustomFieldBook::new(&client(server)).field("nif").await.unwrap_err()
}

async fn failed(reply: ResponseTemplate) -> Error {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(reply).mount(&server).await;
    client(&server).contacts().get(&"c".into()).await.unwrap_err()
}

async fn of_grants() -> Vec<(Error, ErrorKind)> {
    let granted = TokenSet::new(TOKEN.into(), jiff::Timestamp::UNIX_EPOCH)
        .detail("locationId", "l")
        .detail("scope", "contacts.write");
    let granted = Granted::of(&granted);
    let (here, wanted) = (LocationId::new("l"), [Scope::ContactsRead]);
    let mut errors = vec![
        (granted.check(&"other".into(), &[]).unwrap_err(), ErrorKind::WrongAccount),
        (granted.check(&here, &wanted).unwrap_err(), ErrorKind::MissingScopes),
    ];
    let pair = json!({ "access_token": TOKEN, "token_type": "Bearer", "refresh_token": "s3cr3t-refresh-2" });
    let half = json!({ "access_token": "", "id": TOKEN, "refresh_token": "s3cr3t-refresh-2" });
    let refusal =
        json!({ "error": "invalid_grant", "error_description": "s3cr3t-code with s3cr3t-client is used up" });
    let table: [(u16, Value, ErrorKind); 4] = [
        (200, pair, ErrorKind::WrongAccount),
        (200, half, ErrorKind::Decode),
        (400, refusal.clone(), ErrorKind::Grant),
        (503, refusal, ErrorKind::Server),
    ];
    for (status, body, kind) in table {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(answer(status, &body)).mount(&server).await;
        let oauth =
            GhlOAuth::at(&server.uri(), OAuthApp::new("app-1", "s3cr3t-client"), &settings().0).unwrap();
        let store = Arc::new(MemoryTokenStore::new(settings().1));
        errors.push((oauth.connect("s3cr3t-code", &here, store).await.unwrap_err(), kind));
    }
    errors
}

#[tokio::test]
async fn a_pair_shows_no_secret() {
    let server = MockServer::start().await;
    let pair = json!({ "access_token": "s3cr3t-access-2", "token_type": "Bearer", "expires_in": 86399,
        "refresh_token": "s3cr3t-refresh-2", "id_token": "s3cr3t-id" });
    Mock::given(method("POST")).respond_with(answer(200, &pair)).mount(&server).await;
    let app = OAuthApp::new("app-1", "s3cr3t-client");
    let oauth = GhlOAuth::at(&server.uri(), app, &settings().0).unwrap();
    Shown::default().debug(&oauth.exchange_code("s3cr3t-code").await.unwrap());
}

#[tokio::test]
async fn the_wrong_base_url_is_told_without_its_password() {
    let error = Client::builder("loc_1")
        .base_url("https://someone:s3cr3t-client@crm.example.pt")
        .token(TOKEN)
        .build()
        .unwrap_err();
    tells_nothing_private(&told(&error));
}
