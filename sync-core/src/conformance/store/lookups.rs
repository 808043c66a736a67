use std::collections::BTreeSet;

use super::fixtures::{
    creating, early, ended, fact_key, late, new_entry, new_fact, new_link, new_projection, new_review,
    pending_link, put, read_review, review_key, reviews, top, under, work_keys,
};
use crate::Rev;
use crate::conformance::ODD;
use crate::engine::{
    Entry, Fact, FactKey, Link, LinkId, PendingOp, ProjectionKey, RecordId, Review, RunId, Side,
};
use crate::queue::WorkKey;
use crate::store::{Commit, Store};

pub(super) async fn lists_open_creates(store: &impl Store) {
    let open = async |side| {
        let links = store.open_creates(side).await.expect("open creates can be read");
        links.into_iter().map(|link| link.id.to_string()).collect::<Vec<_>>()
    };
    let mut links = vec![
        pending_link("update", PendingOp::Update { side: Side::Right, sent: vec![] }),
        pending_link("remove", PendingOp::Remove { side: Side::Left }),
        creating("right", Side::Right),
        ended(creating("z", Side::Left)),
    ];
    links.extend(ODD.iter().map(|id| creating(id, Side::Left)));
    let commit =
        Commit { links: links.iter().map(|link| (None, link.clone())).collect(), ..Commit::default() };
    store.commit(commit).await.expect("new links can be written");
    assert_eq!(open(Side::Right).await, ["right"], "open creates are creates, on the side in question");
    let mut expected: Vec<_> = ODD.iter().copied().chain(["z"]).collect();
    expected.sort_unstable();
    assert_eq!(open(Side::Left).await, expected, "open creates come in the order of their ids, by bytes");
    let found = store.open_creates(Side::Right).await.expect("open creates can be read");
    assert_eq!(found, [creating("right", Side::Right)], "a link with an open create comes whole");

    put(store, Some(Rev::FIRST), creating("right", Side::Left)).await.expect("a link can be written over");
    assert!(open(Side::Right).await.is_empty(), "a create on the other side is open on the other side");
    let answered = Link { pending: None, ..creating("right", Side::Left) };
    put(store, Some(Rev::FIRST.next()), answered).await.expect("a link can be written over");
    assert_eq!(open(Side::Left).await, expected, "a create that was answered is open no more");
    let gone_links = vec![(Rev::FIRST, LinkId::new("z"))];
    store.commit(Commit { gone_links, ..Commit::default() }).await.expect("a link can be deleted");
    assert!(
        !open(Side::Left).await.contains(&"z".to_owned()),
        "the create of a deleted link is open no more"
    );
}

pub(super) async fn finds_projections_by_owner(store: &impl Store) {
    let of = async |owner: &str| {
        let found = store.projections_of(&RecordId::new(owner)).await.expect("projections can be read");
        found.into_iter().map(|found| (found.value.key.to_string(), found.rev.get())).collect::<Vec<_>>()
    };
    let mut projections: Vec<_> = ODD.iter().map(|key| (None, new_projection(key, "owner"))).collect();
    projections.extend(ODD.iter().map(|owner| (None, new_projection(&format!("of {owner}"), owner))));
    store.commit(Commit { projections, ..Commit::default() }).await.expect("new projections can be written");
    let mut keys = ODD.map(|key| (key.to_owned(), 1));
    keys.sort_unstable();
    assert_eq!(of("owner").await, keys, "projections of a record come in the order of their keys, by bytes");
    for owner in ODD {
        let expected = [(format!("of {owner}"), 1)];
        assert_eq!(of(owner).await, expected, "projections of a record are its own");
    }
    assert!(of("nobody").await.is_empty(), "a record without projections has none");

    let moved = Commit::projection(Some(Rev::FIRST), new_projection("of a", "A"));
    store.commit(moved).await.expect("a projection can be written over");
    let gone_projections = vec![(Rev::FIRST, ProjectionKey::new("of 9"))];
    store
        .commit(Commit { gone_projections, ..Commit::default() })
        .await
        .expect("a projection can be deleted");
    let expected = [("of A".to_owned(), 1), ("of a".to_owned(), 2)];
    assert_eq!(of("A").await, expected, "a projection that moved is its new owner's");
    assert!(of("a").await.is_empty(), "a projection that moved is its old owner's no more");
    assert!(of("9").await.is_empty(), "a deleted projection is nobody's");
}

