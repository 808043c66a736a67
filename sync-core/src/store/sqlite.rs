use std::fmt;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::error::DatabaseError;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::sql::{Arg, Connection, Place, Row, SCHEMA, Session, bind};
use super::{Accounts, BindError, Commit, CommitError, Store};
use crate::engine::{Link, LinkId, Projection, ProjectionKey};
use crate::{StoreError, Versioned};

/// How long a commit waits for another process that writes.
const WAIT: Duration = Duration::from_secs(30);

/// How long opening waits before it tries again.
const PAUSE: Duration = Duration::from_millis(20);

/// Marks the file as ours: `SYNC` in ASCII, in the header field that SQLite has for this.
const APPLICATION_ID: i64 = 0x5359_4e43;

const MIGRATIONS: [&str; SCHEMA] = ["
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
"];

/// Keeps the state in one SQLite file.
///
/// - A commit is on the disk when it returns: it survives a killed process and a power cut.
/// - Several processes on one machine may use one file. Each commit is a transaction that sees what the others
///   wrote; one that waits for another longer than 30 seconds fails. SQLite's locks do not work on network file
///   systems: use `PostgresStore` there.
/// - A file that does not exist is created, on Unix readable by its owner alone: it holds the synced fields.
/// - Beside `state.db` lie `state.db-wal` and `state.db-shm` while it is open, and after a crash: keep them with
///   it. Copy a file in use with `sqlite3 state.db ".backup copy.db"`.
/// - A file is upgraded when it is opened. One that a newer version of the program wrote is refused.
///
/// The feature `sqlite` needs Rust 1.94. SQLite itself is compiled in, which takes a C compiler; the store runs
/// on tokio.
///
/// ```no_run
/// use sync_core::AccountKey;
/// use sync_core::store::{Accounts, SqliteStore, Store};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let store = SqliteStore::open("state.db").await?;
/// store.bind(&Accounts { left: AccountKey::new("moloni", 5), right: AccountKey::new("ghl", "loc1") }).await?;
/// for link in store.links_page(None, 100).await? {
///     println!("{} is {:?}", link.value.left, link.value.right);
/// }
/// # Ok(())
/// # }
/// ```
pub struct SqliteStore {
    pool: SqlitePool,
    place: Place,
}

impl SqliteStore {
    /// Opens a file, and creates it if it is not there. Its folder must exist.
    ///
    /// # Errors
    ///
    /// The file cannot be read and written, is not an SQLite database, belongs to another program, or was written
    /// by a newer version of this one. The error names the file.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
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
            .busy_timeout(WAIT);
        // One connection: within the process, commits then queue in order instead of trying until they get through.
        let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        let store = Self { pool: pool.connect_lazy_with(options), place };
        // In this order: a file that is not ours stays as it is.
        store.refuse_strangers().await?;
        store.write_ahead().await?;
        store.migrate().await?;
        Ok(store)
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
        let mut transaction = self.begin().await?;
        let found = self.schema(&mut transaction).await?;
        for migration in MIGRATIONS.iter().skip(found) {
            let made = sqlx::raw_sql(*migration).execute(&mut *transaction).await;
            made.map_err(|error| self.place.failed(&error))?;
        }
        self.end(transaction).await
    }

    /// The version of the tables. Asked in every transaction that writes: a newer program may have upgraded the
    /// file since it was opened.
    async fn schema(&self, connection: &mut SqliteConnection) -> Result<usize, StoreError> {
        let found = sqlx::query_scalar("PRAGMA user_version").fetch_one(connection).await;
        self.place.known_schema(found.map_err(|error| self.place.failed(&error))?)
    }

    async fn acquire(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.pool.acquire().await.map_err(|error| self.place.failed(&error))
    }

    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|error| self.place.failed(&error))
    }

    async fn end(&self, transaction: Transaction<'static, Sqlite>) -> Result<(), StoreError> {
        transaction.commit().await.map_err(|error| self.place.failed(&error))
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

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("place", &self.place).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn bind(&self, accounts: &Accounts) -> Result<(), BindError> {
        let mut transaction = self.begin().await?;
        self.schema(&mut transaction).await?;
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
        self.schema(&mut transaction).await?;
        Session::new(&self.place, &mut *transaction).commit(&commit).await?;
        Ok(self.end(transaction).await?)
    }
}

#[async_trait]
impl Connection for SqliteConnection {
    async fn rows(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Vec<Row>, sqlx::Error> {
        bind!(sqlx::query_as(sql), args).fetch_all(self).await
    }

    async fn run(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<(), sqlx::Error> {
        bind!(sqlx::query(sql), args).execute(self).await.map(drop)
    }
}
