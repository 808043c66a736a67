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
    // Rather now than with the first command that reads it.
    crate::config::parse(&text, "these answers")?;
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

/// A file with every setting there is. One that has its default begins with `#` alone, and a remark with a space after it.
fn settings(name: &str, location: &str, company: u64, two_way: bool) -> String {
    // Texts are quoted as TOML does.
    let (name, location) = (toml::Value::from(name), toml::Value::from(location));
    let (accounts, more) = (accounts(&name, &location, company), MORE);
    format!(
        "{HEAD}{accounts}[pair.sync]\n# Whether edits in HighLevel go back to Moloni.\ntwo_way = {two_way}\n{more}"
    )
}

const HEAD: &str = r#"# Settings of sync-service. Take the # away from what you want otherwise.
# Secrets are not in here: "env:NAME" is the environment variable NAME,
# "file:PATH" a file beside this one.

[service]
# A SQLite file; each pair has a second one beside it. For PostgreSQL put its
# address, postgres://user:password@host/name, elsewhere and say "env:NAME".
database = "sync.db"
# Where /health, /ready, /metrics and /webhooks/ghl are; "" for nowhere.
listen = "127.0.0.1:8080"
# Alerts are posted here as JSON. They are always in the log too.
#alerts = "env:ALERTS_URL"
# What seals the tokens of `connect`. Keep a copy of it somewhere safe.
key = "file:sync.key"
# The public key of webhooks, if it is not HighLevel's published one.
#webhook_key = "file:webhook.pem"

# One [[pair]] for each HighLevel location with its Moloni company.
[[pair]]
"#;

fn accounts(name: &toml::Value, location: &toml::Value, company: u64) -> String {
    format!(
        r##"name = {name}

[pair.ghl]
location = {location}
# A private integration token of the location. Or leave it out, give the keys
# of an app, and run `sync-service connect ghl`.
token = "env:GHL_TOKEN"
#client_id = "..."
#client_secret = "env:GHL_CLIENT_SECRET"
#redirect = "https://..."
# What to stay below, where others use the location too; it has 100 in all.
#requests_per_ten_seconds = 50
# Another address than HighLevel's, such as a sandbox's.
#url = "https://services.leadconnectorhq.com"

[pair.moloni]
company = {company}
# The developer's keys of Moloni's API.
client_id = "the developer id"
client_secret = "env:MOLONI_CLIENT_SECRET"
# The address that is registered with them, and `sync-service connect moloni`.
redirect = "http://127.0.0.1:8765/callback"
# Or a login, and no `connect`:
#username = "..."
#password = "env:MOLONI_PASSWORD"
# What to stay below.
#requests_per_minute = 60
# Other addresses than Moloni's, such as a sandbox's, and its page for `connect`.
#page = "https://www.moloni.pt/ac/root/oauth/"
#url = "https://api.moloni.pt/v1/"

"##
    )
}

const MORE: &str = r##"# Whether contacts that Moloni does not know become customers; two-way only.
#create_customers = false
# Whether customers who share a tax number become a business in HighLevel.
#businesses = false
# How often both sides are asked for changes, and compared as a whole.
#every = "1m"
#sweep_every = "24h"
# Whether the first plan waits for `apply --approve`.
#ask_first = true
# How long a request may take, and until HighLevel's search sees a write.
#request_timeout = "30s"
#index_lag = "15s"

# What is told in HighLevel of documents and of customers' texts: invoice.issued,
# invoice.unpaid, payment.received, estimate.follow_up, customer.notes and
# customer.field_notes; and draft.pending and delivery.scheduled, if they have a
# table below.
[pair.events]
# "en" or "pt".
#language = "en"
# Which of them are not told, such as ["customer.field_notes"].
#off = []

# A task to collect what is unpaid: on which days after it was due it says so,
# and the id of the user whose task it is.
[pair.events.invoice.unpaid]
#overdue_on = [1, 7, 15, 30, 60, 90]
#assigned_to = "..."

# A task to ask about an estimate: how many days before it expires the task is
# due, and for how many days after that it is still asked about.
[pair.events.estimate.follow_up]
#days_before = 0
#grace = 14
#assigned_to = "..."

# A task for a draft that nobody has touched for some days.
#[pair.events.draft.pending]
#days = 7
#assigned_to = "..."

# An appointment for a delivery: the id of the calendar, how long it takes, and
# which types of document are looked at, each of which costs a request.
#[pair.events.delivery.scheduled]
#calendar = "..."
#duration = "1h"
#types = ["FT", "FR", "FS", "GR", "GT", "GC"]
#assigned_to = "..."

# Tags of every customer, of who was invoiced, of who owes; "" for none.
[pair.tags]
#customer = "moloni"
#invoiced = "moloni-invoiced"
#overdue = "moloni-overdue"

# The custom field for the turnover, "" for none; and how many days back
# counts. Without `days` it is all that ever was.
[pair.turnover]
#field = "Moloni turnover"
#days = 365