pub(super) async fn finds_facts_by_owner(store: &impl Store) {
    let of = async |owner: &str| {
        let found = store.facts_of(&RecordId::new(owner)).await.expect("facts can be read");
        found.into_iter().map(|fact| fact.key).collect::<Vec<FactKey>>()
    };
    let mut keys: Vec<FactKey> = Vec::new();
    for name in ODD {
        keys.extend([
            FactKey::new(name, top("x")),
            FactKey::new("documents", top(name)),
            FactKey::new("documents", under(name, "x")),
            FactKey::new("documents", under("x", name)),
        ]);
    }
    let mut facts: Vec<(Option<Rev>, Fact)> =
        keys.iter().map(|key| (None, new_fact(key.clone(), Some("owner")))).collect();
    let other = |owner: &str| new_fact(FactKey::new("of", top(owner)), Some(owner));
    facts.extend(ODD.iter().map(|owner| (None, other(owner))));
    facts.push((None, new_fact(fact_key("nobody's"), None)));
    store.commit(Commit { facts, ..Commit::default() }).await.expect("new facts can be written");
    keys.sort();
    assert_eq!(of("owner").await, keys, "facts of a record come in the order of their keys, by bytes");
    for owner in ODD {
        let found = store.facts_of(&RecordId::new(owner)).await.expect("facts can be read");
        assert_eq!(found, [other(owner)], "facts of a record are its own, and come whole");
    }
    assert!(of("nobody").await.is_empty() && of("").await.is_empty(), "a record without facts has none");

    let key = other("a").key;
    let moved = vec![(Some(Rev::FIRST), new_fact(key.clone(), Some("A")))];
    let gone_facts = vec![(Rev::FIRST, other("9").key)];
    store.commit(Commit { facts: moved, gone_facts, ..Commit::default() }).await.expect("facts can change");
    assert_eq!(of("A").await, [other("A").key, key.clone()], "a fact that moved is its new owner's");
    assert!(of("a").await.is_empty(), "a fact that moved is its old owner's no more");
    assert!(of("9").await.is_empty(), "a deleted fact is nobody's");
    let orphan = vec![(Some(Rev::FIRST.next()), new_fact(key, None))];
    store.commit(Commit { facts: orphan, ..Commit::default() }).await.expect("a fact can lose its owner");
    assert_eq!(of("A").await, [other("A").key], "a fact without an owner is nobody's");
}

/// A page of keys gets what each of them gets alone, whatever is known of it and wherever it stands.
pub(super) async fn finds_a_page_at_a_time(store: &impl Store) {
    let links: Vec<Link> = ODD.iter().map(|id| new_link(id, id, Some("x"))).map(ended).collect();
    let facts = ODD.iter().map(|id| (None, new_fact(fact_key(id), None))).collect();
    let links = links.into_iter().map(|link| (None, link)).collect();
    store.commit(Commit { links, facts, ..Commit::default() }).await.expect("new links can be written");
    for (id, parent) in ODD.iter().zip(ODD.iter().skip(1)).step_by(2) {
        let mut link = new_link(&format!("live {id}"), id, None);
        link.ends.right = Some(under(parent, id));
        put(store, None, link).await.expect("a live link takes its records from one that has ended");
    }
    let mut at = vec![top("unknown"), top("x"), under("unknown", "x")];
    for id in ODD {
        at.extend([top(id), under(id, "a"), under("a", id), top(&format!("not {id}"))]);
    }
    at.extend(at.clone());
    for side in Side::BOTH {
        let found = store.links_of(side, &at).await.expect("links can be read");
        assert_eq!(found.len(), at.len(), "a page of records has a place for each of them");
        for (at, found) in at.iter().zip(&found) {
            let alone = store.link_of(side, at).await.expect("the link of a record can be read");
            assert_eq!(found, &alone, "a page has the link that {at:?} has alone");
        }
    }
    let keys: Vec<_> = at.into_iter().map(|at| FactKey::new("documents", at)).collect();
    let found = store.facts(&keys).await.expect("facts can be read");
    assert_eq!(found.len(), keys.len(), "a page of facts has a place for each of them");
    for (key, found) in keys.iter().zip(&found) {
        let alone = store.fact(key).await.expect("a fact can be read");
        assert_eq!(found, &alone, "a page has the fact that is {key:?} alone");
    }
    assert!(store.links_of(Side::Left, &[]).await.expect("links can be read").is_empty());
    assert!(store.facts(&[]).await.expect("facts can be read").is_empty());
}

