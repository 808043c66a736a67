//! The client against the vendor's `OpenAPI` descriptions: every request that it sends is described, and an
//! answer built from each described schema decodes.
//!
//! The descriptions are not part of this repository. `SYNC_SHARED_DIR` says where they are; without it there is
//! nothing to check, unless `SYNC_REQUIRE_SHARED=1` asks for it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail loudly")]

mod calls;
mod description;
#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;

use std::collections::BTreeSet;
use std::path::PathBuf;

use ghl_contacts::jiff::Timestamp;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use description::{Description, Operation};

/// Every operation that the client has.
const OPERATIONS: [(&str, &str); 35] = [
    ("DELETE", "/contacts/{contactId}"),
    ("DELETE", "/contacts/{contactId}/notes/{id}"),
    ("DELETE", "/contacts/{contactId}/tasks/{taskId}"),
    ("POST", "/contacts/"),
    ("GET", "/contacts/{contactId}"),
    ("PUT", "/contacts/{contactId}"),
    ("GET", "/contacts/"),
    ("POST", "/contacts/upsert"),
    ("POST", "/contacts/search"),
    ("GET", "/contacts/search/duplicate"),
    ("GET", "/contacts/business/{businessId}"),
    ("POST", "/contacts/bulk/tags/update/{type}"),
    ("POST", "/contacts/bulk/business"),
    ("GET", "/contacts/{contactId}/appointments"),
    ("POST", "/contacts/{contactId}/followers"),
    ("DELETE", "/contacts/{contactId}/followers"),
    ("POST", "/contacts/{contactId}/campaigns/{campaignId}"),
    ("DELETE", "/contacts/{contactId}/campaigns/{campaignId}"),
    ("DELETE", "/contacts/{contactId}/campaigns/removeAll"),
    ("POST", "/contacts/{contactId}/workflow/{workflowId}"),
    ("DELETE", "/contacts/{contactId}/workflow/{workflowId}"),
    ("GET", "/contacts/{contactId}/notes"),
    ("POST", "/contacts/{contactId}/notes"),
    ("GET", "/contacts/{contactId}/notes/{id}"),
    ("PUT", "/contacts/{contactId}/notes/{id}"),
    ("GET", "/contacts/{contactId}/tasks"),
    ("POST", "/contacts/{contactId}/tasks"),
    ("GET", "/contacts/{contactId}/tasks/{taskId}"),
    ("PUT", "/contacts/{contactId}/tasks/{taskId}"),
    ("PUT", "/contacts/{contactId}/tasks/{taskId}/completed"),
    ("POST", "/contacts/{contactId}/tags"),
    ("DELETE", "/contacts/{contactId}/tags"),
    ("GET", "/locations/{locationId}/customFields"),
    ("POST", "/locations/{locationId}/customFields"),
    ("POST", "/oauth/token"),
];

/// What the client sends although the description does not have it: operation, place in the body, problem, reason.
const DEVIATIONS: [(&str, &str, &str, &str); 15] = [
    (
        "POST /locations/{locationId}/customFields",
        "/fieldKey",
        "unknown",
        "missing in the description, taken by the service",
    ),
    (
        "POST /locations/{locationId}/customFields",
        "/parentId",
        "unknown",
        "missing in the description, taken by the service",
    ),
    (
        "POST /locations/{locationId}/customFields",
        "/description",
        "unknown",
        "missing in the description, taken by the service",
    ),
    ("POST /contacts/", "/dateOfBirth", "type", "described as an object, really a text"),
    ("PUT /contacts/{contactId}", "/dateOfBirth", "type", "described as an object, really a text"),
    ("POST /contacts/upsert", "/dateOfBirth", "type", "described as an object, really a text"),
    (
        "PUT /contacts/{contactId}",
        "/companyName",
        "unknown",
        "missing in the description, taken by the service",
    ),
    ("POST /contacts/", "/customFields/1/field_value", "type", "described as an object, really a number"),
    (
        "PUT /contacts/{contactId}",
        "/customFields/1/field_value",
        "type",
        "described as an object, really a number",
    ),
    ("POST /contacts/search", "/locationId", "unknown", "the description leaves the body of a search open"),
    ("POST /contacts/search", "/pageLimit", "unknown", "the description leaves the body of a search open"),
    ("POST /contacts/search", "/page", "unknown", "the description leaves the body of a search open"),
    ("POST /contacts/search", "/sort", "unknown", "the description leaves the body of a search open"),
    ("POST /contacts/search", "/filters", "unknown", "the description leaves the body of a search open"),
    ("POST /contacts/search", "/query", "unknown", "the description leaves the body of a search open"),
];

