use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use moloni_ghl::ContactMapping;
use sync_core::jiff::civil::Date;

use super::{Config, PairConfig, SecretRef};

/// A settings file that was read and makes sense.
pub(crate) struct Loaded {
    pub(crate) config: Config,
    /// Where it is: paths in it begin here.
    pub(crate) base: PathBuf,
}

/// Reads a settings file. The error says where to look and what to write; it never shows a line, which may hold a secret.
pub(crate) fn load(path: &Path) -> Result<Loaded, String> {
    let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!(
                "there is no {}: `sync-service init` writes one, or name another by --config",
                path.display()
            )
        }
        _ => format!("{} cannot be read: {error}", path.display()),
    })?;
    let config = parse(&text, &path.display().to_string())?;
    let base = std::path::absolute(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let base = base.parent().unwrap_or(Path::new(".")).to_owned();
    Ok(Loaded { config, base })
}

/// Reads the text of the file at `path`. What is wrong has its line, as far as it has one.
pub(crate) fn parse(text: &str, path: &str) -> Result<Config, String> {
    let config: Config = toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map(|before| before.matches('\n').count() + 1);
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        format!("{path}{line}: {}", error.message())
    })?;
    check(&config).map_err(|why| format!("{path}: {why}"))?;
    let pairs = config.pairs.iter().enumerate();
    let mut wrong: Vec<_> = pairs.flat_map(|(number, pair)| pair.wrong_fields(text, number)).collect();
    if wrong.is_empty() {
        // What fits each by itself may not fit together, such as two fields of one name.
        let whole = |pair: &PairConfig| Some(format!(": pair {}: {}", pair.name, pair.mapping().err()?));
        wrong.extend(config.pairs.iter().filter_map(whole));
    }
    if wrong.is_empty() {
        return Ok(config);
    }
    Err(wrong.iter().map(|wrong| format!("{path}{wrong}")).collect::<Vec<_>>().join("\n"))
}

fn check(config: &Config) -> Result<(), String> {
    if config.pairs.is_empty() {
        return Err("there is no [[pair]]: `sync-service init` shows what one looks like".to_owned());
    }
    let mut names = BTreeSet::new();
    for pair in &config.pairs {
        let name = &pair.name;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || name.len() > 40 || !name.chars().all(plain) {
            return Err(format!("pair {name:?}: a name has lower-case letters, digits and _, at most 40"));
        }
        if !names.insert(name.as_str()) {
            return Err(format!("two pairs are called {name}: give one of them another name"));
        }
        // Each would take the other's schema in PostgreSQL for its own.
        let owner = config
            .pairs
            .iter()
            .find(|other| other.sync.businesses && format!("{}_businesses", other.name) == *name);
        if let Some(owner) = owner {
            let owner = &owner.name;
            return Err(format!(
                "pair {name}: the businesses of pair {owner} are kept under this name: give the pair another one"
            ));
        }
        pair.check().map_err(|why| format!("pair {name}: {why}"))?;
    }
    let service = &config.service;
    if [&service.key, &service.webhook_key].into_iter().flatten().any(|secret| !secret.is_named()) {
        return Err(format!("[service]: {}", SecretRef::HOW));
    }
    let has_password = |url: &str| {
        url.split_once("://").is_some_and(|(_, rest)| {
            rest.split('/')
                .next()
                .and_then(|host| host.split_once('@'))
                .is_some_and(|(user, _)| user.contains(':'))
        })
    };
    if has_password(&service.database) {
        return Err(
            "database: an address with a password does not belong into this file: write \"env:NAME\" or \
                    \"file:PATH\", and put it there"
                .to_owned(),
        );
    }
    Ok(())
}

