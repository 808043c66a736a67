//! What a [`WorkQueue`] must do.
//!
//! ```
//! use std::sync::Arc;
//! use sync_core::queue::MemoryQueue;
//! use sync_core::{ManualEnv, conformance};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let env = Arc::new(ManualEnv::new(1));
//! conformance::work_queue::check(async || MemoryQueue::new(env.clone()), &*env).await;
//! # }
//! ```
#![allow(clippy::expect_used, clippy::panic, reason = "a suite reports a violation by panicking")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::{WRITERS, together};
use crate::Env;
use crate::conformance::ODD;
use crate::engine::{FactKey, LinkId, ProjectionKey, RecordId, RecordRef, Side};
use crate::queue::{Claim, Hint, Priority, WorkKey, WorkQueue};

/// Long enough that it does not end while the suite runs.
const HOUR: Duration = Duration::from_secs(3600);
/// Short enough to be waited for where the clock is real.
const SHORT: Duration = Duration::from_millis(300);

fn key(name: &str) -> WorkKey {
    WorkKey::Link(LinkId::new(name))
}

fn hint(name: &str, tenant: &str, priority: Priority) -> Hint {
    Hint::new(key(name), tenant, priority)
}

fn event_of(key: WorkKey) -> Hint {
    Hint::new(key, "t", Priority::Event)
}

fn event(name: &str) -> Hint {
    event_of(key(name))
}

async fn mark(queue: &dyn WorkQueue, hints: &[Hint]) {
    queue.mark(hints).await.expect("hints can be added");
}

async fn claim(queue: &dyn WorkQueue, max: usize, lease: Duration) -> Vec<Claim> {
    queue.claim("suite", max, lease).await.expect("keys can be claimed")
}

async fn claim_one(queue: &dyn WorkQueue, lease: Duration, what: &str) -> Claim {
    let mut claims = claim(queue, 1, lease).await;
    claims.pop().unwrap_or_else(|| panic!("{what} is due, and cannot be claimed"))
}

async fn done(queue: &dyn WorkQueue, claim: Claim, again: Option<Timestamp>) {
    queue.done(claim, again).await.expect("work can be ended");
}

/// Names of the keys that are due, in order; each is ended.
async fn drain(queue: &dyn WorkQueue) -> Vec<WorkKey> {
    let mut keys = Vec::new();
    while let Some(claim) = claim(queue, 1, HOUR).await.pop() {
        keys.push(claim.key.clone());
        done(queue, claim, None).await;
    }
    keys
}

/// Runs the whole suite; `make` gives a new, empty queue each time. `env` is the clock by which hints are due and leases
/// end, as for [`token_store::check`](super::token_store::check); where it is real, the suite takes half a minute. Needs a
/// tokio runtime.
///
/// # Panics
///
/// At the first violation.
pub async fn check<Q: WorkQueue + 'static>(make: impl AsyncFn() -> Q, env: &dyn Env) {
    starts_empty(&make().await).await;
    keeps_every_kind_of_key(&make().await).await;
    hints_of_one_key_are_one(&make().await).await;
    a_key_is_claimed_once(&make().await).await;
    a_hint_during_work_causes_one_more_look(&make().await).await;
    comes_back_when_told(&make().await, env).await;
    waits_for_its_moment(&make().await, env).await;
    an_ended_lease_is_due_again(&make().await, env).await;
    a_late_end_changes_nothing(&make().await, env).await;
    urgent_hints_come_first(&make().await).await;
    tenants_take_turns(&make().await).await;
    what_waits_moves_up(&make().await, env).await;
    what_failed_is_less_urgent(&make().await, env).await;
    a_crowd_keeps_nobody_waiting(&make().await).await;
    forgets_keys(&make().await).await;
    many_workers_share_the_keys(Arc::new(make().await)).await;
    no_key_has_two_workers(Arc::new(make().await)).await;
}

async fn starts_empty(queue: &dyn WorkQueue) {
    assert!(claim(queue, 10, HOUR).await.is_empty(), "a new queue has nothing to do");
    let due = queue.next_due().await.expect("the queue can be read");
    assert_eq!(due, None, "a new queue has nothing to wait for");
    mark(queue, &[]).await;
    assert!(claim(queue, 10, HOUR).await.is_empty(), "no hints make no work");
}

