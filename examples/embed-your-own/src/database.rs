//! The stand-in for your database: one JSON file.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::{self, Display};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sync_core::jiff::Timestamp;
use sync_core::{AccountKey, Env};

use crate::club::MemberTable;
use crate::tokens::TokenRow;

/// How long a change waits for another process at most. Whoever works holds the lock for milliseconds.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// All that the club keeps.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tables {
    /// Tells this database from every other one.
    pub id: String,
    /// The members.
    pub members: MemberTable,
    /// The tokens of the accounts that the club is connected to, sealed.
    pub tokens: BTreeMap<AccountKey, TokenRow>,
}

/// One JSON file that any number of processes of one machine may use.
///
/// A change is a transaction: it is made under a lock, and is on the disk when [`change`](Self::change) returns. The file
/// is only ever replaced as a whole, so whoever is killed leaves the old one or the new one. Clones share it; `Debug`
/// shows the path alone.
#[derive(Clone)]
pub struct Database {
    path: Arc<Path>,
    env: Arc<dyn Env>,
}

/// A database that cannot do its work. Shows nothing of what is in it.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Nothing has changed. The same may work later.
    #[error("{0}")]
    Unavailable(String),
    /// Nothing has changed. A person must look at the file.
    #[error("{0}")]
    Damaged(String),
    /// It may have changed, or not.
    #[error("{0}")]
    Unsure(String),
}

impl Database {
    /// The database at `path`, which must be there. `env` tells when things change.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`] if it is not there, cannot be read, or is no database of a club.
    pub fn open(path: impl AsRef<Path>, env: Arc<dyn Env>) -> Result<Self, DatabaseError> {
        let database = Self { path: path.as_ref().into(), env };
        database.tables()?;
        Ok(database)
    }

    /// The database at `path`; an empty one is made if there is none.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and if it cannot be written.
    pub fn create(path: impl AsRef<Path>, env: Arc<dyn Env>) -> Result<Self, DatabaseError> {
        let database = Self { path: path.as_ref().into(), env };
        {
            let _held = database.lock()?;
            if !fs::exists(&database.path)
                .map_err(|error| database.unavailable("cannot be looked for", error))?
            {
                let id = format!("{:016x}", database.env.rand());
                let tables = Tables { id, members: MemberTable::default(), tokens: BTreeMap::new() };
                database.replace(&database.json(&tables)?)?;
            }
        }
        database.tables()?;
        Ok(database)
    }

    /// Looks at the tables, as they are at one moment.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`] if they cannot be read.
    pub async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Tables) -> T + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let database = self.clone();
        let task = tokio::task::spawn_blocking(move || database.tables().map(|tables| look(&tables)));
        task.await.map_err(|error| self.unavailable("could not be read to the end", error))?
    }

    /// Changes the tables while nobody else does, at the time that `edit` is told. Nothing is written if it fails.
    ///
    /// A caller that gives up leaves it half awaited, never half done.
    ///
    /// # Errors
    ///
    /// What `edit` fails with, or [`DatabaseError`].
    pub async fn change<T, E>(
        &self,
        edit: impl FnOnce(&mut Tables, Timestamp) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let database = self.clone();
        let task = tokio::task::spawn_blocking(move || {
            let _held = database.lock()?;
            let mut tables = database.tables()?;
            let before = database.json(&tables)?;
            let result = edit(&mut tables, database.env.now())?;
            let after = database.json(&tables)?;
            if before != after {
                database.replace(&after)?;
            }
            Ok(result)
        });
        let unsure = |error| DatabaseError::Unsure(self.said("could not be changed to the end", error));
        task.await.map_err(unsure)?
    }

    fn tables(&self) -> Result<Tables, DatabaseError> {
        let bytes = fs::read(&self.path).map_err(|error| self.unavailable("cannot be read", error))?;
        serde_json::from_slice(&bytes).map_err(|error| {
            // The parser's own words may quote a member.
            let (line, column) = (error.line(), error.column());
            let why = format_args!("line {line}, column {column}: restore a backup");
            DatabaseError::Damaged(self.said("is no database of a club, or a damaged one", why))
        })
    }

    fn json(&self, tables: &Tables) -> Result<Vec<u8>, DatabaseError> {
        serde_json::to_vec_pretty(tables).map_err(|error| self.unavailable("cannot be written", error))
    }

    /// Held until the file is dropped or the process ends. The lock file stays: whoever waits for a removed one would get
    /// a lock that keeps nobody out.
    fn lock(&self) -> Result<File, DatabaseError> {
        let failed = |error| self.unavailable("cannot be locked", error);
        let file = private().create(true).truncate(false).open(self.beside("lock")).map_err(failed)?;
        let (mut waited, pause) = (Duration::ZERO, Duration::from_millis(2));
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                Err(TryLockError::WouldBlock) if waited >= PATIENCE => {
                    let why = format!("another process has held it for {PATIENCE:?}: is it stopped?");
                    return Err(failed(io::Error::new(io::ErrorKind::TimedOut, why)));
                }
                Err(TryLockError::WouldBlock) => thread::sleep(pause),
            }
            waited += pause;
        }
    }

    /// Under the lock, so one name for the new file is enough, and what a killed process left of it is in nobody's way.
    fn replace(&self, json: &[u8]) -> Result<(), DatabaseError> {
        let new = self.beside("new");
        let write = || {
            let mut file = private().create(true).truncate(true).open(&new)?;
            file.write_all(json)?;
            file.sync_all()?;
            fs::rename(&new, &self.path)
        };
        write().map_err(|error| self.unavailable("cannot be replaced, and is as it was", error))?;
        // Makes the rename survive a power cut. Other systems than Unix do not open folders.
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let sync =
            || if cfg!(unix) { File::open(folder.unwrap_or(Path::new(".")))?.sync_all() } else { Ok(()) };
        sync().map_err(|error| {
            DatabaseError::Unsure(self.said("is replaced, but may not be after a power cut", error))
        })
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.file_name().map(OsStr::to_owned).unwrap_or_default();
        name.push(".");
        name.push(ending);
        self.path.with_file_name(name)
    }

    fn unavailable(&self, what: &str, why: impl Display) -> DatabaseError {
        DatabaseError::Unavailable(self.said(what, why))
    }

    fn said(&self, what: &str, why: impl Display) -> String {
        format!("{}: it {what}: {why}", self.path.display())
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Members and tokens are nobody else's business.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
