use jiff::Timestamp;
use serde_json::{Value, json};

use super::document_types::{DocumentType, TYPES, by_entity, by_id};
use super::params::Params;
use super::route::{Ask, Handle, Reply};
use super::row::{Row, amount, id, list, row, text, wire};
use super::validate::{Check, Issues, since};
use super::world::World;
use super::{files, multibanco, writing};

/// A stored document: the row that lists show, and what only `getOne` adds to it.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) row: Row,
    pub(super) extra: Row,
    pub(super) modified: Timestamp,
    /// What an application sent of it. Empty if a person entered it.
    pub(super) sent: Row,
}

impl Document {
    pub(super) fn status(&self) -> u64 {
        id(&self.row, "status")
    }
}

/// The methods of `documents` and of every entity that serves one kind of document.
pub(super) const METHODS: &[(&str, Handle)] = &[
    // Only here is `status` a filter.
    ("getAll", |w, c| page(c, selected(w, c).into_iter().filter(|d| has_status(d, c)).collect())),
    ("count", |w, c| Reply::count(selected(w, c).len())),
    ("getOne", get_one),
    ("getModifiedSince", |w, c| modified(w, c).map_or_else(Reply::Invalid, |found| page(c, found))),
    ("countModifiedSince", |w, c| {
        modified(w, c).map_or_else(Reply::Invalid, |found| Reply::count(found.len()))
    }),
];

/// The further methods of `documents`.
pub(super) const OF_ALL: &[(&str, Handle)] = &[
    ("getPDFLink", files::link),
    ("documentCancel", writing::cancel),
    ("documentDraft", writing::reopen),
    ("getByMBReference", multibanco::get),
    ("setMBReferenceAsPaid", multibanco::set_as_paid),
    ("deleteMBReference", multibanco::delete),
];

/// The further methods of one kind.
pub(super) fn of_kind(kind: &DocumentType, method: &str) -> Option<Handle> {
    let by_mb = matches!(kind.entity, "invoices" | "invoiceReceipts" | "simplifiedInvoices");
    match method {
        "insert" => Some(writing::insert),
        "update" => Some(writing::update),
        "delete" => Some(writing::delete),
        "generateMBReference" if by_mb => Some(multibanco::generate),
        "setTransportCode" if kind.transport => Some(writing::set_transport_code),
        _ => None,
    }
}

/// `documents/getAllDocumentTypes`.
pub(super) fn types(_: &mut World, ask: &Ask<'_>) -> Reply {
    let mut check = Check::new(ask.params);
    check.id("language_id");
    if !check.issues.is_empty() {
        return Reply::Invalid(check.issues);
    }
    let rows =
        TYPES.iter().map(|t| json!({ "document_type_id": t.id, "saft_code": t.saft_code, "title": t.title }));
    Reply::Read(rows.collect())
}

fn page(ask: &Ask<'_>, found: Vec<&Document>) -> Reply {
    Reply::Read(list(ask.params.page(found).into_iter().map(|d| d.row.clone())))
}

fn get_one(world: &mut World, ask: &Ask<'_>) -> Reply {
    let params = ask.params;
    let asked = params.id("document_id") > 0 || FILTERS.iter().any(|(name, _)| params.has(name));
    if !asked {
        let mut check = Check::new(params);
        check.id("document_id");
        return Reply::Invalid(check.issues);
    }
    let wanted = params.id("document_id");
    let found = selected(world, ask).into_iter().find(|d| wanted == 0 || id(&d.row, "document_id") == wanted);
    Reply::Read(found.map_or_else(|| json!([]), |d| Value::Object(world.document_detail(d))))
}

/// The documents of the call's kind that pass the filters, newest first.
fn selected<'a>(world: &'a World, ask: &Ask<'_>) -> Vec<&'a Document> {
    let kind = by_entity(ask.entity).map(|t| t.id);
    let of_kind = |d: &Document| kind.is_none_or(|kind| id(&d.row, "document_type_id") == kind);
    let passes = |d: &Document| FILTERS.iter().all(|(name, keeps)| keeps(&d.row, name, ask.params));
    world.documents.values().rev().filter(|d| of_kind(d) && passes(d)).collect()
}

type Keeps = fn(&Row, &str, &Params) -> bool;

const FILTERS: &[(&str, Keeps)] = &[
    ("customer_id", same_number),
    ("supplier_id", same_number),
    ("salesman_id", same_number),
    ("document_set_id", same_number),
    ("number", same_number),
    ("date", same_day),
    ("expiration_date", same_day),
    ("year", |row, name, params| {
        let year = params.int(name).unwrap_or(0);
        year == 0 || text(row, "date").get(..4) == Some(year.to_string().as_str())
    }),
    ("your_reference", same_text),
    ("our_reference", same_text),
];

