use jiff::Timestamp;
use serde_json::{Value, json};

use super::params::Params;
use super::route::{Ask, Handle, Reply};
use super::row::{Row, id, list, row, text, wire};
use super::search::{Search, after, highest, matching};
use super::validate::{Check, Issues, since};
use super::world::World;

/// A stored customer. The row itself carries no time, as in the service.
#[derive(Debug, Clone)]
pub(super) struct Customer {
    pub(super) row: Row,
    pub(super) modified: Timestamp,
}

/// The methods of `customers`.
pub(super) const METHODS: &[(&str, Handle)] = &[
    ("getAll", |w, c| page(c, all(w))),
    ("count", |w, _| Reply::count(w.customers.len())),
    ("getOne", get_one),
    ("getBySearch", |w, c| found(w, c, SEARCH)),
    ("countBySearch", |w, c| counted(w, c, SEARCH)),
    ("getByVat", |w, c| found(w, c, ("vat", &["vat"]))),
    ("countByVat", |w, c| counted(w, c, ("vat", &["vat"]))),
    ("getByNumber", by_number),
    ("countByNumber", |w, c| counted(w, c, NUMBER)),
    ("getByEmail", |w, c| found(w, c, ("email", &["email"]))),
    ("countByEmail", |w, c| counted(w, c, ("email", &["email"]))),
    ("getByName", |w, c| found(w, c, ("name", &["name"]))),
    ("countByName", |w, c| counted(w, c, ("name", &["name"]))),
    ("getModifiedSince", |w, c| modified(w, c).map_or_else(Reply::Invalid, |rows| page(c, rows))),
    ("countModifiedSince", |w, c| {
        modified(w, c).map_or_else(Reply::Invalid, |rows| Reply::count(rows.len()))
    }),
    ("getNextNumber", |w, _| Reply::Read(json!({ "number": w.next_customer_number() }))),
    ("getLastNumber", |w, _| Reply::Read(json!({ "number": last_number(w) }))),
    ("insert", insert),
    ("update", update),
    ("delete", delete),
];

const SEARCH: Search = ("search", &["number", "vat", "name"]);
const NUMBER: Search = ("number", &["number"]);

fn all(world: &World) -> Vec<Row> {
    world.customers.values().rev().map(|c| c.row.clone()).collect()
}

fn page(ask: &Ask<'_>, rows: Vec<Row>) -> Reply {
    Reply::Read(list(ask.params.page(rows)))
}

fn get_one(world: &mut World, ask: &Ask<'_>) -> Reply {
    let mut check = Check::new(ask.params);
    check.id("customer_id");
    if !check.issues.is_empty() {
        return Reply::Invalid(check.issues);
    }
    let found = world.customers.get(&ask.params.id("customer_id"));
    Reply::Read(found.map_or_else(|| json!([]), |c| Value::Object(c.row.clone())))
}

fn found(world: &mut World, ask: &Ask<'_>, search: Search) -> Reply {
    matching(all(world), ask.params, search).map_or_else(Reply::Invalid, |rows| page(ask, rows))
}

/// The one search that is known to honour an order.
fn by_number(world: &mut World, ask: &Ask<'_>) -> Reply {
    let mut rows = match matching(all(world), ask.params, NUMBER) {
        Ok(rows) => rows,
        Err(issues) => return Reply::Invalid(issues),
    };
    let field = ask.params.text("order_by_field");
    if !field.is_empty() {
        rows.sort_by_key(|row| row.get(&field).map(ToString::to_string));
        if ask.params.text("order_by_ordering") == "desc" {
            rows.reverse();
        }
    }
    page(ask, rows)
}

fn counted(world: &mut World, ask: &Ask<'_>, search: Search) -> Reply {
    matching(all(world), ask.params, search).map_or_else(Reply::Invalid, |rows| Reply::count(rows.len()))
}

fn modified(world: &World, ask: &Ask<'_>) -> Result<Vec<Row>, Issues> {
    let since = since(ask.params)?;
    let newer = world.customers.values().rev().filter(|c| c.modified >= since);
    Ok(newer.map(|c| c.row.clone()).collect())
}

fn last_number(world: &World) -> String {
    highest(world.customers.values().map(|c| text(&c.row, "number")))
}

impl World {
    /// One above the highest number, with as many digits. It reserves nothing.
    pub(super) fn next_customer_number(&self) -> String {
        after(&last_number(self))
    }

    /// Whether a document names the customer.
    pub(super) fn is_used(&self, customer: u64) -> bool {
        self.documents.values().any(|d| id(&d.row, "customer_id") == customer)
    }

    /// Stores a new customer.
    pub(super) fn insert_customer(&mut self, params: &Params, now: Timestamp) -> Result<u64, Issues> {
        let issues = self.check_customer(params, None);
        if !issues.is_empty() {
            return Err(issues);
        }
        let customer = self.next_id();
        let mut fields = blank(customer);
        self.write_customer(&mut fields, params);
        self.customers.insert(customer, Customer { row: fields, modified: now });
        Ok(customer)
    }

