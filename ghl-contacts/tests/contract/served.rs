//! A service made of a description: it answers every request that is described with an object of the described schema.

use ghl_contacts::jiff::Timestamp;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::description::{Description, Operation};
use crate::journey::{Given, Known};

/// Operations that no description at hand has: their answers are made here.
pub(crate) const UNDESCRIBED: [&str; 2] = ["/businesses/", "/users/"];

/// With everything given, answers have all that is described; otherwise what must be there.
pub(crate) async fn start(description: &Description, given: Given) -> MockServer {
    let server = MockServer::start().await;
    let description = description.clone();
    let reply = move |request: &Request| match description.find(request) {
        Some(operation) => {
            let (status, body) = answer(&operation, given);
            ResponseTemplate::new(status).set_body_json(body)
        }
        None => undescribed(request),
    };
    Mock::given(any()).respond_with(reply).mount(&server).await;
    server
}

/// What an operation answers.
pub(crate) fn answer(operation: &Operation<'_>, given: Given) -> (u16, Value) {
    let whole = given == Given::Everything;
    let (status, _) = operation.success();
    let mut body = match operation.sample_of_success(whole) {
        Some(body) => body,
        // The two operations whose answers are not described.
        None if operation.name() == "GET /contacts/search/duplicate" => json!({}),
        None if operation.name() == "POST /contacts/search" => {
            let contact = operation.sample(&json!({ "$ref": contact_of(operation) }), whole);
            json!({ "contacts": [contact], "total": 1 })
        }
        None => panic!("{} has no described answer", operation.name()),
    };
    complete(operation, &mut body);
    (status, body)
}

fn contact_of(operation: &Operation<'_>) -> &'static str {
    let names = ["GetContactByIdSchemaV3", "GetContectByIdSchema"];
    let found = names.into_iter().find(|name| operation.has_schema(name));
    match found {
        Some("GetContactByIdSchemaV3") => "#/components/schemas/GetContactByIdSchemaV3",
        _ => "#/components/schemas/GetContectByIdSchema",
    }
}

/// Puts right what is described wrongly, and puts in tokens that the tests know.
fn complete(operation: &Operation<'_>, body: &mut Value) {
    instants(body);
    // Described as a list of lists.
    if operation.name() == "POST /locations/{locationId}/tasks/search" {
        body["tasks"] = json!([{ "_id": "t_1", "contactId": "c_1", "title": "Call", "completed": true }]);
    }
    if operation.name().ends_with("/oauth/token") || operation.name().ends_with("/oauth/locationToken") {
        for name in ["access_token", "refresh_token"] {
            body[name] = json!(format!("s3cr3t-{name}"));
        }
    }
}

/// Instants that are described as objects are texts.
fn instants(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(instants),
        Value::Object(fields) => {
            for (name, value) in fields {
                let instant = ["startTime", "endTime", "dateAdded", "dateUpdated"].contains(&name.as_str());
                if instant && value.is_object() {
                    *value = json!("2026-03-01T10:00:00Z");
                }
                instants(value);
            }
        }
        _ => {}
    }
}

fn undescribed(request: &Request) -> ResponseTemplate {
    let path = request.url.path();
    if !UNDESCRIBED.iter().any(|prefix| path.starts_with(prefix)) {
        return ResponseTemplate::new(501);
    }
    let one = json!({ "id": "b_1", "name": "Reis Lda" });
    let body = match request.method.as_str() {
        "GET" if path == "/businesses/" => json!({ "businesses": [one] }),
        "GET" if path == "/users/search" => json!({ "users": [{ "id": "u_1" }] }),
        "GET" => json!({ "business": one }),
        "DELETE" => json!({ "success": true }),
        _ => json!({ "success": true, "buiseness": one }),
    };
    ResponseTemplate::new(200).set_body_json(body)
}

/// What there is at such a service: anything, for it knows no records. The location is the one that it describes.
pub(crate) fn known(server: &MockServer, description: &Description, given: Given) -> Known {
    let location = description.operation("GET", "/locations/{locationId}");
    let location = location
        .map_or_else(|| json!("loc_1"), |operation| answer(&operation, given).1["location"]["id"].take());
    let fields = ["cf_1", "cf_2", "cf_3"].map(str::to_owned);
    Known {
        base: server.uri(),
        location: location.as_str().unwrap().to_owned(),
        company: "comp_1".to_owned(),
        user: "u_1".to_owned(),
        calendar: "cal_1".to_owned(),
        campaign: "k_1".to_owned(),
        workflow: "w_1".to_owned(),
        business: "b_1".to_owned(),
        fields,
        client_id: "app-1".to_owned(),
        client_secret: "s3cr3t-client".to_owned(),
        code: "s3cr3t-code".to_owned(),
        agency_token: "s3cr3t-agency".to_owned(),
        token: "s3cr3t-access".to_owned(),
    }
}

/// Instants by value: `02:30:00.000Z` is `02:30:00Z`.
pub(crate) fn normal(value: Value) -> Value {
    match value {
        Value::String(text) => json!(text.parse::<Timestamp>().map_or(text, |instant| instant.to_string())),
        Value::Array(items) => items.into_iter().map(normal).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, normal(value))).collect(),
        other => other,
    }
}
