use std::fmt;
use std::sync::Arc;

use secrecy::SecretString;

use super::sql::implement_store;
use crate::database::PostgresDatabase;
use crate::engine::budget::sql::implement_budget;
use crate::queue::sql::implement_queue;
use crate::{Env, PostgresTokenStore, Seal, StoreError, SystemEnv};

/// Keeps the state, the queue and the budget in a schema of a PostgreSQL database.
///
/// - A commit is on the server's disk when it returns (`synchronous_commit` is on, whatever the server's default).
///   If the connection breaks while the server answers, the commit fails although it may be stored; whoever
///   writes next is then told that the record changed.
/// - Any number of processes may use one schema. Commits to it run one after the other; one that waits for
///   another longer than 30 seconds fails, and one that stands still for 30 seconds, as in a frozen process, is
///   rolled back by the server.
/// - The schema and its tables are made on the first connection, for which the user needs the right to create
///   them. Tables that a newer version of the program made are refused.
/// - Tokens may lie in the same schema, see [`tokens`](Self::tokens).
/// - No error and no `Debug` shows the URL or the password.
///
/// What the URL leaves out is taken from the usual `PG*` environment variables. A pooler such as `PgBouncer` must
/// be in session mode, and must pass the connection's options on.
///
/// The feature `postgres` needs Rust 1.94; the store runs on tokio. It brings no TLS of its own. To reach a
/// database over a network, add sqlx's TLS to your own `Cargo.toml` and put `?sslmode=verify-full` on the URL:
///
/// ```toml
/// sqlx = { version = "0.9", default-features = false, features = ["tls-rustls-ring"] }
/// ```
///
/// ```no_run
/// use sync_core::SecretString;
/// use sync_core::store::{PostgresStore, Store};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let url = SecretString::from(std::env::var("DATABASE_URL")?);
/// let store = PostgresStore::connect(&url).await?;
/// println!("{} links", store.links_page(None, 1000).await?.len());
/// # Ok(())
/// # }
/// ```
pub struct PostgresStore {
    database: PostgresDatabase,
    /// For the queue and the budget, which never wait for a commit of the state, nor for its connections.
    beside: PostgresDatabase,
    env: Arc<dyn Env>,
}

impl PostgresStore {
    /// Connects to a URL such as `postgres://user:password@host:5432/database` and keeps the state in the schema
    /// `sync_core`.
    ///
    /// # Errors
    ///
    /// As [`connect_in`](Self::connect_in).
    pub async fn connect(url: &SecretString) -> Result<Self, StoreError> {
        Self::connect_in(url, "sync_core").await
    }

    /// Connects, and keeps the state in a schema of this name: one for each pair of accounts that is synced. The
    /// name is made of lower case letters, digits and `_`.
    ///
    /// # Errors
    ///
    /// The URL or the name is not of that form, the server cannot be reached or refuses the user, or the schema
    /// holds other tables or those of a newer version of this program.
    pub async fn connect_in(url: &SecretString, schema: &str) -> Result<Self, StoreError> {
        let database = PostgresDatabase::connect(url, schema).await?;
        Ok(Self { beside: database.apart(), database, env: Arc::new(SystemEnv::new()) })
    }

    /// Takes from here the time by which hints are due, leases end and quotas are renewed. Default: the system's. The
    /// clocks of processes that share a schema should agree to a second: a lease is shorter where a clock is ahead.
    #[must_use]
    pub fn with_env(self, env: Arc<dyn Env>) -> Self {
        Self { env, ..self }
    }

    /// The tokens in this schema, over connections of their own: they never wait for a commit of the state.
    ///
    /// # Errors
    ///
    /// As [`PostgresTokenStore::connect_in`].
    pub async fn tokens(&self, seal: Arc<dyn Seal>) -> Result<PostgresTokenStore, StoreError> {
        PostgresTokenStore::on(self.database.apart(), seal).await
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("place", &self.database.place).finish_non_exhaustive()
    }
}

implement_store!(PostgresStore, begin_in_turn, POSTGRES);
implement_queue!(PostgresStore, beside, crate::queue::sql::POSTGRES);
implement_budget!(PostgresStore, beside, crate::engine::budget::sql::POSTGRES);
