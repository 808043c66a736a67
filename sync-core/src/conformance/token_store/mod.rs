//! What a [`TokenStore`] must do.
//!
//! ```
//! use std::sync::Arc;
//! use sync_core::{ManualEnv, MemoryTokenStore, conformance};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let env = Arc::new(ManualEnv::new(1));
//! conformance::token_store::check(async || MemoryTokenStore::new(env.clone()), &*env).await;
//! # }
//! ```
//!
//! A store that outlives its process passes [`check_reopen`] as well. For one that several processes share, let some
//! of them [`race`]: a test starts its own program again, with the name of an ignored test that calls `race` and
//! prints the [`RaceLog`], and hands what they print to [`check_race`].
//!
#![doc = include_str!("../../../docs/embed_token_store.md")]
#![allow(clippy::expect_used, clippy::panic, reason = "a suite reports a violation by panicking")]

mod concurrency;
mod fixtures;
mod leases;
mod race;

use std::sync::Arc;

use fixtures::{
    HOUR, account, assert_kept, assert_pair, full_pair, lease, pair, put, read, refuse, release, take,
};
pub use race::{RaceLog, check_race, race};
use secrecy::ExposeSecret;

use crate::conformance::ODD;
use crate::{Env, Rev, TokenStore};

/// Runs the whole suite; `make` gives a new, empty store each time. Needs a tokio runtime, best one with several
/// threads.
///
/// `env` is the clock by which leases end. The suite lets time pass by its `sleep`: a store that takes a
/// [`ManualEnv`](crate::ManualEnv) gets the same one here, and nothing waits. For a store with a clock of its own
/// it is a [`SystemEnv`](crate::SystemEnv), and the suite takes one and a half seconds more.
///
/// Times may lose what is finer than a millisecond.
///
/// # Panics
///
/// At the first violation. No message shows a token.
pub async fn check<S: TokenStore + 'static>(make: impl AsyncFn() -> S, env: &dyn Env) {
    starts_empty(&make().await).await;
    keeps_every_field(&make().await).await;
    keeps_odd_tokens(&make().await).await;
    shows_no_token(&make().await).await;
    counts_versions(&make().await).await;
    refuses_stale_swaps(&make().await).await;
    versions_outlive_the_pair(&make().await).await;
    keeps_accounts_apart(&make().await).await;

    leases::are_for_one_at_a_time(&make().await).await;
    leases::have_nothing_to_do_with_swaps(&make().await).await;
    leases::are_apart_by_account(&make().await).await;
    leases::end_by_time(&make().await, env).await;

    concurrency::one_swap_wins_each_version(Arc::new(make().await)).await;
    concurrency::one_gets_the_lease(Arc::new(make().await)).await;
    concurrency::accounts_do_not_hinder_each_other(Arc::new(make().await)).await;
    concurrency::survives_a_dropped_swap(&make().await).await;
    let raced = Arc::new(make().await);
    concurrency::loses_no_update(Arc::clone(&raced), raced).await;
}

