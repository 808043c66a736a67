use std::time::Duration;

use super::fixtures::{HOUR, account, lease, pair, put, read, release, take};
use crate::conformance::ODD;
use crate::{Env, Lease, TokenStore};

pub(super) async fn are_for_one_at_a_time(store: &dyn TokenStore) {
    let account = account("1");
    let first = take(store, &account, "ana", "the lease of an account without a pair").await;
    assert!(read(store, &account).await.is_none(), "a lease makes no pair");
    for other in ["rui", "ana"] {
        let second = lease(store, &account, other, HOUR).await;
        assert_eq!(second, None, "nobody takes a lease that is held, not even its holder");
    }
    for fence in [first.fence.wrapping_add(1), first.fence.wrapping_sub(1)] {
        release(store, &account, &Lease { owner: "ana".to_owned(), fence }).await;
        let second = lease(store, &account, "rui", HOUR).await;
        assert_eq!(second, None, "a lease is released only with its own fence");
    }
    release(store, &account, &first).await;
    let second = take(store, &account, "rui", "a lease that was released").await;
    assert!(second.fence > first.fence, "fences grow with every lease");
    release(store, &account, &first).await;
    let third = lease(store, &account, "ana", HOUR).await;
    assert_eq!(third, None, "who releases twice does not release the next holder's lease");
}

/// A lease only spares the service a request: it neither admits to a swap nor keeps anybody from one.
pub(super) async fn have_nothing_to_do_with_swaps(store: &dyn TokenStore) {
    let account = account("1");
    let first = take(store, &account, "ana", "the lease of an account without a pair").await;
    let rev = put(store, &account, None, &pair("a")).await;
    put(store, &account, Some(rev), &pair("b")).await;
    let second = lease(store, &account, "rui", HOUR).await;
    assert_eq!(second, None, "a swap does not end the lease");
    release(store, &account, &first).await;
    store.remove(&account).await.expect("a pair can be removed");
    let second = take(store, &account, "rui", "a lease that was released").await;
    assert!(second.fence > first.fence, "fences grow even beyond a removal");
}

pub(super) async fn are_apart_by_account(store: &dyn TokenStore) {
    for (at, name) in ODD.iter().enumerate() {
        let what = format!("the lease of account {name:?}, while others are held,");
        let held = take(store, &account(name), name, &what).await;
        // A release that forgets the account hits the others that have the same fence.
        if at % 2 == 0 {
            release(store, &account(name), &held).await;
            take(store, &account(name), name, &what).await;
        }
    }
    for name in ODD {
        let second = lease(store, &account(name), "rui", HOUR).await;
        assert_eq!(second, None, "the lease of account {name:?} is held whatever happens to others");
    }
}

pub(super) async fn end_by_time(store: &dyn TokenStore, env: &dyn Env) {
    const TTL: Duration = Duration::from_millis(500);
    let (short, long) = (account("short"), account("long"));
    let first = lease(store, &short, "ana", TTL).await.expect("a free lease can be taken");
    take(store, &long, "ana", "a free lease").await;
    // A second more, for a store that counts in seconds.
    env.sleep(TTL + Duration::from_secs(1)).await;
    let early = lease(store, &long, "rui", HOUR).await;
    assert_eq!(early, None, "a lease of an hour is held for longer than a second");

    // By the same owner: the fence alone tells the two apart.
    let second = take(store, &short, "ana", "a lease whose time is over").await;
    assert!(second.fence > first.fence, "fences grow with every lease");
    release(store, &short, &first).await;
    let third = lease(store, &short, "rui", HOUR).await;
    assert_eq!(third, None, "a late release leaves the lease of the next holder alone");
    release(store, &short, &second).await;
    take(store, &short, "rui", "a lease that was released").await;
}
