use std::str::FromStr;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, Postgres, Transaction};

use super::{Arg, Connection, Place, Row, SCHEMA, bind};
use crate::StoreError;

/// Enough for a few syncs of one process; commits to one schema wait for each other anyway.
const CONNECTIONS: u32 = 4;

/// The advisory lock under which tables are made. Any number does that nobody else is likely to take.
const MIGRATION_LOCK: i64 = 0x7379_6e63_636f_7265;

const MIGRATIONS: [&str; SCHEMA] = [
    r#"
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
"#,
    // `rev` is the last version given out, 0 if there was none; it stays when the pair goes. Times are
    // milliseconds since 1970.
    r#"
    UPDATE schema_version SET version = 2;
    CREATE TABLE tokens (
        account TEXT COLLATE "C" NOT NULL PRIMARY KEY,
        rev BIGINT NOT NULL,
        sealed TEXT,
        fence BIGINT NOT NULL,
        lease_owner TEXT,
        lease_from BIGINT,
        lease_until BIGINT
    );
"#,
    // Links keep their records and versions, but nothing of what they knew of their fields, which this version cannot
    // read: those meet for the first time again. A create that was announced, and a derived record, are found by their
    // markers. Kept are the derived records that a person had taken over: no marker would tell.
    //
    // `left_at` and `right_at` are records as JSON. `ended` is 0 for a live link, and grows with each one that ends.
    r#"
    UPDATE schema_version SET version = 3;
    DELETE FROM projections WHERE body::json ->> 'left_to_human' <> 'true';
    ALTER TABLE projections ADD COLUMN owner TEXT COLLATE "C";
    UPDATE projections p SET owner = left_id,
        body = json_build_object('key', p.id, 'into', p.body::json -> 'into', 'owner', left_id, 'wanted',
            json_build_object('key', p.id, 'into', p.body::json -> 'into', 'fields', '{}'::json, 'life', 'done'),
            'source', '{"collection":"","at":{"parent":null,"id":""}}'::json,
            'fact', '', 'at', p.body::json -> 'at', 'left_to_human', true)
        FROM links l WHERE l.id = p.body::json ->> 'owner';
    DELETE FROM projections WHERE owner IS NULL;
    ALTER TABLE projections ALTER COLUMN owner SET NOT NULL;
    CREATE INDEX projections_owner ON projections (owner, id);
    ALTER TABLE links
        ADD COLUMN left_at TEXT COLLATE "C",
        ADD COLUMN right_at TEXT COLLATE "C",
        ADD COLUMN ended BIGINT NOT NULL DEFAULT 0,
        ADD COLUMN creates_on TEXT COLLATE "C";
    UPDATE links SET
        left_at = '[null,' || to_json(left_id)::text || ']',
        right_at = '[null,' || to_json(right_id)::text || ']',
        body = json_build_object('id', id, 'status', 'active', 'fields', '[]'::json, 'ends', json_build_object(
            'left', json_build_object('id', left_id),
            'right', CASE WHEN right_id IS NOT NULL THEN json_build_object('id', right_id) END),
            'seen_at', '{}'::json, 'gone_at', '{}'::json, 'wrote_at', '{}'::json);
    ALTER TABLE links DROP COLUMN left_id, DROP COLUMN right_id, ALTER COLUMN ended DROP DEFAULT;
    CREATE UNIQUE INDEX links_left ON links (left_at, ended);
    CREATE UNIQUE INDEX links_right ON links (right_at, ended);
    CREATE INDEX links_ended ON links (ended);
    CREATE INDEX links_creates ON links (creates_on, id) WHERE creates_on IS NOT NULL;
    CREATE TABLE facts (
        id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
        rev BIGINT NOT NULL,
        owner TEXT COLLATE "C",
        body TEXT NOT NULL
    );
    CREATE INDEX facts_owner ON facts (owner) WHERE owner IS NOT NULL;
    CREATE TABLE positions (id TEXT COLLATE "C" NOT NULL PRIMARY KEY, rev BIGINT NOT NULL, body TEXT NOT NULL);
    CREATE TABLE reviews (
        id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
        about TEXT COLLATE "C" NOT NULL,
        body TEXT NOT NULL
    );
    CREATE INDEX reviews_about ON reviews (about, id);
    CREATE TABLE journal (
        number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        about TEXT COLLATE "C" NOT NULL,
        body TEXT NOT NULL
    );
    CREATE INDEX journal_about ON journal (about, number);
"#,
    // What is in the queue and the budgets is told in `queue/sql.rs` and `engine/budget/sql.rs`. Rows of the queue change
    // all the time: those that are gone are cleared away before they slow the index down.
    r#"
    UPDATE schema_version SET version = 4;
    ALTER TABLE journal ADD COLUMN run TEXT COLLATE "C";
    CREATE INDEX journal_run ON journal (run, number);
    ALTER TABLE links ADD COLUMN unfinished BIGINT NOT NULL DEFAULT 1;
    UPDATE links SET unfinished = 0 WHERE ended > 0
        OR left_at IS NOT NULL AND right_at IS NOT NULL AND strpos(body, '"unsettled":{') = 0
        AND strpos(body, '"pending":null') > 0 AND strpos(body, '"gone_at":{"left":null,"right":null}') > 0;
    CREATE INDEX links_unfinished ON links (id) WHERE unfinished = 1;
    CREATE TABLE queue (
        key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
        tenant TEXT COLLATE "C" NOT NULL,
        priority BIGINT NOT NULL,
        since BIGINT NOT NULL,
        visible_at BIGINT NOT NULL,
        fence BIGINT NOT NULL,
        again BIGINT,
        attempts BIGINT NOT NULL
    ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
    CREATE INDEX queue_due ON queue (tenant, priority, visible_at);
    CREATE SEQUENCE queue_fence;
    CREATE TABLE budgets (
        account TEXT COLLATE "C" NOT NULL PRIMARY KEY,
        quota BIGINT NOT NULL,
        remaining BIGINT NOT NULL,
        resets_at BIGINT NOT NULL,
        lasts BIGINT NOT NULL
    );
"#,
    // What is noted is told in `store/sql/known.rs`. No index has it, so that noting it touches none.
    "
    UPDATE schema_version SET version = 5;
    ALTER TABLE links ADD COLUMN left_known BYTEA, ADD COLUMN right_known BYTEA;
",
];

/// One schema of a PostgreSQL database and a few connections to it. Clones share them.
#[derive(Clone)]
pub(crate) struct PostgresDatabase {
    pool: PgPool,
    pub(crate) place: Place,
}

impl PostgresDatabase {
    pub(crate) async fn connect(url: &SecretString, schema: &str) -> Result<Self, StoreError> {
        let place = Place::new("postgres", format_args!("schema {schema}"));
        if !is_plain_name(schema) {
            return Err(place.error("the name has other characters than a-z, 0-9 and _, or is too long"));
        }
        if !has_known_parameters(url.expose_secret()) {
            return Err(place.error("the URL has a parameter that is not known here: take it out"));
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
        Ok(Self { pool: pool(options), place })
    }

    pub(crate) async fn acquire(&self) -> Result<PoolConnection<Postgres>, StoreError> {
        self.pool.acquire().await.map_err(|error| self.place.failed(&error))
    }

    /// Begins a transaction that writes tokens, next to others that do. No program can change that table's form
    /// before its end.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        self.begin_with("LOCK TABLE tokens IN ROW EXCLUSIVE MODE").await
    }

    async fn begin_with(&self, lock: &'static str) -> Result<Transaction<'static, Postgres>, StoreError> {
        let mut transaction = self.begin_unlocked().await?;
        transaction.run(lock, &[]).await.map_err(|error| self.place.failed(&error))?;
        self.place.check_schema(&mut *transaction).await?;
        Ok(transaction)
    }

    async fn begin_unlocked(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        let transaction = self.pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED");
        transaction.await.map_err(|error| self.place.failed(&error))
    }

    pub(crate) async fn end(&self, transaction: Transaction<'static, Postgres>) -> Result<(), StoreError> {
        transaction.commit().await.map_err(|error| self.place.not_confirmed(&error))
    }
}

#[cfg(feature = "engine")]
impl PostgresDatabase {
    /// The same schema over connections of its own.
    pub(crate) fn apart(&self) -> Self {
        let options = self.pool.connect_options().as_ref().clone();
        Self { pool: pool(options), place: self.place.clone() }
    }

    /// Frees the room of what was deleted for new rows, where the user may. Only those overwrite it.
    pub(crate) async fn wipe(&self) -> Result<bool, StoreError> {
        let vacuum = sqlx::raw_sql("VACUUM links, projections, facts, positions, reviews, journal, queue");
        vacuum.execute(&self.pool).await.map_err(|error| self.place.failed(&error))?;
        Ok(false)
    }

    /// The same for the queue: it waits for no commit of the state.
    pub(crate) async fn begin_queue(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        self.begin_with("LOCK TABLE queue IN ROW EXCLUSIVE MODE").await
    }

    /// The same for the budgets. Its commit does not wait for the disk: if the server fails, the last few requests are
    /// taken once more.
    pub(crate) async fn begin_budget(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        let mut transaction = self.begin_with("LOCK TABLE budgets IN ROW EXCLUSIVE MODE").await?;
        let set = transaction.run("SET LOCAL synchronous_commit = off", &[]).await;
        set.map_err(|error| self.place.failed(&error))?;
        Ok(transaction)
    }

    /// Begins a transaction that writes the state. It holds the row with the schema's version until its end, so
    /// that writers come one after the other, each seeing what the one before it wrote.
    pub(crate) async fn begin_in_turn(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        let mut transaction = self.begin_unlocked().await?;
        let found = sqlx::query_scalar("SELECT version FROM schema_version FOR UPDATE");
        let found = found.fetch_one(&mut *transaction).await.map_err(|error| self.place.failed(&error))?;
        self.place.known_schema(found)?;
        Ok(transaction)
    }
}

fn pool(options: PgConnectOptions) -> PgPool {
    PgPoolOptions::new().max_connections(CONNECTIONS).connect_lazy_with(options)
}

/// The parser would log an unknown parameter with its value, which may be a password.
fn has_known_parameters(url: &str) -> bool {
    const KNOWN: [&str; 17] = [
        "sslmode",
        "ssl-mode",
        "sslrootcert",
        "ssl-root-cert",
        "ssl-ca",
        "sslcert",
        "ssl-cert",
        "sslkey",
        "ssl-key",
        "statement-cache-capacity",
        "host",
        "hostaddr",
        "port",
        "dbname",
        "user",
        "password",
        "application_name",
    ];
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    query.split('&').filter(|pair| !pair.is_empty()).all(|pair| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        KNOWN.contains(&name)
    })
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
    let found = if made { place.check_schema(&mut *transaction).await? } else { 0 };
    for migration in MIGRATIONS.iter().skip(found) {
        sqlx::raw_sql(*migration).execute(&mut *transaction).await.map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)
}

#[async_trait]
impl Connection for PgConnection {
    async fn rows(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Vec<Row>, sqlx::Error> {
        bind!(sqlx::query_as(sql), args).fetch_all(self).await
    }

    async fn run(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<(), sqlx::Error> {
        bind!(sqlx::query(sql), args).execute(self).await.map(drop)
    }

    async fn schema(&mut self) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar("SELECT version FROM schema_version").fetch_one(self).await
    }
}
