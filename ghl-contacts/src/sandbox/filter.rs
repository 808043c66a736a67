//! The filters of the search.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::contact::Contact;
use super::refuse::Refusal;
use super::shapes;
use super::validate::unknown;
use super::world::World;

/// The longest value to filter by, in characters.
const LONGEST: usize = 75;

/// What kind of field it is, which says the operators that fit.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Exact,
    List,
    Flag,
    Date,
    Custom,
    Nested,
}

impl Kind {
    fn operators(self) -> &'static [&'static str] {
        match self {
            Self::Text | Self::List => &["eq", "not_eq", "contains", "not_contains", "exists", "not_exists"],
            Self::Exact | Self::Flag => &["eq", "not_eq", "exists", "not_exists"],
            Self::Date => &["range", "exists", "not_exists"],
            Self::Custom => &["eq", "not_eq", "contains", "not_contains", "exists", "not_exists", "range"],
            Self::Nested => &["nested"],
        }
    }
}

fn kind_of(field: &str, world: &World) -> Option<Kind> {
    if let Some(rest) = field.strip_prefix("customFields.") {
        let id = rest.split('.').next().unwrap_or_default();
        return world.fields.iter().any(|f| f.id == id).then_some(Kind::Custom);
    }
    Some(match field {
        "firstNameLowerCase" | "lastNameLowerCase" | "contactName" | "phone" | "address" | "city"
        | "state" | "country" | "postalCode" | "companyName" | "businessName" | "website" | "source"
        | "timezone" | "type" => Kind::Text,
        "id"
        | "email"
        | "assignedTo"
        | "followers"
        | "dndSettings.Email.status"
        | "dndSettings.SMS.status"
        | "dndSettings.Call.status"
        | "inboundDndSettings.all.status" => Kind::Exact,
        "tags" | "activeWorkflows" | "finishedWorkflows" => Kind::List,
        "dnd" | "validEmail" | "isValidWhatsapp" => Kind::Flag,
        "dateAdded"
        | "dateUpdated"
        | "dateOfBirth"
        | "lastAppointment"
        | "lastEmailClickedDate"
        | "lastEmailOpenedDate" => Kind::Date,
        "opportunities" => Kind::Nested,
        _ => return None,
    })
}

/// What a contact has in a field of the search. Dates are milliseconds.
pub(super) fn field_value(contact: &Contact, business: Option<&str>, field: &str) -> Value {
    let plain = |name: &str| contact.fields.get(name).cloned().unwrap_or(Value::Null);
    let lower = |name: &str| json!(contact.text(name).map(str::to_lowercase));
    match field {
        "id" => json!(contact.id),
        "type" => json!("lead"),
        "contactName" => json!(contact.full_name()),
        "firstNameLowerCase" => lower("firstName"),
        "lastNameLowerCase" => lower("lastName"),
        "email" => lower("email"),
        "address" => plain("address1"),
        "businessName" => json!(business),
        "followers" => json!(contact.followers),
        "tags" => json!(contact.tags),
        "activeWorkflows" => json!(contact.workflows),
        "dnd" => json!(plain("dnd").as_bool().unwrap_or_default()),
        "dateAdded" => json!(contact.added.as_millisecond()),
        "dateUpdated" => json!(contact.updated.as_millisecond()),
        "dateOfBirth" => json!(shapes::birth_date(contact).map(Timestamp::as_millisecond)),
        _ => {
            let mut path = field.split('.');
            let first = path.next().unwrap_or_default();
            let start = match (first, path.clone().next()) {
                ("customFields", Some(id)) => {
                    path.next();
                    contact.custom.get(id)
                }
                _ => contact.fields.get(first),
            };
            path.fold(start, |value, part| value?.get(part)).cloned().unwrap_or(Value::Null)
        }
    }
}

/// A condition on contacts.
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    One { field: String, test: Test },
}

