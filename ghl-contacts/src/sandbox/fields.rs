//! Custom fields: their definitions and which values they take.

use serde_json::{Map, Value, json};
use sync_core::sandbox_kit::Answer;

use super::normal::slug;
use super::refuse::{Refusal, Reply};
use super::route::Call;
use super::validate::{Field, Kind};
use super::world::World;

const DATA_TYPES: &[&str] = &[
    "TEXT",
    "LARGE_TEXT",
    "NUMERICAL",
    "PHONE",
    "MONETORY",
    "CHECKBOX",
    "SINGLE_OPTIONS",
    "MULTIPLE_OPTIONS",
    "DATE",
    "TEXTBOX_LIST",
    "FILE_UPLOAD",
    "RADIO",
];
const MODELS: &[&str] = &["contact", "opportunity"];

const DETAILS: &[Field] = &[
    Field::text("name").required(),
    Field::text("placeholder"),
    Field::new("acceptedFormat", Kind::Texts),
    Field::new("isMultipleFile", Kind::Bool),
    Field::new("maxNumberOfFiles", Kind::Number),
    Field::new("textBoxListOptions", Kind::List),
    Field::new("position", Kind::Number),
    Field::new("model", Kind::OneOf(MODELS)),
];
const DEFINITION: &[Field] = &[
    Field::new("dataType", Kind::OneOf(DATA_TYPES)).required(),
    Field::text("parentId"),
    Field::text("fieldKey"),
    Field::text("description"),
];
pub(super) const CREATE: &[&[Field]] = &[DETAILS, DEFINITION];
pub(super) const UPDATE: &[&[Field]] = &[DETAILS];
/// The web application also takes the options to choose from.
pub(super) const CREATE_BY_HAND: &[&[Field]] =
    &[DETAILS, DEFINITION, &[Field::new("picklistOptions", Kind::Texts)]];
pub(super) const UPDATE_BY_HAND: &[&[Field]] = &[DETAILS, &[Field::new("picklistOptions", Kind::Texts)]];

/// The definition of a custom field.
#[derive(Debug, Clone)]
pub(super) struct CustomField {
    pub(super) id: String,
    pub(super) location: String,
    pub(super) model: String,
    /// With the model in front, such as `contact.postal_code`.
    key: String,
    data_type: String,
    options: Vec<Value>,
    details: Map<String, Value>,
}

impl CustomField {
    /// The key without the model, as a contact's write names it.
    pub(super) fn bare_key(&self) -> &str {
        self.key.split_once('.').map_or(self.key.as_str(), |(_, bare)| bare)
    }

    /// The value as it is stored; `None` if the field cannot hold it.
    pub(super) fn accept(&self, value: &Value) -> Option<Value> {
        match self.data_type.as_str() {
            "NUMERICAL" | "MONETORY" => match value {
                Value::Number(_) => Some(value.clone()),
                Value::String(text) => text.trim().parse::<serde_json::Number>().ok().map(Value::Number),
                _ => None,
            },
            "SINGLE_OPTIONS" | "RADIO" => self.options.contains(value).then(|| value.clone()),
            "CHECKBOX" | "MULTIPLE_OPTIONS" => {
                let known: Vec<_> =
                    value.as_array()?.iter().filter(|v| self.options.contains(v)).cloned().collect();
                (!known.is_empty()).then_some(Value::Array(known))
            }
            "TEXTBOX_LIST" | "FILE_UPLOAD" => value.is_object().then(|| value.clone()),
            _ => (!value.is_object() && !value.is_array()).then(|| value.clone()),
        }
    }

    pub(super) fn view(&self) -> Value {
        let detail = |name: &str, default: Value| self.details.get(name).cloned().unwrap_or(default);
        json!({
            "id": self.id,
            "name": detail("name", Value::Null),
            "fieldKey": self.key,
            "placeholder": detail("placeholder", json!("")),
            "dataType": self.data_type,
            "position": detail("position", json!(0)),
            "picklistOptions": self.options,
            "picklistImageOptions": [],
            "isAllowedCustomOption": false,
            "isMultiFileAllowed": detail("isMultipleFile", json!(false)),
            "maxFileLimit": detail("maxNumberOfFiles", json!(1)),
            "locationId": self.location,
            "model": self.model,
        })
    }
}

