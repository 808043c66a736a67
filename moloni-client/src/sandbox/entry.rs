//! Documents as a person enters, closes, annuls and deletes them.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::json;

use super::amounts::{AMOUNTS, balance};
use super::document_types::{DocumentType, by_id};
use super::documents::Document;
use super::lisbon;
use super::params::Params;
use super::row::{Row, amount, id, row, text, wire};
use super::settlement::open;
use super::world::World;

pub(super) const DRAFT: u64 = 0;
pub(super) const CLOSED: u64 = 1;
pub(super) const ANNULLED: u64 = 2;

/// Fields that are stored as they are entered.
const PLAIN: [&str; 10] = [
    "your_reference",
    "our_reference",
    "entity_number",
    "entity_name",
    "entity_vat",
    "entity_address",
    "entity_city",
    "entity_zip_code",
    "entity_country",
    "transport_code",
];

/// Fields that only `getOne` shows.
const EXTRA: [&str; 14] = [
    "notes",
    "related_documents_notes",
    "products",
    "payments",
    "delivery_datetime",
    "delivery_method_name",
    "delivery_departure_address",
    "delivery_departure_city",
    "delivery_departure_zip_code",
    "delivery_departure_country",
    "delivery_destination_address",
    "delivery_destination_city",
    "delivery_destination_zip_code",
    "delivery_destination_country",
];

/// Fields that decide about others.
const LEADING: [&str; 7] = [
    "customer_id",
    "document_type_id",
    "document_set_id",
    "status",
    "date",
    "expiration_date",
    "associated_documents",
];

impl World {
    /// A new document. What is not entered follows from the customer, the series and the clock.
    pub(super) fn enter_document(&mut self, entered: &Row, now: Timestamp) -> Result<u64, String> {
        refuse_unknown(entered)?;
        let params = Params::entered(entered.clone());
        let kind = kind_of(&params)?;
        let customer = self.customers.get(&params.id("customer_id"));
        let customer = customer.ok_or("2 customer_id 1 0: no such customer")?.row.clone();
        let document = self.next_id();
        let set = self.series(&params)?;
        let mut listed = blank(document, self.company_id(), kind, &set);
        listed.extend(snapshot(&customer));
        self.date(&mut listed, &params, kind, &customer, now)?;
        let stored = Document { row: listed, extra: Row::new(), modified: now, sent: Row::new() };
        self.documents.insert(document, stored);
        let status = if params.has("status") { params.id("status") } else { CLOSED };
        let done = self.write(document, entered).and_then(|()| self.turn(document, status));
        if let Err(why) = done {
            self.forget(document);
            return Err(why);
        }
        self.touch(document, now);
        Ok(document)
    }

    /// Edits a draft, or changes the status of any document.
    pub(super) fn edit_document(
        &mut self,
        document: u64,
        entered: &Row,
        now: Timestamp,
    ) -> Result<(), String> {
        refuse_unknown(entered)?;
        let found = self.documents.get(&document).ok_or("no such document")?.clone();
        if found.status() != DRAFT && entered.keys().any(|key| key != "status") {
            return Err("a closed document cannot change, only its status can".to_owned());
        }
        let params = Params::entered(entered.clone());
        let status = if params.has("status") { params.id("status") } else { found.status() };
        let before = self.documents.clone();
        let done = self.rewrite(document, entered, now).and_then(|()| self.turn(document, status));
        if let Err(why) = done {
            self.documents = before;
            return Err(why);
        }
        self.touch(document, now);
        Ok(())
    }

    /// Deletes a draft.
    pub(super) fn delete_document(&mut self, document: u64) -> Result<(), String> {
        let found = self.documents.get(&document).ok_or("no such document")?;
        if found.status() != DRAFT {
            return Err("only a draft can be deleted".to_owned());
        }
        self.forget(document);
        Ok(())
    }

