//! The databases as queue and as budget, for one process and for several.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sync_core::engine::{Budget, LinkId, Taken};
use sync_core::queue::{Claim, Hint, Priority, WorkKey, WorkQueue};
use sync_core::store::{PostgresStore, SqliteStore, Store};
use sync_core::{AccountKey, ManualEnv, async_trait, conformance};

use super::new_link;
use super::places::{Database, Folder};

const HOUR: Duration = Duration::from_secs(3600);
/// Nothing here takes so long unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

fn key(name: impl std::fmt::Display) -> WorkKey {
    WorkKey::Link(LinkId::new(name.to_string()))
}

fn event(name: impl std::fmt::Display) -> Hint {
    Hint::new(key(name), "t", Priority::Event)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sqlite_conforms_as_queue_and_as_budget() {
    let (folder, count) = (Folder::new(), AtomicUsize::new(0));
    let env = Arc::new(ManualEnv::new(1));
    let make = async || {
        let file = folder.file(format!("{}.db", count.fetch_add(1, Ordering::Relaxed)));
        SqliteStore::open(file).await.unwrap().with_env(env.clone())
    };
    conformance::work_queue::check(&make, &*env).await;
    conformance::budget::check(&make, &*env).await;
    conformance::store::check_hints(&make, &*env).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgres_conforms_as_queue_and_as_budget() {
    let Some(database) = Database::find("queue").await else { return };
    let env = Arc::new(ManualEnv::new(1));
    let make = async || {
        let schema = database.next_schema();
        PostgresStore::connect_in(&database.url, &schema).await.unwrap().with_env(env.clone())
    };
    conformance::work_queue::check(&make, &*env).await;
    conformance::budget::check(&make, &*env).await;
    conformance::store::check_hints(&make, &*env).await;
    database.clean().await;
}

/// All that a database is, for the tests below.
#[async_trait]
trait Shared: Store + WorkQueue + Budget {}
impl Shared for SqliteStore {}
impl Shared for PostgresStore {}

/// Where several processes find one database.
enum Place {
    File(String),
    Schema(String),
}

impl Place {
    async fn open(&self) -> Box<dyn Shared> {
        match self {
            Self::File(path) => Box::new(SqliteStore::open(path).await.unwrap()),
            Self::Schema(name) => {
                let url = Database::find("").await.unwrap().url;
                Box::new(PostgresStore::connect_in(&url, name).await.unwrap())
            }
        }
    }

    /// The database that the parent of this process told it to open.
    async fn of_parent() -> Box<dyn Shared> {
        let name = std::env::var("SYNC_TEST_PLACE").unwrap();
        let place = if name.contains('/') { Self::File(name) } else { Self::Schema(name) };
        place.open().await
    }

    /// Another process, which runs the ignored test `test` on this database.
    fn start(&self, test: &str) -> Child {
        let (Self::File(name) | Self::Schema(name)) = self;
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &format!("queue::{test}"), "--ignored", "--nocapture"])
            .env("SYNC_TEST_PLACE", name)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }
}

/// What a process says, as far as it begins with `word`.
fn said(child: &mut Child, word: &'static str) -> impl Iterator<Item = String> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    lines.filter_map(move |line| line.strip_prefix(word).map(str::to_owned))
}

#[allow(clippy::print_stdout, reason = "speaks to its parent")]
fn say(what: impl std::fmt::Display) {
    println!("\n{what}");
}

/// A process in `several_processes_share_the_work`: works until nothing is due, and says on what.
#[tokio::test]
#[ignore = "started by another test"]
async fn works_until_nothing_is_due() {
    let database = Place::of_parent().await;
    loop {
        let claims = database.claim("child", 3, HOUR).await.unwrap();
        if claims.is_empty() {
            return;
        }
        for claim in claims {
            say(format_args!("worked on {}", claim.key));
            // What follows from it is hinted with the state that it comes from.
            let name = claim.key.to_string().replace("pair ", "of ");
            let mut commit = new_link(&name);
            if !name.starts_with("of of") {
                commit.hints = vec![event(&name)];
            }
            database.commit(commit).await.unwrap();
            database.done(claim, None).await.unwrap();
        }
    }
}

