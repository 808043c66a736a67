//! Those of customers, products, settings and companies.

use std::sync::Arc;

use moloni_client::resources::Match;
use moloni_client::types::{
    Customer, LineTax, NewCustomer, NewProduct, Product, ProductCategory, ProductKind, TaxQuery,
};
use moloni_client::{
    Amount, Client, CompanyId, CustomerId, Decimal, DocumentQuery, ErrorKind, HttpSettings, Idempotency,
    ManualEnv, TryStreamExt,
};
use serde_json::{Value, json};
use wiremock::matchers::{body_json, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// The client of a company, and a service that answers as told.
async fn service() -> (MockServer, Client) {
    crate::trace::on();
    let server = MockServer::start().await;
    let http = HttpSettings::new().env(Arc::new(ManualEnv::new(1)));
    let builder = Client::builder().token("s3cr3t-access").company(CompanyId::from(7)).http(http);
    let client = builder.base_url(format!("{}/v1/", server.uri())).build().unwrap();
    (server, client)
}

/// Answers `to` with `body`, `times` times.
async fn answers(server: &MockServer, to: &str, body: Value, times: u64) {
    let call = Mock::given(path(format!("/v1/{to}/")));
    let answer = ResponseTemplate::new(200).set_body_json(body);
    call.respond_with(answer).up_to_n_times(times).expect(times).mount(server).await;
}

async fn bodies(server: &MockServer) -> Vec<Value> {
    let requests = server.received_requests().await.unwrap();
    requests.iter().map(|request| request.body_json().unwrap()).collect()
}

fn berta(changes: &[(&str, Value)]) -> Value {
    let row = json!({
        "customer_id": 41, "number": "0041", "name": "Berta", "vat": "123456789", "address": "Rua Um",
        "city": "Tavira", "country_id": 1, "language_id": 1,
    });
    let Value::Object(mut row) = row else { panic!("a record") };
    row.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    row.into()
}

#[tokio::test]
async fn p10_an_exact_search_is_asked_for_and_checked_again() {
    let (server, client) = service().await;
    // The service ignores the flag, and finds what only contains the number.
    let rows = json!([berta(&[]), berta(&[("customer_id", json!(42)), ("vat", json!("1234567890"))])]);
    answers(&server, "customers/getByVat", rows, 2).await;
    let find = async |exactness| {
        let list = client.customers().get_by_vat("123456789", exactness).items();
        list.map_ok(|customer| customer.customer_id.get()).try_collect::<Vec<_>>().await.unwrap()
    };
    assert_eq!(find(Match::Exact).await, [41]);
    assert_eq!(find(Match::Loose).await, [41, 42], "a loose search gives what the service finds");
    let flags: Vec<_> = bodies(&server).await.iter().map(|body| body.get("exact").cloned()).collect();
    assert_eq!(flags, [Some(json!(1)), None]);
}

#[tokio::test]
async fn p10_rows_that_are_dropped_do_not_end_a_list() {
    let (server, client) = service().await;
    let part = |from: u64| -> Value {
        (from..from + 50)
            .map(|id| berta(&[("customer_id", json!(id)), ("vat", json!("1234567890"))]))
            .collect()
    };
    answers(&server, "customers/getByVat", part(100), 1).await;
    answers(&server, "customers/getByVat", part(200), 1).await;
    answers(&server, "customers/getByVat", json!([berta(&[])]), 1).await;
    let list = client.customers().get_by_vat("123456789", Match::Exact).items();
    let found: Vec<_> = list.try_collect().await.unwrap();
    assert_eq!((found.len(), found[0].customer_id), (1, CustomerId::from(41)));
    let offsets: Vec<_> = bodies(&server).await.iter().map(|body| body["offset"].clone()).collect();
    assert_eq!(offsets, [0, 50, 100]);
}

#[tokio::test]
async fn p11_a_dropped_change_of_the_tax_number_is_no_success() {
    let (server, client) = service().await;
    answers(&server, "customers/getOne", berta(&[]), 1).await;
    answers(&server, "customers/update", json!({ "valid": 1, "customer_id": 41 }), 1).await;
    answers(&server, "customers/getOne", berta(&[("name", json!("Berta Lda"))]), 1).await;
    let change = |_: &Customer, fields: NewCustomer| fields.name("Berta Lda").vat("501964843");
    let edited = client.customers().edit(41.into(), change).await.unwrap();
    assert_eq!(edited.customer.name, "Berta Lda");
    let [ignored] = &edited.ignored[..] else { panic!("{:?}", edited.ignored) };
    assert_eq!(ignored.field, "vat");
    assert_eq!((&ignored.sent, &ignored.kept), (&json!("501964843"), &json!("123456789")));
}

#[tokio::test]
async fn p12_numbers_that_are_called_optional_are_sent_as_0() {
    let (server, client) = service().await;
    answers(&server, "customers/insert", json!({ "valid": 1, "customer_id": 41 }), 1).await;
    client.customers().insert(&NewCustomer::new("1", "Berta", "999999990")).await.unwrap();
    let sent = bodies(&server).await.remove(0);
    for name in [
        "salesman_id",
        "maturity_date_id",
        "payment_method_id",
        "delivery_method_id",
        "payment_day",
        "discount",
        "credit_limit",
    ] {
        assert_eq!(sent[name], 0, "{name}");
    }
    for name in ["number", "name", "vat", "address", "city"] {
        assert_ne!(sent[name], "", "{name}");
    }
    assert_eq!((&sent["country_id"], &sent["language_id"]), (&json!(1), &json!(1)));
}

#[test]
fn p13_a_customer_says_nothing_of_when() {
    // Whatever time a row might carry is no field of the type: nobody can take it for one that is always there.
    let row = berta(&[("lastmodified", json!("2026-01-29T17:48:31+0000"))]);
    let customer: Customer = serde_json::from_value(row).unwrap();
    assert_eq!(customer.extra.keys().collect::<Vec<_>>(), ["lastmodified"]);
    let written = serde_json::to_value(Customer::default()).unwrap();
    let times: Vec<_> =
        written.as_object().unwrap().keys().filter(|name| name.contains("modified")).collect();
    assert!(times.is_empty(), "{times:?}");
}

#[tokio::test]
async fn p17_names_are_spelled_as_the_service_spells_them() {
    let (server, client) = service().await;
    answers(&server, "taxes/getAll", json!([]), 1).await;
    answers(&server, "products/update", json!({ "valid": 1, "product_id": 9 }), 1).await;
    client.taxes().get_all(&TaxQuery::new()).await.unwrap();
    let row = json!({
        "product_id": 9, "category_id": 1, "unit_id": 1, "exemption_reason": "M07",
        "suppliers": [{ "supplier_id": 4, "comercial_discount": 10 }],
    });
    let product: Product = serde_json::from_value(row).unwrap();
    assert_eq!(product.suppliers[0].comercial_discount, Amount::from(Decimal::TEN));
    client.products().update(9.into(), &NewProduct::of(&product).unwrap()).await.unwrap();
    let sent = bodies(&server).await.remove(1);
    assert_eq!(sent["suppliers"][0]["comercial_discount"], 10);
    assert_eq!(sent["suppliers"][0].get("commercial_discount"), None);
}

#[tokio::test]
async fn p17_entities_are_called_by_their_irregular_names() {
    let (server, client) = service().await;
    for name in ["purchaseOrder", "supplierPurchaseOrder", "salesmen"] {
        answers(&server, &format!("{name}/count"), json!({ "count": "3" }), 1).await;
    }
    let all = DocumentQuery::new;
    let orders = [
        client.purchase_orders().count(all()).await.unwrap(),
        client.supplier_purchase_orders().count(all()).await.unwrap(),
        client.salesmen().count().await.unwrap(),
    ];
    assert_eq!(orders, [3, 3, 3]);
    // What has no method here is called by its own name, the one with a capital too.
    answers(&server, "SalesPending/getAllByClient", json!({ "customers": [] }), 1).await;
    let pending: Value =
        client.call("SalesPending", "getAllByClient", &json!({}), Idempotency::Safe).await.unwrap();
    assert_eq!(pending, json!({ "customers": [] }));
}

#[tokio::test]
async fn p18_a_product_s_tax_is_read_as_an_amount_and_written_as_a_rate() {
    let (server, client) = service().await;
    let row = json!({
        "product_id": 9, "category_id": 1, "unit_id": 1, "price": 2.5,
        "taxes": [{ "tax_id": 4, "value": 0.575, "order": 1, "cumulative": 1, "tax": { "tax_id": 4, "value": 23 } }],
    });
    answers(&server, "products/getOne", row, 1).await;
    answers(&server, "products/update", json!({ "valid": 1, "product_id": 9 }), 1).await;
    let product = client.products().get_one(9.into()).await.unwrap();
    client.products().update(9.into(), &NewProduct::of(&product).unwrap().name("Caneca")).await.unwrap();
    let sent = bodies(&server).await.remove(1);
    assert_eq!(sent["taxes"], json!([{ "tax_id": 4, "value": 23, "order": 1, "cumulative": 1 }]));
}

#[test]
fn p18_an_amount_whose_rate_is_not_known_cannot_be_written() {
    let row = json!({ "product_id": 9, "category_id": 1, "unit_id": 1, "taxes": [{ "tax_id": 4, "value": 0.575 }] });
    let product: Product = serde_json::from_value(row).unwrap();
    assert_eq!(product.taxes[0].amount, Amount::from(Decimal::new(575, 3)));
    assert_eq!(LineTax::of_product(&product.taxes[0]), None);
    assert_eq!(NewProduct::of(&product), None);
}

#[test]
fn p19_a_rate_of_0_is_no_tax_but_a_reason() {
    let new = NewProduct::new(1.into(), ProductKind::Goods, "Livro", "L-1", Decimal::TEN, 1.into());
    let new = new.exempt("M07").tax(LineTax::new(4.into(), Decimal::ZERO));
    let sent = serde_json::to_value(new).unwrap();
    assert_eq!((&sent["taxes"], &sent["exemption_reason"]), (&json!([]), &json!("M07")));
}

#[tokio::test]
async fn p24_the_demonstration_company_is_nobody_s_own() {
    let (server, client) = service().await;
    let rows = json!([{ "company_id": 5, "name": "Demo" }, { "company_id": 7, "name": "Oficina" }]);
    answers(&server, "companies/getAll", rows, 2).await;
    let all = client.companies().get_all().await.unwrap();
    let own: Vec<_> = all.iter().filter(|company| !company.is_demonstration()).collect();
    assert_eq!((own.len(), own[0].name.as_str()), (1, "Oficina"));
    assert_eq!(client.identity().await.unwrap().company_id, CompanyId::from(7), "the one that is set");
    answers(&server, "companies/getAll", json!([{ "company_id": 5, "name": "Demo" }]), 1).await;
    assert_eq!(client.identity().await.unwrap_err().kind(), ErrorKind::WrongAccount);
}

#[test]
fn p25_nested_records_vanish_with_their_id_and_keep_their_real_names() {
    let bare: Customer = serde_json::from_value(berta(&[("salesman_id", json!(0))])).unwrap();
    assert_eq!((bare.salesman_id, bare.salesman, bare.maturity_date), (None, None, None));
    assert_eq!((bare.price_class, bare.language, bare.country), (None, None, None));
    // Documented as `country.country`; it is `name`.
    let country = json!({ "iso_3166_1": "pt", "country_id": 1, "name": "Portugal" });
    let row = berta(&[("country", country.clone()), ("salesman", json!([]))]);
    let full: Customer = serde_json::from_value(row).unwrap();
    assert_eq!(full.country.as_ref().map(|country| country.name.as_str()), Some("Portugal"));
    assert_eq!((serde_json::to_value(&full).unwrap()["country"].clone(), full.salesman), (country, None));
    let product: Product = serde_json::from_value(json!({ "product_id": 9 })).unwrap();
    assert_eq!((product.category, product.measurement_unit, product.taxes.len()), (None, None, 0));
}

#[tokio::test]
async fn p27_categories_are_listed_one_level_at_a_time() {
    let (server, client) = service().await;
    let level = |parent: u64, rows: &[u64]| {
        let rows = rows.iter().map(|id| json!({ "category_id": id, "parent_id": parent, "name": "x" }));
        (json!({ "company_id": 7, "parent_id": parent }), rows.collect::<Value>())
    };
    // The last level names a category of the first: a tree that is none must not be walked for ever.
    for (asked, rows) in [level(0, &[1, 2]), level(1, &[3]), level(2, &[]), level(3, &[4]), level(4, &[1])] {
        let call = Mock::given(path("/v1/productCategories/getAll/")).and(body_json(asked));
        call.respond_with(ResponseTemplate::new(200).set_body_json(rows)).expect(1..).mount(&server).await;
    }
    let ids = |rows: Vec<ProductCategory>| rows.iter().map(|row| row.category_id.get()).collect::<Vec<_>>();
    assert_eq!(ids(client.product_categories().get_all(None).await.unwrap()), [1, 2], "the root alone");
    assert_eq!(ids(client.product_categories().get_all(Some(3.into())).await.unwrap()), [4]);
    assert_eq!(ids(client.product_categories().walk().await.unwrap()), [1, 2, 3, 4]);
}
