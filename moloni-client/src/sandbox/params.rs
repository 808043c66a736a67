use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use sync_core::sandbox_kit::Request;

use super::multipart;
use super::row::{Row, row, to_decimal, wire};

/// The parameters of a call: all of them travel in the body.
#[derive(Debug, Clone, Default)]
pub(super) struct Params(Row);

impl Params {
    /// Reads the body as JSON if the query says `json=true`, as a form with PHP's brackets otherwise. A body of
    /// the other kind is not seen.
    pub(super) fn read(request: &Request) -> Self {
        if request.query("json") == Some("true") {
            return Self(match request.json() {
                Some(Value::Object(fields)) => fields,
                _ => Row::new(),
            });
        }
        let content_type = request.header("content-type").unwrap_or_default();
        if content_type.starts_with("multipart/form-data") {
            return Self::nested(multipart::fields(content_type, &request.body));
        }
        Self::nested(request.form().into_iter().map(|(name, value)| (name, value.into())).collect())
    }

    /// Parameters from fields that a person entered.
    pub(super) fn entered(fields: Row) -> Self {
        Self(fields)
    }

    fn nested(pairs: Vec<(String, Value)>) -> Self {
        let mut root = Value::Object(Map::new());
        for (name, value) in pairs.into_iter().take(MOST_VALUES) {
            if let Some(path) = steps(&name) {
                place(&mut root, &path, value);
            }
        }
        lists(&mut root);
        match root {
            Value::Object(fields) => Self(fields),
            _ => Self::default(),
        }
    }

    /// Whether the parameter is there and neither null nor empty.
    pub(super) fn has(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// The parameter as text; empty if absent.
    pub(super) fn text(&self, name: &str) -> String {
        match self.0.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        }
    }

    /// All of them.
    pub(super) fn fields(&self) -> &Row {
        &self.0
    }

    /// The records of a list.
    pub(super) fn rows(&self, name: &str) -> Vec<Row> {
        let rows = self.0.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        rows.into_iter().map(row).collect()
    }

    /// A number, written as one or as text.
    pub(super) fn number(&self, name: &str) -> Option<Decimal> {
        to_decimal(self.0.get(name)?)
    }

    /// A number as the service writes it; 0 if absent.
    pub(super) fn wire(&self, name: &str) -> Value {
        wire(self.number(name).unwrap_or_default())
    }

    /// The records of a list; empty if absent.
    pub(super) fn list(&self, name: &str) -> Vec<Self> {
        let items = self.0.get(name).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_object).cloned().map(Self).collect()
    }

    /// A whole number.
    pub(super) fn int(&self, name: &str) -> Option<i64> {
        self.number(name).filter(Decimal::is_integer)?.try_into().ok()
    }

    /// An id; 0 stands for none, as the service has it.
    pub(super) fn id(&self, name: &str) -> u64 {
        self.int(name).and_then(|n| n.try_into().ok()).unwrap_or(0)
    }

    /// A flag: only 1 is true.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.int(name) == Some(1)
    }

    /// A moment in UTC: `YYYY-MM-DD HH:MM:SS`, a date, or a date with the day first.
    pub(super) fn moment(&self, name: &str) -> Option<Timestamp> {
        let text = self.text(name);
        let swapped = || {
            let mut parts = text.splitn(3, '-');
            let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
            format!("{year}-{month}-{day}").parse::<Date>().ok()
        };
        let local = text.parse::<DateTime>().ok();
        let local = local.or_else(|| text.parse::<Date>().ok().or_else(swapped).map(|d| d.at(0, 0, 0, 0)))?;
        Offset::UTC.to_timestamp(local).ok()
    }

    /// The page that `qty` and `offset` ask for: at most 50 rows, whatever `qty` says.
    pub(super) fn page<T>(&self, rows: Vec<T>) -> Vec<T> {
        const MOST: i64 = 50;
        let size = |n: i64| usize::try_from(n).unwrap_or(0);
        let qty = self.int("qty").filter(|n| *n > 0).unwrap_or(MOST).min(MOST);
        let offset = self.int("offset").unwrap_or(0).max(0);
        rows.into_iter().skip(size(offset)).take(size(qty)).collect()
    }
}

/// What comes after so many values of a form, PHP drops without a word (`max_input_vars`).
const MOST_VALUES: usize = 1000;

/// PHP drops what lies deeper than this (`max_input_nesting_level`).
const DEEPEST: usize = 64;

