use serde_json::{Value, json};
use sync_core::sandbox_kit::{Answer, Request};

/// What a handler yields.
pub(super) type Reply = Result<Answer, Refusal>;

/// An answer that says no.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: u16,
    body: Value,
}

impl Refusal {
    fn new(status: u16, message: impl Into<Value>, error: &str) -> Self {
        Self { status, body: json!({ "statusCode": status, "message": message.into(), "error": error }) }
    }

    pub(super) fn bad_request(message: &str) -> Self {
        Self::new(400, message, "Bad Request")
    }

    pub(super) fn unauthorized(message: &str) -> Self {
        Self::new(401, message, "Unauthorized")
    }

    /// The location named is not the one that the token is for.
    pub(super) fn other_location() -> Self {
        Self::new(403, "The token does not have access to this location.", "Forbidden")
    }

    pub(super) fn other_company() -> Self {
        Self::new(403, "The token does not have access to this company.", "Forbidden")
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::new(404, format!("{what} not found"), "Not Found")
    }

    pub(super) fn no_route(request: &Request) -> Self {
        let message = format!("Cannot {} {}", request.method, request.path);
        Self::new(404, message, "Not Found")
    }

    pub(super) fn unprocessable(messages: Vec<String>) -> Self {
        Self::new(422, messages, "Unprocessable Entity")
    }

    pub(super) fn too_many_requests() -> Self {
        Self { status: 429, body: json!({ "statusCode": 429, "message": "Too Many Requests" }) }
    }

    /// The e-mail or phone belongs to another contact of the location.
    pub(super) fn duplicate(contact: &str, field: &str, name: &str) -> Self {
        let body = json!({
            "statusCode": 400,
            "message": "This location does not allow duplicated contacts.",
            "meta": { "contactId": contact, "matchingField": field, "contactName": name },
        });
        Self { status: 400, body }
    }

    /// The shape that the token endpoint uses.
    pub(super) fn oauth(status: u16, error: &str, description: &str) -> Self {
        Self { status, body: json!({ "error": error, "error_description": description }) }
    }

    /// The message alone, for a person.
    pub(super) fn text(&self) -> String {
        match self.body.get("message") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(texts)) => {
                texts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; ")
            }
            _ => self.body.to_string(),
        }
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self::json(refusal.status, refusal.body)
    }
}
