//! References of Multibanco. What the service answers about them is not documented.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::documents::Document;
use super::entry::CLOSED;
use super::route::{Ask, Reply};
use super::row::{Row, id, list, row, text, wire};
use super::validate::Check;
use super::world::World;
use super::writing::named;

const ENTITY: &str = "00311";

/// `{type}/generateMBReference`.
pub(super) fn generate(world: &mut World, ask: &Ask<'_>) -> Reply {
    let value = ask.params.number("value").filter(|n| *n > Decimal::ZERO);
    let document = named(world, ask, |check| {
        if value.is_none() {
            check.issues.add("2 0 0", "value", "must be float, greater than 0");
        }
    });
    let document = match document {
        Ok(document) => document,
        Err(reply) => return reply,
    };
    let reference = world.next_id();
    let Some(stored) = world.documents.get_mut(&document).filter(|d| d.status() == CLOSED) else {
        return Reply::Refused;
    };
    let made = row(json!({
        "reference_id": reference, "entity": ENTITY, "reference": format!("{reference:09}"),
        "value": wire(value.unwrap_or_default()), "paid": 0,
    }));
    let mut all = references(stored);
    all.push(made.clone());
    stored.extra.insert("mb_references".to_owned(), list(all));
    world.touch(document, ask.now);
    let mut answer = row(json!({ "valid": 1, "document_id": document }));
    answer.extend(made);
    Reply::Stored(Value::Object(answer))
}

/// `documents/getByMBReference`.
pub(super) fn get(world: &mut World, ask: &Ask<'_>) -> Reply {
    let mut check = Check::new(ask.params);
    for field in ["entity", "reference"] {
        check.text(field);
    }
    if !check.issues.is_empty() {
        return Reply::Invalid(check.issues);
    }
    let (entity, number) = (ask.params.text("entity"), ask.params.text("reference"));
    let is = |reference: &Row| text(reference, "entity") == entity && text(reference, "reference") == number;
    let found = world.documents.values().rev().filter(|d| references(d).iter().any(is));
    Reply::Read(list(found.map(|d| d.row.clone())))
}

/// `documents/setMBReferenceAsPaid`.
pub(super) fn set_as_paid(world: &mut World, ask: &Ask<'_>) -> Reply {
    change(world, ask, |reference| {
        reference.insert("paid".to_owned(), 1.into());
        true
    })
}

/// `documents/deleteMBReference`.
pub(super) fn delete(world: &mut World, ask: &Ask<'_>) -> Reply {
    change(world, ask, |_| false)
}

/// Changes one reference, or drops it.
fn change(world: &mut World, ask: &Ask<'_>, keep: impl Fn(&mut Row) -> bool) -> Reply {
    let wanted = ask.params.id("reference_id");
    let document = match named(world, ask, |check| check.id("reference_id")) {
        Ok(document) => document,
        Err(reply) => return reply,
    };
    let Some(stored) = world.documents.get_mut(&document) else { return Reply::Refused };
    let is = |reference: &Row| id(reference, "reference_id") == wanted;
    let mut all = references(stored);
    if !all.iter().any(is) {
        return Reply::Refused;
    }
    all.retain_mut(|reference| !is(reference) || keep(reference));
    stored.extra.insert("mb_references".to_owned(), list(all));
    world.touch(document, ask.now);
    Reply::Stored(json!({ "valid": 1 }))
}

fn references(document: &Document) -> Vec<Row> {
    let all = document.extra.get("mb_references").and_then(Value::as_array).cloned();
    all.unwrap_or_default().into_iter().map(row).collect()
}
