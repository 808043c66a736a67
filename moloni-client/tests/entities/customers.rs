//! Every method of `customers`.

use moloni_client::resources::Match;
use moloni_client::types::NewCustomer;
use moloni_client::{Decimal, Listing, TryStreamExt, types::Customer};

use crate::stage::{NIF, OTHER_NIF, Stage, invalid, refused};

async fn numbers(list: Listing<Customer>) -> Vec<String> {
    list.items().map_ok(|customer| customer.number).try_collect().await.unwrap()
}

#[tokio::test]
async fn a_customer_is_inserted_read_replaced_and_deleted() {
    let stage = Stage::new().await;
    let client = &stage.client;
    let customers = client.customers();
    let new = NewCustomer::new("00041", "Nuno Exemplo", NIF)
        .address("Rua Três")
        .city("Beja")
        .zip_code("7800-001")
        .email("nuno@example.pt")
        .discount(Decimal::new(25, 1))
        .notes("só à tarde");
    let id = customers.insert(&new).await.unwrap();
    let read = customers.get_one(id).await.unwrap();
    assert_eq!(NewCustomer::of(&read), new, "what was sent is there");
    assert_eq!((read.number.as_str(), read.discount.to_string().as_str()), ("00041", "2.5"));

    customers.update(id, &new.clone().name("Nuno & Filhos").notes("")).await.unwrap();
    let read = customers.get_one(id).await.unwrap();
    assert_eq!((read.name.as_str(), read.notes.as_str()), ("Nuno & Filhos", ""));
    customers.delete(id).await.unwrap();
    assert_eq!(customers.find_one(id).await.unwrap(), None);
    refused(customers.delete(id).await);
    refused(customers.update(id, &new).await);
}

#[tokio::test]
async fn what_is_wrong_with_a_customer_is_told() {
    let stage = Stage::new().await;
    let customers = stage.client.customers();
    let id = stage.customer("0007", "Ana Lda", NIF);
    let new = NewCustomer::new("0008", "Rui", OTHER_NIF);
    let table = [
        (new.clone().name(""), "1 name"),
        (new.clone().vat("123456780"), "8 vat"),
        (new.clone().number("0007"), "4 number"),
        (new.clone().number("123456789012345678901"), "17 number"),
        (new.clone().zip_code("4700"), "7 zip_code"),
        (new.clone().email("nobody"), "3 email"),
        (new.clone().website("example"), "6 website"),
        (new.clone().phone("call me"), "13 phone"),
        (new.clone().discount(Decimal::from(101)), "2 discount 0 null null 0 100"),
        (new.clone().country(0.into()), "2 country_id 1 0"),
        (NewCustomer::unnumbered("Rui", OTHER_NIF), "1 number"),
    ];
    for (wrong, code) in table {
        assert_eq!(invalid(customers.insert(&wrong).await), [code]);
    }
    let other = customers.insert(&new).await.unwrap();
    assert_eq!(invalid(customers.update(other, &new.number("0007")).await), ["4 number"]);
    stage.invoice(id);
    refused(customers.delete(id).await);
}

#[tokio::test]
async fn customers_are_searched_and_counted() {
    let stage = Stage::new().await;
    let customers = stage.client.customers();
    for (number, name, vat) in
        [("0007", "Ana Lda", NIF), ("00071", "Ana", OTHER_NIF), ("WEB-1", "Mariana", "999999990")]
    {
        stage.customer(number, name, vat);
    }
    assert_eq!(customers.count().await.unwrap(), 3);
    assert_eq!(numbers(customers.get_all()).await, ["WEB-1", "00071", "0007"]);
    assert_eq!(numbers(customers.get_by_search("ana")).await, ["WEB-1", "00071", "0007"]);
    assert_eq!(customers.count_by_search("ana l").await.unwrap(), 1);

    assert_eq!(numbers(customers.get_by_number("0007", Match::Loose)).await, ["00071", "0007"]);
    assert_eq!(numbers(customers.get_by_number("0007", Match::Exact)).await, ["0007"]);
    assert_eq!(numbers(customers.get_by_number("WEB%", Match::Loose)).await, ["WEB-1"]);
    assert_eq!(numbers(customers.get_by_name("Ana", Match::Exact)).await, ["00071"]);
    assert_eq!(numbers(customers.get_by_vat("12345", Match::Loose)).await, ["0007"]);
    assert_eq!(numbers(customers.get_by_vat("12345", Match::Exact)).await, [""; 0]);
    let counts = [
        customers.count_by_number("0007", Match::Loose).await.unwrap(),
        customers.count_by_number("0007", Match::Exact).await.unwrap(),
        customers.count_by_name("Ana", Match::Loose).await.unwrap(),
        customers.count_by_vat(NIF, Match::Exact).await.unwrap(),
        customers.count_by_email("@", Match::Loose).await.unwrap(),
    ];
    assert_eq!(counts, [2, 1, 3, 1, 0]);
    assert_eq!(invalid(customers.count_by_vat("", Match::Exact).await), ["1 vat"]);
    assert_eq!(invalid(customers.get_by_email("", Match::Exact).page(0).await), ["1 email"]);
}

#[tokio::test]
async fn an_e_mail_address_is_the_same_in_capitals() {
    let stage = Stage::new().await;
    let customers = stage.client.customers();
    let new = NewCustomer::new("1", "Berta", "999999990").email("Berta@Example.pt");
    customers.insert(&new).await.unwrap();
    assert_eq!(numbers(customers.get_by_email("berta@example.pt", Match::Exact)).await, ["1"]);
    assert_eq!(numbers(customers.get_by_email("erta@example.pt", Match::Exact)).await, [""; 0]);
}

#[tokio::test]
async fn numbers_are_proposed_and_not_reserved() {
    let stage = Stage::new().await;
    let customers = stage.client.customers();
    assert_eq!(customers.get_last_number().await.unwrap(), "");
    stage.customer("0041", "Ana", "999999990");
    assert_eq!(customers.get_last_number().await.unwrap(), "0041");
    for _ in 0..2 {
        assert_eq!(customers.get_next_number().await.unwrap(), "0042");
    }
}

#[tokio::test]
async fn changed_customers_are_found() {
    let stage = Stage::new().await;
    let customers = stage.client.customers();
    let ana = stage.customer("1", "Ana", "999999990");
    stage.customer("2", "Rui", "999999990");
    let moment = stage.later();
    customers.edit(ana, |_, fields| fields.phone("210000000")).await.unwrap();
    assert_eq!(numbers(customers.get_modified_since(moment)).await, ["1"]);
    assert_eq!(customers.count_modified_since(moment).await.unwrap(), 1);
    let moment = stage.later();
    assert_eq!(customers.count_modified_since(moment).await.unwrap(), 0);
}

#[tokio::test]
async fn without_a_company_nothing_is_sent() {
    let stage = Stage::new().await;
    let keys = stage.sandbox.credentials();
    let builder = moloni_client::Client::builder().token(keys.access_token.clone());
    let client = builder.base_url(format!("{}/v1/", stage.sandbox.url())).build().unwrap();
    let error = client.customers().insert(&NewCustomer::new("1", "Ana", "999999990")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (moloni_client::ErrorKind::Request, 0));
    assert!(stage.called().is_empty());
}
