//! Documents as an application writes them: one table of behaviours more.

use moloni_client::sandbox::{Config, Sandbox};
use serde_json::{Value, json};

use crate::behaviours::Stage;
use crate::table::{Row, at, invalid, is, lacks, refused, rows, table};
use crate::wire::{Ask, NIF, ask, customer};

/// A line of 2 × 50 with VAT.
fn line(sandbox: &Sandbox, changes: Value) -> Value {
    let keys = sandbox.credentials();
    changed(
        json!({
            "product_id": keys.product_id, "name": "Hora", "qty": 2, "price": 50,
            "taxes": [{ "tax_id": keys.tax_id, "value": 23, "order": 1, "cumulative": 1 }],
        }),
        changes,
    )
}

/// `fields` with `changes`; a change to null removes.
fn changed(fields: Value, changes: Value) -> Value {
    let (Value::Object(mut fields), Value::Object(changes)) = (fields, changes) else {
        panic!("two objects")
    };
    for (key, value) in changes {
        if value.is_null() {
            fields.remove(&key);
        } else {
            fields.insert(key, value);
        }
    }
    fields.into()
}

impl Stage {
    /// A document of 123.00 for the customer that documents name.
    fn fields(&self, changes: Value) -> Value {
        let fields = json!({
            "date": "2026-07-02", "expiration_date": "2026-08-01", "customer_id": self.ana,
            "document_set_id": self.sandbox.credentials().document_set_id, "our_reference": "loja-1",
            "products": [line(&self.sandbox, json!({}))],
        });
        changed(fields, changes)
    }

    fn insert(&self, entity: &str, changes: Value) -> Ask {
        self.call(&format!("{entity}/insert"), self.fields(changes))
    }

    /// Reads the document with the reference of [`fields`](Self::fields).
    fn read(&self, entity: &str) -> Ask {
        self.call(&format!("{entity}/getOne"), json!({ "our_reference": "loja-1" }))
    }

    fn get(&self, id: u64) -> Ask {
        self.call("documents/getOne", json!({ "document_id": id }))
    }

    /// A call that names a document.
    fn of(&self, operation: &str, id: u64, changes: Value) -> Ask {
        self.call(operation, changed(json!({ "document_id": id }), changes))
    }
}

pub(crate) fn written(stage: &Stage) -> Vec<Row> {
    let (draft, invoice) = (stage.draft, stage.invoice);
    let of = |operation, id, changes| stage.of(operation, id, changes);
    let insert = |changes| stage.insert("invoices", changes);
    let read = || stage.read("invoices");
    let special = json!({ "financial_discount": 10, "special_discount": 10 });
    let last = json!({ "status": 1, "date": "2999-12-31", "expiration_date": "2999-12-31" });
    let supplier = json!({ "customer_id": null, "supplier_id": 4, "expiration_date": null });
    table![
        "§ 5.4" "an insert answers valid and the id"
            [insert(json!({}))] => at("/valid", 1);
        "§ 5.3" "what is inserted is a draft without a number"
            [insert(json!({})), read()] => at("/number", -1);
        "§ 5.3" "net is with tax"
            [insert(json!({})), read()] => at("/net_value", 123);
        "§ 5.4" "discounts on the whole come before tax"
            [insert(special), read()] => at("/net_value", 98.4);
        "§ 5.3" "a line tells its rate and its tax"
            [insert(json!({})), read()] => at("/products/0/taxes/0/total_value", 23);
        "§ 5.4" "status 1 closes at once"
            [insert(json!({ "status": 1 })), read()] => at("/number", 2);
        "§ 7" "a closed document has its code"
            [insert(json!({})), read()] => at("/atcud", "");
        "§ 5.4" "a draft is closed by an update"
            [of("invoices/update", draft, json!({ "status": 1 })), stage.get(draft)] => at("/status", 1);
        "§ 5.4" "an update that closes keeps the amounts"
            [of("invoices/update", draft, json!({ "status": 1 })), stage.get(draft)] => at("/net_value", 246);
        "§ 5.4" "a closed document is not updated"
            [of("invoices/update", invoice, json!({ "notes": "x" }))] => refused();
        "§ 5.4" "a closed document is not deleted"
            [of("invoices/delete", invoice, json!({}))] => refused();
        "§ 5.4" "a draft is"
            [of("invoices/delete", draft, json!({})), stage.get(draft)] => is(json!([]));
        "§ 4.1" "an entity writes its own kind only"
            [of("estimates/update", draft, json!({ "status": 1 }))] => refused();
        "§ 5.4" "a self-paid document is settled when it is closed"
            [stage.insert("invoiceReceipts", last), stage.read("invoiceReceipts")]
            => at("/reconciled_value", 123);
        "§ 5.4" "it gets one payment of the whole"
            [stage.insert("simplifiedInvoices", json!({})), stage.read("simplifiedInvoices")]
            => at("/payments/0/value", 123);
        "§ 9.28" "a supplier's document names a supplier"
            [stage.insert("supplierInvoices", json!({ "customer_id": null }))] => invalid(["2 supplier_id 1 0"]);
        "§ 4.1" "all suppliers' documents can be written"
            [stage.insert("supplierWarrantyRequests", supplier), stage.read("supplierWarrantyRequests")]
            => at("/supplier_id", 4);
        "§ 5.4" "a document is annulled"
            [of("documents/documentCancel", invoice, json!({})), stage.get(invoice)] => at("/status", 2);
        "§ 5.4" "a draft is not"
            [of("documents/documentCancel", draft, json!({}))] => refused();
        "§ 5.4" "a closed document becomes a draft again"
            [of("documents/documentDraft", invoice, json!({})), stage.get(invoice)] => at("/number", -1);
        "§ 5.4" "a draft has no PDF"
            [of("documents/getPDFLink", draft, json!({}))] => refused();
        "§ 4.1" "a reference of Multibanco is for closed documents"
            [of("invoices/generateMBReference", draft, json!({ "value": 5 }))] => refused();
        "§ 4.1" "a reference of Multibanco is shown"
            [of("invoices/generateMBReference", invoice, json!({ "value": 5 })), stage.get(invoice)]
            => at("/mb_references/0/value", 5);
        "§ 4.1" "it needs a value"
            [of("invoices/generateMBReference", invoice, json!({}))] => invalid(["2 value 0 0"]);
        "§ 4.1" "an unknown reference leads nowhere"
            [stage.call("documents/getByMBReference", json!({ "entity": "1", "reference": "2" }))] => rows(0);
    ]
}

