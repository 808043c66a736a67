use super::fixtures::{
    all_links, assert_stale, fact_key, new_fact, new_link, new_projection, projections, read, read_fact,
    read_position, read_projection,
};
use crate::Rev;
use crate::engine::{LinkId, ProjectionKey};
use crate::store::{Commit, CommitError, FeedId, Position, Store};

/// What has versions.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Link,
    Projection,
    Fact,
    Position,
}

pub(super) const KINDS: [Kind; 4] = [Kind::Link, Kind::Projection, Kind::Fact, Kind::Position];

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Projection => "projection",
            Self::Fact => "fact",
            Self::Position => "position",
        }
    }

    /// Adds a write to a commit.
    pub(super) fn put(self, commit: &mut Commit, seen: Option<Rev>, name: &str) {
        match self {
            Self::Link => commit.links.push((seen, new_link(name, name, None))),
            Self::Projection => commit.projections.push((seen, new_projection(name, "owner"))),
            Self::Fact => commit.facts.push((seen, new_fact(fact_key(name), Some("owner")))),
            Self::Position => commit.positions.push((seen, FeedId::new(name), Position::Listing(None))),
        }
    }

    /// Adds a delete to a commit; nothing deletes a position.
    pub(super) fn delete(self, commit: &mut Commit, seen: Rev, name: &str) -> bool {
        match self {
            Self::Link => commit.gone_links.push((seen, LinkId::new(name))),
            Self::Projection => commit.gone_projections.push((seen, ProjectionKey::new(name))),
            Self::Fact => commit.gone_facts.push((seen, fact_key(name))),
            Self::Position => return false,
        }
        true
    }

    async fn rev(self, store: &impl Store, name: &str) -> Option<Rev> {
        match self {
            Self::Link => read(store, name).await.map(|found| found.rev),
            Self::Projection => read_projection(store, name).await.map(|found| found.rev),
            Self::Fact => read_fact(store, &fact_key(name)).await.map(|found| found.rev),
            Self::Position => read_position(store, name).await.map(|found| found.rev),
        }
    }
}

pub(super) async fn counts_versions(store: &impl Store) {
    let mut seen = None;
    for expected in [Rev::FIRST, Rev::FIRST.next(), Rev::FIRST.next().next()] {
        let mut commit = Commit::default();
        for kind in KINDS {
            kind.put(&mut commit, seen, "a");
        }
        store.commit(commit).await.expect("the present version can be written over");
        for kind in KINDS {
            let found = kind.rev(store, "a").await;
            let name = kind.name();
            assert_eq!(
                found,
                Some(expected),
                "versions of a {name} begin with Rev::FIRST, go up by Rev::next"
            );
        }
        let links = all_links(store).await;
        let derived = projections(store).await;
        let revs: Vec<_> = links.iter().map(|l| l.rev).chain(derived.iter().map(|p| p.rev)).collect();
        assert_eq!(revs, [expected, expected], "pages have the same versions");
        seen = Some(expected);
    }
}

pub(super) async fn refuses_what_is_stale(store: &impl Store, kind: Kind) {
    let name = kind.name();
    let put = async |seen| -> Result<(), CommitError> {
        let mut commit = Commit::default();
        kind.put(&mut commit, seen, "a");
        store.commit(commit).await
    };
    let delete = async |seen, key| {
        let mut commit = Commit::default();
        if kind.delete(&mut commit, seen, key) { Some(store.commit(commit).await) } else { None }
    };
    assert_stale(&put(Some(Rev::FIRST)).await, &format!("a {name} that is not there"));
    put(None).await.expect("what is not there can be written");
    let second = Rev::FIRST.next();
    assert_stale(&put(None).await, &format!("a {name} that is there and was not seen"));
    assert_stale(&put(Some(second)).await, &format!("a {name} of a later version than there is"));
    put(Some(Rev::FIRST)).await.expect("the present version can be written over");
    assert_stale(&put(Some(Rev::FIRST)).await, &format!("a {name} of an earlier version"));
    if let Some(result) = delete(Rev::FIRST, "a").await {
        assert_stale(&result, &format!("a {name} that is deleted by an earlier version"));
        let result = delete(Rev::FIRST, "other").await.unwrap_or(Ok(()));
        assert_stale(&result, &format!("a {name} that is deleted and is not there"));
    }
    assert_eq!(kind.rev(store, "a").await, Some(second), "a stale write of a {name} changes nothing");
    if let Some(result) = delete(second, "a").await {
        result.expect("the present version can be deleted");
        assert_eq!(kind.rev(store, "a").await, None, "a {name} that was deleted is gone");
        assert_stale(&put(Some(second)).await, &format!("a {name} that was deleted"));
        put(None).await.expect("what was deleted can be written anew");
    }
}
