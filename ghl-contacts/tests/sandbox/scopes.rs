//! Every operation with the scope that it needs, and without it.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};

use crate::ask::{Ask, ask, form, get, post};
use crate::grants::{code, exchange, page, refresh, token};
use crate::table::{Row, Scene, row, scene};

const READ: &str = "contacts.readonly";
const WRITE: &str = "contacts.write";
const READ_FIELDS: &str = "locations/customFields.readonly";
const WRITE_FIELDS: &str = "locations/customFields.write";
const READ_TAGS: &str = "locations/tags.readonly";
const WRITE_TAGS: &str = "locations/tags.write";
const READ_EVENTS: &str = "calendars/events.readonly";
const WRITE_EVENTS: &str = "calendars/events.write";
const READ_BUSINESSES: &str = "businesses.readonly";
const WRITE_BUSINESSES: &str = "businesses.write";
const SCOPES: [&str; 15] = [
    READ,
    WRITE,
    READ_FIELDS,
    WRITE_FIELDS,
    "locations.readonly",
    READ_TAGS,
    WRITE_TAGS,
    READ_EVENTS,
    WRITE_EVENTS,
    READ_BUSINESSES,
    WRITE_BUSINESSES,
    "locations/tasks.readonly",
    "users.readonly",
    "oauth.readonly",
    "oauth.write",
];

/// All operations but the page and the token endpoint. The bodies are empty: the scope is looked at before them.
#[rustfmt::skip]
fn operations(s: &Scene) -> Vec<(&'static str, &'static str, Ask)> {
    let send = |method: &str, path: String| ask(method.parse::<Method>().unwrap(), path);
    let contact = |method: &str, rest: &str| send(method, format!("/contacts/{}{rest}", s.ana));
    let location = |method: &str, rest: &str| send(method, format!("/locations/{}{rest}", s.c.location_id));
    let calendar = |method: &str, rest: &str| send(method, format!("/calendars/{rest}"));
    let all = |method: &str, rest: &str| send(method, format!("/contacts/{rest}"));
    vec![
        ("contacts.create", WRITE, all("POST", "")),
        ("contacts.list", READ, all("GET", "")),
        ("contacts.get", READ, contact("GET", "")),
        ("contacts.update", WRITE, contact("PUT", "")),
        ("contacts.delete", WRITE, contact("DELETE", "")),
        ("contacts.upsert", WRITE, all("POST", "upsert")),
        ("contacts.by_business", READ, all("GET", "business/x")),
        ("contacts.search", READ, all("POST", "search")),
        ("contacts.duplicate", READ, all("GET", "search/duplicate")),
        ("contacts.bulk_business", WRITE, all("POST", "bulk/business")),
        ("tags.bulk", WRITE, all("POST", "bulk/tags/update/add")),
        ("tasks.list", READ, contact("GET", "/tasks")),
        ("tasks.create", WRITE, contact("POST", "/tasks")),
        ("tasks.get", READ, contact("GET", "/tasks/x")),
        ("tasks.update", WRITE, contact("PUT", "/tasks/x")),
        ("tasks.complete", WRITE, contact("PUT", "/tasks/x/completed")),
        ("tasks.delete", WRITE, contact("DELETE", "/tasks/x")),
        ("contact_appointments.list", READ, contact("GET", "/appointments")),
        ("tags.add", WRITE, contact("POST", "/tags")),
        ("tags.remove", WRITE, contact("DELETE", "/tags")),
        ("notes.list", READ, contact("GET", "/notes")),
        ("notes.create", WRITE, contact("POST", "/notes")),
        ("notes.get", READ, contact("GET", "/notes/x")),
        ("notes.update", WRITE, contact("PUT", "/notes/x")),
        ("notes.delete", WRITE, contact("DELETE", "/notes/x")),
        ("followers.add", WRITE, contact("POST", "/followers")),
        ("followers.remove", WRITE, contact("DELETE", "/followers")),
        ("campaigns.add", WRITE, contact("POST", "/campaigns/x")),
        ("campaigns.remove", WRITE, contact("DELETE", "/campaigns/x")),
        ("campaigns.remove_all", WRITE, contact("DELETE", "/campaigns/removeAll")),
        ("campaigns.remove_all", WRITE, contact("DELETE", "/campaigns/remove-all").version(Some("v3"))),
        ("workflows.add", WRITE, contact("POST", "/workflow/x")),
        ("workflows.remove", WRITE, contact("DELETE", "/workflow/x")),
        ("locations.get", "locations.readonly", location("GET", "")),
        ("custom_fields.list", READ_FIELDS, location("GET", "/customFields")),
        ("custom_fields.get", READ_FIELDS, location("GET", "/customFields/x")),
        ("custom_fields.create", WRITE_FIELDS, location("POST", "/customFields")),
        ("custom_fields.update", WRITE_FIELDS, location("PUT", "/customFields/x")),
        ("custom_fields.delete", WRITE_FIELDS, location("DELETE", "/customFields/x")),
        ("locations.search", "locations.readonly", send("GET", "/locations/search".to_owned())),
        ("location_tags.list", READ_TAGS, location("GET", "/tags")),
        ("location_tags.create", WRITE_TAGS, location("POST", "/tags")),
        ("location_tags.get", READ_TAGS, location("GET", "/tags/x")),
        ("location_tags.update", WRITE_TAGS, location("PUT", "/tags/x")),
        ("location_tags.delete", WRITE_TAGS, location("DELETE", "/tags/x")),
        ("location_tasks.search", "locations/tasks.readonly", location("POST", "/tasks/search")),
        ("businesses.create", WRITE_BUSINESSES, send("POST", "/businesses/".to_owned())),
        ("businesses.list", READ_BUSINESSES, send("GET", "/businesses/".to_owned())),
        ("businesses.get", READ_BUSINESSES, send("GET", "/businesses/x".to_owned())),
        ("businesses.update", WRITE_BUSINESSES, send("PUT", "/businesses/x".to_owned())),
        ("businesses.delete", WRITE_BUSINESSES, send("DELETE", "/businesses/x".to_owned())),
        ("users.search", "users.readonly", send("GET", "/users/search".to_owned())),
        ("calendar_events.create", WRITE_EVENTS, calendar("POST", "events/appointments")),
        ("calendar_events.get", READ_EVENTS, calendar("GET", "events/appointments/x")),
        ("calendar_events.update", WRITE_EVENTS, calendar("PUT", "events/appointments/x")),
        ("calendar_events.list", READ_EVENTS, calendar("GET", "events")),
        ("calendar_events.delete", WRITE_EVENTS, calendar("DELETE", "events/x")),
        ("appointment_notes.list", READ_EVENTS, calendar("GET", "appointments/x/notes")),
        ("appointment_notes.create", WRITE_EVENTS, calendar("POST", "appointments/x/notes")),
        ("appointment_notes.update", WRITE_EVENTS, calendar("PUT", "appointments/x/notes/x")),
        ("appointment_notes.delete", WRITE_EVENTS, calendar("DELETE", "appointments/x/notes/x")),
        ("oauth.location_token", "oauth.write", form("/oauth/locationToken", &[])),
        ("oauth.installed_locations", "oauth.readonly", get("/oauth/installedLocations")),
        ("oauth.installed_locations", "oauth.readonly", get("/oauth/installed-locations").version(Some("v3"))),
    ]
}

