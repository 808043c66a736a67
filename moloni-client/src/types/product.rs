use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::code::{numbers, texts};
use super::{SaftType, TaxKind, VatType};
use crate::value::{flag, instant, list, number, object, optional_id, text};
use crate::{
    Amount, CategoryId, CompanyId, PriceClassId, ProductId, PropertyId, SupplierId, TaxId, UnitId,
    WarehouseId,
};

numbers! {
    /// What a [`Product`] is.
    ProductKind {
        /// Goods.
        Goods = 1,
        /// A service.
        Service = 2,
        /// Anything else, such as postage.
        OtherProduct = 3,
        /// A tax or levy that is passed on. Not documented.
        TaxOrLevy = 4,
    }
}

numbers! {
    /// What a [`Product`] consists of.
    Composition {
        /// Itself.
        Simple = 0,
        /// A bundle of other products.
        Bundle = 1,
        /// Other products that it is made from.
        Manufactured = 2,
        /// The same, in another way. Not documented.
        ManufacturedOtherwise = 3,
    }
}

texts! {
    /// What a [`Product`] is in the inventory that the tax authority wants once a year.
    InventoryCategory {
        /// Goods for sale, in Portuguese *mercadorias*.
        Merchandise = "M",
        /// Raw materials, in Portuguese *matérias-primas*.
        RawMaterial = "P",
        /// Finished products, in Portuguese *produtos acabados*.
        Finished = "A",
        /// By-products and scrap, in Portuguese *subprodutos*.
        ByProduct = "S",
        /// Work in progress, in Portuguese *trabalhos em curso*.
        InProgress = "T",
    }
}

/// A product or a service of the company's catalogue. Documents have no lines but of these.
///
/// The row says when it was created, and not when it changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Product {
    /// Its id.
    pub product_id: ProductId,
    /// Its company.
    #[serde(default, with = "optional_id")]
    pub company_id: Option<CompanyId>,
    /// Its category.
    #[serde(default, with = "optional_id")]
    pub category_id: Option<CategoryId>,
    /// Whether it is shown: 0 is hidden.
    #[serde(default, deserialize_with = "number")]
    pub visibility_id: i64,
    /// What it is. On the wire `type`.
    #[serde(default, rename = "type")]
    pub kind: ProductKind,
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// What else documents say of it.
    #[serde(default, deserialize_with = "text")]
    pub summary: String,
    /// Notes about it.
    #[serde(default, deserialize_with = "text")]
    pub notes: String,
    /// Its code in the catalogue, unique; leading zeros count.
    #[serde(default, deserialize_with = "text")]
    pub reference: String,
    /// Its barcode.
    #[serde(default, deserialize_with = "text")]
    pub ean: String,
    /// Its price without taxes.
    #[serde(default)]
    pub price: Amount,
    /// What it is measured in.
    #[serde(default, with = "optional_id")]
    pub unit_id: Option<UnitId>,
    /// Whether its stock is counted.
    #[serde(default, with = "flag")]
    pub has_stock: bool,
    /// How much there is of it.
    #[serde(default)]
    pub stock: Amount,
    /// How much there should be at least.
    #[serde(default)]
    pub minimum_stock: Amount,
    /// Where its picture is.
    #[serde(default, deserialize_with = "text")]
    pub image: String,
    /// Why no VAT is charged, such as `M07`, if it has no taxes.
    #[serde(default, deserialize_with = "text")]
    pub exemption_reason: String,
    /// Whether the till shows it first.
    #[serde(default, with = "flag")]
    pub pos_favorite: bool,
    /// What it is in the inventory for the tax authority.
    #[serde(default)]
    pub at_product_category: InventoryCategory,
    /// What it consists of.
    #[serde(default, rename = "composition_type")]
    pub composition: Composition,
    /// Where it is kept unless said otherwise.
    #[serde(default, with = "optional_id")]
    pub warehouse_id: Option<WarehouseId>,
    /// When it was created.
    #[serde(default, with = "instant::optional")]
    pub created: Option<Timestamp>,
    /// The category's name.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub category: Option<CategoryRef>,
    /// The unit's name.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub measurement_unit: Option<UnitRef>,
    /// Whom it is bought from.
    #[serde(default, deserialize_with = "list")]
    pub suppliers: Vec<ProductSupplier>,
    /// The taxes on its price: amounts, not rates.
    #[serde(default, deserialize_with = "list")]
    pub taxes: Vec<ProductTax>,
    /// Its properties.
    #[serde(default, deserialize_with = "list")]
    pub properties: Vec<ProductProperty>,
    /// Its prices in classes of prices.
    #[serde(default, deserialize_with = "list")]
    pub price_classes: Vec<ProductPriceClass>,
    /// Its stock by warehouse.
    #[serde(default, deserialize_with = "list")]
    pub warehouses: Vec<ProductWarehouse>,
    /// What it consists of, if it is no simple one. What the rows look like is not known.
    #[serde(default, deserialize_with = "list")]
    pub child_products: Vec<Value>,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A tax on the price of a [`Product`], as it is read.
