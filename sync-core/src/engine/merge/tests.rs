use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::property::cases;
use super::*;

const LEFT: Side = Side::Left;
const RIGHT: Side = Side::Right;

fn text(text: &str) -> FieldValue {
    match text {
        "?" => FieldValue::Unknown,
        "" => FieldValue::Empty,
        text => FieldValue::Text(text.to_owned()),
    }
}

/// Members are letters.
fn set(members: &str) -> FieldValue {
    match members {
        "?" => FieldValue::Unknown,
        members => FieldValue::set(members.chars().map(String::from)),
    }
}

fn state(left: Option<&FieldValue>, right: Option<&FieldValue>) -> FieldState {
    let agreed = Pair::new(left.and_then(Agreed::on), right.and_then(Agreed::on));
    FieldState { agreed, ..FieldState::default() }
}

fn seen<'a>(left: &'a FieldValue, right: &'a FieldValue) -> Seen<'a> {
    Seen {
        value: Pair::new(left, right),
        changed: Pair::new(Interval::UNKNOWN, Interval::UNKNOWN),
        frozen: Pair::default(),
        now: Timestamp::UNIX_EPOCH,
    }
}

/// One line that says it all.
fn told(step: &FieldStep) -> String {
    let value = |value: &FieldValue| match value {
        FieldValue::Text(text) => text.clone(),
        FieldValue::Set(members) => members.iter().cloned().collect(),
        other => format!("{other:?}").to_lowercase(),
    };
    match step {
        FieldStep::Write(w) => {
            let lost = w.overrides.as_ref().map(|lost| format!(" over {}", value(lost))).unwrap_or_default();
            format!("{} to {:?}{lost}", value(&w.value), w.to)
        }
        other => format!("{other:?}"),
    }
}

fn both(policy: Policy) -> Rules {
    Rules { policy, ..Rules::new("f") }
}

fn one_way(enforce: bool) -> Rules {
    Rules { direction: Direction::To(RIGHT), enforce, on_first: Policy::Prefer(LEFT), ..Rules::new("f") }
}

/// Baselines, values, step. Each row also holds mirrored.
fn table(rules: &Rules, rows: &[(&str, &str, &str, &str, &str)]) {
    for (bl, br, l, r, expected) in rows {
        let (l, r) = (text(l), text(r));
        let step = merge_field(rules, &state(Some(&text(bl)), Some(&text(br))), &seen(&l, &r));
        assert_eq!(told(&step), *expected, "{bl} {br} {l:?} {r:?}");
    }
}

#[test]
fn neither_changed_is_nothing_even_if_they_differ() {
    table(
        &both(Policy::Park),
        &[("a", "a", "a", "a", "Nothing"), ("a", "b", "a", "b", "Nothing"), ("", "b", "", "b", "Nothing")],
    );
}

#[test]
fn one_changed_is_written_to_the_other() {
    table(
        &both(Policy::Park),
        &[
            ("a", "a", "b", "a", "b to Right"),
            ("a", "a", "a", "b", "b to Left"),
            ("a", "a", "", "a", "empty to Right"),
            ("", "", "", "b", "b to Left"),
            // Agreed to differ: the change goes over all the same.
            ("a", "x", "b", "x", "b to Right"),
        ],
    );
}

#[test]
fn one_changed_to_what_the_other_has_is_agreed() {
    table(&both(Policy::Park), &[("a", "b", "b", "b", "Agree"), ("a", "b", "a", "a", "Agree")]);
}

#[test]
fn the_same_edit_twice_is_agreed() {
    table(&both(Policy::Park), &[("a", "a", "b", "b", "Agree"), ("a", "a", "", "", "Agree")]);
}

