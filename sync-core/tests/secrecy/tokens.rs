//! Stores and managers, with a pair in every place where they keep one.

use std::path::PathBuf;
use std::process::id;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use sync_core::http::Url;
use sync_core::jiff::Timestamp;
use sync_core::secrecy::ExposeSecret;
use sync_core::store::{PostgresStore, SqliteStore};
use sync_core::{
    AccountKey, Env, FileTokenStore, Lease, ManualEnv, MemoryTokenStore, PostgresTokenStore, Refresh,
    RefreshError, Rev, Seal, SealingKeys, SecretString, SqliteTokenStore, StoreError, Swap, TokenManager,
    TokenSet, TokenSource, TokenStore, Versioned, XChaChaSeal, async_trait,
};

use crate::shown::Shown;

pub(crate) const KEY: &str = "5ec2e70000000000000000000000000000000000000000000000000000000001";

pub(crate) fn seal() -> Arc<dyn Seal> {
    Arc::new(XChaChaSeal::new(SealingKeys::from_text(&KEY.into()).unwrap()))
}

pub(crate) fn account() -> AccountKey {
    AccountKey::new("things", 1)
}

pub(crate) fn pair(name: &str) -> TokenSet {
    crate::trace::on();
    TokenSet::new(format!("s3cr3t-access-{name}").into(), Timestamp::UNIX_EPOCH)
        .refresh_token(format!("s3cr3t-refresh-{name}").into())
        .expires_in(Duration::from_secs(3600))
}

/// A folder of its own, which goes when it is dropped.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sync-core-secrecy-{}-{name}", id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// The test database's URL, with a password.
pub(crate) fn postgres_url() -> Option<SecretString> {
    let required = std::env::var("SYNC_REQUIRE_POSTGRES").is_ok_and(|value| value == "1");
    let Ok(url) = std::env::var("SYNC_TEST_POSTGRES") else {
        assert!(!required, "SYNC_REQUIRE_POSTGRES is 1, and SYNC_TEST_POSTGRES is not set");
        return None;
    };
    let mut url = Url::parse(&url).unwrap();
    if url.password().is_none() {
        // Asked for by no server that lets everybody in.
        url.set_password(Some("s3cr3t-password")).unwrap();
    }
    Some(url.to_string().into())
}

async fn filled<S: TokenStore>(store: S) -> S {
    store.swap(&account(), None, pair("stored")).await.unwrap();
    store.lease(&account(), "somebody", Duration::from_secs(60)).await.unwrap();
    store
}

/// Gives whether there was a PostgreSQL to open stores on.
#[allow(clippy::print_stderr, reason = "who reads the test's output shall know that it proved nothing")]
pub(crate) async fn of_stores(shown: &mut Shown) -> bool {
    let folder = Folder::new("stores");
    shown.debug(&filled(MemoryTokenStore::new(Arc::new(ManualEnv::new(1)))).await);
    shown.debug(&filled(FileTokenStore::open(folder.0.join("tokens.json"), seal()).await.unwrap()).await);
    let sqlite = SqliteStore::open(folder.0.join("tokens.db")).await.unwrap();
    shown.debug::<SqliteTokenStore>(&filled(sqlite.tokens(seal()).await.unwrap()).await);
    shown.debug(&sqlite);

    // Without a database, the refusal at least.
    let nowhere = "postgres://ana:s3cr3t-password@127.0.0.1:1/test".into();
    shown.error(&PostgresTokenStore::connect(&nowhere, seal()).await.unwrap_err());
    let Some(url) = postgres_url() else {
        eprintln!("skipped: SYNC_TEST_POSTGRES is not set");
        return false;
    };
    let schema = format!("sync_core_test_{}_secrecy", id());
    let postgres = PostgresStore::connect_in(&url, &schema).await.unwrap();
    shown.debug::<PostgresTokenStore>(&filled(postgres.tokens(seal()).await.unwrap()).await);
    shown.debug(&postgres);
    let mut connection = PgConnection::connect(url.expose_secret()).await.unwrap();
    let drop_schema = AssertSqlSafe(format!("DROP SCHEMA {schema} CASCADE"));
    sqlx::raw_sql(drop_schema).execute(&mut connection).await.unwrap();
    true
}

