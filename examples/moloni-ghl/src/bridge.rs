use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ghl_contacts::sync::{NoteCollection, TaskCollection};
use ghl_contacts::{CallOptions, HttpSettings, OAuthApp};
use moloni_client::sync::{CustomerCollection, DocumentFacts};
use moloni_client::{
    CompanyId, MemoryTokenStore, MoloniOAuth, StaticToken, SystemEnv, TokenManager, TokenSource,
};
use serde::Serialize;
use sync_core::engine::{Births, Engine, EngineError, Guards, MappingError, Plan, Progress, Report, Side};
use sync_core::http::RateLimit;
use sync_core::store::Store;
use sync_core::{AccountKey, Env, Observer, TokenError};

use crate::calls::{CallCounter, Tally};
use crate::mapping::{ContactFields, contact_mapping};
use crate::rules::{CollectTask, CustomerNote, InvoiceNote, MARKERS};
use crate::settings::{MoloniLogin, Settings};

/// Moloni's demonstration company, which every account sees.
const DEMONSTRATION: u64 = 5;

/// Carries customers, their texts and their invoices from one Moloni company into one HighLevel location.
#[derive(Debug, Clone)]
pub struct Bridge {
    engine: Engine,
    calls: Arc<CallCounter>,
    /// What was counted when the last run ended.
    told: Arc<Mutex<(Tally, Tally)>>,
}

/// What one run did, and what it cost.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Run {
    /// What it did.
    #[serde(flatten)]
    pub report: Report,
    /// Requests that were to change something.
    pub writes: Tally,
    /// All requests; those for tokens do not count.
    pub calls: Tally,
    /// Requests to HighLevel that neither a note nor a task cost, for each contact created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_per_contact: Option<f64>,
}

/// Why there is no bridge, or no run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BridgeError {
    /// The HighLevel client could not be set up.
    #[error("HighLevel: {0}")]
    Ghl(#[from] ghl_contacts::Error),
    /// Moloni refused the login, or its client could not be set up.
    #[error("Moloni: {0}")]
    Moloni(#[from] moloni_client::Error),
    /// Moloni's tokens could not be kept.
    #[error("Moloni: {0}")]
    Tokens(#[from] TokenError),
    /// The account has no company, or several.
    #[error("Moloni: {0}")]
    Company(String),
    /// The mapping cannot work.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The run could not be planned or applied.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Bridge {
    /// Connects both sides: logs in to Moloni and finds the company. Sends nothing to HighLevel yet.
    ///
    /// # Errors
    ///
    /// [`BridgeError`] that says which side, and what to mend.
    pub async fn connect(settings: &Settings, store: Arc<dyn Store>) -> Result<Self, BridgeError> {
        let calls = Arc::new(CallCounter::default());
        let env: Arc<dyn Env> = Arc::new(SystemEnv::new());
        let http = HttpSettings::new()
            .user_agent(concat!("moloni-ghl/", env!("CARGO_PKG_VERSION")))
            .env(env.clone())
            .observer(calls.clone())
            .options(CallOptions::new().timeout(settings.timing.request));

        // A write that is announced must be over, one way or the other, when the engine looks for it.
        let options =
            CallOptions::new().timeout(settings.timing.request).deadline(settings.timing.send_within);
        let mut ghl = ghl_contacts::Client::builder(settings.ghl.location.as_str())
            .token(settings.ghl.token.clone())
            .http(http.clone().options(options));
        if let Some(url) = &settings.ghl.url {
            ghl = ghl.base_url(url);
        }
        let ghl = ghl.build()?;

        let (moloni, company) = connect_moloni(settings, &http, &env, calls.clone()).await?;
        let (timing, fields) = (settings.timing, ContactFields::default());
        let today = jiff::tz::TimeZone::UTC.to_datetime(env.now()).date();
        let mapping = contact_mapping(&fields, today)?;
        let engine = Engine::builder(
            format!("moloni:{company}:customer"),
            Arc::new(CustomerCollection::new(moloni.clone()).read_only().request_timeout(timing.request)),
            Arc::new(fields.collection(ghl.clone(), timing)),
            mapping,
        )
        .store(store)
        // A contact that nobody in Moloni knows is none of ours.
        .births(Side::Right, Births::Ignore)
        .rule(Arc::new(CustomerNote::new(company.get())))
        .facts(
            Arc::new(DocumentFacts::new(moloni)),
            vec![Arc::new(InvoiceNote::new()), Arc::new(CollectTask::new())],
        )
        .target(Arc::new(NoteCollection::new(ghl.clone(), MARKERS).request_timeout(timing.request)))
        .target(Arc::new(TaskCollection::new(ghl, MARKERS).request_timeout(timing.request)))
        .send_within(timing.send_within)
        // Whoever runs it reads each plan before it is applied, the first one too; and a first run that was interrupted
        // still has most of its contacts to create. What clears, overwrites or deletes in many stops all the same.
        .guards(Guards::new().first_run(false).creates(None))
        .env(env)
        .build();
        Ok(Self { engine, calls, told: Arc::default() })
    }

    /// Reads both sides and decides what to do. Writes nothing.
    ///
    /// # Errors
    ///
    /// [`BridgeError::Engine`].
    pub async fn plan(&self) -> Result<Plan, BridgeError> {
        Ok(self.engine.plan().await?)
    }

    /// Does what the plan says. What it counts as its cost is everything since the run before, planning and
    /// connecting included.
    ///
    /// # Errors
    ///
    /// [`BridgeError::Engine`] if HighLevel could not be set up. What fails for one record is in the report.
    pub async fn apply(
        &self,
        plan: Plan,
        progress: impl Fn(Progress) + Send + Sync,
    ) -> Result<Run, BridgeError> {
        let report = self.engine.apply(plan, progress).await?;
        let now = (self.calls.calls(), self.calls.writes());
        let before = {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *told, now)
        };
        let (calls, writes) = (now.0 - before.0, now.1 - before.1);
        let mut run = Run { report, writes, calls, calls_per_contact: None };
        run.calls_per_contact = run.per_contact();
        Ok(run)
    }
}

impl Run {
    #[allow(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
    fn per_contact(&self) -> Option<f64> {
        let collections = self.report.collections.iter().filter(|(name, _)| *name != "contacts");
        let derived: usize = collections.map(|(_, c)| c.created + c.updated).sum();
        let created = self.report.counts.created;
        (created > 0).then(|| self.calls.ghl.saturating_sub(derived) as f64 / created as f64)
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.report)?;
        let Self { writes, calls, .. } = self;
        write!(f, "HighLevel: {} writes in {} calls", writes.ghl, calls.ghl)?;
        if let Some(per_contact) = self.calls_per_contact {
            write!(f, " ({per_contact:.2} for each contact created, notes and tasks apart)")?;
        }
        writeln!(f, "; Moloni: {} writes in {} calls", writes.moloni, calls.moloni)?;
        writeln!(f, "{:.1} s", self.report.elapsed.as_secs_f64())
    }
}

