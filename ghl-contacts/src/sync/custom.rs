//! The custom fields of a location by the names that a mapping uses.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Number, Value};
use sync_core::engine::{Fault, Raw};

use super::fault::{broken, invalid};
use crate::client::Client;
use crate::fields::{CustomFieldBook, ResolvedField};
use crate::types::{Contact, CustomFieldDefinition, CustomFieldValue, DataType, NewCustomField};

/// What a raw record calls its custom fields.
pub(super) const CUSTOM: &str = "customFields";

/// A custom field that must be there.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) data_type: DataType,
}

/// A custom field that must be there, and how it is found. From
/// [`ContactCollection::custom_fields`](super::ContactCollection::custom_fields).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NeededField {
    /// Its name.
    pub name: String,
    /// The type that it must have.
    pub data_type: DataType,
    /// How it is found.
    pub found: Found,
}

/// How a custom field is found that must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Found {
    /// As it must be.
    There,
    /// Not at all: it is created before the first write.
    Missing,
    /// With another type, so that nothing is written.
    OfType(DataType),
    /// More than once, so that nothing is written.
    Several,
}

/// What is found, and what helps.
impl fmt::Display for NeededField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, data_type, found } = self;
        match found {
            Found::There => write!(f, "custom field {name:?} is there"),
            Found::Missing => write!(f, "custom field {name:?} is missing"),
            Found::OfType(is) => write!(
                f,
                "custom field {name:?} is of the type {}, and {} is wanted: rename it, or use another name",
                is.as_str(),
                data_type.as_str()
            ),
            Found::Several => write!(
                f,
                "several custom fields are called {name:?}: rename or delete all but one, or name the one that is \
                 meant by its key"
            ),
        }
    }
}

/// The custom fields as they were defined when they were last read.
#[derive(Debug)]
pub(super) struct Names {
    all: Vec<ResolvedField>,
    by_name: BTreeMap<String, ResolvedField>,
}

fn name(definition: &CustomFieldDefinition) -> &str {
    definition.name.trim()
}

/// The key without the model, or the id of a field without one.
fn key(definition: &CustomFieldDefinition) -> &str {
    let key = definition.field_key.as_deref().map(|key| key.split_once('.').map_or(key, |(_, bare)| bare));
    key.unwrap_or(definition.id.as_str())
}

impl Names {
    /// Each field goes by its name. One whose name another field has as well goes by its key, and so does one whose name
    /// has a dot, which a mapping's path would be divided at.
    fn new(all: Vec<ResolvedField>) -> Self {
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for field in &all {
            *times.entry(name(field.definition())).or_default() += 1;
        }
        let own_name = |definition: &CustomFieldDefinition| {
            let name = name(definition);
            let is_plain = !name.is_empty() && !name.contains('.');
            let is_only = times.get(name).is_none_or(|times| *times == 1);
            if is_plain && is_only { name } else { key(definition) }.to_owned()
        };
        let mut by_name = BTreeMap::new();
        for field in &all {
            by_name.entry(own_name(field.definition())).or_insert_with(|| field.clone());
        }
        Self { all, by_name }
    }

    pub(super) async fn of(book: &CustomFieldBook) -> Result<Self, Fault> {
        Ok(Self::new(book.fields().await?))
    }

    /// The field of this name. One that is not known makes the book look again, at most once in a while.
    pub(super) async fn field(book: &CustomFieldBook, field: &str) -> Result<ResolvedField, Fault> {
        if let Some(known) = Self::of(book).await?.get(field) {
            return Ok(known.clone());
        }
        let found = book.field(field).await?;
        if let Some(known) = Self::of(book).await?.get(field) {
            return Ok(known.clone());
        }
        let definition = found.definition();
        Err(broken(format!("{field:?} is the custom field {:?}: call it just so", name(definition))))
    }

    pub(super) fn get(&self, field: &str) -> Option<&ResolvedField> {
        self.by_name.get(field).or_else(|| {
            let mut named = self.all.iter().filter(|one| name(one.definition()) == field);
            named.next().filter(|_| named.next().is_none())
        })
    }

