//! What the sandbox does with settings, as it is on the wire.

use moloni_client::sandbox::Config;
use serde_json::{Value, json};

use crate::wire::{NIF, ask, call, start, start_with};

fn series(name: &str) -> Value {
    json!({ "name": name, "active_by_default": 0, "cash_vat_scheme_indicator": 0, "template_id": 0 })
}

#[tokio::test]
async fn a_new_series_has_a_text_for_an_id_and_a_changed_one_a_number() {
    let sandbox = start().await;
    let inserted = ask(&sandbox, "documentSets/insert", series("A")).await;
    let id: u64 = inserted["document_set_id"].as_str().unwrap().parse().unwrap();
    let mut changed = series("B");
    changed["document_set_id"] = json!(id);
    let updated = ask(&sandbox, "documentSets/update", changed).await;
    assert_eq!(updated, json!({ "valid": 1, "document_set_id": id }));
    let terms =
        ask(&sandbox, "maturityDates/insert", json!({ "name": "x", "days": 1, "associated_discount": 0 }));
    assert!(terms.await["maturity_date_id"].is_u64());
}

#[tokio::test]
async fn errors_in_the_taxes_of_a_product_are_one_list_for_each() {
    let sandbox = start().await;
    let keys = sandbox.credentials();
    let product = |taxes: Value| {
        json!({
            "category_id": keys.category_id, "type": 1, "name": "", "reference": "X", "price": 1,
            "unit_id": keys.unit_id, "has_stock": 0, "stock": 0, "taxes": taxes,
        })
    };
    let good = json!({ "tax_id": keys.tax_id, "value": 23 });
    let wrong = product(json!([good, { "tax_id": 1, "value": 0 }]));
    let plain = ask(&sandbox, "products/insert", wrong.clone()).await;
    assert_eq!(plain, json!(["1 name", [], ["2 tax_id 1 0", "2 value 0 0"]]));
    let verbose = call(&sandbox, "products/insert", wrong).with("human_errors", "true").send(&sandbox).await;
    let verbose: Value = verbose.json().await.unwrap();
    assert_eq!(verbose[2][1]["code"], "2 value 0 0");
    let amount = product(json!([good]));
    let named = |mut product: Value| {
        product["name"] = json!("Jarro");
        product
    };
    let id = ask(&sandbox, "products/insert", named(amount)).await["product_id"].clone();
    let read = ask(&sandbox, "products/getOne", json!({ "product_id": id })).await;
    assert_eq!((&read["taxes"][0]["value"], &read["taxes"][0]["tax"]["value"]), (&json!(0.23), &json!(23)));
}

#[tokio::test]
async fn a_slug_is_asked_for_without_a_token() {
    let sandbox = start().await;
    let free = call(&sandbox, "companies/freeSlug", json!({ "slug": "livre" })).without("access_token");
    let free: Value = free.send(&sandbox).await.json().await.unwrap();
    assert_eq!(free, json!({ "valid": 1 }));
    let own = format!("empresa{}", sandbox.credentials().company_id);
    assert_eq!(ask(&sandbox, "companies/freeSlug", json!({ "slug": own })).await, json!({ "valid": 0 }));
}

#[tokio::test]
async fn the_demonstration_company_keeps_no_settings() {
    let sandbox = start().await;
    let mut terms = json!({ "name": "x", "days": 1, "associated_discount": 0, "company_id": 5 });
    assert_eq!(ask(&sandbox, "maturityDates/insert", terms.clone()).await, json!({ "valid": 0 }));
    assert_eq!(ask(&sandbox, "maturityDates/getAll", json!({ "company_id": 5 })).await, json!([]));
    terms["company_id"] = json!(sandbox.credentials().company_id);
    ask(&sandbox, "maturityDates/insert", terms).await;
    assert_eq!(ask(&sandbox, "maturityDates/getAll", json!({})).await.as_array().unwrap().len(), 3);
    sandbox.reset();
    assert_eq!(ask(&sandbox, "maturityDates/getAll", json!({})).await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_address_is_in_its_customer_s_row() {
    let sandbox = start().await;
    let customer = sandbox.add_customer(json!({ "name": "Ana", "vat": NIF })).unwrap();
    let address = json!({
        "customer_id": customer, "designation": "Cais", "code": "C", "address": "Rua Um", "city": "Sines",
        "country_id": 1,
    });
    let id = ask(&sandbox, "customerAlternateAddresses/insert", address).await["address_id"].clone();
    let row = ask(&sandbox, "customers/getOne", json!({ "customer_id": customer })).await;
    assert_eq!(row["alternate_addresses"][0]["address_id"], id);
    let gone = json!({ "customer_id": customer, "address_id": id });
    assert_eq!(ask(&sandbox, "customerAlternateAddresses/delete", gone).await, json!({ "valid": 1 }));
    let row = ask(&sandbox, "customers/getOne", json!({ "customer_id": customer })).await;
    assert_eq!(row["alternate_addresses"], json!([]));
}

#[tokio::test]
async fn hidden_products_are_shown_to_who_asks_for_them() {
    let folder = std::env::temp_dir().join(format!("moloni-sandbox-hidden-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let rows = json!([{ "product_id": 8, "visibility_id": 0, "reference": "A" }, { "product_id": 9, "visibility_id": 1 }]);
    std::fs::write(folder.join("products.getAll.json"), rows.to_string()).unwrap();
    let users = json!([{ "user_id": 3, "name": "Vasco" }, { "user_id": 4, "name": "Olga" }]);
    std::fs::write(folder.join("users.getAll.json"), users.to_string()).unwrap();
    let sandbox = start_with(Config { fixtures: Some(folder.clone()), ..Config::default() }).await;
    std::fs::remove_dir_all(&folder).ok();
    let count = async |fields| ask(&sandbox, "products/getAll", fields).await.as_array().unwrap().len();
    assert_eq!((count(json!({})).await, count(json!({ "with_invisible": 1 })).await), (1, 2));
    assert_eq!(ask(&sandbox, "products/getOne", json!({ "product_id": 8 })).await, json!([]));
    assert_eq!(ask(&sandbox, "users/getAll", json!({})).await, users, "what was recorded is served");
}