/// Another one: takes keys and never gives them back.
#[tokio::test]
#[ignore = "started by another test"]
async fn takes_keys_and_stalls() {
    let database = Place::of_parent().await;
    let claims = database.claim("child", 5, Duration::from_millis(1500)).await.unwrap();
    say(format_args!("claimed {}", claims.len()));
    std::thread::sleep(PATIENCE);
}

/// Another one: takes what it gets of a quota, and says how much.
#[tokio::test]
#[ignore = "started by another test"]
async fn takes_of_a_quota() {
    let database = Place::of_parent().await;
    let account = AccountKey::new("crm", 1);
    // Each process that starts says so.
    database.allow(&account, 100, HOUR).await.unwrap();
    let mut taken = 0;
    while database.take(std::slice::from_ref(&account), Priority::Event, 3).await.unwrap() == Taken::Granted {
        taken += 3;
    }
    say(format_args!("taken {taken}"));
}

async fn several_processes_share_the_work(place: &Place) {
    const KEYS: usize = 40;
    let database = place.open().await;
    let hints: Vec<_> = (0..KEYS).map(event).collect();
    database.mark(&hints).await.unwrap();
    // One that is killed at its work; the others get its keys when its lease ends.
    let mut stalled = place.start("takes_keys_and_stalls");
    assert_eq!(said(&mut stalled, "claimed ").next().as_deref(), Some("5"));
    stalled.kill().unwrap();
    stalled.wait().unwrap();

    let mut children: Vec<_> = (0..3).map(|_| place.start("works_until_nothing_is_due")).collect();
    let work = |children: Vec<Child>| -> Vec<Vec<String>> {
        let mut children = children;
        let listening: Vec<_> = children.iter_mut().map(|child| said(child, "worked on ")).collect();
        let heard = listening.into_iter().map(Iterator::collect).collect();
        for child in &mut children {
            assert!(child.wait().unwrap().success());
        }
        heard
    };
    let mut heard = work(std::mem::take(&mut children));
    tokio::time::sleep(Duration::from_secs(2)).await;
    heard.extend(work(vec![place.start("works_until_nothing_is_due")]));
    let all: Vec<_> = heard.concat();
    let different: BTreeSet<_> = all.iter().collect();
    // Each key, and what follows from it.
    assert_eq!((all.len(), different.len()), (2 * KEYS, 2 * KEYS), "each key once: {heard:?}");
    assert_eq!(database.next_due().await.unwrap(), None);
    assert_eq!(database.links_page(None, 1000).await.unwrap().len(), 2 * KEYS);
}

