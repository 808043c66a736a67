//! What an answer means. The status tells little: most refusals arrive as HTTP 200.

use serde_json::Value;

use crate::validation::{self, FieldError};
use crate::value::to_whole;

/// What an operation's answer should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Rows.
    List,
    /// One record.
    Object,
    /// `{"count": n}`.
    Count,
    /// `{"valid": 1, …}`.
    Write,
    /// Whatever a read of unknown shape brings.
    Any,
}

/// An answer that is what the operation promises.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// No rows.
    Nothing,
    /// The body holds what was asked for.
    Body(Value),
}

/// An answer that is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The service names an error, as OAuth does.
    Api(ApiError),
    /// Fields are wrong. Without any: the service refused in a form that nobody has documented.
    Validation(Vec<FieldError>),
    /// There is no such record.
    NotFound,
    /// The service refuses without a reason.
    Refused,
    /// A page for people, from a proxy or during maintenance.
    Page,
    /// An HTTP error that the body does not explain.
    Status,
    /// No JSON.
    NotJson,
    /// JSON of another shape.
    Shape(&'static str),
    /// A write that was done, and does not say what it made.
    Incomplete(&'static str),
}

/// `{"error": …, "error_description": …}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) code: String,
    pub(crate) description: String,
}

impl ApiError {
    /// Reads the record whatever the status, which is 400 at times and 200 at others.
    pub(crate) fn read(body: &Value) -> Option<Self> {
        let code = body.get("error")?.as_str()?.to_owned();
        let description =
            body.get("error_description").and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(Self { code, description })
    }

    /// Whether the access token of a call is what is wrong, so that a new one helps.
    pub(crate) fn is_token(&self) -> bool {
        let codes = ["invalid_grant", "invalid_token", "expired_token", "access_denied", "unauthorized"];
        codes.contains(&self.code.as_str()) || self.description.contains("access token was not found")
    }
}

/// Whether a body is a page for people.
pub(crate) fn is_page(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'<')
}

/// Tells success from failure.
pub(crate) fn classify(expected: Expected, status: u16, body: &[u8]) -> Result<Answer, Fault> {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    let success = (200..300).contains(&status);
    if let Some(value) = &parsed {
        if let Some(error) = ApiError::read(value) {
            return Err(Fault::Api(error));
        }
        if let Some(errors) = validation::parse(value) {
            return Err(Fault::Validation(errors));
        }
    }
    match parsed {
        _ if !success => Err(Fault::Status),
        _ if is_page(body) => Err(Fault::Page),
        None => Err(Fault::NotJson),
        Some(value) => by_shape(expected, value),
    }
}

fn by_shape(expected: Expected, value: Value) -> Result<Answer, Fault> {
    use Expected::{Any, Count, List, Object, Write};
    let valid = value.get("valid").map(says);
    match (expected, &value) {
        (_, Value::Object(record)) if record.len() == 1 && valid == Some(Some(false)) => Err(Fault::Refused),
        (List, Value::Null | Value::Bool(false)) => Ok(Answer::Nothing),
        (List, Value::Array(rows)) if rows.is_empty() => Ok(Answer::Nothing),
        (Object, Value::Array(rows)) if rows.is_empty() => Err(Fault::NotFound),
        (Write, Value::Array(rows)) if rows.is_empty() => Err(Fault::Shape("an empty list")),
        // Seen live: a rejected receipt whose errors had none of the documented forms.
        (Write, Value::Array(_)) => Err(Fault::Validation(Vec::new())),
        (Write, Value::Object(record)) => match valid {
            Some(Some(true)) => Ok(Answer::Body(value)),
            Some(Some(false)) => Err(Fault::Refused),
            // Some writes answer with the id alone.
            None if record.iter().any(|(key, value)| names_record(key, value)) => Ok(Answer::Body(value)),
            _ => Err(Fault::Shape("a record that does not say whether it worked")),
        },
        (List, Value::Array(_)) | (Object, Value::Object(_)) | (Any, _) => Ok(Answer::Body(value)),
        (Count, Value::Object(record)) if record.contains_key("count") => Ok(Answer::Body(value)),
        (_, Value::Object(_)) => Err(Fault::Shape("a record")),
        (_, Value::Array(_)) => Err(Fault::Shape("a list")),
        _ => Err(Fault::Shape("a bare value")),
    }
}

/// What a flag says, if it says anything.
fn says(flag: &Value) -> Option<bool> {
    match (flag, to_whole(flag)) {
        (Value::Bool(flag), _) => Some(*flag),
        (_, Some(1)) => Some(true),
        (_, Some(0)) => Some(false),
        _ => None,
    }
}

