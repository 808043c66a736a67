//! Four processes, each with a manager of one account, and a service that takes each refresh token once.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use sync_core::jiff::Timestamp;
use sync_core::secrecy::ExposeSecret;
use sync_core::{
    Env, Refresh, RefreshError, Swap, SystemEnv, TokenManager, TokenSet, TokenSource, TokenStore, async_trait,
};

use super::places::{Database, Folder};
use super::processes::{PATIENCE, PROCESSES, Place, Process, say};
use super::{account, pair};

const ROUNDS: u32 = 4;

/// How long the processes hold the lease, in seconds: so long that it never ends, or so short that it can be waited
/// for.
const LONG: &str = "60";
const SHORT: &str = "2";

/// Asks the parent for new tokens, in one line.
#[derive(Debug)]
struct AskParent(SocketAddr);

#[async_trait]
impl Refresh for AskParent {
    async fn refresh(&self, current: &TokenSet) -> Result<TokenSet, RefreshError> {
        let refresh = current.refresh.as_ref().unwrap().expose_secret().to_owned();
        let address = self.0;
        let ask = move || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(address)?;
            writeln!(stream, "{} {refresh}", std::process::id())?;
            let mut answer = String::new();
            BufReader::new(stream).read_line(&mut answer)?;
            Ok(answer.trim().to_owned())
        };
        let answer = tokio::task::spawn_blocking(ask).await.unwrap();
        match answer.map_err(|error| RefreshError::Unavailable(error.to_string()))?.as_str() {
            "" => Err(RefreshError::Unavailable("no answer".to_owned())),
            "refused" => Err(RefreshError::Rejected("this refresh token was used before".to_owned())),
            name => {
                let mut new = pair(name);
                new.obtained_at = SystemEnv::new().now();
                Ok(new.expires_in(Duration::from_secs(3600)))
            }
        }
    }
}

/// What each process does: it manages the account anew each time it is told, and says which token it got.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by another test"]
async fn manages_when_told() {
    let store = Place::of_parent().open().await;
    let address = std::env::var("SYNC_TEST_ENDPOINT").unwrap().parse().unwrap();
    let lease = Duration::from_secs(std::env::var("SYNC_TEST_LEASE").unwrap().parse().unwrap());
    say("ready");
    for _ in std::io::stdin().lines() {
        let manager = TokenManager::builder(account("1"), store.clone(), Arc::new(AskParent(address)));
        let manager = manager.lease(lease).build();
        match manager.access().await {
            Ok(token) => {
                let token = TokenSet::new(token.secret.as_ref().clone(), Timestamp::UNIX_EPOCH);
                say(&format!("got {}", super::name_of(&token)));
            }
            Err(error) => say(&format!("got error: {error}")),
        }
    }
}

/// A request that waits for its answer.
struct Request {
    process: u32,
    refresh: String,
    stream: TcpStream,
}

impl Request {
    fn answer(mut self, what: &str) {
        writeln!(self.stream, "{what}").unwrap();
    }
}

/// The token endpoint: hands on each request as it comes.
fn listen() -> (SocketAddr, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, requests) = channel();
    std::thread::spawn(move || listener.incoming().try_for_each(|stream| hand_on(stream.unwrap(), &sender)));
    (address, requests)
}

/// `None` once nobody listens.
fn hand_on(stream: TcpStream, requests: &Sender<Request>) -> Option<()> {
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line).unwrap();
    let (process, refresh) = line.trim().split_once(' ').unwrap();
    let (process, refresh) = (process.parse().unwrap(), refresh.to_owned());
    requests.send(Request { process, refresh, stream }).ok()
}

struct World {
    store: Arc<dyn TokenStore>,
    requests: Receiver<Request>,
    processes: Vec<Process>,
}

impl World {
    async fn new(place: &Place, lease: &str) -> Self {
        let store = place.open().await;
        let (address, requests) = listen();
        let endpoint = address.to_string();
        let told = [("SYNC_TEST_ENDPOINT", endpoint.as_str()), ("SYNC_TEST_LEASE", lease)];
        let start = |_| Process::start("managers::manages_when_told", place, &told);
        let mut processes: Vec<_> = (0..PROCESSES).map(start).collect();
        for process in &mut processes {
            process.hear("ready");
        }
        Self { store, requests, processes }
    }

    /// Stores a pair that has expired, and tells every process to get a token.
    async fn expire(&mut self, name: &str) {
        // All processes have their token: nobody else writes.
        let seen = self.store.load(&account("1")).await.unwrap().map(|found| found.rev);
        let expired = pair(name).expires_in(Duration::from_secs(1));
        assert!(matches!(self.store.swap(&account("1"), seen, expired).await.unwrap(), Swap::Stored(_)));
        for process in &mut self.processes {
            process.tell("now");
        }
    }

    fn next_request(&self) -> Request {
        self.requests.recv_timeout(PATIENCE).unwrap()
    }

    /// Every process says which token it got.
    fn tokens(&mut self) -> Vec<String> {
        self.processes.iter_mut().map(|process| process.hear("got ")).collect()
    }
}

async fn four_processes_refresh_once(place: Place) {
    let mut world = World::new(&place, LONG).await;
    for round in 0..ROUNDS {
        world.expire(&format!("old-{round}")).await;
        let request = world.next_request();
        assert_eq!(request.refresh, format!("s3cr3t-refresh-old-{round}"));
        // Time for the others to send theirs, if they do.
        std::thread::sleep(Duration::from_millis(100));
        assert!(world.requests.try_recv().is_err(), "one request at a time in round {round}");
        request.answer(&format!("new-{round}"));
        assert_eq!(
            world.tokens(),
            vec![format!("new-{round}"); PROCESSES],
            "all get the one that was granted"
        );
        assert!(world.requests.try_recv().is_err(), "no other request in round {round}");
    }
}

/// The one that refreshes is killed before it has its answer. The others wait for its lease to end, and one of them
/// refreshes.
async fn a_process_that_dies_in_its_refresh_is_replaced(place: Place) {
    let mut world = World::new(&place, SHORT).await;
    world.expire("old").await;
    let lost = world.next_request();
    let at = world.processes.iter().position(|process| process.id() == lost.process).unwrap();
    world.processes.remove(at).kill();
    drop(lost);
    let request = world.next_request();
    assert_eq!(request.refresh, "s3cr3t-refresh-old");
    request.answer("new");
    assert_eq!(world.tokens(), vec!["new"; PROCESSES - 1]);
    assert!(world.requests.try_recv().is_err(), "one more request");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_on_a_file_refresh_once() {
    let folder = Folder::new();
    four_processes_refresh_once(Place::file(&folder.file("tokens.json"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_on_sqlite_refresh_once() {
    let folder = Folder::new();
    four_processes_refresh_once(Place::sqlite(&folder.file("tokens.db"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_on_postgres_refresh_once() {
    let Some(database) = Database::find("managers").await else { return };
    four_processes_refresh_once(Place::Postgres(database.next_schema())).await;
    database.clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_in_its_refresh_is_replaced_on_a_file() {
    let folder = Folder::new();
    a_process_that_dies_in_its_refresh_is_replaced(Place::file(&folder.file("tokens.json"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_in_its_refresh_is_replaced_on_sqlite() {
    let folder = Folder::new();
    a_process_that_dies_in_its_refresh_is_replaced(Place::sqlite(&folder.file("tokens.db"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_in_its_refresh_is_replaced_on_postgres() {
    let Some(database) = Database::find("killed").await else { return };
    a_process_that_dies_in_its_refresh_is_replaced(Place::Postgres(database.next_schema())).await;
    database.clean().await;
}
