//! Answers that are not as described: parts are missing, others are of a wild type, and some come under two names.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use sync_core::http::DecodeError;

/// Names that one value has in different answers and versions, and names that nobody knows.
const NAMES: [&str; 34] = [
    "id",
    "_id",
    "name",
    "contactName",
    "address",
    "address1",
    "value",
    "fieldValue",
    "field_value",
    "SMS",
    "sms",
    "Call",
    "call",
    "WhatsApp",
    "whatsApp",
    "succeded",
    "succeeded",
    "success",
    "contact",
    "event",
    "appointment",
    "business",
    "buiseness",
    "customFields",
    "followers",
    "followersAdded",
    "tags",
    "count",
    "total",
    "meta",
    "traceId",
    "searchAfter",
    "somethingNew",
    "extra",
];

const TEXTS: [&str; 18] = [
    "",
    " ",
    "0",
    "true",
    "null",
    "active",
    "2026-03-01",
    "03-01-2026",
    "2026-03-01T10:00:00Z",
    "2026-03-01T10:00:00.123+01:00",
    "2026-03-01T10:00:00+0100",
    "2026-03-01 10:00:00",
    "2026-03-01T10:00:00",
    "Sun Mar 01 2026 10:00:00 GMT+0000 (Coordinated Universal Time)",
    "2026-02-30",
    "9999-12-31T23:59:59Z",
    "-009999-01-02",
    "ção … \u{0}\u{1F600}\u{202E}",
];

/// One change that makes an answer odd. The index chooses the place.
#[derive(Debug, Clone)]
enum Oddity {
    Replace(Index, Value),
    ReplaceField(Index, Value),
    Add(Index, String, Value),
    Remove(Index),
}

/// An answer, and which places of it are not as described.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) json: Value,
    /// As JSON pointers.
    odd: Vec<String>,
}

impl Sent {
    /// Whether what is under `name` is as described.
    pub(crate) fn is_sound(&self, name: &str) -> bool {
        let here = format!("/{name}");
        !self.odd.iter().any(|odd| odd.is_empty() || *odd == here || is_below(odd, &here))
    }

    /// The places of fields that nobody knows, in records that are otherwise sound as far as that.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = &String> {
        let within_odd = |place: &str| self.odd.iter().any(|odd| is_below(place, odd));
        // A channel may have any name.
        let unknown = |place: &&String| place.ends_with("/somethingNew") && !place.contains("/dndSettings/");
        let unknown = self.odd.iter().filter(unknown);
        unknown.filter(move |place| !within_odd(place) && self.json.pointer(place).is_some())
    }

    /// Whether the error names what is wrong: a place that lacks a field, or an odd one, or one within or around it.
    pub(crate) fn is_blamed(&self, error: &DecodeError) -> bool {
        let place = pointer(&error.path);
        let Some(there) = self.json.pointer(&place) else { return false };
        if let Some(missing) = error.message.strip_prefix("missing field `") {
            let name = missing.split('`').next().unwrap();
            return there.get(name).is_none_or(Value::is_null);
        }
        let around = ["duplicate field `", "data did not match any variant"];
        let around = around.iter().any(|start| error.message.starts_with(start));
        self.odd.iter().any(|odd| *odd == place || is_below(&place, odd) || around && is_below(odd, &place))
    }
}

fn is_below(place: &str, upper: &str) -> bool {
    place.strip_prefix(upper).is_some_and(|rest| rest.starts_with('/'))
}

/// `contacts[3].dateAdded` as `/contacts/3/dateAdded`.
fn pointer(path: &str) -> String {
    if path == "." {
        return String::new();
    }
    let place = path.replace(['.', '['], "/").replace(']', "");
    if place.starts_with('/') { place } else { format!("/{place}") }
}

/// `sample` with each of its places in turn replaced by each of the values that have been seen to matter.
pub(crate) fn one_by_one(sample: &Value) -> Vec<Sent> {
    let mut places = Vec::new();
    gather(sample, String::new(), &mut places);
    let mut values: Vec<_> = TEXTS.into_iter().map(Value::from).collect();
    values.extend([json!(null), json!(true), json!(0), json!(-1), json!(12.5), json!(1e300)]);
    // Milliseconds: in 2026, in the year 250 before our era, and beyond all years.
    values.extend([1_772_359_200_000, -70_000_000_000_000, i64::MAX].map(Value::from));
    values.extend([json!(u64::MAX), json!([]), json!(["a"]), json!([{}]), json!({}), json!({ "a": {} })]);
    let mut all = Vec::new();
    for place in places {
        for value in &values {
            let mut json = sample.clone();
            *json.pointer_mut(&place).unwrap() = value.clone();
            all.push(Sent { json, odd: vec![place.clone()] });
        }
    }
    all
}

