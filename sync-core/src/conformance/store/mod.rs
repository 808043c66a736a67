//! What a [`Store`] must do.
//!
//! ```
//! use sync_core::conformance;
//! use sync_core::store::MemoryStore;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! conformance::store::check(async || MemoryStore::new()).await;
//! # }
//! ```
#![allow(clippy::expect_used, clippy::panic, reason = "a suite reports a violation by panicking")]

mod atomic;
mod claims;
mod concurrency;
mod fields;
mod fixtures;
mod forgets;
mod hints;
mod known;
mod lookups;
mod pages;
mod versions;

use std::sync::Arc;

pub use hints::check_hints;

use fixtures::{
    Contents, accounts, assert_claimed, assert_stale, everything, new_entry, new_link, put, read,
    read_projection, top,
};

use crate::engine::LinkId;
use crate::queue::WorkKey;
use crate::store::{Accounts, BindError, Commit, Store};

/// Runs the whole suite; `make` gives a new, empty store each time. Needs a tokio runtime, best one with several
/// threads.
///
/// # Panics
///
/// At the first violation.
pub async fn check<S: Store + 'static>(make: impl AsyncFn() -> S) {
    starts_empty(&make().await).await;
    Box::pin(check_fields(&make)).await;
    versions::counts_versions(&make().await).await;
    for kind in versions::KINDS {
        versions::refuses_what_is_stale(&make().await, kind).await;
    }
    atomic::writes_all_or_nothing(&make().await).await;
    Box::pin(check_claims(&make)).await;
    lookups::lists_open_creates(&make().await).await;
    lookups::finds_projections_by_owner(&make().await).await;
    lookups::finds_facts_by_owner(&make().await).await;
    lookups::finds_a_page_at_a_time(&make().await).await;
    lookups::opens_and_closes_reviews(&make().await).await;
    lookups::finds_reviews_by_what_they_are_about(&make().await).await;
    lookups::keeps_the_journal_in_order(&make().await).await;
    pages::pages_by_bytes(&make().await).await;
    pages::pages_records_and_what_is_unfinished(&make().await).await;
    belongs_to_one_pair_of_accounts(&make().await).await;

    concurrency::one_writer_wins_each_version(Arc::new(make().await)).await;
    let counting = Arc::new(make().await);
    concurrency::loses_no_update(Arc::clone(&counting), counting).await;
    concurrency::one_link_wins_a_record(Arc::new(make().await)).await;
    concurrency::one_pair_of_accounts_wins(Arc::new(make().await)).await;
    concurrency::disjoint_commits_all_land_whole(Arc::new(make().await)).await;
    concurrency::opposite_orders_do_not_block(Arc::new(make().await)).await;
    concurrency::readers_of_the_journal_miss_nothing(Arc::new(make().await)).await;
    lookups::tells_of_runs(&make().await).await;
    concurrency::survives_a_dropped_commit(&make().await).await;
    // All checks in one future are too much for the stack of who waits for it.
    Box::pin(forgets::check(&make)).await;
    Box::pin(known::check(&make)).await;
}

async fn check_fields<S: Store>(make: &impl AsyncFn() -> S) {
    fields::keeps_links(&make().await).await;
    fields::keeps_projections(&make().await).await;
    fields::keeps_facts(&make().await).await;
    fields::keeps_positions(&make().await).await;
    fields::keeps_reviews(&make().await).await;
    fields::keeps_the_journal(&make().await).await;
}

async fn check_claims<S: Store>(make: &impl AsyncFn() -> S) {
    claims::gives_a_record_to_one_link(&make().await).await;
    claims::tells_records_apart(&make().await).await;
    claims::finds_the_link_of_a_record(&make().await).await;
    claims::frees_the_records_of_gone_links(&make().await).await;
    claims::ended_links_give_way(&make().await).await;
    claims::finds_all_links_of_a_record(&make().await).await;
    claims::hands_records_over_within_a_commit(make).await;
    claims::gives_a_record_once_within_a_commit(&make().await).await;
}

/// Checks that the state outlives the store that wrote it; `open` opens the same state each time, which is empty
/// at first. Needs a tokio runtime.
///
/// # Panics
///
/// At the first violation.
pub async fn check_reopen<S: Store + 'static>(open: impl AsyncFn() -> S) {
    let first = open().await;
    first.bind(&accounts("1", "2")).await.expect("a new state can be bound");
    first.commit(atomic::first()).await.expect("a first commit lands");
    let written = everything(&first).await;
    drop(first);

    let second = open().await;
    assert_eq!(everything(&second).await, written, "a reopened state holds what was committed");
    let other = second.bind(&accounts("1", "3")).await;
    assert!(
        matches!(other, Err(BindError::Other { .. })),
        "a reopened state knows its accounts, got {other:?}"
    );

    let third = open().await;
    put(&second, None, new_link("l2", "2", None)).await.expect("a reopened state can be written");
    assert!(read(&third, "l2").await.is_some(), "what one store writes, another on the same state sees");
    assert_stale(&put(&third, None, new_link("l2", "2", None)).await, "a link that another store wrote");
    assert_claimed(put(&third, None, new_link("l3", "2", None)).await, &top("2"), "l2");
    let journal = vec![new_entry(&WorkKey::Link(LinkId::new("l2")), "later")];
    third.commit(Commit { journal, ..Commit::default() }).await.expect("a reopened journal can be written");
    let last = everything(&second).await.journal.pop();
    assert!(
        last.is_some_and(|entry| entry.about == WorkKey::Link(LinkId::new("l2"))),
        "a reopened journal goes on"
    );
    concurrency::loses_no_update(Arc::new(second), Arc::new(third)).await;
}

async fn starts_empty(store: &impl Store) {
    let nothing = Contents {
        links: vec![],
        projections: vec![],
        facts: vec![],
        positions: vec![],
        reviews: vec![],
        journal: vec![],
    };
    assert_eq!(everything(store).await, nothing, "a new store is empty");
    assert!(read(store, "a").await.is_none(), "a new store has no links");
    assert!(read_projection(store, "a").await.is_none(), "a new store has no projections");
    let after = store.links_page(Some(&LinkId::new("a")), 10).await.expect("links can be read");
    assert!(after.is_empty(), "a new store has no links after a name");
    store.commit(Commit::default()).await.expect("an empty commit is no error");
}

async fn belongs_to_one_pair_of_accounts(store: &impl Store) {
    let ours = accounts("1", "2");
    store.bind(&ours).await.expect("a new store can be bound");
    store.bind(&ours).await.expect("a store can be bound to the same accounts again");
    let swapped = Accounts { left: ours.right.clone(), right: ours.left.clone() };
    for theirs in [accounts("1", "3"), accounts("3", "2"), accounts("1", ""), swapped] {
        match store.bind(&theirs).await {
            Err(BindError::Other { found, wanted }) => {
                assert_eq!(
                    (*found, *wanted),
                    (ours.clone(), theirs),
                    "the error names both pairs of accounts"
                );
            }
            other => panic!("a store that belongs to other accounts is refused, got {other:?}"),
        }
    }
    store.bind(&ours).await.expect("an attempt to bind to other accounts changes nothing");
}
