//! The page of operations lists every call, and every call is as the service describes it.
//!
//! The description is not part of this repository: `SYNC_SHARED_DIR` says where it is. Without it the calls are held
//! against the page only, unless `SYNC_REQUIRE_SHARED=1` asks for it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by failing"
)]

mod calls;
mod example;
mod exceptions;
#[cfg(feature = "sandbox")]
mod sandbox;
#[path = "../../../sync-core/tests/trace/mod.rs"]
mod trace;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use calls::Call;
use exceptions::{BESIDES, Described, LEFT_OUT, NOT_DOCUMENTED, SILENT, UNCONFIRMED, parameters};
use moloni_client::{Client, CompanyId, HttpSettings, ManualEnv, RateLimit};
use serde_json::{Map, Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// What any method is answered.
fn answer(request: &Request) -> ResponseTemplate {
    let mut parts = request.url.path().rsplit('/').filter(|part| !part.is_empty());
    let (method, entity) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let ids = [
        "address_id",
        "bank_account_id",
        "category_id",
        "company_id",
        "customer_id",
        "deduction_id",
        "delivery_method_id",
        "document_id",
        "document_set_id",
        "document_type_id",
        "eac_id",
        "maturity_date_id",
        "payment_method_id",
        "price_class_id",
        "product_id",
        "product_stock_id",
        "property_id",
        "reference_id",
        "salesman_id",
        "supplier_id",
        "tax_id",
        "template_id",
        "unit_id",
        "user_id",
        "vehicle_id",
        "warehouse_id",
    ];
    let record = ids.map(|key| (key.to_owned(), json!(1))).into_iter();
    let rest = json!({
        "valid": 1, "status": 0, "number": "1", "reference": "1", "date": "2026-07-01T00:00:00+0100",
        "lastmodified": "2026-07-01T10:00:00+0100", "url": "https://www.moloni.pt/downloads/index.php?x=1",
    });
    let record: Map<_, _> = record.chain(rest.as_object().unwrap().clone()).collect();
    let body = match method {
        "getOne" | "getMe" | "getNextNumber" | "getLastNumber" | "getNextReference" | "getLastCostPrice"
        | "getPDFLink" => json!(record),
        _ if method.starts_with("get") => json!([]),
        _ if method.starts_with("count") => json!({ "count": "0" }),
        _ => json!(record),
    };
    // A document's number is one.
    let mut body = body;
    if !["customers", "suppliers", "salesmen"].contains(&entity) && body.get("number").is_some() {
        body["number"] = json!(1);
    }
    ResponseTemplate::new(200).set_body_json(body)
}

/// Makes every call, and gives with each the names of its parameters.
async fn made() -> Vec<(Call, BTreeSet<String>)> {
    trace::on();
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let many = RateLimit::new(100_000, std::time::Duration::from_secs(1));
    let http = HttpSettings::new().env(Arc::new(ManualEnv::new(1))).rate_limit(many);
    let builder = Client::builder().token("s3cr3t-access").company(CompanyId::from(7)).http(http);
    let client = builder.base_url(format!("{}/v1/", server.uri())).build().unwrap();
    let calls = calls::all(&client).await;
    let requests = server.received_requests().await.unwrap();
    assert_eq!(calls.len(), requests.len(), "a request for each call");
    let sent = calls.into_iter().zip(requests).map(|(call, request)| {
        let path = request.url.path().trim_start_matches("/v1/").trim_end_matches('/').replace('/', ".");
        assert_eq!(path, call.operation, "{}", call.rust);
        let body: Map<String, Value> = request.body_json().unwrap();
        (call, body.into_iter().map(|(name, _)| name).collect())
    });
    sent.collect()
}

/// The description, if it is at hand.
fn described() -> Option<Described> {
    let required = std::env::var_os("SYNC_REQUIRE_SHARED").is_some_and(|value| value == "1");
    let Some(folder) = std::env::var_os("SYNC_SHARED_DIR") else {
        assert!(!required, "SYNC_REQUIRE_SHARED is 1, and SYNC_SHARED_DIR names no description");
        return None;
    };
    let path = std::path::Path::new(&folder).join("specs/moloni/methods.json");
    let described: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut methods = BTreeMap::new();
    for (entity, of) in described["documented"].as_object().unwrap() {
        for (method, parameters) in of.as_object().unwrap() {
            let names = |all: &Vec<Value>| all.iter().map(|name| name.as_str().unwrap().to_owned()).collect();
            methods.insert(format!("{entity}.{method}"), parameters.as_array().map(names));
        }
    }
    Some(methods)
}

/// The rows of the page: the name here, the service's name, and whether it is safe to send twice.
fn page() -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operations/moloni.md");
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().filter(|line| line.starts_with("| `")).map(str::to_owned).collect()
}

