//! What a [`Collection`](crate::engine::Collection) must do, as far as its [`Caps`](crate::engine::Caps) claim it.
//!
//! The [`Fixture`] holds what the suite writes. For a collection that reads and writes:
//!
//! ```
//! use serde_json::json;
//! use sync_core::conformance::collection::{Fixture, Person, check};
//! use sync_core::engine::normalise;
//! # use sync_core::{Env, engine::Collection};
//!
//! # async fn contacts(contacts: &dyn Collection, env: &dyn Env, crm: &dyn Person) {
//! let fixture = Fixture::new(contacts, env)
//!     .record(json!({ "name": "Ana Silva", "email": "ana@example.com", "city": "Faro", "tags": ["regular"] }))
//!     .record(json!({ "name": "Rui Costa", "email": "rui@example.com" }))
//!     .record(json!({ "name": "Eva Reis", "email": "eva@example.com" }))
//!     .change(json!({ "name": "Ana Sousa", "city": null }))
//!     .key_normalised("email", "email", normalise::email)
//!     .set("tags", ["golden", "silver"])
//!     .person(crm);
//! check(&fixture).await;
//! # }
//! ```
//!
//! For one under a parent:
//!
//! ```
//! # use serde_json::json;
//! # use sync_core::conformance::collection::{Fixture, check};
//! # use sync_core::engine::{Collection, RecordId};
//! # use sync_core::Env;
//! # async fn notes(notes: &dyn Collection, env: &dyn Env, ana: RecordId) {
//! let fixture = Fixture::new(notes, env)
//!     .under(ana)
//!     .record(json!({ "body": "Ordered a table" }))
//!     .record(json!({ "body": "Asked for a chair" }))
//!     .record(json!({ "body": "Has paid" }))
//!     .change(json!({ "body": "Ordered two tables" }));
//! check(&fixture).await;
//! # }
//! ```
//!
//! For one that only reads, of an account that has records:
//!
//! ```
//! use sync_core::conformance::collection::{Fixture, check_read_only};
//! # use serde_json::{Value, json};
//! # use sync_core::engine::*;
//! # use sync_core::{AccountKey, ManualEnv, async_trait};
//!
//! # #[derive(Debug)]
//! # struct Customers(Caps);
//! # impl Customers {
//! #     fn new() -> Self { Self(Caps::new()) }
//! #     fn one() -> Snapshot {
//! #         let Value::Object(raw) = json!({ "name": "Ana", "vat": "123456789" }) else { unreachable!() };
//! #         Snapshot::new(RecordRef::top(RecordId::new(1)), raw)
//! #     }
//! # }
//! # #[async_trait]
//! # impl Collection for Customers {
//! #     fn name(&self) -> &str { "customers" }
//! #     fn caps(&self) -> &Caps { &self.0 }
//! #     async fn identity(&self) -> Result<AccountKey, Fault> { Ok(AccountKey::new("billing", 5)) }
//! #     async fn list(&self, _: &Scope, _: Option<&PageToken>) -> Result<ListPage, Fault> {
//! #         Ok(ListPage { records: vec![Self::one()], next: None })
//! #     }
//! #     async fn get(&self, at: &RecordRef) -> Result<Read, Fault> {
//! #         Ok(Some(Self::one()).filter(|one| one.at == *at).into())
//! #     }
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let (customers, env) = (Customers::new(), ManualEnv::new(1));
//! check_read_only(&Fixture::new(&customers, &env)).await;
//! # }
//! ```
#![allow(clippy::expect_used, clippy::panic, reason = "a suite reports a violation by panicking")]

mod feed;
mod fixture;
mod gone;
mod read_only;
mod reads;
mod times;
mod trial;
mod unique;
mod values;
mod writes;

use feed::Feed;
pub use fixture::{Fixture, Person};
use trial::{Made, Trial};
use values::{alike, at, leaves, path};

use crate::AccountKey;
use crate::engine::{Raw, Snapshot};