# The names of the custom fields that every pair uses. A field that is not there
# is created by the first `apply`.
[pair.custom_fields]
#nif = "NIF"
#number = "Moloni number"
#import_date = "Moloni import date"
#marker = "Moloni sync id"

# Attributes: a tag of name and value, such as tier-gold, and, where `field` is
# said, the value in that custom field. Each value here with the turnover from
# which on a customer has it.
#[[pair.attributes]]
#name = "tier"
#turnover = { bronze = 0, silver = 5000, gold = 50000 }
#field = "Tier"
#tag = true

# Or by cases, of which the first that holds counts. `name` and `notes` are
# regular expressions; `matches` is for other fields of Moloni's, `is` for what
# a field must be; salesman, zone and price_class are ids. Of several in one
# case all must hold.
#[[pair.attributes]]
#name = "industry"
#cases = [{ value = "bakery", name = "padaria|pastelaria" }, { value = "key-account", turnover_from = 1000, salesman = 1 }]
#otherwise = "other"

# More fields: left is Moloni's, right HighLevel's. A custom field that is not
# there is created by the next `apply`. docs/mapping.md has all settings.
#[pair.fields.contact_person]
#left = "contact_name"
#right = "customFields.Contact person"
"##;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::parse;

    #[test]
    fn what_is_written_can_be_read() {
        let read = parse(&settings("shop", "loc \"1\"", 5, true), "sync.toml").map_err(|why| panic!("{why}"));
        let pairs = read.unwrap().pairs;
        assert_eq!((pairs[0].ghl.location.as_str(), pairs[0].moloni.company), ("loc \"1\"", 5));
        assert!(pairs[0].sync.two_way);
    }

    /// All that is written, with nothing left out.
    fn uncommented() -> String {
        let text = settings("shop", "loc", 5, true);
        let whole = text.lines().map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => setting,
            _ => line,
        });
        whole.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_setting_can_be_uncommented() {
        let config = parse(&uncommented(), "sync.toml").map_err(|why| panic!("{why}")).unwrap();
        assert_eq!(config.pairs[0].extra_fields().unwrap().custom_fields(), ["Contact person"]);
        assert_eq!(config.pairs[0].events.events().types().len(), 8);
    }

    #[test]
    fn what_is_commented_out_is_the_default_unless_it_is_an_example() {
        let plain =
            parse(&settings("shop", "loc", 5, true), "sync.toml").map_err(|why| panic!("{why}")).unwrap();
        let whole = uncommented();
        let examples = [
            "[[pair.attributes]]",
            "days = 365",
            "assigned_to",
            "[pair.events.draft",
            "[pair.events.delivery",
        ];
        assert!(examples.iter().all(|example| whole.contains(example)));
        let kept: Vec<_> =
            whole.lines().filter(|line| *line != "days = 365" && !line.starts_with("assigned_to")).collect();
        let kept = kept.join("\n");
        let kept = &kept[..kept.find("[[pair.attributes]]").unwrap()];
        let (draft, after) = (kept.find("[pair.events.draft").unwrap(), kept.find("[pair.tags]").unwrap());
        let kept = format!("{}{}", &kept[..draft], &kept[after..]);
        let whole = parse(&kept, "sync.toml").map_err(|why| panic!("{why}")).unwrap();
        let (plain, whole) = (&plain.pairs[0], &whole.pairs[0]);
        assert_eq!(format!("{:?}", plain.attributes()), format!("{:?}", whole.attributes()));
        assert_eq!(plain.custom_fields.fields(), whole.custom_fields.fields());
        assert_eq!(format!("{:?}", plain.events.events()), format!("{:?}", whole.events.events()));
        let sync = |pair: &crate::config::PairConfig| {
            let sync = &pair.sync;
            let flags = (sync.create_customers, sync.businesses, sync.ask_first);
            (flags, sync.every, sync.sweep_every, sync.request_timeout, sync.index_lag)
        };
        assert_eq!(sync(plain), sync(whole));
    }

    #[test]
    fn no_setting_is_left_out() {
        let whole = uncommented();
        let mut seen = BTreeSet::new();
        for (at, header) in whole.match_indices('\n').filter(|(at, _)| whole[at + 1..].starts_with('[')) {
            let after = at + 1 + whole[at + 1..].find('\n').unwrap() + header.len();
            let why =
                parse(&format!("{}nothing = 1\n{}", &whole[..after], &whole[after..]), "").err().unwrap();
            let (_, names) = why.split_once("unknown field `nothing`, expected ").unwrap_or_else(|| {
                // A field's own settings are told by its own reader.
                assert!(why.contains("contact_person"), "{why}");
                ("", "")
            });
            seen.extend(names.split('`').skip(1).step_by(2).map(str::to_owned));
        }
        assert!(seen.len() > 50, "{seen:?}");
        for name in seen {
            let is_there =
                [format!("{name} ="), format!("[pair.{name}"), format!(".{name}]"), format!("[[{name}]]")];
            let is_there = is_there.iter().any(|one| whole.contains(one.as_str()));
            assert!(is_there || whole.contains(&format!("events.{name}.")), "{name}");
        }
    }
}
