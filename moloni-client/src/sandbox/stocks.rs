//! Movements of stock, which make the stock of products what it is.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::route::{Ask, Handle, Reply};
use super::row::{Row, amount, id, list, row, text, wire};
use super::validate::Check;
use super::world::World;

pub(super) const METHODS: &[(&str, Handle)] = &[
    ("getAll", get_all),
    ("insert", insert),
    ("update", update),
    ("delete", delete),
    ("moveToWarehouse", move_to_warehouse),
];

const LIST: &str = "productStocks";
const KEY: &str = "product_stock_id";

fn get_all(world: &mut World, ask: &Ask<'_>) -> Reply {
    let params = ask.params;
    let named = |r: &Row, key: &str| params.id(key) == 0 || id(r, key) == params.id(key);
    let day = params.text("movement_date");
    let wanted = |r: &&Row| {
        named(r, "product_id")
            && named(r, "warehouse_id")
            && (day.is_empty() || text(r, "movement_date").get(..10) == day.get(..10))
    };
    let rows = world.settings(LIST).iter().rev().filter(wanted).cloned().collect();
    Reply::Read(list(params.page(rows)))
}

/// Checks what every write has, after the ids that this one has.
fn wrong(ask: &Ask<'_>, ids: &[&str]) -> Option<Reply> {
    let mut check = Check::new(ask.params);
    for field in ids {
        check.id(field);
    }
    check.day("movement_date");
    if ask.params.number("qty").is_none_or(|qty| qty.is_zero()) {
        check.issues.add("2 0", "qty", "must be float");
    }
    (!check.issues.is_empty()).then_some(Reply::Invalid(check.issues))
}

fn insert(world: &mut World, ask: &Ask<'_>) -> Reply {
    if let Some(reply) = wrong(ask, &["product_id"]) {
        return reply;
    }
    let qty = ask.params.number("qty").unwrap_or_default();
    let movement = world.next_id();
    stored(world.record(movement, ask, ask.params.id("warehouse_id"), qty))
}

fn update(world: &mut World, ask: &Ask<'_>) -> Reply {
    if let Some(reply) = wrong(ask, &[KEY, "product_id"]) {
        return reply;
    }
    let movement = ask.params.id(KEY);
    let known = world.stock(ask.params.id("product_id")).is_some();
    if !known || !world.take_back(movement) {
        return Reply::Refused;
    }
    let qty = ask.params.number("qty").unwrap_or_default();
    stored(world.record(movement, ask, ask.params.id("warehouse_id"), qty))
}

fn delete(world: &mut World, ask: &Ask<'_>) -> Reply {
    let mut check = Check::new(ask.params);
    check.id(KEY);
    if !check.issues.is_empty() {
        return Reply::Invalid(check.issues);
    }
    if world.take_back(ask.params.id(KEY)) { Reply::Stored(json!({ "valid": 1 })) } else { Reply::Refused }
}

fn move_to_warehouse(world: &mut World, ask: &Ask<'_>) -> Reply {
    if let Some(reply) = wrong(ask, &[KEY, "product_id", "from_warehouse_id", "to_warehouse_id"]) {
        return reply;
    }
    let product = ask.params.id("product_id");
    let mut movements = world.settings(LIST).iter();
    if !movements.any(|r| id(r, KEY) == ask.params.id(KEY) && id(r, "product_id") == product) {
        return Reply::Refused;
    }
    let qty = ask.params.number("qty").unwrap_or_default();
    let (out, into) = (world.next_id(), world.next_id());
    world.record(out, ask, ask.params.id("from_warehouse_id"), -qty);
    stored(world.record(into, ask, ask.params.id("to_warehouse_id"), qty))
}

fn stored(movement: Option<u64>) -> Reply {
    movement.map_or(Reply::Refused, |movement| Reply::Stored(json!({ "valid": 1, KEY: movement })))
}

impl World {
    /// How much there is of a product, `None` if there is no such product.
    fn stock(&self, product: u64) -> Option<Decimal> {
        let found = self.settings("products").iter().find(|p| id(p, "product_id") == product)?;
        Some(amount(found, "stock"))
    }

    /// Notes a movement and changes the stock by it.
    fn record(&mut self, movement: u64, ask: &Ask<'_>, warehouse: u64, qty: Decimal) -> Option<u64> {
        let params = ask.params;
        let product = params.id("product_id");
        let accumulated = self.stock(product)? + qty;
        self.shift(product, warehouse, qty);
        self.rows_mut(LIST).push(row(json!({
            KEY: movement, "product_id": product, "warehouse_id": warehouse, "document_id": 0,
            "movement_date": params.text("movement_date"), "qty": wire(qty), "accumulated": wire(accumulated),
            "notes": params.text("notes"),
        })));
        Some(movement)
    }

    /// Forgets a movement, as if it had never been; whether there was one.
    fn take_back(&mut self, movement: u64) -> bool {
        let rows = self.rows_mut(LIST);
        let Some(at) = rows.iter().position(|r| id(r, KEY) == movement) else { return false };
        let gone = rows.remove(at);
        self.shift(id(&gone, "product_id"), id(&gone, "warehouse_id"), -amount(&gone, "qty"));
        true
    }

    fn shift(&mut self, product: u64, warehouse: u64, by: Decimal) {
        let products = self.rows_mut("products");
        let Some(found) = products.iter_mut().find(|p| id(p, "product_id") == product) else { return };
        let raise = |fields: &mut Row| fields.insert("stock".to_owned(), wire(amount(fields, "stock") + by));
        raise(found);
        let Some(Value::Array(places)) = found.get_mut("warehouses").filter(|_| warehouse > 0) else {
            return;
        };
        let mut here = places.iter_mut().filter_map(Value::as_object_mut);
        if let Some(place) = here.find(|place| id(place, "warehouse_id") == warehouse) {
            raise(place);
        } else {
            places.push(json!({
                "product_id": product, "warehouse_id": warehouse, "stock": wire(by), "minimum_stock": 0,
            }));
        }
    }
}
