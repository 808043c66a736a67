//! The token stores against the suite that every one must pass, and what each does beyond it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail loudly")]

mod careless;
mod file;
mod lost_replies;
mod managers;
#[path = "../store/places.rs"]
mod places;
mod postgres;
mod processes;
mod race;
mod sealed;
mod sqlite;
#[path = "../trace/mod.rs"]
mod trace;

use std::sync::Arc;

use sync_core::jiff::Timestamp;
use sync_core::secrecy::ExposeSecret;
use sync_core::{
    AccountKey, ManualEnv, MemoryTokenStore, Rev, Seal, SealingKey, SealingKeys, Swap, TokenSet, TokenStore,
    XChaChaSeal, conformance,
};

const KEY: &str = "5ec2e70000000000000000000000000000000000000000000000000000000001";
const OTHER_KEY: &str = "5ec2e70000000000000000000000000000000000000000000000000000000002";

/// Seals with the first key, and opens with any.
fn seal(keys: &[&str]) -> Arc<dyn Seal> {
    trace::on();
    let mut keys = keys.iter().map(|key| SealingKey::from_text(&(*key).into()).unwrap());
    let current = SealingKeys::new(keys.next().unwrap());
    Arc::new(XChaChaSeal::new(keys.fold(current, SealingKeys::also)))
}

fn account(name: &str) -> AccountKey {
    AccountKey::new("crm", name)
}

fn pair(name: &str) -> TokenSet {
    trace::on();
    TokenSet::new(format!("s3cr3t-access-{name}").into(), Timestamp::UNIX_EPOCH)
        .refresh_token(format!("s3cr3t-refresh-{name}").into())
}

/// A swap that must be stored.
async fn put(store: &dyn TokenStore, account: &AccountKey, expect: Option<Rev>, name: &str) -> Rev {
    match store.swap(account, expect, pair(name)).await.unwrap() {
        Swap::Stored(rev) => rev,
        Swap::Stale(theirs) => panic!("stale: there is version {:?}", theirs.map(|theirs| theirs.rev)),
    }
}

/// The name of the pair that is stored, and its version.
async fn stored(store: &dyn TokenStore, account: &AccountKey) -> Option<(String, Rev)> {
    store.load(account).await.unwrap().map(|found| (name_of(&found.value), found.rev))
}

fn name_of(tokens: &TokenSet) -> String {
    tokens.access.expose_secret().strip_prefix("s3cr3t-access-").unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_conforms() {
    trace::on();
    let env = Arc::new(ManualEnv::new(1));
    conformance::token_store::check(async || MemoryTokenStore::new(env.clone()), &*env).await;
}
