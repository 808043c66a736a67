//! The template as a person runs it, against the sandbox. What counts is what both services show.

use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;

use moloni_ghl::sandbox::{PairConfig, SandboxPair};
use serde_json::{Value, json};
use sync_core::sandbox_kit::Edit;
use tokio::process::{Child, Command};

struct Accounts {
    pair: SandboxPair,
    directory: PathBuf,
}

impl Accounts {
    async fn new(customers: usize) -> Self {
        let config = PairConfig { customers, speed: 50.0, ..PairConfig::default() };
        let pair = SandboxPair::start(config).await.unwrap();
        let directory = std::env::temp_dir().join(format!("two-way-{}-{customers}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        Self { pair, directory }
    }

    fn template(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_two-way"));
        command.env_clear().envs(self.pair.variables()).args(arguments);
        command.arg("--state").arg(self.directory.join("state.db"));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    async fn says(&self, arguments: &[&str]) -> String {
        text(&self.template(arguments).output().await.unwrap())
    }

    /// Approves of the first plan, and syncs.
    async fn approved(&self) -> Child {
        let said = self.says(&["run"]).await;
        let id = said.split("--approve ").nth(1).unwrap_or_else(|| panic!("{said}"));
        let id = id.split_whitespace().next().unwrap();
        self.template(&["run", "--every", "1", "--approve", id]).spawn().unwrap()
    }

    async fn contact(&self, name: &str) -> Option<Value> {
        let contacts = records(&self.pair.ghl.url(), "contacts").await;
        contacts.into_iter().find(|c| {
            let part = |key: &str| c[key].as_str().unwrap_or_default().to_owned();
            format!("{} {}", part("firstName"), part("lastName")).trim() == name
        })
    }

    async fn customer(&self, id: u64) -> Value {
        let all = records(&self.pair.moloni.url(), "customers").await;
        all.into_iter().find(|c| c["customer_id"] == id).unwrap()
    }

    async fn edit_contact(&self, name: &str, fields: Value) {
        let id = self.contact(name).await.unwrap()["id"].as_str().unwrap().to_owned();
        self.pair.ghl.human(Edit::Update { collection: "contacts".into(), id, fields }).unwrap();
    }
}

fn text(output: &Output) -> String {
    let text =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    assert!(!text.contains("s3cr3t") && !text.contains("5ec2e7"), "a secret shows: {text}");
    text
}

/// The records that a sandbox holds, read over HTTP as `docs/sandbox.md` tells.
async fn records(sandbox: &str, kind: &str) -> Vec<Value> {
    let state = reqwest::get(format!("{sandbox}/__sandbox/state")).await.unwrap().error_for_status().unwrap();
    let state: Value = serde_json::from_slice(&state.bytes().await.unwrap()).unwrap();
    state[kind].as_array().unwrap().clone()
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..400 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what}");
}

async fn stop(mut child: Child) -> String {
    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().await.unwrap().success());
    let ended = tokio::time::timeout(Duration::from_secs(10), child.wait()).await;
    ended.expect("it stops within ten seconds").unwrap();
    text(&child.wait_with_output().await.unwrap())
}

#[tokio::test]
async fn edits_go_both_ways_and_what_is_unclear_is_answered_by_a_person() {
    let accounts = Accounts::new(0).await;
    let ana = json!({
        "name": "Ana Lopes", "vat": "123456789", "email": "ana@example.pt", "address": "Rua Nova, 1", "city": "Faro",
        "zip_code": "8000-100", "country_id": 1,
    });
    let id = accounts.pair.moloni.add_customer(ana).unwrap();
    let invoice = json!({
        "customer_id": id, "document_type_id": 1, "net_value": "123.00", "date": "2026-11-02",
        "expiration_date": "2099-12-31",
    });
    accounts.pair.moloni.add_document(invoice).unwrap();
    let child = accounts.approved().await;
    until("the contact", async || accounts.contact("Ana Lopes").await.is_some()).await;

    accounts
        .edit_contact("Ana Lopes", json!({ "email": "ana.lopes@example.pt", "tags": ["moloni", "vip"] }))
        .await;
    until("an e-mail address of HighLevel", async || {
        accounts.customer(id).await["email"] == "ana.lopes@example.pt"
    })
    .await;

    // The address stands on an invoice.
    accounts.edit_contact("Ana Lopes", json!({ "address1": "Rua Velha, 2" })).await;
    let mut said = String::new();
    for _ in 0..100 {
        said = accounts.says(&["inbox"]).await;
        if said.contains("1 question\n") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert!(
        said.contains("address")
            && said.contains(r#"Moloni has "Rua Nova, 1", HighLevel has "Rua Velha, 2""#),
        "{said}"
    );
    assert_eq!(accounts.customer(id).await["address"], "Rua Nova, 1");
    let number = said.split_whitespace().next().unwrap().to_owned();
    assert!(accounts.says(&["resolve", &number, "rubbish"]).await.contains("is no answer"));
    assert!(accounts.says(&["resolve", "00000000", "moloni"]).await.contains("there is no question"));
    let said = accounts.says(&["resolve", &number, "moloni"]).await;
    assert!(said.contains("answered"), "{said}");
    let is_back = async || accounts.contact("Ana Lopes").await.unwrap()["address1"] == "Rua Nova, 1";
    until("the books' address", is_back).await;
    assert!(accounts.says(&["inbox"]).await.contains("0 questions"));

    let edit = Edit::Update {
        collection: "customers".into(),
        id: id.to_string(),
        fields: json!({ "city": "Tavira" }),
    };
    accounts.pair.moloni.human(edit).unwrap();
    until("Moloni's city", async || accounts.contact("Ana Lopes").await.unwrap()["city"] == "Tavira").await;
    let tags = accounts.contact("Ana Lopes").await.unwrap()["tags"].to_string();
    assert!(tags.contains("vip") && tags.contains("moloni"), "{tags}");
    assert!(stop(child).await.contains("Stopped."));
    std::fs::remove_dir_all(&accounts.directory).unwrap();
}

#[tokio::test]
async fn who_cannot_be_told_apart_waits_in_the_inbox() {
    let accounts = Accounts::new(60).await;
    let child = accounts.approved().await;
    let expected = accounts.pair.expected;
    until("all contacts", async || {
        let contacts = records(&accounts.pair.ghl.url(), "contacts").await;
        contacts.iter().filter(|c| c["source"] == "Moloni").count() == expected.created
    })
    .await;
    let said = accounts.says(&["inbox"]).await;
    // Contacts that look like several customers are asked about as well.
    assert_eq!(said.matches("Moloni record").count(), expected.review, "{said}");
    stop(child).await;
    std::fs::remove_dir_all(&accounts.directory).unwrap();
}
