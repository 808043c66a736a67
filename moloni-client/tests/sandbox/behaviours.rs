//! One table of behaviours, each with the place in the notes on the API that says so.

use moloni_client::sandbox::Sandbox;
use serde_json::{Value, json};

use crate::access::{grants, pages};
use crate::table::{Body, Row, Tells, at, error, invalid, is, lacks, refused, rows, table};
use crate::wire::{Ask, NIF, OTHER_NIF, authorize, call, customer, start};

/// A sandbox with a customer that documents name, one that none names, and a few documents.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    /// A code that the page gave.
    pub(crate) code: String,
    pub(crate) ana: u64,
    pub(crate) rui: u64,
    pub(crate) invoice: u64,
    pub(crate) draft: u64,
}

impl Stage {
    async fn new() -> Self {
        let sandbox = start().await;
        let ana = json!({ "name": "Ana Lda", "vat": NIF, "number": "0007", "email": "ana@example.com" });
        let ana = sandbox.add_customer(ana).unwrap();
        let rui = sandbox.add_customer(json!({ "name": "Rui Lda", "zip_code": "4000-001" })).unwrap();
        let document = |fields: Value| sandbox.add_document(fields).unwrap();
        let invoice = document(json!({
            "customer_id": ana, "net_value": "12.30", "date": "2026-07-01", "expiration_date": "2026-12-01",
            "our_reference": "A-1",
        }));
        let draft = document(json!({ "customer_id": ana, "net_value": 246, "status": 0 }));
        document(json!({ "customer_id": ana, "document_type_id": 27, "net_value": "61.5" }));
        let code = authorize(&sandbox).code(&sandbox).await;
        sandbox.checkpoint();
        Self { sandbox, code, ana, rui, invoice, draft }
    }

    pub(crate) fn call(&self, operation: &str, fields: Value) -> Ask {
        call(&self.sandbox, operation, fields)
    }
}

fn calls(stage: &Stage) -> Vec<Row> {
    let company = stage.sandbox.credentials().company_id;
    let companies = || stage.call("companies/getAll", json!({}));
    let count = || stage.call("customers/count", json!({}));
    let search = || {
        let fields = [("company_id", &*company.to_string()), ("search", "ana")];
        stage.call("customers/getBySearch", json!({})).form(&fields)
    };
    let all = |fields| stage.call("customers/getAll", fields);
    let ana = || stage.call("customers/getOne", json!({ "customer_id": stage.ana }));
    table![
        "§ 1" "GET works for methods without parameters"
            [companies().get()] => at("/0/company_id", company);
        "§ 1" "the last slash is not needed"
            [companies().at("v1/companies/getAll")] => rows(2);
        "§ 1" "/v2/ serves the same methods"
            [companies().at("v2/companies/getAll/")] => rows(2);
        "§ 1" "/sandbox/ replaces /v1/"
            [companies().at("sandbox/companies/getAll/")] => rows(2);
        "§ 1" "the demonstration company is listed too"
            [companies()] => at("/1/company_id", 5);
        "§ 1" "an unknown method is a page, not JSON"
            [companies().at("v1/companies/getall/")] => Tells(404, Body::Text("<html>"));
        "§ 1" "without json=true a JSON body is not seen"
            [count().without("json")] => invalid(["2 company_id 1 0"]);
        "§ 1" "with json=true a form is not seen"
            [search().with("json", "true")] => invalid(["2 company_id 1 0"]);
        "§ 1" "a form is the default"
            [search()] => at("/0/name", "Ana Lda");
        "§ 1" "flags in the body are ignored"
            [stage.call("customers/getOne", json!({ "human_errors": true }))] => invalid(["2 customer_id 1 0"]);
        "§ 2.3" "no token is an invalid request"
            [count().without("access_token")] => error("invalid_request", "The access token was not found");
        "§ 2.3" "an unknown token is no longer valid"
            [count().with("access_token", "s3cr3t-unknown")] => error("invalid_grant", "Token is no longer valid");
        "§ 3.1" "company_id is required"
            [all(json!({ "company_id": null }))] => invalid(["2 company_id 1 0"]);
        "open question 10" "a company of others is refused without a reason"
            [all(json!({ "company_id": 6 }))] => refused();
        "§ 1" "the demonstration company holds nothing of ours"
            [all(json!({ "company_id": 5 }))] => is(json!([]));
        "§ 3.1" "unknown parameters are ignored"
            [all(json!({ "vat": NIF, "limit": 1 }))] => rows(2);
        "§ 3.1" "lists come newest first"
            [all(json!({}))] => at("/0/customer_id", stage.rui);
        "§ 3.2" "a count is a text"
            [count()] => is(json!({ "count": "2" }));
        "§ 3.4" "getOne without a match is an empty list"
            [stage.call("customers/getOne", json!({ "customer_id": 1 }))] => is(json!([]));
        "§ 5.1" "a country has its name under name"
            [ana()] => at("/country/name", "Portugal");
        "§ 3.2" "a nested object is missing when its id is 0"
            [ana()] => lacks("/maturity_date");
        "§ 5.1" "customers carry no time"
            [ana()] => lacks("/lastmodified");
    ]
}

