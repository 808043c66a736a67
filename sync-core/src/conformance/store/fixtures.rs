use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::conformance::ODD;
use crate::engine::{
    Baseline, Fingerprint, Link, LinkId, Pending, Projection, ProjectionKey, RecordId, RecordRef,
};
use crate::store::{Accounts, Commit, CommitError, Store};
use crate::{AccountKey, Rev, Versioned};

pub(super) fn accounts(left: &str, right: &str) -> Accounts {
    Accounts { left: AccountKey::new("billing", left), right: AccountKey::new("crm", right) }
}

pub(super) fn new_link(id: &str, left: &str, right: Option<&str>) -> Link {
    Link { right: right.map(RecordId::new), ..Link::new(LinkId::new(id), RecordId::new(left)) }
}

pub(super) fn full_link(id: &str) -> Link {
    let values = |name: &str| {
        let odd = ODD
            .iter()
            .enumerate()
            .map(|(at, text)| (format!("{name} {text}"), (at > 0).then(|| (*text).into())));
        odd.collect::<BTreeMap<_, _>>()
    };
    Link {
        baseline: Baseline { left: values("left"), right: values("right") },
        row: Some(Fingerprint::of(&id)),
        pending: Some(pending()),
        ..new_link(id, &format!("{id} left"), Some(&format!("{id} right")))
    }
}

pub(super) fn full_projection(key: &str) -> Projection {
    Projection {
        at: Some(RecordRef::under(RecordId::new("it's \"Zoë\""), RecordId::new(key))),
        wrote: Some(Fingerprint::of(&key)),
        left_to_human: true,
        pending: Some(pending()),
        ..Projection::new(ProjectionKey::new(key), "notes", LinkId::new("owner"))
    }
}

/// Times with nanoseconds, before and after 1970.
pub(super) fn pending() -> Pending {
    let time = |second, nanosecond| Timestamp::new(second, nanosecond).expect("a valid time");
    Pending { at: time(-1, -999_999_999), send_by: time(1_900_000_000, 123_456_789) }
}

pub(super) fn first_version<T>(value: T) -> Versioned<T> {
    Versioned { rev: Rev::FIRST, value }
}

pub(super) async fn read(store: &impl Store, id: &str) -> Option<Versioned<Link>> {
    store.link(&LinkId::new(id)).await.expect("a link can be read")
}

pub(super) async fn read_projection(store: &impl Store, key: &str) -> Option<Versioned<Projection>> {
    store.projection(&ProjectionKey::new(key)).await.expect("a projection can be read")
}

pub(super) async fn everything(store: &impl Store) -> (Vec<Versioned<Link>>, Vec<Versioned<Projection>>) {
    let links = store.links_page(None, usize::MAX).await.expect("links can be read");
    (links, store.projections_page(None, usize::MAX).await.expect("projections can be read"))
}

pub(super) async fn put(store: &impl Store, seen: Option<Rev>, link: Link) -> Result<(), CommitError> {
    store.commit(Commit::link(seen, link)).await
}

pub(super) async fn delete(store: &impl Store, seen: Rev, id: &str) -> Result<(), CommitError> {
    store.commit(Commit { gone_links: vec![(seen, LinkId::new(id))], ..Commit::default() }).await
}

#[track_caller]
pub(super) fn assert_stale(result: &Result<(), CommitError>, what: &str) {
    assert!(matches!(result, Err(CommitError::Stale(_))), "{what} is stale, got {result:?}");
}

#[track_caller]
pub(super) fn assert_claimed(result: Result<(), CommitError>, record: &str, by: &str) {
    match result {
        Err(CommitError::Claimed { record: found, by: holder }) => {
            assert_eq!(
                (found.as_str(), holder.as_str()),
                (record, by),
                "the error names the record and its link"
            );
        }
        other => panic!("record {record} is claimed by link {by}, got {other:?}"),
    }
}
