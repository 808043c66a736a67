use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tokio::task::yield_now;

use super::fixtures::read;
use crate::{AccountKey, Env, Lease, Rev, Swap, SystemEnv, TokenSet, TokenStore};

/// The detail that is counted up.
const COUNT: &str = "count";

/// The detail that says who works under the lease.
const HOLDER: &str = "holder";

/// How long a contender waits for the lease before the race has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// What one contender of a [`race`] did. A process prints it as JSON for the one that calls [`check_race`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RaceLog {
    /// The fences of its leases, in order: one for each round.
    pub fences: Vec<u64>,
    /// The versions it stored under the lease, in order: two for each round.
    pub leased: Vec<Rev>,
    /// The versions it stored without the lease, in order: two for each round.
    pub unleased: Vec<Rev>,
}

/// What each of several processes does at once to one account of one store.
///
/// `rounds` times it takes the lease, counts up a number in the pair, looks whether anybody else got in, counts again,
/// and gives the lease back. Beside that it counts up as often without the lease. `name` is another one for each.
///
/// The account has no pair at first. Runs by the system's clock.
///
/// # Panics
///
/// At the first violation, such as two holders of one lease, and if the lease is not to be had for a minute.
pub async fn race(store: &dyn TokenStore, account: &AccountKey, name: &str, rounds: u32) -> RaceLog {
    // One of all contenders makes what is counted up.
    store.swap(account, None, counted(0, "")).await.expect("a stale swap is no error");
    let unleased = async {
        let mut revs = Vec::new();
        for _ in 0..2 * rounds {
            revs.push(count_up(store, account, str::to_owned).await);
            yield_now().await;
        }
        revs
    };
    let ((fences, leased), unleased) =
        tokio::join!(count_under_lease(store, account, name, rounds), unleased);
    RaceLog { fences, leased, unleased }
}

async fn count_under_lease(
    store: &dyn TokenStore,
    account: &AccountKey,
    name: &str,
    rounds: u32,
) -> (Vec<u64>, Vec<Rev>) {
    let (env, mut fences, mut revs) = (SystemEnv::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let lease = wait_for_lease(store, account, name, &env).await;
        fences.push(lease.fence);
        let enter = |holder: &str| {
            assert!(holder.is_empty(), "{name} got the lease while {holder} had it");
            name.to_owned()
        };
        revs.push(count_up(store, account, enter).await);
        env.sleep(Duration::from_millis(1)).await;
        let exit = |holder: &str| {
            assert_eq!(holder, name, "somebody else got the lease while {name} had it");
            String::new()
        };
        revs.push(count_up(store, account, exit).await);
        store.release(account, lease).await.expect("a lease can be given back");
    }
    (fences, revs)
}

/// Checks what a [`race`] left behind: every count is there, and each version and each fence was given out once and
/// grew. `logs` are those of all contenders.
///
/// # Panics
///
/// At the first violation.
pub async fn check_race(store: &dyn TokenStore, account: &AccountKey, logs: &[RaceLog]) {
    let found = read(store, account).await.expect("a race leaves a pair");
    let (count, holder) = parts(&found.value);
    assert_eq!(holder, "", "everybody has left after a race");
    for RaceLog { fences, leased, unleased } in logs {
        let grow = [leased, unleased].iter().all(|revs| revs.is_sorted_by(|a, b| a < b));
        assert!(grow, "the versions that one contender stores grow: {leased:?}, {unleased:?}");
        assert!(fences.is_sorted_by(|a, b| a < b), "the fences that one contender gets grow: {fences:?}");
    }
    let revs: Vec<_> = logs.iter().flat_map(|log| log.leased.iter().chain(&log.unleased)).collect();
    assert_eq!(count, revs.len(), "a count that was stored is never lost");
    let distinct: BTreeSet<_> = revs.iter().copied().collect();
    assert_eq!(distinct.len(), revs.len(), "a version is given out once");
    assert_eq!(distinct.last(), Some(&&found.rev), "the version that was stored last is there");
    let fences: Vec<_> = logs.iter().flat_map(|log| &log.fences).collect();
    let distinct: BTreeSet<_> = fences.iter().copied().collect();
    assert_eq!(distinct.len(), fences.len(), "a fence is given out once: {logs:?}");
}

async fn wait_for_lease(store: &dyn TokenStore, account: &AccountKey, name: &str, env: &SystemEnv) -> Lease {
    let started = env.monotonic();
    while env.monotonic().saturating_sub(started) < PATIENCE {
        let lease = store.lease(account, name, PATIENCE * 2).await.expect("a lease can be asked for");
        if let Some(lease) = lease {
            return lease;
        }
        env.sleep(Duration::from_millis(1)).await;
    }
    panic!("{name} has not got the lease for {PATIENCE:?}, and all others only have it for milliseconds");
}

/// Stores the next number, and what `holder` makes of who holds the lease.
async fn count_up(store: &dyn TokenStore, account: &AccountKey, holder: impl Fn(&str) -> String) -> Rev {
    loop {
        let found = read(store, account).await.expect("the pair is there during a race");
        let (count, held_by) = parts(&found.value);
        let new = counted(count + 1, &holder(&held_by));
        match store.swap(account, Some(found.rev), new).await.expect("a stale swap is no error") {
            Swap::Stored(rev) => return rev,
            Swap::Stale(theirs) => {
                let theirs = theirs.expect("whoever is late gets the pair of who was first");
                assert!(theirs.rev > found.rev, "whoever is late gets a later version");
            }
        }
    }
}

fn counted(count: usize, holder: &str) -> TokenSet {
    TokenSet::new(format!("s3cr3t-access-{count}").into(), Timestamp::UNIX_EPOCH)
        .refresh_token(format!("s3cr3t-refresh-{count}").into())
        .detail(COUNT, count.to_string())
        .detail(HOLDER, holder)
}

/// The number in a pair and who holds the lease, if all its parts were stored together.
fn parts(tokens: &TokenSet) -> (usize, String) {
    let detail = |name: &str| tokens.details.get(name).cloned().expect("the details come back");
    let count: usize = detail(COUNT).parse().expect("a detail comes back as it was stored");
    let expected = counted(count, "");
    let secret = |tokens: &TokenSet| {
        let refresh = tokens.refresh.as_ref().map(|token| token.expose_secret().to_owned());
        (tokens.access.expose_secret().to_owned(), refresh)
    };
    assert!(secret(tokens) == secret(&expected), "a load gives the parts of one pair");
    (count, detail(HOLDER))
}
