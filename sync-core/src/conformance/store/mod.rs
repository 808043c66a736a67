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

mod concurrency;
mod fixtures;

use std::sync::Arc;

use fixtures::{
    accounts, assert_claimed, assert_stale, delete, everything, first_version, full_link, full_projection,
    new_link, put, read, read_projection,
};

use crate::Rev;
use crate::conformance::ODD;
use crate::engine::{LinkId, Projection, ProjectionKey};
use crate::store::{Accounts, BindError, Commit, Store};

/// Runs the whole suite; `make` gives a new, empty store each time. Needs a tokio runtime, best one with several
/// threads.
///
/// # Panics
///
/// At the first violation.
pub async fn check<S: Store + 'static>(make: impl AsyncFn() -> S) {
    starts_empty(&make().await).await;
    keeps_every_field(&make().await).await;
    counts_versions(&make().await).await;
    refuses_stale_links(&make().await).await;
    refuses_stale_projections(&make().await).await;
    writes_all_or_nothing(&make().await).await;
    gives_a_record_to_one_link(&make().await).await;
    frees_the_records_of_gone_links(&make().await).await;
    pages_by_bytes(&make().await).await;
    belongs_to_one_pair_of_accounts(&make().await).await;

    concurrency::one_writer_wins_each_version(Arc::new(make().await)).await;
    let counting = Arc::new(make().await);
    concurrency::loses_no_update(Arc::clone(&counting), counting).await;
    concurrency::one_link_wins_a_record(Arc::new(make().await)).await;
    concurrency::one_pair_of_accounts_wins(Arc::new(make().await)).await;
    concurrency::disjoint_commits_all_land_whole(Arc::new(make().await)).await;
    concurrency::opposite_orders_do_not_block(Arc::new(make().await)).await;
    concurrency::survives_a_dropped_commit(&make().await).await;
}

/// Checks that the state outlives the store that wrote it; `open` opens the same state each time, which is empty
/// at first. Needs a tokio runtime.
///
/// # Panics
///
/// At the first violation.
pub async fn check_reopen<S: Store + 'static>(open: impl AsyncFn() -> S) {
    let (link, projection) = (full_link("l1"), full_projection("p1"));
    let first = open().await;
    first.bind(&accounts("1", "2")).await.expect("a new state can be bound");
    let both = Commit { projections: vec![(None, projection.clone())], ..Commit::link(None, link.clone()) };
    first.commit(both).await.expect("a first commit lands");
    drop(first);

    let second = open().await;
    let written = (vec![first_version(link)], vec![first_version(projection)]);
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
    assert_claimed(put(&third, None, new_link("l3", "2", None)).await, "2", "l2");
    concurrency::loses_no_update(Arc::new(second), Arc::new(third)).await;
}

async fn starts_empty(store: &impl Store) {
    assert!(read(store, "a").await.is_none(), "a new store has no links");
    assert!(read_projection(store, "a").await.is_none(), "a new store has no projections");
    assert_eq!(everything(store).await, (vec![], vec![]), "the pages of a new store are empty");
    let after = store.links_page(Some(&LinkId::new("a")), 10).await.expect("links can be read");
    assert!(after.is_empty(), "a new store has no links after a name");
    store.commit(Commit::default()).await.expect("an empty commit is no error");
}

async fn keeps_every_field(store: &impl Store) {
    let links = [full_link("full"), new_link("bare", "bare", None)];
    let projections =
        [full_projection("full"), Projection::new(ProjectionKey::new("bare"), "", LinkId::new("x"))];
    let commit = Commit {
        links: links.iter().map(|link| (None, link.clone())).collect(),
        projections: projections.iter().map(|projection| (None, projection.clone())).collect(),
        ..Commit::default()
    };
    store.commit(commit).await.expect("new records can be written");
    for link in &links {
        let found = read(store, link.id.as_str()).await.map(|found| found.value);
        assert_eq!(found.as_ref(), Some(link), "a link comes back as it was written");
    }
    for projection in &projections {
        let found = read_projection(store, projection.key.as_str()).await.map(|found| found.value);
        assert_eq!(found.as_ref(), Some(projection), "a projection comes back as it was written");
    }
    let [full, bare] = links.map(first_version);
    let [full_projection, bare_projection] = projections.map(first_version);
    let expected = (vec![bare, full], vec![bare_projection, full_projection]);
    assert_eq!(everything(store).await, expected, "pages hold every field of their records");

    let emptied = new_link("full", "elsewhere", None);
    put(store, Some(Rev::FIRST), emptied.clone()).await.expect("a link can be written over");
    let found = read(store, "full").await.map(|found| found.value);
    assert_eq!(found, Some(emptied), "of a link that is written over, nothing old remains");
}

