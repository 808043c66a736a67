//! `check` names what is wrong, and what to mend.

use std::sync::Arc;
use std::time::Duration;

use ghl_contacts::{Client, LocationId};
use moloni_ghl::sandbox::{PairConfig, SandboxPair};
use serde_json::Value;
use sync_core::sandbox_kit::{Fault, FaultKind};
use sync_core::{Env, SealingKeys, SqliteTokenStore, Swap, SystemEnv, TokenSet, TokenStore, XChaChaSeal};

use crate::scene::Scene;

const NO_SCOPE: &str = r#"{"statusCode":401,"message":"The token is not authorized for this scope."}"#;

fn refused(body: &str) -> FaultKind {
    FaultKind::Status { status: 401, body: body.to_owned(), headers: Vec::new() }
}

/// Checks, and sees that a step came out so and that what to do is told.
async fn has(scene: &Scene, code: i32, lines: &[&str]) {
    let said = scene.says(&["check", "--pair", "shop"]).await;
    assert_eq!(said.code, Some(code), "{}", said.text);
    // Where lines are broken is of no interest.
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = words(&said.text);
    for line in lines {
        assert!(text.contains(&words(line)), "{line}:\n{}", said.text);
    }
}

#[tokio::test]
async fn a_pair_that_works_is_told_step_by_step() {
    let scene = Scene::new("check-ok", &[("shop", 0)]).await;
    let before = [
        "ok database: can be opened",
        "ok Moloni login: accepted",
        "ok Moloni company: Sandbox, Lda (",
        "ok HighLevel location: Oficina da Ribeira (",
        "ok scope contacts.readonly: reads",
        "note scope contacts.write: cannot be seen without writing",
        "ok clock of HighLevel: the same as this machine's",
        "ok clock of Moloni: the same as this machine's",
        "ok custom field \"NIF\": is there",
        "note custom field \"Moloni number\": created by the next `apply`",
        "ok reading both sides:",
        "of 200000 requests left today",
    ];
    has(&scene, 0, &before).await;
    scene.approved("shop").await;
    has(&scene, 0, &["ok custom field \"Moloni number\": is there"]).await;

    let out = scene.program(&["check", "--json"]).output().await.unwrap().stdout;
    let steps: Vec<Value> =
        String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let company = steps.iter().find(|step| step["step"] == "Moloni company").unwrap();
    assert_eq!((&company["pair"], &company["result"]), (&"shop".into(), &"ok".into()));
    assert!(steps.iter().all(|step| step["result"] != "failed"), "{steps:?}");
}

#[tokio::test]
async fn what_the_settings_have_wrong_is_told_for_each_side() {
    let mut scene = Scene::new("check-settings", &[("shop", 0)]).await;
    let right = scene.pairs[0].2.clone();
    let company = scene.pair("shop").moloni.credentials().company_id;
    let file = |name: &str| scene.directory.join(name);
    let (password, token) = (file("shop.password"), file("shop.ghl"));

    scene.service = "listen = \"\"\ndatabase = \"nowhere/sync.db\"".to_owned();
    scene.write();
    has(&scene, 1, &["FAILED database", "`database` in [service]", "ok Moloni login", "ok HighLevel login"])
        .await;
    scene.service = "listen = \"\"".to_owned();

    scene.pairs[0].2 = right.replace(&format!("company = {company}"), "company = 999");
    scene.write();
    has(
        &scene,
        1,
        &["ok Moloni login: accepted", "FAILED Moloni company 999", "set `company` in [pair.moloni]"],
    )
    .await;

    scene.pairs[0].2 = right.clone();
    scene.write();
    std::fs::remove_file(&password).unwrap();
    std::fs::write(&token, "pit-of-nobody").unwrap();
    let lines = [
        "FAILED Moloni login shop.moloni.password:",
        "put the secret there",
        "FAILED HighLevel login",
        "put a private integration token of this location where `token` in [pair.ghl] says",
        "note the rest: not looked at before that is mended",
    ];
    has(&scene, 1, &lines).await;
    std::fs::write(&password, "wrong").unwrap();
    has(&scene, 1, &["FAILED Moloni login", "refuses the login", "three wrong ones lock the login"]).await;

    scene.pairs[0].2 = right.replace(&scene.pair("shop").ghl.url(), "http://127.0.0.1:1");
    scene.write();
    has(&scene, 1, &["FAILED HighLevel login", "see whether HighLevel can be reached from here"]).await;
}

