//! Accounts on this machine, and a settings file for them.

use std::path::{Path, PathBuf};

use moloni_ghl::sandbox::{PairConfig, SandboxPair};
use serde_json::Value;

use crate::Result;

/// Made-up accounts and a directory with the settings, the secrets and the state. Both are gone when it is dropped.
pub(crate) struct Sandbox {
    pair: SandboxPair,
    directory: PathBuf,
}

impl Sandbox {
    pub(crate) async fn start() -> Result<Self> {
        // Twenty times faster than the services, so that a first run does not take a minute.
        let pair = SandboxPair::start(PairConfig { speed: 20.0, ..PairConfig::default() }).await?;
        let sandbox = Self { pair, directory: directory()? };
        let settings = settings(&sandbox.pair, &sandbox.directory)?;
        std::fs::write(sandbox.settings(), settings)?;
        Ok(sandbox)
    }

    /// What to type in another terminal while the service runs, a line each: to look, and to edit a contact as a person would.
    pub(crate) fn hints(&self) -> Vec<String> {
        let program = std::env::args().next().unwrap_or_else(|| "sync-service".to_owned());
        let (program, config) = (program.as_str(), format!("--config {}", self.settings().display()));
        let mut hints = vec![format!("{program} review list {config}")];
        if let Some(contact) = self.known_to_both() {
            hints.push("curl -X PUT \\".to_owned());
            hints.push(format!("  {}/__sandbox/records/contacts/{contact} \\", self.pair.ghl.url()));
            hints.push("  -d '{\"email\": \"new@example.pt\"}'".to_owned());
            hints.push(format!("{program} explain ghl:{contact} \\"));
            hints.push(format!("  {config}"));
        }
        hints
    }

    /// A contact that certainly is somebody whom Moloni knows as well.
    fn known_to_both(&self) -> Option<String> {
        let (ghl, moloni) = (self.pair.ghl.state(), self.pair.moloni.state());
        let (contacts, customers) = (ghl["contacts"].as_array()?, moloni["customers"].as_array()?);
        let has = |all: &[Value], email: &Value| all.iter().filter(|one| one["email"] == *email).count() == 1;
        let both = contacts.iter().find(|contact| {
            let email = &contact["email"];
            email.as_str().is_some_and(|email| !email.is_empty())
                && has(contacts, email)
                && has(customers, email)
        });
        both?["id"].as_str().map(str::to_owned)
    }

    /// Where the settings are.
    pub(crate) fn settings(&self) -> PathBuf {
        self.directory.join("sync.toml")
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.directory) {
            tracing::warn!(%error, directory = %self.directory.display(), "the sandbox's directory stays");
        }
    }
}

/// A new one, with a short name: a person types it.
fn directory() -> Result<PathBuf> {
    let name = format!("sync-sandbox-{}", std::process::id());
    for number in 0..100 {
        // Another one of that name was left by a process that was killed.
        let suffix = if number == 0 { String::new() } else { format!("-{number}") };
        let directory = std::env::temp_dir().join(format!("{name}{suffix}"));
        match std::fs::create_dir(&directory) {
            Ok(()) => return Ok(directory),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(format!("{} cannot be made: {error}", directory.display()).into()),
        }
    }
    Err(format!("{}: remove what {name} has left there", std::env::temp_dir().display()).into())
}

/// Settings for a pair of sandboxes. The secrets go into files beside them.
fn settings(pair: &SandboxPair, directory: &Path) -> Result<String> {
    let (ghl, moloni, known) = (pair.ghl.credentials(), pair.moloni.credentials(), pair.settings());
    for (file, secret) in [
        ("ghl.token", &ghl.pit),
        ("moloni.secret", &moloni.client_secret),
        ("moloni.password", &moloni.password),
    ] {
        std::fs::write(directory.join(file), secret)?;
    }
    Ok(format!(
        r#"[service]
listen = "127.0.0.1:0"

[[pair]]
name = "sandbox"
[pair.ghl]
url = "{}"
location = "{}"
token = "file:ghl.token"
[pair.moloni]
url = "{}/v1/"
company = {}
client_id = "{}"
client_secret = "file:moloni.secret"
username = "{}"
password = "file:moloni.password"
requests_per_minute = {}
[pair.sync]
two_way = true
every = "2s"
ask_first = false
request_timeout = "5s"
index_lag = "3s"
"#,
        pair.ghl.url(),
        ghl.location_id,
        pair.moloni.url(),
        moloni.company_id,
        moloni.client_id,
        moloni.username,
        known.moloni.requests_per_minute,
    ))
}