/// Renews as told, and keeps nothing.
#[derive(Debug, Default)]
struct Service {
    offline: AtomicBool,
    dead: AtomicBool,
}

#[async_trait]
impl Refresh for Service {
    async fn refresh(&self, _: &TokenSet) -> Result<TokenSet, RefreshError> {
        tokio::task::yield_now().await;
        if self.dead.load(Ordering::SeqCst) {
            return Err(RefreshError::Rejected("expired".to_owned()));
        }
        if self.offline.load(Ordering::SeqCst) {
            return Err(RefreshError::Unavailable("HTTP 502".to_owned()));
        }
        Ok(pair("renewed"))
    }
}

/// Takes the first pair and no further one.
#[derive(Debug)]
struct Full(MemoryTokenStore);

#[async_trait]
impl TokenStore for Full {
    async fn load(&self, account: &AccountKey) -> Result<Option<Versioned<TokenSet>>, StoreError> {
        self.0.load(account).await
    }

    async fn swap(
        &self,
        account: &AccountKey,
        expect: Option<Rev>,
        new: TokenSet,
    ) -> Result<Swap, StoreError> {
        match expect {
            None => self.0.swap(account, expect, new).await,
            Some(_) => Err(StoreError::new("test", "the disk is full")),
        }
    }

    async fn remove(&self, account: &AccountKey) -> Result<(), StoreError> {
        self.0.remove(account).await
    }

    async fn lease(
        &self,
        account: &AccountKey,
        owner: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        self.0.lease(account, owner, ttl).await
    }

    async fn release(&self, account: &AccountKey, lease: Lease) -> Result<(), StoreError> {
        self.0.release(account, lease).await
    }
}

struct Bench {
    env: Arc<ManualEnv>,
    service: Arc<Service>,
    manager: TokenManager,
}

/// A manager of an expired pair, on a store that takes no other.
async fn bench() -> Bench {
    let (env, service) = (Arc::new(ManualEnv::new(1)), Arc::new(Service::default()));
    let store = Arc::new(Full(MemoryTokenStore::new(env.clone())));
    let builder = TokenManager::builder(account(), store, service.clone()).env(env.clone());
    let manager = builder.build();
    manager.connect(pair("connected")).await.unwrap();
    Bench { env, service, manager }
}

/// A manager with a pair that works.
pub(crate) async fn manager(env: &ManualEnv) -> TokenManager {
    let bench = bench().await;
    let mut fresh = pair("fresh");
    fresh.obtained_at = env.now();
    let store = Arc::new(MemoryTokenStore::new(bench.env.clone()));
    let manager = TokenManager::builder(account(), store, bench.service).env(bench.env).build();
    manager.connect(fresh.expires_in(Duration::from_secs(3600))).await.unwrap();
    manager.access().await.unwrap();
    manager
}

pub(crate) async fn of_managers(shown: &mut Shown) {
    let env = Arc::new(ManualEnv::new(1));
    let store = Arc::new(filled(MemoryTokenStore::new(env.clone())).await);
    shown.debug(&TokenManager::builder(account(), store, Arc::new(Service::default())));
    shown.debug(&manager(&env).await);

    let while_it_renews = bench().await;
    let (manager, other) = (&while_it_renews.manager, while_it_renews.manager.clone());
    let call = tokio::spawn(async move { other.access().await });
    tokio::task::yield_now().await;
    shown.debug(manager);
    // The new pair could not be stored, and is kept.
    let error = call.await.unwrap().unwrap_err();
    assert!(error.to_string().contains("the disk is full"), "{error}");
    shown.error(&error);
    shown.debug(manager);
    assert!(format!("{manager:?}").contains("unsaved: Some"), "the pair is kept");

    let dead = bench().await;
    dead.service.dead.store(true, Ordering::SeqCst);
    shown.error(&dead.manager.access().await.unwrap_err());
    shown.debug(&dead.manager);
    let resting = bench().await;
    resting.service.offline.store(true, Ordering::SeqCst);
    shown.error(&resting.manager.access().await.unwrap_err());
    shown.debug(&resting.manager);
}
