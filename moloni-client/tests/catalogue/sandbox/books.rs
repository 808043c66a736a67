//! Customers, suppliers and salesmen.

use moloni_client::TryStreamExt;
use moloni_client::resources::Match::Exact;
use moloni_client::types::{NewAlternateAddress, NewCustomer, NewSalesman, NewSupplier};

use super::stage::Stage;
use super::{NO_COMPANY, found, kept, rows};

/// Valid tax numbers.
const NIF: &str = "123456789";
const OTHER_NIF: &str = "501964843";

pub(super) async fn calls(stage: &Stage) {
    customers(stage).await;
    suppliers(stage).await;
    salesmen(stage).await;
}

async fn customers(stage: &Stage) {
    let (customers, nowhere, moment) = (stage.client.customers(), stage.nowhere.customers(), stage.later());
    let berta = NewCustomer::new("0041", "Berta", NIF).email("berta@example.pt");
    let eva = berta.clone().name("Eva");
    let nobody = NewCustomer::new("", "", "123456780").email("x");
    let codes = ["8 vat", "1 number", "1 name", "3 email"];
    rows! { stage:
        "customers.insert", customers.insert(&berta)
                => id => NewCustomer::of(&customers.get_one(id).await.unwrap()) == berta,
            not customers.insert(&nobody) => codes;
        "customers.getOne", customers.get_one(id) => one => one.number == "0041" && one.extra.is_empty(),
            not customers.get_one(0.into()) => ["2 customer_id 1 0"];
        "customers.getAll", customers.get_all().page(0) => page => page.items == [one],
            not nowhere.get_all().page(0) => NO_COMPANY;
        "customers.count", customers.count() => count => count == 1, not nowhere.count() => NO_COMPANY;
        "customers.getBySearch", customers.get_by_search("bert").page(0) => page => page.items[0].customer_id == id,
            not customers.get_by_search("").page(0) => ["1 search"];
        "customers.countBySearch", customers.count_by_search("bert") => count => count == 1,
            not customers.count_by_search("") => ["1 search"];
        "customers.getNextNumber", customers.get_next_number() => number => number == "0042",
            not nowhere.get_next_number() => NO_COMPANY;
        "customers.getLastNumber", customers.get_last_number() => number => number == "0041",
            not nowhere.get_last_number() => NO_COMPANY;
        "customers.getModifiedSince", customers.get_modified_since(moment).page(0)
                => page => page.items[0].customer_id == id,
            not nowhere.get_modified_since(moment).page(0) => NO_COMPANY;
        "customers.countModifiedSince", customers.count_modified_since(moment) => count => count == 1,
            not nowhere.count_modified_since(moment) => NO_COMPANY;
    }
    found! { stage, customers:
        "customers.getByVat" get_by_vat, "customers.countByVat" count_by_vat, "vat" NIF;
        "customers.getByNumber" get_by_number, "customers.countByNumber" count_by_number, "number" "0041";
        "customers.getByEmail" get_by_email, "customers.countByEmail" count_by_email, "email" "berta@example.pt";
        "customers.getByName" get_by_name, "customers.countByName" count_by_name, "name" "Berta";
    }
    let (addresses, no_addresses) =
        (stage.client.alternate_addresses(id), stage.client.alternate_addresses(0.into()));
    let store = NewAlternateAddress::new("Armazém", "ARM", "Rua do Cais 2", "Sines", 1.into());
    let yard = NewAlternateAddress::new("Pátio", "PAT", "Rua do Cais 3", "Sines", 1.into());
    let wrong = NewAlternateAddress::new("", "ARM", "Rua do Cais 2", "Sines", 1.into()).zip_code("7520");
    let codes = ["1 designation", "7 zip_code"];
    rows! { stage:
        "customerAlternateAddresses.insert", addresses.insert(&store) => address => address.get() > 0,
            not addresses.insert(&wrong) => codes;
        "customerAlternateAddresses.getAll", addresses.get_all()
                => all => (all[0].address_id, all[0].designation.as_str()) == (address, "Armazém"),
            not no_addresses.get_all() => ["2 customer_id 1 0"];
        "customerAlternateAddresses.update", addresses.update(address, &yard)
                => () => addresses.get_all().await.unwrap()[0].designation == "Pátio",
            not addresses.update(address, &wrong) => codes;
        "customerAlternateAddresses.delete", addresses.delete(address)
                => () => addresses.get_all().await.unwrap().is_empty(),
            not addresses.delete(0.into()) => ["2 address_id 1 0"];
    }
    rows! { stage:
        "customers.update", customers.update(id, &eva) => () => customers.get_one(id).await.unwrap().name == "Eva",
            not customers.update(id, &eva.clone().email("x")) => ["3 email"];
        "customers.delete", customers.delete(id) => () => customers.find_one(id).await.unwrap().is_none(),
            not customers.delete(0.into()) => ["2 customer_id 1 0"];
    }
}