pub(crate) fn settled(stage: &Stage) -> Vec<Row> {
    let (rui, invoice) = (stage.rui, stage.invoice);
    let links = |value| json!([{ "associated_id": invoice, "value": value }]);
    let receipt = |changes| {
        let of = json!({
            "products": null, "our_reference": null, "net_value": 12.3, "associated_documents": links(12.3), "status": 1,
        });
        stage.insert("receipts", changed(of, changes))
    };
    let credit = |line_changes, changes| {
        let related = json!({ "related_id": invoice, "qty": 1, "price": 10 });
        let line = line(&stage.sandbox, changed(related, line_changes));
        let of = json!({ "products": [line], "associated_documents": links(12.3) });
        stage.insert("creditNotes", changed(of, changes))
    };
    table![
        "§ 5.4" "a receipt settles"
            [receipt(json!({})), stage.get(invoice)] => at("/reconciled_value", 12.3);
        "§ 5.3" "a list and a row name no value of a link back"
            [receipt(json!({})), stage.get(invoice)] => lacks("/reverse_associated_documents/0/value");
        "§ 5.4" "a draft of a receipt settles nothing"
            [receipt(json!({ "status": 0 })), stage.get(invoice)] => at("/reconciled_value", 0);
        "§ 3.5" "a receipt needs a total"
            [receipt(json!({ "net_value": null }))] => invalid(["2 net_value 0 0"]);
        "§ 3.5" "a receipt names what it settles"
            [receipt(json!({ "associated_documents": null }))] => invalid(["1 associated_documents"]);
        "§ 3.5" "no more is settled than is open, and the place tells where"
            [receipt(json!({ "associated_documents": links(12.31) }))]
            => is(json!([["2 value 0 null null 0 12.3"]]));
        "§ 3.5" "only documents of the customer are settled"
            [receipt(json!({ "customer_id": rui }))] => is(json!([["10 associated_id"]]));
        "§ 3.5" "drafts are not settled"
            [receipt(json!({ "associated_documents": [{ "associated_id": stage.draft }] }))]
            => is(json!([["10 associated_id"]]));
        "§ 5.4" "what a receipt settled is not annulled"
            [receipt(json!({})), stage.of("documents/documentCancel", invoice, json!({}))] => refused();
        "§ 5.4" "a credit note credits lines"
            [credit(json!({}), json!({}))] => at("/valid", 1);
        "§ 5.4" "no more than they are"
            [credit(json!({ "price": 10.01 }), json!({}))] => is(json!([["2 price 0 null null 0 10"]]));
        "§ 5.4" "lines of documents that it names"
            [credit(json!({ "related_id": 1 }), json!({}))] => is(json!([["10 related_id"]]));
        "§ 5.4" "or grants a bonus"
            [credit(json!({ "related_id": null }), json!({
                "rappel": { "date_start": "2026-01-01", "date_end": "2026-06-30", "notes": "" },
                "associated_documents": null,
            })), stage.read("creditNotes")] => at("/rappel/date_start", "2026-01-01");
    ]
}

