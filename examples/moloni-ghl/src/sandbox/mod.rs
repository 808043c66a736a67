//! Both sandboxes with people who exist in both, as after some years of typing everything twice.

mod crm;
mod people;
mod population;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

pub use crm::{Crm, SeenContact};
pub use population::{Expected, Population};

use crate::settings::{
    GhlLogin, GhlSettings, MoloniLogin, MoloniSettings, REQUESTS_PER_MINUTE, Settings, Timing,
};

/// How a [`SandboxPair`] starts.
#[derive(Debug, Clone, PartialEq)]
pub struct PairConfig {
    /// HighLevel's port on loopback; 0 takes any free one.
    pub ghl_port: u16,
    /// Moloni's port on loopback; 0 takes any free one.
    pub moloni_port: u16,
    /// How many Moloni customers to make up. None are made up when there are fixtures.
    pub customers: usize,
    /// What everything follows from.
    pub seed: u64,
    /// How many times shorter than in production the rate limits' intervals are.
    pub speed: f64,
    /// A folder of recorded Moloni answers to serve instead of made-up customers.
    pub fixtures: Option<PathBuf>,
}

impl Default for PairConfig {
    fn default() -> Self {
        Self { ghl_port: 0, moloni_port: 0, customers: 250, seed: 7, speed: 1.0, fixtures: None }
    }
}

/// A HighLevel and a Moloni on loopback.
#[derive(Debug, Clone)]
pub struct SandboxPair {
    /// The HighLevel side.
    pub ghl: ghl_contacts::sandbox::Sandbox,
    /// The Moloni side.
    pub moloni: moloni_client::sandbox::Sandbox,
    /// What a first run must find.
    pub expected: Expected,
    speed: f64,
}

impl SandboxPair {
    /// Starts both and fills them.
    ///
    /// # Errors
    ///
    /// A port is taken, the fixtures cannot be read, or the speed is no positive number.
    pub async fn start(config: PairConfig) -> io::Result<Self> {
        if !(config.speed > 0.0 && config.speed.is_finite()) {
            return Err(io::Error::other("the speed must be a number above 0"));
        }
        let ghl = ghl_contacts::sandbox::Config {
            port: config.ghl_port,
            seed: config.seed,
            speed: config.speed,
            ..Default::default()
        };
        let ghl = started("HighLevel", config.ghl_port, ghl_contacts::sandbox::Sandbox::start(ghl).await)?;
        let moloni = moloni_client::sandbox::Config {
            port: config.moloni_port,
            seed: config.seed,
            speed: config.speed,
            fixtures: config.fixtures.clone(),
            ..Default::default()
        };
        let moloni =
            started("Moloni", config.moloni_port, moloni_client::sandbox::Sandbox::start(moloni).await)?;
        let expected = if config.fixtures.is_some() {
            Expected::default()
        } else {
            let population = Population::new(config.customers, config.seed);
            population.fill(&ghl, &moloni).map_err(io::Error::other)?
        };
        ghl.checkpoint();
        moloni.checkpoint();
        Ok(Self { ghl, moloni, expected, speed: config.speed })
    }

    /// Settings that connect a [`Bridge`](crate::Bridge) to this pair, with pauses to match its speed.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive number of requests, rounded down"
    )]
    pub fn settings(&self) -> Settings {
        let (ghl, moloni) = (self.ghl.credentials(), self.moloni.credentials());
        let ghl = GhlSettings {
            url: Some(self.ghl.url()),
            location: ghl.location_id.clone(),
            login: GhlLogin::Token(ghl.pit.clone().into()),
            requests_per_ten_seconds: None,
        };
        let moloni = MoloniSettings {
            url: Some(format!("{}/v1/", self.moloni.url())),
            company: Some(moloni.company_id),
            login: MoloniLogin::Password {
                client_id: moloni.client_id.clone(),
                client_secret: moloni.client_secret.clone().into(),
                username: moloni.username.clone(),
                password: moloni.password.clone().into(),
            },
            requests_per_minute: (f64::from(REQUESTS_PER_MINUTE) * self.speed).max(1.0) as u32,
        };
        let mut settings = Settings::new(ghl, moloni);
        settings.timing = Timing {
            request: Duration::from_secs(5),
            send_within: Duration::from_secs(5),
            index_lag: Duration::from_secs(3),
        };
        settings
    }

    /// The same as variables, for [`Settings::from_env`], and the keys and the code of an OAuth app for those who store
    /// HighLevel's tokens themselves.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let (g, m, settings) = (self.ghl.credentials(), self.moloni.credentials(), self.settings());
        let seconds = |time: Duration| time.as_secs().to_string();
        vec![
            ("GHL_URL", self.ghl.url()),
            ("GHL_LOCATION_ID", g.location_id.clone()),
            ("GHL_ACCESS_TOKEN", g.pit.clone()),
            ("GHL_CLIENT_ID", g.client_id.clone()),
            ("GHL_CLIENT_SECRET", g.client_secret.clone()),
            ("GHL_CODE", g.code.clone()),
            ("MOLONI_URL", format!("{}/v1/", self.moloni.url())),
            ("MOLONI_COMPANY_ID", m.company_id.to_string()),
            ("MOLONI_CLIENT_ID", m.client_id.clone()),
            ("MOLONI_CLIENT_SECRET", m.client_secret.clone()),
            ("MOLONI_USERNAME", m.username.clone()),
            ("MOLONI_PASSWORD", m.password.clone()),
            ("MOLONI_REQUESTS_PER_MINUTE", settings.moloni.requests_per_minute.to_string()),
            ("SYNC_REQUEST_SECONDS", seconds(settings.timing.request)),
            ("SYNC_SEND_WITHIN_SECONDS", seconds(settings.timing.send_within)),
            ("SYNC_INDEX_LAG_SECONDS", seconds(settings.timing.index_lag)),
        ]
    }

    /// Where both are and how to get in, for any client.
    pub fn describe(&self) -> Value {
        let (g, m) = (self.ghl.credentials(), self.moloni.credentials());
        json!({
            "ghl": {
                "url": self.ghl.url(),
                "client_id": g.client_id,
                "client_secret": g.client_secret,
                "code": g.code,
                "access_token": g.access_token,
                "refresh_token": g.refresh_token,
                "pit": g.pit,
                "agency_token": g.agency_token,
                "company_id": g.company_id,
                "location_id": g.location_id,
                "user_id": g.user_id,
                "calendar_id": g.calendar_id,
                "campaign_id": g.campaign_id,
                "workflow_id": g.workflow_id,
                "business_id": g.business_id,
            },
            "moloni": {
                "url": self.moloni.url(),
                "client_id": m.client_id,
                "client_secret": m.client_secret,
                "username": m.username,
                "password": m.password,
                "code": m.code,
                "access_token": m.access_token,
                "refresh_token": m.refresh_token,
                "company_id": m.company_id,
                "language_id": m.language_id,
                "country_id": m.country_id,
                "maturity_date_id": m.maturity_date_id,
                "payment_method_id": m.payment_method_id,
                "delivery_method_id": m.delivery_method_id,
                "document_set_id": m.document_set_id,
                "product_id": m.product_id,
                "tax_id": m.tax_id,
                "category_id": m.category_id,
                "unit_id": m.unit_id,
            },
        })
    }
}

fn started<T>(name: &str, port: u16, result: io::Result<T>) -> io::Result<T> {
    result.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => io::Error::other(format!(
            "{name} sandbox: port {port} is taken; choose another one, or 0 for any"
        )),
        _ => io::Error::other(format!("{name} sandbox: {error}")),
    })
}
