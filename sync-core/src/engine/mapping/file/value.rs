//! The parts that settings are made of, taken from TOML values with an error that points at them.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::Wrong;
use crate::engine::Side;

pub(super) type Value<'a> = Spanned<DeValue<'a>>;

/// A table's keys, where they are, and their values, in the order of the file.
pub(super) type Entries<'t, 'a> = Vec<(&'t str, Range<usize>, &'t Value<'a>)>;

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// `wanted` says what there should be, with an example.
pub(super) fn not(value: &Value<'_>, wanted: &str) -> Wrong {
    Wrong::new(value.span(), format!("must be {wanted}, and is {}", kind(value.get_ref())))
}

pub(super) fn text<'t>(value: &'t Value<'_>) -> Result<&'t str, Wrong> {
    value.get_ref().as_str().ok_or_else(|| not(value, "text in quotes"))
}

pub(super) fn flag(value: &Value<'_>) -> Result<bool, Wrong> {
    value.get_ref().as_bool().ok_or_else(|| not(value, "`true` or `false`, without quotes"))
}

pub(super) fn number(value: &Value<'_>, range: Range<u32>) -> Result<u32, Wrong> {
    let number = value.get_ref().as_integer();
    let number = number.ok_or_else(|| not(value, "a whole number without quotes"))?;
    let number = u32::from_str_radix(number.as_str(), number.radix()).ok();
    number.filter(|number| range.contains(number)).ok_or_else(|| {
        let Range { start, end } = range;
        Wrong::new(value.span(), format!("must be a number from {start} to {}", end - 1))
    })
}

/// The members of a list; `like` shows one.
pub(super) fn list<'t, 'a>(
    value: &'t Value<'a>,
    like: &str,
) -> Result<impl Iterator<Item = &'t Value<'a>> + use<'t, 'a>, Wrong> {
    let list = value.get_ref().as_array().ok_or_else(|| not(value, &format!("a list, such as `{like}`")))?;
    Ok(list.iter())
}

/// The entries of a table; `like` shows one.
pub(super) fn table<'t, 'a>(value: &'t Value<'a>, like: &str) -> Result<Entries<'t, 'a>, Wrong> {
    let table = value.get_ref().as_table();
    table.map(entries).ok_or_else(|| not(value, &format!("a table, such as `{like}`")))
}

pub(super) fn entries<'t, 'a>(table: &'t DeTable<'a>) -> Entries<'t, 'a> {
    let entry = |(key, value): (&'t Spanned<_>, &'t Value<'a>)| -> (&'t str, _, _) {
        let name: &std::borrow::Cow<'a, str> = key.get_ref();
        (name.as_ref(), key.span(), value)
    };
    let mut entries: Vec<_> = table.iter().map(entry).collect();
    entries.sort_by_key(|(_, at, _)| at.start);
    entries
}

/// What each side has; `like` shows it.
pub(super) fn sides<'t, 'a>(value: &'t Value<'a>, like: &str) -> Result<Vec<(Side, &'t Value<'a>)>, Wrong> {
    let side = |(name, at, value): (&str, _, _)| Ok((named("side", name, at, &SIDES)?, value));
    table(value, like)?.into_iter().map(side).collect()
}

const SIDES: [(&str, Side); 2] = [("left", Side::Left), ("right", Side::Right)];

/// What a word stands for.
pub(super) fn choice<T: Clone>(what: &str, value: &Value<'_>, among: &[(&str, T)]) -> Result<T, Wrong> {
    named(what, text(value)?, value.span(), among)
}

/// What `name` stands for.
pub(super) fn named<T: Clone>(
    what: &str,
    name: &str,
    at: Range<usize>,
    among: &[(&str, T)],
) -> Result<T, Wrong> {
    let found = among.iter().find(|(known, _)| *known == name).map(|(_, found)| found.clone());
    found.ok_or_else(|| unknown(what, name, at, among.iter().map(|(known, _)| *known)))
}

/// `name` is none of those that there are.
pub(super) fn unknown<'n>(
    what: &str,
    name: &str,
    at: Range<usize>,
    among: impl Iterator<Item = &'n str> + Clone,
) -> Wrong {
    let close = among.clone().map(|known| (distance(name, known), known)).min();
    let advice = match close.filter(|(distance, known)| *distance <= (known.len() / 3).max(2)) {
        Some((_, known)) => format!("did you mean `{known}`?"),
        None => {
            format!("there are {}", among.map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", "))
        }
    };
    let name: String = name.chars().take(40).collect();
    Wrong::new(at, format!("`{}` is no {what}: {advice}", name.escape_debug()))
}

/// How many characters must be typed otherwise to make one word of the other. Of long ones only the beginning is compared.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (done, a) in one.chars().take(40).enumerate() {
        let mut left = done + 1;
        let mut next = vec![left];
        for (b, above) in other.chars().zip(row.windows(2)) {
            if let [diagonal, above] = above {
                left = (diagonal + usize::from(a != b)).min(above + 1).min(left + 1);
                next.push(left);
            }
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}

/// A name, alone or with what it is given: `"upper"`, `{ truncate = 100 }`.
pub(super) fn call<'t, 'a>(
    value: &'t Value<'a>,
    like: &str,
) -> Result<(&'t str, Range<usize>, Option<&'t Value<'a>>), Wrong> {
    if let Some(name) = value.get_ref().as_str() {
        return Ok((name, value.span(), None));
    }
    let wanted = format!("a name in quotes or a table of one name, such as `{like}`");
    let Some(table) = value.get_ref().as_table() else { return Err(not(value, &wanted)) };
    match entries(table).as_slice() {
        [(name, at, given)] => Ok((name, at.clone(), Some(*given))),
        _ => Err(Wrong::new(value.span(), format!("must be {wanted}"))),
    }
}