async fn counts_versions(store: &impl Store) {
    let mut seen = None;
    for expected in [Rev::FIRST, Rev::FIRST.next(), Rev::FIRST.next().next()] {
        let projection = Projection::new(ProjectionKey::new("p"), "notes", LinkId::new("l"));
        let commit =
            Commit { projections: vec![(seen, projection)], ..Commit::link(seen, new_link("l", "1", None)) };
        store.commit(commit).await.expect("the present version can be written over");
        let (links, projections) = everything(store).await;
        let revs: Vec<_> = links.iter().map(|l| l.rev).chain(projections.iter().map(|p| p.rev)).collect();
        assert_eq!(revs, [expected, expected], "versions begin with Rev::FIRST and go up by Rev::next");
        assert_eq!(
            read(store, "l").await.map(|l| l.rev),
            Some(expected),
            "a link read alone has the same version"
        );
        seen = Some(expected);
    }
}

async fn refuses_stale_links(store: &impl Store) {
    let link = new_link("l", "1", None);
    assert_stale(&put(store, Some(Rev::FIRST), link.clone()).await, "a link that is not there");
    put(store, None, link.clone()).await.expect("a new link can be written");
    let second = Rev::FIRST.next();
    assert_stale(&put(store, None, link.clone()).await, "a link that is there and was not seen");
    assert_stale(&put(store, Some(second), link.clone()).await, "a link of a later version than there is");
    put(store, Some(Rev::FIRST), link.clone()).await.expect("the present version can be written over");
    assert_stale(&put(store, Some(Rev::FIRST), link.clone()).await, "a link of an earlier version");
    assert_stale(&delete(store, Rev::FIRST, "l").await, "a link that is deleted by an earlier version");
    assert_stale(&delete(store, Rev::FIRST, "other").await, "a link that is deleted and is not there");
    assert_eq!(read(store, "l").await.map(|l| l.rev), Some(second), "a stale write changes nothing");
    delete(store, second, "l").await.expect("the present version can be deleted");
    assert_stale(&put(store, Some(second), link.clone()).await, "a link that was deleted");
    put(store, None, link).await.expect("a deleted link can be written anew");
}

async fn refuses_stale_projections(store: &impl Store) {
    let put = async |seen| {
        let projection = Projection::new(ProjectionKey::new("p"), "notes", LinkId::new("l"));
        store.commit(Commit::projection(seen, projection)).await
    };
    let delete = async |seen, key| {
        let gone_projections = vec![(seen, ProjectionKey::new(key))];
        store.commit(Commit { gone_projections, ..Commit::default() }).await
    };
    assert_stale(&put(Some(Rev::FIRST)).await, "a projection that is not there");
    put(None).await.expect("a new projection can be written");
    let second = Rev::FIRST.next();
    assert_stale(&put(None).await, "a projection that is there and was not seen");
    assert_stale(&put(Some(second)).await, "a projection of a later version than there is");
    put(Some(Rev::FIRST)).await.expect("the present version can be written over");
    assert_stale(&put(Some(Rev::FIRST)).await, "a projection of an earlier version");
    assert_stale(&delete(Rev::FIRST, "p").await, "a projection that is deleted by an earlier version");
    assert_stale(&delete(Rev::FIRST, "other").await, "a projection that is deleted and is not there");
    assert_eq!(
        read_projection(store, "p").await.map(|p| p.rev),
        Some(second),
        "a stale write changes nothing"
    );
    delete(second, "p").await.expect("the present version can be deleted");
    assert!(read_projection(store, "p").await.is_none(), "a deleted projection is gone");
    assert_stale(&put(Some(second)).await, "a projection that was deleted");
    put(None).await.expect("a deleted projection can be written anew");
}

async fn writes_all_or_nothing(store: &impl Store) {
    let first = Commit {
        links: vec![
            (None, full_link("a")),
            (None, new_link("b", "b", None)),
            (None, new_link("c", "c", None)),
        ],
        projections: vec![(None, full_projection("p")), (None, full_projection("r"))],
        ..Commit::default()
    };
    store.commit(first).await.expect("a commit of several records lands");
    let before = everything(store).await;
    // Everything in it could be written; each case below adds one thing that cannot.
    let good = || Commit {
        links: vec![(None, new_link("new", "new", None)), (Some(Rev::FIRST), new_link("a", "changed", None))],
        gone_links: vec![(Rev::FIRST, LinkId::new("b"))],
        projections: vec![(None, full_projection("q")), (Some(Rev::FIRST), full_projection("p"))],
        gone_projections: vec![(Rev::FIRST, ProjectionKey::new("r"))],
    };
    let mut stale_link = good();
    stale_link.links.push((Some(Rev::FIRST), new_link("absent", "absent", None)));
    let mut stale_delete = good();
    stale_delete.gone_links.push((Rev::FIRST.next(), LinkId::new("c")));
    let mut stale_projection = good();
    stale_projection.projections.push((Some(Rev::FIRST), full_projection("absent")));
    let mut stale_projection_delete = good();
    stale_projection_delete.gone_projections.push((Rev::FIRST, ProjectionKey::new("absent")));
    for commit in [stale_link, stale_delete, stale_projection, stale_projection_delete] {
        assert_stale(&store.commit(commit).await, "one record of several");
        assert_eq!(everything(store).await, before, "a commit with a stale record writes nothing");
    }
    let mut claimed = good();
    claimed.links.push((None, new_link("d", "c", None)));
    assert_claimed(store.commit(claimed).await, "c", "c");
    assert_eq!(everything(store).await, before, "a commit with a claimed record writes nothing");

    store.commit(good()).await.expect("without what is wrong the commit lands");
    let (links, projections) = everything(store).await;
    let links: Vec<_> =
        links.iter().map(|l| (l.value.id.as_str(), l.value.left.as_str(), l.rev.get())).collect();
    assert_eq!(
        links,
        [("a", "changed", 2), ("c", "c", 1), ("new", "new", 1)],
        "a commit writes all its links"
    );
    let projections: Vec<_> = projections.iter().map(|p| (p.value.key.as_str(), p.rev.get())).collect();
    assert_eq!(projections, [("p", 2), ("q", 1)], "a commit writes all its projections");
}

