use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sync_core::conformance;
use sync_core::engine::LinkId;
use sync_core::store::{SqliteStore, Store};

use super::new_link;
use super::places::{Folder, raw, skip};

async fn refusal(path: &Path) -> String {
    let error = SqliteStore::open(path).await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("sqlite: {}: ", path.display())), "names the file: {error}");
    assert_eq!(error.lines().count(), 1, "is one line: {error}");
    error
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sqlite_conforms() {
    let (folder, count) = (Folder::new(), AtomicUsize::new(0));
    let make = async || {
        let file = folder.file(format!("{}.db", count.fetch_add(1, Ordering::Relaxed)));
        SqliteStore::open(file).await.unwrap()
    };
    conformance::store::check(make).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sqlite_outlives_its_store() {
    let folder = Folder::new();
    conformance::store::check_reopen(async || SqliteStore::open(folder.file("state.db")).await.unwrap())
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_file_can_be_opened_by_several_at_once() {
    for _ in 0..10 {
        let folder = Folder::new();
        let opening = (0..8).map(|_| tokio::spawn(SqliteStore::open(folder.file("state.db"))));
        for opened in opening.collect::<Vec<_>>() {
            opened.await.unwrap().unwrap();
        }
    }
}

/// SQLite refuses at once who turns on the write-ahead log of a new file while another process writes to it.
#[tokio::test]
async fn a_file_that_is_busy_is_opened_when_it_is_free() {
    let folder = Folder::new();
    let file = folder.file("state.db");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let mut writer = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut writer).await.unwrap();
    let opening = tokio::spawn(SqliteStore::open(file));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!opening.is_finished(), "it waits");
    sqlx::raw_sql("COMMIT").execute(&mut writer).await.unwrap();
    opening.await.unwrap().unwrap();
}

/// The other process in `survives_a_kill`: commits until it is killed, and says what.
#[tokio::test]
#[ignore = "started by another test"]
#[allow(clippy::print_stdout, reason = "speaks to its parent")]
async fn commits_until_killed() {
    let store = SqliteStore::open(std::env::var_os("SYNC_TEST_FILE").unwrap()).await.unwrap();
    for number in 0.. {
        store.commit(new_link(&format!("{number}"))).await.unwrap();
        println!("\ncommitted {number}");
    }
}

async fn survives_a_kill(name: &str) {
    let folder = Folder::new();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sqlite::commits_until_killed", "--ignored", "--nocapture"])
        .env("SYNC_TEST_FILE", name)
        .current_dir(&folder.0)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let committed: Vec<String> =
        lines.filter_map(|line| line.strip_prefix("committed ").map(str::to_owned)).take(50).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(committed.len(), 50);
    let store = SqliteStore::open(folder.file(name)).await.unwrap();
    for number in committed {
        assert!(store.link(&LinkId::new(&number)).await.unwrap().is_some(), "{number} was committed");
    }
}

#[tokio::test]
async fn what_was_committed_survives_a_kill() {
    survives_a_kill("state.db").await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_name_that_sqlite_gives_a_meaning_is_only_a_name() {
    survives_a_kill(":memory:").await;
    survives_a_kill("file:it's 100%?mode=memory").await;
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let folder = Folder::new();
    let file = folder.file("state.db");
    let open = SqliteStore::open(&file).await.unwrap();
    raw(&file, "PRAGMA user_version = 99").await;
    let error = refusal(&file).await;
    assert!(error.contains("has version 99") && error.contains("up to 5: update the program"), "{error}");
    // And by one that had it open already.
    let error = open.commit(new_link("a")).await.unwrap_err().to_string();
    assert!(error.contains("has version 99"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = Folder::new();
    let file = folder.file("notes.txt");
    let text = "Remember to call Zoë about the invoice. ".repeat(100);
    fs::write(&file, &text).unwrap();
    assert!(refusal(&file).await.ends_with("file is not a database"));
    assert_eq!(fs::read_to_string(&file).unwrap(), text, "and left as it is");
}

#[tokio::test]
async fn the_database_of_another_program_is_refused() {
    let folder = Folder::new();
    let file = folder.file("other.db");
    raw(&file, "CREATE TABLE links (href TEXT)").await;
    let before = fs::read(&file).unwrap();
    assert!(refusal(&file).await.ends_with("this file is the database of another program"));
    assert!(fs::read(&file).unwrap() == before, "and left as it is");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_refused() {
    let folder = Folder::new();
    assert!(
        refusal(&folder.file("absent/state.db")).await.ends_with("the folder of this file does not exist")
    );
    refusal(&folder.0).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_may_not_be_written_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let file = folder.file("state.db");
    SqliteStore::open(&file).await.unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o400)).unwrap();
    if OpenOptions::new().write(true).open(&file).is_ok() {
        skip("this user may write to any file");
        return;
    }
    assert!(refusal(&file).await.ends_with("this file may not be read and written"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file("state.db")).await.unwrap();
    store.commit(new_link("a")).await.unwrap();
    for name in ["state.db", "state.db-wal", "state.db-shm"] {
        let mode = fs::metadata(folder.file(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_damaged_row_is_an_error_that_does_not_show_it() {
    let folder = Folder::new();
    let file = folder.file("state.db");
    let store = SqliteStore::open(&file).await.unwrap();
    raw(&file, r#"INSERT INTO links (id, rev, ended, body) VALUES ('a', 1, 0, '{"id":{"secret":"Zoë"}}')"#)
        .await;
    let error = store.link(&LinkId::new("a")).await.unwrap_err();
    assert!(error.to_string().contains("the row of a is damaged"), "{error}");
    assert!(!format!("{error:?}").contains("Zoë") && !format!("{error:?}").contains("secret"), "{error:?}");
}

#[tokio::test]
async fn a_question_closed_and_opened_in_one_commit_is_asked_anew() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file("state.db")).await.unwrap();
    super::a_question_closed_and_opened_in_one_commit_is_asked_anew(&store).await;
}
