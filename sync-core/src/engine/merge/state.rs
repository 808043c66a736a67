use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::record::Side;
use super::super::settle::Unsettled;
use super::super::value::{Agreed, FieldValue, Pair};
use super::{Reason, Seen};

/// What is known of one field of one pair.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldState {
    /// What each side had when they agreed, `None` if they never did.
    #[serde(default)]
    pub agreed: Pair<Option<Agreed>>,
    /// Where it was left to a person. It stands still until the person decides, or both sides come to agree, or one of
    /// them changes again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<Parked>,
    /// Values that were replaced a moment ago, and until when a lagging service may still show them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<Replaced>,
    /// The write that was not seen back yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsettled: Option<Unsettled>,
}

/// A field that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// The values at which it stopped.
    pub values: Pair<FieldValue>,
    /// Why.
    pub reason: Reason,
}

/// A value that a side had and has not any more, whoever replaced it.
///
/// A service with lagging reads may show it for a while: what the engine wrote over, and also what a person wrote
/// over once the engine has seen the new value. Taken for an edit, it would undo what replaced it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// On which side.
    pub side: Side,
    /// What was there before.
    pub value: FieldValue,
    /// From then on, seeing it again is an edit.
    pub until: Timestamp,
}

impl FieldState {
    /// The side that shows what was replaced a moment ago; of a set, any member that was.
    pub fn stale(&self, seen: &Seen<'_>) -> Option<Side> {
        let shown = |replaced: &&Replaced| {
            let value = seen.value[replaced.side];
            let agreed = self.agreed[replaced.side].as_ref();
            if seen.now >= replaced.until
                || !value.is_known()
                || agreed.is_some_and(|agreed| agreed.is(value))
            {
                return false;
            }
            let (before, now) = (replaced.value.members(), agreed.map(Agreed::members));
            let Some(now) = now.filter(|now| !now.is_empty() || !before.is_empty()) else {
                return *value == replaced.value;
            };
            let shown = value.members();
            // What came is not shown yet, or what went is shown still: as likely as that a person has undone it.
            now.difference(before).any(|member| !shown.contains(member))
                || before.difference(now).any(|member| shown.contains(member))
        };
        self.replaced.iter().find(shown).map(|replaced| replaced.side)
    }

    /// Whether it waits for a person at these values.
    pub fn is_parked_at(&self, value: Pair<&FieldValue>) -> bool {
        let Some(Parked { values, .. }) = &self.parked else { return false };
        let agree = value.left.is_known() && value.left == value.right;
        values.left == *value.left && values.right == *value.right && !agree
    }

    /// Notes what `side` agrees on from now on. What it had before may be seen for another `lag`.
    pub fn agree(&mut self, side: Side, agreed: Option<Agreed>, now: Timestamp, lag: Duration) {
        let Some(agreed) = agreed else { return };
        if self.agreed[side].as_ref() == Some(&agreed) {
            return;
        }
        let before = self.agreed[side].replace(agreed);
        self.replace(side, before.as_ref().and_then(Agreed::value), now, lag);
    }

    /// Notes that `side` had `value` and has it no more.
    pub fn replace(&mut self, side: Side, value: Option<FieldValue>, now: Timestamp, lag: Duration) {
        self.replaced.retain(|replaced| now < replaced.until);
        let Some(value) = value.filter(FieldValue::is_known) else { return };
        if lag.is_zero() {
            return;
        }
        let until = now.checked_add(lag).unwrap_or(Timestamp::MAX);
        self.replaced.retain(|replaced| replaced.side != side || replaced.value != value);
        self.replaced.push(Replaced { side, value, until });
    }
}