fn same_number(row: &Row, name: &str, params: &Params) -> bool {
    let wanted = params.int(name).unwrap_or(0);
    wanted == 0 || row.get(name).and_then(Value::as_i64) == Some(wanted)
}

fn same_day(row: &Row, name: &str, params: &Params) -> bool {
    let wanted = params.text(name);
    let day = text(row, name).get(..10);
    wanted.is_empty() || day.is_some_and(|day| wanted.get(..10) == Some(day))
}

fn same_text(row: &Row, name: &str, params: &Params) -> bool {
    let wanted = params.text(name);
    wanted.is_empty() || text(row, name) == wanted
}

fn has_status(document: &Document, ask: &Ask<'_>) -> bool {
    let wanted = ask.params.int("status").filter(|_| ask.entity == "documents");
    wanted.is_none_or(|wanted| i64::try_from(document.status()) == Ok(wanted))
}

fn modified<'a>(world: &'a World, ask: &Ask<'_>) -> Result<Vec<&'a Document>, Issues> {
    let since = since(ask.params)?;
    Ok(selected(world, ask).into_iter().filter(|d| d.modified >= since).collect())
}

/// What only `getOne` shows, empty.
pub(super) fn detail_alone() -> Row {
    row(json!({
        "year": 0, "alternate_address_id": 0, "attached_file": "", "notes": "", "related_documents_notes": "",
        "salesman_commission": 0, "special_discount": 0, "eac_id": 0, "eac_code": "", "deduction_id": 0,
        "deduction_name": "", "delivery_method_id": 0, "delivery_method_name": "", "vehicle_id": 0,
        "vehicle_name": "", "vehicle_number_plate": "", "delivery_datetime": null,
        "delivery_departure_address": "", "delivery_departure_city": "", "delivery_departure_zip_code": "",
        "delivery_departure_country": "", "delivery_destination_address": "",
        "delivery_destination_city": "", "delivery_destination_zip_code": "",
        "delivery_destination_country": "", "rsa_hash": "", "hash_control": "", "atcud": "",
        "cash_vat_scheme_indicator": 0, "set_from_api": 0, "plugin_id": 0, "timezone_id": 1,
        "mb_references": [], "products": [], "payments": [],
    }))
}

impl World {
    /// The document as `getOne` shows it.
    pub(super) fn document_detail(&self, document: &Document) -> Row {
        let listed = &document.row;
        let net = listed.get("net_value").cloned().unwrap_or_default();
        let paid = by_id(id(listed, "document_type_id")).is_some_and(|t| t.self_paid || t.settles);
        let payments = if paid { vec![self.payment(listed, &net)] } else { Vec::new() };
        let mut detail = detail_alone();
        detail.insert(
            "year".to_owned(),
            text(listed, "date").get(..4).and_then(|y| y.parse().ok()).unwrap_or(0).into(),
        );
        detail.insert("products".to_owned(), self.lines(document).into());
        detail.insert("payments".to_owned(), payments.into());
        detail.extend(listed.clone());
        detail.extend(document.extra.clone());
        detail
    }

    fn payment(&self, listed: &Row, value: &Value) -> Value {
        let method = self.first("paymentMethods");
        json!({
            "payment_method_id": method.get("payment_method_id"), "payment_method_name": method.get("name"),
            "date": listed.get("date"), "value": value, "notes": "",
        })
    }

    /// One line for the whole amount, where nobody entered lines.
    fn lines(&self, document: &Document) -> Vec<Value> {
        let listed = &document.row;
        if by_id(id(listed, "document_type_id")).is_some_and(|t| t.settles) {
            return Vec::new();
        }
        let amount = |key| amount(listed, key);
        let (gross, charged) = (amount("gross_value"), amount("taxes_value"));
        let base = gross - amount("comercial_discount_value") - amount("financial_discount_value");
        let (product, tax) = (self.first("products"), self.first("taxes"));
        let taxes = if charged.is_zero() {
            Vec::new()
        } else {
            vec![json!({
                "tax_id": tax.get("tax_id"), "type": 1, "saft_type": 1, "vat_type": tax.get("vat_type"),
                "stamp_tax": "", "name": tax.get("name"), "value": tax.get("value"), "fiscal_zone": "PT",
                "order": 1, "cumulative": 1, "incidence_value": wire(base),
                "total_value": wire(charged),
            })]
        };
        vec![json!({
            "document_product_id": listed.get("document_id"), "product_id": product.get("product_id"), "order": 1,
            "reference": product.get("reference"), "name": product.get("name"), "summary": "", "ean": "",
            "category_id": product.get("category_id"), "unit_id": product.get("unit_id"), "qty": 1,
            "price": wire(gross), "discount": 0,
            "exemption_reason": if charged.is_zero() { "M07" } else { "" }, "origin_id": 0, "related_id": 0,
            "warehouse_id": 0, "properties": [], "child_products": [], "taxes": taxes,
        })]
    }
}
