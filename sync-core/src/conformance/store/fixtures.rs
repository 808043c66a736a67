use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::conformance::ODD;
use crate::engine::merge::{FieldState, Parked, Reason, Write};
use crate::engine::settle::Unsettled;
use crate::engine::{
    Agreed, Answer, Cursor, Entry, Fact, FactKey, FieldValue, FieldWrite, Fingerprint, Happening, Life, Link,
    LinkField, LinkId, LinkStatus, Marker, PageToken, Pair, Pending, PendingOp, Projection, ProjectionKey,
    ProjectionPending, Raw, RecordId, RecordRef, Review, ReviewKey, ReviewKind, RunId, Sent, Side, Wanted,
    Wrote,
};
use crate::queue::WorkKey;
use crate::store::{Accounts, Commit, CommitError, FeedId, Position, Store};
use crate::{AccountKey, Rev, Versioned};

pub(super) fn accounts(left: &str, right: &str) -> Accounts {
    Accounts { left: AccountKey::new("billing", left), right: AccountKey::new("crm", right) }
}

pub(super) fn top(id: &str) -> RecordRef {
    RecordRef::top(RecordId::new(id))
}

pub(super) fn under(parent: &str, id: &str) -> RecordRef {
    RecordRef::under(RecordId::new(parent), RecordId::new(id))
}

pub(super) fn new_link(id: &str, left: &str, right: Option<&str>) -> Link {
    let mut link = Link::new(LinkId::new(id), Side::Left, top(left));
    link.ends.right = right.map(top);
    link
}

pub(super) fn ended(link: Link) -> Link {
    Link { status: LinkStatus::Ended, ..link }
}

pub(super) fn creating(id: &str, side: Side) -> Link {
    let marker = LinkId::new(id).marker();
    pending_link(id, PendingOp::Create { side, marker, sent: vec![] })
}

pub(super) fn pending_link(id: &str, op: PendingOp) -> Link {
    Link { pending: Some(pending(op)), ..new_link(id, id, None) }
}

/// A moment with nanoseconds, before 1970.
pub(super) fn early() -> Timestamp {
    Timestamp::new(-1, -999_999_999).expect("a valid time")
}

/// A moment with nanoseconds, after 1970.
pub(super) fn late() -> Timestamp {
    Timestamp::new(1_900_000_000, 123_456_789).expect("a valid time")
}

fn pending(op: PendingOp) -> Pending {
    Pending { at: early(), send_by: late(), op, run: Some(RunId::new("é")) }
}

fn odd_set() -> BTreeSet<String> {
    ODD.iter().map(|text| (*text).to_owned()).collect()
}

/// Each kind of value.
fn values() -> [FieldValue; 4] {
    let text = FieldValue::Text("it's \"Zoë\"\n".to_owned());
    [FieldValue::Unknown, FieldValue::Empty, text, FieldValue::Set(odd_set())]
}

/// Each kind of agreement.
fn agreements() -> [Option<Agreed>; 5] {
    let text = Agreed::Text(" ".to_owned());
    [None, Some(Agreed::Empty), Some(text), Some(Agreed::Set(odd_set())), Some(Agreed::Outdated)]
}

fn writes() -> Vec<Write> {
    let write = |(value, agreed): (FieldValue, Option<Agreed>)| Write {
        to: Side::Left,
        value: value.clone(),
        agreed: Pair::new(agreed, None),
        overrides: Some(value),
    };
    values().into_iter().zip(agreements()).map(write).collect()
}

fn sent() -> Vec<Sent> {
    let sent = |write: Write| Sent { field: "name".to_owned(), before: write.value.clone(), write };
    writes().into_iter().map(sent).collect()
}

/// A field for each kind of agreement, with all that may be known of one.
fn fields() -> Vec<LinkField> {
    let field = |(at, agreed): (usize, Option<Agreed>)| {
        let [_, empty, text, set] = values();
        let state = FieldState {
            agreed: Pair::new(agreed.clone(), Some(Agreed::Empty)),
            parked: Some(Box::new(Parked {
                values: Pair::new(empty, set),
                reason: Reason::Invalid(Side::Left, "no".to_owned()),
            })),
            fresh_until: Pair::new(None, Some(late())),
            unsettled: writes().first().map(|write| Box::new(Unsettled::new(write, text, early()))),
        };
        LinkField { name: format!("field {at}"), definition: Fingerprint::of(&at), state }
    };
    let mut fields: Vec<_> = agreements().into_iter().enumerate().map(field).collect();
    let state = FieldState::default();
    fields.push(LinkField { name: "bare".to_owned(), definition: Fingerprint::of(&0), state });
    fields
}

/// A link with all that a link may have.
pub(super) fn full_link(id: &str) -> Link {
    let marker = Marker::new(format!("{id} #1"));
    Link {
        ends: Pair::new(Some(under("it's \"Zoë\"", id)), Some(top(id))),
        status: LinkStatus::Paused,
        fields: fields(),
        pending: Some(pending(PendingOp::Create { side: Side::Right, marker, sent: sent() })),
        seen_at: Pair::new(Some(early()), Some(late())),
        gone_at: Pair::new(None, Some(early())),
        wrote_at: Pair::new(Some(late()), None),
        ..new_link(id, id, None)
    }
}

