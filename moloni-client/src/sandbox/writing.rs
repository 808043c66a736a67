//! Documents as an application writes them.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::document_types::{CREDIT_NOTE, DocumentType, GLOBAL_GUIDE, by_entity};
use super::documents::Document;
use super::entry::{ANNULLED, CLOSED, DRAFT, blank, snapshot};
use super::lines::{may_be_unnamed, shown, totals};
use super::lisbon;
use super::params::Params;
use super::route::{Ask, Reply};
use super::row::{Row, amount, id, list, row, text, wire};
use super::settlement::{Link, open};
use super::validate::{Check, Issues};
use super::world::World;

/// Texts that only `getOne` shows.
const TEXTS: [&str; 9] = [
    "notes",
    "related_documents_notes",
    "delivery_datetime",
    "delivery_departure_address",
    "delivery_departure_city",
    "delivery_departure_zip_code",
    "delivery_destination_address",
    "delivery_destination_city",
    "delivery_destination_zip_code",
];

/// Numbers that only `getOne` shows.
const NUMBERS: [&str; 7] = [
    "salesman_commission",
    "special_discount",
    "alternate_address_id",
    "eac_id",
    "deduction_id",
    "delivery_method_id",
    "vehicle_id",
];

/// A document that is right, and not stored yet.
struct Draft {
    row: Row,
    extra: Row,
    links: Vec<Link>,
}

pub(super) fn insert(world: &mut World, ask: &Ask<'_>) -> Reply {
    let Some(kind) = by_entity(ask.entity) else { return Reply::Refused };
    let document = world.next_id();
    stored(document, world.store(document, kind, ask.params, ask.now))
}

pub(super) fn update(world: &mut World, ask: &Ask<'_>) -> Reply {
    let document = match named(world, ask, |_| {}) {
        Ok(document) => document,
        Err(reply) => return reply,
    };
    let found = world.documents.get(&document).filter(|d| d.status() == DRAFT);
    let (Some(found), Some(kind)) = (found, by_entity(ask.entity)) else { return Reply::Refused };
    let mut fields = if found.sent.is_empty() { as_sent(found) } else { found.sent.clone() };
    // The documents that it is associated with are forgotten unless they are sent again.
    fields.remove("associated_documents");
    fields.extend(ask.params.fields().clone());
    stored(document, world.store(document, kind, &Params::entered(fields), ask.now))
}

pub(super) fn delete(world: &mut World, ask: &Ask<'_>) -> Reply {
    match named(world, ask, |_| {}).map(|document| world.delete_document(document)) {
        Ok(Ok(())) => Reply::Stored(json!({ "valid": 1 })),
        Ok(Err(_)) => Reply::Refused,
        Err(reply) => reply,
    }
}

pub(super) fn cancel(world: &mut World, ask: &Ask<'_>) -> Reply {
    let travels = |d: &Document| !text(&d.row, "transport_code").is_empty();
    match named(world, ask, |_| {}) {
        Ok(document) if world.documents.get(&document).is_some_and(travels) => Reply::Refused,
        Ok(document) => take_back(world, document, ANNULLED, ask.now),
        Err(reply) => reply,
    }
}

pub(super) fn reopen(world: &mut World, ask: &Ask<'_>) -> Reply {
    let document = match named(world, ask, |_| {}) {
        Ok(document) => document,
        Err(reply) => return reply,
    };
    let reply = take_back(world, document, DRAFT, ask.now);
    if matches!(reply, Reply::Stored(_)) && !ask.params.flag("keep_conciliations") {
        world.unlink(document);
        world.link(document, &[], Decimal::ZERO);
    }
    reply
}

fn take_back(world: &mut World, document: u64, status: u64, now: Timestamp) -> Reply {
    let closed = world.documents.get(&document).is_some_and(|d| d.status() == CLOSED);
    if closed && world.turn(document, status).is_ok() {
        world.touch(document, now);
        Reply::Stored(json!({ "valid": 1, "document_id": document }))
    } else {
        Reply::Refused
    }
}

