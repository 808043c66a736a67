use std::borrow::Cow;

use serde_json::{Value, json};

use super::opportunity::OpportunityFilter;

/// How many characters the service takes in a value, and in the free text.
pub(super) const LONGEST: usize = 75;

/// A condition of a search. Made by the operators of a [`SearchField`](super::SearchField), and put together here.
///
/// ```
/// use ghl_contacts::{Filter, OpportunityField, SearchField};
///
/// let worth_a_call = Filter::all([
///     SearchField::PHONE.exists(),
///     Filter::any([
///         SearchField::TAGS.eq("vip"),
///         Filter::opportunities([OpportunityField::STATUS.eq("open")]),
///     ]),
/// ]);
/// # let _ = worth_a_call;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Filter(Node);

#[derive(Debug, Clone, PartialEq)]
enum Node {
    One { field: Cow<'static, str>, operator: &'static str, value: Option<Value> },
    Group { kind: &'static str, filters: Vec<Filter> },
    Raw(Value),
}

impl Filter {
    pub(super) fn one(field: Cow<'static, str>, operator: &'static str, value: Option<Value>) -> Self {
        Self(Node::One { field, operator, value })
    }

    /// One of the conditions holds. There must be one.
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Self {
        Self(Node::Group { kind: "OR", filters: filters.into_iter().collect() })
    }

    /// All of the conditions hold. There must be one.
    pub fn all(filters: impl IntoIterator<Item = Self>) -> Self {
        Self(Node::Group { kind: "AND", filters: filters.into_iter().collect() })
    }

    /// The contact has an opportunity for which all of the conditions hold. There must be one.
    pub fn opportunities(filters: impl IntoIterator<Item = OpportunityFilter>) -> Self {
        let value = filters.into_iter().map(OpportunityFilter::into_value).collect();
        Self::one(Cow::Borrowed("opportunities"), "nested", Some(value))
    }

    /// A condition as the service wants it, for what has no constructor here. It is sent unchecked.
    pub fn raw(filter: Value) -> Self {
        Self(Node::Raw(filter))
    }

    /// The condition on the wire.
    pub(super) fn to_value(&self) -> Value {
        match &self.0 {
            Node::One { field, operator, value: Some(value) } => {
                json!({ "field": field, "operator": operator, "value": value })
            }
            Node::One { field, operator, value: None } => json!({ "field": field, "operator": operator }),
            Node::Group { kind, filters } => {
                let filters: Vec<_> = filters.iter().map(Self::to_value).collect();
                json!({ "group": kind, "filters": filters })
            }
            Node::Raw(filter) => filter.clone(),
        }
    }

    /// Why the service would refuse it, or take it for something else, if it would. Without the value.
    pub(super) fn check(&self) -> Result<(), String> {
        match &self.0 {
            Node::One { field, operator, value: Some(value) } => {
                check_value(value).map_err(|why| format!("the filter {operator} on {field}: {why}"))
            }
            Node::Group { kind, filters } if filters.is_empty() => {
                Err(format!("a group of filters ({kind}) is empty; leave it out or put a filter into it"))
            }
            Node::Group { filters, .. } => filters.iter().try_for_each(Self::check),
            Node::One { value: None, .. } | Node::Raw(_) => Ok(()),
        }
    }
}

fn check_value(value: &Value) -> Result<(), String> {
    match value {
        Value::Null => Err("a number must be finite".to_owned()),
        Value::String(text) => match text.chars().count() {
            0..=LONGEST => Ok(()),
            length => {
                Err(format!("the value has {length} characters, and the service takes at most {LONGEST}"))
            }
        },
        Value::Array(items) if items.is_empty() => Err("the list of values is empty".to_owned()),
        Value::Array(items) => items.iter().try_for_each(check_value),
        Value::Object(bounds) if bounds.is_empty() => Err("the range has no bounds".to_owned()),
        Value::Object(bounds) => bounds.values().try_for_each(check_value),
        Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}
