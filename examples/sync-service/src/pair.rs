use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ghl_contacts::{GhlOAuth, LocationId, Scope};
use moloni_client::{CompanyId, MoloniOAuth};
use moloni_ghl::{Bridge, GhlLogin, GhlSettings, MoloniLogin, MoloniSettings, Schedule, Settings, TwoWay};
use sync_core::engine::Guards;
use sync_core::http::HttpSettings;
use sync_core::http::oauth::OAuthApp;
use sync_core::jiff::SignedDuration;
use sync_core::{NoObserver, Observer, SealingKeys, TokenManager, TokenStore, XChaChaSeal};

use crate::Result;
use crate::config::{Loaded, PairConfig, SecretRef};
use crate::failure::PairError;
use crate::storage::{State, Storage};

/// What the bridge asks HighLevel for.
const SCOPES: [Scope; 7] = [
    Scope::ContactsRead,
    Scope::ContactsWrite,
    Scope::LocationsRead,
    Scope::CustomFieldsRead,
    Scope::CustomFieldsWrite,
    Scope::CalendarEventsRead,
    Scope::CalendarEventsWrite,
];

/// What it asks for besides where businesses are wanted.
const BUSINESS_SCOPES: [Scope; 2] = [Scope::BusinessesRead, Scope::BusinessesWrite];

/// A pair as the file has it, with all it takes to connect it.
pub(crate) struct Pair {
    pub(crate) config: PairConfig,
    pub(crate) storage: Storage,
    key: Option<SecretRef>,
    base: PathBuf,
    /// Those that may be renewing tokens, the youngest last.
    renewing: Mutex<VecDeque<TokenManager>>,
}

/// How long the end waits for tokens that are being renewed.
const SETTLING: Duration = Duration::from_secs(2);
/// So many of a pair's token managers can be in use at once: two of its clients, and two that keep the accounts alive.
const MANAGERS: usize = 4;

