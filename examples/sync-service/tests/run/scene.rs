//! Sandboxes, a settings file for them, and the program.

use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use moloni_ghl::sandbox::{PairConfig, SandboxPair};
use serde_json::Value;
use sync_core::http::reqwest;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

pub struct Scene {
    pub directory: PathBuf,
    pub service: String,
    /// What the program finds in its environment.
    pub environment: Vec<(&'static str, String)>,
    pub pairs: Vec<(&'static str, SandboxPair, String)>,
}

pub struct Said {
    pub code: Option<i32>,
    pub text: String,
}

impl Scene {
    pub async fn new(test: &str, pairs: &[(&'static str, usize)]) -> Self {
        let directory = std::env::temp_dir().join(format!("sync-service-{}-{test}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let mut scene = Self {
            directory,
            service: "listen = \"\"".to_owned(),
            environment: Vec::new(),
            pairs: Vec::new(),
        };
        for (name, customers) in pairs {
            let config = PairConfig { customers: *customers, speed: 50.0, ..PairConfig::default() };
            let pair = SandboxPair::start(config).await.unwrap();
            let (ghl, moloni) = (pair.ghl.credentials(), pair.moloni.credentials());
            for (file, secret) in
                [("ghl", &ghl.pit), ("secret", &moloni.client_secret), ("password", &moloni.password)]
            {
                std::fs::write(scene.directory.join(format!("{name}.{file}")), secret).unwrap();
            }
            let settings = format!(
                r#"
[[pair]]
name = "{name}"
[pair.ghl]
url = "{}"
location = "{}"
token = "file:{name}.ghl"
[pair.moloni]
url = "{}/v1/"
company = {}
client_id = "{}"
client_secret = "file:{name}.secret"
username = "{}"
password = "file:{name}.password"
requests_per_minute = 3000
[pair.sync]
two_way = true
every = "1s"
request_timeout = "5s"
index_lag = "1s"
"#,
                pair.ghl.url(),
                ghl.location_id,
                pair.moloni.url(),
                moloni.company_id,
                moloni.client_id,
                moloni.username
            );
            scene.pairs.push((name, pair, settings));
        }
        scene.write();
        scene
    }

    /// Writes the settings.
    pub fn write(&self) {
        let pairs: String = self.pairs.iter().map(|(_, _, settings)| settings.as_str()).collect();
        self.write_text(&format!("[service]\n{}\n{pairs}", self.service));
    }

    pub fn write_text(&self, text: &str) {
        std::fs::write(self.directory.join("sync.toml"), text).unwrap();
    }

    pub fn pair(&self, name: &str) -> &SandboxPair {
        &self.pairs.iter().find(|(n, _, _)| *n == name).unwrap().1
    }

    /// Listens and sends alerts from the next start on. Gives where to.
    pub async fn serves(&mut self) -> (Inbox, String) {
        let (inbox, url) = Inbox::start().await;
        let address = format!("127.0.0.1:{}", free_port());
        self.service = format!("listen = \"{address}\"\nalerts = \"{url}\"");
        self.write();
        (inbox, format!("http://{address}"))
    }

    /// Connects a pair's location with the tokens of an app, and no private integration.
    pub fn uses_an_app(&mut self, name: &str) {
        let app = self.pair(name).ghl.credentials().clone();
        std::fs::write(self.directory.join("app"), &app.client_secret).unwrap();
        std::fs::write(self.directory.join("key"), "07".repeat(32)).unwrap();
        self.service.push_str("\nkey = \"file:key\"");
        let keys = format!(
            "client_id = \"{}\"\nclient_secret = \"file:app\"\nredirect = \"https://app.example.pt/callback\"",
            app.client_id
        );
        self.changes(name, &format!("token = \"file:{name}.ghl\""), &keys);
    }

    /// Changes a pair's settings.
    pub fn changes(&mut self, name: &str, from: &str, to: &str) {
        let settings = &mut self.pairs.iter_mut().find(|(n, _, _)| *n == name).unwrap().2;
        assert!(settings.contains(from), "{settings}");
        *settings = settings.replace(from, to);
        self.write();
    }

    /// Runs `connect ghl`, opens the page that it names, and pastes where that leads to.
    pub async fn connects(&self, pair: &str) {
        let done = self.visits(pair, |page| page).await;
        assert!(done.code == Some(0) && done.text.contains("is connected"), "{}", done.text);
    }

    /// The same, with another page.
    pub async fn visits(&self, pair: &str, other: impl FnOnce(String) -> String) -> Said {
        let mut program = self.program(&["connect", "ghl", "--pair", pair]);
        let mut child = program.stdin(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let page = loop {
            let line = lines.next_line().await.unwrap().unwrap();
            if line.starts_with("http") {
                break line;
            }
        };
        let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        // The marketplace's page, which the sandbox has as well.
        let page = other(page.replace("https://marketplace.gohighlevel.com", &self.pair(pair).ghl.url()));
        assert!(page.starts_with(&self.pair(pair).ghl.url()), "{page}");
        let answer = browser.get(page).send().await.unwrap();
        let ended_up = answer.headers()["location"].to_str().unwrap().to_owned() + "\n";
        child.stdin.take().unwrap().write_all(ended_up.as_bytes()).await.unwrap();
        let mut rest = String::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            rest.push_str(&line);
        }
        let mut done = child.wait_with_output().await.unwrap();
        done.stderr = rest.into_bytes();
        said(&done)
    }

    pub fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sync-service"));
        command
            .env_clear()
            .envs(self.environment.iter().cloned())
            .arg("--config")
            .arg(self.directory.join("sync.toml"))
            .args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    pub async fn says(&self, arguments: &[&str]) -> Said {
        said(&self.program(arguments).output().await.unwrap())
    }

    pub async fn json(&self, arguments: &[&str]) -> Value {
        let out = self.program(arguments).arg("--json").output().await.unwrap().stdout;
        serde_json::from_slice(&out)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&out)))
    }

    /// Applies the plan of a pair, with the approval that it asks for.
    pub async fn approved(&self, pair: &str) {
        let run = self.json(&["apply", "--pair", pair]).await;
        if let Some(id) = run["run"]["approve"].as_str() {
            let said = self.says(&["apply", "--pair", pair, "--approve", id]).await;
            assert_ne!(said.code, Some(1), "{}", said.text);
        }
    }

    /// Starts the service.
    pub fn started(&self) -> Child {
        self.program(&["run"]).spawn().unwrap()
    }

    pub fn contact(&self, pair: &str, email: &str) -> Option<Value> {
        let contacts = self.pair(pair).ghl.state()["contacts"].as_array().unwrap().clone();
        contacts.into_iter().find(|contact| contact["email"] == email)
    }

    pub fn contacts_of_moloni(&self, pair: &str) -> usize {
        let contacts = self.pair(pair).ghl.state()["contacts"].as_array().unwrap().clone();
        contacts.iter().filter(|contact| contact["source"] == "Moloni").count()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// What a program has said; never a secret.
pub fn said(output: &Output) -> Said {
    let text =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    assert!(!text.contains("s3cr3t") && !text.contains("5ec2e7"), "a secret shows: {text}");
    Said { code: output.status.code(), text }
}

pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..1200 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what}");
}

/// Ends a service as a supervisor does.
pub async fn terminated(mut child: Child) -> Said {
    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
    let ended = tokio::time::timeout(Duration::from_secs(10), child.wait()).await;
    ended.expect("it stops within ten seconds").unwrap();
    said(&child.wait_with_output().await.unwrap())
}

/// A port that nobody else has at the moment.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The status and the body at an address, as soon as somebody answers.
pub async fn get(url: &str) -> (u16, String) {
    for _ in 0..200 {
        if let Ok(answer) = reqwest::get(url).await {
            return (answer.status().as_u16(), answer.text().await.unwrap());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nobody answers at {url}");
}

/// What `/ready` says, as soon as that holds.
pub async fn ready(address: &str, what: &str, holds: impl Fn(u16, &str) -> bool) -> String {
    let mut last = String::new();
    for _ in 0..1200 {
        let (status, body) = get(&format!("{address}/ready")).await;
        if holds(status, &body) {
            return body;
        }
        last = body;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what}: {last}");
}

/// Receives alerts.
#[derive(Clone, Default)]
pub struct Inbox(Arc<Mutex<Vec<Value>>>);

impl Inbox {
    /// Listens, and gives the address.
    pub async fn start() -> (Self, String) {
        let inbox = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/alerts", listener.local_addr().unwrap());
        let take = |State(inbox): State<Self>, body: String| async move {
            inbox.0.lock().unwrap().push(serde_json::from_str(&body).unwrap());
        };
        let router = Router::new().route("/alerts", post(take)).with_state(inbox.clone());
        tokio::spawn(axum::serve(listener, router).into_future());
        (inbox, url)
    }

    /// The messages of a kind.
    pub fn of(&self, kind: &str, pair: &str) -> Vec<String> {
        let alerts = self.0.lock().unwrap();
        let of_kind = alerts.iter().filter(|alert| alert["kind"] == kind && alert["pair"] == pair);
        of_kind.map(|alert| alert["message"].as_str().unwrap().to_owned()).collect()
    }

    pub fn has(&self, kind: &str, pair: &str) -> bool {
        self.0.lock().unwrap().iter().any(|alert| alert["kind"] == kind && alert["pair"] == pair)
    }
}
