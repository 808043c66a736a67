use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::lisbon;
use super::params::Params;
use super::route::{Ask, Handle, Reply};
use super::row::{Row, id, list, row, text, wire};
use super::search::{Search, after, highest, matching};
use super::upkeep::{self, Form};
use super::validate::{Check, Issues};
use super::world::World;

/// The methods of `products` beside those of every list.
pub(super) const METHODS: &[(&str, Handle)] = &[
    ("getAll", |w, ask| page(ask, all(w, ask.params))),
    ("count", |w, ask| Reply::count(all(w, ask.params).len())),
    ("getOne", get_one),
    ("getBySearch", |w, ask| found(w, ask, SEARCH)),
    ("countBySearch", |w, ask| counted(w, ask, SEARCH)),
    ("getByName", |w, ask| found(w, ask, NAME)),
    ("countByName", |w, ask| counted(w, ask, NAME)),
    ("getByReference", |w, ask| found(w, ask, REFERENCE)),
    ("countByReference", |w, ask| counted(w, ask, REFERENCE)),
    ("getByEAN", |w, ask| found(w, ask, EAN)),
    ("countByEAN", |w, ask| counted(w, ask, EAN)),
    ("getModifiedSince", |w, ask| {
        upkeep::modified(w, ask).map_or_else(Reply::Invalid, |rows| page(ask, rows))
    }),
    ("getNextReference", |w, _| {
        let last = highest(w.settings("products").iter().map(|p| text(p, "reference")));
        Reply::Read(json!({ "reference": after(&last) }))
    }),
    ("getLastCostPrice", last_cost_price),
];

const SEARCH: Search = ("search", &["name", "reference", "ean"]);
const NAME: Search = ("name", &["name"]);
const REFERENCE: Search = ("reference", &["reference"]);
const EAN: Search = ("ean", &["ean"]);

/// How products are written.
pub(super) const FORM: Form = Form { entity: "products", key: "product_id", fields: &[], check, write };

/// The products of the category that is asked for, the newest first.
fn all(world: &World, params: &Params) -> Vec<Row> {
    let category = params.id("category_id");
    let wanted = |p: &&Row| category == 0 || id(p, "category_id") == category;
    let mut rows: Vec<Row> = visible(world, params).filter(wanted).cloned().collect();
    rows.sort_by_key(|p| std::cmp::Reverse(id(p, "product_id")));
    rows
}

fn visible<'a>(world: &'a World, params: &Params) -> impl Iterator<Item = &'a Row> + use<'a> {
    let hidden_too = params.flag("with_invisible");
    world.settings("products").iter().filter(move |p| hidden_too || id(p, "visibility_id") != 0)
}

fn page(ask: &Ask<'_>, rows: Vec<Row>) -> Reply {
    Reply::Read(list(ask.params.page(rows)))
}

fn searched(world: &World, ask: &Ask<'_>, search: Search) -> Result<Vec<Row>, Issues> {
    let mut rows: Vec<Row> = visible(world, ask.params).cloned().collect();
    rows.sort_by_key(|p| std::cmp::Reverse(id(p, "product_id")));
    matching(rows, ask.params, search)
}

fn found(world: &mut World, ask: &Ask<'_>, search: Search) -> Reply {
    searched(world, ask, search).map_or_else(Reply::Invalid, |rows| page(ask, rows))
}

fn counted(world: &mut World, ask: &Ask<'_>, search: Search) -> Reply {
    searched(world, ask, search).map_or_else(Reply::Invalid, |rows| Reply::count(rows.len()))
}

fn get_one(world: &mut World, ask: &Ask<'_>) -> Reply {
    let mut check = Check::new(ask.params);
    check.id("product_id");
    if !check.issues.is_empty() {
        return Reply::Invalid(check.issues);
    }
    let found = visible(world, ask.params).find(|p| id(p, "product_id") == ask.params.id("product_id"));
    Reply::Read(found.map_or_else(|| json!([]), |p| Value::Object(p.clone())))
}

fn last_cost_price(world: &mut World, ask: &Ask<'_>) -> Reply {
    let mut check = Check::new(ask.params);
    check.id("product_id");
    if !check.issues.is_empty() {
        return Reply::Invalid(check.issues);
    }
    let (product, supplier) = (ask.params.id("product_id"), ask.params.id("supplier_id"));
    let found = world.settings("products").iter().find(|p| id(p, "product_id") == product);
    let suppliers = found.and_then(|p| p.get("suppliers")).and_then(Value::as_array);
    let mut offers = suppliers.into_iter().flatten().filter_map(Value::as_object);
    let offer = offers.find(|s| supplier == 0 || id(s, "supplier_id") == supplier);
    Reply::Read(offer.map_or_else(|| json!([]), |s| json!({ "cost_price": s.get("cost_price") })))
}

