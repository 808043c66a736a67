//! Customers against the suite.

use serde_json::{Value, json};
use sync_core::SystemEnv;
use sync_core::conformance::collection::{Fixture, check, check_read_only};
use sync_core::engine::{Collection, normalise};

use crate::scene::{Clerk, NIFS, at, customers, scene};

/// Everything that can be written and is stored.
fn padaria(ids: &moloni_client::sandbox::Credentials) -> Value {
    json!({
        "name": "Padaria Inventada",
        "vat": NIFS[0],
        "address": "Rua da Farinha 4",
        "city": "Tavira",
        "zip_code": "8800-001",
        "country_id": 1,
        "language_id": "2",
        "email": "padaria@example.pt",
        "website": "https://padaria.example.pt",
        "phone": "281000001",
        "fax": "281000002",
        "contact_name": "Olga Quintela",
        "contact_email": "olga@example.pt",
        "contact_phone": "281000003",
        "notes": "Abre cedo",
        "field_notes": "Tocar à campainha",
        "discount": "2.5",
        "credit_limit": 1000,
        "payment_day": 8,
        "maturity_date_id": ids.maturity_date_id,
        "payment_method_id": ids.payment_method_id,
        "delivery_method_id": ids.delivery_method_id,
    })
}

fn fixture<'a>(fixture: Fixture<'a>, first: Value, clerk: &'a Clerk) -> Fixture<'a> {
    fixture
        .record(first)
        .record(json!({ "name": "Rui Figueira", "vat": NIFS[1], "email": "rui@example.pt" }))
        .record(json!({ "name": "Eva Sarmento", "vat": NIFS[2], "email": "eva@example.pt" }))
        .change(json!({
            "name": "Padaria Imaginada",
            "vat": "999999990",
            "address": null,
            "city": null,
            "zip_code": null,
            "language_id": 1,
            "email": "imaginada@example.pt",
            "website": null,
            "phone": null,
            "fax": null,
            "contact_name": null,
            "contact_email": null,
            "contact_phone": null,
            "notes": null,
            "field_notes": null,
            "discount": null,
            "credit_limit": null,
            "payment_day": null,
            "maturity_date_id": null,
            "payment_method_id": null,
            "delivery_method_id": null,
        }))
        .refused(json!({ "name": "Ivo Barradas", "email": "half an address" }))
        .key_normalised("vat", "vat", normalise::nif)
        .key_normalised("email", "email", normalise::email)
        .key("name", "name")
        .person(clerk)
}

#[tokio::test]
async fn customers_conform() {
    let (sandbox, client) = scene().await;
    let first = padaria(sandbox.credentials());
    let (customers, clerk, env) =
        (customers(&client), Clerk { sandbox, collection: "customers" }, SystemEnv::new());
    check(&fixture(Fixture::new(&customers, &env), first, &clerk)).await;
}

#[tokio::test]
async fn customers_with_numbers_of_the_sequence_conform() {
    let (sandbox, client) = scene().await;
    let mut first = padaria(sandbox.credentials());
    first["number"] = json!("00777");
    let customers = customers(&client).in_sequence();
    let (clerk, env) = (Clerk { sandbox, collection: "customers" }, SystemEnv::new());
    check(&fixture(Fixture::new(&customers, &env), first, &clerk).key("number", "number")).await;
}

#[tokio::test]
async fn customers_that_are_only_read_conform_over_several_pages() {
    let (sandbox, client) = scene().await;
    for number in 1..=60 {
        let customer =
            json!({ "name": format!("Freguês {number}"), "email": format!("{number}@example.pt") });
        sandbox.add_customer(customer).unwrap();
    }
    let customers = customers(&client).read_only();
    let (clerk, env) = (Clerk { sandbox: sandbox.clone(), collection: "customers" }, SystemEnv::new());
    let fixture = Fixture::new(&customers, &env)
        .change(json!({ "name": "Freguês antigo", "email": null }))
        .key("name", "name")
        .person(&clerk);
    check_read_only(&fixture).await;
    assert!(sandbox.calls().iter().all(|call| !call.effect), "nothing was written");
}

#[tokio::test]
async fn the_feed_tells_what_people_do_since_it_began() {
    let (sandbox, client) = scene().await;
    let customers = customers(&client);
    let old = sandbox.add_customer(json!({ "name": "Berta" })).unwrap();
    sandbox.advance(std::time::Duration::from_secs(10));
    let begun = sandbox.server().now();
    let rui = sandbox.add_customer(json!({ "name": "Rui" })).unwrap();
    let since = sync_core::engine::Cursor::Time(begun);
    let page = customers.changes(Some(&since), None).await.unwrap().unwrap();
    let ids: Vec<_> = page.records.iter().map(|row| row.at.clone()).collect();
    assert_eq!(ids, [at(rui)], "and not {old}");
    assert!(page.cursor >= since, "an hour that the overlap was not taken off counts");
}
