//! The state in PostgreSQL, which goes and comes back while the service runs.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use sync_core::http::reqwest::Url;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::ana;
use crate::outages::bruno;
use crate::scene::{Scene, ready, terminated, until};

/// The database to test on; `None` if there is none and none is required.
fn database() -> Option<Url> {
    let required = std::env::var("SYNC_REQUIRE_POSTGRES").is_ok_and(|value| value == "1");
    let Ok(url) = std::env::var("SYNC_TEST_POSTGRES") else {
        assert!(!required, "SYNC_REQUIRE_POSTGRES is 1, and SYNC_TEST_POSTGRES is not set");
        eprintln!("skipped: SYNC_TEST_POSTGRES is not set");
        return None;
    };
    Some(url.parse().unwrap())
}

/// What becomes of what goes to a server.
#[derive(Clone, Copy, PartialEq)]
enum Traffic {
    Flows,
    /// Connections are closed, and new ones too.
    Refused,
    /// Connections stay, and nothing comes through them.
    Swallowed,
}

/// A way to a server that can be cut.
struct Way {
    port: u16,
    traffic: watch::Sender<Traffic>,
}

impl Way {
    async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (traffic, now) = watch::channel(Traffic::Flows);
        tokio::spawn(async move {
            while let Ok((mut here, _)) = listener.accept().await {
                let (server, mut now) = (server.clone(), now.clone());
                tokio::spawn(async move {
                    let flows = async {
                        let mut there = TcpStream::connect(server).await.unwrap();
                        let _ = tokio::io::copy_bidirectional(&mut here, &mut there).await;
                    };
                    let is_cut = |traffic: &Traffic| *traffic != Traffic::Flows;
                    let cut = tokio::select! {
                        biased;
                        cut = now.wait_for(is_cut) => *cut.unwrap(),
                        () = flows => return,
                    };
                    if cut == Traffic::Swallowed {
                        let held = here;
                        std::future::pending::<()>().await;
                        drop(held);
                    }
                });
            }
        });
        Self { port, traffic }
    }
}

/// Schemas of a test, which go when it ends.
struct Schemas {
    url: Url,
    names: Vec<String>,
}

impl Drop for Schemas {
    fn drop(&mut self) {
        let (url, names) = (self.url.clone(), std::mem::take(&mut self.names));
        let drops = async move {
            let mut connection = PgConnection::connect(url.as_str()).await.unwrap();
            for name in names {
                let drop = AssertSqlSafe(format!("DROP SCHEMA IF EXISTS {name} CASCADE"));
                sqlx::raw_sql(drop).execute(&mut connection).await.unwrap();
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        std::thread::spawn(move || runtime.block_on(drops)).join().unwrap();
    }
}

#[tokio::test]
async fn a_database_that_is_gone_for_a_minute_is_told_and_nothing_is_lost_or_done_twice() {
    let says = "the database does not answer: see that it runs";
    a_database_is_gone("gone", Traffic::Refused, says, Duration::from_mins(1)).await;
}

#[tokio::test]
async fn a_database_that_falls_silent_is_told_and_nothing_is_lost_or_done_twice() {
    let says = "the database has not answered for 15 s: see that it runs";
    a_database_is_gone("silent", Traffic::Swallowed, says, Duration::from_secs(8)).await;
}

async fn a_database_is_gone(test: &str, how: Traffic, says: &str, after_it_was_told: Duration) {
    let Some(url) = database() else { return };
    let pair: &str = Box::leak(format!("{test}_{}", std::process::id()).into_boxed_str());
    let _schemas = Schemas { url: url.clone(), names: vec![format!("sync_{pair}")] };
    let (host, port) = (url.host_str().unwrap(), url.port().unwrap_or(5432));
    let way = Way::to(format!("{host}:{port}")).await;
    let mut scene = Scene::new(&format!("postgres-{test}"), &[(pair, 0)]).await;
    let (inbox, address) = scene.serves().await;
    let mut through = url.clone();
    through.set_host(Some("127.0.0.1")).unwrap();
    through.set_port(Some(way.port)).unwrap();
    scene.environment = vec![("SYNC_DATABASE", through.to_string())];
    scene.service.push_str("\ndatabase = \"env:SYNC_DATABASE\"");
    scene.write();
    scene.pair(pair).moloni.add_customer(ana()).unwrap();
    scene.approved(pair).await;
    assert!(scene.contact(pair, "ana@example.pt").is_some());
    assert_eq!(scene.says(&["status"]).await.code, Some(0));
    let mut child = scene.started();
    ready(&address, "it runs", |status, _| status == 200).await;
    scene.ana_moves(pair, "Tavira");
    until("an edit", || scene.ana_lives_in(pair, "Tavira")).await;

    way.traffic.send_replace(how);
    until("an alert", || inbox.has("pair_stopped", pair)).await;
    let why = ready(&address, "it is told", |status, _| status == 503).await;
    assert!(why.contains(says), "{why}");
    let said = scene.says(&["status"]).await;
    assert!(said.code == Some(1) && said.text.contains(says), "{}", said.text);
    scene.ana_moves(pair, "Loulé");
    scene.pair(pair).moloni.add_customer(bruno()).unwrap();
    // Some attempts, each of which fails.
    tokio::time::sleep(after_it_was_told).await;
    assert_eq!(child.try_wait().unwrap(), None, "it stays alive");
    assert!(!scene.ana_lives_in(pair, "Loulé"));
    assert_eq!(
        inbox.of("pair_stopped", pair).len(),
        1,
        "it is told once: {:?}",
        inbox.of("pair_stopped", pair)
    );

    way.traffic.send_replace(Traffic::Flows);
    until("the edit made meanwhile", || scene.ana_lives_in(pair, "Loulé")).await;
    until("the customer made meanwhile", || scene.contact(pair, "bruno@example.pt").is_some()).await;
    ready(&address, "it goes on by itself", |status, _| status == 200).await;
    let said = terminated(child).await;
    assert!(said.code == Some(0), "{}", said.text);
    assert_eq!(scene.contacts_of_moloni(pair), 2);
    assert_eq!(scene.says(&["apply"]).await.code, Some(0), "nothing is left to do");
}
