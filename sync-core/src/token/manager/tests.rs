use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::renewal::FRESH;
use super::*;
use crate::{Event, Lease, ManualEnv, MemoryTokenStore, RefreshError, StoreError, Swap, Versioned};

/// A service that rotates: each refresh token works once.
#[derive(Debug, Default)]
struct Rotating {
    calls: AtomicU32,
    refuse: AtomicBool,
    offline: AtomicBool,
    misconfigured: AtomicBool,
    derives: bool,
    gate: Option<tokio::sync::Semaphore>,
}

#[async_trait]
impl Refresh for Rotating {
    async fn refresh(&self, current: &TokenSet) -> Result<TokenSet, RefreshError> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        tokio::task::yield_now().await;
        if self.refuse.load(Ordering::SeqCst) {
            return Err(RefreshError::Rejected("refresh token has expired".into()));
        }
        if self.offline.load(Ordering::SeqCst) {
            return Err(RefreshError::Unavailable("HTTP 502".into()));
        }
        if self.misconfigured.load(Ordering::SeqCst) {
            return Err(RefreshError::Misconfigured("invalid_client".into()));
        }
        let at = current.obtained_at + Duration::from_secs(3600);
        Ok(pair(&format!("s3cr3t-access-{number}"), at))
    }

    async fn obtain(&self) -> Result<Option<TokenSet>, RefreshError> {
        let first = || pair("s3cr3t-derived", ManualEnv::new(1).now());
        Ok(self.derives.then(first))
    }
}

/// Remembers what it hears.
#[derive(Debug, Default)]
struct Heard(Mutex<Vec<String>>);

impl Observer for Heard {
    fn on_event(&self, event: &Event<'_>) {
        let name = format!("{event:?}");
        self.0.lock().unwrap().push(name.split(' ').next().unwrap().to_owned());
    }
}

fn pair(access: &str, at: jiff::Timestamp) -> TokenSet {
    crate::trace::on();
    TokenSet::new(access.into(), at)
        .expires_in(Duration::from_secs(3600))
        .refresh_token("s3cr3t-refresh".into())
}

struct Fixture {
    env: Arc<ManualEnv>,
    store: Arc<dyn TokenStore>,
    service: Arc<Rotating>,
    manager: TokenManager,
}

fn account() -> AccountKey {
    AccountKey::new("test", 1)
}

async fn fixture_on(store: Arc<dyn TokenStore>, env: Arc<ManualEnv>, service: Rotating) -> Fixture {
    let service = Arc::new(service);
    let manager = TokenManager::builder(account(), store.clone(), service.clone()).env(env.clone()).build();
    if store.load(&account()).await.unwrap().is_none() {
        manager.connect(pair("s3cr3t-access-0", env.now())).await.unwrap();
    }
    Fixture { env, store, service, manager }
}

async fn fixture(service: Rotating) -> Fixture {
    let env = Arc::new(ManualEnv::new(1));
    fixture_on(Arc::new(MemoryTokenStore::new(env.clone())), env, service).await
}

