use super::fixtures::{delete, ended, new_link, put, read, top, under};
use crate::Rev;
use crate::conformance::ODD;
use crate::engine::{LinkId, RecordRef, RowDigest, Side};
use crate::store::Store;

const LEFT: Side = Side::Left;
const RIGHT: Side = Side::Right;

const ONE: RowDigest = RowDigest::from_bits(1);
const ALL: RowDigest = RowDigest::from_bits(u128::MAX);

async fn note(store: &impl Store, side: Side, known: &[(&str, Rev, RowDigest)]) {
    let known: Vec<_> = known.iter().map(|(id, rev, digest)| (LinkId::new(*id), *rev, *digest)).collect();
    store.note_known(side, &known).await.expect("what is known can be noted");
}

async fn known(store: &impl Store, side: Side, at: &[RecordRef]) -> Vec<Option<RowDigest>> {
    let known = store.known_as(side, at).await.expect("what was noted can be read");
    assert_eq!(known.len(), at.len(), "what was noted of a page has a place for each record");
    known
}

/// Whether a store notes anything: it need not.
async fn notes(store: &impl Store) -> bool {
    put(store, None, new_link("first", "first", None)).await.expect("a new link can be written");
    note(store, LEFT, &[("first", Rev::FIRST, ONE)]).await;
    known(store, LEFT, &[top("first")]).await == [Some(ONE)]
}

pub(super) async fn check<S: Store>(make: &impl AsyncFn() -> S) {
    knows_what_was_noted(&make().await).await;
    knows_nothing_of_what_was_written_since(&make().await).await;
}

/// What is noted is known, of that record alone.
async fn knows_what_was_noted(store: &impl Store) {
    let notes = notes(store).await;
    let some = |digest| if notes { Some(digest) } else { None };
    assert!(known(store, LEFT, &[]).await.is_empty());
    note(store, LEFT, &[]).await;
    for (id, parent) in ODD.iter().zip(ODD.iter().skip(1)) {
        let mut link = new_link(&format!("of {id}"), id, None);
        link.ends.right = Some(under(parent, id));
        put(store, None, link).await.expect("a new link can be written");
    }
    let names: Vec<_> = ODD.iter().take(ODD.len() - 1).map(|id| format!("of {id}")).collect();
    let digest = |place: usize, side| {
        // Of all lengths, the first digit is often 0.
        let bits = ALL.bits() >> (5 * place);
        RowDigest::from_bits(if side == LEFT { bits } else { !bits })
    };
    for side in Side::BOTH {
        let all: Vec<_> = names.iter().enumerate().collect();
        let all: Vec<_> =
            all.iter().map(|(place, id)| (id.as_str(), Rev::FIRST, digest(*place, side))).collect();
        note(store, side, &all).await;
    }
    note(store, LEFT, &[("nobody's", Rev::FIRST, ONE)]).await;
    let mut at = vec![top("unknown")];
    at.extend(ODD.iter().map(|id| top(id)));
    at.extend(ODD.iter().zip(ODD.iter().skip(1)).map(|(id, parent)| under(parent, id)));
    for side in Side::BOTH {
        let of = |at: &RecordRef| {
            let place = ODD.iter().position(|id| *id == at.id.as_str())?;
            let is_noted = place < names.len() && at.parent.is_some() == (side == RIGHT);
            some(digest(place, side)).filter(|_| is_noted)
        };
        let expected: Vec<_> = at.iter().map(of).collect();
        assert_eq!(
            known(store, side, &at).await,
            expected,
            "what was noted of a record is known of it, and of no other"
        );
    }
    note(store, LEFT, &[("of a", Rev::FIRST, ALL)]).await;
    assert_eq!(known(store, LEFT, &[top("a")]).await, [some(ALL)], "what is noted last counts");
    let found = read(store, "of a").await.map(|found| found.rev);
    assert_eq!(found, Some(Rev::FIRST), "a note is no new version of a link");
}

/// What was noted is about one version of a link.
async fn knows_nothing_of_what_was_written_since(store: &impl Store) {
    let notes = notes(store).await;
    let expect = async |left: &str, digest: Option<RowDigest>, why: &str| {
        assert_eq!(known(store, LEFT, &[top(left)]).await, [digest.filter(|_| notes)], "{why}");
    };
    let second = Rev::FIRST.next();
    put(store, Some(Rev::FIRST), new_link("first", "first", Some("2")))
        .await
        .expect("a link can be written over");
    expect("first", None, "of a link that was written over, nothing is known").await;
    note(store, LEFT, &[("first", Rev::FIRST, ONE), ("first", second.next(), ONE)]).await;
    expect("first", None, "what is noted about another version is not known").await;
    note(store, LEFT, &[("first", second, ONE)]).await;
    note(store, RIGHT, &[("first", second, ONE)]).await;
    expect("first", Some(ONE), "a link can be known again").await;

    put(store, Some(second), new_link("first", "moved", Some("2")))
        .await
        .expect("a link can be written over");
    expect("moved", None, "a record that is new in a link is not known").await;
    let known_right = known(store, RIGHT, &[top("2")]).await;
    assert_eq!(known_right, [None], "a link that was written over is known on no side");
    let third = second.next();
    note(store, LEFT, &[("first", third, ONE)]).await;
    put(store, Some(third), ended(new_link("first", "moved", Some("2")))).await.expect("a link can end");
    note(store, LEFT, &[("first", third.next(), ONE)]).await;
    expect("moved", None, "of a link that has ended, nothing is known").await;

    put(store, None, new_link("heir", "moved", None)).await.expect("a record of an ended link can be linked");
    expect("moved", None, "a record that has another link is not known").await;
    note(store, LEFT, &[("heir", Rev::FIRST, ALL)]).await;
    expect("moved", Some(ALL), "a record that had another link is known by the one it has").await;
    delete(store, Rev::FIRST, "heir").await.expect("a link can be deleted");
    expect("moved", None, "of a link that was deleted, nothing is known").await;
    put(store, None, new_link("heir", "moved", None)).await.expect("a deleted link can be written anew");
    expect("moved", None, "a link that was written anew is not known").await;
}
