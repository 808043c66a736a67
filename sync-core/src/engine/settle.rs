//! What became of a write, judged by what is seen back. Pure.
//!
//! After a write the engine believes what the service stored, not what it sent. Until the record has been read again,
//! the fields that were written are [`Unsettled`].

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::merge::{Rules, Write};
use super::record::Side;
use super::value::{Agreed, FieldValue};

/// A field that was written and not yet seen back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsettled {
    /// What was sent.
    pub sent: FieldValue,
    /// What was there when it was sent.
    pub before: FieldValue,
    /// On which side.
    pub side: Side,
    /// What that side's baseline becomes if the value was stored.
    pub agreed: Option<Agreed>,
    /// When it was written. A read may show what was there before for a lag's time from then on.
    pub at: Timestamp,
}

impl Unsettled {
    /// A write that was sent at `at` to a side where `before` was.
    pub fn new(write: &Write, before: FieldValue, at: Timestamp) -> Self {
        let agreed = write.agreed[write.to].clone();
        Self { sent: write.value.clone(), before, side: write.to, agreed, at }
    }
}

/// What became of the write of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was stored, as it was sent or as the side is declared to store it.
    Stored,
    /// The service said yes and kept what it had. A person should know; it is not tried again until a value changes.
    Refused,
    /// Somebody edited the field after the write. What was sent is the baseline, so that the edit is a change.
    Edited,
    /// The answer does not hold the field: look again.
    Unseen,
}

/// Judges a write by what is seen back, and says what the baseline of the side becomes.
///
/// | seen back | verdict | baseline |
/// |---|---|---|
/// | what was sent, or what the side is declared to make of it | stored | what was seen |
/// | what was there before | refused | what was seen |
/// | anything else | edited meanwhile | what was sent |
/// | unknown | unseen | as it is |
///
/// Of a set, each member that was added or removed is judged; one that is as it was before was refused. Members that
/// were not written do not enter the baseline.
pub fn settle(rules: &Rules, unsettled: &Unsettled, seen: &FieldValue) -> (Verdict, Option<Agreed>) {
    if !seen.is_known() {
        return (Verdict::Unseen, None);
    }
    if matches!(unsettled.sent, FieldValue::Set(_)) || matches!(unsettled.before, FieldValue::Set(_)) {
        return settle_set(unsettled, seen);
    }
    let stored = rules.stored(unsettled.side, &unsettled.sent);
    if *seen == unsettled.sent || *seen == stored {
        // Marked as on its way to the other side, it stays so.
        let agreed = match &unsettled.agreed {
            Some(Agreed::Outdated) => Some(Agreed::Outdated),
            _ => Agreed::on(seen),
        };
        return (Verdict::Stored, agreed);
    }
    if *seen == unsettled.before {
        return (Verdict::Refused, Agreed::on(seen));
    }
    (Verdict::Edited, Agreed::on(&stored))
}