    /// How a field is found that must be there.
    pub(super) fn needed(&self, Wanted { name, data_type }: Wanted) -> NeededField {
        let found = self.find(&name, &data_type);
        NeededField { name, data_type, found }
    }

    fn find(&self, wanted: &str, data_type: &DataType) -> Found {
        let Some(field) = self.get(wanted) else {
            let several = self.all.iter().filter(|field| name(field.definition()) == wanted);
            return if several.count() > 1 { Found::Several } else { Found::Missing };
        };
        match field.definition().data_type.as_ref().filter(|is| *is != data_type) {
            Some(is) => Found::OfType(is.clone()),
            None => Found::There,
        }
    }

    /// Those that are not there, and a fault if one of them is there in another form.
    pub(super) fn missing<'w>(&self, wanted: &'w [Wanted]) -> Result<Vec<&'w Wanted>, Fault> {
        let mut missing = Vec::new();
        for one in wanted {
            let needed = self.needed(one.clone());
            match needed.found {
                Found::There => {}
                Found::Missing => missing.push(one),
                Found::OfType(_) | Found::Several => return Err(broken(needed.to_string())),
            }
        }
        Ok(missing)
    }

    /// All values of a contact by name. A field without one is known to be empty: the service gives all values or none.
    pub(super) fn read(&self, contact: &Contact) -> Raw {
        let values = self.by_name.iter().map(|(name, field)| {
            let value = contact.custom_fields.iter().find(|value| value.id == *field.id());
            (name.clone(), value.map(|value| value.value.clone()).unwrap_or_default())
        });
        values.collect()
    }
}

impl Wanted {
    /// What it is called in a plan.
    pub(super) fn described(&self) -> String {
        let Self { name, data_type } = self;
        match data_type {
            DataType::Text => format!("custom field {name:?}"),
            other => format!("custom field {name:?} of the type {}", other.as_str()),
        }
    }

    pub(super) async fn create(&self, client: &Client) -> Result<(), Fault> {
        let by_itself = [
            DataType::Text,
            DataType::LargeText,
            DataType::Numerical,
            DataType::Phone,
            DataType::Monetory,
            DataType::Date,
        ];
        if !by_itself.contains(&self.data_type) {
            return Err(broken(format!(
                "{} must be created in HighLevel itself: the API does not take what it would have to choose from",
                self.described()
            )));
        }
        let new = NewCustomField::new(&self.name, self.data_type.clone());
        client.custom_fields().create(&new).await?;
        Ok(())
    }
}

/// Values by id, each as its field takes it.
pub(super) async fn written(book: &CustomFieldBook, values: &Value) -> Result<Vec<CustomFieldValue>, Fault> {
    let Some(values) = values.as_object() else {
        return Err(broken("customFields are written each by its name, as in customFields.NIF"));
    };
    let mut written = Vec::new();
    for (name, value) in values {
        written.push(one(&Names::field(book, name).await?, value)?);
    }
    Ok(written)
}

