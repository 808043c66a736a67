use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::value::{flag, list, number, object, optional_id, text};
use crate::{Amount, CategoryId, DeductionId, DocumentLineId, ProductId, TaxId, UnitId, WarehouseId};

/// A line of a document.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DocumentLine {
    /// Its id; a credit note names it to credit this line.
    pub document_product_id: DocumentLineId,
    /// The product. Every line has one: the service knows no lines of free text.
    #[serde(default, with = "optional_id")]
    pub product_id: Option<ProductId>,
    /// Its place among the lines.
    #[serde(default, deserialize_with = "number")]
    pub order: i64,
    /// The product's reference, as it was when the document was written. So are name and all else.
    #[serde(default, deserialize_with = "text")]
    pub reference: String,
    /// What it says.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// What it says below that.
    #[serde(default, deserialize_with = "text")]
    pub summary: String,
    /// The product's bar code.
    #[serde(default, deserialize_with = "text")]
    pub ean: String,
    /// The product's category.
    #[serde(default, with = "optional_id")]
    pub category_id: Option<CategoryId>,
    /// The unit of the quantity.
    #[serde(default, with = "optional_id")]
    pub unit_id: Option<UnitId>,
    /// The quantity. Documented as a whole number, it has decimals.
    #[serde(default)]
    pub qty: Amount,
    /// The price of one, without tax.
    #[serde(default)]
    pub price: Amount,
    /// The discount in percent.
    #[serde(default)]
    pub discount: Amount,
    /// Why it bears no tax, such as `M07`; empty if it bears one.
    #[serde(default, deserialize_with = "text")]
    pub exemption_reason: String,
    /// The line that it derives from, such as that of an order.
    #[serde(default, with = "optional_id")]
    pub origin_id: Option<DocumentLineId>,
    /// The line that it credits.
    #[serde(default, with = "optional_id")]
    pub related_id: Option<DocumentLineId>,
    /// Where the goods come from.
    #[serde(default, with = "optional_id")]
    pub warehouse_id: Option<WarehouseId>,
    /// The tax that is withheld on it.
    #[serde(default, with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub deduction_id: Option<DeductionId>,
    /// Its properties.
    #[serde(default, deserialize_with = "list")]
    pub properties: Vec<LineProperty>,
    /// Its supplier; missing if there is none. What it looks like is not known.
    #[serde(default, deserialize_with = "object", skip_serializing_if = "Option::is_none")]
    pub supplier: Option<Map<String, Value>>,
    /// The lines of the products that a bundle consists of.
    #[serde(default, deserialize_with = "list")]
    pub child_products: Vec<DocumentLine>,
    /// Its taxes. None means that [`exemption_reason`](Self::exemption_reason) says why.
    #[serde(default, deserialize_with = "list")]
    pub taxes: Vec<AppliedTax>,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A property of a [`DocumentLine`], such as a colour.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LineProperty {
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub title: String,
    /// Its value, always a text.
    #[serde(default, deserialize_with = "text")]
    pub value: String,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A tax on a [`DocumentLine`], with what it came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AppliedTax {
    /// Which tax.
    #[serde(default, with = "optional_id")]
    pub tax_id: Option<TaxId>,
    /// 1 for percent, 2 for a fixed amount, 3 for an amount per product.
    #[serde(rename = "type", default, deserialize_with = "number")]
    pub tax_type: i64,
    /// 1 for VAT, 2 for stamp duty, 3 for others.
    #[serde(default, deserialize_with = "number")]
    pub saft_type: i64,
    /// The sort of VAT: `NOR`, `INT`, `RED`, `ISE` or `OUT`.
    #[serde(default, deserialize_with = "text")]
    pub vat_type: String,
    /// The code of the stamp duty.
    #[serde(default, deserialize_with = "text")]
    pub stamp_tax: String,
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// Its **rate**. In a product, the same name is an amount.
    #[serde(rename = "value", default)]
    pub rate: Amount,
    /// Where it applies, such as `PT` or `PT-AC`.
    #[serde(default, deserialize_with = "text")]
    pub fiscal_zone: String,
    /// Its place among the taxes of the line.
    #[serde(default, deserialize_with = "number")]
    pub order: i64,
    /// Whether the taxes before it are part of what it is charged on.
    #[serde(default, with = "flag")]
    pub cumulative: bool,
    /// What it is charged on.
    #[serde(rename = "incidence_value", default)]
    pub incidence: Amount,
    /// What it comes to.
    #[serde(rename = "total_value", default)]
    pub amount: Amount,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
