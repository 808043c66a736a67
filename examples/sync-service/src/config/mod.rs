//! The settings file.

mod attributes;
mod events;
mod fields;
#[cfg(test)]
mod guide;
mod load;
mod secret;
mod value;

use moloni_ghl::attributes::Attributes;
use serde::Deserialize;
use sync_core::jiff::SignedDuration;

use self::attributes::{AttributeConfig, CustomFieldsConfig, TagsConfig, TurnoverConfig};
use self::events::EventsConfig;
pub(crate) use self::load::{Loaded, load, parse};
pub(crate) use self::secret::SecretRef;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    #[serde(default)]
    pub(crate) service: ServiceConfig,
    #[serde(default, rename = "pair")]
    pub(crate) pairs: Vec<PairConfig>,
}

/// What all pairs share.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ServiceConfig {
    /// A SQLite file, or where a PostgreSQL address is.
    pub(crate) database: String,
    /// Where `run` answers; empty for nowhere.
    pub(crate) listen: String,
    /// Where alerts are posted to: an address, or where it is.
    pub(crate) alerts: Option<String>,
    /// The key that seals tokens.
    pub(crate) key: Option<SecretRef>,
    /// The key of webhooks, if it is not HighLevel's published one.
    pub(crate) webhook_key: Option<SecretRef>,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self {
            database: "sync.db".to_owned(),
            listen: "127.0.0.1:8080".to_owned(),
            alerts: None,
            key: None,
            webhook_key: None,
        }
    }
}

/// A HighLevel location and a Moloni company.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PairConfig {
    pub(crate) name: String,
    pub(crate) ghl: GhlConfig,
    pub(crate) moloni: MoloniConfig,
    #[serde(default)]
    pub(crate) sync: SyncConfig,
    #[serde(default)]
    pub(crate) events: EventsConfig,
    #[serde(default)]
    tags: TagsConfig,
    #[serde(default)]
    turnover: TurnoverConfig,
    #[serde(default)]
    attributes: Vec<AttributeConfig>,
    #[serde(default)]
    pub(crate) custom_fields: CustomFieldsConfig,
    /// More fields, as in `docs/mapping.md`.
    #[serde(default)]
    pub(crate) fields: toml::Table,
}

impl PairConfig {
    /// The tags and custom fields that follow from a customer.
    pub(crate) fn attributes(&self) -> Attributes {
        attributes::attributes(&self.tags, &self.turnover, &self.attributes)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GhlConfig {
    pub(crate) location: String,
    pub(crate) url: Option<String>,
    /// A private integration token. Without one the tokens of `connect` are used.
    pub(crate) token: Option<SecretRef>,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<SecretRef>,
    pub(crate) redirect: Option<String>,
    pub(crate) requests_per_ten_seconds: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoloniConfig {
    pub(crate) company: u64,
    pub(crate) url: Option<String>,
    pub(crate) client_id: String,
    pub(crate) client_secret: SecretRef,
    /// A login. Without one the tokens of `connect` are used.
    pub(crate) username: Option<String>,
    pub(crate) password: Option<SecretRef>,
    pub(crate) redirect: Option<String>,
    /// The page that asks a person for access, if it is not Moloni's.
    pub(crate) page: Option<String>,
    pub(crate) requests_per_minute: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SyncConfig {
    pub(crate) two_way: bool,
    pub(crate) create_customers: bool,
    /// Whether customers who share a tax number become a business in HighLevel.
    pub(crate) businesses: bool,
    pub(crate) every: SignedDuration,
    pub(crate) sweep_every: SignedDuration,
    /// Whether the first plan waits for approval.
    pub(crate) ask_first: bool,
    pub(crate) request_timeout: SignedDuration,
    pub(crate) index_lag: SignedDuration,
}

impl Default for SyncConfig {
    fn default() -> Self {
        Self {
            two_way: false,
            create_customers: false,
            businesses: false,
            every: SignedDuration::from_mins(1),
            sweep_every: SignedDuration::from_hours(24),
            ask_first: true,
            request_timeout: SignedDuration::from_secs(30),
            index_lag: SignedDuration::from_secs(15),
        }
    }
}
