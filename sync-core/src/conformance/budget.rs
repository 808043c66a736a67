//! What a [`Budget`] must do.
//!
//! ```
//! use std::sync::Arc;
//! use sync_core::engine::MemoryBudget;
//! use sync_core::{ManualEnv, conformance};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let env = Arc::new(ManualEnv::new(1));
//! conformance::budget::check(async || MemoryBudget::new(env.clone()), &*env).await;
//! # }
//! ```
#![allow(clippy::expect_used, clippy::panic, reason = "a suite reports a violation by panicking")]

use std::slice;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::{ODD, WRITERS, together};
use crate::engine::{Budget, Quota, Taken};
use crate::queue::Priority;
use crate::{AccountKey, Env};

/// Long enough that it does not end while the suite runs.
const HOUR: Duration = Duration::from_secs(3600);
/// Short enough to be waited for where the clock is real.
const SHORT: Duration = Duration::from_millis(300);

fn account(name: &str) -> AccountKey {
    AccountKey::new("suite", name)
}

async fn take(budget: &dyn Budget, accounts: &[AccountKey], priority: Priority, cost: u32) -> Taken {
    budget.take(accounts, priority, cost).await.expect("the budget can be asked")
}

async fn takes(budget: &dyn Budget, account: &AccountKey, priority: Priority, cost: u32) -> bool {
    take(budget, slice::from_ref(account), priority, cost).await == Taken::Granted
}

async fn allow(budget: &dyn Budget, account: &AccountKey, requests: u32, window: Duration) {
    budget.allow(account, requests, window).await.expect("a quota can be set");
}

async fn learn(budget: &dyn Budget, account: &AccountKey, limit: u32, remaining: u32, resets_at: Timestamp) {
    budget.learn(account, Quota { limit, remaining, resets_at }).await.expect("a quota can be learned");
}

/// How much of an account can be taken, one by one.
async fn left(budget: &dyn Budget, account: &AccountKey, priority: Priority) -> u32 {
    let mut taken = 0;
    while taken < 1000 && takes(budget, account, priority, 1).await {
        taken += 1;
    }
    taken
}

/// Runs the whole suite; `make` gives a new budget each time, which knows of no account. `env` is the clock by which
/// quotas are renewed, as for [`work_queue::check`](super::work_queue::check). Needs a tokio runtime.
///
/// # Panics
///
/// At the first violation.
pub async fn check<B: Budget + 'static>(make: impl AsyncFn() -> B, env: &dyn Env) {
    what_is_not_known_is_not_limited(&make().await).await;
    what_can_wait_leaves_a_quarter(&make().await, env).await;
    what_the_service_says_counts(&make().await, env).await;
    a_quota_is_renewed(&make().await, env).await;
    saying_it_again_changes_nothing(&make().await).await;
    takes_of_all_accounts_or_of_none(&make().await, env).await;
    tells_accounts_apart(&make().await).await;
    nothing_is_taken_twice(Arc::new(make().await)).await;
    opposite_orders_do_not_block(Arc::new(make().await)).await;
}

async fn what_is_not_known_is_not_limited(budget: &dyn Budget) {
    let (known, unknown) = (account("a"), account("b"));
    assert!(takes(budget, &unknown, Priority::Sweep, u32::MAX).await, "nothing is known of any account");
    allow(budget, &known, 1, HOUR).await;
    assert!(takes(budget, &unknown, Priority::Sweep, u32::MAX).await, "nothing is known of this account");
    assert_eq!(take(budget, &[], Priority::Sweep, 1).await, Taken::Granted, "nothing of nobody");
}

async fn what_can_wait_leaves_a_quarter(budget: &dyn Budget, env: &dyn Env) {
    let account = account("a");
    let earliest = env.now() + HOUR;
    allow(budget, &account, 101, HOUR).await;
    let mut taken = 0;
    for priority in [Priority::Sweep, Priority::Backfill, Priority::Retry].into_iter().cycle() {
        if !takes(budget, &account, priority, 3).await {
            break;
        }
        taken += 3;
    }
    assert_eq!(taken, 75, "three quarters of 101 and a bit, by threes");
    match take(budget, slice::from_ref(&account), Priority::Sweep, 3).await {
        Taken::Refused { account: whose, until } => {
            assert_eq!(whose, account, "it says whose quota does not suffice");
            let latest = env.now() + HOUR;
            assert!(earliest <= until && until <= latest, "and when it is renewed: {until}");
        }
        Taken::Granted => panic!("what can wait took of what is kept for what is urgent"),
    }
    for priority in [Priority::Event, Priority::Interactive] {
        assert!(takes(budget, &account, priority, 3).await, "what is urgent may have the rest");
    }
    assert_eq!(left(budget, &account, Priority::Event).await, 20, "to the last one");
}

async fn what_the_service_says_counts(budget: &dyn Budget, env: &dyn Env) {
    let account = account("a");
    let tomorrow = env.now() + 24 * HOUR;
    learn(budget, &account, 200_000, 2, tomorrow).await;
    let refused = Taken::Refused { account: account.clone(), until: tomorrow };
    assert_eq!(
        take(budget, slice::from_ref(&account), Priority::Event, 3).await,
        refused,
        "the moment is kept exactly"
    );
    assert!(takes(budget, &account, Priority::Event, 2).await, "what was refused was not taken");
    learn(budget, &account, 100, 90, tomorrow).await;
    assert_eq!(left(budget, &account, Priority::Event).await, 90, "it counts more than what was reckoned");
    learn(budget, &account, 10, 50, tomorrow).await;
    assert_eq!(left(budget, &account, Priority::Event).await, 10, "no more is left than there is");
    learn(budget, &account, u32::MAX, u32::MAX, tomorrow).await;
    assert!(takes(budget, &account, Priority::Event, u32::MAX).await, "large numbers are kept");
}

