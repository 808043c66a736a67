use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::{Lease, Rev, StoreError, Swap, TokenSet, TokenStore, Versioned};
use crate::{AccountKey, Env};

/// Keeps token pairs in memory, for tests and for tokens that never rotate.
#[derive(Debug)]
pub struct MemoryTokenStore {
    env: Arc<dyn Env>,
    accounts: Mutex<HashMap<AccountKey, Account>>,
}

#[derive(Debug, Default)]
struct Account {
    /// The last version given out; it outlives the pair.
    rev: Option<Rev>,
    tokens: Option<TokenSet>,
    lease: Option<(Lease, Duration)>,
    fence: u64,
}

impl Account {
    fn stored(&self) -> Option<Versioned<TokenSet>> {
        Some(Versioned { rev: self.rev?, value: self.tokens.clone()? })
    }
}

impl MemoryTokenStore {
    /// An empty store; `env` tells when leases end.
    pub fn new(env: Arc<dyn Env>) -> Self {
        Self { env, accounts: Mutex::default() }
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<AccountKey, Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl TokenStore for MemoryTokenStore {
    async fn load(&self, account: &AccountKey) -> Result<Option<Versioned<TokenSet>>, StoreError> {
        Ok(self.accounts().get(account).and_then(Account::stored))
    }

    async fn swap(
        &self,
        account: &AccountKey,
        expect: Option<Rev>,
        new: TokenSet,
    ) -> Result<Swap, StoreError> {
        let mut accounts = self.accounts();
        let entry = accounts.entry(account.clone()).or_default();
        let stored = entry.stored();
        if stored.as_ref().map(|t| t.rev) != expect {
            return Ok(Swap::Stale(stored));
        }
        let rev = entry.rev.map_or(Rev::FIRST, Rev::next);
        (entry.rev, entry.tokens) = (Some(rev), Some(new));
        Ok(Swap::Stored(rev))
    }

    async fn remove(&self, account: &AccountKey) -> Result<(), StoreError> {
        if let Some(entry) = self.accounts().get_mut(account) {
            entry.tokens = None;
        }
        Ok(())
    }

    async fn lease(
        &self,
        account: &AccountKey,
        owner: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let now = self.env.monotonic();
        let mut accounts = self.accounts();
        let entry = accounts.entry(account.clone()).or_default();
        if entry.lease.as_ref().is_some_and(|(_, until)| *until > now) {
            return Ok(None);
        }
        entry.fence += 1;
        let lease = Lease { owner: owner.to_owned(), fence: entry.fence };
        entry.lease = Some((lease.clone(), now.saturating_add(ttl)));
        Ok(Some(lease))
    }

    async fn release(&self, account: &AccountKey, lease: Lease) -> Result<(), StoreError> {
        if let Some(entry) = self.accounts().get_mut(account) {
            if entry.lease.as_ref().is_some_and(|(held, _)| *held == lease) {
                entry.lease = None;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ManualEnv;
    use jiff::Timestamp;

    fn set(access: &str) -> TokenSet {
        crate::trace::on();
        TokenSet::new(access.into(), Timestamp::UNIX_EPOCH)
    }

    #[tokio::test]
    async fn the_second_writer_gets_the_first_ones_pair() {
        let (store, key) = (MemoryTokenStore::new(Arc::new(ManualEnv::new(1))), AccountKey::new("x", 1));
        assert!(matches!(store.swap(&key, None, set("s3cr3t-a")).await.unwrap(), Swap::Stored(Rev::FIRST)));
        assert!(
            matches!(store.swap(&key, None, set("s3cr3t-b")).await.unwrap(), Swap::Stale(Some(t)) if t.rev == Rev::FIRST)
        );
        assert!(
            matches!(store.swap(&key, Some(Rev::FIRST), set("s3cr3t-c")).await.unwrap(), Swap::Stored(r) if r.get() == 2)
        );
    }

    #[tokio::test]
    async fn a_lease_ends_by_time_and_only_its_holder_releases_it() {
        let env = Arc::new(ManualEnv::new(1));
        let (store, key) = (MemoryTokenStore::new(env.clone()), AccountKey::new("x", 1));
        let ttl = Duration::from_secs(10);
        let first = store.lease(&key, "a", ttl).await.unwrap().unwrap();
        assert_eq!(store.lease(&key, "b", ttl).await.unwrap(), None);
        env.advance(ttl);
        let second = store.lease(&key, "b", ttl).await.unwrap().unwrap();
        assert!(second.fence > first.fence);
        store.release(&key, first).await.unwrap();
        assert_eq!(store.lease(&key, "c", ttl).await.unwrap(), None);
        store.release(&key, second).await.unwrap();
        assert!(store.lease(&key, "c", ttl).await.unwrap().is_some());
    }
}
