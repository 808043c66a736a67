use std::fs::OpenOptions;
use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

use sync_core::SealingKey;
use sync_core::secrecy::ExposeSecret;

use crate::cli::Init;
use crate::output::say;
use crate::{Ended, Result};

/// Writes a settings file, and the key that seals tokens beside it. Nothing that is there is overwritten.
pub(super) fn init(path: &Path, answers: &Init) -> Result<Ended> {
    if path.exists() {
        return Err(
            format!("{} is there already: edit it, or name another one by --config", path.display()).into()
        );
    }
    let name =
        answer(answers.name.clone(), "--name", "A short name for this pair of accounts", Some("shop"))?;
    let location = answer(answers.location.clone(), "--location", "The id of the HighLevel location", None)?;
    let company = answers.company.map(|company| company.to_string());
    let company = answer(company, "--company", "The id of the Moloni company, a number", None)?;
    let company: u64 = company.parse().map_err(|_| format!("{company:?}: a company's id is a number"))?;
    let text = settings(&name, &location, company, answers.two_way);
    write_key(path)?;
    write_new(path, &text, 0o644)?;
    say!("{} is written. Next:", path.display());
    say!("  1. put the secrets that it names where it says");
    say!("  2. sync-service check");
    say!("  3. sync-service plan");
    say!("  4. sync-service apply, and then sync-service run");
    Ok(Ended::Done)
}

/// What a flag has said, or else what a person says.
fn answer(given: Option<String>, flag: &str, question: &str, default: Option<&str>) -> Result<String> {
    if let Some(given) = given {
        return Ok(given);
    }
    if !std::io::stdin().is_terminal() {
        let default = default.map(str::to_owned);
        return default.ok_or_else(|| format!("say {flag}: nobody is here to be asked").into());
    }
    let shown = default.map(|default| format!(" [{default}]")).unwrap_or_default();
    print!("{question}{shown}: ");
    std::io::stdout().flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    match (line.trim(), default) {
        ("", Some(default)) => Ok(default.to_owned()),
        ("", None) => Err(format!("{flag} is needed").into()),
        (text, _) => Ok(text.to_owned()),
    }
}

/// Makes a key, unless there is one.
fn write_key(settings: &Path) -> Result<()> {
    let path = settings.with_file_name("sync.key");
    if path.exists() {
        return Ok(());
    }
    let key = SealingKey::generate()?;
    write_new(&path, key.to_secret_text().expose_secret(), 0o600)
}

fn write_new(path: &Path, text: &str, mode: u32) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let failed = |error| format!("{} cannot be written: {error}", path.display());
    let mut file = options.open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    Ok(())
}

fn settings(name: &str, location: &str, company: u64, two_way: bool) -> String {
    // Texts are quoted as TOML does.
    let (name, location) = (toml::Value::from(name), toml::Value::from(location));
    format!(
        r##"# Settings of sync-service. Secrets are not in here: "env:NAME" is the
# environment variable NAME, "file:PATH" a file beside this one.

[service]
# A SQLite file; each pair has a second one beside it. For PostgreSQL put its
# address, postgres://user:password@host/name, elsewhere and say "env:NAME".
database = "sync.db"
# Where /health, /ready, /metrics and /webhooks/ghl are; "" for nowhere.
listen = "127.0.0.1:8080"
# Alerts are posted here as JSON. They are always in the log too.
# alerts = "env:ALERTS_URL"
# What seals the tokens of `connect`. Keep a copy of it somewhere safe.
key = "file:sync.key"

# One [[pair]] for each HighLevel location with its Moloni company.
[[pair]]
name = {name}

[pair.ghl]
location = {location}
# A private integration token of the location. Or leave it out, give the keys
# of an app, and run `sync-service connect ghl`.
token = "env:GHL_TOKEN"
# client_id = "..."
# client_secret = "env:GHL_CLIENT_SECRET"
# redirect = "https://..."

[pair.moloni]
company = {company}
# The developer's keys of Moloni's API.
client_id = "the developer id"
client_secret = "env:MOLONI_CLIENT_SECRET"
# The address that is registered with them, and `sync-service connect moloni`.
redirect = "http://127.0.0.1:8765/callback"
# Or a login, and no `connect`:
# username = "..."
# password = "env:MOLONI_PASSWORD"

[pair.sync]
# Whether edits in HighLevel go back to Moloni.
two_way = {two_way}
# Whether contacts that Moloni does not know become customers; two-way only.
create_customers = false
# How often both sides are asked for changes, and compared as a whole.
every = "1m"
sweep_every = "24h"

# More fields: left is Moloni's, right HighLevel's. A custom field that is not
# there is created by the first `apply`.
# [pair.fields.contact_person]
# left = "contact_name"
# right = "customFields.Contact person"
"##
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let path = std::env::temp_dir().join(format!("sync-init-{}.toml", std::process::id()));
        std::fs::write(&path, settings("shop", "loc \"1\"", 5, true)).unwrap();
        let read = crate::config::load(&path);
        std::fs::remove_file(&path).unwrap();
        let pairs = read.map(|read| read.config.pairs).unwrap();
        assert_eq!((pairs[0].ghl.location.as_str(), pairs[0].moloni.company), ("loc \"1\"", 5));
        assert!(pairs[0].sync.two_way);
    }
}
