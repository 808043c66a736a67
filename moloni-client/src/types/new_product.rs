use serde::Serialize;

use super::{InventoryCategory, LineTax, Product, ProductKind};
use crate::value::{flag, optional_id};
use crate::{Amount, CategoryId, PropertyId, SupplierId, UnitId, WarehouseId};

/// A product to insert, or what to replace one by.
///
/// Either it has taxes, or it says why VAT is not charged: [`exempt`](Self::exempt).
///
/// ```
/// use moloni_client::types::{NewProduct, ProductKind, LineTax};
/// use moloni_client::{CategoryId, Decimal, TaxId, UnitId};
///
/// let (category, unit, vat) = (CategoryId::from(7), UnitId::from(1), TaxId::from(4));
/// let price = Decimal::new(4_550, 2);
/// let hour = NewProduct::new(category, ProductKind::Service, "Hora de formação", "FORM-1", price, unit)
///     .tax(LineTax::new(vat, Decimal::from(23)));
/// # let _ = hour;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewProduct {
    category_id: CategoryId,
    #[serde(rename = "type")]
    kind: ProductKind,
    name: String,
    summary: String,
    reference: String,
    ean: String,
    price: Amount,
    unit_id: UnitId,
    #[serde(with = "flag")]
    has_stock: bool,
    stock: Amount,
    #[serde(with = "flag")]
    pos_favorite: bool,
    at_product_category: InventoryCategory,
    exemption_reason: String,
    taxes: Vec<LineTax>,
    suppliers: Vec<NewProductSupplier>,
    properties: Vec<NewProductProperty>,
    #[serde(with = "optional_id")]
    warehouse_id: Option<WarehouseId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warehouses: Vec<NewProductWarehouse>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct NewProductSupplier {
    supplier_id: SupplierId,
    cost_price: Amount,
    comercial_discount: Amount,
    financial_discount: Amount,
    reference: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct NewProductProperty {
    property_id: PropertyId,
    value: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct NewProductWarehouse {
    warehouse_id: WarehouseId,
    stock: Amount,
}

impl NewProduct {
    /// A product whose stock is not counted, at a price without taxes. `reference` is unique in the company.
    pub fn new(
        category: CategoryId,
        kind: ProductKind,
        name: impl Into<String>,
        reference: impl Into<String>,
        price: impl Into<Amount>,
        unit: UnitId,
    ) -> Self {
        Self {
            category_id: category,
            kind,
            name: name.into(),
            summary: String::new(),
            reference: reference.into(),
            ean: String::new(),
            price: price.into(),
            unit_id: unit,
            has_stock: false,
            stock: Amount::ZERO,
            pos_favorite: false,
            at_product_category: InventoryCategory::default(),
            exemption_reason: String::new(),
            taxes: Vec::new(),
            suppliers: Vec::new(),
            properties: Vec::new(),
            warehouse_id: None,
            warehouses: Vec::new(),
        }
    }

    /// The fields of a product as they are, to change some of them. `None` if it does not say its category, its
    /// unit, or the rate of one of its taxes.
    ///
    /// An update replaces the stock, too: what is sold between reading and writing would be there again. The stock
    /// by warehouse, notes, least stock, classes of prices and components are no part of an update.
    pub fn of(product: &Product) -> Option<Self> {
        let Product { kind, name, reference, price, .. } = product;
        let base = Self::new(product.category_id?, *kind, name, reference, *price, product.unit_id?);
        let taxes = product.taxes.iter().map(LineTax::of_product).collect::<Option<Vec<_>>>()?;
        let mut new = taxes.into_iter().fold(base, Self::tax);
        for supplier in &product.suppliers {
            new.suppliers.push(NewProductSupplier {
                supplier_id: supplier.supplier_id,
                cost_price: supplier.cost_price,
                comercial_discount: supplier.comercial_discount,
                financial_discount: supplier.financial_discount,
                reference: supplier.reference.clone(),
            });
        }
        for property in &product.properties {
            new = new.property(property.property_id, &property.value);
        }
        new.summary.clone_from(&product.summary);
        new.ean.clone_from(&product.ean);
        new.has_stock = product.has_stock;
        new.stock = product.stock;
        new.pos_favorite = product.pos_favorite;
        new.at_product_category = product.at_product_category.clone();
        new.exemption_reason.clone_from(&product.exemption_reason);
        new.warehouse_id = product.warehouse_id;
        Some(new)
    }

    /// Sets the category. Sent as `category_id`.
    #[must_use]
    pub fn category(mut self, category: CategoryId) -> Self {
        self.category_id = category;
        self
    }

    /// Sets the name. Sent as `name`.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets what else documents say of it. Sent as `summary`.
    #[must_use]
    pub fn summary(mut self, text: impl Into<String>) -> Self {
        self.summary = text.into();
        self
    }

    /// Sets the code in the catalogue. Sent as `reference`.
    #[must_use]
    pub fn reference(mut self, code: impl Into<String>) -> Self {
        self.reference = code.into();
        self
    }

    /// Sets the barcode. Sent as `ean`.
    #[must_use]
    pub fn ean(mut self, code: impl Into<String>) -> Self {
        self.ean = code.into();
        self
    }

    /// Sets the price without taxes. Sent as `price`.
    #[must_use]
    pub fn price(mut self, price: impl Into<Amount>) -> Self {
        self.price = price.into();
        self
    }

    /// Counts its stock, from this quantity on. Sent as `has_stock` and `stock`.
    #[must_use]
    pub fn stock(mut self, quantity: impl Into<Amount>) -> Self {
        self.has_stock = true;
        self.stock = quantity.into();
        self
    }

    /// Shows it first at the till. Sent as `pos_favorite`.
    #[must_use]
    pub fn pos_favorite(mut self) -> Self {
        self.pos_favorite = true;
        self
    }

    /// Says what it is in the inventory for the tax authority. Sent as `at_product_category`.
    #[must_use]
    pub fn at_product_category(mut self, category: InventoryCategory) -> Self {
        self.at_product_category = category;
        self
    }

    /// Adds a tax. Sent among `taxes`.
    ///
    /// A rate of 0 is not sent, because the service refuses it: say why with [`exempt`](Self::exempt).
    #[must_use]
    pub fn tax(mut self, tax: LineTax) -> Self {
        if !tax.rate.is_zero() {
            self.taxes.push(tax);
        }
        self
    }

    /// Removes all taxes and says why VAT is not charged: a code such as `M07`, from `taxExemptions/getAll`.
    /// Sent as `exemption_reason`.
    #[must_use]
    pub fn exempt(mut self, reason: impl Into<String>) -> Self {
        self.taxes.clear();
        self.exemption_reason = reason.into();
        self
    }

    /// Replaces all taxes. Sent as `taxes`; removes the reason of an exemption.
    #[must_use]
    pub fn taxes(mut self, taxes: impl IntoIterator<Item = LineTax>) -> Self {
        self.taxes.clear();
        self.exemption_reason.clear();
        taxes.into_iter().fold(self, Self::tax)
    }

    /// Adds somebody whom it is bought from, at their price without taxes. Sent among `suppliers`.
    #[must_use]
    pub fn supplier(mut self, supplier: SupplierId, cost_price: impl Into<Amount>) -> Self {
        self.suppliers.push(NewProductSupplier {
            supplier_id: supplier,
            cost_price: cost_price.into(),
            comercial_discount: Amount::ZERO,
            financial_discount: Amount::ZERO,
            reference: String::new(),
        });
        self
    }

    /// Adds a property. Sent among `properties`.
    #[must_use]
    pub fn property(mut self, property: PropertyId, value: impl Into<String>) -> Self {
        self.properties.push(NewProductProperty { property_id: property, value: value.into() });
        self
    }

    /// Sets where it is kept. Sent as `warehouse_id`.
    #[must_use]
    pub fn warehouse(mut self, warehouse: WarehouseId) -> Self {
        self.warehouse_id = Some(warehouse);
        self
    }

    /// Adds the stock in a warehouse, for a new product. Sent among `warehouses`.
    #[must_use]
    pub fn stock_in(mut self, warehouse: WarehouseId, quantity: impl Into<Amount>) -> Self {
        self.has_stock = true;
        self.warehouses.push(NewProductWarehouse { warehouse_id: warehouse, stock: quantity.into() });
        self
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;
    use serde_json::{Value, json};

    use super::*;
    use crate::TaxId;

    fn mug() -> Value {
        json!({
            "product_id": 9, "category_id": 7, "unit_id": 1, "type": 1, "name": "Caneca", "reference": "007",
            "price": 2.5, "has_stock": 1, "stock": 12, "at_product_category": "M",
            "suppliers": [{ "supplier_id": 4, "cost_price": 1.25, "comercial_discount": 10 }],
            "properties": [{ "property_id": 3, "value": "0" }],
            "taxes": [{
                "tax_id": 5, "value": 0.575, "order": 1, "cumulative": 1, "tax": { "tax_id": 5, "value": 23 },
            }],
        })
    }

    #[test]
    fn a_product_that_is_written_back_keeps_its_rate() {
        let product: Product = serde_json::from_value(mug()).unwrap();
        assert_eq!(product.taxes[0].amount, Amount::from(Decimal::new(575, 3)));
        let sent = serde_json::to_value(NewProduct::of(&product).unwrap()).unwrap();
        assert_eq!(sent["taxes"], json!([{ "tax_id": 5, "value": 23, "order": 1, "cumulative": 1 }]));
        for name in ["category_id", "unit_id", "type", "name", "reference", "price", "stock", "has_stock"] {
            assert_eq!(sent[name], mug()[name], "{name}");
        }
        assert_eq!(sent["properties"], json!([{ "property_id": 3, "value": "0" }]));
        assert_eq!(sent["suppliers"][0]["comercial_discount"], 10);
    }

    #[test]
    fn a_product_whose_rate_is_not_known_cannot_be_written_back() {
        let mut row = mug();
        row["taxes"][0]["tax"] = Value::Null;
        assert_eq!(NewProduct::of(&serde_json::from_value(row).unwrap()), None);
    }

    #[test]
    fn a_rate_of_zero_is_a_reason_and_no_tax() {
        let product: Product = serde_json::from_value(mug()).unwrap();
        let free =
            NewProduct::of(&product).unwrap().exempt("M07").tax(LineTax::new(TaxId::from(6), Decimal::ZERO));
        let sent = serde_json::to_value(free).unwrap();
        assert_eq!((&sent["taxes"], &sent["exemption_reason"]), (&json!([]), &json!("M07")));
        let taxed = NewProduct::of(&product).unwrap().exempt("M07");
        let taxed = taxed.taxes([LineTax::new(TaxId::from(6), Decimal::from(6))]);
        let sent = serde_json::to_value(taxed).unwrap();
        assert_eq!((&sent["taxes"][0]["value"], &sent["exemption_reason"]), (&json!(6), &json!("")));
    }
}
