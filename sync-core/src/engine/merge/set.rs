//! Sets, by member.

use std::collections::BTreeSet;

use super::super::record::Side;
use super::super::value::{Agreed, FieldValue, Pair};
use super::{FieldStep, Rules, Seen, Write};

type Members = BTreeSet<String>;

/// Both agreed before: each side's changes since then are made on the other.
pub(super) fn merge(rules: &Rules, agreed: Pair<&Agreed>, seen: &Seen<'_>) -> FieldStep {
    let change = |side: Side| {
        let (before, now) = (agreed[side].members(), seen.value[side]);
        // An unknown value has not changed.
        if !now.is_known() {
            return (Members::new(), Members::new());
        }
        let added: Members = now.members().difference(before).cloned().collect();
        let removed = before.difference(now.members()).cloned().collect();
        (added, removed)
    };
    let changes = Pair::new(change(Side::Left), change(Side::Right));
    let is_quiet = |side: Side| changes[side].0.is_empty() && changes[side].1.is_empty();
    if is_quiet(Side::Left) && is_quiet(Side::Right) {
        return FieldStep::Nothing;
    }
    for to in [Side::Right, Side::Left] {
        let from = to.other();
        if !rules.direction.allows(to) || !seen.value[to].is_known() {
            continue;
        }
        let ((added, removed), (kept, _)) = (&changes[from], &changes[to]);
        let target = if rules.enforce && !rules.direction.allows(from) {
            // This side's own changes are undone.
            apply(agreed[to].members(), added, removed)
        } else {
            // An addition beats a removal of the same member.
            apply(seen.value[to].members(), added, &removed.difference(kept).cloned().collect())
        };
        if target == *seen.value[to].members() {
            continue;
        }
        // Only what came from the other side is agreed on: this side's own changes are still to go there.
        let removed = removed.difference(kept).cloned().collect();
        let mut after = Pair::default();
        after[from] = Agreed::on(seen.value[from]);
        after[to] = Agreed::on(&FieldValue::set(apply(agreed[to].members(), added, &removed)));
        return FieldStep::Write(Write {
            to,
            value: FieldValue::set(target),
            agreed: after,
            overrides: None,
        });
    }
    drift(rules, seen, &is_quiet)
}

/// Nothing can be written: both have the same changes, or the direction forbids them, or a side is not known.
fn drift(rules: &Rules, seen: &Seen<'_>, is_quiet: &dyn Fn(Side) -> bool) -> FieldStep {
    let waits = |side: Side| rules.direction.allows(side) && !seen.value[side].is_known();
    let news = |side: &Side| !is_quiet(*side) && !waits(side.other());
    match Side::BOTH.into_iter().find(news) {
        Some(_) if seen.value.left == seen.value.right => FieldStep::Agree,
        Some(side) => FieldStep::Note(side),
        None => FieldStep::Nothing,
    }
}

/// They never agreed: each gets the other's members.
pub(super) fn union(rules: &Rules, seen: &Seen<'_>) -> FieldStep {
    let Pair { left, right } = seen.value;
    let all: Members = left.members().union(right.members()).cloned().collect();
    for to in [Side::Right, Side::Left] {
        let from = to.other();
        if !rules.direction.allows(to) || *seen.value[to].members() == all {
            continue;
        }
        let mut after = Pair::default();
        after[from] = Agreed::on(seen.value[from]);
        // What only this side has is still to go to the other one.
        after[to] = Agreed::on(seen.value[from]);
        let value = FieldValue::Set(all);
        return FieldStep::Write(Write { to, value, agreed: after, overrides: None });
    }
    FieldStep::Agree
}

fn apply(members: &Members, added: &Members, removed: &Members) -> Members {
    members.union(added).filter(|member| !removed.contains(*member)).cloned().collect()
}
