use super::super::value::FieldValue;

/// The canonical fields of one record, in the order of the mapping's fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    values: Vec<FieldValue>,
    /// Values that could not be used: the field's position and why.
    problems: Vec<(usize, String)>,
    /// Positions of fields that the service does not take writes of any more.
    frozen: Vec<usize>,
}

impl Fields {
    /// Fields with these values, in the mapping's order.
    pub fn new(values: impl IntoIterator<Item = FieldValue>) -> Self {
        Self { values: values.into_iter().collect(), ..Self::default() }
    }

    /// The value at a position; unknown if there is no such field.
    pub fn get(&self, position: usize) -> &FieldValue {
        self.values.get(position).unwrap_or(&FieldValue::Unknown)
    }

    /// All values, by position.
    pub(in super::super) fn values(&self) -> &[FieldValue] {
        &self.values
    }

    /// The values that could not be used. They are unknown.
    pub fn problems(&self) -> &[(usize, String)] {
        &self.problems
    }

    /// Whether the service does not take writes of the field any more.
    pub fn is_frozen(&self, position: usize) -> bool {
        self.frozen.contains(&position)
    }

    /// Adds the next field's value, or why there is none.
    pub(super) fn push(&mut self, value: Result<FieldValue, String>, frozen: bool) {
        let position = self.values.len();
        if frozen {
            self.frozen.push(position);
        }
        self.values.push(value.unwrap_or_else(|why| {
            self.problems.push((position, why));
            FieldValue::Unknown
        }));
    }
}
