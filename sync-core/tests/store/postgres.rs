use std::process::id;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use sync_core::engine::{Link, LinkId, RecordId};
use sync_core::secrecy::ExposeSecret;
use sync_core::store::{Commit, PostgresStore, Store};
use sync_core::{SecretString, conformance};

/// A database to test on, in which each store gets a schema of its own.
struct Database {
    url: SecretString,
    name: &'static str,
    schemas: AtomicUsize,
}

impl Database {
    /// The database in `SYNC_TEST_POSTGRES`, `None` if there is none and none is required.
    async fn find(name: &'static str) -> Option<Self> {
        let required = std::env::var("SYNC_REQUIRE_POSTGRES").is_ok_and(|value| value == "1");
        let Ok(url) = std::env::var("SYNC_TEST_POSTGRES") else {
            assert!(!required, "SYNC_REQUIRE_POSTGRES is 1, and SYNC_TEST_POSTGRES is not set");
            super::skip("SYNC_TEST_POSTGRES is not set");
            return None;
        };
        let database = Self { url: url.into(), name, schemas: AtomicUsize::new(0) };
        database.raw("SELECT 1").await;
        Some(database)
    }

    async fn raw(&self, sql: impl Into<String>) {
        let mut connection = PgConnection::connect(self.url.expose_secret()).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.into())).execute(&mut connection).await.unwrap();
    }

    fn schema(&self, number: usize) -> String {
        format!("sync_core_test_{}_{}_{number}", id(), self.name)
    }

    fn next_schema(&self) -> String {
        self.schema(self.schemas.fetch_add(1, Ordering::Relaxed))
    }

    async fn open(&self, schema: &str) -> PostgresStore {
        PostgresStore::connect_in(&self.url, schema).await.unwrap()
    }

    async fn refusal(&self, schema: &str) -> String {
        PostgresStore::connect_in(&self.url, schema).await.unwrap_err().to_string()
    }

    async fn clean(self) {
        for number in 0..self.schemas.load(Ordering::Relaxed) {
            self.raw(format!("DROP SCHEMA IF EXISTS {} CASCADE", self.schema(number))).await;
        }
    }
}

fn new_link(id: &str) -> Commit {
    Commit::link(None, Link::new(LinkId::new(id), RecordId::new(id)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgres_conforms() {
    let Some(database) = Database::find("suite").await else { return };
    conformance::store::check(async || database.open(&database.next_schema()).await).await;
    database.clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgres_outlives_its_store() {
    let Some(database) = Database::find("reopen").await else { return };
    let schema = database.next_schema();
    conformance::store::check_reopen(async || database.open(&schema).await).await;
    database.clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_schema_can_be_opened_by_several_at_once() {
    let Some(database) = Database::find("race").await else { return };
    let schema = database.next_schema();
    let opening = (0..8).map(|_| {
        let (url, schema) = (database.url.clone(), schema.clone());
        tokio::spawn(async move { PostgresStore::connect_in(&url, &schema).await })
    });
    for opened in opening.collect::<Vec<_>>() {
        opened.await.unwrap().unwrap();
    }
    database.clean().await;
}

#[tokio::test]
async fn two_schemas_are_two_states() {
    let Some(database) = Database::find("two").await else { return };
    let (ours, theirs) =
        (database.open(&database.next_schema()).await, database.open(&database.next_schema()).await);
    ours.commit(new_link("a")).await.unwrap();
    assert!(theirs.links_page(None, 10).await.unwrap().is_empty());
    database.clean().await;
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let Some(database) = Database::find("newer").await else { return };
    let schema = database.next_schema();
    let open = database.open(&schema).await;
    database.raw(format!("UPDATE {schema}.schema_version SET version = 99")).await;
    let error = database.refusal(&schema).await;
    assert!(error.contains(&schema) && error.contains("has version 99"), "{error}");
    assert!(error.contains("up to 1: update the program"), "{error}");
    // And by one that had it open already.
    let error = open.commit(new_link("a")).await.unwrap_err().to_string();
    assert!(error.contains("has version 99"), "{error}");
    database.clean().await;
}

#[tokio::test]
async fn tables_of_another_program_are_refused() {
    let Some(database) = Database::find("other").await else { return };
    let schema = database.next_schema();
    database.raw(format!("CREATE SCHEMA {schema}; CREATE TABLE {schema}.links (href TEXT)")).await;
    let error = database.refusal(&schema).await;
    assert!(error.contains("relation \"links\" already exists"), "{error}");
    database.clean().await;
}

#[tokio::test]
async fn a_schema_made_by_somebody_else_is_used() {
    let Some(database) = Database::find("made").await else { return };
    let schema = database.next_schema();
    database.raw(format!("CREATE SCHEMA {schema}")).await;
    database.open(&schema).await.commit(new_link("a")).await.unwrap();
    database.clean().await;
}

#[tokio::test]
async fn errors_and_debug_do_not_show_the_password() {
    let mut shown = Vec::new();
    for url in [
        "postgres://ana:hunter2@127.0.0.1:1/test",
        "postgres://ana:hunter2@127.0.0.1:hunter2/test",
        "postgres://ana:hunter2@127.0.0.1:1/test?sslmode=hunter2",
        "hunter2",
    ] {
        let error = PostgresStore::connect(&url.into()).await.unwrap_err();
        assert!(error.to_string().starts_with("postgres: schema sync_core: "), "{error}");
        shown.push(format!("{error} {error:?}"));
    }
    if let Some(database) = Database::find("secret").await {
        shown.push(format!("{:?}", database.open(&database.next_schema()).await));
        assert!(!shown.concat().contains(database.url.expose_secret()));
        database.clean().await;
    }
    assert!(!shown.concat().contains("hunter2"), "{shown:?}");
}

#[tokio::test]
async fn a_schema_has_a_plain_name() {
    let long = "a".repeat(64);
    for name in ["", "Upper", "1st", "a b", "a\"b", "a;b", "a,b", "é", "$user", &long] {
        let url = "postgres://127.0.0.1:1/test".into();
        let error = PostgresStore::connect_in(&url, name).await.unwrap_err().to_string();
        assert!(error.contains("the name has other characters"), "{error}");
    }
}

#[tokio::test]
async fn two_links_of_one_commit_cannot_have_one_record() {
    let Some(database) = Database::find("twice").await else { return };
    let store = database.open(&database.next_schema()).await;
    super::two_links_of_one_commit_cannot_have_one_record(&store).await;
    database.clean().await;
}
