use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::error::DatabaseError;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::{Arg, Connection, Place, Row, SCHEMA, bind};
use crate::StoreError;

/// How long a commit waits for another process that writes.
const WAIT: Duration = Duration::from_secs(30);

/// How many rows are read ahead of whoever asked for them.
const ROWS: usize = 500;

/// How long opening waits before it tries again.
const PAUSE: Duration = Duration::from_millis(20);

/// Marks the file as ours: `SYNC` in ASCII, in the header field that SQLite has for this.
const APPLICATION_ID: i64 = 0x5359_4e43;

const MIGRATIONS: [&str; SCHEMA] = [
    "
    PRAGMA application_id = 0x53594e43;
    PRAGMA user_version = 1;
    CREATE TABLE accounts (left_account TEXT NOT NULL, right_account TEXT NOT NULL) STRICT;
    CREATE TABLE links (
        id TEXT NOT NULL PRIMARY KEY,
        rev INTEGER NOT NULL,
        left_id TEXT NOT NULL UNIQUE,
        right_id TEXT UNIQUE,
        body TEXT NOT NULL
    ) STRICT;
    CREATE TABLE projections (id TEXT NOT NULL PRIMARY KEY, rev INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
",
    // `rev` is the last version given out, 0 if there was none; it stays when the pair goes. Times are
    // milliseconds since 1970.
    "
    PRAGMA user_version = 2;
    CREATE TABLE tokens (
        account TEXT NOT NULL PRIMARY KEY,
        rev INTEGER NOT NULL,
        sealed TEXT,
        fence INTEGER NOT NULL,
        lease_owner TEXT,
        lease_from INTEGER,
        lease_until INTEGER
    ) STRICT;
",
    // Links keep their records and versions, but nothing of what they knew of their fields, which this version cannot
    // read: those meet for the first time again. A create that was announced, and a derived record, are found by their
    // markers. Kept are the derived records that a person had taken over: no marker would tell.
    //
    // `left_at` and `right_at` are records as JSON. `ended` is 0 for a live link, and grows with each one that ends.
    "
    PRAGMA user_version = 3;
    ALTER TABLE links RENAME TO old_links;
    ALTER TABLE projections RENAME TO old_projections;
    CREATE TABLE links (
        id TEXT NOT NULL PRIMARY KEY,
        rev INTEGER NOT NULL,
        left_at TEXT,
        right_at TEXT,
        ended INTEGER NOT NULL,
        creates_on TEXT,
        body TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX links_left ON links (left_at, ended);
    CREATE UNIQUE INDEX links_right ON links (right_at, ended);
    CREATE INDEX links_ended ON links (ended);
    CREATE INDEX links_creates ON links (creates_on, id) WHERE creates_on IS NOT NULL;
    CREATE TABLE projections (
        id TEXT NOT NULL PRIMARY KEY,
        rev INTEGER NOT NULL,
        owner TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX projections_owner ON projections (owner, id);
    CREATE TABLE facts (id TEXT NOT NULL PRIMARY KEY, rev INTEGER NOT NULL, owner TEXT, body TEXT NOT NULL) STRICT;
    CREATE INDEX facts_owner ON facts (owner) WHERE owner IS NOT NULL;
    CREATE TABLE positions (id TEXT NOT NULL PRIMARY KEY, rev INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
    CREATE TABLE reviews (id TEXT NOT NULL PRIMARY KEY, about TEXT NOT NULL, body TEXT NOT NULL) STRICT;
    CREATE INDEX reviews_about ON reviews (about, id);
    CREATE TABLE journal (
        number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        about TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX journal_about ON journal (about, number);
    INSERT INTO links
        SELECT id, rev, '[null,' || json_quote(left_id) || ']',
            CASE WHEN right_id IS NOT NULL THEN '[null,' || json_quote(right_id) || ']' END, 0, NULL,
            json_object('id', id, 'status', 'active', 'fields', json('[]'), 'ends', json_object(
                'left', json_object('id', left_id),
                'right', json(CASE WHEN right_id IS NULL THEN 'null' ELSE json_object('id', right_id) END)),
                'seen_at', json('{}'), 'gone_at', json('{}'), 'wrote_at', json('{}'))
        FROM old_links;
    INSERT INTO projections
        SELECT p.id, p.rev, left_id,
            json_object('key', p.id, 'into', p.body ->> 'into', 'owner', left_id, 'wanted', json_object(
                'key', p.id, 'into', p.body ->> 'into', 'fields', json('{}'), 'life', 'done'),
                'source', json_object('collection', '', 'at', json_object('parent', NULL, 'id', '')),
                'fact', '', 'at', json(p.body -> 'at'), 'left_to_human', json('true'))
        FROM old_projections p JOIN old_links l ON l.id = p.body ->> 'owner'
        WHERE p.body ->> 'left_to_human';
    DROP TABLE old_links;
    DROP TABLE old_projections;
",
    // What is in the queue and the budgets is told in `queue/sql.rs` and `engine/budget/sql.rs`.
    r#"
    PRAGMA user_version = 4;
    ALTER TABLE journal ADD COLUMN run TEXT;
    CREATE INDEX journal_run ON journal (run, number);
    ALTER TABLE links ADD COLUMN unfinished INTEGER NOT NULL DEFAULT 1;
    UPDATE links SET unfinished = 0 WHERE ended > 0
        OR left_at IS NOT NULL AND right_at IS NOT NULL AND instr(body, '"unsettled":{') = 0
        AND instr(body, '"pending":null') > 0 AND instr(body, '"gone_at":{"left":null,"right":null}') > 0;
    CREATE INDEX links_unfinished ON links (id) WHERE unfinished = 1;
    CREATE TABLE queue (
        key TEXT NOT NULL PRIMARY KEY,
        tenant TEXT NOT NULL,
        priority INTEGER NOT NULL,
        since INTEGER NOT NULL,
        visible_at INTEGER NOT NULL,
        fence INTEGER NOT NULL,
        again INTEGER,
        attempts INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX queue_due ON queue (tenant, priority, visible_at);
    CREATE TABLE queue_fence (last INTEGER NOT NULL) STRICT;
    INSERT INTO queue_fence VALUES (0);
    CREATE TABLE budgets (
        account TEXT NOT NULL PRIMARY KEY,
        quota INTEGER NOT NULL,
        remaining INTEGER NOT NULL,
        resets_at INTEGER NOT NULL,
        lasts INTEGER NOT NULL
    ) STRICT;
"#,
    // What is noted is told in `store/sql/known.rs`. The indexes have all that is asked for: what the links know, which
    // lies before it in a row, is not read.
    "
    PRAGMA user_version = 5;
    ALTER TABLE links ADD COLUMN left_known BLOB;
    ALTER TABLE links ADD COLUMN right_known BLOB;
    CREATE INDEX links_left_known ON links (left_at, left_known) WHERE left_known IS NOT NULL;
    CREATE INDEX links_right_known ON links (right_at, right_known) WHERE right_known IS NOT NULL;
",
];

/// One SQLite file and the connection to it. Clones share the connection.
#[derive(Clone)]
pub(crate) struct SqliteDatabase {
    pool: SqlitePool,
    pub(crate) place: Place,
}

impl SqliteDatabase {
    pub(crate) async fn open(path: &Path) -> Result<Self, StoreError> {
        let place = Place::new("sqlite", path.display());
        create(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => place.error("the folder of this file does not exist"),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                place.error("this file may not be read and written")
            }
            _ => place.error(error),
        })?;
        // Made absolute, because SQLite takes `:memory:` and `file:` at the beginning of a name for something else.
        let file = std::path::absolute(path).map_err(|error| place.error(error))?;
        let options = SqliteConnectOptions::new()
            .filename(file)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(WAIT)
            // What is deleted or written over is overwritten in the file: it may be about a person.
            .pragma("secure_delete", "ON")
            // In KiB: room for the inner pages of the indexes over a million links, which every look-up passes.
            .pragma("cache_size", "-8000")
            // A page of rows then comes at once, where the connection's thread would wait for the reader now and then.
            .row_buffer_size(ROWS);
        // One connection: within the process, commits then queue in order instead of trying until they get through.
        let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        let database = Self { pool: pool.connect_lazy_with(options), place };
        // In this order: a file that is not ours stays as it is.
        database.refuse_strangers().await?;
        database.write_ahead().await?;
        database.migrate().await?;
        Ok(database)
    }

    async fn refuse_strangers(&self) -> Result<(), StoreError> {
        let failed = |error| self.place.failed(&error);
        let mut connection = self.acquire().await?;
        // The tables first: another process may be making ours, and it makes them at one moment with our mark.
        let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
            .fetch_one(&mut *connection)
            .await
            .map_err(failed)?;
        let owner: i64 =
            sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await.map_err(failed)?;
        if owner != APPLICATION_ID && tables > 0 {
            return Err(self.place.error("this file is the database of another program"));
        }
        Ok(())
    }

    /// Turns on the write-ahead log, which the file then keeps. If another process writes to the file at that
    /// moment, SQLite fails at once, without the wait it otherwise grants.
    async fn write_ahead(&self) -> Result<(), StoreError> {
        let mut left = WAIT;
        loop {
            match sqlx::raw_sql("PRAGMA journal_mode = WAL").execute(&self.pool).await {
                Err(error) if is_busy(&error) && !left.is_zero() => {
                    tokio::time::sleep(PAUSE).await;
                    left = left.saturating_sub(PAUSE);
                }
                result => return result.map(drop).map_err(|error| self.place.failed(&error)),
            }
        }
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        let (mut transaction, found) = self.begin_at().await?;
        for migration in MIGRATIONS.iter().skip(found) {
            let made = sqlx::raw_sql(*migration).execute(&mut *transaction).await;
            made.map_err(|error| self.place.failed(&error))?;
        }
        self.end(transaction).await
    }

    /// Rewrites the file without what was deleted, and empties the write-ahead log. Gives whether nobody's reading has
    /// kept the old one in use.
    #[cfg(feature = "engine")]
    pub(crate) async fn wipe(&self) -> Result<bool, StoreError> {
        let failed = |error| self.place.failed(&error);
        let mut connection = self.acquire().await?;
        sqlx::raw_sql("VACUUM").execute(&mut *connection).await.map_err(failed)?;
        let emptied = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *connection);
        let (busy, _, _): (i64, i64, i64) = emptied.await.map_err(failed)?;
        Ok(busy == 0)
    }

    pub(crate) async fn acquire(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.pool.acquire().await.map_err(|error| self.place.failed(&error))
    }

    /// Begins a transaction that writes: nobody else writes to the file until its end.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.begin_at().await?.0)
    }

    /// Begins a transaction that works on the queue. There is one connection, so it waits as everything does.
    #[cfg(feature = "engine")]
    pub(crate) async fn begin_queue(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.begin().await
    }

    /// Begins a transaction that works on the budgets.
    #[cfg(feature = "engine")]
    pub(crate) async fn begin_budget(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.begin().await
    }

    /// A transaction and the version of the tables it found.
    async fn begin_at(&self) -> Result<(Transaction<'static, Sqlite>, usize), StoreError> {
        let transaction = self.pool.begin_with("BEGIN IMMEDIATE").await;
        let mut transaction = transaction.map_err(|error| self.place.failed(&error))?;
        let found = self.place.check_schema(&mut *transaction).await?;
        Ok((transaction, found))
    }

    pub(crate) async fn end(&self, transaction: Transaction<'static, Sqlite>) -> Result<(), StoreError> {
        transaction.commit().await.map_err(|error| self.place.not_confirmed(&error))
    }
}

/// Creates the file if it is not there, and finds out early whether it can be read and written.
fn create(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    // The low byte of each of SQLite's finer codes is the plain one: 5 is `SQLITE_BUSY`.
    code.and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == 5)
}

#[async_trait]
impl Connection for SqliteConnection {
    async fn rows(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Vec<Row>, sqlx::Error> {
        bind!(sqlx::query_as(sql), args).fetch_all(self).await
    }

    async fn run(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<(), sqlx::Error> {
        bind!(sqlx::query(sql), args).execute(self).await.map(drop)
    }

    async fn schema(&mut self) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar("PRAGMA user_version").fetch_one(self).await
    }
}