/// A condition on one field.
pub(super) enum Test {
    Equals {
        values: Vec<Value>,
        wanted: bool,
    },
    Contains {
        part: String,
        wanted: bool,
    },
    Exists {
        wanted: bool,
    },
    Range(Vec<(&'static str, f64)>),
    /// No contact here has an opportunity.
    Never,
}

fn unprocessable(message: impl Into<String>) -> Refusal {
    Refusal::unprocessable(vec![message.into()])
}

impl Filter {
    /// Reads the `filters` of a body, which all must hold.
    pub(super) fn parse(filters: Option<&Value>, world: &World) -> Result<Self, Refusal> {
        let filters = filters.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let parsed: Result<_, _> = filters.iter().map(|filter| Self::parse_one(filter, world)).collect();
        Ok(Self::All(parsed?))
    }

    fn parse_one(filter: &Value, world: &World) -> Result<Self, Refusal> {
        let filter =
            filter.as_object().ok_or_else(|| unprocessable("each value in filters must be an object"))?;
        let known: &[&str] = if filter.contains_key("group") {
            &["group", "filters"]
        } else {
            &["field", "operator", "value"]
        };
        if let Some(stranger) = filter.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(unprocessable(unknown(stranger)));
        }
        if let Some(group) = filter.get("group") {
            let Self::All(parts) = Self::parse(filter.get("filters"), world)? else {
                return Ok(Self::Any(Vec::new()));
            };
            return match group.as_str() {
                Some("AND") => Ok(Self::All(parts)),
                Some("OR") => Ok(Self::Any(parts)),
                _ => Err(unprocessable("group must be one of the following values: AND, OR")),
            };
        }
        let text = |name: &str| filter.get(name).and_then(Value::as_str).unwrap_or_default();
        let (field, operator) = (text("field"), text("operator"));
        let kind =
            kind_of(field, world).ok_or_else(|| Refusal::bad_request(&format!("Invalid field {field}")))?;
        if !kind.operators().contains(&operator) {
            return Err(Refusal::bad_request(&format!("Invalid operator {operator} for field {field}")));
        }
        Ok(Self::One { field: field.to_owned(), test: Test::parse(operator, filter)? })
    }

    pub(super) fn accepts(&self, contact: &Contact, business: Option<&str>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.accepts(contact, business)),
            Self::Any(parts) => parts.iter().any(|part| part.accepts(contact, business)),
            Self::One { field, test } => {
                test.accepts(&field_value(contact, business, field), field == "email")
            }
        }
    }
}

impl Test {
    fn parse(operator: &str, filter: &Map<String, Value>) -> Result<Self, Refusal> {
        let value = filter.get("value");
        if let "exists" | "not_exists" = operator {
            return match value {
                Some(_) => Err(unprocessable("property value should not exist")),
                None => Ok(Self::Exists { wanted: operator == "exists" }),
            };
        }
        let value = value.ok_or_else(|| unprocessable("value should not be empty"))?;
        if operator == "nested" {
            return Ok(Self::Never);
        }
        if operator == "range" {
            return range(value).map(Self::Range);
        }
        let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        if values.iter().any(|v| v.as_str().is_some_and(|text| text.chars().count() > LONGEST)) {
            return Err(unprocessable(format!(
                "value must be shorter than or equal to {LONGEST} characters"
            )));
        }
        match operator {
            "eq" | "not_eq" => Ok(Self::Equals { values, wanted: operator == "eq" }),
            _ => {
                let part = value.as_str().ok_or_else(|| unprocessable("value must be a string"))?;
                Ok(Self::Contains { part: part.to_lowercase(), wanted: operator == "contains" })
            }
        }
    }

    fn accepts(&self, value: &Value, is_email: bool) -> bool {
        // A list holds the condition if one of its items does.
        let items = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
        match self {
            Self::Equals { values, wanted } => {
                let equal = |item: &Value, given: &Value| match (is_email, given.as_str()) {
                    (true, Some(given)) => item.as_str() == Some(given.to_lowercase().as_str()),
                    _ => item == given,
                };
                items.iter().any(|item| values.iter().any(|given| equal(item, given))) == *wanted
            }
            Self::Contains { part, wanted } => {
                let has = |item: &Value| item.as_str().is_some_and(|text| text.to_lowercase().contains(part));
                items.iter().any(has) == *wanted
            }
            Self::Exists { wanted } => {
                let empty = value.is_null() || value.as_str() == Some("") || items.is_empty();
                empty != *wanted
            }
            Self::Range(bounds) => {
                number(value).is_some_and(|n| bounds.iter().all(|(name, bound)| holds(n, name, *bound)))
            }
            Self::Never => false,
        }
    }
}

fn holds(number: f64, comparison: &str, bound: f64) -> bool {
    match comparison {
        "gt" => number > bound,
        "gte" => number >= bound,
        "lt" => number < bound,
        _ => number <= bound,
    }
}

/// A number, or a date as milliseconds.
fn number(value: &Value) -> Option<f64> {
    let text = value.as_str();
    let date = text.and_then(|t| t.parse::<Timestamp>().or_else(|_| format!("{t}T00:00:00Z").parse()).ok());
    #[allow(clippy::cast_precision_loss, reason = "milliseconds of any date fit a double exactly")]
    value.as_f64().or_else(|| date.map(|at| at.as_millisecond() as f64))
}

fn range(value: &Value) -> Result<Vec<(&'static str, f64)>, Refusal> {
    let bounds = value.as_object().ok_or_else(|| unprocessable("value must be an object"))?;
    let mut range = Vec::new();
    for (name, bound) in bounds {
        let known = ["gt", "gte", "lt", "lte"].into_iter().find(|known| known == name);
        let known = known.ok_or_else(|| unprocessable(unknown(name)))?;
        let bound =
            number(bound).ok_or_else(|| unprocessable(format!("{name} must be a date or a number")))?;
        range.push((known, bound));
    }
    Ok(range)
}
