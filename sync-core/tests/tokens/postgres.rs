use std::sync::Arc;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use sync_core::engine::{Link, LinkId, RecordId, RecordRef, Side};
use sync_core::secrecy::ExposeSecret;
use sync_core::store::{Commit, PostgresStore, Store};
use sync_core::{PostgresTokenStore, StoreError, SystemEnv, TokenStore, conformance};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::places::Database;
use super::{KEY, account, pair, put, seal, sealed, stored};

/// Longer than anything here takes that does not wait for a lock.
const SOON: Duration = Duration::from_secs(10);

/// The tables as the first version of this crate made them, with a link.
const VERSION_1: &str = r#"
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
    INSERT INTO links VALUES ('l1', 7, 'r1', NULL, '{"id":"l1","left":"r1","right":null,
        "baseline":{"left":{},"right":{}},"row":null,"pending":null}');
"#;

async fn open(database: &Database, schema: &str) -> PostgresTokenStore {
    PostgresTokenStore::connect_in(&database.url, schema, seal(&[KEY])).await.unwrap()
}

/// A transaction of somebody else that holds what `sql` locks.
async fn hold(database: &Database, schema: &str, sql: &str) -> PgConnection {
    let mut other = database.connection().await;
    let begin = format!("BEGIN; SET LOCAL search_path TO {schema}; {sql}");
    sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut other).await.unwrap();
    other
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgres_conforms() {
    let Some(database) = Database::find("tokens").await else { return };
    let make = async || open(&database, &database.next_schema()).await;
    conformance::token_store::check(make, &SystemEnv::new()).await;
    database.clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgres_outlives_its_store() {
    let Some(database) = Database::find("reopened").await else { return };
    let schema = database.next_schema();
    conformance::token_store::check_reopen(async || open(&database, &schema).await).await;
    database.clean().await;
}

fn top(id: &str) -> RecordRef {
    RecordRef::top(RecordId::new(id))
}

fn link(id: &str) -> Commit {
    Commit::link(None, Link::new(LinkId::new(id), Side::Left, top(id)))
}

#[tokio::test]
async fn state_and_tokens_may_be_one_schema() {
    let Some(database) = Database::find("both").await else { return };
    let schema = database.next_schema();
    let state = PostgresStore::connect_in(&database.url, &schema).await.unwrap();
    let tokens = state.tokens(seal(&[KEY])).await.unwrap();
    state.commit(link("a")).await.unwrap();
    let rev = put(&tokens, &account("1"), None, "a").await;
    drop(state);
    assert_eq!(stored(&tokens, &account("1")).await, Some(("a".to_owned(), rev)));
    assert_eq!(stored(&open(&database, &schema).await, &account("1")).await, Some(("a".to_owned(), rev)));
    database.clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tokens_do_not_wait_for_commits_of_the_state() {
    let Some(database) = Database::find("waits").await else { return };
    let schema = database.next_schema();
    let state = Arc::new(PostgresStore::connect_in(&database.url, &schema).await.unwrap());
    let tokens = state.tokens(seal(&[KEY])).await.unwrap();
    let other = hold(&database, &schema, "SELECT version FROM schema_version FOR UPDATE").await;
    // More than the state has connections.
    let commits = (0..8).map(|number| {
        let state = Arc::clone(&state);
        tokio::spawn(async move { state.commit(link(&number.to_string())).await })
    });
    let commits: Vec<_> = commits.collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let swaps = async {
        let rev = put(&tokens, &account("1"), None, "a").await;
        let lease = tokens.lease(&account("1"), "ana", SOON).await.unwrap().unwrap();
        put(&tokens, &account("1"), Some(rev), "b").await;
        tokens.release(&account("1"), lease).await.unwrap();
        tokens.remove(&account("1")).await.unwrap();
    };
    timeout(SOON, swaps).await.unwrap();
    assert!(commits.iter().all(|commit| !commit.is_finished()), "the state was locked meanwhile");
    other.close().await.unwrap();
    for commit in commits {
        commit.await.unwrap().unwrap();
    }
    database.clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn accounts_do_not_wait_for_each_other() {
    let Some(database) = Database::find("rows").await else { return };
    let schema = database.next_schema();
    let store = Arc::new(open(&database, &schema).await);
    let rev = put(&*store, &account("1"), None, "a").await;
    let other = hold(&database, &schema, "SELECT 1 FROM tokens WHERE account = 'crm:1' FOR UPDATE").await;
    let waiting = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { put(&*store, &account("1"), Some(rev), "b").await })
    };
    timeout(SOON, put(&*store, &account("2"), None, "a")).await.unwrap();
    timeout(SOON, store.lease(&account("3"), "ana", SOON)).await.unwrap().unwrap().unwrap();
    assert_eq!(timeout(SOON, stored(&*store, &account("1"))).await.unwrap(), Some(("a".to_owned(), rev)));
    assert!(!waiting.is_finished(), "the row was locked meanwhile");
    other.close().await.unwrap();
    waiting.await.unwrap();
    database.clean().await;
}

#[tokio::test]
async fn a_schema_of_version_1_is_upgraded_with_what_is_in_it() {
    let Some(database) = Database::find("upgrade").await else { return };
    for by_tokens in [false, true] {
        let schema = database.next_schema();
        let made = format!("CREATE SCHEMA {schema}; SET search_path TO {schema}; {VERSION_1}");
        database.raw(made).await;
        if by_tokens {
            open(&database, &schema).await;
        } else {
            PostgresStore::connect_in(&database.url, &schema).await.unwrap();
        }
        let version = format!("SELECT version FROM {schema}.schema_version");
        let version: i64 = sqlx::query_scalar(AssertSqlSafe(version))
            .fetch_one(&mut database.connection().await)
            .await
            .unwrap();
        assert_eq!(version, 5);
        let state = PostgresStore::connect_in(&database.url, &schema).await.unwrap();
        let found = state.link(&LinkId::new("l1")).await.unwrap().unwrap();
        assert_eq!((found.rev.get(), &found.value.ends.left), (7, &Some(top("r1"))));
        let mut next = found.value;
        next.ends.right = Some(top("r2"));
        state.commit(Commit::link(Some(found.rev), next)).await.unwrap();
        put(&state.tokens(seal(&[KEY])).await.unwrap(), &account("1"), None, "a").await;
    }
    database.clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_schema_of_version_1_is_upgraded_once() {
    let Some(database) = Database::find("once").await else { return };
    let schema = database.next_schema();
    database.raw(format!("CREATE SCHEMA {schema}; SET search_path TO {schema}; {VERSION_1}")).await;
    let opening = (0..8).map(|_| {
        let (url, schema) = (database.url.clone(), schema.clone());
        tokio::spawn(async move { PostgresTokenStore::connect_in(&url, &schema, seal(&[KEY])).await })
    });
    for opened in opening.collect::<Vec<_>>() {
        opened.await.unwrap().unwrap();
    }
    database.clean().await;
}

#[tokio::test]
async fn a_newer_schema_is_refused_in_all_that_writes() {
    let Some(database) = Database::find("newer_tokens").await else { return };
    let schema = database.next_schema();
    let (store, account) = (open(&database, &schema).await, account("1"));
    let rev = put(&store, &account, None, "a").await;
    let lease = store.lease(&account, "ana", SOON).await.unwrap().unwrap();
    database.raw(format!("UPDATE {schema}.schema_version SET version = 99")).await;
    let errors: [StoreError; 6] = [
        PostgresTokenStore::connect_in(&database.url, &schema, seal(&[KEY])).await.unwrap_err(),
        store.swap(&account, Some(rev), pair("b")).await.unwrap_err(),
        store.remove(&account).await.unwrap_err(),
        store.lease(&account, "rui", SOON).await.unwrap_err(),
        store.release(&account, lease).await.unwrap_err(),
        store.reseal().await.unwrap_err(),
    ];
    for error in errors {
        assert!(error.to_string().contains("has version 99"), "{error}");
        assert!(error.to_string().contains("up to 5: update the program"), "{error}");
    }
    assert_eq!(stored(&store, &account).await, Some(("a".to_owned(), rev)));
    database.clean().await;
}

#[tokio::test]
async fn a_swap_waits_for_who_changes_the_table() {
    let Some(database) = Database::find("altered").await else { return };
    let schema = database.next_schema();
    let store = Arc::new(open(&database, &schema).await);
    let upgrade = "ALTER TABLE tokens ADD COLUMN more TEXT; UPDATE schema_version SET version = 99";
    let mut other = hold(&database, &schema, upgrade).await;
    let swap = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.swap(&account("1"), None, pair("a")).await })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!swap.is_finished(), "it waits");
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    let error = swap.await.unwrap().unwrap_err().to_string();
    assert!(error.contains("has version 99"), "{error}");
    database.clean().await;
}