#[test]
fn different_edits_are_a_conflict() {
    table(
        &both(Policy::Park),
        &[("a", "a", "b", "c", "Park(Conflict)"), ("a", "a", "", "c", "Park(Conflict)")],
    );
    table(&both(Policy::Prefer(LEFT)), &[("a", "a", "b", "c", "b to Right over c")]);
    table(&both(Policy::Prefer(RIGHT)), &[("a", "a", "b", "c", "c to Left over b")]);
    let joined = |_: Option<&Agreed>, l: &FieldValue, r: &FieldValue| {
        FieldValue::Text(format!("{}{}", l.text().unwrap_or_default(), r.text().unwrap_or_default()))
    };
    table(&both(Policy::Merge(joined)), &[("a", "a", "b", "c", "bc to Right over c")]);
    table(&both(Policy::Merge(|_, l, _| l.clone())), &[("a", "a", "b", "c", "b to Right over c")]);
    table(&both(Policy::Merge(|_, _, _| FieldValue::Unknown)), &[("a", "a", "b", "c", "Park(Conflict)")]);
}

#[test]
fn an_unknown_value_has_not_changed() {
    table(
        &both(Policy::Park),
        &[
            ("a", "a", "?", "a", "Nothing"),
            ("a", "a", "?", "?", "Nothing"),
            ("a", "a", "?", "b", "b to Left"),
            ("a", "a", "b", "?", "b to Right"),
        ],
    );
}

#[test]
fn a_change_against_the_direction_is_noted_or_undone() {
    table(
        &one_way(false),
        &[
            ("a", "a", "b", "a", "b to Right"),
            ("a", "a", "a", "b", "Note(Right)"),
            ("a", "a", "b", "c", "b to Right over c"),
            ("a", "a", "?", "c", "Note(Right)"),
        ],
    );
    table(
        &one_way(true),
        &[
            ("a", "a", "a", "b", "a to Right over b"),
            ("a", "a", "a", "", "a to Right over empty"),
            ("a", "a", "?", "c", "Note(Right)"),
        ],
    );
    let on_create = Rules { direction: Direction::OnCreate(RIGHT), ..Rules::new("f") };
    table(&on_create, &[("a", "a", "b", "a", "Note(Left)"), ("a", "a", "a", "b", "Note(Right)")]);
}

#[test]
fn another_value_than_was_learned_a_moment_ago_is_a_stale_read() {
    let (old, new, between, unknown) = (text("old"), text("new"), text("between"), text("?"));
    let mut agreed = state(Some(&new), Some(&new));
    agreed.learned(RIGHT, Timestamp::UNIX_EPOCH, std::time::Duration::from_secs(10));
    let at = |now: i64, l, r| {
        let seen = Seen { now: Timestamp::from_second(now).unwrap(), ..seen(l, r) };
        told(&merge_field(&both(Policy::Park), &agreed, &seen))
    };
    assert_eq!(at(9, &new, &old), "Stale(Right)");
    assert_eq!(at(10, &new, &old), "old to Left");
    assert_eq!(at(9, &old, &new), "old to Right", "the other side may well have it");
    assert_eq!(at(9, &new, &between), "Stale(Right)", "nor is one that nobody has seen before");
    assert_eq!(at(9, &new, &new), "Nothing");
    assert_eq!(at(9, &new, &unknown), "Nothing");
}

/// Values of a field that both never agreed on, and the step.
fn meetings(rules: &Rules, rows: &[(&str, &str, &str)]) {
    for (l, r, expected) in rows {
        let (l, r) = (text(l), text(r));
        let agreed_on_one_side_only = state(None, Some(&text("x")));
        for state in [FieldState::default(), agreed_on_one_side_only] {
            assert_eq!(told(&merge_field(rules, &state, &seen(&l, &r))), *expected, "{l:?} {r:?}");
        }
    }
}

#[test]
fn equal_values_at_a_first_meeting_are_agreed_on() {
    meetings(
        &both(Policy::Prefer(LEFT)),
        &[("a", "a", "Agree"), ("", "", "Agree"), ("", "?", "Agree"), ("?", "?", "Nothing")],
    );
}

