use super::fixtures::{new_link, new_projection, new_review, read, review_key};
use crate::conformance::ODD;
use crate::engine::{LinkId, ProjectionKey};
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
