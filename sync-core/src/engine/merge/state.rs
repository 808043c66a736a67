use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::record::Side;
use super::super::settle::Unsettled;
use super::super::value::{Agreed, FieldValue, Pair};
use super::{Reason, Seen};

/// What is known of one field of one pair. What few fields have is boxed: there are millions of fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldState {
    /// What each side had when they agreed, `None` if they never did.
    #[serde(default)]
    pub agreed: Pair<Option<Agreed>>,
    /// Where it was left to a person. It stands still until the person decides, or both sides come to agree, or one of
    /// them changes again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<Box<Parked>>,
    /// Until when a side that shows another value than the agreed one may only be showing an older one.
    ///
    /// The reads of some services lag: what they show was so a while ago. Once the engine has learned a value, by a
    /// read or by writing it, a different one seen within the lag may be older than it: what the engine wrote over, what
    /// a person wrote over, or something in between that the engine never saw. Taken for an edit, it would undo what
    /// came after it. When the lag is over, only a newer value can be shown.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fresh_until: Pair<Option<Timestamp>>,
    /// The write that was not seen back yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsettled: Option<Box<Unsettled>>,
}

/// A field that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// The values at which it stopped.
    pub values: Pair<FieldValue>,
    /// Why.
    pub reason: Reason,
}

fn is_default(until: &Pair<Option<Timestamp>>) -> bool {
    *until == Pair::default()
}

impl FieldState {
    /// The side whose value may be older than what was learned of it a moment ago.
    pub fn stale(&self, seen: &Seen<'_>) -> Option<Side> {
        Side::BOTH.into_iter().find(|side| {
            let value = seen.value[*side];
            let is_agreed = self.agreed[*side].as_ref().is_some_and(|agreed| agreed.is(value));
            value.is_known() && !is_agreed && self.fresh_until[*side].is_some_and(|until| seen.now < until)
        })
    }

    /// Whether it waits for a person at these values.
    pub fn is_parked_at(&self, value: Pair<&FieldValue>) -> bool {
        let Some(Parked { values, .. }) = self.parked.as_deref() else { return false };
        let agree = value.left.is_known() && value.left == value.right;
        values.left == *value.left && values.right == *value.right && !agree
    }

    /// Notes that something new was learned of `side`. Reads may show what was before it for another `lag`.
    pub fn learned(&mut self, side: Side, now: Timestamp, lag: Duration) {
        // What is over says nothing any more.
        for until in Side::BOTH {
            self.fresh_until[until] = self.fresh_until[until].filter(|until| now < *until);
        }
        if !lag.is_zero() {
            self.fresh_until[side] = Some(now.checked_add(lag).unwrap_or(Timestamp::MAX));
        }
    }
}
