use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, Postgres, Transaction};

use super::sql::{Arg, Connection, Place, Row, SCHEMA, Session, bind};
use super::{Accounts, BindError, Commit, CommitError, Store};
use crate::engine::{Link, LinkId, Projection, ProjectionKey};
use crate::{StoreError, Versioned};

/// Enough for a few syncs of one process; commits to one schema wait for each other anyway.
const CONNECTIONS: u32 = 4;

/// The advisory lock under which tables are made. Any number does that nobody else is likely to take.
const MIGRATION_LOCK: i64 = 0x7379_6e63_636f_7265;

const MIGRATIONS: [&str; SCHEMA] = [r#"
    CREATE TABLE schema_version (version BIGINT NOT NULL);
    INSERT INTO schema_version VALUES (1);
    CREATE TABLE accounts (left_account TEXT NOT NULL, right_account TEXT NOT NULL);
    CREATE TABLE links (
        id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
        rev BIGINT NOT NULL,
        left_id TEXT COLLATE "C" NOT NULL UNIQUE,
        right_id TEXT COLLATE "C" UNIQUE,
        body TEXT NOT NULL
    );
    CREATE TABLE projections (id TEXT COLLATE "C" NOT NULL PRIMARY KEY, rev BIGINT NOT NULL, body TEXT NOT NULL);
"#];

/// Keeps the state in a schema of a PostgreSQL database.
///
/// - A commit is on the server's disk when it returns (`synchronous_commit` is on, whatever the server's default).
///   If the connection breaks while the server answers, the commit fails although it may be stored; whoever
///   writes next is then told that the record changed.
/// - Any number of processes may use one schema. Commits to it run one after the other; one that waits for
///   another longer than 30 seconds fails, and one that stands still for 30 seconds, as in a frozen process, is
///   rolled back by the server.
/// - The schema and its tables are made on the first connection, for which the user needs the right to create
///   them. Tables that a newer version of the program made are refused.
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
    pool: PgPool,
    place: Place,
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
        let place = Place::new("postgres", format_args!("schema {schema}"));
        if !is_plain_name(schema) {
            return Err(place.error("the name has other characters than a-z, 0-9 and _, or is too long"));
        }
        // The parser's own error may quote parts of the URL.
        let options = PgConnectOptions::from_str(url.expose_secret()).map_err(|_| {
            place.error("the URL is not of the form postgres://user:password@host:5432/database")
        })?;
        let options = options.application_name("sync-core").options([
            ("search_path", schema),
            ("synchronous_commit", "on"),
            ("lock_timeout", "30s"),
            ("idle_in_transaction_session_timeout", "30s"),
        ]);
        // Apart from the pool, which goes on trying for a while where nobody answers.
        let mut connection =
            PgConnection::connect_with(&options).await.map_err(|error| place.failed(&error))?;
        migrate(&place, schema, &mut connection).await?;
        connection.close().await.map_err(|error| place.failed(&error))?;
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).connect_lazy_with(options);
        Ok(Self { pool, place })
    }

    async fn acquire(&self) -> Result<PoolConnection<Postgres>, StoreError> {
        self.pool.acquire().await.map_err(|error| self.place.failed(&error))
    }

    /// Begins a transaction that writes. It holds the row with the schema's version until its end, so that
    /// writers come one after the other, each seeing what the one before it wrote.
    async fn begin(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        let failed = |error| self.place.failed(&error);
        let transaction = self.pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED");
        let mut transaction = transaction.await.map_err(failed)?;
        let found = sqlx::query_scalar("SELECT version FROM schema_version FOR UPDATE")
            .fetch_one(&mut *transaction)
            .await
            .map_err(failed)?;
        self.place.known_schema(found)?;
        Ok(transaction)
    }

    async fn end(&self, transaction: Transaction<'static, Postgres>) -> Result<(), StoreError> {
        transaction.commit().await.map_err(|error| self.place.failed(&error))
    }
}

/// Whether a name means the same with and without quotes, in a statement and in a list of schemas.
fn is_plain_name(name: &str) -> bool {
    name.len() < 64
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

async fn migrate(place: &Place, schema: &str, connection: &mut PgConnection) -> Result<(), StoreError> {
    let failed = |error| place.failed(&error);
    let mut transaction = connection.begin().await.map_err(failed)?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(MIGRATION_LOCK)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    // Asked first, because who may not create a schema may not say `CREATE SCHEMA IF NOT EXISTS` either.
    let exists: bool = sqlx::query_scalar("SELECT to_regnamespace($1) IS NOT NULL")
        .bind(schema.to_owned())
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
    if !exists {
        // A schema's name cannot be bound; `is_plain_name` holds.
        let create = AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
        sqlx::query(create).execute(&mut *transaction).await.map_err(failed)?;
    }
    let current: Option<String> = sqlx::query_scalar("SELECT current_schema()::text")
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
    if current.as_deref() != Some(schema) {
        return Err(
            place.error("the connection does not stay in this schema: does a pooler drop its options?")
        );
    }
    let made: bool = sqlx::query_scalar("SELECT to_regclass('schema_version') IS NOT NULL")
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
    let found = if made {
        let version = sqlx::query_scalar("SELECT version FROM schema_version").fetch_one(&mut *transaction);
        place.known_schema(version.await.map_err(failed)?)?
    } else {
        0
    };
    for migration in MIGRATIONS.iter().skip(found) {
        sqlx::raw_sql(*migration).execute(&mut *transaction).await.map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("place", &self.place).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn bind(&self, accounts: &Accounts) -> Result<(), BindError> {
        let mut transaction = self.begin().await?;
        Session::new(&self.place, &mut *transaction).bind(accounts).await?;
        Ok(self.end(transaction).await?)
    }

    async fn link(&self, id: &LinkId) -> Result<Option<Versioned<Link>>, StoreError> {
        Session::new(&self.place, &mut *self.acquire().await?).link(id).await
    }

    async fn links_page(
        &self,
        after: Option<&LinkId>,
        limit: usize,
    ) -> Result<Vec<Versioned<Link>>, StoreError> {
        Session::new(&self.place, &mut *self.acquire().await?).links_page(after, limit).await
    }

    async fn projection(&self, key: &ProjectionKey) -> Result<Option<Versioned<Projection>>, StoreError> {
        Session::new(&self.place, &mut *self.acquire().await?).projection(key).await
    }

    async fn projections_page(
        &self,
        after: Option<&ProjectionKey>,
        limit: usize,
    ) -> Result<Vec<Versioned<Projection>>, StoreError> {
        Session::new(&self.place, &mut *self.acquire().await?).projections_page(after, limit).await
    }

    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        let mut transaction = self.begin().await?;
        Session::new(&self.place, &mut *transaction).commit(&commit).await?;
        Ok(self.end(transaction).await?)
    }
}

#[async_trait]
impl Connection for PgConnection {
    async fn rows(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Vec<Row>, sqlx::Error> {
        bind!(sqlx::query_as(sql), args).fetch_all(self).await
    }

    async fn run(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<(), sqlx::Error> {
        bind!(sqlx::query(sql), args).execute(self).await.map(drop)
    }
}
