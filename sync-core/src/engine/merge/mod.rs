//! The merge of one pair, field by field: pure, total, and the same every time.
//!
//! [`merge_field`] looks at what both sides have, what they had when they last agreed, and the field's [`Rules`]; it
//! answers with one [`FieldStep`]. It neither reads a clock nor writes anything. Its tables:
//!
//! **Both agreed before.** A side has changed if its value is not the one it had then.
//!
//! | left changed | right changed | equal now | step |
//! |---|---|---|---|
//! | no | no | | nothing, even if they differ: that is an agreed difference |
//! | yes | no | no | write left's value to right, if the direction allows; else take note |
//! | no | yes | no | the mirror image |
//! | one of them | | yes | agree |
//! | yes | yes | yes | agree: the same edit twice |
//! | yes | yes | no | conflict: the policy decides |
//!
//! An unknown value has not changed. A value of which the engine knows that it was replaced a moment ago is a stale read:
//! nothing is decided. Sets are merged by member: what either side added is added to the other, what either side removed is
//! removed, and an addition beats a removal of the same member.
//!
//! **They never agreed on this field.** Equal: agree. Only one has a value: the other is filled, if the direction
//! allows; nothing is ever cleared. Two different values: the policy for first meetings decides. Sets: the union.

mod answered;
mod set;
mod state;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::policy::{Conflict, Direction, Interval, Policy, Resolution};
use super::record::Side;
use super::value::{Agreed, FieldValue, Pair};

pub use answered::answer_field;
pub(super) use answered::can_take;
pub use state::{FieldState, Parked};

/// What a field's values may be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One value.
    #[default]
    Scalar,
    /// Members in no order, merged one by one.
    Set,
}

/// A function from what is written to what the service stores.
pub type Lossy = Arc<dyn Fn(&str) -> String + Send + Sync>;
/// Says why a value cannot be written.
pub type Validate = Arc<dyn Fn(&str) -> Result<(), String> + Send + Sync>;

/// How one field is merged.
#[derive(Clone)]
pub struct Rules {
    /// Its name in the mapping.
    pub name: String,
    /// What its values may be.
    pub kind: Kind,
    /// Which way it goes.
    pub direction: Direction,
    /// Whether a change against the direction is undone.
    pub enforce: bool,
    /// What to do when both sides have changed.
    pub policy: Policy,
    /// What to do when they differ at their first meeting.
    pub on_first: Policy,
    /// What a side makes of what is written to it.
    pub lossy: Pair<Option<Lossy>>,
    /// What may be written to a side.
    pub validate: Pair<Option<Validate>>,
}

impl Rules {
    /// A scalar that goes both ways; conflicts and first meetings wait for a person.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind: Kind::Scalar,
            direction: Direction::Both,
            enforce: false,
            policy: Policy::Park,
            on_first: Policy::Park,
            lossy: Pair::default(),
            validate: Pair::default(),
        }
    }

    /// Whether `value` may be written to `side`.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn check(&self, side: Side, value: &FieldValue) -> Result<(), String> {
        let check = |text: &str| self.validate[side].as_ref().map_or(Ok(()), |validate| validate(text));
        match value {
            FieldValue::Text(text) => check(text),
            FieldValue::Set(members) => members.iter().try_for_each(|member| check(member)),
            FieldValue::Empty | FieldValue::Unknown => Ok(()),
        }
    }

    /// What `side` will hold after `value` was written to it.
    pub fn stored(&self, side: Side, value: &FieldValue) -> FieldValue {
        match (&self.lossy[side], value) {
            (Some(lossy), FieldValue::Text(text)) => match lossy(text) {
                stored if stored.is_empty() => FieldValue::Empty,
                stored => FieldValue::Text(stored),
            },
            _ => value.clone(),
        }
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("direction", &self.direction)
            .field("enforce", &self.enforce)
            .field("policy", &self.policy)
            .field("on_first", &self.on_first)
            .finish_non_exhaustive()
    }
}

/// What both sides have, as far as one merge needs it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The values.
    pub value: Pair<&'a FieldValue>,
    /// When each side changed, should it have changed.
    pub changed: Pair<Interval>,
    /// Whether a side does not take writes of this field any more.
    pub frozen: Pair<bool>,
    /// The present moment.
    pub now: Timestamp,
}

