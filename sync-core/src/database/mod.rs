//! The databases under the stores: how they are opened, and how their tables become those of this version.
//!
//! All tables are made whatever features are on. Programs with different features may then share a database, and
//! one schema version says everything about it.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::fmt::{self, Display};

use async_trait::async_trait;
#[cfg(feature = "engine")]
use jiff::Timestamp;
use serde_json::Value;

#[cfg(feature = "postgres")]
pub(crate) use postgres::PostgresDatabase;
#[cfg(feature = "sqlite")]
pub(crate) use sqlite::SqliteDatabase;

use crate::{AccountKey, Rev, StoreError};

/// The version of the tables, and of what is in them: what an older program would read wrongly is a new version.
const SCHEMA: usize = 5;

/// A number (most often a version), and two texts (most often a name and what is stored under it).
pub(crate) type Row = (i64, String, String);

/// A value in a statement.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Arg<'a> {
    Text(&'a str),
    #[cfg(feature = "engine")]
    Optional(Option<&'a str>),
    Number(i64),
}

/// A connection to either database. Both number the values in a statement with `$1`, `$2`.
#[async_trait]
pub(crate) trait Connection: Send {
    async fn rows(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Vec<Row>, sqlx::Error>;

    async fn run(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<(), sqlx::Error>;

    /// The version of the tables as this transaction sees it.
    async fn schema(&mut self) -> Result<i64, sqlx::Error>;
}

/// A moment in a column.
#[cfg(feature = "engine")]
pub(crate) fn nanos(moment: Timestamp) -> i64 {
    let nanos = moment.as_nanosecond();
    i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
}

/// A moment from a column.
#[cfg(feature = "engine")]
pub(crate) fn moment(nanos: i64) -> Timestamp {
    Timestamp::from_nanosecond(nanos.into()).unwrap_or(Timestamp::MAX)
}

/// Binds `args` to a query. A function cannot do it for both databases without naming a dozen bounds.
macro_rules! bind {
    ($query:expr, $args:expr) => {{
        let mut query = $query;
        for arg in $args {
            query = match *arg {
                Arg::Text(text) => query.bind(text.to_owned()),
                #[cfg(feature = "engine")]
                Arg::Optional(text) => query.bind(text.map(str::to_owned)),
                Arg::Number(number) => query.bind(number),
            };
        }
        query
    }};
}
use bind;

/// Which database this is, for error messages.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) store: &'static str,
    name: String,
}

impl Place {
    fn new(store: &'static str, name: impl Display) -> Self {
        Self { store, name: name.to_string() }
    }

    pub(crate) fn error(&self, why: impl Display) -> StoreError {
        StoreError::new(self.store, format!("{self}: {why}"))
    }

    pub(crate) fn failed(&self, error: &sqlx::Error) -> StoreError {
        self.error(self.words(error))
    }

    /// The cause is told in words and not attached: its `Debug` may hold a row's values.
    fn words(&self, error: &sqlx::Error) -> String {
        let (what, help) = match error {
            sqlx::Error::Database(error) => {
                let what = error.message().to_owned();
                match self.help(error.code().as_deref().unwrap_or_default()) {
                    Some(help) => (what, help),
                    None => return what,
                }
            }
            sqlx::Error::Io(error) if self.store == "postgres" => (error.to_string(), SILENT),
            error @ sqlx::Error::PoolTimedOut if self.store == "postgres" => (error.to_string(), SILENT),
            error => return error.to_string(),
        };
        format!("{help} ({what})")
    }

    /// What a person does about an error with this code, where its own words do not tell.
    fn help(&self, code: &str) -> Option<&'static str> {
        if self.store == "sqlite" {
            // The low byte of each of SQLite's finer codes is the plain one: `SQLITE_FULL` and `SQLITE_IOERR`.
            return match code.parse::<u32>().ok()? & 0xff {
                13 => Some("its disk is full: make room there"),
                10 => Some("its disk does not work, or is full: make room there, or mend it"),
                _ => None,
            };
        }
        match code {
            "53100" => Some("the disk of the database's server is full: make room there"),
            // It shuts down, has crashed, or starts.
            "57P01" | "57P02" | "57P03" => Some(SILENT),
            _ => None,
        }
    }

    /// A commit that failed. Only the database itself can say that nothing was stored.
    fn not_confirmed(&self, error: &sqlx::Error) -> StoreError {
        if error.as_database_error().is_some() {
            return self.failed(error);
        }
        self.error(format_args!(
            "no answer to the commit, so it may be stored or not: read again to know ({})",
            self.words(error)
        ))
    }

    /// The version of the tables that were found, if this program knows it.
    fn known_schema(&self, found: i64) -> Result<usize, StoreError> {
        usize::try_from(found).ok().filter(|version| *version <= SCHEMA).ok_or_else(|| {
            self.error(format_args!(
                "its schema has version {found}, and this program knows versions up to {SCHEMA}: \
                 update the program, or give it a new place for its state"
            ))
        })
    }

    /// Asked in every transaction that writes: a newer program may have upgraded the tables since they were opened.
    async fn check_schema(&self, connection: &mut dyn Connection) -> Result<usize, StoreError> {
        self.known_schema(connection.schema().await.map_err(|error| self.failed(&error))?)
    }

    pub(crate) fn account(&self, key: String) -> Result<AccountKey, StoreError> {
        serde_json::from_value(Value::String(key)).map_err(|error| self.error(error))
    }

    pub(crate) fn rev(&self, column: i64) -> Result<Rev, StoreError> {
        u64::try_from(column).map(Rev::from).map_err(|error| self.error(error))
    }

    /// The version after the one that was seen, for a column.
    pub(crate) fn next(&self, seen: Option<Rev>) -> Result<i64, StoreError> {
        let next = seen.map_or(Rev::FIRST, Rev::next);
        i64::try_from(next.get()).map_err(|error| self.error(error))
    }
}

/// About a database of which no answer comes.
const SILENT: &str = "the database does not answer: see that it runs, and that this machine reaches it";

impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "sqlite")]
    #[tokio::test]
    async fn a_full_disk_is_told_with_what_to_do() {
        use sqlx::Connection as _;

        let mut connection = sqlx::SqliteConnection::connect(":memory:").await.unwrap();
        sqlx::raw_sql("CREATE TABLE t (b BLOB); PRAGMA max_page_count = 3")
            .execute(&mut connection)
            .await
            .unwrap();
        let full = sqlx::raw_sql("INSERT INTO t VALUES (zeroblob(100000))").execute(&mut connection).await;
        let told = Place::new("sqlite", "/data/sync.db").failed(&full.unwrap_err()).to_string();
        assert_eq!(
            told,
            "sqlite: /data/sync.db: its disk is full: make room there (database or disk is full)"
        );
    }

    #[cfg(feature = "postgres")]
    #[tokio::test]
    async fn a_database_that_does_not_answer_is_told_with_what_to_do() {
        let url = "postgres://sync@127.0.0.1:1/sync".to_owned().into();
        let told = PostgresDatabase::connect(&url, "sync_shop").await.map(drop).unwrap_err().to_string();
        assert!(
            told.starts_with("postgres: schema sync_shop: the database does not answer: see that"),
            "{told}"
        );
    }
}