/// Links with each other kind of announced write.
pub(super) fn pending_links() -> [Link; 3] {
    [
        creating("pending 1", Side::Left),
        pending_link("pending 2", PendingOp::Update { side: Side::Left, sent: sent() }),
        ended(pending_link("pending 3", PendingOp::Remove { side: Side::Right })),
    ]
}

/// Fields of every kind.
pub(super) fn raw() -> Raw {
    let odd: Value = ODD.iter().map(|text| Value::from(*text)).collect();
    let value = json!({
        "b": { "it's": [null, true, false, -1, u64::MAX, i64::MIN, 0.5, "2026-01-01"], "empty": {} },
        "a": odd,
        "": "\u{0}\u{7f}",
    });
    value.as_object().cloned().unwrap_or_default()
}

pub(super) fn new_projection(key: &str, owner: &str) -> Projection {
    let key = ProjectionKey::new(key);
    let wanted = Wanted { key, into: "notes".to_owned(), fields: Raw::new(), life: Life::Open };
    Projection::new(wanted, RecordId::new(owner), fact_key("source"))
}

/// A projection with all that a projection may have.
pub(super) fn full_projection(key: &str) -> Projection {
    let wanted =
        Wanted { key: ProjectionKey::new(key), into: "notes".to_owned(), fields: raw(), life: Life::Void };
    let wrote = Wrote { sent: raw(), stored: raw(), fact: Fingerprint::of(&key) };
    Projection {
        at: Some(under("it's \"Zoë\"", key)),
        wrote: Some(wrote.clone()),
        left_to_human: true,
        pending: Some(ProjectionPending {
            at: early(),
            send_by: late(),
            sent: wrote,
            under: Some(RecordId::new(key)),
            run: Some(RunId::new(key)),
        }),
        ..Projection::new(wanted, RecordId::new("owner"), fact_key("source"))
    }
}

pub(super) fn fact_key(id: &str) -> FactKey {
    FactKey::new("documents", top(id))
}

pub(super) fn new_fact(key: FactKey, owner: Option<&str>) -> Fact {
    let (owner, fingerprint) = (owner.map(RecordId::new), Fingerprint::of(&1));
    Fact { key, owner, fingerprint, raw: Raw::new(), seen_at: early() }
}

/// A fact with all that a fact may have.
pub(super) fn full_fact(id: &str) -> Fact {
    Fact { raw: raw(), fingerprint: Fingerprint::of(&id), ..new_fact(fact_key(id), Some("owner")) }
}

/// Each kind of position.
pub(super) fn positions_of_each_kind() -> [Position; 4] {
    let page = PageToken("it's page \"2\"".to_owned());
    [
        Position::Changes(Cursor::Token("é 1\n".to_owned())),
        Position::Changes(Cursor::Time(early())),
        Position::Listing(Some(page)),
        Position::Listing(None),
    ]
}

/// A key of any text.
pub(super) fn review_key(name: &str) -> ReviewKey {
    serde_json::from_value(Value::from(name)).expect("any text is a key")
}

pub(super) fn new_review(name: &str, about: WorkKey) -> Review {
    let key = review_key(name);
    Review { key, ..Review::new(about, ReviewKind::Match, None, "", early()) }
}

/// A question of each kind, with all that a question may have.
pub(super) fn full_reviews() -> Vec<Review> {
    let kinds = [
        ReviewKind::Conflict,
        ReviewKind::Refused,
        ReviewKind::Invalid,
        ReviewKind::Match,
        ReviewKind::Create,
        ReviewKind::Deleted,
        ReviewKind::Poison,
        ReviewKind::Guard,
        ReviewKind::Conflict,
        ReviewKind::Match,
    ];
    let answers = [
        Some(Answer::Take(Side::Left)),
        Some(Answer::Value(FieldValue::set(["é", "it's"]))),
        Some(Answer::Pair(under("p", "ü"))),
        Some(Answer::Create),
        Some(Answer::Leave),
        Some(Answer::Unlink),
        Some(Answer::Recreate),
        Some(Answer::Delete),
        Some(Answer::Approve("é".to_owned())),
        None,
    ];
    let review = |((kind, about), answer): ((ReviewKind, WorkKey), Option<Answer>)| {
        let seen = answer.as_ref().map(Fingerprint::of);
        let asked = Review::new(about, kind, Some("it's"), "ask \"Zoë\"\n", late());
        Review { answer, seen, ..asked }
    };
    kinds.into_iter().zip(work_keys("a").into_iter().cycle()).zip(answers).map(review).collect()
}

/// Keys of each kind that differ in their kind or their place alone.
pub(super) fn work_keys(name: &str) -> Vec<WorkKey> {
    vec![
        WorkKey::Birth(Side::Left, top(name)),
        WorkKey::Birth(Side::Right, top(name)),
        WorkKey::Birth(Side::Right, under(name, name)),
        WorkKey::Link(LinkId::new(name)),
        WorkKey::Fact(FactKey::new(name, top(name))),
        WorkKey::Fact(FactKey::new(name, under(name, name))),
        WorkKey::Projection(ProjectionKey::new(name)),
    ]
}