#[rustfmt::skip]
pub(crate) fn rows(s: &Scene) -> Vec<Row> {
    let c = &s.c;
    let no_scope = [
        ("/message", json!("The token is not authorized for this scope.")),
        ("/error", json!("Unauthorized")),
        ("/statusCode", json!(401)),
        ("/traceId", Value::Null),
    ];
    let ana = format!("/contacts/{}", s.ana);
    let new = post("/contacts/", json!({ "locationId": c.location_id, "firstName": "Eva" }));
    let mint = form("/oauth/locationToken", &[("companyId", &c.company_id), ("locationId", &c.location_id)]);
    let app = c.client_id.split('-').next().unwrap();
    let installed = get(format!("/oauth/installedLocations?companyId={}&appId={app}", c.company_id));
    vec![
        row("ghl-api § 2.5", "a reader reads", get(&ana).token(&s.reader), 200, []),
        row("ghl-api § 2.5", "a search is a read",
            post("/contacts/search", json!({ "locationId": c.location_id, "pageLimit": 1 })).token(&s.reader), 200, []),
        row("ghl-api § 5.3", "a reader does not write", new.clone().token(&s.reader), 401, no_scope.clone()),
        row("ghl-api § 5.3", "contacts are no custom fields",
            get(format!("/locations/{}/customFields", c.location_id)).token(&s.reader), 401, no_scope.clone()),
        row("ghl-api § 5.3", "the scope is asked for before the location",
            get(format!("/locations/{}/tags", c.other_location_id)).token(&s.reader), 401, no_scope.clone()),
        row("ghl-api § 2.4", "the private token may do everything", new.token(&c.pit), 201, []),
        row("ghl-api § 5.3", "an agency's token keeps the refusal of its class",
            get(&ana).token(&s.agency_reader), 401,
            [("/message", json!("This authClass type is not allowed to access this scope."))]),
        row("ghl-api § 2.3", "to list installed locations takes oauth.readonly",
            installed.token(&s.agency_reader), 200, [("/count", json!(2))]),
        row("ghl-api § 2.3", "to mint takes oauth.write", mint.clone().token(&s.agency_reader), 401, no_scope),
        row("ghl-api § 2.3", "a minted token has what the agency has in a location",
            mint.token(&c.agency_token), 200,
            [("/scope", json!("contacts.readonly contacts.write calendars.readonly calendars/events.readonly \
                calendars/events.write locations.readonly locations/customFields.readonly locations/customFields.write \
                locations/customValues.readonly locations/customValues.write locations/tags.readonly \
                locations/tags.write locations/tasks.readonly businesses.readonly businesses.write users.readonly"))]),
    ]
}

