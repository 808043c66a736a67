use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::{JoinSet, yield_now};

use super::fixtures::{accounts, all_links, new_entry, new_link, put, read, under, work_keys};
use crate::conformance::{WRITERS, together};
use crate::engine::{Link, LinkId};
use crate::store::{BindError, Commit, CommitError, Store};
use crate::{Rev, Versioned};

fn is_stale(result: &Result<(), CommitError>) -> bool {
    matches!(result, Err(CommitError::Stale(_)))
}

pub(super) async fn one_writer_wins_each_version<S: Store + 'static>(store: Arc<S>) {
    let mut seen = None;
    for round in 0..8 {
        let barrier = Arc::new(Barrier::new(WRITERS));
        let results = together((0..WRITERS).map(|writer| {
            let (store, barrier) = (Arc::clone(&store), Arc::clone(&barrier));
            async move {
                barrier.wait().await;
                put(&*store, seen, new_link("shared", &format!("{round} {writer}"), None)).await
            }
        }))
        .await;
        let won = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!(won, 1, "of {WRITERS} writers that saw one version, one wins: {results:?}");
        let stale = results.iter().filter(|result| is_stale(result)).count();
        assert_eq!(
            stale,
            WRITERS - 1,
            "all but one of {WRITERS} writers are told that theirs is stale: {results:?}"
        );
        seen = Some(seen.map_or(Rev::FIRST, Rev::next));
        let found = read(&*store, "shared").await.map(|link| link.rev);
        assert_eq!(found, seen, "one win is one version");
    }
}

/// Writers of two stores on one state count in one link.
pub(super) async fn loses_no_update<S: Store + 'static>(one: Arc<S>, other: Arc<S>) {
    const EACH: usize = 5;
    put_first(&*one, counter(0)).await;
    together((0..WRITERS).map(|writer| {
        let store = Arc::clone(if writer % 2 == 0 { &one } else { &other });
        async move {
            let mut counted = 0;
            while counted < EACH {
                let Versioned { rev, value } = read(&*store, "counter").await.expect("the link is there");
                match put(&*store, Some(rev), counter(count(&value) + 1)).await {
                    Ok(()) => counted += 1,
                    Err(CommitError::Stale(_)) => yield_now().await,
                    Err(error) => panic!("concurrent writers win or are stale, got {error}"),
                }
            }
        }
    }))
    .await;
    let found = read(&*one, "counter").await.expect("the link is there");
    assert_eq!(count(&found.value), WRITERS * EACH, "an update that was committed is never lost");
}

async fn put_first(store: &impl Store, link: Link) {
    put(store, None, link).await.expect("a new link can be written");
}

/// A link that holds a count.
fn counter(count: usize) -> Link {
    let mut link = new_link("counter", "", None);
    link.ends.left = Some(under("counter", &count.to_string()));
    link
}

fn count(link: &Link) -> usize {
    let text = link.ends.left.as_ref().map(|at| at.id.as_str());
    text.and_then(|text| text.parse().ok()).expect("the link holds a count")
}

pub(super) async fn one_link_wins_a_record<S: Store + 'static>(store: Arc<S>) {
    let barrier = Arc::new(Barrier::new(WRITERS));
    let results = together((0..WRITERS).map(|writer| {
        let (store, barrier) = (Arc::clone(&store), Arc::clone(&barrier));
        async move {
            let link = new_link(&format!("{writer}"), &format!("{writer}"), Some("wanted"));
            barrier.wait().await;
            (link.id.clone(), store.commit(Commit::link(None, link)).await)
        }
    }))
    .await;
    let winners: Vec<_> = results.iter().filter(|(_, result)| result.is_ok()).map(|(id, _)| id).collect();
    assert_eq!(winners.len(), 1, "of {WRITERS} links that want one record, one gets it: {results:?}");
    for (id, result) in results.iter().filter(|(_, result)| result.is_err()) {
        let claimed = matches!(result, Err(CommitError::Claimed { by, .. }) if Some(&by) == winners.first());
        assert!(claimed, "link {id} is told which link has the record, got {result:?}");
    }
    assert_eq!(all_links(&*store).await.len(), 1, "links that did not get the record are not written");
}

pub(super) async fn one_pair_of_accounts_wins<S: Store + 'static>(store: Arc<S>) {
    let results = together((0..WRITERS).map(|writer| {
        let store = Arc::clone(&store);
        async move { store.bind(&accounts("1", &writer.to_string())).await }
    }))
    .await;
    let won = results.iter().filter(|result| result.is_ok()).count();
    let refused = results.iter().filter(|result| matches!(result, Err(BindError::Other { .. }))).count();
    assert_eq!((won, refused), (1, WRITERS - 1), "one of several pairs of accounts wins: {results:?}");
}

