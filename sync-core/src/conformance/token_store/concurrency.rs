use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::yield_now;

use super::fixtures::{HOUR, account, assert_pair, pair, put, read};
use super::race::{check_race, race};
use crate::conformance::{WRITERS, together};
use crate::{Swap, TokenStore};

pub(super) async fn one_swap_wins_each_version<S: TokenStore + 'static>(store: Arc<S>) {
    let account = account("1");
    let mut seen = None;
    for round in 0..8 {
        let barrier = Arc::new(Barrier::new(WRITERS));
        let results = together((0..WRITERS).map(|writer| {
            let (store, account, barrier) = (Arc::clone(&store), account.clone(), Arc::clone(&barrier));
            async move {
                let new = pair(&format!("{round} {writer}"));
                barrier.wait().await;
                (new.clone(), store.swap(&account, seen, new).await.expect("a stale swap is no error"))
            }
        }))
        .await;
        let mut winners = Vec::new();
        for (new, result) in &results {
            if let Swap::Stored(rev) = result {
                winners.push((*rev, new));
            }
        }
        assert_eq!(winners.len(), 1, "of {WRITERS} that swap one version, one wins");
        for (rev, won) in winners {
            for (_, result) in &results {
                if let Swap::Stale(theirs) = result {
                    assert_pair(theirs.as_ref(), rev, won, "what the losers of a swap are given");
                }
            }
            assert_pair(read(&*store, &account).await.as_ref(), rev, won, "after a swap that many tried");
            seen = Some(rev);
        }
    }
}

/// Tasks on two stores with one content race as processes do.
pub(super) async fn loses_no_update<S: TokenStore + 'static>(one: Arc<S>, other: Arc<S>) {
    const ROUNDS: u32 = 5;
    let account = account("raced");
    let logs = together((0..4).map(|number| {
        let store = Arc::clone(if number % 2 == 0 { &one } else { &other });
        let account = account.clone();
        async move { race(&*store, &account, &format!("task {number}"), ROUNDS).await }
    }))
    .await;
    check_race(&*one, &account, &logs).await;
}

pub(super) async fn one_gets_the_lease<S: TokenStore + 'static>(store: Arc<S>) {
    for round in 0..8 {
        let account = account(&format!("{round}"));
        let barrier = Arc::new(Barrier::new(WRITERS));
        let results = together((0..WRITERS).map(|writer| {
            let (store, account, barrier) = (Arc::clone(&store), account.clone(), Arc::clone(&barrier));
            async move {
                barrier.wait().await;
                store.lease(&account, &writer.to_string(), HOUR).await.expect("a lease can be asked for")
            }
        }))
        .await;
        let got = results.iter().flatten().count();
        assert_eq!(got, 1, "of {WRITERS} that ask for one lease, one gets it");
    }
}

pub(super) async fn accounts_do_not_hinder_each_other<S: TokenStore + 'static>(store: Arc<S>) {
    const ACCOUNTS: usize = 48;
    let revs = together((0..ACCOUNTS).map(|number| {
        let store = Arc::clone(&store);
        async move {
            let (account, name) = (account(&number.to_string()), number.to_string());
            let first = put(&*store, &account, None, &pair("first")).await;
            let rev = put(&*store, &account, Some(first), &pair(&name)).await;
            (account, name, rev)
        }
    }))
    .await;
    for (account, name, rev) in revs {
        let found = read(&*store, &account).await;
        assert_pair(found.as_ref(), rev, &pair(&name), "after swaps of many accounts at once");
    }
}

/// A caller that gives up drops its swap, at any point. It lands whole or not at all, and blocks nobody.
pub(super) async fn survives_a_dropped_swap(store: &dyn TokenStore) {
    for patience in [0, 1, 2, 4, 8, 16, 64, 256, 1024] {
        let account = account(&format!("dropped {patience}"));
        let give_up = async {
            for _ in 0..patience {
                yield_now().await;
            }
        };
        tokio::select! {
            biased;
            result = store.swap(&account, None, pair("dropped")) => drop(result.expect("a pair can be swapped")),
            () = give_up => {}
        }
        // It may still land after it was dropped.
        let mut next = store.swap(&account, None, pair("next")).await.expect("a pair can be swapped");
        if let Swap::Stale(theirs) = &next {
            let theirs = theirs.as_ref().expect("a swap that was dropped left a pair or nothing");
            assert_pair(Some(theirs), theirs.rev, &pair("dropped"), "a swap that was dropped");
            next = Swap::Stored(put(store, &account, Some(theirs.rev), &pair("next")).await);
        }
        let Swap::Stored(rev) = next else { continue };
        assert_pair(
            read(store, &account).await.as_ref(),
            rev,
            &pair("next"),
            "after a swap that was dropped",
        );
    }
}