pub(super) fn set_transport_code(world: &mut World, ask: &Ask<'_>) -> Reply {
    let document = match named(world, ask, |check| {
        check.text("transport_code");
    }) {
        Ok(document) => document,
        Err(reply) => return reply,
    };
    let code = ask.params.text("transport_code");
    let Some(stored) = world.documents.get_mut(&document).filter(|d| d.status() == CLOSED) else {
        return Reply::Refused;
    };
    stored.row.insert("transport_code".to_owned(), code.into());
    world.touch(document, ask.now);
    Reply::Stored(json!({ "valid": 1, "document_id": document }))
}

/// The document that a call names, if the call's entity serves it. `others` checks the other parameters.
pub(super) fn named(world: &World, ask: &Ask<'_>, others: impl FnOnce(&mut Check<'_>)) -> Result<u64, Reply> {
    let mut check = Check::new(ask.params);
    check.id("document_id");
    others(&mut check);
    if !check.issues.is_empty() {
        return Err(Reply::Invalid(check.issues));
    }
    let document = ask.params.id("document_id");
    let stored = world.documents.get(&document).ok_or(Reply::Refused)?;
    let serves = by_entity(ask.entity).is_none_or(|kind| kind.id == id(&stored.row, "document_type_id"));
    if serves { Ok(document) } else { Err(Reply::Refused) }
}

fn stored(document: u64, done: Result<(), Issues>) -> Reply {
    match done {
        Ok(()) => Reply::Stored(json!({ "valid": 1, "document_id": document })),
        Err(issues) => Reply::Invalid(issues),
    }
}

/// A draft that a person entered, as far as an update needs it.
fn as_sent(document: &Document) -> Row {
    let kept =
        ["customer_id", "supplier_id", "document_set_id", "your_reference", "our_reference", "net_value"];
    let mut fields: Row = kept.iter().map(|key| ((*key).to_owned(), shown(&document.row, key))).collect();
    for key in ["date", "expiration_date"] {
        let day = text(&document.row, key).get(..10).unwrap_or_default();
        fields.insert(key.to_owned(), day.into());
    }
    fields
}

impl World {
    /// Writes a new document or a draft again, and closes it if that is asked for. What is refused leaves nothing.
    fn store(
        &mut self,
        document: u64,
        kind: &DocumentType,
        params: &Params,
        now: Timestamp,
    ) -> Result<(), Issues> {
        let draft = self.draft(document, kind, params)?;
        let before = self.documents.clone();
        self.unlink(document);
        let mut sent = params.fields().clone();
        for call in ["company_id", "document_id", "status"] {
            sent.remove(call);
        }
        if !kind.settles && !params.has("products") {
            // It keeps the amounts that a person entered.
            sent.clear();
        }
        let net = amount(&draft.row, "net_value");
        let stored = Document { row: draft.row, extra: draft.extra, modified: now, sent };
        self.documents.insert(document, stored);
        self.link(document, &draft.links, net);
        let closed = if params.id("status") == CLOSED { self.close_sent(document) } else { Ok(()) };
        match closed {
            Ok(()) => self.touch(document, now),
            Err(_) => self.documents = before,
        }
        closed
    }

    fn close_sent(&mut self, document: u64) -> Result<(), Issues> {
        let mut issues = Issues::default();
        let Some(own) = self.documents.get(&document).map(|d| d.row.clone()) else { return Ok(()) };
        let same = |d: &&Document| {
            let keys = ["document_type_id", "document_set_id"];
            d.status() != DRAFT && keys.iter().all(|key| id(&d.row, key) == id(&own, key))
        };
        let last = self.documents.values().filter(same).filter_map(|d| text(&d.row, "date").get(..10)).max();
        if let Some(last) = last.filter(|last| text(&own, "date").get(..10) < Some(*last)) {
            let code = format!("12 >= {last} 00:00:00");
            issues.add(&code, "date", "must not be before the last document of the series");
            return Err(issues);
        }
        self.turn(document, CLOSED).map_err(|why| {
            issues.coded(why.split(':').next().unwrap_or_default());
            issues
        })
    }