impl Pair {
    /// All pairs of the file, or the one that is named.
    pub(crate) fn all(loaded: Loaded, named: Option<&str>) -> Result<Vec<Arc<Self>>> {
        let storage = Storage::new(&loaded.config.service.database, &loaded.base)?;
        let mut names = Vec::new();
        let mut pairs = Vec::new();
        for config in loaded.config.pairs {
            names.push(config.name.clone());
            if named.is_none_or(|named| named == config.name) {
                let (key, base) = (loaded.config.service.key.clone(), loaded.base.clone());
                let (storage, renewing) = (storage.clone(), Mutex::default());
                pairs.push(Arc::new(Self { config, storage, key, base, renewing }));
            }
        }
        match (pairs.is_empty(), named) {
            (true, Some(named)) => {
                Err(format!("there is no pair {named}: the file has {}", names.join(", ")).into())
            }
            _ => Ok(pairs),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.config.name
    }

    pub(crate) async fn state(&self) -> Result<State> {
        self.storage.state(self.name()).await
    }

    /// How often it looks for changes.
    pub(crate) fn schedule(&self) -> Schedule {
        let sync = &self.config.sync;
        Schedule::new().poll(unsigned(sync.every)).sweep(unsigned(sync.sweep_every))
    }

    pub(crate) async fn connect(&self, observer: Arc<dyn Observer>) -> Result<Bridge> {
        let sync = &self.config.sync;
        let mut settings = Settings::new(self.ghl(&observer).await?, self.moloni(&observer).await?);
        settings.timing.request = unsigned(sync.request_timeout);
        settings.timing.send_within = 2 * unsigned(sync.request_timeout);
        settings.timing.index_lag = unsigned(sync.index_lag);
        let bridge = Bridge::builder(settings);
        let bridge = match self.state().await? {
            State::Sqlite(store) => bridge.database(store),
            State::Postgres(store) => bridge.database(store),
        };
        let mut bridge = bridge
            .extra_fields(self.config.extra_fields()?)
            .events(self.config.events.events())
            .attributes(self.config.attributes())
            .fields(self.config.custom_fields.fields())
            .guards(Guards::new().first_run(sync.ask_first))
            .observer(observer);
        if sync.businesses {
            bridge = bridge.businesses(self.storage.businesses(self.name()).await?);
        }
        if sync.two_way {
            let two_way = TwoWay::new();
            bridge = bridge.two_way(if sync.create_customers { two_way.create_customers() } else { two_way });
        }
        Ok(bridge.connect().await?)
    }

    /// For commands, which tell what they have to tell by themselves.
    pub(crate) async fn connect_quietly(&self) -> Result<Bridge> {
        self.connect(Arc::new(NoObserver)).await.map_err(|error| PairError::of(self.name(), error))
    }

    pub(crate) async fn ghl(&self, observer: &Arc<dyn Observer>) -> Result<GhlSettings> {
        let ghl = &self.config.ghl;
        let login = match &ghl.token {
            Some(token) => GhlLogin::Token(self.secret("ghl.token", token)?),
            None => GhlLogin::Source(Arc::new(self.ghl_tokens(observer).await?)),
        };
        Ok(GhlSettings {
            url: ghl.url.clone(),
            location: ghl.location.clone(),
            login,
            requests_per_ten_seconds: ghl.requests_per_ten_seconds,
        })
    }

    pub(crate) async fn moloni(&self, observer: &Arc<dyn Observer>) -> Result<MoloniSettings> {
        let moloni = &self.config.moloni;
        let login = match self.moloni_login()? {
            Some(login) => login,
            None => MoloniLogin::Source(Arc::new(self.moloni_tokens(observer).await?)),
        };
        Ok(MoloniSettings {
            url: moloni.url.clone(),
            company: Some(moloni.company),
            login,
            requests_per_minute: moloni.requests_per_minute.unwrap_or(60),
        })
    }

    /// The tokens of `connect`, of each side that uses them.
    pub(crate) async fn managers(&self, observer: &Arc<dyn Observer>) -> Result<Vec<TokenManager>> {
        let mut managers = Vec::new();
        if self.config.ghl.token.is_none() {
            managers.push(self.ghl_tokens(observer).await?);
        }
        if self.config.moloni.username.is_none() {
            managers.push(self.moloni_tokens(observer).await?);
        }
        Ok(managers)
    }

    async fn ghl_tokens(&self, observer: &Arc<dyn Observer>) -> Result<TokenManager> {
        Ok(self.noted(self.ghl_oauth(observer)?.tokens(&self.location(), self.tokens().await?)))
    }

    async fn moloni_tokens(&self, observer: &Arc<dyn Observer>) -> Result<TokenManager> {
        Ok(self.noted(self.moloni_oauth(observer)?.tokens(self.company(), self.tokens().await?)))
    }

    fn noted(&self, manager: TokenManager) -> TokenManager {
        let mut renewing = self.renewing.lock().unwrap_or_else(PoisonError::into_inner);
        renewing.push_back(manager.clone());
        if renewing.len() > MANAGERS {
            renewing.pop_front();
        }
        manager
    }

    /// Before the process ends: a pair of tokens that is being renewed is nowhere else.
    pub(crate) async fn settle(&self) {
        let renewing = std::mem::take(&mut *self.renewing.lock().unwrap_or_else(PoisonError::into_inner));
        for manager in renewing {
            match tokio::time::timeout(SETTLING, manager.settle()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::error!(pair = self.name(), %error, "renewed tokens are stored nowhere: connect again");
                }
                Err(_) => tracing::error!(pair = self.name(), "tokens are still being renewed"),
            }
        }
    }