    /// Applies what was entered to a draft whose leading fields stay, dates aside.
    fn rewrite(&mut self, document: u64, entered: &Row, now: Timestamp) -> Result<(), String> {
        if let Some(fixed) =
            ["customer_id", "document_type_id", "document_set_id"].iter().find(|k| entered.contains_key(**k))
        {
            return Err(format!("{fixed}: it stays as it was when the document was created"));
        }
        if entered.contains_key("date") || entered.contains_key("expiration_date") {
            let mut listed = self.document(document)?.row.clone();
            let mut dates = listed.clone();
            dates.extend(entered.clone());
            let kind = by_id(id(&listed, "document_type_id")).ok_or("unknown document_type_id")?;
            self.date(&mut listed, &Params::entered(dates), kind, &Row::new(), now)?;
            self.document(document)?.row = listed;
        }
        self.write(document, entered)
    }

    /// Applies amounts, links and texts to a draft.
    fn write(&mut self, document: u64, entered: &Row) -> Result<(), String> {
        let rate = amount(&self.first("taxes"), "value") / Decimal::ONE_HUNDRED;
        let links = self.links(entered)?;
        let stored = self.document(document)?;
        for key in PLAIN {
            stored.row.extend(entered.get(key).map(|value| (key.to_owned(), value.clone())));
        }
        for key in EXTRA {
            stored.extra.extend(entered.get(key).map(|value| (key.to_owned(), value.clone())));
        }
        let is_receipt = by_id(id(&stored.row, "document_type_id")).is_some_and(|kind| kind.settles);
        let mut amounts = entered.clone();
        if is_receipt && !entered.contains_key("net_value") && !links.is_empty() {
            let settled: Decimal = links.iter().map(|link| link.value.unwrap_or(link.open)).sum();
            amounts.insert("net_value".to_owned(), wire(settled));
        }
        if AMOUNTS.iter().any(|key| amounts.contains_key(*key)) {
            let total = ["gross_value", "net_value"].iter().any(|key| amounts.contains_key(*key));
            if !total {
                amounts.extend(
                    stored.row.get("gross_value").map(|gross| ("gross_value".to_owned(), gross.clone())),
                );
            }
            let rate = if is_receipt { Decimal::ZERO } else { rate };
            stored.row.extend(balance(&Params::entered(amounts), rate)?);
        }
        let net = amount(&stored.row, "net_value");
        if entered.contains_key("associated_documents") {
            self.unlink(document);
            self.link(document, &links, net);
        }
        if is_receipt && self.settled(document).is_empty() {
            return Err("1 associated_documents: a receipt names what it settles".to_owned());
        }
        Ok(())
    }

    fn forget(&mut self, document: u64) {
        self.unlink(document);
        self.documents.remove(&document);
    }

    /// Brings a document to `status`.
    pub(super) fn turn(&mut self, document: u64, status: u64) -> Result<(), String> {
        match (self.document(document)?.status(), status) {
            (old, new) if old == new => Ok(()),
            (DRAFT, CLOSED) => self.close(document),
            (DRAFT, ANNULLED) => {
                self.close(document)?;
                self.reopen(document, ANNULLED)
            }
            (CLOSED, new @ (DRAFT | ANNULLED)) => self.reopen(document, new),
            (ANNULLED, _) => Err("an annulled document stays annulled".to_owned()),
            _ => Err("5 status [0,1,2]".to_owned()),
        }
    }

    fn close(&mut self, document: u64) -> Result<(), String> {
        let customer = id(&self.document(document)?.row, "customer_id");
        let settled = self.settled(document);
        for (target, value) in &settled {
            let together: Decimal =
                settled.iter().filter(|(other, _)| other == target).map(|(_, v)| *v).sum();
            let target = self.documents.get(target).ok_or("10 associated_id: no such document")?;
            if target.status() != CLOSED || id(&target.row, "customer_id") != customer {
                return Err("10 associated_id: not a closed document of the same customer".to_owned());
            }
            if value.is_sign_negative() || together > open(target) {
                return Err(format!("2 value 0 null null 0 {}: what is open", open(target).normalize()));
            }
        }
        let number = self.next_number(document)?;
        let stored = self.document(document)?;
        stored.row.insert("status".to_owned(), CLOSED.into());
        stored.row.insert("number".to_owned(), number.into());
        stored.extra.extend(signature(&stored.row, number));
        if by_id(id(&stored.row, "document_type_id")).is_some_and(|t| t.self_paid) {
            let net = stored.row.get("net_value").cloned().unwrap_or_default();
            stored.row.insert("reconciled_value".to_owned(), net);
        }
        self.settle(document, Decimal::ONE);
        Ok(())
    }