/// Some fields of `sample`, up to three of its places made odd. `id` stays, unless it is made odd.
pub(crate) fn odd(sample: Value) -> impl Strategy<Value = Sent> {
    let names: Vec<_> = sample.as_object().unwrap().keys().cloned().collect();
    let all = names.len();
    let some = prop::sample::subsequence(names, 0..=all);
    (some, prop::bool::weighted(0.3), prop::collection::vec(oddity(), 0..4)).prop_map(
        move |(some, whole, oddities)| {
            let mut json = sample.clone();
            if !whole {
                json.as_object_mut().unwrap().retain(|name, _| name == "id" || some.contains(name));
            }
            let mut odd = Vec::new();
            for oddity in oddities {
                odd.extend(happen(&mut json, oddity));
            }
            Sent { json, odd }
        },
    )
}

fn oddity() -> impl Strategy<Value = Oddity> {
    // No point and no bracket: a path with them in a name could be read in two ways.
    let name =
        prop_oneof![3 => prop::sample::select(&NAMES[..]).prop_map(str::to_owned), 1 => "[a-zA-Z_]{0,6}"];
    prop_oneof![
        2 => (any::<Index>(), wild()).prop_map(|(at, value)| Oddity::Replace(at, value)),
        3 => (any::<Index>(), wild()).prop_map(|(at, value)| Oddity::ReplaceField(at, value)),
        3 => (any::<Index>(), name, wild()).prop_map(|(at, name, value)| Oddity::Add(at, name, value)),
        1 => any::<Index>().prop_map(Oddity::Remove),
    ]
}

/// A value of any type.
fn wild() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![json!(0), json!(12.5), json!(1e300)]),
    ];
    // All years that a date can have, and some more.
    let millis = -400_000_000_000_000..400_000_000_000_000_i64;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        prop_oneof![Just(1_772_359_200_000), millis].prop_map(Value::from),
        prop::sample::select(&TEXTS[..]).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let name = prop_oneof![prop::sample::select(&NAMES[..]).prop_map(str::to_owned), "[a-zA-Z]{0,6}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Makes a place odd, and says which.
fn happen(json: &mut Value, oddity: Oddity) -> Option<String> {
    let mut places = Vec::new();
    gather(json, String::new(), &mut places);
    match oddity {
        Oddity::Replace(at, value) => {
            let place = at.get(&places).clone();
            *json.pointer_mut(&place)? = value;
            Some(place)
        }
        Oddity::ReplaceField(at, value) => {
            places.retain(|place| place.matches('/').count() == 1);
            let place = places.get(at.index(places.len().max(1)))?.clone();
            *json.pointer_mut(&place)? = value;
            Some(place)
        }
        Oddity::Add(at, name, value) => {
            places.retain(|place| json.pointer(place).is_some_and(Value::is_object));
            let place = places.get(at.index(places.len().max(1)))?;
            json.pointer_mut(place)?.as_object_mut()?.insert(name.clone(), value);
            Some(format!("{place}/{name}"))
        }
        Oddity::Remove(at) => {
            let place = at.get(&places).clone();
            let (parent, name) = place.rsplit_once('/')?;
            match json.pointer_mut(parent)? {
                Value::Object(fields) => fields.remove(name).map(|_| place.clone()),
                // Nothing is odd about a shorter list, but its places have other names now.
                _ => None,
            }
        }
    }
}

fn gather(json: &Value, here: String, places: &mut Vec<String>) {
    match json {
        Value::Object(fields) => {
            for (name, value) in fields.iter().filter(|(name, _)| !name.contains(['/', '~'])) {
                gather(value, format!("{here}/{name}"), places);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                gather(value, format!("{here}/{index}"), places);
            }
        }
        _ => {}
    }
    places.push(here);
}
