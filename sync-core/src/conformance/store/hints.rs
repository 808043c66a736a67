//! What a store must do that is a queue as well.

use std::time::Duration;

use super::fixtures::{assert_stale, new_link};
use crate::engine::LinkId;
use crate::queue::{Claim, Hint, Priority, WorkKey, WorkQueue};
use crate::store::{Commit, Store};
use crate::{Env, Rev};

const LEASE: Duration = Duration::from_secs(3600);

fn hint(name: &str) -> Hint {
    Hint::new(WorkKey::Link(LinkId::new(name)), "t", Priority::Event)
}

fn commit(seen: Option<Rev>, id: &str, hints: Vec<Hint>) -> Commit {
    Commit { hints, ..Commit::link(seen, new_link(id, id, None)) }
}

async fn claims(database: &dyn WorkQueue) -> Vec<Claim> {
    database.claim("suite", 10, LEASE).await.expect("keys can be claimed")
}

/// The names of what is due, sorted; each is ended.
async fn due(database: &dyn WorkQueue) -> Vec<String> {
    let mut names = Vec::new();
    for claim in claims(database).await {
        if let WorkKey::Link(id) = &claim.key {
            names.push(id.to_string());
        }
        database.done(claim, None).await.expect("work can be ended");
    }
    names.sort();
    names
}

/// Checks that hints are added to the queue in the commit that they come with; `make` gives a new, empty database each
/// time, and `env` is its clock. Run the suites of the [store](super::check) and of the
/// [queue](crate::conformance::work_queue::check) as well. Needs a tokio runtime.
///
/// # Panics
///
/// At the first violation.
pub async fn check_hints<D: Store + WorkQueue>(make: impl AsyncFn() -> D, env: &dyn Env) {
    let database = make().await;
    assert!(database.keeps_hints(), "the store says that it is a queue as well");
    let landed = database.commit(commit(None, "a", vec![hint("x"), hint("y"), hint("x")])).await;
    landed.expect("a commit with hints lands");
    assert_eq!(due(&database).await, ["x", "y"], "the hints of a commit are due");

    let stale = database.commit(commit(None, "a", vec![hint("x")])).await;
    assert_stale(&stale, "a link that is there already");
    assert_eq!(due(&database).await, [""; 0], "a commit that is refused hints nothing");

    let later = hint("later").not_before(env.now() + LEASE);
    let only = Commit { hints: vec![later, hint("now")], ..Commit::default() };
    database.commit(only).await.expect("a commit of nothing but hints lands");
    assert_eq!(due(&database).await, ["now"], "a hint waits for its moment");

    // A hint for what is being worked on, from the work itself.
    database.mark(&[hint("x")]).await.expect("hints can be added");
    let claim = claims(&database).await.pop().expect("a key that was hinted is due");
    database.commit(commit(Some(Rev::FIRST), "a", vec![hint("x")])).await.expect("a commit with hints lands");
    assert!(claims(&database).await.is_empty(), "it is worked on already");
    database.done(claim, None).await.expect("work can be ended");
    assert_eq!(due(&database).await, ["x"], "it is looked at once more");
}