async fn keeps_every_kind_of_key(queue: &dyn WorkQueue) {
    let mut keys = BTreeSet::new();
    for name in ODD {
        let at = RecordRef::under(RecordId::new(name), RecordId::new(name));
        keys.extend([
            key(name),
            WorkKey::Birth(Side::Left, at.clone()),
            WorkKey::Birth(Side::Right, at.clone()),
            WorkKey::Birth(Side::Right, RecordRef::top(RecordId::new(name))),
            WorkKey::Fact(FactKey::new(name, at)),
            WorkKey::Projection(ProjectionKey::new(name)),
            WorkKey::Sync,
        ]);
    }
    let hints: Vec<_> = keys.iter().map(|key| Hint::new(key.clone(), "t", Priority::Sweep)).collect();
    mark(queue, &hints).await;
    let found: BTreeSet<_> = drain(queue).await.into_iter().collect();
    assert_eq!(found, keys, "keys come back as they were hinted, and none is taken for another");
}

async fn hints_of_one_key_are_one(queue: &dyn WorkQueue) {
    mark(queue, &[event("a"), event("b"), event("a")]).await;
    mark(queue, &[event("a")]).await;
    let keys = drain(queue).await;
    assert_eq!(keys.len(), 2, "hints of one key are one: {keys:?}");
}

async fn a_key_is_claimed_once(queue: &dyn WorkQueue) {
    mark(queue, &[event("a")]).await;
    let first = claim_one(queue, HOUR, "a").await;
    assert_eq!((&first.key, first.attempt), (&key("a"), 1), "the first attempt of the key that was hinted");
    assert!(claim(queue, 10, HOUR).await.is_empty(), "a key that is worked on is nobody else's");
    done(queue, first, None).await;
    assert!(claim(queue, 10, HOUR).await.is_empty(), "what is done is done");
    let due = queue.next_due().await.expect("the queue can be read");
    assert_eq!(due, None, "nothing is left of it");
}

async fn a_hint_during_work_causes_one_more_look(queue: &dyn WorkQueue) {
    mark(queue, &[event("a")]).await;
    let first = claim_one(queue, HOUR, "a").await;
    mark(queue, &[event("a")]).await;
    mark(queue, &[event("a")]).await;
    assert!(claim(queue, 10, HOUR).await.is_empty(), "not while it is worked on");
    done(queue, first.clone(), None).await;
    let second = claim_one(queue, HOUR, "a key that was hinted while it was worked on").await;
    assert!(second.fence > first.fence, "fences grow");
    assert_eq!(second.attempt, 1, "the work before was done");
    done(queue, second, None).await;
    assert!(claim(queue, 10, HOUR).await.is_empty(), "two hints cause one more look, not two");
}

async fn comes_back_when_told(queue: &dyn WorkQueue, env: &dyn Env) {
    mark(queue, &[event("a")]).await;
    let first = claim_one(queue, HOUR, "a").await;
    done(queue, first, Some(env.now() + SHORT)).await;
    assert!(claim(queue, 10, HOUR).await.is_empty(), "not before its moment");
    env.sleep(SHORT * 2).await;
    let second = claim_one(queue, HOUR, "a key whose moment has come").await;
    assert_eq!(second.attempt, 2, "it was not done the first time");
    // A hint is not kept waiting by the moment that the work before asked for.
    done(queue, second, Some(env.now() + HOUR)).await;
    mark(queue, &[event("a")]).await;
    let third = claim_one(queue, HOUR, "a key that was hinted before its moment").await;
    done(queue, third, None).await;
}

async fn waits_for_its_moment(queue: &dyn WorkQueue, env: &dyn Env) {
    let moment = env.now() + SHORT;
    mark(queue, &[event("a").not_before(moment)]).await;
    assert!(claim(queue, 10, HOUR).await.is_empty(), "not before its moment");
    let due = queue.next_due().await.expect("the queue can be read").expect("something is to be waited for");
    let off = due.duration_since(moment).as_millis().abs();
    assert!(off <= 1, "the next moment is known to the millisecond: {off} ms off");
    env.sleep(SHORT * 2).await;
    let first = claim_one(queue, HOUR, "a key whose moment has come").await;
    done(queue, first, None).await;

    mark(queue, &[event("b").not_before(env.now() + HOUR)]).await;
    mark(queue, &[event("b")]).await;
    claim_one(queue, HOUR, "of two moments the earlier one: the key").await;
}

async fn an_ended_lease_is_due_again(queue: &dyn WorkQueue, env: &dyn Env) {
    mark(queue, &[event("a")]).await;
    let first = claim_one(queue, SHORT, "a").await;
    env.sleep(SHORT * 2).await;
    let second = claim_one(queue, HOUR, "a key whose worker is gone").await;
    assert!(second.fence > first.fence, "fences grow");
    assert_eq!(second.attempt, 2, "attempts are counted beyond a lease");
    done(queue, second, None).await;

    // Hinted when its lease had ended, and claimed again: whoever works now sees what the hint was about.
    mark(queue, &[event("b")]).await;
    claim_one(queue, SHORT, "b").await;
    env.sleep(SHORT * 2).await;
    mark(queue, &[event("b")]).await;
    let second = claim_one(queue, HOUR, "a key whose worker is gone").await;
    done(queue, second, None).await;
    assert!(claim(queue, 10, HOUR).await.is_empty(), "one look serves the hint as well");
}

