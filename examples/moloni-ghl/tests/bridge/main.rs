//! The bridge against both sandboxes, when things go wrong on the way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a test says what is wrong by failing"
)]

mod businesses;
mod events;
mod scene;
#[path = "../../../../sync-core/tests/trace/mod.rs"]
mod trace;
mod two_way;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use moloni_ghl::sandbox::{PairConfig, SandboxPair};
use moloni_ghl::{Bridge, Run, Schedule, Settings};
use serde_json::{Value, json};
use sync_core::engine::Side;
use sync_core::sandbox_kit::{Call, Edit, Fault, FaultKind};
use sync_core::store::{MemoryStore, Store};

async fn pair(customers: usize) -> SandboxPair {
    trace::on();
    SandboxPair::start(PairConfig { customers, speed: 100.0, ..PairConfig::default() }).await.unwrap()
}

/// The pair's settings with the shortest pauses that its index allows.
fn hasty(pair: &SandboxPair) -> Settings {
    let mut settings = pair.settings();
    settings.timing.request = Duration::from_millis(500);
    settings.timing.send_within = Duration::from_secs(2);
    settings.timing.index_lag = Duration::from_millis(2500);
    settings
}

async fn run(pair: &SandboxPair, store: &Arc<dyn Store>) -> Run {
    let bridge = Bridge::connect(&hasty(pair), store.clone()).await.unwrap();
    let plan = bridge.plan().await.unwrap();
    bridge.apply(plan, |_| {}).await.unwrap()
}

fn store() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

fn records(pair: &SandboxPair, collection: &str) -> Vec<Value> {
    match &pair.ghl.state()[collection] {
        Value::Array(list) => list.clone(),
        Value::Object(map) => map.values().cloned().collect(),
        _ => Vec::new(),
    }
}