    /// Replaces every field of an existing customer; `false` if there is none.
    pub(super) fn update_customer(
        &mut self,
        customer: u64,
        params: &Params,
        now: Timestamp,
    ) -> Result<bool, Issues> {
        let issues = self.check_customer(params, Some(customer));
        if !issues.is_empty() {
            return Err(issues);
        }
        let Some(old) = self.customers.get(&customer).map(|c| c.row.clone()) else { return Ok(false) };
        let mut fields = old.clone();
        self.write_customer(&mut fields, params);
        if self.is_used(customer) {
            // Once a document names the customer, these two stay as they are, and nothing says so.
            fields.extend(
                ["number", "vat"]
                    .iter()
                    .filter_map(|key| old.get(*key).map(|v| ((*key).to_owned(), v.clone()))),
            );
        }
        self.customers.insert(customer, Customer { row: fields, modified: now });
        Ok(true)
    }

    /// Deletes a customer that no document names; `false` otherwise.
    pub(super) fn delete_customer(&mut self, customer: u64) -> bool {
        !self.is_used(customer) && self.customers.remove(&customer).is_some()
    }

    fn check_customer(&self, params: &Params, updated: Option<u64>) -> Issues {
        let mut check = Check::new(params);
        let portuguese = params.id("country_id") == 1;
        if updated.is_some() {
            check.id("customer_id");
        }
        if check.text("vat") && portuguese {
            check.nif("vat");
        }
        if check.text("number") {
            check.length("number", 20);
            let number = params.text("number");
            let others = self.customers.iter().filter(|(id, _)| Some(**id) != updated);
            if others.into_iter().any(|(_, c)| text(&c.row, "number") == number) {
                check.issues.add("4", "number", "must be unique");
            }
        }
        check.text("name");
        check.id("language_id");
        check.text("address");
        if portuguese {
            check.postal_code("zip_code");
        }
        check.text("city");
        check.id("country_id");
        check.email("email");
        check.url("website");
        check.phone("phone");
        check.phone("fax");
        check.email("contact_email");
        check.phone("contact_phone");
        check.id_or_none("salesman_id");
        check.id_or_none("maturity_date_id");
        check.id_or_none("payment_day");
        check.amount("discount", Some(100));
        check.amount("credit_limit", None);
        check.id_or_none("payment_method_id");
        check.id_or_none("delivery_method_id");
        check.issues
    }

    fn write_customer(&self, fields: &mut Row, params: &Params) {
        for key in TEXTS {
            fields.insert((*key).to_owned(), params.text(key).into());
        }
        for key in IDS {
            fields.insert((*key).to_owned(), params.id(key).into());
        }
        for key in ["discount", "credit_limit"] {
            fields.insert(key.to_owned(), wire(params.number(key).unwrap_or_default()));
        }
        for (key, entity, id_key, shown) in NESTED {
            match self.excerpt(entity, id_key, params.id(id_key), shown) {
                Some(nested) => fields.insert((*key).to_owned(), nested),
                None => fields.remove(*key),
            };
        }
    }
}

/// The fields that no write sets.
pub(super) fn blank(customer: u64) -> Row {
    row(json!({
        "customer_id": customer, "visibility_id": 1, "qty_copies_document": null, "document_set_id": 0,
        "geographic_zone_id": 0, "exemption_reason": "", "print_document_notes": 0,
        "alternate_addresses": [], "associated_taxes": [],
    }))
}

/// The text fields that a write replaces.
pub(super) const TEXTS: &[&str] = &[
    "vat",
    "number",
    "name",
    "address",
    "zip_code",
    "city",
    "email",
    "website",
    "phone",
    "fax",
    "contact_name",
    "contact_email",
    "contact_phone",
    "notes",
    "field_notes",
];

/// The numeric fields that a write replaces, `discount` and `credit_limit` aside.
pub(super) const IDS: &[&str] = &[
    "language_id",
    "country_id",
    "salesman_id",
    "price_class_id",
    "maturity_date_id",
    "payment_day",
    "payment_method_id",
    "delivery_method_id",
];

/// Nested objects, which are missing when their id is 0: key, list, id and the fields shown.
const NESTED: &[(&str, &str, &str, &[&str])] = &[
    ("country", "countries", "country_id", &["iso_3166_1", "country_id", "name"]),
    ("payment_method", "paymentMethods", "payment_method_id", &["payment_method_id", "name"]),
    ("delivery_method", "deliveryMethods", "delivery_method_id", &["delivery_method_id", "name"]),
    (
        "maturity_date",
        "maturityDates",
        "maturity_date_id",
        &["maturity_date_id", "name", "days", "associated_discount"],
    ),
];

fn stored(customer: u64) -> Reply {
    Reply::Stored(json!({ "valid": 1, "customer_id": customer }))
}

fn insert(world: &mut World, ask: &Ask<'_>) -> Reply {
    world.insert_customer(ask.params, ask.now).map_or_else(Reply::Invalid, stored)
}

fn update(world: &mut World, ask: &Ask<'_>) -> Reply {
    let customer = ask.params.id("customer_id");
    match world.update_customer(customer, ask.params, ask.now) {
        Ok(true) => stored(customer),
        Ok(false) => Reply::Refused,
        Err(issues) => Reply::Invalid(issues),
    }
}

fn delete(world: &mut World, ask: &Ask<'_>) -> Reply {
    let mut check = Check::new(ask.params);
    check.id("customer_id");
    if !check.issues.is_empty() {
        return Reply::Invalid(check.issues);
    }
    if world.delete_customer(ask.params.id("customer_id")) {
        Reply::Stored(json!({ "valid": 1 }))
    } else {
        Reply::Refused
    }
}