pub(super) async fn opens_and_closes_reviews(store: &impl Store) {
    let open = async |reviews| {
        store.commit(Commit { reviews, ..Commit::default() }).await.expect("questions can be opened");
    };
    let close = async |name: &str| {
        let closed_reviews = vec![review_key(name)];
        let closed = store.commit(Commit { closed_reviews, ..Commit::default() }).await;
        closed.expect("a question can be closed, and nothing happens to one that is not open");
    };
    let about = WorkKey::Link(LinkId::new("a"));
    close("a").await;
    assert_eq!(
        read_review(store, &review_key("a")).await,
        None,
        "a question that was never asked is not open"
    );
    let first = new_review("a", about.clone());
    open(vec![first.clone(), new_review("b", about.clone())]).await;
    let mut again = Review { opened_at: late(), ..first.clone() };
    again.message.push_str("asked again");
    open(vec![again.clone()]).await;
    let found = read_review(store, &first.key).await.expect("an open question is open");
    assert_eq!(found.opened_at, early(), "a question that is open keeps the moment when it was first asked");
    assert_eq!(found.message, "asked again", "of a question that is asked again, the last message counts");
    close("a").await;
    assert_eq!(read_review(store, &first.key).await, None, "a closed question is not open");
    assert_eq!(reviews(store).await.len(), 1, "closing one question leaves the others open");
    open(vec![again.clone()]).await;
    let found = read_review(store, &first.key).await.map(|review| review.opened_at);
    assert_eq!(found, Some(late()), "a question that was closed is asked anew");
}

pub(super) async fn finds_reviews_by_what_they_are_about(store: &impl Store) {
    let of = async |about: &WorkKey| {
        let found = store.reviews_about(about).await.expect("questions can be read");
        found.into_iter().map(|review| review.key.to_string()).collect::<Vec<_>>()
    };
    let owner = WorkKey::Link(LinkId::new("owner"));
    let mut reviews: Vec<_> = ODD.iter().map(|key| new_review(key, owner.clone())).collect();
    let keys: Vec<_> = ODD.into_iter().flat_map(work_keys).collect();
    let numbered = |(at, about): (usize, &WorkKey)| new_review(&format!("number {at}"), about.clone());
    reviews.extend(keys.iter().enumerate().map(numbered));
    store.commit(Commit { reviews, ..Commit::default() }).await.expect("questions can be opened");
    let mut expected = ODD;
    expected.sort_unstable();
    assert_eq!(
        of(&owner).await,
        expected,
        "questions about a record come in the order of their keys, by bytes"
    );
    for (at, about) in keys.iter().enumerate() {
        let found = store.reviews_about(about).await.expect("questions can be read");
        assert_eq!(found, [numbered((at, about))], "questions about {about:?} are about nothing else");
    }
    let (moved, closed_reviews) =
        (vec![new_review("a", WorkKey::Link(LinkId::new("other")))], vec![review_key("9")]);
    store
        .commit(Commit { reviews: moved, closed_reviews, ..Commit::default() })
        .await
        .expect("questions change");
    let left = of(&owner).await;
    assert!(!left.contains(&"a".to_owned()), "a question is about what it was last asked about");
    assert!(!left.contains(&"9".to_owned()), "a closed question is about nothing");
}

