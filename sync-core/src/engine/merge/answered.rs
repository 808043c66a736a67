//! What a person's answer makes of a field that waits for one.

use super::super::answer::Answer;
use super::super::value::FieldValue;
use super::{FieldState, FieldStep, Rules, Seen, both, checked, write};

/// Decides one field that waits for a person by what the person has answered. Pure. `None` if what was asked about is not
/// so any more: the answer does not count then, and [`merge_field`](super::merge_field) decides.
///
/// | answer | step |
/// |---|---|
/// | take a side | that side's value is written to the other one, and the value there loses |
/// | a value | it is written to each side that has another one, one after the other |
/// | leave | both sides' present values are the agreement |
///
/// What cannot be written is asked about again.
pub fn answer_field(
    rules: &Rules,
    state: &FieldState,
    seen: &Seen<'_>,
    answer: &Answer,
) -> Option<FieldStep> {
    let reason = &state.parked.as_ref().filter(|_| state.is_parked_at(seen.value))?.reason;
    let step = match answer {
        Answer::Take(from) if can_take(rules, *from, seen.value[*from]) => {
            let to = from.other();
            write(to, seen.value[*from], rules, seen, Some(seen.value[to]))
        }
        Answer::Value(value) => both(value, rules, seen, reason.clone()),
        Answer::Leave => FieldStep::Agree,
        _ => FieldStep::Park(reason.clone()),
    };
    Some(checked(rules, seen, step))
}

/// Whether the value of a side may go to the other one.
pub(in super::super) fn can_take(rules: &Rules, from: super::super::Side, value: &FieldValue) -> bool {
    value.is_known() && rules.direction.allows(from.other())
}