#[test]
fn a_value_fills_the_empty_side_at_a_first_meeting_and_nothing_is_cleared() {
    meetings(
        &both(Policy::Prefer(LEFT)),
        &[("a", "", "a to Right"), ("a", "?", "a to Right"), ("", "b", "b to Left"), ("?", "b", "b to Left")],
    );
    // Nothing goes to the owner, and nothing is cleared.
    meetings(&one_way(false), &[("", "b", "Agree"), ("a", "", "a to Right")]);
    let on_create = Rules { direction: Direction::OnCreate(RIGHT), ..Rules::new("f") };
    meetings(&on_create, &[("a", "", "Agree")]);
}

#[test]
fn two_values_at_a_first_meeting_follow_its_policy() {
    meetings(&both(Policy::Prefer(LEFT)), &[("a", "b", "Park(FirstMeeting)")]);
    let prefer = |side| Rules { on_first: Policy::Prefer(side), ..Rules::new("f") };
    meetings(&prefer(LEFT), &[("a", "b", "a to Right over b")]);
    meetings(&prefer(RIGHT), &[("a", "b", "b to Left over a")]);
    // Its owner's.
    meetings(&one_way(false), &[("a", "b", "a to Right over b")]);
    // Kept as it is, once and for all.
    let kept = Rules { on_first: Policy::Prefer(RIGHT), ..one_way(false) };
    meetings(&kept, &[("a", "b", "Agree")]);
    let on_create = Rules { direction: Direction::OnCreate(RIGHT), ..Rules::new("f") };
    meetings(&on_create, &[("a", "b", "Agree")]);
}

#[test]
fn an_addition_beats_a_removal_of_the_same_member() {
    let rules = Rules { kind: Kind::Set, ..Rules::new("tags") };
    for (bl, br, l, r, expected) in
        [("ab", "a", "a", "ab", "ab to Left"), ("a", "ab", "ab", "a", "ab to Right")]
    {
        let step = merge_field(&rules, &state(Some(&set(bl)), Some(&set(br))), &seen(&set(l), &set(r)));
        assert_eq!(told(&step), expected);
    }
}

#[test]
fn sets_are_merged_by_member() {
    let rules = Rules { kind: Kind::Set, ..Rules::new("tags") };
    let rows = [
        ("ab", "ab", "ab", "ab", "Nothing"),
        ("ab", "ab", "abc", "ab", "abc to Right"),
        ("ab", "ab", "a", "ab", "a to Right"),
        ("ab", "ab", "ab", "abd", "abd to Left"),
        ("ab", "ab", "abc", "abd", "abcd to Right"),
        ("ab", "ab", "a", "abd", "ad to Right"),
        ("ab", "ab", "abc", "abc", "Agree"),
        ("a", "a", "", "a", "empty to Right"),
        ("a", "a", "?", "ab", "Nothing"),
        ("a", "ax", "ab", "ax", "abx to Right"),
    ];
    for (bl, br, l, r, expected) in rows {
        let (l, r) = (set(l), set(r));
        let step = merge_field(&rules, &state(Some(&set(bl)), Some(&set(br))), &seen(&l, &r));
        assert_eq!(told(&step), expected, "{bl} {br} {l:?} {r:?}");
    }
    let (l, r) = (set("ab"), set("bc"));
    assert_eq!(told(&merge_field(&rules, &FieldState::default(), &seen(&l, &r))), "abc to Right");
    let one_way = Rules { direction: Direction::To(RIGHT), ..rules.clone() };
    let agreed = state(Some(&set("ab")), Some(&set("ab")));
    let (l, r) = (set("ab"), set("abz"));
    assert_eq!(told(&merge_field(&one_way, &agreed, &seen(&l, &r))), "Note(Right)");
    let enforced = Rules { enforce: true, ..one_way };
    assert_eq!(told(&merge_field(&enforced, &agreed, &seen(&l, &r))), "ab to Right");
}