async fn a_late_end_changes_nothing(queue: &dyn WorkQueue, env: &dyn Env) {
    mark(queue, &[event("a")]).await;
    let late = claim_one(queue, SHORT, "a").await;
    env.sleep(SHORT * 2).await;
    let present = claim_one(queue, HOUR, "a key whose worker is late").await;
    done(queue, late.clone(), None).await;
    assert!(claim(queue, 10, HOUR).await.is_empty(), "a late end does not free the key");
    mark(queue, &[event("a")]).await;
    done(queue, late, Some(env.now())).await;
    assert!(claim(queue, 10, HOUR).await.is_empty(), "nor does it make it due");
    done(queue, present, None).await;
    let hinted = claim_one(queue, HOUR, "a key that was hinted meanwhile").await;
    done(queue, hinted, None).await;

    // Late, and nobody has taken the key since: a hint that came after its lease ended still counts.
    mark(queue, &[event("b")]).await;
    let late = claim_one(queue, SHORT, "b").await;
    env.sleep(SHORT * 2).await;
    mark(queue, &[event("b")]).await;
    done(queue, late, None).await;
    claim_one(queue, HOUR, "a key that was hinted after the lease of its worker had ended").await;
}

async fn urgent_hints_come_first(queue: &dyn WorkQueue) {
    let priorities =
        [Priority::Sweep, Priority::Backfill, Priority::Retry, Priority::Event, Priority::Interactive];
    let hints = priorities.map(|priority| hint(&format!("{priority:?}"), "t", priority));
    mark(queue, &hints).await;
    // Hinted twice, the more urgent one counts.
    mark(queue, &[hint("Sweep", "t", Priority::Event)]).await;
    let keys = drain(queue).await;
    let expected = ["Interactive", "Event", "Sweep", "Retry", "Backfill"].map(key);
    let same_moment: BTreeSet<_> = keys.get(1..3).unwrap_or_default().iter().collect();
    assert_eq!(same_moment.len(), 2, "{keys:?}");
    let rest =
        |keys: &[WorkKey]| keys.iter().filter(|k| !same_moment.contains(k)).cloned().collect::<Vec<_>>();
    assert_eq!(rest(&keys), rest(&expected), "the most urgent first: {keys:?}");
    assert!(same_moment.contains(&key("Event")) && same_moment.contains(&key("Sweep")), "{keys:?}");
}

async fn tenants_take_turns(queue: &dyn WorkQueue) {
    let large = (0..20).map(|number| hint(&format!("large {number}"), "large", Priority::Event));
    mark(queue, &large.collect::<Vec<_>>()).await;
    mark(queue, &[hint("small 1", "small", Priority::Event), hint("small 2", "small", Priority::Event)])
        .await;
    let tenants: Vec<_> = claim(queue, 6, HOUR).await.into_iter().map(|claim| claim.tenant).collect();
    let small = tenants.iter().filter(|tenant| *tenant == "small").count();
    assert_eq!((tenants.len(), small), (6, 2), "a small tenant waits for no more than its turn: {tenants:?}");
}

async fn what_waits_moves_up(queue: &dyn WorkQueue, env: &dyn Env) {
    mark(queue, &[hint("old", "t", Priority::Event)]).await;
    env.sleep(Duration::from_secs(5)).await;
    mark(queue, &[hint("young", "t", Priority::Event), hint("urgent", "t", Priority::Interactive)]).await;
    let first = claim_one(queue, HOUR, "what is urgent").await;
    assert_eq!(first.key, key("urgent"), "it is ten seconds more urgent, and only five seconds younger");
    env.sleep(Duration::from_secs(8)).await;
    mark(queue, &[hint("more urgent", "t", Priority::Interactive)]).await;
    let keys = drain(queue).await;
    let expected = ["old", "more urgent", "young"].map(key);
    assert_eq!(keys, expected, "thirteen seconds older comes first, eight seconds older does not");
}

