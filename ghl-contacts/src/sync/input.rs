//! Values as a mapping gives them, read strictly: what a field cannot take is refused, and never sent changed.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use sync_core::engine::{Fault, Part, Raw};

use super::fault::{broken, invalid};
use crate::patch::Patch;

/// The fields of a part, for collections without sets.
pub(super) fn fields(part: &Part) -> Result<&Raw, Fault> {
    match part {
        Part::Fields(raw) => Ok(raw),
        _ => Err(broken("there are no sets here: only whole fields are written")),
    }
}

/// A field that a record of this kind does not have, or not for writing.
pub(super) fn unknown(what: &str, field: &str, writable: &[&str]) -> Fault {
    broken(format!("{what} have no field {field} that can be written, but {}", writable.join(", ")))
}

pub(super) fn text<'v>(field: &str, value: &'v Value) -> Result<&'v str, Fault> {
    value.as_str().ok_or_else(|| invalid(field, "must be a text"))
}

/// A text that a record cannot be without.
pub(super) fn filled<'v>(field: &str, value: &'v Value) -> Result<&'v str, Fault> {
    match value.as_str().map(str::trim) {
        None | Some("") => Err(invalid(field, "must be a text, and cannot be cleared: give it one")),
        Some(_) => text(field, value),
    }
}

/// A text of which nothing is the empty one.
pub(super) fn text_or_empty<'v>(field: &str, value: &'v Value) -> Result<&'v str, Fault> {
    if value.is_null() { Ok("") } else { text(field, value) }
}

/// A flag, or its text as a mapping writes it.
pub(super) fn flag(field: &str, value: &Value) -> Result<bool, Fault> {
    match value {
        Value::Bool(flag) => Ok(*flag),
        Value::String(text) if text == "true" => Ok(true),
        Value::String(text) if text == "false" => Ok(false),
        _ => Err(invalid(field, "must be true or false, and cannot be cleared: give it one of them")),
    }
}

pub(super) fn moment(field: &str, value: &Value) -> Result<Timestamp, Fault> {
    let moment = value.as_str().and_then(|text| text.parse().ok());
    moment.ok_or_else(|| invalid(field, "must be a time with an offset, such as 2026-12-31T10:00:00Z"))
}

/// Nothing and the empty text both clear.
pub(super) fn patch(field: &str, value: &Value) -> Result<Patch<String>, Fault> {
    Ok(match text_or_empty(field, value)? {
        "" => Patch::Clear,
        text => Patch::Set(text.to_owned()),
    })
}

pub(super) fn date(field: &str, value: &Value) -> Result<Patch<Date>, Fault> {
    let text = match text_or_empty(field, value)? {
        "" => return Ok(Patch::Clear),
        text => text,
    };
    // The parser would also take the date out of a moment, and the day of a moment depends on the place.
    let date = text.parse().ok().filter(|_| text.len() == "2026-12-31".len());
    date.map(Patch::Set).ok_or_else(|| invalid(field, "must be a date written as 2026-12-31"))
}

/// The members of a set; nothing is none.
pub(super) fn members(field: &str, value: &Value) -> Result<Vec<String>, Fault> {
    let wrong = || invalid(field, "must be a list of texts");
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(members) => {
            members.iter().map(|member| member.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_taken_as_they_are_or_not_at_all() {
        assert_eq!(date("born", &json!("1990-09-25")).unwrap(), Patch::Set(Date::constant(1990, 9, 25)));
        for nothing in [json!(null), json!("")] {
            assert_eq!(date("born", &nothing).unwrap(), Patch::Clear);
            assert_eq!(patch("city", &nothing).unwrap(), Patch::Clear);
        }
        assert!(flag("dnd", &json!("true")).unwrap() && !flag("dnd", &json!(false)).unwrap());
        let refused = [
            date("born", &json!("1990-09-25T00:00:00Z")).map(drop),
            date("born", &json!("25.09.1990")).map(drop),
            flag("dnd", &json!("yes")).map(drop),
            flag("dnd", &json!(null)).map(drop),
            filled("title", &json!(" ")).map(drop),
            moment("dueDate", &json!("2026-12-31 10:00:00")).map(drop),
            patch("city", &json!(5)).map(drop),
            members("tags", &json!(["a", 5])).map(drop),
            members("tags", &json!("a")).map(drop),
        ];
        for (row, result) in refused.into_iter().enumerate() {
            let fault = result.unwrap_err();
            assert_eq!(fault.kind(), sync_core::engine::FaultKind::Invalid, "{row}: {fault}");
        }
    }
}