    /// Checks everything, in the order of the parameters.
    fn draft(&self, document: u64, kind: &DocumentType, params: &Params) -> Result<Draft, Issues> {
        let mut check = Check::new(params);
        let day = check.day("date");
        let due = if kind.invoices || kind.due { check.day("expiration_date") } else { None };
        if let (Some(day), Some(due)) = (day, due) {
            if due < day {
                let code = format!("12 >= {day} 00:00:00");
                check.issues.add(&code, "expiration_date", "must not be before the date");
            }
        }
        let sets = self.settings("documentSets");
        let set = sets.iter().find(|s| id(s, "document_set_id") == params.id("document_set_id"));
        if set.is_none() {
            check.issues.add("2 1 0", "document_set_id", "must be integer, greater than 0");
        }
        let customer = self.customers.get(&params.id("customer_id")).map(|c| c.row.clone());
        let party = match (kind.of_supplier, kind.id) {
            (true, _) => {
                check.id("supplier_id");
                row(json!({ "customer_id": 0, "supplier_id": params.id("supplier_id") }))
            }
            (false, GLOBAL_GUIDE) => {
                check.id("document_type_id");
                row(json!({ "customer_id": 0 }))
            }
            _ => {
                if customer.is_none() {
                    check.issues.add("2 1 0", "customer_id", "must be integer, greater than 0");
                }
                snapshot(&customer.clone().unwrap_or_default())
            }
        };
        let links = self.checked_links(document, kind, params, &mut check.issues);
        let (amounts, products) = self.amounts(document, kind, params, &links, &mut check.issues);
        if let Some(customer) = customer.filter(|_| kind.invoices) {
            if !may_be_unnamed(&customer, amount(&amounts, "net_value")) {
                check.issues.add("16", "customer_id", "must be identified");
            }
        }
        let payments = self.payments(params, &mut check.issues);
        let issues = check.issues;
        let (Some(day), Some(set), true) = (day, set, issues.is_empty()) else { return Err(issues) };

        let mut fields = blank(document, self.company_id(), kind, set);
        fields.extend(party);
        fields.extend(amounts);
        fields.insert("date".to_owned(), lisbon::midnight(day).into());
        if let Some(due) = due.filter(|_| kind.due) {
            fields.insert("expiration_date".to_owned(), lisbon::midnight(due).into());
        }
        for key in ["your_reference", "our_reference"] {
            fields.insert(key.to_owned(), params.text(key).into());
        }
        for key in ["salesman_id", "maturity_date_id", "exchange_currency_id"] {
            fields.insert(key.to_owned(), params.id(key).into());
        }
        for key in ["financial_discount", "exchange_rate"] {
            fields.insert(key.to_owned(), wire(params.number(key).unwrap_or_default()));
        }
        let foreign = amount(&fields, "net_value") * amount(&fields, "exchange_rate");
        fields.insert("exchange_total_value".to_owned(), wire(foreign.round_dp(2)));
        if kind.id == CREDIT_NOTE {
            fields.extend(params.fields().get("rappel").map(|rappel| ("rappel".to_owned(), rappel.clone())));
        }
        let mut extra = row(json!({ "set_from_api": 1 }));
        let texts = TEXTS.into_iter().chain(["delivery_departure_country", "delivery_destination_country"]);
        extra
            .extend(texts.filter(|key| params.has(key)).map(|key| (key.to_owned(), params.text(key).into())));
        let numbers = NUMBERS.into_iter().filter_map(|key| Some((key.to_owned(), wire(params.number(key)?))));
        extra.extend(numbers);
        if let Some(products) = products {
            extra.insert("products".to_owned(), list(products));
        }
        if !payments.is_empty() {
            extra.insert("payments".to_owned(), list(payments));
        }
        Ok(Draft { row: fields, extra, links })
    }

