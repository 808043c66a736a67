//! The quickstart as a person runs it: the binary, its output, its exit status, and what the sandboxes saw of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a test says what is wrong by failing"
)]

mod killed;
#[path = "../../../../sync-core/tests/trace/mod.rs"]
mod trace;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use moloni_ghl::sandbox::{PairConfig, SandboxPair};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::Command;

const SEED: u64 = 7;

fn quickstart() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quickstart"));
    command.env_clear();
    command
}

/// A quickstart that is pointed at this pair, as at real accounts.
fn pointed_at(pair: &SandboxPair) -> Command {
    let (ghl, moloni) = (pair.ghl.credentials(), pair.moloni.credentials());
    let mut command = quickstart();
    command
        .args(["--ghl-url", &pair.ghl.url(), "--moloni-url", &format!("{}/v1/", pair.moloni.url())])
        .env("GHL_LOCATION_ID", &ghl.location_id)
        .env("GHL_ACCESS_TOKEN", &ghl.access_token)
        .env("MOLONI_ACCESS_TOKEN", &moloni.access_token)
        .env("MOLONI_REQUESTS_PER_MINUTE", "6000");
    command
}

async fn pair(customers: usize) -> SandboxPair {
    trace::on();
    SandboxPair::start(PairConfig { customers, seed: SEED, speed: 50.0, ..PairConfig::default() })
        .await
        .unwrap()
}

/// What a quickstart has printed, which is never a secret of HighLevel's sandbox.
fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(!text.contains("s3cr3t"), "a secret shows");
    text
}

fn runs(output: &Output) -> [Value; 2] {
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    let lines: Vec<_> = text(&output.stdout).lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 1, "--json prints one line");
    let report: Value = serde_json::from_str(&lines[0]).unwrap();
    let runs = report["runs"].as_array().unwrap();
    [runs[0].clone(), runs[1].clone()]
}

fn number(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer} in {value}"))
}

/// Of the records of one kind in a state: how many carry the same value more than once.
fn doubled(values: impl Iterator<Item = String>) -> usize {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    values.for_each(|v| *counts.entry(v).or_default() += 1);
    counts.values().filter(|n| **n > 1).count()
}

#[tokio::test]
async fn the_first_run_does_what_the_seed_makes_and_the_second_nothing() {
    let pair = pair(250).await;
    let output = pointed_at(&pair).arg("--json").output().await.unwrap();
    let [first, second] = runs(&output);

    let expected = pair.expected;
    assert_eq!(number(&first, "/created"), expected.created as u64);
    assert_eq!(number(&first, "/linked"), expected.linked as u64);
    assert_eq!(number(&first, "/review"), expected.review as u64);
    for nothing in ["/updated", "/unchanged", "/failed"] {
        assert_eq!(number(&first, nothing), 0, "{nothing}");
    }
    assert_eq!(number(&first, "/collections/notes/created"), expected.notes as u64);
    assert_eq!(number(&first, "/collections/tasks/created"), expected.tasks as u64);
    let waiting = number(&first, "/collections/notes/review") + number(&first, "/collections/tasks/review");
    assert_eq!(waiting, expected.waiting as u64);
    assert_eq!(expected.created + expected.linked + expected.review, 250);

    assert_eq!(number(&second, "/unchanged") + number(&second, "/review"), 250);
    assert_eq!((number(&second, "/writes/ghl"), number(&second, "/writes/moloni")), (0, 0));

    // The sandboxes' own logs agree with what the quickstart says of itself.
    let calls = pair.ghl.calls();
    let told = number(&first, "/calls/ghl") + number(&second, "/calls/ghl");
    assert_eq!(calls.len() as u64, told);
    let effects = calls.iter().filter(|c| c.effect).count() as u64;
    assert_eq!(effects, number(&first, "/writes/ghl"));
    assert!(calls.iter().all(|c| c.status.is_some_and(|s| s < 300)), "nothing was refused");
    let first_calls = number(&first, "/calls/ghl");
    let derived = (expected.notes + expected.tasks) as u64;
    // A contact that is there already is read again before it is written, so that nothing is written over what was listed
    // a while ago, and its tags are a request of their own.
    let filled = 3 * expected.linked as u64;
    let most = expected.created as f64 * 1.05;
    assert!(
        (first_calls - derived - filled) as f64 <= most,
        "{first_calls} calls, {derived} of them for notes and tasks, {filled} for contacts that were there"
    );
    let moloni = pair.moloni.calls();
    assert_eq!(moloni.len() as u64, number(&first, "/calls/moloni") + number(&second, "/calls/moloni"));
    assert!(moloni.iter().all(|c| !c.effect), "Moloni is only read");

    // And nothing is there twice.
    let state = pair.ghl.state();
    for (collection, field) in [("contacts", "email"), ("notes", "body"), ("tasks", "body")] {
        let records: Vec<_> = records(&state, collection);
        assert!(!records.is_empty(), "{collection} in the state");
        let values = records.iter().filter_map(|r| r[field].as_str()).filter(|v| !v.is_empty());
        assert_eq!(doubled(values.map(str::to_owned)), 0, "{collection}");
    }
}

