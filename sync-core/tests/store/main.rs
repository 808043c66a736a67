//! The stores against the suite that every store must pass, and what each does beyond it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests fail loudly")]

mod careless;
mod feeds;
mod forget;
mod fourth;
mod old;
mod places;
mod postgres;
mod queue;
mod sqlite;
mod third;
#[path = "../trace/mod.rs"]
mod trace;

use sync_core::Rev;
use sync_core::conformance;
use sync_core::engine::{Link, LinkId, RecordId, RecordRef, Review, ReviewKind, RowDigest, Side};
use sync_core::jiff::Timestamp;
use sync_core::queue::WorkKey;
use sync_core::store::{Commit, MemoryStore, Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_conforms() {
    conformance::store::check(async || MemoryStore::new()).await;
}

/// A link of the left record with this id.
fn link(id: &str, left: impl std::fmt::Display) -> Link {
    Link::new(LinkId::new(id), Side::Left, RecordRef::top(RecordId::new(left)))
}

fn new_link(id: &str) -> Commit {
    Commit::link(None, link(id, id))
}

/// The suite lets a store forget what was noted; these three do not.
async fn what_was_noted_is_known(store: &impl Store) {
    let (id, at, digest) =
        (LinkId::new("noted"), RecordRef::top(RecordId::new("n")), RowDigest::from_bits(7));
    store.commit(Commit::link(None, link("noted", "n"))).await.unwrap();
    store.note_known(Side::Left, &[(id, Rev::FIRST, digest)]).await.unwrap();
    assert_eq!(store.known_as(Side::Left, &[at]).await.unwrap(), [Some(digest)]);
}

#[tokio::test]
async fn what_was_noted_is_known_in_memory() {
    what_was_noted_is_known(&MemoryStore::new()).await;
}

#[tokio::test]
async fn a_question_closed_and_opened_in_one_commit_is_asked_anew_in_memory() {
    a_question_closed_and_opened_in_one_commit_is_asked_anew(&MemoryStore::new()).await;
}

async fn a_question_closed_and_opened_in_one_commit_is_asked_anew(store: &impl Store) {
    let about = WorkKey::Link(LinkId::new("a"));
    for second in [1, 2] {
        let moment = Timestamp::from_second(second).unwrap();
        let review = Review::new(about.clone(), ReviewKind::Match, None, "", moment);
        let (key, closed) = (review.key.clone(), vec![review.key.clone()]);
        let commit = Commit { reviews: vec![review], closed_reviews: closed, ..Commit::default() };
        store.commit(commit).await.unwrap();
        assert_eq!(store.review(&key).await.unwrap().unwrap().opened_at, moment);
    }
}
