use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::document_types::{TYPES, by_id};
use super::lisbon;
use super::params::Params;
use super::route::{Ask, Reply};
use super::row::{Row, id, row};
use super::upkeep::Form;
use super::validate::Check;
use super::world::World;

/// How series are written.
pub(super) const FORM: Form =
    Form { entity: "documentSets", key: "document_set_id", fields: &[], check, write };

fn check(world: &World, check: &mut Check<'_>, updated: Option<u64>) {
    if check.text("name") {
        let name = check.params.text("name");
        let others =
            world.settings("documentSets").iter().filter(|s| Some(id(s, "document_set_id")) != updated);
        if others.into_iter().any(|s| s.get("name").and_then(Value::as_str) == Some(name.as_str())) {
            check.issues.add("4", "name", "must be unique");
        }
    }
    check.one_of("active_by_default", &["0", "1"]);
    check.one_of("cash_vat_scheme_indicator", &["0", "1"]);
    check.id_or_none("template_id");
}

fn write(_: &World, fields: &mut Row, params: &Params, _: Timestamp) {
    let set = id(fields, "document_set_id");
    let mut all = blank(set);
    all.extend(std::mem::take(fields));
    for key in ["active_by_default", "cash_vat_scheme_indicator", "template_id"] {
        all.insert(key.to_owned(), params.id(key).into());
    }
    all.insert("name".to_owned(), params.text("name").into());
    *fields = all;
}

/// A series that numbers every type of document from 1, and that the tax authority does not know.
pub(super) fn blank(set: u64) -> Row {
    let numbers: Vec<Value> = TYPES
        .iter()
        .map(|t| json!({ "document_set_id": set, "document_type_id": t.id, "initial_number": 1 }))
        .collect();
    row(json!({
        "document_set_id": set, "name": "", "active_by_default": 0, "cash_vat_scheme_indicator": 0,
        "template_id": 0, "image": "", "for_invoice_receipt": 0, "is_invisible": 0, "eac_id": 0,
        "document_types_numbers": numbers, "document_set_at_codes": [],
    }))
}

/// Registers a series for a type of document with a tax authority that says yes to everything.
pub(super) fn at_insert_code(world: &mut World, ask: &Ask<'_>) -> Reply {
    let params = ask.params;
    let mut check = Check::new(params);
    check.id("document_set_id");
    check.id("document_type_id");
    let manual = ["document_set_at_code", "initial_num", "initial_date"].iter().any(|name| params.has(name));
    if manual {
        check.text("document_set_at_code");
        check.id("initial_num");
        if check.text("initial_date") && lisbon::day(&params.text("initial_date")).is_none() {
            check.issues.add("9", "initial_date", "must be a valid date");
        }
    }
    if !check.issues.is_empty() {
        return Reply::Invalid(check.issues);
    }
    let (set, kind) = (params.id("document_set_id"), params.id("document_type_id"));
    let code = manual.then(|| params.text("document_set_at_code"));
    let since = lisbon::day(&params.text("initial_date")).unwrap_or_else(|| lisbon::today(ask.now));
    match world.register(set, kind, code, (params.int("initial_num").unwrap_or(1), since), ask.now) {
        Some(registration) => Reply::Stored(json!({ "valid": 1, "document_set_wsat_id": registration })),
        None => Reply::Refused,
    }
}

/// Registers a series for every type of document.
pub(super) fn at_insert_code_bulk(world: &mut World, ask: &Ask<'_>) -> Reply {
    let mut check = Check::new(ask.params);
    check.id("document_set_id");
    if !check.issues.is_empty() {
        return Reply::Invalid(check.issues);
    }
    let (set, today) = (ask.params.id("document_set_id"), lisbon::today(ask.now));
    let mut kinds = TYPES.iter();
    if kinds.all(|kind| world.register(set, kind.id, None, (1, today), ask.now).is_some()) {
        Reply::Stored(json!({ "valid": 1, "document_set_id": set }))
    } else {
        Reply::Refused
    }
}

impl World {
    /// Notes that a series is registered for a type of document, from a number and a day on. Without a code it gets
    /// one. `None` if there is no such series or type.
    fn register(
        &mut self,
        set: u64,
        kind: u64,
        code: Option<String>,
        (first, since): (i64, Date),
        now: Timestamp,
    ) -> Option<u64> {
        by_id(kind)?;
        let (registration, log) = (self.next_id(), self.next_id());
        let code = code.unwrap_or_else(|| format!("AT{registration:06}"));
        let entry = json!({
            "document_set_wsat_id": registration, "document_set_id": set, "document_type_id": kind,
            "initial_num": first, "initial_date": lisbon::midnight(since), "document_set_state": 0, "end_num": null,
            "document_set_at_code": code, "new_document_set": 1, "can_be_nulled": 0,
            "last_log": {
                "document_set_wsat_logs_id": log, "document_set_wsat_id": registration, "action": 0,
                "processing_mode": 0, "valid_document_set_at_code": 1, "result_code": 2001,
                "result_msg": "Série registada com sucesso.", "document_set_state": 0,
                "created_at": lisbon::date_time(now), "created_by": "Utilizador",
            },
        });
        let mut sets = self.rows_mut("documentSets").iter_mut();
        let found = sets.find(|s| id(s, "document_set_id") == set)?;
        let codes = found.get_mut("document_set_at_codes")?.as_array_mut()?;
        codes.retain(|c| c.get("document_type_id").and_then(Value::as_u64) != Some(kind));
        codes.push(entry);
        self.note_change("documentSets", set, now);
        Some(registration)
    }
}
