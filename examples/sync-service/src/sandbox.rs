//! Accounts on this machine, and a settings file for them.

use std::path::{Path, PathBuf};

use moloni_ghl::sandbox::{PairConfig, SandboxPair};
use sync_core::SystemEnv;

use crate::Result;

/// Made-up accounts and a directory with the settings, the secrets and the state. Both are gone when it is dropped.
pub(crate) struct Sandbox {
    _pair: SandboxPair,
    directory: PathBuf,
}

impl Sandbox {
    pub(crate) async fn start() -> Result<Self> {
        // Twenty times faster than the services, so that a first run does not take a minute.
        let pair = SandboxPair::start(PairConfig { speed: 20.0, ..PairConfig::default() }).await?;
        let now = sync_core::Env::now(&SystemEnv::new()).as_nanosecond();
        let directory = std::env::temp_dir().join(format!("sync-sandbox-{}-{now}", std::process::id()));
        std::fs::create_dir(&directory)?;
        let sandbox = Self { _pair: pair, directory };
        let settings = settings(&sandbox._pair, &sandbox.directory)?;
        std::fs::write(sandbox.settings(), settings)?;
        Ok(sandbox)
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
