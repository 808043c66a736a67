use jiff::Timestamp;
use serde_json::{Value, json};
use sync_core::sandbox_kit::Edit;

use super::customers::{IDS, TEXTS};
use super::params::Params;
use super::row::{Row, row};
use super::world::World;

/// Carries out what a person does in Moloni's own web application.
pub(super) fn edit(world: &mut World, edit: Edit, now: Timestamp) -> Result<Value, String> {
    match edit {
        Edit::Create { collection, fields } => {
            let fields = entered(fields)?;
            match collection.as_str() {
                "customers" => create_customer(world, fields, now).map(|id| customer(world, id)),
                "documents" => world.enter_document(&fields, now).map(|id| document(world, id)),
                _ => Err(no_collection(&collection)),
            }
        }
        Edit::Update { collection, id, fields } => {
            let (fields, id) = (entered(fields)?, number(&id)?);
            match collection.as_str() {
                "customers" => update_customer(world, id, fields, now).map(|()| customer(world, id)),
                "documents" => world.edit_document(id, &fields, now).map(|()| document(world, id)),
                _ => Err(no_collection(&collection)),
            }
        }
        Edit::Delete { collection, id } => {
            let id = number(&id)?;
            match collection.as_str() {
                "customers" if world.delete_customer(id) => Ok(Value::Null),
                "customers" => Err("no such customer, or documents name it".to_owned()),
                "documents" => world.delete_document(id).map(|()| Value::Null),
                _ => Err(no_collection(&collection)),
            }
        }
    }
}

fn entered(fields: Value) -> Result<Row, String> {
    match fields {
        Value::Object(fields) => Ok(fields),
        _ => Err("expected an object of fields".to_owned()),
    }
}

fn number(id: &str) -> Result<u64, String> {
    id.parse().map_err(|_| format!("{id}: not an id"))
}

fn no_collection(name: &str) -> String {
    format!("{name}: no such collection; there are `customers` and `documents`")
}

fn customer(world: &World, id: u64) -> Value {
    world.customers.get(&id).map_or(Value::Null, |c| Value::Object(c.row.clone()))
}

fn document(world: &World, id: u64) -> Value {
    world.documents.get(&id).map_or(Value::Null, |d| Value::Object(world.document_detail(d)))
}

fn create_customer(world: &mut World, fields: Row, now: Timestamp) -> Result<u64, String> {
    refuse_unknown(&fields)?;
    let first = |entity, key: &str| world.first(entity).get(key).cloned();
    let mut all = row(json!({
        "vat": "999999990", "number": world.next_customer_number(), "language_id": 1, "country_id": 1,
        "address": "Desconhecido", "city": "Desconhecido", "salesman_id": 0, "maturity_date_id": 0,
        "payment_day": 0, "discount": 0, "credit_limit": 0,
        "payment_method_id": first("paymentMethods", "payment_method_id"),
        "delivery_method_id": first("deliveryMethods", "delivery_method_id"),
    }));
    all.extend(fields);
    world.insert_customer(&Params::entered(all), now).map_err(|issues| issues.line())
}

fn update_customer(world: &mut World, id: u64, fields: Row, now: Timestamp) -> Result<(), String> {
    refuse_unknown(&fields)?;
    let mut all = world.customers.get(&id).ok_or("no such customer")?.row.clone();
    all.extend(fields);
    let done = world.update_customer(id, &Params::entered(all), now);
    done.map(|_| ()).map_err(|issues| issues.line())
}

fn refuse_unknown(fields: &Row) -> Result<(), String> {
    let known =
        |key: &str| TEXTS.contains(&key) || IDS.contains(&key) || ["discount", "credit_limit"].contains(&key);
    match fields.keys().find(|key| !known(key)) {
        Some(key) => Err(format!("{key}: not a field that can be entered")),
        None => Ok(()),
    }
}