#[test]
fn what_a_side_makes_of_a_value_is_no_difference() {
    let cut: Lossy = Arc::new(|text| text.chars().take(3).collect());
    let rules = Rules { lossy: Pair::new(None, Some(cut)), ..Rules::new("name") };
    let (long, short) = (text("abcdef"), text("abc"));
    let agreed = state(Some(&text("x")), Some(&short));
    assert_eq!(told(&merge_field(&rules, &agreed, &seen(&long, &short))), "Agree");
    let step = merge_field(&rules, &state(Some(&text("x")), Some(&text("x"))), &seen(&long, &text("x")));
    let FieldStep::Write(write) = step else { panic!("{step:?}") };
    assert_eq!((write.value, write.agreed.right), (long.clone(), Some(Agreed::Text("abc".into()))));
    // And seen back, it is no change.
    assert_eq!(
        told(&merge_field(&rules, &state(Some(&long), Some(&short)), &seen(&long, &short))),
        "Nothing"
    );
}

#[test]
fn what_cannot_be_written_waits_for_a_person_until_something_changes() {
    let (old, new, newer) = (text("old"), text("new"), text("newer"));
    let agreed = state(Some(&old), Some(&old));
    let frozen = Seen { frozen: Pair::new(false, true), ..seen(&new, &old) };
    let rules = both(Policy::Park);
    assert_eq!(told(&merge_field(&rules, &agreed, &frozen)), "Park(Frozen(Right))");
    assert_eq!(
        told(&merge_field(&rules, &agreed, &Seen { value: Pair::new(&old, &new), ..frozen })),
        "new to Left"
    );

    let validate: Validate = Arc::new(|text| if text == "new" { Err("is too new".into()) } else { Ok(()) });
    let picky = Rules { validate: Pair::new(None, Some(validate)), ..rules };
    let step = merge_field(&picky, &agreed, &seen(&new, &old));
    assert_eq!(step, FieldStep::Park(Reason::Invalid(RIGHT, "is too new".into())));

    let parked = FieldState {
        parked: Some(Box::new(Parked {
            values: Pair::new(new.clone(), old.clone()),
            reason: Reason::Conflict,
        })),
        ..agreed
    };
    assert_eq!(told(&merge_field(&picky, &parked, &seen(&new, &old))), "Nothing");
    assert_eq!(told(&merge_field(&picky, &parked, &seen(&newer, &old))), "newer to Right");
    assert_eq!(
        told(&merge_field(&picky, &parked, &seen(&new, &new))),
        "Agree",
        "a person has made them equal"
    );
}

/// A pair of fake fields that a test can write to.
#[derive(Debug, Clone)]
struct World {
    rules: Rules,
    state: FieldState,
    value: Pair<FieldValue>,
}

impl World {
    fn step(&self) -> FieldStep {
        merge_field(&self.rules, &self.state, &seen(&self.value.left, &self.value.right))
    }

    /// Does what a step says, as the engine would.
    fn take(&mut self, step: FieldStep) {
        let agree = |state: &mut FieldState, side: Side, value: &FieldValue| {
            if let Some(agreed) = Agreed::on(value) {
                state.agreed[side] = Some(agreed);
            }
        };
        match step {
            FieldStep::Nothing | FieldStep::Stale(_) => {}
            FieldStep::Agree => {
                for side in [LEFT, RIGHT] {
                    agree(&mut self.state, side, &self.value[side]);
                }
                self.state.parked = None;
            }
            FieldStep::Note(side) => agree(&mut self.state, side, &self.value[side]),
            FieldStep::Park(reason) => {
                self.state.parked = Some(Box::new(Parked { values: self.value.clone(), reason }));
            }
            FieldStep::Write(write) => {
                assert!(self.rules.direction.allows(write.to), "{write:?}");
                assert!(write.value.is_known(), "{write:?}");
                self.value[write.to] = self.rules.stored(write.to, &write.value);
                for side in [LEFT, RIGHT] {
                    if let Some(agreed) = write.agreed[side].clone() {
                        self.state.agreed[side] = Some(agreed);
                    }
                }
                self.state.parked = None;
            }
        }
    }