pub(crate) fn wrong(stage: &Stage) -> Vec<Row> {
    let insert = |changes| stage.insert("invoices", changes);
    let lines = |all: &[Value]| {
        let lines: Vec<_> = all.iter().map(|changes| line(&stage.sandbox, changes.clone())).collect();
        stage.insert("invoices", json!({ "products": lines }))
    };
    let tax = |changes| {
        let keys = stage.sandbox.credentials();
        changed(json!({ "tax_id": keys.tax_id, "value": 23, "order": 1, "cumulative": 1 }), changes)
    };
    let good = json!({});
    table![
        "§ 3.5 (1)" "a date is mandatory"
            [insert(json!({ "date": null }))] => invalid(["1 date"]);
        "§ 3.5 (9)" "a date is a date"
            [insert(json!({ "date": "02-07-2026" }))] => invalid(["9 date"]);
        "§ 3.5 (12)" "it is due after it is issued"
            [insert(json!({ "expiration_date": "2026-07-01" }))]
            => invalid(["12 expiration_date >= 2026-07-02 00:00:00"]);
        "§ 3.5 (12)" "a series goes forward in time"
            [insert(json!({ "date": "2026-06-30", "status": 1 }))] => invalid(["12 date >= 2026-07-01 00:00:00"]);
        "§ 3.5 (2)" "ids must be of something"
            [insert(json!({ "document_set_id": 1, "customer_id": null }))]
            => invalid(["2 document_set_id 1 0", "2 customer_id 1 0"]);
        "§ 3.5 (1)" "there must be lines"
            [insert(json!({ "products": [] }))] => invalid(["1 products"]);
        "§ 3.5" "each line has its own list"
            [lines(&[good.clone(), json!({ "name": null, "qty": 0 })])] => is(json!([[], ["1 name", "2 qty 0 0"]]));
        "§ 3.5" "verbose errors nest alike"
            [lines(&[json!({ "name": null })]).with("human_errors", "true")]
            => is(json!([[{ "code": "1 name", "description": "Field 'name' is required" }]]));
        "§ 3.5" "what is wrong with the header comes first"
            [stage.insert("invoices", json!({ "date": null, "products": [line(&stage.sandbox, json!({ "qty": null }))] }))]
            => is(json!(["1 date", ["2 qty 0 0"]]));
        "§ 5.4" "a line without tax says why"
            [lines(&[json!({ "taxes": null })])] => is(json!([["1 exemption_reason"]]));
        "§ 5.4" "and may then be without"
            [lines(&[json!({ "taxes": null, "exemption_reason": "M07" })])] => at("/valid", 1);
        "§ 9.19" "a tax needs a rate"
            [lines(&[json!({ "taxes": [tax(json!({ "value": null }))] })])] => is(json!([["2 value 0 0"]]));
        "§ 9.19" "and zero is none"
            [lines(&[json!({ "taxes": [tax(json!({ "value": 0 }))] })])] => is(json!([["2 value 0 0"]]));
        "§ 3.5 (15)" "a line has one VAT"
            [lines(&[json!({ "taxes": [tax(json!({})), tax(json!({ "order": 2 }))] })])]
            => is(json!([["15 taxes"]]));
        "§ 5.4" "a line has a product of the catalogue"
            [lines(&[json!({ "product_id": 1 })])] => is(json!([["2 product_id 1 0"]]));
        "§ 3.5 (16)" "who owes much has a name"
            [stage.insert("invoices", json!({
                "customer_id": stage.rui, "products": [line(&stage.sandbox, json!({ "price": 5000 }))],
            }))] => invalid(["16 customer_id"]);
        "§ 3.5" "a refused insert stores nothing"
            [insert(json!({ "date": null })), stage.call("documents/count", json!({}))] => is(json!({ "count": "3" }));
    ]
}