    /// The login of the file. Without one the tokens of `connect` are used.
    pub(crate) fn moloni_login(&self) -> Result<Option<MoloniLogin>> {
        let moloni = &self.config.moloni;
        let (Some(username), Some(password)) = (&moloni.username, &moloni.password) else { return Ok(None) };
        Ok(Some(MoloniLogin::Password {
            client_id: moloni.client_id.clone(),
            client_secret: self.secret("moloni.client_secret", &moloni.client_secret)?,
            username: username.clone(),
            password: self.secret("moloni.password", password)?,
        }))
    }

    pub(crate) fn location(&self) -> LocationId {
        LocationId::from(self.config.ghl.location.as_str())
    }

    pub(crate) fn company(&self) -> CompanyId {
        CompanyId::from(self.config.moloni.company)
    }

    /// HighLevel's OAuth for the app of the file.
    pub(crate) fn ghl_oauth(&self, observer: &Arc<dyn Observer>) -> Result<GhlOAuth> {
        let ghl = &self.config.ghl;
        let (Some(id), Some(secret)) = (&ghl.client_id, &ghl.client_secret) else {
            return Err("ghl: give `client_id` and `client_secret` of an app in the settings".into());
        };
        let app = OAuthApp::new(id.clone(), self.secret("ghl.client_secret", secret)?);
        let app = redirected(app, ghl.redirect.as_deref())?;
        let http = http(observer);
        let oauth = match &ghl.url {
            Some(url) => GhlOAuth::at(url, app, &http)?,
            None => GhlOAuth::new(app, &http)?,
        };
        Ok(oauth.scopes(self.scopes()))
    }

    /// What its token must be allowed at HighLevel.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = Scope> {
        let businesses = self.config.sync.businesses.then_some(BUSINESS_SCOPES);
        SCOPES.into_iter().chain(businesses.into_iter().flatten())
    }

    /// Moloni's OAuth for the developer's keys of the file.
    pub(crate) fn moloni_oauth(&self, observer: &Arc<dyn Observer>) -> Result<MoloniOAuth> {
        let moloni = &self.config.moloni;
        let secret = self.secret("moloni.client_secret", &moloni.client_secret)?;
        let app = redirected(OAuthApp::new(moloni.client_id.clone(), secret), moloni.redirect.as_deref())?;
        let oauth = match &moloni.url {
            Some(url) => MoloniOAuth::at(url, app, &http(observer))?,
            None => MoloniOAuth::new(app, &http(observer))?,
        };
        let Some(page) = &moloni.page else { return Ok(oauth) };
        Ok(oauth.page(page.parse().map_err(|error| format!("moloni.page {page:?}: {error}"))?))
    }

    /// The sealed tokens.
    pub(crate) async fn tokens(&self) -> Result<Arc<dyn TokenStore>> {
        let Some(key) = &self.key else {
            return Err(
                "tokens are kept sealed: name a key in [service], such as key = \"file:sync.key\" with what \
                        `openssl rand -hex 32` prints"
                    .into(),
            );
        };
        let keys = SealingKeys::from_text(&self.secret("service.key", key)?)?;
        self.storage.tokens(Arc::new(XChaChaSeal::new(keys))).await
    }

    pub(crate) fn secret(&self, what: &str, secret: &SecretRef) -> Result<sync_core::SecretString> {
        let base: &Path = &self.base;
        Ok(secret.read(&format!("{}.{what}", self.name()), base)?)
    }
}

fn http(observer: &Arc<dyn Observer>) -> HttpSettings {
    let agent = concat!("sync-service/", env!("CARGO_PKG_VERSION"));
    HttpSettings::new().user_agent(agent).observer(observer.clone())
}

fn redirected(app: OAuthApp, redirect: Option<&str>) -> Result<OAuthApp> {
    let Some(redirect) = redirect else { return Ok(app) };
    Ok(app.redirect(redirect.parse().map_err(|error| format!("redirect {redirect:?}: {error}"))?))
}

fn unsigned(time: SignedDuration) -> Duration {
    Duration::try_from(time).unwrap_or(Duration::ZERO)
}
