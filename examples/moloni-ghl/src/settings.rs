use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ghl_contacts::SecretString;
use sync_core::TokenSource;

/// What a [`Bridge`](crate::Bridge) needs to know.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The HighLevel side.
    pub ghl: GhlSettings,
    /// The Moloni side.
    pub moloni: MoloniSettings,
    /// How long things may take.
    pub timing: Timing,
}

/// A HighLevel location and its token. `Debug` shows the location alone.
#[derive(Clone)]
pub struct GhlSettings {
    /// Where HighLevel is, `None` for the real one.
    pub url: Option<String>,
    /// The location.
    pub location: String,
    /// The way in.
    pub login: GhlLogin,
    /// How many requests HighLevel gets in ten seconds at most, evenly spread; `None` for all that the location has, which
    /// is 100 in ten seconds. A share of them leaves the rest to others who use the same location.
    pub requests_per_ten_seconds: Option<u32>,
}

/// A Moloni company and the way in. `Debug` leaves the address out.
#[derive(Clone)]
pub struct MoloniSettings {
    /// Where Moloni is, with the version, such as `https://api.moloni.pt/v1/`; `None` for the real one.
    pub url: Option<String>,
    /// The company, `None` if the account has just one.
    pub company: Option<u64>,
    /// The way in.
    pub login: MoloniLogin,
    /// How many requests per minute Moloni gets at most, in bursts of 10 at most. Moloni publishes no quota; 60 is the
    /// pace of the bulk tools in its own plugin.
    pub requests_per_minute: u32,
}

impl fmt::Debug for GhlSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GhlSettings").field("location", &self.location).finish_non_exhaustive()
    }
}

impl fmt::Debug for MoloniSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MoloniSettings")
            .field("company", &self.company)
            .field("login", &self.login)
            .field("requests_per_minute", &self.requests_per_minute)
            .finish_non_exhaustive()
    }
}

/// The pace of the bulk tools in Moloni's own plugin.
pub(crate) const REQUESTS_PER_MINUTE: u32 = 60;

/// The ways into HighLevel.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum GhlLogin {
    /// A private integration token of the location, or an access token for its day.
    Token(SecretString),
    /// Tokens that are kept elsewhere, such as by a [`TokenManager`](sync_core::TokenManager).
    Source(Arc<dyn TokenSource>),
}

/// The ways into Moloni.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum MoloniLogin {
    /// An access token; lasts an hour.
    AccessToken(SecretString),
    /// A developer's keys and a person's password; lasts as long as the process.
    Password {
        /// The developer id.
        client_id: String,
        /// The developer's secret.
        client_secret: SecretString,
        /// The person's login.
        username: String,
        /// The person's password.
        password: SecretString,
    },
    /// Tokens that are kept elsewhere, such as by a [`TokenManager`](sync_core::TokenManager).
    Source(Arc<dyn TokenSource>),
}

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// One request. Default: 30 s.
    pub request: Duration,
    /// One whole call to HighLevel, all its attempts and pauses included. It is the time within which an announced
    /// create is sent or never. Default: 1 minute.
    pub send_within: Duration,
    /// Until HighLevel's search sees a write. Default: 15 s.
    pub index_lag: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(30),
            send_within: Duration::from_mins(1),
            index_lag: Duration::from_secs(15),
        }
    }
}

/// Settings that are missing or do not fit, in one line that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(String);

impl Settings {
    /// Settings for these two accounts.
    pub fn new(ghl: GhlSettings, moloni: MoloniSettings) -> Self {
        Self { ghl, moloni, timing: Timing::default() }
    }

    /// Reads the environment. Addresses that are given go before those of the environment.
    ///
    /// | variable | what |
    /// |---|---|
    /// | `GHL_URL`, `MOLONI_URL` | other addresses than the real ones, such as a sandbox's |
    /// | `GHL_LOCATION_ID` | the location |
    /// | `GHL_ACCESS_TOKEN` | its private integration token, or an access token |
    /// | `GHL_REQUESTS_PER_10_SECONDS` | what to stay below, if not all of the location's 100 are to be used |
    /// | `MOLONI_COMPANY_ID` | the company; not needed if the account has just one |
    /// | `MOLONI_ACCESS_TOKEN` | an access token, or else: |
    /// | `MOLONI_CLIENT_ID`, `MOLONI_CLIENT_SECRET` | the developer's keys |
    /// | `MOLONI_USERNAME`, `MOLONI_PASSWORD` | the person's login |
    /// | `MOLONI_REQUESTS_PER_MINUTE` | what to stay below; 60 if not set |
    /// | `SYNC_REQUEST_SECONDS`, `SYNC_SEND_WITHIN_SECONDS`, `SYNC_INDEX_LAG_SECONDS` | the [`Timing`], if it is to be another one |
    ///
    /// Refresh tokens are not taken: both services rotate them, and the environment cannot keep the new one.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] that names every variable that is missing.
    pub fn from_env(ghl_url: Option<String>, moloni_url: Option<String>) -> Result<Self, SettingsError> {
        Self::from_variables(ghl_url, moloni_url, |name| std::env::var(name).ok())
    }