#[tokio::test]
async fn other_taxes_come_before_vat_and_vat_is_charged_on_them() {
    let folder = tempfile::tempdir().unwrap();
    let tax = |id: u64, kind: u64, charged: u64, rate: f64| json!({ "tax_id": id, "name": "x", "value": rate, "type": charged, "saft_type": kind, "fiscal_zone": "PT" });
    let taxes = json!([tax(1, 1, 1, 23.0), tax(2, 3, 3, 0.5)]);
    std::fs::write(folder.path().join("taxes.getAll.json"), taxes.to_string()).unwrap();
    crate::trace::on();
    let config = Config { fixtures: Some(folder.path().to_owned()), ..Config::default() };
    let sandbox = Sandbox::start(config).await.unwrap();
    let named = customer(&sandbox, json!({ "vat": NIF, "number": "7" }));
    let ana = ask(&sandbox, "customers/insert", named).await["customer_id"].clone();
    let insert = async |taxes: Value| {
        let fields = json!({
            "date": "2026-07-02", "expiration_date": "2026-08-01", "customer_id": ana,
            "document_set_id": sandbox.credentials().document_set_id,
            "products": [line(&sandbox, json!({ "taxes": taxes }))],
        });
        ask(&sandbox, "invoices/insert", fields).await
    };
    let vat = |order: u64, cumulative: u64| json!({ "tax_id": 1, "value": 23, "order": order, "cumulative": cumulative });
    let other = |order: u64| json!({ "tax_id": 2, "value": 0.5, "order": order, "cumulative": 0 });
    assert_eq!(insert(json!([vat(1, 1), other(2)])).await, json!([["14 taxes"]]));
    assert_eq!(insert(json!([other(1), vat(2, 0)])).await, json!([["14 taxes"]]));
    let made = insert(json!([other(1), vat(2, 1)])).await;
    let read = ask(&sandbox, "documents/getOne", json!({ "document_id": made["document_id"] })).await;
    assert_eq!(read["taxes_value"], 24.23, "one euro, and VAT on 101");
}

#[tokio::test]
async fn associated_documents_are_forgotten_unless_they_are_sent_again() {
    let sandbox = crate::wire::start().await;
    let ana = sandbox.add_customer(json!({ "name": "Ana Lda", "vat": NIF })).unwrap();
    let keys = sandbox.credentials();
    let order = sandbox
        .add_document(
            json!({ "customer_id": ana, "document_type_id": 28, "net_value": 123, "date": "2026-07-01" }),
        )
        .unwrap();
    let links = json!([{ "associated_id": order, "value": 123 }]);
    for (sent, kept) in [(json!({}), json!([])), (json!({ "associated_documents": links }), links.clone())] {
        let fields = json!({
            "date": "2026-07-02", "expiration_date": "2026-08-01", "customer_id": ana,
            "document_set_id": keys.document_set_id, "products": [line(&sandbox, json!({}))],
            "associated_documents": links,
        });
        let made = ask(&sandbox, "invoices/insert", fields).await["document_id"].clone();
        let close = changed(json!({ "document_id": made, "status": 1 }), sent);
        assert_eq!(ask(&sandbox, "invoices/update", close).await["valid"], 1);
        let read = ask(&sandbox, "documents/getOne", json!({ "document_id": made })).await;
        assert_eq!((&read["status"], &read["associated_documents"]), (&json!(1), &kept));
        assert_eq!(read["products"].as_array().unwrap().len(), 1, "all else stays");
        assert!(
            read["atcud"].as_str().unwrap().ends_with(&format!("-{}", read["number"])),
            "{}",
            read["atcud"]
        );
        assert_ne!(read["rsa_hash"], "");
    }
}

#[tokio::test]
async fn a_link_to_a_pdf_leads_to_a_page_and_the_page_to_the_file() {
    let sandbox = crate::wire::start().await;
    let ana = sandbox.add_customer(json!({ "name": "Ana Lda" })).unwrap();
    let invoice = sandbox.add_document(json!({ "customer_id": ana, "net_value": 1 })).unwrap();
    let link = async |fields: Value| {
        let fields = changed(json!({ "document_id": invoice }), fields);
        ask(&sandbox, "documents/getPDFLink", fields).await["url"].as_str().unwrap().to_owned()
    };
    let page = reqwest::get(link(json!({})).await).await.unwrap();
    let cookie = page.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let html = page.text().await.unwrap();
    let href = html.split("href=\"").nth(2).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let file = format!("{}{href}", sandbox.url());
    assert_eq!(reqwest::get(&file).await.unwrap().status(), 403, "the page's cookie is needed");
    let client = reqwest::Client::new();
    let pdf = client.get(&file).header("cookie", &cookie).send().await.unwrap().bytes().await.unwrap();
    assert!(pdf.starts_with(b"%PDF"));
    let signing = reqwest::get(link(json!({ "signed": 1 })).await).await.unwrap().text().await.unwrap();
    assert!(!signing.contains("downloadBtn"), "a signature takes for ever");
    let forged = link(json!({})).await.replace("h=5ec2e7", "h=5ec2e8");
    assert_eq!(reqwest::get(forged).await.unwrap().status(), 404);
}
