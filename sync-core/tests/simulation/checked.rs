//! The checker, checked: a calm history that holds is damaged in one way, and the checker must find just that.

use sync_core::engine::{
    Agreed, Entry, FieldValue, Happening, Link, LinkStatus, Pair, Pending, PendingOp, Policy, Sent, Side,
    merge,
};
use sync_core::queue::WorkKey;
use sync_core::store::{Commit, Store};

use crate::check::{Verdict, invariants, one_link_each};
use crate::history::{History, at_once, links, settled};
use crate::ledger::Overwritten;
use crate::notes::Note;
use crate::service::Contents;
use crate::store::SimStore;
use crate::world::State;

/// The first calm history that has all that is damaged here: a whole pair, a note that nobody has touched, and no edit
/// that could not be seen.
fn calm() -> (History, Link) {
    for seed in 1.. {
        let history = settled(seed, |settings| {
            crate::quiet(settings);
            (settings.deletes, settings.merges, settings.notes) = (false, false, true);
            settings.policies = [(); 3].map(|()| Policy::Prefer(Side::Left));
        });
        let mut verdict = Verdict::default();
        invariants(&history.evidence(), &mut verdict);
        let whole = |link: &&Link| link.is_live() && link.ends.left.is_some() && link.ends.right.is_some();
        let link = links(&history.store).iter().find(whole).cloned();
        let has_note = untouched_note(&history.world.lock()).is_some();
        if let (Some(link), true, [0, 0]) = (link, has_note, [verdict.unseen, verdict.undone]) {
            return (history, link);
        }
    }
    unreachable!()
}

fn untouched_note(state: &State) -> Option<(String, Note)> {
    let mut all = state.notes.all.iter();
    all.find(|(_, note)| note.there && note.edited.is_none()).map(|(id, note)| (id.clone(), note.clone()))
}

/// What the checker says after `damage` was done to a history that holds.
fn damaged(damage: impl FnOnce(&History, &Link)) -> Verdict {
    let (history, link) = calm();
    damage(&history, &link);
    let mut verdict = Verdict::default();
    invariants(&history.evidence(), &mut verdict);
    verdict
}

/// The checker must find that this invariant is broken, and no other.
fn breaks(invariant: &str, damage: impl FnOnce(&History, &Link)) {
    let problems = damaged(damage).problems;
    assert!(!problems.is_empty(), "{invariant} was broken, and nobody noticed");
    let is_named = |problem: &String| problem.starts_with(&format!("{invariant}:"));
    assert!(problems.iter().all(is_named), "{invariant} was broken: {problems:#?}");
}

fn holds(damage: impl FnOnce(&History, &Link)) -> Verdict {
    let verdict = damaged(damage);
    assert!(verdict.problems.is_empty(), "{:#?}", verdict.problems);
    verdict
}

fn id(link: &Link, side: Side) -> String {
    link.ends[side].as_ref().unwrap().id.to_string()
}

/// A person types a name that goes nowhere.
fn typed_in_vain(state: &mut State, link: &Link) {
    let at = state.time;
    state.ledger.person_set(Side::Left, &id(link, Side::Left), "name", "u9001.lost", at);
}

/// A person types the name that is there, and the engine is said to have written over it.
fn written_over(state: &mut State, link: &Link, unseen: bool) {
    let (left, at) = (id(link, Side::Left), state.time);
    let name = state.services.left.records[&left].now().fields.get("name").cloned().unwrap_or_default();
    state.ledger.person_set(Side::Left, &left, "name", &name, at);
    let edit = state.ledger.edits.len() - 1;
    state.ledger.edits[edit].undone = false;
    let by = "u9002.by".to_owned();
    state.ledger.overwritten.push(Overwritten { edit, unseen, delivered: false, by, at });
}

/// A person has added a member that is nowhere.
fn added_in_vain(state: &mut State, link: &Link) {
    let at = state.time;
    state.ledger.added.insert("u9003".to_owned(), (Side::Left, id(link, Side::Left), at));
}

