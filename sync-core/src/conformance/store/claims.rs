use super::fixtures::{all_links, assert_claimed, delete, ended, holder, new_link, put, read, top, under};
use crate::Rev;
use crate::conformance::ODD;
use crate::engine::{Link, LinkId, LinkStatus, RecordRef, Side};
use crate::store::{Commit, CommitError, Store};

const LEFT: Side = Side::Left;
const RIGHT: Side = Side::Right;

pub(super) async fn gives_a_record_to_one_link(store: &impl Store) {
    put(store, None, new_link("a", "1", Some("1"))).await.expect("the sides have separate ids");
    put(store, None, new_link("b", "2", None)).await.expect("a link needs no right record");
    put(store, None, new_link("c", "3", None)).await.expect("several links need no right record");
    let before = all_links(store).await;
    assert_claimed(put(store, None, new_link("d", "1", None)).await, &top("1"), "a");
    assert_claimed(put(store, None, new_link("d", "4", Some("1"))).await, &top("1"), "a");
    assert_claimed(put(store, Some(Rev::FIRST), new_link("b", "1", None)).await, &top("1"), "a");
    assert_claimed(put(store, Some(Rev::FIRST), new_link("b", "2", Some("1"))).await, &top("1"), "a");
    let paused = Link { status: LinkStatus::Paused, ..new_link("d", "1", None) };
    assert_claimed(put(store, None, paused).await, &top("1"), "a");
    assert_eq!(all_links(store).await, before, "a refused claim changes nothing");

    put(store, Some(Rev::FIRST), new_link("a", "1", Some("5"))).await.expect("a link keeps its own record");
    put(store, Some(Rev::FIRST), new_link("b", "2", Some("1")))
        .await
        .expect("a record that was let go can be linked");
    assert_claimed(put(store, Some(Rev::FIRST), new_link("c", "3", Some("5"))).await, &top("5"), "a");
    let paused = Link { status: LinkStatus::Paused, ..new_link("c", "3", None) };
    put(store, Some(Rev::FIRST), paused).await.expect("a link can be paused");
    assert_claimed(put(store, None, new_link("d", "3", None)).await, &top("3"), "c");
}

pub(super) async fn tells_records_apart(store: &impl Store) {
    let mut records: Vec<RecordRef> = vec![under("1/2", "3"), under("1", "2/3"), under("", "1"), top("")];
    for id in ODD {
        records.extend([top(id), under(id, "x"), under("x", id)]);
    }
    for (at, record) in records.iter().enumerate() {
        let mut link = new_link(&format!("{at}"), "", None);
        link.ends.left = Some(record.clone());
        link.ends.right = Some(record.clone());
        if let Err(error) = put(store, None, link).await {
            panic!("{record:?} is taken for another record: {error}");
        }
    }
    for (at, record) in records.iter().enumerate() {
        for side in [LEFT, RIGHT] {
            let found = holder(store, side, record).await;
            assert_eq!(
                found,
                Some(at.to_string()),
                "the link of {record:?} is found by its place and its parent"
            );
            let mut link = new_link("z", "z", None);
            link.ends[side] = Some(record.clone());
            assert_claimed(put(store, None, link).await, record, &at.to_string());
        }
    }
}

pub(super) async fn frees_the_records_of_gone_links(store: &impl Store) {
    put(store, None, new_link("a", "1", Some("2"))).await.expect("a new link can be written");
    delete(store, Rev::FIRST, "a").await.expect("a link can be deleted");
    assert!(read(store, "a").await.is_none(), "a deleted link is gone");
    for (side, id) in [(LEFT, "1"), (RIGHT, "2")] {
        assert_eq!(holder(store, side, &top(id)).await, None, "a record whose link was deleted has none");
    }
    put(store, None, new_link("b", "1", Some("2")))
        .await
        .expect("the records of a deleted link can be linked");
}

