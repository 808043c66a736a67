//! How settings are inserted, updated and deleted, and which of them changed.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::lists::Field;
use super::params::Params;
use super::route::{Ask, Handle, Reply};
use super::row::{Row, id, list};
use super::validate::{Check, Issues, since};
use super::world::World;
use super::{document_sets, lists, products, settings, taxes};

/// How the rows of one list are written.
pub(super) struct Form {
    pub(super) entity: &'static str,
    pub(super) key: &'static str,
    /// What is written as it is sent.
    pub(super) fields: &'static [Field],
    /// Checks what else is sent; the id is that of the row to replace.
    pub(super) check: fn(&World, &mut Check<'_>, Option<u64>),
    /// Replaces the other fields of a row that has only its id, or those of a former state.
    pub(super) write: fn(&World, &mut Row, &Params, Timestamp),
}

/// The lists whose rows are more than what is written.
const FORMS: &[Form] = &[taxes::FORM, document_sets::FORM, products::FORM];

/// How the rows of `entity` are written, if they can be.
pub(super) fn find(entity: &str) -> Option<&'static Form> {
    FORMS.iter().chain(lists::FORMS).find(|form| form.entity == entity)
}

/// The methods that these lists have in common.
pub(super) const METHODS: &[(&str, Handle)] = &[
    ("insert", |w, ask| with_form(w, ask, insert)),
    ("update", |w, ask| with_form(w, ask, update)),
    ("delete", |w, ask| with_form(w, ask, delete)),
    ("getModifiedSince", |w, ask| {
        modified(w, ask).map_or_else(Reply::Invalid, |rows| Reply::Read(list(rows)))
    }),
    ("countModifiedSince", |w, ask| {
        modified(w, ask).map_or_else(Reply::Invalid, |rows| Reply::count(rows.len()))
    }),
];

fn with_form(world: &mut World, ask: &Ask<'_>, act: fn(&mut World, &Ask<'_>, &Form) -> Reply) -> Reply {
    find(ask.entity).map_or(Reply::Refused, |form| act(world, ask, form))
}

fn insert(world: &mut World, ask: &Ask<'_>, form: &Form) -> Reply {
    let mut check = Check::new(ask.params);
    lists::check(world, &mut check, form, None);
    (form.check)(world, &mut check, None);
    if !check.issues.is_empty() {
        return Reply::Invalid(check.issues);
    }
    let key = world.next_id();
    let mut fields = Row::from_iter([(form.key.to_owned(), key.into())]);
    lists::write(&mut fields, form, ask.params);
    (form.write)(world, &mut fields, ask.params, ask.now);
    world.rows_mut(form.entity).push(fields);
    world.note_change(form.entity, key, ask.now);
    // The one insert whose id is known to be a text.
    let shown = if form.entity == "documentSets" { json!(key.to_string()) } else { json!(key) };
    stored(form.key, shown)
}

/// The answer to a write: that it was done, and the id.
fn stored(key: &str, shown: Value) -> Reply {
    Reply::Stored(Value::Object(Row::from_iter([("valid".to_owned(), 1.into()), (key.to_owned(), shown)])))
}

fn update(world: &mut World, ask: &Ask<'_>, form: &Form) -> Reply {
    let mut check = Check::new(ask.params);
    check.id(form.key);
    let key = ask.params.id(form.key);
    lists::check(world, &mut check, form, Some(key));
    (form.check)(world, &mut check, Some(key));
    if !check.issues.is_empty() {
        return Reply::Invalid(check.issues);
    }
    let found = world.settings(form.entity).iter().find(|r| id(r, form.key) == key).cloned();
    let Some(mut fields) = found else { return Reply::Refused };
    lists::write(&mut fields, form, ask.params);
    (form.write)(world, &mut fields, ask.params, ask.now);
    if let Some(stored) = world.rows_mut(form.entity).iter_mut().find(|r| id(r, form.key) == key) {
        *stored = fields;
    }
    world.note_change(form.entity, key, ask.now);
    stored(form.key, key.into())
}

fn delete(world: &mut World, ask: &Ask<'_>, form: &Form) -> Reply {
    let mut check = Check::new(ask.params);
    check.id(form.key);
    if !check.issues.is_empty() {
        return Reply::Invalid(check.issues);
    }
    let key = ask.params.id(form.key);
    let rows = world.settings(form.entity);
    if world.mentions(form.entity, form.key, key) || !rows.iter().any(|r| id(r, form.key) == key) {
        return Reply::Refused;
    }
    world.rows_mut(form.entity).retain(|r| id(r, form.key) != key);
    Reply::Stored(json!({ "valid": 1 }))
}

/// The rows of the call's list that changed, the newest first.
pub(super) fn modified(world: &World, ask: &Ask<'_>) -> Result<Vec<Row>, Issues> {
    let since = since(ask.params)?;
    let Some(setting) = settings::find(ask.entity) else { return Ok(Vec::new()) };
    let newer = |r: &&Row| world.changed_at(setting.entity, id(r, setting.key)) >= since;
    Ok(world.settings(setting.entity).iter().rev().filter(newer).cloned().collect())
}

impl World {
    /// Whether a record of another list names the row.
    fn mentions(&self, entity: &str, key: &str, wanted: u64) -> bool {
        let named = |fields: Row| names(&Value::Object(fields), key, wanted);
        let products = self.settings("products").iter().filter(|_| entity != "products");
        self.customers.values().any(|c| named(c.row.clone()))
            || self.documents.values().any(|d| named(self.document_detail(d)))
            || products.cloned().any(named)
    }
}

/// Whether there is `wanted` under `key` anywhere in `value`.
pub(super) fn names(value: &Value, key: &str, wanted: u64) -> bool {
    match value {
        Value::Object(fields) => {
            id(fields, key) == wanted || fields.values().any(|inner| names(inner, key, wanted))
        }
        Value::Array(items) => items.iter().any(|item| names(item, key, wanted)),
        _ => false,
    }
}