/// The descriptions, `None` if there are none and none are asked for. A folder that is named must be there.
#[allow(clippy::print_stdout, reason = "a skipped test must say so")]
fn descriptions() -> Option<Description> {
    let Some(shared) = std::env::var_os("SYNC_SHARED_DIR") else {
        let required = std::env::var_os("SYNC_REQUIRE_SHARED").is_some_and(|value| value == "1");
        assert!(!required, "SYNC_REQUIRE_SHARED is 1, and SYNC_SHARED_DIR is not set");
        println!("skipped: SYNC_SHARED_DIR is not set");
        return None;
    };
    Some(Description::read(&PathBuf::from(shared).join("specs/ghl")))
}

/// A service that answers every described request with an object of the described schema.
async fn described_service(description: &Description) -> MockServer {
    let server = MockServer::start().await;
    let description = description.clone();
    let reply = move |request: &Request| match description.find(request) {
        Some(operation) => {
            let (status, body) = answer(&operation);
            ResponseTemplate::new(status).set_body_json(body)
        }
        None => ResponseTemplate::new(501),
    };
    Mock::given(any()).respond_with(reply).mount(&server).await;
    server
}

fn answer(operation: &Operation<'_>) -> (u16, Value) {
    let (status, schema) = operation.success();
    match schema {
        Some(schema) => {
            let mut body = operation.sample(schema);
            // In place of the description's examples: a token of the tests is recognised.
            for name in ["access_token", "refresh_token"] {
                if let Some(token) = body.get_mut(name) {
                    *token = json!(format!("s3cr3t-{name}"));
                }
            }
            (status, body)
        }
        // The two operations whose answers are not described.
        None if operation.name() == "GET /contacts/search/duplicate" => (status, json!({})),
        None if operation.name() == "POST /contacts/search" => {
            let contact = operation.sample(&json!({ "$ref": "#/components/schemas/GetContectByIdSchema" }));
            (status, json!({ "contacts": [contact], "total": 1 }))
        }
        None => panic!("{} has no described answer", operation.name()),
    }
}

/// Instants by value: `02:30:00.000Z` is `02:30:00Z`.
fn normal(value: Value) -> Value {
    match value {
        Value::String(text) => json!(text.parse::<Timestamp>().map_or(text, |instant| instant.to_string())),
        Value::Array(items) => items.into_iter().map(normal).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, normal(value))).collect(),
        other => other,
    }
}

#[test]
fn every_operation_is_described() {
    let Some(description) = descriptions() else { return };
    for (method, path) in OPERATIONS {
        assert!(description.operation(method, path).is_some(), "{method} {path}");
    }
}

#[tokio::test]
async fn every_request_is_described() {
    let Some(description) = descriptions() else { return };
    let server = described_service(&description).await;
    calls::make_all(&server.uri()).await;

    let (mut sent, mut wrong, mut used) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
    for request in server.received_requests().await.unwrap() {
        let target = format!("{} {}", request.method, request.url.path());
        let Some(operation) = description.find(&request) else { panic!("{target} is not described") };
        sent.insert(operation.name());
        let strangers = request.url.query_pairs().filter(|(name, _)| !operation.takes_query(name));
        wrong.extend(strangers.map(|(name, _)| format!("{}: query {name}", operation.name())));
        for (place, problem) in operation.problems_of_body(&request) {
            let known = |known: &&(&str, &str, &str, &str)| {
                (known.0, known.1, known.2) == (operation.name().as_str(), place.as_str(), problem)
            };
            match DEVIATIONS.iter().find(known) {
                Some(deviation) => drop(used.insert(deviation)),
                None => wrong.push(format!("{}: {place}: {problem}", operation.name())),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let all: BTreeSet<_> = OPERATIONS.iter().map(|(method, path)| format!("{method} {path}")).collect();
    assert_eq!(sent, all, "the calls and the list of operations are the same");
    let unused: Vec<_> = DEVIATIONS.iter().filter(|deviation| !used.contains(deviation)).collect();
    assert!(unused.is_empty(), "no longer deviations: {unused:#?}");
}

#[tokio::test]
async fn every_described_answer_decodes_and_nothing_of_it_is_lost() {
    let Some(description) = descriptions() else { return };
    let server = described_service(&description).await;
    let decoded = calls::make_all(&server.uri()).await;
    assert_eq!(
        decoded.len(),
        OPERATIONS.len() - 14,
        "every call gives a record but the one for tokens and those that only say what was done"
    );
    for (method, path, field, record) in decoded {
        let operation = description.operation(method, path).unwrap();
        let (_, mut wire) = answer(&operation);
        let mut wire = wire[field].take();
        if let Some(contact) = if field == "contacts" { wire.get_mut(0) } else { Some(&mut wire) } {
            // The description's example of a birthday is a sentence, which is no date.
            if contact["dateOfBirth"].as_str().is_some_and(|text| text.contains("Date format")) {
                contact.as_object_mut().unwrap().remove("dateOfBirth");
            }
        }
        assert_eq!(normal(record), normal(wire), "{method} {path}");
    }
}
