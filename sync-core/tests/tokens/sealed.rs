//! What every store does that seals its records, whatever it keeps them in.

use std::sync::Arc;

use sync_core::{AccountKey, Resealed, Seal, StoreError, TokenStore, async_trait};

use super::{KEY, OTHER_KEY, account, put, seal, stored};

#[async_trait]
pub(crate) trait SealedStore: TokenStore {
    async fn accounts(&self) -> Result<Vec<AccountKey>, StoreError>;
    async fn reseal(&self) -> Result<Resealed, StoreError>;
}

macro_rules! sealed_store {
    ($store:ty) => {
        #[async_trait]
        impl SealedStore for $store {
            async fn accounts(&self) -> Result<Vec<AccountKey>, StoreError> {
                self.accounts().await
            }
            async fn reseal(&self) -> Result<Resealed, StoreError> {
                self.reseal().await
            }
        }
    };
}
sealed_store!(sync_core::FileTokenStore);
sealed_store!(sync_core::PostgresTokenStore);
sealed_store!(sync_core::SqliteTokenStore);

/// A way to open one store again and again, with different keys.
pub(crate) trait Open<S>: AsyncFn(Arc<dyn Seal>) -> Result<S, StoreError> {}
impl<S, F: AsyncFn(Arc<dyn Seal>) -> Result<S, StoreError>> Open<S> for F {}

/// A wrong key is learnt at the start, and nothing is lost by it.
pub(crate) async fn a_wrong_key_is_refused<S: SealedStore>(open: impl Open<S>, place: &str) {
    let right = open(seal(&[KEY])).await.unwrap();
    put(&right, &account("2"), None, "a").await;
    let rev = put(&right, &account("1"), None, "b").await;
    let error = open(seal(&[OTHER_KEY])).await.err().unwrap();
    let shown = format!("{error} {error:?}");
    assert!(error.to_string().contains(place), "names the place: {shown}");
    assert!(shown.contains("crm:1"), "names the first account: {shown}");
    assert!(shown.contains("sealed with the key"), "says why: {shown}");
    assert!(!shown.contains("s3cr3t") && !shown.contains("5ec2e7"), "{shown}");
    assert_eq!(stored(&right, &account("1")).await, Some(("b".to_owned(), rev)), "and nothing is written");
    open(seal(&[OTHER_KEY, KEY])).await.unwrap();
}

/// A key goes in three steps: the new one is put above it, everything is sealed again, the old one is dropped.
pub(crate) async fn a_key_can_be_replaced<S: SealedStore>(open: impl Open<S>) {
    let old = open(seal(&[KEY])).await.unwrap();
    let first = put(&old, &account("b"), None, "b1").await;
    let rev = put(&old, &account("b"), Some(first), "b2").await;
    put(&old, &account("a"), None, "a").await;
    put(&old, &account("gone"), None, "gone").await;
    old.remove(&account("gone")).await.unwrap();
    let both = open(seal(&[OTHER_KEY, KEY])).await.unwrap();
    put(&both, &account("c"), None, "c").await;

    let accounts = ["a", "b", "c"].map(account);
    assert_eq!(both.accounts().await.unwrap(), accounts, "those that have a pair, in order");
    let resealed = both.reseal().await.unwrap();
    assert_eq!((resealed.done, resealed.already_current), (2, 1));
    let resealed = both.reseal().await.unwrap();
    assert_eq!((resealed.done, resealed.already_current), (0, 3), "and not twice");

    let new = open(seal(&[OTHER_KEY])).await.unwrap();
    assert_eq!(stored(&new, &account("b")).await, Some(("b2".to_owned(), rev)), "the version stays");
    assert!(old.load(&account("b")).await.is_err(), "the old key alone opens nothing");
    let error = old.reseal().await.unwrap_err().to_string();
    assert!(error.contains("crm:a"), "{error}");
    assert_eq!(stored(&new, &account("a")).await.unwrap().0, "a");
    // Whoever still has the old key alone cannot write over what it cannot read.
    old.swap(&account("b"), Some(first), super::pair("stale")).await.unwrap_err();
    assert_eq!(stored(&new, &account("b")).await, Some(("b2".to_owned(), rev)));
}

/// More accounts than are read at a time.
pub(crate) async fn every_account_is_seen<S: SealedStore>(open: impl Open<S>) {
    const ACCOUNTS: usize = 205;
    let old = open(seal(&[KEY])).await.unwrap();
    let accounts: Vec<_> = (0..ACCOUNTS).map(|number| account(&format!("{number:03}"))).collect();
    for account in &accounts {
        put(&old, account, None, "a").await;
    }
    assert_eq!(old.accounts().await.unwrap(), accounts);
    let new = open(seal(&[OTHER_KEY, KEY])).await.unwrap();
    assert_eq!(new.reseal().await.unwrap().done, ACCOUNTS);
    let last = accounts.last().unwrap();
    new.remove(last).await.unwrap();
    put(&old, last, None, "a").await;
    let error = open(seal(&[OTHER_KEY])).await.err().unwrap().to_string();
    assert!(error.contains("crm:204"), "the last one, too, is opened at the start: {error}");
}

/// Others swap while everything is sealed again.
pub(crate) async fn resealing_loses_no_swap<S: SealedStore + 'static>(open: impl Open<S>) {
    const SWAPS: usize = 20;
    let old = Arc::new(open(seal(&[KEY, OTHER_KEY])).await.unwrap());
    let new = open(seal(&[OTHER_KEY, KEY])).await.unwrap();
    let mut rev = put(&*old, &account("a"), None, "0").await;
    let swapping = {
        let old = Arc::clone(&old);
        tokio::spawn(async move {
            for number in 1..=SWAPS {
                rev = put(&*old, &account("a"), Some(rev), &number.to_string()).await;
            }
            rev
        })
    };
    while !swapping.is_finished() {
        new.reseal().await.unwrap();
    }
    let rev = swapping.await.unwrap();
    assert_eq!(stored(&new, &account("a")).await, Some((SWAPS.to_string(), rev)));
    new.reseal().await.unwrap();
    open(seal(&[OTHER_KEY])).await.unwrap();
}

/// A record of account 1 that is cut at any character, to nothing as well, is an error, and is left as it is.
pub(crate) async fn a_cut_record_is_an_error(
    store: &impl TokenStore,
    sealed: &str,
    write: impl AsyncFn(&str),
    read: impl AsyncFn() -> String,
) {
    assert!(sealed.len() > 200 && sealed.is_ascii(), "a sealed record: {sealed}");
    for length in 0..sealed.len() {
        let cut = &sealed[..length];
        write(cut).await;
        let errors = [
            store.load(&account("1")).await.unwrap_err(),
            store.swap(&account("1"), None, super::pair("c")).await.unwrap_err(),
        ];
        for error in errors {
            assert!(error.to_string().contains("crm:1"), "{length}: {error}");
        }
        assert_eq!(read().await, cut, "nothing is overwritten");
    }
    write(sealed).await;
    assert!(stored(store, &account("1")).await.is_some(), "whole again, it opens");
}