#[tokio::test]
async fn what_a_service_refuses_is_told_by_name() {
    let scene = Scene::new("check-service", &[("shop", 0)]).await;
    let (ghl, moloni) = (&scene.pair("shop").ghl, &scene.pair("shop").moloni);
    let mend = "add it to the private integration in HighLevel; the token stays the same";
    for (operation, scope) in
        [("contacts.search", "contacts.readonly"), ("custom_fields.list", "locations/customFields.readonly")]
    {
        ghl.fault(Fault::new(refused(NO_SCOPE)).on(operation));
        has(&scene, 1, &[&format!("FAILED scope {scope}"), "not authorized for this scope", mend]).await;
        ghl.clear_faults();
    }
    ghl.fault(Fault::new(refused(NO_SCOPE)).on("locations.get"));
    ghl.fault(Fault::new(refused(NO_SCOPE)).on("calendar_events.get"));
    let lines = [
        "note HighLevel location: its name is not shown without locations.readonly",
        "note scope locations.readonly: missing; needed to show the location's name",
        "note scope calendars/events.readonly missing; needed for deliveries as appointments",
    ];
    has(&scene, 0, &lines).await;
    ghl.clear_faults();

    let spent = FaultKind::Status {
        status: 429,
        body: "{}".to_owned(),
        headers: [("x-ratelimit-limit-daily", "200000"), ("x-ratelimit-daily-remaining", "0")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    };
    ghl.fault(Fault::new(spent).on("locations.get"));
    has(
        &scene,
        1,
        &["FAILED quota of HighLevel 0 of 200000 requests left today", "all of it is there again at"],
    )
    .await;
    ghl.clear_faults();

    let gone = FaultKind::Status { status: 403, body: "<html>no</html>".to_owned(), headers: Vec::new() };
    moloni.fault(Fault::new(gone).on("customers.getAll"));
    has(&scene, 1, &["FAILED reading both sides"]).await;
    moloni.clear_faults();

    ghl.add_custom_field("Moloni number", "NUMERICAL").unwrap();
    let lines = [
        "FAILED custom field \"Moloni number\"",
        "is of the type NUMERICAL, and TEXT is wanted",
        "note reading both sides: not tried before that is mended",
    ];
    has(&scene, 1, &lines).await;
}

#[tokio::test]
async fn clocks_that_differ_are_told() {
    let scene = Scene::new("check-clocks", &[("shop", 0)]).await;
    scene.pair("shop").moloni.advance(Duration::from_secs(60));
    has(&scene, 0, &["note clock of Moloni", "s ahead of this machine's", "set this machine's clock"]).await;
    scene.pair("shop").ghl.advance(Duration::from_mins(10));
    has(&scene, 1, &["FAILED clock of HighLevel", "s ahead of this machine's", "set this machine's clock"])
        .await;
}

#[tokio::test]
async fn a_state_of_other_accounts_is_told() {
    let mut scene = Scene::new("check-accounts", &[("shop", 0)]).await;
    scene.approved("shop").await;
    let config = PairConfig { customers: 0, seed: 8, speed: 50.0, ..PairConfig::default() };
    let (_, before, settings) = scene.pairs.remove(0);
    let after = SandboxPair::start(config).await.unwrap();
    let (ghl, moloni) = (after.ghl.credentials(), after.moloni.credentials());
    for (file, secret) in
        [("ghl", &ghl.pit), ("secret", &moloni.client_secret), ("password", &moloni.password)]
    {
        std::fs::write(scene.directory.join(format!("shop.{file}")), secret).unwrap();
    }
    let settings = [
        (before.ghl.url(), after.ghl.url()),
        (before.moloni.url(), after.moloni.url()),
        (before.ghl.credentials().location_id.clone(), ghl.location_id.clone()),
        (before.moloni.credentials().company_id.to_string(), moloni.company_id.to_string()),
        (before.moloni.credentials().client_id.clone(), moloni.client_id.clone()),
        (before.moloni.credentials().username.clone(), moloni.username.clone()),
    ]
    .iter()
    .fold(settings, |settings, (before, after)| settings.replace(before, after));
    scene.pairs.push(("shop", after, settings));
    scene.write();
    has(&scene, 1, &["FAILED accounts", "give these accounts a state of their own"]).await;
}

#[tokio::test]
async fn scopes_that_an_app_was_not_granted_are_told() {
    let mut scene = Scene::new("check-granted", &[("shop", 0)]).await;
    let app = scene.pair("shop").ghl.credentials().clone();
    std::fs::write(scene.directory.join("app"), &app.client_secret).unwrap();
    std::fs::write(scene.directory.join("key"), "07".repeat(32)).unwrap();
    scene.service = "listen = \"\"\nkey = \"file:key\"".to_owned();
    let keys = format!("client_id = \"{}\"\nclient_secret = \"file:app\"", app.client_id);
    scene.pairs[0].2 = scene.pairs[0].2.replace("token = \"file:shop.ghl\"", &keys);
    scene.write();
    has(&scene, 1, &["FAILED HighLevel login", "run `sync-service connect ghl --pair shop`"]).await;

    // As after an update that needs more than was asked for when the app was connected.
    let keys = SealingKeys::from_text(&"07".repeat(32).into()).unwrap();
    let seal = Arc::new(XChaChaSeal::new(keys));
    let store = SqliteTokenStore::open(scene.directory.join("sync.db"), seal).await.unwrap();
    let tokens = TokenSet::new(app.access_token.clone().into(), SystemEnv::new().now())
        .expires_in(Duration::from_hours(1))
        .detail("locationId", app.location_id.clone())
        .detail("scope", "contacts.readonly contacts.write locations/customFields.readonly");
    let account = Client::account_key(&LocationId::from(app.location_id.as_str()));
    assert!(matches!(store.swap(&account, None, tokens).await.unwrap(), Swap::Stored(_)));
    let lines = [
        "ok scope contacts.write: granted",
        "FAILED scope locations/customFields.write not granted",
        "add it to the app at the marketplace, and run `sync-service connect ghl --pair shop`",
        "note scope calendars/events.write missing; needed for deliveries as appointments",
    ];
    has(&scene, 1, &lines).await;
    scene.pairs[0].2 = scene.pairs[0].2.replace("two_way = true", "two_way = true\nbusinesses = true");
    scene.write();
    has(&scene, 1, &["FAILED scope businesses.write not granted"]).await;
}