pub(super) async fn finds_the_link_of_a_record(store: &impl Store) {
    put(store, None, new_link("a", "1", Some("2"))).await.expect("a new link can be written");
    for (side, id, other) in [(LEFT, "1", "2"), (RIGHT, "2", "1")] {
        let found = store.link_of(side, &top(id)).await.expect("the link of a record can be read");
        assert_eq!(found, read(store, "a").await, "the link of a record comes whole, with its version");
        let found = holder(store, side, &top(other)).await;
        assert_eq!(found, None, "a record of the other side with the same id is another record");
    }
    put(store, Some(Rev::FIRST), new_link("a", "1", Some("3"))).await.expect("a link can be written over");
    assert_eq!(holder(store, RIGHT, &top("2")).await, None, "a record that was let go has no link");
    assert_eq!(
        holder(store, RIGHT, &top("3")).await.as_deref(),
        Some("a"),
        "a record that was taken has a link"
    );
}

pub(super) async fn finds_all_links_of_a_record(store: &impl Store) {
    let with = async |side, id: &str| {
        let found = store.links_with(side, &top(id)).await.expect("the links with a record can be read");
        let mut names: Vec<_> = found.into_iter().map(|link| link.id.to_string()).collect();
        names.sort();
        names
    };
    for (id, left) in [("a", "1"), ("b", "1"), ("c", "3")] {
        put(store, None, ended(new_link(id, left, Some("2"))))
            .await
            .expect("a link that has ended can be written");
    }
    put(store, None, new_link("d", "1", None)).await.expect("a new link can be written");
    assert_eq!(
        with(LEFT, "1").await,
        ["a", "b", "d"],
        "links that had a record when they ended have it still"
    );
    assert_eq!(with(RIGHT, "2").await, ["a", "b", "c"], "no live link is needed");
    assert_eq!(with(RIGHT, "1").await, [""; 0], "the sides have separate ids");
    put(store, Some(Rev::FIRST), new_link("d", "4", None)).await.expect("a link can be written over");
    assert_eq!(with(LEFT, "1").await, ["a", "b"], "a record that was let go is in a link no more");
}

/// Links that ended do not keep their records from others, and are found where no live link is.
pub(super) async fn ended_links_give_way(store: &impl Store) {
    let link = |id: &str| new_link(id, "1", Some("2"));
    let found = async |expected: &str, why: &str| {
        for (side, id) in [(LEFT, "1"), (RIGHT, "2")] {
            assert_eq!(holder(store, side, &top(id)).await.as_deref(), Some(expected), "{why}");
        }
    };
    put(store, None, link("b")).await.expect("a new link can be written");
    put(store, Some(Rev::FIRST), ended(link("b"))).await.expect("a link can end");
    found("b", "where no link is live, the link of a record is the one that has ended").await;

    put(store, None, link("a")).await.expect("a live link takes its records from one that has ended");
    found("a", "the link of a record is the live one, whatever has ended").await;
    let first = read(store, "b").await.map(|found| found.value);
    assert_eq!(
        first,
        Some(ended(link("b"))),
        "a link that has ended is left as it is by who takes its records"
    );
    let second = Rev::FIRST.next();
    put(store, Some(second), ended(link("b"))).await.expect("a link that has ended can be written over");
    put(store, None, ended(link("c"))).await.expect("a link that has ended needs no record for itself");
    found("a", "a link that has ended takes nothing from a live one").await;
    let third = second.next();
    assert_claimed(put(store, Some(third), link("b")).await, &top("1"), "a");

    put(store, Some(Rev::FIRST), ended(link("a"))).await.expect("a link can end");
    found("a", "of several links that have ended, the link of a record is the one that ended last").await;
    put(store, Some(third), ended(link("b"))).await.expect("a link that has ended can be written over");
    found("a", "a link that had ended long ago has not ended last because it was written over").await;

    let live = Link { status: LinkStatus::Paused, ..link("d") };
    put(store, None, live).await.expect("a live link takes its records from those that have ended");
    delete(store, Rev::FIRST, "d").await.expect("a link can be deleted");
    found("a", "when the live link is gone, the link of a record is the one that ended last").await;
    put(store, None, link("d")).await.expect("a live link takes its records from those that have ended");
    put(store, Some(Rev::FIRST), new_link("d", "3", None)).await.expect("a link can let go of its records");
    found("a", "when the live link has moved, the link of a record is the one that ended last").await;

    let fourth = third.next();
    put(store, Some(fourth), link("b")).await.expect("a link can come back to life where no other is live");
    put(store, Some(fourth.next()), ended(link("b"))).await.expect("a link can end");
    found("b", "a link that came back to life and ended again has ended last").await;
    delete(store, fourth.next().next(), "b").await.expect("a link that has ended can be deleted");
    found("a", "a link that was deleted has no records").await;
}

