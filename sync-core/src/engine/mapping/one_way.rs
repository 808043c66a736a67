//! What a one-way pass takes from a mapping.

use std::collections::BTreeMap;

use super::super::policy::Direction;
use super::super::record::{Raw, Side};
use super::super::value::FieldValue;
use super::{Fields, Mapper, Mapping};

/// As the one-way baseline keeps a value: a text or empty; the outer `None` is unknown.
#[allow(clippy::option_option, reason = "the baseline keeps options, and not every value is known")]
fn known(value: &FieldValue) -> Option<Option<String>> {
    match value {
        FieldValue::Text(text) => Some(Some(text.clone())),
        FieldValue::Empty => Some(None),
        // A pass does not sync sets.
        FieldValue::Unknown | FieldValue::Set(_) => None,
    }
}

/// What a merge of one pair wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct Merge {
    /// Positions and values to write to the right side.
    pub(in super::super) writes: Vec<(usize, Option<String>)>,
    /// Positions where both sides differ and the right one is left alone.
    pub(in super::super) kept: Vec<usize>,
}

impl Mapping {
    /// Whether changes of a field reach a record that is there already.
    pub(in super::super) fn follows(&self, name: &str) -> bool {
        self.fields.iter().any(|f| f.name() == name && !matches!(f.rules.direction, Direction::OnCreate(_)))
    }

    /// The right side's fields for a new record: everything that has a value.
    pub(in super::super) fn create(&self, left: &Fields) -> Vec<(usize, Option<String>)> {
        (0..self.fields.len()).filter_map(|i| Some((i, Some(left.get(i).text()?.to_owned())))).collect()
    }

    /// One-way merge of one pair, field by field.
    ///
    /// | left since the last agreement | right | result |
    /// |---|---|---|
    /// | unchanged, or unknown | any | nothing |
    /// | changed | equal | nothing |
    /// | changed | different | written |
    /// | never agreed | equal | nothing |
    /// | never agreed, has a value | empty | written |
    /// | never agreed, has a value | another value | kept: what people put there is not overwritten |
    /// | never agreed, empty | any | nothing: an empty field never clears another here |
    pub(in super::super) fn merge(
        &self,
        agreed: &BTreeMap<String, Option<String>>,
        left: &Fields,
        right: &Fields,
    ) -> Merge {
        let mut merge = Merge::default();
        for (position, field) in self.fields.iter().enumerate().filter(|(_, f)| self.follows(f.name())) {
            let (l, r) = (left.get(position), right.get(position));
            let Some(value) = known(l) else { continue };
            if l == r {
                continue;
            }
            match agreed.get(field.name()) {
                Some(agreed) if *agreed == value => {}
                Some(_) => merge.writes.push((position, value)),
                None => match (l, r) {
                    (FieldValue::Text(_), FieldValue::Text(_)) => merge.kept.push(position),
                    (FieldValue::Text(_), _) => merge.writes.push((position, value)),
                    _ => {}
                },
            }
        }
        merge
    }

    /// The values of a record by field name, as a baseline keeps them. Unknown fields keep their old value.
    pub(in super::super) fn remember(&self, fields: &Fields, into: &mut BTreeMap<String, Option<String>>) {
        for (position, field) in self.fields.iter().enumerate() {
            if let Some(value) = known(fields.get(position)) {
                into.insert(field.name().to_owned(), value);
            }
        }
    }

    /// Values as the right side's raw fields.
    pub(in super::super) fn write_right(&self, values: &[(usize, Option<String>)]) -> Raw {
        let text = |value: &Option<String>| value.clone().map_or(FieldValue::Empty, FieldValue::Text);
        let values: Vec<_> = values.iter().map(|(position, value)| (*position, text(value))).collect();
        self.write(Side::Right, &values)
    }
}
