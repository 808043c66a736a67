//! Every method of `customerAlternateAddresses`.

use moloni_client::types::NewAlternateAddress;

use crate::stage::{NIF, Stage, invalid, refused};

fn store() -> NewAlternateAddress {
    NewAlternateAddress::new("Armazém", "ARM-1", "Rua do Cais 2", "Sines", 1.into())
        .zip_code("7520-100")
        .email("armazem@example.pt")
        .phone("269000000")
        .fax("269000001")
        .contact_name("Olga")
}

#[tokio::test]
async fn an_address_is_inserted_read_replaced_and_deleted() {
    let stage = Stage::new().await;
    let customer = stage.customer("1", "Ana", NIF);
    let addresses = stage.client.alternate_addresses(customer);
    let id = addresses.insert(&store()).await.unwrap();
    let read = addresses.get_all().await.unwrap();
    assert_eq!((read.len(), read[0].address_id, read[0].customer_id), (1, id, Some(customer)));
    assert_eq!((read[0].code.as_str(), read[0].contact_name.as_str()), ("ARM-1", "Olga"));
    assert!(read[0].extra.is_empty(), "{:?}", read[0].extra);
    assert_eq!(stage.client.customers().get_one(customer).await.unwrap().alternate_addresses, read);

    let other =
        NewAlternateAddress::new("Loja", "LOJ-1", "Calle Mayor 1", "Vigo", 70.into()).zip_code("36201 B");
    addresses.update(id, &other).await.unwrap();
    let read = addresses.get_all().await.unwrap();
    assert_eq!((read[0].designation.as_str(), read[0].email.as_str()), ("Loja", ""));
    addresses.delete(id).await.unwrap();
    assert!(addresses.get_all().await.unwrap().is_empty());
    refused(addresses.delete(id).await);
    refused(addresses.update(id, &other).await);
    refused(stage.client.alternate_addresses(7.into()).insert(&other).await);
}

#[tokio::test]
async fn what_is_wrong_with_an_address_is_told() {
    let stage = Stage::new().await;
    let addresses = stage.client.alternate_addresses(stage.customer("1", "Ana", NIF));
    let empty = NewAlternateAddress::new("", "", "", "", 0.into());
    let codes = ["1 designation", "1 code", "1 address", "1 city", "2 country_id 1 0"];
    assert_eq!(invalid(addresses.insert(&empty).await), codes);
    let id = addresses.insert(&store()).await.unwrap();
    assert_eq!(invalid(addresses.update(id, &store().zip_code("7520")).await), ["7 zip_code"]);
    assert_eq!(invalid(addresses.delete(0.into()).await), ["2 address_id 1 0"]);
    assert_eq!(invalid(stage.client.alternate_addresses(0.into()).get_all().await), ["2 customer_id 1 0"]);
}

#[tokio::test]
async fn changed_addresses_are_found() {
    let stage = Stage::new().await;
    let customer = stage.customer("1", "Ana", NIF);
    let addresses = stage.client.alternate_addresses(customer);
    addresses.insert(&store()).await.unwrap();
    let moment = stage.later();
    let since = async || {
        let lastmodified = moment.strftime("%Y-%m-%d %H:%M:%S").to_string();
        let params = serde_json::json!({ "lastmodified": lastmodified });
        let read = moloni_client::Idempotency::Safe;
        let list = "customerAlternateAddresses";
        stage.client.call::<serde_json::Value>(list, "getModifiedSince", &params, read).await.unwrap()
    };
    assert_eq!(since().await, serde_json::json!([]));
    let new = addresses.insert(&store()).await.unwrap();
    let changed = since().await;
    assert_eq!((changed.as_array().unwrap().len(), &changed[0]["address_id"]), (1, &new.get().into()));
}
