//! The stores against the suite that every store must pass, and what each does beyond it.
#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

mod careless;
mod places;
mod postgres;
mod sqlite;
#[path = "../trace/mod.rs"]
mod trace;

use sync_core::conformance;
use sync_core::engine::{Link, LinkId, RecordId};
use sync_core::store::{Commit, CommitError, MemoryStore, Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_conforms() {
    conformance::store::check(async || MemoryStore::new()).await;
}

#[tokio::test]
async fn two_links_of_one_commit_cannot_have_one_record_in_memory() {
    two_links_of_one_commit_cannot_have_one_record(&MemoryStore::new()).await;
}

async fn two_links_of_one_commit_cannot_have_one_record(store: &impl Store) {
    for (left, right) in [(["1", "1"], ["2", "3"]), (["1", "2"], ["3", "3"])] {
        let links = ["a", "b"].into_iter().zip(left.into_iter().zip(right)).map(|(id, (left, right))| {
            let link = Link::new(LinkId::new(id), RecordId::new(left));
            (None, Link { right: Some(RecordId::new(right)), ..link })
        });
        let commit = Commit { links: links.collect(), ..Commit::default() };
        let result = store.commit(commit).await;
        assert!(matches!(&result, Err(CommitError::Claimed { by, .. }) if by.as_str() == "a"), "{result:?}");
        assert!(store.links_page(None, 10).await.unwrap().is_empty(), "nothing is written");
    }
}
