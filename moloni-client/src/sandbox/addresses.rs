use serde_json::{Value, json};

use super::route::{Ask, Handle, Reply};
use super::row::{Row, id, row};
use super::upkeep::names;
use super::validate::{Check, Issues, since};
use super::world::World;

/// The methods of `customerAlternateAddresses`. The addresses are in their customers' rows.
pub(super) const METHODS: &[(&str, Handle)] = &[
    ("getAll", get_all),
    ("insert", insert),
    ("update", update),
    ("delete", delete),
    ("getModifiedSince", |w, ask| {
        modified(w, ask).map_or_else(Reply::Invalid, |rows| Reply::Read(rows.into()))
    }),
    ("countModifiedSince", |w, ask| {
        modified(w, ask).map_or_else(Reply::Invalid, |rows| Reply::count(rows.len()))
    }),
];

const ENTITY: &str = "customerAlternateAddresses";

const TEXTS: [&str; 9] =
    ["designation", "code", "address", "city", "zip_code", "email", "phone", "fax", "contact_name"];

fn addresses(customer: &Row) -> &[Value] {
    customer.get("alternate_addresses").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn has_id(address: &Value, wanted: u64) -> bool {
    address.get("address_id").and_then(Value::as_u64) == Some(wanted)
}

fn get_all(world: &mut World, ask: &Ask<'_>) -> Reply {
    let mut check = Check::new(ask.params);
    check.id("customer_id");
    if !check.issues.is_empty() {
        return Reply::Invalid(check.issues);
    }
    let customer = world.customers.get(&ask.params.id("customer_id"));
    Reply::Read(customer.map(|c| addresses(&c.row).to_vec()).unwrap_or_default().into())
}

fn check(ask: &Ask<'_>, updates: bool) -> Issues {
    let mut check = Check::new(ask.params);
    check.id("customer_id");
    if updates {
        check.id("address_id");
    }
    for field in ["designation", "code", "address", "city"] {
        check.text(field);
    }
    if ask.params.id("country_id") == 1 {
        check.postal_code("zip_code");
    }
    check.id("country_id");
    check.email("email");
    check.phone("phone");
    check.phone("fax");
    check.issues
}

/// The list of the customer that the call names.
fn list<'a>(world: &'a mut World, ask: &Ask<'_>) -> Option<&'a mut Vec<Value>> {
    let customer = world.customers.get_mut(&ask.params.id("customer_id"))?;
    customer.row.entry("alternate_addresses").or_insert_with(|| json!([])).as_array_mut()
}

fn written(address: u64, ask: &Ask<'_>) -> Value {
    let mut fields = row(json!({
        "address_id": address, "customer_id": ask.params.id("customer_id"),
        "country_id": ask.params.id("country_id"),
    }));
    fields.extend(TEXTS.map(|key| (key.to_owned(), ask.params.text(key).into())));
    Value::Object(fields)
}

fn insert(world: &mut World, ask: &Ask<'_>) -> Reply {
    let issues = check(ask, false);
    if !issues.is_empty() {
        return Reply::Invalid(issues);
    }
    let address = world.next_id();
    let Some(addresses) = list(world, ask) else { return Reply::Refused };
    addresses.push(written(address, ask));
    world.note_change(ENTITY, address, ask.now);
    Reply::Stored(json!({ "valid": 1, "address_id": address }))
}

fn update(world: &mut World, ask: &Ask<'_>) -> Reply {
    let issues = check(ask, true);
    if !issues.is_empty() {
        return Reply::Invalid(issues);
    }
    let address = ask.params.id("address_id");
    let found = list(world, ask).and_then(|all| all.iter_mut().find(|a| has_id(a, address)));
    let Some(found) = found else { return Reply::Refused };
    *found = written(address, ask);
    world.note_change(ENTITY, address, ask.now);
    Reply::Stored(json!({ "valid": 1, "address_id": address }))
}

fn delete(world: &mut World, ask: &Ask<'_>) -> Reply {
    let mut check = Check::new(ask.params);
    check.id("customer_id");
    check.id("address_id");
    if !check.issues.is_empty() {
        return Reply::Invalid(check.issues);
    }
    let address = ask.params.id("address_id");
    let named = |fields: Row| names(&Value::Object(fields), "alternate_address_id", address);
    if world.documents.values().any(|d| named(world.document_detail(d))) {
        return Reply::Refused;
    }
    match list(world, ask) {
        Some(addresses) if addresses.iter().any(|a| has_id(a, address)) => {
            addresses.retain(|a| !has_id(a, address));
            Reply::Stored(json!({ "valid": 1 }))
        }
        _ => Reply::Refused,
    }
}

fn modified(world: &World, ask: &Ask<'_>) -> Result<Vec<Value>, Issues> {
    let since = since(ask.params)?;
    let all = world.customers.values().flat_map(|c| addresses(&c.row));
    let newer =
        |a: &&Value| world.changed_at(ENTITY, a.as_object().map_or(0, |a| id(a, "address_id"))) >= since;
    Ok(all.filter(newer).cloned().collect())
}
