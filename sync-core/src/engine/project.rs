//! What becomes of a derived record: a note, a task, an appointment that follows from a fact. Pure.
//!
//! Derived records go one way. They are not merged: whoever edits one takes it over.

use super::record::{Fingerprint, Raw, RecordRef, Snapshot};
use super::rule::{Life, Wanted};

/// What is known of a derived record from earlier runs.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The fact it was last derived from.
    pub fact: &'a Fingerprint,
    /// What was last written, as it was sent.
    pub sent: &'a Raw,
    /// The same as the service stored it, which is what a look shows while nobody has touched it.
    pub stored: &'a Raw,
    /// Whether a person has taken it over.
    pub left_to_human: bool,
}

/// The record that a derived one lives under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerState {
    /// It is there.
    Ready,
    /// Its own pair is not complete yet, or waits for a person.
    Missing,
    /// It was deleted, or its pair has ended.
    Gone,
}

/// What a look at the place of the derived record showed.
#[derive(Debug, Clone, Copy)]
pub enum Look<'a> {
    /// It is there; it was known to be, or carries the marker.
    Found(&'a Snapshot),
    /// It is not, or not any more.
    Gone,
}

/// What to do about a derived record.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Nothing, except to remember the fact.
    Nothing,
    /// The owner is not there yet: come back when it is.
    WaitForOwner,
    /// Create it.
    Create,
    /// Write these fields.
    Patch(Raw),
    /// It is there already, from a run that was forgotten: remember where.
    Adopt(RecordRef),
    /// A person has edited, completed or deleted it: it is theirs from now on.
    LeaveToHuman,
    /// Forget it: its owner is gone. The record itself stays.
    End,
}