fn several_processes_share_a_quota(place: &Place) {
    let children: Vec<_> = (0..3).map(|_| place.start("takes_of_a_quota")).collect();
    let mut taken = Vec::new();
    for mut child in children {
        taken.push(said(&mut child, "taken ").last().unwrap().parse::<u32>().unwrap());
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(taken.iter().sum::<u32>(), 99, "of 100 by threes: {taken:?}");
}

#[tokio::test]
async fn several_processes_share_a_file() {
    let folder = Folder::new();
    let place = |name| Place::File(folder.file(name).to_str().unwrap().to_owned());
    several_processes_share_the_work(&place("work.db")).await;
    several_processes_share_a_quota(&place("quota.db"));
}

#[tokio::test]
async fn several_processes_share_a_schema() {
    let Some(database) = Database::find("shared").await else { return };
    let mut schemas = (0..2).map(|_| Place::Schema(database.next_schema()));
    let (work, quota) = (schemas.next().unwrap(), schemas.next().unwrap());
    // Made by one of them: another test shows that several may do it.
    quota.open().await;
    several_processes_share_the_work(&work).await;
    several_processes_share_a_quota(&quota);
    database.clean().await;
}

fn names(claims: &[Claim]) -> Vec<&WorkKey> {
    claims.iter().map(|claim| &claim.key).collect()
}

#[tokio::test]
async fn work_waits_for_no_commit_and_for_no_other_worker() {
    let Some(database) = Database::find("waits").await else { return };
    let schema = database.next_schema();
    let store = PostgresStore::connect_in(&database.url, &schema).await.unwrap();
    store.mark(&[event("a"), event("b")]).await.unwrap();
    let account = AccountKey::new("crm", 1);
    store.allow(&account, 10, HOUR).await.unwrap();
    let mut other = database.connection().await;
    let hold = format!(
        "SET search_path TO {schema}; BEGIN; SELECT version FROM schema_version FOR UPDATE;
        SELECT key FROM queue WHERE key LIKE '%a%' FOR UPDATE"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(hold)).execute(&mut other).await.unwrap();
    // As many commits as there are connections for them, all of which wait.
    let store = Arc::new(store);
    let commit = |name: usize| {
        let store = store.clone();
        tokio::spawn(async move { store.commit(new_link(&name.to_string())).await })
    };
    let waiting: Vec<_> = (0..8).map(commit).collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let work = async {
        let claims = store.claim("w", 2, HOUR).await.unwrap();
        assert_eq!(names(&claims), [&key("b")], "the other key is being claimed by somebody else");
        for claim in claims {
            store.done(claim, None).await.unwrap();
        }
        store.mark(&[event("c")]).await.unwrap();
        assert!(store.next_due().await.unwrap().is_some());
        store.take(&[account], Priority::Event, 3).await.unwrap()
    };
    let taken = tokio::time::timeout(Duration::from_secs(10), work).await.expect("nothing of it waits");
    assert_eq!(taken, Taken::Granted);
    assert!(waiting.iter().all(|commit| !commit.is_finished()), "commits do wait");
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    for commit in waiting {
        commit.await.unwrap().unwrap();
    }
    database.clean().await;
}

#[tokio::test]
async fn a_claim_reads_a_few_rows_of_many() {
    let Some(database) = Database::find("many").await else { return };
    let schema = database.next_schema();
    let store = PostgresStore::connect_in(&database.url, &schema).await.unwrap();
    // 80,000 are due, and 20,000 are not.
    let fill = format!(
        r#"INSERT INTO {schema}.queue SELECT '{{"link":"' || n || '"}}', 't' || n % 3, n % 5, n,
            CASE WHEN n % 10 < 8 THEN n ELSE 4000000000000000000 END, 0, NULL, 0 FROM generate_series(1, 100000) n;
        ANALYZE {schema}.queue"#
    );
    database.raw(fill).await;
    let read = async || {
        let sql = "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0), seq_scan FROM pg_stat_user_tables \
            WHERE schemaname = $1 AND relname = 'queue'";
        let (rows, scans): (i64, i64) = sqlx::query_as(sql)
            .bind(schema.clone())
            .fetch_one(&mut database.connection().await)
            .await
            .unwrap();
        (rows, scans)
    };
    // The server tells of the filling a while later.
    let settled = async || {
        let mut last = read().await;
        loop {
            tokio::time::sleep(Duration::from_millis(1500)).await;
            let next = read().await;
            if next == last {
                return next;
            }
            last = next;
        }
    };
    let before = settled().await;
    for _ in 0..10 {
        let claims = store.claim("w", 8, HOUR).await.unwrap();
        assert_eq!(claims.len(), 8);
        assert!(store.next_due().await.unwrap().is_some());
        for claim in claims {
            store.done(claim, None).await.unwrap();
        }
    }
    // The server is told of what a connection has read when it has been quiet for a second.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    store.next_due().await.unwrap();
    store.next_due().await.unwrap();
    let after = settled().await;
    let (rows, scans) = (after.0 - before.0, after.1 - before.1);
    assert!(rows > 80, "the server tells what is read: {rows} rows");
    assert!(rows < 20_000 && scans == 0, "ten claims read {rows} rows, in {scans} scans of all");
    database.clean().await;
}