fn writes(stage: &Stage) -> Vec<Row> {
    let (ana, rui) = (stage.ana, stage.rui);
    let fields = |changes| customer(&stage.sandbox, changes);
    let insert = |changes: Value| stage.call("customers/insert", fields(changes));
    let update = |id: u64, changes: Value| {
        let mut all = fields(changes);
        all["customer_id"] = json!(id);
        stage.call("customers/update", all)
    };
    let get = |id: u64| stage.call("customers/getOne", json!({ "customer_id": id }));
    let delete = |id: u64| stage.call("customers/delete", json!({ "customer_id": id }));
    let spanish = json!({ "vat": "ESB1234567", "country_id": 70, "zip_code": "ES-02007" });
    let sentence = "Field 'language_id' must be integer, greater than 0";
    table![
        "§ 3.4" "a write answers valid and an id"
            [insert(json!({}))] => at("/valid", 1);
        "§ 1" "the demonstration company refuses writes here"
            [insert(json!({ "company_id": 5 }))] => refused();
        "§ 3.5" "a name is mandatory"
            [insert(json!({ "name": "" }))] => invalid(["1 name"]);
        "§ 3.5" "the check digit counts in Portugal"
            [insert(json!({ "vat": "123456780" }))] => invalid(["8 vat"]);
        "§ 7" "elsewhere a tax number is free text"
            [insert(spanish)] => at("/valid", 1);
        "§ 5.1" "many may be the final consumer"
            [insert(json!({ "vat": "999999990" }))] => at("/valid", 1);
        "§ 3.5" "a number is unique"
            [insert(json!({ "number": "0007" }))] => invalid(["4 number"]);
        "§ 5.1" "a number has at most 20 characters"
            [insert(json!({ "number": "123456789012345678901" }))] => invalid(["17 number"]);
        "§ 3.5" "a postal code has seven digits in Portugal"
            [insert(json!({ "zip_code": "4700" }))] => invalid(["7 zip_code"]);
        "§ 3.5" "an e-mail address is checked"
            [insert(json!({ "email": "nobody" }))] => invalid(["3 email"]);
        "§ 3.5" "a website is a URL"
            [insert(json!({ "website": "example" }))] => invalid(["6 website"]);
        "§ 3.5" "a phone number is checked"
            [insert(json!({ "phone": "call me" }))] => invalid(["13 phone"]);
        "§ 3.5" "a missing id is a numeric error"
            [insert(json!({ "language_id": null }))] => invalid(["2 language_id 1 0"]);
        "§ 5.1" "optional numbers must be sent"
            [insert(json!({ "salesman_id": null }))] => invalid(["2 salesman_id 1 null null 0"]);
        "§ 5.1" "a discount ends at 100"
            [insert(json!({ "discount": 101 }))] => invalid(["2 discount 0 null null 0 100"]);
        "§ 3.5" "verbose errors keep the whole code"
            [insert(json!({ "language_id": 0 })).with("human_errors", "true")]
            => is(json!([{ "code": "2 language_id 1 0", "description": sentence }]));
        "§ 3.5" "errors come in the order of parameters"
            [insert(json!({ "city": null, "name": null, "vat": null }))] => invalid(["1 vat", "1 name", "1 city"]);
        "§ 3.5" "a refused insert stores nothing"
            [insert(json!({ "name": "" })), stage.call("customers/count", json!({}))] => is(json!({ "count": "2" }));
        "§ 5.1" "an update replaces everything"
            [update(rui, json!({ "zip_code": null })), get(rui)] => at("/zip_code", "");
        "§ 5.1" "an update checks what an insert does"
            [update(rui, json!({ "number": "0007" }))] => invalid(["4 number"]);
        "§ 5.1" "an update may keep its own number"
            [update(ana, json!({ "number": "0007" }))] => at("/valid", 1);
        "§ 3.4" "an update of nobody is refused without a reason"
            [update(1, json!({}))] => refused();
        "§ 5.1" "an unused customer's tax number changes"
            [update(rui, json!({})), get(rui)] => at("/vat", OTHER_NIF);
        "§ 5.1" "a used customer's tax number does not, and the answer hides it"
            [update(ana, json!({}))] => is(json!({ "valid": 1, "customer_id": ana }));
        "§ 5.1" "a used customer's tax number stays"
            [update(ana, json!({})), get(ana)] => at("/vat", NIF);
        "§ 5.1" "a used customer's number stays"
            [update(ana, json!({})), get(ana)] => at("/number", "0007");
        "§ 5.1" "a used customer's name changes"
            [update(ana, json!({})), get(ana)] => at("/name", "Nova Cliente");
        "§ 5.1" "a used customer cannot be deleted"
            [delete(ana)] => refused();
        "§ 5.1" "an unused one can"
            [delete(rui)] => is(json!({ "valid": 1 }));
        "§ 3.4" "a deleted customer is not found"
            [delete(rui), get(rui)] => is(json!([]));
        "§ 3.4" "a deletion of nobody is refused without a reason"
            [delete(1)] => refused();
    ]
}

