//! Parameters as a form, with the brackets that PHP makes records and lists of.

use serde_json::{Map, Value};

/// How a client writes the parameters of its calls.
///
/// Both say the same to the service, with one difference: a form cannot say that a list or a record is empty. Such a
/// one is left out, as if it were not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// JSON, with `json=true` in the query.
    #[default]
    Json,
    /// `application/x-www-form-urlencoded`, nested as in PHP: `products[0][taxes][0][tax_id]=2`. Flags are 1 and 0,
    /// null is an empty text, and numbers are written as in JSON.
    ///
    /// Names of letters, digits, `_` and `-` only: PHP reads others as something else. Unless a server is set up
    /// otherwise, PHP drops what comes after the first 1,000 values of a form without a word, so prefer JSON for
    /// documents of many lines.
    Form,
}

/// The fields of a form that says what `params` say. Each name has its brackets, nothing is escaped yet.
///
/// The error is a name that PHP would not read as it is.
pub(crate) fn fields(params: &Map<String, Value>) -> Result<Vec<(String, String)>, String> {
    let mut fields = Vec::new();
    for (name, value) in params {
        write(plain(name)?.to_owned(), value, &mut fields)?;
    }
    Ok(fields)
}

fn write(name: String, value: &Value, fields: &mut Vec<(String, String)>) -> Result<(), String> {
    let text = match value {
        // A gap in a list stays one, so that its positions are the caller's.
        Value::Array(items) => {
            let mut items = items.iter().enumerate();
            return items.try_for_each(|(at, item)| write(format!("{name}[{at}]"), item, fields));
        }
        Value::Object(record) => {
            let mut inner = record.iter();
            return inner
                .try_for_each(|(key, value)| write(format!("{name}[{}]", plain(key)?), value, fields));
        }
        Value::Null => String::new(),
        Value::Bool(flag) => u8::from(*flag).to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
    };
    fields.push((name, text));
    Ok(())
}

/// A name that means the same with and without brackets around it.
fn plain(name: &str) -> Result<&str, String> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if name.is_empty() || !name.bytes().all(fits) { Err(name.to_owned()) } else { Ok(name) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn written(params: &Value) -> Result<String, String> {
        let fields = fields(params.as_object().unwrap())?;
        let pairs = fields.iter().map(|(name, value)| format!("{name}={value}"));
        Ok(pairs.collect::<Vec<_>>().join("&"))
    }

    #[test]
    fn records_and_lists_get_brackets_and_every_value_is_a_text() {
        let table = [
            (json!({}), ""),
            (json!({ "company_id": 5, "name": "Chá & Mel" }), "company_id=5&name=Chá & Mel"),
            (json!({ "a": true, "b": false, "c": null, "d": "" }), "a=1&b=0&c=&d="),
            (
                json!({ "n": [67, 67.5, 67.0, -1, 0.1, 1e-7, 1e21] }),
                "n[0]=67&n[1]=67.5&n[2]=67.0&n[3]=-1&n[4]=0.1&n[5]=1e-7&n[6]=1e+21",
            ),
            (json!({ "number": "00110" }), "number=00110"),
            (
                json!({ "products": [{ "taxes": [{ "tax_id": 2 }] }, { "qty": 1 }] }),
                "products[0][taxes][0][tax_id]=2&products[1][qty]=1",
            ),
            (json!({ "a": [], "b": {}, "c": [[], {}], "d": { "e": [] } }), ""),
            (json!({ "a": [1, [], 3] }), "a[0]=1&a[2]=3"),
            (json!({ "a": [[1, 2], [null]] }), "a[0][0]=1&a[0][1]=2&a[1][0]="),
        ];
        for (params, expected) in table {
            assert_eq!(written(&params).unwrap(), expected, "{params}");
            // Exactly as in JSON, whichever way that writes an exponent.
            for (_, value) in fields(params.as_object().unwrap()).unwrap() {
                assert!(params.to_string().contains(&value) || ["1", "0"].contains(&&*value), "{value}");
            }
        }
    }

    #[test]
    fn a_name_that_php_reads_otherwise_is_refused() {
        for name in ["", "a[b", "a]", "a.b", "a b", "é", "a\0"] {
            for params in [json!({ name: 1 }), json!({ "a": { name: 1 } }), json!({ "a": [{ name: null }] })]
            {
                assert_eq!(written(&params), Err(name.to_owned()), "{params}");
            }
        }
        assert_eq!(written(&json!({ "A-1_b": { "2": 3 } })).unwrap(), "A-1_b[2]=3");
    }

    /// An array of PHP: keys in order, and texts.
    #[derive(Debug, Clone, PartialEq)]
    enum Php {
        Text(String),
        Array(Vec<(String, Php)>),
    }

    impl Php {
        /// What PHP makes of a form's text.
        fn parse(form: &str) -> Self {
            let mut all = Self::Array(Vec::new());
            for (name, value) in url::form_urlencoded::parse(form.as_bytes()) {
                let (first, rest) = name.split_once('[').unwrap_or((&name, ""));
                let keys = rest.split('[').map(|key| key.split(']').next().unwrap());
                let keys = std::iter::once(first).chain(keys.filter(|_| !rest.is_empty()));
                all.put(&keys.collect::<Vec<_>>(), &value);
            }
            all
        }

        fn put(&mut self, keys: &[&str], value: &str) {
            let Some((key, keys)) = keys.split_first() else {
                *self = Self::Text(value.to_owned());
                return;
            };
            if let Self::Text(_) = self {
                *self = Self::Array(Vec::new());
            }
            let Self::Array(entries) = self else { unreachable!() };
            let at = entries.iter().position(|(name, _)| name == key).unwrap_or_else(|| {
                entries.push(((*key).to_owned(), Self::Array(Vec::new())));
                entries.len() - 1
            });
            entries[at].1.put(keys, value);
        }

        /// What PHP should have of `value`; `None` for what a form cannot say.
        fn of(value: &Value) -> Option<Self> {
            let array = |entries: Vec<(String, Self)>| (!entries.is_empty()).then_some(Self::Array(entries));
            match value {
                Value::Null => Some(Self::Text(String::new())),
                Value::Bool(flag) => Some(Self::Text(if *flag { "1" } else { "0" }.to_owned())),
                Value::String(text) => Some(Self::Text(text.clone())),
                Value::Number(_) => Some(Self::Text(serde_json::to_string(value).unwrap())),
                Value::Array(items) => {
                    let items = items.iter().enumerate();
                    array(items.filter_map(|(at, item)| Some((at.to_string(), Self::of(item)?))).collect())
                }
                Value::Object(record) => {
                    let fields = record.iter();
                    array(fields.filter_map(|(name, value)| Some((name.clone(), Self::of(value)?))).collect())
                }
            }
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,8}".prop_map(Value::from),
            "[&=+%;\\[\\] \r\n\0é]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                record(inner).prop_map(Value::Object),
            ]
        })
    }

    fn record(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
        prop::collection::vec(("[a-zA-Z0-9_-]{1,8}", value), 0..5).prop_map(|all| all.into_iter().collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn php_reads_what_was_meant(params in record(value())) {
            let fields = fields(&params).unwrap();
            let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
            let expected = Php::of(&Value::Object(params)).unwrap_or(Php::Array(Vec::new()));
            prop_assert_eq!(Php::parse(&form), expected);
        }
    }
}
