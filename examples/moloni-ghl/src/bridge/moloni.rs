use std::sync::Arc;
use std::time::Duration;

use moloni_client::{
    CompanyId, HttpSettings, MemoryTokenStore, MoloniOAuth, OAuthApp, StaticToken, SystemEnv, TokenManager,
    TokenSource,
};
use sync_core::http::RateLimit;
use sync_core::{AccountKey, Env, Observer};

use super::BridgeError;
use crate::settings::{MoloniLogin, MoloniSettings};

/// Moloni's demonstration company, which every account sees.
const DEMONSTRATION: u64 = 5;

impl MoloniSettings {
    /// Logs in, and makes a client of the company, to look at Moloni alone.
    ///
    /// # Errors
    ///
    /// [`BridgeError`] that says what to mend.
    pub async fn client(&self, observer: Arc<dyn Observer>) -> Result<moloni_client::Client, BridgeError> {
        let env: Arc<dyn Env> = Arc::new(SystemEnv::new());
        let http = HttpSettings::new().env(env.clone()).observer(observer.clone());
        Ok(connect(self, &http, &env, observer).await?.0)
    }
}

/// Logs in and finds the company.
pub(super) async fn connect(
    moloni: &MoloniSettings,
    http: &HttpSettings,
    env: &Arc<dyn Env>,
    observer: Arc<dyn Observer>,
) -> Result<(moloni_client::Client, CompanyId), BridgeError> {
    let tokens: Arc<dyn TokenSource> = match &moloni.login {
        MoloniLogin::Source(tokens) => tokens.clone(),
        MoloniLogin::AccessToken(token) => Arc::new(StaticToken::new(token.clone())),
        MoloniLogin::Password { client_id, client_secret, username, password } => {
            let app = OAuthApp::new(client_id.clone(), client_secret.clone());
            let oauth = match &moloni.url {
                Some(url) => MoloniOAuth::at(url, app, http)?,
                None => MoloniOAuth::new(app, http)?,
            };
            let pair = oauth.password(username.clone(), password.clone()).await.map_err(refused)?;
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

fn refused(error: moloni_client::Error) -> BridgeError {
    if error.is_auth() { BridgeError::Login(error) } else { BridgeError::Moloni(error) }
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
