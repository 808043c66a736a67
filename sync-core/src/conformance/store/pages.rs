use super::fixtures::{
    creating, delete, ended, new_link, new_projection, new_review, pending_link, put, read, review_key, top,
    under,
};
use crate::Rev;
use crate::conformance::ODD;
use crate::engine::{LinkId, PendingOp, ProjectionKey, RecordRef, Side};
use crate::queue::WorkKey;
use crate::store::{Commit, Store};

pub(super) async fn pages_by_bytes(store: &impl Store) {
    let (long, longer) = ("a".repeat(200), "a".repeat(199) + "b");
    let mut names: Vec<&str> = ODD.iter().copied().chain([long.as_str(), longer.as_str()]).collect();
    for name in &names {
        let commit = Commit {
            projections: vec![(None, new_projection(name, "owner"))],
            reviews: vec![new_review(name, WorkKey::Link(LinkId::new("a")))],
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
        let (link, key, review) =
            (after.map(LinkId::new), after.map(ProjectionKey::new), after.map(review_key));
        let links = store.links_page(link.as_ref(), limit).await.expect("links can be read");
        let projections = store.projections_page(key.as_ref(), limit).await.expect("projections can be read");
        let reviews = store.reviews_page(review.as_ref(), limit).await.expect("questions can be read");
        let links: Vec<_> = links.iter().map(|l| l.value.id.to_string()).collect();
        let projections: Vec<_> = projections.iter().map(|p| p.value.key.to_string()).collect();
        let reviews: Vec<_> = reviews.iter().map(|review| review.key.to_string()).collect();
        assert_eq!(links, projections, "links and projections come in the same order");
        assert_eq!(links, reviews, "links and questions come in the same order");
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

/// All records that live links have, and all links that wait for something, in pages of any size.
pub(super) async fn pages_records_and_what_is_unfinished(store: &impl Store) {
    let mut expected: [Vec<RecordRef>; 2] = [Vec::new(), Vec::new()];
    for (at, name) in ODD.iter().enumerate() {
        let mut link = new_link(name, name, Some("x"));
        link.ends.right = Some(under(name, "x"));
        if at % 3 == 0 {
            link = ended(link);
        } else {
            expected[0].push(top(name));
            expected[1].push(under(name, "x"));
        }
        put(store, None, link).await.expect("a new link can be written");
    }
    let walk = async |side, limit| {
        let mut all: Vec<RecordRef> = Vec::new();
        loop {
            let page = store.records_page(side, all.last(), limit).await.expect("records can be read");
            assert!(page.len() <= limit, "a page of records is not longer than its limit");
            if page.is_empty() {
                break;
            }
            all.extend(page);
        }
        all.sort();
        all
    };
    for (side, mut records) in [Side::Left, Side::Right].into_iter().zip(expected) {
        records.sort();
        for limit in [1, 2, 5, records.len(), usize::MAX] {
            let found = walk(side, limit).await;
            assert_eq!(found, records, "pages of {limit} have each record of a live link once");
        }
        assert!(store.records_page(side, None, 0).await.expect("records can be read").is_empty());
    }
    let first = store.records_page(Side::Left, None, 2).await.expect("records can be read");
    let [gone, next] = first.as_slice() else { panic!("a page is full while there are records") };
    delete(store, Rev::FIRST, gone.id.as_str()).await.expect("a link can be deleted");
    let after = store.records_page(Side::Left, Some(gone), 1).await.expect("records can be read");
    assert_eq!(after.first(), Some(next), "records go on after one that is not there any more");

    let waiting = [
        creating("b", Side::Right),
        pending_link("B", PendingOp::Update { side: Side::Right, sent: vec![] }),
        new_link("half", "half", None),
        ended(new_link("over", "over", None)),
    ];
    for link in waiting {
        put(store, None, link).await.expect("a new link can be written");
    }
    for limit in [1, 2, 3, usize::MAX] {
        let mut all: Vec<LinkId> = Vec::new();
        loop {
            let page = store.unfinished_page(all.last(), limit).await.expect("links can be read");
            assert!(page.len() <= limit, "a page of unfinished links is not longer than its limit");
            let Some(last) = page.last() else { break };
            assert!(all.last() < Some(last), "unfinished links come in the order of their ids");
            all.extend(page);
        }
        assert!(!all.contains(&LinkId::new("over")), "what has ended waits for nothing");
        all.retain(|id| ["B", "b", "half"].contains(&id.as_str()));
        let names: Vec<_> = all.iter().map(LinkId::as_str).collect();
        assert_eq!(names, ["B", "b", "half"], "each link that waits for something is unfinished");
    }
    let found = read(store, "half").await.expect("a link that was written is there");
    let mut link = found.value;
    link.ends.right = Some(top("found"));
    put(store, Some(found.rev), ended(link)).await.expect("a link can end");
    let left = store.unfinished_page(Some(&LinkId::new("b")), 1).await.expect("links can be read");
    assert!(!left.contains(&LinkId::new("half")), "a link that has ended waits for nothing");
}