    /// The documents that it settles or derives from; each has something left of what is to be settled.
    fn checked_links(
        &self,
        document: u64,
        kind: &DocumentType,
        params: &Params,
        issues: &mut Issues,
    ) -> Vec<Link> {
        let named = params.rows("associated_documents");
        let bonus = params.fields().contains_key("rappel");
        if named.is_empty() && (kind.settles || (kind.id == CREDIT_NOTE && !bonus)) {
            issues.add("1", "associated_documents", "is required");
        }
        let (mut links, mut all) = (Vec::new(), Vec::new());
        for entry in named.into_iter().map(Params::entered) {
            let mut wrong = Issues::default();
            let target = entry.id("associated_id");
            let party = if kind.of_supplier { "supplier_id" } else { "customer_id" };
            let fits = |d: &&Document| {
                target != document && d.status() == CLOSED && id(&d.row, party) == params.id(party)
            };
            match self.documents.get(&target).filter(fits) {
                Some(found) => {
                    let (open, value) = (open(found), entry.number("value"));
                    if value.is_some_and(|value| value.is_sign_negative() || value > open) {
                        let code = format!("2 0 null null 0 {}", open.normalize());
                        let most = format!("must be float, less than or equal to {}", open.normalize());
                        wrong.add(&code, "value", &most);
                    }
                    links.push(Link { target, value, open });
                }
                None => wrong.add("10", "associated_id", "must be valid"),
            }
            all.push(wrong);
        }
        issues.nest(all);
        links
    }

    /// What it comes to, and its lines if it has any.
    fn amounts(
        &self,
        document: u64,
        kind: &DocumentType,
        params: &Params,
        links: &[Link],
        issues: &mut Issues,
    ) -> (Row, Option<Vec<Row>>) {
        if kind.settles {
            let net = params.number("net_value").filter(|n| *n > Decimal::ZERO);
            if net.is_none() {
                issues.add("2 0 0", "net_value", "must be float, greater than 0");
            }
            let net = wire(net.unwrap_or_default());
            return (row(json!({ "gross_value": net, "net_value": net })), None);
        }
        let entries = params.rows("products");
        if entries.is_empty() {
            // A draft that a person entered may have amounts alone.
            let entered = self.documents.get(&document).filter(|d| d.sent.is_empty());
            if entered.is_none() {
                issues.add("1", "products", "is required");
            }
            let amounts = |d: &Document| {
                let kept = super::amounts::AMOUNTS.iter();
                kept.map(|key| ((*key).to_owned(), shown(&d.row, key))).collect()
            };
            let stored = entered.and_then(|d| d.extra.get("products")?.as_array().cloned());
            let stored = stored.map(|all| all.into_iter().map(row).collect());
            return (entered.map(amounts).unwrap_or_default(), stored);
        }
        let credited: Vec<Row> = links
            .iter()
            .filter_map(|link| self.documents.get(&link.target))
            .filter_map(|d| self.document_detail(d).get("products").and_then(Value::as_array).cloned())
            .flatten()
            .map(row)
            .collect();
        let bonus = params.fields().contains_key("rappel");
        let credited = (kind.id == CREDIT_NOTE && !bonus).then_some(credited.as_slice());
        let (wrong, right): (Vec<_>, Vec<_>) =
            entries.into_iter().map(|line| self.line(line, credited)).unzip();
        issues.nest(wrong);
        let number = |key| params.number(key).unwrap_or_default();
        let right = right.into_iter().flatten().collect();
        let mut totals = totals(right, number("financial_discount"), number("special_discount"));
        for (at, line) in totals.lines.iter_mut().enumerate() {
            // Ids of lines follow from the document's, so that another reading finds the same.
            let line_id = document.saturating_mul(1_000).saturating_add(at as u64 + 1);
            line.insert("document_product_id".to_owned(), line_id.into());
        }
        (totals.amounts, Some(totals.lines))
    }

    fn payments(&self, params: &Params, issues: &mut Issues) -> Vec<Row> {
        let (mut payments, mut all) = (Vec::new(), Vec::new());
        for entry in params.rows("payments") {
            let entered = Params::entered(entry);
            let mut check = Check::new(&entered);
            let methods = self.settings("paymentMethods");
            let wanted = entered.id("payment_method_id");
            let method = methods.iter().find(|m| id(m, "payment_method_id") == wanted);
            if method.is_none() {
                check.issues.add("2 1 0", "payment_method_id", "must be integer, greater than 0");
            }
            check.day("date");
            check.amount("value", None);
            payments.push(row(json!({
                "payment_method_id": wanted,
                "payment_method_name": method.map(|m| shown(m, "name")),
                "date": entered.text("date"), "value": wire(entered.number("value").unwrap_or_default()),
                "notes": entered.text("notes"),
            })));
            all.push(check.issues);
        }
        issues.nest(all);
        payments
    }
}
