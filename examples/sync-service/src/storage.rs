use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sync_core::secrecy::ExposeSecret;
use sync_core::store::{PostgresStore, SqliteStore, Store};
use sync_core::{PostgresTokenStore, Seal, SecretString, SqliteTokenStore, StoreError, TokenStore};

use crate::Result;
use crate::config::SecretRef;

/// How often a database on another machine is asked for a sign of life.
const LOOK: Duration = Duration::from_secs(5);
/// How long such a database has to answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(15);

/// Where everything is kept. Each pair has a state of its own, which is bound to its two accounts: a SQLite file beside the
/// one that is named, or a PostgreSQL schema.
#[derive(Clone)]
pub(crate) enum Storage {
    Sqlite(PathBuf),
    Postgres(SecretString),
}

/// The state of one pair.
#[derive(Clone)]
pub(crate) enum State {
    Sqlite(Arc<SqliteStore>),
    Postgres(Arc<PostgresStore>),
}

impl State {
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(store) => store.clone(),
            Self::Postgres(store) => store.clone(),
        }
    }
}

impl Storage {
    /// What the setting names.
    pub(crate) fn new(database: &str, base: &Path) -> std::result::Result<Self, String> {
        let text: SecretString = match SecretRef::named(database) {
            Some(named) => named.read("database", base)?,
            None => database.to_owned().into(),
        };
        let plain = text.expose_secret();
        if plain.starts_with("postgres://") || plain.starts_with("postgresql://") {
            return Ok(Self::Postgres(text));
        }
        Ok(Self::Sqlite(base.join(plain)))
    }

    /// The state of a pair.
    pub(crate) async fn state(&self, pair: &str) -> Result<State> {
        Ok(match self {
            Self::Sqlite(path) => State::Sqlite(Arc::new(SqliteStore::open(beside(path, pair)).await?)),
            Self::Postgres(url) => {
                let schema = format!("sync_{pair}");
                State::Postgres(Arc::new(in_time(PostgresStore::connect_in(url, &schema)).await?))
            }
        })
    }

    /// The state of a pair's businesses, which is none of the pair's own.
    pub(crate) async fn businesses(&self, pair: &str) -> Result<Arc<dyn Store>> {
        Ok(match self {
            Self::Sqlite(path) => {
                Arc::new(SqliteStore::open(beside(path, &format!("{pair}-businesses"))).await?)
            }
            Self::Postgres(url) => {
                Arc::new(PostgresStore::connect_in(url, &format!("sync_{pair}_businesses")).await?)
            }
        })
    }

    /// The sealed tokens of all pairs.
    pub(crate) async fn tokens(&self, seal: Arc<dyn Seal>) -> Result<Arc<dyn TokenStore>> {
        Ok(match self {
            Self::Sqlite(path) => Arc::new(SqliteTokenStore::open(path, seal).await?),
            Self::Postgres(url) => {
                Arc::new(in_time(PostgresTokenStore::connect_in(url, "sync_tokens", seal)).await?)
            }
        })
    }
}

/// Completes with an error if the database that keeps this state falls silent: a connection whose other end is gone, and that
/// nobody has closed, would be waited for without end.
pub(crate) async fn silence(storage: &Storage, store: &dyn Store) -> StoreError {
    if let Storage::Sqlite(_) = storage {
        return std::future::pending().await;
    }
    loop {
        tokio::time::sleep(LOOK).await;
        // Another failure is found by whoever works with it.
        let answer = in_time(async { Ok(store.runs(None, 1).await) }).await;
        if let Err(error) = answer {
            return error;
        }
    }
}

async fn in_time<T>(
    answer: impl Future<Output = std::result::Result<T, StoreError>>,
) -> std::result::Result<T, StoreError> {
    tokio::time::timeout(ANSWERS_WITHIN, answer).await.unwrap_or_else(|_| {
        let why = format!(
            "the database has not answered for {} s: see that it runs, and that this machine reaches it",
            ANSWERS_WITHIN.as_secs()
        );
        Err(StoreError::new("postgres", why))
    })
}

/// `sync-shop.db` beside `sync.db`.
fn beside(path: &Path, pair: &str) -> PathBuf {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let mut name = format!("{stem}-{pair}");
    if let Some(extension) = path.extension() {
        name = format!("{name}.{}", extension.to_string_lossy());
    }
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pair_has_a_file_beside_the_named_one() {
        assert_eq!(beside(Path::new("/var/lib/sync.db"), "shop"), Path::new("/var/lib/sync-shop.db"));
        assert_eq!(beside(Path::new("/var/lib/sync"), "shop"), Path::new("/var/lib/sync-shop"));
    }
}