/// Logs in and finds the company.
async fn connect_moloni(
    settings: &Settings,
    http: &HttpSettings,
    env: &Arc<dyn Env>,
    observer: Arc<dyn Observer>,
) -> Result<(moloni_client::Client, CompanyId), BridgeError> {
    let moloni = &settings.moloni;
    let tokens: Arc<dyn TokenSource> = match &moloni.login {
        MoloniLogin::AccessToken(token) => Arc::new(StaticToken::new(token.clone())),
        MoloniLogin::Password { client_id, client_secret, username, password } => {
            let app = OAuthApp::new(client_id.clone(), client_secret.clone());
            let oauth = match &moloni.url {
                Some(url) => MoloniOAuth::at(url, app, http)?,
                None => MoloniOAuth::new(app, http)?,
            };
            let pair = oauth.password(username.clone(), password.clone()).await?;
            let store = Arc::new(MemoryTokenStore::new(env.clone()));
            let account = AccountKey::new("moloni", username);
            let manager = TokenManager::builder(account, store, Arc::new(oauth)).env(env.clone());
            let manager = manager.observer(observer).build();
            manager.connect(pair).await?;
            Arc::new(manager)
        }
    };
    let limit = RateLimit::new(10, Duration::from_mins(10) / moloni.requests_per_minute.max(1));
    let mut client = moloni_client::Client::builder().tokens(tokens).http(http.clone().rate_limit(limit));
    if let Some(url) = &moloni.url {
        client = client.base_url(url);
    }
    let client = client.build()?;
    let company = match moloni.company {
        Some(company) => CompanyId::from(company),
        None => only_company(&client).await?,
    };
    Ok((client.for_company(company), company))
}

/// The one company of the account, the demonstration company apart.
async fn only_company(client: &moloni_client::Client) -> Result<CompanyId, BridgeError> {
    let companies = client.companies().get_all().await?;
    let own: Vec<_> = companies.iter().map(|c| c.company_id).filter(|id| id.get() != DEMONSTRATION).collect();
    match own.as_slice() {
        [only] => Ok(*only),
        [] => Err(BridgeError::Company("this login reaches no company".to_owned())),
        several => {
            let ids: Vec<_> = several.iter().map(ToString::to_string).collect();
            let why = format!(
                "this login reaches several companies; set MOLONI_COMPANY_ID to one of {}",
                ids.join(", ")
            );
            Err(BridgeError::Company(why))
        }
    }
}
