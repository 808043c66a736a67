use super::fixtures::{
    all_links, fact_key, first_version, full_entries, full_fact, full_link, full_projection, full_reviews,
    journal, new_fact, new_link, new_projection, pending_links, positions_of_each_kind, projections, put,
    read, read_fact, read_position, read_projection, read_review, reviews,
};
use crate::Rev;
use crate::store::{Commit, FeedId, Store};

pub(super) async fn keeps_links(store: &impl Store) {
    let mut written = vec![full_link("full"), new_link("bare", "bare", None)];
    written.extend(pending_links());
    let commit =
        Commit { links: written.iter().map(|link| (None, link.clone())).collect(), ..Commit::default() };
    store.commit(commit).await.expect("new links can be written");
    for link in &written {
        let found = read(store, link.id.as_str()).await.map(|found| found.value);
        assert_eq!(found.as_ref(), Some(link), "a link comes back as it was written");
    }
    written.sort_by(|one, other| one.id.cmp(&other.id));
    let written: Vec<_> = written.into_iter().map(first_version).collect();
    assert_eq!(all_links(store).await, written, "pages hold every field of their links");

    let emptied = new_link("full", "elsewhere", None);
    put(store, Some(Rev::FIRST), emptied.clone()).await.expect("a link can be written over");
    let found = read(store, "full").await.map(|found| found.value);
    assert_eq!(found, Some(emptied), "of a link that is written over, nothing old remains");
}

pub(super) async fn keeps_projections(store: &impl Store) {
    let mut gone = full_projection("gone");
    gone.wanted = None;
    let written = [new_projection("bare", ""), full_projection("full"), gone];
    let projections_written = written.iter().map(|projection| (None, projection.clone())).collect();
    store
        .commit(Commit { projections: projections_written, ..Commit::default() })
        .await
        .expect("new projections can be written");
    for projection in &written {
        let found = read_projection(store, projection.key.as_str()).await.map(|found| found.value);
        assert_eq!(found.as_ref(), Some(projection), "a projection comes back as it was written");
    }
    assert_eq!(
        projections(store).await,
        written.map(first_version),
        "pages hold every field of their projections"
    );

    let emptied = new_projection("full", "another");
    store
        .commit(Commit::projection(Some(Rev::FIRST), emptied.clone()))
        .await
        .expect("a projection can be written over");
    let found = read_projection(store, "full").await.map(|found| found.value);
    assert_eq!(found, Some(emptied), "of a projection that is written over, nothing old remains");
}

pub(super) async fn keeps_facts(store: &impl Store) {
    let written = [full_fact("full"), new_fact(fact_key("bare"), None)];
    let facts = written.iter().map(|fact| (None, fact.clone())).collect();
    store.commit(Commit { facts, ..Commit::default() }).await.expect("new facts can be written");
    for fact in &written {
        let found = read_fact(store, &fact.key).await;
        assert_eq!(found, Some(first_version(fact.clone())), "a fact comes back as it was written");
    }
    let emptied = new_fact(fact_key("full"), None);
    let facts = vec![(Some(Rev::FIRST), emptied.clone())];
    store.commit(Commit { facts, ..Commit::default() }).await.expect("a fact can be written over");
    let found = read_fact(store, &emptied.key).await.map(|found| found.value);
    assert_eq!(found, Some(emptied), "of a fact that is written over, nothing old remains");
}

pub(super) async fn keeps_positions(store: &impl Store) {
    let written = ["a", "b", "c", "d"].into_iter().zip(positions_of_each_kind());
    let positions = written.clone().map(|(feed, position)| (None, FeedId::new(feed), position)).collect();
    store.commit(Commit { positions, ..Commit::default() }).await.expect("new positions can be written");
    for (feed, position) in written {
        let found = read_position(store, feed).await;
        assert_eq!(found, Some(first_version(position)), "a position comes back as it was written");
    }
    assert_eq!(read_position(store, "e").await, None, "a feed that was never read has no position");
    let [position, ..] = positions_of_each_kind();
    let positions = vec![(Some(Rev::FIRST), FeedId::new("c"), position.clone())];
    store.commit(Commit { positions, ..Commit::default() }).await.expect("a position can be written over");
    let found = read_position(store, "c").await.map(|found| found.value);
    assert_eq!(found, Some(position), "a feed goes on at the position that was written last");
}

pub(super) async fn keeps_reviews(store: &impl Store) {
    let mut written = full_reviews();
    let commit = Commit { reviews: written.clone(), ..Commit::default() };
    store.commit(commit).await.expect("questions can be opened");
    for review in &written {
        let found = read_review(store, &review.key).await;
        assert_eq!(found.as_ref(), Some(review), "a question comes back as it was written");
    }
    written.sort_by(|one, other| one.key.cmp(&other.key));
    assert_eq!(reviews(store).await, written, "pages hold every field of their questions");
}

pub(super) async fn keeps_the_journal(store: &impl Store) {
    let written = full_entries();
    let commit = Commit { journal: written.clone(), ..Commit::default() };
    store.commit(commit).await.expect("entries can be added");
    assert_eq!(journal(store).await, written, "entries come back as they were written");
}
