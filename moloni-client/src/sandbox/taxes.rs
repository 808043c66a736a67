use jiff::Timestamp;
use serde_json::json;

use super::lisbon;
use super::params::Params;
use super::row::{Row, amount, row};
use super::upkeep::Form;
use super::validate::Check;
use super::world::World;

/// How taxes are written.
pub(super) const FORM: Form = Form { entity: "taxes", key: "tax_id", fields: &[], check, write };

fn check(_: &World, check: &mut Check<'_>, _: Option<u64>) {
    check.text("name");
    check.amount("value", None);
    check.one_of("type", &["1", "2", "3"]);
    check.one_of("saft_type", &["1", "2", "3"]);
    match check.params.int("saft_type") {
        Some(1) => check.one_of("vat_type", &["RED", "INT", "NOR", "ISE", "OUT"]),
        Some(2) => {
            check.text("stamp_tax");
        }
        _ => {}
    }
    if check.params.number("value").is_some_and(|value| value.is_zero()) {
        check.text("exemption_reason");
    }
    check.text("fiscal_zone");
    check.one_of("active_by_default", &["0", "1"]);
}

fn write(world: &World, fields: &mut Row, params: &Params, now: Timestamp) {
    let text = |name| params.text(name);
    fields.extend(row(json!({
        "company_id": world.company_id(), "name": text("name"), "value": params.wire("value"),
        "type": params.int("type"), "saft_type": params.int("saft_type"), "vat_type": text("vat_type"),
        "stamp_tax": text("stamp_tax"), "exemption_reason": text("exemption_reason"),
        "fiscal_zone": text("fiscal_zone"), "active_by_default": params.int("active_by_default"),
        "lastmodified": lisbon::date_time(now), "lastmodifiedby": "Utilizador",
    })));
    for (key, value) in [("country_id", 0), ("visibility", 1), ("recem_importado", 0)] {
        fields.entry(key).or_insert(value.into());
    }
}

/// The taxes that pass the filters of `getAll`.
pub(super) fn selected(rows: Vec<Row>, params: &Params) -> Vec<Row> {
    let same = |row: &Row, name: &str| {
        !params.has(name)
            || match params.number(name) {
                Some(number) => amount(row, name) == number,
                None => row.get(name).and_then(|v| v.as_str()) == Some(params.text(name).as_str()),
            }
    };
    let filters = ["country_id", "fiscal_zone", "value", "type", "active_by_default"];
    rows.into_iter().filter(|row| filters.iter().all(|name| same(row, name))).collect()
}
