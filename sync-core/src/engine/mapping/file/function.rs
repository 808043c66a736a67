//! The functions that a file can name.

use std::sync::Arc;

use super::error::Wrong;
use super::value::{Value, call, list, named, number, table, text, unknown};
use crate::engine::mapping::builder::is_path;
use crate::engine::mapping::field::scalar;
use crate::engine::merge::{Lossy, Validate};
use crate::engine::normalise::{self, Normalised};
use crate::engine::{Snapshot, lossy, validate};

pub(super) type Normalise = Arc<dyn Fn(&str) -> Normalised + Send + Sync>;

type Plain = fn(&str) -> Normalised;

const NORMALISERS: [(&str, Plain); 9] = [
    ("spaces", normalise::spaces),
    ("upper", normalise::upper),
    ("email", normalise::email),
    ("phone", normalise::phone),
    ("nif", normalise::nif),
    ("postal_code", normalise::postal_code),
    ("country", normalise::country),
    ("date", normalise::date),
    ("decimal", normalise::decimal),
];

/// `"nif"`, or `{ phone = { country = "34", digits = 9 } }`.
pub(super) fn normaliser(value: &Value<'_>) -> Result<Normalise, Wrong> {
    const LIKE: &str = "{ phone = { country = \"34\", digits = 9 } }";
    let (name, at, given) = call(value, LIKE)?;
    let normalise = named("normaliser", name, at, &NORMALISERS)?;
    let Some(given) = given else { return Ok(Arc::new(normalise)) };
    if name != "phone" {
        return Err(Wrong::new(
            value.span(),
            format!("`{name}` takes nothing: write `normalise = \"{name}\"`"),
        ));
    }
    let (mut country, mut digits) = (None, None);
    for (key, at, value) in table(given, LIKE)? {
        match key {
            "country" => country = Some(calling_code(value)?),
            "digits" => digits = Some(number(value, 7..13)?),
            _ => return Err(unknown("setting of `phone`", key, at, ["country", "digits"].into_iter())),
        }
    }
    let (Some(country), Some(digits)) = (country, digits) else {
        return Err(Wrong::new(given.span(), format!("needs both: write `{LIKE}`")));
    };
    let digits = usize::try_from(digits).unwrap_or_default();
    Ok(Arc::new(move |text| normalise::phone_in(&country, digits, text)))
}

fn calling_code(value: &Value<'_>) -> Result<String, Wrong> {
    let code = text(value)?;
    let is_code = (1..=3).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit());
    if is_code && !code.starts_with('0') {
        return Ok(code.to_owned());
    }
    Err(Wrong::new(value.span(), "must be a country's calling code without plus or zeros, such as `\"34\"`"))
}

/// One check or a list of them: `"nif"`, `{ at_most = 100 }`, `{ one_of = ["a", "b"] }`.
pub(super) fn validators(value: &Value<'_>) -> Result<Vec<Validate>, Wrong> {
    match value.get_ref().as_array() {
        Some(list) => list.iter().map(validator).collect(),
        None => Ok(vec![validator(value)?]),
    }
}

fn validator(value: &Value<'_>) -> Result<Validate, Wrong> {
    let (name, at, given) = call(value, "{ at_most = 100 }")?;
    Ok(match (name, given) {
        ("nif", None) => Arc::new(validate::nif),
        ("at_most", Some(given)) => Arc::new(validate::at_most(length(given)?)),
        ("one_of", Some(given)) => {
            let values = list(given, "[\"a\", \"b\"]")?.map(text).collect::<Result<Vec<_>, _>>()?;
            Arc::new(validate::one_of(values))
        }
        _ => {
            return Err(misused(
                "check",
                name,
                at,
                &["nif"],
                &[("at_most", "100"), ("one_of", "[\"a\", \"b\"]")],
            ));
        }
    })
}

/// `"upper"`, `"lower"` or `{ truncate = 100 }`.
pub(super) fn loss(value: &Value<'_>) -> Result<Lossy, Wrong> {
    let (name, at, given) = call(value, "{ truncate = 100 }")?;
    Ok(match (name, given) {
        ("upper", None) => Arc::new(lossy::upper),
        ("lower", None) => Arc::new(lossy::lower),
        ("truncate", Some(given)) => Arc::new(lossy::truncate(length(given)?)),
        _ => return Err(misused("loss", name, at, &["upper", "lower"], &[("truncate", "100")])),
    })
}

fn length(value: &Value<'_>) -> Result<usize, Wrong> {
    Ok(usize::try_from(number(value, 1..1_000_001)?).unwrap_or(usize::MAX))
}

/// A function that there is not, or that was given something that it does not take.
fn misused(
    what: &str,
    name: &str,
    at: std::ops::Range<usize>,
    plain: &[&str],
    given: &[(&str, &str)],
) -> Wrong {
    if let Some((_, like)) = given.iter().find(|(known, _)| *known == name) {
        return Wrong::new(at, format!("`{name}` must be given something: write `{{ {name} = {like} }}`"));
    }
    if plain.contains(&name) {
        return Wrong::new(at, format!("`{name}` takes nothing: write `\"{name}\"`"));
    }
    unknown(what, name, at, plain.iter().copied().chain(given.iter().map(|(known, _)| *known)))
}

type When = Arc<dyn Fn(&Snapshot) -> bool + Send + Sync>;

/// `{ path = "status", is = "invoiced" }` or `{ path = "invoice_id", not_empty = true }`.
pub(super) fn condition(value: &Value<'_>) -> Result<When, Wrong> {
    const LIKE: &str = "{ path = \"status\", is = \"invoiced\" }";
    let (mut at, mut is, mut filled) = (None, None, None);
    for (key, place, value) in table(value, LIKE)? {
        match key {
            "path" => at = Some(path(value)?.to_owned()),
            "is" => is = Some(text(value)?.to_owned()),
            "not_empty" => filled = Some(yes(value)?),
            _ => {
                return Err(unknown(
                    "part of a condition",
                    key,
                    place,
                    ["path", "is", "not_empty"].into_iter(),
                ));
            }
        }
    }
    match (at, is, filled) {
        (Some(path), Some(is), None) => Ok(Arc::new(move |record| {
            record.get(&path).is_some_and(|value| scalar(value).is_ok_and(|text| text == is))
        })),
        (Some(path), None, Some(())) => Ok(Arc::new(move |record| {
            // A list or an object is not one value, and is not empty if it has members.
            let filled = |value: &serde_json::Value| match value {
                serde_json::Value::Array(list) => !list.is_empty(),
                serde_json::Value::Object(object) => !object.is_empty(),
                value => scalar(value).is_ok_and(|text| !text.trim().is_empty()),
            };
            record.get(&path).is_some_and(filled)
        })),
        _ => Err(Wrong::new(
            value.span(),
            format!("needs a `path`, and either `is` or `not_empty`: write `{LIKE}`"),
        )),
    }
}

fn yes(value: &Value<'_>) -> Result<(), Wrong> {
    match value.get_ref().as_bool() {
        Some(true) => Ok(()),
        _ => Err(Wrong::new(value.span(), "must be `true`: leave the condition out if there is none")),
    }
}

/// A path into a record.
pub(super) fn path<'t>(value: &'t Value<'_>) -> Result<&'t str, Wrong> {
    let path = text(value)?;
    if is_path(path) {
        return Ok(path);
    }
    let why = "must be a path: names with single dots between them, such as `\"country.iso\"`";
    Err(Wrong::new(value.span(), why))
}