pub(super) fn new_entry(about: &WorkKey, told: &str) -> Entry {
    Entry { at: early(), run: None, about: about.clone(), what: Happening::Asked(told.to_owned()) }
}

/// An entry of each kind.
pub(super) fn full_entries() -> Vec<Entry> {
    let [unknown, empty, text, set] = values();
    let (field, side) = ("it's \"Zoë\"".to_owned(), Side::Right);
    let write = |field: &str, before: &FieldValue, after: &FieldValue| FieldWrite {
        field: field.to_owned(),
        before: before.clone(),
        after: after.clone(),
    };
    let what = vec![
        Happening::Founded(Side::Left, under("1", "2")),
        Happening::Linked(side, top("1")),
        Happening::Created(side, top("1"), vec![]),
        Happening::Wrote(side, vec![write("", &unknown, &empty), write(&field, &text, &set)]),
        Happening::Removed(side, top("1"), vec![write(&field, &set, &empty)]),
        Happening::Overrode { side, field: field.clone(), value: set },
        Happening::Parked { field: field.clone(), left: text, right: empty },
        Happening::Refused { side, field, sent: unknown },
        Happening::NotApplied(side),
        Happening::Moved(side, under("1", "2")),
        Happening::Ended,
        Happening::LeftToHuman,
        Happening::Asked("é".to_owned()),
    ];
    let entry = |(what, about)| Entry { at: late(), run: Some(RunId::new("é")), about, what };
    what.into_iter().zip(work_keys("a").into_iter().cycle()).map(entry).collect()
}

pub(super) fn first_version<T>(value: T) -> Versioned<T> {
    Versioned { rev: Rev::FIRST, value }
}

pub(super) async fn read(store: &impl Store, id: &str) -> Option<Versioned<Link>> {
    store.link(&LinkId::new(id)).await.expect("a link can be read")
}

/// The name of the link that has a record.
pub(super) async fn holder(store: &impl Store, side: Side, at: &RecordRef) -> Option<String> {
    let link = store.link_of(side, at).await.expect("the link of a record can be read");
    link.map(|link| link.value.id.to_string())
}

pub(super) async fn read_projection(store: &impl Store, key: &str) -> Option<Versioned<Projection>> {
    store.projection(&ProjectionKey::new(key)).await.expect("a projection can be read")
}

pub(super) async fn read_fact(store: &impl Store, key: &FactKey) -> Option<Versioned<Fact>> {
    store.fact(key).await.expect("a fact can be read")
}

pub(super) async fn read_position(store: &impl Store, feed: &str) -> Option<Versioned<Position>> {
    store.position(&FeedId::new(feed)).await.expect("a position can be read")
}

pub(super) async fn read_review(store: &impl Store, key: &ReviewKey) -> Option<Review> {
    store.review(key).await.expect("a question can be read")
}

pub(super) async fn all_links(store: &impl Store) -> Vec<Versioned<Link>> {
    store.links_page(None, usize::MAX).await.expect("links can be read")
}

pub(super) async fn projections(store: &impl Store) -> Vec<Versioned<Projection>> {
    store.projections_page(None, usize::MAX).await.expect("projections can be read")
}

pub(super) async fn reviews(store: &impl Store) -> Vec<Review> {
    store.reviews_page(None, usize::MAX).await.expect("questions can be read")
}

pub(super) async fn journal(store: &impl Store) -> Vec<Entry> {
    let entries = store.journal(None, 0, usize::MAX).await.expect("the journal can be read");
    entries.into_iter().map(|(_, entry)| entry).collect()
}

/// All that a store has; of facts and positions, which have no pages, those with the names that are used here.
#[derive(Debug, PartialEq)]
pub(super) struct Contents {
    pub(super) links: Vec<Versioned<Link>>,
    pub(super) projections: Vec<Versioned<Projection>>,
    pub(super) facts: Vec<Versioned<Fact>>,
    pub(super) positions: Vec<Versioned<Position>>,
    pub(super) reviews: Vec<Review>,
    pub(super) journal: Vec<Entry>,
}

pub(super) async fn everything(store: &impl Store) -> Contents {
    let (mut facts, mut positions) = (Vec::new(), Vec::new());
    for name in ["a", "b", "c", "new", "absent"] {
        facts.extend(read_fact(store, &fact_key(name)).await);
        positions.extend(read_position(store, name).await);
    }
    Contents {
        links: all_links(store).await,
        projections: projections(store).await,
        facts,
        positions,
        reviews: reviews(store).await,
        journal: journal(store).await,
    }
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
pub(super) fn assert_claimed(result: Result<(), CommitError>, record: &RecordRef, by: &str) {
    match result {
        Err(CommitError::Claimed { record: found, by: holder }) => {
            assert_eq!(
                (&found, holder.as_str()),
                (record, by),
                "the error names the record and the link that has it"
            );
        }
        other => panic!("record {record:?} is claimed by link {by}, got {other:?}"),
    }
}
