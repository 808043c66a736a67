use super::mapping::Fields;
use super::merge::{FieldState, FieldStep, Rules, Seen, merge_field};
use super::policy::Interval;
use super::record::{RecordRef, Side};
use super::value::Pair;
use jiff::Timestamp;

/// How a pair of records is brought together: the rules of each field, and what a deletion means.
#[derive(Debug, Clone)]
pub struct PairRules {
    /// One for each field of the mapping, in its order.
    pub fields: Vec<Rules>,
    /// What to do about a record that is gone.
    pub on_delete: OnDelete,
}

/// What to do when one record of a pair is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OnDelete {
    /// The other one has not changed since they agreed.
    pub unchanged: Deleted,
    /// The other one has.
    pub edited: EditedAndDeleted,
}

/// What becomes of the partner of a deleted record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Deleted {
    /// It stays, and is a record of its own from now on.
    #[default]
    Unlink,
    /// It is deleted as well.
    Propagate,
    /// The deleted one is created again.
    Recreate,
}

/// What becomes of an edit if the partner was deleted meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EditedAndDeleted {
    /// A person decides: an edit never loses silently.
    #[default]
    Park,
    /// The deleted one is created again.
    EditWins,
    /// The edited one is deleted as well.
    DeleteWins,
}

/// What was found at the place where a record should be.
#[derive(Debug, Clone, PartialEq)]
pub enum Presence {
    /// The record.
    Alive(Fields),
    /// Nothing: the service said so twice, far enough apart.
    Gone,
    /// Nothing, but the service has merged it into this record.
    MovedTo(RecordRef),
    /// The record, but it is none of ours for now: outside of what is synced.
    OutOfScope,
}

/// What one look at a pair saw.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// What is there.
    pub presence: Pair<&'a Presence>,
    /// When each side changed, should it have changed.
    pub changed: Pair<Interval>,
    /// What is known of each field, in the mapping's order.
    pub state: &'a [FieldState],
    /// The present moment.
    pub now: Timestamp,
}

/// What to do about one pair.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Both are alive: these fields have something to do, by position. None: nothing is to do.
    Merge(Vec<(usize, FieldStep)>),
    /// What a side shows may be older than what is known of it: look again later.
    Stale(Side),
    /// The service has merged the side's record into another: the pair goes on with that one.
    Move(Side, RecordRef),
    /// The pair rests until both are in scope again, and keeps what it knows.
    Pause,
    /// The pair is over. What is left is a record of its own.
    End,
    /// The side's record is deleted as well.
    Delete(Side),
    /// The side's record is created again.
    Recreate(Side),
    /// The side's record was edited, and its partner deleted: a person decides.
    Park(Side),
}

/// Decides what to do about one pair. Pure: the same sight always has the same decision.
///
/// | left | right (or mirrored) | decision |
/// |---|---|---|
/// | alive | alive | the merge of each field |
/// | out of scope | any | pause: never a deletion |
/// | moved | any but out of scope | move the pair to the survivor |
/// | alive, unchanged | gone | by [`Deleted`]; default: the pair ends |
/// | alive, changed | gone | by [`EditedAndDeleted`]; default: a person decides |
/// | gone | gone | the pair ends |
pub fn decide(rules: &PairRules, sight: &Sight<'_>) -> Decision {
    match (sight.presence.left, sight.presence.right) {
        (Presence::OutOfScope, _) | (_, Presence::OutOfScope) => Decision::Pause,
        (Presence::MovedTo(survivor), _) => Decision::Move(Side::Left, survivor.clone()),
        (_, Presence::MovedTo(survivor)) => Decision::Move(Side::Right, survivor.clone()),
        (Presence::Gone, Presence::Gone) => Decision::End,
        (Presence::Alive(fields), Presence::Gone) => survivor(rules, sight, Side::Left, fields),
        (Presence::Gone, Presence::Alive(fields)) => survivor(rules, sight, Side::Right, fields),
        (Presence::Alive(left), Presence::Alive(right)) => merge(rules, sight, Pair::new(left, right)),
    }
}

/// One record is left.
fn survivor(rules: &PairRules, sight: &Sight<'_>, side: Side, fields: &Fields) -> Decision {
    let has_changed = sight.state.iter().enumerate().any(|(position, state)| {
        let value = fields.get(position);
        let agreed = state.agreed[side].as_ref();
        // What was never agreed on is news if it is a value.
        value.is_known() && agreed.map_or(value.has_value(), |agreed| !agreed.is(value))
    });
    match (has_changed, rules.on_delete) {
        (false, OnDelete { unchanged: Deleted::Unlink, .. }) => Decision::End,
        (false, OnDelete { unchanged: Deleted::Propagate, .. })
        | (true, OnDelete { edited: EditedAndDeleted::DeleteWins, .. }) => Decision::Delete(side),
        (false, OnDelete { unchanged: Deleted::Recreate, .. })
        | (true, OnDelete { edited: EditedAndDeleted::EditWins, .. }) => Decision::Recreate(side.other()),
        (true, OnDelete { edited: EditedAndDeleted::Park, .. }) => Decision::Park(side),
    }
}

