//! Four processes refresh one company's tokens, and some are killed while they do.
//!
//! Moloni forgives nothing: a refresh token works once, and its successor is in one answer and nowhere else. So the one
//! thing that may be lost is a pair whose process dies between that answer and its own store.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use moloni_client::sandbox::{Config, Sandbox};
use moloni_client::{
    Client, CompanyId, Env, Event, HttpSettings, ManualEnv, MoloniOAuth, OAuthApp, Observer, Refresh,
    RefreshError, SystemEnv, TokenManager, TokenSet, TokenSource, TokenStore, async_trait,
};
use sync_core::{FileTokenStore, SealingKeys, SqliteTokenStore, XChaChaSeal};
use tokio::process::{Child, Command};

const ROUNDS: usize = 200;
const PROCESSES: usize = 4;
/// Shortened: a round must not last a minute and a half because its refresher was killed.
const LEASE: Duration = Duration::from_millis(400);
/// A key for these tests alone.
const KEY: &str = "5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2";

async fn open(place: &str) -> Arc<dyn TokenStore> {
    crate::trace::on();
    let seal = Arc::new(XChaChaSeal::new(SealingKeys::from_text(&KEY.into()).unwrap()));
    match place.rsplit_once('.').unwrap().1 {
        "json" => Arc::new(FileTokenStore::open(place, seal).await.unwrap()),
        _ => Arc::new(SqliteTokenStore::open(place, seal).await.unwrap()),
    }
}

fn manager(company: CompanyId, store: Arc<dyn TokenStore>, oauth: MoloniOAuth) -> TokenManager {
    let env = Arc::new(SystemEnv::new());
    let told = Arc::new(Told { oauth, env: env.clone(), got: std::sync::Mutex::default() });
    let builder = TokenManager::builder(Client::account_key(company), store, told.clone());
    builder.env(env).observer(told).lease(LEASE).build()
}

/// Tells the parent how far a refresh has come.
#[derive(Debug)]
struct Told {
    oauth: MoloniOAuth,
    env: Arc<SystemEnv>,
    got: std::sync::Mutex<Duration>,
}

#[allow(clippy::print_stdout, reason = "speaks to its parent")]
fn tell(what: &str) {
    println!("\ntold: {what}");
}

#[async_trait]
impl Refresh for Told {
    async fn refresh(&self, current: &TokenSet) -> Result<TokenSet, RefreshError> {
        tell("asked");
        let result = self.oauth.refresh(current).await;
        *self.got.lock().unwrap() = self.env.monotonic();
        tell(if result.is_ok() { "got" } else { "refused" });
        result
    }

    fn time_limit(&self) -> Duration {
        self.oauth.time_limit()
    }
}

impl Observer for Told {
    fn on_event(&self, event: &Event<'_>) {
        if let Event::TokenRefreshed { .. } = event {
            let took = self.env.monotonic().saturating_sub(*self.got.lock().unwrap());
            tell(&format!("stored {}", took.as_micros()));
        }
    }
}

/// One of the four.
#[tokio::test]
#[ignore = "started by another test"]
async fn gets_a_token_unless_it_is_killed() {
    let given = |name: &str| std::env::var(format!("SYNC_TEST_{name}")).unwrap();
    let app = OAuthApp::new(given("CLIENT"), given("SECRET"));
    let oauth = MoloniOAuth::at(&given("URL"), app, &HttpSettings::new()).unwrap();
    let company = CompanyId::from(given("COMPANY").parse::<u64>().unwrap());
    let manager = manager(company, open(&given("PLACE")).await, oauth);
    match manager.access().await {
        Ok(_) => tell("served"),
        Err(error) if error.needs_reconnect() => tell("reconnect"),
        Err(error) => tell(&format!("failed {error}")),
    }
}

struct World {
    sandbox: Sandbox,
    folder: tempfile::TempDir,
}