impl PairConfig {
    fn check(&self) -> Result<(), String> {
        let secrets = [
            ("ghl.token", self.ghl.token.as_ref()),
            ("ghl.client_secret", self.ghl.client_secret.as_ref()),
            ("moloni.client_secret", Some(&self.moloni.client_secret)),
            ("moloni.password", self.moloni.password.as_ref()),
        ];
        for (name, secret) in secrets {
            if secret.is_some_and(|secret| !secret.is_named()) {
                return Err(format!("{name}: {}", SecretRef::HOW));
            }
        }
        if self.ghl.token.is_none() && (self.ghl.client_id.is_none() || self.ghl.client_secret.is_none()) {
            return Err(
                "ghl: give `token`, a private integration token of the location, or `client_id` and \
                        `client_secret` of an app, and then run `sync-service connect ghl`"
                    .to_owned(),
            );
        }
        if self.moloni.username.is_some() != self.moloni.password.is_some() {
            return Err("moloni: `username` and `password` go together".to_owned());
        }
        if self.sync.create_customers && !self.sync.two_way {
            return Err("sync: `create_customers` needs `two_way = true`".to_owned());
        }
        let times = [
            ("every", self.sync.every),
            ("sweep_every", self.sync.sweep_every),
            ("request_timeout", self.sync.request_timeout),
        ];
        if let Some((name, _)) = times.iter().find(|(_, time)| time.as_millis() < 1000) {
            return Err(format!("sync: `{name}` is at least \"1s\""));
        }
        let mut attributes = BTreeSet::new();
        if let Some(twice) = self.attributes.iter().find(|attribute| !attributes.insert(&attribute.name)) {
            return Err(format!("two attributes are called {:?}: give one of them another name", twice.name));
        }
        Ok(())
    }

    /// The mapping as far as the file says it.
    fn mapping(&self) -> Result<(), String> {
        let mapping =
            ContactMapping::new(self.custom_fields.fields(), || Date::ZERO).attributes(self.attributes());
        let mapping = mapping.extra(self.extra_fields()?).build();
        mapping.map(drop).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        [[pair]]
        name = "shop"
        [pair.ghl]
        location = "loc"
        token = "env:GHL"
        [pair.moloni]
        company = 5
        client_id = "dev"
        client_secret = "file:moloni.secret"
        [pair.fields.contact_person]
        left = "contact_name"
        right = "customFields.Contact person"
    "#;

    fn why(text: &str) -> String {
        parse(text, "sync.toml").err().unwrap_or_default()
    }

    #[test]
    fn a_field_of_the_file_brings_its_custom_field() {
        let config = parse(GOOD, "sync.toml").map_err(|why| panic!("{why}")).unwrap();
        assert_eq!(config.pairs[0].extra_fields().unwrap().custom_fields(), ["Contact person"]);
    }

    #[test]
    fn what_is_wrong_is_told_with_what_to_write() {
        for (good, bad, says) in [
            ("name = \"shop\"", "nmae = \"shop\"", ":3: unknown field `nmae`"),
            ("name = \"shop\"", "name = \"My shop\"", "lower-case letters"),
            ("token = \"env:GHL\"", "", "sync-service connect ghl"),
            ("company = 5", "company = \"5\"", ":8: invalid type"),
            ("right = ", "rigth = ", "did you mean `right`"),
            ("[[pair]]", "[service]\nkey = \"0123\"\n[[pair]]", "env:NAME"),
            ("[[pair]]", "[service]\ndatabase = \"postgres://a:b@c/d\"\n[[pair]]", "env:NAME"),
        ] {
            let text = GOOD.replace(good, bad);
            assert_ne!(text, GOOD);
            assert!(why(&text).contains(says), "{bad}: {}", why(&text));
        }
        assert!(why("").contains("there is no [[pair]]"));
        assert!(why(&GOOD.repeat(2)).contains("two pairs are called shop"));
        let both = GOOD.to_owned() + &GOOD.replace("\"shop\"", "\"shop_businesses\"");
        assert_eq!(why(&both), "");
        let both = both.replacen("[pair.ghl]", "sync.businesses = true\n[pair.ghl]", 1);
        assert!(
            why(&both).contains("the businesses of pair shop are kept under this name"),
            "{}",
            why(&both)
        );
    }

    #[test]
    fn a_secret_in_the_file_is_refused_and_not_shown() {
        for (name, text) in [
            ("ghl.token", GOOD.replace("env:GHL", "pit-s3cr3t")),
            ("moloni.client_secret", GOOD.replace("file:moloni.secret", "s3cr3t")),
            ("", GOOD.replace("token = ", "tokn = ").replace("env:GHL", "s3cr3t")),
        ] {
            let why = why(&text);
            assert!(why.contains(name) && !why.is_empty() && !why.contains("s3cr3t"), "{why}");
        }
    }
}