async fn what_failed_is_less_urgent(queue: &dyn WorkQueue, env: &dyn Env) {
    mark(queue, &[hint("a", "t", Priority::Interactive), hint("b", "t", Priority::Sweep)]).await;
    for claim in claim(queue, 2, HOUR).await {
        done(queue, claim, Some(env.now())).await;
    }
    let claims = claim(queue, 2, HOUR).await;
    let found: Vec<_> = claims.iter().map(|claim| (&claim.key, claim.priority, claim.attempt)).collect();
    let expected = [(&key("a"), Priority::Retry, 2), (&key("b"), Priority::Sweep, 2)];
    assert_eq!(found, expected, "what comes again is tried again, and no more urgent than it was");
    mark(queue, &[hint("a", "t", Priority::Event)]).await;
    for claim in claims {
        done(queue, claim, Some(env.now() + HOUR)).await;
    }
    let again = claim_one(queue, HOUR, "what was hinted while it was worked on").await;
    assert_eq!(
        (again.key, again.priority),
        (key("a"), Priority::Event),
        "a new hint is as urgent as it says"
    );
}

/// More than any claim would look at.
async fn a_crowd_keeps_nobody_waiting(queue: &dyn WorkQueue) {
    let crowd = (0..700).map(|number| hint(&format!("crowd {number}"), "large", Priority::Sweep));
    mark(queue, &crowd.collect::<Vec<_>>()).await;
    mark(queue, &[hint("small", "small", Priority::Sweep), hint("urgent", "large", Priority::Event)]).await;
    let keys: BTreeSet<_> = claim(queue, 2, HOUR).await.into_iter().map(|claim| claim.key).collect();
    assert_eq!(
        keys,
        ["small", "urgent"].map(key).into(),
        "neither tenants nor what is urgent wait for a crowd"
    );
    let mut rest = 0;
    loop {
        let claims = claim(queue, 50, HOUR).await;
        if claims.is_empty() {
            break;
        }
        rest += claims.len();
    }
    assert_eq!(rest, 700, "and all of the crowd has its turn");
    assert!(claim(queue, 0, HOUR).await.is_empty(), "who wants nothing gets nothing");
}

async fn forgets_keys(queue: &dyn WorkQueue) {
    mark(queue, &[event("a"), event("b"), event("c")]).await;
    let held = claim_one(queue, HOUR, "a key that was hinted").await;
    let (gone, other) = (held.key.clone(), if held.key == key("a") { key("b") } else { key("a") });
    let forgotten = queue.forget(&[gone.clone(), other.clone(), key("absent"), gone.clone()]).await;
    assert_eq!(forgotten.expect("keys can be forgotten"), 2, "it counts those that were there, each once");
    mark(queue, &[event_of(gone.clone())]).await;
    done(queue, held, None).await;
    let left: BTreeSet<_> = drain(queue).await.into_iter().collect();
    assert!(left.contains(&gone), "a claim from before ends nothing that was hinted since");
    assert!(left.len() == 2 && !left.contains(&other), "what was forgotten is not due: {left:?}");
}

async fn many_workers_share_the_keys<Q: WorkQueue + 'static>(queue: Arc<Q>) {
    let hints: Vec<_> = (0..60).map(|number| event(&format!("{number}"))).collect();
    mark(&*queue, &hints).await;
    let worker = |_| {
        let queue = queue.clone();
        async move {
            let mut keys = Vec::new();
            loop {
                let claims = claim(&*queue, 3, HOUR).await;
                if claims.is_empty() {
                    return keys;
                }
                for claim in claims {
                    keys.push(claim.key.clone());
                    done(&*queue, claim, None).await;
                }
            }
        }
    };
    let keys: Vec<_> = together((0..6).map(worker)).await.into_iter().flatten().collect();
    let different: BTreeSet<_> = keys.iter().collect();
    assert_eq!((keys.len(), different.len()), (60, 60), "each key is worked on once, by whomever");
}

async fn no_key_has_two_workers<Q: WorkQueue + 'static>(queue: Arc<Q>) {
    const KEYS: usize = 8;
    let held: Arc<Mutex<BTreeSet<WorkKey>>> = Arc::default();
    let hints: Arc<Vec<_>> = Arc::new((0..KEYS).map(|number| event(&format!("{number}"))).collect());
    let worker = |number: usize| {
        let (queue, held, hints) = (queue.clone(), held.clone(), hints.clone());
        async move {
            let held = || held.lock().unwrap_or_else(PoisonError::into_inner);
            for round in 0..20 {
                // In another order each time: two who add the same hints must not wait for each other.
                let mut hints = hints.to_vec();
                hints.rotate_left((number + round) % KEYS);
                mark(&*queue, &hints).await;
                for claim in claim(&*queue, 3, HOUR).await {
                    let is_first = held().insert(claim.key.clone());
                    assert!(is_first, "{} has two workers", claim.key);
                    tokio::task::yield_now().await;
                    held().remove(&claim.key);
                    done(&*queue, claim, None).await;
                }
            }
        }
    };
    together((0..WRITERS).map(worker)).await;
    drain(&*queue).await;
    let due = queue.next_due().await.expect("the queue can be read");
    assert_eq!(due, None, "nothing is left claimed");
}
