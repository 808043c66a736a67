//! What the fourth version of this crate wrote is there after an upgrade, and goes on as if this one had written it.

use std::sync::atomic::{AtomicUsize, Ordering};

use sync_core::conformance;
use sync_core::store::{PostgresStore, SqliteStore};

use super::old::{POSTGRES_1, POSTGRES_2, SQLITE_1, SQLITE_2};
use super::places::{Database, Folder, raw};
use super::third::{POSTGRES_3, ROWS, SQLITE_3, goes_on_from_there, holds_what_was_written};
use super::what_was_noted_is_known;

/// What the fourth version changed, on SQLite.
const SQLITE_4: &str = r#"
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
"#;

/// What the fourth version changed, on PostgreSQL.
const POSTGRES_4: &str = r#"
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
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_file_of_the_fourth_version_is_upgraded_with_what_is_in_it() {
    let folder = Folder::new();
    let file = folder.file("state.db");
    // The third version's rows as the fourth one has upgraded them.
    for sql in [SQLITE_1, SQLITE_2, SQLITE_3, ROWS, SQLITE_4] {
        raw(&file, sql).await;
    }
    holds_what_was_written(&SqliteStore::open(&file).await.unwrap()).await;
    let again = SqliteStore::open(&file).await.unwrap();
    holds_what_was_written(&again).await;
    goes_on_from_there(&again).await;
    what_was_noted_is_known(&again).await;

    let count = AtomicUsize::new(0);
    let make = async || {
        let file = folder.file(format!("{}.db", count.fetch_add(1, Ordering::Relaxed)));
        for sql in [SQLITE_1, SQLITE_2, SQLITE_3, SQLITE_4] {
            raw(&file, sql).await;
        }
        SqliteStore::open(file).await.unwrap()
    };
    conformance::store::check(make).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_schema_of_the_fourth_version_is_upgraded_with_what_is_in_it() {
    let Some(database) = Database::find("fourth").await else { return };
    let open = async |rows: &str| {
        let schema = database.next_schema();
        let tables = [POSTGRES_1, POSTGRES_2, POSTGRES_3, rows, POSTGRES_4].concat();
        database.raw(format!("CREATE SCHEMA {schema}; SET search_path TO {schema}; {tables}")).await;
        (PostgresStore::connect_in(&database.url, &schema).await.unwrap(), schema)
    };
    let (store, schema) = open(ROWS).await;
    holds_what_was_written(&store).await;
    let again = PostgresStore::connect_in(&database.url, &schema).await.unwrap();
    holds_what_was_written(&again).await;
    goes_on_from_there(&again).await;
    what_was_noted_is_known(&again).await;
    conformance::store::check(async || open("").await.0).await;
    database.clean().await;
}