/// Checks that pairs, versions and leases outlive the store that wrote them; `open` opens the same store each time,
/// which is empty at first. Needs a tokio runtime.
///
/// # Panics
///
/// At the first violation. No message shows a token.
pub async fn check_reopen<S: TokenStore + 'static>(open: impl AsyncFn() -> S) {
    let (kept, gone) = (account("kept"), account("gone"));
    let first = open().await;
    let kept_rev = put(&first, &kept, None, &full_pair("a")).await;
    let gone_rev = put(&first, &gone, None, &pair("b")).await;
    let gone_rev = put(&first, &gone, Some(gone_rev), &pair("c")).await;
    first.remove(&gone).await.expect("a pair can be removed");
    let held = take(&first, &kept, "ana", "a free lease").await;
    let released = take(&first, &gone, "ana", "a free lease").await;
    release(&first, &gone, &released).await;
    drop(first);

    let second = open().await;
    assert_pair(read(&second, &kept).await.as_ref(), kept_rev, &full_pair("a"), "after reopening");
    assert!(read(&second, &gone).await.is_none(), "a pair that was removed stays so after reopening");
    assert_eq!(lease(&second, &kept, "rui", HOUR).await, None, "a lease outlives the store that gave it");
    let next = take(&second, &gone, "rui", "a lease that was released").await;
    assert!(next.fence > released.fence, "fences grow beyond reopening");
    let rev = put(&second, &gone, None, &pair("d")).await;
    assert!(rev > gone_rev, "versions grow beyond a removal and reopening: {rev:?} after {gone_rev:?}");

    let third = open().await;
    let rev = put(&second, &kept, Some(kept_rev), &pair("e")).await;
    assert_pair(read(&third, &kept).await.as_ref(), rev, &pair("e"), "what another store wrote");
    let theirs = refuse(&third, &kept, Some(kept_rev), "a version that another store replaced").await;
    assert_pair(theirs.as_ref(), rev, &pair("e"), "what a stale swap gives");
    release(&third, &kept, &held).await;
    take(&second, &kept, "rui", "a lease that was released through another store").await;
    second.remove(&kept).await.expect("a pair can be removed");
    assert!(read(&third, &kept).await.is_none(), "a pair that another store removed is gone");
    concurrency::loses_no_update(Arc::new(second), Arc::new(third)).await;
}

async fn starts_empty(store: &dyn TokenStore) {
    let account = account("1");
    assert!(read(store, &account).await.is_none(), "a new store has no pair");
    store.remove(&account).await.expect("to remove what is not there is no error");
    assert!(read(store, &account).await.is_none(), "a removal makes no pair");
    let theirs = refuse(store, &account, Some(Rev::FIRST), "a version of a pair that is not there").await;
    assert!(theirs.is_none(), "where nothing is stored, a stale swap gives nothing");
    assert!(read(store, &account).await.is_none(), "a stale swap stores nothing");
}

async fn keeps_every_field(store: &dyn TokenStore) {
    let account = account("1");
    let mut seen = None;
    let forever = pair("forever").refresh_token("s3cr3t-refresh".into());
    for (what, tokens) in [
        ("a full pair", full_pair("full")),
        ("a token without expiry and refresh token, written over a full pair", pair("bare")),
        ("a pair without expiry", forever),
        ("a full pair, written over a bare one", full_pair("again")),
    ] {
        let rev = put(store, &account, seen, &tokens).await;
        assert_pair(read(store, &account).await.as_ref(), rev, &tokens, what);
        seen = Some(rev);
    }
}

async fn keeps_odd_tokens(store: &dyn TokenStore) {
    let long = format!("s3cr3t-{}", "0123456789abcdef".repeat(1024));
    let text = ODD.concat();
    for (at, token) in
        [long.as_str(), text.as_str(), " s3cr3t ", "null", "\\u0041\\", "{}"].iter().enumerate()
    {
        let mut tokens = pair("odd").refresh_token((*token).into()).detail("long", long.as_str());
        tokens.access = (*token).into();
        let account = account(&at.to_string());
        put(store, &account, None, &tokens).await;
        let found = read(store, &account).await.expect("a pair that was stored is there");
        let what = format!("a token of {} bytes, some of them odd", token.len());
        assert_kept(&found.value, &tokens, &what);
    }
}

/// The store's `Debug` is in every struct that holds one, and so in their logs.
async fn shows_no_token(store: &dyn TokenStore) {
    let (account, tokens) = (account("1"), full_pair("shown"));
    put(store, &account, None, &tokens).await;
    let shown = format!("{store:?} {store:#?} {:?}", read(store, &account).await);
    for token in tokens.refresh.iter().chain([&tokens.access]) {
        assert!(!shown.contains(token.expose_secret()), "the store's Debug shows no token");
    }
}