impl World {
    /// Defines a field from a body that has passed validation.
    pub(super) fn define_field(&mut self, location: &str, body: &Map<String, Value>) -> Value {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let model = text("model").unwrap_or("contact").to_owned();
        let wished = text("fieldKey").map_or_else(|| slug(text("name").unwrap_or_default()), str::to_owned);
        let bare = wished.strip_prefix(&format!("{model}.")).unwrap_or(&wished).to_owned();
        let taken = |key: &str| self.fields.iter().any(|f| f.location == location && f.key == key);
        let mut key = format!("{model}.{bare}");
        let mut copy = 1;
        while taken(&key) {
            key = format!("{model}.{bare}_{copy}");
            copy += 1;
        }
        let field = CustomField {
            location: location.to_owned(),
            model,
            key,
            data_type: text("dataType").unwrap_or_default().to_owned(),
            options: body.get("picklistOptions").and_then(Value::as_array).cloned().unwrap_or_default(),
            details: body.clone(),
            id: self.new_id(),
        };
        let view = field.view();
        self.fields.push(field);
        view
    }

    /// Changes a definition's details; `None` if there is none.
    pub(super) fn redefine_field(&mut self, id: &str, body: &Map<String, Value>) -> Option<Value> {
        let field = self.fields.iter_mut().find(|f| f.id == id)?;
        field.details.extend(body.clone());
        if let Some(options) = body.get("picklistOptions").and_then(Value::as_array) {
            field.options.clone_from(options);
        }
        Some(field.view())
    }

    /// Removes a definition and the values that contacts have for it.
    pub(super) fn drop_field(&mut self, id: &str) -> bool {
        let before = self.fields.len();
        self.fields.retain(|f| f.id != id);
        self.contacts.values_mut().for_each(|contact| {
            contact.custom.remove(id);
        });
        self.index.drop_custom(id);
        self.fields.len() < before
    }
}

/// The definition that the path names, by id or by key.
fn named<'a>(world: &'a World, call: &Call<'_>) -> Result<&'a CustomField, Refusal> {
    let (location, name) = (call.param(0), call.param(1));
    let field = world.fields.iter().find(|f| f.location == location && (f.id == name || f.key == name));
    field.ok_or_else(|| Refusal::not_found("Custom field"))
}

pub(super) fn list(world: &mut World, call: &Call<'_>) -> Reply {
    let model = call.request.query("model").unwrap_or("all");
    if model != "all" && !MODELS.contains(&model) {
        let message = format!("model must be one of the following values: {}, all", MODELS.join(", "));
        return Err(Refusal::unprocessable(vec![message]));
    }
    let fields =
        world.fields.iter().filter(|f| f.location == call.param(0) && (model == "all" || f.model == model));
    let views: Vec<Value> = fields.map(CustomField::view).collect();
    Ok(Answer::json(200, json!({ "customFields": views })))
}

pub(super) fn get(world: &mut World, call: &Call<'_>) -> Reply {
    Ok(Answer::json(200, json!({ "customField": named(world, call)?.view() })))
}

#[allow(clippy::unnecessary_wraps, reason = "all handlers have one signature")]
pub(super) fn create(world: &mut World, call: &Call<'_>) -> Reply {
    let view = world.define_field(call.param(0), &call.body);
    Ok(Answer::json(201, json!({ "customField": view })).with_effect())
}

pub(super) fn update(world: &mut World, call: &Call<'_>) -> Reply {
    let id = named(world, call)?.id.clone();
    let view = world.redefine_field(&id, &call.body);
    Ok(Answer::json(200, json!({ "customField": view })).with_effect())
}

pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Reply {
    let id = named(world, call)?.id.clone();
    world.drop_field(&id);
    Ok(Answer::json(200, call.done()).with_effect())
}