    /// Steps until nothing is left, and how many writes it took.
    fn settle(&mut self) -> usize {
        let mut writes = 0;
        for _ in 0..5 {
            let step = self.step();
            if step == FieldStep::Nothing {
                return writes;
            }
            writes += usize::from(matches!(step, FieldStep::Write(_)));
            self.take(step);
        }
        panic!("it does not settle: {self:?}");
    }
}

fn scalar() -> impl Strategy<Value = FieldValue> {
    prop_oneof![1 => Just(FieldValue::Unknown), 8 => known_scalar()]
}

fn known_scalar() -> impl Strategy<Value = FieldValue> {
    prop_oneof![1 => Just(FieldValue::Empty), 3 => "[abc]{1,4}".prop_map(FieldValue::Text)]
}

fn known_members() -> impl Strategy<Value = FieldValue> {
    proptest::collection::btree_set("[abcde]", 0..5).prop_map(FieldValue::set)
}

fn members() -> impl Strategy<Value = FieldValue> {
    prop_oneof![1 => Just(FieldValue::Unknown), 9 => known_members()]
}

fn policy() -> impl Strategy<Value = Policy> {
    prop_oneof![
        Just(Policy::Park),
        Just(Policy::Prefer(LEFT)),
        Just(Policy::Prefer(RIGHT)),
        Just(Policy::newest_or(RIGHT)),
        Just(Policy::Merge(|_, l, r| if l.text() > r.text() { l.clone() } else { r.clone() })),
    ]
}

fn rules(kind: Kind) -> impl Strategy<Value = Rules> {
    let direction = prop_oneof![
        3 => Just(Direction::Both),
        1 => Just(Direction::To(LEFT)),
        1 => Just(Direction::To(RIGHT)),
        1 => Just(Direction::OnCreate(RIGHT)),
    ];
    (direction, any::<bool>(), policy(), policy(), any::<bool>()).prop_map(
        move |(direction, enforce, policy, on_first, cuts)| {
            let cut: Option<Lossy> = (cuts && kind == Kind::Scalar)
                .then(|| Arc::new(|text: &str| text.chars().take(2).collect()) as Lossy);
            let lossy = Pair::new(None, cut);
            Rules { kind, direction, enforce, policy, on_first, lossy, ..Rules::new("f") }
        },
    )
}

fn known_state(left: &FieldValue, right: &FieldValue, first: bool) -> FieldState {
    if first { FieldState::default() } else { state(Some(left), Some(right)) }
}