/// Runs the whole suite on a collection that reads and writes. It creates the fixture's records, and removes them in the
/// end where it can. Needs a tokio runtime.
///
/// What a collection has no capability for is left out: markers that cannot be searched are not searched, and versions,
/// times, counts and change feeds that it does not give are not asked for.
///
/// # Panics
///
/// At the first violation, or if the fixture does not hold what the capabilities need. No message shows a value of a
/// record.
pub async fn check(fixture: &Fixture<'_>) {
    let trial = Trial::new(fixture);
    suffices(&trial);
    let account = trial.identity().await;
    reads::is_set_up(&trial).await;
    let strangers = trial.list().await;

    let (mut made, spare) = creates(&trial).await;
    trial.until_listed().await;
    let rows = trial.list().await;
    for record in &made {
        reads::is_listed(&trial, record, &rows);
    }
    let (before, after) = (strangers.len(), rows.len());
    assert_eq!(after, before + made.len(), "a create creates one record");
    reads::counts(&trial).await;
    reads::repeats_itself(&trial, &rows).await;
    reads::knows_no_stranger(&trial, &rows).await;
    reads::is_found_by_its_marker(&trial, &made).await;
    let seen: Vec<&Snapshot> = made.iter().map(|record| &record.seen).collect();
    reads::is_found_by_its_keys(&trial, &seen).await;

    let [first, second, ..] = made.as_mut_slice() else { return };
    unique::takes_a_marker_once(&trial, first, &rows).await;
    unique::takes_a_value_once(&trial, first, second, &spare, &rows).await;
    unique::refuses_what_is_wrong(&trial, &rows).await;
    updates(&trial, first, second).await;

    let mut feed = Feed::begin(&trial).await;
    let last = writes::creates(&trial, &unique::sharing(&trial, first, &spare)).await;
    feed::brings_what_is_new(&trial, &mut feed, &last).await;
    feed::brings_what_changes(&trial, &mut feed, first).await;
    trial.until_listed().await;
    reads::is_found_by_its_keys(&trial, &[&first.seen, &last.seen]).await;

    gone::writes_to_no_stranger(&trial, &rows, first).await;
    gone::follows_a_merge(&trial, second, first).await;
    gone::goes_when_removed(&trial, &last).await;
    if let Some(feed) = &mut feed {
        feed.poll(&trial).await;
    }
    reads::counts(&trial).await;
    gone::cleans_up(&trial, &made).await;
    ends(&trial, &account).await;
}

/// Runs the part of the suite that is for a collection that only reads. Its account must have a record. The fixture may
/// be without records: the writes that must be refused are then tried with what was read. With a [change](Fixture::change)
/// and a [person](Fixture::person), the person makes it, and the collection must show it.
///
/// # Panics
///
/// At the first violation. No message shows a value of a record.
pub async fn check_read_only(fixture: &Fixture<'_>) {
    let trial = Trial::new(fixture);
    let account = trial.identity().await;
    trial.fine(trial.collection.set_up().await, "what must be set up can be told");
    let mut feed = Feed::begin(&trial).await;
    let rows = read_only::reads(&trial).await;
    reads::counts(&trial).await;
    let seen: Vec<&Snapshot> = rows.iter().take(read_only::SOME).collect();
    reads::is_found_by_its_keys(&trial, &seen).await;
    read_only::refuses_every_write(&trial, &rows).await;
    read_only::follows_a_person(&trial, &mut feed, &rows).await;
    ends(&trial, &account).await;
}

/// Whether the fixture holds what the capabilities need.
fn suffices(trial: &Trial<'_>) {
    let (fixture, caps) = (trial.fixture, trial.caps());
    assert!(fixture.records.len() >= 3, "the fixture has three records at least");
    assert!(
        !caps.under_parent || fixture.parent.is_some(),
        "the fixture says under which record records are listed"
    );
    assert!(
        !caps.member_writes || !fixture.sets.is_empty(),
        "the fixture has a set, because Caps::member_writes is claimed"
    );
    assert!(
        trial.has_markers() || !fixture.keys.is_empty(),
        "the fixture has a key, because records are told by their keys alone"
    );
    for name in &caps.unique {
        let key = fixture.keys.iter().find(|key| key.name == *name);
        let key =
            key.unwrap_or_else(|| panic!("the fixture has a key {name}, because it is in Caps::unique"));
        let value = fixture.records.first().and_then(|first| at(first, &path(&key.path)));
        assert!(
            value.is_some(),
            "the first record of the fixture has a {name}, because it is in Caps::unique"
        );
    }
    let change = leaves(&fixture.change);
    assert!(!change.is_empty(), "the fixture has a change");
    let is_new = fixture.records.first().is_some_and(|first| {
        change.iter().any(|(path, value)| at(first, path).is_none_or(|was| !alike(was, value)))
    });
    assert!(is_new, "the change of the fixture changes its first record");
}

/// Creates all records but the last, whose fields come back.
async fn creates(trial: &Trial<'_>) -> (Vec<Made>, Raw) {
    let mut records = trial.fixture.records.clone();
    let spare = records.pop().unwrap_or_default();
    let mut made = Vec::new();
    for raw in &records {
        let record = writes::creates(trial, raw).await;
        times::tells_when_it_was_created(trial, &record);
        made.push(record);
    }
    (made, spare)
}

async fn updates(trial: &Trial<'_>, first: &mut Made, second: &Made) {
    times::until_another_time(trial).await;
    let before = first.clone();
    let sent = trial.now();
    writes::updates_what_it_is_told(trial, first, second).await;
    times::moves_on(trial, &before, first, [sent, trial.now()]);
    writes::tells_what_it_stored(trial, first).await;
    writes::writes_members(trial, first).await;
    writes::refuses_outdated_writes(trial, first).await;
}

/// What must hold after all of it.
async fn ends(trial: &Trial<'_>, account: &AccountKey) {
    assert_eq!(trial.identity().await, *account, "a collection stays on one account");
    trial.shows_nothing(&format!("{:?}", trial.collection), "the collection's Debug");
}