///
/// To write it, take [`LineTax::of_product`](super::LineTax::of_product): the service wants the rate where it sends
/// the amount.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProductTax {
    /// The id of this tax of this product.
    #[serde(default, deserialize_with = "number")]
    pub product_tax_id: i64,
    /// The product.
    #[serde(default, with = "optional_id")]
    pub product_id: Option<ProductId>,
    /// The tax.
    pub tax_id: TaxId,
    /// The **amount** of tax on the price: 0.5934 for 23 % on 2.58. On the wire `value`.
    #[serde(default, rename = "value")]
    pub amount: Amount,
    /// Its place among the taxes.
    #[serde(default, deserialize_with = "number")]
    pub order: i64,
    /// Whether it is charged on the taxes before it, too.
    #[serde(default, with = "flag")]
    pub cumulative: bool,
    /// The tax itself, with the rate.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub tax: Option<TaxRef>,
}

impl ProductTax {
    /// The rate in percent, or the fixed amount; `None` if the row does not say it.
    pub fn rate(&self) -> Option<Amount> {
        self.tax.as_ref().map(|tax| tax.value)
    }
}

/// A tax as products show it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaxRef {
    /// Its id.
    pub tax_id: TaxId,
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// The rate in percent, or the amount, as [`kind`](Self::kind) says.
    #[serde(default)]
    pub value: Amount,
    /// How it is reckoned. On the wire `type`.
    #[serde(default, rename = "type")]
    pub kind: TaxKind,
    /// What it is to the tax authority.
    #[serde(default)]
    pub saft_type: SaftType,
    /// Which of the rates of VAT it is.
    #[serde(default)]
    pub vat_type: VatType,
    /// Which item of the stamp duty it is.
    #[serde(default, deserialize_with = "text")]
    pub stamp_tax: String,
    /// Where it applies.
    #[serde(default, deserialize_with = "text")]
    pub fiscal_zone: String,
    /// Whether new products get it.
    #[serde(default, with = "flag")]
    pub active_by_default: bool,
    /// Why nothing is charged, if the rate is 0.
    #[serde(default, deserialize_with = "text")]
    pub exemption_reason: String,
}

/// A category as products show it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CategoryRef {
    /// Its id.
    pub category_id: CategoryId,
    /// The category that it is in; none at the top.
    #[serde(default, with = "optional_id")]
    pub parent_id: Option<CategoryId>,
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// What it is for.
    #[serde(default, deserialize_with = "text")]
    pub description: String,
    /// Where its picture is.
    #[serde(default, deserialize_with = "text")]
    pub image: String,
}

/// A unit of measurement as products show it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnitRef {
    /// Its id.
    pub unit_id: UnitId,
    /// Its name. Several units may have the same.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// Its abbreviation.
    #[serde(default, deserialize_with = "text")]
    pub short_name: String,
}

/// Whom a [`Product`] is bought from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProductSupplier {
    /// The product.
    #[serde(default, with = "optional_id")]
    pub product_id: Option<ProductId>,
    /// The supplier.
    pub supplier_id: SupplierId,
    /// Their price without taxes.
    #[serde(default)]
    pub cost_price: Amount,
    /// Their commercial discount in percent. The service spells it with one m.
    #[serde(default)]
    pub comercial_discount: Amount,
    /// Their financial discount in percent.
    #[serde(default)]
    pub financial_discount: Amount,
    /// The price after both.
    #[serde(default)]
    pub cost_price_discounted: Amount,
    /// Their code for the product.
    #[serde(default, deserialize_with = "text")]
    pub reference: String,
}

/// A property of a [`Product`], such as its weight.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProductProperty {
    /// The property.
    pub property_id: PropertyId,
    /// Its value, a text whatever it holds.
    #[serde(default, deserialize_with = "text")]
    pub value: String,
    /// The property's name.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub property: Option<PropertyRef>,
}

/// A property as products show it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PropertyRef {
    /// Its id.
    pub property_id: PropertyId,
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub title: String,
}

/// The price of a [`Product`] in a class of prices.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProductPriceClass {
    /// The id of this price.
    #[serde(default, deserialize_with = "number")]
    pub product_price_class_id: i64,
    /// The class.
    pub price_class_id: PriceClassId,
    /// The price without taxes.
    #[serde(default)]
    pub value: Amount,
    /// The class's name.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub price_class: Option<PriceClassRef>,
}

/// A class of prices as other records show it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PriceClassRef {
    /// Its id.
    pub price_class_id: PriceClassId,
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub title: String,
    /// When it last changed.
    #[serde(default, with = "instant::optional", skip_serializing_if = "Option::is_none")]
    pub lastmodified: Option<Timestamp>,
    /// Who changed it.
    #[serde(default, deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub lastmodifiedby: String,
}

/// The stock of a [`Product`] in one warehouse.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProductWarehouse {
    /// The product.
    #[serde(default, with = "optional_id")]
    pub product_id: Option<ProductId>,
    /// The warehouse.
    pub warehouse_id: WarehouseId,
    /// How much there is.
    #[serde(default)]
    pub stock: Amount,
    /// How much there should be at least.
    #[serde(default)]
    pub minimum_stock: Amount,
}
