//! What settings and books of the common form have besides: rows that are written back, searches, global lists. That
//! each is inserted, read, replaced and deleted is in the table of `tests/catalogue/sandbox`.

use moloni_client::types::{NewProperty, NewSalesman, NewSupplier, NewVehicle, NewWarehouse};
use moloni_client::{ErrorKind, TryStreamExt};

use crate::stage::{NIF, OTHER_NIF, Stage, invalid};

const LISBON: [&str; 2] = ["Rua Nova 1", "Lisboa"];

fn supplier(number: &str, vat: &str) -> NewSupplier {
    NewSupplier::new(number, "Moagem Inventada", vat, LISBON[0], LISBON[1], 1.into(), 1.into())
}

fn salesman(number: &str, vat: &str) -> NewSalesman {
    NewSalesman::new(number, "Rita Inventada", vat, LISBON[1], 1.into(), 1.into())
}

fn warehouse(title: &str, zip_code: &str) -> NewWarehouse {
    NewWarehouse::new(title, "A", LISBON[0], LISBON[1], zip_code, 1.into())
}

#[tokio::test]
async fn a_row_is_written_back_as_it_was_read() {
    let stage = Stage::new().await;
    let warehouses = stage.client.warehouses();
    let new =
        warehouse("Sul", "8000-001").is_default(true).contact_name("Inês").contact_email("ines@example.pt");
    let id = warehouses.insert(&new).await.unwrap();
    let row = warehouses.get_all().await.unwrap().pop().unwrap();
    assert_eq!(row.country.as_ref().map(|country| country.name.as_str()), Some("Portugal"));
    assert_eq!(NewWarehouse::of(&row), new);
    let moment = stage.later();
    assert_eq!(warehouses.count_modified_since(moment).await.unwrap(), 0);
    warehouses.update(id, &NewWarehouse::of(&row).title("Algarve")).await.unwrap();
    assert_eq!(warehouses.count_modified_since(moment).await.unwrap(), 1);
    let properties = stage.client.product_properties();
    let property = properties.insert(&NewProperty::new("Cor")).await.unwrap();
    assert_eq!(properties.get_modified_since(moment).await.unwrap()[0].property_id, property);
    assert_eq!(properties.count_modified_since(stage.later()).await.unwrap(), 0);
}

#[tokio::test]
async fn suppliers_and_salesmen_are_found() {
    use moloni_client::resources::Match::{Exact, Loose};
    let stage = Stage::new().await;
    let (suppliers, salesmen) = (stage.client.suppliers(), stage.client.salesmen());
    let one = suppliers.insert(&supplier("0012", NIF)).await.unwrap();
    suppliers.insert(&supplier("12", OTHER_NIF)).await.unwrap();
    assert_eq!(invalid(suppliers.insert(&supplier("12", NIF)).await), ["4 number"]);
    assert_eq!((suppliers.count().await.unwrap(), salesmen.count().await.unwrap()), (2, 0));
    assert_eq!(suppliers.get_one(one).await.unwrap().number, "0012", "leading zeros are kept");
    assert_eq!(suppliers.find_one(7.into()).await.unwrap(), None);
    assert_eq!(suppliers.get_one(7.into()).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(invalid(suppliers.get_one(0.into()).await), ["2 supplier_id 1 0"]);
    let searches = [
        (suppliers.get_by_number("12", Loose), suppliers.count_by_number("12", Loose).await, 2),
        (suppliers.get_by_number("12", Exact), suppliers.count_by_number("12", Exact).await, 1),
        (suppliers.get_by_vat(NIF, Exact), suppliers.count_by_vat(NIF, Exact).await, 1),
        (suppliers.get_by_name("moagem", Loose), suppliers.count_by_name("moagem", Loose).await, 2),
        (suppliers.get_by_search("501"), suppliers.count_by_search("501").await, 1),
    ];
    for (listing, counted, expected) in searches {
        let rows: Vec<_> = listing.items().try_collect().await.unwrap();
        assert_eq!((rows.len() as u64, counted.unwrap()), (expected, expected));
    }
    assert_eq!(invalid(suppliers.count_by_name("", Loose).await), ["1 name"]);

    let rita = salesmen.insert(&salesman("1", NIF).email("Rita@example.pt")).await.unwrap();
    let found = salesmen.get_by_email("rita@example.pt", Exact).items().try_next().await.unwrap();
    assert_eq!(found.map(|row| row.salesman_id), Some(rita));
    assert_eq!(salesmen.count_by_email("rita@example.pt", Exact).await.unwrap(), 1);
    assert_eq!(salesmen.count_by_search("rita").await.unwrap(), 1);
    let vehicle = NewVehicle::new("Carrinha", "AA-00-BB");
    stage.client.vehicles().insert(&vehicle).await.unwrap();
    assert_eq!(stage.client.vehicles().get_by_search("aa-").await.unwrap().len(), 1);
    assert_eq!(invalid(stage.client.vehicles().get_by_search("").await), ["1 search"]);
}

#[tokio::test]
async fn global_lists_are_read_without_a_company() {
    let stage = Stage::new().await;
    let keys = stage.sandbox.credentials();
    let client = moloni_client::Client::builder().token(keys.access_token.clone());
    let client = client.base_url(format!("{}/v1/", stage.sandbox.url())).build().unwrap();
    let moment = stage.later();
    let currencies = client.currencies().get_all().await.unwrap();
    assert_eq!(
        (currencies.len(), currencies[0].iso4217.as_str(), currencies[0].languages.len()),
        (3, "EUR", 1)
    );
    let rate = client.currency_exchange().get_all().await.unwrap().pop().unwrap();
    assert_eq!((rate.from, rate.to, rate.extra.len()), (Some(1.into()), Some(2.into()), 0));
    assert_eq!(client.currency_exchange().get_modified_since(moment).await.unwrap(), []);
    let codes: Vec<_> =
        client.tax_exemptions().get_all().await.unwrap().into_iter().map(|row| row.code).collect();
    assert_eq!(codes, ["M01", "M07", "M99"]);
    assert_eq!(client.tax_exemptions().get_modified_since(moment).await.unwrap(), []);
    assert_eq!(client.tax_exemptions().count_modified_since(moment).await.unwrap(), 0);
    let zones = client.fiscal_zones().get_all(1.into()).await.unwrap();
    assert_eq!(zones.iter().map(|zone| zone.code.as_str()).collect::<Vec<_>>(), ["PT-MA", "PT-AC"]);
    assert_eq!(invalid(client.fiscal_zones().get_all(0.into()).await), ["2 country_id 1 0"]);
    assert!(client.document_models().get_all().await.unwrap().is_empty());
    assert!(client.multibanco_gateways().get_all().await.unwrap().is_empty());
    assert!(client.multibanco_gateways().get_modified_since(moment).await.unwrap().is_empty());
    assert_eq!(client.vehicles().get_all().await.unwrap_err().kind(), ErrorKind::Request);

    assert!(stage.client.geographic_zones().get_all().await.unwrap().is_empty());
    let subscription = stage.client.subscription().get_one().await.unwrap();
    assert!(subscription.paid && subscription.extra.is_empty());
    assert_eq!(subscription.last_price.to_string(), "190.8");
}