fn merge(rules: &PairRules, sight: &Sight<'_>, fields: Pair<&Fields>) -> Decision {
    let mut steps = Vec::new();
    let nothing_known = FieldState::default();
    for (position, rules) in rules.fields.iter().enumerate() {
        let seen = Seen {
            value: Pair::new(fields.left.get(position), fields.right.get(position)),
            changed: sight.changed,
            frozen: Pair::new(fields.left.is_frozen(position), fields.right.is_frozen(position)),
            now: sight.now,
        };
        match merge_field(rules, sight.state.get(position).unwrap_or(&nothing_known), &seen) {
            FieldStep::Nothing => {}
            FieldStep::Stale(side) => return Decision::Stale(side),
            step => steps.push((position, step)),
        }
    }
    Decision::Merge(steps)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::merge::{FieldStep, Write};
    use super::super::property::cases;
    use super::super::value::{Agreed, FieldValue};
    use super::super::{RecordId, policy::Policy};
    use super::*;

    fn fields(value: &str) -> Fields {
        Fields::new([FieldValue::Text(value.to_owned())])
    }

    fn rules(on_delete: OnDelete) -> PairRules {
        PairRules { fields: vec![Rules { policy: Policy::Park, ..Rules::new("name") }], on_delete }
    }

    fn look(on_delete: OnDelete, left: &Presence, right: &Presence) -> Decision {
        let agreed = Pair::new(Some(Agreed::Text("a".into())), Some(Agreed::Text("a".into())));
        let sight = Sight {
            presence: Pair::new(left, right),
            changed: Pair::new(Interval::UNKNOWN, Interval::UNKNOWN),
            state: &[FieldState { agreed, ..FieldState::default() }],
            now: Timestamp::UNIX_EPOCH,
        };
        decide(&rules(on_delete), &sight)
    }

    fn alive(value: &str) -> Presence {
        Presence::Alive(fields(value))
    }

    #[test]
    fn same_and_same_is_nothing() {
        assert_eq!(look(OnDelete::default(), &alive("a"), &alive("a")), Decision::Merge(vec![]));
    }

    #[test]
    fn changed_and_same_is_a_field_merge() {
        let Decision::Merge(steps) = look(OnDelete::default(), &alive("b"), &alive("a")) else { panic!() };
        assert!(matches!(&steps[..], [(0, FieldStep::Write(Write { to: Side::Right, .. }))]), "{steps:?}");
    }

    #[test]
    fn changed_and_changed_is_a_field_merge() {
        let Decision::Merge(steps) = look(OnDelete::default(), &alive("b"), &alive("c")) else { panic!() };
        assert!(matches!(&steps[..], [(0, FieldStep::Park(_))]), "{steps:?}");
    }

    #[test]
    fn same_and_gone_ends_the_pair_or_as_told() {
        let on = |unchanged| OnDelete { unchanged, ..OnDelete::default() };
        let table = [
            (Deleted::Unlink, Decision::End, Decision::End),
            (Deleted::Propagate, Decision::Delete(Side::Left), Decision::Delete(Side::Right)),
            (Deleted::Recreate, Decision::Recreate(Side::Right), Decision::Recreate(Side::Left)),
        ];
        for (how, right_gone, left_gone) in table {
            assert_eq!(look(on(how), &alive("a"), &Presence::Gone), right_gone);
            assert_eq!(look(on(how), &Presence::Gone, &alive("a")), left_gone);
        }
    }

    #[test]
    fn changed_and_gone_waits_for_a_person_or_as_told() {
        let on = |edited| OnDelete { edited, unchanged: Deleted::Propagate };
        let table = [
            (EditedAndDeleted::Park, Decision::Park(Side::Left), Decision::Park(Side::Right)),
            (EditedAndDeleted::EditWins, Decision::Recreate(Side::Right), Decision::Recreate(Side::Left)),
            (EditedAndDeleted::DeleteWins, Decision::Delete(Side::Left), Decision::Delete(Side::Right)),
        ];
        for (how, right_gone, left_gone) in table {
            assert_eq!(look(on(how), &alive("b"), &Presence::Gone), right_gone);
            assert_eq!(look(on(how), &Presence::Gone, &alive("b")), left_gone);
        }
    }

    #[test]
    fn gone_and_gone_ends_the_pair() {
        assert_eq!(look(OnDelete::default(), &Presence::Gone, &Presence::Gone), Decision::End);
    }

    #[test]
    fn out_of_scope_is_a_pause_and_never_a_deletion() {
        let propagate = OnDelete { unchanged: Deleted::Propagate, edited: EditedAndDeleted::DeleteWins };
        for other in [alive("a"), alive("b"), Presence::Gone, Presence::OutOfScope] {
            assert_eq!(look(propagate, &Presence::OutOfScope, &other), Decision::Pause, "{other:?}");
            assert_eq!(look(propagate, &other, &Presence::OutOfScope), Decision::Pause, "{other:?}");
        }
    }

    #[test]
    fn a_merged_record_moves_the_pair_to_the_survivor() {
        let survivor = RecordRef::top(RecordId::new("s"));
        let moved = Presence::MovedTo(survivor.clone());
        for other in [alive("a"), alive("b"), Presence::Gone] {
            assert_eq!(
                look(OnDelete::default(), &other, &moved),
                Decision::Move(Side::Right, survivor.clone())
            );
            assert_eq!(
                look(OnDelete::default(), &moved, &other),
                Decision::Move(Side::Left, survivor.clone())
            );
        }
    }

    fn presence() -> impl Strategy<Value = Presence> {
        prop_oneof![
            4 => "[abc]".prop_map(|value| alive(&value)),
            1 => Just(Presence::Alive(Fields::new([FieldValue::Unknown]))),
            1 => Just(Presence::Alive(Fields::new([FieldValue::Empty]))),
            2 => Just(Presence::Gone),
            1 => "[st]".prop_map(|id| Presence::MovedTo(RecordRef::top(RecordId::new(id)))),
            1 => Just(Presence::OutOfScope),
        ]
    }

    fn on_delete() -> impl Strategy<Value = OnDelete> {
        let unchanged = prop_oneof![Just(Deleted::Unlink), Just(Deleted::Propagate), Just(Deleted::Recreate)];
        let edited = prop_oneof![
            Just(EditedAndDeleted::Park),
            Just(EditedAndDeleted::EditWins),
            Just(EditedAndDeleted::DeleteWins)
        ];
        (unchanged, edited).prop_map(|(unchanged, edited)| OnDelete { unchanged, edited })
    }

    fn agreed() -> impl Strategy<Value = Option<Agreed>> {
        prop_oneof![Just(None), Just(Some(Agreed::Empty)), "[abc]".prop_map(|text| Some(Agreed::Text(text)))]
    }

    fn mirrored(decision: Decision) -> Decision {
        match decision {
            Decision::Stale(side) => Decision::Stale(side.other()),
            Decision::Move(side, to) => Decision::Move(side.other(), to),
            Decision::Delete(side) => Decision::Delete(side.other()),
            Decision::Recreate(side) => Decision::Recreate(side.other()),
            Decision::Park(side) => Decision::Park(side.other()),
            other @ (Decision::Merge(_) | Decision::Pause | Decision::End) => other,
        }
    }

    proptest! {
        #![proptest_config(cases())]

        /// Total, the same every time, the same for both sides; and I8: nothing is deleted, and no pair ends, unless a
        /// record of it is gone.
        #[test]
        fn i8_nothing_is_deleted_unless_its_partner_is_gone_and_the_rules_say_so(
            on_delete in on_delete(),
            there in (presence(), presence()),
            base in (agreed(), agreed()),
        ) {
            let (left, right) = &there;
            let decided = |left: &Presence, right: &Presence, base: (Option<Agreed>, Option<Agreed>)| {
                let state = [FieldState { agreed: Pair::new(base.0, base.1), ..FieldState::default() }];
                let sight = Sight {
                    presence: Pair::new(left, right),
                    changed: Pair::new(Interval::UNKNOWN, Interval::UNKNOWN),
                    state: &state,
                    now: Timestamp::UNIX_EPOCH,
                };
                decide(&rules(on_delete), &sight)
            };
            let decision = decided(left, right, base.clone());
            prop_assert_eq!(&decision, &decided(left, right, base.clone()));
            let both_moved = matches!((left, right), (Presence::MovedTo(_), Presence::MovedTo(_)));
            if !matches!(decision, Decision::Merge(_)) && !both_moved {
                prop_assert_eq!(&decision, &mirrored(decided(right, left, (base.1, base.0))));
            }
            let presence = |side: Side| if side == Side::Left { left } else { right };
            match decision {
                Decision::Delete(side) => {
                    prop_assert!(matches!(presence(side), Presence::Alive(_)));
                    prop_assert_eq!(presence(side.other()), &Presence::Gone);
                    prop_assert!(
                        on_delete.unchanged == Deleted::Propagate || on_delete.edited == EditedAndDeleted::DeleteWins
                    );
                }
                Decision::Recreate(side) => prop_assert_eq!(presence(side), &Presence::Gone),
                Decision::Park(side) => prop_assert_eq!(presence(side.other()), &Presence::Gone),
                Decision::End => prop_assert!([left, right].contains(&&Presence::Gone)),
                _ => {}
            }
        }
    }
}
