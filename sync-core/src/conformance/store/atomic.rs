use super::fixtures::{
    Contents, assert_claimed, assert_stale, everything, fact_key, full_fact, full_link, full_projection,
    new_entry, new_fact, new_link, new_projection, new_review, review_key, top, work_keys,
};
use super::versions::KINDS;
use crate::Rev;
use crate::engine::{LinkId, ProjectionKey};
use crate::store::{Commit, FeedId, Position, Store};

/// Everything that a test begins with.
pub(super) fn first() -> Commit {
    let listing = || Position::Listing(None);
    let about = &work_keys("a");
    Commit {
        links: vec![
            (None, full_link("a")),
            (None, new_link("b", "b", None)),
            (None, new_link("c", "c", None)),
        ],
        projections: vec![(None, full_projection("a")), (None, full_projection("b"))],
        facts: vec![(None, full_fact("a")), (None, full_fact("b"))],
        positions: vec![(None, FeedId::new("a"), listing())],
        reviews: about.iter().take(2).zip(["a", "b"]).map(|(key, id)| new_review(id, key.clone())).collect(),
        journal: about.iter().take(1).map(|key| new_entry(key, "a")).collect(),
        ..Commit::default()
    }
}

/// Something of each kind that can be written after [`first`].
fn second() -> Commit {
    let present = Some(Rev::FIRST);
    let about = &work_keys("new");
    Commit {
        links: vec![(None, new_link("new", "new", None)), (present, new_link("a", "changed", None))],
        gone_links: vec![(Rev::FIRST, LinkId::new("b"))],
        projections: vec![(None, new_projection("new", "owner")), (present, new_projection("a", "owner"))],
        gone_projections: vec![(Rev::FIRST, ProjectionKey::new("b"))],
        facts: vec![(None, new_fact(fact_key("new"), None)), (present, new_fact(fact_key("a"), None))],
        gone_facts: vec![(Rev::FIRST, fact_key("b"))],
        positions: vec![
            (None, FeedId::new("new"), Position::Listing(None)),
            (present, FeedId::new("a"), Position::Listing(None)),
        ],
        reviews: about.iter().take(1).map(|key| new_review("new", key.clone())).collect(),
        closed_reviews: vec![review_key("b")],
        journal: about.iter().take(2).map(|key| new_entry(key, "new")).collect(),
        gone_entries: vec![],
        // Only a store that is a queue as well keeps them: see `check_hints`.
        hints: Vec::new(),
    }
}

pub(super) async fn writes_all_or_nothing(store: &impl Store) {
    store.commit(first()).await.expect("a commit of everything lands");
    let before = everything(store).await;
    for kind in KINDS {
        let mut stale = second();
        kind.put(&mut stale, Some(Rev::FIRST), "absent");
        assert_stale(&store.commit(stale).await, "one record of several");
        assert_untouched(&before, &everything(store).await, "a commit with a stale record");
        let mut stale = second();
        if kind.delete(&mut stale, Rev::FIRST.next(), "c") {
            assert_stale(&store.commit(stale).await, "one deleted record of several");
            assert_untouched(&before, &everything(store).await, "a commit with a stale delete");
        }
    }
    let mut claimed = second();
    claimed.links.push((None, new_link("d", "c", None)));
    assert_claimed(store.commit(claimed).await, &top("c"), "c");
    assert_untouched(&before, &everything(store).await, "a commit with a claimed record");

    store.commit(second()).await.expect("without what is wrong the commit lands");
    let Contents { links, projections, facts, positions, reviews, journal } = everything(store).await;
    let links: Vec<_> = links.iter().map(|l| (l.value.id.as_str(), l.rev.get())).collect();
    assert_eq!(links, [("a", 2), ("c", 1), ("new", 1)], "a commit writes all its links");
    let projections: Vec<_> = projections.iter().map(|p| (p.value.key.as_str(), p.rev.get())).collect();
    assert_eq!(projections, [("a", 2), ("new", 1)], "a commit writes all its projections");
    let facts: Vec<_> = facts.iter().map(|f| (f.value.key.at.id.as_str(), f.rev.get())).collect();
    assert_eq!(facts, [("a", 2), ("new", 1)], "a commit writes all its facts");
    let positions: Vec<_> = positions.iter().map(|p| p.rev.get()).collect();
    assert_eq!(positions, [2, 1], "a commit writes all its positions");
    let reviews: Vec<_> = reviews.iter().map(|review| review.key.as_str()).collect();
    assert_eq!(reviews, ["a", "new"], "a commit opens and closes all its questions");
    assert_eq!(journal.len(), 3, "a commit adds all its entries");
}

#[track_caller]
fn assert_untouched(before: &Contents, after: &Contents, what: &str) {
    assert_eq!(before.links, after.links, "{what} writes no links");
    assert_eq!(before.projections, after.projections, "{what} writes no projections");
    assert_eq!(before.facts, after.facts, "{what} writes no facts");
    assert_eq!(before.positions, after.positions, "{what} writes no positions");
    assert_eq!(before.reviews, after.reviews, "{what} opens and closes no questions");
    assert_eq!(before.journal, after.journal, "{what} adds nothing to the journal");
}
