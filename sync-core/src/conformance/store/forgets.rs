use std::collections::BTreeSet;

use jiff::Timestamp;

use super::fixtures::{
    all_links, full_link, journal, late, new_entry, new_link, new_review, put, top, work_keys,
};
use crate::conformance::ODD;
use crate::engine::{Entry, Happening, Link, RecordId, Refusal, Side};
use crate::queue::WorkKey;
use crate::store::{Commit, Store};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a valid time")
}

/// Entries of these moments.
async fn add(store: &impl Store, moments: &[i64]) {
    let about = &work_keys("a").remove(0);
    let entry = |moment: &i64| Entry { at: at(*moment), ..new_entry(about, &moment.to_string()) };
    let journal = moments.iter().map(entry).collect();
    store.commit(Commit { journal, ..Commit::default() }).await.expect("entries can be added");
}

async fn moments(store: &impl Store) -> Vec<i64> {
    journal(store).await.iter().map(|entry| entry.at.as_second()).collect()
}

pub(super) async fn check<S: Store>(make: &impl AsyncFn() -> S) {
    trims_the_journal(&make().await).await;
    finds_what_mentions_a_record(&make().await).await;
}

async fn trims_the_journal(store: &impl Store) {
    let trim = async |before, limit| {
        store.trim_journal(at(before), limit).await.expect("the journal can be trimmed")
    };
    assert_eq!(trim(100, 10).await, 0, "an empty journal has nothing to trim");
    add(store, &[1, 90, 2, 3, 4, 5]).await;
    assert_eq!(trim(1, 10).await, 0, "an entry of the moment itself is not older");
    assert_eq!(trim(50, 3).await, 2, "a step looks at no more entries than it may");
    assert_eq!(moments(store).await, [90, 3, 4, 5], "what is older goes, and nothing else");
    assert_eq!((trim(4, 10).await, trim(4, 10).await), (1, 0), "what is gone is gone");
    add(store, &[6]).await;
    assert_eq!(moments(store).await, [90, 4, 5, 6], "a trimmed journal goes on at its end");
    let all = store.journal(None, 0, 10).await.expect("the journal can be read");
    let numbers: BTreeSet<u64> = all.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers.len(), 4, "a number is never given twice");
    let gone_entries = all.iter().take(2).map(|(number, _)| *number).chain([u64::MAX]).collect();
    let deleted = store.commit(Commit { gone_entries, ..Commit::default() }).await;
    deleted.expect("entries can be deleted, and nothing happens to those that are not there");
    assert_eq!(moments(store).await, [5, 6], "a commit deletes the entries that it names");
}

async fn finds_what_mentions_a_record(store: &impl Store) {
    let names = || ODD.into_iter().filter(|name| !name.is_empty()).enumerate();
    for (at, name) in names() {
        // About somebody else, and naming the record.
        let other = format!("other {at}");
        let about = WorkKey::Link(new_link(&other, &other, None).id);
        let sent = crate::engine::Fingerprint::of(&1);
        let refused = Some(Refusal { sent, by: Some(top(name)) });
        let mut review = new_review(&other, about.clone());
        review.message = format!("it may be {name}, or not");
        let what = Happening::Moved(Side::Right, top(name));
        let commit = Commit {
            links: vec![(None, Link { refused, ..new_link(&other, &other, None) })],
            reviews: vec![review],
            journal: vec![Entry { at: late(), run: None, about, what }],
            ..Commit::default()
        };
        store.commit(commit).await.expect("a commit lands");
    }
    put(store, None, full_link("bystander")).await.expect("a link can be written");
    for (at, name) in names() {
        let other = format!("other {at}");
        let found = store.mentioning(&RecordId::new(name)).await.expect("mentions can be read");
        assert!(
            found.links.iter().any(|link| link.value.id.as_str() == other),
            "a link that names {name:?} is found"
        );
        assert!(
            found.reviews.iter().any(|review| review.key.as_str() == other),
            "a question that names {name:?} is found"
        );
        assert!(
            found.journal.iter().any(|(_, entry)| entry.what == Happening::Moved(Side::Right, top(name))),
            "an entry that names {name:?} is found"
        );
        let versions = all_links(store).await;
        assert!(found.links.iter().all(|link| versions.contains(link)), "links are found as they are");
    }
}
