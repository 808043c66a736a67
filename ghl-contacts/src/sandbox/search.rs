//! Searching and listing contacts: what is found, in which order, page by page.

use std::cmp::Ordering;

use serde_json::{Value, json};
use sync_core::sandbox_kit::Answer;

use super::contact::Contact;
use super::filter::{Filter, field_value};
use super::refuse::{Refusal, Reply};
use super::route::Call;
use super::shapes;
use super::validate::{Field, Kind, Schema};
use super::world::World;

pub(super) const SEARCH: Schema = &[&[
    Field::text("locationId").required(),
    Field::new("pageLimit", Kind::Within(1, 500)).required(),
    Field::new("page", Kind::Within(1, i64::MAX)),
    Field::new("searchAfter", Kind::List),
    Field::new("filters", Kind::List),
    Field::new("sort", Kind::FewItems(2)),
    Field::new("query", Kind::Short(75)),
]];
pub(super) const LIST_QUERY: &[(&str, bool)] = &[
    ("locationId", true),
    ("query", false),
    ("limit", false),
    ("startAfter", false),
    ("startAfterId", false),
];
pub(super) const BUSINESS_QUERY: &[(&str, bool)] =
    &[("locationId", true), ("limit", false), ("skip", false), ("query", false)];

/// Page numbers reach no further than this many records.
const DEEPEST_PAGE: usize = 10_000;
const SORTABLE: &[&str] = &[
    "firstNameLowerCase",
    "lastNameLowerCase",
    "businessName",
    "dateAdded",
    "dateUpdated",
    "email",
    "dnd",
    "source",
];

struct Order {
    /// Field names and whether they descend.
    by: Vec<(String, bool)>,
}

impl Order {
    fn newest_first() -> Self {
        Self { by: vec![("dateAdded".to_owned(), true)] }
    }

    fn parse(sort: Option<&Value>) -> Result<Self, Refusal> {
        let mut by = Vec::new();
        for item in sort.and_then(Value::as_array).into_iter().flatten() {
            let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
            let (field, direction) = (text("field"), text("direction"));
            if !SORTABLE.contains(&field) {
                return Err(Refusal::bad_request(&format!("Invalid field {field}")));
            }
            if !["asc", "desc"].contains(&direction) {
                let message = "direction must be one of the following values: asc, desc";
                return Err(Refusal::unprocessable(vec![message.to_owned()]));
            }
            by.push((field.to_owned(), direction == "desc"));
        }
        Ok(if by.is_empty() { Self::newest_first() } else { Self { by } })
    }

    /// Where a contact stands: the values that it is sorted by, then its id.
    fn key(&self, contact: &Contact, business: Option<&str>) -> Vec<Value> {
        let values = self.by.iter().map(|(field, _)| field_value(contact, business, field));
        values.chain([json!(contact.id)]).collect()
    }

    fn compare(&self, left: &[Value], right: &[Value]) -> Ordering {
        let directions = self.by.iter().map(|(_, descends)| *descends).chain([false]);
        let pairs = left.iter().zip(right).zip(directions);
        pairs.fold(Ordering::Equal, |so_far, ((left, right), descends)| {
            let here = compare_values(left, right);
            so_far.then(if descends { here.reverse() } else { here })
        })
    }
}

fn compare_values(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Number(l), Value::Number(r)) => {
            l.as_f64().unwrap_or_default().total_cmp(&r.as_f64().unwrap_or_default())
        }
        (Value::String(l), Value::String(r)) => l.cmp(r),
        (Value::Bool(l), Value::Bool(r)) => l.cmp(r),
        (Value::Null, Value::Null) => Ordering::Equal,
        // What has no value comes first, so last when descending.
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        _ => left.to_string().cmp(&right.to_string()),
    }
}

/// All visible contacts of the location that `keep` accepts, in order, each with its place in it.
fn ordered<'a>(
    world: &'a World,
    call: &Call<'_>,
    order: &Order,
    keep: impl Fn(&Contact) -> bool,
) -> Vec<(Vec<Value>, &'a Contact)> {
    let visible = world.index.visible(call.now).filter(|c| c.location == call.location() && keep(c));
    let mut found: Vec<_> = visible.map(|c| (order.key(c, world.business_name(c)), c)).collect();
    found.sort_by(|(left, _), (right, _)| order.compare(left, right));
    found
}

/// Free text is looked for in names, addresses and numbers.
fn mentions(contact: &Contact, query: &str) -> bool {
    let query = query.trim().to_lowercase();
    let texts = [contact.text("email"), contact.text("phone"), contact.text("companyName")];
    contact.full_name().to_lowercase().contains(&query)
        || texts.into_iter().flatten().any(|text| text.to_lowercase().contains(&query))
}

