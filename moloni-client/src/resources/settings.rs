//! The settings of the common form.

use super::entity::{operations, settings, settings_since};
use crate::Error;
use crate::types::Vehicle;

settings! {
    /// The company's bank accounts, which documents can print.
    BankAccounts("bankAccounts") as bank_accounts
        of BankAccount, NewBankAccount, BankAccountId = "bank_account_id"
}

settings! {
    /// The taxes that customers can withhold.
    Deductions("deductions") as deductions of Deduction, NewDeduction, DeductionId = "deduction_id"
}

settings! {
    /// The ways in which customers receive goods.
    DeliveryMethods("deliveryMethods") as delivery_methods
        of DeliveryMethod, NewDeliveryMethod, DeliveryMethodId = "delivery_method_id"
}

settings! {
    /// The company's economic activities; the service's page calls them CAE codes.
    EconomicActivityClassificationCodes("economicActivityClassificationCodes")
        as economic_activity_classification_codes of EconomicActivity, NewEconomicActivity, EacId = "eac_id"
}

settings! {
    /// The letterheads that documents can carry.
    IdentificationTemplates("identificationTemplates") as identification_templates
        of IdentificationTemplate, NewIdentificationTemplate, TemplateId = "template_id"
}

settings! {
    /// What products are measured in.
    MeasurementUnits("measurementUnits") as measurement_units
        of MeasurementUnit, NewMeasurementUnit, UnitId = "unit_id"
}

settings! {
    /// The classes of prices.
    PriceClasses("priceClasses") as price_classes of PriceClass, NewPriceClass, PriceClassId = "price_class_id"
}

settings! {
    /// The properties that products can have.
    ProductProperties("productProperties") as product_properties
        of Property, NewProperty, PropertyId = "property_id"
}
settings_since! { ProductProperties("productProperties") of Property }

settings! {
    /// The company's vehicles.
    Vehicles("vehicles") as vehicles of Vehicle, NewVehicle, VehicleId = "vehicle_id"
}

impl Vehicles<'_> {
    /// Lists the vehicles that have a text somewhere.
    ///
    /// `POST /vehicles/getBySearch/`, a read. Not paged, as far as is known.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Request` if no company is set.
    pub async fn get_by_search(self, text: impl Into<String>) -> Result<Vec<Vehicle>, Error> {
        operations! { "vehicles": SEARCH = "getBySearch" read; }
        let mut params = self.client.company_params(&SEARCH)?;
        params.insert("search".to_owned(), text.into().into());
        self.client.rows(&SEARCH, params).await
    }
}

settings! {
    /// The places where the company keeps goods.
    Warehouses("warehouses") as warehouses of Warehouse, NewWarehouse, WarehouseId = "warehouse_id"
}
settings_since! { count Warehouses("warehouses"), company }
