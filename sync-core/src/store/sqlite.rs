use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::sql::implement_store;
use crate::database::SqliteDatabase;
use crate::engine::budget::sql::implement_budget;
use crate::queue::sql::implement_queue;
use crate::{Env, Seal, SqliteTokenStore, StoreError, SystemEnv};

/// Keeps the state, the queue and the budget in one SQLite file.
///
/// - A commit is on the disk when it returns: it survives a killed process and a power cut.
/// - Several processes on one machine may use one file. Each commit is a transaction that sees what the others
///   wrote; one that waits for another longer than 30 seconds fails. SQLite's locks do not work on network file
///   systems: use `PostgresStore` there.
/// - A file that does not exist is created, on Unix readable by its owner alone: it holds the synced fields.
/// - Beside `state.db` lie `state.db-wal` and `state.db-shm` while it is open, and after a crash: keep them with
///   it. Copy a file in use with `sqlite3 state.db ".backup copy.db"`.
/// - A file is upgraded when it is opened. One that a newer version of the program wrote is refused.
/// - Tokens may lie in the same file, see [`tokens`](Self::tokens).
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
///     println!("{} has {:?}", link.value.id, link.value.ends);
/// }
/// # Ok(())
/// # }
/// ```
pub struct SqliteStore {
    database: SqliteDatabase,
    env: Arc<dyn Env>,
}

impl SqliteStore {
    /// Opens a file, and creates it if it is not there. Its folder must exist.
    ///
    /// # Errors
    ///
    /// The file cannot be read and written, is not an SQLite database, belongs to another program, or was written
    /// by a newer version of this one. The error names the file.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Ok(Self { database: SqliteDatabase::open(path.as_ref()).await?, env: Arc::new(SystemEnv::new()) })
    }

    /// Takes from here the time by which hints are due, leases end and quotas are renewed. Default: the system's.
    #[must_use]
    pub fn with_env(self, env: Arc<dyn Env>) -> Self {
        Self { env, ..self }
    }

    /// The tokens in this file, over the same connection.
    ///
    /// # Errors
    ///
    /// As [`SqliteTokenStore::open`].
    pub async fn tokens(&self, seal: Arc<dyn Seal>) -> Result<SqliteTokenStore, StoreError> {
        SqliteTokenStore::on(self.database.clone(), seal).await
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("place", &self.database.place).finish_non_exhaustive()
    }
}

implement_store!(SqliteStore, begin, SQLITE);
implement_queue!(SqliteStore, database, crate::queue::sql::SQLITE);
implement_budget!(SqliteStore, database, crate::engine::budget::sql::SQLITE);