/// What becomes of the link that has a record, in a commit that gives the record to another one.
type Leave = fn(&mut Commit);

fn hand_over(leave: Leave, at_the_end: bool) -> Commit {
    let taker = (None, new_link("taker", "1", Some("2")));
    let mut commit = Commit::default();
    leave(&mut commit);
    let at = if at_the_end { commit.links.len() } else { 0 };
    commit.links.insert(at, taker);
    commit
}

/// Within one commit, a record goes from a link to another one in whatever order they are named.
pub(super) async fn hands_records_over_within_a_commit<S: Store>(make: impl AsyncFn() -> S) {
    let leaves: [(&str, Leave); 3] = [
        ("moves away", |commit| commit.links.push((Some(Rev::FIRST), new_link("holder", "3", Some("4"))))),
        ("ends", |commit| commit.links.push((Some(Rev::FIRST), ended(new_link("holder", "1", Some("2")))))),
        ("is deleted", |commit| commit.gone_links.push((Rev::FIRST, LinkId::new("holder")))),
    ];
    for (what, leave) in leaves {
        for at_the_end in [false, true] {
            let store = make().await;
            put(&store, None, new_link("holder", "1", Some("2"))).await.expect("a new link can be written");
            let order = if at_the_end { "before" } else { "after" };
            if let Err(error) = store.commit(hand_over(leave, at_the_end)).await {
                panic!(
                    "a record can be taken in the commit in which its link {what}, {order} it is taken: {error}"
                );
            }
            for (side, id) in [(LEFT, "1"), (RIGHT, "2")] {
                let found = holder(&store, side, &top(id)).await;
                assert_eq!(found.as_deref(), Some("taker"), "a record is handed over when its link {what}");
            }
        }
    }
    swaps_records(&make().await).await;
}

async fn swaps_records(store: &impl Store) {
    put(store, None, new_link("a", "1", Some("2"))).await.expect("a new link can be written");
    put(store, None, new_link("b", "3", Some("4"))).await.expect("a new link can be written");
    let present = Some(Rev::FIRST);
    let links = vec![(present, new_link("a", "1", Some("4"))), (present, new_link("b", "3", Some("2")))];
    let swap = store.commit(Commit { links, ..Commit::default() }).await;
    swap.expect("two links can swap their records in one commit");
    let found = (holder(store, RIGHT, &top("4")).await, holder(store, RIGHT, &top("2")).await);
    assert_eq!(found, (Some("a".to_owned()), Some("b".to_owned())), "records that were swapped are swapped");
}

pub(super) async fn gives_a_record_once_within_a_commit(store: &impl Store) {
    put(store, None, new_link("holder", "1", Some("2"))).await.expect("a new link can be written");
    let before = all_links(store).await;
    let refused = async |links: Vec<(Option<Rev>, Link)>| -> LinkId {
        let result = store.commit(Commit { links, ..Commit::default() }).await;
        assert_eq!(all_links(store).await, before, "a refused claim changes nothing");
        match result {
            Err(CommitError::Claimed { by, .. }) => by,
            other => panic!("two links of one commit cannot have one record, got {other:?}"),
        }
    };
    let (new, present) = (|id, left, right| (None, new_link(id, left, Some(right))), Some(Rev::FIRST));
    refused(vec![new("a", "7", "8"), new("b", "7", "9")]).await;
    refused(vec![new("a", "7", "8"), new("b", "9", "8")]).await;
    let ending = (present, ended(new_link("holder", "1", Some("2"))));
    refused(vec![new("a", "7", "2"), ending, new("b", "1", "2")]).await;
    let staying = (present, new_link("holder", "1", Some("9")));
    for order in [[new("a", "1", "8"), staying.clone()], [staying.clone(), new("a", "1", "8")]] {
        let by = refused(order.to_vec()).await;
        assert_eq!(by.as_str(), "holder", "the link that has the record is the one that had it before");
    }
}