fn searches(stage: &Stage) -> Vec<Row> {
    let search = |method: &str, fields| stage.call(&format!("customers/{method}"), fields);
    let sorted = |order| json!({ "number": "00%", "order_by_field": "number", "order_by_ordering": order });
    table![
        "§ 3.1" "a search finds parts"
            [search("getByVat", json!({ "vat": "12345" }))] => rows(1);
        "§ 3.1" "exact=1 finds the whole only"
            [search("getByVat", json!({ "vat": "12345", "exact": 1 }))] => rows(0);
        "§ 3.1" "% stands for anything"
            [search("getByNumber", json!({ "number": "00%" }))] => rows(2);
        "§ 3.1" "getByNumber honours an order"
            [search("getByNumber", sorted("asc"))] => at("/0/number", "0007");
        "§ 3.1" "getByNumber honours the other order"
            [search("getByNumber", sorted("desc"))] => at("/0/number", "0008");
        "§ 4.1" "getBySearch looks in the name"
            [search("getBySearch", json!({ "search": "rui" }))] => rows(1);
        "§ 4.1" "getBySearch does not look in the e-mail address"
            [search("getBySearch", json!({ "search": "example.com" }))] => rows(0);
        "§ 4.1" "countByEmail counts"
            [search("countByEmail", json!({ "email": "ana@example.com" }))] => is(json!({ "count": "1" }));
        "§ 4.1" "getByEmail needs an address"
            [search("getByEmail", json!({}))] => invalid(["1 email"]);
        "§ 5.1" "the next number keeps its zeros and reserves nothing"
            [search("getNextNumber", json!({})), search("getNextNumber", json!({}))]
            => is(json!({ "number": "0009" }));
        "§ 4.1" "the last number is the highest"
            [search("getLastNumber", json!({}))] => is(json!({ "number": "0008" }));
        "§ 6.2" "changes are asked for by lastmodified"
            [search("getModifiedSince", json!({ "since": "2020-01-01" }))] => invalid(["1 lastmodified"]);
        "§ 6.2" "lastmodified is a date"
            [search("countModifiedSince", json!({ "lastmodified": "yesterday" }))] => invalid(["9 lastmodified"]);
        "§ 6.2" "changed customers are found"
            [search("getModifiedSince", json!({ "lastmodified": "2020-01-01 00:00:00" }))] => rows(2);
        "§ 6.2" "unchanged ones are not"
            [search("countModifiedSince", json!({ "lastmodified": "2999-01-01 00:00:00" }))]
            => is(json!({ "count": "0" }));
    ]
}

