//! What a run has left in the fields of one pair, and what of it can be turned back. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::super::journal::{Entry, FieldWrite, Happening, RunId};
use super::super::merge::{FieldState, Kind, Rules, Write};
use super::super::record::Side;
use super::super::value::{Agreed, FieldValue, Pair};

/// The writes of one field of one side, from the first one of a run on.
#[derive(Debug, Default)]
pub(in super::super) struct Trail {
    steps: Vec<Step>,
    /// Whether another record has taken the place of the one that was written.
    is_replaced: bool,
}

#[derive(Debug)]
struct Step {
    run: Option<RunId>,
    before: FieldValue,
    after: FieldValue,
}

/// What becomes of one field.
#[derive(Debug, PartialEq)]
pub(in super::super) enum Verdict {
    /// It is as it was before the run.
    Done,
    /// It gets back what it had.
    Restore(Write),
    /// It is left as it is, for this reason.
    Keep(String),
}

/// The trails of a run in the journal of one pair. A record that the run has created has none: it had nothing before.
pub(in super::super) fn trails(journal: &[(u64, Entry)], run: &RunId) -> BTreeMap<(Side, String), Trail> {
    let mut trails: BTreeMap<(Side, String), Trail> = BTreeMap::new();
    let mut born = BTreeSet::new();
    for (_, entry) in journal {
        let is_ours = entry.run.as_ref() == Some(run);
        match &entry.what {
            Happening::Created(side, ..) | Happening::Linked(side, _) | Happening::Moved(side, _) => {
                for (_, trail) in trails.iter_mut().filter(|((of, _), _)| of == side) {
                    *trail = Trail { steps: Vec::new(), is_replaced: true };
                }
                born.remove(side);
                if is_ours && matches!(entry.what, Happening::Created(..)) {
                    born.insert(*side);
                }
            }
            Happening::Wrote(side, writes) if !born.contains(side) => {
                for FieldWrite { field, before, after } in writes {
                    let key = (*side, field.clone());
                    let trail =
                        if is_ours { Some(trails.entry(key).or_default()) } else { trails.get_mut(&key) };
                    let Some(trail) = trail.filter(|trail| is_ours || !trail.is_replaced) else { continue };
                    trail.is_replaced = false;
                    let (run, before, after) = (entry.run.clone(), before.clone(), after.clone());
                    trail.steps.push(Step { run, before, after });
                }
            }
            _ => {}
        }
    }
    trails
}

/// Decides what becomes of a field of which both sides hold `seen`.
///
/// | the side holds | then |
/// |---|---|
/// | what it had before the run | done |
/// | what the run left | it is restored, if nothing has written it since and both sides are as they agreed |
/// | anything else | kept: somebody has changed it since |
///
/// If the run wrote it several times, what it had before the first of them counts; but before the last one that wrote over
/// something else than the run had left. Of a set, each member is judged: those that the run added go, those that it removed
/// come back, unless somebody has turned them already, or another run has written them since.
pub(in super::super) fn judge(
    rules: &Rules,
    state: &FieldState,
    trail: &Trail,
    run: &RunId,
    side: Side,
    seen: Pair<&FieldValue>,
) -> Verdict {
    if trail.is_replaced {
        return keep("another record is there now");
    }
    if trail.steps.iter().any(|step| !step.before.is_known() || !step.after.is_known()) {
        return keep("the journal does not know what was there before");
    }
    if !seen[side].is_known() {
        return keep("the record does not show it");
    }
    let verdict = match rules.kind {
        Kind::Set => set(state, trail, run, side, seen),
        Kind::Scalar => scalar(rules, state, trail, run, side, seen),
    };
    match verdict {
        Verdict::Restore(write) => match rules.check(side, &write.value) {
            Ok(()) => Verdict::Restore(write),
            Err(why) => Verdict::Keep(format!("what was there before {why}")),
        },
        other => other,
    }
}

fn keep(why: &str) -> Verdict {
    Verdict::Keep(why.to_owned())
}