fn check(world: &World, check: &mut Check<'_>, updated: Option<u64>) {
    check.id("category_id");
    check.one_of("type", &["1", "2", "3"]);
    check.text("name");
    if check.text("reference") {
        let reference = check.params.text("reference");
        let others = world.settings("products").iter().filter(|p| Some(id(p, "product_id")) != updated);
        if others.into_iter().any(|p| text(p, "reference") == reference) {
            check.issues.add("4", "reference", "must be unique");
        }
    }
    check.amount("price", None);
    check.id("unit_id");
    check.one_of("has_stock", &["0", "1"]);
    if check.params.number("stock").is_none() {
        check.issues.add("2 0", "stock", "must be float");
    }
    let taxes = check.params.list("taxes");
    if taxes.is_empty() {
        check.text("exemption_reason");
    }
    let known = |tax: u64| world.settings("taxes").iter().any(|t| id(t, "tax_id") == tax);
    let lines = taxes.iter().map(|tax| {
        let mut line = Check::new(tax);
        if !known(tax.id("tax_id")) {
            line.issues.add("2 1 0", "tax_id", "must be integer, greater than 0");
        }
        if tax.number("value").is_none_or(|rate| rate <= Decimal::ZERO) {
            line.issues.add("2 0 0", "value", "must be float, greater than 0");
        }
        line.issues
    });
    let lines: Vec<Issues> = lines.collect();
    check.issues.nest(lines);
}

fn write(world: &World, fields: &mut Row, params: &Params, now: Timestamp) {
    let product = id(fields, "product_id");
    let mut all = blank(product, world, now);
    all.extend(std::mem::take(fields));
    for key in ["name", "summary", "reference", "ean", "exemption_reason", "at_product_category"] {
        all.insert(key.to_owned(), params.text(key).into());
    }
    for key in ["category_id", "type", "unit_id", "has_stock", "pos_favorite", "warehouse_id"] {
        all.insert(key.to_owned(), params.id(key).into());
    }
    for key in ["price", "stock"] {
        all.insert(key.to_owned(), params.wire(key));
    }
    let price = params.number("price").unwrap_or_default();
    let taxes = params.list("taxes");
    let taxes = taxes.iter().map(|tax| charged(world, product, price, tax));
    all.insert("taxes".to_owned(), taxes.collect());
    let suppliers = params.list("suppliers");
    all.insert("suppliers".to_owned(), suppliers.iter().map(|s| supplier(product, s)).collect());
    let properties = params.list("properties");
    let property = |p: &Params| json!({ "property_id": p.id("property_id"), "value": p.text("value") });
    all.insert("properties".to_owned(), properties.iter().map(property).collect());
    if params.has("warehouses") {
        let warehouses = params.list("warehouses");
        let warehouse = |w: &Params| {
            json!({
                "product_id": product, "warehouse_id": w.id("warehouse_id"), "stock": w.wire("stock"),
                "minimum_stock": 0,
            })
        };
        all.insert("warehouses".to_owned(), warehouses.iter().map(warehouse).collect());
    }
    if let Some(file) = params.fields().get("image").and_then(|image| image.get("file")) {
        all.insert("image".to_owned(), file.clone());
    }
    for (key, entity, of, shown) in NESTED {
        match world.excerpt(entity, of, params.id(of), shown) {
            Some(nested) => all.insert((*key).to_owned(), nested),
            None => all.remove(*key),
        };
    }
    *fields = all;
}

/// Nested objects, which are missing when there is no such record.
const NESTED: &[(&str, &str, &str, &[&str])] = &[
    (
        "category",
        "productCategories",
        "category_id",
        &["category_id", "parent_id", "name", "description", "image"],
    ),
    ("measurement_unit", "measurementUnits", "unit_id", &["unit_id", "name", "short_name"]),
];

/// The fields that no write sets.
fn blank(product: u64, world: &World, now: Timestamp) -> Row {
    row(json!({
        "product_id": product, "company_id": world.company_id(), "visibility_id": 1, "notes": "",
        "minimum_stock": 0, "image": "", "composition_type": 0, "price_classes": [], "warehouses": [],
        "child_products": [], "created": lisbon::date_time(now),
    }))
}

/// A tax as a product shows it: what was sent as a rate comes back as an amount.
fn charged(world: &World, product: u64, price: Decimal, sent: &Params) -> Value {
    let tax = sent.id("tax_id");
    let rate = sent.number("value").unwrap_or_default();
    let listed = world.settings("taxes").iter().find(|t| id(t, "tax_id") == tax);
    let kind = listed.map_or(1, |t| id(t, "type"));
    let value = if kind == 1 { price * rate / Decimal::ONE_HUNDRED } else { rate };
    let nested = world.excerpt("taxes", "tax_id", tax, &TAX);
    json!({
        "product_tax_id": product * 10 + u64::try_from(sent.int("order").unwrap_or(0)).unwrap_or(0),
        "product_id": product, "tax_id": tax, "value": wire(value), "order": sent.int("order").unwrap_or(0),
        "cumulative": sent.int("cumulative").unwrap_or(0), "tax": nested,
    })
}

/// The fields of a tax that products show.
pub(super) const TAX: [&str; 10] = [
    "tax_id",
    "type",
    "saft_type",
    "vat_type",
    "stamp_tax",
    "name",
    "value",
    "fiscal_zone",
    "active_by_default",
    "exemption_reason",
];

fn supplier(product: u64, sent: &Params) -> Value {
    let part = |name| Decimal::ONE - sent.number(name).unwrap_or_default() / Decimal::ONE_HUNDRED;
    let cost = sent.number("cost_price").unwrap_or_default();
    let discounted = cost * part("comercial_discount") * part("financial_discount");
    json!({
        "product_id": product, "supplier_id": sent.id("supplier_id"), "cost_price": wire(cost),
        "comercial_discount": sent.wire("comercial_discount"),
        "financial_discount": sent.wire("financial_discount"), "cost_price_discounted": wire(discounted),
        "reference": sent.text("reference"),
    })
}