fn text(token: &AccessToken) -> &str {
    use secrecy::ExposeSecret;
    token.secret.expose_secret()
}

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_thousand_callers_share_one_refresh() {
    let f = fixture(Rotating::default()).await;
    f.env.advance(HOUR);
    let calls = (0..1000).map(|_| {
        let manager = f.manager.clone();
        tokio::spawn(async move { text(&manager.access().await.unwrap()).to_owned() })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), "s3cr3t-access-1");
    }
    assert_eq!(f.service.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_hundred_callers_that_give_up_lose_nothing() {
    let f = fixture(Rotating { gate: Some(tokio::sync::Semaphore::new(0)), ..Rotating::default() }).await;
    f.env.advance(HOUR);
    let callers = (0..100).map(|_| {
        let manager = f.manager.clone();
        tokio::spawn(async move { manager.access().await })
    });
    let callers: Vec<_> = callers.collect();
    while f.service.calls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    for caller in callers {
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
    }
    f.service.gate.as_ref().unwrap().add_permits(1);
    assert_eq!(text(&f.manager.access().await.unwrap()), "s3cr3t-access-1");
    assert_eq!(f.service.calls.load(Ordering::SeqCst), 1);
    assert_eq!(f.store.load(&account()).await.unwrap().unwrap().rev.get(), 2);
}

#[tokio::test]
async fn a_rejection_hits_only_the_version_that_was_sent() {
    let f = fixture(Rotating::default()).await;
    let first = f.manager.access().await.unwrap();
    let second = f.manager.renew(first.rev).await.unwrap();
    assert_eq!(text(&second), "s3cr3t-access-1");
    // A late answer to a request that carried the first token.
    assert_eq!(text(&f.manager.renew(first.rev).await.unwrap()), "s3cr3t-access-1");
    assert_eq!(f.service.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_token_that_still_serves_outlives_a_failed_early_refresh() {
    let f = fixture(Rotating::default()).await;
    f.service.offline.store(true, Ordering::SeqCst);
    f.env.advance(Duration::from_secs(59 * 60));
    for _ in 0..50 {
        assert_eq!(text(&f.manager.access().await.unwrap()), "s3cr3t-access-0");
        tokio::task::yield_now().await;
    }
    assert_eq!(f.service.calls.load(Ordering::SeqCst), 1, "left alone for a while after the failure");
    f.env.advance(Duration::from_secs(30));
    f.service.offline.store(false, Ordering::SeqCst);
    f.manager.access().await.unwrap();
    while f.service.calls.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    f.env.advance(Duration::from_secs(40));
    assert_eq!(text(&f.manager.access().await.unwrap()), "s3cr3t-access-2");
}

#[tokio::test]
async fn a_dead_refresh_token_is_sticky_until_somebody_reconnects() {
    let f = fixture(Rotating::default()).await;
    f.service.refuse.store(true, Ordering::SeqCst);
    f.env.advance(HOUR);
    for _ in 0..10 {
        let error = f.manager.access().await.unwrap_err();
        assert!(error.needs_reconnect(), "{error}");
    }
    assert_eq!(f.service.calls.load(Ordering::SeqCst), 1);

    // A person authorises again, in another process.
    let rev = f.store.load(&account()).await.unwrap().unwrap().rev;
    f.store.swap(&account(), Some(rev), pair("s3cr3t-fresh", f.env.now())).await.unwrap();
    assert_eq!(text(&f.manager.access().await.unwrap()), "s3cr3t-fresh");
}

#[tokio::test]
async fn two_managers_on_one_store_refresh_once() {
    let a = fixture(Rotating::default()).await;
    let b = fixture_on(a.store.clone(), a.env.clone(), Rotating::default()).await;
    a.env.advance(HOUR);
    let (first, second) = tokio::join!(a.manager.access(), b.manager.access());
    assert_eq!(text(&first.unwrap()), text(&second.unwrap()));
    let calls = a.service.calls.load(Ordering::SeqCst) + b.service.calls.load(Ordering::SeqCst);
    assert_eq!(calls, 1);
}

#[tokio::test]
async fn a_pair_rotated_by_others_is_adopted_after_a_refusal() {
    let f = fixture(Rotating { gate: Some(tokio::sync::Semaphore::new(0)), ..Rotating::default() }).await;
    f.service.refuse.store(true, Ordering::SeqCst);
    f.env.advance(HOUR);
    let manager = f.manager.clone();
    let call = tokio::spawn(async move { manager.access().await });
    while f.service.calls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let rev = f.store.load(&account()).await.unwrap().unwrap().rev;
    f.store.swap(&account(), Some(rev), pair("s3cr3t-theirs", f.env.now())).await.unwrap();
    f.service.gate.as_ref().unwrap().add_permits(1);
    assert_eq!(text(&call.await.unwrap().unwrap()), "s3cr3t-theirs");
}

/// Fails to store while `broken`.
#[derive(Debug)]
struct Breakable {
    inner: MemoryTokenStore,
    broken: AtomicBool,
    unreachable: AtomicBool,
}

#[async_trait]
impl TokenStore for Breakable {
    async fn load(&self, account: &AccountKey) -> Result<Option<Versioned<TokenSet>>, StoreError> {
        self.inner.load(account).await
    }
    async fn swap(
        &self,
        account: &AccountKey,
        expect: Option<Rev>,
        new: TokenSet,
    ) -> Result<Swap, StoreError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(StoreError::new("test", "disk full"));
        }
        self.inner.swap(account, expect, new).await
    }
    async fn remove(&self, account: &AccountKey) -> Result<(), StoreError> {
        self.inner.remove(account).await
    }
    async fn lease(
        &self,
        account: &AccountKey,
        owner: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        if self.unreachable.load(Ordering::SeqCst) {
            return Err(StoreError::new("test", "no route"));
        }
        self.inner.lease(account, owner, ttl).await
    }
    async fn release(&self, account: &AccountKey, lease: Lease) -> Result<(), StoreError> {
        self.inner.release(account, lease).await
    }
}

#[tokio::test]
async fn a_pair_that_could_not_be_saved_is_saved_later_and_not_bought_twice() {
    let env = Arc::new(ManualEnv::new(1));
    let store = Arc::new(Breakable {
        inner: MemoryTokenStore::new(env.clone()),
        broken: AtomicBool::new(false),
        unreachable: AtomicBool::new(false),
    });
    let f = fixture_on(store.clone(), env, Rotating::default()).await;
    f.env.advance(HOUR);
    store.broken.store(true, Ordering::SeqCst);
    assert!(matches!(f.manager.access().await.unwrap_err(), TokenError::Store(_)), "persist before publish");
    store.broken.store(false, Ordering::SeqCst);
    assert_eq!(text(&f.manager.access().await.unwrap()), "s3cr3t-access-1");
    assert_eq!(f.service.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_pair_that_could_not_be_saved_is_saved_even_if_nobody_asks_again() {
    let env = Arc::new(ManualEnv::new(1));
    let store = Arc::new(Breakable {
        inner: MemoryTokenStore::new(env.clone()),
        broken: AtomicBool::new(false),
        unreachable: AtomicBool::new(false),
    });
    let f = fixture_on(store.clone(), env, Rotating::default()).await;
    f.env.advance(HOUR);
    store.broken.store(true, Ordering::SeqCst);
    f.manager.access().await.unwrap_err();
    store.broken.store(false, Ordering::SeqCst);
    drop(f.manager);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let stored = store.load(&account()).await.unwrap().unwrap();
    assert_eq!(text(&AccessToken::new(stored.rev, stored.value.access)), "s3cr3t-access-1");
}

#[tokio::test]
async fn settling_waits_for_the_refresh_that_runs() {
    let f = fixture(Rotating { gate: Some(tokio::sync::Semaphore::new(0)), ..Rotating::default() }).await;
    f.manager.settle().await.unwrap();
    f.env.advance(HOUR);
    let manager = f.manager.clone();
    let caller = tokio::spawn(async move { manager.access().await });
    while f.service.calls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    caller.abort();
    let (settled, ()) = tokio::join!(f.manager.settle(), async {
        f.service.gate.as_ref().unwrap().add_permits(1);
    });
    settled.unwrap();
    assert_eq!(f.store.load(&account()).await.unwrap().unwrap().rev.get(), 2);
    assert!(f.manager.unsaved().is_none());
}

#[tokio::test]
async fn settling_stores_a_pair_that_no_store_took_or_leaves_it_to_an_operator() {
    let env = Arc::new(ManualEnv::new(1));
    let store = Arc::new(Breakable {
        inner: MemoryTokenStore::new(env.clone()),
        broken: AtomicBool::new(false),
        unreachable: AtomicBool::new(false),
    });
    let f = fixture_on(store.clone(), env, Rotating::default()).await;
    f.env.advance(HOUR);
    store.broken.store(true, Ordering::SeqCst);
    f.manager.access().await.unwrap_err();
    assert!(matches!(f.manager.settle().await.unwrap_err(), TokenError::Store(_)));
    let only = f.manager.unsaved().unwrap();
    assert_eq!(text(&AccessToken::new(Rev::FIRST, only.access.clone())), "s3cr3t-access-1");
    for shown in [format!("{only:?}"), format!("{:?}", f.manager), format!("{:#?}", f.manager)] {
        assert!(!shown.contains("s3cr3t"), "{shown}");
    }
    store.broken.store(false, Ordering::SeqCst);
    f.manager.settle().await.unwrap();
    assert!(f.manager.unsaved().is_none());
    let stored = store.load(&account()).await.unwrap().unwrap();
    assert_eq!(text(&AccessToken::new(stored.rev, stored.value.access)), "s3cr3t-access-1");
    assert_eq!(text(&f.manager.access().await.unwrap()), "s3cr3t-access-1");
    assert_eq!(f.service.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_failing_token_endpoint_is_asked_less_and_less_often() {
    let f = fixture(Rotating::default()).await;
    f.service.offline.store(true, Ordering::SeqCst);
    f.env.advance(HOUR);
    // Ten calls a second for ten minutes.
    for _ in 0..6000 {
        let error = f.manager.access().await.unwrap_err();
        assert!(error.is_transient() && !error.needs_reconnect(), "{error}");
        f.env.advance(Duration::from_millis(100));
    }
    let asked = f.service.calls.load(Ordering::SeqCst);
    // After 1, 2, 4, 8, 16, 32, and then every 60 seconds.
    assert!((14..=16).contains(&asked), "{asked}");
    f.service.offline.store(false, Ordering::SeqCst);
    f.env.advance(Duration::from_secs(60));
    f.manager.access().await.unwrap();
}

#[tokio::test]
async fn a_wrong_set_up_is_tried_once_a_minute_and_is_not_a_lost_connection() {
    let f = fixture(Rotating::default()).await;
    f.service.misconfigured.store(true, Ordering::SeqCst);
    f.env.advance(HOUR);
    for _ in 0..600 {
        let error = f.manager.access().await.unwrap_err();
        assert!(!error.is_transient() && !error.needs_reconnect(), "{error}");
        assert!(error.to_string().contains("test:1"), "{error}");
        f.env.advance(Duration::from_millis(100));
    }
    assert_eq!(f.service.calls.load(Ordering::SeqCst), 1);
    f.env.advance(Duration::from_secs(1));
    f.service.misconfigured.store(false, Ordering::SeqCst);
    assert_eq!(text(&f.manager.access().await.unwrap()), "s3cr3t-access-2");
}

#[tokio::test]
async fn while_the_token_endpoint_rests_another_process_s_pair_is_found() {
    let f = fixture(Rotating::default()).await;
    f.service.offline.store(true, Ordering::SeqCst);
    f.env.advance(HOUR);
    f.manager.access().await.unwrap_err();
    let rev = f.store.load(&account()).await.unwrap().unwrap().rev;
    f.store.swap(&account(), Some(rev), pair("s3cr3t-theirs", f.env.now())).await.unwrap();
    assert_eq!(text(&f.manager.access().await.unwrap()), "s3cr3t-theirs");
    assert_eq!(f.service.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_token_that_is_refused_fresh_from_the_service_buys_no_further_one() {
    let f = fixture(Rotating::default()).await;
    let mut token = f.manager.access().await.unwrap();
    token = f.manager.renew(token.rev).await.unwrap();
    for _ in 0..10 {
        let error = f.manager.renew(token.rev).await.unwrap_err();
        assert!(matches!(error, TokenError::Rejected), "{error}");
    }
    assert_eq!(f.service.calls.load(Ordering::SeqCst), 1);
    f.env.advance(FRESH);
    assert_eq!(text(&f.manager.renew(token.rev).await.unwrap()), "s3cr3t-access-2");
}

#[tokio::test]
async fn a_lost_connection_is_reported_once() {
    let env = Arc::new(ManualEnv::new(1));
    let (store, heard) = (Arc::new(MemoryTokenStore::new(env.clone())), Arc::new(Heard::default()));
    let service = Arc::new(Rotating { refuse: AtomicBool::new(true), ..Rotating::default() });
    let manager = TokenManager::builder(account(), store, service.clone()).env(env.clone());
    let manager = manager.observer(heard.clone()).build();
    manager.connect(pair("s3cr3t", env.now())).await.unwrap();
    env.advance(HOUR);
    for _ in 0..10 {
        manager.access().await.unwrap_err();
        manager.renew(Rev::FIRST).await.unwrap_err();
        manager.keep_alive().await.unwrap_err();
    }
    assert_eq!(*heard.0.lock().unwrap(), ["ReconnectNeeded"]);
    assert_eq!(service.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_account_that_derives_its_tokens_needs_nobody_to_connect_it() {
    let env = Arc::new(ManualEnv::new(1));
    let store = Arc::new(MemoryTokenStore::new(env.clone()));
    let service = Arc::new(Rotating { derives: true, ..Rotating::default() });
    let manager = TokenManager::builder(account(), store.clone(), service).env(env).build();
    assert_eq!(text(&manager.access().await.unwrap()), "s3cr3t-derived");
    assert!(store.load(&account()).await.unwrap().is_some(), "stored before it is used");
}

#[tokio::test]
async fn a_disconnected_account_stays_so_until_somebody_connects_it() {
    let f = fixture(Rotating::default()).await;
    f.manager.access().await.unwrap();
    f.manager.disconnect().await.unwrap();
    assert!(f.store.load(&account()).await.unwrap().is_none());
    assert!(matches!(f.manager.access().await.unwrap_err(), TokenError::NotConnected(_)));
    f.manager.connect(pair("s3cr3t-again", f.env.now())).await.unwrap();
    assert_eq!(text(&f.manager.access().await.unwrap()), "s3cr3t-again");
}

#[tokio::test]
async fn a_refresh_that_runs_does_not_bring_a_disconnected_account_back() {
    let f = fixture(Rotating { gate: Some(tokio::sync::Semaphore::new(0)), ..Rotating::default() }).await;
    f.env.advance(HOUR);
    let manager = f.manager.clone();
    let caller = tokio::spawn(async move { manager.access().await });
    while f.service.calls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let (disconnected, ()) = tokio::join!(f.manager.disconnect(), async {
        f.service.gate.as_ref().unwrap().add_permits(1);
    });
    disconnected.unwrap();
    drop(caller.await);
    assert!(f.store.load(&account()).await.unwrap().is_none());
    assert!(matches!(f.manager.access().await.unwrap_err(), TokenError::NotConnected(_)));
}

#[tokio::test]
async fn whoever_dies_while_refreshing_holds_the_others_up_for_the_lease_only() {
    let f = fixture(Rotating::default()).await;
    f.env.advance(HOUR);
    let held = f.store.lease(&account(), "a dead process", Duration::from_secs(90)).await.unwrap();
    assert!(held.is_some());
    let before = f.env.monotonic();
    f.manager.access().await.unwrap();
    let waited = f.env.monotonic().saturating_sub(before);
    assert!((90..=91).contains(&waited.as_secs()), "{waited:?}");
}

#[tokio::test]
async fn a_store_that_is_down_costs_the_service_no_request_and_callers_no_rest() {
    let env = Arc::new(ManualEnv::new(1));
    let (inner, unreachable) = (MemoryTokenStore::new(env.clone()), AtomicBool::new(false));
    let store = Arc::new(Breakable { inner, broken: AtomicBool::new(false), unreachable });
    let f = fixture_on(store.clone(), env, Rotating::default()).await;
    f.env.advance(HOUR);
    store.unreachable.store(true, Ordering::SeqCst);
    for _ in 0..10 {
        let error = f.manager.access().await.unwrap_err();
        assert!(matches!(error, TokenError::Store(_)) && error.is_transient(), "{error}");
    }
    assert_eq!(f.service.calls.load(Ordering::SeqCst), 0);
    store.unreachable.store(false, Ordering::SeqCst);
    // The endpoint is asked at once, and its first failure is followed by the shortest rest.
    f.service.offline.store(true, Ordering::SeqCst);
    f.manager.access().await.unwrap_err();
    f.env.advance(Duration::from_secs(1));
    f.service.offline.store(false, Ordering::SeqCst);
    assert_eq!(text(&f.manager.access().await.unwrap()), "s3cr3t-access-2");
}