/// Whether a field holds the id of what was written. The company's does not: it is the caller's own.
fn names_record(key: &str, value: &Value) -> bool {
    key.ends_with("_id") && key != "company_id" && to_whole(value).is_some_and(|id| id > 0)
}

#[cfg(test)]
mod tests {
    use Expected::{Any, Count, List, Object, Write};
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;

    const ALL: [Expected; 5] = [List, Object, Count, Write, Any];

    /// The outcome in one word.
    fn outcome(expected: Expected, status: u16, body: &str) -> &'static str {
        match classify(expected, status, body.as_bytes()) {
            Ok(Answer::Nothing) => "nothing",
            Ok(Answer::Body(_)) => "body",
            Err(Fault::Api(_)) => "api",
            Err(Fault::Validation(errors)) if errors.is_empty() => "unknown validation",
            Err(Fault::Validation(_)) => "validation",
            Err(Fault::NotFound) => "not found",
            Err(Fault::Refused) => "refused",
            Err(Fault::Page) => "page",
            Err(Fault::Status) => "status",
            Err(Fault::NotJson) => "not JSON",
            Err(Fault::Shape(_) | Fault::Incomplete(_)) => "shape",
        }
    }

    /// Columns: list, object, count, write, any. At HTTP 200.
    const TABLE: [(&str, [&str; 5]); 49] = [
        // An object with a text `error`.
        (r#"{"error":"invalid_grant","error_description":"Token is no longer valid"}"#, ["api"; 5]),
        (r#"{"error":"invalid_client"}"#, ["api"; 5]),
        (r#"{"error":"","valid":1,"customer_id":7}"#, ["api"; 5]),
        (r#"{"error":{"a":1}}"#, ["shape", "body", "shape", "shape", "body"]),
        (r#"{"error":null,"valid":1}"#, ["shape", "body", "shape", "body", "body"]),
        // An empty list.
        ("[]", ["nothing", "not found", "shape", "shape", "body"]),
        // A list of errors.
        (r#"["1 name"]"#, ["validation"; 5]),
        (r#"["42 shoe_size 1 2 3"]"#, ["validation"; 5]),
        (r#"[{"code":"2 language_id 1 0","description":"x"}]"#, ["validation"; 5]),
        (r#"[["10 associated_id","2 value 0 null null 0 10"]]"#, ["validation"; 5]),
        (r#"[[[{"code":"2 qty 0 0","description":"x"}],[]]]"#, ["validation"; 5]),
        (r#"["1 name",[["2 qty 0 0"]]]"#, ["validation"; 5]),
        // Any other list.
        (r#"[{"customer_id":1}]"#, ["body", "shape", "shape", "unknown validation", "body"]),
        (r#"[{"code":"M01","description":"x"}]"#, ["body", "shape", "shape", "unknown validation", "body"]),
        (
            r#"[{"eac_id":1,"code":"62 x","description":"x"}]"#,
            ["body", "shape", "shape", "unknown validation", "body"],
        ),
        (
            r#"[{"code":"62010 x","description":"x"}]"#,
            ["body", "shape", "shape", "unknown validation", "body"],
        ),
        (r#"["name"]"#, ["body", "shape", "shape", "unknown validation", "body"]),
        (r#"["1 name",{"line":1}]"#, ["body", "shape", "shape", "unknown validation", "body"]),
        ("[[]]", ["body", "shape", "shape", "unknown validation", "body"]),
        ("[null]", ["body", "shape", "shape", "unknown validation", "body"]),
        (r#"[{"valid":1}]"#, ["body", "shape", "shape", "unknown validation", "body"]),
        // What a write that worked answers.
        (r#"{"valid":1,"customer_id":7}"#, ["shape", "body", "shape", "body", "body"]),
        (r#"{"valid":1,"document_set_id":"7"}"#, ["shape", "body", "shape", "body", "body"]),
        (r#"{"valid":1}"#, ["shape", "body", "shape", "body", "body"]),
        (r#"{"valid":"1"}"#, ["shape", "body", "shape", "body", "body"]),
        (r#"{"valid":true}"#, ["shape", "body", "shape", "body", "body"]),
        (r#"{"customer_id":7}"#, ["shape", "body", "shape", "body", "body"]),
        (r#"{"customer_id":"7"}"#, ["shape", "body", "shape", "body", "body"]),
        // What one that did not answers.
        (r#"{"valid":0}"#, ["refused"; 5]),
        (r#"{"valid":"0"}"#, ["refused"; 5]),
        (r#"{"valid":false}"#, ["refused"; 5]),
        (r#"{"valid":0,"customer_id":7}"#, ["shape", "body", "shape", "refused", "body"]),
        // What says neither.
        (r#"{"valid":2}"#, ["shape", "body", "shape", "shape", "body"]),
        (r#"{"valid":null,"customer_id":7}"#, ["shape", "body", "shape", "shape", "body"]),
        (r#"{"customer_id":0}"#, ["shape", "body", "shape", "shape", "body"]),
        (r#"{"customer_id":null}"#, ["shape", "body", "shape", "shape", "body"]),
        (r#"{"company_id":5}"#, ["shape", "body", "shape", "shape", "body"]),
        (r#"{"name":"Ana"}"#, ["shape", "body", "shape", "shape", "body"]),
        ("{}", ["shape", "body", "shape", "shape", "body"]),
        (r#"{"count":"12"}"#, ["shape", "body", "body", "shape", "body"]),
        (r#"{"code":"1 name","description":"x"}"#, ["shape", "body", "shape", "shape", "body"]),
        // Bare values, and what is no data at all.
        ("null", ["nothing", "shape", "shape", "shape", "body"]),
        ("false", ["nothing", "shape", "shape", "shape", "body"]),
        ("true", ["shape", "shape", "shape", "shape", "body"]),
        (r#""""#, ["shape", "shape", "shape", "shape", "body"]),
        (r#""1 name""#, ["shape", "shape", "shape", "shape", "body"]),
        ("", ["not JSON"; 5]),
        ("[{", ["not JSON"; 5]),
        (" <html>Em manutenção</html>", ["page"; 5]),
    ];

    #[test]
    fn the_body_decides_by_what_was_asked() {
        for (body, expected) in TABLE {
            for status in [200, 201, 299] {
                let found = ALL.map(|shape| outcome(shape, status, body));
                assert_eq!(found, expected, "{status} {body}");
            }
        }
    }

    #[test]
    fn at_other_statuses_only_an_explanation_counts() {
        for (body, at_200) in TABLE {
            let explained = ["api", "validation"].contains(&at_200[0]);
            let expected = if explained { at_200 } else { ["status"; 5] };
            for status in [100, 199, 300, 302, 304, 400, 401, 403, 404, 422, 429, 500, 502, 503, 504] {
                let found = ALL.map(|shape| outcome(shape, status, body));
                assert_eq!(found, expected, "{status} {body}");
            }
        }
        assert_eq!(outcome(Write, 403, "Too many failed login attempts"), "status");
    }

    #[test]
    fn only_token_errors_ask_for_a_new_token() {
        let table = [
            ("invalid_grant", "Token is no longer valid", true),
            ("invalid_token", "", true),
            ("expired_token", "", true),
            ("access_denied", "", true),
            ("unauthorized", "", true),
            ("invalid_request", "The access token was not found", true),
            ("invalid_request", "Missing parameter: \"code\" is required", false),
            ("invalid_client", "The client credentials are invalid", false),
            ("unauthorized_client", "", false),
        ];
        for (code, description, expected) in table {
            let body = json!({ "error": code, "error_description": description });
            assert_eq!(ApiError::read(&body).unwrap().is_token(), expected, "{code}: {description}");
        }
    }

    const NAMES: [&str; 12] = [
        "valid",
        "error",
        "error_description",
        "code",
        "description",
        "count",
        "customer_id",
        "company_id",
        "document_id",
        "name",
        "",
        "fields",
    ];

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![leaf_text(), ".{0,8}", Just("1".to_owned()), Just("0".to_owned())]
    }

    fn leaf_text() -> impl Strategy<Value = String> {
        (0_u8..100, "[a-z_]{1,8}", prop_oneof![Just(String::new()), " .{0,12}"])
            .prop_map(|(code, field, params)| format!("{code} {field}{params}"))
    }

    /// One error, by the grammar.
    fn leaf() -> impl Strategy<Value = Value> {
        prop_oneof![
            leaf_text().prop_map(Value::from),
            (leaf_text(), ".{0,8}")
                .prop_map(|(code, description)| json!({ "code": code, "description": description })),
        ]
    }

    /// A list of errors by the grammar, up to four deep, with an error in it.
    fn errors() -> impl Strategy<Value = Value> {
        let list = |item| prop::collection::vec(item, 1..4).prop_map(Value::from);
        list(leaf().boxed()).prop_recursive(3, 16, 4, move |inner| {
            prop::collection::vec(prop_oneof![leaf().boxed(), inner, Just(json!([])).boxed()], 0..4)
                .prop_flat_map(move |items| {
                    leaf().prop_map(move |last| items.iter().cloned().chain([last]).collect::<Value>())
                })
                .boxed()
        })
    }

    fn value() -> impl Strategy<Value = Value> {
        let bare = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (0..3).prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            text().prop_map(Value::from),
        ];
        bare.prop_recursive(4, 32, 4, |inner| {
            let name = prop::sample::select(&NAMES[..]).prop_map(str::to_owned);
            let fields = prop::collection::vec((name, inner.clone()), 0..4);
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Value::from),
                fields.prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    /// Puts `item` into a list of `body`, which is a list: at the top or in a list in it, as `at` says.
    fn plant(body: &mut Value, item: Value, at: &[usize]) {
        let Value::Array(items) = body else { panic!("no list") };
        let (first, rest) = at.split_first().map_or((0, at), |(first, rest)| (*first, rest));
        match items.iter_mut().filter(|item| item.is_array()).nth(first) {
            Some(inner) if !rest.is_empty() => plant(inner, item, rest),
            _ => items.insert(first.min(items.len()), item),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// A write worked only if the status is a success and the record says so: by `valid`, or by the id of what was
        /// made where there is no `valid`.
        #[test]
        fn a_write_worked_only_if_it_says_so(body in value(), status in 100_u16..600) {
            let text = body.to_string();
            if let Ok(answer) = classify(Write, status, text.as_bytes()) {
                // As it is read: doubles of 17 digits are not always what was written.
                let parsed: Value = serde_json::from_str(&text).unwrap();
                prop_assert!((200..300).contains(&status));
                let record: &Map<_, _> = parsed.as_object().unwrap();
                prop_assert!(!record.get("error").is_some_and(Value::is_string));
                let made = record.keys().any(|key| key.ends_with("_id") && key != "company_id");
                let says = match record.get("valid") {
                    Some(valid) => *valid == json!(true) || to_whole(valid) == Some(1),
                    None => made,
                };
                prop_assert!(says, "{}", body);
                prop_assert_eq!(answer, Answer::Body(parsed));
            }
        }

        /// One error anywhere in a list, however nested and whatever is beside it: no write of it worked.
        #[test]
        fn an_error_anywhere_in_a_list_is_no_success_of_a_write(
            beside in prop::collection::vec(value(), 0..4),
            error in leaf(), at in prop::collection::vec(0_usize..4, 0..4), status in 100_u16..600,
        ) {
            let mut body = Value::from(beside);
            plant(&mut body, error, &at);
            prop_assert!(classify(Write, status, body.to_string().as_bytes()).is_err(), "{}", body);
        }

        /// A list of nothing but errors is one whatever was asked for, and none of them is lost.
        #[test]
        fn a_list_of_errors_is_never_data(body in errors(), status in 100_u16..600) {
            fn leaves(value: &Value) -> usize {
                value.as_array().map_or(1, |items| items.iter().map(leaves).sum())
            }
            for expected in ALL {
                match classify(expected, status, body.to_string().as_bytes()) {
                    Err(Fault::Validation(found)) => prop_assert_eq!(found.len(), leaves(&body), "{}", body),
                    other => prop_assert!(false, "{}: {:?}", body, other),
                }
            }
        }

        /// What is no success by its status, or no JSON, is never data. What names an error is one.
        #[test]
        fn no_error_is_taken_for_data(body in value(), status in 100_u16..600, error in ".{0,8}") {
            for expected in ALL {
                let classified = classify(expected, status, body.to_string().as_bytes());
                prop_assert!(classified.is_err() || (200..300).contains(&status));
                let mut record = body.as_object().cloned().unwrap_or_default();
                record.insert("error".to_owned(), json!(error));
                let classified = classify(expected, status, Value::Object(record).to_string().as_bytes());
                prop_assert!(matches!(classified, Err(Fault::Api(_))), "{:?}", classified);
            }
        }

        #[test]
        fn any_bytes_are_told_from_data(body in prop::collection::vec(any::<u8>(), 0..48), cut in 0_usize..64, whole in value()) {
            let whole = whole.to_string();
            let cut = whole.as_bytes().get(..cut).unwrap_or(whole.as_bytes());
            for bytes in [&body[..], cut] {
                for expected in ALL {
                    let is_json = serde_json::from_slice::<Value>(bytes).is_ok();
                    prop_assert!(is_json || classify(expected, 200, bytes).is_err());
                }
            }
        }
    }
}