    /// Takes back a closed document: to a draft or for good.
    fn reopen(&mut self, document: u64, status: u64) -> Result<(), String> {
        let back =
            self.document(document)?.row.get("reverse_associated_documents").cloned().unwrap_or_default();
        let originated =
            back.as_array().into_iter().flatten().filter_map(|link| link.get("document_id")?.as_u64());
        let alive = |other: u64| self.documents.get(&other).is_none_or(|d| d.status() != ANNULLED);
        if originated.into_iter().any(alive) {
            return Err("other documents derive from it; annul those first".to_owned());
        }
        self.settle(document, Decimal::NEGATIVE_ONE);
        let stored = self.document(document)?;
        stored.row.insert("status".to_owned(), status.into());
        if status == DRAFT {
            stored.row.insert("number".to_owned(), (-1).into());
            stored.row.insert("reconciled_value".to_owned(), 0.into());
            for signed in ["rsa_hash", "hash_control", "atcud"] {
                stored.extra.remove(signed);
            }
        }
        Ok(())
    }

    fn next_number(&mut self, document: u64) -> Result<i64, String> {
        let own = self.document(document)?.row.clone();
        let same = |d: &&Document| {
            ["document_type_id", "document_set_id"].iter().all(|key| id(&d.row, key) == id(&own, key))
        };
        let numbers = self.documents.values().filter(same).filter_map(|d| d.row.get("number")?.as_i64());
        Ok(numbers.max().unwrap_or(0).max(0) + 1)
    }

    pub(super) fn touch(&mut self, document: u64, now: Timestamp) {
        if let Some(stored) = self.documents.get_mut(&document) {
            stored.modified = now;
            stored.row.insert("lastmodified".to_owned(), lisbon::date_time(now).into());
        }
    }

    fn series(&self, params: &Params) -> Result<Row, String> {
        if !params.has("document_set_id") {
            return Ok(self.first("documentSets"));
        }
        let wanted = params.id("document_set_id");
        let found = self.settings("documentSets").iter().find(|s| id(s, "document_set_id") == wanted);
        found.cloned().ok_or_else(|| "2 document_set_id 1 0: no such series".to_owned())
    }

    /// The date and what follows from it. Without a date it is today, or the due date if that is earlier.
    fn date(
        &self,
        listed: &mut Row,
        params: &Params,
        kind: &DocumentType,
        customer: &Row,
        now: Timestamp,
    ) -> Result<(), String> {
        let entered = |field: &str| {
            if !params.has(field) {
                return Ok(None);
            }
            lisbon::day(&params.text(field)).map(Some).ok_or_else(|| format!("9 {field}"))
        };
        let due = entered("expiration_date")?.filter(|_| kind.due);
        let today = lisbon::today(now);
        let date = entered("date")?.unwrap_or_else(|| due.map_or(today, |due| due.min(today)));
        listed.insert("date".to_owned(), lisbon::midnight(date).into());
        if !kind.due {
            return Ok(());
        }
        let days = self.maturity(customer, listed);
        let due = due.unwrap_or_else(|| later(date, days));
        if due < date {
            return Err(format!("12 expiration_date >= {date} 00:00:00"));
        }
        listed.insert("expiration_date".to_owned(), lisbon::midnight(due).into());
        Ok(())
    }

    /// Copies the customer's terms of payment and returns their days.
    fn maturity(&self, customer: &Row, listed: &mut Row) -> u64 {
        let wanted = id(customer, "maturity_date_id");
        let terms = self.settings("maturityDates").iter().find(|m| id(m, "maturity_date_id") == wanted);
        let Some(terms) = terms else { return 0 };
        listed.insert("maturity_date_id".to_owned(), wanted.into());
        listed.insert("maturity_date_name".to_owned(), text(terms, "name").into());
        id(terms, "days")
    }

