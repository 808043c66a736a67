//! The template as a person runs it, against the sandbox. What counts is what HighLevel shows.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use moloni_ghl::sandbox::{PairConfig, SandboxPair, SeenContact};
use serde_json::{Value, json};
use sync_core::jiff::tz::TimeZone;
use sync_core::sandbox_kit::Edit;
use sync_core::{Env, SystemEnv};
use tokio::process::{Child, Command};

fn template(pair: &SandboxPair, state: &Path, calendar: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_event-sync"));
    command.env_clear().envs(pair.variables()).arg("--state").arg(state).args(["--every", "1"]);
    command.args(["--calendar", calendar]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

fn text(output: &Output) -> String {
    let text =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    assert!(!text.contains("s3cr3t") && !text.contains("5ec2e7"), "a secret shows: {text}");
    text
}

/// Waits until the contact is as it should be.
async fn until(pair: &SandboxPair, what: &str, holds: impl Fn(&SeenContact) -> bool) -> SeenContact {
    let crm = pair.crm().unwrap();
    for _ in 0..300 {
        if let Some(contact) = crm.contact("ana@example.pt").await.unwrap().filter(&holds) {
            return contact;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what}: {:#?}", crm.contact("ana@example.pt").await.unwrap());
}

async fn stop(mut child: Child) -> String {
    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().await.unwrap().success());
    let ended = tokio::time::timeout(Duration::from_secs(10), child.wait()).await;
    ended.expect("it stops within ten seconds").unwrap();
    text(&child.wait_with_output().await.unwrap())
}

fn effects(pair: &SandboxPair) -> usize {
    pair.ghl.calls().iter().filter(|call| call.effect).count()
}

#[tokio::test]
async fn what_happens_in_moloni_is_told_once_under_the_contact() {
    let config = PairConfig { customers: 0, speed: 50.0, ..PairConfig::default() };
    let pair = SandboxPair::start(config).await.unwrap();
    let calendar = pair.ghl.credentials().calendar_id.clone();
    let directory = std::env::temp_dir().join(format!("event-sync-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let state = directory.join("state.db");
    let ana = json!({
        "name": "Ana Lopes", "vat": "123456789", "email": "ana@example.pt", "notes": "Prefere a tarde.",
    });
    let customer = pair.moloni.add_customer(ana).unwrap();
    let document = |kind: u64, fields: Value| {
        let mut all = json!({
            "customer_id": customer, "document_type_id": kind, "status": 1, "net_value": "123.00",
            "date": "2026-11-02",
        });
        all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        pair.moloni.add_document(all).unwrap()
    };
    let invoice = document(1, json!({ "expiration_date": "2099-12-31" }));

    let child = template(&pair, &state, &calendar).spawn().unwrap();
    let seen = until(&pair, "an invoice", |c| c.notes.len() == 2 && c.tasks.len() == 1).await;
    assert!(seen.tasks[0].0.starts_with("Cobrar") && !seen.tasks[0].1, "{:?}", seen.tasks);
    assert!(seen.notes.iter().any(|note| note.contains("123,00 EUR")), "{:?}", seen.notes);
    assert_eq!(seen.tags(), ["moloni", "moloni-invoiced"]);
    assert_eq!(seen.field("Moloni turnover"), "100");

    // It is paid: the task is done, and a note tells of the payment.
    document(2, json!({ "associated_documents": [{ "associated_id": invoice, "value": "123.00" }] }));
    let seen = until(&pair, "a payment", |c| c.notes.len() == 3 && c.tasks[0].1).await;
    assert_eq!(seen.tasks.len(), 1);
    // One is overdue from the start, and one is delivered.
    document(1, json!({ "date": "2026-01-05", "expiration_date": "2026-01-31" }));
    let tomorrow = TimeZone::UTC.to_datetime(SystemEnv::new().now()).date().tomorrow().unwrap();
    let delivery = format!("{tomorrow}T15:00:00+0000");
    document(1, json!({ "expiration_date": "2099-12-31", "delivery_datetime": delivery }));
    let seen = until(&pair, "a delivery and a debt", |c| {
        c.appointments.len() == 1 && c.tags().contains(&"moloni-overdue") && c.tasks.len() == 3
    });
    let seen = seen.await;
    assert_eq!(seen.field("Moloni turnover"), "300");
    let events: Vec<Value> =
        stop(child).await.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let mut types: BTreeMap<&str, usize> = BTreeMap::new();
    for event in &events {
        assert_eq!(event["contactId"], seen.contact.id.as_str(), "{event}");
        assert!(event["eventId"].as_str().unwrap().starts_with("moloni:"), "{event}");
        if event["what"] == "created" {
            *types.entry(event["eventType"].as_str().unwrap()).or_default() += 1;
        }
    }
    let expected = [
        ("customer.notes", 1),
        ("delivery.scheduled", 1),
        ("invoice.issued", 3),
        ("invoice.unpaid", 3),
        ("payment.received", 1),
    ];
    assert_eq!(types, BTreeMap::from(expected), "{events:#?}");

    // A task that a person completes stays so, and replaying everything writes nothing.
    let tasks = pair.crm().unwrap();
    let tasks = tasks.client().tasks(&seen.contact.id).list().await.unwrap();
    let open = tasks.iter().find(|task| !task.completed).unwrap();
    let edit = Edit::Update {
        collection: "tasks".into(),
        id: open.id.to_string(),
        fields: json!({ "completed": true }),
    };
    pair.ghl.human(edit).unwrap();
    let before = effects(&pair);
    let again = template(&pair, &state, &calendar).arg("--once").output().await.unwrap();
    assert!(again.status.success(), "{}", text(&again));
    assert_eq!(effects(&pair), before, "{}", text(&again));
    let seen = pair.crm().unwrap().whole(&seen.contact.id).await.unwrap();
    assert_eq!(seen.tasks.iter().filter(|task| task.1).count(), 2);
    std::fs::remove_dir_all(directory).unwrap();
}

#[tokio::test]
async fn a_type_is_left_out_and_another_language_told() {
    let config = PairConfig { customers: 0, speed: 50.0, ..PairConfig::default() };
    let pair = SandboxPair::start(config).await.unwrap();
    let state = std::env::temp_dir().join(format!("event-sync-{}.db", std::process::id()));
    let ana = json!({ "name": "Ana Lopes", "vat": "123456789", "email": "ana@example.pt" });
    let customer = pair.moloni.add_customer(ana).unwrap();
    let invoice = json!({
        "customer_id": customer, "document_type_id": 1, "net_value": "123.00", "date": "2026-11-02",
        "expiration_date": "2099-12-31",
    });
    pair.moloni.add_document(invoice).unwrap();
    let mut command = template(&pair, &state, "none");
    command.args(["--once", "--language", "en", "--without", "invoice.issued"]);
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let seen = until(&pair, "a task", |c| !c.tasks.is_empty()).await;
    assert!(seen.tasks[0].0.starts_with("Collect"), "{:?}", seen.tasks);
    assert!(seen.notes.is_empty(), "{:?}", seen.notes);
    std::fs::remove_file(state).unwrap();
}
