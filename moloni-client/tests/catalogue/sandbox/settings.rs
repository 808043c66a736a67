//! The company's settings.

use moloni_client::types::{
    AtRegistration, NewBankAccount, NewDeduction, NewDeliveryMethod, NewDocumentSet, NewEconomicActivity,
    NewIdentificationTemplate, NewMaturityDate, NewMeasurementUnit, NewPaymentMethod, NewProperty, NewTax,
    NewVehicle, NewWarehouse, TaxQuery, VatType,
};
use moloni_client::{Decimal, DocumentKind, Idempotency};
use serde_json::{Value, json};

use super::stage::Stage;
use super::{NO_COMPANY, kept, rows};

pub(super) async fn calls(stage: &Stage) {
    Box::pin(plain(stage)).await;
    changed(stage).await;
    activities(stage).await;
    series(stage).await;
    let vehicles = stage.client.vehicles();
    let id = vehicles.insert(&NewVehicle::new("Carrinha", "AA-00-BB")).await.unwrap();
    rows! { stage:
        "vehicles.getBySearch", vehicles.get_by_search("aa-") => all => all[0].vehicle_id == id,
            not vehicles.get_by_search("") => ["1 search"];
    }
}

fn warehouse(title: &str, zip_code: &str) -> NewWarehouse {
    NewWarehouse::new(title, "A", "Rua Nova 1", "Lisboa", zip_code, 1.into())
}

fn template(name: &str, email: &str) -> NewIdentificationTemplate {
    let new =
        NewIdentificationTemplate::new(name, "Loja", email, "Rua Nova 1", "Lisboa", "1000-001", 1.into());
    new.email_sender_name("Loja").email_sender_address("loja@example.pt")
}

async fn plain(stage: &Stage) {
    kept! { stage:
        "bankAccounts" bank_accounts by bank_account_id, all [get_all()],
            new NewBankAccount::new(1, "Banco", "PT50"), other NewBankAccount::new(2, "Caixa", "PT51"),
            wrong NewBankAccount::new(-1, "", "") => ["2 ordination 1 null null 0", "1 name", "1 value"];
        "deductions" deductions by deduction_id, all [get_all()],
            new NewDeduction::new("IRS", Decimal::new(115, 1)), other NewDeduction::new("IRC", Decimal::from(25)),
            wrong NewDeduction::new("", Decimal::from(101)) => ["1 name", "2 value 0 null null 0 100"];
        "deliveryMethods" delivery_methods by delivery_method_id, all [get_all()],
            new NewDeliveryMethod::new("Estafeta"), other NewDeliveryMethod::new("Levantamento"),
            wrong NewDeliveryMethod::new("") => ["1 name"];
        "identificationTemplates" identification_templates by template_id, all [get_all()],
            new template("Loja", "loja@example.pt"), other template("Feira", "feira@example.pt").phone("210000000"),
            wrong template("Loja", "loja").website("loja").phone("x") => ["3 email", "13 phone", "6 website"];
        "maturityDates" maturity_dates by maturity_date_id, all [get_all()],
            new NewMaturityDate::new("60 dias", 60).associated_discount(Decimal::new(25, 1)),
            other NewMaturityDate::new("90 dias", 90),
            wrong NewMaturityDate::new("", 1).associated_discount(Decimal::from(101))
                => ["1 name", "2 associated_discount 0 null null 0 100"];
        "measurementUnits" measurement_units by unit_id, all [get_all()],
            new NewMeasurementUnit::new("Quilo", "kg"), other NewMeasurementUnit::new("Metro", "m"),
            wrong NewMeasurementUnit::new("", "") => ["1 name", "1 short_name"];
        "paymentMethods" payment_methods by payment_method_id, all [get_all()],
            new NewPaymentMethod::new("Cheque"), other NewPaymentMethod::new("Vale"),
            wrong NewPaymentMethod::new("") => ["1 name"];
        "productProperties" product_properties by property_id, all [get_all()],
            new NewProperty::new("Cor"), other NewProperty::new("Peso"),
            wrong NewProperty::new("") => ["1 title"];
        "taxes" taxes by tax_id, all [get_all(&TaxQuery::new())],
            new NewTax::vat("IVA Madeira", Decimal::from(22), VatType::Normal, "PT-MA"),
            other NewTax::vat("IVA Açores", Decimal::from(16), VatType::Normal, "PT-AC"),
            wrong NewTax::vat("", Decimal::NEGATIVE_ONE, VatType::Normal, "PT")
                => ["1 name", "2 value 0 null null 0"];
        "vehicles" vehicles by vehicle_id, all [get_all()],
            new NewVehicle::new("Carrinha", "AA-00-BB"), other NewVehicle::new("Camião", "BB-11-CC"),
            wrong NewVehicle::new("", "AA") => ["1 description"];
        "warehouses" warehouses by warehouse_id, all [get_all()],
            new warehouse("Central", "1000-001").is_default(true),
            other warehouse("Norte", "4000-001").phone("220000000"),
            wrong warehouse("", "1000") => ["1 title", "7 zip_code"];
        "documentSets" document_sets by document_set_id, all [get_all()],
            new NewDocumentSet::new("LOJA"), other NewDocumentSet::new("FEIRA").active_by_default(),
            wrong NewDocumentSet::new("2026") => ["4 name"];
    }
}