    fn document(&mut self, document: u64) -> Result<&mut Document, String> {
        self.documents.get_mut(&document).ok_or_else(|| "no such document".to_owned())
    }
}

/// What closing adds: a signature, and the code of the series with the number in it.
fn signature(listed: &Row, number: i64) -> Row {
    let series = id(listed, "document_set_id") * 1_000 + id(listed, "document_type_id");
    let mixed = id(listed, "document_id").wrapping_mul(0x2545_f491_4f6c_dd1d);
    row(json!({
        "rsa_hash": format!("sandbox+{mixed:016x}="), "hash_control": "1", "atcud": format!("SBX{series}-{number}"),
    }))
}

fn later(date: Date, days: u64) -> Date {
    let span = jiff::Span::new().try_days(i64::try_from(days).unwrap_or(0));
    span.and_then(|span| date.checked_add(span)).unwrap_or(date)
}

fn refuse_unknown(entered: &Row) -> Result<(), String> {
    let known = |key: &&String| {
        let key = key.as_str();
        AMOUNTS.contains(&key) || PLAIN.contains(&key) || EXTRA.contains(&key) || LEADING.contains(&key)
    };
    match entered.keys().find(|key| !known(key)) {
        Some(key) => Err(format!("{key}: not a field that can be entered")),
        None => Ok(()),
    }
}

fn kind_of(params: &Params) -> Result<&'static DocumentType, String> {
    let wanted = if params.has("document_type_id") { params.id("document_type_id") } else { 1 };
    let kind = by_id(wanted).filter(|kind| !kind.of_supplier);
    kind.ok_or_else(|| format!("document_type_id: {wanted} is no kind of document for customers"))
}

pub(super) fn blank(document: u64, company: u64, kind: &DocumentType, set: &Row) -> Row {
    let (set_id, set_name) = (set.get("document_set_id"), set.get("name"));
    row(json!({
        "document_id": document, "company_id": company, "document_type_id": kind.id, "supplier_id": 0,
        "salesman_id": 0, "terminal_id": 0, "document_set_id": set_id, "document_set_name": set_name, "number": -1,
        "expiration_date": null, "lastmodifiedby": "Utilizador", "maturity_date_id": 0, "maturity_date_days": null,
        "maturity_date_name": "", "your_reference": "", "our_reference": "", "financial_discount": 0,
        "gross_value": 0, "comercial_discount_value": 0, "financial_discount_value": 0, "taxes_value": 0,
        "deduction_value": 0, "net_value": 0, "reconciled_value": 0, "status": DRAFT, "transport_code": "",
        "transport_code_set_by": 0, "global_guide": 0, "exchange_currency_id": 0, "exchange_total_value": 0,
        "exchange_rate": 0,
        "document_type": { "document_type_id": kind.id, "saft_code": kind.saft_code },
        "document_set": { "document_set_id": set_id, "name": set_name },
        "associated_documents": [], "reverse_associated_documents": [],
        "document_calc_method": { "document_id": document, "calc_method_id": 2 },
    }))
}

/// The customer as the document remembers it.
pub(super) fn snapshot(customer: &Row) -> Row {
    let country = customer.get("country").and_then(|c| c.get("name")).cloned().unwrap_or_else(|| json!(""));
    let zip = Some(text(customer, "zip_code")).filter(|zip| !zip.is_empty()).unwrap_or("0000-000");
    row(json!({
        "customer_id": customer.get("customer_id"), "salesman_id": customer.get("salesman_id"),
        "entity_number": text(customer, "number"), "entity_name": text(customer, "name"),
        "entity_vat": text(customer, "vat"), "entity_address": text(customer, "address"),
        "entity_city": text(customer, "city"), "entity_zip_code": zip, "entity_country": country,
        "entity_country_id": customer.get("country_id"),
    }))
}
