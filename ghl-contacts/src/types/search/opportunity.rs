use std::borrow::Cow;

use serde_json::{Value, json};

use super::value::SearchText;

/// A field of the opportunities of a contact, for [`Filter::opportunities`](super::Filter::opportunities).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpportunityField(Cow<'static, str>);

impl OpportunityField {
    /// The pipeline it is in.
    pub const PIPELINE_ID: Self = Self(Cow::Borrowed("pipelineId"));
    /// The stage of the pipeline it is in.
    pub const PIPELINE_STAGE_ID: Self = Self(Cow::Borrowed("pipelineStageId"));
    /// Its status, such as `open`, `won`, `lost` or `abandoned`.
    pub const STATUS: Self = Self(Cow::Borrowed("status"));

    /// Any field, by the service's own name.
    pub fn other(name: impl Into<String>) -> Self {
        Self(Cow::Owned(name.into()))
    }

    /// The field is `value`, or one of them if they are several. At most 75 characters each.
    pub fn eq(self, value: impl Into<SearchText>) -> OpportunityFilter {
        OpportunityFilter { field: self.0, operator: "eq", value: value.into() }
    }

    /// The field is not `value`, nor one of them if they are several. At most 75 characters each.
    pub fn not_eq(self, value: impl Into<SearchText>) -> OpportunityFilter {
        OpportunityFilter { field: self.0, operator: "not_eq", value: value.into() }
    }
}

/// A condition on the opportunities of a contact. Made by the operators of an [`OpportunityField`].
#[derive(Debug, Clone, PartialEq)]
pub struct OpportunityFilter {
    field: Cow<'static, str>,
    operator: &'static str,
    value: SearchText,
}

impl OpportunityFilter {
    pub(super) fn into_value(self) -> Value {
        json!({ "field": self.field, "operator": self.operator, "value": Value::from(self.value) })
    }
}