/// The last line of each text of ours, and how often it is there.
fn markers(pair: &SandboxPair, collection: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for record in records(pair, collection) {
        let last =
            record["body"].as_str().and_then(|b| b.lines().last().map(str::to_owned)).unwrap_or_default();
        *counts.entry(last).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn lost_answers_leave_nothing_double_and_nothing_missing() {
    let pair = pair(60).await;
    let faults = [
        Fault::new(FaultKind::LoseReply).on("contacts.create").after(3).times(2),
        Fault::new(FaultKind::LoseReply).on("notes.create").after(5).times(2),
        Fault::new(FaultKind::LoseReply).on("tasks.create").after(2).times(1),
        Fault::new(FaultKind::Drop).on("contacts.create").after(20).times(2),
        Fault::new(FaultKind::CutBody).on("contacts.create").after(10).times(1),
        Fault::status(502, "<html>Bad gateway</html>").on("notes.create").after(9).times(1),
    ];
    for fault in faults {
        pair.ghl.fault(fault);
    }
    let store = store();
    let first = run(&pair, &store).await;
    assert_eq!(first.report.counts.failed, 0, "{first}");
    assert_eq!(first.report.counts.created, pair.expected.created, "{first}");
    for (collection, expected) in [("notes", pair.expected.notes), ("tasks", pair.expected.tasks)] {
        let markers = markers(&pair, collection);
        assert_eq!(markers.len(), expected, "{collection}: none missing");
        assert!(markers.values().all(|n| *n == 1), "{collection}: none twice: {markers:?}");
    }
    let second = run(&pair, &store).await;
    assert_eq!(second.writes.ghl, 0, "{second}");
}

#[tokio::test]
async fn a_state_that_is_lost_before_searches_show_the_contacts_doubles_nothing() {
    let pair = Arc::new(pair(20).await);
    let count = |collection| records(&pair, collection).len();
    let (contacts, notes, tasks) = (count("contacts"), pair.expected.notes, pair.expected.tasks);
    let all = [contacts + pair.expected.created, notes, tasks];
    let first = tokio::spawn({
        let pair = pair.clone();
        async move { run(&pair, &store()).await }
    });
    while ["contacts", "notes", "tasks"].map(count) != all {
        assert!(!first.is_finished(), "{all:?}: {:?}", ["contacts", "notes", "tasks"].map(count));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    first.abort();

    // What was created last is not in the lists yet, and nothing is known of it.
    let before = pair.ghl.calls().len();
    run(&pair, &store()).await;
    let refused = |call: &Call| call.operation.as_deref() == Some("contacts.create") && !call.effect;
    assert!(pair.ghl.calls().iter().skip(before).any(refused), "all contacts were listed");
    assert_eq!(["contacts", "notes", "tasks"].map(count), all);
    assert!(markers(&pair, "notes").values().all(|n| *n == 1), "none twice");
}

#[tokio::test]
async fn a_service_that_stumbles_all_the_time_is_synced_in_the_end() {
    let pair = pair(40).await;
    pair.ghl.fault(Fault::status(503, "").on("contacts.*").rate(0.1));
    pair.ghl.fault(Fault::status(429, "{}").on("notes.*").rate(0.05));
    pair.moloni.fault(Fault::status(502, "<html>").on("customers.*").rate(0.5).times(3));
    let store = store();
    for _ in 0..10 {
        let run = run(&pair, &store).await;
        if !run.report.has_failed() {
            break;
        }
    }
    pair.ghl.clear_faults();
    let last = run(&pair, &store).await;
    assert_eq!((last.writes.ghl, last.report.counts.failed), (0, 0), "{last}");
    assert_eq!(markers(&pair, "notes").len(), pair.expected.notes);
    assert_eq!(markers(&pair, "tasks").len(), pair.expected.tasks);
    let all = pair.expected.created + pair.expected.linked;
    assert_eq!(last.report.counts.unchanged, all);
}

#[tokio::test]
async fn what_changes_in_moloni_is_updated_and_what_people_do_in_the_crm_is_left() {
    let pair = pair(30).await;
    let store = store();
    run(&pair, &store).await;

    let row = pair.moloni.state()["customers"].as_array().unwrap()[0].clone();
    let (id, number) = (row["customer_id"].to_string(), row["number"].as_str().unwrap().to_owned());
    let contact = records(&pair, "contacts")
        .into_iter()
        .find(|c| c["phone"].as_str().is_some_and(|p| p.ends_with(row["phone"].as_str().unwrap())))
        .unwrap();
    let human = |id: &str, fields: Value| {
        let edit = Edit::Update { collection: "contacts".into(), id: id.into(), fields };
        pair.ghl.human(edit).unwrap();
    };
    human(contact["id"].as_str().unwrap(), json!({ "website": "https://people.example.pt" }));
    let fields = json!({ "city": "Óbidos", "notes": "Mudou-se." });
    pair.moloni.human(Edit::Update { collection: "customers".into(), id, fields }).unwrap();

    let changed = run(&pair, &store).await;
    assert_eq!(changed.report.counts.updated, 1, "{number}: {changed}");
    let now = records(&pair, "contacts").into_iter().find(|c| c["id"] == contact["id"]).unwrap();
    assert_eq!(now["city"], "Óbidos");
    assert_eq!(now["website"], "https://people.example.pt");
    assert!(records(&pair, "notes").iter().any(|n| n["body"].as_str().unwrap().contains("Mudou-se.")));
    assert_eq!(run(&pair, &store).await.writes.ghl, 0);
}

#[tokio::test]
async fn a_paid_invoice_completes_its_task() {
    let pair = pair(0).await;
    let customer = pair.moloni.add_customer(json!({ "name": "Rui Lopes", "vat": "123456789" })).unwrap();
    let invoice = json!({
        "customer_id": customer,
        "document_type_id": 1,
        "net_value": "100.00",
        "date": "2026-10-01",
        "expiration_date": "2026-10-31",
    });
    let invoice = pair.moloni.add_document(invoice).unwrap();
    let store = store();
    run(&pair, &store).await;
    let tasks = records(&pair, "tasks");
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0]["completed"], false);
    assert!(tasks[0]["dueDate"].as_str().unwrap().starts_with("2026-10-31T12:00"), "{}", tasks[0]["dueDate"]);

    let receipt = json!({
        "customer_id": customer,
        "document_type_id": 2,
        "associated_documents": [{ "associated_id": invoice, "value": "100.00" }],
    });
    pair.moloni.add_document(receipt).unwrap();
    run(&pair, &store).await;
    let tasks = records(&pair, "tasks");
    assert_eq!((tasks.len(), &tasks[0]["completed"]), (1, &json!(true)));
    assert_eq!(run(&pair, &store).await.writes.ghl, 0);
}

#[tokio::test]
async fn planning_writes_nothing() {
    let pair = pair(40).await;
    let bridge = Bridge::connect(&hasty(&pair), store()).await.unwrap();
    let plan = bridge.plan().await.unwrap();
    assert!(plan.calls() > 0);
    assert!(pair.ghl.calls().iter().all(|c| !c.effect), "no effect at HighLevel");
    let mut moloni = pair.moloni.calls().into_iter().filter(|c| c.operation.as_deref() != Some("grant"));
    assert!(moloni.all(|c| !c.effect), "no effect at Moloni");
}

#[tokio::test]
async fn a_state_is_not_used_for_another_location() {
    let (one, other) = (
        pair(5).await,
        SandboxPair::start(PairConfig { seed: 8, customers: 5, ..PairConfig::default() }).await.unwrap(),
    );
    let store = store();
    run(&one, &store).await;
    let bridge = Bridge::connect(&hasty(&other), store).await.unwrap();
    let error = bridge.plan().await.unwrap_err().to_string();
    assert!(error.contains("use another one for these accounts"), "{error}");
}

#[tokio::test]
async fn a_token_that_expires_on_the_way_stops_the_run_once() {
    let pair = pair(40).await;
    let gone = json!({ "statusCode": 401, "message": "Invalid token: access token is invalid" }).to_string();
    pair.ghl.fault(Fault::status(401, gone).on("contacts.create").after(5));
    let store = store();
    let stopped = run(&pair, &store).await;
    assert!(stopped.report.stopped.as_deref().is_some_and(|s| s.contains("401")), "{stopped}");
    assert_eq!(stopped.report.failures.len(), 1, "told once: {stopped}");
    let counts = stopped.report.counts;
    assert_eq!(counts.total(), 40, "every customer is counted");
    pair.ghl.clear_faults();
    let healed = run(&pair, &store).await;
    assert_eq!(healed.report.counts.failed, 0, "{healed}");
    assert_eq!(healed.report.counts.created + counts.created, pair.expected.created);
}

#[tokio::test]
async fn a_custom_field_that_a_person_deletes_is_missed_by_the_next_plan() {
    let pair = pair(5).await;
    let bridge = Bridge::connect(&hasty(&pair), store()).await.unwrap();
    let plan = bridge.plan().await.unwrap();
    bridge.apply(plan, |_| {}).await.unwrap();
    assert!(bridge.plan().await.unwrap().set_up.is_empty());
    let field = records(&pair, "customFields").into_iter().find(|f| f["name"] == "Moloni number").unwrap();
    let id = field["id"].as_str().unwrap().to_owned();
    pair.ghl.human(Edit::Delete { collection: "custom_fields".into(), id }).unwrap();
    assert_eq!(bridge.plan().await.unwrap().set_up, [r#"custom field "Moloni number""#]);
}

#[tokio::test]
async fn a_running_bridge_keeps_businesses_too_and_ends_as_a_whole() {
    let branches = async |pair: &SandboxPair| {
        for (name, email) in [("Sousa, Lda", "sede@example.pt"), ("Sousa Porto", "porto@example.pt")] {
            pair.moloni.add_customer(json!({ "name": name, "vat": "501964843", "email": email })).unwrap();
        }
    };
    let pair = pair(0).await;
    let (contacts, businesses) = (store(), store());
    let connect = async |pair: &SandboxPair, contacts: Arc<dyn Store>| {
        let builder = Bridge::builder(hasty(pair)).store(contacts).businesses(businesses.clone());
        builder.connect().await.unwrap()
    };
    let bridge = connect(&pair, contacts.clone()).await;
    // Creates the custom fields, and nobody yet.
    bridge.apply(bridge.plan().await.unwrap(), |_| {}).await.unwrap();
    branches(&pair).await;
    let schedule = Schedule::new().poll(Duration::from_secs(1));
    let stop = async {
        while records(&pair, "contacts").len() < 2 || records(&pair, "businesses").len() < 2 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    // The sandbox has a business of its own.
    assert_eq!(records(&pair, "businesses").len(), 1);
    tokio::time::timeout(Duration::from_mins(1), bridge.run(&schedule, stop)).await.unwrap().unwrap();
    // Who has a contact now is assigned by the next look.
    let run = bridge.apply(bridge.plan().await.unwrap(), |_| {}).await.unwrap();
    assert_eq!(run.businesses.as_ref().map(|report| report.counts.updated), Some(1), "{run}");
    let assigned = records(&pair, "contacts").iter().filter(|c| c["businessId"].is_string()).count();
    assert_eq!(assigned, 2);
    let sides = bridge.businesses().unwrap().sides();
    assert_eq!((sides, sides.word(Side::Left)), (bridge.engine().sides(), "Moloni"));

    // A state of other accounts ends the whole run, though nobody stops it.
    let config = PairConfig { seed: 8, customers: 0, speed: 100.0, ..PairConfig::default() };
    let other = SandboxPair::start(config).await.unwrap();
    branches(&other).await;
    let bridge = connect(&other, store()).await;
    let ended =
        tokio::time::timeout(Duration::from_mins(1), bridge.run(&schedule, std::future::pending())).await;
    let error = ended.unwrap().unwrap_err().to_string();
    assert!(error.contains("use another one for these accounts"), "{error}");
}