fn supplier(number: &str, vat: &str) -> NewSupplier {
    NewSupplier::new(number, "Moagem Inventada", vat, "Rua Nova 1", "Lisboa", 1.into(), 1.into())
}

async fn suppliers(stage: &Stage) {
    let (suppliers, nowhere) = (stage.client.suppliers(), stage.nowhere.suppliers());
    kept! { stage:
        "suppliers" suppliers by supplier_id, all [get_all().items().try_collect::<Vec<_>>()],
            new supplier("01", NIF).zip_code("1000-001"), other supplier("02", OTHER_NIF).qty_copies_document(3),
            wrong supplier("", "123456780").zip_code("1000").email("x")
                => ["1 number", "8 vat", "7 zip_code", "3 email"];
    }
    let id = suppliers.insert(&supplier("01", NIF)).await.unwrap();
    rows! { stage:
        "suppliers.getOne", suppliers.get_one(id) => one => one.supplier_id == id,
            not suppliers.get_one(0.into()) => ["2 supplier_id 1 0"];
        "suppliers.count", suppliers.count() => count => count == 1, not nowhere.count() => NO_COMPANY;
        "suppliers.getBySearch", suppliers.get_by_search("moag").page(0) => page => page.items == [one],
            not suppliers.get_by_search("").page(0) => ["1 search"];
        "suppliers.countBySearch", suppliers.count_by_search("moag") => count => count == 1,
            not suppliers.count_by_search("") => ["1 search"];
    }
    found! { stage, suppliers:
        "suppliers.getByVat" get_by_vat, "suppliers.countByVat" count_by_vat, "vat" NIF;
        "suppliers.getByNumber" get_by_number, "suppliers.countByNumber" count_by_number, "number" "01";
        "suppliers.getByName" get_by_name, "suppliers.countByName" count_by_name, "name" "Moagem Inventada";
    }
}

fn salesman(number: &str, vat: &str) -> NewSalesman {
    NewSalesman::new(number, "Rita Inventada", vat, "Lisboa", 1.into(), 1.into())
}

async fn salesmen(stage: &Stage) {
    let (salesmen, nowhere) = (stage.client.salesmen(), stage.nowhere.salesmen());
    kept! { stage:
        "salesmen" salesmen by salesman_id, all [get_all().items().try_collect::<Vec<_>>()],
            new salesman("01", NIF).base_commission(moloni_client::Decimal::new(25, 1)),
            other salesman("02", OTHER_NIF).notes("férias em agosto"),
            wrong salesman("", "123456780").base_commission(moloni_client::Decimal::from(200))
                => ["1 number", "8 vat", "2 base_commission 0 null null 0 100"];
    }
    let id = salesmen.insert(&salesman("01", NIF).email("rita@example.pt")).await.unwrap();
    rows! { stage:
        "salesmen.getOne", salesmen.get_one(id) => one => one.salesman_id == id,
            not salesmen.get_one(0.into()) => ["2 salesman_id 1 0"];
        "salesmen.count", salesmen.count() => count => count == 1, not nowhere.count() => NO_COMPANY;
        "salesmen.getBySearch", salesmen.get_by_search("rita").page(0) => page => page.items == [one],
            not salesmen.get_by_search("").page(0) => ["1 search"];
        "salesmen.countBySearch", salesmen.count_by_search("rita") => count => count == 1,
            not salesmen.count_by_search("") => ["1 search"];
    }
    found! { stage, salesmen:
        "salesmen.getByVat" get_by_vat, "salesmen.countByVat" count_by_vat, "vat" NIF;
        "salesmen.getByNumber" get_by_number, "salesmen.countByNumber" count_by_number, "number" "01";
        "salesmen.getByName" get_by_name, "salesmen.countByName" count_by_name, "name" "Rita Inventada";
        "salesmen.getByEmail" get_by_email, "salesmen.countByEmail" count_by_email, "email" "rita@example.pt";
    }
}