fn documents(stage: &Stage) -> Vec<Row> {
    let one = |operation: &str, fields| stage.call(operation, fields);
    let invoice = || one("invoices/getOne", json!({ "document_id": stage.invoice }));
    let listed = || one("invoices/getAll", json!({ "our_reference": "A-1" }));
    let receipt = || one("invoiceReceipts/getAll", json!({}));
    let all = |fields| one("documents/getAll", fields);
    let count = |fields| one("documents/count", fields);
    table![
        "§ 3.2" "a date is midnight in Lisbon"
            [invoice()] => at("/date", "2026-07-01T00:00:00+0100");
        "§ 3.2" "a winter date has the winter's offset"
            [invoice()] => at("/expiration_date", "2026-12-01T00:00:00+0000");
        "§ 5.3" "net is with tax"
            [invoice()] => at("/taxes_value", 2.3);
        "§ 3.2" "whole amounts look whole"
            [invoice()] => at("/gross_value", 10);
        "§ 5.3" "the party is remembered"
            [invoice()] => at("/entity_vat", NIF);
        "§ 5.3" "getOne has lines"
            [invoice()] => at("/products/0/taxes/0/total_value", 2.3);
        "§ 5.3" "a list names the series"
            [listed()] => at("/0/document_set/name", "2026");
        "§ 5.3" "a document type has no name"
            [invoice()] => at("/document_type", json!({ "document_type_id": 1, "saft_code": "FT" }));
        "§ 5.3" "a draft's number is -1"
            [one("documents/getOne", json!({ "document_id": stage.draft }))] => at("/number", -1);
        "§ 5.3" "a self-paid document is settled"
            [receipt()] => at("/0/reconciled_value", 61.5);
        "§ 5.3" "a self-paid document has no due date"
            [receipt()] => at("/0/expiration_date", Value::Null);
        "§ 4.1" "an entity serves its own kind only"
            [one("receipts/getOne", json!({ "document_id": stage.invoice }))] => is(json!([]));
        "§ 4.1" "documents serves all kinds"
            [all(json!({}))] => rows(3);
        "§ 4.1" "status is a filter of documents/getAll"
            [all(json!({ "status": 0 }))] => rows(1);
        "§ 4.1" "status is no filter elsewhere"
            [one("invoices/getAll", json!({ "status": 0 }))] => rows(2);
        "§ 3.1" "a date filter is one day"
            [count(json!({ "date": "2026-07-01" }))] => is(json!({ "count": "1" }));
        "§ 3.1" "a year is a filter"
            [count(json!({ "year": 1999 }))] => is(json!({ "count": "0" }));
        "§ 5.3" "getOne with several matches returns the first"
            [one("invoices/getOne", json!({ "customer_id": stage.ana }))] => at("/document_id", stage.draft);
        "§ 3.4" "a document that is not there is an empty list"
            [one("documents/getOne", json!({ "our_reference": "?" }))] => is(json!([]));
        "§ 4.1" "getOne needs to be told which"
            [one("documents/getOne", json!({}))] => invalid(["2 document_id 1 0"]);
        "§ 4.1" "a receipt has no transport code"
            [one("receipts/setTransportCode", json!({}))] => Tells(404, Body::Text("<html>"));
        "§ 4.1" "document types need a language"
            [one("documents/getAllDocumentTypes", json!({}))] => invalid(["2 language_id 1 0"]);
        "§ 5.8" "document types carry the tax authority's code"
            [one("documents/getAllDocumentTypes", json!({ "language_id": 1 }))] => at("/0/saft_code", "FT");
        "§ 5.5" "a product's tax value is an amount, the rate is inside"
            [one("products/getAll", json!({}))] => at("/0/taxes/0/tax/value", 23);
        "§ 9" "categories are listed one level at a time"
            [one("productCategories/getAll", json!({ "parent_id": 9 }))] => is(json!([]));
    ]
}

#[tokio::test]
async fn behaves_as_moloni_does() {
    behaves(|ask| ask).await;
}

#[tokio::test]
async fn behaves_the_same_with_forms() {
    behaves(|ask| {
        // This is the one thing that differs: JSON that is not announced.
        let unannounced = ask.json.is_some() && !ask.query.iter().any(|(name, _)| name == "json");
        if unannounced { ask } else { ask.in_form() }
    })
    .await;
}

async fn behaves(as_sent: fn(Ask) -> Ask) {
    let stage = Stage::new().await;
    let tables = [
        calls(&stage),
        grants(&stage),
        pages(&stage),
        writes(&stage),
        searches(&stage),
        documents(&stage),
        crate::documents::written(&stage),
        crate::documents::settled(&stage),
        crate::documents::wrong(&stage),
    ];
    let all: Vec<Row> = tables.into_iter().flatten().collect();
    let (count, mut wrong) = (all.len(), Vec::new());
    for Row(cite, says, asks, Tells(status, body)) in all {
        stage.sandbox.reset();
        let mut last = None;
        for ask in asks {
            let answer = as_sent(ask).send(&stage.sandbox).await;
            let leads = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
            let status = answer.status().as_u16();
            last = Some((status, leads.unwrap_or(answer.text().await.unwrap())));
        }
        let (found, text) = last.unwrap();
        if found != status || !body.fits(&text) {
            wrong.push(format!("moloni-api {cite}: {says}: {found} {text}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {count} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