fn settle_set(unsettled: &Unsettled, seen: &FieldValue) -> (Verdict, Option<Agreed>) {
    let Unsettled { sent, before, agreed, .. } = unsettled;
    let mut target: BTreeSet<String> = agreed.as_ref().map(|a| a.members().clone()).unwrap_or_default();
    let mut refused = false;
    for added in sent.members().difference(before.members()) {
        if !seen.members().contains(added) {
            refused |= target.remove(added);
        }
    }
    for removed in before.members().difference(sent.members()) {
        if seen.members().contains(removed) {
            refused |= target.insert(removed.clone());
        }
    }
    let verdict = if refused { Verdict::Refused } else { Verdict::Stored };
    (verdict, Agreed::on(&FieldValue::set(target)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::merge::{Kind, Lossy};
    use super::super::value::Pair;
    use super::*;

    fn text(text: &str) -> FieldValue {
        match text {
            "?" => FieldValue::Unknown,
            "" => FieldValue::Empty,
            text => FieldValue::Text(text.to_owned()),
        }
    }

    fn judge(rules: &Rules, before: &str, sent: &str, seen: &str) -> (Verdict, Option<Agreed>) {
        let sent = text(sent);
        let agreed = Agreed::on(&rules.stored(Side::Right, &sent));
        let unsettled =
            Unsettled { sent, before: text(before), side: Side::Right, agreed, at: Timestamp::UNIX_EPOCH };
        settle(rules, &unsettled, &text(seen))
    }

    fn agreed(value: &str) -> Option<Agreed> {
        Agreed::on(&text(value))
    }

    #[test]
    fn stored_is_what_was_sent() {
        let rules = Rules::new("f");
        assert_eq!(judge(&rules, "a", "b", "b"), (Verdict::Stored, agreed("b")));
        assert_eq!(judge(&rules, "a", "", ""), (Verdict::Stored, agreed("")));
    }

    #[test]
    fn stored_is_what_the_side_is_declared_to_make_of_it() {
        let cut: Lossy = Arc::new(|text| text.chars().take(2).collect());
        let rules = Rules { lossy: Pair::new(None, Some(cut)), ..Rules::new("f") };
        assert_eq!(judge(&rules, "a", "bcd", "bc"), (Verdict::Stored, agreed("bc")));
        assert_eq!(judge(&rules, "a", "bcd", "bcd"), (Verdict::Stored, agreed("bcd")));
        // Not declared: never guessed, even if it looks like a cut.
        assert_eq!(judge(&Rules::new("f"), "a", "bcd", "bc"), (Verdict::Edited, agreed("bcd")));
    }

    #[test]
    fn refused_is_what_was_there_before() {
        assert_eq!(judge(&Rules::new("f"), "a", "b", "a"), (Verdict::Refused, agreed("a")));
        assert_eq!(judge(&Rules::new("f"), "", "b", ""), (Verdict::Refused, agreed("")));
    }

    #[test]
    fn edited_is_anything_else_and_the_edit_stays_a_change() {
        let (verdict, baseline) = judge(&Rules::new("f"), "a", "b", "c");
        assert_eq!((verdict, &baseline), (Verdict::Edited, &agreed("b")));
        assert!(!baseline.unwrap().is(&text("c")));
    }

    #[test]
    fn unseen_is_looked_at_again() {
        assert_eq!(judge(&Rules::new("f"), "a", "b", "?"), (Verdict::Unseen, None));
    }

    #[test]
    fn a_merge_that_goes_on_to_the_other_side_stays_on_its_way() {
        let sent = text("m");
        let unsettled = Unsettled {
            sent: sent.clone(),
            before: text("a"),
            side: Side::Right,
            agreed: Some(Agreed::Outdated),
            at: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(settle(&Rules::new("f"), &unsettled, &sent), (Verdict::Stored, Some(Agreed::Outdated)));
    }

    #[test]
    fn sets_are_judged_by_member() {
        let set = |members: &str| FieldValue::set(members.chars().map(String::from));
        let rules = Rules { kind: Kind::Set, ..Rules::new("tags") };
        // The left side added c and removed b; the right side has an x of its own.
        let unsettled = Unsettled {
            sent: set("acx"),
            before: set("abx"),
            side: Side::Right,
            agreed: Agreed::on(&set("ac")),
            at: Timestamp::UNIX_EPOCH,
        };
        let table = [
            ("acx", Verdict::Stored, "ac"),
            ("acxy", Verdict::Stored, "ac"),
            ("ac", Verdict::Stored, "ac"),
            ("abx", Verdict::Refused, "ab"),
            ("abcx", Verdict::Refused, "abc"),
            ("ax", Verdict::Refused, "a"),
        ];
        for (seen, verdict, baseline) in table {
            let expected = (verdict, Agreed::on(&set(baseline)));
            assert_eq!(settle(&rules, &unsettled, &set(seen)), expected, "{seen}");
        }
    }
}