#[test]
fn what_is_not_damaged_holds() {
    let verdict = holds(|_, _| {});
    assert_eq!((verdict.unseen, verdict.undone), (0, 0), "{verdict}");
}

#[test]
fn i1_sides_that_differ_are_found() {
    breaks("I1", |history, link| {
        let mut state = history.world.lock();
        let (right, now) = (id(link, Side::Right), state.time);
        // Not a value that anybody has typed: that would be a lost edit as well.
        let both = [id(link, Side::Left), right.clone()];
        for edit in
            state.ledger.edits.iter_mut().filter(|edit| edit.field == "city" && both.contains(&edit.record))
        {
            edit.record = "nobody".to_owned();
        }
        state
            .services
            .right
            .change(&right, now, |contents| drop(contents.fields.insert("city", "other".into())));
    });
}

#[test]
fn i1_and_i3_of_derived_records_are_checked() {
    breaks("I1", |history, _| {
        let mut state = history.world.lock();
        let (id, _) = untouched_note(&state).unwrap();
        state.notes.all.get_mut(&id).unwrap().body = "collect nothing".to_owned();
    });
    breaks("I3", |history, _| {
        let mut state = history.world.lock();
        let (_, note) = untouched_note(&state).unwrap();
        state.notes.all.insert("N0".to_owned(), note);
    });
}

#[test]
fn i3_two_creates_for_one_pair_are_found() {
    breaks("I3", |history, link| {
        let mut state = history.world.lock();
        for _ in 0..2 {
            state.services.right.insert(Contents::default(), Some(link.id.to_string()), 1);
        }
    });
}

#[test]
fn i3_a_record_of_ours_that_founds_a_pair_is_found() {
    breaks("I3", |history, link| {
        let mut state = history.world.lock();
        let founder = format!("sim:~{}", id(link, Side::Right));
        let ours = state.services.left.insert(Contents::default(), Some(founder), 1);
        state.services.right.insert(Contents::default(), Some(format!("sim:{ours}")), 1);
    });
}

#[test]
fn i4_a_lost_edit_is_found_unless_it_is_named_unseen_or_undone() {
    breaks("I4", |history, link| typed_in_vain(&mut history.world.lock(), link));
    holds(|history, link| {
        typed_in_vain(&mut history.world.lock(), link);
        let value = FieldValue::Text("u9001.lost".to_owned());
        let what = Happening::Overrode { side: Side::Left, field: "name".to_owned(), value };
        let about = WorkKey::Link(link.id.clone());
        let entry = Entry { at: crate::world::base(), run: None, about, what };
        at_once(history.store.commit(Commit { journal: vec![entry], ..Commit::default() })).unwrap();
    });
    let unseen = holds(|history, link| {
        let mut state = history.world.lock();
        typed_in_vain(&mut state, link);
        let at = state.time;
        state.ledger.round_trips.push((Side::Left, id(link, Side::Left), at, None));
    });
    assert_eq!((unseen.unseen, unseen.undone), (1, 0));
    let undone = holds(|history, link| {
        let mut state = history.world.lock();
        typed_in_vain(&mut state, link);
        state.ledger.edits.last_mut().unwrap().undone = true;
    });
    assert_eq!((undone.unseen, undone.undone), (0, 1));
}

#[test]
fn i4_an_edit_that_was_written_over_is_found_unless_it_was_unseen_or_undone() {
    breaks("I4", |history, link| written_over(&mut history.world.lock(), link, false));
    let unseen = holds(|history, link| written_over(&mut history.world.lock(), link, true));
    assert_eq!((unseen.unseen, unseen.undone), (1, 0));
    let undone = holds(|history, link| {
        let mut state = history.world.lock();
        written_over(&mut state, link, false);
        state.ledger.edits.last_mut().unwrap().undone = true;
    });
    assert_eq!((undone.unseen, undone.undone), (0, 1));
    holds(|history, link| {
        let mut state = history.world.lock();
        written_over(&mut state, link, false);
        state.ledger.overwritten.last_mut().unwrap().delivered = true;
    });
}