async fn gives_a_record_to_one_link(store: &impl Store) {
    put(store, None, new_link("a", "1", Some("1"))).await.expect("the sides have separate ids");
    put(store, None, new_link("b", "2", None)).await.expect("a link needs no right record");
    put(store, None, new_link("c", "3", None)).await.expect("several links need no right record");
    let before = everything(store).await;
    assert_claimed(put(store, None, new_link("d", "1", None)).await, "1", "a");
    assert_claimed(put(store, None, new_link("d", "4", Some("1"))).await, "1", "a");
    assert_claimed(put(store, Some(Rev::FIRST), new_link("b", "1", None)).await, "1", "a");
    assert_claimed(put(store, Some(Rev::FIRST), new_link("b", "2", Some("1"))).await, "1", "a");
    assert_eq!(everything(store).await, before, "a refused claim changes nothing");

    put(store, Some(Rev::FIRST), new_link("a", "1", Some("5"))).await.expect("a link keeps its own record");
    put(store, Some(Rev::FIRST), new_link("b", "2", Some("1")))
        .await
        .expect("a record that was let go can be linked");
    assert_claimed(put(store, Some(Rev::FIRST), new_link("c", "3", Some("5"))).await, "5", "a");
    for (at, id) in ODD.iter().enumerate() {
        let link = new_link(&format!("odd {at}"), id, Some(id));
        put(store, None, link)
            .await
            .unwrap_or_else(|error| panic!("{id:?} is taken for another id: {error}"));
        assert_claimed(put(store, None, new_link("z", id, None)).await, id, &format!("odd {at}"));
    }
}

async fn frees_the_records_of_gone_links(store: &impl Store) {
    put(store, None, new_link("a", "1", Some("2"))).await.expect("a new link can be written");
    delete(store, Rev::FIRST, "a").await.expect("a link can be deleted");
    assert!(read(store, "a").await.is_none(), "a deleted link is gone");
    put(store, None, new_link("b", "1", Some("2")))
        .await
        .expect("the records of a deleted link can be linked");
}

async fn pages_by_bytes(store: &impl Store) {
    let (long, longer) = ("a".repeat(200), "a".repeat(199) + "b");
    let mut names: Vec<&str> = ODD.iter().copied().chain([long.as_str(), longer.as_str()]).collect();
    for name in &names {
        let projection = Projection::new(ProjectionKey::new(*name), "notes", LinkId::new(*name));
        let commit = Commit {
            projections: vec![(None, projection)],
            ..Commit::link(None, new_link(name, name, Some(name)))
        };
        store
            .commit(commit)
            .await
            .unwrap_or_else(|error| panic!("a record named {name:?} can be written: {error}"));
        let found = read(store, name).await.map(|link| link.value.id);
        assert_eq!(found, Some(LinkId::new(*name)), "a link is found by its name");
    }
    names.sort_unstable();

    let page = async |after: Option<&str>, limit| {
        let (link, key) = (after.map(LinkId::new), after.map(ProjectionKey::new));
        let links = store.links_page(link.as_ref(), limit).await.expect("links can be read");
        let projections = store.projections_page(key.as_ref(), limit).await.expect("projections can be read");
        let links: Vec<_> = links.iter().map(|l| l.value.id.as_str().to_owned()).collect();
        let projections: Vec<_> = projections.iter().map(|p| p.value.key.as_str().to_owned()).collect();
        assert_eq!(links, projections, "links and projections come in the same order");
        links
    };
    for limit in [1, 2, 7, names.len() - 1, names.len(), names.len() + 1, usize::MAX] {
        let mut listed: Vec<String> = Vec::new();
        loop {
            let next = page(listed.last().map(String::as_str), limit).await;
            let rest = names.len() - listed.len();
            assert_eq!(next.len(), limit.min(rest), "a page is full while there are records, limit {limit}");
            if next.is_empty() {
                break;
            }
            listed.extend(next);
        }
        assert_eq!(listed, names, "pages of {limit} hold each record once, in the order of bytes");
    }
    assert!(page(None, 0).await.is_empty(), "a page of none is empty");
    let between = page(Some("a$"), 1).await;
    assert_eq!(between, ["a%"], "a page may begin after a name that is not there");
    assert!(page(Some("\u{10ffff}"), 1).await.is_empty(), "nothing comes after the last record");
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
