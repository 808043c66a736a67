//! Every documented method of these entities is called, with the parameters of the description and no others.
//!
//! The description is not part of this repository: `SYNC_SHARED_DIR` says where it is. Without it there is nothing to
//! check, unless `SYNC_REQUIRE_SHARED=1` asks for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use moloni_client::resources::Match::{self, Exact};
use moloni_client::types::{
    AtRegistration, LineTax, NewAlternateAddress, NewCompany, NewCustomer, NewDocumentSet, NewMaturityDate,
    NewPaymentMethod, NewProduct, NewProductStock, NewTax, NewUser, ProductKind, StockMove, StockQuery,
    TaxQuery, UpdateMe, VatType,
};
use moloni_client::{Client, CompanyId, Decimal, HttpSettings, ManualEnv, Timestamp};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// The entities that are checked.
const ENTITIES: [&str; 12] = [
    "users",
    "companies",
    "customers",
    "customerAlternateAddresses",
    "products",
    "productStocks",
    "taxes",
    "paymentMethods",
    "maturityDates",
    "documentSets",
    "countries",
    "languages",
];

/// What has no typed method, and why.
const NOT_CALLED: [(&str, &str); 1] =
    [("documentSets.ATInsertCodeBulk", "its path and its parameters are not confirmed")];

/// What is sent although the description has it not, and why.
const BESIDES: [(&str, &[&str], &str); 7] = [
    ("customers.get", &["exact"], "searches take it"),
    ("customers.count", &["exact"], "searches take it"),
    ("customers.", &["price_class_id"], "rows have it, and an update replaces everything"),
    (
        "products.get",
        &["exact", "with_invisible"],
        "searches take the one, the text of the description the other",
    ),
    ("products.count", &["exact"], "searches take it"),
    ("products.", &["properties", "warehouses"], "its text has them"),
    ("paymentMethods.", &["is_numerary", "is_mb", "is_credit"], "its text has them"),
];

/// What the description has and these calls do not send, and why.
const LEFT_OUT: [(&str, &[&str], &str); 3] = [
    ("customers.", &["qty_copies_document"], "only if it is set"),
    ("products.getAll", &["category_id"], "not needed to list all"),
    ("products.count", &["category_id"], "not needed to count all"),
];

/// What any method is answered.
fn answer(request: &Request) -> ResponseTemplate {
    let method = request.url.path().rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
    let body = match method {
        "getOne" | "getMe" | "getNextNumber" | "getLastNumber" | "getNextReference" | "getLastCostPrice" => {
            json!({
                "customer_id": 1, "product_id": 1, "user_id": 1, "company_id": 1, "number": "1", "reference": "1",
            })
        }
        _ if method.starts_with("get") => json!([]),
        _ if method.starts_with("count") => json!({ "count": "0" }),
        _ => json!({
            "valid": 1, "customer_id": 1, "product_id": 1, "tax_id": 1, "payment_method_id": 1, "address_id": 1,
            "maturity_date_id": 1, "document_set_id": "1", "user_id": 1, "company_id": 1,
        }),
    };
    ResponseTemplate::new(200).set_body_json(body)
}

async fn call_customers(client: &Client, since: Timestamp) {
    let (customers, new) = (client.customers(), NewCustomer::new("1", "Berta", "999999990"));
    customers.count().await.unwrap();
    customers.get_all().page(0).await.unwrap();
    customers.get_one(1.into()).await.unwrap();
    customers.get_by_search("x").page(0).await.unwrap();
    customers.count_by_search("x").await.unwrap();
    customers.get_by_vat("x", Exact).page(0).await.unwrap();
    customers.count_by_vat("x", Exact).await.unwrap();
    customers.get_by_number("x", Exact).page(0).await.unwrap();
    customers.count_by_number("x", Exact).await.unwrap();
    customers.get_by_email("x", Exact).page(0).await.unwrap();
    customers.count_by_email("x", Exact).await.unwrap();
    customers.get_by_name("x", Match::Loose).page(0).await.unwrap();
    customers.count_by_name("x", Match::Loose).await.unwrap();
    customers.get_next_number().await.unwrap();
    customers.get_last_number().await.unwrap();
    customers.get_modified_since(since).page(0).await.unwrap();
    customers.count_modified_since(since).await.unwrap();
    customers.insert(&new).await.unwrap();
    customers.update(1.into(), &new).await.unwrap();
    customers.delete(1.into()).await.unwrap();

    let addresses = client.alternate_addresses(1.into());
    let new = NewAlternateAddress::new("x", "x", "x", "x", 1.into());
    addresses.get_all().await.unwrap();
    addresses.insert(&new).await.unwrap();
    addresses.update(1.into(), &new).await.unwrap();
    addresses.delete(1.into()).await.unwrap();
}

