use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::seal::{Resealed, Seal, Sealed};
use super::sql::Session;
use super::{Lease, Rev, StoreError, Swap, TokenSet, TokenStore, Versioned};
use crate::database::SqliteDatabase;
use crate::{AccountKey, Env, SystemEnv};

/// Keeps sealed token pairs in one SQLite file.
///
/// - A pair is on the disk when `swap` returns: it survives a killed process and a power cut.
/// - Several processes on one machine may use one file; of two that swap at once, one is told of the other's pair.
///   SQLite's locks do not work on network file systems: use `PostgresTokenStore` there.
/// - A copy of the file is worth nothing without the key. In the clear are the names of the accounts, how often
///   each pair was replaced, and who refreshes it until when.
/// - Leases end by the machine's clock. One that begins more than five seconds in the future does not count: the
///   clock was set back.
/// - The file is created, upgraded and copied like that of `SqliteStore`, and one file can hold both: see
///   `SqliteStore::tokens`.
///
/// The feature `sqlite` needs Rust 1.94. SQLite itself is compiled in, which takes a C compiler; the store runs
/// on tokio.
///
/// ```no_run
/// use std::sync::Arc;
/// use sync_core::{SealingKeys, SqliteTokenStore, XChaChaSeal};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let seal = Arc::new(XChaChaSeal::new(SealingKeys::from_env("SYNC_TOKEN_KEY")?));
/// let store = SqliteTokenStore::open("tokens.db", seal).await?;
/// for account in store.accounts().await? {
///     println!("{account} is connected");
/// }
/// # Ok(())
/// # }
/// ```
pub struct SqliteTokenStore {
    database: SqliteDatabase,
    sealed: Sealed,
    env: Arc<dyn Env>,
}

impl SqliteTokenStore {
    /// Opens a file, and creates it if it is not there. Its folder must exist. Every pair in it is opened once, so
    /// that a wrong key is learnt now.
    ///
    /// # Errors
    ///
    /// The file cannot be read and written, is not an SQLite database, belongs to another program, or was written
    /// by a newer version of this one; or a pair does not open. The error names the file and the account. A row of the
    /// table `tokens` that nothing opens any more can be deleted by hand.
    pub async fn open(path: impl AsRef<Path>, seal: Arc<dyn Seal>) -> Result<Self, StoreError> {
        Self::on(SqliteDatabase::open(path.as_ref()).await?, seal).await
    }

    /// Sets the clock by which leases end, [`SystemEnv`] unless set. All who use the file must have the same time.
    #[must_use]
    pub fn with_env(self, env: Arc<dyn Env>) -> Self {
        Self { env, ..self }
    }

    pub(crate) async fn on(database: SqliteDatabase, seal: Arc<dyn Seal>) -> Result<Self, StoreError> {
        let sealed = Sealed::new(database.place.store, &database.place, seal);
        let store = Self { database, sealed, env: Arc::new(SystemEnv::new()) };
        store.session(&mut *store.database.acquire().await?).check().await?;
        Ok(store)
    }

    fn session<'a>(&'a self, connection: &'a mut SqliteConnection) -> Session<'a> {
        Session::new(&self.database.place, &self.sealed, connection)
    }

    /// The accounts that have a pair, in the order of their names (by bytes).
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub async fn accounts(&self) -> Result<Vec<AccountKey>, StoreError> {
        self.session(&mut *self.database.acquire().await?).accounts().await
    }

    /// Seals every pair with the present key that is sealed with an older one. Versions stay, and others may use
    /// the file meanwhile. Once it succeeds, and every process has the new key, the old one can go.
    ///
    /// # Errors
    ///
    /// The file cannot be read and written, or a pair does not open: the error names its account. A pair that does
    /// not open at the beginning stops it before anything is written; what was done before a later error stays.
    pub async fn reseal(&self) -> Result<Resealed, StoreError> {
        self.session(&mut *self.database.acquire().await?).check().await?;
        let mut resealed = Resealed::default();
        for account in self.accounts().await? {
            let mut transaction = self.database.begin().await?;
            match self.session(&mut transaction).reseal(&account).await? {
                Some(true) => {
                    self.database.end(transaction).await?;
                    resealed.done += 1;
                }
                Some(false) => resealed.already_current += 1,
                // Removed meanwhile.
                None => {}
            }
        }
        Ok(resealed)
    }
}

impl fmt::Debug for SqliteTokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteTokenStore").field("place", &self.database.place).finish_non_exhaustive()
    }
}

#[async_trait]
impl TokenStore for SqliteTokenStore {
    async fn load(&self, account: &AccountKey) -> Result<Option<Versioned<TokenSet>>, StoreError> {
        self.session(&mut *self.database.acquire().await?).load(account).await
    }

    async fn swap(
        &self,
        account: &AccountKey,
        expect: Option<Rev>,
        new: TokenSet,
    ) -> Result<Swap, StoreError> {
        let mut transaction = self.database.begin().await?;
        let swap = self.session(&mut transaction).swap(account, expect, &new).await?;
        if matches!(swap, Swap::Stored(_)) {
            self.database.end(transaction).await?;
        }
        Ok(swap)
    }

    async fn remove(&self, account: &AccountKey) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        self.session(&mut transaction).remove(account).await?;
        self.database.end(transaction).await
    }

    async fn lease(
        &self,
        account: &AccountKey,
        owner: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let mut transaction = self.database.begin().await?;
        let mut session = self.session(&mut transaction);
        session.hold(account).await?;
        // Asked now: it may have taken long until nobody else wrote.
        let now = self.env.now().as_millisecond();
        let lease = session.lease(account, owner, ttl, now).await?;
        if lease.is_some() {
            self.database.end(transaction).await?;
        }
        Ok(lease)
    }

    async fn release(&self, account: &AccountKey, lease: Lease) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        self.session(&mut transaction).release(account, &lease).await?;
        self.database.end(transaction).await
    }
}