#[test]
fn i4_members_that_are_lost_or_come_back_are_found() {
    breaks("I4", |history, link| added_in_vain(&mut history.world.lock(), link));
    breaks("I4", |history, link| {
        let mut state = history.world.lock();
        let now = state.time;
        added_in_vain(&mut state, link);
        state.ledger.removed.insert("u9003".to_owned(), (Side::Left, now));
        for side in [Side::Left, Side::Right] {
            state.services[side]
                .change(&id(link, side), now, |contents| _ = contents.tags.insert("u9003".into()));
        }
    });
    let unseen = holds(|history, link| {
        let mut state = history.world.lock();
        added_in_vain(&mut state, link);
        state.ledger.unseen_members.insert("u9003".to_owned());
    });
    assert_eq!((unseen.unseen, unseen.undone), (1, 0));
    let undone = holds(|history, link| {
        let mut state = history.world.lock();
        added_in_vain(&mut state, link);
        state.ledger.undone_members.insert("u9003".to_owned());
    });
    assert_eq!((undone.unseen, undone.undone), (0, 1));
}

#[test]
fn i5_a_value_that_is_put_back_is_found_unless_a_person_did_it() {
    let put_back = |history: &History, link: &Link| {
        let store = SimStore { around: history.world.clone(), inner: history.store.clone() };
        let commit = |link: Link| {
            let rev = at_once(history.store.link(&link.id)).unwrap().map(|found| found.rev);
            at_once(store.commit(Commit { links: vec![(rev, link)], ..Commit::default() })).unwrap();
        };
        let mut link = link.clone();
        let name = |token: &str| Some(Agreed::Text(format!("{token}.name")));
        for token in ["u9004", "u9005"] {
            let field = link.fields.iter_mut().find(|field| field.name == "name").unwrap();
            field.state.agreed = Pair::new(name(token), name(token));
            commit(link.clone());
        }
        let value = FieldValue::Text("u9004.name".to_owned());
        let write =
            merge::Write { to: Side::Right, value: value.clone(), agreed: Pair::default(), overrides: None };
        let sent = vec![Sent { field: "name".to_owned(), write, before: FieldValue::Empty }];
        let at = crate::world::base();
        let before = link.clone();
        link.pending =
            Some(Pending { at, send_by: at, run: None, op: PendingOp::Update { side: Side::Right, sent } });
        commit(link);
        // As if nothing else had happened.
        commit(before);
    };
    breaks("I5", put_back);
    holds(|history, link| {
        history.world.lock().ledger.put_back.insert("u9004".to_owned());
        put_back(history, link);
    });
}

#[test]
fn i7_a_record_in_two_pairs_is_found() {
    damaged(|_, link| {
        let mut verdict = Verdict::default();
        one_link_each(&[link], &mut verdict);
        assert!(verdict.problems.is_empty());
        one_link_each(&[link, link], &mut verdict);
        assert!(verdict.problems.iter().all(|problem| problem.starts_with("I7:")));
        assert_eq!(verdict.problems.len(), 2, "{:?}", verdict.problems);
    });
}

#[test]
fn i8_deletions_and_pairs_that_end_for_nothing_are_found() {
    breaks("I8", |history, link| {
        history.world.lock().ledger.engine_removed(Side::Left, &id(link, Side::Left));
    });
    breaks("I8", |history, link| {
        let found = at_once(history.store.link(&link.id)).unwrap().unwrap();
        let ended = Link { status: LinkStatus::Ended, ..found.value };
        at_once(history.store.commit(Commit { links: vec![(Some(found.rev), ended)], ..Commit::default() }))
            .unwrap();
    });
}

#[test]
fn i9_too_many_writes_are_found() {
    breaks("I9", |history, _| history.world.lock().ledger.writes += 100_000);
}