/// Where PHP puts the value of a field: the keys from the outside in, an empty one for "the next number". `None` if
/// it drops the field.
fn steps(name: &str) -> Option<Vec<String>> {
    let mangled = |name: &str| name.replace([' ', '.', '['], "_");
    let name = name.trim_start_matches(' ');
    let (first, mut rest) = name.split_at(name.find('[').unwrap_or(name.len()));
    if first.is_empty() {
        return None;
    }
    if !rest.is_empty() && !rest.contains(']') {
        // A bracket that nothing closes is a character like others.
        return Some(vec![mangled(name)]);
    }
    let mut steps = vec![mangled(first)];
    // What follows the last bracket is not seen.
    while let Some((key, after)) = rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        steps.push(if key == " " { String::new() } else { key.to_owned() });
        rest = after;
    }
    (steps.len() <= DEEPEST + 1).then_some(steps)
}

fn place(at: &mut Value, path: &[String], value: Value) {
    let Some((key, rest)) = path.split_first() else {
        *at = value;
        return;
    };
    if !at.is_object() {
        *at = Value::Object(Map::new());
    }
    if let Value::Object(fields) = at {
        let key = if key.is_empty() { next(fields) } else { key.clone() };
        place(fields.entry(key).or_insert(Value::Null), rest, value);
    }
}

/// One above the highest number among the keys.
fn next(fields: &Map<String, Value>) -> String {
    let highest = fields.keys().filter_map(|key| key.parse::<u32>().ok()).max();
    highest.map_or(0, |highest| u64::from(highest) + 1).to_string()
}

/// Turns every object with the keys 0, 1, 2 … into a list.
fn lists(value: &mut Value) {
    let Value::Object(fields) = value else { return };
    fields.values_mut().for_each(lists);
    let in_order: Option<Vec<Value>> =
        (0..fields.len()).map(|n| fields.get(&n.to_string()).cloned()).collect();
    if let Some(items) = in_order.filter(|items| !items.is_empty()) {
        *value = Value::Array(items);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn nested(form: &str) -> Value {
        let pairs = form.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        Value::Object(Params::nested(pairs.map(|(k, v)| (k.to_owned(), v.into())).collect()).0)
    }

    #[test]
    fn forms_are_read_as_in_php() {
        let table = [
            (
                "a=1&p[0][id]=2&p[0][t][0][v]=3&p[1][id]=4&l[]=x&l[]=y",
                json!({ "a": "1", "p": [{ "id": "2", "t": [{ "v": "3" }] }, { "id": "4" }], "l": ["x", "y"] }),
            ),
            ("l[1]=b&l[0]=a", json!({ "l": ["a", "b"] })),
            ("l[0]=a&l[2]=c", json!({ "l": { "0": "a", "2": "c" } })),
            ("l[5]=a&l[]=b&l[x]=c", json!({ "l": { "5": "a", "6": "b", "x": "c" } })),
            ("l[][a]=1&l[][b]=2", json!({ "l": [{ "a": "1" }, { "b": "2" }] })),
            ("a=1&a=2", json!({ "a": "2" })),
            ("a=1&a[b]=2", json!({ "a": { "b": "2" } })),
            ("a[b]=2&a=1", json!({ "a": "1" })),
            ("a", json!({ "a": "" })),
            ("a.b=1& c=2&d e=3", json!({ "a_b": "1", "c": "2", "d_e": "3" })),
            ("a[b.c d]=1", json!({ "a": { "b.c d": "1" } })),
            ("a[b]c=1&x[y]z[w]=2", json!({ "a": { "b": "1" }, "x": { "y": "2" } })),
            ("a[b=1&c[d[e]=2", json!({ "a_b": "1", "c": { "d[e": "2" } })),
            ("a[b][c=1", json!({ "a": { "b": "1" } })),
            ("=1&[a]=2", json!({})),
        ];
        for (form, expected) in table {
            assert_eq!(nested(form), expected, "{form}");
        }
    }

    #[test]
    fn what_is_too_deep_or_too_much_is_dropped() {
        let at = |depth: usize| format!("a{}=1", "[b]".repeat(depth));
        assert_ne!(nested(&at(64)), json!({}));
        assert_eq!(nested(&at(65)), json!({}));
        assert_eq!(nested(&at(100_000)), json!({}));
        let many: Vec<_> = (0..1200).map(|n| format!("l[]={n}")).collect();
        assert_eq!(nested(&many.join("&"))["l"].as_array().unwrap().len(), 1000);
    }

    #[test]
    fn moments_come_in_three_spellings() {
        let noon: Timestamp = "2026-03-01T12:30:00Z".parse().unwrap();
        let midnight: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let rows = [
            ("2026-03-01 12:30:00", Some(noon)),
            ("2026-03-01", Some(midnight)),
            ("01-03-2026", Some(midnight)),
            ("soon", None),
        ];
        for (text, moment) in rows {
            let params = Params(super::super::row::row(json!({ "lastmodified": text })));
            assert_eq!(params.moment("lastmodified"), moment, "{text}");
        }
    }
}