pub(super) async fn disjoint_commits_all_land_whole<S: Store + 'static>(store: Arc<S>) {
    const COMMITS: usize = 64;
    let reader = {
        let store = Arc::clone(&store);
        async move {
            loop {
                let links =
                    store.links_page(None, usize::MAX).await.expect("links can be read during commits");
                assert_eq!(links.len() % 2, 0, "a page shows a commit of two links whole or not at all");
                if links.len() == 2 * COMMITS {
                    break;
                }
                yield_now().await;
            }
        }
    };
    let mut reading = JoinSet::new();
    reading.spawn(reader);
    let results = together((0..COMMITS).map(|number| {
        let store = Arc::clone(&store);
        async move {
            let pair = ["x", "y"].map(|half| format!("{number}{half}"));
            let links = pair.iter().map(|name| (None, new_link(name, name, Some(name)))).collect();
            store.commit(Commit { links, ..Commit::default() }).await
        }
    }))
    .await;
    assert!(results.iter().all(Result::is_ok), "commits that share nothing all land: {results:?}");
    let links = all_links(&*store).await;
    assert_eq!(links.len(), 2 * COMMITS, "commits that share nothing lose nothing");
    reading.join_all().await;
}

pub(super) async fn opposite_orders_do_not_block<S: Store + 'static>(store: Arc<S>) {
    const ROUNDS: u64 = 20;
    put_first(&*store, new_link("a", "a", None)).await;
    put_first(&*store, new_link("b", "b", None)).await;
    together([["a", "b"], ["b", "a"]].map(|order| {
        let store = Arc::clone(&store);
        async move {
            let mut landed = 0;
            while landed < ROUNDS {
                let mut links = Vec::new();
                for id in order {
                    let Versioned { rev, value } = read(&*store, id).await.expect("the link is there");
                    links.push((Some(rev), value));
                }
                match store.commit(Commit { links, ..Commit::default() }).await {
                    Ok(()) => landed += 1,
                    Err(CommitError::Stale(_)) => yield_now().await,
                    Err(error) => panic!("commits that name links in opposite orders both work, got {error}"),
                }
            }
        }
    }))
    .await;
    let revs = all_links(&*store).await.iter().map(|link| link.rev.get()).collect::<Vec<_>>();
    assert_eq!(revs, [1 + 2 * ROUNDS, 1 + 2 * ROUNDS], "each commit is one version of each of its links");
}

/// Who reads the journal and goes on after the last number comes by every entry, whatever is written meanwhile.
pub(super) async fn readers_of_the_journal_miss_nothing<S: Store + 'static>(store: Arc<S>) {
    const EACH: usize = 8;
    let reader = {
        let store = Arc::clone(&store);
        async move {
            let mut after = 0;
            let mut found = 0;
            while found < WRITERS * EACH {
                let entries =
                    store.journal(None, after, 10).await.expect("the journal can be read during commits");
                found += entries.len();
                after = entries.last().map_or(after, |(number, _)| *number);
                let all =
                    store.journal(None, 0, usize::MAX).await.expect("the journal can be read during commits");
                let passed = all.iter().filter(|(number, _)| *number <= after).count();
                assert_eq!(passed, found, "no entry of the journal appears before one that was read already");
                yield_now().await;
            }
        }
    };
    let mut reading = JoinSet::new();
    reading.spawn(reader);
    let results = together((0..WRITERS).map(|writer| {
        let store = Arc::clone(&store);
        async move {
            for number in 0..EACH {
                let about = work_keys(&writer.to_string());
                let journal =
                    about.iter().take(1).map(|about| new_entry(about, &number.to_string())).collect();
                store.commit(Commit { journal, ..Commit::default() }).await?;
                yield_now().await;
            }
            Ok::<(), CommitError>(())
        }
    }))
    .await;
    assert!(results.iter().all(Result::is_ok), "entries can be added by several: {results:?}");
    reading.join_all().await;
}

/// A caller that gives up drops its commit, at any point. It lands whole or not at all, and blocks nobody.
pub(super) async fn survives_a_dropped_commit(store: &impl Store) {
    for patience in [0, 1, 2, 4, 8, 16, 64, 256, 1024] {
        let pair = ["x", "y"].map(|half| format!("dropped {patience}{half}"));
        let links = pair.iter().map(|name| (None, new_link(name, name, None))).collect();
        let give_up = async {
            for _ in 0..patience {
                yield_now().await;
            }
        };
        tokio::select! {
            biased;
            result = store.commit(Commit { links, ..Commit::default() }) => result.expect("new links can be written"),
            () = give_up => {}
        }
        put_first(store, new_link(&format!("next {patience}"), &format!("next {patience}"), None)).await;
        let links = all_links(store).await;
        let landed = links
            .iter()
            .filter(|link| link.value.id > LinkId::new("dropped") && link.value.id < LinkId::new("e"));
        assert_eq!(landed.count() % 2, 0, "a commit that is dropped lands whole or not at all");
    }
}