#[tokio::test]
async fn every_operation_needs_its_scope_and_no_other() {
    let s = scene().await;
    let mut tokens = BTreeMap::new();
    for scope in SCOPES {
        let class = if scope.starts_with("oauth.") { "Company" } else { "Location" };
        let others: Vec<&str> = SCOPES.into_iter().filter(|other| *other != scope).collect();
        let only = token(&s.sandbox, scope, class).await;
        tokens.insert(scope, (only, token(&s.sandbox, &others.join(" "), class).await));
    }
    s.sandbox.checkpoint();
    let refused = |(status, body): &(u16, Value)| {
        *status == 401 && body["message"] == "The token is not authorized for this scope."
    };
    let mut named = BTreeSet::new();
    for (operation, scope, ask) in operations(&s) {
        s.sandbox.reset();
        let (only, others) = &tokens[scope];
        let with = ask.clone().token(only).send(&s.sandbox).await;
        let without = ask.token(others).send(&s.sandbox).await;
        assert_eq!(s.sandbox.calls()[0].operation.as_deref(), Some(operation));
        assert!(
            with.0 != 401 && refused(&without),
            "{operation} with {scope}: {with:?}; without: {without:?}"
        );
        assert!(!s.sandbox.calls()[1].effect, "{operation} is refused and done all the same");
        named.insert(operation);
    }
    assert_eq!(named.len(), 62);
}

#[tokio::test]
async fn scopes_stay_with_a_grant_through_every_pair() {
    let s = scene().await;
    let code = code(&s.sandbox, "locations.readonly  contacts.readonly locations.readonly", &[]).await;
    let (_, mut pair) = exchange(&s.c, &code, "Location").send(&s.sandbox).await;
    for _ in 0..3 {
        assert_eq!(pair["scope"], "locations.readonly contacts.readonly");
        let access = pair["access_token"].as_str().unwrap();
        let contact = |method: Method| ask(method, format!("/contacts/{}", s.ana)).token(access);
        assert_eq!(contact(Method::GET).send(&s.sandbox).await.0, 200);
        assert_eq!(contact(Method::DELETE).send(&s.sandbox).await.0, 401);
        pair = refresh(&s.c, pair["refresh_token"].as_str().unwrap()).send(&s.sandbox).await.1;
    }
}

#[tokio::test]
async fn a_minted_token_has_no_more_than_its_agency() {
    let s = scene().await;
    let agency = token(&s.sandbox, "oauth.write contacts.readonly", "Company").await;
    let fields = [("companyId", s.c.company_id.as_str()), ("locationId", &s.c.other_location_id)];
    let (_, minted) = form("/oauth/locationToken", &fields).token(&agency).send(&s.sandbox).await;
    assert_eq!(minted["scope"], "contacts.readonly");
    let contact = |method: Method| {
        ask(method, format!("/contacts/{}", s.abroad)).token(minted["access_token"].as_str().unwrap())
    };
    assert_eq!(contact(Method::GET).send(&s.sandbox).await.0, 200);
    assert_eq!(contact(Method::DELETE).send(&s.sandbox).await.0, 401);
    let (_, next) = refresh(&s.c, minted["refresh_token"].as_str().unwrap()).send(&s.sandbox).await;
    assert_eq!(
        (&next["scope"], &next["locationId"]),
        (&json!("contacts.readonly"), &json!(s.c.other_location_id))
    );
}

#[tokio::test]
async fn a_token_of_another_location_stays_there() {
    let s = scene().await;
    let elsewhere = [("location_id", s.c.other_location_id.as_str())];
    let code = code(&s.sandbox, READ, &elsewhere).await;
    let token = exchange(&s.c, &code, "Location").id(&s.sandbox, "/access_token").await;
    assert_eq!(get(format!("/contacts/{}", s.abroad)).token(&token).send(&s.sandbox).await.0, 200);
    assert_ne!(get(format!("/contacts/{}", s.ana)).token(&token).send(&s.sandbox).await.0, 200);
    assert_eq!(page(&s.c, &[]).send(&s.sandbox).await.0, 302);
}