/// The records of a collection in a sandbox's state, kept by id or as a list.
fn records(state: &Value, collection: &str) -> Vec<Value> {
    match &state[collection] {
        Value::Array(list) => list.clone(),
        Value::Object(map) => map.values().cloned().collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn alone_it_starts_its_own_sandboxes_and_prints_plan_and_summary() {
    let output = quickstart().args(["--customers", "60"]).output().await.unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    for part in
        ["Run 1: Plan ", "Run 2: Plan ", "to create", "for review", "writes in", "contacts", "notes", "tasks"]
    {
        assert!(shown.contains(part), "{part:?} in\n{shown}");
    }
    assert!(shown.contains("HighLevel: 0 writes in "), "the second run:\n{shown}");
    let lines = text(&output.stderr);
    assert!(lines.contains(" done"), "plain progress lines without a terminal:\n{lines}");
    assert!(!lines.contains('\u{1b}') && !lines.contains('\r'), "no terminal codes without a terminal");
}

#[tokio::test]
async fn no_secret_shows_even_when_everything_is_traced() {
    // The quickstart makes its sandboxes from the same seed, so these are its secrets.
    let (ghl, moloni) = {
        let pair = pair(30).await;
        (pair.ghl.credentials().clone(), pair.moloni.credentials().clone())
    };
    let output = quickstart().args(["--customers", "30"]).env("RUST_LOG", "trace").output().await.unwrap();
    assert!(output.status.success());
    let shown = text(&output.stdout) + &text(&output.stderr);
    assert!(shown.contains("TRACE") && shown.contains("contacts.create"), "it is traced");
    let secrets = [
        &ghl.client_secret,
        &ghl.code,
        &ghl.access_token,
        &ghl.refresh_token,
        &ghl.pit,
        &ghl.agency_token,
        &moloni.client_secret,
        &moloni.password,
        &moloni.code,
        &moloni.access_token,
        &moloni.refresh_token,
    ];
    for secret in secrets {
        assert!(secret.len() >= 8, "a secret worth the name");
        assert!(!shown.contains(secret.as_str()), "a secret of length {} shows", secret.len());
    }
    // Tokens that were granted on the way are 40 hexadecimal digits too.
    let longest = shown.split(|c: char| !c.is_ascii_hexdigit()).map(str::len).max();
    assert!(longest.is_some_and(|n| n < 40), "something like a token shows");
    assert!(!shown.contains("access_token="), "a URL with a token shows");
}

#[tokio::test]
async fn a_state_file_carries_over_to_the_next_process() {
    let pair = pair(60).await;
    let file = TempFile::new("state");
    let run = || pointed_at(&pair).arg("--json").arg("--state").arg(&file.0).output();
    let [first, _] = runs(&run().await.unwrap());
    assert_eq!(number(&first, "/created"), pair.expected.created as u64);
    let [again, _] = runs(&run().await.unwrap());
    assert_eq!(number(&again, "/writes/ghl"), 0);
    assert_eq!(number(&again, "/unchanged") + number(&again, "/review"), 60);
}

#[tokio::test]
async fn without_its_state_it_finds_everything_again() {
    let pair = pair(60).await;
    let run = || pointed_at(&pair).arg("--json").output();
    runs(&run().await.unwrap());
    // The index has caught up by the next day.
    pair.ghl.advance(Duration::from_mins(1));
    let before = pair.ghl.state();
    let [again, _] = runs(&run().await.unwrap());
    assert_eq!(number(&again, "/created"), 0, "{again}");
    assert_eq!(number(&again, "/linked"), 60 - pair.expected.review as u64);
    for collection in ["contacts", "notes", "tasks"] {
        let count = |state: &Value| records(state, collection).len();
        assert_eq!(count(&before), count(&pair.ghl.state()), "{collection}");
    }
}

/// Runs a quickstart that must fail, and gives the one line that says why.
async fn complaint(command: &mut Command) -> String {
    let output = command.output().await.unwrap();
    assert!(!output.status.success(), "{}", text(&output.stdout));
    let errors = text(&output.stderr);
    let lines: Vec<_> = errors.lines().filter(|l| l.starts_with("error:")).collect();
    assert_eq!(lines.len(), 1, "{errors}");
    assert!(!errors.contains("panicked"), "{errors}");
    lines[0].to_owned()
}

fn says(line: &str, parts: &[&str]) {
    for part in parts {
        assert!(line.contains(part), "{part:?} in {line:?}");
    }
}

#[tokio::test]
async fn bad_input_gets_one_clear_line() {
    says(&complaint(quickstart().arg("--colour")).await, &["unexpected argument '--colour'"]);
    says(&complaint(quickstart().args(["--ghl-url", "https://x.pt"])).await, &["--moloni-url"]);
    says(&complaint(quickstart().args(["--fixtures", "/nowhere"])).await, &["/nowhere"]);
    let missing = ["--ghl-url", "https://x.pt", "--moloni-url", "https://y.pt"];
    let line = complaint(quickstart().args(missing)).await;
    says(&line, &["GHL_LOCATION_ID", "GHL_ACCESS_TOKEN", "MOLONI_ACCESS_TOKEN", "MOLONI_PASSWORD"]);
    let directory = std::env::temp_dir();
    says(&complaint(quickstart().arg("--state").arg(&directory)).await, &[directory.to_str().unwrap()]);
    let plain = ["--ghl-url", "http://services.example.com", "--moloni-url", "https://y.pt"];
    let mut insecure = quickstart();
    insecure.args(plain).envs([
        ("GHL_LOCATION_ID", "l"),
        ("GHL_ACCESS_TOKEN", "s3cr3t"),
        ("MOLONI_ACCESS_TOKEN", "s3cr3t"),
    ]);
    says(&complaint(insecure.env("MOLONI_COMPANY_ID", "1")).await, &["must be https"]);
}

#[tokio::test]
async fn wrong_accounts_and_expired_tokens_get_one_clear_line() {
    let pair = pair(10).await;
    let expired = {
        pair.ghl.advance(Duration::from_hours(25));
        complaint(&mut pointed_at(&pair)).await
    };
    says(&expired, &["contacts", "401", "get a new access token"]);

    let pit = pair.ghl.credentials().pit.clone();
    let elsewhere =
        complaint(pointed_at(&pair).env("GHL_ACCESS_TOKEN", &pit).env("GHL_LOCATION_ID", "elsewhere")).await;
    says(&elsewhere, &["403", "check the location id"]);

    let company =
        complaint(pointed_at(&pair).env("GHL_ACCESS_TOKEN", &pit).env("MOLONI_COMPANY_ID", "77")).await;
    says(&company, &["customers", "77"]);

    pair.moloni.advance(Duration::from_hours(2));
    let expired = complaint(pointed_at(&pair).env("GHL_ACCESS_TOKEN", &pit)).await;
    says(&expired, &["Moloni", "400"]);
}

#[tokio::test]
async fn a_host_that_answers_html_gets_one_clear_line() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0_u8; 4096];
            let _ = stream.read(&mut request).await;
            let page = "<html><body>Welcome</body></html>";
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                page.len()
            );
            let _ = stream.write_all((head + page).as_bytes()).await;
        }
    });
    let pair = pair(10).await;
    let token = &pair.moloni.credentials().access_token;
    let moloni = format!("{}/v1/", pair.moloni.url());
    let mut wrong_ghl = quickstart();
    wrong_ghl.args(["--ghl-url", &url, "--moloni-url", &moloni]);
    wrong_ghl
        .envs([("GHL_LOCATION_ID", "l"), ("GHL_ACCESS_TOKEN", "s3cr3t")])
        .env("MOLONI_ACCESS_TOKEN", token);
    says(&complaint(&mut wrong_ghl).await, &["contacts", "HTML"]);
    let mut wrong_moloni = quickstart();
    wrong_moloni.args(["--ghl-url", &pair.ghl.url(), "--moloni-url", &format!("{url}/v1/")]);
    wrong_moloni.envs([
        ("GHL_LOCATION_ID", "l"),
        ("GHL_ACCESS_TOKEN", "s3cr3t"),
        ("MOLONI_ACCESS_TOKEN", "s3cr3t"),
    ]);
    says(&complaint(&mut wrong_moloni).await, &["Moloni", "HTML"]);
}