async fn call_products(client: &Client, since: Timestamp) {
    let new = NewProduct::new(1.into(), ProductKind::Goods, "x", "x", Decimal::ONE, 1.into());
    let new = new.tax(LineTax::new(1.into(), Decimal::from(23)));
    let products = client.products();
    products.count(None).await.unwrap();
    products.get_all(None).page(0).await.unwrap();
    products.get_one(1.into()).await.unwrap();
    products.get_by_search("x").page(0).await.unwrap();
    products.count_by_search("x").await.unwrap();
    products.get_by_name("x", Exact).page(0).await.unwrap();
    products.count_by_name("x", Exact).await.unwrap();
    products.get_by_reference("x", Exact).page(0).await.unwrap();
    products.count_by_reference("x", Exact).await.unwrap();
    products.get_by_ean("x", Exact).page(0).await.unwrap();
    products.count_by_ean("x", Exact).await.unwrap();
    products.get_modified_since(since).page(0).await.unwrap();
    products.count_modified_since(since).await.unwrap();
    products.get_last_cost_price(1.into(), None).await.unwrap();
    products.get_next_reference().await.unwrap();
    products.insert(&new.clone().stock_in(1.into(), Decimal::ONE)).await.unwrap();
    products.update(1.into(), &new).await.unwrap();
    products.delete(1.into()).await.unwrap();

    let (stocks, at) =
        (client.product_stocks(), moloni_client::jiff::civil::date(2026, 7, 1).at(12, 0, 0, 0));
    let new = NewProductStock::new(1.into(), at, Decimal::ONE);
    stocks.get_all(StockQuery::new()).page(0).await.unwrap();
    stocks.insert(&new).await.unwrap();
    stocks.update(1.into(), &new).await.unwrap();
    stocks.delete(1.into()).await.unwrap();
    let goods = StockMove::new(1.into(), 1.into(), at, Decimal::ONE, 1.into(), 2.into());
    stocks.move_to_warehouse(&goods).await.unwrap();
}

async fn call_settings(client: &Client, since: Timestamp) {
    let new = NewTax::vat("x", Decimal::from(23), VatType::Normal, "PT");
    client.taxes().get_all(&TaxQuery::new()).await.unwrap();
    client.taxes().insert(&new).await.unwrap();
    client.taxes().update(1.into(), &new).await.unwrap();
    client.taxes().delete(1.into()).await.unwrap();

    let new = NewPaymentMethod::new("x");
    client.payment_methods().get_all().await.unwrap();
    client.payment_methods().insert(&new).await.unwrap();
    client.payment_methods().update(1.into(), &new).await.unwrap();
    client.payment_methods().delete(1.into()).await.unwrap();

    let (terms, new) = (client.maturity_dates(), NewMaturityDate::new("x", 1));
    terms.get_all().await.unwrap();
    terms.insert(&new).await.unwrap();
    terms.update(1.into(), &new).await.unwrap();
    terms.delete(1.into()).await.unwrap();
    terms.get_modified_since(since).await.unwrap();
    terms.count_modified_since(since).await.unwrap();

    let (sets, new) = (client.document_sets(), NewDocumentSet::new("x"));
    sets.get_all().await.unwrap();
    sets.insert(&new).await.unwrap();
    sets.update(1.into(), &new).await.unwrap();
    sets.delete(1.into()).await.unwrap();
    sets.get_modified_since(since).await.unwrap();
    sets.count_modified_since(since).await.unwrap();
    sets.at_insert_code(&AtRegistration::automatic(1.into(), 1.into())).await.unwrap();
}

