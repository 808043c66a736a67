//! The template as a person runs it, against the sandbox, which sends webhooks. What counts is what both services show.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use ghl_contacts::sandbox::{Config, Delivery, Sandbox, Webhooks};
use moloni_ghl::sandbox::{PairConfig, SandboxPair};
use serde_json::{Value, json};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sync_core::sandbox_kit::{Call, Edit, Fault};
use sync_core::{Env, SystemEnv};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

/// Both accounts, with one customer.
struct Accounts {
    pair: SandboxPair,
    directory: PathBuf,
    customer: u64,
    port: u16,
}

/// The template at work.
struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Accounts {
    async fn new(name: &str) -> Self {
        let pair = SandboxPair::start(PairConfig { customers: 0, speed: 50.0, ..PairConfig::default() })
            .await
            .unwrap();
        let ana = json!({
            "name": "Ana Lopes", "vat": "123456789", "email": "ana@example.pt", "phone": "912345678",
            "address": "Rua Nova, 1", "city": "Faro", "zip_code": "8000-100", "country_id": 1,
        });
        let customer = pair.moloni.add_customer(ana).unwrap();
        let directory = std::env::temp_dir().join(format!("webhooks-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join("key.pem"), pair.ghl.webhook_key().unwrap().to_pem()).unwrap();
        // The same port again after a restart.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self { pair, directory, customer, port }
    }

    fn template(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_webhooks"));
        command
            .env_clear()
            .envs(self.pair.variables())
            .env("GHL_WEBHOOK_KEY", self.directory.join("key.pem"));
        command.arg("--state").arg(self.directory.join("state.db"));
        command.args(["--listen", &format!("127.0.0.1:{}", self.port), "--every", "3600"]).args(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
        command
    }

    fn webhooks(&self) -> Webhooks {
        Webhooks::to(format!("http://127.0.0.1:{}/webhooks", self.port))
    }

    /// Starts it, and waits until what it does by itself is done: from then on it only hears of things.
    async fn start(&self, arguments: &[&str]) -> Running {
        let mut child = self.template(arguments).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains("In sync") {
            assert!(out.read_line(&mut said).await.unwrap() > 0, "{said}");
        }
        assert!(!said.contains("s3cr3t") && !said.contains("5ec2e7"), "a secret shows: {said}");
        self.quiet().await;
        Running { child, out }
    }

    /// Approves of the first plan, and starts it.
    async fn approved(&self) -> Running {
        let output = self.template(&[]).output().await.unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        let id = said.split("--approve ").nth(1).unwrap().split_whitespace().next().unwrap();
        self.start(&["--approve", id]).await
    }

    fn calls(&self) -> usize {
        self.pair.ghl.calls().len() + self.pair.moloni.calls().len()
    }

    /// Waits until nothing was asked for longer than anything waits for.
    async fn quiet(&self) {
        loop {
            let before = self.calls();
            tokio::time::sleep(Duration::from_millis(3500)).await;
            if self.calls() == before {
                return;
            }
        }
    }

    async fn contact(&self) -> Value {
        let contacts = records(&self.pair.ghl.url(), "contacts").await;
        assert_eq!(contacts.len(), 1, "{contacts:#?}");
        contacts[0].clone()
    }

    async fn customer(&self) -> Value {
        let customers = records(&self.pair.moloni.url(), "customers").await;
        customers.into_iter().find(|customer| customer["customer_id"] == self.customer).unwrap()
    }

    async fn edit(&self, fields: Value) {
        let id = self.contact().await["id"].as_str().unwrap().to_owned();
        self.pair.ghl.human(Edit::Update { collection: "contacts".into(), id, fields }).unwrap();
    }

    /// Sends a webhook about the contact.
    async fn tell(&self, by: &Sandbox, kind: &str, location: &str, webhook: &str) {
        let event = json!({ "type": kind, "locationId": location, "id": self.contact().await["id"], "webhookId": webhook });
        by.send_webhook(event.as_object().cloned().unwrap());
    }

    fn location(&self) -> String {
        self.pair.ghl.credentials().location_id.clone()
    }

    async fn email(&self, email: &str) {
        until(email, async || self.customer().await["email"] == email).await;
    }

    fn writes(&self) -> (usize, usize) {
        let writes = |calls: Vec<Call>| {
            calls.iter().filter(|call| call.effect && !call.path.contains("grant")).count()
        };
        (writes(self.pair.ghl.calls()), writes(self.pair.moloni.calls()))
    }
}

impl Running {
    async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    async fn stop(mut self) {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().await.unwrap().success());
        let ended = tokio::time::timeout(Duration::from_secs(10), self.child.wait()).await;
        assert!(ended.expect("it stops within ten seconds").unwrap().success());
        let mut said = String::new();
        self.out.read_to_string(&mut said).await.unwrap();
        assert!(said.contains("Stopped."), "{said}");
    }
}

/// The records that a sandbox holds, read over HTTP as `docs/sandbox.md` tells.
async fn records(sandbox: &str, kind: &str) -> Vec<Value> {
    let state = reqwest::get(format!("{sandbox}/__sandbox/state")).await.unwrap().error_for_status().unwrap();
    let state: Value = serde_json::from_slice(&state.bytes().await.unwrap()).unwrap();
    state[kind].as_array().unwrap().clone()
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..1200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what}");
}

/// Waits until a webhook has this answer.
async fn answered(by: &Sandbox, webhook: &str, status: u16) -> Delivery {
    let find = || by.deliveries().into_iter().find(|d| d.webhook_id == webhook && d.status == Some(status));
    until(&format!("{status} for {webhook}"), async || find().is_some()).await;
    find().unwrap()
}

#[tokio::test]
async fn an_edit_is_in_moloni_within_five_seconds_because_its_webhook_told() {
    let accounts = Accounts::new("edit").await;
    let ghl = &accounts.pair.ghl;
    let running = accounts.approved().await;
    let clock = SystemEnv::new();

    ghl.send_webhooks(accounts.webhooks()).unwrap();
    let (before, asked, begun) = (accounts.writes(), accounts.calls(), clock.monotonic());
    let (ghl_asked, moloni_asked) = (ghl.calls().len(), accounts.pair.moloni.calls().len());
    accounts.edit(json!({ "email": "ana.lopes@example.pt" })).await;
    accounts.email("ana.lopes@example.pt").await;
    let took = clock.monotonic() - begun;
    assert!(took < Duration::from_secs(5), "{took:?}");
    accounts.quiet().await;
    assert_eq!(accounts.writes(), (before.0, before.1 + 1), "one edit, one write");
    assert!(accounts.calls() - asked < 10);
    // No list and no feed told of it.
    let calls = ghl
        .calls()
        .into_iter()
        .skip(ghl_asked)
        .chain(accounts.pair.moloni.calls().into_iter().skip(moloni_asked));
    let listed: Vec<_> = calls
        .filter_map(|call| call.operation)
        .filter(|operation| ["search", "getAll", "ModifiedSince"].iter().any(|list| operation.contains(list)))
        .collect();
    assert!(listed.is_empty(), "{listed:?}");

    // Twice, late, and the second before the first.
    ghl.send_webhooks(accounts.webhooks().doubled().late(Duration::from_millis(700)).out_of_order()).unwrap();
    let (before, sent) = (accounts.writes(), ghl.deliveries().len());
    accounts.edit(json!({ "email": "ana.l@example.pt" })).await;
    accounts.edit(json!({ "email": "a.lopes@example.pt" })).await;
    accounts.email("a.lopes@example.pt").await;
    until("all copies", async || ghl.deliveries().len() >= sent + 4).await;
    accounts.quiet().await;
    let sent = ghl.deliveries().split_off(sent);
    assert!(sent.iter().all(|delivery| matches!(delivery.status, Some(200 | 429))), "{sent:?}");
    assert_eq!(accounts.customer().await["email"], "a.lopes@example.pt");
    assert_eq!(accounts.contact().await["email"], "a.lopes@example.pt");
    assert_eq!(accounts.writes(), (before.0, before.1 + 1), "what is told twice is written once");

    running.stop().await;
    std::fs::remove_dir_all(&accounts.directory).unwrap();
}

#[tokio::test]
async fn what_is_not_signed_by_highlevel_or_not_about_this_location_changes_nothing() {
    let accounts = Accounts::new("forged").await;
    let running = accounts.approved().await;
    let (ghl, here) = (&accounts.pair.ghl, accounts.location());
    let forger = Sandbox::start(Config { seed: 99, ..Config::default() }).await.unwrap();
    forger.send_webhooks(accounts.webhooks().attempts(1)).unwrap();
    ghl.send_webhooks(accounts.webhooks()).unwrap();
    let before = accounts.calls();

    accounts.tell(&forger, "ContactUpdate", &here, "forged").await;
    answered(&forger, "forged", 401).await;
    accounts.tell(ghl, "ContactUpdate", "another0location0000", "elsewhere").await;
    answered(ghl, "elsewhere", 200).await;
    accounts.tell(ghl, "SomethingNew", &here, "unknown").await;
    answered(ghl, "unknown", 200).await;
    accounts.quiet().await;
    assert_eq!(accounts.calls(), before, "nobody is asked anything");

    accounts.tell(ghl, "ContactUpdate", &here, "ours").await;
    answered(ghl, "ours", 200).await;
    accounts.quiet().await;
    let asked = accounts.calls();
    assert!(asked > before, "the contact is looked at");

    // It is known for the same one by the next process, which looks at nothing again.
    running.stop().await;
    let running = accounts.start(&[]).await;
    let before = accounts.calls();
    let sent = ghl.deliveries().len();
    accounts.tell(ghl, "ContactUpdate", &here, "ours").await;
    until("the repetition", async || ghl.deliveries().len() > sent).await;
    assert_eq!(ghl.deliveries()[sent].status, Some(200));
    accounts.quiet().await;
    assert_eq!(accounts.calls(), before, "nobody is asked anything");

    running.stop().await;
    std::fs::remove_dir_all(&accounts.directory).unwrap();
}

#[tokio::test]
async fn nothing_is_lost_when_it_is_killed() {
    let accounts = Accounts::new("killed").await;
    let (ghl, moloni) = (&accounts.pair.ghl, &accounts.pair.moloni);
    let often = || accounts.webhooks().backoff(Duration::from_millis(300));
    let running = accounts.approved().await;
    ghl.send_webhooks(often()).unwrap();

    // Nobody is there to be told: HighLevel tells again.
    running.kill().await;
    accounts.edit(json!({ "email": "away@example.pt" })).await;
    until("an attempt", async || !ghl.deliveries().is_empty()).await;
    let webhook = ghl.deliveries()[0].webhook_id.clone();
    let running = accounts.start(&[]).await;
    assert!(answered(ghl, &webhook, 200).await.attempt > 1);
    accounts.email("away@example.pt").await;

    // It has said that it knows, and has not done it yet.
    accounts.quiet().await;
    let (before, sent) = (accounts.writes(), ghl.deliveries().len());
    moloni.fault(Fault::status(503, "").on("customers.getOne"));
    accounts.edit(json!({ "email": "known@example.pt" })).await;
    until("the answer", async || ghl.deliveries()[sent..].iter().any(|d| d.status == Some(200))).await;
    running.kill().await;
    assert_eq!(accounts.customer().await["email"], "away@example.pt");
    moloni.clear_faults();
    let running = accounts.start(&[]).await;
    accounts.email("known@example.pt").await;
    accounts.quiet().await;
    assert_eq!(accounts.writes(), (before.0, before.1 + 1), "one edit, one write");

    // The webhook never comes: the next look at everything finds it.
    ghl.send_webhooks(often().dropped(1)).unwrap();
    accounts.edit(json!({ "email": "untold@example.pt" })).await;
    accounts.quiet().await;
    assert_eq!(accounts.customer().await["email"], "known@example.pt");
    running.kill().await;
    let running = accounts.start(&[]).await;
    accounts.email("untold@example.pt").await;

    running.stop().await;
    std::fs::remove_dir_all(&accounts.directory).unwrap();
}

#[tokio::test]
async fn what_cannot_be_stored_is_sent_again() {
    let accounts = Accounts::new("stored").await;
    let ghl = &accounts.pair.ghl;
    let running = accounts.approved().await;
    ghl.send_webhooks(accounts.webhooks().backoff(Duration::from_millis(300))).unwrap();

    let file = SqliteConnectOptions::new().filename(accounts.directory.join("state.db"));
    let mut other = SqliteConnection::connect_with(&file).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    accounts.edit(json!({ "email": "ana.lopes@example.pt" })).await;
    until("a refusal", async || !ghl.deliveries().is_empty()).await;
    let refused = ghl.deliveries().remove(0);
    assert_eq!(refused.status, Some(503));
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    answered(ghl, &refused.webhook_id, 200).await;
    accounts.email("ana.lopes@example.pt").await;

    running.stop().await;
    std::fs::remove_dir_all(&accounts.directory).unwrap();
}

#[tokio::test]
async fn a_key_that_is_none_is_refused_by_the_name_of_its_file() {
    let accounts = Accounts::new("key").await;
    let key = accounts.directory.join("key.pem");
    for (content, why) in [(Some("rubbish"), "not a public key"), (None, "No such file")] {
        match content {
            Some(content) => std::fs::write(&key, content).unwrap(),
            None => std::fs::remove_file(&key).unwrap(),
        }
        let output = accounts.template(&[]).stderr(Stdio::piped()).output().await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("key.pem") && said.contains(why), "{said}");
    }
    std::fs::remove_dir_all(&accounts.directory).unwrap();
}
