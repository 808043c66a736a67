//! What an answer means. The status tells little: most refusals arrive as HTTP 200.

use serde_json::Value;

use crate::validation::{self, FieldError};

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
    let valid = value.get("valid").map(|v| crate::value::to_whole(v) == Some(1));
    match (expected, &value) {
        (_, Value::Object(record)) if record.len() == 1 && valid == Some(false) => Err(Fault::Refused),
        (List, Value::Null | Value::Bool(false)) => Ok(Answer::Nothing),
        (List, Value::Array(rows)) if rows.is_empty() => Ok(Answer::Nothing),
        (Object, Value::Array(rows)) if rows.is_empty() => Err(Fault::NotFound),
        (Write, Value::Array(rows)) if rows.is_empty() => Err(Fault::Shape("an empty list")),
        // Seen live: a rejected receipt whose errors had none of the documented forms.
        (Write, Value::Array(_)) => Err(Fault::Validation(Vec::new())),
        (Write, Value::Object(record)) => match valid {
            Some(true) => Ok(Answer::Body(value)),
            Some(false) => Err(Fault::Refused),
            // Some writes answer with the id alone.
            None if record.keys().any(|key| key.ends_with("_id")) => Ok(Answer::Body(value)),
            None => Err(Fault::Shape("a record that does not say whether it worked")),
        },
        (List, Value::Array(_)) | (Object, Value::Object(_)) | (Any, _) => Ok(Answer::Body(value)),
        (Count, Value::Object(record)) if record.contains_key("count") => Ok(Answer::Body(value)),
        (_, Value::Object(_)) => Err(Fault::Shape("a record")),
        (_, Value::Array(_)) => Err(Fault::Shape("a list")),
        _ => Err(Fault::Shape("a bare value")),
    }
}

#[cfg(test)]
mod tests {
    use Expected::{Any, Count, List, Object, Write};
    use serde_json::json;

    use super::*;

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

    #[test]
    fn the_body_decides_by_what_was_asked() {
        let error = r#"{"error":"invalid_grant","error_description":"Token is no longer valid"}"#;
        // Columns: list, object, count, write, any.
        let table = [
            (error, ["api"; 5]),
            ("[]", ["nothing", "not found", "shape", "shape", "body"]),
            (r#"["1 name"]"#, ["validation"; 5]),
            (r#"[{"code":"2 language_id 1 0","description":"x"}]"#, ["validation"; 5]),
            (r#"[["10 associated_id","2 value 0 null null 0 10"]]"#, ["validation"; 5]),
            (r#"[{"customer_id":1}]"#, ["body", "shape", "shape", "unknown validation", "body"]),
            (
                r#"[{"code":"M01","description":"x"}]"#,
                ["body", "shape", "shape", "unknown validation", "body"],
            ),
            (r#"{"valid":1,"customer_id":7}"#, ["shape", "body", "shape", "body", "body"]),
            (r#"{"valid":1}"#, ["shape", "body", "shape", "body", "body"]),
            (r#"{"valid":"1"}"#, ["shape", "body", "shape", "body", "body"]),
            (r#"{"valid":0}"#, ["refused"; 5]),
            (r#"{"valid":0,"customer_id":7}"#, ["shape", "body", "shape", "refused", "body"]),
            (r#"{"customer_id":7}"#, ["shape", "body", "shape", "body", "body"]),
            (r#"{"name":"Ana"}"#, ["shape", "body", "shape", "shape", "body"]),
            (r#"{"count":"12"}"#, ["shape", "body", "body", "shape", "body"]),
            (r#"{"error":{"a":1}}"#, ["shape", "body", "shape", "shape", "body"]),
            ("null", ["nothing", "shape", "shape", "shape", "body"]),
            ("false", ["nothing", "shape", "shape", "shape", "body"]),
            (r#""""#, ["shape", "shape", "shape", "shape", "body"]),
            ("", ["not JSON"; 5]),
            ("[{", ["not JSON"; 5]),
            (" <html>Em manutenção</html>", ["page"; 5]),
        ];
        for (body, expected) in table {
            let found = [List, Object, Count, Write, Any].map(|shape| outcome(shape, 200, body));
            assert_eq!(found, expected, "{body}");
        }
    }

    #[test]
    fn an_explained_error_keeps_its_explanation_at_any_status() {
        let error = r#"{"error":"invalid_client","error_description":"x"}"#;
        let table = [
            (400, error, "api"),
            (401, error, "api"),
            (500, error, "api"),
            (400, r#"["1 name"]"#, "validation"),
            (403, "Too many failed login attempts", "status"),
            (404, "[]", "status"),
            (429, "", "status"),
            (302, "", "status"),
            (502, "<html></html>", "status"),
        ];
        for (status, body, expected) in table {
            assert_eq!(outcome(List, status, body), expected, "{status} {body}");
        }
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
}