async fn call_account(client: &Client) {
    client.users().get_me().await.unwrap();
    client.users().get_all().await.unwrap();
    client.users().update_me(&UpdateMe::new("x", "x", 1.into())).await.unwrap();
    let (user, company) = (NewUser::new("x", "x", "x", 1.into()), NewCompany::new("x", "x", "x", 1.into()));
    client.users().sign_up(&user, &company).await.unwrap();
    client.users().recover_password("x").await.unwrap();
    client.companies().get_all().await.unwrap();
    client.companies().get_one(1.into()).await.unwrap();
    client.companies().free_slug("x").await.unwrap();
    client.countries().get_all().await.unwrap();
    client.languages().get_all().await.unwrap();
}

/// The parameters that `table` has for `operation`.
fn listed(table: &[(&str, &[&str], &str)], operation: &str) -> BTreeSet<String> {
    let rows = table.iter().filter(|(of, _, _)| operation.starts_with(of));
    rows.flat_map(|(_, names, _)| names.iter().map(|name| (*name).to_owned())).collect()
}

#[tokio::test]
async fn every_documented_method_is_called_with_its_parameters() {
    let required = std::env::var_os("SYNC_REQUIRE_SHARED").is_some_and(|value| value == "1");
    let Some(folder) = std::env::var_os("SYNC_SHARED_DIR") else {
        assert!(!required, "SYNC_REQUIRE_SHARED is 1, and SYNC_SHARED_DIR names no description");
        return;
    };
    let path = std::path::Path::new(&folder).join("specs/moloni/methods.json");
    let described: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();

    crate::trace::on();
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let http = HttpSettings::new().env(Arc::new(ManualEnv::new(1)));
    let builder = Client::builder().token("s3cr3t-access").company(CompanyId::from(7)).http(http);
    let client = builder.base_url(format!("{}/v1/", server.uri())).build().unwrap();
    let since = "2026-07-01T08:30:00Z".parse().unwrap();
    call_customers(&client, since).await;
    call_products(&client, since).await;
    call_settings(&client, since).await;
    call_account(&client).await;

    let mut sent: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for request in server.received_requests().await.unwrap() {
        let path = request.url.path().trim_start_matches("/v1/").trim_end_matches('/').replace('/', ".");
        let body: serde_json::Map<String, Value> = request.body_json().unwrap();
        sent.entry(path).or_default().extend(body.into_iter().map(|(name, _)| name));
    }
    let mut wrong = Vec::new();
    for entity in ENTITIES {
        for (method, parameters) in described["documented"][entity].as_object().unwrap() {
            let operation = format!("{entity}.{method}");
            let called = sent.remove(&operation);
            let not_called = NOT_CALLED.iter().any(|(name, _)| *name == operation);
            let Some(names) = called.filter(|_| !not_called) else {
                wrong.extend((!not_called).then(|| format!("{operation}: not called")));
                continue;
            };
            // Some have no description of their parameters.
            let Some(parameters) = parameters.as_array() else { continue };
            let parameters: BTreeSet<_> =
                parameters.iter().map(|name| name.as_str().unwrap().to_owned()).collect();
            let besides: BTreeSet<_> = names.difference(&parameters).cloned().collect();
            let unknown: Vec<_> = besides.difference(&listed(&BESIDES, &operation)).cloned().collect();
            let missing: BTreeSet<_> = parameters.difference(&names).cloned().collect();
            let missing: Vec<_> = missing.difference(&listed(&LEFT_OUT, &operation)).cloned().collect();
            if !unknown.is_empty() || !missing.is_empty() {
                wrong.push(format!("{operation}: unknown {unknown:?}, missing {missing:?}"));
            }
        }
    }
    wrong.extend(sent.into_keys().map(|operation| format!("{operation}: not documented")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
