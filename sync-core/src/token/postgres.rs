use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use sqlx::PgConnection;

use super::seal::{Resealed, Seal, Sealed};
use super::sql::Session;
use super::{Lease, Rev, StoreError, Swap, TokenSet, TokenStore, Versioned};
use crate::AccountKey;
use crate::database::PostgresDatabase;

/// The server's clock: those of the machines that share the tokens may differ.
const NOW: &str = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

/// Keeps sealed token pairs in a schema of a PostgreSQL database.
///
/// - A pair is on the server's disk when `swap` returns (`synchronous_commit` is on, whatever the server's default).
///   If the connection breaks while the server answers, the error says that the pair may be stored. Whoever swaps
///   again with the same version then gets its own pair as [`Swap::Stale`].
/// - Any number of processes and machines may use one schema. Only the account's row is locked: accounts never
///   wait for each other, nor for a commit of the state.
/// - Neither the database's administrator nor a backup can read a token without the key. In the clear are the names
///   of the accounts, how often each pair was replaced, and who refreshes it until when.
/// - Leases end by the server's clock.
/// - The schema is made and upgraded, and the connection set up, like that of `PostgresStore`; one schema can hold
///   both: see `PostgresStore::tokens`.
/// - No error and no `Debug` shows the URL or the password.
///
/// The feature `postgres` needs Rust 1.94; the store runs on tokio. It brings no TLS of its own. To reach a
/// database over a network, add sqlx's TLS to your own `Cargo.toml` and put `?sslmode=verify-full` on the URL:
///
/// ```toml
/// sqlx = { version = "0.9", default-features = false, features = ["tls-rustls-ring"] }
/// ```
///
/// ```no_run
/// use std::sync::Arc;
/// use sync_core::{PostgresTokenStore, SealingKeys, SecretString, XChaChaSeal};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let seal = Arc::new(XChaChaSeal::new(SealingKeys::from_env("SYNC_TOKEN_KEY")?));
/// let url = SecretString::from(std::env::var("DATABASE_URL")?);
/// let store = PostgresTokenStore::connect(&url, seal).await?;
/// for account in store.accounts().await? {
///     println!("{account} is connected");
/// }
/// # Ok(())
/// # }
/// ```
pub struct PostgresTokenStore {
    database: PostgresDatabase,
    sealed: Sealed,
}

impl PostgresTokenStore {
    /// Connects to a URL such as `postgres://user:password@host:5432/database` and keeps the tokens in the schema
    /// `sync_core`.
    ///
    /// # Errors
    ///
    /// As [`connect_in`](Self::connect_in).
    pub async fn connect(url: &SecretString, seal: Arc<dyn Seal>) -> Result<Self, StoreError> {
        Self::connect_in(url, "sync_core", seal).await
    }

    /// Connects, and keeps the tokens in a schema of this name, made of lower case letters, digits and `_`. Every
    /// pair in it is opened once, so that a wrong key is learnt now.
    ///
    /// # Errors
    ///
    /// The URL or the name is not of that form, the server cannot be reached or refuses the user, the schema holds
    /// other tables or those of a newer version of this program, or a pair does not open: the error then names its
    /// account. A row of the table `tokens` that nothing opens any more can be deleted by hand.
    pub async fn connect_in(
        url: &SecretString,
        schema: &str,
        seal: Arc<dyn Seal>,
    ) -> Result<Self, StoreError> {
        Self::on(PostgresDatabase::connect(url, schema).await?, seal).await
    }

    pub(crate) async fn on(database: PostgresDatabase, seal: Arc<dyn Seal>) -> Result<Self, StoreError> {
        let sealed = Sealed::new(database.place.store, &database.place, seal);
        let store = Self { database, sealed };
        store.session(&mut *store.database.acquire().await?).check().await?;
        Ok(store)
    }

    fn session<'a>(&'a self, connection: &'a mut PgConnection) -> Session<'a> {
        Session::new(&self.database.place, &self.sealed, connection)
    }

    /// The accounts that have a pair, in the order of their names (by bytes).
    ///
    /// # Errors
    ///
    /// The database cannot be reached.
    pub async fn accounts(&self) -> Result<Vec<AccountKey>, StoreError> {
        self.session(&mut *self.database.acquire().await?).accounts().await
    }

    /// Seals every pair with the present key that is sealed with an older one. Versions stay, and others may use
    /// the schema meanwhile. Once it succeeds, and every process has the new key, the old one can go.
    ///
    /// # Errors
    ///
    /// The database cannot be reached, or a pair does not open: the error names its account. A pair that does not
    /// open at the beginning stops it before anything is written; what was done before a later error stays.
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

impl fmt::Debug for PostgresTokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresTokenStore").field("place", &self.database.place).finish_non_exhaustive()
    }
}

#[async_trait]
impl TokenStore for PostgresTokenStore {
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
        self.session(&mut transaction).hold(account).await?;
        // Asked now: it may have taken long until nobody else held the row.
        let now = sqlx::query_scalar(NOW).fetch_one(&mut *transaction).await;
        let now = now.map_err(|error| self.database.place.failed(&error))?;
        let lease = self.session(&mut transaction).lease(account, owner, ttl, now).await?;
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