#[tokio::test]
async fn every_recorded_customer_and_invoice_is_accounted_for() {
    let Some(folder) = recordings() else { return };
    let output = quickstart().arg("--json").arg("--fixtures").arg(&folder).output().await.unwrap();
    let [first, second] = runs(&output);

    let (mut customers, mut invoices, mut open) = (BTreeSet::new(), 0, 0);
    let mut seen = BTreeSet::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.to_string_lossy().ends_with(".getAll.json") {
            continue;
        }
        let rows: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for row in rows.as_array().unwrap() {
            let Some(customer) = row["customer_id"].as_u64().filter(|id| *id > 0) else { continue };
            customers.insert(customer);
            let Some(document) = row["document_id"].as_u64() else { continue };
            if row["status"] != 1 || !seen.insert(document) {
                continue;
            }
            let kind = row["document_type_id"].as_u64().unwrap();
            let rest = row["net_value"].as_f64().unwrap() - row["reconciled_value"].as_f64().unwrap();
            // Credit and debit notes are told of as well.
            invoices += usize::from([1, 3, 4, 20, 27].contains(&kind));
            open += usize::from([1, 4].contains(&kind) && rest > 0.005);
        }
    }
    assert!(customers.len() > 50 && invoices > 40, "the recordings are there");
    let counts = ["created", "linked", "review", "failed"].map(|name| number(&first, &format!("/{name}")));
    assert_eq!(counts.iter().sum::<u64>(), customers.len() as u64);
    assert_eq!(number(&first, "/failed"), 0);
    let of = |name: &str| {
        number(&first, &format!("/collections/{name}/created"))
            + number(&first, &format!("/collections/{name}/review"))
    };
    assert_eq!(of("notes"), invoices as u64);
    assert_eq!(of("tasks"), open as u64);
    assert_eq!(number(&second, "/writes/ghl"), 0);
}

/// The folder of recorded answers, if it is at hand.
fn recordings() -> Option<PathBuf> {
    let folder = std::env::var_os("SYNC_SHARED_DIR").map(|dir| Path::new(&dir).join("fixtures/moloni"));
    match folder.filter(|f| f.is_dir()) {
        Some(folder) => Some(folder),
        None if std::env::var_os("SYNC_REQUIRE_SHARED").is_some_and(|v| v == "1") => {
            panic!("SYNC_REQUIRE_SHARED is set, and there are no recordings in SYNC_SHARED_DIR")
        }
        None => {
            println!("skipped: SYNC_SHARED_DIR is not set");
            None
        }
    }
}

/// A file that is gone in the end.
struct TempFile(PathBuf);

impl TempFile {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("quickstart-{}-{name}.db", std::process::id())))
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.0.display()));
        }
    }
}