    fn from_variables(
        ghl_url: Option<String>,
        moloni_url: Option<String>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let mut missing = Vec::new();
        let variable = |name| variable(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        let mut need = |name: &'static str| {
            variable(name).unwrap_or_else(|| {
                missing.push(name);
                String::new()
            })
        };
        let ghl = GhlSettings {
            url: ghl_url.or_else(|| variable("GHL_URL")),
            location: need("GHL_LOCATION_ID"),
            login: GhlLogin::Token(need("GHL_ACCESS_TOKEN").into()),
            requests_per_ten_seconds: None,
        };
        let login = match variable("MOLONI_ACCESS_TOKEN") {
            Some(token) => MoloniLogin::AccessToken(token.into()),
            None => MoloniLogin::Password {
                client_id: need("MOLONI_CLIENT_ID"),
                client_secret: need("MOLONI_CLIENT_SECRET").into(),
                username: need("MOLONI_USERNAME"),
                password: need("MOLONI_PASSWORD").into(),
            },
        };
        if !missing.is_empty() {
            let or = if missing.iter().any(|m| m.starts_with("MOLONI")) {
                " (MOLONI_ACCESS_TOKEN alone does in place of the four for a login)"
            } else {
                ""
            };
            return Err(SettingsError(format!(
                "set these environment variables: {}{or}",
                missing.join(", ")
            )));
        }
        let company = number(variable, "MOLONI_COMPANY_ID")?;
        let requests_per_minute =
            pace(variable, "MOLONI_REQUESTS_PER_MINUTE")?.unwrap_or(REQUESTS_PER_MINUTE);
        let ghl =
            GhlSettings { requests_per_ten_seconds: pace(variable, "GHL_REQUESTS_PER_10_SECONDS")?, ..ghl };
        let mut timing = Timing::default();
        for (name, time) in [
            ("SYNC_REQUEST_SECONDS", &mut timing.request),
            ("SYNC_SEND_WITHIN_SECONDS", &mut timing.send_within),
            ("SYNC_INDEX_LAG_SECONDS", &mut timing.index_lag),
        ] {
            if let Some(seconds) = number(variable, name)? {
                *time = Duration::from_secs(seconds);
            }
        }
        let moloni_url = moloni_url.or_else(|| variable("MOLONI_URL"));
        let moloni = MoloniSettings { url: moloni_url, company, login, requests_per_minute };
        Ok(Self { timing, ..Self::new(ghl, moloni) })
    }
}

/// So many requests.
fn pace(
    variable: impl Fn(&'static str) -> Option<String>,
    name: &'static str,
) -> Result<Option<u32>, SettingsError> {
    let most = u32::MAX;
    let refused = || SettingsError(format!("{name} must be a whole number from 1 to {most}"));
    let check = |n: u64| u32::try_from(n).ok().filter(|n| *n > 0).ok_or_else(refused);
    number(variable, name)?.map(check).transpose()
}

fn number(
    variable: impl Fn(&'static str) -> Option<String>,
    name: &'static str,
) -> Result<Option<u64>, SettingsError> {
    let parse =
        |text: String| text.parse().map_err(|_| SettingsError(format!("{name} must be a whole number")));
    variable(name).map(parse).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let find = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        Settings::from_variables(None, None, find)
    }

    #[test]
    fn every_missing_variable_is_named() {
        let error = read(&[("GHL_LOCATION_ID", "loc"), ("MOLONI_PASSWORD", " ")]).unwrap_err().to_string();
        for name in [
            "GHL_ACCESS_TOKEN",
            "MOLONI_CLIENT_ID",
            "MOLONI_CLIENT_SECRET",
            "MOLONI_USERNAME",
            "MOLONI_PASSWORD",
        ] {
            assert!(error.contains(name), "{error}");
        }
        assert!(!error.contains("GHL_LOCATION_ID"), "{error}");
    }

    #[test]
    fn secrets_do_not_show() {
        let all =
            [("GHL_LOCATION_ID", "loc"), ("GHL_ACCESS_TOKEN", "s3cr3t"), ("MOLONI_ACCESS_TOKEN", "s3cr3t")];
        assert!(!format!("{:?}", read(&all).unwrap()).contains("s3cr3t"));
    }

    #[test]
    fn a_pace_that_cannot_be_is_refused_and_not_replaced() {
        for name in ["MOLONI_REQUESTS_PER_MINUTE", "GHL_REQUESTS_PER_10_SECONDS"] {
            for bad in ["0", "-1", "fast", "99999999999"] {
                let all = [
                    ("GHL_LOCATION_ID", "loc"),
                    ("GHL_ACCESS_TOKEN", "s3cr3t"),
                    ("MOLONI_ACCESS_TOKEN", "s3cr3t"),
                    (name, bad),
                ];
                let error = read(&all).unwrap_err().to_string();
                assert!(error.starts_with(&format!("{name} must be a whole number")), "{bad}: {error}");
            }
        }
    }

    #[test]
    fn addresses_that_are_given_go_before_those_of_the_environment() {
        let all = [
            ("GHL_LOCATION_ID", "loc"),
            ("GHL_ACCESS_TOKEN", "s3cr3t"),
            ("MOLONI_ACCESS_TOKEN", "s3cr3t"),
            ("GHL_URL", "http://127.0.0.1:8081"),
            ("MOLONI_URL", "http://127.0.0.1:8082/v1/"),
        ];
        let settings = read(&all).unwrap();
        assert_eq!(settings.ghl.url.as_deref(), Some("http://127.0.0.1:8081"));
        assert_eq!(settings.moloni.url.as_deref(), Some("http://127.0.0.1:8082/v1/"));
        let find = |name: &str| all.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        let given = Settings::from_variables(Some("http://127.0.0.1:1".to_owned()), None, find).unwrap();
        assert_eq!(given.ghl.url.as_deref(), Some("http://127.0.0.1:1"));
    }

    #[test]
    fn a_company_must_be_a_number() {
        let all = [
            ("GHL_LOCATION_ID", "loc"),
            ("GHL_ACCESS_TOKEN", "s3cr3t"),
            ("MOLONI_ACCESS_TOKEN", "s3cr3t"),
            ("MOLONI_COMPANY_ID", "acme"),
        ];
        assert!(read(&all).unwrap_err().to_string().starts_with("MOLONI_COMPANY_ID must be a whole number"));
    }
}