/// What was changed since a moment, of the lists that tell.
async fn changed(stage: &Stage) {
    let (client, nowhere, moment) = (&stage.client, &stage.nowhere, stage.later());
    let terms = client.maturity_dates().insert(&NewMaturityDate::new("60 dias", 60)).await.unwrap();
    let property = client.product_properties().insert(&NewProperty::new("Cor")).await.unwrap();
    let set = client.document_sets().insert(&NewDocumentSet::new("LOJA")).await.unwrap();
    client.warehouses().insert(&warehouse("Central", "1000-001")).await.unwrap();
    rows! { stage:
        "maturityDates.getModifiedSince", client.maturity_dates().get_modified_since(moment)
                => all => all.len() == 1 && all[0].maturity_date_id == terms,
            not nowhere.maturity_dates().get_modified_since(moment) => NO_COMPANY;
        "maturityDates.countModifiedSince", client.maturity_dates().count_modified_since(moment)
                => count => count == 1,
            not nowhere.maturity_dates().count_modified_since(moment) => NO_COMPANY;
        "productProperties.getModifiedSince", client.product_properties().get_modified_since(moment)
                => all => all.len() == 1 && all[0].property_id == property,
            not nowhere.product_properties().get_modified_since(moment) => NO_COMPANY;
        "productProperties.countModifiedSince", client.product_properties().count_modified_since(moment)
                => count => count == 1,
            not nowhere.product_properties().count_modified_since(moment) => NO_COMPANY;
        "documentSets.getModifiedSince", client.document_sets().get_modified_since(moment)
                => all => all.len() == 1 && all[0].document_set_id == set,
            not nowhere.document_sets().get_modified_since(moment) => NO_COMPANY;
        "documentSets.countModifiedSince", client.document_sets().count_modified_since(moment)
                => count => count == 1,
            not nowhere.document_sets().count_modified_since(moment) => NO_COMPANY;
        "warehouses.countModifiedSince", client.warehouses().count_modified_since(moment) => count => count == 1,
            not nowhere.warehouses().count_modified_since(moment) => NO_COMPANY;
    }
}

/// The one list of the common form whose rows do not keep what this crate does not know.
async fn activities(stage: &Stage) {
    let handle = stage.client.economic_activity_classification_codes();
    let (new, other) =
        (NewEconomicActivity::new("95220", "Reparação"), NewEconomicActivity::new("95290", "Outra"));
    let (wrong, codes) = (NewEconomicActivity::new("", "x"), ["1 code"]);
    let all = async || handle.get_all().await.unwrap();
    rows! { stage:
        "economicActivityClassificationCodes.insert", handle.insert(&new)
                => id => NewEconomicActivity::of(&all().await[0]) == new,
            not handle.insert(&wrong) => codes;
        "economicActivityClassificationCodes.getAll", handle.get_all() => all => all[0].eac_id == id,
            not stage.nowhere.economic_activity_classification_codes().get_all() => NO_COMPANY;
        "economicActivityClassificationCodes.update", handle.update(id, &other)
                => () => NewEconomicActivity::of(&handle.get_all().await.unwrap()[0]) == other,
            not handle.update(id, &wrong) => codes;
        "economicActivityClassificationCodes.delete", handle.delete(id)
                => () => handle.get_all().await.unwrap().is_empty(),
            not handle.delete(0.into()) => ["2 eac_id 1 0"];
    }
}

/// What is told to the tax authority.
async fn series(stage: &Stage) {
    let (client, set) = (&stage.client, stage.keys().document_set_id.into());
    let invoice = DocumentKind::Invoice.id();
    let (one, none) = (AtRegistration::automatic(set, invoice), AtRegistration::automatic(0.into(), invoice));
    let codes = async || {
        let all = client.document_sets().get_all().await.unwrap();
        all.into_iter().find(|row| row.document_set_id == set).unwrap().document_set_at_codes
    };
    let bulk = async |set: Value| {
        let (params, write) = (json!({ "document_set_id": set }), Idempotency::NotIdempotent);
        client.call::<Value>("documentSets", "ATInsertCodeBulk", &params, write).await
    };
    rows! { stage:
        "documentSets.ATInsertCode", client.document_sets().at_insert_code(&one)
                => () => codes().await.len() == 1 && codes().await[0].document_type_id == invoice,
            not client.document_sets().at_insert_code(&none) => ["2 document_set_id 1 0"];
        "documentSets.ATInsertCodeBulk", bulk(json!(set)) => _ => codes().await.len() == 24,
            not bulk(json!(0)) => ["2 document_set_id 1 0"];
    }
}