async fn counts_versions(store: &dyn TokenStore) {
    let account = account("1");
    let mut seen = None;
    for number in 0..5 {
        let tokens = pair(&number.to_string());
        let rev = put(store, &account, seen, &tokens).await;
        assert!(Some(rev) > seen, "versions grow: {rev:?} after {seen:?}");
        assert_pair(read(store, &account).await.as_ref(), rev, &tokens, "after a swap");
        seen = Some(rev);
    }
}

async fn refuses_stale_swaps(store: &dyn TokenStore) {
    let account = account("1");
    let first = put(store, &account, None, &pair("a")).await;
    let second = put(store, &account, Some(first), &full_pair("b")).await;
    for (what, expect) in [
        ("a pair that is there and was not seen", None),
        ("a version that was replaced", Some(first)),
        ("a later version than there is", Some(second.next())),
    ] {
        let theirs = refuse(store, &account, expect, what).await;
        assert_pair(theirs.as_ref(), second, &full_pair("b"), "what a stale swap gives");
        let found = read(store, &account).await;
        assert_pair(found.as_ref(), second, &full_pair("b"), "after a stale swap");
    }
    // What a caller does whose first answer was lost.
    let third = put(store, &account, Some(second), &pair("c")).await;
    let theirs = store.swap(&account, Some(second), pair("c")).await.expect("a stale swap is no error");
    match theirs {
        crate::Swap::Stale(own) => {
            assert_pair(own.as_ref(), third, &pair("c"), "what a swap gives that is repeated");
        }
        crate::Swap::Stored(rev) => panic!("a swap that is repeated is stale, got stored as {rev:?}"),
    }
}

async fn versions_outlive_the_pair(store: &dyn TokenStore) {
    let account = account("1");
    let first = put(store, &account, None, &pair("a")).await;
    let second = put(store, &account, Some(first), &pair("b")).await;
    store.remove(&account).await.expect("a pair can be removed");
    assert!(read(store, &account).await.is_none(), "a pair that was removed is gone");
    store.remove(&account).await.expect("to remove a pair twice is no error");
    for expect in [first, second] {
        let theirs = refuse(store, &account, Some(expect), "a version of a pair that was removed").await;
        assert!(theirs.is_none(), "after a removal a stale swap gives nothing");
        assert!(read(store, &account).await.is_none(), "a stale swap does not bring a removed pair back");
    }
    let third = put(store, &account, None, &pair("c")).await;
    assert!(third > second, "versions grow beyond a removal: {third:?} after {second:?}");
    let theirs = refuse(store, &account, Some(second), "a version from before a removal").await;
    assert_pair(theirs.as_ref(), third, &pair("c"), "what a stale swap gives");
}

async fn keeps_accounts_apart(store: &dyn TokenStore) {
    let (long, longer) = ("a".repeat(400), "a".repeat(399) + "b");
    let more = ["a:b", "a/b", "../a", "a\tb", "", ":", "crm:a", long.as_str(), longer.as_str()];
    let names: Vec<&str> = ODD.into_iter().chain(more).collect();
    let mut revs = Vec::new();
    for name in &names {
        assert!(read(store, &account(name)).await.is_none(), "account {name:?} is not taken for another");
        let rev = put(store, &account(name), None, &pair(name)).await;
        revs.push((name, rev));
    }
    for (name, rev) in &revs {
        let found = read(store, &account(name)).await;
        assert_pair(found.as_ref(), *rev, &pair(name), format_args!("account {name:?}"));
    }
    for (at, (name, rev)) in revs.iter().enumerate() {
        if at % 2 == 0 {
            store.remove(&account(name)).await.expect("a pair can be removed");
        } else {
            put(store, &account(name), Some(*rev), &pair("new")).await;
        }
    }
    for (at, (name, _)) in revs.iter().enumerate() {
        let found = read(store, &account(name)).await;
        match found {
            None => assert!(at % 2 == 0, "a removal of one account leaves {name:?} alone"),
            Some(found) => {
                assert!(at % 2 == 1, "account {name:?} can be removed");
                assert_kept(&found.value, &pair("new"), &format!("account {name:?}"));
            }
        }
    }
}