/// What becomes of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldStep {
    /// Nothing.
    Nothing,
    /// Both sides' present values are the agreement. Nothing is written.
    Agree,
    /// This side's value is its baseline from now on, and the other side does not get it.
    Note(Side),
    /// `value` is written to a side.
    Write(Write),
    /// The field stands still until a person decides.
    Park(Reason),
    /// What the side shows may be older than what is known of it: look again later, and decide nothing about the record now.
    Stale(Side),
}

/// A write of one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    /// To which side.
    pub to: Side,
    /// The value; for a set the members it has afterwards.
    pub value: FieldValue,
    /// What the baselines are once the write has taken effect.
    pub agreed: Pair<Option<Agreed>>,
    /// The value that loses because of a policy, for the journal.
    pub overrides: Option<FieldValue>,
}

/// Why a field waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// Both sides have changed it, each in its own way.
    Conflict,
    /// The sides differ, and never agreed.
    FirstMeeting,
    /// The side does not take writes of this field any more.
    Frozen(Side),
    /// The side said yes to a write and kept what it had.
    Refused(Side),
    /// The value cannot be written to the side.
    Invalid(Side, String),
}

/// Decides one field. See the [module](self) for the tables.
pub fn merge_field(rules: &Rules, state: &FieldState, seen: &Seen<'_>) -> FieldStep {
    if let Some(side) = state.stale(seen) {
        return FieldStep::Stale(side);
    }
    if state.is_parked_at(seen.value) {
        return FieldStep::Nothing;
    }
    let step = match (&state.agreed.left, &state.agreed.right) {
        (Some(bl), Some(br)) if rules.kind == Kind::Set => set::merge(rules, Pair::new(bl, br), seen),
        (Some(bl), Some(br)) => known(rules, Pair::new(bl, br), seen),
        _ => first(rules, state, seen),
    };
    checked(rules, seen, step)
}

/// Whether `value` differs from what was agreed on.
fn has_changed(agreed: &Agreed, value: &FieldValue) -> bool {
    value.is_known() && !agreed.is(value)
}

/// Both agreed before.
fn known(rules: &Rules, agreed: Pair<&Agreed>, seen: &Seen<'_>) -> FieldStep {
    let Pair { left, right } = seen.value;
    let changed = Pair::new(has_changed(agreed.left, left), has_changed(agreed.right, right));
    match (changed.left, changed.right) {
        (false, false) => FieldStep::Nothing,
        _ if left == right => FieldStep::Agree,
        (true, false) => changed_on(Side::Left, rules, seen, None),
        (false, true) => changed_on(Side::Right, rules, seen, None),
        (true, true) => {
            // The owner of a one-way field wins: the other side's change was never to go anywhere.
            if let Direction::To(target) = rules.direction {
                return write(target, seen.value[target.other()], rules, seen, Some(seen.value[target]));
            }
            resolve(rules, Some(agreed.left), seen)
        }
    }
}

/// Only `from` has changed.
fn changed_on(from: Side, rules: &Rules, seen: &Seen<'_>, overrides: Option<&FieldValue>) -> FieldStep {
    let to = from.other();
    if rules.direction.allows(to) {
        return write(to, seen.value[from], rules, seen, overrides);
    }
    if rules.enforce && rules.direction.allows(from) && seen.value[to].is_known() {
        return write(from, seen.value[to], rules, seen, Some(seen.value[from]));
    }
    FieldStep::Note(from)
}

/// Both have changed, or differ when they first meet.
fn resolve(rules: &Rules, base: Option<&Agreed>, seen: &Seen<'_>) -> FieldStep {
    let Pair { left, right } = seen.value;
    let conflict =
        Conflict { field: &rules.name, base, left, right, changed: seen.changed, frozen: seen.frozen };
    let (policy, reason) = match base {
        Some(_) => (&rules.policy, Reason::Conflict),
        None => (&rules.on_first, Reason::FirstMeeting),
    };
    match policy.resolve(&conflict) {
        Resolution::Take(from) => {
            let lost = seen.value[from.other()];
            match changed_on(from, rules, seen, Some(lost)) {
                // Noted on one side alone, they would meet for the first time for ever.
                FieldStep::Note(_) if base.is_none() => FieldStep::Agree,
                step => step,
            }
        }
        Resolution::Both(value) => both(&value, rules, seen, reason),
        Resolution::Park => FieldStep::Park(reason),
    }
}