pub(super) fn search(world: &mut World, call: &Call<'_>) -> Reply {
    let order = Order::parse(call.body.get("sort"))?;
    let filter = Filter::parse(call.body.get("filters"), world)?;
    let limit =
        call.body.get("pageLimit").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(1);
    let page = call.body.get("page").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let after = call.body.get("searchAfter").and_then(Value::as_array);
    if page.is_some() && after.is_some() {
        return Err(Refusal::unprocessable(vec![
            "page and searchAfter should not be used together".to_owned(),
        ]));
    }
    let skip = page.unwrap_or(1).saturating_sub(1).saturating_mul(limit);
    if skip.saturating_add(limit) > DEEPEST_PAGE && page.is_some() {
        let message = format!("page reaches the first {DEEPEST_PAGE} records only, use searchAfter");
        return Err(Refusal::bad_request(&message));
    }
    if after.is_some_and(|cursor| cursor.len() != order.by.len() + 1) {
        return Err(Refusal::bad_request("Invalid searchAfter"));
    }
    let query = call.text("query").unwrap_or_default();
    let found =
        ordered(world, call, &order, |c| mentions(c, query) && filter.accepts(c, world.business_name(c)));
    let total = found.len();
    let rest = found
        .into_iter()
        .filter(|(key, _)| after.is_none_or(|cursor| order.compare(key, cursor) == Ordering::Greater));
    let contacts: Vec<Value> = rest
        .skip(skip)
        .take(limit)
        .map(|(key, contact)| shapes::found(contact, world.business_name(contact), call.v3, key))
        .collect();
    Ok(Answer::json(200, json!({ "contacts": contacts, "total": total })))
}

pub(super) fn list(world: &mut World, call: &Call<'_>) -> Reply {
    let limit = call.number("limit", 20, 100)?.max(1);
    let start_after = call.number("startAfter", 0, usize::MAX)?;
    let cursor = call.request.query("startAfterId").map(|id| vec![json!(start_after), json!(id)]);
    let query = call.request.query("query").unwrap_or_default();
    let order = Order::newest_first();
    let found = ordered(world, call, &order, |contact| mentions(contact, query));
    let total = found.len();
    let place = |key: &[Value]| cursor.as_ref().map(|cursor| order.compare(key, cursor));
    let before = found.iter().filter(|(key, _)| place(key).is_some_and(Ordering::is_le)).count();
    let contacts: Vec<Value> =
        found.iter().skip(before).take(limit).map(|(_, contact)| shapes::listed(contact)).collect();
    let current = before / limit + 1;
    let mut meta = json!({
        "total": total,
        "currentPage": current,
        "nextPage": null,
        "prevPage": (current > 1).then(|| current - 1),
        "nextPageUrl": null,
    });
    let reached = before + contacts.len();
    let last = reached.checked_sub(1).and_then(|at| found.get(at)).filter(|_| reached < total);
    if let (Some((_, contact)), Some(meta)) = (last, meta.as_object_mut()) {
        let (ms, id) = (contact.added.as_millisecond(), &contact.id);
        let location = call.location();
        // The service names one of its inner hosts here, so the link leads nowhere.
        let url = format!(
            "http://contacts.internal/contacts/?locationId={location}&limit={limit}&startAfter={ms}&startAfterId={id}"
        );
        meta.insert("nextPage".to_owned(), json!(current + 1));
        meta.insert("nextPageUrl".to_owned(), json!(url));
        meta.insert("startAfter".to_owned(), json!(ms));
        meta.insert("startAfterId".to_owned(), json!(id));
    }
    Ok(Answer::json(200, json!({ "contacts": contacts, "meta": meta })))
}

pub(super) fn by_business(world: &mut World, call: &Call<'_>) -> Reply {
    let (limit, skip) = (call.number("limit", 25, 100)?, call.number("skip", 0, usize::MAX)?);
    let query = call.request.query("query").unwrap_or_default();
    let wanted = |c: &Contact| c.business.as_deref() == Some(call.param(0)) && mentions(c, query);
    let found = ordered(world, call, &Order::newest_first(), wanted);
    let count = found.len();
    let contacts: Vec<Value> =
        found.into_iter().skip(skip).take(limit).map(|(_, c)| shapes::listed(c)).collect();
    Ok(Answer::json(200, json!({ "contacts": contacts, "count": count })))
}
