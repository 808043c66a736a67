//! The template as a person runs it, against the sandbox. What counts is what HighLevel shows.

use std::process::{Output, Stdio};
use std::time::Duration;

use moloni_ghl::sandbox::{PairConfig, SandboxPair, SeenContact};
use serde_json::json;
use tokio::process::{Child, Command};

fn template(pair: &SandboxPair, state: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_push-on-change"));
    command.env_clear().envs(pair.variables()).arg("--state").arg(state).args(["--every", "1"]);
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
async fn until(
    pair: &SandboxPair,
    email: &str,
    what: &str,
    holds: impl Fn(&SeenContact) -> bool,
) -> SeenContact {
    let crm = pair.crm().unwrap();
    for _ in 0..300 {
        if let Some(contact) = crm.contact(email).await.unwrap().filter(&holds) {
            return contact;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what}: {:#?}", crm.contact(email).await.unwrap());
}

async fn stop(mut child: Child) -> Output {
    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().await.unwrap().success());
    let ended = tokio::time::timeout(Duration::from_secs(10), child.wait()).await;
    ended.expect("it stops within ten seconds").unwrap();
    child.wait_with_output().await.unwrap()
}

#[tokio::test]
async fn what_changes_in_moloni_shows_in_highlevel_while_it_runs() {
    let config = PairConfig { customers: 30, speed: 50.0, ..PairConfig::default() };
    let pair = SandboxPair::start(config).await.unwrap();
    let directory = std::env::temp_dir().join(format!("push-on-change-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let state = directory.join("state.db");

    // Nothing is written before somebody has looked at it.
    let output = template(&pair, &state).output().await.unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(pair.ghl.calls().iter().all(|call| !call.effect), "nothing is written unasked");
    let id = said.split("--approve ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();

    let child = template(&pair, &state).args(["--approve", &id]).spawn().unwrap();
    let crm = pair.crm().unwrap();
    for _ in 0..300 {
        let all = crm.contacts().await.unwrap();
        if all.iter().filter(|c| c.source.as_deref() == Some("Moloni")).count() == pair.expected.created {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let ana = json!({
        "name": "Ana Lopes", "vat": "123456789", "email": "ana@example.pt", "phone": "912345678", "city": "Faro",
        "notes": "Prefere a tarde.",
    });
    let customer = pair.moloni.add_customer(ana).unwrap();
    let contact = until(&pair, "ana@example.pt", "a new customer", |c| !c.notes.is_empty()).await;
    assert_eq!(contact.contact.city.as_deref(), Some("Faro"));
    assert_eq!(contact.contact.source.as_deref(), Some("Moloni"));
    assert_eq!(contact.contact.phone.as_deref(), Some("+351912345678"));
    assert_eq!(contact.field("NIF"), "123456789");
    assert!(!contact.field("Moloni import date").is_empty());
    assert!(contact.notes[0].contains("Prefere a tarde."));
    assert_eq!(contact.tags(), ["moloni", "tier-bronze"]);

    let edit = sync_core::sandbox_kit::Edit::Update {
        collection: "customers".into(),
        id: customer.to_string(),
        fields: json!({ "city": "Tavira" }),
    };
    pair.moloni.human(edit).unwrap();
    until(&pair, "ana@example.pt", "a change", |c| c.contact.city.as_deref() == Some("Tavira")).await;

    let invoice = json!({
        "customer_id": customer, "document_type_id": 1, "net_value": "1230.00", "date": "2026-11-02",
        "expiration_date": "2099-12-31",
    });
    pair.moloni.add_document(invoice).unwrap();
    let invoiced = until(&pair, "ana@example.pt", "an invoice", |c| {
        !c.tasks.is_empty() && c.notes.len() == 2 && c.tags().contains(&"moloni-invoiced")
    });
    let invoiced = invoiced.await;
    assert_eq!(invoiced.field("Moloni turnover"), "1000");
    assert_eq!(invoiced.tags(), ["moloni", "moloni-invoiced", "tier-silver"]);

    let bakery = json!({ "name": "Pastelaria Reis, Lda", "vat": "509442013", "email": "reis@example.pt" });
    pair.moloni.add_customer(bakery).unwrap();
    let bakery = until(&pair, "reis@example.pt", "another customer", |_| true).await;
    assert_eq!(bakery.tags(), ["industry-bakery", "moloni", "tier-bronze"]);
    assert_eq!(bakery.contact.company_name.as_deref(), Some("Pastelaria Reis, Lda"));

    let said = text(&stop(child).await);
    assert!(said.contains("Stopped."), "{said}");
    // Everybody is there, once.
    let contacts = crm.contacts().await.unwrap();
    let ours = contacts.iter().filter(|c| c.source.as_deref() == Some("Moloni")).count();
    assert_eq!(ours, pair.expected.created + 2);

    // And it goes on where it was, with nothing to ask.
    let before = pair.ghl.calls().iter().filter(|call| call.effect).count();
    let child = template(&pair, &state).spawn().unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    let said = text(&stop(child).await);
    assert!(said.contains("In sync."), "{said}");
    assert_eq!(
        pair.ghl.calls().iter().filter(|call| call.effect).count(),
        before,
        "nothing is written again"
    );
    std::fs::remove_dir_all(directory).unwrap();
}