fn one(field: &ResolvedField, value: &Value) -> Result<CustomFieldValue, Fault> {
    let definition = field.definition();
    let data_type = definition.data_type.as_ref();
    let clears = match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(members) => members.is_empty(),
        _ => false,
    };
    if clears && data_type != Some(&DataType::FileUpload) {
        // Whatever the field holds, the empty text removes it.
        return Ok(CustomFieldValue::new(definition.id.clone(), ""));
    }
    let fitting = match (data_type, value) {
        // A mapping has texts alone.
        (Some(DataType::Numerical | DataType::Monetory), Value::String(text)) => {
            let number = text.trim().parse::<Number>();
            let wrong = |_| invalid(&format!("customFields.{}", name(definition)), "must be a number");
            Value::Number(number.map_err(wrong)?)
        }
        (Some(DataType::TextboxList), Value::Object(boxes)) => {
            let text = |value: &Value| if value.is_null() { Value::from("") } else { value.clone() };
            boxes.iter().map(|(id, value)| (id.clone(), text(value))).collect::<Map<_, _>>().into()
        }
        _ => value.clone(),
    };
    Ok(field.value(fitting)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sync_core::engine::FaultKind;

    use super::*;

    fn field(id: &str, name: &str, key: &str, data_type: DataType) -> ResolvedField {
        let mut definition = CustomFieldDefinition::new(id, name);
        definition.field_key = Some(format!("contact.{key}"));
        definition.data_type = Some(data_type);
        ResolvedField::new(definition)
    }

    fn names() -> Names {
        Names::new(vec![
            field("cf_1", "NIF", "nif", DataType::Text),
            field("cf_2", "Cust. no.", "cust_no", DataType::Text),
            field("cf_3", "Plan", "plan", DataType::Text),
            field("cf_4", "Plan", "plan_1", DataType::Text),
        ])
    }

    #[test]
    fn a_field_goes_by_its_name_where_that_can_be_a_path_and_means_one_field() {
        let names = names();
        let known: Vec<_> = names.by_name.keys().map(String::as_str).collect();
        assert_eq!(known, ["NIF", "cust_no", "plan", "plan_1"]);
        assert_eq!(names.get("Cust. no.").unwrap().id().as_str(), "cf_2");
        assert!(names.get("Plan").is_none() && names.get("nif").is_none());
    }

    #[test]
    fn what_is_there_in_another_form_is_told_and_not_created_beside_it() {
        let wanted = |name: &str, data_type: DataType| vec![Wanted { name: name.to_owned(), data_type }];
        let names = names();
        assert!(names.missing(&wanted("NIF", DataType::Text)).unwrap().is_empty());
        assert_eq!(names.missing(&wanted("Points", DataType::Numerical)).unwrap().len(), 1);
        for (name, data_type, says) in [
            ("NIF", DataType::Numerical, "custom field \"NIF\" is of the type TEXT, and NUMERICAL is wanted"),
            ("Plan", DataType::Text, "several custom fields are called \"Plan\""),
        ] {
            let fault = names.missing(&wanted(name, data_type)).unwrap_err();
            assert_eq!(fault.kind(), FaultKind::Broken);
            assert!(fault.to_string().starts_with(says), "{fault}");
        }
    }

    #[test]
    fn values_of_every_type_are_written_in_their_own_shape() {
        let options = |data_type| {
            let mut definition = field("cf_1", "Plan", "plan", data_type).definition().clone();
            definition.picklist_options = vec![json!("Gold"), json!("Silver")];
            ResolvedField::new(definition)
        };
        let plain = |data_type| field("cf_1", "Plan", "plan", data_type);
        let table = [
            (plain(DataType::Text), json!("a"), Some(json!("a"))),
            (plain(DataType::LargeText), json!("a\nb"), Some(json!("a\nb"))),
            (plain(DataType::Phone), json!("+351910000001"), Some(json!("+351910000001"))),
            (plain(DataType::Date), json!("2026-12-31"), Some(json!("2026-12-31"))),
            (plain(DataType::Date), json!("31-12-2026"), None),
            (plain(DataType::Numerical), json!("12.5"), Some(json!(12.5))),
            (plain(DataType::Monetory), json!(7), Some(json!(7))),
            (plain(DataType::Numerical), json!("many"), None),
            (options(DataType::Radio), json!("gold"), Some(json!("Gold"))),
            (options(DataType::SingleOptions), json!("Iron"), None),
            (options(DataType::MultipleOptions), json!(["Gold", "Silver"]), Some(json!(["Gold", "Silver"]))),
            (options(DataType::Checkbox), json!("Gold"), Some(json!(["Gold"]))),
            (options(DataType::Checkbox), json!([]), Some(json!(""))),
            (
                plain(DataType::TextboxList),
                json!({ "b_1": "42", "b_2": null }),
                Some(json!({ "b_1": "42", "b_2": "" })),
            ),
            (plain(DataType::Numerical), json!(null), Some(json!(""))),
            (plain(DataType::FileUpload), json!(null), None),
        ];
        for (row, (field, value, want)) in table.into_iter().enumerate() {
            let sent = one(&field, &value)
                .ok()
                .map(|sent| serde_json::to_value(sent).unwrap()["field_value"].clone());
            assert_eq!(sent, want, "{row}");
        }
    }
}
