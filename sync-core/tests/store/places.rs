//! Where the stores under test keep what they keep.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::id;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use sync_core::SecretString;
use sync_core::secrecy::ExposeSecret;

/// A folder of its own, which goes when it is dropped.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        crate::trace::on();
        let name = format!("sync-core-store-{}-{}", id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// Runs statements on an SQLite file, beside whoever has it open.
pub(crate) async fn raw(path: &Path, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// A database to test on, in which each store gets a schema of its own.
pub(crate) struct Database {
    pub(crate) url: SecretString,
    name: &'static str,
    schemas: AtomicUsize,
}

impl Database {
    /// The database in `SYNC_TEST_POSTGRES`, `None` if there is none and none is required.
    pub(crate) async fn find(name: &'static str) -> Option<Self> {
        crate::trace::on();
        let required = std::env::var("SYNC_REQUIRE_POSTGRES").is_ok_and(|value| value == "1");
        let Ok(url) = std::env::var("SYNC_TEST_POSTGRES") else {
            assert!(!required, "SYNC_REQUIRE_POSTGRES is 1, and SYNC_TEST_POSTGRES is not set");
            skip("SYNC_TEST_POSTGRES is not set");
            return None;
        };
        let database = Self { url: url.into(), name, schemas: AtomicUsize::new(0) };
        database.raw("SELECT 1").await;
        Some(database)
    }

    pub(crate) async fn connection(&self) -> PgConnection {
        PgConnection::connect(self.url.expose_secret()).await.unwrap()
    }

    pub(crate) async fn raw(&self, sql: impl Into<String>) {
        sqlx::raw_sql(AssertSqlSafe(sql.into())).execute(&mut self.connection().await).await.unwrap();
    }

    fn schema(&self, number: usize) -> String {
        format!("sync_core_test_{}_{}_{number}", id(), self.name)
    }

    pub(crate) fn next_schema(&self) -> String {
        self.schema(self.schemas.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) async fn clean(self) {
        for number in 0..self.schemas.load(Ordering::Relaxed) {
            self.raw(format!("DROP SCHEMA IF EXISTS {} CASCADE", self.schema(number))).await;
        }
    }
}

#[allow(clippy::print_stderr, reason = "who reads the test's output shall know that it proved nothing")]
pub(crate) fn skip(why: &str) {
    eprintln!("skipped: {why}");
}