/// Both sides get `value`: one now, and the other when it is seen to be there.
fn both(value: &FieldValue, rules: &Rules, seen: &Seen<'_>, reason: Reason) -> FieldStep {
    let is_there = |side: Side| rules.stored(side, value) == *seen.value[side];
    let missing = |side: &Side| rules.direction.allows(*side) && !is_there(*side);
    // First to where it is stored as it is: what goes on from there is not cut.
    let is_whole = |side: &Side| rules.stored(*side, value) == *value;
    let mut sides = [Side::Right, Side::Left].into_iter().filter(missing);
    let first = sides.clone().find(is_whole).or_else(|| sides.next());
    match (value.is_known(), first) {
        (false, _) => FieldStep::Park(reason),
        (true, None) => FieldStep::Agree,
        (true, Some(to)) => {
            let from = to.other();
            let lost = Some(seen.value[to]);
            match write(to, value, rules, seen, lost) {
                FieldStep::Write(mut write) if !is_there(from) => {
                    // What is written here goes on to the other side, as a change of this one.
                    write.agreed[to] = match rules.kind {
                        Kind::Scalar => Some(Agreed::Outdated),
                        Kind::Set => Agreed::on(seen.value[from]),
                    };
                    FieldStep::Write(write)
                }
                step => step,
            }
        }
    }
}

/// They never agreed on this field.
fn first(rules: &Rules, state: &FieldState, seen: &Seen<'_>) -> FieldStep {
    let Pair { left, right } = seen.value;
    if rules.kind == Kind::Set && left.has_value() && right.has_value() {
        return set::union(rules, seen);
    }
    match (left.has_value(), right.has_value()) {
        (true, true) if left == right => FieldStep::Agree,
        (true, true) => match rules.direction {
            // At a first meeting nobody has edited anything: what a side owns is not noted as drift.
            Direction::OnCreate(_) => FieldStep::Agree,
            _ => resolve(rules, None, seen),
        },
        (true, false) if rules.direction.allows(Side::Right) => write(Side::Right, left, rules, seen, None),
        (false, true) if rules.direction.allows(Side::Left) => write(Side::Left, right, rules, seen, None),
        // An empty field clears nothing here; both are agreed on as they are, as far as they are known.
        _ if Side::BOTH.into_iter().any(|side| is_news(state, side, seen)) => FieldStep::Agree,
        _ => FieldStep::Nothing,
    }
}

fn is_news(state: &FieldState, side: Side, seen: &Seen<'_>) -> bool {
    let value = seen.value[side];
    value.is_known() && state.agreed[side].as_ref().is_none_or(|agreed| !agreed.is(value))
}

fn write(
    to: Side,
    value: &FieldValue,
    rules: &Rules,
    seen: &Seen<'_>,
    overrides: Option<&FieldValue>,
) -> FieldStep {
    let from = to.other();
    // What would be stored is there already: a value that is cut or folded on this side.
    if rules.stored(to, value) == *seen.value[to] {
        return FieldStep::Agree;
    }
    let mut agreed = Pair::default();
    agreed[from] = Agreed::on(seen.value[from]);
    agreed[to] = Agreed::on(&rules.stored(to, value));
    FieldStep::Write(Write { to, value: value.clone(), agreed, overrides: overrides.cloned() })
}

/// A write that cannot be made is a person's affair.
fn checked(rules: &Rules, seen: &Seen<'_>, step: FieldStep) -> FieldStep {
    let FieldStep::Write(write) = &step else { return step };
    if seen.frozen[write.to] {
        return FieldStep::Park(Reason::Frozen(write.to));
    }
    match rules.check(write.to, &write.value) {
        Ok(()) => step,
        Err(why) => FieldStep::Park(Reason::Invalid(write.to, why)),
    }
}

#[cfg(test)]
mod tests;