pub(super) async fn keeps_the_journal_in_order(store: &impl Store) {
    let read = async |about: Option<&WorkKey>, after, limit| {
        store.journal(about, after, limit).await.expect("the journal can be read")
    };
    let told = |entries: &[(u64, Entry)]| entries.iter().map(|(_, entry)| entry.clone()).collect::<Vec<_>>();
    let keys = work_keys("a");
    let mut written: Vec<Entry> = Vec::new();
    for commit in 0..3 {
        let mut journal: Vec<_> =
            keys.iter().rev().map(|about| new_entry(about, &commit.to_string())).collect();
        journal.extend(journal.first().cloned());
        written.extend(journal.clone());
        store.commit(Commit { journal, ..Commit::default() }).await.expect("entries can be added");
    }
    let all = read(None, 0, usize::MAX).await;
    assert_eq!(told(&all), written, "the journal is read in the order in which it was written");
    let numbers: Vec<u64> = all.iter().map(|(number, _)| *number).collect();
    assert!(numbers.is_sorted_by(|one, next| one < next), "numbers of the journal grow: {numbers:?}");
    assert!(
        numbers.first().is_some_and(|first| *first > 0),
        "the first entry comes after number 0: {numbers:?}"
    );

    for about in &keys {
        let expected: Vec<_> = all.iter().filter(|(_, entry)| entry.about == *about).cloned().collect();
        let found = read(Some(about), 0, usize::MAX).await;
        assert_eq!(found, expected, "the journal of {about:?} holds what is about it, with the same numbers");
        let rest = read(Some(about), found.first().map_or(0, |(number, _)| *number), 1).await;
        assert_eq!(rest.len(), 1, "a limit counts the entries that are wanted");
        assert_eq!(rest.first(), expected.get(1), "the journal of one record goes on after a number");
    }
    let nothing = read(Some(&WorkKey::Link(LinkId::new("other"))), 0, usize::MAX).await;
    assert!(nothing.is_empty(), "the journal of a record that nothing happened to is empty");

    for limit in [1, 4, all.len(), usize::MAX] {
        let mut pages: Vec<(u64, Entry)> = Vec::new();
        loop {
            let next = read(None, pages.last().map_or(0, |(number, _)| *number), limit).await;
            let rest = all.len() - pages.len();
            assert_eq!(next.len(), limit.min(rest), "a page of the journal is full while there are entries");
            if next.is_empty() {
                break;
            }
            pages.extend(next);
        }
        assert_eq!(pages, all, "pages of {limit} hold each entry once, in order");
    }
    assert!(read(None, 0, 0).await.is_empty(), "a page of none is empty");
    assert!(
        read(None, u64::MAX, usize::MAX).await.is_empty(),
        "nothing comes after the last number there is"
    );
}

pub(super) async fn tells_of_runs(store: &impl Store) {
    let of_run = async |run: &str, after, limit| {
        store.journal_of_run(&RunId::new(run), after, limit).await.expect("the journal of a run can be read")
    };
    let runs = async |before: Option<&str>, limit| {
        let before = before.map(RunId::new);
        let runs = store.runs(before.as_ref(), limit).await.expect("runs can be listed");
        runs.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(runs(None, usize::MAX).await.is_empty(), "an empty journal tells of no run");
    let keys = work_keys("a");
    let names: BTreeSet<&str> =
        ODD.into_iter().chain(["2", "10", "é"]).filter(|run| !run.is_empty()).collect();
    for run in names.iter().copied().chain(["", "2"]) {
        let entry = |about: &WorkKey| Entry {
            run: Some(RunId::new(run)).filter(|run| !run.as_str().is_empty()),
            ..new_entry(about, run)
        };
        let journal = keys.iter().map(entry).collect();
        store.commit(Commit { journal, ..Commit::default() }).await.expect("entries can be added");
    }
    let all = store.journal(None, 0, usize::MAX).await.expect("the journal can be read");
    for run in names.iter().copied().chain(["other", "1"]) {
        let wanted = Some(RunId::new(run));
        let expected: Vec<_> = all.iter().filter(|(_, entry)| entry.run == wanted).cloned().collect();
        assert_eq!(
            of_run(run, 0, usize::MAX).await,
            expected,
            "the journal of run {run:?} holds what it did"
        );
        let mut pages: Vec<(u64, Entry)> = Vec::new();
        loop {
            let next = of_run(run, pages.last().map_or(0, |(number, _)| *number), 3).await;
            assert_eq!(
                next.len(),
                3.min(expected.len() - pages.len()),
                "a page is full while there are entries"
            );
            if next.is_empty() {
                break;
            }
            pages.extend(next);
        }
        assert_eq!(pages, expected, "the journal of run {run:?} goes on after a number");
    }
    let expected: Vec<&str> = names.into_iter().rev().collect();
    assert_eq!(runs(None, usize::MAX).await, expected, "runs are named once each, by falling names");
    for at in 0..expected.len() {
        let after: Vec<_> = expected.iter().skip(at + 1).take(2).copied().collect();
        let before = expected.get(at).copied();
        assert_eq!(runs(before, 2).await, after, "the runs before {before:?}");
    }
}
