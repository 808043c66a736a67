//! Settings and books of the common form, in one table: what is written is read, replaced, listed as changed, refused
//! if it is wrong, and deleted.

use moloni_client::types::{
    NewBankAccount, NewDeduction, NewDeliveryMethod, NewEconomicActivity, NewIdentificationTemplate,
    NewMeasurementUnit, NewPriceClass, NewProductCategory, NewProperty, NewSalesman, NewSupplier, NewVehicle,
    NewWarehouse,
};
use moloni_client::{Decimal, ErrorKind, TryStreamExt};

use crate::stage::{NIF, OTHER_NIF, Stage, invalid, refused};

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

fn template(name: &str, email: &str) -> NewIdentificationTemplate {
    let new = NewIdentificationTemplate::new(name, "Loja", email, LISBON[0], LISBON[1], "1000-001", 1.into());
    new.email_sender_name("Loja").email_sender_address("loja@example.pt")
}

/// That a row says all of what was written, and nothing that has no name.
#[track_caller]
fn says(row: &impl serde::Serialize, extra: usize, new: &impl serde::Serialize) {
    let (row, new) = (serde_json::to_value(row).unwrap(), serde_json::to_value(new).unwrap());
    assert_eq!(extra, 0, "{row}");
    for (name, written) in new.as_object().unwrap() {
        assert_eq!(row.get(name), Some(written), "{name} of {row}");
    }
}

macro_rules! is_kept {
    ($stage:ident: $($handle:ident by $key:ident, all [$($all:tt)+], new $new:expr, other $other:expr, wrong $wrong:expr => $codes:expr;)+) => {$({
        let entity = $stage.client.$handle();
        let (new, other) = ($new, $other);
        let before = entity.$($all)+.await.unwrap().len();
        let id = entity.insert(&new).await.unwrap();
        let find = async || entity.$($all)+.await.unwrap().into_iter().find(|row| row.$key == id.into());
        let row = find().await.unwrap();
        says(&row, row.extra.len(), &new);
        entity.update(id, &other).await.unwrap();
        let row = find().await.unwrap();
        says(&row, row.extra.len(), &other);
        assert_eq!(entity.$($all)+.await.unwrap().len(), before + 1, stringify!($handle));
        assert_eq!(invalid(entity.insert(&$wrong).await), $codes, stringify!($handle));
        assert_eq!(invalid(entity.update(id, &$wrong).await), $codes, stringify!($handle));
        let key = format!("2 {} 1 0", stringify!($key));
        assert_eq!(invalid(entity.delete(0.into()).await), [key]);
        entity.delete(id).await.unwrap();
        refused(entity.delete(id).await);
        refused(entity.update(id, &other).await);
        assert_eq!(entity.$($all)+.await.unwrap().len(), before);
    })+};
}

#[tokio::test]
async fn every_setting_of_the_common_form_is_kept() {
    let stage = Stage::new().await;
    is_kept! { stage:
        deductions by deduction_id, all [get_all()],
            new NewDeduction::new("IRS", Decimal::new(115, 1)), other NewDeduction::new("IRC", Decimal::from(25)),
            wrong NewDeduction::new("", Decimal::from(101)) => ["1 name", "2 value 0 null null 0 100"];
        delivery_methods by delivery_method_id, all [get_all()],
            new NewDeliveryMethod::new("Estafeta"), other NewDeliveryMethod::new("Levantamento"),
            wrong NewDeliveryMethod::new("") => ["1 name"];
        identification_templates by template_id, all [get_all()],
            new template("Loja", "loja@example.pt"), other template("Feira", "feira@example.pt").phone("210000000"),
            wrong template("Loja", "loja").website("loja").phone("x")
                => ["3 email", "13 phone", "6 website"];
        measurement_units by unit_id, all [get_all()],
            new NewMeasurementUnit::new("Quilo", "kg"), other NewMeasurementUnit::new("Metro", "m"),
            wrong NewMeasurementUnit::new("", "") => ["1 name", "1 short_name"];
        price_classes by price_class_id, all [get_all()],
            new NewPriceClass::new("Revenda"), other NewPriceClass::new("Sócios"),
            wrong NewPriceClass::new("") => ["1 title"];
        product_properties by property_id, all [get_all()],
            new NewProperty::new("Cor"), other NewProperty::new("Peso"),
            wrong NewProperty::new("") => ["1 title"];
        vehicles by vehicle_id, all [get_all()],
            new NewVehicle::new("Carrinha", "AA-00-BB"), other NewVehicle::new("Camião", "BB-11-CC"),
            wrong NewVehicle::new("", "AA") => ["1 description"];
        warehouses by warehouse_id, all [get_all()],
            new warehouse("Central", "1000-001").is_default(true), other warehouse("Norte", "4000-001").phone("220000000"),
            wrong warehouse("", "1000") => ["1 title", "7 zip_code"];
        product_categories by category_id, all [walk()],
            new NewProductCategory::new("Bebidas"), other NewProductCategory::new("Vinhos").description("tintos").pos_enabled(true),
            wrong NewProductCategory::new("") => ["1 name"];
        bank_accounts by bank_account_id, all [get_all()],
            new NewBankAccount::new(1, "Banco", "PT50"), other NewBankAccount::new(2, "Caixa", "PT51"),
            wrong NewBankAccount::new(-1, "", "") => ["2 ordination 1 null null 0", "1 name", "1 value"];
        suppliers by supplier_id, all [get_all().items().try_collect::<Vec<_>>()],
            new supplier("01", NIF).zip_code("1000-001").discount(Decimal::ONE), other supplier("02", OTHER_NIF).qty_copies_document(3),
            wrong supplier("", "123456780").zip_code("1000").email("x")
                => ["1 number", "8 vat", "7 zip_code", "3 email"];
        salesmen by salesman_id, all [get_all().items().try_collect::<Vec<_>>()],
            new salesman("01", NIF).base_commission(Decimal::new(25, 1)), other salesman("02", OTHER_NIF).notes("férias em agosto"),
            wrong salesman("", "123456780").base_commission(Decimal::from(200))
                => ["1 number", "8 vat", "2 base_commission 0 null null 0 100"];
    }
    let activities = stage.client.economic_activity_classification_codes();
    let id = activities.insert(&NewEconomicActivity::new("95220", "Reparação")).await.unwrap();
    let row = activities.get_all().await.unwrap().pop().unwrap();
    assert_eq!((row.eac_id, row.code.as_str()), (id, "95220"));
    activities.update(id, &NewEconomicActivity::of(&row)).await.unwrap();
    assert_eq!(activities.get_all().await.unwrap(), [row]);
    assert_eq!(invalid(activities.insert(&NewEconomicActivity::new("", "x")).await), ["1 code"]);
    activities.delete(id).await.unwrap();
    refused(activities.delete(id).await);
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
