use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};
use sync_core::engine::{Link, LinkId, RecordId, RecordRef, Side};
use sync_core::store::{Commit, SqliteStore, Store};
use sync_core::{Env, ManualEnv, SqliteTokenStore, StoreError, Swap, TokenStore, conformance};
use tokio::sync::Mutex;

use super::places::{Folder, raw};
use super::processes::{Place, Process, say};
use super::{KEY, OTHER_KEY, account, pair, put, seal, sealed, stored};

/// The tables as the first version of this crate made them, with a link.
const VERSION_1: &str = r#"
    PRAGMA journal_mode = WAL;
    BEGIN;
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
    INSERT INTO links VALUES ('l1', 7, 'r1', NULL, '{"id":"l1","left":"r1","right":null,
        "baseline":{"left":{},"right":{}},"row":null,"pending":null}');
    COMMIT;
"#;

async fn open(path: &Path) -> SqliteTokenStore {
    SqliteTokenStore::open(path, seal(&[KEY])).await.unwrap()
}

async fn refusal(path: &Path) -> String {
    SqliteTokenStore::open(path, seal(&[KEY])).await.unwrap_err().to_string()
}

async fn ask(path: &Path, sql: &'static str) -> i64 {
    let mut connection =
        SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path)).await.unwrap();
    let number = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    number
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sqlite_conforms() {
    let (folder, count, env) = (Folder::new(), AtomicUsize::new(0), Arc::new(ManualEnv::new(1)));
    let make = async || {
        let file = folder.file(format!("{}.db", count.fetch_add(1, Ordering::Relaxed)));
        open(&file).await.with_env(env.clone())
    };
    conformance::token_store::check(make, &*env).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sqlite_outlives_its_store() {
    let folder = Folder::new();
    conformance::token_store::check_reopen(async || open(&folder.file("tokens.db")).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tokens_beside_the_state_conform() {
    let (folder, count, env) = (Folder::new(), AtomicUsize::new(0), Arc::new(ManualEnv::new(1)));
    let make = async || {
        let file = folder.file(format!("{}.db", count.fetch_add(1, Ordering::Relaxed)));
        let state = SqliteStore::open(file).await.unwrap();
        state.tokens(seal(&[KEY])).await.unwrap().with_env(env.clone())
    };
    conformance::token_store::check(make, &*env).await;
}

fn top(id: &str) -> RecordRef {
    RecordRef::top(RecordId::new(id))
}

fn link(id: &str) -> Commit {
    Commit::link(None, Link::new(LinkId::new(id), Side::Left, top(id)))
}

#[tokio::test]
async fn state_and_tokens_may_be_one_file() {
    let folder = Folder::new();
    let file = folder.file("sync.db");
    let state = SqliteStore::open(&file).await.unwrap();
    let tokens = state.tokens(seal(&[KEY])).await.unwrap();
    state.commit(link("a")).await.unwrap();
    let rev = put(&tokens, &account("1"), None, "a").await;
    drop(state);
    // The tokens hold the file open by themselves, and others see them.
    assert_eq!(stored(&tokens, &account("1")).await, Some(("a".to_owned(), rev)));
    assert_eq!(stored(&open(&file).await, &account("1")).await, Some(("a".to_owned(), rev)));
    let state = SqliteStore::open(&file).await.unwrap();
    assert!(state.link(&LinkId::new("a")).await.unwrap().is_some());
    SqliteStore::tokens(&state, seal(&[OTHER_KEY])).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_file_of_version_1_is_upgraded_with_what_is_in_it() {
    for by_tokens in [false, true] {
        let folder = Folder::new();
        let file = folder.file("sync.db");
        raw(&file, VERSION_1).await;
        if by_tokens {
            open(&file).await;
        } else {
            SqliteStore::open(&file).await.unwrap();
        }
        assert_eq!(ask(&file, "PRAGMA user_version").await, 5);
        let state = SqliteStore::open(&file).await.unwrap();
        let found = state.link(&LinkId::new("l1")).await.unwrap().unwrap();
        assert_eq!((found.rev.get(), &found.value.ends.left), (7, &Some(top("r1"))));
        let mut next = found.value;
        next.ends.right = Some(top("r2"));
        state.commit(Commit::link(Some(found.rev), next)).await.unwrap();
        put(&state.tokens(seal(&[KEY])).await.unwrap(), &account("1"), None, "a").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_file_of_version_1_is_upgraded_once() {
    let folder = Folder::new();
    let file = folder.file("sync.db");
    raw(&file, VERSION_1).await;
    let opening = (0..8).map(|_| tokio::spawn(SqliteTokenStore::open(file.clone(), seal(&[KEY]))));
    for opened in opening.collect::<Vec<_>>() {
        opened.await.unwrap().unwrap();
    }
    assert_eq!(ask(&file, "SELECT count(*) FROM links").await, 1);
}

#[tokio::test]
async fn a_newer_file_is_refused_in_all_that_writes() {
    let folder = Folder::new();
    let file = folder.file("tokens.db");
    let store = open(&file).await;
    let rev = put(&store, &account("1"), None, "a").await;
    let lease = store.lease(&account("1"), "ana", Duration::from_secs(60)).await.unwrap().unwrap();
    raw(&file, "PRAGMA user_version = 99").await;
    let error = refusal(&file).await;
    assert!(error.contains("has version 99") && error.contains("up to 5: update the program"), "{error}");
    // And by one that had it open already.
    let account = account("1");
    let errors: [StoreError; 5] = [
        store.swap(&account, Some(rev), pair("b")).await.unwrap_err(),
        store.remove(&account).await.unwrap_err(),
        store.lease(&account, "rui", Duration::from_secs(60)).await.unwrap_err(),
        store.release(&account, lease).await.unwrap_err(),
        store.reseal().await.unwrap_err(),
    ];
    for error in errors {
        assert!(error.to_string().contains("has version 99"), "{error}");
    }
    assert_eq!(stored(&store, &account).await, Some(("a".to_owned(), rev)));
}

#[tokio::test]
async fn the_database_of_another_program_is_refused() {
    let folder = Folder::new();
    let file = folder.file("other.db");
    raw(&file, "CREATE TABLE tokens (csrf TEXT)").await;
    let before = fs::read(&file).unwrap();
    assert!(refusal(&file).await.ends_with("this file is the database of another program"));
    assert!(fs::read(&file).unwrap() == before, "and left as it is");
}

#[tokio::test]
async fn a_wrong_key_is_refused() {
    let folder = Folder::new();
    let file = folder.file("tokens.db");
    let place = file.display().to_string();
    sealed::a_wrong_key_is_refused(async |seal| SqliteTokenStore::open(&file, seal).await, &place).await;
}

#[tokio::test]
async fn a_key_can_be_replaced() {
    let folder = Folder::new();
    let file = folder.file("tokens.db");
    sealed::a_key_can_be_replaced(async |seal| SqliteTokenStore::open(&file, seal).await).await;
}

#[tokio::test]
async fn every_account_is_seen() {
    let folder = Folder::new();
    let file = folder.file("tokens.db");
    sealed::every_account_is_seen(async |seal| SqliteTokenStore::open(&file, seal).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resealing_loses_no_swap() {
    let folder = Folder::new();
    let file = folder.file("tokens.db");
    sealed::resealing_loses_no_swap(async |seal| SqliteTokenStore::open(&file, seal).await).await;
}

fn bytes_of(folder: &Folder) -> Vec<u8> {
    let files = fs::read_dir(&folder.0).unwrap();
    files.flat_map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

#[tokio::test]
async fn neither_the_file_nor_debug_shows_a_token() {
    let folder = Folder::new();
    let store = open(&folder.file("tokens.db")).await;
    put(&store, &account("1"), None, "a").await;
    let bytes = bytes_of(&folder);
    assert!(holds(&bytes, "crm:1"), "the files were looked at");
    assert!(!holds(&bytes, "s3cr3t") && !holds(&bytes, "5ec2e7"));
    let shown = format!("{store:?}");
    assert!(shown.contains("tokens.db") && !shown.contains("s3cr3t") && !shown.contains("5ec2e7"), "{shown}");
}

#[tokio::test]
async fn a_record_that_was_moved_does_not_open() {
    let folder = Folder::new();
    let file = folder.file("tokens.db");
    let store = open(&file).await;
    put(&store, &account("1"), None, "a").await;
    put(&store, &account("2"), None, "b").await;
    let moved = "UPDATE tokens SET sealed = (SELECT sealed FROM tokens WHERE account = 'crm:1')";
    raw(&file, moved).await;
    for error in [
        store.load(&account("2")).await.unwrap_err(),
        store.swap(&account("2"), None, pair("c")).await.unwrap_err(),
        SqliteTokenStore::open(&file, seal(&[KEY])).await.unwrap_err(),
    ] {
        let error = error.to_string();
        assert!(error.contains("crm:2") && error.contains("sealed for another account"), "{error}");
    }
    // The way out: authorise again. A pair that does not open can be removed.
    store.remove(&account("2")).await.unwrap();
    put(&store, &account("2"), None, "c").await;
}

#[tokio::test]
async fn a_record_that_is_cut_anywhere_is_an_error() {
    let folder = Folder::new();
    let file = folder.file("tokens.db");
    let store = open(&file).await;
    put(&store, &account("1"), None, "a").await;
    let options = SqliteConnectOptions::new().filename(&file).synchronous(SqliteSynchronous::Off);
    let other = Mutex::new(SqliteConnection::connect_with(&options).await.unwrap());
    let read = async || {
        let sealed = sqlx::query_scalar::<_, String>("SELECT sealed FROM tokens");
        sealed.fetch_one(&mut *other.lock().await).await.unwrap()
    };
    let write = async |sealed: &str| {
        let update = sqlx::query("UPDATE tokens SET sealed = $1").bind(sealed.to_owned());
        update.execute(&mut *other.lock().await).await.unwrap();
    };
    let sealed = read().await;
    sealed::a_cut_record_is_an_error(&store, &sealed, write, read).await;
}

#[tokio::test]
async fn a_lease_does_not_outlive_a_clock_that_was_set_back() {
    let folder = Folder::new();
    let file = folder.file("tokens.db");
    let (late, early) = (Arc::new(ManualEnv::new(1)), Arc::new(ManualEnv::new(1)));
    let (before, after) = (open(&file).await.with_env(late.clone()), open(&file).await.with_env(early));
    let (account, ttl) = (account("1"), Duration::from_secs(60));
    late.advance(Duration::from_secs(4));
    let first = before.lease(&account, "ana", ttl).await.unwrap().unwrap();
    assert_eq!(after.lease(&account, "rui", ttl).await.unwrap(), None, "clocks differ by a little");
    before.release(&account, first).await.unwrap();
    late.advance(Duration::from_secs(3600));
    let second = before.lease(&account, "ana", ttl).await.unwrap().unwrap();
    let third = after.lease(&account, "rui", ttl).await.unwrap().unwrap();
    before.release(&account, second).await.unwrap();
    assert_eq!(after.lease(&account, "eva", ttl).await.unwrap(), None, "the void lease is not released");
    after.release(&account, third).await.unwrap();
}

/// The clock that all processes of the machine have, and that goes on when one ends.
#[tokio::test]
async fn leases_are_by_the_wall_clock() {
    let (folder, env) = (Folder::new(), Arc::new(ManualEnv::new(1)));
    let file = folder.file("tokens.db");
    let store = open(&file).await.with_env(env.clone());
    store.lease(&account("1"), "ana", Duration::from_micros(1500)).await.unwrap().unwrap();
    assert_eq!(ask(&file, "SELECT lease_from FROM tokens").await, env.now().as_millisecond());
    assert_eq!(ask(&file, "SELECT lease_until - lease_from FROM tokens").await, 2, "never ends early");
}

#[tokio::test]
async fn a_lease_may_be_asked_for_ever() {
    let folder = Folder::new();
    let store = open(&folder.file("tokens.db")).await;
    assert!(store.lease(&account("1"), "ana", Duration::MAX).await.unwrap().is_some());
    assert_eq!(store.lease(&account("1"), "rui", Duration::MAX).await.unwrap(), None);
}

/// The other process in `what_was_swapped_survives_a_kill`: swaps until it is killed, and says what.
#[tokio::test]
#[ignore = "started by another test"]
async fn swaps_until_killed() {
    let store = Place::of_parent().open().await;
    let mut seen = None;
    for number in 0.. {
        let rev = put(&*store, &account("1"), seen, &number.to_string()).await;
        say(&format!("swapped {number}"));
        seen = Some(rev);
    }
}

#[tokio::test]
async fn what_was_swapped_survives_a_kill() {
    let folder = Folder::new();
    let file: PathBuf = folder.file("tokens.db");
    let mut process = Process::start("sqlite::swaps_until_killed", &Place::sqlite(&file), &[]);
    let mut last = 0;
    while last < 30 {
        last = process.hear("swapped ").parse().unwrap();
    }
    process.kill();
    let store = open(&file).await;
    let (name, rev) = stored(&store, &account("1")).await.unwrap();
    assert!(name.parse::<u32>().unwrap() >= last, "{name} after {last}");
    assert!(matches!(store.swap(&account("1"), Some(rev), pair("b")).await.unwrap(), Swap::Stored(_)));
}
