use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::*;
use crate::{ManualEnv, MemoryTokenStore};

/// A service that rotates: each refresh token works once.
#[derive(Debug, Default)]
struct Rotating {
    calls: AtomicU32,
    refuse: AtomicBool,
    offline: AtomicBool,
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
        let at = current.obtained_at + Duration::from_secs(3600);
        Ok(pair(&format!("access-{number}"), at))
    }
}

fn pair(access: &str, at: jiff::Timestamp) -> TokenSet {
    TokenSet::new(access.into(), at).expires_in(Duration::from_secs(3600)).refresh_token("refresh".into())
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
    let manager =
        TokenManager::with_env(account(), store.clone(), service.clone(), env.clone(), Arc::new(NoObserver));
    if store.load(&account()).await.unwrap().is_none() {
        manager.connect(pair("access-0", env.now())).await.unwrap();
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
async fn a_hundred_callers_share_one_refresh() {
    let f = fixture(Rotating::default()).await;
    f.env.advance(HOUR);
    let calls = (0..100).map(|_| {
        let manager = f.manager.clone();
        tokio::spawn(async move { text(&manager.access().await.unwrap()).to_owned() })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), "access-1");
    }
    assert_eq!(f.service.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn refresh_survives_a_caller_that_gives_up() {
    let f = fixture(Rotating { gate: Some(tokio::sync::Semaphore::new(0)), ..Rotating::default() }).await;
    f.env.advance(HOUR);
    let manager = f.manager.clone();
    let caller = tokio::spawn(async move { manager.access().await });
    while f.service.calls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    caller.abort();
    f.service.gate.as_ref().unwrap().add_permits(1);
    assert_eq!(text(&f.manager.access().await.unwrap()), "access-1");
    assert_eq!(f.service.calls.load(Ordering::SeqCst), 1);
    assert_eq!(f.store.load(&account()).await.unwrap().unwrap().rev.get(), 2);
}

#[tokio::test]
async fn a_rejection_hits_only_the_version_that_was_sent() {
    let f = fixture(Rotating::default()).await;
    let first = f.manager.access().await.unwrap();
    let second = f.manager.renew(first.rev).await.unwrap();
    assert_eq!(text(&second), "access-1");
    // A late answer to a request that carried the first token.
    assert_eq!(text(&f.manager.renew(first.rev).await.unwrap()), "access-1");
    assert_eq!(f.service.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_token_that_still_serves_outlives_a_failed_early_refresh() {
    let f = fixture(Rotating::default()).await;
    f.service.offline.store(true, Ordering::SeqCst);
    f.env.advance(Duration::from_secs(59 * 60));
    for _ in 0..50 {
        assert_eq!(text(&f.manager.access().await.unwrap()), "access-0");
        tokio::task::yield_now().await;
    }
    assert_eq!(f.service.calls.load(Ordering::SeqCst), 1, "left alone for a while after the failure");
    f.env.advance(QUIET);
    f.service.offline.store(false, Ordering::SeqCst);
    f.manager.access().await.unwrap();
    while f.service.calls.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    f.env.advance(Duration::from_secs(40));
    assert_eq!(text(&f.manager.access().await.unwrap()), "access-2");
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
    f.store.swap(&account(), Some(rev), pair("fresh", f.env.now())).await.unwrap();
    assert_eq!(text(&f.manager.access().await.unwrap()), "fresh");
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
    f.store.swap(&account(), Some(rev), pair("theirs", f.env.now())).await.unwrap();
    f.service.gate.as_ref().unwrap().add_permits(1);
    assert_eq!(text(&call.await.unwrap().unwrap()), "theirs");
}

/// Fails to store while `broken`.
#[derive(Debug)]
struct Breakable {
    inner: MemoryTokenStore,
    broken: AtomicBool,
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
    async fn lease(
        &self,
        account: &AccountKey,
        owner: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        self.inner.lease(account, owner, ttl).await
    }
    async fn release(&self, account: &AccountKey, lease: Lease) -> Result<(), StoreError> {
        self.inner.release(account, lease).await
    }
}

#[tokio::test]
async fn a_pair_that_could_not_be_saved_is_saved_later_and_not_bought_twice() {
    let env = Arc::new(ManualEnv::new(1));
    let store =
        Arc::new(Breakable { inner: MemoryTokenStore::new(env.clone()), broken: AtomicBool::new(false) });
    let f = fixture_on(store.clone(), env, Rotating::default()).await;
    f.env.advance(HOUR);
    store.broken.store(true, Ordering::SeqCst);
    assert!(matches!(f.manager.access().await.unwrap_err(), TokenError::Store(_)), "persist before publish");
    store.broken.store(false, Ordering::SeqCst);
    assert_eq!(text(&f.manager.access().await.unwrap()), "access-1");
    assert_eq!(f.service.calls.load(Ordering::SeqCst), 1);
}