proptest! {
    #![proptest_config(cases())]

    /// I1, I2 for a field: it settles within a few steps, and then nothing is left to do.
    #[test]
    fn i1_scalars_settle_and_stay_so(
        rules in rules(Kind::Scalar),
        base in (scalar(), scalar()),
        now in (scalar(), scalar()),
        first in any::<bool>(),
    ) {
        let before = now.clone();
        let mut world = World {
            rules,
            state: known_state(&base.0, &base.1, first),
            value: Pair::new(now.0, now.1),
        };
        let writes = world.settle();
        prop_assert!(writes <= 2, "{world:?}");
        prop_assert_eq!(world.step(), FieldStep::Nothing);
        // I5: nothing is invented.
        for side in [LEFT, RIGHT] {
            let came_from = |value: &FieldValue| world.rules.stored(side, value) == world.value[side];
            prop_assert!(
                world.value[side] == before.0 || world.value[side] == before.1 || came_from(&before.0) || came_from(&before.1),
                "{:?} came from nowhere: {:?}", world.value[side], before
            );
        }
    }

    /// I4 for a field: what only one side changed ends up on both, or is left where it is by the direction.
    #[test]
    fn i4_an_edit_of_one_side_is_not_lost(
        policy in policy(),
        base in "[abc]{1,4}",
        edit in known_scalar(),
        left in any::<bool>(),
    ) {
        let (base, side) = (FieldValue::Text(base), if left { LEFT } else { RIGHT });
        let mut value = Pair::new(base.clone(), base.clone());
        value[side] = edit.clone();
        let mut world = World { rules: both(policy), state: state(Some(&base), Some(&base)), value };
        world.settle();
        prop_assert_eq!(&world.value.left, &edit);
        prop_assert_eq!(&world.value.right, &edit);
    }

    /// A policy's loser is named in the write, for the journal.
    #[test]
    fn i4_a_lost_edit_is_named(
        l in "[abc]{1,4}", r in "[def]{1,4}", prefer_left in any::<bool>(),
    ) {
        let (l, r, base) = (FieldValue::Text(l), FieldValue::Text(r), text("base"));
        let winner = if prefer_left { LEFT } else { RIGHT };
        let step = merge_field(&both(Policy::Prefer(winner)), &state(Some(&base), Some(&base)), &seen(&l, &r));
        let FieldStep::Write(write) = step else { panic!("{step:?}") };
        prop_assert_eq!(write.overrides.as_ref(), Some(if prefer_left { &r } else { &l }));
    }

    /// Mirrored sides have mirrored steps.
    #[test]
    fn sides_are_treated_alike(base in (scalar(), scalar()), now in (scalar(), scalar()), first in any::<bool>()) {
        let rules = both(Policy::Park);
        let there = merge_field(&rules, &known_state(&base.0, &base.1, first), &seen(&now.0, &now.1));
        let back = merge_field(&rules, &known_state(&base.1, &base.0, first), &seen(&now.1, &now.0));
        let mirrored = match back {
            FieldStep::Write(w) => FieldStep::Write(Write {
                to: w.to.other(),
                agreed: Pair::new(w.agreed.right, w.agreed.left),
                ..w
            }),
            FieldStep::Note(side) => FieldStep::Note(side.other()),
            other => other,
        };
        prop_assert_eq!(there, mirrored);
    }

    /// I1, I2, I4 for sets that go both ways: every addition is on both sides in the end, every removal that nobody
    /// added again as well, and nobody's other members are touched.
    #[test]
    fn i4_sets_keep_every_change(base in known_members(), l in known_members(), r in known_members()) {
        let rules = Rules { kind: Kind::Set, ..Rules::new("tags") };
        let (before, left, right) = (base.members().clone(), l.members().clone(), r.members().clone());
        let mut world = World { rules, state: state(Some(&base), Some(&base)), value: Pair::new(l, r) };
        world.settle();
        let added: BTreeSet<_> = left.union(&right).filter(|m| !before.contains(*m)).cloned().collect();
        let kept: BTreeSet<_> =
            before.iter().filter(|m| left.contains(*m) && right.contains(*m)).cloned().collect();
        let expected: BTreeSet<_> = added.union(&kept).cloned().collect();
        prop_assert_eq!(world.value.left.members(), &expected);
        prop_assert_eq!(world.value.right.members(), &expected);
    }

    #[test]
    fn i1_sets_settle_and_stay_so(
        rules in rules(Kind::Set),
        base in (members(), members()),
        now in (members(), members()),
        first in any::<bool>(),
    ) {
        let all: BTreeSet<_> = [&base.0, &base.1, &now.0, &now.1].into_iter().flat_map(|v| v.members().clone()).collect();
        let mut world = World {
            rules,
            state: known_state(&base.0, &base.1, first),
            value: Pair::new(now.0, now.1),
        };
        prop_assert!(world.settle() <= 2);
        prop_assert!(world.value.left.members().is_subset(&all) && world.value.right.members().is_subset(&all));
    }
}