/// Decides about one derived record.
///
/// | known | wanted | owner | look | step |
/// |---|---|---|---|---|
/// | any | any | gone | | end, if it was known |
/// | no | nothing, done, void | | | nothing: it is not created any more |
/// | no | open | missing | | wait for the owner |
/// | no | open | ready | found, by its marker | adopt |
/// | no | open | ready | gone | create |
/// | left to a person | | | | nothing |
/// | yes | nothing: the fact is gone | | | nothing: the fact may be back, and what a person took over stays theirs |
/// | yes | same fact | ready | as it was written | nothing |
/// | yes | same fact | ready | otherwise, or gone | leave it to the person |
/// | yes | changed fact | ready | gone | leave it to the person |
/// | yes | changed fact | ready | found | write what the fact changed and no person did |
/// | yes | changed fact | ready | a person edited just that | leave it to the person |
pub fn project(
    known: Option<Known<'_>>,
    wanted: Option<(&Wanted, &Fingerprint)>,
    owner: OwnerState,
    look: Look<'_>,
) -> Step {
    let Some(known) = known else { return first(wanted, owner, look) };
    if owner == OwnerState::Gone {
        return Step::End;
    }
    let Some((wanted, fact)) = wanted else { return Step::Nothing };
    if known.left_to_human {
        return Step::Nothing;
    }
    if owner == OwnerState::Missing {
        return Step::WaitForOwner;
    }
    let Look::Found(snapshot) = look else { return Step::LeaveToHuman };
    let is_ours = |name: &str| snapshot.raw.get(name) == known.stored.get(name);
    if known.fact == fact {
        let untouched = known.stored.keys().all(|name| is_ours(name));
        return if untouched { Step::Nothing } else { Step::LeaveToHuman };
    }
    let changed: Raw = wanted
        .fields
        .iter()
        .filter(|(name, value)| known.sent.get(*name) != Some(*value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let missing = |(name, value): &(&String, &serde_json::Value)| snapshot.raw.get(*name) != Some(*value);
    if !changed.iter().any(|field| missing(&field)) {
        return Step::Nothing;
    }
    let patch: Raw = changed.into_iter().filter(|(name, _)| is_ours(name)).collect();
    if patch.is_empty() { Step::LeaveToHuman } else { Step::Patch(patch) }
}

fn first(wanted: Option<(&Wanted, &Fingerprint)>, owner: OwnerState, look: Look<'_>) -> Step {
    match (wanted, owner, look) {
        (None, ..) | (_, OwnerState::Gone, _) => Step::Nothing,
        (Some((wanted, _)), ..) if wanted.life != Life::Open => Step::Nothing,
        (_, OwnerState::Missing, _) => Step::WaitForOwner,
        (_, OwnerState::Ready, Look::Found(snapshot)) => Step::Adopt(snapshot.at.clone()),
        (_, OwnerState::Ready, Look::Gone) => Step::Create,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::projection::ProjectionKey;
    use super::super::property::cases;
    use super::super::record::RecordId;
    use super::*;

    fn raw(value: &Value) -> Raw {
        value.as_object().cloned().unwrap()
    }

    fn wanted(life: Life, fields: &Value) -> Wanted {
        Wanted { key: ProjectionKey::new("k"), into: "tasks".into(), fields: raw(fields), life }
    }

    fn snapshot(fields: &Value) -> Snapshot {
        Snapshot::new(RecordRef::top(RecordId::new("t1")), raw(fields))
    }

    fn fact(number: u32) -> Fingerprint {
        Fingerprint::of(&number)
    }

    /// Known: what was written, from fact 1; wanted: from fact `now`; found: what is there.
    fn known_case(wrote: &Value, want: Option<(Life, u32, &Value)>, found: Option<&Value>) -> Step {
        let (one, wrote) = (fact(1), raw(wrote));
        let known = Known { fact: &one, sent: &wrote, stored: &wrote, left_to_human: false };
        let wanted = want.map(|(life, number, fields)| (wanted(life, fields), fact(number)));
        let found = found.map(snapshot);
        let look = found.as_ref().map_or(Look::Gone, Look::Found);
        project(Some(known), wanted.as_ref().map(|(w, f)| (w, f)), OwnerState::Ready, look)
    }

    fn new_case(life: Option<Life>, owner: OwnerState, found: bool) -> Step {
        let (wanted, one) = (life.map(|life| wanted(life, &json!({ "body": "a" }))), fact(1));
        let there = snapshot(&json!({}));
        let look = if found { Look::Found(&there) } else { Look::Gone };
        project(None, wanted.as_ref().map(|w| (w, &one)), owner, look)
    }

    const READY: OwnerState = OwnerState::Ready;

    #[test]
    fn create_when_it_is_wanted_and_not_there() {
        assert_eq!(new_case(Some(Life::Open), READY, false), Step::Create);
    }

    #[test]
    fn adopt_what_a_forgotten_run_has_left() {
        assert_eq!(new_case(Some(Life::Open), READY, true), Step::Adopt(RecordRef::top(RecordId::new("t1"))));
    }

    #[test]
    fn wait_for_owner_that_is_not_there_yet() {
        assert_eq!(new_case(Some(Life::Open), OwnerState::Missing, false), Step::WaitForOwner);
        let (one, wrote) = (fact(1), Raw::new());
        let known = Known { fact: &one, sent: &wrote, stored: &wrote, left_to_human: false };
        let wanted = wanted(Life::Open, &json!({}));
        let step = project(Some(known), Some((&wanted, &fact(2))), OwnerState::Missing, Look::Gone);
        assert_eq!(step, Step::WaitForOwner);
    }

    #[test]
    fn nothing_is_created_that_has_served_its_purpose() {
        for life in [None, Some(Life::Done), Some(Life::Void)] {
            assert_eq!(new_case(life, READY, false), Step::Nothing, "{life:?}");
        }
        assert_eq!(new_case(Some(Life::Open), OwnerState::Gone, false), Step::Nothing);
    }

    #[test]
    fn nothing_is_to_do_while_the_fact_and_the_record_stand() {
        let a = json!({ "body": "a" });
        assert_eq!(known_case(&a, Some((Life::Open, 1, &a)), Some(&a)), Step::Nothing);
        let more = json!({ "body": "a", "seen": true });
        assert_eq!(
            known_case(&a, Some((Life::Open, 1, &a)), Some(&more)),
            Step::Nothing,
            "other fields are theirs"
        );
    }

    #[test]
    fn leave_to_human_what_a_person_edited_completed_or_deleted() {
        let (a, edited) = (json!({ "body": "a", "done": false }), json!({ "body": "x", "done": false }));
        let completed = json!({ "body": "a", "done": true });
        for found in [Some(&edited), Some(&completed), None] {
            assert_eq!(known_case(&a, Some((Life::Open, 1, &a)), found), Step::LeaveToHuman, "{found:?}");
        }
        let b = json!({ "body": "b", "done": false });
        assert_eq!(known_case(&a, Some((Life::Open, 2, &b)), None), Step::LeaveToHuman, "deleted");
        assert_eq!(known_case(&a, Some((Life::Open, 2, &b)), Some(&edited)), Step::LeaveToHuman, "just that");
    }

    #[test]
    fn patch_what_the_fact_changed_and_no_person_did() {
        let wrote = json!({ "body": "a", "due": "1", "done": false });
        let paid = json!({ "body": "b", "due": "1", "done": true });
        let step = known_case(&wrote, Some((Life::Done, 2, &paid)), Some(&wrote));
        assert_eq!(step, Step::Patch(raw(&json!({ "body": "b", "done": true }))));
        let edited = json!({ "body": "x", "due": "9", "done": false });
        let step = known_case(&wrote, Some((Life::Void, 2, &paid)), Some(&edited));
        assert_eq!(step, Step::Patch(raw(&json!({ "done": true }))));
        let step = known_case(&wrote, Some((Life::Done, 2, &paid)), Some(&paid));
        assert_eq!(step, Step::Nothing, "somebody has done it already");
        let step = known_case(&wrote, Some((Life::Open, 2, &wrote)), Some(&edited));
        assert_eq!(step, Step::Nothing, "the fact changed in what it is not derived from");
    }

    #[test]
    fn end_with_the_owner_and_wait_for_a_fact_that_is_gone() {
        let a = json!({ "body": "a" });
        assert_eq!(known_case(&a, None, Some(&a)), Step::Nothing);
        let (one, wrote) = (fact(1), raw(&a));
        for left_to_human in [false, true] {
            let known = Known { fact: &one, sent: &wrote, stored: &wrote, left_to_human };
            let wanted = wanted(Life::Open, &a);
            let step = project(Some(known), Some((&wanted, &one)), OwnerState::Gone, Look::Gone);
            assert_eq!(step, Step::End);
        }
    }

    #[test]
    fn a_record_that_was_left_to_a_person_stays_theirs() {
        let (one, wrote, there) = (fact(1), raw(&json!({ "body": "a" })), snapshot(&json!({ "body": "x" })));
        let known = Known { fact: &one, sent: &wrote, stored: &wrote, left_to_human: true };
        let wanted = wanted(Life::Open, &json!({ "body": "b" }));
        for look in [Look::Found(&there), Look::Gone] {
            assert_eq!(project(Some(known), Some((&wanted, &fact(2))), READY, look), Step::Nothing);
        }
    }

    fn fields() -> impl Strategy<Value = Raw> {
        proptest::collection::btree_map("[ab]", 0..3_i32, 0..3)
            .prop_map(|map| map.into_iter().map(|(name, value)| (name, value.into())).collect())
    }

    proptest! {
        #![proptest_config(cases())]

        /// Total; a patch holds wanted values only, touches nothing that a person did, and leaves nothing to do.
        #[test]
        fn i2_a_patch_is_the_last_one(
            wrote in fields(), want in fields(), found in fields(), same_fact in any::<bool>(),
        ) {
            let (one, two) = (fact(1), fact(if same_fact { 1 } else { 2 }));
            let wanted = Wanted { fields: want, ..wanted(Life::Open, &json!({})) };
            let there = Snapshot::new(RecordRef::top(RecordId::new("t")), found);
            let known = Known { fact: &one, sent: &wrote, stored: &wrote, left_to_human: false };
            let step = project(Some(known), Some((&wanted, &two)), READY, Look::Found(&there));
            if let Step::Patch(patch) = step {
                prop_assert!(!same_fact && !patch.is_empty());
                let mut after = there.clone();
                for (name, value) in patch {
                    prop_assert_eq!(wanted.fields.get(&name), Some(&value));
                    prop_assert_eq!(there.raw.get(&name), wrote.get(&name), "a person's");
                    after.raw.insert(name, value);
                }
                // What is there now was written, as far as it was wanted; the rest is a person's.
                let wrote: Raw = wanted.fields.keys()
                    .filter_map(|name| Some((name.clone(), after.raw.get(name)?.clone()))).collect();
                let known = Known { fact: &two, sent: &wrote, stored: &wrote, left_to_human: false };
                let again = project(Some(known), Some((&wanted, &two)), READY, Look::Found(&after));
                prop_assert_eq!(again, Step::Nothing);
            }
        }
    }
}