async fn a_quota_is_renewed(budget: &dyn Budget, env: &dyn Env) {
    let (set, learned) = (account("set"), account("learned"));
    allow(budget, &set, 4, SHORT).await;
    learn(budget, &learned, 4, 0, env.now() + SHORT).await;
    assert!(!takes(budget, &learned, Priority::Event, 1).await, "nothing is left of it");
    assert!(takes(budget, &set, Priority::Event, 4).await, "all of it is left");
    env.sleep(SHORT * 2).await;
    assert!(takes(budget, &set, Priority::Event, 4).await, "its window is over");
    assert!(takes(budget, &learned, Priority::Event, 4).await, "its day is over");
    match take(budget, slice::from_ref(&learned), Priority::Event, 1).await {
        Taken::Refused { until, .. } => {
            let day = until.duration_since(env.now()).as_hours();
            assert!((23..=24).contains(&day), "what was learned is for a day: {until}");
        }
        Taken::Granted => panic!("more was taken than there is"),
    }
    env.sleep(SHORT * 2).await;
    assert_eq!(left(budget, &set, Priority::Event).await, 4, "and the next window");
}

async fn saying_it_again_changes_nothing(budget: &dyn Budget) {
    let account = account("a");
    allow(budget, &account, 10, HOUR).await;
    assert!(takes(budget, &account, Priority::Event, 4).await, "all of it is left");
    // As each process that starts does.
    allow(budget, &account, 10, HOUR).await;
    assert_eq!(left(budget, &account, Priority::Event).await, 6, "what is taken stays taken");
    allow(budget, &account, 20, HOUR).await;
    assert_eq!(left(budget, &account, Priority::Event).await, 20, "another quota is another one");
    allow(budget, &account, 20, 2 * HOUR).await;
    assert_eq!(left(budget, &account, Priority::Event).await, 20, "and so is one for another time");
}

async fn takes_of_all_accounts_or_of_none(budget: &dyn Budget, env: &dyn Env) {
    let (one, other) = (account("one"), account("other"));
    let both = [one.clone(), other.clone()];
    let (soon, late) = (env.now() + HOUR, env.now() + 2 * HOUR);
    learn(budget, &one, 10, 10, soon).await;
    learn(budget, &other, 10, 2, late).await;
    for _ in 0..5 {
        let refused = Taken::Refused { account: other.clone(), until: late };
        assert_eq!(take(budget, &both, Priority::Event, 3).await, refused, "one of the two has not enough");
    }
    assert_eq!(
        take(budget, &both, Priority::Event, 2).await,
        Taken::Granted,
        "and nothing was taken of the other"
    );
    assert_eq!(left(budget, &one, Priority::Event).await, 8, "it is taken of both");
    let refused = Taken::Refused { account: other, until: late };
    assert_eq!(take(budget, &both, Priority::Event, 1).await, refused, "the later moment counts");
    learn(budget, &one, 10, 10, soon).await;
    let twice = [one.clone(), one.clone()];
    assert_eq!(take(budget, &twice, Priority::Event, 6).await, Taken::Granted, "named twice is taken once");
    assert_eq!(left(budget, &one, Priority::Event).await, 4, "named twice is taken once");
}

async fn tells_accounts_apart(budget: &dyn Budget) {
    for (number, name) in (1..).zip(ODD) {
        allow(budget, &account(name), number, HOUR).await;
    }
    for (number, name) in (1..).zip(ODD) {
        assert_eq!(left(budget, &account(name), Priority::Event).await, number, "the quota of {name:?}");
    }
}

async fn nothing_is_taken_twice<B: Budget + 'static>(budget: Arc<B>) {
    let account = account("a");
    allow(&*budget, &account, 100, HOUR).await;
    let worker = |_| {
        let (budget, account) = (budget.clone(), account.clone());
        async move {
            let mut taken = 0;
            while takes(&*budget, &account, Priority::Event, 3).await {
                taken += 3;
            }
            taken
        }
    };
    let taken: u32 = together((0..WRITERS).map(worker)).await.into_iter().sum();
    assert_eq!(taken, 99, "of 100 by threes, by whomever");
}

async fn opposite_orders_do_not_block<B: Budget + 'static>(budget: Arc<B>) {
    let (one, other) = (account("one"), account("other"));
    for account in [&one, &other] {
        allow(&*budget, account, 200, HOUR).await;
    }
    let worker = |number: usize| {
        let (budget, mut both) = (budget.clone(), [one.clone(), other.clone()]);
        async move {
            if number % 2 == 0 {
                both.reverse();
            }
            for _ in 0..10 {
                let taken = take(&*budget, &both, Priority::Event, 1).await;
                assert_eq!(taken, Taken::Granted, "there is enough for all");
            }
        }
    };
    together((0..WRITERS).map(worker)).await;
    assert_eq!(left(&*budget, &one, Priority::Event).await, 40, "each was taken once");
}