impl World {
    fn place(&self, number: usize) -> String {
        let name = if number % 2 == 0 { "tokens.json" } else { "tokens.db" };
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn company(&self) -> CompanyId {
        self.sandbox.credentials().company_id.into()
    }

    fn url(&self) -> String {
        format!("{}/v1/", self.sandbox.url())
    }

    fn oauth(&self) -> MoloniOAuth {
        let credentials = self.sandbox.credentials();
        let app = OAuthApp::new(credentials.client_id.clone(), credentials.client_secret.clone());
        MoloniOAuth::at(&self.url(), app, &HttpSettings::new()).unwrap()
    }

    async fn log_in(&self, store: &Arc<dyn TokenStore>) {
        let credentials = self.sandbox.credentials();
        let (name, password) = (credentials.username.clone(), credentials.password.clone());
        let pair = self.oauth().password(name, password).await.unwrap();
        manager(self.company(), store.clone(), self.oauth()).connect(pair).await.unwrap();
    }

    /// The access token has run out; its refresh token is good.
    async fn expire(&self, store: &Arc<dyn TokenStore>) {
        let key = Client::account_key(self.company());
        let mut stored = store.load(&key).await.unwrap().unwrap();
        stored.value.access_expires_at = Some(stored.value.obtained_at);
        store.swap(&key, Some(stored.rev), stored.value).await.unwrap();
    }

    fn start(&self, place: &str) -> Child {
        let credentials = self.sandbox.credentials();
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::gets_a_token_unless_it_is_killed", "--ignored", "--nocapture"])
            .env("SYNC_TEST_PLACE", place)
            .env("SYNC_TEST_URL", self.url())
            .env("SYNC_TEST_COMPANY", self.company().to_string())
            .env("SYNC_TEST_CLIENT", &credentials.client_id)
            .env("SYNC_TEST_SECRET", &credentials.client_secret)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    /// Asks the service itself whether the stored token works.
    async fn works(&self, manager: TokenManager) -> bool {
        let client =
            Client::builder().tokens(manager).company(self.company()).base_url(self.url()).build().unwrap();
        client.identity().await.is_ok()
    }
}

/// What a process told before it ended or was killed.
struct Story {
    killed: bool,
    told: Vec<String>,
}

async fn end(mut child: Child, kill_after: Option<Duration>) -> Story {
    if let Some(after) = kill_after {
        tokio::select! {
            () = tokio::time::sleep(after) => child.start_kill().unwrap(),
            _ = child.wait() => {}
        }
    }
    let output = child.wait_with_output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let told = text.lines().filter_map(|line| line.strip_prefix("told: ")).map(str::to_owned).collect();
    Story { killed: !output.status.success(), told }
}

#[derive(Debug, Default)]
struct Totals {
    killed: usize,
    refreshed: usize,
    reconnects: usize,
    /// Between the answer and the stored pair, in microseconds.
    windows: Vec<u64>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::print_stdout, reason = "what was counted is worth reading")]
async fn two_hundred_rounds_of_killed_processes_end_with_a_token_or_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let world = World { sandbox: Sandbox::start(Config::default()).await.unwrap(), folder };
    let chance = ManualEnv::new(7);
    let mut totals = [Totals::default(), Totals::default()];
    let mut both = Vec::new();
    for number in 0..2 {
        let store = open(&world.place(number)).await;
        world.log_in(&store).await;
        both.push(store);
    }
    for round in 0..ROUNDS {
        let (store, totals) = (&both[round % 2], &mut totals[round % 2]);
        world.expire(store).await;
        // Most kills fall into the time from the start of a process to the end of its refresh.
        let ends = (0..PROCESSES).map(|_| {
            let kill = chance.rand() % 3 > 0;
            let after = Duration::from_micros(chance.rand() % 150_000);
            end(world.start(&world.place(round)), kill.then_some(after))
        });
        let stories = futures_util::future::join_all(ends.collect::<Vec<_>>()).await;

        let lost_by_kill = stories.iter().any(|story| {
            story.killed && story.told.last().is_some_and(|last| last == "asked" || last == "got")
        });
        for story in &stories {
            totals.killed += usize::from(story.killed);
            for line in &story.told {
                assert!(!line.starts_with("failed"), "round {round}: {line}");
                if let Some(window) = line.strip_prefix("stored ") {
                    totals.refreshed += 1;
                    totals.windows.push(window.parse().unwrap());
                }
            }
        }
        let survivor = manager(world.company(), store.clone(), world.oauth());
        match survivor.access().await {
            Ok(_) => assert!(world.works(survivor).await, "round {round}: the stored token does not work"),
            Err(error) => {
                assert!(error.needs_reconnect(), "round {round}: {error}");
                let told: Vec<_> = stories.iter().map(|s| (s.killed, &s.told)).collect();
                assert!(lost_by_kill, "round {round}: lost without a kill in the window: {told:?}");
                totals.reconnects += 1;
                world.log_in(store).await;
            }
        }
    }
    for (name, totals) in ["file", "SQLite"].into_iter().zip(&mut totals) {
        let Totals { killed, refreshed, reconnects, windows } = totals;
        assert!(*killed > 50 && *refreshed > 50, "{name}: the kills prove nothing: {killed}, {refreshed}");
        windows.sort_unstable();
        println!(
            "{name}: {} rounds, {killed} processes killed, {refreshed} refreshes stored by the others, \
             {reconnects} reconnects; answer to stored pair: median {} us, longest {} us",
            ROUNDS / 2,
            windows[windows.len() / 2],
            windows.last().unwrap()
        );
    }
}

/// The same without kills: nothing is ever lost, and each round costs one refresh.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_kills_each_round_costs_one_refresh_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let world = World { sandbox: Sandbox::start(Config::default()).await.unwrap(), folder };
    for number in 0..10 {
        let store = open(&world.place(number)).await;
        if number < 2 {
            world.log_in(&store).await;
        }
        world.expire(&store).await;
        let place = world.place(number);
        let ends = (0..PROCESSES).map(|_| end(world.start(&place), None)).collect::<Vec<_>>();
        let stories = futures_util::future::join_all(ends).await;
        let count =
            |what: &str| stories.iter().flat_map(|s| &s.told).filter(|line| line.starts_with(what)).count();
        assert_eq!((count("served"), count("asked"), count("stored")), (PROCESSES, 1, 1), "round {number}");
    }
}