/// Whether an operation changes nothing.
fn is_read(operation: &str) -> bool {
    let method = operation.split('.').nth(1).unwrap();
    ["get", "count", "free"].iter().any(|verb| method.starts_with(verb))
}

/// The names that `table` has for `operation`, each with the row that has it.
fn listed<'a>(
    table: &'a [(&'a str, &'a [&'a str], &'a str)],
    operation: &str,
) -> BTreeMap<String, (&'a str, &'a str)> {
    let rows = table.iter().filter(|(of, _, _)| operation.starts_with(of));
    rows.flat_map(|(of, names, _)| names.iter().map(|name| ((*name).to_owned(), (*of, *name)))).collect()
}

#[tokio::test]
async fn the_page_has_every_call_and_no_other() {
    let rows = made().await.into_iter().map(|(Call { operation, rust }, _)| {
        let unconfirmed = if UNCONFIRMED.contains(&operation) { ", unconfirmed" } else { "" };
        format!(
            "| `{rust}` | `{operation}` | {}{unconfirmed} |",
            if is_read(operation) { "safe" } else { "once" }
        )
    });
    let (rows, page) = (rows.collect::<Vec<_>>(), page());
    let missing: Vec<_> = rows.iter().filter(|row| !page.contains(row)).cloned().collect();
    assert!(missing.is_empty(), "the page lacks\n{}", missing.join("\n"));
    let wrong: Vec<_> = page.iter().filter(|row| !rows.contains(row)).cloned().collect();
    assert!(wrong.is_empty(), "no call is as the page says\n{}", wrong.join("\n"));
    assert_eq!(rows.len(), page.len(), "a row is there twice");
}

#[tokio::test]
async fn every_documented_method_is_called_with_its_parameters() {
    let Some(described) = described() else { return };
    assert_eq!(described.len(), 334);
    let of_documents = |operation: &str| {
        let one =
            described.keys().any(|o| *o == operation.replace("ModifiedSince", "One").replace("count", "get"));
        one && described.contains_key("documents.getModifiedSince")
    };
    let mut wrong = Vec::new();
    // The exceptions that were needed.
    let (mut silent, mut besides, mut left_out) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let calls = made().await;
    for (Call { operation, .. }, sent) in &calls {
        let undocumented = NOT_DOCUMENTED.iter().any(|(end, _)| operation.ends_with(end));
        if !described.contains_key(*operation)
            && !(undocumented && (of_documents(operation) || operation.starts_with("geo")))
        {
            wrong.push(format!("{operation}: not documented"));
        }
        let Some((names, rows)) = parameters(&described, operation) else {
            wrong.push(format!("{operation}: nothing says what its parameters are"));
            continue;
        };
        silent.extend(rows);
        let allowed = listed(BESIDES, operation);
        for unknown in sent.difference(&names) {
            match allowed.get(unknown) {
                Some(row) => drop(besides.insert(*row)),
                None => wrong.push(format!("{operation}: sends {unknown}, which is not known")),
            }
        }
        // What documents are selected by, and most of what they hold, is sent only if it is set.
        let selects = !operation.starts_with("documentSets.")
            && (operation.starts_with("documents.") || names.contains("document_set_id"));
        let allowed = listed(LEFT_OUT, operation);
        for missing in names.difference(sent).filter(|_| !selects) {
            match allowed.get(missing) {
                Some(row) => drop(left_out.insert(*row)),
                None => wrong.push(format!("{operation}: does not send {missing}")),
            }
        }
    }
    let called: BTreeSet<_> = calls.iter().map(|(call, _)| call.operation).collect();
    let forgotten = described.keys().filter(|operation| !called.contains(operation.as_str()));
    wrong.extend(forgotten.map(|operation| format!("{operation}: not called")));
    for (table, needed, what) in [(BESIDES, besides, "sent"), (LEFT_OUT, left_out, "left out")] {
        let all = table.iter().flat_map(|(of, names, _)| names.iter().map(move |name| (*of, *name)));
        wrong.extend(
            all.filter(|row| !needed.contains(row))
                .map(|(of, name)| format!("{of}: {name} need not be excused for being {what}")),
        );
    }
    let idle = SILENT.iter().filter(|(row, _, _)| !silent.contains(row));
    wrong.extend(idle.map(|(row, _, _)| format!("{row}: the description says what its parameters are")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