fn written_again(by: Option<&RunId>) -> Verdict {
    let by = by.map(|run| format!(" in {run}")).unwrap_or_default();
    Verdict::Keep(format!("it was written again{by}"))
}

fn scalar(
    rules: &Rules,
    state: &FieldState,
    trail: &Trail,
    run: &RunId,
    side: Side,
    seen: Pair<&FieldValue>,
) -> Verdict {
    // A value is the same as it was sent and as the side stores it.
    let same = |value: &FieldValue, seen: &FieldValue| value == seen || rules.stored(side, value) == *seen;
    let (mut chain, mut later): (Option<Pair<&FieldValue>>, Option<&Step>) = (None, None);
    for step in &trail.steps {
        if step.run.as_ref() != Some(run) {
            later = Some(step);
            continue;
        }
        let goes_on = chain.filter(|chain| later.is_none() && same(chain.right, &step.before));
        chain = Some(Pair::new(goes_on.map_or(&step.before, |chain| chain.left), &step.after));
        later = None;
    }
    let Some(Pair { left: before, right: after }) = chain else { return Verdict::Done };
    if same(before, seen[side]) {
        return Verdict::Done;
    }
    if let Some(step) = later {
        return written_again(step.run.as_ref());
    }
    if !same(after, seen[side]) {
        return keep("it was changed since");
    }
    let is_on_its_way = |at: Side| {
        seen[at].is_known() && state.agreed[at].as_ref().is_some_and(|agreed| !agreed.is(seen[at]))
    };
    if state.unsettled.is_some() || Side::BOTH.into_iter().any(is_on_its_way) {
        return keep("a change of it is under way");
    }
    // The other side keeps what it has. That they differ is agreed on, so that nothing flows back.
    let mut agreed = Pair::default();
    agreed[side] = Agreed::on(&rules.stored(side, before));
    agreed[side.other()] = Agreed::on(seen[side.other()]);
    Verdict::Restore(Write { to: side, value: before.clone(), agreed, overrides: None })
}

fn set(state: &FieldState, trail: &Trail, run: &RunId, side: Side, seen: Pair<&FieldValue>) -> Verdict {
    // Whether the run has added a member or removed it, in all.
    let mut turned: BTreeMap<&String, bool> = BTreeMap::new();
    let mut later: BTreeMap<&String, &Step> = BTreeMap::new();
    for step in &trail.steps {
        let (was, is) = (step.before.members(), step.after.members());
        let added = is.difference(was).map(|member| (member, true));
        for (member, is_added) in added.chain(was.difference(is).map(|member| (member, false))) {
            if step.run.as_ref() != Some(run) {
                if turned.contains_key(member) {
                    later.insert(member, step);
                }
                continue;
            }
            later.remove(member);
            if turned.remove(member).is_none_or(|was_added| was_added == is_added) {
                turned.insert(member, is_added);
            }
        }
    }
    let present = seen[side].members();
    let open: BTreeMap<_, _> =
        turned.into_iter().filter(|(member, is_added)| present.contains(*member) == *is_added).collect();
    let back: Vec<_> = open.iter().filter(|(member, _)| !later.contains_key(**member)).collect();
    if back.is_empty() {
        let by = open.keys().find_map(|member| later.get(*member));
        return by.map_or(Verdict::Done, |step| written_again(step.run.as_ref()));
    }
    if state.unsettled.is_some() {
        return keep("a change of it is under way");
    }
    let turn = |members: &BTreeSet<String>| {
        let mut members = members.clone();
        for (member, is_added) in &back {
            if **is_added {
                members.remove(**member)
            } else {
                members.insert((**member).clone())
            };
        }
        FieldValue::set(members)
    };
    // What people have changed on either side and the other has not got yet stays on its way.
    let mut agreed = state.agreed.clone();
    let known = agreed[side].as_ref().map_or(present, Agreed::members);
    agreed[side] = Agreed::on(&turn(known));
    agreed[side.other()] = agreed[side.other()].take().or_else(|| Agreed::on(seen[side.other()]));
    Verdict::Restore(Write { to: side, value: turn(present), agreed, overrides: None })
}

#[cfg(test)]
mod tests;