#[tokio::test]
async fn a_wrong_key_is_refused() {
    let Some(database) = Database::find("key").await else { return };
    let schema = database.next_schema();
    let open = async |seal| PostgresTokenStore::connect_in(&database.url, &schema, seal).await;
    sealed::a_wrong_key_is_refused(open, &schema).await;
    database.clean().await;
}

#[tokio::test]
async fn a_key_can_be_replaced() {
    let Some(database) = Database::find("keys").await else { return };
    let schema = database.next_schema();
    sealed::a_key_can_be_replaced(async |seal| {
        PostgresTokenStore::connect_in(&database.url, &schema, seal).await
    })
    .await;
    database.clean().await;
}

#[tokio::test]
async fn every_account_is_seen() {
    let Some(database) = Database::find("many").await else { return };
    let schema = database.next_schema();
    sealed::every_account_is_seen(async |seal| {
        PostgresTokenStore::connect_in(&database.url, &schema, seal).await
    })
    .await;
    database.clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resealing_loses_no_swap() {
    let Some(database) = Database::find("reseal").await else { return };
    let schema = database.next_schema();
    sealed::resealing_loses_no_swap(async |seal| {
        PostgresTokenStore::connect_in(&database.url, &schema, seal).await
    })
    .await;
    database.clean().await;
}

#[tokio::test]
async fn a_record_that_is_cut_anywhere_or_was_moved_is_an_error() {
    let Some(database) = Database::find("cut").await else { return };
    let schema = database.next_schema();
    let store = open(&database, &schema).await;
    put(&store, &account("1"), None, "a").await;
    let other = Mutex::new(database.connection().await);
    let read = async || {
        let select = format!("SELECT sealed FROM {schema}.tokens WHERE account = 'crm:1'");
        let sealed = sqlx::query_scalar::<_, String>(AssertSqlSafe(select));
        sealed.fetch_one(&mut *other.lock().await).await.unwrap()
    };
    let write = async |sealed: &str| {
        let update = format!("UPDATE {schema}.tokens SET sealed = $1 WHERE account = 'crm:1'");
        let update = sqlx::query(AssertSqlSafe(update)).bind(sealed.to_owned());
        update.execute(&mut *other.lock().await).await.unwrap();
    };
    let sealed = read().await;
    sealed::a_cut_record_is_an_error(&store, &sealed, &write, read).await;

    put(&store, &account("2"), None, "b").await;
    let moved = format!("SELECT sealed FROM {schema}.tokens WHERE account = 'crm:2'");
    let moved = sqlx::query_scalar::<_, String>(AssertSqlSafe(moved));
    let moved = moved.fetch_one(&mut *other.lock().await).await.unwrap();
    write(&moved).await;
    let error = store.load(&account("1")).await.unwrap_err().to_string();
    assert!(error.contains("crm:1") && error.contains("sealed for another account"), "{error}");
    database.clean().await;
}

#[tokio::test]
async fn a_lease_does_not_outlive_a_clock_that_was_set_back() {
    let Some(database) = Database::find("clock").await else { return };
    let schema = database.next_schema();
    let (store, account) = (open(&database, &schema).await, account("1"));
    let first = store.lease(&account, "ana", SOON * 60).await.unwrap().unwrap();
    let later = |ms| {
        let set = "SET lease_from = lease_from + {ms}, lease_until = lease_until + {ms}";
        format!("UPDATE {schema}.tokens {}", set.replace("{ms}", ms))
    };
    database.raw(later("4000")).await;
    assert_eq!(store.lease(&account, "rui", SOON).await.unwrap(), None, "clocks differ by a little");
    database.raw(later("3600000")).await;
    let second = store.lease(&account, "rui", SOON * 60).await.unwrap().unwrap();
    store.release(&account, first).await.unwrap();
    assert_eq!(store.lease(&account, "eva", SOON).await.unwrap(), None, "the void lease is not released");
    store.release(&account, second).await.unwrap();
    assert!(store.lease(&account, "eva", Duration::MAX).await.unwrap().is_some());
    database.clean().await;
}

#[tokio::test]
async fn a_lease_begins_when_it_is_given() {
    let Some(database) = Database::find("waited").await else { return };
    let schema = database.next_schema();
    let (store, account) = (Arc::new(open(&database, &schema).await), account("1"));
    put(&*store, &account, None, "a").await;
    let other = hold(&database, &schema, "SELECT 1 FROM tokens FOR UPDATE").await;
    let waiting = {
        let (store, account) = (Arc::clone(&store), account.clone());
        tokio::spawn(async move { store.lease(&account, "ana", Duration::from_secs(1)).await })
    };
    tokio::time::sleep(Duration::from_millis(1200)).await;
    other.close().await.unwrap();
    assert!(waiting.await.unwrap().unwrap().is_some());
    assert_eq!(store.lease(&account, "rui", SOON).await.unwrap(), None, "the wait is no part of it");
    database.clean().await;
}

#[tokio::test]
async fn neither_the_table_nor_debug_nor_an_error_shows_a_secret() {
    let mut shown = Vec::new();
    for url in [
        "postgres://ana:s3cr3t@127.0.0.1:1/test",
        "postgres://ana:s3cr3t@127.0.0.1:s3cr3t/test",
        "postgres://ana:s3cr3t@127.0.0.1:1/test?sslmode=s3cr3t",
        "s3cr3t",
    ] {
        let error = PostgresTokenStore::connect(&url.into(), seal(&[KEY])).await.unwrap_err();
        assert!(error.to_string().starts_with("postgres: schema sync_core: "), "{error}");
        shown.push(format!("{error} {error:?}"));
    }
    if let Some(database) = Database::find("shown").await {
        let schema = database.next_schema();
        let store = open(&database, &schema).await;
        put(&store, &account("1"), None, "a").await;
        shown.push(format!("{store:?} {store:#?}"));
        let rows = format!("SELECT CAST(tokens AS TEXT) FROM {schema}.tokens");
        let mut other = database.connection().await;
        let rows: String = sqlx::query_scalar(AssertSqlSafe(rows)).fetch_one(&mut other).await.unwrap();
        assert!(rows.contains("crm:1"), "the table was looked at");
        assert!(!rows.contains("s3cr3t") && !shown.concat().contains(database.url.expose_secret()));
        database.clean().await;
    }
    assert!(!shown.concat().contains("s3cr3t") && !shown.concat().contains("5ec2e7"), "{shown:?}");
}
